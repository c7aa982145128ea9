//! Values that the wire format derives from messages: digests, names and the bytes that signatures cover.

use crate::samples;
use pryv_wire::{
    Digest, PrincipalId, RecordId,
    account::Challenge,
    audit::AuditEntry,
    bytes::TermSalt,
    record::{Envelope, Placement},
    scope::Transform,
    transaction::Change,
};
use serde_json::{Value, json};

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// Every derived value, with its inputs. Formulas are those of the documents named.
pub(crate) fn all() -> Vec<Value> {
    let first = samples::first_card();
    let signed = samples::signed(&first);
    let envelope: Envelope = samples::instance();
    let moved = samples::moved_instance();
    let by = moved.moved.expect("it was moved");
    let salt = TermSalt::from_bytes([0x5a; 16]);
    let commit = samples::commit();
    let change = samples::change();
    let genesis = Change::genesis(samples::ADA);
    let audited = samples::audit_entry();
    let ciphertext = Digest::of("pryv ciphertext", &[&envelope.ciphertext]);
    let transform = [0xab; 1296];
    vec![
        json!({
            "name": "bytes that a card's signature covers", "document": "identifiers.md",
            "formula": "domain || 0x00 || body", "domain": "pryv card",
            "body": hex(&pryv_wire::encode(&first)), "output": hex(&signed.signed_bytes()),
        }),
        json!({
            "name": "principal id", "document": "identifiers.md",
            "formula": "SHA-256(\"pryv card\" || 0x00 || body of the first card)",
            "body": hex(&pryv_wire::encode(&first)),
            "output": hex(PrincipalId::of(&signed).as_bytes()), "text": PrincipalId::of(&signed).to_string(),
        }),
        json!({
            "name": "definition record id", "document": "identifiers.md",
            "formula": "SHA-256(\"pryv definition\" || 0x00 || scope)[0..16]",
            "scope": hex(samples::SCOPE.as_bytes()),
            "output": hex(RecordId::definition(samples::SCOPE).as_bytes()),
            "text": RecordId::definition(samples::SCOPE).to_string(),
        }),
        json!({
            "name": "placement digest", "document": "envelope.md",
            "formula": "SHA-256(\"pryv placement\" || 0x00 || placement)",
            "placement": hex(&envelope.placement), "output": hex(Placement::digest(&envelope.placement).as_bytes()),
        }),
        json!({
            "name": "record digest", "document": "envelope.md",
            "formula": "SHA-256(\"pryv record\" || 0x00 || SHA-256(\"pryv ciphertext\" || 0x00 || ciphertext) || protected)",
            "ciphertext": hex(&envelope.ciphertext), "ciphertext_digest": hex(ciphertext.as_bytes()),
            "protected": hex(&envelope.protected), "output": hex(envelope.digest().as_bytes()),
        }),
        json!({
            "name": "bytes that a record's signature covers", "document": "envelope.md",
            "formula": "\"pryv record\" || 0x00 || record digest",
            "digest": hex(envelope.digest().as_bytes()), "output": hex(&envelope.signed_bytes()),
        }),
        json!({
            "name": "bytes that a mover's signature covers", "document": "envelope.md",
            "formula": "\"pryv placing\" || 0x00 || record digest || placement digest || CBOR[mover, access, number, moved_at]",
            "digest": hex(moved.digest().as_bytes()),
            "placement_digest": hex(Placement::digest(&moved.placement).as_bytes()),
            "beside": hex(&pryv_wire::encode(&(by.mover, by.access, by.number, by.moved_at))),
            "output": hex(&by.signed_bytes(moved.digest(), Placement::digest(&moved.placement))),
        }),
        json!({
            "name": "term record id", "document": "identifiers.md",
            "formula": "SHA-256(\"pryv term\" || 0x00 || CBOR[ontology, parent, salt])[0..16]",
            "place": hex(&pryv_wire::encode(&(samples::ONTOLOGY, Some(samples::TERM), salt))),
            "output": hex(RecordId::term(samples::ONTOLOGY, Some(samples::TERM), salt).as_bytes()),
            "text": RecordId::term(samples::ONTOLOGY, Some(samples::TERM), salt).to_string(),
        }),
        json!({
            "name": "transform digest", "document": "accesses.md",
            "formula": "SHA-256(\"pryv transform\" || 0x00 || transform key)",
            "transform_key": hex(&transform), "output": hex(Transform::digest(&transform).as_bytes()),
        }),
        json!({
            "name": "operations digest", "document": "accesses.md",
            "formula": "SHA-256(\"pryv operations\" || 0x00 || operations)",
            "operations": hex(&pryv_wire::encode(&commit.operations)), "output": hex(commit.digest().as_bytes()),
        }),
        json!({
            "name": "genesis head", "document": "accesses.md",
            "formula": "SHA-256(\"pryv genesis\" || 0x00 || account)",
            "account": hex(samples::ADA.as_bytes()), "output": hex(genesis.as_bytes()),
        }),
        json!({
            "name": "next head", "document": "accesses.md",
            "formula": "SHA-256(\"pryv change\" || 0x00 || previous head || change)",
            "previous": hex(genesis.as_bytes()), "change": hex(&pryv_wire::encode(&change)),
            "output": hex(change.head(genesis).as_bytes()),
        }),
        json!({
            "name": "audit genesis", "document": "audit.md",
            "formula": "SHA-256(\"pryv audit genesis\" || 0x00 || account)",
            "account": hex(samples::ADA.as_bytes()), "output": hex(AuditEntry::genesis(samples::ADA).as_bytes()),
        }),
        json!({
            "name": "next audit head", "document": "audit.md",
            "formula": "SHA-256(\"pryv audit\" || 0x00 || previous head || SHA-256(\"pryv audit entry\" || 0x00 || entry))",
            "previous": hex(AuditEntry::genesis(samples::ADA).as_bytes()), "entry": hex(&pryv_wire::encode(&audited)),
            "entry_digest": hex(audited.digest().as_bytes()),
            "output": hex(AuditEntry::head(AuditEntry::genesis(samples::ADA), audited.digest()).as_bytes()),
        }),
        json!({
            "name": "bytes signed to open a session", "document": "http-api.md",
            "formula": "\"pryv session\" || 0x00 || challenge || principal",
            "challenge": hex(samples::CHALLENGE.as_bytes()), "principal": hex(samples::ADA.as_bytes()),
            "output": hex(&Challenge::session_bytes(samples::CHALLENGE, samples::ADA)),
        }),
        json!({
            "name": "bytes signed to recover", "document": "http-api.md",
            "formula": "\"pryv recovery\" || 0x00 || challenge || username",
            "challenge": hex(samples::CHALLENGE.as_bytes()), "username": "ada",
            "output": hex(&Challenge::recovery_bytes(samples::CHALLENGE, "ada")),
        }),
    ]
}

