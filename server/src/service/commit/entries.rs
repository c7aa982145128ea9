//! Entries of slices: which ones a new epoch must bring, so that whoever holds a slice notices nothing.

use super::{Applying, Error, Result, check_sealed};
use crate::{
    permission::Owner,
    store::{At as _, Tx},
};
use pryv_wire::{
    ErrorCode, ScopeId,
    scope::{Slice, SliceEntry},
};
use std::collections::BTreeMap;

/// The shape of entries.
pub(super) fn check(entries: &[SliceEntry]) -> Result<()> {
    entries.iter().try_for_each(|entry| check_sealed("entry.sealed", &entry.sealed))
}

/// Writes the entries of one epoch of a scope, which are those of the slices that cover it, each once, each under the
/// present epoch of its slice.
pub(super) fn put<'t>(
    tx: &mut Tx<'t>,
    applying: &mut Applying<'_>,
    owner: &Owner<'t>,
    scope: ScopeId,
    epoch: u32,
    entries: &[SliceEntry],
) -> Result<()> {
    let kind = tx.reading().scope_kind(owner.account(), scope)?;
    let kind = kind.ok_or_else(|| Error::new(ErrorCode::NotFound))?;
    let slices = applying.slices_covering(tx, owner, scope, &kind)?;
    put_for(tx, owner, &slices, scope, epoch, entries)
}

/// As [`put`], for some slices.
pub(super) fn put_for<'t>(
    tx: &mut Tx<'t>,
    owner: &Owner<'t>,
    slices: &[(ScopeId, Slice)],
    scope: ScopeId,
    epoch: u32,
    entries: &[SliceEntry],
) -> Result<()> {
    let mut brought: BTreeMap<ScopeId, &SliceEntry> = BTreeMap::new();
    for entry in entries {
        if entry.scope != scope || entry.epoch != epoch {
            return Err(Error::malformed("an entry is of another scope or epoch"));
        }
        if brought.insert(entry.slice, entry).is_some() {
            return Err(Error::malformed("a slice has one entry for each epoch of a scope"));
        }
    }
    for (slice, _) in slices {
        let entry = brought.remove(slice).ok_or_else(|| stale("the entry of a slice is missing"))?;
        let head = tx.reading().scope_head(owner.account(), *slice)?;
        if head.map(|head| head.epoch) != Some(entry.slice_epoch) {
            return Err(stale("an entry is for another epoch of its slice than the present one"));
        }
        tx.put_entry(owner, entry)?;
    }
    if brought.is_empty() {
        Ok(())
    } else {
        Err(stale("an entry is of a slice that does not cover the scope"))
    }
}

/// Writes the entries of a new slice: one for every epoch of every scope that it covers.
pub(super) fn put_all<'t>(
    tx: &mut Tx<'t>,
    owner: &Owner<'t>,
    scope: ScopeId,
    slice: &Slice,
    entries: &[SliceEntry],
) -> Result<()> {
    let mut brought: BTreeMap<(ScopeId, u32), &SliceEntry> = BTreeMap::new();
    for entry in entries {
        if entry.slice != scope || entry.slice_epoch != 0 {
            return Err(Error::malformed("an entry is of another slice or epoch"));
        }
        if brought.insert((entry.scope, entry.epoch), entry).is_some() {
            return Err(Error::malformed("a slice has one entry for each epoch of a scope"));
        }
    }
    for covered in tx.reading().covered(owner.account(), slice)? {
        let head = tx.reading().scope_head(owner.account(), covered)?;
        let last = head.ok_or_else(|| Error::new(ErrorCode::NotFound))?.epoch;
        // Before they are looked at one by one: there may be many more epochs than entries.
        let count = brought.range((covered, 0)..=(covered, last)).count();
        if u32::try_from(count).ok().and_then(|count| count.checked_sub(1)) != Some(last) {
            return Err(stale("the entry of an epoch is missing"));
        }
        for epoch in 0..=last {
            let entry = brought.remove(&(covered, epoch));
            tx.put_entry(owner, entry.ok_or_else(|| stale("the entry of an epoch is missing"))?)?;
        }
    }
    if brought.is_empty() {
        Ok(())
    } else {
        Err(stale("an entry is of a scope that the slice does not cover"))
    }
}

/// The slices of an ontology that cover every collection.
pub(super) fn of_every(slices: Vec<(ScopeId, Slice)>, collection: ScopeId) -> Vec<(ScopeId, Slice)> {
    slices.into_iter().filter(|(_, slice)| slice.covers(collection)).collect()
}

fn stale(reason: &str) -> Error {
    Error::because(ErrorCode::StaleEpoch, reason)
}
