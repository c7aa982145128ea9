//! Lockboxes: two locks on the keys of an epoch, for grantees.
//!
//! ```text
//! P     = random plaintext of recrypt
//! K     = 32 random bytes (the lock key)
//! place = CBOR [ suite, account, scope, epoch, key id ]
//! capsule = recrypt.encrypt(scope's re-encryption public key, P)                              lock 1
//! share = HPKE-Seal(grantee's sealing key, "pryv share",
//!                   CBOR [ suite, account, scope, epoch, access, grantee ], K)                lock 2
//! box key = HKDF-Expand(HKDF-Extract("pryv lockbox", SHA-256(P) || K), place, 32)
//! sealed  = AES-256-GCM(box key, 0^96, RK || U, place)
//! ```
//!
//! Lock 1 is the server's: without its transform key the capsule does not open. Lock 2 is cryptography's: `K` of a later
//! epoch is not sealed to who was revoked. The box key is used once, hence the zero nonce. After opening, the keys are
//! checked against the signed epoch, which commits to them.

use crate::{
    epoch::{EpochKeys, WrongKeys},
    identity::Identity,
    primitive::{
        AeadKey, NONCE, NotOpened, UnusableKey, hkdf_expand, hkdf_extract, hpke_open, hpke_seal,
        leaving_no_trace,
    },
    secret::{LockKey, Secret},
};
use pryv_proxy_crypto::{
    UnknownSuite, check_suite,
    pre::{Capsule, InvalidPre, PrePublicKey, TransformKey, seam},
};
use pryv_wire::{AccessId, Bytes, PrincipalId, bytes::SealingPublicKey, encode, scope::Epoch};
use rand_core::{CryptoRng, RngCore};
use recrypt::api_480::{CryptoOps, Ed25519Ops, KeyGenOps, Plaintext, PrivateKey};
use std::fmt;
use zeroize::Zeroize;

const SHARE: &[u8] = b"pryv share";

/// A private key that has no public key: zero, which happens once in 2^480.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the re-encryption private key is zero")]
pub struct DegenerateKey;

/// A private key of proxy re-encryption: of a scope, or of a principal.
///
/// It always comes with the public key that it gives, so that no public key need be taken from a server.
pub struct PreSecret {
    secret: Secret<{ Self::LENGTH }>,
    public: PrePublicKey,
}

impl PreSecret {
    /// Length in bytes.
    pub const LENGTH: usize = 60;

    /// Makes a key pair, for a scope that is granted for the first time.
    ///
    /// # Errors
    ///
    /// [`DegenerateKey`]: draw again.
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Result<Self, DegenerateKey> {
        Self::new(Secret::random(rng))
    }

    pub(crate) fn new(secret: Secret<{ Self::LENGTH }>) -> Result<Self, DegenerateKey> {
        let public =
            leaving_no_trace(|| seam::without_randomness().compute_public_key(&private_key(&secret)))
                .map_err(|_| DegenerateKey)?;
        Ok(Self { public: seam::from_public_key(&public), secret })
    }

    /// The public key.
    #[must_use]
    pub const fn public(&self) -> &PrePublicKey {
        &self.public
    }

    /// Makes the transform key from this scope to a grantee; about 30 ms.
    ///
    /// # Errors
    ///
    /// [`InvalidPre`] if the grantee's key is none; not for one that was parsed.
    pub fn transform_key(
        &self,
        to: &PrePublicKey,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<TransformKey, InvalidPre> {
        self.transform_key_with(to, &seam::generator(rng))
    }

    fn transform_key_with(
        &self,
        to: &PrePublicKey,
        recrypt: &seam::Generator,
    ) -> Result<TransformKey, InvalidPre> {
        let to = seam::public_key(to)?;
        let signer = recrypt.generate_ed25519_key_pair();
        let key =
            leaving_no_trace(|| recrypt.generate_transform_key(&private_key(&self.secret), &to, &signer))
                .map_err(|_| InvalidPre::NotOnCurve)?;
        Ok(seam::from_transform_key(&key))
    }

    pub(crate) const fn expose(&self) -> &[u8; Self::LENGTH] {
        self.secret.expose()
    }

    /// Opens a capsule that was encrypted or transformed to this key.
    fn open(&self, capsule: &Capsule) -> Result<Plaintext, CapsuleNotOpened> {
        let value = seam::capsule(capsule).map_err(|_| CapsuleNotOpened)?;
        leaving_no_trace(|| seam::without_randomness().decrypt(value, &private_key(&self.secret)))
            .map_err(|_| CapsuleNotOpened)
    }
}

impl fmt::Debug for PreSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PreSecret(..)")
    }
}

