//! Rows: what an import reads, each with its place in the file.

mod csv;
mod json;

use crate::{
    arguments::{RowFormat, Source},
    failure::Failure,
};
use pryv_sdk::definition::Definition;
use serde_json::Value;
use std::{fs::File, io::Read};

/// One row of a file.
#[derive(Debug, PartialEq)]
pub(crate) struct Row {
    /// Its number, from one.
    pub(crate) number: usize,
    /// The line it begins on, where the format has lines.
    pub(crate) line: Option<u64>,
    /// Its value.
    pub(crate) value: Value,
}

impl Row {
    /// Where the row stands, in words.
    pub(crate) fn place(&self) -> String {
        match self.line {
            Some(line) => format!("row {} (line {line})", self.number),
            None => format!("row {}", self.number),
        }
    }
}

/// How the rows of a file become instances of a definition.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    /// What they must match.
    pub(crate) definition: &'a Definition,
    /// Their type, if they do not say.
    pub(crate) type_name: Option<&'a str>,
    /// The character between cells.
    pub(crate) delimiter: u8,
}

impl Reading<'_> {
    /// Reads every row.
    pub(crate) fn rows(&self, format: RowFormat, file: impl Read) -> Result<Vec<Row>, Failure> {
        let mut rows = match format {
            RowFormat::Csv => csv::read(file, self.delimiter, &self.schemas()?)?,
            RowFormat::Json => json::read_array(file)?,
            RowFormat::Ndjson => json::read_lines(file)?,
        };
        self.name_type(&mut rows);
        Ok(rows)
    }

    /// The schemas that cells may be typed by: of the type that was named, or of all.
    fn schemas(&self) -> Result<Vec<&Value>, Failure> {
        let Some(name) = self.type_name else { return Ok(self.definition.types.values().collect()) };
        let schema = self.definition.types.get(name).ok_or_else(|| {
            let names: Vec<_> = self.definition.types.keys().map(String::as_str).collect();
            Failure::usage(format!("the definition has no type `{name}`"))
                .next(format!("it has: {}", names.join(", ")))
        })?;
        Ok(vec![schema])
    }

    /// Writes the type that was named into rows that do not say theirs.
    fn name_type(&self, rows: &mut [Row]) {
        let (Some(name), Some(pointer)) = (self.type_name, &self.definition.discriminator) else { return };
        for row in rows {
            if row.value.pointer(pointer).is_none() {
                put(&mut row.value, pointer, Value::String(name.to_owned()));
            }
        }
    }
}

/// The form of a file, as said or by its ending.
pub(crate) fn format_of(source: &Source, said: Option<RowFormat>) -> Result<RowFormat, Failure> {
    let ending = match source {
        Source::Stdin => None,
        Source::File(path) => {
            path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase)
        }
    };
    said.or(match ending.as_deref() {
        Some("csv") => Some(RowFormat::Csv),
        Some("json") => Some(RowFormat::Json),
        Some("ndjson" | "jsonl") => Some(RowFormat::Ndjson),
        _ => None,
    })
    .ok_or_else(|| {
        Failure::usage("the form of the file is not known").next("add --format json, ndjson or csv")
    })
}

/// Opens a file or standard input.
pub(crate) fn open(source: &Source) -> Result<Box<dyn Read>, Failure> {
    Ok(match source {
        Source::Stdin => Box::new(std::io::stdin()),
        Source::File(path) => Box::new(
            File::open(path)
                .map_err(|error| Failure::io(format!("`{}` cannot be read", path.display()), &error))?,
        ),
    })
}

/// Reads one JSON value from a file or standard input.
pub(crate) fn read_value(source: &Source) -> Result<Value, Failure> {
    serde_json::from_reader(std::io::BufReader::new(open(source)?)).map_err(|error| json::unreadable(&error))
}

/// Puts a value at a pointer, and makes the objects on the way. Answers whether the place could be made.
fn put(target: &mut Value, pointer: &str, value: Value) -> bool {
    let mut place = target;
    for part in pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")) {
        if place.is_null() {
            *place = Value::Object(serde_json::Map::new());
        }
        let Value::Object(object) = place else { return false };
        place = object.entry(part).or_insert(Value::Null);
    }
    let free = place.is_null();
    if free {
        *place = value;
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_form_is_told_from_the_ending_unless_said() {
        let file = |name: &str| Source::File(name.into());
        assert_eq!(format_of(&file("a.CSV"), None).unwrap(), RowFormat::Csv);
        assert_eq!(format_of(&file("a.jsonl"), None).unwrap(), RowFormat::Ndjson);
        assert_eq!(format_of(&file("a.csv"), Some(RowFormat::Json)).unwrap(), RowFormat::Json);
        assert_eq!(format_of(&Source::Stdin, None).unwrap_err().exit_code(), 2);
    }

    #[test]
    fn a_named_type_is_written_where_the_rows_do_not_say_theirs() {
        let mut definition = Definition::new("urn:x", "X", "a", json!({}));
        definition.types.insert("b".into(), json!({}));
        definition.discriminator = Some("/type".into());
        let reading = Reading { definition: &definition, type_name: Some("b"), delimiter: b',' };
        let rows = reading.rows(RowFormat::Ndjson, &b"{\"n\":1}\n{\"type\":\"a\"}\n"[..]).unwrap();
        assert_eq!(rows[0].value, json!({"n": 1, "type": "b"}));
        assert_eq!(rows[1].value, json!({"type": "a"}));
        let reading = Reading { type_name: Some("c"), ..reading };
        assert_eq!(reading.rows(RowFormat::Csv, &b"a\n1\n"[..]).unwrap_err().exit_code(), 2);
    }

    #[test]
    fn a_value_is_put_where_there_is_room() {
        let mut value = json!({"a": 1});
        assert!(put(&mut value, "/b/c", json!(2)));
        assert!(!put(&mut value, "/a/c", json!(2)));
        assert!(!put(&mut value, "/b/c", json!(3)));
        assert_eq!(value, json!({"a": 1, "b": {"c": 2}}));
    }
}
