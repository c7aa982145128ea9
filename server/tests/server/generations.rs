//! Suites and generations: each suite from end to end, no way down, and the hard rotation.

use crate::world::{Collection, Person, World, Write, code, curve_of, pre_key};
use pryv_crypto::lockbox::{self, PreSecret};
use pryv_proxy_crypto::pre::{Capsule, TransformKey, transform};
use pryv_wire::{
    AccessId, Bytes, ErrorCode, Suite,
    access::Level,
    generation::{NewGeneration, NewLock, NewTransform, Rekey},
    scope::{EpochKeys as Keys, ScopePre, Transform},
    transaction::Operation,
};

/// A new generation of a collection for those who read it; the collection goes on with it.
fn new_generation(
    world: &World,
    owner: &Person,
    collection: &mut Collection,
    suite: Suite,
    readers: &[(AccessId, &Person)],
) -> NewGeneration {
    let mut rng = world.rng();
    let (scope, generation) = (collection.scope, collection.generation + 1);
    let secret = PreSecret::generate(curve_of(suite), &mut rng).unwrap();
    let owner_wrap = owner.identity.keyring().wrap_pre(suite, scope, generation, &secret, &mut rng).unwrap();
    let pre = ScopePre { scope, suite, generation, public: secret.public().to_wire(), owner_wrap };
    let mut locks = Vec::new();
    for (number, (epoch, keys)) in collection.epochs.iter().enumerate() {
        let Some(lock) = collection.locks[number].take() else { continue };
        let made = lockbox::seal_anew(epoch, keys, &secret, lock, &mut rng).unwrap();
        locks.push(NewLock { epoch: epoch.epoch, capsule: made.capsule, sealed: made.sealed });
        collection.locks[number] = Some(made.lock);
    }
    let new_transform = |(access, reader): &(AccessId, &Person)| {
        let to = pre_key(&reader.card.unverified().unwrap(), secret.curve());
        let key = secret.transform_key(&to, &mut world.rng()).unwrap().to_wire();
        let rekey = Rekey {
            account: owner.id(),
            access: *access,
            scope,
            generation,
            transform: Transform::digest(&key),
            signed_at: world.now(),
        };
        NewTransform { statement: owner.identity.sign(&rekey), key }
    };
    let transforms = readers.iter().map(new_transform).collect();
    collection.pre = Some(secret);
    collection.generation = generation;
    NewGeneration { pre, locks, transforms }
}

fn begin(generation: &NewGeneration) -> Operation {
    Operation::BeginGeneration(Box::new(generation.clone()))
}

/// Opens every epoch as a reader, and gives the capsules as they were served.
async fn opens(world: &World, reader: &Person, collection: &Collection, access: AccessId) -> Vec<Bytes> {
    let opened = world.service.open_scope(reader.caller.clone(), World::open(collection)).await.unwrap();
    assert_eq!(opened.epochs.len(), collection.epochs.len());
    let pairs = opened.epochs.iter().zip(&collection.epochs);
    let open = |(opened, (epoch, keys)): (&pryv_wire::scope::EpochOpened, &(_, pryv_crypto::EpochKeys))| {
        let Keys::Grantee { capsule, share, sealed } = &opened.keys else { panic!("a lockbox") };
        let opened = lockbox::open(&reader.identity, epoch, access, capsule, share, sealed).unwrap();
        assert_eq!(opened.id(), keys.id());
        capsule.clone()
    };
    pairs.map(open).collect()
}

#[tokio::test]
async fn every_suite_is_granted_read_and_revoked_in_one_account() {
    let world = World::new();
    let (ada, bob, carol) =
        (world.person("ada").await, world.person("bob").await, world.person("carol").await);
    for (suite, uri) in [(Suite::CLASSIC, "x:a"), (Suite::HYBRID, "x:b"), (Suite::LIGHT, "x:c")] {
        let (create, mut collection) = world.new_collection_in(suite, &ada, uri);
        world.commit(&ada, ada.id(), vec![create]).await.unwrap();
        world.record(&ada, &collection, None).await;
        let bobs = world.grant(&ada, &bob, &mut collection, Level::Read).await;
        let carols = world.grant(&ada, &carol, &mut collection, Level::Read).await;
        opens(&world, &bob, &collection, bobs).await;
        let revoke = world.new_revocation(&ada, &mut collection, bobs, &[(carols, &carol)]);
        world.commit(&ada, ada.id(), vec![revoke]).await.unwrap();
        assert_eq!(collection.present().0.suite, suite);
        world.record(&ada, &collection, None).await;
        opens(&world, &carol, &collection, carols).await;
    }
}

