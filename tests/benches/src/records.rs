//! Sealing and opening records, against AES-256-GCM alone.

use crate::{measure::rates, report::Row};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce, aead::AeadInPlace};
use pryv_crypto::{
    AccountSecret, EpochKeys, Identity,
    index::{Form, IndexKey, UniqueKey},
    record::{Author, Draft, NewTokens, RecordSealer, Sought, UnopenedRecord},
};
use pryv_proxy_crypto::CardChain;
use pryv_wire::{
    Digest, RecordId, Timestamp,
    card::PrincipalKind,
    encode,
    record::{DefinitionRef, RecordKind},
};
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};
use std::{collections::BTreeMap, hint::black_box};

/// Records per round.
const BATCH: usize = 4_000;

/// The definition that the tokens are made for.
const URI: &str = "https://example.org/definitions/bench";

/// Measures everything that needs no server.
pub(crate) fn measure(rounds: usize) -> Vec<Row> {
    let mut rng = ChaCha20Rng::from_entropy();
    let secret = AccountSecret::generate(&mut rng);
    let now = Timestamp::from_millis(1_700_000_000_000);
    let (owner, card) = Identity::found(&secret, PrincipalKind::Account, now).expect("usable keys");
    let cards = CardChain::verify(std::slice::from_ref(&card), owner.principal()).expect("its own card");
    let scope = owner.scope_id(URI);
    let keys = EpochKeys::generate(&mut rng);
    let epoch = keys.statement(owner.principal(), scope, 0, now);
    let sealer = RecordSealer::for_reader(&owner, &epoch, &keys, None).expect("a sealer");
    let equality = [
        IndexKey::new(&keys, URI, &["/code"], &Form::Equality),
        IndexKey::new(&keys, URI, &["/place"], &Form::Equality),
    ];
    let unique = UniqueKey::new(&keys, URI, "/number");

    // About 1 KB of JSON as an application has it, encoded to CBOR when sealed.
    let data: Value = json!({
        "number": 123_456, "code": "8867-4", "place": "home", "value": 71.5,
        "note": "x".repeat(900), "taken_at": "2026-01-01T08:00:00Z",
    });
    let content = encode(&data);
    let seal = |rng: &mut ChaCha20Rng| {
        let content = encode(&data);
        let mut record = [0; 16];
        rng.fill_bytes(&mut record);
        let tokens = |key: &IndexKey, field: &str| {
            key.tokens(&Form::Equality, &[Some(&data[field])]).expect("an indexable value")
        };
        let draft = Draft {
            record: RecordId::from_bytes(record),
            version: 1,
            kind: RecordKind::Instance,
            definition: Some(DefinitionRef { version: 1, digest: Digest::from_bytes([0; 32]) }),
            content: &content,
            tokens: NewTokens {
                version: 1,
                index: [tokens(&equality[0], "code"), tokens(&equality[1], "place")].concat(),
                unique: unique.tokens(&data["number"]).expect("an indexable value"),
            },
            written_at: now,
        };
        encode(&sealer.seal(&draft, rng).expect("a sealed record").envelope)
    };

    let mut rows = Vec::new();
    let mut raw_rng = ChaCha20Rng::from_entropy();
    let raw = Aes256Gcm::new(&[7; 32].into());
    let (ours, plain) = rates(
        rounds,
        BATCH,
        || (0..BATCH).for_each(|_| drop(black_box(seal(&mut rng)))),
        || {
            for _ in 0..BATCH {
                let mut message = black_box(&content).clone();
                let mut nonce = [0; 12];
                raw_rng.fill_bytes(&mut nonce);
                raw.encrypt_in_place(Nonce::from_slice(&nonce), b"", &mut message).expect("sealed");
                black_box(message);
            }
        },
    );
    let size = content.len();
    rows.push(Row::ratio(
        format!("seal, index (3 tokens) and sign a record of {size} bytes, one core"),
        ours,
        plain,
        "records/s",
        "AES-256-GCM alone",
    ));

    let mut rng = ChaCha20Rng::from_entropy();
    let envelope = seal(&mut rng);
    let held = BTreeMap::from([((scope, 0), keys)]);
    let sought = Sought { account: owner.principal(), scope, record: None, at_least: 0 };
    let sealed = {
        let mut message = content.clone();
        raw.encrypt_in_place(Nonce::from_slice(&[0; 12]), b"", &mut message).expect("sealed");
        message
    };
    let (ours, plain) = rates(
        rounds,
        BATCH,
        || {
            for _ in 0..BATCH {
                let unopened = UnopenedRecord::parse(black_box(&envelope)).expect("an envelope");
                black_box(unopened.open(&sought, &held, Author::Owner(&cards)).expect("it opens"));
            }
        },
        || {
            for _ in 0..BATCH {
                let mut message = black_box(&sealed).clone();
                raw.decrypt_in_place(Nonce::from_slice(&[0; 12]), b"", &mut message).expect("opened");
                black_box(message);
            }
        },
    );
    rows.push(Row::ratio(
        format!("open and verify a record of {size} bytes, one core"),
        ours,
        plain,
        "records/s",
        "AES-256-GCM alone",
    ));
    rows
}
