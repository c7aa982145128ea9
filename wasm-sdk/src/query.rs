//! Queries: from the page's conditions, and page by page.

use crate::{
    args::Args,
    call::{Answer, unknown},
    object::{Object, text},
    record::{page, terms},
    table::{self, Thing},
    thrown::Thrown,
};
use pryv_sdk::{Collection, Query, QueryPages};
use serde_json::Value;
use std::cell::RefCell;

/// The query that a call describes.
pub(crate) fn of(collection: &Collection, args: &mut Args) -> Result<Query, Thrown> {
    let mut query = collection.query();
    for condition in args.list("eq")? {
        let Value::Array(parts) = condition else { return Err(Thrown::argument("a condition is a pair")) };
        let mut parts = parts.into_iter();
        match (parts.next(), parts.next()) {
            (Some(Value::String(field)), Some(value)) => query = query.eq(field, value),
            _ => return Err(Thrown::argument("a condition is a pair of field and value")),
        }
    }
    if args.find("within").is_some() {
        for term in terms(vec![args.take("within")])? {
            query = query.within(term);
        }
    }
    if args.find("rightUnder").is_some() {
        for term in terms(vec![args.take("rightUnder")])? {
            query = query.right_under(term);
        }
    }
    if args.flag("newestFirst") == Some(true) {
        query = query.newest_first();
    }
    if let Some(limit) = args.small("limit")? {
        query = query.limit(limit);
    }
    if let Some(cursor) = args.id_or_none("after")? {
        query = query.page(cursor);
    }
    if let Some(records) = args.number("scan") {
        query = query.scan(records);
    }
    Ok(query)
}

/// Begins to walk the pages of a query.
pub(crate) fn pages(query: Query) -> Value {
    table::add(Thing::Records(RefCell::new(Some(query.pages())))).into()
}

/// The next page.
pub(crate) async fn next(pages: &RefCell<Option<QueryPages>>, method: &str) -> Answer {
    if method != "next" {
        return Err(unknown(method));
    }
    let taken = pages.borrow_mut().take();
    let mut walk = taken.ok_or_else(|| Thrown::argument("the page before is still under way"))?;
    let next = walk.next().await;
    *pages.borrow_mut() = Some(walk);
    Ok(next?.map_or(Value::Null, page))
}

/// What a query sends.
pub(crate) fn explain(query: &Query) -> Answer {
    let explanation = query.explain()?;
    let matched = |used: &pryv_sdk::collection::Matched| {
        Object::new().put("index", used.index.as_str()).put("tokens", used.tokens).done()
    };
    Ok(Object::new()
        .list("matched", &explanation.matched, matched)
        .list("scanned", &explanation.scanned, |field| text(field))
        .text("text", &explanation)
        .done())
}