/// The formulas as written, computed a second way: a formula that says something else than the code fails here.
#[test]
fn formulas_give_their_outputs() {
    use sha2::Digest as _;
    let bytes = |case: &Value, field: &str| {
        data_encoding::HEXLOWER.decode(case[field].as_str().expect(field).as_bytes()).expect("hex")
    };
    let sha = |domain: &str, parts: &[Vec<u8>]| {
        sha2::Sha256::digest([domain.as_bytes(), &[0], &parts.concat()].concat()).to_vec()
    };
    for case in all() {
        let name = case["name"].as_str().expect("name");
        let output = match name {
            "bytes that a card's signature covers" => {
                [b"pryv card\0".to_vec(), bytes(&case, "body")].concat()
            }
            "principal id" => sha("pryv card", &[bytes(&case, "body")]),
            "definition record id" => sha("pryv definition", &[bytes(&case, "scope")])[..16].to_vec(),
            "placement digest" => sha("pryv placement", &[bytes(&case, "placement")]),
            "record digest" => {
                let inner = sha("pryv ciphertext", &[bytes(&case, "ciphertext")]);
                sha("pryv record", &[inner, bytes(&case, "protected")])
            }
            "bytes that a record's signature covers" => {
                [b"pryv record\0".to_vec(), bytes(&case, "digest")].concat()
            }
            "bytes that a mover's signature covers" => [
                b"pryv placing\0".to_vec(),
                bytes(&case, "digest"),
                bytes(&case, "placement_digest"),
                bytes(&case, "beside"),
            ]
            .concat(),
            "term record id" => sha("pryv term", &[bytes(&case, "place")])[..16].to_vec(),
            "transform digest" => sha("pryv transform", &[bytes(&case, "transform_key")]),
            "operations digest" => sha("pryv operations", &[bytes(&case, "operations")]),
            "genesis head" => sha("pryv genesis", &[bytes(&case, "account")]),
            "next head" => sha("pryv change", &[bytes(&case, "previous"), bytes(&case, "change")]),
            "audit genesis" => sha("pryv audit genesis", &[bytes(&case, "account")]),
            "next audit head" => {
                let entry = sha("pryv audit entry", &[bytes(&case, "entry")]);
                sha("pryv audit", &[bytes(&case, "previous"), entry])
            }
            "bytes signed to open a session" => {
                [b"pryv session\0".to_vec(), bytes(&case, "challenge"), bytes(&case, "principal")].concat()
            }
            "bytes signed to recover" => {
                let username = case["username"].as_str().expect("username").as_bytes().to_vec();
                [b"pryv recovery\0".to_vec(), bytes(&case, "challenge"), username].concat()
            }
            other => panic!("no formula for {other}"),
        };
        assert_eq!(output, bytes(&case, "output"), "{name}");
    }
}
