use super::*;
use crate::fixture::{NOW, URI, person, rng, secret};
use proptest::prelude::*;
use pryv_proxy_crypto::{CardChain, pre::Curve, verified};
use pryv_wire::{Bytes, PrincipalId, decode};

#[test]
fn a_second_device_takes_up_the_same_identity() {
    let ada = person(1);
    let again = Identity::resume(&secret(1), &ada.cards).unwrap();
    assert_eq!(again.principal(), PrincipalId::of(&ada.card));
    assert_eq!(again.signing_public(), ada.identity.signing_public());
    assert_eq!(again.scope_id(URI), ada.identity.scope_id(URI));
    let card = ada.cards.current();
    assert_eq!((card.signing, card.sealing), (again.signing_public(), again.sealing_public()));
    assert_eq!(card.pre.as_slice(), again.pre_public(Curve::C480).as_bytes());
}

#[test]
fn cards_of_another_are_refused() {
    let bob = person(2);
    assert_eq!(Identity::resume(&secret(1), &bob.cards).unwrap_err(), IdentityError::ForeignCards);
}

/// A server puts a card of its own first and has it introduce ours: the id would be the server's.
#[test]
fn a_foreign_first_card_is_refused_although_the_present_one_is_ours() {
    let (ada, server) = (person(1), person(3));
    let mut second = ada.cards.current().clone();
    second.sequence = 1;
    second.previous = Some(server.card.digest());
    let cards = [server.card.clone(), server.identity.sign(&second)];
    let cards = CardChain::verify(&cards, PrincipalId::of(&cards[0])).unwrap();
    assert_eq!(cards.current().signing, ada.identity.signing_public());
    assert_eq!(Identity::resume(&secret(1), &cards).unwrap_err(), IdentityError::ForeignCards);
}

#[test]
fn one_swapped_key_is_enough_to_refuse() {
    let (ada, bob) = (person(1), person(2));
    for swap in 0..4 {
        let mut card = ada.cards.current().clone();
        match swap {
            0 => card.sealing = bob.identity.sealing_public(),
            1 => card.hybrid = bob.identity.hybrid_public().clone(),
            2 => card.pre_light = bob.identity.pre_public(Curve::C256).to_wire(),
            _ => card.pre = bob.identity.pre_public(Curve::C480).to_wire(),
        }
        let signed = [ada.identity.sign(&card)];
        let cards = CardChain::verify(&signed, PrincipalId::of(&signed[0])).unwrap();
        assert_eq!(Identity::resume(&secret(1), &cards).unwrap_err(), IdentityError::ForeignCards);
    }
}

#[test]
fn scope_ids_agree_between_devices_and_differ_between_accounts_and_collections() {
    let (ada, bob) = (person(1), person(2));
    let device = Identity::resume(&secret(1), &ada.cards).unwrap();
    assert_eq!(device.scope_id(URI), ada.identity.scope_id(URI));
    assert_ne!(bob.identity.scope_id(URI), ada.identity.scope_id(URI));
    assert_ne!(ada.identity.scope_id("https://example.org/weight"), ada.identity.scope_id(URI));
}

#[test]
fn statements_verify_under_the_card_and_no_other() {
    let (ada, bob) = (person(1), person(2));
    let (epoch, _) = crate::fixture::epoch(&ada, 0);
    let signed = ada.identity.sign(&epoch);
    assert_eq!(verified(&signed, &ada.cards.current().signing).unwrap(), epoch);
    assert!(verified(&signed, &bob.cards.current().signing).is_err());
}

#[test]
fn two_accounts_share_no_key() {
    let rng = &mut rng(7);
    let secrets = [AccountSecret::generate(rng), AccountSecret::generate(rng)];
    let [a, b] = secrets.map(|secret| Identity::found(&secret, PrincipalKind::App, NOW).unwrap().0);
    assert_ne!(a.signing_public(), b.signing_public());
    assert_ne!(a.sealing_public(), b.sealing_public());
    for curve in Curve::ALL {
        assert_ne!(a.pre_public(curve), b.pre_public(curve));
    }
    assert_ne!(a.hybrid_public(), b.hybrid_public());
    assert_ne!(a.signing_public().as_bytes(), a.sealing_public().as_bytes());
}

proptest! {
    #[test]
    fn a_card_has_one_form(place in any::<prop::sample::Index>(), flip in 1_u8.., cut in any::<prop::sample::Index>()) {
        let card = person(1).card;
        let bytes = encode(&card);
        let mut changed = bytes.clone();
        changed[place.index(bytes.len())] ^= flip;
        for bytes in [&changed[..], &bytes[..cut.index(bytes.len())]] {
            if let Ok(card) = decode::<Signed<Card>>(bytes) {
                prop_assert_eq!(encode(&card), bytes);
                prop_assert!(CardChain::verify(&[card], PrincipalId::from_bytes([0; 32])).is_err());
            }
        }
        let _ = decode::<Signed<Card>>(&Bytes::from(changed));
    }
}
