//! What an access grants, scope by scope: levels that its slices can have, and where a grant without history begins.

use super::{Applying, Error, Result};
use crate::{
    permission::Owner,
    store::{AccessEntry, At as _, EntryGrant, Holds, ScopeHead, Tx},
};
use pryv_wire::{
    ErrorCode,
    access::{Access, Grant, Level},
    card::GroupPlace,
    scope::{Slice, SliceData},
};

/// The most collections that the slices of one access name: its row is read for every call of its grantee.
const MAX_NAMED: usize = 1_024;

/// What can be said of the grants without the store.
pub(super) fn check(access: &Access) -> Result<()> {
    let named = |grant: &Grant| match &grant.slice {
        Some(Slice { data: SliceData::Collections(collections), .. }) => collections.len(),
        _ => 0,
    };
    if access.grants.iter().map(named).sum::<usize>() > MAX_NAMED {
        return Err(Error::out_of_range(
            "the number of collections that the slices of an access name",
            MAX_NAMED,
        ));
    }
    for Grant { slice, level, .. } in &access.grants {
        if slice.as_ref().is_some_and(|slice| !slice.has_data()) && !is_of_structure(*level) {
            return Err(Error::malformed("a slice without data is granted at `read` or `manage`"));
        }
    }
    Ok(())
}

const fn is_of_structure(level: Level) -> bool {
    matches!(level, Level::Read | Level::Manage)
}

/// One grant as permission is decided from it.
pub(super) fn entry<'t>(
    tx: &Tx<'t>,
    applying: &Applying<'_>,
    owner: &Owner<'t>,
    head: ScopeHead,
    grant: &Grant,
) -> Result<EntryGrant> {
    let Grant { scope, level, from_epoch, slice, .. } = grant;
    if head.holds == Holds::Terms && !is_of_structure(*level) {
        return Err(Error::malformed("an ontology is granted at `read` or `manage`"));
    }
    let kind = tx.reading().scope_kind(owner.account(), *scope)?;
    let kind = kind.ok_or_else(|| Error::new(ErrorCode::NotFound))?;
    if kind.slice() != slice.as_ref() {
        return Err(Error::statement("the access says another slice than the scope is"));
    }
    let place = GroupPlace { account: owner.account(), scope: *scope };
    if tx.reading().group_at(place)? != grant.group {
        return Err(Error::statement("the access says another group than the scope is"));
    }
    let mut floors = Vec::new();
    if *from_epoch > 0 {
        // What began before was opened to others already, and to records that are to stay closed.
        if *from_epoch != head.epoch || !applying.has_begun(*scope) {
            return Err(stale("a grant without history begins at an epoch of the same transaction"));
        }
        if let Some(slice) = slice {
            for covered in tx.reading().covered(owner.account(), slice)? {
                if !applying.has_begun(covered) {
                    return Err(stale("a slice without history comes with new epochs of all that it covers"));
                }
                let head = tx.reading().scope_head(owner.account(), covered)?;
                floors.push((covered, head.ok_or_else(|| Error::new(ErrorCode::NotFound))?.epoch));
            }
        }
    }
    Ok(EntryGrant { scope: *scope, level: *level, from_epoch: *from_epoch, slice: slice.clone(), floors })
}

/// One grant of a manager: as its own, which the owner's signature bounds, at another level.
pub(super) fn onward(manager: Option<&AccessEntry>, head: ScopeHead, grant: &Grant) -> Result<EntryGrant> {
    let held = manager.and_then(|manager| manager.grant(grant.scope));
    let held = held.ok_or_else(|| Error::internal(crate::store::Error::Row("access of grantee")))?;
    if head.holds == Holds::Terms && !is_of_structure(grant.level) {
        return Err(Error::malformed("an ontology is granted at `read` or `manage`"));
    }
    if grant.group.is_some() {
        return Err(Error::statement("the access says another group than the scope is"));
    }
    Ok(EntryGrant { level: grant.level, ..held.clone() })
}

fn stale(reason: &str) -> Error {
    Error::because(ErrorCode::StaleEpoch, reason)
}
