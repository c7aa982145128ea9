//! `begin-generation`: another re-encryption key pair of a scope, another lock 1 on each of its epochs, and another
//! transform key for each reader. What the generation before opened is deleted with it.

use super::{
    Applying, Error, Result, Signer, check_sealed,
    epoch::verify,
    grant::{check_delegatee, granted_card, stale},
};
use crate::store::{At as _, Holds, Tx};
use pryv_proxy_crypto::{
    pre::{Capsule, Curve, PrePublicKey, TransformKey},
    suite::known,
};
use pryv_wire::{
    AccessId, Bytes, ErrorCode, Signed,
    generation::{NewGeneration, NewLock, NewTransform, Rekey},
    scope::{ScopePre, Transform},
    transaction::Touched,
};
use std::collections::BTreeMap;

/// A generation whose statements were verified.
pub(super) struct PreparedGeneration {
    pre: ScopePre,
    curve: Curve,
    locks: BTreeMap<u32, NewLock>,
    transforms: BTreeMap<AccessId, PreparedTransform>,
}

struct PreparedTransform {
    statement: Signed<Rekey>,
    key: Bytes,
    delegatee: PrePublicKey,
}

pub(super) fn prepare(new: NewGeneration, signer: &Signer) -> Result<PreparedGeneration> {
    let NewGeneration { pre, locks, transforms } = new;
    let suite = known(pre.suite).map_err(|_| Error::new(ErrorCode::UnknownSuite))?;
    let curve = suite.curve;
    PrePublicKey::parse_on(curve, &pre.public)
        .map_err(|_| Error::malformed("`pre.public` is not a key of this suite"))?;
    check_sealed("pre.owner_wrap", &pre.owner_wrap)?;
    let mut by_epoch = BTreeMap::new();
    for lock in locks {
        let capsule = Capsule::parse(&lock.capsule)
            .map_err(|_| Error::malformed("`capsule` is not one of this suite"))?;
        if capsule.curve() != curve || capsule.hops() != 0 {
            return Err(Error::malformed("`capsule` is of another curve, or was transformed already"));
        }
        check_sealed("sealed", &lock.sealed)?;
        if by_epoch.insert(lock.epoch, lock).is_some() {
            return Err(Error::malformed("an epoch has one lock"));
        }
    }
    let mut by_access = BTreeMap::new();
    for transform in transforms {
        let (access, prepared) = prepare_transform(transform, &pre, curve, signer)?;
        if by_access.insert(access, prepared).is_some() {
            return Err(Error::malformed("an access has one transform key of a scope"));
        }
    }
    Ok(PreparedGeneration { pre, curve, locks: by_epoch, transforms: by_access })
}

fn prepare_transform(
    new: NewTransform,
    pre: &ScopePre,
    curve: Curve,
    signer: &Signer,
) -> Result<(AccessId, PreparedTransform)> {
    let NewTransform { statement, key } = new;
    let rekey = verify(&statement, signer)?;
    if rekey.account != signer.account || rekey.scope != pre.scope || rekey.generation != pre.generation {
        return Err(Error::statement("the transform key is of another account, scope or generation"));
    }
    if rekey.transform != Transform::digest(&key) {
        return Err(Error::statement("a transform key is not the one that its statement commits to"));
    }
    let not_one = |_| Error::malformed("a transform key is not one of this suite");
    let parsed = TransformKey::parse(&key).map_err(not_one)?;
    if parsed.curve() != curve {
        return Err(Error::malformed("a transform key is of another curve than the key pair"));
    }
    let delegatee = parsed.delegatee().map_err(not_one)?;
    Ok((rekey.access, PreparedTransform { statement, key, delegatee }))
}

pub(super) fn apply(tx: &mut Tx<'_>, applying: &mut Applying<'_>, new: PreparedGeneration) -> Result<()> {
    let owner = applying.owner(tx)?;
    let PreparedGeneration { pre, curve, locks, mut transforms } = new;
    let (scope, generation) = (pre.scope, pre.generation);
    let head = tx.reading().scope_head(owner.account(), scope)?;
    let head = head.ok_or_else(|| Error::new(ErrorCode::NotFound))?;
    if head.holds == Holds::Members {
        return Err(Error::malformed("a group keeps its re-encryption key pair, which stands in its cards"));
    }
    let present = head
        .generation
        .ok_or_else(|| Error::malformed("a scope that nobody was granted has no generation"))?;
    if present.checked_add(1) != Some(generation) {
        return Err(stale("another generation is the present one"));
    }
    let least = known(head.suite).map_err(|_| Error::new(ErrorCode::UnknownSuite))?.curve;
    if curve < least {
        return Err(Error::new(ErrorCode::SuiteDowngrade));
    }
    // Before the epochs are read one by one: there may be many more of them than the message has locks.
    let without = tx.epochs_without_lockbox(&owner, scope, 0, head.epoch)?.len();
    let locked = usize::try_from(head.epoch).unwrap_or(usize::MAX).saturating_add(1) - without;
    if locks.len() != locked {
        return Err(stale("an epoch lacks its lock, or one has too many"));
    }
    let granter = owner.granter();
    let same_curve = tx.pre_curve(&granter, scope, present)? == Some(curve);
    tx.begin_generation(&owner, head, &pre)?;
    for lock in locks.into_values() {
        if !tx.lock_anew(&owner, scope, generation, lock)? {
            return Err(stale("a lock is of an epoch that has none"));
        }
    }
    for entry in tx.live_entries(&owner, scope)? {
        let access = entry.access;
        tx.forget_capsules(&owner, scope, access)?;
        let reads = entry.level(scope).is_some_and(pryv_wire::access::Level::reads);
        let counts = reads && !entry.is_over_at(applying.now);
        if tx.reading().manager_of(owner.account(), access)?.is_some() {
            // It leads on from the manager's key, whatever the pair of the scope, as long as that is on one curve with it.
            if counts && !same_curve {
                return Err(Error::malformed(
                    "what managers granted does not go to another curve; end it first",
                ));
            }
            continue;
        }
        tx.forget_transform(&owner, scope, access)?;
        if !counts {
            continue;
        }
        let PreparedTransform { statement, key, delegatee } =
            transforms.remove(&access).ok_or_else(|| stale("the transform key of a reader is missing"))?;
        let transform = Transform { access, scope, generation, key };
        let card = granted_card(tx, owner.account(), &entry)?;
        check_delegatee(tx, &granter, &card, &transform, &delegatee)?;
        tx.put_transform(&granter, &transform)?;
        tx.put_rekey(&owner, access, scope, &statement)?;
    }
    if !transforms.is_empty() {
        return Err(stale("a transform key is for an access that does not read the scope"));
    }
    applying.touched.push(Touched::Generation { scope, generation });
    Ok(())
}
