//! Rows of JSON: an array of objects, or one object a line.

use super::Row;
use crate::failure::Failure;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};

/// Reads an array, or one object.
pub(super) fn read_array(file: impl Read) -> Result<Vec<Row>, Failure> {
    let values = match serde_json::from_reader(BufReader::new(file)).map_err(|error| unreadable(&error))? {
        Value::Array(values) => values,
        one => vec![one],
    };
    let rows = values.into_iter().enumerate();
    Ok(rows.map(|(at, value)| Row { number: at + 1, line: None, value }).collect())
}

/// Reads one value a line; empty lines count for nothing.
pub(super) fn read_lines(file: impl Read) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for (line, text) in (1..).zip(BufReader::new(file).lines()) {
        let text = text.map_err(|error| Failure::io(format!("line {line} cannot be read"), &error))?;
        if text.trim().is_empty() {
            continue;
        }
        let value = serde_json::from_str(&text).map_err(|error| {
            Failure::new("json", format!("line {line} is not JSON")).because(&error).next("mend the line")
        })?;
        rows.push(Row { number: rows.len() + 1, line: Some(line), value });
    }
    Ok(rows)
}

/// What is said of a file that is not JSON.
pub(super) fn unreadable(error: &serde_json::Error) -> Failure {
    Failure::new("json", "the file is not JSON")
        .because(error)
        .next("for one object a line, add --format ndjson")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn arrays_objects_and_lines() {
        let rows = read_array(&b" [{\"a\":1},{\"a\":2}]"[..]).unwrap();
        assert_eq!((rows.len(), &rows[1].value, rows[1].number), (2, &json!({"a": 2}), 2));
        assert_eq!(read_array(&b"{\"a\":1}"[..]).unwrap().len(), 1);
        let rows = read_lines(&b"{\"a\":1}\n\n{\"a\":2}"[..]).unwrap();
        assert_eq!((rows.len(), rows[1].line), (2, Some(3)));
        assert!(read_lines(&b"{\"a\":1}\n{"[..]).unwrap_err().words().contains("line 2 is not JSON"));
        assert_eq!(read_array(&b"{\"a\":1}\n{\"a\":2}"[..]).unwrap_err().code(), "json");
    }
}
