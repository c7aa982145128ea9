use super::*;
use crate::{
    Identity,
    fixture::{NOW, URI, person, rng, secret},
    identity::IdentityError,
};
use pryv_proxy_crypto::CardChain;
use pryv_wire::PrincipalId;

#[test]
fn a_rotated_account_keeps_its_id_its_scopes_and_what_its_earlier_keys_open() {
    let rng = &mut rng(1);
    let ada = person(1);
    let account = ada.identity.principal();
    let first = AccountSecrets::first(secret(1));
    let (second, card) = ada.identity.succeed(first.succeed(rng), &ada.cards, NOW).unwrap();
    let cards = CardChain::verify(&[ada.card.clone(), card], account).unwrap();
    let next = Identity::resume_chain(&second, &cards).unwrap();
    assert_eq!(next.principal(), account);
    assert_eq!(next.scope_id(URI), ada.identity.scope_id(URI));
    assert_ne!(next.signing_public(), ada.identity.signing_public());

    let (epoch, keys) = crate::fixture::epoch(&ada, 0);
    let old = ada.identity.keyring().wrap_epoch(&epoch, &keys, rng).unwrap();
    assert_eq!(next.keyring().unwrap_epoch(&epoch, &old).unwrap().id(), keys.id());
    let new = next.keyring().wrap_epoch(&epoch, &keys, rng).unwrap();
    assert!(ada.identity.keyring().unwrap_epoch(&epoch, &new).is_err(), "the old keys open nothing new");
    // Signed by an earlier card, and still signed; by the card's number.
    let signed = ada.identity.sign(&epoch);
    assert_eq!(crate::evidence::signed_by_card(&cards, &signed).unwrap(), (epoch.clone(), 0));
    assert_eq!(crate::evidence::signed_by_card(&cards, &next.sign(&epoch)).unwrap().1, 1);
    assert!(crate::evidence::signed_by(&cards.since(1), &signed).is_err());
}

#[test]
fn earlier_secrets_come_whole_and_from_their_own_account() {
    let rng = &mut rng(2);
    let account = person(1).identity.principal();
    let third = AccountSecrets::first(secret(1)).succeed(rng).succeed(rng);
    let wrapped = third.wrap_earlier(account, rng).unwrap();
    let present = || AccountSecret::from_slice(third.present().expose()).unwrap();
    let opened = AccountSecrets::open(present(), account, 2, Some(&wrapped)).unwrap();
    assert_eq!(opened.earlier().len(), 2);
    assert_eq!(opened.earlier()[0].expose(), secret(1).expose());
    for (account, count, earlier) in [
        (account, 1, Some(&wrapped)),
        (account, 3, Some(&wrapped)),
        (account, 2, None),
        (account, 0, Some(&wrapped)),
        (PrincipalId::from_bytes([7; 32]), 2, Some(&wrapped)),
    ] {
        assert!(AccountSecrets::open(present(), account, count, earlier.map(|bytes| &bytes[..])).is_err());
    }
    assert!(AccountSecrets::open(secret(5), account, 2, Some(&wrapped)).is_err());
    assert!(AccountSecrets::first(secret(1)).wrap_earlier(account, rng).is_none());
}

#[test]
fn every_card_must_be_that_of_its_own_secret() {
    let rng = &mut rng(3);
    let ada = person(1);
    let (second, card) =
        ada.identity.succeed(AccountSecrets::first(secret(1)).succeed(rng), &ada.cards, NOW).unwrap();
    let cards = CardChain::verify(&[ada.card.clone(), card], ada.identity.principal()).unwrap();
    let foreign = |secrets: AccountSecrets| Identity::resume_chain(&secrets, &cards).unwrap_err();
    let present = || AccountSecret::from_slice(second.present().expose()).unwrap();
    assert_eq!(foreign(AccountSecrets::first(present())), IdentityError::ForeignCards, "one is missing");
    assert_eq!(foreign(AccountSecrets::new(present(), vec![secret(2)])), IdentityError::ForeignCards);
    assert_eq!(foreign(AccountSecrets::new(secret(1), vec![present()])), IdentityError::ForeignCards);
}
