//! Holds this crate and `specs/vectors/crypto.json` together.
//!
//! Every case of the file is computed twice from its inputs: by the formulas of the specification, written down again in
//! `formulas.rs`, and by this crate; both must give what the file says. Cases marked with an error must give that error.
//!
//! `PRYV_WRITE_VECTORS=1 cargo test -p pryv-crypto --test vectors` writes the file again from its inputs.

// `cfg(test)` says to clippy that these are tests.
#[cfg(test)]
mod cases;
#[cfg(test)]
mod error;
#[cfg(test)]
mod fixed;
#[cfg(test)]
mod formulas;
#[cfg(test)]
mod indexes;
#[cfg(test)]
mod inputs;
#[cfg(test)]
mod invalid;
#[cfg(test)]
mod links;
#[cfg(test)]
mod sections;

use sections::SECTIONS;
use serde_json::{Map, Value};
use std::path::PathBuf;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../specs/vectors/crypto.json")
}

#[test]
fn every_vector_holds() {
    #[expect(clippy::disallowed_methods, reason = "asks whether to write the file again")]
    let write = std::env::var("PRYV_WRITE_VECTORS").is_ok();
    if write {
        let mut file = Map::new();
        file.insert("about".into(), inputs::ABOUT.into());
        for (name, complete) in SECTIONS {
            let cases: Vec<Value> = inputs::of(name).iter().map(complete).collect();
            file.insert((*name).into(), cases.into());
        }
        let text = serde_json::to_string_pretty(&file).unwrap();
        std::fs::write(path(), text + "\n").unwrap();
    }
    let text = std::fs::read_to_string(path()).unwrap();
    let file: Map<String, Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(file.len(), SECTIONS.len() + 1, "a section of the file is not checked");
    let mut count = 0;
    for (name, complete) in SECTIONS {
        let cases = file[*name].as_array().unwrap();
        assert!(!cases.is_empty(), "{name} is empty");
        for (at, case) in cases.iter().enumerate() {
            let computed = complete(case);
            for (field, value) in case.as_object().unwrap() {
                assert_eq!(computed.get(field), Some(value), "{name}[{at}].{field}");
            }
            assert_eq!(computed.as_object().unwrap().len(), case.as_object().unwrap().len(), "{name}[{at}]");
            count += 1;
        }
    }
    assert!(count > 70, "{count} cases");
}
