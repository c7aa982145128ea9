use super::*;
use crate::{
    Identity,
    fixture::{NOW, Person, URI, access, person, revocation, rng, secret},
    succession::AccountSecrets,
};
use proptest::prelude::*;
use pryv_proxy_crypto::CardChain;
use pryv_wire::{
    Suite, Timestamp,
    access::{Grant, Level},
    card::PrincipalKind,
    decode, encode,
};

#[test]
fn an_access_is_believed_on_its_grantors_signature_alone() {
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let grant = access(&ada, &bob, Level::Read);
    let verified = VerifiedAccess::verify(&ada.cards, &ada.identity.sign(&grant), None).unwrap();
    assert_eq!(verified.access(), &grant);
    let invented = VerifiedAccess::verify(&ada.cards, &eve.identity.sign(&grant), None);
    assert!(matches!(invented, Err(InvalidAccess::Grant(InvalidStatement::Signature(_)))));
    // Signed by a real principal, in another's name.
    let foreign = VerifiedAccess::verify(&eve.cards, &eve.identity.sign(&grant), None);
    assert!(matches!(foreign, Err(InvalidAccess::WrongAccount)));
    let mut newer = grant;
    newer.suite = Suite::from_number(9);
    let newer = VerifiedAccess::verify(&ada.cards, &ada.identity.sign(&newer), None);
    assert!(matches!(newer, Err(InvalidAccess::Suite(_))));
}

#[test]
fn a_revocation_counts_from_the_epoch_it_names() {
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let grant = access(&ada, &bob, Level::Contribute);
    let signed = ada.identity.sign(&grant);
    let scope = ada.identity.scope_id(URI);
    let open = VerifiedAccess::verify(&ada.cards, &signed, None).unwrap();
    assert!(open.counts_in(scope, 99));
    let end = revocation(&ada, &grant, 3);
    let ended = VerifiedAccess::verify(&ada.cards, &signed, Some(&ada.identity.sign(&end))).unwrap();
    assert_eq!(ended.revocation(), Some(&end));
    assert!(ended.counts_in(scope, 3) && !ended.counts_in(scope, 4));
    assert!(
        !ended.counts_in(ada.identity.scope_id("another"), 0),
        "a scope that the revocation does not name"
    );
    let forged = VerifiedAccess::verify(&ada.cards, &signed, Some(&eve.identity.sign(&end)));
    assert!(matches!(forged, Err(InvalidAccess::Revocation(_))));
    let mut other = end.clone();
    other.access = AccessId::from_bytes([9; 16]);
    let other = VerifiedAccess::verify(&ada.cards, &signed, Some(&ada.identity.sign(&other)));
    assert!(
        matches!(other, Err(InvalidAccess::OtherAccess { found }) if found == AccessId::from_bytes([9; 16]))
    );
    let mut named = end;
    named.revoker = bob.identity.principal();
    let named = VerifiedAccess::verify(&ada.cards, &signed, Some(&ada.identity.sign(&named)));
    assert!(matches!(named, Err(InvalidAccess::WrongRevoker)));
}

/// Ada's access for Bob, who manages, and Bob's for Carol.
fn chain(ada: &Person, bob: &Person, carol: &Person) -> (Access, Access) {
    let above = access(ada, bob, Level::Manage);
    let below = Access {
        access: AccessId::from_bytes([6; 16]),
        account: ada.identity.principal(),
        grantor: bob.identity.principal(),
        by: Some(above.access),
        ..access(bob, carol, Level::Contribute)
    };
    let grants = vec![Grant { level: Level::Contribute, ..above.grants[0].clone() }];
    (above, Access { grants, ..below })
}

