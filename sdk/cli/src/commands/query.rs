//! `pryv query` and `pryv explain`.

use super::record;
use crate::{
    arguments::{Query, Rendering, Selection, StateName},
    condition,
    failure::Failure,
    lookup,
    output::Output,
    table,
};
use pryv_sdk::{Account, Collection, Page, Record, State};
use serde_json::Value;

/// The most records that are asked for at once.
const PAGE: u32 = 500;

/// `pryv query`.
pub(super) async fn query(account: &Account, wanted: &Query, output: &mut Output) -> Result<(), Failure> {
    let collection = lookup::collection(account, &wanted.selection.collection).await?;
    if wanted.count {
        let count = build(account, &collection, &wanted.selection).await?.count().await?;
        return output.result(&serde_json::json!({ "count": count }), || count.to_string());
    }
    let default = if output.is_json() { Rendering::Json } else { Rendering::Table };
    let rendering = wanted.output.unwrap_or(default);
    let mut kept = Vec::new();
    let mut count = 0_usize;
    let mut after = None;
    let most = if wanted.selection.all { u32::MAX } else { wanted.selection.limit };
    loop {
        let left = most.saturating_sub(u32::try_from(count).unwrap_or(u32::MAX));
        let mut query = build(account, &collection, &wanted.selection).await?.limit(left.min(PAGE));
        if !wanted.select.is_empty() {
            query = query.select(wanted.select.iter().map(String::as_str));
        }
        if let Some(cursor) = after.take() {
            query = query.page(cursor);
        }
        let page: Page<Value> = query.fetch().await?;
        for rejected in &page.rejected {
            let id = rejected.record.map_or_else(|| "a record".to_owned(), |id| format!("record {id}"));
            output.remark(&format!("{id} cannot be used: {}", rejected.reason))?;
        }
        count += page.records.len();
        if rendering == Rendering::Ndjson {
            for record in &page.records {
                output.line(&record::value(record).to_string())?;
            }
        } else {
            kept.extend(page.records);
        }
        after = page.next;
        if after.is_none() || u32::try_from(count).unwrap_or(u32::MAX) >= most {
            break;
        }
    }
    match rendering {
        Rendering::Ndjson => {}
        Rendering::Json => output.value(&kept.iter().map(record::value).collect())?,
        Rendering::Table => {
            output.line(&rows(&collection, &kept, &wanted.columns))?;
            let more = if after.is_some() { "; there are more: --limit, --all" } else { "" };
            let s = if count == 1 { "" } else { "s" };
            output.remark(&format!("{count} record{s}{more}"))?;
        }
    }
    Ok(())
}

/// `pryv explain`.
pub(super) async fn explain(
    account: &Account,
    wanted: &Selection,
    output: &mut Output,
) -> Result<(), Failure> {
    let collection = lookup::collection(account, &wanted.collection).await?;
    let explanation = build(account, &collection, wanted).await?.explain()?;
    output.result(&serde_json::json!({ "plan": explanation.to_string() }), || explanation.to_string())
}

async fn build(
    account: &Account,
    collection: &Collection,
    wanted: &Selection,
) -> Result<pryv_sdk::Query, Failure> {
    let definition = collection.definition();
    let mut query = collection.query();
    for text in &wanted.conditions {
        let (pointer, value) = condition::parse(text, &definition)?;
        query = query.eq(pointer, value);
    }
    for text in &wanted.filters {
        query = query.filter(condition::read(text)?);
    }
    query = query.state(match wanted.state {
        StateName::Active => State::Active,
        StateName::Trashed => State::Trashed,
        StateName::All => State::All,
    });
    query = wanted.types.iter().fold(query, pryv_sdk::Query::of_type);
    if let Some(name) = &wanted.within {
        let (_, term) = lookup::term(account, name).await?;
        query = query.within(&term);
    }
    if let Some(records) = wanted.scan {
        query = query.scan(records);
    }
    Ok(match wanted.sort.as_deref().map(|field| (field, field.strip_prefix('-'))) {
        Some((_, Some(field))) => query.descending(field),
        Some((field, None)) => query.ascending(field),
        None if wanted.newest_first => query.newest_first(),
        None => query,
    })
}

fn rows(collection: &Collection, records: &[Record<Value>], columns: &[String]) -> String {
    let suggested = table::columns(collection.definition().types.values());
    let columns = if columns.is_empty() { &suggested } else { columns };
    // Columns that no record fills say nothing.
    let filled = |pointer: &&String| records.iter().any(|record| record.data.pointer(pointer).is_some());
    let columns: Vec<_> = columns.iter().filter(filled).collect();
    let headings: Vec<_> = std::iter::once("record".to_owned())
        .chain(columns.iter().map(|pointer| pointer.trim_start_matches('/').to_owned()))
        .collect();
    let rows: Vec<_> = records
        .iter()
        .map(|record| {
            let trashed = if record.is_trashed() { " (trashed)" } else { "" };
            let flag =
                if record.validity.is_valid() { trashed.to_owned() } else { format!(" (invalid){trashed}") };
            let cells = columns.iter().map(|pointer| table::cell(record.data.pointer(pointer)));
            std::iter::once(format!("{}{flag}", record.id)).chain(cells).collect()
        })
        .collect();
    table::render(&headings, &rows)
}
