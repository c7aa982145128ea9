//! Tables: columns of text under headings, as wide as the terminal.

use crate::visible::visible;
use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle, presets};
use serde_json::Value;

/// The most characters of a value that a cell shows.
const MAX_CELL: usize = 60;

/// Lays out rows under headings.
pub(crate) fn render(headings: &[String], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    let style: TableStyle = presets::NOTHING.header_separator(LineStyle::none().fill('─').junction('─'));
    table.load_style(style).set_content_arrangement(ContentArrangement::Dynamic).set_header(headings);
    for row in rows {
        table.add_row(row.iter().map(|cell| visible(cell)));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 1));
    }
    table.trim_fmt()
}

/// A value as a cell shows it.
pub(crate) fn cell(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => return String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    match text.char_indices().nth(MAX_CELL) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// The columns that a schema suggests: required fields in its order, then the others by name.
pub(crate) fn columns<'a>(schemas: impl Iterator<Item = &'a Value>) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for schema in schemas {
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let others = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let names = required.filter_map(Value::as_str).chain(others.map(|(name, _)| name.as_str()));
        for pointer in names.map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1"))) {
            if !columns.contains(&pointer) {
                columns.push(pointer);
            }
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_table_has_a_heading_a_line_and_rows() {
        let rows = [vec!["120".to_owned(), "ho\u{1b}[2Jme".to_owned()], vec!["9".to_owned(), String::new()]];
        let text = render(&["systolic".to_owned(), "place".to_owned()], &rows);
        let lines: Vec<_> = text.lines().map(str::trim_end).collect();
        assert_eq!(lines[0], "systolic  place");
        assert!(lines[1].starts_with("────"));
        assert_eq!(lines[2], "120       ho\\u{1b}[2Jme");
        assert_eq!(lines[3], "9");
    }

    #[test]
    fn cells_are_short_and_columns_follow_the_schema() {
        assert_eq!(cell(Some(&json!("a"))), "a");
        assert_eq!(cell(Some(&json!({"a": 1}))), "{\"a\":1}");
        assert_eq!(cell(Some(&json!(null))), "");
        assert_eq!(cell(Some(&json!("é".repeat(80)))).chars().count(), 61);
        let schema = json!({ "required": ["z", "y"], "properties": { "a/b": {}, "y": {}, "z": {} } });
        assert_eq!(columns([&schema].into_iter()), ["/z", "/y", "/a~1b"]);
    }
}
