//! Conditions as JSON: one form for files, the command line and scripts.

use super::{Condition, all, any, interval};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::ops::Bound;

/// The members of a condition.
#[derive(Deserialize, Serialize)]
#[serde(transparent)]
pub(super) struct Declared(Map<String, Value>);

impl TryFrom<Declared> for Condition {
    type Error = String;

    fn try_from(Declared(mut members): Declared) -> Result<Self, String> {
        let condition = match members.remove("field") {
            Some(Value::String(field)) => of_field(field, &mut members)?,
            Some(_) => return Err("`field` is a JSON pointer, as a text".to_owned()),
            None => match members.remove("interval") {
                Some(fields) => of_interval(fields, &mut members)?,
                None => joined(&mut members)?,
            },
        };
        match members.keys().next() {
            None => Ok(condition),
            Some(other) => Err(format!(
                "`{other}` does not go with the rest of its condition: one thing is asked of a `field` (`is`, `in`, `between`, `above`, `atLeast`, \
                 `below`, `atMost`, `startsWith`, `matches`, `exists`) or of an `interval` (`overlaps`, `running`), and `and`, `or` and `not` stand alone"
            )),
        }
    }
}

fn joined(members: &mut Map<String, Value>) -> Result<Condition, String> {
    if let Some(parts) = members.remove("and") {
        Ok(all(conditions("and", parts)?))
    } else if let Some(parts) = members.remove("or") {
        Ok(any(conditions("or", parts)?))
    } else if let Some(part) = members.remove("not") {
        Ok(condition(part)?.not())
    } else {
        Err("a condition has a `field` or an `interval`, or is `and`, `or` or `not` of others".to_owned())
    }
}

fn conditions(name: &str, parts: Value) -> Result<Vec<Condition>, String> {
    match parts {
        Value::Array(parts) => parts.into_iter().map(condition).collect(),
        _ => Err(format!("`{name}` is a list of conditions")),
    }
}

fn condition(part: Value) -> Result<Condition, String> {
    match part {
        Value::Object(members) => Condition::try_from(Declared(members)),
        _ => Err("a condition is an object".to_owned()),
    }
}

fn of_field(field: String, members: &mut Map<String, Value>) -> Result<Condition, String> {
    let low = end(members, "above", "atLeast")?;
    let high = end(members, "below", "atMost")?;
    if (&low, &high) != (&Bound::Unbounded, &Bound::Unbounded) {
        return Ok(Condition::Between { field, low, high });
    }
    if let Some(value) = members.remove("is") {
        return Ok(Condition::In { field, values: vec![value] });
    }
    if let Some(values) = members.remove("in") {
        let Value::Array(values) = values else { return Err("`in` is a list of values".to_owned()) };
        return Ok(Condition::In { field, values });
    }
    if let Some(ends) = members.remove("between") {
        let [low, high] = two(ends).ok_or("`between` is a list of two values")?.map(Bound::Included);
        return Ok(Condition::Between { field, low, high });
    }
    if let Some(text) = members.remove("startsWith") {
        return Ok(Condition::StartsWith { field, text: as_text("startsWith", text)? });
    }
    if let Some(words) = members.remove("matches") {
        return Ok(Condition::Matches { field, words: as_text("matches", words)? });
    }
    match members.remove("exists") {
        Some(Value::Bool(true)) => Ok(Condition::Exists { field }),
        Some(Value::Bool(false)) => Ok(Condition::Exists { field }.not()),
        Some(_) => Err("`exists` is true or false".to_owned()),
        None => Err(format!("nothing is asked of `{field}`")),
    }
}

/// What is asked of the two fields of an interval.
fn of_interval(fields: Value, members: &mut Map<String, Value>) -> Result<Condition, String> {
    let unclear = || "`interval` is a list of two JSON pointers: the start and how long it lasts".to_owned();
    let Some([Value::String(start), Value::String(length)]) = two(fields) else { return Err(unclear()) };
    let asked = interval(start, length);
    if let Some(ends) = members.remove("overlaps") {
        let ends = two(ends).ok_or("`overlaps` is a list of two values, of which one may be null")?;
        let [from, to] = ends.map(|end| Some(end).filter(|end| !end.is_null()));
        return Ok(asked.overlapping(from, to));
    }
    match members.remove("running") {
        Some(Value::Bool(true)) => Ok(asked.running()),
        Some(Value::Bool(false)) => Ok(asked.running().not()),
        Some(_) => Err("`running` is true or false".to_owned()),
        None => Err("nothing is asked of the `interval`: `overlaps` or `running`".to_owned()),
    }
}

