use super::*;
use crate::{
    fixture::{NOW, person, rng, secret},
    recovery::RecoveryPhrase,
};

#[test]
fn a_credential_opens_in_its_place_and_for_its_account_alone() {
    let rng = &mut rng(1);
    let (ada, bob) = (person(1), person(2));
    let (account, card) = (ada.identity.principal(), ada.cards.current_digest());
    let (phrase, other) = (RecoveryPhrase::generate(rng).keys(), RecoveryPhrase::generate(rng).keys());
    let wrap = phrase.seal(&secret(1), account, card, rng).unwrap();
    let binding = phrase.bind(account);
    assert_eq!(phrase.open(account, card, &binding, &wrap).unwrap().expose(), secret(1).expose());
    let not_opened = Err(OpenSecretError::NotOpened(NotOpened));
    let opened = |keys: &CredentialKeys, account, card, binding: AccountBinding, wrap: &SecretWrap| {
        keys.open(account, card, &binding, wrap).map(drop)
    };
    assert_eq!(opened(&other, account, card, other.bind(account), &wrap), not_opened, "another phrase");
    assert_eq!(
        opened(&phrase, account, bob.cards.current_digest(), binding, &wrap),
        not_opened,
        "another card"
    );
    // The server's own account, sealed to the public key of the phrase: everything fits but the binding.
    let (theirs, their_card) = (bob.identity.principal(), bob.cards.current_digest());
    let place = HolderPlace { account: theirs, card: their_card, holder: Holder::Recovery };
    let planted = seal(&secret(2), place, &phrase.public(), rng).unwrap();
    assert_eq!(opened(&phrase, theirs, their_card, binding, &planted), Err(OpenSecretError::OtherAccount));
    assert!(
        phrase.open(theirs, their_card, &phrase.bind(theirs), &planted).is_ok(),
        "the binding alone refuses it"
    );
    let crossed = HolderPlace { account, card, holder: Holder::Password };
    let crossed = seal(&secret(1), crossed, &phrase.public(), rng).unwrap();
    assert_eq!(opened(&phrase, account, card, binding, &crossed), not_opened, "the place of the password");
    let unknown = SecretWrap { suite: Suite::from_number(7), ..wrap };
    assert!(matches!(phrase.open(account, card, &binding, &unknown), Err(OpenSecretError::Suite(_))));
}

#[test]
fn a_device_is_named_by_its_keys_and_opens_what_is_sealed_to_it() {
    let rng = &mut rng(2);
    let ada = person(1);
    let (account, card) = (ada.identity.principal(), ada.cards.current_digest());
    let device = DeviceKeys::generate(rng);
    let entry = device.entry(b"name"[..].into(), NOW);
    assert_eq!(entry.device, DeviceId::of(&entry.signing, &entry.sealing));
    let place = HolderPlace { account, card, holder: Holder::Device(entry.device) };
    let wrap = seal(&secret(1), place, &entry.sealing, rng).unwrap();
    let again = DeviceKeys::from_slice(device.expose()).unwrap();
    assert_eq!(again.id(), device.id());
    assert_eq!(again.open(account, card, &wrap).unwrap().expose(), secret(1).expose());
    assert!(DeviceKeys::generate(rng).open(account, card, &wrap).is_err());
    pryv_proxy_crypto::verify(&entry.signing, b"challenge", &again.sign_bytes(b"challenge")).unwrap();
    assert_eq!(format!("{device:?}"), "DeviceKeys(..)");
}
