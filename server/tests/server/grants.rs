//! Grants: what a grantee may do at each level, within its dates, and what a grant must bring.

use crate::world::{Collection, DAY, Person, World, Write, code, ids, matching};
use pryv_crypto::lockbox;
use pryv_wire::{
    AccessId, Bytes, Digest, ErrorCode, RecordId, Signed, Suite, Timestamp,
    access::{Access, GetAccess, Level, ListGranted, ListReceived},
    bytes::Signature,
    record::{Filter, GetRecord, Order, RecordKind},
    scope::{EpochKeys as Keys, ListScopes},
    transaction::{GrantAccess, ListChanges, Operation},
};

#[tokio::test]
async fn a_reader_opens_every_epoch_and_reads() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut collection = world.collection(&ada).await;
    let record = world.record(&ada, &collection, Some("red")).await;
    let epoch = world.new_epoch(&ada, &mut collection, &[]);
    world.commit(&ada, ada.id(), vec![Operation::BeginEpoch { epoch }]).await.unwrap();
    let access = world.grant(&ada, &bob, &mut collection, Level::Read).await;

    let opened = world.service.open_scope(bob.caller.clone(), World::open(&collection)).await.unwrap();
    assert_eq!(opened.epochs.len(), 2);
    assert!(opened.pre.is_none() && opened.readers.is_empty(), "the owner's business");
    for (opened, (epoch, keys)) in opened.epochs.iter().zip(&collection.epochs) {
        let Keys::Grantee { capsule, share, sealed } = &opened.keys else { panic!("a lockbox") };
        let found = lockbox::open(&bob.identity, epoch, access, capsule, share, sealed).unwrap();
        assert_eq!(found.id(), keys.id());
    }
    let again = world.service.open_scope(bob.caller.clone(), World::open(&collection)).await.unwrap();
    assert_eq!(again, opened, "the transformed capsules are kept");
    let later = pryv_wire::scope::OpenScope { from_epoch: 1, ..World::open(&collection) };
    assert_eq!(world.service.open_scope(bob.caller.clone(), later).await.unwrap().epochs.len(), 1);

    let page = world.query(&bob, &collection, Filter::All, Order::OldestFirst, 10, None).await.unwrap();
    assert_eq!(ids(&page), [record]);
    let opened = world.service.open_scope(ada.caller.clone(), World::open(&collection)).await.unwrap();
    assert_eq!(opened.readers, [access]);
    assert!(opened.pre.is_some());
    assert!(opened.epochs.iter().all(|epoch| matches!(epoch.keys, Keys::Owner { lock: Some(_), .. })));
}

