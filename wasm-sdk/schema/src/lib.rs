//! The JSON Schema validator of the browser build: a module of its own, without keys, loaded when it is first needed.

use pryv_schema::{Fault, Schemas};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use wasm_bindgen::prelude::wasm_bindgen;

/// The schemas of one definition.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Opened(Schemas);

#[derive(Deserialize)]
struct Types {
    types: BTreeMap<String, Value>,
    discriminator: Option<String>,
}

#[wasm_bindgen]
impl Opened {
    /// Takes up the types of a definition, as JSON; nothing if it is none.
    #[must_use]
    pub fn open(types: &str) -> Option<Self> {
        let Types { types, discriminator } = serde_json::from_str(types).ok()?;
        Some(Self(Schemas::new(&types, discriminator.as_deref())))
    }

    /// What is wrong with the schema of a type, as JSON.
    #[must_use]
    pub fn check(&self, name: &str) -> Option<String> {
        let error = self.0.check(name).err()?;
        serde_json::to_string(&error).ok()
    }

    /// What is wrong with an instance, as JSON.
    #[must_use]
    pub fn faults(&self, instance: &str) -> String {
        let faults = match serde_json::from_str(instance) {
            Ok(instance) => self.0.faults(&instance),
            Err(_) => vec![Fault {
                pointer: String::new(),
                rule: "type".to_owned(),
                expected: "is not JSON".to_owned(),
            }],
        };
        serde_json::to_string(&faults).unwrap_or_default()
    }
}
