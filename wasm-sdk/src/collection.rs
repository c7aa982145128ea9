//! Calls of `Collection`.

use crate::{
    args::Args,
    call::{Answer, unknown},
    object::Object,
    query,
    record::{self, fault, level_text, terms, version_ref},
    related,
    table::{self, Owner, Thing},
    thrown::Thrown,
};
use pryv_sdk::{Collection, Definition, Reindexed, Rewrapped, Suite, definition::Leakage};
use serde_json::Value;

/// A collection, taken up.
pub(crate) fn collection(collection: Collection, owner: Owner) -> Value {
    let shown = Object::new()
        .text("scope", &collection.scope())
        .text("owner", &collection.owner())
        .text("uri", &collection.uri())
        .text_if("access", collection.access().as_ref())
        .put_if("level", collection.level().map(level_text))
        .put("definition", definition(&collection.definition()))
        .put("epochs", collection.epochs())
        .put_if("suite", collection.suite().name());
    shown.put("handle", table::add(Thing::Collection(collection, owner))).done()
}

/// Collections, taken up.
pub(crate) fn collections(all: Vec<Collection>, owner: &Owner) -> Value {
    all.into_iter().map(|one| collection(one, owner.clone())).collect()
}

/// A definition in the form of definition files.
pub(crate) fn definition(definition: &Definition) -> Value {
    serde_json::to_value(definition).unwrap_or_default()
}

/// The definition that a call gives.
pub(crate) fn given(args: &mut Args) -> Result<Definition, Thrown> {
    serde_json::from_value(args.take("definition")).map_err(|error| {
        Thrown::new("input", "invalid-definition", "the definition is not of the form of definition files")
            .because(error.to_string())
    })
}

/// The suite that a call names.
pub(crate) fn suite(args: &Args) -> Result<Option<Suite>, Thrown> {
    let Some(name) = args.text_or_none("suite") else { return Ok(None) };
    let suite = Suite::named(name);
    suite.map(Some).ok_or_else(|| Thrown::argument("`suite` is `classic`, `hybrid` or `light`"))
}

/// How much was put under the present keys.
pub(crate) fn rewrapped(done: &Rewrapped) -> Value {
    Object::new()
        .put("rewrapped", done.rewrapped)
        .put("present", done.present)
        .put("unusable", done.unusable)
        .done()
}

/// What the indexes of a definition show to whom.
pub(crate) fn leakage(definition: &Definition) -> Value {
    let one = |shown: &Leakage| {
        Object::new()
            .put("index", shown.index.as_str())
            .put("thief", shown.thief.as_str())
            .put("operator", shown.operator.as_str())
            .put("reader", shown.reader.as_str())
            .done()
    };
    definition.leakage().iter().map(one).collect()
}

/// What indexing did.
pub(crate) fn reindexed(done: &Reindexed) -> Value {
    Object::new()
        .put("indexed", done.indexed)
        .list("unusable", &done.unusable, record::id)
        .list("notUnique", &done.not_unique, record::id)
        .done()
}

pub(crate) async fn call(
    on: &Collection,
    owner: &Owner,
    method: &str,
    mut args: Args,
    mut progress: impl FnMut(u64, Option<u64>) + Send,
) -> Answer {
    match method {
        "create" => {
            let (data, terms) = (args.take("data"), terms(args.list("terms")?)?);
            let made = match args.id_or_none("id")? {
                Some(id) if terms.is_empty() => on.create_with_id(id, data).await?,
                Some(_) => return Err(Thrown::argument("`id` and `terms` do not go together")),
                None => on.create_in(terms, data).await?,
            };
            Ok(record::take(made))
        }
        "createMany" => {
            let created = on.create_many(args.list("records")?, &mut progress).await?;
            Ok(created.iter().map(record::id).collect())
        }
        "update" => {
            let (at, data) = (version_ref(&mut args)?, args.take("data"));
            Ok(record::take(on.update(at, data).await?))
        }
        "upsert" => {
            let data = args.take("data");
            let done = on.upsert(args.text("field")?, data).await?;
            Ok(Object::new().put("created", done.created).put("record", record::take(done.record)).done())
        }
        "trash" => Ok(record::take(on.trash(version_ref(&mut args)?).await?)),
        "restore" => Ok(record::take(on.restore(version_ref(&mut args)?).await?)),
        "deleted" => Ok(record::deleted(&on.deleted(args.id_or_none("after")?).await?)),
        "delete" => Ok(related::deleted(&on.delete(version_ref(&mut args)?).await?)),
        "related" => Ok(related::neighbours(related::of(on, &mut args)?.fetch(&mut progress).await?)),
        "file" => {
            let (at, to) = (version_ref(&mut args)?, terms(args.list("to")?)?);
            Ok(record::take(on.file(at, to).await?))
        }
        "get" => Ok(record::take(on.get(args.id("id")?).await?)),
        "version" => {
            let number = args.number("number").ok_or_else(|| Thrown::argument("`number` is a number"))?;
            let found = on.version(args.id("id")?, number).await?;
            Ok(Object::new().put_if("version", found.map(record::version)).done())
        }
        "rotate" => {
            let rotation = match suite(&args)? {
                Some(suite) => on.migrate(suite),
                None => on.rotate(),
            };
            let hard = args.flag("hard") == Some(true);
            let rotated = if hard { rotation.hard().await? } else { rotation.await? };
            Ok(Object::new()
                .put("epoch", rotated.epoch)
                .put_if("generation", rotated.generation)
                .put_if("suite", rotated.suite.name())
                .put("collection", collection(on.clone(), owner.clone()))
                .done())
        }
        "rewrap" => Ok(rewrapped(&on.rewrap(&mut progress).await?)),
        "reindex" => Ok(reindexed(&on.reindex(&mut progress).await?)),
        "unindexedCount" => Ok(on.unindexed_count().await?.into()),
        "leakage" => Ok(leakage(&on.definition())),
        "history" => Ok(record::versions(on.history(args.id("id")?).await?)),
        "stored" => Ok(record::stored(&on.stored(args.id("id")?).await?)),
        "fetch" => Ok(record::page(query::of(on, &mut args)?.fetch().await?)),
        "first" => Ok(query::of(on, &mut args)?.first().await?.map_or(Value::Null, record::take)),
        "count" => Ok(query::of(on, &mut args)?.count().await?.into()),
        "pages" => Ok(query::pages(query::of(on, &mut args)?)),
        "explain" => query::explain(&query::of(on, &mut args)?),
        "check" => Ok(on.check(&args.take("data")).iter().map(fault).collect()),
        "redefine" => {
            on.redefine(given(&mut args)?).await?;
            Ok(collection(on.clone(), owner.clone()))
        }
        "newId" => Ok(record::id(&on.new_id())),
        _ => Err(unknown(method)),
    }
}
