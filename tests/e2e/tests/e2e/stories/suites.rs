//! Suites: chosen for each collection, mixed in one account, changed while others read and write; and new keys by themselves.

use crate::fixture::{Note, all, grant, note, notes, plain_notes, received, topic};
use pryv_sdk::{AccessId, Collection, Level, Suite};
use pryv_test_kit::{User, World};
use pryv_wire::transaction::{Commit, Operation};

const SUITES: [Suite; 3] = [Suite::CLASSIC, Suite::HYBRID, Suite::LIGHT];

/// A collection as the holder of one of several accesses opens it.
async fn received_by(user: &User, access: AccessId, of: &Collection) -> Collection {
    let received = user.account.received().await.unwrap();
    let found = received.iter().find(|received| received.access.id == access).expect("the access");
    found.open(of.scope()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_mixes_suites() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let device = world.user("device").await;
    for suite in SUITES {
        let definition = plain_notes(&world);
        let diary = ada.account.define(definition.clone()).suite(suite).await.unwrap();
        assert_eq!(diary.suite(), suite);
        let first = note(&world, &topic(&world));
        diary.create(&first).await.unwrap();
        let bobs = grant(&world, &ada, &bob, &diary, Level::Contribute).await;
        let devices = grant(&world, &ada, &device, &diary, Level::CreateOnly).await;

        let shared = received_by(&bob, bobs.id, &diary).await;
        assert_eq!((shared.suite(), all(&shared).await), (suite, vec![first.clone()]));
        let second = note(&world, &topic(&world));
        shared.create(&second).await.unwrap();
        let deposit = received_by(&device, devices.id, &diary).await;
        let third = note(&world, &topic(&world));
        deposit.create(&third).await.unwrap();
        assert_eq!(all(&diary).await, [first, second, third]);

        // Defined again: the same one, whatever suite it has; asked for in another one, it is said to have this one.
        assert_eq!(ada.account.define(definition.clone()).await.unwrap().suite(), suite);
        for other in SUITES.into_iter().filter(|other| *other != suite) {
            let refused = ada.account.define(definition.clone()).suite(other).await.unwrap_err();
            assert_eq!(refused.code(), "different-suite");
        }
        ada.account.revoke(bobs.id).await.unwrap();
        assert_eq!(shared.query().fetch::<Note>().await.unwrap_err().code(), "revoked");
        let again = ada.account.collection(&definition.uri).await.unwrap();
        assert_eq!((again.suite(), again.epochs()), (suite, 2));
        again.create(note(&world, &topic(&world))).await.unwrap();
        assert_eq!(all(&again).await.len(), 4);
    }
    // One access may reach collections of several suites.
    let (light, hybrid) = (notes(&world), notes(&world));
    let light = ada.account.define(light).suite(Suite::LIGHT).await.unwrap();
    let hybrid = ada.account.define(hybrid).suite(Suite::HYBRID).await.unwrap();
    let contact = crate::fixture::contact(&ada, &bob).await;
    let both = pryv_sdk::Grant::to(&contact).on(&light, Level::Read).on(&hybrid, Level::Read);
    let both = ada.account.grant(crate::fixture::named(&world, both)).await.unwrap();
    light.create(note(&world, &topic(&world))).await.unwrap();
    hybrid.create(note(&world, &topic(&world))).await.unwrap();
    let received = bob.account.received().await.unwrap();
    let found = received.iter().find(|received| received.access.id == both.id).unwrap();
    assert!(!found.access.unreadable);
    for collection in found.collections().await.unwrap() {
        assert_eq!(all(&collection).await.len(), 1);
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_goes_to_stronger_suites_under_its_readers_and_writers() {
    let world = World::start().await;
    let (ada, bob, dana) = (world.user("ada").await, world.user("bob").await, world.user("dana").await);
    let diary = ada.account.define(notes(&world)).suite(Suite::LIGHT).await.unwrap();
    let sleep = topic(&world);
    let first = note(&world, &sleep);
    diary.create(&first).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Read).await;
    grant(&world, &ada, &dana, &diary, Level::Contribute).await;
    let (bobs, danas) = (received(&bob).await, received(&dana).await);
    assert_eq!(all(&bobs).await, std::slice::from_ref(&first));

    let mut written = vec![first];
    for (suite, generation, epoch) in [(Suite::CLASSIC, Some(1), 1), (Suite::HYBRID, None, 2)] {
        // Somebody writes all the while.
        let writing = {
            let (danas, notes): (_, Vec<Note>) =
                (danas.clone(), (0..4).map(|_| note(&world, &sleep)).collect());
            tokio::spawn(async move {
                for note in &notes {
                    danas.create(note).await.unwrap();
                }
                notes
            })
        };
        let rotated = diary.migrate(suite).await.unwrap();
        assert_eq!((rotated.suite, rotated.generation, rotated.epoch), (suite, generation, epoch));
        assert_eq!(diary.suite(), suite);
        written.extend(writing.await.unwrap());
        let own = note(&world, &sleep);
        diary.create(&own).await.unwrap();
        written.push(own);
        assert_eq!(all(&diary).await, written);
        assert_eq!(all(&bobs).await, written, "who reads it notices nothing");
        let found = bobs.query().eq("/topic", sleep.as_str()).fetch::<Note>().await.unwrap();
        assert_eq!(found.records.len(), written.len());
        assert_eq!(bobs.suite(), suite);
    }
    // A device of a reader's that was never here opens every epoch, of three suites.
    let there = world.client().log_in(&bob.username, &bob.password()).await.unwrap();
    let afresh = there.received().await.unwrap().remove(0).collections().await.unwrap().remove(0);
    assert_eq!(all(&afresh).await, written);
    // So does somebody who is granted the collection now.
    let carol = world.user("carol").await;
    grant(&world, &ada, &carol, &diary, Level::Read).await;
    assert_eq!(all(&received(&carol).await).await, written);

    // To where it is already: nothing begins. To a weaker suite: refused, and nothing is sent.
    let commits = || world.recorder.requests::<Commit>().len();
    let before = commits();
    assert_eq!(diary.migrate(Suite::HYBRID).await.unwrap().epoch, 2);
    for weaker in [Suite::CLASSIC, Suite::LIGHT] {
        assert_eq!(diary.migrate(weaker).await.unwrap_err().code(), "suite-downgrade");
    }
    assert_eq!(commits(), before);
    assert_eq!(bobs.migrate(Suite::HYBRID).await.unwrap_err().code(), "not-owner");
    assert_eq!(bobs.rotate().await.unwrap_err().code(), "not-owner");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rotations_soft_and_hard_are_noticed_by_nobody() {
    let world = World::start().await;
    let (ada, bob, carol) = (world.user("ada").await, world.user("bob").await, world.user("carol").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    // Nobody was granted anything: there is no pair to replace, and a new epoch all the same.
    let rotated = diary.rotate().hard().await.unwrap();
    assert_eq!((rotated.epoch, rotated.generation), (1, None));

    grant(&world, &ada, &bob, &diary, Level::Read).await;
    let to_carol = grant(&world, &ada, &carol, &diary, Level::Read).await;
    let shared = received(&bob).await;
    assert_eq!(all(&shared).await.len(), 1);
    let rotated = diary.rotate().await.unwrap();
    assert_eq!((rotated.epoch, rotated.generation), (2, None));
    diary.create(note(&world, &topic(&world))).await.unwrap();
    for generation in 1..=2 {
        let rotated = diary.rotate().hard().await.unwrap();
        assert_eq!((rotated.epoch, rotated.generation), (2 + generation, Some(generation)));
        diary.create(note(&world, &topic(&world))).await.unwrap();
        assert_eq!(all(&shared).await, all(&diary).await);
        let there = world.client().log_in(&bob.username, &bob.password()).await.unwrap();
        let afresh = there.received().await.unwrap().remove(0).collections().await.unwrap().remove(0);
        assert_eq!(all(&afresh).await, all(&diary).await);
    }
    // Who is revoked in the new generation is out of it, and who remains goes on.
    ada.account.revoke(to_carol.id).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    assert_eq!(all(&shared).await, all(&diary).await);

    // Two devices rotate at once: both end, in one state.
    let other = world.client().log_in(&ada.username, &ada.password()).await.unwrap();
    let there = other.collection(&diary.definition().uri).await.unwrap();
    let (here, theirs) =
        tokio::join!(diary.rotate().hard().into_future(), there.rotate().hard().into_future());
    let mut generations = [here.unwrap(), theirs.unwrap()].map(|rotated| rotated.generation.unwrap());
    generations.sort_unstable();
    assert_eq!(generations, [3, 4]);
    assert_eq!(all(&shared).await, all(&there).await);

    // Each reader had its transform keys committed to by a statement of the owner's.
    let begun = world.recorder.requests::<Commit>().into_iter().flat_map(|commit| commit.operations);
    let mut last = begun.filter_map(|operation| match operation {
        Operation::BeginGeneration(new) => Some(new),
        _ => None,
    });
    let last = last.next_back().unwrap();
    assert_eq!(last.transforms.len(), 1);
    let owner = world.by_hand(&ada).await.cards().await;
    let rekey = last.transforms[0].statement.unverified().unwrap();
    assert_eq!(rekey.account, owner.principal());
    world.close().await;
}
