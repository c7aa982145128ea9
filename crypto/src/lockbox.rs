//! Lockboxes: two locks on the keys of an epoch, for grantees.
//!
//! ```text
//! P     = random plaintext of recrypt
//! K     = 32 random bytes (the lock key)
//! place = CBOR [ suite, account, scope, epoch, key id ]
//! capsule = recrypt.encrypt(scope's re-encryption public key, P)                              lock 1
//! share = Seal(grantee's sealing key, "pryv share",
//!                   CBOR [ suite, account, scope, epoch, access, grantee ], K)                lock 2
//! box key = HKDF-Expand(HKDF-Extract("pryv lockbox", SHA-256(P) || K), place, 32)
//! sealed  = AEAD(box key, 0^96, RK || U, place)
//! ```
//!
//! Lock 1 is the server's: without its transform key the capsule does not open. Lock 2 is cryptography's: `K` of a later
//! epoch is not sealed to who was revoked. The box key is used once, hence the zero nonce. After opening, the keys are
//! checked against the signed epoch, which commits to them.

pub use crate::pre::{CapsuleNotOpened, DegenerateKey, PreSecret};

use crate::{
    epoch::{EpochKeys, WrongKeys},
    grantee::Grantee,
    pre,
    primitive::{AeadKey, NONCE, NotOpened, UnusableKey, hkdf_expand, hkdf_extract},
    secret::{LockKey, Secret},
    suite::{self, Algorithms},
};
use pryv_proxy_crypto::{
    UnknownSuite,
    pre::{Capsule, Curve, InvalidPre},
};
use pryv_wire::{AccessId, Bytes, PrincipalId, card::Card, encode, scope::Epoch};
use rand_core::{CryptoRng, RngCore};

const SHARE: &[u8] = b"pryv share";

