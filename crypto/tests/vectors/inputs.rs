//! The inputs from which the file is written. Randomness comes from a generator of a fixed seed.

use pryv_wire::{
    RecordId, ScopeId,
    access::{AccessNote, DefinitionKey},
    encode,
};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use serde_json::{Value, json};

pub(crate) const ABOUT: &str = "Keys, tokens, records, lockboxes and notes, with intermediate values; of suite 1 where a case names no other. Byte strings are \
hexadecimal, identifiers are in their text form. `random` is what a writer draws, in the order in which it is drawn (for \
re-encryption: the key of a ChaCha20 generator; for HPKE: ikmE of RFC 9180, or what X-Wing draws). Every account is founded at 1767225600000. \
Cases with `error` must be refused with that error.";

const URI: &str = "https://example.org/person";

/// Bytes that are random, and the same in every run.
struct Seeded(ChaCha20Rng);

impl Seeded {
    fn hex(&mut self, length: usize) -> Value {
        let mut bytes = vec![0; length];
        self.0.fill_bytes(&mut bytes);
        crate::fixed::hex(bytes)
    }
}

/// The inputs of the cases of a section.
pub(crate) fn of(section: &str) -> Vec<Value> {
    let mut seed = [0; 32];
    seed.iter_mut().zip(section.bytes()).for_each(|(to, from)| *to = from);
    let mut random = Seeded(ChaCha20Rng::from_seed(seed));
    let random = &mut random;
    match section {
        "identities" => (0..3_u64)
            .map(|at| json!({ "account_secret": random.hex(32), "created_at": 1_767_225_600_000 + at }))
            .collect(),
        "scopes" => [
            ("collection", "https://example.org/person"),
            ("collection", "https://example.org/weight"),
            ("collection", "urn:x:\u{e9}"),
            ("ontology", "https://example.org/person"),
        ]
        .map(|(kind, uri)| json!({ "account_secret": secret(1), "kind": kind, "uri": uri }))
        .to_vec(),
        "groups" => (0..2_u32)
            .map(|at| {
                let more = json!({
                    "suite": 2, "scope": scope_id(9), "scope_pre_secret": random.hex(60),
                    "created_at": 1_767_225_600_000_u64 + u64::from(at),
                });
                changed(epoch(0, random), more)
            })
            .collect(),
        "links" => ["", "four words are enough", "p\u{e4}ssw\u{f6}rter", "pa\u{308}sswo\u{308}rter"]
            .map(|password| json!({ "link_secret": secret(2), "password": password }))
            .to_vec(),
        "branches" => (0..2)
            .map(|at| {
                let more = json!({ "ontology": scope_id(7), "term": record_id(1), "under": record_id(2) });
                changed(epoch(at, random), more)
            })
            .collect(),
        "filed-records" => {
            let more = json!({
                "ontology_uri": "https://example.org/body", "term": record_id(1), "foreign_term": record_id(2),
                "record": record_id(6), "content": crate::fixed::hex(encode(&json!({ "bpm": 62 }))),
                "random": random.hex(88),
            });
            vec![changed(epoch(3, random), more)]
        }
        "slice-entries" => {
            let more = json!({
                "slice": scope_id(9), "scope": scope_id(7), "scope_epoch": 5, "branch": random.hex(32),
                "definition_key": random.hex(32), "random": random.hex(12),
            });
            vec![changed(epoch(2, random), more)]
        }
        "term-links" => vec![json!({
            "account_secret": secret(1), "scope": scope_id(7), "term": record_id(1), "epoch": 2,
            "branch": random.hex(32), "path_0": random.hex(32), "path_1": random.hex(32),
            "earlier_0": random.hex(32), "earlier_1": random.hex(32), "random": random.hex(36),
        })],
        "recovery-phrases" => (0..2)
            .map(|_| {
                json!({ "entropy": random.hex(32), "account_secret": secret(1), "random": random.hex(32) })
            })
            .collect(),
        "export-keys" => {
            vec![json!({ "export_key": random.hex(64), "account_secret": secret(1), "random": random.hex(32) })]
        }
        "devices" => {
            vec![json!({ "seed": random.hex(32), "account_secret": secret(1), "random": random.hex(32) })]
        }
        "earlier-secrets" => {
            vec![json!({ "first": secret(1), "second": secret(2), "present": secret(3), "random": random.hex(12) })]
        }
        "enrolments" => vec![json!({
            "secret": random.hex(32), "seed": random.hex(32), "nonce": random.hex(12), "random": random.hex(32),
        })],
        "epochs" => [1, 1, 1, 2, 3].into_iter().zip(0..).map(|(suite, at)| of_suite(suite, epoch(at, random))).collect(),
        "keyring" => {
            let place = |label: &str, number: u32, secret: Value, random: Value| {
                json!({
                    "account_secret": self::secret(1), "label": label, "uri": URI, "number": number,
                    "secret": secret, "random": random,
                })
            };
            vec![
                place("epoch", 7, random.hex(64), random.hex(12)),
                place("pre", 0, random.hex(60), random.hex(12)),
                place("lock", 7, random.hex(32), random.hex(12)),
                place("note", 5, note(), random.hex(12)),
                of_suite(2, place("epoch", 8, random.hex(64), random.hex(12))),
                of_suite(3, place("epoch", 7, random.hex(64), random.hex(12))),
                of_suite(3, place("pre", 0, random.hex(32), random.hex(12))),
                of_suite(3, place("lock", 7, random.hex(32), random.hex(12))),
            ]
        }
        "tokens" => tokens(random),
        "indexes" => indexes(random),
        "padding" => [0, 1, 8, 31, 62, 63, 64, 99, 127, 128, 255, 1_000, 4_095, 65_536, 262_144]
            .map(|length| json!({ "length": length }))
            .to_vec(),
        "records" => records(random),
        "lockboxes" => [1, 1, 2, 3].into_iter().zip(0..).map(|(suite, at)| lockbox(suite, at, random)).collect(),
        "notes" => [1, 2, 3]
            .map(|suite| {
                let case = json!({
                    "account_secret": secret(1), "grantee_secret": secret(2), "access": access(), "note": note(),
                    "random": random.hex(drawn_to_seal(suite)),
                });
                of_suite(suite, case)
            })
            .to_vec(),
        "records-invalid" => invalid_records(random),
        "lockboxes-invalid" => {
            let inputs = lockbox(1, 3, random);
            [
                "suite of tomorrow",
                "another suite",
                "capsule not transformed",
                "capsule cut short",
                "capsule with a coefficient not below p",
                "share changed",
                "share absent",
                "box changed",
            ]
            .map(|name| json!({ "name": name, "lockbox": inputs }))
            .to_vec()
        }
        "encodings-invalid" => encodings(),
        other => panic!("no such section: {other}"),
    }
}