#[tokio::test]
async fn each_level_allows_what_it_says() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    for level in [Level::Read, Level::CreateOnly, Level::Contribute] {
        let uri = format!("https://example.org/{level:?}");
        let (create, mut collection) = world.new_collection(&ada, &uri);
        world.commit(&ada, ada.id(), vec![create]).await.unwrap();
        let existing = world.record(&ada, &collection, None).await;
        let access = world.grant(&ada, &bob, &mut collection, level).await;
        let may = |answer: Result<(), ErrorCode>, allowed: bool, what: &str| {
            let expected = if allowed { Ok(()) } else { Err(ErrorCode::NotAllowed) };
            assert_eq!(answer, expected, "{level:?}: {what}");
        };
        let get = GetRecord { account: ada.id(), scope: collection.scope, record: existing };
        let got = world.service.get_record(bob.caller.clone(), get).await;
        may(got.map(drop).map_err(|error| error.code()), level.reads(), "get");
        let found = world.query(&bob, &collection, Filter::All, Order::OldestFirst, 1, None).await;
        may(found.map(drop).map_err(|error| error.code()), level.reads(), "query");
        let new = RecordId::from_bytes(world.id16());
        let create = if level.reads() {
            world.put(&bob, &collection, &Write { record: new, access: Some(access), ..Write::default() })
        } else {
            world.deposit(&bob, &collection, new, access)
        };
        let created = world.commit(&bob, ada.id(), vec![create]).await;
        may(created.map(drop).map_err(|error| error.code()), level.creates(), "create");
        for kind in [RecordKind::Instance, RecordKind::Tombstone] {
            let version = if kind == RecordKind::Instance { 2 } else { 3 };
            let write = Write { record: existing, version, kind, access: Some(access), ..Write::default() };
            let changed = world.commit(&bob, ada.id(), vec![world.put(&bob, &collection, &write)]).await;
            // Who may only create is told that the deposit's form is wrong before anything of the record is looked at.
            let changed = changed.map(drop).map_err(|error| error.code());
            match level {
                Level::CreateOnly => assert_eq!(changed, Err(ErrorCode::MalformedMessage)),
                _ => may(changed, level.changes(), "change"),
            }
        }
        let opened = world.service.open_scope(bob.caller.clone(), World::open(&collection)).await.unwrap();
        assert!(!opened.definition.is_empty(), "every grantee reads the definition's envelope");
        assert_eq!(matches!(opened.epochs[0].keys, Keys::Deposit), !level.reads());
        let definition = Write {
            record: RecordId::definition(collection.scope),
            version: 2,
            kind: RecordKind::Definition,
            access: Some(access),
            ..Write::default()
        };
        let defined = world.commit(&bob, ada.id(), vec![world.put(&bob, &collection, &definition)]).await;
        assert_eq!(code(defined), ErrorCode::NotAllowed, "{level:?}: define");
    }
}

#[tokio::test]
async fn a_depositor_learns_nothing_of_records_and_makes_no_tokens() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut collection = world.collection(&ada).await;
    let existing = world.record(&ada, &collection, Some("red")).await;
    let access = world.grant(&ada, &bob, &mut collection, Level::CreateOnly).await;
    let refused = world
        .commit(&bob, ada.id(), vec![world.deposit(&bob, &collection, existing, access)])
        .await
        .unwrap_err();
    assert_eq!((refused.code(), refused.details().current.as_ref()), (ErrorCode::AlreadyExists, None));
    let record = RecordId::from_bytes([3; 16]);
    let wrapped = world.put(&bob, &collection, &Write { record, access: Some(access), ..Write::default() });
    assert_eq!(code(world.commit(&bob, ada.id(), vec![wrapped]).await), ErrorCode::MalformedMessage);
    let deposit = world.deposit(&bob, &collection, record, access);
    world.commit(&bob, ada.id(), vec![deposit]).await.unwrap();
    // Without tokens it comes with every query by token, for its reader to filter.
    let blue = matching(vec![World::tokens(&collection, "blue")]);
    let page = world.query(&ada, &collection, blue, Order::OldestFirst, 10, None).await.unwrap();
    assert_eq!(ids(&page), [record]);
}

#[tokio::test]
async fn a_grantee_is_not_the_owner_and_reaches_no_other_scope() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut collection = world.collection(&ada).await;
    let (create, other) = world.new_collection(&ada, "https://example.org/other");
    world.commit(&ada, ada.id(), vec![create]).await.unwrap();
    let secret = world.record(&ada, &other, None).await;
    let access = world.grant(&ada, &bob, &mut collection, Level::Contribute).await;
    let get = GetRecord { account: ada.id(), scope: other.scope, record: secret };
    assert_eq!(code(world.service.get_record(bob.caller.clone(), get).await), ErrorCode::NotFound);
    assert_eq!(
        code(world.service.open_scope(bob.caller.clone(), World::open(&other)).await),
        ErrorCode::NotFound
    );
    let put = world.put(&bob, &other, &Write { access: Some(access), ..Write::default() });
    assert_eq!(code(world.commit(&bob, ada.id(), vec![put]).await), ErrorCode::NotFound);
    let list = ListScopes { account: ada.id() };
    assert_eq!(world.service.list_scopes(bob.caller.clone(), list).await.unwrap().scopes, [collection.scope]);
    let changes = ListChanges { account: ada.id(), after: 0, limit: 1 };
    assert_eq!(code(world.service.list_changes(bob.caller.clone(), changes).await), ErrorCode::NotAllowed);
    let granted = ListGranted { account: ada.id(), limit: 1_000, after: None };
    assert_eq!(code(world.service.list_granted(bob.caller.clone(), granted).await), ErrorCode::NotAllowed);
    let epoch = world.new_epoch(&ada, &mut collection, &[(access, &bob)]);
    assert_eq!(
        code(world.commit(&bob, ada.id(), vec![Operation::BeginEpoch { epoch }]).await),
        ErrorCode::NotAllowed
    );
    // As another's access, or as the owner's own, a write is refused as well.
    let mut collection = collection;
    collection.epochs.pop();
    collection.locks.pop();
    for access in [None, Some(AccessId::from_bytes([1; 16]))] {
        let put = world.put(&bob, &collection, &Write { access, ..Write::default() });
        assert_eq!(code(world.commit(&bob, ada.id(), vec![put]).await), ErrorCode::NotAllowed);
    }
}