/// A capsule that was not transformed to this reader by the right transform key, or was damaged.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the capsule was not transformed for this reader by the right key")]
pub struct CapsuleNotOpened;

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

/// Puts the keys of an epoch under two new locks; about 20 ms.
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
    seal_with(epoch, keys, scope_key, lock, &seam::generator(rng))
}

fn seal_with(
    epoch: &Epoch,
    keys: &EpochKeys,
    scope_key: &PreSecret,
    lock: LockKey,
    recrypt: &seam::Generator,
) -> Result<NewLockbox, SealLockboxError> {
    keys.check(epoch).map_err(SealLockboxError::WrongKeys)?;
    let to = seam::public_key(scope_key.public()).map_err(SealLockboxError::Pre)?;
    let plaintext = recrypt.gen_plaintext();
    let signer = recrypt.generate_ed25519_key_pair();
    let capsule = recrypt
        .encrypt(&plaintext, &to, &signer)
        .map_err(|_| SealLockboxError::Pre(InvalidPre::NotOnCurve))?;
    let place = place(epoch);
    let mut sealed = Vec::with_capacity(EpochKeys::LENGTH + 16);
    sealed.extend_from_slice(&keys.to_bytes());
    box_key(&plaintext, &lock, &place).seal(&[0; NONCE], &place, &mut sealed);
    Ok(NewLockbox { capsule: seam::from_capsule(&capsule).to_wire(), sealed: sealed.into(), lock })
}

/// Seals the lock key of an epoch to one grantee.
///
/// # Errors
///
/// [`UnusableKey`] if nothing can be sealed to the grantee's key.
pub fn share(
    epoch: &Epoch,
    lock: &LockKey,
    access: AccessId,
    grantee: PrincipalId,
    to: &SealingPublicKey,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Bytes, UnusableKey> {
    hpke_seal(to, SHARE, &share_place(epoch, access, grantee), lock.expose(), rng).map(Bytes::from)
}

/// Opens the keys of an epoch as a grantee; about 45 ms. `epoch` was verified under the owner's card.
///
/// # Errors
///
/// [`OpenLockboxError`] says which lock did not open, or that the keys are not those that the owner signed.
pub fn open(
    grantee: &Identity,
    epoch: &Epoch,
    access: AccessId,
    capsule: &[u8],
    share: &[u8],
    sealed: &[u8],
) -> Result<EpochKeys, OpenLockboxError> {
    check_suite(epoch.suite).map_err(OpenLockboxError::Suite)?;
    let share_place = share_place(epoch, access, grantee.principal());
    // The share first: it costs a five-hundredth of the capsule.
    let lock = hpke_open(grantee.sealing_secret(), SHARE, &share_place, share)
        .map_err(OpenLockboxError::Share)
        .and_then(|bytes| LockKey::from_slice(&bytes).ok_or(OpenLockboxError::Share(NotOpened)))?;
    let capsule = Capsule::parse(capsule).map_err(OpenLockboxError::InvalidCapsule)?;
    let plaintext = grantee.pre_secret().open(&capsule).map_err(OpenLockboxError::Capsule)?;
    let place = place(epoch);
    let bytes = box_key(&plaintext, &lock, &place)
        .open(&[0; NONCE], &place, sealed)
        .map_err(OpenLockboxError::Sealed)?;
    let keys = EpochKeys::from_slice(&bytes).ok_or(OpenLockboxError::Sealed(NotOpened))?;
    keys.check(epoch).map_err(OpenLockboxError::WrongKeys)?;
    Ok(keys)
}

fn place(epoch: &Epoch) -> Vec<u8> {
    encode(&(epoch.suite, epoch.account, epoch.scope, epoch.epoch, epoch.key))
}

fn share_place(epoch: &Epoch, access: AccessId, grantee: PrincipalId) -> Vec<u8> {
    encode(&(epoch.suite, epoch.account, epoch.scope, epoch.epoch, access, grantee))
}

fn box_key(plaintext: &Plaintext, lock: &LockKey, place: &[u8]) -> AeadKey {
    let derived = seam::without_randomness().derive_symmetric_key(plaintext);
    let both = Secret::<64>::filled(|bytes| {
        let (left, right) = bytes.split_at_mut(32);
        left.copy_from_slice(derived.bytes());
        right.copy_from_slice(lock.expose());
    });
    // `recrypt` does not wipe the hash that it gives.
    let mut derived: [u8; 32] = derived.into();
    derived.zeroize();
    AeadKey::new(&hkdf_expand(&hkdf_extract(b"pryv lockbox", both.expose()), place))
}

fn private_key(secret: &Secret<{ PreSecret::LENGTH }>) -> PrivateKey {
    PrivateKey::new(*secret.expose())
}

#[cfg(test)]
mod tests;
