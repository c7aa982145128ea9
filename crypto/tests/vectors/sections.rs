//! The sections of `specs/vectors/crypto.json`. Also compiled to wasm, by `tests/vectors`.

use crate::{cases, indexes, invalid, links};
use serde_json::Value;

/// From the inputs of a case, the whole case.
pub(crate) type Complete = fn(&Value) -> Value;

/// Every section of the file, with what completes its cases.
pub(crate) const SECTIONS: &[(&str, Complete)] = &[
    ("identities", cases::identity),
    ("scopes", cases::scope),
    ("recovery-phrases", cases::recovery),
    ("export-keys", cases::export_key),
    ("devices", cases::device),
    ("earlier-secrets", cases::earlier),
    ("enrolments", cases::enrolment),
    ("epochs", cases::epoch),
    ("groups", cases::group),
    ("keyring", cases::keyring),
    ("tokens", cases::token),
    ("indexes", indexes::index),
    ("padding", cases::padding),
    ("records", cases::record),
    ("branches", cases::branch),
    ("filed-records", cases::filed_record),
    ("slice-entries", cases::slice_entry),
    ("term-links", cases::term_link),
    ("lockboxes", cases::lockbox),
    ("notes", cases::note),
    ("links", links::link),
    ("records-invalid", invalid::record),
    ("lockboxes-invalid", invalid::lockbox),
    ("encodings-invalid", invalid::encoding),
];