fn two(values: Value) -> Option<[Value; 2]> {
    if let Value::Array(values) = values { values.try_into().ok() } else { None }
}

/// One end of a range, without the value itself or with it.
fn end(members: &mut Map<String, Value>, without: &str, with: &str) -> Result<Bound<Value>, String> {
    match (members.remove(without), members.remove(with)) {
        (None, None) => Ok(Bound::Unbounded),
        (Some(value), None) => Ok(Bound::Excluded(value)),
        (None, Some(value)) => Ok(Bound::Included(value)),
        (Some(_), Some(_)) => Err(format!("`{without}` and `{with}` are the same end of a range: give one")),
    }
}

fn as_text(name: &str, value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(format!("`{name}` is a text")),
    }
}

impl From<Condition> for Declared {
    fn from(condition: Condition) -> Self {
        let mut members = Map::new();
        let mut put = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
        match condition.fields()[..] {
            [field] => put("field", field.into()),
            [start, length] => put("interval", Value::Array(vec![start.into(), length.into()])),
            _ => {}
        }
        let parts = |parts: Vec<Condition>| parts.into_iter().map(|part| Self::from(part).0.into()).collect();
        match condition {
            Condition::And(several) => put("and", Value::Array(parts(several))),
            Condition::Or(several) => put("or", Value::Array(parts(several))),
            Condition::Not(one) => put("not", Self::from(*one).0.into()),
            Condition::In { mut values, .. } => match values.pop() {
                Some(only) if values.is_empty() => put("is", only),
                last => {
                    values.extend(last);
                    put("in", values.into());
                }
            },
            Condition::Between { low: Bound::Included(low), high: Bound::Included(high), .. } => {
                put("between", Value::Array(vec![low, high]));
            }
            Condition::Between { low, high, .. } => {
                let ends = [("above", "atLeast", low), ("below", "atMost", high)];
                for (without, with, end) in ends {
                    match end {
                        Bound::Excluded(value) => put(without, value),
                        Bound::Included(value) => put(with, value),
                        Bound::Unbounded => {}
                    }
                }
            }
            Condition::StartsWith { text, .. } => put("startsWith", text.into()),
            Condition::Matches { words, .. } => put("matches", words.into()),
            Condition::Exists { .. } => put("exists", true.into()),
            Condition::Overlaps { from, to, .. } => {
                put("overlaps", Value::Array([from, to].map(Option::unwrap_or_default).into()));
            }
            Condition::Running { .. } => put("running", true.into()),
        }
        Self(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::field;
    use serde_json::json;

    fn read(declared: &Value) -> Result<Condition, String> {
        serde_json::from_value(declared.clone()).map_err(|error| error.to_string())
    }

    #[test]
    fn every_form_is_read_and_written_the_same() {
        let high = field("/bpm").above(120);
        for (declared, condition) in [
            (json!({"field": "/code", "is": "a"}), field("/code").is("a")),
            (json!({"field": "/code", "is": null}), field("/code").is(Value::Null)),
            (
                json!({"field": "/code", "in": ["a", 1, true]}),
                field("/code").is_in([json!("a"), json!(1), json!(true)]),
            ),
            (json!({"field": "/code", "in": []}), field("/code").is_in::<Value>([])),
            (json!({"field": "/bpm", "above": 120}), high.clone()),
            (json!({"field": "/bpm", "atLeast": 1}), field("/bpm").at_least(1)),
            (json!({"field": "/at", "below": "2026-01-01"}), field("/at").below("2026-01-01")),
            (json!({"field": "/bpm", "atMost": 1.5}), field("/bpm").at_most(1.5)),
            (json!({"field": "/n", "between": [1, 2]}), field("/n").between(1, 2)),
            (
                json!({"field": "/n", "atLeast": 1, "below": 2}),
                field("/n").range(Bound::Included(json!(1)), Bound::Excluded(json!(2))),
            ),
            (json!({"field": "/name", "startsWith": "Mu"}), field("/name").starts_with("Mu")),
            (json!({"field": "/note", "matches": "chest pain"}), field("/note").matches("chest pain")),
            (json!({"field": "/note", "exists": true}), field("/note").exists()),
            (
                json!({"interval": ["/time", "/for"], "overlaps": ["2026-01-01", "2026-02-01"]}),
                interval("/time", "/for").overlaps("2026-01-01", "2026-02-01"),
            ),
            (
                json!({"interval": ["/time", "/for"], "overlaps": [null, 2]}),
                interval("/time", "/for").begins_by(2),
            ),
            (json!({"interval": ["/time", "/for"], "running": true}), interval("/time", "/for").running()),
            (json!({"and": []}), all([])),
            (
                json!({"or": [{"field": "/bpm", "above": 120}, {"not": {"and": [{"field": "/a", "exists": true}]}}]}),
                high.or(all([field("/a").exists()]).not()),
            ),
        ] {
            assert_eq!(read(&declared).unwrap(), condition, "{declared}");
            assert_eq!(serde_json::to_value(&condition).unwrap(), declared);
        }
        assert_eq!(read(&json!({"field": "/a", "exists": false})).unwrap(), field("/a").exists().not());
        let both = json!({"field": "/n", "atLeast": 1, "atMost": 2});
        assert_eq!(read(&both).unwrap(), field("/n").between(1, 2));
    }

    #[test]
    fn what_is_unknown_or_contradicts_itself_is_refused_with_words() {
        for (declared, why) in [
            (json!([]), "expected a map"),
            (json!(["/a", 1]), "expected a map"),
            (json!({}), "has a `field`"),
            (json!({"is": 1}), "has a `field`"),
            (json!({"field": 1, "is": 1}), "JSON pointer"),
            (json!({"field": "/a"}), "nothing is asked of `/a`"),
            (json!({"field": "/a", "equals": 1}), "nothing is asked"),
            (json!({"field": "/a", "is": 1, "in": [2]}), "`in` does not go"),
            (json!({"field": "/a", "is": 1, "eq": 2}), "`eq` does not go"),
            (json!({"field": "/a", "above": 1, "atLeast": 1}), "the same end"),
            (json!({"field": "/a", "below": 1, "atMost": 1}), "the same end"),
            (json!({"field": "/a", "above": 1, "between": [1, 2]}), "`between` does not go"),
            (json!({"field": "/a", "is": 1, "not": {}}), "`not` does not go"),
            (json!({"field": "/a", "in": 1}), "`in` is a list"),
            (json!({"field": "/a", "between": [1]}), "two values"),
            (json!({"field": "/a", "between": 1}), "two values"),
            (json!({"field": "/a", "startsWith": 1}), "`startsWith` is a text"),
            (json!({"field": "/a", "matches": ["x"]}), "`matches` is a text"),
            (json!({"field": "/a", "exists": "yes"}), "true or false"),
            (json!({"interval": "/a", "running": true}), "two JSON pointers"),
            (json!({"interval": ["/a"], "running": true}), "two JSON pointers"),
            (json!({"interval": ["/a", 1], "running": true}), "two JSON pointers"),
            (json!({"interval": ["/a", "/b"]}), "nothing is asked"),
            (json!({"interval": ["/a", "/b"], "is": 1}), "nothing is asked"),
            (json!({"interval": ["/a", "/b"], "running": 1}), "true or false"),
            (json!({"interval": ["/a", "/b"], "overlaps": [1]}), "two values"),
            (json!({"interval": ["/a", "/b"], "overlaps": [1, 2], "running": true}), "`running` does not go"),
            (json!({"and": {"field": "/a", "is": 1}}), "`and` is a list"),
            (json!({"or": [1]}), "is an object"),
            (json!({"not": [{"field": "/a", "is": 1}]}), "is an object"),
            (json!({"and": [], "or": []}), "`or` does not go"),
        ] {
            let error = read(&declared).unwrap_err();
            assert!(error.contains(why), "{declared}: {error}");
        }
    }
}
