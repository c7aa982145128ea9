//! A grantee ends what it holds itself: at once, nothing else, and nobody in its place.

use crate::world::{Collection, Person, World, Write, code};
use pryv_crypto::lockbox;
use pryv_engine::{Reader as _, Scan};
use pryv_wire::{
    AccessId, ErrorCode, TransactionId,
    access::{GetAccess, LastEpoch, Level, ListReceived, Revocation},
    scope::EpochKeys as Keys,
    transaction::{Commit, ListChanges, Operation, Touched},
};

fn end(world: &World, by: &Person, collection: &Collection, access: AccessId) -> Revocation {
    let last_epochs = vec![LastEpoch { scope: collection.scope, epoch: collection.present().0.epoch }];
    let (account, revoker, signed_at) = (collection.account, by.id(), world.now());
    Revocation { access, account, revoker, last_epochs, signed_at }
}

fn signed(by: &Person, end: &Revocation) -> Operation {
    Operation::Revoke { statement: by.identity.sign(end), below: vec![], epochs: vec![] }
}

/// How many rows are kept to serve grantees: shares, transform keys, transformed capsules.
fn serving_rows(world: &World) -> [usize; 3] {
    let engine = world.service.store().engine();
    [0x24_u8, 0x25, 0x26].map(|table| {
        engine.read::<_, pryv_engine::StoreError>(|view| view.entries(&Scan::prefix(&[table]))).unwrap().len()
    })
}

#[tokio::test]
async fn who_leaves_is_served_nothing_from_then_on_and_others_notice_nothing() {
    let world = World::new();
    let (ada, bob, carol) =
        (world.person("ada").await, world.person("bob").await, world.person("carol").await);
    let mut collection = world.collection(&ada).await;
    let bobs = world.grant(&ada, &bob, &mut collection, Level::Contribute).await;
    let carols = world.grant(&ada, &carol, &mut collection, Level::Read).await;
    let open = async |who: &Person, collection: &Collection| {
        world.service.open_scope(who.caller.clone(), World::open(collection)).await
    };
    open(&bob, &collection).await.unwrap();
    open(&carol, &collection).await.unwrap();
    assert_eq!(serving_rows(&world), [2, 2, 2]);

    let leave = signed(&bob, &end(&world, &bob, &collection, bobs));
    let sent = Commit {
        account: ada.id(),
        transaction: TransactionId::from_bytes([7; 16]),
        operations: vec![leave.clone()],
    };
    let committed = world.service.commit(bob.caller.clone(), sent.clone()).await.unwrap();
    assert_eq!((committed.served[0].access, committed.served[0].served.len()), (bobs, 1));
    assert_eq!(committed.change.touched, [Touched::Revoked { access: bobs }]);
    assert_eq!(serving_rows(&world), [1, 1, 1], "what is left is Carol's");
    assert_eq!(code(open(&bob, &collection).await), ErrorCode::NotFound);
    let put = world.put(&bob, &collection, &Write { access: Some(bobs), ..Write::default() });
    assert_eq!(code(world.commit(&bob, ada.id(), vec![put]).await), ErrorCode::NotFound);
    let opened = open(&carol, &collection).await.unwrap();
    let Keys::Grantee { capsule, share, sealed } = &opened.epochs[0].keys else { panic!("a lockbox") };
    lockbox::open(&carol.identity, &collection.present().0, carols, capsule, share, sealed).unwrap();

    // An answer that was lost comes again, though Bob holds nothing any more; another attempt is told nothing.
    let again = world.service.commit(bob.caller.clone(), sent).await.unwrap();
    assert_eq!((again.head, again.change), (committed.head, committed.change));
    assert_eq!(code(world.commit(&bob, ada.id(), vec![leave]).await), ErrorCode::NotFound);
    let owners = world.new_revocation(&ada, &mut collection, bobs, &[(carols, &carol)]);
    assert_eq!(code(world.commit(&ada, ada.id(), vec![owners]).await), ErrorCode::AlreadyExists);

    // The end is evidence for both, and a change of the owner's that names who made it.
    let received = ListReceived { group: None, limit: 1_000, after: None };
    let received = world.service.list_received(bob.caller.clone(), received).await.unwrap();
    assert_eq!(received.accesses[0].revocation.as_ref().unwrap().unverified().unwrap().revoker, bob.id());
    let get = GetAccess { account: ada.id(), access: bobs };
    assert!(world.service.get_access(carol.caller.clone(), get).await.unwrap().revocation.is_some());
    let changes = ListChanges { account: ada.id(), after: 0, limit: 1_000 };
    let changes = world.service.list_changes(ada.caller.clone(), changes).await.unwrap();
    assert_eq!(changes.changes.last().unwrap().author, bob.id());
}

