//! Long contents, encrypted and decrypted elsewhere: the same bytes, the same verdicts.

use super::*;
use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use zeroize::Zeroizing;

/// A cipher of a platform.
fn outside(content: LongContent<'_>) -> (Aes256Gcm, Payload<'_, '_>) {
    (Aes256Gcm::new(content.key.into()), Payload { msg: content.message, aad: content.aad })
}

fn sealed_outside(content: LongContent<'_>) -> Vec<u8> {
    let (cipher, payload) = outside(content);
    cipher.encrypt(content.nonce.into(), payload).unwrap()
}

fn opened_outside(content: LongContent<'_>) -> Option<Vec<u8>> {
    let (cipher, payload) = outside(content);
    cipher.decrypt(content.nonce.into(), payload).ok()
}

fn long(content: &[u8]) -> Draft<'_> {
    Draft { content, ..draft() }
}

#[test]
fn what_is_encrypted_elsewhere_is_what_is_encrypted_here() {
    let world = World::new();
    let content = vec![7; LONG];
    let begin = || world.sealer().begin_under(&long(&content), &[], &mut rng(1)).unwrap();
    let here = begin().seal();
    let record = begin();
    let ciphertext = sealed_outside(record.long().unwrap());
    let elsewhere = record.sealed(ciphertext);
    assert_eq!(elsewhere, here);
    assert_eq!(world.open(&encode(&elsewhere)).unwrap().content[..], content);
    // A platform that answers with something else has not done it.
    assert_eq!(begin().sealed(vec![1; 40]), here);
    assert!(!format!("{:?} {:?}", begin(), begin().long()).contains("[7, 7"));
}

#[test]
fn what_is_decrypted_elsewhere_is_judged_as_what_is_decrypted_here() {
    let world = World::new();
    let content = vec![7; LONG];
    let bytes = world.seal(&long(&content));
    let unopened = UnopenedRecord::parse(&bytes).unwrap();
    let decrypted = |record: &UnopenedRecord| {
        let sealed = record.long(&world.sought(), &world.held)?;
        opened_outside(sealed.message()?)
    };
    let mut taken = unopened.clone();
    taken.decrypted(Zeroizing::new(decrypted(&unopened).unwrap()));
    assert!(!format!("{taken:?}").contains("[7, 7"));
    assert_eq!(taken.open(&world.sought(), &world.held, world.owner()).unwrap().content[..], content);

    // Of another length: not taken, and decrypted here.
    let mut other = unopened.clone();
    other.decrypted(Zeroizing::new(vec![0; 10]));
    assert_eq!(other.open(&world.sought(), &world.held, world.owner()).unwrap().content[..], content);
    // Of the right length, and something else: its padding is looked at all the same.
    let mut other = unopened;
    let length = other.envelope().ciphertext.len() - 16;
    other.decrypted(Zeroizing::new(vec![0; length]));
    let refused = other.open(&world.sought(), &world.held, world.owner()).unwrap_err();
    assert!(matches!(refused, OpenError::Padding(_)), "{refused:?}");

    // A ciphertext that was changed does not open elsewhere; opened here, it is refused.
    let changed = with(&bytes, |envelope| {
        let mut ciphertext = envelope.ciphertext.to_vec();
        ciphertext[100] ^= 1;
        envelope.ciphertext = ciphertext.into();
    });
    let record = UnopenedRecord::parse(&changed).unwrap();
    assert_eq!(decrypted(&record), None);
    assert!(matches!(world.open(&changed).unwrap_err(), OpenError::Ciphertext(_)));
    // One that belongs elsewhere, or was written with another key, is given to no cipher.
    let sought = Sought { record: Some(RecordId::from_bytes([9; 16])), ..world.sought() };
    assert!(UnopenedRecord::parse(&bytes).unwrap().long(&sought, &world.held).is_none());
    let foreign =
        world.altered(|protected| protected.commitment = Commitment::from_bytes([1; 32]), &padded(&content));
    assert!(UnopenedRecord::parse(&foreign).unwrap().long(&world.sought(), &world.held).is_none());
}

#[test]
fn what_is_short_or_of_another_algorithm_is_given_to_no_cipher() {
    let world = World::new();
    let short = world.sealer().begin_under(&draft(), &[], &mut rng(1)).unwrap();
    assert!(short.long().is_none());
    let bytes = encode(&short.seal());
    assert!(UnopenedRecord::parse(&bytes).unwrap().long(&world.sought(), &world.held).is_none());

    let keys = EpochKeys::generate_in(Suite::LIGHT, &mut rng(9)).unwrap();
    let Epoch { account, scope, epoch, .. } = world.epoch;
    let light = keys.statement(account, scope, epoch, NOW);
    let content = vec![7; LONG];
    let sealer = RecordSealer::for_reader(&world.ada.identity, &light, &keys, None).unwrap();
    assert!(sealer.begin_under(&long(&content), &[], &mut rng(1)).unwrap().long().is_none());
}