/// A case of a suite; suite 1 is not named.
fn of_suite(suite: u16, mut case: Value) -> Value {
    if suite != 1 {
        case["suite"] = suite.into();
    }
    case
}

/// How much is drawn to seal something: ikmE, or the two seeds of X-Wing.
fn drawn_to_seal(suite: u16) -> usize {
    if suite == 2 { 64 } else { 32 }
}

fn secret(number: u8) -> Value {
    crate::fixed::hex([number; 32])
}

fn scope_id(number: u8) -> Value {
    ScopeId::from_bytes([number; 16]).to_string().into()
}

fn record_id(number: u8) -> Value {
    RecordId::from_bytes([number; 16]).to_string().into()
}

fn access() -> Value {
    pryv_wire::AccessId::from_bytes([0x22; 16]).to_string().into()
}

fn note() -> Value {
    let key = DefinitionKey { scope: ScopeId::from_bytes([4; 16]), version: 1, key: [5; 32].into() };
    crate::fixed::hex(encode(&AccessNote {
        name: "Dr Bob".into(),
        purpose: "follow-up".into(),
        definition_keys: vec![key],
    }))
}

fn epoch(number: u32, random: &mut Seeded) -> Value {
    json!({ "account_secret": secret(1), "uri": URI, "epoch": number, "rk": random.hex(32), "u": random.hex(32) })
}

