//! `revoke`: the end of an access, and a new epoch of every scope that its grantee could reach, through slices too.

use super::{
    Applying, Error, Result, Signer,
    epoch::{self, PreparedEpoch, verify_own},
    group,
};
use crate::{
    permission::{self, Ender},
    store::{AccessEntry, At as _, Holds, Tx},
};
use pryv_wire::{
    AccessId, ErrorCode, PrincipalId, ScopeId, Signed,
    access::Revocation,
    scope::NewEpoch,
    transaction::{ServedAccess, Touched},
};
use std::collections::{BTreeMap, BTreeSet};

/// A revocation whose statements were verified.
pub(super) struct PreparedRevocation {
    end: End,
    below: Vec<End>,
    epochs: Vec<PreparedEpoch>,
}

/// The end of one access.
struct End {
    revocation: Revocation,
    statement: Signed<Revocation>,
}

pub(super) fn prepare(
    statement: Signed<Revocation>,
    below: Vec<Signed<Revocation>>,
    epochs: Vec<NewEpoch>,
    signer: &Signer,
) -> Result<PreparedRevocation> {
    let end = verify_end(statement, signer)?;
    if signer.principal != signer.account && !(below.is_empty() && epochs.is_empty()) {
        return Err(Error::malformed("who is not the owner ends one access, and begins no epochs"));
    }
    let below = below.into_iter().map(|end| verify_end(end, signer)).collect::<Result<_>>()?;
    let epochs = epochs.into_iter().map(|epoch| epoch::prepare(epoch, signer)).collect::<Result<_>>()?;
    Ok(PreparedRevocation { end, below, epochs })
}

fn verify_end(statement: Signed<Revocation>, signer: &Signer) -> Result<End> {
    let revocation = verify_own(&statement, signer)?;
    if revocation.account != signer.account || revocation.revoker != signer.principal {
        return Err(Error::statement("the access is on scopes of another account, or another one ends it"));
    }
    Ok(End { revocation, statement })
}

pub(super) fn apply(tx: &mut Tx<'_>, applying: &mut Applying<'_>, revoke: PreparedRevocation) -> Result<()> {
    if applying.caller.principal() != applying.account {
        return end_for_owner(tx, applying, &revoke.end);
    }
    let owner = applying.owner(tx)?;
    let ender = owner.granter().ender();
    let PreparedRevocation { end, below, epochs } = revoke;
    let entry = live_entry(tx, applying.account, end.revocation.access)?;
    check_epochs(tx, &entry, &owner, &end.revocation, &epochs)?;
    let ended = check_below(tx, applying, &ender, &entry, &below)?;
    // First the ends, so that the grantees are no readers of the epochs that follow.
    end_access(tx, applying, &ender, &entry, &end)?;
    for (entry, end) in ended.iter().zip(&below) {
        end_access(tx, applying, &ender, entry, end)?;
    }
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

/// A manager ends what it granted, or a grantee what it holds: at once for this server. New epochs are the owner's to sign; its
/// client begins them.
fn end_for_owner(tx: &mut Tx<'_>, applying: &mut Applying<'_>, end: &End) -> Result<()> {
    // Said first: who holds nothing here learns nothing.
    permission::writer(tx, applying.caller, applying.account)?;
    let (account, access) = (applying.account, end.revocation.access);
    let granted = tx.reading().access(account, access)?.map(|(granted, _)| granted.unverified());
    let is_holder =
        granted.transpose()?.is_some_and(|granted| granted.grantee == applying.caller.principal());
    if is_holder {
        return end_own(tx, applying, end);
    }
    let by = tx.reading().manager_of(account, access)?;
    let by = by.ok_or_else(|| Error::new(ErrorCode::NotAllowed))?;
    let granter = permission::granter(tx, applying.caller, account, Some(by), applying.now)?;
    let entry = live_entry(tx, account, access)?;
    check_last(tx, &entry, account, &end.revocation)?;
    end_access(tx, applying, &granter.ender(), &entry, end)
}

/// A grantee ends its own access. What becomes of what it granted onwards is not its own to say: that ends first, or the owner
/// ends all of it.
fn end_own(tx: &mut Tx<'_>, applying: &mut Applying<'_>, end: &End) -> Result<()> {
    let entry = live_entry(tx, applying.account, end.revocation.access)?;
    let ender = permission::holder(tx, applying.caller, applying.account, entry.access)?;
    check_below(tx, applying, &ender, &entry, &[])?;
    check_last(tx, &entry, applying.account, &end.revocation)?;
    end_access(tx, applying, &ender, &entry, end)
}

/// The access, if it has not been revoked.
fn live_entry(tx: &Tx<'_>, account: PrincipalId, access: AccessId) -> Result<AccessEntry> {
    let found = tx.reading().access(account, access)?;
    let (granted, before) = found.ok_or_else(|| Error::new(ErrorCode::NotFound))?;
    if before.is_some() {
        return Err(Error::because(ErrorCode::AlreadyExists, "the access was revoked already"));
    }
    let entry = tx.reading().entry_of(account, granted.unverified()?.grantee, access)?;
    entry.ok_or_else(|| Error::internal(crate::store::Error::Row("access of grantee")))
}

/// Everything that was granted onwards by an access ends with it: what is left out would be served from transform keys that
/// lead nowhere, and be read by somebody whom nobody answers for.
fn check_below<'t>(
    tx: &Tx<'t>,
    applying: &Applying<'_>,
    ender: &Ender<'t>,
    entry: &AccessEntry,
    below: &[End],
) -> Result<Vec<AccessEntry>> {
    let mut live: BTreeMap<AccessId, AccessEntry> =
        tx.live_below(ender, entry.access)?.into_iter().map(|entry| (entry.access, entry)).collect();
    let mut ended = Vec::with_capacity(below.len());
    for end in below {
        let entry = live.remove(&end.revocation.access).ok_or_else(|| {
            Error::because(ErrorCode::StaleEpoch, "an access was not granted by this one, or has ended")
        })?;
        check_last(tx, &entry, applying.account, &end.revocation)?;
        ended.push(entry);
    }
    if live.values().any(|entry| !entry.is_over_at(applying.now)) {
        return Err(Error::because(ErrorCode::StaleEpoch, "an access that was granted onwards is left out"));
    }
    Ok(ended)
}

