//! The CDDL document, and whether bytes match a rule of it.

use crate::{registry, samples};
use cddl_cat::{cbor::validate_cbor, context::BasicContext, flatten::flatten_from_str};
use std::{collections::BTreeSet, sync::LazyLock};

/// The document as text.
pub(crate) const TEXT: &str = include_str!("../../../cddl/pryv.cddl");

static RULES: LazyLock<BasicContext> =
    LazyLock::new(|| BasicContext::new(flatten_from_str(TEXT).expect("pryv.cddl does not parse")));

/// The names of all rules.
pub(crate) fn names() -> BTreeSet<String> {
    RULES.rules.keys().cloned().collect()
}

/// Whether `bytes` are CBOR that matches the rule.
pub(crate) fn matches(rule: &str, bytes: &[u8]) -> Result<(), String> {
    let definition = RULES.rules.get(rule).unwrap_or_else(|| panic!("no rule {rule}"));
    let value: ciborium::Value =
        ciborium::de::from_reader_with_recursion_limit(bytes, pryv_wire::codec::MAX_DEPTH)
            .map_err(|error| error.to_string())?;
    validate_cbor(definition, &value, &*RULES).map_err(|error| error.to_string())
}

#[test]
fn every_sample_matches_its_rule() {
    for sample in samples::all() {
        if let Err(error) = matches(&sample.rule, &sample.cbor) {
            panic!("{} does not match the rule {}: {error}", sample.name, sample.rule);
        }
    }
}

/// Rules that name a field's form and not a message.
const FORMS: &[&str] = &[
    "u8",
    "u16",
    "u32",
    "u64",
    "principal-id",
    "scope-id",
    "record-id",
    "access-id",
    "transaction-id",
    "session-id",
    "challenge-id",
    "key-id",
    "digest",
    "signing-public-key",
    "sealing-public-key",
    "hybrid-public-key",
    "device-id",
    "mailbox-id",
    "account-binding",
    "signature",
    "commitment",
    "session-token",
    "term-salt",
    "suite",
    "timestamp",
    "username",
    "page-size",
    "signed",
    "principal-kind",
    "owner-keys",
    "grantee-keys",
    "max-envelope-length",
    "record-kind",
    "recipient-kind",
    "index-token",
    "unique-token",
    "token",
    "create-scope",
    "put-record",
    "link-ontology",
    "place-record",
    "move-term",
    "revoke",
    "begin-epoch",
    "expect-records",
    "expect-none",
    "touched-record",
    "touched-link",
    "touched-epoch",
    "touched-generation",
    "touched-access",
    "touched-holders",
    "touched-card",
    "details",
    "error-code",
];

#[test]
fn rules_and_types_correspond() {
    let types: BTreeSet<String> = registry::kinds().into_iter().map(|kind| kind.rule).collect();
    let forms: BTreeSet<String> = FORMS.iter().map(|form| (*form).to_owned()).collect();
    assert!(types.is_disjoint(&forms));
    assert_eq!(names(), types.union(&forms).cloned().collect());
}

#[test]
fn numbers_in_the_document_are_those_of_the_code() {
    use pryv_wire::{record, term, transaction};
    for line in [
        format!("max-envelope-length = {} ", record::MAX_ENVELOPE_LENGTH),
        format!("index-token = bytes .size {}\n", record::INDEX_TOKEN_LENGTH),
        format!("unique-token   = bytes .size {}\n", record::UNIQUE_TOKEN_LENGTH),
        format!("enough: 1..{},", record::MAX_COUNT),
        format!("operations: [1*{} operation]", transaction::MAX_OPERATIONS),
        format!("terms: [1*{} record-id]", term::MAX_TERMS),
    ] {
        assert!(TEXT.contains(&line), "pryv.cddl lacks {line:?}");
    }
}

#[test]
fn error_codes_are_those_of_the_code() {
    let (_, codes) = TEXT.split_once("error-code =").expect("the rule error-code");
    let codes: Vec<_> = codes.split('"').skip(1).step_by(2).collect();
    let expected: Vec<_> = pryv_wire::ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(codes, expected);
}
