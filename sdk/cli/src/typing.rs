//! Typing of cells: which JSON value a piece of text is, by the JSON Schema of its field.

use serde_json::{Number, Value};

/// How many references and combinations of schemas are followed.
const MAX_STEPS: usize = 16;

/// The value of a text where the schema expects `field`. A text that is no value of the type stays a string, so that the
/// check against the schema names the place. Without a type in the schema, it is a string.
pub(crate) fn typed(text: &str, field: Option<&Types>) -> Value {
    let Some(types) = field else { return Value::String(text.to_owned()) };
    let trimmed = text.trim();
    if types.null && (trimmed.is_empty() || trimmed == "null") {
        return Value::Null;
    }
    if types.integer
        && let Some(number) = integer(trimmed)
    {
        return Value::Number(number);
    }
    if types.number
        && let Some(number) = number(trimmed)
    {
        return Value::Number(number);
    }
    if types.boolean {
        if trimmed.eq_ignore_ascii_case("true") {
            return Value::Bool(true);
        }
        if trimmed.eq_ignore_ascii_case("false") {
            return Value::Bool(false);
        }
    }
    if (types.composite && trimmed.starts_with(['[', '{']))
        && let Ok(value) = serde_json::from_str(trimmed)
    {
        return value;
    }
    Value::String(text.to_owned())
}

fn integer(text: &str) -> Option<Number> {
    text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok()
}

fn number(text: &str) -> Option<Number> {
    // Rust reads more than JSON does (`inf`, `nan`, `infinity`).
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    plain.then(|| integer(text).or_else(|| Number::from_f64(text.parse().ok()?)))?
}

/// The types that a schema allows for a field.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Types {
    integer: bool,
    number: bool,
    boolean: bool,
    null: bool,
    string: bool,
    composite: bool,
}

impl Types {
    /// The types of the field at `pointer` in a schema, if the schema says them.
    pub(crate) fn at(schema: &Value, pointer: &str) -> Option<Self> {
        let mut places = with_parts(schema, schema);
        for part in pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")) {
            let next = places.into_iter().filter_map(|place| step(place, &part));
            places = next.flat_map(|place| with_parts(schema, place)).collect();
        }
        let mut types = Self::default();
        for place in places {
            match place.get("type") {
                Some(Value::String(name)) => types.allow(name),
                Some(Value::Array(names)) => {
                    names.iter().filter_map(Value::as_str).for_each(|name| types.allow(name))
                }
                _ => {}
            }
        }
        (types != Self::default()).then_some(types)
    }

    fn allow(&mut self, name: &str) {
        match name {
            "integer" => self.integer = true,
            "number" => self.number = true,
            "boolean" => self.boolean = true,
            "null" => self.null = true,
            "string" => self.string = true,
            "array" | "object" => self.composite = true,
            _ => {}
        }
    }
}

/// The schema of one property or item.
fn step<'a>(schema: &'a Value, part: &str) -> Option<&'a Value> {
    if let Some(property) = schema.get("properties").and_then(|properties| properties.get(part)) {
        return Some(property);
    }
    let index: usize = part.parse().ok()?;
    schema.get("prefixItems").and_then(|items| items.get(index)).or_else(|| schema.get("items"))
}

/// A schema and the schemas of the same document that it is made of.
fn with_parts<'a>(root: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    let mut all = vec![schema];
    let mut at = 0;
    while let Some(&schema) = all.get(at).filter(|_| at < MAX_STEPS) {
        at += 1;
        for word in ["allOf", "anyOf", "oneOf"] {
            all.extend(schema.get(word).and_then(Value::as_array).into_iter().flatten());
        }
        let target = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
        all.extend(target.and_then(|pointer| root.pointer(pointer)));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(text: &str, schema: &Value) -> Value {
        typed(text, Types::at(&json!({ "properties": { "x": schema } }), "/x").as_ref())
    }

    #[test]
    fn cells_take_the_type_that_the_schema_says() {
        assert_eq!(value("120", &json!({"type": "integer"})), json!(120));
        assert_eq!(value(" 120 ", &json!({"type": "integer"})), json!(120));
        assert_eq!(value("120", &json!({"type": "number"})), json!(120));
        assert_eq!(value("37.5", &json!({"type": "number"})), json!(37.5));
        assert_eq!(value("1e3", &json!({"type": "number"})), json!(1000.0));
        assert_eq!(value("TRUE", &json!({"type": "boolean"})), json!(true));
        assert_eq!(value("120", &json!({"type": "string"})), json!("120"));
        assert_eq!(value("", &json!({"type": ["integer", "null"]})), json!(null));
        assert_eq!(value("[1]", &json!({"type": "array"})), json!([1]));
        assert_eq!(value("18446744073709551615", &json!({"type": "integer"})), json!(u64::MAX));
    }

    #[test]
    fn what_is_not_of_the_type_stays_text_for_the_schema_to_refuse() {
        for (text, name) in [
            ("high", "integer"),
            ("12.5", "integer"),
            ("nan", "number"),
            ("inf", "number"),
            ("yes", "boolean"),
            ("{", "object"),
        ] {
            assert_eq!(value(text, &json!({ "type": name })), json!(text), "{name}");
        }
        assert_eq!(value("120", &json!({})), json!("120"));
    }

    #[test]
    fn references_and_nested_fields_are_followed() {
        let schema = json!({
            "$defs": { "count": { "type": "integer" }, "loop": { "$ref": "#/$defs/loop" } },
            "properties": {
                "inner": { "properties": { "n": { "allOf": [{ "$ref": "#/$defs/count" }] } } },
                "list": { "items": { "type": "number" } },
                "a/b": { "type": "boolean" },
                "loop": { "$ref": "#/$defs/loop" }
            }
        });
        assert_eq!(typed("7", Types::at(&schema, "/inner/n").as_ref()), json!(7));
        assert_eq!(typed("7", Types::at(&schema, "/list/0").as_ref()), json!(7));
        assert_eq!(typed("true", Types::at(&schema, "/a~1b").as_ref()), json!(true));
        assert_eq!(Types::at(&schema, "/loop"), None);
        assert_eq!(Types::at(&schema, "/absent"), None);
    }
}
