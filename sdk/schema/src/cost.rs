//! What a schema may cost to check: an upper bound, computed before anything is checked.
//!
//! References among schemas make a small definition large: forty definitions of which each refers twice to the next are
//! checked 2^40 times for one value. Definitions come from others, so the bound is computed first, and a schema above it is
//! not used. The bound counts how often schemas are applied on the way to any one value of an instance; ways to different
//! values are not added, but compared.

use serde_json::{Map, Value};
use std::collections::HashMap;

/// How often schemas may be applied to all values of an instance together. About 30 ns each.
const MAX_APPLIED: u64 = 20_000_000;

/// How often schemas may be applied on the way to one value, however many values there are.
const ALWAYS_ALLOWED: u64 = 1_000;

/// How many schemas may be followed one through the other: each takes room on the stack.
const MAX_LEVEL: usize = 512;

/// Whether schemas that are applied so often on the way to one value may be applied to this many values.
pub(crate) fn is_bearable(applied: u64, values: u64) -> bool {
    applied <= ALWAYS_ALLOWED || applied.saturating_mul(values) <= MAX_APPLIED
}

/// How often the schemas of `root` are applied on the way to one value of an instance that nests `depth` deep, at most;
/// saturated. `documents` are all schemas that it may refer to, by URI.
pub(crate) fn applied(documents: &HashMap<String, Value>, root: &Value, depth: usize) -> u64 {
    Count { documents, known: HashMap::new(), level: 0 }.of(root, root, depth)
}

/// How deep a value nests, and how many values are in it, itself included.
pub(crate) fn extent(value: &Value) -> (usize, u64) {
    let all = |(depth, count): (usize, u64), inner: &Value| {
        let (deep, many) = extent(inner);
        (depth.max(deep + 1), count + many)
    };
    match value {
        Value::Array(items) => items.iter().fold((0, 1), all),
        Value::Object(fields) => fields.values().fold((0, 1), all),
        _ => (0, 1),
    }
}

/// Keywords whose schemas are applied to the same value.
const SAME_VALUE: [&str; 5] = ["not", "if", "then", "else", "contentSchema"];

/// Keywords whose lists or maps of schemas are applied to the same value.
const SAME_VALUE_SEVERAL: [&str; 4] = ["allOf", "anyOf", "oneOf", "dependentSchemas"];

/// Keywords whose schemas are applied to each value inside.
const EACH_INSIDE: [&str; 7] = [
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "items",
    "additionalItems",
    "unevaluatedItems",
    "contains",
];

struct Count<'a> {
    documents: &'a HashMap<String, Value>,
    /// Counts that are complete; without bound while they are under way, as a schema that comes back to itself for the same
    /// value has no end.
    known: HashMap<(*const Value, usize), u64>,
    level: usize,
}

impl<'a> Count<'a> {
    fn of(&mut self, document: &'a Value, schema: &'a Value, depth: usize) -> u64 {
        let Value::Object(keywords) = schema else { return 1 };
        // It would change where references lead from here on.
        if !std::ptr::eq(document, schema) && keywords.get("$id").is_some_and(Value::is_string) {
            return u64::MAX;
        }
        let place = (std::ptr::from_ref(schema), depth);
        if let Some(known) = self.known.get(&place) {
            return *known;
        }
        if self.level >= MAX_LEVEL {
            return u64::MAX;
        }
        self.level += 1;
        self.known.insert(place, u64::MAX);
        let mut count = self.same_value(document, keywords, depth).saturating_add(1);
        if let Some(below) = depth.checked_sub(1) {
            count = count.saturating_add(self.inside(document, keywords, below));
        }
        self.known.insert(place, count);
        self.level -= 1;
        count
    }

    fn same_value(&mut self, document: &'a Value, keywords: &'a Map<String, Value>, depth: usize) -> u64 {
        let mut count: u64 = 0;
        for word in ["$ref", "$dynamicRef"] {
            let Some(target) = keywords.get(word).and_then(Value::as_str) else { continue };
            let led_to = led_to(self.documents, document, target, word);
            if led_to.is_empty() {
                return u64::MAX;
            }
            for (document, schema) in led_to {
                count = count.saturating_add(self.of(document, schema, depth));
            }
        }
        for schema in SAME_VALUE.iter().filter_map(|word| keywords.get(*word)) {
            count = count.saturating_add(self.of(document, schema, depth));
        }
        for schemas in SAME_VALUE_SEVERAL.iter().filter_map(|word| keywords.get(*word)) {
            for schema in several(schemas) {
                count = count.saturating_add(self.of(document, schema, depth));
            }
        }
        count
    }

    fn inside(&mut self, document: &'a Value, keywords: &'a Map<String, Value>, below: usize) -> u64 {
        let mut count: u64 = 0;
        // One value has one name, or one place: of these schemas, one is applied to it.
        for word in ["properties", "prefixItems"] {
            let schemas = keywords.get(word).into_iter().flat_map(several);
            count = count.saturating_add(schemas.map(|one| self.of(document, one, below)).max().unwrap_or(0));
        }
        for schema in keywords.get("patternProperties").into_iter().flat_map(several) {
            count = count.saturating_add(self.of(document, schema, below));
        }
        for schema in EACH_INSIDE.iter().filter_map(|word| keywords.get(*word)) {
            count = count.saturating_add(self.of(document, schema, below));
        }
        count
    }
}

/// The schemas in a list or in a map.
fn several(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(fields) => Box::new(fields.values()),
        _ => Box::new(std::iter::empty()),
    }
}

/// Everything that a reference may lead to, with the document it is in. More than one, where only the last part of a
/// path or an anchor says which: all of them are counted then. Nothing, if it is in a form that is not followed here.
fn led_to<'a>(
    documents: &'a HashMap<String, Value>,
    document: &'a Value,
    target: &str,
    word: &str,
) -> Vec<(&'a Value, &'a Value)> {
    let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
    if fragment.contains('%') {
        return Vec::new();
    }
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let wanted = last(&crate::base(path));
    let dynamic = word == "$dynamicRef";
    let named = documents
        .iter()
        .filter(|(uri, _)| dynamic || (!path.is_empty() && (last(uri) == wanted || *uri == path)));
    let own = path.is_empty().then_some(document);
    let mut found = Vec::new();
    for document in own.into_iter().chain(named.map(|(_, document)| document)) {
        if fragment.is_empty() || fragment.starts_with('/') {
            found.extend(document.pointer(fragment).map(|schema| (document, schema)));
        } else {
            anchored(document, document, fragment, &mut found);
        }
    }
    found
}

/// Every schema of a document that carries an anchor of this name.
fn anchored<'a>(document: &'a Value, within: &'a Value, name: &str, found: &mut Vec<(&'a Value, &'a Value)>) {
    let is = |word: &str| within.get(word).and_then(Value::as_str) == Some(name);
    if is("$anchor") || is("$dynamicAnchor") {
        found.push((document, within));
    }
    for inner in several(within) {
        anchored(document, inner, name, found);
    }
}