#[test]
fn a_chain_holds_with_both_of_its_links_and_within_the_upper_one() {
    let (ada, bob, carol, eve) = (person(1), person(2), person(3), person(4));
    let (above, below) = chain(&ada, &bob, &carol);
    let parent = |access: &Access| {
        Arc::new(VerifiedAccess::verify(&ada.cards, &ada.identity.sign(access), None).unwrap())
    };
    let verify = |above: &Access, below: &Access, signer: &Person| {
        VerifiedAccess::verify_onward(
            parent(above),
            &ada.cards,
            &signer.cards,
            &signer.identity.sign(below),
            None,
        )
    };
    let held = verify(&above, &below, &bob).unwrap();
    assert_eq!((held.access(), held.parent().unwrap().access()), (&below, &above));
    assert!(matches!(
        VerifiedAccess::verify(&ada.cards, &ada.identity.sign(&below), None),
        Err(InvalidAccess::WrongGrantor)
    ));
    let own = Access { by: Some(above.access), ..above.clone() };
    let own = VerifiedAccess::verify(&ada.cards, &ada.identity.sign(&own), None);
    assert!(matches!(own, Err(InvalidAccess::OtherParent)), "an owner grants by no access");

    // Somebody whom nobody made a manager, in its own name or in the manager's.
    let eves = Access { grantor: eve.identity.principal(), ..below.clone() };
    assert!(matches!(verify(&above, &eves, &eve), Err(InvalidAccess::WrongGrantor)));
    assert!(matches!(verify(&above, &below, &eve), Err(InvalidAccess::WrongGrantor)));
    let by_another = Access { by: Some(AccessId::from_bytes([9; 16])), ..below.clone() };
    assert!(matches!(verify(&above, &by_another, &bob), Err(InvalidAccess::OtherParent)));
    let foreign = Access { account: bob.identity.principal(), ..below.clone() };
    assert!(matches!(verify(&above, &foreign, &bob), Err(InvalidAccess::WrongAccount)));

    let exceeds = |above: &Access, below: &Access| match verify(above, below, &bob) {
        Err(InvalidAccess::Exceeds(exceeds)) => exceeds,
        other => panic!("{other:?}"),
    };
    let scope = above.grants[0].scope;
    let reader = Access {
        grants: vec![Grant { level: Level::Contribute, ..above.grants[0].clone() }],
        ..above.clone()
    };
    assert_eq!(exceeds(&reader, &below), Exceeds::Scope { scope }, "who contributes grants nothing");
    let with = |grant: Grant| Access { grants: vec![grant], ..below.clone() };
    let other = ada.identity.scope_id("another");
    let of = |scope| with(Grant { scope, ..below.grants[0].clone() });
    assert_eq!(exceeds(&above, &of(other)), Exceeds::Scope { scope: other });
    let level = with(Grant { level: Level::Manage, ..below.grants[0].clone() });
    assert_eq!(exceeds(&above, &level), Exceeds::Level { scope });
    let from = |from_epoch| vec![Grant { from_epoch, ..above.grants[0].clone() }];
    let later = Access { grants: from(2), ..above.clone() };
    assert_eq!(exceeds(&later, &below), Exceeds::History { scope });
    let dated = Access { valid_from: Some(NOW), valid_until: Some(NOW.plus_millis(9)), ..above.clone() };
    assert_eq!(exceeds(&dated, &below), Exceeds::Dates, "no dates are longer than any");
    let within = Access { valid_from: Some(NOW), valid_until: Some(NOW.plus_millis(9)), ..below.clone() };
    verify(&dated, &within, &bob).unwrap();
    for (valid_from, valid_until) in
        [(NOW.plus_millis(1), NOW.plus_millis(10)), (Timestamp::from_millis(1), NOW)]
    {
        let out = Access { valid_from: Some(valid_from), valid_until: Some(valid_until), ..below.clone() };
        assert_eq!(exceeds(&dated, &out), Exceeds::Dates);
    }
    for grantee in [ada.identity.principal(), bob.identity.principal()] {
        assert_eq!(exceeds(&above, &Access { grantee, ..below.clone() }), Exceeds::Grantee);
    }

    // What a manager granted is not granted onwards, whatever it says.
    let third = Access {
        access: AccessId::from_bytes([7; 16]),
        grantor: carol.identity.principal(),
        by: Some(below.access),
        grantee: eve.identity.principal(),
        ..below.clone()
    };
    let deep = VerifiedAccess::verify_onward(
        Arc::new(held),
        &ada.cards,
        &carol.cards,
        &carol.identity.sign(&third),
        None,
    );
    assert!(matches!(deep, Err(InvalidAccess::TooDeep)));
}

