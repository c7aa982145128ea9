//! Measures sealing against raw AES-256-GCM: `cargo run --release -p pryv-crypto --example seal_rate`.
//!
//! One record: 1 KB of content, 3 equality tokens, content key, wrap, commitment, signature, and the encoded envelope.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program to be run and read")]

use aes_gcm::{Aes256Gcm, KeyInit, Nonce, aead::AeadInPlace};
use pryv_crypto::{
    AccountSecret, EpochKeys, Identity,
    index::{Form, IndexKey},
    record::{Draft, NewTokens, RecordSealer},
};
use pryv_wire::{
    Digest, RecordId, Timestamp,
    card::PrincipalKind,
    encode,
    record::{DefinitionRef, RecordKind},
};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const RUN: Duration = Duration::from_secs(2);

fn main() {
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let now = Timestamp::from_millis(1_800_000_000_000);
    let secret = AccountSecret::generate(&mut rng);
    let (ada, _) = Identity::found(&secret, PrincipalKind::Account, now).unwrap();
    let uri = "https://example.org/measurement";
    let keys = EpochKeys::generate(&mut rng);
    let epoch = keys.statement(ada.principal(), ada.scope_id(uri), 0, now);
    let sealer = RecordSealer::for_reader(&ada, &epoch, &keys, None).unwrap();
    let indexes =
        ["/patient", "/code", "/day"].map(|pointer| IndexKey::new(&keys, uri, &[pointer], &Form::Equality));
    let values = [json!("Ada Lovelace"), json!(72), json!("2026-01-01")];
    let content = content();
    println!("content: {} bytes of CBOR", content.len());

    let raw = rate(|| {
        let mut key = [0; 32];
        rng.fill_bytes(&mut key);
        let mut message = content.clone();
        let cipher = Aes256Gcm::new(&key.into());
        cipher.encrypt_in_place(Nonce::from_slice(&[0; 12]), b"", &mut message).unwrap();
        message.len()
    });
    println!("raw AES-256-GCM, new key each time: {raw:>9.0} /s");
    let mut version = 0;
    let sealed = rate(|| {
        version += 1;
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        let equality = indexes
            .iter()
            .zip(&values)
            .flat_map(|(key, value)| key.tokens(&Form::Equality, &[Some(value)]).unwrap());
        let draft = Draft {
            record: RecordId::from_bytes(id),
            version,
            kind: RecordKind::Instance,
            definition: Some(DefinitionRef { version: 1, digest: Digest::from_bytes([1; 32]) }),
            content: &content,
            tokens: NewTokens { version: 1, index: equality.collect(), unique: vec![] },
            written_at: now,
        };
        encode(&sealer.seal(&draft, &mut rng).unwrap().envelope).len()
    });
    println!("sealed, indexed, signed, encoded:   {sealed:>9.0} /s (1/{:.1} of raw)", raw / sealed);
    let signed = rate(|| ada.sign_bytes(&[7; 44]).as_bytes().len());
    println!("Ed25519 signatures alone:           {signed:>9.0} /s");
}

/// A measurement of about 1 KB.
fn content() -> Vec<u8> {
    let samples: Vec<Value> = (0..66).map(|at| json!({"at": at * 40, "value": 60 + at % 7})).collect();
    encode(&json!({"patient": "Ada Lovelace", "code": 72, "day": "2026-01-01", "samples": samples}))
}

fn rate(mut one: impl FnMut() -> usize) -> f64 {
    let (start, mut count, mut bytes) = (Instant::now(), 0_u32, 0);
    while start.elapsed() < RUN {
        for _ in 0..64 {
            bytes += one();
        }
        count += 64;
    }
    assert!(bytes > 0);
    f64::from(count) / start.elapsed().as_secs_f64()
}
