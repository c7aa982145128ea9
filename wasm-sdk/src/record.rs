//! Records, versions and pages as a page sees them.

use crate::{
    object::{Object, text},
    thrown::Thrown,
};
use pryv_sdk::{
    Filed, Level, Page, Record, Rejected, StoredRecord, TermId, Tombstone, TombstonePage, Validity,
    VersionRef,
    collection::{Version, Versions},
    definition::Fault,
};
use serde_json::Value;

use crate::args::Args;

/// A level by its name.
pub(crate) fn level(name: &str) -> Result<Level, Thrown> {
    serde_json::from_value(name.into())
        .map_err(|_| Thrown::argument("a level is `read`, `create-only`, `contribute` or `manage`"))
}

/// The name of a level.
pub(crate) fn level_text(level: Level) -> Value {
    serde_json::to_value(level).unwrap_or_default()
}

/// A place where content does not match its schema.
pub(crate) fn fault(fault: &Fault) -> Value {
    Object::new()
        .put("pointer", fault.pointer.as_str())
        .put("rule", fault.rule.as_str())
        .put("expected", fault.expected.as_str())
        .done()
}

/// A term, by name.
pub(crate) fn term_id(term: &TermId) -> Object {
    Object::new().text("ontology", &term.ontology).text("term", &term.term)
}

/// The terms that a call names.
pub(crate) fn terms(items: Vec<Value>) -> Result<Vec<TermId>, Thrown> {
    let one = |item| {
        let args = Args::of(item)?;
        Ok(TermId { ontology: args.id("ontology")?, term: args.id("term")? })
    };
    items.into_iter().map(one).collect()
}

/// The version of a record that a call names.
pub(crate) fn version_ref(args: &mut Args) -> Result<VersionRef, Thrown> {
    let version = args.number("version").ok_or_else(|| Thrown::argument("`version` is a number"))?;
    let trashed = args.flag("trashed").unwrap_or_default();
    Ok(VersionRef { id: args.id("id")?, version, terms: terms(args.list("terms")?)?, trashed })
}

/// A record, but for its content.
fn head<T>(record: &Record<T>) -> Object {
    let faults: &[Fault] = match &record.validity {
        Validity::Valid => &[],
        Validity::Invalid { faults } => faults,
    };
    let filed = |filed: &Filed| term_id(&filed.at).put("pending", filed.pending).done();
    Object::new()
        .text("id", &record.id)
        .put("version", record.version)
        .text("author", &record.author)
        .text_if("access", record.access.as_ref())
        .time("writtenAt", record.written_at)
        .list("faults", faults, fault)
        .list("terms", &record.terms, filed)
        .put("trashed", record.is_trashed())
        .text("digest", &record.digest())
}

/// A record.
pub(crate) fn record(record: &Record<Value>) -> Value {
    head(record).put("data", record.data.clone()).done()
}

/// A record that is not needed any longer.
pub(crate) fn take(mut taken: Record<Value>) -> Value {
    let data = taken.data.take();
    head(&taken).put("data", data).done()
}

/// A record that could not be used.
pub(crate) fn rejected(one: &Rejected) -> Value {
    Object::new()
        .text_if("record", one.record.as_ref())
        .put("code", one.reason.code())
        .text("message", &one.reason)
        .done()
}

/// A page of what was deleted.
pub(crate) fn deleted(page: &TombstonePage) -> Value {
    let one = |one: &Tombstone| {
        Object::new()
            .text("id", &one.id)
            .put("version", one.version)
            .text("by", &one.by)
            .text_if("access", one.access.as_ref())
            .time("at", one.at)
            .done()
    };
    Object::new()
        .list("deleted", &page.deleted, one)
        .list("rejected", &page.rejected, rejected)
        .text_if("next", page.next.as_ref())
        .done()
}

/// A page.
pub(crate) fn page(page: Page<Value>) -> Value {
    Object::new()
        .list("rejected", &page.rejected, rejected)
        .put("overshoot", page.overshoot)
        .text_if("next", page.next.as_ref())
        .list("records", page.records, take)
        .done()
}

/// One version of a record.
pub(crate) fn version(version: Version<Value>) -> Value {
    match version {
        Version::Record(record) => Object::new().put("record", take(record)).done(),
        Version::Deleted { version, at, by } => {
            Object::new().put("deleted", version).time("at", at).text("by", &by).done()
        }
        // There is no third kind yet.
        _ => Value::Null,
    }
}

/// A history.
pub(crate) fn versions(versions: Versions<Value>) -> Value {
    Object::new().put("complete", versions.complete).list("versions", versions.versions, version).done()
}

/// What the server has of a record.
pub(crate) fn stored(stored: &StoredRecord) -> Value {
    let clear = &stored.clear;
    let shown = Object::new()
        .text("account", &clear.account)
        .text("scope", &clear.scope)
        .text("record", &clear.record)
        .put("version", clear.version)
        .put("kind", format!("{:?}", clear.kind).to_lowercase())
        .put("epoch", clear.epoch)
        .text("author", &clear.author)
        .text_if("access", clear.access.as_ref())
        .time("writtenAt", clear.written_at)
        .bytes("commitment", clear.commitment.as_bytes())
        .bytes("signature", stored.signature.as_bytes());
    let mut tokens = Vec::new();
    let mut recipients = Vec::new();
    for recipient in &stored.placement.recipients {
        let one = Object::new()
            .text("scope", &recipient.scope)
            .text_if("term", recipient.term.as_ref())
            .put("epoch", recipient.epoch)
            .put("kind", format!("{:?}", recipient.kind).to_lowercase())
            .bytes("wrapped", &recipient.key);
        recipients.push(one.done());
    }
    for entry in &stored.placement.tokens {
        let token = |kind: &str, token: &[u8]| {
            Object::new()
                .text("scope", &entry.scope)
                .put("epoch", entry.epoch)
                .put("kind", kind)
                .bytes("token", token)
                .done()
        };
        tokens.extend(entry.index.iter().map(|bytes| token("index", bytes)));
        tokens.extend(entry.unique.iter().map(|bytes| token("unique", bytes)));
    }
    Object::new()
        .bytes("envelope", &stored.envelope)
        .bytes("ciphertext", &stored.ciphertext)
        .put("clear", shown.done())
        .put("recipients", recipients)
        .put("tokens", tokens)
        .done()
}

/// The text of an id, as a value.
pub(crate) fn id(id: &pryv_sdk::RecordId) -> Value {
    text(id)
}
