//! New epochs: fresh keys, wrapped for the owner and locked for the readers who remain.

use super::{access::Opened, scope::ScopeState};
use crate::{distrust::Distrust, failure::Failure};
use pryv_crypto::{
    EpochKeys, Identity,
    group::{self, GroupError},
    lockbox::{self, PreSecret},
    secret::LockKey,
};
use pryv_proxy_crypto::{UnknownSuite, VerifiedCards, suite::known};
use pryv_wire::{
    AccessId, ErrorCode, PrincipalId, Problem, ScopeId, Signed, Suite, Timestamp,
    access::Level,
    card::{Card, PrincipalKind},
    scope::{Epoch, GroupCard, Lockbox, MovedTerm, NewEpoch, ScopePre, SealedGroup, Share},
};
use rand::{CryptoRng, RngCore};
use std::{collections::BTreeSet, sync::Arc};

/// Clocks may differ by this much about whether an access has ended, in milliseconds.
const CLOCK_TOLERANCE: u64 = 10 * 60 * 1_000;

/// Somebody who reads a scope by an access that the owner signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Reader {
    pub(crate) access: AccessId,
    pub(crate) grantee: PrincipalId,
}

/// Who must be able to open a new epoch: the readers that the server names, if their accesses verify and have not ended. `granted` are all accesses of the account, verified.
pub(crate) fn readers(
    state: &ScopeState,
    granted: &[Opened],
    except: &BTreeSet<AccessId>,
    now: Timestamp,
) -> Result<Vec<Reader>, Distrust> {
    let mut readers = Vec::new();
    for access in state.readers.iter().copied().filter(|access| !except.contains(access)) {
        let invented = Distrust::InventedAccess { access };
        let opened = granted
            .iter()
            .find(|opened| opened.evidence.access().access == access)
            .ok_or(invented.clone())?;
        let signed = opened.evidence.access();
        if !signed.level(state.scope).is_some_and(Level::reads) {
            return Err(invented);
        }
        if opened.evidence.end().is_some() {
            return Err(Distrust::EndedAccessServed { access });
        }
        // By this clock it is over: it is not served, whatever the server's clock says.
        if signed.valid_until.is_none_or(|until| now < until) {
            readers.push(Reader { access, grantee: signed.grantee });
        }
    }
    for opened in granted {
        let signed = opened.evidence.access();
        let certainly_reads = opened.evidence.end().is_none()
            && signed.level(state.scope).is_some_and(Level::reads)
            && signed.valid_until.is_none_or(|until| now.plus_millis(CLOCK_TOLERANCE) < until)
            && !except.contains(&signed.access);
        if certainly_reads && !state.readers.contains(&signed.access) {
            return Err(Distrust::ReaderDropped { access: signed.access });
        }
    }
    Ok(readers)
}

/// In which suite a new epoch is.
fn in_suite<T>(suite: Suite, made: Result<T, UnknownSuite>) -> Result<T, Distrust> {
    made.map_err(|_| Distrust::UnknownSuite { what: "an epoch", number: suite.number() })
}

