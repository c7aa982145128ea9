//! Receipts of revocations.

use crate::{
    object::{Object, text},
    record::level_text,
    thrown::Thrown,
};
use pryv_sdk::{LeaveReceipt, Receipt, ScopeReceipt, ServedEpoch, Written};
use serde_json::Value;

/// A receipt: its fields, its words, and the form to keep.
pub(crate) fn receipt(receipt: &Receipt) -> Value {
    Object::new()
        .text("access", &receipt.access)
        .text("grantee", &receipt.grantee)
        .put("name", receipt.name.as_str())
        .put("sequence", receipt.sequence)
        .time("endedAt", receipt.ended_at)
        .list("scopes", &receipt.scopes, scope)
        .put("awaitsOwner", receipt.awaits_owner)
        .text_if("adoptedAs", receipt.adopted_as.as_ref())
        .list("below", &receipt.below, self::receipt)
        .text("text", receipt)
        .put("json", serde_json::to_string(receipt).unwrap_or_default())
        .done()
}

/// The receipt of who left an access.
pub(crate) fn left(receipt: &LeaveReceipt) -> Value {
    Object::new()
        .text("access", &receipt.access)
        .text("account", &receipt.account)
        .text("grantor", &receipt.grantor)
        .put("name", receipt.name.as_str())
        .text_if("membershipOf", receipt.membership_of.as_ref())
        .put("sequence", receipt.sequence)
        .time("endedAt", receipt.ended_at)
        .text("text", receipt)
        .put("json", serde_json::to_string(receipt).unwrap_or_default())
        .done()
}

/// A receipt that was kept.
pub(crate) fn kept(json: &str) -> Result<Receipt, Thrown> {
    serde_json::from_str(json).map_err(|_| Thrown::argument("this is not the `json` of a receipt"))
}

fn scope(scope: &ScopeReceipt) -> Value {
    let written = |one: &Written| {
        Object::new().put("epoch", one.epoch).time("from", one.from).time("until", one.until).done()
    };
    let served = |one: &ServedEpoch| {
        Object::new().put("epoch", one.epoch).time("firstAt", one.first_at).time("lastAt", one.last_at).done()
    };
    Object::new()
        .text("scope", &scope.scope)
        .put("level", level_text(scope.level))
        .put("closedFrom", scope.closed_from)
        .list("written", &scope.written, written)
        .list("served", &scope.served, served)
        .put("neverServed", scope.never_served.clone())
        .list("stillReadBy", &scope.still_read_by, |access| text(access))
        .list("groupsReadBy", &scope.groups_read_by, |access| text(access))
        .done()
}
