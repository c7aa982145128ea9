//! `pryv describe`: what a collection holds and how it can be queried.

use crate::{arguments, failure::Failure, lookup, output::Output, table, visible::visible};
use pryv_sdk::{
    Account,
    definition::{Definition, IndexKind},
};
use serde_json::{Value, json};
use std::fmt::Write;

/// `pryv describe`.
pub(super) async fn describe(
    account: &Account,
    wanted: &arguments::Collection,
    output: &mut Output,
) -> Result<(), Failure> {
    let collection = lookup::collection(account, wanted).await?;
    let definition = collection.definition();
    output.result(
        &json!({
            "collection": collection.scope(),
            "pryv_uri": collection.uri().to_string(),
            "owner": collection.owner(),
            "suite": collection.suite().name(),
            "definition": &*definition,
        }),
        || {
            let text = words(&definition, &collection.scope().to_string(), &collection.uri().to_string());
            format!("{text}\nProtected by suite `{}`\n", collection.suite().name().unwrap_or("unknown"))
        },
    )
}

fn words(definition: &Definition, scope: &str, pryv_uri: &str) -> String {
    let (title, uri) = (visible(&definition.title), visible(&definition.uri));
    let mut text = format!("{title}\n  uri  {uri}\n  id   {scope}\n  pryv {pryv_uri}\n");
    for (name, schema) in &definition.types {
        // Writing to a string does not fail.
        let _always = write!(text, "\nType `{}`\n\n{}\n", visible(name), fields(schema));
    }
    for relation in &definition.relations {
        let rule = serde_json::to_value(relation.on_delete).unwrap_or_default();
        let (to, rule) = (relation.to.join(", "), rule.as_str().unwrap_or_default().to_owned());
        let _always =
            writeln!(text, "\n{} refers to {} (on delete: {rule})", visible(&relation.field), visible(&to));
    }
    text.push_str("\nCan be queried by\n");
    if definition.indexes.is_empty() {
        text.push_str("  nothing but order: no field is indexed\n");
    }
    for index in &definition.indexes {
        let what = match index.kind {
            IndexKind::Unique => "unique: one record has a value",
            _ => index.kind.name(),
        };
        let _always = writeln!(text, "  {}  ({what})", visible(&index.fields.join(", ")));
    }
    text
}

fn fields(schema: &Value) -> String {
    let required: Vec<_> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let rows: Vec<_> = table::columns(std::iter::once(schema))
        .into_iter()
        .map(|pointer| {
            let name = pointer.trim_start_matches('/').replace("~1", "/").replace("~0", "~");
            let field = schema.get("properties").and_then(|properties| properties.get(&name));
            let needed = if required.contains(&name.as_str()) { "required" } else { "" };
            vec![pointer, kind(field), needed.to_owned(), rules(field)]
        })
        .collect();
    table::render(&["field", "type", "", "rules"].map(str::to_owned), &rows)
}

fn kind(field: Option<&Value>) -> String {
    match field.and_then(|field| field.get("type")) {
        Some(Value::String(name)) => name.clone(),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "any".to_owned(),
    }
}

/// The short rules of a field; long ones are left to `--json`.
fn rules(field: Option<&Value>) -> String {
    let rules = field.and_then(Value::as_object).into_iter().flatten().filter(|(word, value)| {
        !matches!(word.as_str(), "type" | "properties" | "items" | "required" | "title" | "description")
            && (!value.is_object() && value.to_string().len() <= 60)
    });
    rules.map(|(word, value)| format!("{word} {value}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_names_fields_and_indexes() {
        let schema = json!({
            "required": ["systolic"],
            "properties": { "systolic": { "type": "integer", "minimum": 40 }, "place": { "type": ["string", "null"] } }
        });
        let definition =
            Definition::new("urn:x", "Blood pressure", "measurement", schema).unique("/systolic");
        let text = words(&definition, "abc", "pryv://x");
        assert!(
            text.starts_with(
                "Blood pressure\n  uri  urn:x\n  id   abc\n  pryv pryv://x\n\nType `measurement`\n"
            ),
            "{text}"
        );
        assert!(text.contains("/systolic  integer         required  minimum 40"), "{text}");
        assert!(text.contains("/place     string or null"), "{text}");
        assert!(
            text.ends_with("Can be queried by\n  /systolic  (unique: one record has a value)\n"),
            "{text}"
        );
    }
}