#[tokio::test]
async fn dates_are_kept_and_told_to_the_grantee_alone() {
    let world = World::new();
    let (ada, bob, eve) = (world.person("ada").await, world.person("bob").await, world.person("eve").await);
    let mut collection = world.collection(&ada).await;
    let record = world.record(&ada, &collection, None).await;
    let (from, until) = (world.now().plus_millis(DAY / 48), world.now().plus_millis(DAY / 30));
    let grant =
        world.new_grant_between(&ada, &bob, &mut collection, Level::Contribute, Some(from), Some(until));
    let access = grant.statement.unverified().unwrap().access;
    world.commit(&ada, ada.id(), vec![Operation::Grant(Box::new(grant))]).await.unwrap();
    let get = GetRecord { account: ada.id(), scope: collection.scope, record };
    let reads = |person: &Person| world.service.get_record(person.caller.clone(), get.clone());
    let write = Write { record: RecordId::from_bytes([4; 16]), access: Some(access), ..Write::default() };
    assert_eq!(code(reads(&bob).await), ErrorCode::AccessNotValid, "too early");
    assert_eq!(code(reads(&eve).await), ErrorCode::NotFound);
    let put = world.put(&bob, &collection, &write);
    assert_eq!(code(world.commit(&bob, ada.id(), vec![put]).await), ErrorCode::AccessNotValid);
    world.clock.advance(DAY / 48);
    reads(&bob).await.unwrap();
    let opened = world.service.open_scope(bob.caller.clone(), World::open(&collection)).await;
    assert_eq!(opened.unwrap().epochs.len(), 1);
    world.clock.advance(until.millis_since(world.now()));
    assert_eq!(code(reads(&bob).await), ErrorCode::AccessNotValid, "too late");
    assert_eq!(
        code(world.service.open_scope(bob.caller.clone(), World::open(&collection)).await),
        ErrorCode::AccessNotValid
    );
    let list = ListScopes { account: ada.id() };
    assert_eq!(code(world.service.list_scopes(bob.caller.clone(), list).await), ErrorCode::AccessNotValid);
    // Who is past the dates is no reader that a new epoch must serve.
    let opened = world.service.open_scope(ada.caller.clone(), World::open(&collection)).await.unwrap();
    assert!(opened.readers.is_empty());
    let epoch = world.new_epoch(&ada, &mut collection, &[]);
    world.commit(&ada, ada.id(), vec![Operation::BeginEpoch { epoch }]).await.unwrap();
}

