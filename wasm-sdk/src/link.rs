//! Links: what one says of itself, and one that is open.

use crate::{
    args::Args,
    call::{Answer, unknown},
    collection::{collection, collections},
    object::Object,
    received::access,
    table::{self, Thing},
};
use pryv_sdk::{ShareLink, client::OpenedLink};
use serde_json::Value;

/// What a link says of itself, without its key.
pub(crate) fn info(link: &ShareLink) -> Value {
    Object::new()
        .text("account", &link.account())
        .text("access", &link.access())
        .put("needsPassword", link.needs_password())
        .put_if("server", link.server())
        .done()
}

/// A link that is open, taken up.
pub(crate) fn opened(link: OpenedLink) -> Value {
    let shown = access(link.access());
    shown.put("handle", table::add(Thing::Link(link))).done()
}

pub(crate) async fn call(link: &OpenedLink, method: &str, args: &Args) -> Answer {
    match method {
        "open" => Ok(collection(link.open(args.id("scope")?).await?, None)),
        "collections" => Ok(collections(link.collections().await?, &None)),
        "close" => {
            link.close().await?;
            Ok(Value::Null)
        }
        _ => Err(unknown(method)),
    }
}
