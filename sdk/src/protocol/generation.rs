//! New generations: another re-encryption key pair of a scope, with every lock 1 and every transform key made anew.

use super::{epoch::scope_pre, scope::ScopeState};
use crate::{distrust::Distrust, failure::Failure};
use pryv_crypto::{Identity, lockbox};
use pryv_proxy_crypto::{VerifiedCards, suite::known};
use pryv_wire::{
    AccessId, Digest, ScopeId, Suite, Timestamp,
    card::PrincipalKind,
    generation::{NewGeneration, NewLock, NewTransform, Rekey},
    scope::{ScopePre, Transform},
};
use rand::{CryptoRng, RngCore};
use std::sync::Arc;

/// Whether a scope whose pair is `pre` needs another one before its next epoch can be of a suite.
pub(crate) fn is_needed(pre: &ScopePre, suite: Suite) -> bool {
    let curve = |suite| known(suite).map(|known| known.curve).ok();
    curve(pre.suite) < curve(suite)
}

/// Who is given a transform key: the holder of an access of the owner's own.
pub(crate) struct Delegatee {
    /// The access.
    pub(crate) access: AccessId,
    /// The card that the access names. What its holder granted onwards leads on from that one's key, whatever cards followed.
    pub(crate) card: Digest,
    /// The cards of its holder.
    pub(crate) cards: Arc<VerifiedCards>,
}

/// Makes the next generation of a scope that has one, on the curve of a suite: about 20 ms for each epoch and 30 ms for each
/// reader on the 480-bit curve.
pub(crate) fn make(
    me: &Identity,
    state: &ScopeState,
    pre: &ScopePre,
    suite: Suite,
    readers: &[Delegatee],
    now: Timestamp,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<NewGeneration, Failure> {
    let next = pre.generation.checked_add(1);
    let generation = next.ok_or(Distrust::Malformed { what: "the number of a generation" })?;
    let to_group = |reader: &Delegatee| reader.cards.current().kind == PrincipalKind::Group;
    let suite = match suite {
        // A group's own key leads on from the stronger curve, which serves the lighter suite as well.
        Suite::LIGHT if readers.iter().any(to_group) => Suite::CLASSIC,
        suite => suite,
    };
    let (secret, pre) = scope_pre(me, state.scope, suite, generation, rng)?;
    let mut locks = Vec::with_capacity(state.epochs.len());
    for (number, epoch) in &state.epochs {
        let Some(wrapped) = &epoch.lock else { continue };
        let statement = &epoch.statement;
        let lock = me
            .keyring()
            .unwrap_lock(statement.suite, state.scope, *number, wrapped)
            .map_err(|_| Distrust::WrongWrap { what: "the lock key of an epoch" })?;
        let made = lockbox::seal_anew(statement, state.keys_of(*number)?, &secret, lock, rng)
            .map_err(|_| Distrust::WrongKeys { epoch: *number })?;
        locks.push(NewLock { epoch: *number, capsule: made.capsule, sealed: made.sealed });
    }
    let mut transforms = Vec::with_capacity(readers.len());
    for Delegatee { access, card, cards } in readers {
        let unusable = Distrust::Malformed { what: "the re-encryption key of a card" };
        let to = cards.pre_of(*card, secret.curve()).ok_or(unusable.clone())?;
        let key = secret.transform_key(&to, rng).map_err(|_| unusable)?.to_wire();
        transforms.push(transform(me, *access, state.scope, generation, key, now));
    }
    Ok(NewGeneration { pre, locks, transforms })
}

fn transform(
    me: &Identity,
    access: AccessId,
    scope: ScopeId,
    generation: u32,
    key: pryv_wire::Bytes,
    now: Timestamp,
) -> NewTransform {
    let rekey = Rekey {
        account: me.principal(),
        access,
        scope,
        generation,
        transform: Transform::digest(&key),
        signed_at: now,
    };
    NewTransform { statement: me.sign(&rekey), key }
}
