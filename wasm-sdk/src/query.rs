//! Queries: from the page's conditions, and page by page.

use crate::{
    args::Args,
    call::{Answer, unknown},
    object::{Object, text},
    record::{page, terms},
    table::{self, Thing},
    thrown::Thrown,
};
use pryv_sdk::{Account, Collection, Query, QueryPages, State};
use serde_json::Value;
use std::cell::RefCell;

/// The query that a call describes.
pub(crate) fn of(collection: &Collection, args: &mut Args) -> Result<Query, Thrown> {
    let mut query = collection.query();
    for condition in args.list("filter")? {
        query = query.filter(serde_json::from_value(condition).map_err(|error| {
            Thrown::new("input", "invalid-condition", "this is not a condition").because(error.to_string())
        })?);
    }
    for name in args.list("types")? {
        let Value::String(name) = name else { return Err(Thrown::argument("`types` is a list of names")) };
        query = query.of_type(name);
    }
    query = query.state(match args.find("state").and_then(Value::as_str) {
        None | Some("active") => State::Active,
        Some("trashed") => State::Trashed,
        Some("all") => State::All,
        Some(_) => return Err(Thrown::argument("`state` is `active`, `trashed` or `all`")),
    });
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
    query = match args.take("order") {
        Value::Null => query,
        Value::Object(by) => {
            let by = Args::of(Value::Object(by))?;
            match by.flag("descending") {
                Some(true) => query.descending(by.text("by")?),
                _ => query.ascending(by.text("by")?),
            }
        }
        _ => query.newest_first(),
    };
    if args.find("select").is_some() {
        let field = |field: Value| match field {
            Value::String(field) => Ok(field),
            _ => Err(Thrown::argument("`select` is a list of JSON pointers")),
        };
        query = query.select(args.list("select")?.into_iter().map(field).collect::<Result<Vec<_>, _>>()?);
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
        .put_if("orderedBy", explanation.ordered_by.as_deref())
        .put("exact", explanation.exact)
        .text("text", &explanation)
        .done())
}

/// The first page of several queries, each answered by itself.
pub(crate) async fn batch(account: &Account, asked: Vec<Value>) -> Answer {
    let one = |query| {
        let mut args = Args::of(query)?;
        of(&table::collection(args.handle("collection")?)?, &mut args)
    };
    let queries = asked.into_iter().map(one).collect::<Result<Vec<_>, Thrown>>()?;
    let answers = account.batch(&queries).await?.into_iter().map(|answer| match answer {
        Ok(found) => Object::new().put("page", page(found)).done(),
        Err(error) => Object::new().put("error", Thrown::from(error).to_value()).done(),
    });
    Ok(answers.collect())
}