#[tokio::test]
async fn a_collection_goes_to_a_stronger_suite_and_never_back() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let (create, mut collection) = world.new_collection_in(Suite::LIGHT, &ada, "x:light");
    world.commit(&ada, ada.id(), vec![create]).await.unwrap();
    let access = world.grant(&ada, &bob, &mut collection, Level::Read).await;
    opens(&world, &bob, &collection, access).await;

    // Another curve wants another key pair: with the old one the new epoch has a capsule that is too weak.
    let readers = [(access, &bob)];
    let new = new_generation(&world, &ada, &mut collection, Suite::HYBRID, &readers);
    let epoch = world.new_epoch_in(Suite::HYBRID, &ada, &mut collection, &readers);
    let alone = vec![Operation::BeginEpoch { epoch: epoch.clone() }];
    assert_eq!(code(world.commit(&ada, ada.id(), alone).await), ErrorCode::StaleEpoch);
    let both = vec![begin(&new), Operation::BeginEpoch { epoch }];
    world.commit(&ada, ada.id(), both).await.unwrap();
    opens(&world, &bob, &collection, access).await;
    world.record(&ada, &collection, None).await;

    // A record in the suite of before is not one of this epoch.
    let (present, keys) = collection.epochs.pop().unwrap();
    let other = keys.next_in(Suite::CLASSIC, &mut world.rng()).unwrap();
    let statement = other.statement(ada.id(), collection.scope, present.epoch, world.now());
    collection.epochs.push((statement, other));
    let put = world.put(&ada, &collection, &Write::default());
    assert_eq!(code(world.commit(&ada, ada.id(), vec![put]).await), ErrorCode::MalformedMessage);
    collection.epochs.pop();
    collection.epochs.push((present, keys));

    for suite in [Suite::CLASSIC, Suite::LIGHT] {
        let epoch = world.new_epoch_in(suite, &ada, &mut collection, &[]);
        collection.epochs.pop();
        collection.locks.pop();
        let refused = world.commit(&ada, ada.id(), vec![Operation::BeginEpoch { epoch }]).await;
        assert_eq!(code(refused), ErrorCode::SuiteDowngrade, "{suite:?}");
    }
    world.record(&ada, &collection, None).await;
}

#[tokio::test]
async fn a_hard_rotation_closes_the_generation_before_and_readers_notice_nothing() {
    let world = World::new();
    let (ada, bob, carol) =
        (world.person("ada").await, world.person("bob").await, world.person("carol").await);
    let mut collection = world.collection(&ada).await;
    let first = world.new_grant(&ada, &bob, &mut collection, Level::Read);
    let old_key = TransformKey::parse(&first.transforms[0].key).unwrap();
    let bobs = first.statement.unverified().unwrap().access;
    world.commit(&ada, ada.id(), vec![Operation::Grant(Box::new(first))]).await.unwrap();
    let readers = [(bobs, &bob)];
    let next = world.new_epoch(&ada, &mut collection, &readers);
    world.commit(&ada, ada.id(), vec![Operation::BeginEpoch { epoch: next }]).await.unwrap();
    let before = opens(&world, &bob, &collection, bobs).await;

    let new = new_generation(&world, &ada, &mut collection, Suite::CLASSIC, &readers);
    let committed = world.commit(&ada, ada.id(), vec![begin(&new)]).await.unwrap();
    assert_eq!(committed.change.touched.len(), 1);
    let after = opens(&world, &bob, &collection, bobs).await;
    assert!(before.iter().all(|capsule| !after.contains(capsule)), "none was kept from before");
    // The key of before turns a capsule of now into one that nobody opens.
    let capsule = Capsule::parse(&new.locks[0].capsule).unwrap();
    let turned = transform(&capsule, &old_key, &mut world.rng()).unwrap().to_wire();
    let (epoch, _) = &collection.epochs[0];
    let lock = collection.locks[0].as_ref().unwrap();
    let card = bob.card.unverified().unwrap();
    let share = lockbox::share(epoch, lock, bobs, bob.id(), &card, &mut world.rng()).unwrap();
    let opened = lockbox::open(&bob.identity, epoch, bobs, &turned, &share, &new.locks[0].sealed);
    assert!(matches!(opened, Err(lockbox::OpenLockboxError::Capsule(_))));

    // Whoever comes later is granted in the new generation alone; what follows goes on in it.
    let carols = world.grant(&ada, &carol, &mut collection, Level::Read).await;
    opens(&world, &carol, &collection, carols).await;
    let both = [(bobs, &bob), (carols, &carol)];
    let next = world.new_epoch(&ada, &mut collection, &both);
    world.commit(&ada, ada.id(), vec![Operation::BeginEpoch { epoch: next }]).await.unwrap();
    opens(&world, &bob, &collection, bobs).await;
    assert_eq!(code(world.commit(&ada, ada.id(), vec![begin(&new)]).await), ErrorCode::StaleEpoch);
}

