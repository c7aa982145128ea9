use super::*;
use crate::fixture::{URI, access, person, revocation};
use proptest::prelude::*;
use pryv_wire::{Suite, access::Level, decode, encode};

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
