//! Memberships: one for each member of a group, within its dates, and ended in one small transaction, whatever was opened by
//! it and however long the group has been there.

use crate::{
    groups::{self, Ward},
    world::{Collection, DAY, Person, To, World, code},
};
use pryv_engine::{Reader as _, Scan, StoreError};
use pryv_wire::{
    AccessId, ErrorCode, Signed, Timestamp,
    access::{GetAccess, LastEpoch, Level, ListReceived, Revocation},
    bytes::Signature,
    card::Card,
    encode,
    scope::OpenScope,
    transaction::Operation,
};

const MEMBER_CAPSULE: u8 = 0x3b;
/// More rows than one job deletes: 32 MiB of keys of 149 bytes.
const ROWS: u32 = 290_000;

fn rows(world: &World, table: u8) -> usize {
    let engine = world.service.store().engine();
    engine.read::<_, StoreError>(|view| view.entries(&Scan::prefix(&[table]))).unwrap().len()
}

/// Rows as they are left by opening ever so much: a scope with many epochs, by one membership.
fn fill(world: &World, group: &Person, membership: AccessId, granter: &Person, access: AccessId) {
    let (group, granter) = (group.id(), granter.id());
    let start =
        [&[MEMBER_CAPSULE], &group.as_bytes()[..], membership.as_bytes(), granter.as_bytes()].concat();
    let start = [&start[..], access.as_bytes(), &[7; 16]].concat();
    for numbers in (0..ROWS).collect::<Vec<_>>().chunks(100_000) {
        let (start, numbers) = (start.clone(), numbers.to_vec());
        let write = move |tx: &mut pryv_engine::WriteTx<'_>| {
            numbers.iter().try_for_each(|n| tx.put(&[&start[..], &n.to_be_bytes()].concat(), &[1]))
        };
        world.service.store().engine().write::<_, StoreError>(write).unwrap();
    }
}

/// A ward in which Cleo has opened what the group was granted.
async fn ward() -> Ward {
    let ward = groups::ward().await;
    let open = OpenScope { access: Some(ward.to_group), ..World::open(&ward.collection) };
    ward.world.service.open_scope(ward.cleo.caller.clone(), open).await.unwrap();
    ward
}

#[tokio::test]
async fn a_member_is_removed_in_one_transaction_however_much_was_opened_by_it() {
    let mut ward = ward().await;
    fill(&ward.world, &ward.bob, ward.cleos, &ward.ada, ward.to_group);
    let revoke = ward.world.new_revocation(&ward.bob, &mut ward.group, ward.cleos, &[]);
    ward.world.commit(&ward.bob, ward.bob.id(), vec![revoke]).await.unwrap();
    let world = &ward.world;
    assert_eq!(
        [rows(world, 0x39), rows(world, 0x3d)],
        [0, 0],
        "the membership, and the key to what it opened"
    );
    assert!(rows(world, MEMBER_CAPSULE) > 1);
    assert!(world.service.sweep().await.unwrap().leftovers > 1);
    for table in [MEMBER_CAPSULE, 0x3c, 0x06] {
        assert_eq!(rows(world, table), 0, "table {table:x} after the sweep");
    }
    assert_eq!(rows(world, 0x3e), 1, "the access of the group goes on");
}

#[tokio::test]
async fn an_access_of_a_group_ends_in_one_transaction_however_much_its_members_opened() {
    let mut ward = ward().await;
    fill(&ward.world, &ward.bob, ward.cleos, &ward.ada, ward.to_group);
    let revoke = ward.world.new_revocation(&ward.ada, &mut ward.collection, ward.to_group, &[]);
    ward.world.commit(&ward.ada, ward.ada.id(), vec![revoke]).await.unwrap();
    let world = &ward.world;
    assert_eq!([rows(world, 0x3a), rows(world, 0x3e)], [0, 0]);
    world.service.sweep().await.unwrap();
    for table in [MEMBER_CAPSULE, 0x3c, 0x06] {
        assert_eq!(rows(world, table), 0, "table {table:x} after the sweep");
    }
    assert_eq!(rows(world, 0x3d), 1, "the membership goes on");
}

#[tokio::test]
async fn a_member_has_one_membership_and_another_when_that_is_over() {
    let mut ward = ward().await;
    let (world, bob, cleo) = (&ward.world, &ward.bob, &ward.cleo);
    let again = |group: &mut Collection, until: Option<Timestamp>| {
        let grant = world.new_grant_between(bob, cleo, group, Level::Read, None, until);
        let access = grant.statement.unverified().unwrap().access;
        (access, vec![Operation::Grant(Box::new(grant))])
    };
    let (_, twice) = again(&mut ward.group, None);
    assert_eq!(code(world.commit(bob, bob.id(), twice).await), ErrorCode::AlreadyExists);
    let revoke = world.new_revocation(bob, &mut ward.group, ward.cleos, &[]);
    world.commit(bob, bob.id(), vec![revoke]).await.unwrap();
    let until = world.now().plus_millis(DAY);
    let (dated, grant) = again(&mut ward.group, Some(until));
    world.commit(bob, bob.id(), grant).await.unwrap();
    world.clock.advance(DAY);
    let (followed, grant) = again(&mut ward.group, None);
    world.commit(bob, bob.id(), grant).await.unwrap();
    // The end of the one that was over leaves the one that followed.
    let revoke = world.new_revocation(bob, &mut ward.group, dated, &[(followed, cleo)]);
    world.commit(bob, bob.id(), vec![revoke]).await.unwrap();
    let list = ListReceived { group: ward.group.group(), limit: 10, after: None };
    let received = world.service.list_received(cleo.caller.clone(), list).await.unwrap();
    assert_eq!(received.accesses.len(), 1);
    assert_eq!(rows(world, 0x39), 1);
}

