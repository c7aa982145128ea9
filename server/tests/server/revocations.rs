//! Revocation: nothing is served afterwards, nothing is left to serve from, and others notice nothing.

use crate::world::{World, Write, code};
use pryv_crypto::lockbox;
use pryv_engine::{Reader as _, Scan};
use pryv_wire::{
    ErrorCode, RecordId, Signed,
    access::{GetAccess, LastEpoch, Level, ListReceived, Revocation},
    bytes::Signature,
    record::GetRecord,
    scope::{EpochKeys as Keys, ListScopes},
    transaction::Operation,
};
use std::time::Duration;

#[tokio::test]
async fn after_a_revocation_the_grantee_gets_nothing_and_others_notice_nothing() {
    let world = World::new();
    let (ada, bob, carol) =
        (world.person("ada").await, world.person("bob").await, world.person("carol").await);
    let mut collection = world.collection(&ada).await;
    let record = world.record(&ada, &collection, None).await;
    let bobs = world.grant(&ada, &bob, &mut collection, Level::Contribute).await;
    let carols = world.grant(&ada, &carol, &mut collection, Level::Read).await;
    world.service.open_scope(bob.caller.clone(), World::open(&collection)).await.unwrap();
    world.clock.advance(5);
    world.service.open_scope(bob.caller.clone(), World::open(&collection)).await.unwrap();

    let revoke = world.new_revocation(&ada, &mut collection, bobs, &[(carols, &carol)]);
    let committed = world.commit(&ada, ada.id(), vec![revoke.clone()]).await.unwrap();
    let [served] = &committed.served[..] else { panic!("one revocation") };
    assert_eq!((served.access, served.served.len()), (bobs, 1));
    assert_eq!(served.served[0].last_at.millis_since(served.served[0].first_at), 5);

    let get = GetRecord { account: ada.id(), scope: collection.scope, record };
    assert_eq!(code(world.service.get_record(bob.caller.clone(), get.clone()).await), ErrorCode::NotFound);
    assert_eq!(
        code(world.service.open_scope(bob.caller.clone(), World::open(&collection)).await),
        ErrorCode::NotFound
    );
    let list = ListScopes { account: ada.id() };
    assert_eq!(code(world.service.list_scopes(bob.caller.clone(), list).await), ErrorCode::NotFound);
    let put = world.put(&bob, &collection, &Write { access: Some(bobs), ..Write::default() });
    assert_eq!(code(world.commit(&bob, ada.id(), vec![put]).await), ErrorCode::NotFound);
    assert_eq!(code(world.commit(&ada, ada.id(), vec![revoke]).await), ErrorCode::AlreadyExists);

    // The evidence stays, for both.
    let received = world
        .service
        .list_received(bob.caller.clone(), ListReceived { group: None, limit: 1_000, after: None })
        .await
        .unwrap();
    assert!(received.accesses[0].revocation.is_some());
    let get_access = GetAccess { account: ada.id(), access: bobs };
    assert!(world.service.get_access(carol.caller.clone(), get_access).await.unwrap().revocation.is_some());

    world.service.get_record(carol.caller.clone(), get).await.unwrap();
    let opened = world.service.open_scope(carol.caller.clone(), World::open(&collection)).await.unwrap();
    for (opened, (epoch, _)) in opened.epochs.iter().zip(&collection.epochs) {
        let Keys::Grantee { capsule, share, sealed } = &opened.keys else { panic!("a lockbox") };
        lockbox::open(&carol.identity, epoch, carols, capsule, share, sealed).unwrap();
    }
    assert_eq!(opened.epochs.len(), 2);
}

/// How many rows are kept to serve grantees: shares, transform keys, transformed capsules.
fn serving_rows(world: &World) -> [usize; 3] {
    let engine = world.service.store().engine();
    [0x24_u8, 0x25, 0x26].map(|table| {
        engine.read::<_, pryv_engine::StoreError>(|view| view.entries(&Scan::prefix(&[table]))).unwrap().len()
    })
}

#[tokio::test]
async fn a_revocation_deletes_what_the_grantee_was_served_from() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut collection = world.collection(&ada).await;
    let access = world.grant(&ada, &bob, &mut collection, Level::Read).await;
    world.service.open_scope(bob.caller.clone(), World::open(&collection)).await.unwrap();
    assert_eq!(serving_rows(&world), [1, 1, 1]);
    let revoke = world.new_revocation(&ada, &mut collection, access, &[]);
    world.commit(&ada, ada.id(), vec![revoke]).await.unwrap();
    assert_eq!(serving_rows(&world), [0, 0, 0]);
}

#[tokio::test]
async fn a_transform_under_way_does_not_outlive_the_revocation() {
    // The transform takes tens of milliseconds: a revocation commits before, while and after it runs.
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let (mut gave, mut kept_back) = (0, 0);
    for pause in [Some(0), Some(1), Some(3), Some(6), Some(10), Some(15), Some(25), Some(60), None, None] {
        let uri = format!("https://example.org/{gave}/{kept_back}");
        let (create, mut collection) = world.new_collection(&ada, &uri);
        world.commit(&ada, ada.id(), vec![create]).await.unwrap();
        let access = world.grant(&ada, &bob, &mut collection, Level::Read).await;
        let revoke = world.new_revocation(&ada, &mut collection, access, &[]);
        let (service, caller, open) = (world.service.clone(), bob.caller.clone(), World::open(&collection));
        let mut opening = tokio::spawn(async move { service.open_scope(caller, open).await });
        let early = match pause {
            Some(pause) => {
                tokio::time::sleep(Duration::from_millis(pause)).await;
                None
            }
            None => Some((&mut opening).await.unwrap()),
        };
        let committed = world.commit(&ada, ada.id(), vec![revoke]).await.unwrap();
        let opened = match early {
            Some(early) => early,
            None => opening.await.unwrap(),
        };
        // What was given was recorded before; what was not given was not recorded.
        assert_eq!(opened.is_ok(), !committed.served[0].served.is_empty(), "after {pause:?} ms");
        gave += u32::from(opened.is_ok());
        kept_back += u32::from(opened.is_err());
        assert_eq!(serving_rows(&world), [0, 0, 0], "after {pause:?} ms");
    }
    assert!(gave > 0 && kept_back > 0, "both ends of the race were seen: {gave} and {kept_back}");
}

