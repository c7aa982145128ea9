//! Lists of accesses: in pages, in order, and bounded by bytes, because others write into them.

use crate::world::{Person, World, code};
use pryv_wire::{
    AccessId, Bytes, ErrorCode, ScopeId, Suite,
    access::{Access, AccessState, Accesses, Grant, Level, ListGranted, ListReceived},
    encode,
    transaction::{GrantAccess, Operation},
};

/// A grant to create in a scope, with a note of some length.
fn grant(world: &World, from: &Person, to: &Person, scope: ScopeId, note: usize) -> Operation {
    let access = Access {
        suite: Suite::CLASSIC,
        access: AccessId::from_bytes(world.id16()),
        account: from.id(),
        grantor: from.id(),
        by: None,
        grantee: to.id(),
        grantee_card: to.card.digest(),
        grants: vec![Grant {
            scope,
            level: Level::CreateOnly,
            transform: None,
            slice: None,
            group: None,
            from_epoch: 0,
        }],
        valid_from: None,
        valid_until: None,
        terms: None,
        max_uses: None,
        note: Bytes::from(vec![7; note]),
        owner_note: Bytes::from(vec![7; 16]),
        signed_at: world.now(),
    };
    Operation::Grant(Box::new(GrantAccess {
        statement: from.identity.sign(&access),
        link: None,
        pre: vec![],
        lockboxes: vec![],
        shares: vec![],
        transforms: vec![],
    }))
}

async fn received(world: &World, by: &Person, limit: u32, after: Option<Bytes>) -> Accesses {
    world.service.list_received(by.caller.clone(), ListReceived { group: None, limit, after }).await.unwrap()
}

fn ids(accesses: &[AccessState]) -> Vec<AccessId> {
    accesses.iter().map(|state| state.statement.unverified().unwrap().access).collect()
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let collection = world.collection(&ada).await;
    let operations: Vec<_> = (0..7).map(|_| grant(&world, &ada, &bob, collection.scope, 16)).collect();
    world.commit(&ada, ada.id(), operations).await.unwrap();
    let all = received(&world, &bob, 1_000, None).await;
    assert_eq!((all.accesses.len(), &all.next), (7, &None));
    for limit in [1, 2, 3, 6, 7, 8] {
        let (mut to_bob, mut by_ada) = (Vec::new(), Vec::new());
        let mut after = None;
        loop {
            let page = received(&world, &bob, limit, after).await;
            assert!(page.accesses.len() <= usize::try_from(limit).unwrap());
            to_bob.extend(ids(&page.accesses));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        loop {
            let list = ListGranted { account: ada.id(), limit, after };
            let page = world.service.list_granted(ada.caller.clone(), list).await.unwrap();
            by_ada.extend(ids(&page.accesses));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(to_bob, ids(&all.accesses), "pages of {limit}");
        assert_eq!(by_ada.len(), 7, "pages of {limit}");
    }
}

#[tokio::test]
async fn sizes_and_cursors_out_of_bounds_are_refused() {
    let world = World::new();
    let ada = world.person("ada").await;
    let refused = |limit, after| {
        let (caller, service) = (ada.caller.clone(), world.service.clone());
        async move { code(service.list_received(caller, ListReceived { group: None, limit, after }).await) }
    };
    assert_eq!(refused(0, None).await, ErrorCode::OutOfRange);
    assert_eq!(refused(1_001, None).await, ErrorCode::OutOfRange);
    assert_eq!(refused(1, Some(Bytes::from([1; 8]))).await, ErrorCode::MalformedMessage);
    let granted = ListGranted { account: ada.id(), limit: 1, after: Some(Bytes::from([1; 56])) };
    assert_eq!(
        code(world.service.list_granted(ada.caller.clone(), granted).await),
        ErrorCode::MalformedMessage
    );
    // A cursor is a place and no right: one that was made up leads through one's own list only.
    let made_up = received(&world, &ada, 1, Some(Bytes::from([0; 56]))).await;
    assert_eq!(made_up, Accesses { accesses: vec![], next: None, rotated: vec![] });
}

#[tokio::test]
async fn long_notes_of_strangers_make_more_pages_and_no_longer_ones() {
    const NOTE: usize = 64 * 1024;
    let world = World::new();
    let bob = world.person("bob").await;
    for name in ["mallory", "trudy"] {
        let stranger = world.person(name).await;
        let collection = world.collection(&stranger).await;
        let grants = (0..64).map(|_| grant(&world, &stranger, &bob, collection.scope, NOTE)).collect();
        world.commit(&stranger, stranger.id(), grants).await.unwrap();
    }
    let (mut count, mut pages, mut after) = (0, 0, None);
    loop {
        let page = received(&world, &bob, 1_000, after).await;
        assert!(encode(&page).len() <= 2 << 20, "page {pages}");
        count += page.accesses.len();
        pages += 1;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(count, 128);
    assert!(pages > 4, "{pages}");
}
