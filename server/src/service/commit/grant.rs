//! `grant`: an access, with everything its grantee needs to reach every epoch of every scope that it may read.

use super::{
    Applying, Error, Result, Signer, check_sealed,
    epoch::{check_curve, check_lockbox, check_share, verify, verify_own},
    granted, group,
    link::{self, NewLink},
};
use crate::{
    permission::{self, Granter, Owner},
    store::{AccessEntry, At as _, NewAccess, ScopeHead, Tx},
};
use pryv_proxy_crypto::{
    check_suite,
    onward::check_within,
    pre::{Curve, PrePublicKey, TransformKey},
    suite::known,
};
use pryv_wire::{
    AccessId, ErrorCode, PrincipalId, ScopeId, Signed,
    access::{Access, Grant},
    card::{Card, PrincipalKind},
    scope::{Lockbox, ScopePre, Share, Transform},
    transaction::{GrantAccess, Touched},
};
use std::collections::{BTreeMap, BTreeSet};

/// The most scopes of one access.
const MAX_SCOPES: usize = 256;
/// The most accesses of one account that one grantee holds at once: all of them are read to decide what it may read, and
/// are in the list of what it received.
const MAX_ACCESSES: usize = 256;

/// A grant whose statement was verified, its parts sorted by scope and epoch.
pub(super) struct PreparedGrant {
    access: Access,
    statement: Signed<Access>,
    link: Option<NewLink>,
    pre: BTreeMap<ScopeId, ScopePre>,
    lockboxes: BTreeMap<(ScopeId, u32), Lockbox>,
    shares: BTreeMap<(ScopeId, u32), Share>,
    transforms: BTreeMap<ScopeId, (Transform, PrePublicKey)>,
}

pub(super) fn prepare(grant: GrantAccess, signer: &Signer) -> Result<PreparedGrant> {
    let GrantAccess { statement, link, pre, lockboxes, shares, transforms } = grant;
    let access = match statement.unverified()?.by {
        None => verify(&statement, signer)?,
        Some(_) => verify_own(&statement, signer)?,
    };
    check_access(&access, signer)?;
    let link = link::prepare(link, &access)?;
    let id = access.access;
    let pre = by(pre, |pre| pre.scope)?;
    for pair in pre.values() {
        let suite = known(pair.suite).map_err(|_| Error::new(ErrorCode::UnknownSuite))?;
        PrePublicKey::parse_on(suite.curve, &pair.public)
            .map_err(|_| Error::malformed("`pre.public` is not a key of this suite"))?;
        check_sealed("pre.owner_wrap", &pair.owner_wrap)?;
        if pair.generation != 0 {
            return Err(Error::malformed("the first re-encryption key pair of a scope has generation 0"));
        }
    }
    let mut lockboxes = by(lockboxes, |lockbox| (lockbox.scope, lockbox.epoch))?;
    let mut shares = by(shares, |share| (share.scope, share.epoch))?;
    for (place, lockbox) in &mut lockboxes {
        check_lockbox(lockbox)?;
        // The grantee's share may come inside its lockbox or beside it.
        for share in lockbox.shares.extract_if(.., |share| share.access == id) {
            shares.entry(*place).or_insert(share);
        }
    }
    for share in shares.values() {
        check_share(share)?;
        if share.access != id {
            return Err(Error::malformed("a share is of another access"));
        }
    }
    let transforms = transforms
        .into_iter()
        .map(|transform| check_transform(&access, transform))
        .collect::<Result<Vec<_>>>()?;
    let transforms = by(transforms, |(transform, _)| transform.scope)?;
    Ok(PreparedGrant { access, statement, link, pre, lockboxes, shares, transforms })
}