#[test]
fn a_chain_ends_with_either_of_its_links() {
    let (ada, bob, carol, eve) = (person(1), person(2), person(3), person(4));
    let (above, below) = chain(&ada, &bob, &carol);
    let scope = above.grants[0].scope;
    let verify = |upper: Option<&Revocation>, lower: Option<Signed<Revocation>>| {
        let upper = upper.map(|end| ada.identity.sign(end));
        let parent = VerifiedAccess::verify(&ada.cards, &ada.identity.sign(&above), upper.as_ref()).unwrap();
        let below = bob.identity.sign(&below);
        VerifiedAccess::verify_onward(Arc::new(parent), &ada.cards, &bob.cards, &below, lower.as_ref())
    };
    let end = revocation(&ada, &above, 3);
    let ended = verify(Some(&end), None).unwrap();
    assert_eq!((ended.revocation(), ended.end()), (None, Some(&end)));
    assert!(ended.counts_in(scope, 3) && !ended.counts_in(scope, 4), "with the manager's own access");
    for revoker in [&ada, &bob] {
        let end = Revocation { revoker: revoker.identity.principal(), ..revocation(&ada, &below, 2) };
        let ended = verify(None, Some(revoker.identity.sign(&end))).unwrap();
        assert!(ended.counts_in(scope, 2) && !ended.counts_in(scope, 3));
    }
    for revoker in [&carol, &eve] {
        let end = Revocation { revoker: revoker.identity.principal(), ..revocation(&ada, &below, 2) };
        assert!(matches!(verify(None, Some(revoker.identity.sign(&end))), Err(InvalidAccess::WrongRevoker)));
        let end = Revocation { revoker: bob.identity.principal(), ..end };
        assert!(matches!(verify(None, Some(revoker.identity.sign(&end))), Err(InvalidAccess::Revocation(_))));
    }
    // A manager does not end what the owner granted.
    let end = Revocation { revoker: bob.identity.principal(), ..revocation(&ada, &above, 2) };
    let ended =
        VerifiedAccess::verify(&ada.cards, &ada.identity.sign(&above), Some(&bob.identity.sign(&end)));
    assert!(matches!(ended, Err(InvalidAccess::WrongRevoker)));
}