#[tokio::test]
async fn a_generation_that_is_not_whole_is_refused_whole() {
    let world = World::new();
    let (ada, bob, carol) =
        (world.person("ada").await, world.person("bob").await, world.person("carol").await);
    let mut collection = world.collection(&ada).await;
    let ungranted = new_generation(&world, &ada, &mut collection, Suite::CLASSIC, &[]);
    assert_eq!(
        code(world.commit(&ada, ada.id(), vec![begin(&ungranted)]).await),
        ErrorCode::MalformedMessage
    );
    (collection.pre, collection.generation) = (None, 0);

    let bobs = world.grant(&ada, &bob, &mut collection, Level::Read).await;
    let carols = world.grant(&ada, &carol, &mut collection, Level::CreateOnly).await;
    let readers = [(bobs, &bob)];
    let good = new_generation(&world, &ada, &mut collection, Suite::CLASSIC, &readers);
    collection.generation = 0;
    let light = new_generation(&world, &ada, &mut collection, Suite::CLASSIC, &[]);
    let changed = |change: &dyn Fn(&mut NewGeneration)| {
        let mut new = good.clone();
        change(&mut new);
        new
    };
    let resigned = |change: &dyn Fn(&mut Rekey)| {
        let mut rekey = good.transforms[0].statement.unverified().unwrap();
        change(&mut rekey);
        changed(&|new| new.transforms[0].statement = ada.identity.sign(&rekey))
    };
    let malformed = ErrorCode::MalformedMessage;
    let (stale, invalid) = (ErrorCode::StaleEpoch, ErrorCode::InvalidStatement);
    let cases = [
        ("no lock", changed(&|new| new.locks.clear()), stale),
        ("a lock of no epoch", changed(&|new| new.locks[0].epoch = 9), stale),
        ("a lock twice", changed(&|new| new.locks.push(new.locks[0].clone())), malformed),
        ("no transform key", changed(&|new| new.transforms.clear()), stale),
        ("a transform key twice", changed(&|new| new.transforms.push(new.transforms[0].clone())), malformed),
        ("another key", changed(&|new| new.transforms[0].key = light.pre.public.clone()), invalid),
        ("the wrong generation", changed(&|new| new.pre.generation = 2), invalid),
        ("of a writer", resigned(&|rekey| rekey.access = carols), stale),
        ("another scope", resigned(&|rekey| rekey.scope = pryv_wire::ScopeId::from_bytes([1; 16])), invalid),
        ("another account", resigned(&|rekey| rekey.account = bob.id()), invalid),
        ("a capsule that is none", changed(&|new| new.locks[0].capsule = new.pre.public.clone()), malformed),
        ("an unknown suite", changed(&|new| new.pre.suite = Suite::from_number(9)), ErrorCode::UnknownSuite),
        ("the curve of another suite", changed(&|new| new.pre.suite = Suite::LIGHT), malformed),
    ];
    for (what, new, expected) in cases {
        assert_eq!(code(world.commit(&ada, ada.id(), vec![begin(&new)]).await), expected, "{what}");
    }
    // Signed by the reader; of a weaker curve; sent by a stranger; for another reader's card.
    let mut forged = good.clone();
    let rekey = good.transforms[0].statement.unverified().unwrap();
    forged.transforms[0].statement = bob.identity.sign(&rekey);
    assert_eq!(code(world.commit(&ada, ada.id(), vec![begin(&forged)]).await), invalid);
    assert_eq!(code(world.commit(&bob, ada.id(), vec![begin(&good)]).await), ErrorCode::NotAllowed);
    collection.generation = 0;
    let foreign = new_generation(&world, &ada, &mut collection, Suite::CLASSIC, &[(bobs, &carol)]);
    assert_eq!(code(world.commit(&ada, ada.id(), vec![begin(&foreign)]).await), invalid);

    // Nothing of it was written: the reader opens what it opened, and the good one is taken.
    opens(&world, &bob, &collection, bobs).await;
    world.commit(&ada, ada.id(), vec![begin(&good)]).await.unwrap();
    opens(&world, &bob, &collection, bobs).await;
}
