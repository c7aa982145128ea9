//! `revoke`: the end of an access, and a new epoch of every scope that its grantee could reach, through slices too.

use super::{
    Applying, Error, Result, Signer,
    epoch::{self, PreparedEpoch, verify},
};
use crate::store::{AccessEntry, At as _, Holds, Tx};
use pryv_wire::{
    ErrorCode, ScopeId, Signed,
    access::Revocation,
    scope::NewEpoch,
    transaction::{ServedAccess, Touched},
};
use std::collections::{BTreeMap, BTreeSet};

/// A revocation whose statements were verified.
pub(super) struct PreparedRevocation {
    revocation: Revocation,
    statement: Signed<Revocation>,
    epochs: Vec<PreparedEpoch>,
}

pub(super) fn prepare(
    statement: Signed<Revocation>,
    epochs: Vec<NewEpoch>,
    signer: &Signer,
) -> Result<PreparedRevocation> {
    let revocation = verify(&statement, signer)?;
    if revocation.account != signer.account || revocation.revoker != signer.account {
        return Err(Error::statement("the access is on scopes of another account, or another one ends it"));
    }
    let epochs = epochs.into_iter().map(|epoch| epoch::prepare(epoch, signer)).collect::<Result<_>>()?;
    Ok(PreparedRevocation { revocation, statement, epochs })
}

pub(super) fn apply(tx: &mut Tx<'_>, applying: &mut Applying<'_>, revoke: PreparedRevocation) -> Result<()> {
    let owner = applying.owner(tx)?;
    let PreparedRevocation { revocation, statement, epochs } = revoke;
    let access = revocation.access;
    let (granted, before) =
        tx.reading().access(owner.account(), access)?.ok_or_else(|| Error::new(ErrorCode::NotFound))?;
    if before.is_some() {
        return Err(Error::because(ErrorCode::AlreadyExists, "the access was revoked already"));
    }
    let grantee = granted.unverified()?.grantee;
    let entry = tx.reading().entry_of(owner.account(), grantee, access)?;
    let entry = entry.ok_or_else(|| Error::internal(crate::store::Error::Row("access of grantee")))?;
    check_epochs(tx, &entry, &owner, &revocation, &epochs)?;
    let served = tx.served_before(&owner, access)?;
    // First the end, so that the grantee is no reader of the epochs that follow.
    tx.revoke(&owner, &entry, &statement)?;
    applying.no_longer_reads(&entry);
    applying.served.push(ServedAccess { access, served });
    applying.touched.push(Touched::Revoked { access });
    let mut later = Vec::new();
    for new in epochs {
        // Slices first: the entries of what they cover are under their new epochs.
        let head = tx.reading().scope_head(owner.account(), new.epoch.scope)?;
        if head.is_some_and(|head| head.holds == Holds::Nothing) {
            epoch::apply(tx, applying, &owner, new)?;
        } else {
            later.push(new);
        }
    }
    for new in later {
        epoch::apply(tx, applying, &owner, new)?;
    }
    Ok(())
}

/// The revocation names the present epoch of each scope as the last one, and brings the next one of each.
fn check_epochs(
    tx: &Tx<'_>,
    entry: &AccessEntry,
    owner: &crate::permission::Owner<'_>,
    revocation: &Revocation,
    epochs: &[PreparedEpoch],
) -> Result<()> {
    let stale = |reason: &str| Error::because(ErrorCode::StaleEpoch, reason);
    let mut scopes: BTreeSet<ScopeId> = BTreeSet::new();
    let mut slices = false;
    for grant in &entry.grants {
        scopes.insert(grant.scope);
        if let Some(slice) = &grant.slice {
            slices = true;
            scopes.extend(tx.reading().covered(owner.account(), slice)?);
        }
    }
    let new: BTreeSet<ScopeId> = epochs.iter().map(|epoch| epoch.epoch.scope).collect();
    if new != scopes || epochs.len() != scopes.len() {
        return Err(if slices {
            stale(
                "a revocation brings one new epoch of each scope of the access and of what its slices cover",
            )
        } else {
            Error::malformed("a revocation brings one new epoch of each scope of the access")
        });
    }
    let mut present = BTreeMap::new();
    for scope in scopes {
        let head = tx.reading().scope_head(owner.account(), scope)?;
        present.insert(scope, head.ok_or_else(|| Error::new(ErrorCode::NotFound))?.epoch);
    }
    let last: BTreeMap<ScopeId, u32> =
        revocation.last_epochs.iter().map(|last| (last.scope, last.epoch)).collect();
    if last != present || revocation.last_epochs.len() != present.len() {
        return Err(stale("the revocation names other epochs than the present ones as the last"));
    }
    Ok(())
}
