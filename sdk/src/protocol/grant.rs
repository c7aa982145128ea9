//! Grants: everything that lets a grantee open a scope, and the statement that says so.

use super::{
    epoch::{Beginning, Reader, lockbox, present_pre, scope_pre, share},
    scope::ScopeState,
};
use crate::{distrust::Distrust, failure::Failure, locked::LockReason};
use pryv_crypto::{Identity, lockbox::PreSecret, note, secret::LockKey};
use pryv_proxy_crypto::{VerifiedCards, suite::strongest};
use pryv_wire::{
    AccessId, Digest, Suite, Timestamp,
    access::{Access, AccessNote, DefinitionKey, Grant, Level},
    card::PrincipalKind,
    scope::{ScopePre, Transform},
    transaction::GrantAccess,
};
use rand::{CryptoRng, RngCore};
use std::sync::Arc;

/// What a person decides about a grant.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) name: String,
    pub(crate) purpose: String,
    pub(crate) valid_from: Option<Timestamp>,
    pub(crate) valid_until: Option<Timestamp>,
    pub(crate) terms: Option<Digest>,
    /// Of a link: how many sessions it opens.
    pub(crate) max_uses: Option<u32>,
}

/// A scope to be granted.
pub(crate) struct ToGrant<'a> {
    pub(crate) state: Arc<ScopeState>,
    pub(crate) level: Level,
    /// The epoch that begins with the grant: the grantee opens it and later ones, and none before.
    pub(crate) only: Option<&'a Beginning>,
}

