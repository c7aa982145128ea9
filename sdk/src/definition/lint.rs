//! The index linter: refuses an index whose values could be guessed from how often they occur.
//!
//! A token hides a value, but the same value has the same token. With few possible values, whoever sees the
//! disk counts the tokens and knows which is which. An author may accept it, by name (`accept_leakage`).

use super::{Definition, Index, IndexKind, pointer};
use serde_json::Value;

/// An enum with fewer values than this is guessed by counting.
const FEW_VALUES: usize = 32;

/// A range of integers smaller than this is guessed by counting.
const SMALL_RANGE: f64 = 1_000.0;

/// How many `$ref` and `allOf` steps are followed.
const MAX_STEPS: usize = 16;

/// An index that would show more than its author may know.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "an index for {kind} on `{field}` ({what}, type `{type_name}`) lets whoever sees the disk guess its values by counting; \
     leave the index out, or accept it by name with `\"accept_leakage\": true`"
)]
pub struct LeakyIndex {
    /// The field.
    pub field: String,
    /// The kind of the index.
    pub kind: &'static str,
    /// The type in whose schema the field is.
    pub type_name: String,
    /// What the field holds.
    pub what: &'static str,
}

/// A range of fewer steps than this is guessed by counting.
const FEW_STEPS: u64 = 32;

/// Checks every index of a definition against every type.
pub(super) fn check(definition: &Definition) -> Result<(), LeakyIndex> {
    for index in definition.indexes.iter().filter(|index| !index.accept_leakage) {
        match &index.kind {
            // A unique value occurs once; and that a field is there, is all that the last one is about.
            IndexKind::Unique | IndexKind::Exists => {}
            IndexKind::Range(range) | IndexKind::Interval(range) => {
                if range.domain().is_ok_and(|domain| domain.last() < FEW_STEPS - 1) {
                    return Err(leaky(index, definition, "a few steps"));
                }
            }
            IndexKind::Equality | IndexKind::Prefix { .. } | IndexKind::Text => {
                check_values(definition, index)?
            }
        }
    }
    Ok(())
}

/// Of several fields together, one with many values is enough.
fn check_values(definition: &Definition, index: &Index) -> Result<(), LeakyIndex> {
    for (type_name, schema) in &definition.types {
        let leaks = index.fields.iter().map(|field| leak(definition, schema, field));
        if let Some(what) = leaks.collect::<Option<Vec<_>>>().and_then(|all| all.first().copied()) {
            return Err(LeakyIndex { type_name: type_name.clone(), ..leaky(index, definition, what) });
        }
    }
    // The types themselves are the values of the discriminator.
    let by_type = |field: &String| definition.discriminator.as_ref() == Some(field);
    if index.fields.iter().all(by_type) && definition.types.len() < FEW_VALUES {
        return Err(leaky(index, definition, "the names of a few types"));
    }
    Ok(())
}

fn leaky(index: &Index, definition: &Definition, what: &'static str) -> LeakyIndex {
    LeakyIndex {
        field: index.fields.join("`, `"),
        kind: index.kind.name(),
        type_name: definition.types.keys().next().cloned().unwrap_or_default(),
        what,
    }
}

fn leak(definition: &Definition, root: &Value, field: &str) -> Option<&'static str> {
    let mut places = vec![root];
    for part in pointer::parts(field) {
        let mut next = Vec::new();
        for place in places {
            for schema in alternatives(definition, root, place, 0) {
                next.extend(schema.get("properties").and_then(|properties| properties.get(&part)));
                next.extend(
                    schema.get("prefixItems").and_then(|items| items.get(part.parse::<usize>().ok()?)),
                );
                if part.parse::<usize>().is_ok() {
                    next.extend(schema.get("items"));
                }
            }
        }
        places = next;
    }
    places.into_iter().flat_map(|place| alternatives(definition, root, place, 0)).find_map(|schema| {
        // The elements of an array have a token each.
        let elements =
            schema.get("items").into_iter().flat_map(|items| alternatives(definition, root, items, 0));
        std::iter::once(schema).chain(elements).find_map(few_values)
    })
}

/// A schema and those that it is made of.
fn alternatives<'a>(
    definition: &'a Definition,
    root: &'a Value,
    schema: &'a Value,
    depth: usize,
) -> Vec<&'a Value> {
    let mut all = vec![schema];
    if depth >= MAX_STEPS {
        return all;
    }
    for word in ["allOf", "anyOf", "oneOf"] {
        for part in schema.get(word).and_then(Value::as_array).into_iter().flatten() {
            all.extend(alternatives(definition, root, part, depth + 1));
        }
    }
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let (document, fragment) = target.split_once('#').unwrap_or((target, ""));
        let document = if document.is_empty() { Some(root) } else { sibling(definition, document) };
        if let Some(found) = document.and_then(|document| document.pointer(fragment)) {
            all.extend(alternatives(definition, root, found, depth + 1));
        }
    }
    all
}

fn sibling<'a>(definition: &'a Definition, target: &str) -> Option<&'a Value> {
    let by_id = |schema: &&Value| schema.get("$id").and_then(Value::as_str) == Some(target);
    definition.types.get(target).or_else(|| definition.types.values().find(by_id))
}

/// What a schema says of how few values there can be.
fn few_values(schema: &Value) -> Option<&'static str> {
    if schema.get("const").is_some() {
        return Some("a constant");
    }
    if schema.get("enum").and_then(Value::as_array).is_some_and(|values| values.len() < FEW_VALUES) {
        return Some("one of a few values");
    }
    if of_type(schema, "boolean") {
        return Some("true or false");
    }
    if of_type(schema, "integer") && range(schema).is_some_and(|range| range < SMALL_RANGE) {
        return Some("a small whole number");
    }
    None
}

fn of_type(schema: &Value, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == name,
        Some(Value::Array(several)) => several.iter().any(|one| one == name),
        _ => false,
    }
}

fn range(schema: &Value) -> Option<f64> {
    let number = |word: &str| schema.get(word).and_then(Value::as_f64);
    let low = number("minimum").or_else(|| number("exclusiveMinimum"))?;
    let high = number("maximum").or_else(|| number("exclusiveMaximum"))?;
    Some(high - low)
}