#[tokio::test]
async fn what_a_group_received_is_told_to_members_within_the_dates_of_their_membership() {
    let world = World::new();
    let (ada, bob, cleo) = (world.person("ada").await, world.person("bob").await, world.person("cleo").await);
    let mut collection = world.collection(&ada).await;
    let mut group = world.group(&bob).await;
    let to_group = world.grant(&ada, group.to(), &mut collection, Level::Read).await;
    let (from, until) = (world.now().plus_millis(DAY), world.now().plus_millis(2 * DAY));
    let grant = world.new_grant_between(&bob, &cleo, &mut group, Level::Read, Some(from), Some(until));
    world.commit(&bob, bob.id(), vec![Operation::Grant(Box::new(grant))]).await.unwrap();
    for valid in [false, true, false] {
        let list = ListReceived { group: group.group(), limit: 10, after: None };
        let list = world.service.list_received(cleo.caller.clone(), list).await;
        let get = GetAccess { account: ada.id(), access: to_group };
        let get = world.service.get_access(cleo.caller.clone(), get).await;
        if valid {
            assert_eq!(list.unwrap().accesses.len(), 1);
            get.unwrap();
        } else {
            assert_eq!([code(list), code(get)], [ErrorCode::AccessNotValid; 2]);
        }
        world.clock.advance(DAY);
    }
}

#[tokio::test]
async fn a_member_is_removed_whatever_the_clock_of_who_removes_it() {
    let mut ward = ward().await;
    let revoke = ward.world.new_revocation(&ward.bob, &mut ward.group, ward.cleos, &[]);
    ward.world.clock.advance(DAY / 4);
    ward.world.commit(&ward.bob, ward.bob.id(), vec![revoke]).await.unwrap();
}

#[tokio::test]
async fn a_group_that_has_had_its_last_card_still_removes_and_takes_nobody() {
    let ward = ward().await;
    let Ward { world, ada, bob, cleo, collection, mut group, to_group, cleos, .. } = ward;
    let (ada, bob, group) = (&ada, &bob, &mut group);
    // As if 999 members had left: the number in the head of the scope, and the last card.
    let mut card: Card = group.cards[0].unverified().unwrap();
    card.sequence = 999;
    let card = Signed::new(&card, |_| Signature::from_bytes([0; 64]));
    let head = [&[0x20], &bob.id().as_bytes()[..], group.scope.as_bytes()].concat();
    let row = [&[0x11], &group.group().unwrap().as_bytes()[..], &999_u32.to_be_bytes()].concat();
    let encoded = encode(&card);
    let write = move |tx: &mut pryv_engine::WriteTx<'_>| {
        let before = tx.get(&head)?.unwrap();
        tx.put(&head, &[&999_u32.to_be_bytes(), &before[4..]].concat())?;
        tx.put(&row, &encoded)
    };
    world.service.store().engine().write::<_, StoreError>(write).unwrap();

    let limit = |refused: Result<_, pryv_server::service::Error>| {
        let refused = refused.map(|_: pryv_wire::transaction::Committed| ()).unwrap_err();
        (refused.code(), refused.details().limit)
    };
    let mut other = world.new_collection(ada, "https://example.org/other");
    world.commit(ada, ada.id(), vec![other.0]).await.unwrap();
    let to = To { id: group.group().unwrap(), card: &card };
    let grant = world.new_grant(ada, to, &mut other.1, Level::Read);
    let grant = world.commit(ada, ada.id(), vec![Operation::Grant(Box::new(grant))]).await;
    assert_eq!(limit(grant), (ErrorCode::OutOfRange, Some(1_000)));
    let dan = world.person("dan").await;
    let joins = world.new_grant(bob, &dan, group, Level::Read);
    let joins = world.commit(bob, bob.id(), vec![Operation::Grant(Box::new(joins))]).await;
    assert_eq!(limit(joins), (ErrorCode::OutOfRange, Some(1_000)));

    let end = Revocation {
        access: cleos,
        account: bob.id(),
        revoker: bob.id(),
        last_epochs: vec![LastEpoch { scope: group.scope, epoch: 999 }],
        signed_at: world.now(),
    };
    let statement = bob.identity.sign(&end);
    let revoke = Operation::Revoke { statement, below: Vec::new(), epochs: Vec::new() };
    world.commit(bob, bob.id(), vec![revoke]).await.unwrap();
    let open = OpenScope { access: Some(to_group), ..World::open(&collection) };
    assert_eq!(code(world.service.open_scope(cleo.caller.clone(), open).await), ErrorCode::NotFound);
}
