//! Invalid cases: bytes, and the error that they must give.

use crate::{
    cases::{epoch_keys, principal, statement},
    error,
    fixed::{bytes, hex, number, text},
    formulas::{aead, expand, pad},
};
use pryv_crypto::{
    EpochKeys, VerifiedAccess, lockbox,
    record::{Author, OpenError, OpenedRecord, Sought, UnopenedRecord},
};
use pryv_proxy_crypto::pre::{Capsule, InvalidPre, PrePublicKey, TransformKey};
use pryv_wire::{
    AccessId, ScopeId, Suite, Timestamp,
    access::{Access, Grant, LastEpoch, Level, Revocation},
    bytes::Commitment,
    decode, encode,
    record::{Placement, Protected},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Opens an envelope as the reader that the case describes.
pub(crate) fn open(case: &Value, envelope: &[u8]) -> Result<OpenedRecord, OpenError> {
    let (owner, cards) = principal(&bytes(case, "account_secret"));
    let keys = epoch_keys(case);
    let epoch = statement(case, &owner, &keys);
    let held: BTreeMap<(ScopeId, u32), EpochKeys> = BTreeMap::from([((epoch.scope, epoch.epoch), keys)]);
    let sought = Sought {
        account: owner.principal(),
        scope: owner.scope_id(case["sought_uri"].as_str().unwrap_or(text(case, "uri"))),
        record: Some(text(case, "record").parse().unwrap()),
        at_least: case["known_version"].as_u64().unwrap_or(1),
    };
    let unopened = UnopenedRecord::parse(envelope)?;
    if case["author_secret"].is_null() {
        return unopened.open(&sought, &held, Author::Owner(&cards));
    }
    let (author, author_cards) = principal(&bytes(case, "author_secret"));
    let now = Timestamp::from_millis(number(case, "epoch"));
    let access = Access {
        suite: Suite::CLASSIC,
        access: AccessId::from_bytes([0x22; 16]),
        account: owner.principal(),
        grantor: owner.principal(),
        by: None,
        grantee: author.principal(),
        grantee_card: author_cards.current_digest(),
        grants: vec![Grant {
            scope: epoch.scope,
            level: Level::CreateOnly,
            transform: None,
            slice: None,
            group: None,
            from_epoch: 0,
        }],
        valid_from: None,
        valid_until: None,
        terms: None,
        max_uses: None,
        note: b"-"[..].into(),
        owner_note: b"-"[..].into(),
        signed_at: now,
    };
    let end = case["revoked_after"].as_u64().map(|last| {
        owner.sign(&Revocation {
            access: access.access,
            account: owner.principal(),
            revoker: owner.principal(),
            last_epochs: vec![LastEpoch { scope: epoch.scope, epoch: u32::try_from(last).unwrap() }],
            signed_at: now,
        })
    });
    let access = VerifiedAccess::verify(&cards, &owner.sign(&access), end.as_ref()).unwrap();
    unopened.open(&sought, &held, Author::Grantee { cards: &author_cards, access: &access })
}

pub(crate) fn record(case: &Value) -> Value {
    let envelope = match case["envelope"].as_str() {
        Some(_) => bytes(case, "envelope"),
        None => altered(case),
    };
    let error = error::open(&open(case, &envelope).unwrap_err());
    let mut case = case.clone();
    case["envelope"] = hex(envelope);
    case["error"] = error.into();
    case
}

/// The envelope of a case with the change that it names.
fn altered(case: &Value) -> Vec<u8> {
    let mut envelope = crate::cases::envelope(case);
    let name = text(case, "name");
    let mut protected: Protected = decode(&envelope.protected).unwrap();
    let mut padded = pad(&bytes(case, "content"), 64);
    match name {
        "envelope cut short" => {
            let encoded = encode(&envelope);
            return encoded[..encoded.len() - 1].to_vec();
        }
        "plaintext" => return bytes(case, "content"),
        "recipients stripped" => {
            let mut placement: Placement = decode(&envelope.placement).unwrap();
            placement.recipients.clear();
            envelope.placement = encode(&placement).into();
        }
        "ciphertext changed" => {
            let mut ciphertext = envelope.ciphertext.to_vec();
            ciphertext[5] ^= 1;
            envelope.ciphertext = ciphertext.into();
        }
        "signature of another" => {
            envelope.signature = principal(&[0x99; 32]).0.sign_bytes(&envelope.signed_bytes());
        }
        "suite of tomorrow" => protected.suite = Suite::from_number(4),
        "a stronger suite than its epoch's" => protected.suite = Suite::HYBRID,
        "another suite" => {
            // The ciphertext stays that of the suite it was written in.
            protected.suite = Suite::LIGHT;
        }
        "another commitment" => protected.commitment = Commitment::from_bytes([0x33; 32]),
        "version moved" => protected.version += 1,
        "padding of one byte more" => padded.push(0),
        "no padding" => padded = bytes(case, "content"),
        "another collection" | "an older version" | "author revoked before" => {}
        other => panic!("no such change: {other}"),
    }
    let changed = encode(&protected);
    if changed[..] != envelope.protected[..] || name.contains("padding") {
        let okm = expand(&bytes(case, "random")[..32], "pryv content", 64);
        envelope.ciphertext = aead(&okm[..32], &[0; 12], &padded, &changed).into();
        envelope.protected = changed.into();
        let (owner, _) = principal(&bytes(case, "account_secret"));
        envelope.signature = owner.sign_bytes(&envelope.signed_bytes());
    }
    encode(&envelope)
}

pub(crate) fn lockbox(case: &Value) -> Value {
    let mut case = case.clone();
    let made = crate::cases::lockbox(&case["lockbox"]);
    if case["capsule"].is_null() {
        let name = text(&case, "name").to_owned();
        let part = |field: &str| made[field].clone();
        let (mut capsule, mut share, mut sealed) = (part("transformed"), part("share"), part("sealed"));
        let flip = |value: &Value, at: usize| {
            let mut bytes = bytes(&json!({ "v": value }), "v");
            bytes[at] ^= 1;
            hex(bytes)
        };
        match &*name {
            "suite of tomorrow" | "another suite" => {}
            "capsule not transformed" => capsule = part("capsule"),
            "capsule cut short" => capsule = hex(&bytes(&made, "transformed")[..2_647]),
            "capsule with a coefficient not below p" => {
                let mut bytes = bytes(&made, "transformed");
                bytes[120..180].fill(0xff);
                capsule = hex(bytes);
            }
            "share changed" => share = flip(&share, 40),
            "share absent" => share = hex([]),
            "box changed" => sealed = flip(&sealed, 3),
            other => panic!("no such change: {other}"),
        }
        case["capsule"] = capsule;
        case["share"] = share;
        case["sealed"] = sealed;
    }
    let inputs = &case["lockbox"];
    let (owner, _) = principal(&bytes(inputs, "account_secret"));
    let (grantee, _) = principal(&bytes(inputs, "grantee_secret"));
    let mut epoch = statement(inputs, &owner, &epoch_keys(inputs));
    match text(&case, "name") {
        "suite of tomorrow" => epoch.suite = Suite::from_number(4),
        "another suite" => epoch.suite = Suite::LIGHT,
        _ => {}
    }
    let access = text(inputs, "access").parse().unwrap();
    let (capsule, share, sealed) = (bytes(&case, "capsule"), bytes(&case, "share"), bytes(&case, "sealed"));
    let opened = lockbox::open(&grantee, &epoch, access, &capsule, &share, &sealed);
    case["error"] = error::lockbox(opened.unwrap_err()).into();
    case
}

/// Public keys, capsules and transform keys that are none.
pub(crate) fn encoding(case: &Value) -> Value {
    let input = bytes(case, "bytes");
    let error = match text(case, "kind") {
        "public key" => PrePublicKey::parse(&input).unwrap_err(),
        "capsule" => Capsule::parse(&input).unwrap_err(),
        "transform key" => TransformKey::parse(&input).unwrap_err(),
        other => panic!("no such kind: {other}"),
    };
    let error = match error {
        InvalidPre::Length { .. } => "length",
        InvalidPre::NotCanonical => "not-canonical",
        InvalidPre::NotOnCurve => "not-on-curve",
        other => panic!("no name for {other:?}"),
    };
    let mut case = case.clone();
    case["error"] = error.into();
    case
}
