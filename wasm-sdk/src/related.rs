//! Records around a record, what a deletion did, and references that lead nowhere.

use crate::{
    args::Args,
    object::{Object, text},
    record::{rejected, take},
    thrown::Thrown,
};
use pryv_sdk::{
    Collection, Deleted,
    account::IntegrityReport,
    collection::{Edge, Neighbours, Related},
};
use serde_json::Value;

/// What a call asks of the records around one.
pub(crate) fn of(on: &Collection, args: &mut Args) -> Result<Related, Thrown> {
    let (id, data) = (args.id("id")?, args.take("data"));
    let mut related = on.related_to(id, data);
    related = match args.text_or_none("direction") {
        None => related,
        Some("outgoing") => related.outgoing(),
        Some("incoming") => related.incoming(),
        Some(_) => return Err(Thrown::argument("`direction` is `outgoing` or `incoming`")),
    };
    for field in args.list("fields")? {
        let field = field.as_str().ok_or_else(|| Thrown::argument("`fields` are JSON pointers"))?;
        related = related.by(field);
    }
    if let Some(depth) = args.number("depth") {
        related = related.depth(u32::try_from(depth).unwrap_or(u32::MAX));
    }
    if let Some(limit) = args.number("limit") {
        related = related.limit(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    Ok(related)
}

fn edge(edge: &Edge) -> Value {
    Object::new().text("from", &edge.from).put("field", edge.field.as_str()).text("to", &edge.to).done()
}

/// The records around one.
pub(crate) fn neighbours(around: Neighbours) -> Value {
    let hidden: Vec<Value> = around.hidden.iter().map(|scope| text(scope)).collect();
    Object::new()
        .list("references", &around.references, edge)
        .list("missing", &around.missing, edge)
        .list("rejected", &around.rejected, rejected)
        .put("hidden", hidden)
        .put("isCut", around.is_cut)
        .list("records", around.records, |one| {
            Object::new().text("uri", &one.uri).put("depth", one.depth).put("record", take(one.record)).done()
        })
        .done()
}

/// What a deletion did beside deleting its record.
pub(crate) fn deleted(done: &Deleted) -> Value {
    Object::new()
        .list("cascaded", &done.cascaded, |uri| text(uri))
        .list("detached", &done.detached, |uri| text(uri))
        .list("dangling", &done.dangling, |uri| text(uri))
        .list("hidden", &done.hidden, |scope| text(scope))
        .done()
}

/// References that lead nowhere.
pub(crate) fn report(report: &IntegrityReport) -> Value {
    Object::new()
        .put("records", report.records)
        .put("references", report.references)
        .list("faults", &report.faults, |fault| {
            Object::new()
                .text("record", &fault.record)
                .put("field", fault.field.as_str())
                .put("code", fault.fault.code())
                .text("message", &fault.fault)
                .text_if("target", fault.target.as_ref())
                .done()
        })
        .list("rejected", &report.rejected, rejected)
        .done()
}