#[tokio::test]
async fn accesses_are_listed_for_those_whom_they_concern() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let (carol, eve) = (world.person("carol").await, world.person("eve").await);
    let mut collection = world.collection(&ada).await;
    let writes = world.grant(&ada, &bob, &mut collection, Level::Contribute).await;
    let reads = world.grant(&ada, &carol, &mut collection, Level::Read).await;
    world.service.open_scope(bob.caller.clone(), World::open(&collection)).await.unwrap();
    let granted = world
        .service
        .list_granted(ada.caller.clone(), ListGranted { account: ada.id(), limit: 1_000, after: None })
        .await
        .unwrap();
    let named = |state: &pryv_wire::access::AccessState| state.statement.unverified().unwrap().access;
    assert_eq!(granted.accesses.iter().map(named).collect::<Vec<_>>(), [writes, reads]);
    assert_eq!((granted.accesses[0].served.len(), granted.accesses[1].served.len()), (1, 0));
    let received = world
        .service
        .list_received(bob.caller.clone(), ListReceived { group: None, limit: 1_000, after: None })
        .await
        .unwrap();
    assert_eq!(received.accesses.iter().map(named).collect::<Vec<_>>(), [writes]);
    assert!(received.accesses[0].served.is_empty());
    let get = |person: &Person, access| {
        world.service.get_access(person.caller.clone(), GetAccess { account: ada.id(), access })
    };
    assert_eq!(get(&ada, writes).await.unwrap().served.len(), 1);
    get(&bob, writes).await.unwrap();
    assert!(get(&carol, writes).await.unwrap().served.is_empty(), "a reader checks who wrote");
    assert_eq!(code(get(&bob, reads).await), ErrorCode::NotFound, "it writes nothing that bob reads");
    assert_eq!(code(get(&eve, writes).await), ErrorCode::NotFound);
    assert_eq!(code(get(&eve, AccessId::from_bytes([0; 16])).await), ErrorCode::NotFound);
}

fn resigned(owner: &Person, grant: &mut GrantAccess, change: impl FnOnce(&mut Access)) {
    let mut access = grant.statement.unverified().unwrap();
    change(&mut access);
    grant.statement = owner.identity.sign(&access);
}