#[test]
fn a_grantee_ends_its_own_access_and_nobody_does_in_its_place() {
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let grant = access(&ada, &bob, Level::Contribute);
    let scope = grant.grants[0].scope;
    let end = Revocation { revoker: bob.identity.principal(), ..revocation(&ada, &grant, 3) };
    let among = |cards: &Person, grant: &Access, end: Signed<Revocation>| {
        let parties = Parties { owner: &ada.cards, grantee: Some(&cards.cards) };
        VerifiedAccess::verify(parties, &ada.identity.sign(grant), Some(&end))
    };
    let left = among(&bob, &grant, bob.identity.sign(&end)).unwrap();
    assert_eq!(left.revocation(), Some(&end));
    assert!(left.counts_in(scope, 3) && !left.counts_in(scope, 4));

    let forged = among(&bob, &grant, eve.identity.sign(&end));
    assert!(matches!(forged, Err(InvalidAccess::Revocation(_))), "in Bob's name, by Eve");
    let owners = among(&bob, &grant, ada.identity.sign(&end));
    assert!(matches!(owners, Err(InvalidAccess::Revocation(_))), "in Bob's name, by the owner");
    let eves = Revocation { revoker: eve.identity.principal(), ..end.clone() };
    for cards in [&bob, &eve] {
        let eves = among(cards, &grant, eve.identity.sign(&eves));
        assert!(matches!(eves, Err(InvalidAccess::WrongRevoker)), "somebody else's, in its own name");
    }
    let without =
        VerifiedAccess::verify(&ada.cards, &ada.identity.sign(&grant), Some(&bob.identity.sign(&end)));
    assert!(matches!(without, Err(InvalidAccess::WrongRevoker)), "whose cards are not at hand");
    let other = Revocation { access: AccessId::from_bytes([9; 16]), ..end.clone() };
    assert!(matches!(among(&bob, &grant, bob.identity.sign(&other)), Err(InvalidAccess::OtherAccess { .. })));
    let foreign = Revocation { account: eve.identity.principal(), ..end.clone() };
    assert!(matches!(among(&bob, &grant, bob.identity.sign(&foreign)), Err(InvalidAccess::WrongAccount)));
    // It would take back everything that Bob wrote.
    let silent = Revocation { last_epochs: Vec::new(), ..end.clone() };
    let silent = among(&bob, &grant, bob.identity.sign(&silent));
    assert!(matches!(silent, Err(InvalidAccess::Unnamed { scope: left_out }) if left_out == scope));

    // A link is in many hands.
    let (identity, card) = Identity::found(&secret(7), PrincipalKind::Link, NOW).unwrap();
    let cards = CardChain::verify(std::slice::from_ref(&card), identity.principal()).unwrap();
    let link = Person { identity, card, cards };
    let grant = access(&ada, &link, Level::Read);
    let end = Revocation { revoker: link.identity.principal(), ..revocation(&ada, &grant, 3) };
    assert!(matches!(among(&link, &grant, link.identity.sign(&end)), Err(InvalidAccess::WrongRevoker)));
}

#[test]
fn a_key_that_was_replaced_before_an_access_was_granted_does_not_end_it() {
    let (ada, bob) = (person(1), person(2));
    let secrets = AccountSecrets::first(secret(2)).succeed(&mut rng(1));
    let (secrets, card) = bob.identity.succeed(secrets, &bob.cards, NOW).unwrap();
    let cards = CardChain::verify(&[bob.card.clone(), card], bob.identity.principal()).unwrap();
    let later = Identity::resume_chain(&secrets, &cards).unwrap();
    let before = access(&ada, &bob, Level::Read);
    let after = Access { grantee_card: cards.current_digest(), ..before.clone() };
    let verify = |grant: &Access, by: &Identity| {
        let end = Revocation { revoker: bob.identity.principal(), ..revocation(&ada, grant, 3) };
        let parties = Parties { owner: &ada.cards, grantee: Some(&cards) };
        VerifiedAccess::verify(parties, &ada.identity.sign(grant), Some(&by.sign(&end))).map(drop)
    };
    verify(&after, &later).unwrap();
    verify(&before, &later).unwrap();
    verify(&before, &bob.identity).unwrap();
    assert!(matches!(verify(&after, &bob.identity), Err(InvalidAccess::EarlierCard)), "dated back");
    let unknown = Access { grantee_card: ada.cards.current_digest(), ..before };
    assert!(matches!(verify(&unknown, &later), Err(InvalidAccess::EarlierCard)));
}

#[test]
fn a_statement_of_one_kind_is_none_of_another() {
    let (ada, bob) = (person(1), person(2));
    let grant = access(&ada, &bob, Level::Read);
    let bytes = encode(&ada.identity.sign(&grant));
    let crossed: Signed<Revocation> = decode(&bytes).unwrap();
    assert!(signed_by(&ada.cards, &crossed).is_err());
}

proptest! {
    #[test]
    fn a_changed_statement_never_verifies(place in any::<prop::sample::Index>(), flip in 1_u8..) {
        let (ada, bob) = (person(1), person(2));
        let mut bytes = encode(&ada.identity.sign(&access(&ada, &bob, Level::Read)));
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        if let Ok(signed) = decode::<Signed<Access>>(&bytes) {
            prop_assert_eq!(encode(&signed), bytes);
            prop_assert!(VerifiedAccess::verify(&ada.cards, &signed, None).is_err());
        }
    }
}
