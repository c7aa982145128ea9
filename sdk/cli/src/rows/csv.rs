//! Rows of CSV (RFC 4180): the header names fields, cells are typed by the schema, an empty cell is an absent field.

use super::{Row, put};
use crate::{
    failure::Failure,
    typing::{Types, typed},
};
use serde_json::{Map, Value};
use std::{collections::BTreeSet, io::Read};

/// Reads every row. A heading that begins with `/` is a JSON pointer; any other is the name of a field.
pub(super) fn read(mut file: impl Read, delimiter: u8, schemas: &[&Value]) -> Result<Vec<Row>, Failure> {
    let mut text = Vec::new();
    file.read_to_end(&mut text).map_err(|error| Failure::io("the file cannot be read", &error))?;
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_slice());
    let columns = columns(reader.headers().map_err(|error| unreadable(&error))?, schemas)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(&error))?;
        let mut value = Value::Object(Map::new());
        for (column, cell) in columns.iter().zip(&record) {
            if !cell.is_empty() {
                put(&mut value, &column.pointer, typed(cell, column.types.as_ref()));
            }
        }
        let line = record.position().map(|position| line(position, &text));
        rows.push(Row { number: rows.len() + 1, line, value });
    }
    Ok(rows)
}

/// The line that a row begins on. Behind `\r\n` the reader places a row at the `\n`, which is the end of the line before.
fn line(position: &csv::Position, text: &[u8]) -> u64 {
    let at = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    position.line() + u64::from(text.get(at) == Some(&b'\n'))
}

struct Column {
    pointer: String,
    types: Option<Types>,
}

fn columns(header: &csv::StringRecord, schemas: &[&Value]) -> Result<Vec<Column>, Failure> {
    let mut seen = BTreeSet::new();
    header
        .iter()
        .map(|heading| {
            // Spreadsheets put a byte order mark in front of the first heading.
            let heading = heading.trim_start_matches('\u{feff}').trim();
            let pointer = if heading.starts_with('/') {
                heading.to_owned()
            } else {
                format!("/{}", heading.replace('~', "~0").replace('/', "~1"))
            };
            if heading.is_empty() || !seen.insert(pointer.clone()) {
                return Err(Failure::new(
                    "csv-header",
                    format!("the heading `{heading}` is empty or stands twice"),
                )
                .next("give every column a name of its own in the first line"));
            }
            let types = schemas.iter().find_map(|schema| Types::at(schema, &pointer));
            Ok(Column { pointer, types })
        })
        .collect()
}

fn unreadable(error: &csv::Error) -> Failure {
    Failure::new("csv", "the file is not CSV, or a row has more or fewer cells than the header")
        .because(error)
        .next("check the line, and whether --delimiter fits")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn cells_are_typed_and_empty_ones_are_absent() {
        let schema = json!({ "properties": {
            "systolic": { "type": "integer" }, "weight": { "type": "number" }, "fasting": { "type": "boolean" },
            "note": { "type": "string" }, "code": { "properties": { "text": { "type": "string" } } }
        }});
        let text = "\u{feff}systolic,weight,fasting,note,/code/text,extra\r\n\
                    120,70.5,true,\"slept, \"\"badly\"\"\",BP,7\r\n\
                    high,,,\"two\nlines\",,\r\n";
        let rows = read(text.as_bytes(), b',', &[&schema]).unwrap();
        assert_eq!(
            rows[0].value,
            json!({"systolic": 120, "weight": 70.5, "fasting": true, "note": "slept, \"badly\"",
                   "code": {"text": "BP"}, "extra": "7"})
        );
        assert_eq!(rows[1].value, json!({"systolic": "high", "note": "two\nlines"}));
        assert_eq!((rows[0].line, rows[1].line, rows[1].number), (Some(2), Some(3), 2));
        assert_eq!(rows[1].place(), "row 2 (line 3)");
    }

    #[test]
    fn another_delimiter_works_and_ragged_rows_and_doubled_headings_do_not() {
        let rows = read(&b"a;b\n1;2\n"[..], b';', &[&json!({})]).unwrap();
        assert_eq!(rows[0].value, json!({"a": "1", "b": "2"}));
        assert!(read(&b"a,b\n1\n"[..], b',', &[]).unwrap_err().words().contains("line: 2"));
        assert_eq!(read(&b"a,a\n1,2\n"[..], b',', &[]).unwrap_err().code(), "csv-header");
    }
}
