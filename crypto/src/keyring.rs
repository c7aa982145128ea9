//! The keyring: what an owner keeps at the server under a key that only its account secret gives.
//!
//! ```text
//! The keyring key is that of the AEAD of the suite.
//!
//! wrap(keyring key, [ "epoch", suite, account, scope, epoch ], RK || U)
//! wrap(keyring key, [ "pre",   suite, account, scope, generation ], recrypt private key)
//! wrap(keyring key, [ "lock",  suite, account, scope, epoch ], lock key)
//! wrap(keyring key, [ "note",  suite, account, access ], padded note)
//! wrap(keyring key, [ "device name", suite, account, device ], padded name)
//! ```
//!
//! After a rotation the present keyring key wraps, and the earlier ones still open.

use crate::{
    epoch::{EpochKeys, WrongKeys},
    lockbox::PreSecret,
    note::{self, NoteError},
    padding::{self, NOTE_FLOOR},
    primitive::{Aead, AeadKey, NotOpened},
    secret::{LockKey, Secret},
    suite, wrap,
};
use pryv_proxy_crypto::UnknownSuite;
use pryv_wire::{
    AccessId, Bytes, DeviceId, PrincipalId, ScopeId, Suite, access::AccessNote, encode, scope::Epoch,
};
use rand_core::{CryptoRng, RngCore};
use std::fmt;
use zeroize::Zeroizing;