/// Why a lockbox was not made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SealLockboxError {
    /// The statement is not about these keys.
    #[error("the keys are not those of the epoch")]
    WrongKeys(#[source] WrongKeys),
    /// The scope's re-encryption key is none.
    #[error("the scope's re-encryption key is not valid")]
    Pre(#[source] InvalidPre),
    /// The scope's re-encryption key is of a weaker curve than the suite of the epoch.
    #[error("the scope's re-encryption key is of a weaker curve than the epoch")]
    Curve,
}

/// Why a lockbox was not opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenLockboxError {
    /// The epoch is of a suite that is not known here.
    #[error("the epoch cannot be read")]
    Suite(#[source] UnknownSuite),
    /// Lock 2: the share is not this grantee's for this access and epoch, or was damaged.
    #[error("the share of the lock key does not open")]
    Share(#[source] NotOpened),
    /// Lock 1: the capsule is no capsule.
    #[error("the capsule is not valid")]
    InvalidCapsule(#[source] InvalidPre),
    /// Lock 1: the capsule is of a weaker curve than the suite of the epoch.
    #[error("the capsule is of a weaker curve than the epoch")]
    WeakCapsule,
    /// Lock 1: the capsule does not open.
    #[error("the capsule does not open")]
    Capsule(#[source] CapsuleNotOpened),
    /// Both locks open, but the box is not of this pair and this epoch, or was damaged.
    #[error("the box does not open with its two locks")]
    Sealed(#[source] NotOpened),
    /// The box holds other keys than the owner signed for the epoch.
    #[error("the box holds other keys than the signed epoch")]
    WrongKeys(#[source] WrongKeys),
}

/// A new lockbox, with the lock key to be shared.
#[derive(Debug)]
pub struct NewLockbox {
    /// Lock 1.
    pub capsule: Bytes,
    /// The epoch's keys under both locks.
    pub sealed: Bytes,
    /// Lock 2: wrapped for the owner, shared with each grantee.
    pub lock: LockKey,
}

/// Whether a curve is strong enough for an epoch: that of its suite, or a stronger one, on which the lockboxes of earlier
/// epochs are when a scope went to a stronger suite.
fn suffices(curve: Curve, algorithms: &Algorithms) -> bool {
    curve >= algorithms.curve
}

/// Puts the keys of an epoch under two new locks; about 20 ms on the 480-bit curve.
///
/// # Errors
///
/// [`SealLockboxError`] if the statement is not about these keys.
pub fn seal(
    epoch: &Epoch,
    keys: &EpochKeys,
    scope_key: &PreSecret,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<NewLockbox, SealLockboxError> {
    let lock = LockKey::generate(rng);
    seal_anew(epoch, keys, scope_key, lock, rng)
}

/// Puts the keys of an epoch under a new lock 1, with the lock key that was shared: for a new re-encryption key pair of
/// the scope. The shares stay.
///
/// # Errors
///
/// [`SealLockboxError`] if the statement is not about these keys.
pub fn seal_anew(
    epoch: &Epoch,
    keys: &EpochKeys,
    scope_key: &PreSecret,
    lock: LockKey,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<NewLockbox, SealLockboxError> {
    keys.check(epoch).map_err(SealLockboxError::WrongKeys)?;
    let algorithms = keys.algorithms();
    if !suffices(scope_key.curve(), algorithms) {
        return Err(SealLockboxError::Curve);
    }
    let (capsule, derived) = pre::encapsulate(scope_key.public(), rng).map_err(SealLockboxError::Pre)?;
    let place = place(epoch);
    let mut sealed = Vec::with_capacity(EpochKeys::LENGTH + 16);
    sealed.extend_from_slice(&keys.to_bytes());
    box_key(algorithms, &derived, &lock, &place).seal(&[0; NONCE], &place, &mut sealed);
    Ok(NewLockbox { capsule: capsule.to_wire(), sealed: sealed.into(), lock })
}

/// Seals the lock key of an epoch to one grantee, with the suite of the epoch.
///
/// # Errors
///
/// [`UnusableKey`] if nothing can be sealed to the grantee's card in this suite.
pub fn share(
    epoch: &Epoch,
    lock: &LockKey,
    access: AccessId,
    grantee: PrincipalId,
    to: &Card,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Bytes, UnusableKey> {
    let algorithms = suite::of(epoch.suite).map_err(|_| UnusableKey)?;
    let place = share_place(epoch, access, grantee);
    algorithms.seal(algorithms.sealing_key(to), SHARE, &place, lock.expose(), rng).map(Bytes::from)
}

/// Opens the keys of an epoch as a grantee; about 45 ms on the 480-bit curve. `epoch` was verified under the owner's card.
///
/// # Errors
///
/// [`OpenLockboxError`] says which lock did not open, or that the keys are not those that the owner signed.
pub fn open<'a>(
    grantee: impl Into<Grantee<'a>>,
    epoch: &Epoch,
    access: AccessId,
    capsule: &[u8],
    share: &[u8],
    sealed: &[u8],
) -> Result<EpochKeys, OpenLockboxError> {
    let grantee = grantee.into();
    let algorithms = suite::of(epoch.suite).map_err(OpenLockboxError::Suite)?;
    // The share first: it costs a five-hundredth of the capsule.
    let lock = lock_of(grantee, epoch, access, share)?;
    let capsule = Capsule::parse(capsule).map_err(OpenLockboxError::InvalidCapsule)?;
    if !suffices(capsule.curve(), algorithms) {
        return Err(OpenLockboxError::WeakCapsule);
    }
    let derived = grantee.decapsulate(&capsule).map_err(OpenLockboxError::Capsule)?;
    let place = place(epoch);
    let bytes = box_key(algorithms, &derived, &lock, &place)
        .open(&[0; NONCE], &place, sealed)
        .map_err(OpenLockboxError::Sealed)?;
    let keys = EpochKeys::from_slice(algorithms, &bytes).ok_or(OpenLockboxError::Sealed(NotOpened))?;
    keys.check(epoch).map_err(OpenLockboxError::WrongKeys)?;
    Ok(keys)
}

/// Opens the lock key in a share: for a manager, who seals it to whom it grants onwards.
///
/// # Errors
///
/// [`OpenLockboxError::Share`] if the share is not this grantee's for this access and epoch.
pub fn lock_of<'a>(
    grantee: impl Into<Grantee<'a>>,
    epoch: &Epoch,
    access: AccessId,
    share: &[u8],
) -> Result<LockKey, OpenLockboxError> {
    let grantee = grantee.into();
    let algorithms = suite::of(epoch.suite).map_err(OpenLockboxError::Suite)?;
    let place = share_place(epoch, access, grantee.principal());
    grantee
        .unseal(algorithms.sealing, |key| algorithms.open(key, SHARE, &place, share))
        .map_err(OpenLockboxError::Share)
        .and_then(|bytes| LockKey::from_slice(&bytes).ok_or(OpenLockboxError::Share(NotOpened)))
}

fn place(epoch: &Epoch) -> Vec<u8> {
    encode(&(epoch.suite, epoch.account, epoch.scope, epoch.epoch, epoch.key))
}

fn share_place(epoch: &Epoch, access: AccessId, grantee: PrincipalId) -> Vec<u8> {
    encode(&(epoch.suite, epoch.account, epoch.scope, epoch.epoch, access, grantee))
}

fn box_key(algorithms: &Algorithms, derived: &Secret<32>, lock: &LockKey, place: &[u8]) -> AeadKey {
    let both = Secret::<64>::filled(|bytes| {
        let (left, right) = bytes.split_at_mut(32);
        left.copy_from_slice(derived.expose());
        right.copy_from_slice(lock.expose());
    });
    algorithms.aead_key(&hkdf_expand(&hkdf_extract(b"pryv lockbox", both.expose()), place))
}

#[cfg(test)]
mod tests;