fn check_access(access: &Access, signer: &Signer) -> Result<()> {
    check_suite(access.suite).map_err(|_| Error::new(ErrorCode::UnknownSuite))?;
    if access.account != signer.account || access.grantor != signer.principal {
        return Err(Error::statement("the access is on another account, or somebody else grants it"));
    }
    if access.grantee == access.grantor {
        return Err(Error::malformed("an account does not grant to itself"));
    }
    if access.grants.is_empty() || access.grants.len() > MAX_SCOPES {
        return Err(Error::out_of_range("an access has 1 to 256 scopes", MAX_SCOPES));
    }
    let scopes: BTreeSet<_> = access.grants.iter().map(|grant| grant.scope).collect();
    if scopes.len() != access.grants.len() {
        return Err(Error::malformed("an access names a scope once"));
    }
    granted::check(access)?;
    if access.grants.iter().any(|grant| grant.level.reads() != grant.transform.is_some()) {
        return Err(Error::malformed(
            "an access commits to a transform key for each scope it reads, and no other",
        ));
    }
    if let (Some(from), Some(until)) = (access.valid_from, access.valid_until)
        && until <= from
    {
        return Err(Error::malformed("the access ends before it begins"));
    }
    check_note("note", &access.note)?;
    check_note("owner_note", &access.owner_note)
}

/// Notes carry a name, a purpose and a key for each scope: they may be longer than other sealed parts.
fn check_note(field: &str, note: &[u8]) -> Result<()> {
    const MAX_NOTE: usize = 64 * 1024;
    if note.is_empty() {
        return Err(Error::malformed(format!("`{field}` is empty")));
    }
    if note.len() > MAX_NOTE {
        return Err(Error::out_of_range(format!("the length of `{field}`, in bytes"), MAX_NOTE));
    }
    Ok(())
}

fn check_transform(access: &Access, transform: Transform) -> Result<(Transform, PrePublicKey)> {
    if transform.access != access.access {
        return Err(Error::malformed("a transform key is of another access"));
    }
    let granted = access.grants.iter().find(|grant| grant.scope == transform.scope);
    if granted.and_then(|grant| grant.transform) != Some(Transform::digest(&transform.key)) {
        return Err(Error::statement("a transform key is not the one that the access commits to"));
    }
    let delegatee = TransformKey::parse(&transform.key)
        .and_then(|key| key.delegatee())
        .map_err(|_| Error::malformed("a transform key is not one of this suite"))?;
    Ok((transform, delegatee))
}

/// Sorts by a key that each item must have alone.
fn by<K: Ord, T>(items: Vec<T>, key: impl Fn(&T) -> K) -> Result<BTreeMap<K, T>> {
    let mut sorted = BTreeMap::new();
    for item in items {
        if sorted.insert(key(&item), item).is_some() {
            return Err(Error::malformed("a part of the grant comes twice"));
        }
    }
    Ok(sorted)
}