/// Makes a grant, with the keys of further definitions. For each scope to be read about 30 ms, and about 20 ms for each epoch that has no lockbox yet.
#[expect(
    clippy::too_many_arguments,
    reason = "one grant, and the clock and the generator that the protocol is handed"
)]
pub(crate) fn make(
    me: &Identity,
    grantee: &VerifiedCards,
    scopes: &[ToGrant<'_>],
    definitions: &[Arc<ScopeState>],
    terms: &Terms,
    access: AccessId,
    now: Timestamp,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<GrantAccess, Failure> {
    let mut parts = Parts::default();
    let mut grants = Vec::with_capacity(scopes.len());
    let mut suites = Vec::new();
    let mut definition_keys: Vec<_> = definitions.iter().map(|state| definition_key(state)).collect();
    for ToGrant { state, level, only } in scopes {
        suites.push(state.present()?.statement.suite);
        let transform =
            if level.reads() { Some(parts.open_to(me, grantee, state, *only, access, rng)?) } else { None };
        // Who reads no epoch, or none that the definition was written in, opens it by its own key.
        if !level.reads() || only.is_some() {
            definition_keys.push(definition_key(state));
        }
        let from_epoch = only.map_or(0, |beginning| beginning.statement.epoch);
        let (slice, group) = (state.kind.slice().cloned(), state.group());
        grants.push(Grant { scope: state.scope, level: *level, transform, slice, group, from_epoch });
    }
    let note = AccessNote { name: terms.name.clone(), purpose: terms.purpose.clone(), definition_keys };
    let (grantor, to) = (me.principal(), grantee.principal());
    // The note names the keys of definitions: it is sealed as well as the best kept of the scopes.
    let suite = strongest(suites).ok_or(Distrust::Malformed { what: "a grant of nothing" })?;
    let place = note::NotePlace { suite, grantor, grantee: to, access };
    let sealed_note = note::seal(&note, place, grantee.current(), rng)
        .map_err(|_| Distrust::Malformed { what: "the sealing key of a card" })?;
    let statement = Access {
        suite,
        access,
        account: grantor,
        grantor,
        by: None,
        grantee: to,
        grantee_card: grantee.current_digest(),
        grants,
        valid_from: terms.valid_from,
        valid_until: terms.valid_until,
        terms: terms.terms,
        max_uses: terms.max_uses,
        note: sealed_note,
        owner_note: me.keyring().wrap_note(access, &note, rng),
        signed_at: now,
    };
    let Parts { pre, lockboxes, shares, transforms } = parts;
    let statement = me.sign(&statement);
    Ok(GrantAccess { statement, link: None, pre, lockboxes, shares, transforms })
}

/// Makes a grant by a manager. `scopes` are opened by the manager's own access, so that the lock keys of their epochs are at
/// hand. About 30 ms for each scope to be read. `card` is the number of the manager's card that its own access was sealed to.
#[expect(clippy::too_many_arguments, reason = "each is a different thing that only a manager's grant has")]
pub(crate) fn make_onward(
    (me, card): (&Identity, u32),
    owner: &VerifiedCards,
    grantee: &VerifiedCards,
    by: &Access,
    scopes: &[(Arc<ScopeState>, Level)],
    terms: &Terms,
    access: AccessId,
    now: Timestamp,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<GrantAccess, Failure> {
    let mut parts = Parts::default();
    let mut grants = Vec::with_capacity(scopes.len());
    let (mut definition_keys, mut suites) = (Vec::new(), Vec::new());
    for (state, level) in scopes {
        suites.push(state.present()?.statement.suite);
        let held = by.grants.iter().find(|held| held.scope == state.scope);
        let transform = if level.reads() {
            Some(parts.open_onward((me, card), grantee, state, access, rng)?)
        } else {
            definition_keys.push(definition_key(state));
            None
        };
        grants.push(Grant {
            scope: state.scope,
            level: *level,
            transform,
            slice: held.and_then(|held| held.slice.clone()),
            group: None,
            from_epoch: held.map_or(0, |held| held.from_epoch),
        });
    }
    let note = AccessNote { name: terms.name.clone(), purpose: terms.purpose.clone(), definition_keys };
    let suite = strongest(suites).ok_or(Distrust::Malformed { what: "a grant of nothing" })?;
    let seal = |to: &VerifiedCards, rng: &mut _| {
        let place = note::NotePlace { suite, grantor: me.principal(), grantee: to.principal(), access };
        note::seal(&note, place, to.current(), rng)
            .map_err(|_| Distrust::Malformed { what: "the sealing key of a card" })
    };
    let statement = Access {
        suite,
        access,
        account: owner.principal(),
        grantor: me.principal(),
        by: Some(by.access),
        grantee: grantee.principal(),
        grantee_card: grantee.current_digest(),
        grants,
        valid_from: terms.valid_from,
        valid_until: terms.valid_until,
        terms: terms.terms,
        max_uses: None,
        note: seal(grantee, rng)?,
        owner_note: seal(owner, rng)?,
        signed_at: now,
    };
    let Parts { pre, lockboxes, shares, transforms } = parts;
    Ok(GrantAccess { statement: me.sign(&statement), link: None, pre, lockboxes, shares, transforms })
}

fn definition_key(state: &ScopeState) -> DefinitionKey {
    let known = &state.definition;
    let key = known.content_key.expose().to_vec().into();
    DefinitionKey { scope: state.scope, version: known.reference.version, key }
}

#[derive(Default)]
struct Parts {
    pre: Vec<ScopePre>,
    lockboxes: Vec<pryv_wire::scope::Lockbox>,
    shares: Vec<pryv_wire::scope::Share>,
    transforms: Vec<Transform>,
}

impl Parts {
    /// Adds what opens every epoch of one scope to the grantee; answers with the digest of the transform key.
    fn open_to(
        &mut self,
        me: &Identity,
        grantee: &VerifiedCards,
        state: &ScopeState,
        only: Option<&Beginning>,
        access: AccessId,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Digest, Failure> {
        let (secret, generation) = self.scope_key(me, grantee, state, rng)?;
        let reader = Reader { access, grantee: grantee.principal() };
        let mut epochs = Vec::new();
        match only {
            Some(begins) => {
                let lock = begins.new.lockbox.as_ref().map(|lockbox| &lockbox.owner_lock);
                epochs.push((&begins.statement, &begins.keys, lock));
            }
            None => {
                for (number, epoch) in &state.epochs {
                    epochs.push((&epoch.statement, &**state.keys_of(*number)?, epoch.lock.as_ref()));
                }
            }
        }
        for (statement, keys, lock) in epochs {
            let lock: LockKey = match lock {
                Some(wrapped) => me
                    .keyring()
                    .unwrap_lock(statement.suite, state.scope, statement.epoch, wrapped)
                    .map_err(|_| Distrust::WrongWrap { what: "the lock key of an epoch" })?,
                None => {
                    let (lockbox, lock) = lockbox(me, statement, keys, &secret, generation, rng)?;
                    self.lockboxes.push(lockbox);
                    lock
                }
            };
            self.shares.push(share(statement, &lock, reader, grantee.current(), rng)?);
        }
        let key = secret
            .transform_key(grantee.pre(secret.curve()), rng)
            .map_err(|_| Distrust::Malformed { what: "the re-encryption key of a card" })?
            .to_wire();
        let digest = Transform::digest(&key);
        self.transforms.push(Transform { access, scope: state.scope, generation, key });
        Ok(digest)
    }

    /// Adds what opens to the grantee every epoch of one scope that a manager reads: the lock keys of its shares, sealed
    /// once more, and a second transform, from the manager.
    fn open_onward(
        &mut self,
        (me, card): (&Identity, u32),
        grantee: &VerifiedCards,
        state: &ScopeState,
        access: AccessId,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Digest, Failure> {
        let reader = Reader { access, grantee: grantee.principal() };
        let mut curve = None;
        for (number, epoch) in &state.epochs {
            let held = state.locks.get(number).ok_or(LockReason::EpochNotHeld { epoch: *number })?;
            self.shares.push(share(&epoch.statement, &held.lock, reader, grantee.current(), rng)?);
            curve = Some(held.curve);
        }
        let curve = curve.ok_or(Distrust::Malformed { what: "a scope" })?;
        let key = me
            .transform_key(card, grantee.pre(curve), rng)
            .map_err(|_| Distrust::Malformed { what: "the re-encryption key of a card" })?
            .to_wire();
        let digest = Transform::digest(&key);
        // It leads on from the manager's own key, whatever the generation of the scope's pair.
        self.transforms.push(Transform { access, scope: state.scope, generation: 0, key });
        Ok(digest)
    }

    /// The scope's re-encryption key: the one it has, or a new one at its first grant.
    fn scope_key(
        &mut self,
        me: &Identity,
        grantee: &VerifiedCards,
        state: &ScopeState,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(PreSecret, u32), Failure> {
        if let Some(pre) = &state.pre {
            return Ok((present_pre(me, state, pre)?, pre.generation));
        }
        let suite = match state.present()?.statement.suite {
            // A group's own key leads on from the stronger curve, which serves the lighter suite as well.
            Suite::LIGHT if grantee.current().kind == PrincipalKind::Group => Suite::CLASSIC,
            suite => suite,
        };
        let (secret, pre) = scope_pre(me, state.scope, suite, 0, rng)?;
        self.pre.push(pre);
        Ok((secret, 0))
    }
}