#[tokio::test]
async fn many_who_ask_at_once_cost_one_transform() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut collection = world.collection(&ada).await;
    world.grant(&ada, &bob, &mut collection, Level::Read).await;
    let asked = (0..8).map(|_| {
        let (service, caller, open) = (world.service.clone(), bob.caller.clone(), World::open(&collection));
        tokio::spawn(async move { service.open_scope(caller, open).await.unwrap() })
    });
    let mut answers = Vec::new();
    for asked in asked.collect::<Vec<_>>() {
        answers.push(asked.await.unwrap());
    }
    // A transform draws random numbers: equal answers came from one.
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[tokio::test]
async fn a_revocation_that_is_not_whole_is_refused() {
    let world = World::new();
    let (ada, bob, carol) =
        (world.person("ada").await, world.person("bob").await, world.person("carol").await);
    let mut collection = world.collection(&ada).await;
    let bobs = world.grant(&ada, &bob, &mut collection, Level::Read).await;
    let carols = world.grant(&ada, &carol, &mut collection, Level::Read).await;
    let Operation::Revoke { statement, epochs, .. } =
        world.new_revocation(&ada, &mut collection, bobs, &[(carols, &carol)])
    else {
        panic!("a revocation")
    };
    let revocation = statement.unverified().unwrap();
    let signed = |change: &dyn Fn(&mut Revocation)| {
        let mut changed = revocation.clone();
        change(&mut changed);
        ada.identity.sign(&changed)
    };
    let with_epoch = |change: &dyn Fn(&mut pryv_wire::scope::NewEpoch)| {
        let mut epochs = epochs.clone();
        change(&mut epochs[0]);
        epochs
    };
    let scope = collection.scope;
    let no_share = with_epoch(&|epoch| epoch.lockbox.as_mut().unwrap().shares.clear());
    let no_lockbox = with_epoch(&|epoch| epoch.lockbox = None);
    let bobs_share = with_epoch(&|epoch| epoch.lockbox.as_mut().unwrap().shares[0].access = bobs);
    let cases = [
        (
            "signature",
            ErrorCode::InvalidStatement,
            Signed::new(&revocation, |_| Signature::from_bytes([0; 64])),
            epochs.clone(),
        ),
        ("no epoch", ErrorCode::MalformedMessage, statement.clone(), vec![]),
        (
            "epoch twice",
            ErrorCode::MalformedMessage,
            statement.clone(),
            [epochs.clone(), epochs.clone()].concat(),
        ),
        (
            "last epochs",
            ErrorCode::StaleEpoch,
            signed(&|it| it.last_epochs = vec![LastEpoch { scope, epoch: 1 }]),
            epochs.clone(),
        ),
        ("no last epochs", ErrorCode::StaleEpoch, signed(&|it| it.last_epochs.clear()), epochs.clone()),
        (
            "unknown access",
            ErrorCode::NotFound,
            signed(&|it| it.access = pryv_wire::AccessId::from_bytes([1; 16])),
            epochs.clone(),
        ),
        ("account", ErrorCode::InvalidStatement, signed(&|it| it.account = bob.id()), epochs.clone()),
        ("revoker", ErrorCode::InvalidStatement, signed(&|it| it.revoker = bob.id()), epochs.clone()),
        ("remaining reader forgotten", ErrorCode::StaleEpoch, statement.clone(), no_share),
        ("no lockbox", ErrorCode::StaleEpoch, statement.clone(), no_lockbox),
        ("share for the revoked", ErrorCode::StaleEpoch, statement.clone(), bobs_share),
    ];
    for (name, expected, statement, epochs) in cases {
        let revoke = Operation::Revoke { statement, below: Vec::new(), epochs };
        let answer = world.commit(&ada, ada.id(), vec![revoke]).await;
        assert_eq!(answer.map_err(|error| error.code()), Err(expected), "{name}");
    }
    world
        .commit(&ada, ada.id(), vec![Operation::Revoke { statement, below: Vec::new(), epochs }])
        .await
        .unwrap();
}

#[tokio::test]
async fn who_is_revoked_can_be_granted_to_again() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut collection = world.collection(&ada).await;
    let first = world.grant(&ada, &bob, &mut collection, Level::Read).await;
    let revoke = world.new_revocation(&ada, &mut collection, first, &[]);
    world.commit(&ada, ada.id(), vec![revoke]).await.unwrap();
    let second = world.grant(&ada, &bob, &mut collection, Level::Contribute).await;
    let record = RecordId::from_bytes([1; 16]);
    let put = world.put(&bob, &collection, &Write { record, access: Some(second), ..Write::default() });
    world.commit(&bob, ada.id(), vec![put]).await.unwrap();
    let opened = world.service.open_scope(bob.caller.clone(), World::open(&collection)).await.unwrap();
    assert_eq!(opened.epochs.len(), 2, "history included");
}
