//! Validation against JSON Schema, draft 2020-12, without a network and without repeating anybody's values.
//!
//! A crate of its own, and without keys: in browsers it is a module beside the client's, loaded when it is first needed.

#[cfg(feature = "engine")]
mod cost;
mod fault;
#[cfg(feature = "engine")]
mod schemas;

pub use fault::{Fault, SchemaError};
#[cfg(feature = "engine")]
pub use schemas::Schemas;

/// Where the types of a definition stand for one another: `"$ref": "name"` finds a sibling.
const BASE: &str = "pryv:/types/";

/// The URI of a type among its siblings: every byte that a URI's path does not carry as it is, percent-encoded.
#[must_use]
pub fn base(name: &str) -> String {
    let mut uri = BASE.to_owned();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}
