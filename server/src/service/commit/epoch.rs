//! `begin-epoch`, and what every new epoch must bring: the owner's wrap, and a lockbox with one share for each
//! access that reads the scope, and an entry for each slice that covers it. So no record of the epoch is ever beyond its owner's or its readers' reach.

use super::{Applying, Error, Result, Signer, check_sealed, entries, group};
use crate::{
    permission::Owner,
    store::{At as _, ScopeHead, Tx},
};
use pryv_proxy_crypto::{
    pre::Capsule,
    suite::{known, may_follow},
    verified,
};
use pryv_wire::{
    AccessId, Bytes, ErrorCode, Signed, Statement, Suite,
    scope::{Epoch, GroupCard, Lockbox, NewEpoch, Share, SliceEntry},
    transaction::Touched,
};
use std::collections::BTreeSet;

/// A new epoch whose statement was verified.
pub(super) struct PreparedEpoch {
    pub(super) epoch: Epoch,
    pub(super) statement: Signed<Epoch>,
    pub(super) owner_wrap: Bytes,
    pub(super) lockbox: Option<Lockbox>,
    pub(super) entries: Vec<SliceEntry>,
    pub(super) group: Option<Box<GroupCard>>,
}

pub(super) fn prepare(new: NewEpoch, signer: &Signer) -> Result<PreparedEpoch> {
    let NewEpoch { statement, owner_wrap, lockbox, entries, group } = new;
    let epoch = verify(&statement, signer)?;
    let suite = known(epoch.suite).map_err(|_| Error::new(ErrorCode::UnknownSuite))?;
    suite
        .sealing
        .check(&epoch.deposit)
        .map_err(|_| Error::malformed("`deposit` is not a key of this suite"))?;
    if epoch.account != signer.account {
        return Err(Error::statement("the epoch is of another account"));
    }
    entries::check(&entries)?;
    group::check(&epoch, group.as_deref())?;
    check_sealed("owner_wrap", &owner_wrap)?;
    if let Some(lockbox) = &lockbox {
        if lockbox.scope != epoch.scope || lockbox.epoch != epoch.epoch {
            return Err(Error::malformed("the lockbox is of another scope or epoch"));
        }
        check_lockbox(lockbox)?;
    }
    Ok(PreparedEpoch { epoch, statement, owner_wrap, lockbox, entries, group })
}

/// Verifies a statement of the account's owner.
pub(super) fn verify<T: Statement>(statement: &Signed<T>, signer: &Signer) -> Result<T> {
    if signer.principal != signer.account {
        // A stranger to the account was told before that there is no such thing.
        return Err(Error::new(ErrorCode::NotAllowed));
    }
    statement.unverified()?;
    verified(statement, &signer.key).map_err(|_| Error::statement("the signature is not the owner's"))
}

/// Verifies a statement of whoever commits: the owner, or a manager.
pub(super) fn verify_own<T: Statement>(statement: &Signed<T>, signer: &Signer) -> Result<T> {
    statement.unverified()?;
    verified(statement, &signer.key).map_err(|_| Error::statement("the signature is not the caller's"))
}

/// The shape of a lockbox: parts that are what they should be, shares of its own epoch, one for each access.
pub(super) fn check_lockbox(lockbox: &Lockbox) -> Result<()> {
    let capsule = Capsule::parse(&lockbox.capsule);
    if capsule.map_err(|_| Error::malformed("`capsule` is not one of this suite"))?.hops() != 0 {
        return Err(Error::malformed("`capsule` was transformed already"));
    }
    check_sealed("sealed", &lockbox.sealed)?;
    check_sealed("owner_lock", &lockbox.owner_lock)?;
    let mut accesses = BTreeSet::new();
    for share in &lockbox.shares {
        check_share(share)?;
        if share.scope != lockbox.scope || share.epoch != lockbox.epoch {
            return Err(Error::malformed("a share is of another scope or epoch than its lockbox"));
        }
        if !accesses.insert(share.access) {
            return Err(Error::malformed("an access has one share of a lockbox"));
        }
    }
    Ok(())
}

/// A capsule is of the curve of its generation, and that is no weaker than the suite of the epoch.
pub(super) fn check_curve<'t>(tx: &Tx<'t>, owner: &Owner<'t>, suite: Suite, lockbox: &Lockbox) -> Result<()> {
    let curve = tx.pre_curve(&owner.granter(), lockbox.scope, lockbox.generation)?;
    let least = known(suite).map_err(|_| Error::new(ErrorCode::UnknownSuite))?.curve;
    let fits = curve.is_some_and(|curve| curve.capsule_length(0) == lockbox.capsule.len() && least <= curve);
    if fits { Ok(()) } else { Err(Error::malformed("`capsule` is not of the curve of the scope's key pair")) }
}

pub(super) fn check_share(share: &Share) -> Result<()> {
    check_sealed("share.sealed", &share.sealed)
}

pub(super) fn apply<'t>(
    tx: &mut Tx<'t>,
    applying: &mut Applying<'_>,
    owner: &Owner<'t>,
    new: PreparedEpoch,
) -> Result<()> {
    let PreparedEpoch { epoch: body, statement, owner_wrap, lockbox, entries, group } = new;
    let Epoch { suite, scope, epoch, moved, .. } = body;
    let stale = || Error::new(ErrorCode::StaleEpoch);
    let head = tx.reading().scope_head(owner.account(), scope)?;
    let head = head.ok_or_else(|| Error::new(ErrorCode::NotFound))?;
    if head.epoch.checked_add(1) != Some(epoch) {
        return Err(stale());
    }
    if !may_follow(head.suite, suite) {
        return Err(Error::new(ErrorCode::SuiteDowngrade));
    }
    if let Some(moved) = moved {
        applying.announces(scope, head.holds, epoch, moved)?;
    }
    let shared: BTreeSet<AccessId> =
        lockbox.iter().flat_map(|lockbox| &lockbox.shares).map(|share| share.access).collect();
    if !applying.are_readers(tx, owner, scope, epoch, &shared)? {
        return Err(stale());
    }
    if lockbox.as_ref().is_some_and(|lockbox| Some(lockbox.generation) != head.generation) {
        return Err(stale());
    }
    group::check_readers(tx, owner, &body, &shared)?;
    group::follow(tx, owner, &body, head, group.as_deref())?;
    tx.begin_epoch(owner, scope, ScopeHead { epoch, suite, ..head }, statement, owner_wrap)?;
    entries::put(tx, applying, owner, scope, epoch, &entries)?;
    applying.began(scope, epoch);
    if let Some(lockbox) = lockbox {
        check_curve(tx, owner, suite, &lockbox)?;
        tx.put_lockbox(owner, lockbox)?;
    }
    applying.touched.push(Touched::Epoch { scope, epoch });
    Ok(())
}
