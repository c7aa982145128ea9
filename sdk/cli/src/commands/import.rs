//! `pryv import`: rows of a file as records, every row checked before the first one is written.

use super::record;
use crate::{
    arguments::{self, Import},
    failure::Failure,
    lookup,
    meter::Meter,
    output::Output,
    rows::{self, Reading, Row},
    visible::visible,
};
use pryv_sdk::{
    Account, Collection, State,
    collection::BulkError,
    definition::{Fault, IndexKind},
};
use serde_json::{Value, json};

/// How many faulty rows are listed.
const MOST_LISTED: usize = 20;

/// `pryv import`.
pub(super) async fn import(account: &Account, import: &Import, output: &mut Output) -> Result<(), Failure> {
    let format = rows::format_of(&import.file, import.format)?;
    let delimiter = u8::try_from(import.delimiter).map_err(|_| {
        Failure::usage("the delimiter must be one character of ASCII").next("such as --delimiter ';'")
    })?;
    let wanted = arguments::Collection { name: import.to.clone(), from: import.from.clone() };
    let collection = lookup::collection(account, &wanted).await?;
    let definition = collection.definition();
    let reading = Reading { definition: &definition, type_name: import.type_name.as_deref(), delimiter };
    let rows = reading.rows(format, rows::open(&import.file)?)?;
    let total = rows.len();

    let (good, faulty) = check(&collection, rows);
    let report = Report { total, good: good.len(), faulty };
    if import.dry_run {
        output.result(&report.value(0, 0), || report.words())?;
        return if report.faulty.is_empty() {
            Ok(())
        } else {
            Err(report.failure("nothing was written: --dry-run"))
        };
    }
    if !report.faulty.is_empty() {
        if !import.skip_faulty {
            output.remark(&report.list())?;
            return Err(report
                .failure("nothing was written")
                .next("mend the rows, or leave them out with --skip-faulty"));
        }
        output.remark(&format!("Left out:\n{}", report.list()))?;
    }
    let good = if import.resume { absent(&collection, good).await? } else { good };
    let there = report.good - good.len();
    let meter = write(&collection, good.into_iter().map(|row| row.value), output).await?;
    output.result(&report.value(meter, there), || {
        let there = if there == 0 { String::new() } else { format!(", {there} were there already") };
        format!(
            "{meter} of {total} rows written to `{}`{there}.",
            visible(lookup::short_name(&definition.uri))
        )
    })
}

/// Tells good rows from faulty ones.
fn check(collection: &Collection, rows: Vec<Row>) -> (Vec<Row>, Vec<(Row, Vec<Fault>)>) {
    let mut good = Vec::new();
    let mut faulty = Vec::new();
    for row in rows {
        let faults = collection.check(&row.value);
        if faults.is_empty() { good.push(row) } else { faulty.push((row, faults)) }
    }
    (good, faulty)
}

async fn write(
    collection: &Collection,
    values: impl ExactSizeIterator<Item = Value>,
    output: &Output,
) -> Result<usize, Failure> {
    let mut meter = Meter::new(output, "rows");
    let written = collection.create_many(values, &mut meter).await;
    meter.finish();
    match written {
        Ok(ids) => Ok(ids.len()),
        Err(error) => {
            let (created, in_doubt) = (error.created.len(), error.in_doubt.len());
            Err(unfinished(error, created, in_doubt))
        }
    }
}

fn unfinished(error: BulkError, created: usize, in_doubt: usize) -> Failure {
    let doubt = if in_doubt == 0 { String::new() } else { format!(", and of {in_doubt} it is not known") };
    let next = format!(
        "{created} rows were written{doubt}. If the definition has a unique field, `--resume` goes on: it leaves out what is there already"
    );
    Failure::from(error).next(next)
}

/// The rows whose unique value is not in the collection yet.
async fn absent(collection: &Collection, rows: Vec<Row>) -> Result<Vec<Row>, Failure> {
    let definition = collection.definition();
    let field = definition.indexes.iter().find(|index| index.kind == IndexKind::Unique).ok_or_else(|| {
        Failure::usage("--resume needs a unique field, and the definition has none")
            .next("without one, nothing tells a row that was written from one that was not")
    })?;
    let mut absent = Vec::new();
    for row in rows {
        let there = match row.value.pointer(&field.fields.concat()) {
            Some(value) => {
                let page = collection
                    .query()
                    .state(State::All)
                    .eq(field.fields.concat(), value.clone())
                    .limit(1)
                    .fetch::<Value>()
                    .await?;
                !page.records.is_empty()
            }
            None => false,
        };
        if !there {
            absent.push(row);
        }
    }
    Ok(absent)
}

/// What a check found.
struct Report {
    total: usize,
    good: usize,
    faulty: Vec<(Row, Vec<Fault>)>,
}

impl Report {
    fn value(&self, written: usize, there: usize) -> Value {
        let faulty = self.faulty.iter().map(|(row, faults)| {
            let faults: Vec<_> = faults.iter().map(record::fault_value).collect();
            json!({ "row": row.number, "line": row.line, "faults": faults })
        });
        json!({
            "rows": self.total,
            "good": self.good,
            "written": written,
            "there_already": there,
            "faulty": faulty.collect::<Vec<_>>(),
        })
    }

    fn words(&self) -> String {
        let mut words = format!("{} of {} rows match the definition.", self.good, self.total);
        if !self.faulty.is_empty() {
            words.push('\n');
            words.push_str(&self.list());
        }
        words
    }

    fn list(&self) -> String {
        let mut lines = Vec::new();
        for (row, faults) in self.faulty.iter().take(MOST_LISTED) {
            for fault in faults {
                lines.push(format!("  {}: {}", row.place(), visible(&fault.to_string())));
            }
        }
        if let Some(more) = self.faulty.len().checked_sub(MOST_LISTED).filter(|more| *more > 0) {
            lines.push(format!("  … and {more} more; --dry-run --json lists all"));
        }
        lines.join("\n")
    }

    fn failure(&self, what: &str) -> Failure {
        let rows =
            if self.faulty.len() == 1 { "1 row does" } else { &format!("{} rows do", self.faulty.len()) };
        Failure::new("faulty-rows", format!("{rows} not match the definition; {what}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(faulty: usize) -> Report {
        let fault =
            Fault { pointer: "/systolic".into(), rule: "maximum".into(), expected: "must be ≤ 300".into() };
        let row = |number| Row { number, line: Some(number as u64 + 1), value: Value::Null };
        Report {
            total: 30,
            good: 30 - faulty,
            faulty: (1..=faulty).map(|n| (row(n), vec![fault.clone()])).collect(),
        }
    }

    #[test]
    fn faulty_rows_are_listed_with_their_places() {
        assert_eq!(
            report(1).words(),
            "29 of 30 rows match the definition.\n  row 1 (line 2): /systolic: must be ≤ 300"
        );
        assert_eq!(
            report(1).failure("nothing was written").words(),
            "error: 1 row does not match the definition; nothing was written"
        );
        assert!(report(22).list().ends_with("… and 2 more; --dry-run --json lists all"));
        let value = report(22).value(3, 4);
        assert_eq!(value["faulty"].as_array().unwrap().len(), 22);
        assert_eq!((&value["written"], &value["there_already"]), (&json!(3), &json!(4)));
        assert_eq!(value["faulty"][0]["faults"][0]["pointer"], "/systolic");
    }
}