pub(super) fn apply(
    tx: &mut Tx<'_>,
    applying: &mut Applying<'_>,
    grant: PreparedGrant,
    index: usize,
) -> Result<()> {
    let PreparedGrant { access, statement, link, mut pre, mut lockboxes, mut shares, mut transforms } = grant;
    let granter = permission::granter(tx, applying.caller, applying.account, access.by, applying.now)?;
    let account = granter.account();
    let (owner, manager) = match access.by {
        None => (Some(applying.owner(tx)?), None),
        Some(by) => {
            check_onward(tx, &access, by)?;
            (None, tx.reading().entry_of(account, access.grantor, by)?)
        }
    };
    if tx.reading().access(account, access.access)?.is_some() {
        return Err(Error::new(ErrorCode::AlreadyExists));
    }
    if access.valid_until.is_some_and(|until| until <= applying.now) {
        return Err(Error::because(ErrorCode::OutOfRange, "the access is over already"));
    }
    if let Some(link) = &link {
        let owner = owner.as_ref().ok_or_else(|| Error::malformed("a manager makes no links"))?;
        link.register(tx, owner, &access)?;
    }
    let grantee = check_grantee(tx, &access, link.is_some())?;
    let is_membership = access.grants.iter().any(|grant| grant.group.is_some());
    let place = group::check_grant(tx, &access, &grantee, is_membership, applying.now)?;
    if tx.reading().count_of(account, access.grantee, MAX_ACCESSES)? >= MAX_ACCESSES {
        return Err(Error::out_of_range("the grantee holds 256 accesses: revoke one", MAX_ACCESSES));
    }
    let mut grants = Vec::with_capacity(access.grants.len());
    for grant in &access.grants {
        let Grant { scope, level, from_epoch, .. } = grant;
        let head = tx.reading().scope_head(account, *scope)?;
        let mut head = head.ok_or_else(|| Error::new(ErrorCode::NotFound))?;
        grants.push(match (&owner, &manager) {
            (Some(owner), _) => granted::entry(tx, applying, owner, head, grant)?,
            (None, manager) => granted::onward(manager.as_ref(), head, grant)?,
        });
        if !level.reads() {
            continue;
        }
        if let (Some(owner), Some(pair)) = (&owner, pre.remove(scope)) {
            head = put_pre(tx, owner, head, &pair)?;
        }
        let generation =
            head.generation.ok_or_else(|| Error::malformed("a scope lacks its re-encryption key pair"))?;
        // Before the epochs are read one by one: there may be many more of them than the grant has shares.
        let brought = shares.range((*scope, *from_epoch)..=(*scope, head.epoch)).count();
        let last = u32::try_from(brought).ok().and_then(|brought| brought.checked_sub(1));
        if last.and_then(|last| last.checked_add(*from_epoch)) != Some(head.epoch) {
            return Err(stale("a share is missing"));
        }
        // A manager reads every epoch that it may grant, so each of them is locked already.
        if let Some(owner) = &owner {
            complete_lockboxes(tx, applying, owner, *scope, *from_epoch, head, &mut lockboxes)?;
        }
        for epoch in *from_epoch..=head.epoch {
            let share = shares.remove(&(*scope, epoch)).ok_or_else(|| stale("a share is missing"))?;
            tx.put_share(&granter, &share)?;
        }
        let (transform, delegatee) =
            transforms.remove(scope).ok_or_else(|| Error::malformed("a transform key is missing"))?;
        // What a manager brings leads on from its own key, whatever the pair of the scope.
        if owner.is_some() && transform.generation != generation {
            return Err(stale("a transform key is of another generation"));
        }
        let transform = Transform { generation, ..transform };
        check_delegatee(tx, &granter, &grantee, &transform, &delegatee)?;
        tx.put_transform(&granter, &transform)?;
    }
    if !(pre.is_empty() && lockboxes.is_empty() && shares.is_empty() && transforms.is_empty()) {
        return Err(stale("the grant brings parts that belong to nothing it grants"));
    }
    if is_membership {
        for grant in &access.grants {
            tx.put_member(&granter, grant.scope, access.grantee, access.access)?;
        }
    }
    if let Some(place) = place {
        tx.put_granted_group(&granter, access.grantee, access.access, place)?;
    }
    let entry = AccessEntry {
        access: access.access,
        grantee: access.grantee,
        granted: applying.place(index),
        valid_from: access.valid_from,
        valid_until: access.valid_until,
        grants,
    };
    applying.now_reads(&entry);
    let by = granter.by();
    tx.put_access(&granter, &NewAccess { statement: &statement, entry, by, at: applying.now })?;
    applying.touched.push(Touched::Granted { access: access.access });
    Ok(())
}

/// What a manager grants lies within its own access, as the owner signed it.
fn check_onward(tx: &Tx<'_>, access: &Access, by: AccessId) -> Result<()> {
    let lost = || Error::internal(crate::store::Error::Row("access"));
    let (statement, _) = tx.reading().access(access.account, by)?.ok_or_else(lost)?;
    check_within(&statement.unverified()?, access)
        .map_err(|exceeds| Error::because(ErrorCode::NotAllowed, exceeds.to_string()))
}