fn end_access<'t>(
    tx: &mut Tx<'t>,
    applying: &mut Applying<'_>,
    ender: &Ender<'t>,
    entry: &AccessEntry,
    end: &End,
) -> Result<()> {
    let access = entry.access;
    let served = tx.served_before(ender, access)?;
    tx.revoke(ender, entry, &end.statement)?;
    applying.no_longer_reads(entry);
    applying.served.push(ServedAccess { access, served });
    applying.touched.push(Touched::Revoked { access });
    Ok(())
}

/// The revocation names the present epoch of each scope as the last one, and brings the next one of each.
fn check_epochs(
    tx: &Tx<'_>,
    entry: &AccessEntry,
    owner: &permission::Owner<'_>,
    revocation: &Revocation,
    epochs: &[PreparedEpoch],
) -> Result<()> {
    let stale = |reason: &str| Error::because(ErrorCode::StaleEpoch, reason);
    let mut scopes = reached(tx, entry, owner.account())?;
    // A group that has had its last card has no next epoch: who is removed is shut out by this server alone.
    for grant in &entry.grants {
        if tx.reading().scope_head(owner.account(), grant.scope)?.is_some_and(group::is_closed) {
            scopes.remove(&grant.scope);
        }
    }
    let slices = entry.grants.iter().any(|grant| grant.slice.is_some());
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
    check_last(tx, entry, owner.account(), revocation)
}

/// The scopes of an access, and those that its slices cover.
fn reached(tx: &Tx<'_>, entry: &AccessEntry, account: PrincipalId) -> Result<BTreeSet<ScopeId>> {
    let mut scopes = BTreeSet::new();
    for grant in &entry.grants {
        scopes.insert(grant.scope);
        if let Some(slice) = &grant.slice {
            scopes.extend(tx.reading().covered(account, slice)?);
        }
    }
    Ok(scopes)
}

/// The revocation names the present epoch of each scope that the access reached as the last one in which it counted.
fn check_last(tx: &Tx<'_>, entry: &AccessEntry, account: PrincipalId, revocation: &Revocation) -> Result<()> {
    let mut present = BTreeMap::new();
    for scope in reached(tx, entry, account)? {
        let head = tx.reading().scope_head(account, scope)?;
        present.insert(scope, head.ok_or_else(|| Error::new(ErrorCode::NotFound))?.epoch);
    }
    let last: BTreeMap<ScopeId, u32> =
        revocation.last_epochs.iter().map(|last| (last.scope, last.epoch)).collect();
    if last != present || revocation.last_epochs.len() != present.len() {
        return Err(Error::because(
            ErrorCode::StaleEpoch,
            "the revocation names other epochs than the present ones as the last",
        ));
    }
    Ok(())
}
