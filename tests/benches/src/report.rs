//! Rows of the report: what was measured, beside its plain counterpart of the same run.

use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};
use std::fmt::Display;

/// One line of the report.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    ours: String,
    plain: String,
    ratio: String,
}

impl Row {
    /// A figure beside its counterpart; `ratio` is `ours / plain`.
    pub(crate) fn ratio(
        what: impl Into<String>,
        ours: f64,
        plain: f64,
        unit: &str,
        counterpart: &str,
    ) -> Self {
        Self {
            what: what.into(),
            ours: format!("{} {unit}", figure(ours)),
            plain: format!("{} {unit} ({counterpart})", figure(plain)),
            ratio: format!("{:.2}", ours / plain),
        }
    }

    /// A figure that has no counterpart.
    pub(crate) fn alone(what: impl Into<String>, ours: f64, unit: &str, remark: impl Display) -> Self {
        Self {
            what: what.into(),
            ours: format!("{} {unit}", figure(ours)),
            plain: remark.to_string(),
            ratio: String::new(),
        }
    }
}

/// Three significant figures, thousands kept apart.
fn figure(value: f64) -> String {
    if value >= 1000.0 {
        let digits = format!("{value:.0}");
        let mut grouped = String::new();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index) % 3 == 0 {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        grouped
    } else if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// The rows as a Markdown table.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(["what", "Pryv", "plain counterpart or remark", "ratio"]);
    for row in rows {
        table.add_row([&row.what, &row.ours, &row.plain, &row.ratio]);
    }
    for index in [1, 3] {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}