/// The grantee is of this node, and the keys were sealed to its present card. A link holds the one access that it was made with:
/// who counts its uses, counts those of that access.
fn check_grantee(tx: &Tx<'_>, access: &Access, is_new_link: bool) -> Result<Card> {
    let cards = tx.reading().cards(access.grantee)?;
    let card = cards.last().ok_or_else(|| Error::new(ErrorCode::NotFound))?;
    if card.digest() != access.grantee_card {
        return Err(Error::statement("the access is sealed to a card that is not the grantee's present one"));
    }
    let card = card.unverified().map_err(|_| Error::internal(crate::store::Error::Row("card")))?;
    if card.kind == PrincipalKind::Link && !is_new_link {
        return Err(Error::because(ErrorCode::AlreadyExists, "a link holds one access"));
    }
    Ok(card)
}

/// The card that an access names: that of its holder when it was granted.
pub(super) fn granted_card(tx: &Tx<'_>, account: PrincipalId, entry: &AccessEntry) -> Result<Card> {
    let lost = |what| Error::internal(crate::store::Error::Row(what));
    let (statement, _) = tx.reading().access(account, entry.access)?.ok_or_else(|| lost("access"))?;
    let named = statement.unverified().map_err(|_| lost("access"))?.grantee_card;
    let cards = tx.reading().cards(entry.grantee)?;
    let card = cards.iter().find(|card| card.digest() == named).ok_or_else(|| lost("card"))?;
    card.unverified().map_err(|_| lost("card"))
}

/// A transform key leads to the grantee's key, on the curve of the generation that it transforms from.
pub(super) fn check_delegatee<'t>(
    tx: &Tx<'t>,
    granter: &Granter<'t>,
    grantee: &Card,
    transform: &Transform,
    delegatee: &PrePublicKey,
) -> Result<()> {
    let curve = tx.pre_curve(granter, transform.scope, transform.generation)?;
    if curve != Some(delegatee.curve()) {
        return Err(Error::statement("a transform key is of another curve than the scope's key pair"));
    }
    if grantee.kind == PrincipalKind::Group && delegatee.curve() != Curve::C480 {
        return Err(Error::malformed(
            "a group is led to on the 480-bit curve, from which its own key leads on",
        ));
    }
    let key = match delegatee.curve() {
        Curve::C256 => &grantee.pre_light,
        _ => &grantee.pre,
    };
    if key.as_slice() == delegatee.as_bytes() {
        Ok(())
    } else {
        Err(Error::statement("a transform key is for another grantee"))
    }
}

fn put_pre<'t>(tx: &mut Tx<'t>, owner: &Owner<'t>, head: ScopeHead, pair: &ScopePre) -> Result<ScopeHead> {
    if head.generation.is_some() {
        return Err(stale("the scope has its re-encryption key pair already"));
    }
    tx.put_scope_pre(owner, head, pair)?;
    Ok(ScopeHead { generation: Some(pair.generation), ..head })
}

/// Every epoch of the scope from the first one granted on has a lockbox when this is done; one that has it already keeps it.
fn complete_lockboxes<'t>(
    tx: &mut Tx<'t>,
    applying: &mut Applying<'_>,
    owner: &Owner<'t>,
    scope: ScopeId,
    first: u32,
    head: ScopeHead,
    lockboxes: &mut BTreeMap<(ScopeId, u32), Lockbox>,
) -> Result<()> {
    for epoch in tx.epochs_without_lockbox(owner, scope, first, head.epoch)? {
        let lockbox = lockboxes.remove(&(scope, epoch)).ok_or_else(|| stale("a lockbox is missing"))?;
        if Some(lockbox.generation) != head.generation {
            return Err(stale("a lockbox is of another generation"));
        }
        // Who reads the scope already must not be locked out of an epoch that is locked now.
        let shared: BTreeSet<AccessId> = lockbox.shares.iter().map(|share| share.access).collect();
        if !applying.are_readers(tx, owner, scope, epoch, &shared)? {
            return Err(stale("a lockbox lacks the share of another reader"));
        }
        let suite = tx.suite_of(owner, scope, epoch)?.ok_or_else(|| stale("an epoch is missing"))?;
        check_curve(tx, owner, suite, &lockbox)?;
        tx.put_lockbox(owner, lockbox)?;
    }
    Ok(())
}

pub(super) fn stale(reason: &str) -> Error {
    Error::because(ErrorCode::StaleEpoch, reason)
}
