//! Commands about collections: define, redefine, list, rotate, migrate.

use crate::{
    arguments::{self, Define, Migrate, Redefine, Rotate, Source},
    failure::Failure,
    lookup::{self, short_name},
    meter::Meter,
    output::Output,
    rows, table,
    visible::visible,
};
use pryv_sdk::{
    Account, Collection,
    account::Rotated,
    definition::{Definition, Leakage},
};
use serde_json::json;

/// `pryv define`.
pub(super) async fn define(account: &Account, define: &Define, output: &mut Output) -> Result<(), Failure> {
    let mut defining = account.define(read(&define.file)?);
    if let Some(name) = define.suite {
        defining = defining.suite(name.suite());
    }
    let collection = defining.await?;
    let definition = collection.definition();
    output.result(&json!({ "collection": collection.scope(), "uri": definition.uri }), || {
        format!(
            "Collection `{}` is ready: {}, {}.",
            visible(short_name(&definition.uri)),
            count(definition.types.len(), "type"),
            count(definition.indexes.len(), "indexed field"),
        )
    })
}

fn read(file: &Source) -> Result<Definition, Failure> {
    serde_json::from_value(rows::read_value(file)?).map_err(|error| {
        Failure::new("invalid-definition", "the file is not a definition").because(&error).next(
            "a definition is a JSON object of `uri`, `title`, `types` (a JSON Schema for each type) and `indexes`",
        )
    })
}

/// `pryv redefine`.
pub(super) async fn redefine(
    account: &Account,
    redefine: &Redefine,
    output: &mut Output,
) -> Result<(), Failure> {
    let definition = read(&redefine.file)?;
    let collection = account.collection(&definition.uri).await?;
    collection.redefine(definition).await?;
    let definition = collection.definition();
    output.result(&json!({ "collection": collection.scope(), "uri": definition.uri }), || {
        format!(
            "Collection `{}` has this definition from now on. Records that are there stay as they are; those that do not match \
             it are shown as invalid.",
            visible(short_name(&definition.uri))
        )
    })
}

/// `pryv reindex`.
pub(super) async fn reindex(
    account: &Account,
    wanted: &arguments::Collection,
    output: &mut Output,
) -> Result<(), Failure> {
    let collection = lookup::collection(account, wanted).await?;
    let mut meter = Meter::new(output, "records");
    let done = collection.reindex(&mut meter).await;
    meter.finish();
    let done = done?;
    for (ids, why) in [
        (&done.unusable, "does not open: every query looks at it"),
        (
            &done.not_unique,
            "has a unique value that another one has as well: change or delete it, and repeat",
        ),
    ] {
        for id in ids {
            output.remark(&format!("record {id} {why}"))?;
        }
    }
    let value = json!({ "indexed": done.indexed, "unusable": done.unusable, "not_unique": done.not_unique });
    let indexed = usize::try_from(done.indexed).unwrap_or(usize::MAX);
    output.result(&value, || format!("{} indexed.", count(indexed, "record")))
}

/// `pryv leakage`.
pub(super) async fn leakage(
    account: &Account,
    wanted: &arguments::Collection,
    output: &mut Output,
) -> Result<(), Failure> {
    let shown = lookup::collection(account, wanted).await?.definition().leakage();
    if shown.is_empty() && !output.is_json() {
        return output.remark("The collection has no index: the server learns nothing of its fields.");
    }
    let value = |one: &Leakage| json!({ "index": one.index, "thief": one.thief, "operator": one.operator, "reader": one.reader });
    output.result(&shown.iter().map(value).collect(), || {
        let words = |one: &Leakage| {
            format!(
                "The index {}:\n- a thief of the disk or of a backup sees {};\n- the operator sees, with each question, {};\n- a reader of the collection {}.",
                visible(&one.index),
                visible(&one.thief),
                visible(&one.operator),
                visible(&one.reader)
            )
        };
        shown.iter().map(words).collect::<Vec<_>>().join("\n")
    })
}

/// `pryv rotate`.
pub(super) async fn rotate(account: &Account, rotate: &Rotate, output: &mut Output) -> Result<(), Failure> {
    let collection = lookup::collection(account, &rotate.collection).await?;
    let rotation = collection.rotate();
    let rotated = if rotate.hard { rotation.hard().await? } else { rotation.await? };
    said(&collection, &rotated, output)
}

/// `pryv migrate`.
pub(super) async fn migrate(
    account: &Account,
    migrate: &Migrate,
    output: &mut Output,
) -> Result<(), Failure> {
    let collection = lookup::collection(account, &migrate.collection).await?;
    let rotated = collection.migrate(migrate.suite.suite()).await?;
    said(&collection, &rotated, output)
}

fn said(collection: &Collection, rotated: &Rotated, output: &mut Output) -> Result<(), Failure> {
    let suite = rotated.suite.name().unwrap_or("unknown");
    let value = json!({
        "collection": collection.scope(),
        "suite": suite,
        "epoch": rotated.epoch,
        "generation": rotated.generation,
    });
    output.result(&value, || {
        let definition = collection.definition();
        let name = visible(short_name(&definition.uri));
        let pair = if rotated.generation.is_some() { ", with new re-encryption keys" } else { "" };
        format!(
            "What is written to `{name}` is now protected by suite `{suite}`, in epoch {}{pair}.",
            rotated.epoch
        )
    })
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// `pryv collections`.
pub(super) async fn list(account: &Account, output: &mut Output) -> Result<(), Failure> {
    let collections = account.collections().await?;
    let values: Vec<_> = collections
        .iter()
        .map(|collection| {
            let definition = collection.definition();
            json!({
                "collection": collection.scope(),
                "pryv_uri": collection.uri().to_string(),
                "uri": definition.uri,
                "title": definition.title,
            })
        })
        .collect();
    if values.is_empty() && !output.is_json() {
        return output.remark("You have no collection yet: `pryv define FILE` makes one.");
    }
    output.result(&json!(values), || {
        let rows: Vec<_> = collections
            .iter()
            .map(|collection| {
                let definition = collection.definition();
                vec![
                    short_name(&definition.uri).to_owned(),
                    definition.title.clone(),
                    definition.uri.clone(),
                    collection.scope().to_string(),
                ]
            })
            .collect();
        table::render(&["name", "title", "uri", "id"].map(str::to_owned), &rows)
    })
}