#[tokio::test]
async fn a_grant_that_lacks_something_is_refused() {
    let world = World::new();
    let (ada, bob, eve) = (world.person("ada").await, world.person("bob").await, world.person("eve").await);
    let mut collection = world.collection(&ada).await;
    let base = world.new_grant(&ada, &bob, &mut collection, Level::Read);
    let eves = world.new_grant(&ada, &eve, &mut collection, Level::Read);
    let (ada_id, eve_id, now) = (ada.id(), eve.id(), world.now());
    type Change<'a> = Box<dyn FnOnce(&mut GrantAccess) + 'a>;
    let ada_ref = &ada;
    let signed = |change: Box<dyn FnOnce(&mut Access)>| -> Change<'_> {
        Box::new(move |grant| resigned(ada_ref, grant, change))
    };
    let cases: Vec<(&str, ErrorCode, Change<'_>)> = vec![
        (
            "signature",
            ErrorCode::InvalidStatement,
            Box::new(|grant| {
                let access = grant.statement.unverified().unwrap();
                grant.statement = Signed::new(&access, |_| Signature::from_bytes([1; 64]));
            }),
        ),
        ("suite", ErrorCode::UnknownSuite, signed(Box::new(|access| access.suite = Suite::from_number(9)))),
        ("account", ErrorCode::InvalidStatement, signed(Box::new(move |access| access.account = eve_id))),
        ("grantor", ErrorCode::InvalidStatement, signed(Box::new(move |access| access.grantor = eve_id))),
        ("to oneself", ErrorCode::MalformedMessage, signed(Box::new(move |access| access.grantee = ada_id))),
        (
            "to nobody",
            ErrorCode::NotFound,
            signed(Box::new(|access| {
                access.grantee = pryv_wire::PrincipalId::from_bytes([1; 32]);
            })),
        ),
        (
            "another's card",
            ErrorCode::InvalidStatement,
            signed(Box::new(|access| {
                access.grantee_card = Digest::from_bytes([1; 32]);
            })),
        ),
        ("no scopes", ErrorCode::OutOfRange, signed(Box::new(|access| access.grants.clear()))),
        (
            "scope twice",
            ErrorCode::MalformedMessage,
            signed(Box::new(|access| {
                access.grants.push(access.grants[0].clone());
            })),
        ),
        (
            "no such scope",
            ErrorCode::NotFound,
            signed(Box::new(|access| {
                let scope = pryv_wire::ScopeId::from_bytes([1; 16]);
                access.grants.push(pryv_wire::access::Grant {
                    scope,
                    level: Level::CreateOnly,
                    transform: None,
                    slice: None,
                    group: None,
                    from_epoch: 0,
                });
            })),
        ),
        (
            "no commitment",
            ErrorCode::MalformedMessage,
            signed(Box::new(|access| access.grants[0].transform = None)),
        ),
        (
            "other commitment",
            ErrorCode::InvalidStatement,
            signed(Box::new(|access| {
                access.grants[0].transform = Some(Digest::from_bytes([0; 32]));
            })),
        ),
        (
            "over already",
            ErrorCode::OutOfRange,
            signed(Box::new(move |access| access.valid_until = Some(now))),
        ),
        (
            "ends first",
            ErrorCode::MalformedMessage,
            signed(Box::new(|access| {
                access.valid_from = Some(Timestamp::from_millis(u64::MAX));
                access.valid_until = Some(Timestamp::from_millis(u64::MAX - 1));
            })),
        ),
        (
            "empty note",
            ErrorCode::MalformedMessage,
            signed(Box::new(|access| access.note = Bytes::default())),
        ),
        ("no pair", ErrorCode::MalformedMessage, Box::new(|grant| grant.pre.clear())),
        (
            "bad pair",
            ErrorCode::MalformedMessage,
            Box::new(|grant| grant.pre[0].public = Bytes::from(vec![1; 120])),
        ),
        ("pair twice", ErrorCode::MalformedMessage, Box::new(|grant| grant.pre.push(grant.pre[0].clone()))),
        ("no lockbox", ErrorCode::StaleEpoch, Box::new(|grant| grant.lockboxes.clear())),
        (
            "bad capsule",
            ErrorCode::MalformedMessage,
            Box::new(|grant| {
                grant.lockboxes[0].capsule = Bytes::from(vec![0; 10]);
            }),
        ),
        (
            "lockbox of no epoch",
            ErrorCode::StaleEpoch,
            Box::new(|grant| {
                grant.lockboxes.push(pryv_wire::scope::Lockbox { epoch: 1, ..grant.lockboxes[0].clone() });
            }),
        ),
        ("no share", ErrorCode::StaleEpoch, Box::new(|grant| grant.shares.clear())),
        (
            "share of another access",
            ErrorCode::MalformedMessage,
            Box::new(|grant| {
                grant.shares[0].access = AccessId::from_bytes([0; 16]);
            }),
        ),
        ("no transform key", ErrorCode::MalformedMessage, Box::new(|grant| grant.transforms.clear())),
        (
            "transform key of another generation",
            ErrorCode::StaleEpoch,
            Box::new(|grant| {
                grant.transforms[0].generation = 1;
            }),
        ),
        (
            "transform key for another",
            ErrorCode::InvalidStatement,
            Box::new(|grant| {
                let key = eves.transforms[0].key.clone();
                let digest = pryv_wire::scope::Transform::digest(&key);
                grant.transforms[0].key = key;
                resigned(ada_ref, grant, |access| access.grants[0].transform = Some(digest));
            }),
        ),
    ];
    for (name, expected, change) in cases {
        let mut grant = base.clone();
        change(&mut grant);
        let answer = world.commit(&ada, ada.id(), vec![Operation::Grant(Box::new(grant))]).await;
        assert_eq!(answer.map_err(|error| error.code()), Err(expected), "{name}");
    }
    let grant = || Operation::Grant(Box::new(base.clone()));
    world.commit(&ada, ada.id(), vec![grant()]).await.unwrap();
    assert_eq!(code(world.commit(&ada, ada.id(), vec![grant()]).await), ErrorCode::AlreadyExists);
    let mut second = world.new_grant(&ada, &eve, &mut collection, Level::Read);
    second.pre = base.pre.clone();
    let late = world.commit(&ada, ada.id(), vec![Operation::Grant(Box::new(second))]).await;
    assert_eq!(code(late), ErrorCode::StaleEpoch, "another device made the pair first");
}

