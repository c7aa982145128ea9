//! Conditions: `--where /field=value`, with the value typed by the definition, and `--filter JSON`.

use crate::{
    failure::Failure,
    typing::{Types, typed},
};
use pryv_sdk::{Condition, definition::Definition};
use serde_json::Value;
use std::collections::BTreeSet;

/// The field and the value of a condition.
pub(crate) fn parse(text: &str, definition: &Definition) -> Result<(String, Value), Failure> {
    let unclear = || {
        Failure::usage(format!("`--where {text}` is not a condition")).next(format!(
            "write `--where /field=value`; the fields that can be asked for: {}",
            askable(definition)
        ))
    };
    let (pointer, value) = text.split_once('=').ok_or_else(unclear)?;
    // The slash is easily forgotten, and a field has no other way to begin.
    let pointer = if pointer.starts_with('/') { pointer.to_owned() } else { format!("/{pointer}") };
    let types = definition.types.values().find_map(|schema| Types::at(schema, &pointer));
    Ok((pointer, typed(value, types.as_ref())))
}

/// A condition in JSON.
pub(crate) fn read(text: &str) -> Result<Condition, Failure> {
    serde_json::from_str(text).map_err(|error| {
        Failure::usage(format!("`--filter {text}` is not a condition"))
            .because(&error)
            .next("write for example `--filter '{\"field\": \"/pulse\", \"above\": 100}'`; `and`, `or` and `not` join conditions")
    })
}

/// The indexed fields, in words.
pub(crate) fn askable(definition: &Definition) -> String {
    let fields: BTreeSet<_> =
        definition.indexes.iter().flat_map(|index| &index.fields).map(String::as_str).collect();
    let fields: Vec<_> = fields.into_iter().collect();
    if fields.is_empty() { "none".to_owned() } else { fields.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_typed_by_the_definition() {
        let schema = json!({ "properties": { "n": { "type": "integer" }, "s": { "type": "string" } } });
        let definition = Definition::new("urn:x", "X", "x", schema).equality("/n");
        assert_eq!(parse("/n=7", &definition).unwrap(), ("/n".to_owned(), json!(7)));
        assert_eq!(parse("s=7", &definition).unwrap(), ("/s".to_owned(), json!("7")));
        assert_eq!(parse("/s=a=b", &definition).unwrap(), ("/s".to_owned(), json!("a=b")));
        assert_eq!(read(r#"{"field": "/n", "is": 7}"#).unwrap(), pryv_sdk::condition::field("/n").is(7));
        assert_eq!(read(r#"{"field": "/n", "eq": 7}"#).unwrap_err().exit_code(), 2);
        let failure = parse("/n", &definition).unwrap_err();
        assert_eq!(failure.exit_code(), 2);
        assert!(failure.words().contains("can be asked for: /n"), "{}", failure.words());
    }
}
