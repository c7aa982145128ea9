//! The keyring: what an owner keeps at the server under a key that only its account secret gives.
//!
//! ```text
//! The keyring key is that of the AEAD of the suite.
//!
//! wrap(keyring key, [ "epoch", suite, account, scope, epoch ], RK || U)
//! wrap(keyring key, [ "pre",   suite, account, scope, generation ], recrypt private key)
//! wrap(keyring key, [ "lock",  suite, account, scope, epoch ], lock key)
//! wrap(keyring key, [ "note",  suite, account, access ], padded note)
//! ```

use crate::{
    epoch::{EpochKeys, WrongKeys},
    lockbox::PreSecret,
    note::{self, NoteError},
    primitive::{Aead, AeadKey, NotOpened},
    secret::{LockKey, Secret},
    suite, wrap,
};
use pryv_proxy_crypto::UnknownSuite;
use pryv_wire::{AccessId, Bytes, PrincipalId, ScopeId, Suite, access::AccessNote, encode, scope::Epoch};
use rand_core::{CryptoRng, RngCore};
use std::fmt;

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
    aes: AeadKey,
    chacha: AeadKey,
}

impl Keyring {
    /// A keyring with one key for each AEAD: no key is used with two.
    pub(crate) fn new(account: PrincipalId, aes: &Secret<32>, chacha: &Secret<32>) -> Self {
        let (aes, chacha) = (AeadKey::new(aes), AeadKey::of(Aead::ChaCha20Poly1305, chacha));
        Self { account, aes, chacha }
    }

    fn key(&self, suite: Suite) -> Result<&AeadKey, UnwrapError> {
        Ok(match suite::of(suite).map_err(UnwrapError::Suite)?.aead {
            Aead::Aes256Gcm => &self.aes,
            Aead::ChaCha20Poly1305 => &self.chacha,
        })
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
        let place = self.epoch_place(epoch)?;
        let bytes = wrap::unwrap(self.key(epoch.suite)?, &place, wrap).map_err(UnwrapError::NotOpened)?;
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
        wrap::wrap(&self.aes, &self.note_place(access), &note::to_padded(note), rng).into()
    }

    /// Opens the owner's copy of an access's note.
    ///
    /// # Errors
    ///
    /// [`NoteError`] says what it is not.
    pub fn unwrap_note(&self, access: AccessId, wrap: &[u8]) -> Result<AccessNote, NoteError> {
        let padded = wrap::unwrap(&self.aes, &self.note_place(access), wrap).map_err(NoteError::NotOpened)?;
        note::from_padded(padded)
    }

    fn open(
        &self,
        label: &str,
        suite: Suite,
        scope: ScopeId,
        number: u32,
        wrap: &[u8],
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, UnwrapError> {
        let place = self.place(label, suite, scope, number);
        wrap::unwrap(self.key(suite)?, &place, wrap).map_err(UnwrapError::NotOpened)
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
