//! Every vector of `specs/vectors`, computed by the code, in whatever it is compiled to: the sources of the native tests of
//! the vectors, as a module for WebAssembly. A vector that does not hold natively fails there; one that holds natively and
//! not here fails here.

#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "sources of tests, of which not all is used here"
)]

#[path = "../../../crypto/tests/vectors/cases.rs"]
mod cases;
#[path = "../../../specs/wire/tests/messages/derived.rs"]
mod derived;
#[path = "../../../crypto/tests/vectors/error.rs"]
mod error;
#[path = "../../../crypto/tests/vectors/fixed.rs"]
mod fixed;
#[path = "../../../crypto/tests/vectors/formulas.rs"]
mod formulas;
#[path = "../../../crypto/tests/vectors/indexes.rs"]
mod indexes;
#[path = "../../../crypto/tests/vectors/invalid.rs"]
mod invalid;
#[path = "../../../crypto/tests/vectors/links.rs"]
mod links;
pub mod rates;
#[path = "../../../specs/wire/tests/messages/registry.rs"]
mod registry;
#[path = "../../../specs/wire/tests/messages/samples.rs"]
mod samples;
#[path = "../../../crypto/tests/vectors/sections.rs"]
mod sections;

use pryv_wire::DecodeError;
use serde_json::{Value, json};
use std::sync::Mutex;
use wasm_bindgen::prelude::wasm_bindgen;

static LAST: Mutex<String> = Mutex::new(String::new());

/// Lets a panic leave its words behind, where nothing is printed.
#[wasm_bindgen]
pub fn begin() {
    std::panic::set_hook(Box::new(|panic| *LAST.lock().unwrap() = panic.to_string()));
}

/// What the last panic said.
#[wasm_bindgen]
#[must_use]
pub fn last_words() -> String {
    LAST.lock().unwrap().clone()
}

/// Computes every case of the text of `crypto.json`; answers with how many there are and which do not hold. The text comes as it
/// stands: JavaScript would round its numbers.
#[wasm_bindgen]
#[must_use]
pub fn crypto(file: &str) -> String {
    let file: serde_json::Map<String, Value> = serde_json::from_str(file).unwrap();
    assert_eq!(file.len(), sections::SECTIONS.len() + 1, "a section of the file is not checked");
    let mut count = 0;
    let mut wrong = Vec::new();
    for (name, complete) in sections::SECTIONS {
        for (at, case) in file[*name].as_array().unwrap().iter().enumerate() {
            count += 1;
            if complete(case) != *case {
                wrong.push(format!("{name}[{at}]"));
            }
        }
    }
    json!({ "count": count, "wrong": wrong }).to_string()
}

/// Whether the text of `wire.json` holds what the code gives.
#[wasm_bindgen]
#[must_use]
pub fn wire_holds(file: &str) -> bool {
    let file: Value = serde_json::from_str(file).unwrap();
    let made: Value = serde_json::from_str(&wire()).unwrap();
    file["messages"] == made["messages"] && file["derived"] == made["derived"]
}

/// The valid messages and derived values of `wire.json`, computed anew.
#[wasm_bindgen]
#[must_use]
pub fn wire() -> String {
    let messages: Vec<Value> = samples::all()
        .into_iter()
        .map(|sample| {
            (sample.round_trip)();
            let cbor = data_encoding::HEXLOWER.encode(&sample.cbor);
            let again =
                (registry::find(&sample.rule).json)(&sample.json.to_string()).expect("JSON reads back");
            assert_eq!(data_encoding::HEXLOWER.encode(&again), cbor, "{}", sample.name);
            json!({ "name": sample.name, "rule": sample.rule, "json": sample.json, "cbor": cbor })
        })
        .collect();
    json!({ "messages": messages, "derived": derived::all() }).to_string()
}

/// What is wrong with a message: `accepted`, `malformed`, `not-canonical` or `other`.
#[wasm_bindgen]
#[must_use]
pub fn refused(rule: &str, cbor: &str) -> String {
    let bytes = data_encoding::HEXLOWER.decode(cbor.as_bytes()).expect("hex");
    match (registry::find(rule).cbor)(&bytes) {
        Ok(_) => "accepted",
        Err(DecodeError::Malformed { .. }) => "malformed",
        Err(DecodeError::NotCanonical) => "not-canonical",
        Err(_) => "other",
    }
    .to_owned()
}

/// Whether a JSON form is refused.
#[wasm_bindgen]
#[must_use]
pub fn refused_json(rule: &str, text: &str) -> bool {
    (registry::find(rule).json)(text).is_err()
}

/// A record of `crypto.json` with a content of this length: what a cipher of the platform is given for it, and the ciphertext
/// that the record has, in hexadecimal.
#[wasm_bindgen]
#[must_use]
pub fn long_content(case: &str, length: usize) -> String {
    use data_encoding::HEXLOWER;
    let mut case: Value = serde_json::from_str(case).unwrap();
    case["content"] = HEXLOWER.encode(&vec![0x61; length]).into();
    let done = cases::record(&case);
    let key = &done["okm"].as_str().unwrap()[..64];
    json!({ "key": key, "aad": done["protected"], "message": done["padded"], "ciphertext": done["ciphertext"] }).to_string()
}
