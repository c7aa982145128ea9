//! Accesses as a page sees them, and calls of `ReceivedAccess`.

use crate::{
    args::Args,
    call::{Answer, unknown},
    collection::{collection, collections},
    describe, grant,
    object::Object,
    ontology::ontologies,
    receipt::{left, receipt},
    record::{level_text, term_id},
    table::{self, Owner, Thing},
};
use pryv_sdk::{Access, AccessStatus, GrantedAccess, ReceivedAccess, Scoped};
use serde_json::Value;

/// An access.
pub(crate) fn access(access: &Access) -> Object {
    let (status, ended) = match access.status {
        AccessStatus::NotYetValid => ("not-yet-valid", None),
        AccessStatus::Expired => ("expired", None),
        AccessStatus::Revoked { at, by } => ("revoked", Some((at, by))),
        _ => ("active", None),
    };
    let shown = Object::new()
        .text("id", &access.id)
        .text("uri", &access.uri())
        .text("account", &access.account)
        .text("grantor", &access.grantor)
        .text_if("by", access.by.as_ref())
        .text("grantee", &access.grantee)
        .put("name", access.name.as_str())
        .put("purpose", access.purpose.as_str())
        .put("unreadable", access.unreadable)
        .list("scopes", &access.scopes, scoped)
        .time_if("validFrom", access.valid_from)
        .time_if("validUntil", access.valid_until)
        .text_if("terms", access.terms.as_ref())
        .put_if("maxUses", access.max_uses)
        .time("signedAt", access.signed_at)
        .put("status", status)
        .time_if("revokedAt", ended.map(|(at, _)| at))
        .text_if("revokedBy", ended.map(|(_, by)| by).as_ref())
        .bytes("statement", &access.statement_bytes());
    match access.revocation_bytes() {
        Some(bytes) => shown.bytes("revocation", &bytes),
        None => shown,
    }
}

fn scoped(scoped: &Scoped) -> Value {
    let slice = scoped.slice.as_ref().map(|slice| {
        // As it is signed: `"none"`, `"every"`, or `{"collections": […]}`.
        let mut data = serde_json::to_value(&slice.data).unwrap_or_default();
        if let Some(collections) = data.get_mut("collections") {
            data = collections.take();
        }
        Object::new()
            .text("ontology", &slice.ontology)
            .text_if("term", slice.term.as_ref())
            .put("data", data)
            .put("labels", slice.labels)
            .done()
    });
    Object::new()
        .text("scope", &scoped.scope)
        .put("level", level_text(scoped.level))
        .put_if("slice", slice)
        .text_if("group", scoped.group.as_ref())
        .put("fromEpoch", scoped.from_epoch)
        .done()
}

/// An access that was granted.
pub(crate) fn granted(granted: &GrantedAccess) -> Value {
    let served = granted.served.iter().map(|served| {
        Object::new()
            .text("scope", &served.scope)
            .put("epoch", served.epoch)
            .time("firstAt", served.first_at)
            .time("lastAt", served.last_at)
            .done()
    });
    let served: Vec<Value> = served.collect();
    access(&granted.access).put("served", served).put_if("uses", granted.uses).done()
}

/// An access that was received, taken up.
pub(crate) fn received(received: ReceivedAccess, owner: Owner) -> Value {
    let shown = access(&received.access).text_if("throughGroup", received.through_group().as_ref()).list(
        "onTerms",
        &received.terms(),
        |term| term_id(term).done(),
    );
    shown.put("handle", table::add(Thing::Received(received, owner))).done()
}

pub(crate) async fn call(on: &ReceivedAccess, owner: &Owner, method: &str, mut args: Args) -> Answer {
    match method {
        "open" => Ok(collection(on.open(args.id("scope")?).await?, owner.clone())),
        "collections" => Ok(collections(on.collections().await?, owner)),
        "ontologies" => Ok(ontologies(on.ontologies().await?, owner)),
        "describe" => Ok(describe::description(on.describe().await?, owner)),
        "grant" => Ok(access(&on.grant(grant::of(&mut args)?).await?).done()),
        "granted" => Ok(on.granted().await?.iter().map(|one| access(one).done()).collect()),
        "leave" => Ok(left(&on.leave().await?)),
        "revoke" => Ok(receipt(&on.revoke(args.id("access")?).await?)),
        _ => Err(unknown(method)),
    }
}
