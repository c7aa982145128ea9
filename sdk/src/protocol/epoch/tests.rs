use super::*;
use crate::protocol::world::{NOW, Party, World};
use pryv_wire::access::Revocation;
use std::collections::BTreeSet;

#[test]
fn the_servers_readers_are_held_against_what_the_owner_signed() {
    let mut world = World::new();
    let bob = world.grant(Level::Read, None);
    let writer = world.grant(Level::CreateOnly, None);
    let mut state = world.owner();
    let granted = world.granted();
    let id = |number: usize| granted[number].evidence.access().access;
    let code = |state: &ScopeState, granted: &[Opened], except: &BTreeSet<AccessId>| {
        readers(state, granted, except, NOW).map(|readers| readers.len()).map_err(|distrust| distrust.code())
    };
    state.readers = vec![id(bob)];
    assert_eq!(code(&state, &granted, &BTreeSet::new()), Ok(1));
    assert_eq!(code(&state, &granted, &BTreeSet::from([id(bob)])), Ok(0));
    state.readers = vec![id(bob), AccessId::from_bytes([99; 16])];
    assert_eq!(code(&state, &granted, &BTreeSet::new()), Err("invented-access"));
    state.readers = vec![id(bob), id(writer)];
    assert_eq!(
        code(&state, &granted, &BTreeSet::new()),
        Err("invented-access"),
        "a writer was made a reader"
    );
    state.readers = vec![];
    assert_eq!(code(&state, &granted, &BTreeSet::new()), Err("reader-dropped"));
    let end = Revocation {
        access: id(bob),
        account: world.ada.identity.principal(),
        revoker: world.ada.identity.principal(),
        last_epochs: Vec::new(),
        signed_at: NOW,
    };
    world.grants[bob].1 = Some(world.ada.identity.sign(&end));
    state.readers = vec![id(bob)];
    assert_eq!(code(&state, &world.granted(), &BTreeSet::new()), Err("ended-access-served"));
}

#[test]
fn an_expired_access_is_not_served_whatever_the_server_says() {
    let mut world = World::new();
    let bob = world.grant(Level::Read, Some(NOW.plus_millis(1)));
    let mut state = world.owner();
    let granted = world.granted();
    state.readers = vec![granted[bob].evidence.access().access];
    assert_eq!(readers(&state, &granted, &BTreeSet::new(), NOW).unwrap().len(), 1);
    assert_eq!(readers(&state, &granted, &BTreeSet::new(), NOW.plus_millis(1)).unwrap(), []);
    // About to expire: a server whose clock is a little ahead may leave it out.
    state.readers.clear();
    assert_eq!(readers(&state, &granted, &BTreeSet::new(), NOW).unwrap(), []);
}

#[test]
fn a_re_encryption_key_that_is_not_the_wraps_is_refused() {
    let mut world = World::new();
    world.grant(Level::Read, None);
    let state = world.owner();
    let honest = state.pre.clone().unwrap();
    assert!(unwrap_pre(&world.ada.identity, state.scope, &honest).is_ok());
    let mut swapped = honest.clone();
    swapped.public = Party::new(5).identity.pre_public(pryv_proxy_crypto::pre::Curve::C480).to_wire();
    assert_eq!(unwrap_pre(&world.ada.identity, state.scope, &swapped).unwrap_err().code(), "wrong-wrap");
    let mut older = honest;
    older.generation = 1;
    assert_eq!(unwrap_pre(&world.ada.identity, state.scope, &older).unwrap_err().code(), "wrong-wrap");
}