fn indexes(random: &mut Seeded) -> Vec<Value> {
    let (rk, u) = (random.hex(32), random.hex(32));
    let case = |kind: &str, fields: Value, values: Value, more: Value| {
        let mut case =
            json!({ "rk": rk, "u": u, "uri": URI, "kind": kind, "fields": fields, "values": values });
        case.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        case
    };
    let beats = json!({ "from": 0, "to": 5_000, "resolution": 0.5 });
    let hours = json!({ "from": "1900-01-01", "to": "2200-01-01", "resolution": "1h" });
    let mut cases = vec![
        case("equality", json!(["/code", "/site"]), json!(["8867-4", 7]), json!({})),
        case("prefix", json!(["/family"]), json!(["M\u{dc}ller"]), json!({ "max": 4 })),
        case("text", json!(["/note"]), json!(["Chest PAIN, cafe\u{301} since 2019"]), json!({})),
        case("exists", json!(["/note"]), json!([null]), json!({})),
    ];
    for number in [json!(72), json!(-1), json!(1_234.56), json!(5_000), json!(1e12)] {
        cases.push(case("range", json!(["/bpm"]), json!([number]), beats.clone()));
    }
    for time in ["2026-11-22", "2026-11-22T10:59:59.999+01:00", "1850-01-01", "2199-12-31T23:59:59Z"] {
        cases.push(case("range", json!(["/at"]), json!([time]), hours.clone()));
    }
    let lasting = json!(["/time", "/duration"]);
    for values in [
        json!([72]),
        json!([72, 0.4]),
        json!([72, 7]),
        json!([72.5, 400]),
        json!([-5, 1e9]),
        json!([72, null]),
    ] {
        cases.push(case("interval", lasting.clone(), values, beats.clone()));
    }
    for values in [json!(["2026-11-22", 7_200]), json!(["2026-11-22T10:00:00+01:00", null])] {
        cases.push(case("interval", lasting.clone(), values, hours.clone()));
    }
    cases
}

fn tokens(random: &mut Seeded) -> Vec<Value> {
    let (rk, u) = (random.hex(32), random.hex(32));
    let values = [
        "null",
        "true",
        "false",
        "0",
        "-0.0",
        "1",
        "1.0",
        "1e0",
        "-1",
        "1.5",
        "-9223372036854775808",
        "9007199254740993",
        "18446744073709551615",
        "18446744073709551616",
        "1e300",
        "\"\"",
        "\"1\"",
        "\"Ada\"",
        "\"caf\u{e9}\"",
        "\"cafe\u{301}\"",
        "[\"b\",\"a\",\"b\"]",
        "[]",
        "{}",
        "[[1]]",
    ];
    values
        .iter()
        .map(|value| {
            let value: Value = serde_json::from_str(value).unwrap();
            json!({ "rk": rk, "u": u, "uri": URI, "pointer": "/name", "value": value })
        })
        .collect()
}

fn record(random: &mut Seeded) -> Value {
    let mut case = epoch(3, random);
    let more = json!({
        "record": RecordId::from_bytes([6; 16]).to_string(), "version": 1, "kind": 2, "indexed": true,
        "content": crate::fixed::hex(encode(&json!({ "name": "Ada", "born": 1815 }))), "random": random.hex(44),
    });
    case.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    case
}

#[expect(clippy::needless_pass_by_value, reason = "what `json!` gives is written in place")]
fn changed(mut case: Value, changes: Value) -> Value {
    case.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    case
}

