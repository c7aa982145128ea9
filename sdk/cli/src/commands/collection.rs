//! Commands about collections: define, redefine, list, rotate, migrate.

use crate::{
    arguments::{Define, Migrate, Redefine, Rotate, Source},
    failure::Failure,
    lookup::{self, short_name},
    output::Output,
    rows, table,
    visible::visible,
};
use pryv_sdk::{Account, Collection, account::Rotated, definition::Definition};
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
