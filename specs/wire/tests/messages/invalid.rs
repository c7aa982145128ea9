//! The invalid vectors: each is refused by the decoder with the kind of error it names, and by the CDDL where CDDL
//! can say it.

use crate::{cddl, registry, vectors};
use pryv_wire::{DecodeError, ErrorCode};
use serde_json::Value;

fn cases(part: &str) -> Vec<Value> {
    let cases = vectors::read("wire-invalid.json")[part].as_array().expect(part).clone();
    assert!(!cases.is_empty());
    cases
}

fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap_or_else(|| panic!("{field} of {case}"))
}

fn cbor(case: &Value) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(text(case, "cbor").as_bytes()).expect("hex")
}

fn refused_by_cddl(case: &Value) -> bool {
    cddl::matches(text(case, "rule"), &cbor(case)).is_err()
}

#[test]
fn every_invalid_message_is_refused() {
    let mut wrong = Vec::new();
    for case in cases("messages") {
        let kind = match (registry::find(text(&case, "rule")).cbor)(&cbor(&case)) {
            Ok(_) => "accepted",
            Err(DecodeError::Malformed { .. }) => "malformed",
            Err(DecodeError::NotCanonical) => "not-canonical",
            Err(_) => "other",
        };
        if case["error"] != kind || case["cddl"] != refused_by_cddl(&case) {
            wrong.push(format!(
                "{}: {kind}, refused by CDDL: {}",
                text(&case, "name"),
                refused_by_cddl(&case)
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_invalid_json_is_refused() {
    for case in cases("json") {
        let decoded = (registry::find(text(&case, "rule")).json)(text(&case, "json"));
        assert!(decoded.is_err(), "{} was accepted", text(&case, "name"));
    }
}

/// Well-formed messages whose values the receiver refuses: shape is checked here, meaning behind it.
#[test]
fn what_only_meaning_refuses_is_well_formed() {
    for case in cases("meaning") {
        let name = text(&case, "name");
        assert!(
            (registry::find(text(&case, "rule")).cbor)(&cbor(&case)).is_ok(),
            "{name} is not well-formed"
        );
        assert_eq!(case["cddl"], refused_by_cddl(&case), "{name}");
        let code = text(&case, "code");
        assert!(ErrorCode::ALL.iter().any(|known| known.as_str() == code), "{name}: no code {code}");
    }
}

/// The freedoms that JSON has, and CBOR has not: an optional field may be null, and all fields may come
/// as an array.
#[test]
fn json_has_two_freedoms() {
    let read = |rule: &str, text: &str| (registry::find(rule).json)(text).expect(text);
    assert_eq!(read("end-session", r#"{"session":null}"#), read("end-session", "{}"));
    assert_eq!(
        read("start-login", r#"["ada","AQI"]"#),
        read("start-login", r#"{"username":"ada","request":"AQI"}"#)
    );
}
