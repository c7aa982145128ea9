//! The audit: what to look for, and page by page.

use crate::{
    args::Args,
    call::{Answer, unknown},
    object::{Object, text},
    table::{self, Thing},
    thrown::Thrown,
};
use pryv_sdk::{Account, AuditEntry, account::audit::AuditPages};
use serde_json::Value;
use std::cell::RefCell;

/// Begins to walk the audit.
pub(crate) fn begin(account: &Account, args: &Args) -> Answer {
    let mut query = account.audit();
    if let Some(principal) = args.id_or_none("by")? {
        query = query.by(principal);
    }
    if let Some(access) = args.id_or_none("access")? {
        query = query.access(access);
    }
    if let Some(scope) = args.id_or_none("scope")? {
        query = query.scope(scope);
    }
    if let Some(from) = args.time("from") {
        query = query.from(from);
    }
    if let Some(until) = args.time("until") {
        query = query.until(until);
    }
    if args.flag("trustServerFilter") == Some(true) {
        query = query.trust_server_filter();
    }
    Ok(table::add(Thing::Audit(RefCell::new(Some(query.pages())))).into())
}

/// The next page.
pub(crate) async fn next(pages: &RefCell<Option<AuditPages>>, method: &str) -> Answer {
    if method != "next" {
        return Err(unknown(method));
    }
    let taken = pages.borrow_mut().take();
    let mut walk = taken.ok_or_else(|| Thrown::argument("the page before is still under way"))?;
    let next = walk.next().await;
    let removed = walk.removed();
    *pages.borrow_mut() = Some(walk);
    let Some(entries) = next? else { return Ok(Value::Null) };
    Ok(Object::new().put("removed", removed).list("entries", &entries, entry).done())
}

fn entry(entry: &AuditEntry) -> Value {
    Object::new()
        .put("sequence", entry.sequence)
        .time("at", entry.at)
        .text("principal", &entry.principal)
        .text_if("access", entry.access.as_ref())
        .text_if("session", entry.session.as_ref())
        .put("act", serde_json::to_value(entry.act).unwrap_or_default())
        .list("scopes", &entry.scopes, |scope| text(scope))
        .put("records", entry.records)
        .done()
}