#[tokio::test]
async fn an_access_is_left_by_its_holder_alone_and_whole() {
    let world = World::new();
    let (ada, bob, carol) =
        (world.person("ada").await, world.person("bob").await, world.person("carol").await);
    let mut collection = world.collection(&ada).await;
    let bobs = world.grant(&ada, &bob, &mut collection, Level::Manage).await;
    let carols = world.grant(&ada, &carol, &mut collection, Level::Read).await;
    let dave = world.person("dave").await;
    let commit = async |who: &Person, operation| world.commit(who, ada.id(), vec![operation]).await;
    let of = |by: &Person, access| end(&world, by, &collection, access);

    let foreign = commit(&carol, signed(&carol, &of(&carol, bobs))).await;
    assert_eq!(code(foreign), ErrorCode::NotAllowed, "another one's access, in one's own name");
    let named = commit(&carol, signed(&carol, &of(&bob, bobs))).await;
    assert_eq!(code(named), ErrorCode::InvalidStatement, "in Bob's name, signed by Carol");
    let carried = commit(&carol, signed(&bob, &of(&bob, bobs))).await;
    assert_eq!(code(carried), ErrorCode::InvalidStatement, "what Bob signed, brought by Carol");
    let stranger = commit(&dave, signed(&dave, &of(&dave, bobs))).await;
    assert_eq!(code(stranger), ErrorCode::NotFound, "a stranger learns nothing");
    let account = Revocation { account: bob.id(), ..of(&bob, bobs) };
    assert_eq!(code(commit(&bob, signed(&bob, &account)).await), ErrorCode::InvalidStatement);
    let none = AccessId::from_bytes([9; 16]);
    assert_eq!(code(commit(&bob, signed(&bob, &of(&bob, none))).await), ErrorCode::NotAllowed);

    // It names the present epoch of each scope: neither less, which would take back what Bob wrote, nor more.
    for last_epochs in [vec![], vec![LastEpoch { scope: collection.scope, epoch: 1 }]] {
        let end = Revocation { last_epochs, ..of(&bob, bobs) };
        assert_eq!(code(commit(&bob, signed(&bob, &end)).await), ErrorCode::StaleEpoch);
    }
    let below = vec![carol.identity.sign(&of(&carol, carols))];
    let statement = bob.identity.sign(&of(&bob, bobs));
    let more = Operation::Revoke { statement, below, epochs: vec![] };
    assert_eq!(code(commit(&bob, more).await), ErrorCode::MalformedMessage);

    // Who granted onwards does not go before that has ended.
    let onward = world.new_onward(&bob, &dave, &collection, Level::Read, bobs);
    let daves = onward.statement.unverified().unwrap().access;
    commit(&bob, Operation::Grant(Box::new(onward))).await.unwrap();
    assert_eq!(code(commit(&bob, signed(&bob, &of(&bob, bobs))).await), ErrorCode::StaleEpoch);
    commit(&dave, signed(&dave, &of(&dave, daves))).await.unwrap();
    commit(&bob, signed(&bob, &of(&bob, bobs))).await.unwrap();
    let opened = world.service.open_scope(bob.caller.clone(), World::open(&collection)).await;
    assert_eq!(code(opened), ErrorCode::NotFound);
    world.service.open_scope(carol.caller.clone(), World::open(&collection)).await.unwrap();
}

#[tokio::test]
async fn an_access_that_has_not_begun_is_declined() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut collection = world.collection(&ada).await;
    let from = world.now().plus_millis(1_000);
    let grant = world.new_grant_between(&ada, &bob, &mut collection, Level::Read, Some(from), None);
    let bobs = grant.statement.unverified().unwrap().access;
    world.commit(&ada, ada.id(), vec![Operation::Grant(Box::new(grant))]).await.unwrap();
    let leave = signed(&bob, &end(&world, &bob, &collection, bobs));
    world.commit(&bob, ada.id(), vec![leave]).await.unwrap();
    world.clock.advance(2_000);
    let opened = world.service.open_scope(bob.caller.clone(), World::open(&collection)).await;
    assert_eq!(code(opened), ErrorCode::NotFound);
}
