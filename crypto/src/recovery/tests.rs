use super::*;
use crate::fixture::{person, rng, secret};

#[test]
fn a_phrase_survives_being_written_down() {
    let phrase = RecoveryPhrase::generate(&mut rng(1));
    let words = phrase.words();
    assert_eq!(words.split(' ').count(), 24);
    let untidy = format!("  {}\n", words.to_uppercase().replace(' ', " \t\n"));
    let again = RecoveryPhrase::parse(&untidy).unwrap();
    assert_eq!(again.verifier(), phrase.verifier());
    let ada = person(4);
    let (account, card) = (ada.identity.principal(), ada.cards.current_digest());
    let credential = phrase.credential(&secret(4), account, card, &mut rng(2)).unwrap();
    assert_eq!(credential.verifier, phrase.verifier());
    let opened = again.keys().open(account, card, &credential.binding, &credential.wrap).unwrap();
    assert_eq!(opened.expose(), secret(4).expose());
}

/// The vector of BIP 39 (trezor/python-mnemonic, vectors.json) for 32 bytes of 0x7f.
#[test]
fn the_words_are_those_of_bip_39() {
    let words = "legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful \
                 legal winner thank year wave sausage worth title";
    let phrase = RecoveryPhrase::parse(words).unwrap();
    assert_eq!(phrase.0.expose(), &[0x7f; 32]);
    assert_eq!(phrase.words().as_str(), words);
}

#[test]
fn wrong_words_say_what_to_look_at() {
    let words = RecoveryPhrase::generate(&mut rng(1)).words();
    let list: Vec<&str> = words.split(' ').collect();
    let refused = |list: &[&str]| RecoveryPhrase::parse(&list.join(" ")).unwrap_err();
    assert_eq!(refused(&list[..23]), InvalidPhrase::Count { found: 23 });
    assert_eq!(refused(&[]), InvalidPhrase::Count { found: 0 });
    let mut misspelt = list.clone();
    misspelt[6] = "abandonn";
    assert_eq!(refused(&misspelt), InvalidPhrase::Word { position: 7 });
    let mut swapped = list.clone();
    swapped.swap(2, 9);
    assert_eq!(refused(&swapped), InvalidPhrase::Checksum);
}

#[test]
fn a_challenge_is_signed_by_the_phrase() {
    let phrase = RecoveryPhrase::generate(&mut rng(1));
    let signature = phrase.sign_bytes(b"challenge");
    pryv_proxy_crypto::verify(&phrase.verifier(), b"challenge", &signature).unwrap();
    assert!(pryv_proxy_crypto::verify(&phrase.verifier(), b"another", &signature).is_err());
}