/// The first epoch of a new scope, in suite 1.
pub(crate) fn first(
    me: &Identity,
    scope: ScopeId,
    now: Timestamp,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(Epoch, EpochKeys, NewEpoch), Failure> {
    first_in(Suite::CLASSIC, me, scope, now, rng)
}

/// The first epoch of a new scope.
pub(crate) fn first_in(
    suite: Suite,
    me: &Identity,
    scope: ScopeId,
    now: Timestamp,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(Epoch, EpochKeys, NewEpoch), Failure> {
    let keys = in_suite(suite, EpochKeys::generate_in(suite, rng))?;
    let statement = keys.statement(me.principal(), scope, 0, now);
    let owner_wrap = wrap(me, &statement, &keys, rng)?;
    let new = NewEpoch {
        statement: me.sign(&statement),
        owner_wrap,
        lockbox: None,
        entries: Vec::new(),
        group: None,
    };
    Ok((statement, keys, new))
}

/// The first epoch of a new group, of the suite that keeps best: what is granted to the group, in whatever suite, is kept no
/// better than its own keys.
pub(crate) fn first_of_group(
    me: &Identity,
    scope: ScopeId,
    now: Timestamp,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(Epoch, EpochKeys, NewEpoch), Failure> {
    let drawn_anew = |_| Distrust::Malformed { what: "the keys of a group, drawn anew; repeat" };
    let unknown = |_| Distrust::UnknownSuite { what: "an epoch", number: Suite::HYBRID.number() };
    let keys = EpochKeys::generate_in(Suite::HYBRID, rng).map_err(unknown)?;
    let (secret, pre) = scope_pre(me, scope, Suite::HYBRID, 0, rng)?;
    let card = group::first_card(me, scope, &keys, secret.public(), now).map_err(drawn_anew)?;
    let statement = Epoch { card: Some(card.digest()), ..keys.statement(me.principal(), scope, 0, now) };
    let owner_wrap = wrap(me, &statement, &keys, rng)?;
    let group = Some(Box::new(GroupCard { card, pre: Some(pre) }));
    let statement_signed = me.sign(&statement);
    let new = NewEpoch { statement: statement_signed, owner_wrap, lockbox: None, entries: Vec::new(), group };
    Ok((statement, keys, new))
}

/// What changes with a new epoch beside its keys.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Renewal<'a> {
    /// A move of which an ontology's epoch tells.
    pub(crate) moved: Option<MovedTerm>,
    /// Another suite than the present one.
    pub(crate) suite: Option<Suite>,
    /// Another re-encryption key pair, which begins in the same transaction.
    pub(crate) pre: Option<&'a ScopePre>,
    /// Of a group, the cards that the next one follows.
    pub(crate) group: Option<&'a VerifiedCards>,
}

/// An epoch that is about to begin, with its keys.
pub(crate) struct Beginning {
    pub(crate) statement: Epoch,
    pub(crate) keys: EpochKeys,
    pub(crate) new: NewEpoch,
}

/// The epoch after the present one, for the readers that are given with the keys to seal to. The entries of slices are not in
/// it yet.
#[cfg(test)]
pub(crate) fn next(
    me: &Identity,
    state: &ScopeState,
    readers: &[(Reader, Arc<VerifiedCards>)],
    moved: Option<MovedTerm>,
    now: Timestamp,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Beginning, Failure> {
    renewed(me, state, readers, Renewal { moved, ..Renewal::default() }, now, rng)
}

/// As [`next`], with what else changes.
pub(crate) fn renewed(
    me: &Identity,
    state: &ScopeState,
    readers: &[(Reader, Arc<VerifiedCards>)],
    renewal: Renewal<'_>,
    now: Timestamp,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Beginning, Failure> {
    let moved = renewal.moved;
    let present = state.last_epoch();
    let number = present.checked_add(1).ok_or(Distrust::Malformed { what: "the number of an epoch" })?;
    let suite = renewal.suite.unwrap_or(state.suite()?);
    let keys = in_suite(suite, state.keys_of(present)?.next_in(suite, rng))?;
    let card = renewal.group.map(|cards| group::next_card(me, state.scope, cards, &keys, now));
    let card = card.transpose().map_err(|error| match error {
        GroupError::Exhausted => Failure::Refused(Problem::new(ErrorCode::OutOfRange).into()),
        _ => Distrust::Malformed { what: "the card of a group" }.into(),
    })?;
    let pre = match (renewal.pre, &state.pre) {
        (Some(pre), _) => Some((pre, unwrap_pre(me, state.scope, pre)?)),
        (None, Some(pre)) => Some((pre, present_pre(me, state, pre)?)),
        (None, None) => None,
    };
    let statement = Epoch {
        moved,
        card: card.as_ref().map(Signed::digest),
        groups: groups(readers),
        definition: Some(state.definition.reference),
        pair: pre.as_ref().map(|(pre, _)| pre.digest()),
        ..keys.statement(me.principal(), state.scope, number, now)
    };
    let owner_wrap = wrap(me, &statement, &keys, rng)?;
    let lockbox = if readers.is_empty() {
        None
    } else {
        let (pre, secret) = pre.ok_or(Distrust::Malformed { what: "a scope" })?;
        let (mut lockbox, lock) = lockbox(me, &statement, &keys, &secret, pre.generation, rng)?;
        for (reader, to) in readers {
            lockbox.shares.push(share(&statement, &lock, *reader, to.current(), rng)?);
        }
        Some(lockbox)
    };
    let group = card.map(|card| Box::new(GroupCard { card, pre: None }));
    let new = NewEpoch { statement: me.sign(&statement), owner_wrap, lockbox, entries: Vec::new(), group };
    Ok(Beginning { statement, keys, new })
}

/// Which card of each group the shares are sealed to.
fn groups(readers: &[(Reader, Arc<VerifiedCards>)]) -> Vec<SealedGroup> {
    let of_group = |(reader, cards): &(Reader, Arc<VerifiedCards>)| {
        let card = cards.current();
        let sealed = SealedGroup { access: reader.access, card: card.sequence };
        (card.kind == PrincipalKind::Group).then_some(sealed)
    };
    let mut groups: Vec<_> = readers.iter().filter_map(of_group).collect();
    groups.sort_by_key(|sealed| sealed.access);
    groups
}

fn wrap(
    me: &Identity,
    statement: &Epoch,
    keys: &EpochKeys,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<pryv_wire::Bytes, Failure> {
    me.keyring()
        .wrap_epoch(statement, keys, rng)
        .map_err(|_| Distrust::WrongKeys { epoch: statement.epoch }.into())
}

/// A lockbox without shares, and its lock key. About 20 ms.
pub(crate) fn lockbox(
    me: &Identity,
    statement: &Epoch,
    keys: &EpochKeys,
    pre: &PreSecret,
    generation: u32,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(Lockbox, LockKey), Failure> {
    let made = lockbox::seal(statement, keys, pre, rng)
        .map_err(|_| Distrust::WrongKeys { epoch: statement.epoch })?;
    let Epoch { scope, epoch, .. } = *statement;
    let owner_lock = me
        .keyring()
        .wrap_lock(statement.suite, scope, epoch, &made.lock, rng)
        .map_err(|_| Distrust::WrongKeys { epoch })?;
    let lockbox = Lockbox {
        scope,
        epoch,
        generation,
        capsule: made.capsule,
        sealed: made.sealed,
        owner_lock,
        shares: Vec::new(),
    };
    Ok((lockbox, made.lock))
}

/// The lock key of an epoch for one reader.
pub(crate) fn share(
    statement: &Epoch,
    lock: &LockKey,
    reader: Reader,
    to: &Card,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Share, Failure> {
    let sealed = lockbox::share(statement, lock, reader.access, reader.grantee, to, rng)
        .map_err(|_| Distrust::Malformed { what: "the sealing key of a card" })?;
    Ok(Share { access: reader.access, scope: statement.scope, epoch: statement.epoch, sealed })
}

/// A new re-encryption key pair of a scope, of the curve of a suite.
pub(crate) fn scope_pre(
    me: &Identity,
    scope: ScopeId,
    suite: Suite,
    generation: u32,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(PreSecret, ScopePre), Failure> {
    let unknown = |_| Distrust::UnknownSuite { what: "an epoch", number: suite.number() };
    let curve = known(suite).map_err(unknown)?.curve;
    let drawn_anew = Distrust::Malformed { what: "a re-encryption key, drawn anew; repeat" };
    let secret = PreSecret::generate(curve, rng).map_err(|_| drawn_anew.clone())?;
    let wrapped = me.keyring().wrap_pre(suite, scope, generation, &secret, rng);
    let owner_wrap = wrapped.map_err(|_| drawn_anew)?;
    let pre = ScopePre { scope, suite, generation, public: secret.public().to_wire(), owner_wrap };
    Ok((secret, pre))
}

/// The re-encryption key pair that a scope has: the one that its present epoch names. One that was made since is under an
/// account secret that is not earlier than that epoch's: whoever took an earlier one can wrap a pair of their own under it.
pub(crate) fn present_pre(me: &Identity, state: &ScopeState, pre: &ScopePre) -> Result<PreSecret, Distrust> {
    let present = state.present()?;
    let holds = match present.statement.pair {
        Some(named) => named == pre.digest(),
        None => {
            me.keyring().is_pre_since(present.signer, pre.suite, state.scope, pre.generation, &pre.owner_wrap)
        }
    };
    if !holds {
        return Err(Distrust::ReplacedKey { what: "the re-encryption key of a collection" });
    }
    unwrap_pre(me, state.scope, pre)
}

/// The re-encryption key of a scope. Its public half must be the one that the wrap gives.
pub(crate) fn unwrap_pre(me: &Identity, scope: ScopeId, pre: &ScopePre) -> Result<PreSecret, Distrust> {
    let wrong = Distrust::WrongWrap { what: "the re-encryption key of a collection" };
    let secret = me
        .keyring()
        .unwrap_pre(pre.suite, scope, pre.generation, &pre.owner_wrap)
        .map_err(|_| wrong.clone())?;
    if pre.scope == scope && secret.public().to_wire() == pre.public { Ok(secret) } else { Err(wrong) }
}

#[cfg(test)]
mod tests;