/// Why a wrap gave nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UnwrapError {
    /// The wrap is not one of this account in this place: another account's, another scope's, an older one, or damaged.
    #[error("the wrap does not open in its place")]
    NotOpened(#[source] NotOpened),
    /// The wrap opens, but holds something that is no key of this kind.
    #[error("the wrap holds no key of this kind")]
    Content,
    /// The wrap opens, but holds other keys than the owner signed for this epoch.
    #[error("the wrap holds other keys than the signed epoch")]
    WrongKeys(#[source] WrongKeys),
    /// The suite is not known here.
    #[error("the wrap cannot be opened")]
    Suite(#[source] UnknownSuite),
    /// The epoch belongs to another account.
    #[error("the epoch belongs to another account")]
    ForeignEpoch,
}

/// Wraps and opens what an owner keeps.
pub struct Keyring {
    account: PrincipalId,
    /// Those of the present account secret first, then those of earlier ones, newest first: they open, and wrap nothing.
    keys: Vec<Pair>,
}

/// One key for each AEAD: no key is used with two.
struct Pair {
    aes: AeadKey,
    chacha: AeadKey,
}

impl Pair {
    const fn of(&self, aead: Aead) -> &AeadKey {
        match aead {
            Aead::Aes256Gcm => &self.aes,
            Aead::ChaCha20Poly1305 => &self.chacha,
        }
    }
}

impl Keyring {
    /// A keyring of the present secret's keys and of those of earlier ones, newest first.
    pub(crate) fn new<'a>(
        account: PrincipalId,
        keys: impl Iterator<Item = (&'a Secret<32>, &'a Secret<32>)>,
    ) -> Self {
        let pair = |(aes, chacha)| Pair {
            aes: AeadKey::new(aes),
            chacha: AeadKey::of(Aead::ChaCha20Poly1305, chacha),
        };
        Self { account, keys: keys.map(pair).collect() }
    }

    /// The present key of a suite's AEAD.
    fn key(&self, suite: Suite) -> Result<&AeadKey, UnwrapError> {
        let aead = suite::of(suite).map_err(UnwrapError::Suite)?.aead;
        self.keys.first().map(|pair| pair.of(aead)).ok_or(UnwrapError::Content)
    }

    /// Wraps what only the owner reads under the present key of suite 1.
    fn wrap_own(&self, place: &[u8], secret: &[u8], rng: &mut (impl RngCore + CryptoRng)) -> Bytes {
        // There is a present key: an identity makes its keyring with one.
        self.keys.first().map(|pair| wrap::wrap(&pair.aes, place, secret, rng)).unwrap_or_default().into()
    }

    fn unwrap(&self, suite: Suite, place: &[u8], wrap: &[u8]) -> Result<Zeroizing<Vec<u8>>, UnwrapError> {
        let aead = suite::of(suite).map_err(UnwrapError::Suite)?.aead;
        self.unwrap_by(aead, place, wrap).map_err(UnwrapError::NotOpened)
    }

    fn unwrap_by(&self, aead: Aead, place: &[u8], wrap: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
        self.keys.iter().find_map(|pair| wrap::unwrap(pair.of(aead), place, wrap).ok()).ok_or(NotOpened)
    }

    /// Wraps the keys of an epoch.
    ///
    /// # Errors
    ///
    /// [`UnwrapError`] if the statement is not about these keys or not of this account: what could not be opened again is
    /// not made.
    pub fn wrap_epoch(
        &self,
        epoch: &Epoch,
        keys: &EpochKeys,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Bytes, UnwrapError> {
        keys.check(epoch).map_err(UnwrapError::WrongKeys)?;
        let place = self.epoch_place(epoch)?;
        Ok(wrap::wrap(self.key(epoch.suite)?, &place, &keys.to_bytes(), rng).into())
    }

    /// Opens the keys of an epoch whose statement was verified, and checks that they are the ones it commits to.
    ///
    /// # Errors
    ///
    /// [`UnwrapError`] says what the wrap is not.
    pub fn unwrap_epoch(&self, epoch: &Epoch, wrap: &[u8]) -> Result<EpochKeys, UnwrapError> {
        let algorithms = suite::of(epoch.suite).map_err(UnwrapError::Suite)?;
        let bytes = self.unwrap(epoch.suite, &self.epoch_place(epoch)?, wrap)?;
        let keys = EpochKeys::from_slice(algorithms, &bytes).ok_or(UnwrapError::Content)?;
        keys.check(epoch).map_err(UnwrapError::WrongKeys)?;
        Ok(keys)
    }

    fn epoch_place(&self, epoch: &Epoch) -> Result<Vec<u8>, UnwrapError> {
        if epoch.account != self.account {
            return Err(UnwrapError::ForeignEpoch);
        }
        Ok(self.place("epoch", epoch.suite, epoch.scope, epoch.epoch))
    }

    /// Wraps the re-encryption private key that a scope has for a suite.
    ///
    /// # Errors
    ///
    /// [`UnwrapError`] if the key is not of the suite's curve.
    pub fn wrap_pre(
        &self,
        suite: Suite,
        scope: ScopeId,
        generation: u32,
        secret: &PreSecret,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Bytes, UnwrapError> {
        if suite::of(suite).map_err(UnwrapError::Suite)?.curve != secret.curve() {
            return Err(UnwrapError::Content);
        }
        let place = self.place("pre", suite, scope, generation);
        Ok(wrap::wrap(self.key(suite)?, &place, secret.expose(), rng).into())
    }

    /// Opens the re-encryption private key that a scope has for a suite. Its public key comes out of it, never from a
    /// server.
    ///
    /// # Errors
    ///
    /// [`UnwrapError`] says what the wrap is not.
    pub fn unwrap_pre(
        &self,
        suite: Suite,
        scope: ScopeId,
        generation: u32,
        wrap: &[u8],
    ) -> Result<PreSecret, UnwrapError> {
        let curve = suite::of(suite).map_err(UnwrapError::Suite)?.curve;
        let bytes = self.open("pre", suite, scope, generation, wrap)?;
        PreSecret::from_slice(curve, &bytes).map_err(|_| UnwrapError::Content)
    }

    /// Whether the wrap of a re-encryption private key was made under the secret of a card of this number or of a later one.
    #[must_use]
    pub fn is_pre_since(
        &self,
        card: u32,
        suite: Suite,
        scope: ScopeId,
        generation: u32,
        wrap: &[u8],
    ) -> bool {
        let Ok(algorithms) = suite::of(suite) else { return false };
        let place = self.place("pre", suite, scope, generation);
        let later = self.keys.len().saturating_sub(usize::try_from(card).unwrap_or(usize::MAX));
        let mut keys = self.keys.iter().take(later);
        keys.any(|pair| wrap::unwrap(pair.of(algorithms.aead), &place, wrap).is_ok())
    }

    /// Wraps the lock key of an epoch of a suite.
    ///
    /// # Errors
    ///
    /// [`UnwrapError::Suite`] if the suite is not known.
    pub fn wrap_lock(
        &self,
        suite: Suite,
        scope: ScopeId,
        epoch: u32,
        lock: &LockKey,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Bytes, UnwrapError> {
        let place = self.place("lock", suite, scope, epoch);
        Ok(wrap::wrap(self.key(suite)?, &place, lock.expose(), rng).into())
    }

    /// Opens the lock key of an epoch of a suite.
    ///
    /// # Errors
    ///
    /// [`UnwrapError`] says what the wrap is not.
    pub fn unwrap_lock(
        &self,
        suite: Suite,
        scope: ScopeId,
        epoch: u32,
        wrap: &[u8],
    ) -> Result<LockKey, UnwrapError> {
        let bytes = self.open("lock", suite, scope, epoch, wrap)?;
        LockKey::from_slice(&bytes).ok_or(UnwrapError::Content)
    }

    /// Wraps the owner's copy of an access's note.
    #[must_use]
    pub fn wrap_note(
        &self,
        access: AccessId,
        note: &AccessNote,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Bytes {
        self.wrap_own(&self.note_place(access), &note::to_padded(note), rng)
    }

    /// Opens the owner's copy of an access's note.
    ///
    /// # Errors
    ///
    /// [`NoteError`] says what it is not.
    pub fn unwrap_note(&self, access: AccessId, wrap: &[u8]) -> Result<AccessNote, NoteError> {
        let padded =
            self.unwrap_by(Aead::Aes256Gcm, &self.note_place(access), wrap).map_err(NoteError::NotOpened)?;
        note::from_padded(padded)
    }

    /// Wraps the name of a device.
    #[must_use]
    pub fn wrap_device_name(
        &self,
        device: DeviceId,
        name: &str,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Bytes {
        let mut padded = Zeroizing::new(name.as_bytes().to_vec());
        padding::pad(&mut padded, NOTE_FLOOR);
        self.wrap_own(&self.device_place(device), &padded, rng)
    }

    /// Opens the name of a device; none if it does not open, or is no text.
    #[must_use]
    pub fn unwrap_device_name(&self, device: DeviceId, wrap: &[u8]) -> Option<String> {
        let mut padded = self.unwrap_by(Aead::Aes256Gcm, &self.device_place(device), wrap).ok()?;
        padding::unpad(&mut padded, NOTE_FLOOR).ok()?;
        std::str::from_utf8(&padded).ok().map(str::to_owned)
    }

    fn device_place(&self, device: DeviceId) -> Vec<u8> {
        encode(&("device name", Suite::CLASSIC, self.account, device))
    }

    fn open(
        &self,
        label: &str,
        suite: Suite,
        scope: ScopeId,
        number: u32,
        wrap: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, UnwrapError> {
        self.unwrap(suite, &self.place(label, suite, scope, number), wrap)
    }

    fn place(&self, label: &str, suite: Suite, scope: ScopeId, number: u32) -> Vec<u8> {
        encode(&(label, suite, self.account, scope, number))
    }

    fn note_place(&self, access: AccessId) -> Vec<u8> {
        encode(&("note", Suite::CLASSIC, self.account, access))
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("account", &self.account).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