#[tokio::test]
async fn what_is_refused_leaves_nothing() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut collection = world.collection(&ada).await;
    let mut grant = world.new_grant(&ada, &bob, &mut collection, Level::Read);
    let whole = grant.clone();
    grant.transforms.clear();
    assert!(world.commit(&ada, ada.id(), vec![Operation::Grant(Box::new(grant))]).await.is_err());
    assert_eq!(
        code(world.service.open_scope(bob.caller.clone(), World::open(&collection)).await),
        ErrorCode::NotFound
    );
    world.commit(&ada, ada.id(), vec![Operation::Grant(Box::new(whole))]).await.unwrap();
    world.service.open_scope(bob.caller.clone(), World::open(&collection)).await.unwrap();
}

/// The collection is used by the tests of this file only through its owner.
#[tokio::test]
async fn a_new_epoch_serves_exactly_the_readers() {
    let world = World::new();
    let (ada, bob, eve) = (world.person("ada").await, world.person("bob").await, world.person("eve").await);
    let mut collection: Collection = world.collection(&ada).await;
    let access = world.grant(&ada, &bob, &mut collection, Level::Read).await;
    let begin = |epoch| world.commit(&ada, ada.id(), vec![Operation::BeginEpoch { epoch }]);
    let stranger = AccessId::from_bytes([1; 16]);
    for readers in [vec![], vec![(access, &bob), (stranger, &eve)], vec![(stranger, &eve)]] {
        let epoch = world.new_epoch(&ada, &mut collection, &readers);
        assert_eq!(code(begin(epoch).await), ErrorCode::StaleEpoch);
        collection.epochs.pop();
        collection.locks.pop();
    }
    let mut orphan = world.new_epoch(&ada, &mut collection, &[(access, &bob)]);
    orphan.owner_wrap = Bytes::default();
    assert_eq!(code(begin(orphan).await), ErrorCode::MalformedMessage, "nobody's keys");
    collection.epochs.pop();
    collection.locks.pop();
    let epoch = world.new_epoch(&ada, &mut collection, &[(access, &bob)]);
    begin(epoch.clone()).await.unwrap();
    assert_eq!(code(begin(epoch).await), ErrorCode::StaleEpoch, "it has begun");
    let opened = world.service.open_scope(bob.caller.clone(), World::open(&collection)).await.unwrap();
    let Keys::Grantee { capsule, share, sealed } = &opened.epochs[1].keys else { panic!("a lockbox") };
    lockbox::open(&bob.identity, &collection.epochs[1].0, access, capsule, share, sealed).unwrap();
}

#[tokio::test]
async fn an_opening_that_is_broken_off_keeps_what_was_transformed() {
    const EPOCHS: u64 = 16;
    let counters = pryv_server::telemetry::ServiceMetrics::default();
    let world = World::counted(counters.clone());
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut collection = world.collection(&ada).await;
    let operations = (1..EPOCHS)
        .map(|_| Operation::BeginEpoch { epoch: world.new_epoch(&ada, &mut collection, &[]) })
        .collect();
    world.commit(&ada, ada.id(), operations).await.unwrap();
    world.grant(&ada, &bob, &mut collection, Level::Read).await;
    let (service, caller, open) = (world.service.clone(), bob.caller.clone(), World::open(&collection));
    let opening = tokio::spawn(async move { service.open_scope(caller, open).await });
    while counters.transforms.get() < EPOCHS - 2 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    opening.abort();
    assert!(opening.await.unwrap_err().is_cancelled());
    let before = counters.transforms.get();
    let opened = world.service.open_scope(bob.caller.clone(), World::open(&collection)).await.unwrap();
    assert_eq!(opened.epochs.len(), usize::try_from(EPOCHS).unwrap());
    let again = counters.transforms.get() - before;
    assert!(again <= EPOCHS / 2 + 2, "{again} of {EPOCHS} were transformed again");
}
