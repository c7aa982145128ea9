//! The valid vectors: `specs/vectors/wire.json` is exactly what the samples give.
//!
//! `PRYV_WRITE_VECTORS=1 cargo test -p pryv-wire --test messages` writes the file anew; its difference is reviewed.

use crate::{derived, registry, samples};
use serde_json::{Value, json};
use std::{collections::BTreeSet, path::PathBuf};

/// The path of a vector file.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../vectors").join(name)
}

/// A vector file as JSON.
pub(crate) fn read(name: &str) -> Value {
    let text = std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn expected() -> Value {
    let messages: Vec<_> = samples::all()
        .into_iter()
        .map(|sample| {
            json!({
                "name": sample.name,
                "rule": sample.rule,
                "json": sample.json,
                "cbor": data_encoding::HEXLOWER.encode(&sample.cbor),
            })
        })
        .collect();
    json!({
        "about": "Valid messages: each `json` and the CBOR in hex are the same message, and match the rule of cddl/pryv.cddl. \
                  Keys, signatures and ciphertexts are placeholders: these vectors are about form. crypto.json has real ones.",
        "messages": messages,
        "derived": derived::all(),
    })
}

#[test]
fn the_vector_file_is_what_the_code_gives() {
    let expected = expected();
    // The settings are read here, at the outermost edge of a test.
    #[expect(clippy::disallowed_methods, reason = "a switch of this test, not a setting of the product")]
    let write = std::env::var("PRYV_WRITE_VECTORS").is_ok();
    if write {
        let text = serde_json::to_string_pretty(&expected).expect("JSON") + "\n";
        std::fs::write(path("wire.json"), text).expect("wire.json can be written");
    }
    let found = read("wire.json");
    for part in ["messages", "derived"] {
        let (found, expected) = (found[part].as_array().expect(part), expected[part].as_array().expect(part));
        for (found, expected) in found.iter().zip(expected) {
            assert_eq!(found, expected, "wire.json differs at {}", expected["name"]);
        }
        assert_eq!(found.len(), expected.len(), "wire.json has another number of {part}");
    }
    assert_eq!(found["about"], expected["about"]);
}

/// The vectors read by themselves, as another implementation would read them.
#[test]
fn every_vector_decodes_from_both_forms_to_the_same_bytes() {
    for vector in read("wire.json")["messages"].as_array().expect("messages") {
        let (name, rule) = (&vector["name"], vector["rule"].as_str().expect("rule"));
        let cbor =
            data_encoding::HEXLOWER.decode(vector["cbor"].as_str().expect("cbor").as_bytes()).expect("hex");
        let kind = registry::find(rule);
        assert_eq!((kind.cbor)(&cbor).expect("cbor"), cbor, "{name}");
        assert_eq!((kind.json)(&vector["json"].to_string()).expect("json"), cbor, "{name}");
    }
}

#[test]
fn every_sample_is_equal_after_a_round_trip() {
    for sample in samples::all() {
        (sample.round_trip)();
    }
}

#[test]
fn every_type_has_a_sample() {
    let sampled: BTreeSet<_> = samples::all().into_iter().map(|sample| sample.rule).collect();
    for kind in registry::kinds() {
        assert!(sampled.contains(&kind.rule), "no sample of {}", kind.rule);
    }
}

#[test]
fn sample_names_are_unique() {
    let mut seen = BTreeSet::new();
    for sample in samples::all() {
        assert!(seen.insert(sample.name.clone()), "two samples are called {}", sample.name);
    }
}