fn records(random: &mut Seeded) -> Vec<Value> {
    let instance = record(random);
    let long = crate::fixed::hex(vec![7; 1_000]);
    let (owner, _) = crate::cases::principal(&[1; 32]);
    let definition = RecordId::definition(owner.scope_id(URI)).to_string();
    let author = json!({ "author_secret": secret(2), "indexed": false, "random": random.hex(64) });
    vec![
        instance.clone(),
        changed(instance.clone(), json!({ "version": 2, "content": long, "random": random.hex(44) })),
        changed(
            instance.clone(),
            json!({ "version": 3, "kind": 3, "content": "", "indexed": false, "random": random.hex(44) }),
        ),
        changed(
            instance.clone(),
            json!({ "kind": 1, "record": definition, "indexed": false, "random": random.hex(44) }),
        ),
        changed(instance.clone(), author),
        of_suite(2, changed(instance.clone(), json!({ "random": random.hex(44) }))),
        of_suite(
            2,
            changed(
                instance.clone(),
                json!({ "author_secret": secret(2), "indexed": false, "random": random.hex(96) }),
            ),
        ),
        of_suite(3, changed(instance.clone(), json!({ "random": random.hex(44) }))),
        of_suite(
            3,
            changed(
                instance,
                json!({ "author_secret": secret(2), "indexed": false, "random": random.hex(64) }),
            ),
        ),
    ]
}

fn invalid_records(random: &mut Seeded) -> Vec<Value> {
    let good = record(random);
    let mut cases: Vec<Value> = [
        "envelope cut short",
        "plaintext",
        "suite of tomorrow",
        "a stronger suite than its epoch's",
        "another suite",
        "recipients stripped",
        "version moved",
        "another commitment",
        "ciphertext changed",
        "padding of one byte more",
        "no padding",
        "signature of another",
    ]
    .map(|name| changed(good.clone(), json!({ "name": name })))
    .to_vec();
    cases.push(changed(good.clone(), json!({ "name": "another collection", "sought_uri": "urn:other" })));
    cases.push(changed(good.clone(), json!({ "name": "an older version", "known_version": 2 })));
    cases.push(changed(
        good,
        json!({
            "name": "author revoked before", "author_secret": secret(2), "indexed": false, "revoked_after": 2,
            "random": random.hex(64),
        }),
    ));
    cases
}

fn lockbox(suite: u16, number: u32, random: &mut Seeded) -> Value {
    changed(
        of_suite(suite, epoch(number, random)),
        json!({
            "grantee_secret": secret(2), "access": access(),
            "scope_pre_secret": random.hex(if suite == 3 { 32 } else { 60 }),
            "box_random": random.hex(64), "transform_key_random": random.hex(32),
            "transform_random": random.hex(32), "share_random": random.hex(drawn_to_seal(suite)),
        }),
    )
}

fn encodings() -> Vec<Value> {
    // The generator (1, 2), with changes.
    let mut generator = vec![0; 120];
    (generator[59], generator[119]) = (1, 2);
    let mut off = generator.clone();
    off[119] = 3;
    // 1 + p, as 60 bytes.
    let plus_p = "fffc66640e249d9ec75ad5290b81a85d415797b931258da0d78b58a21c435cddb02e0add635a037371d1e9a40a5ec1d6\
                  ed637bd3695530683ee96498";
    let second_form = format!("{plus_p}{}", "00".repeat(59) + "02");
    let case = |kind: &str, name: &str, bytes: Value| json!({ "kind": kind, "name": name, "bytes": bytes });
    vec![
        case("public key", "too short", crate::fixed::hex(&generator[1..])),
        case("public key", "not on the curve", crate::fixed::hex(off)),
        case("public key", "1 + p for 1", second_form.into()),
        case("public key", "of the other curve, not on it", crate::fixed::hex(vec![1; 64])),
        case("public key", "of the other curve, not canonical", crate::fixed::hex(vec![0xff; 64])),
        case("capsule", "of the other curve, all ones", crate::fixed::hex(vec![0xff; 576])),
        case("transform key", "of the other curve, all ones", crate::fixed::hex(vec![0xff; 736])),
        case("capsule", "empty", "".into()),
        case("capsule", "of three hops", crate::fixed::hex(vec![0; 6_008])),
        case("capsule", "zeros", crate::fixed::hex(vec![0; 968])),
        case("transform key", "too long", crate::fixed::hex(vec![0; 1_297])),
        case("transform key", "all ones", crate::fixed::hex(vec![0xff; 1_296])),
    ]
}
