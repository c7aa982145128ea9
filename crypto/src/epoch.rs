//! Epoch keys: what opens, finds and receives the records of one epoch of a scope.
//!
//! ```text
//! RK, U = 32 random bytes each; U stays the same through all epochs of a scope
//! PRK = HKDF-Extract("pryv epoch", RK || U)
//! HKDF-Expand(PRK, "wrap", 32)      AEAD key: wraps content keys
//! HKDF-Expand(PRK, "index", 32)     keys of equality tokens
//! HKDF-Expand(PRK, "deposit", 32)   X25519 private key: opens what writers without the right to read seal
//! HKDF-Expand(PRK, "deposit hybrid", 32)   the same in suite 2: X-Wing private key
//! HKDF-Expand(PRK, "link", 32)      AES-256-GCM key: what an epoch of a slice opens of other scopes
//! HKDF-Expand(PRK, "definition", 32) and the roots of branches: see `branch`
//! HKDF-Expand(PRK, "key id", 16)    key id: commits to RK and U
//! HKDF-Extract("pryv unique", U)    keys of unique tokens
//! ```

use crate::{
    primitive::{AeadKey, hkdf_expand, hkdf_extract},
    secret::Secret,
    suite::{self, Algorithms},
};
use pryv_proxy_crypto::{UnknownSuite, sealing::Sealing};
use pryv_wire::{Bytes, KeyId, PrincipalId, ScopeId, Suite, Timestamp, scope::Epoch};
use rand_core::{CryptoRng, RngCore};
use std::fmt;
use zeroize::Zeroizing;

/// Keys that are not those of the signed epoch.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WrongKeys {
    /// The epoch is of a suite that is not known here.
    #[error("the epoch cannot be used")]
    Suite(#[source] UnknownSuite),
    /// The suite, the key id or the deposit key of the signed epoch belongs to other keys.
    #[error("the keys are not those that the signed epoch commits to")]
    Commitment,
}

/// The keys of one epoch of a scope, with everything derived from them kept ready.
pub struct EpochKeys {
    algorithms: &'static Algorithms,
    root: Secret<32>,
    unique: Secret<32>,
    prk: Secret<32>,
    id: KeyId,
    wrap: AeadKey,
    deposit: Secret<32>,
    deposit_public: Bytes,
    index: Secret<32>,
    unique_prk: Secret<32>,
}

impl EpochKeys {
    /// Length of the form in which the keys travel, wrapped: RK, then U.
    pub const LENGTH: usize = 64;

    /// Makes the keys of a scope's first epoch, in suite 1.
    #[must_use]
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self::draw(suite::classic(), rng)
    }

    /// Makes the keys of a scope's first epoch.
    ///
    /// # Errors
    ///
    /// [`UnknownSuite`] if the suite is not one of this version.
    pub fn generate_in(suite: Suite, rng: &mut (impl RngCore + CryptoRng)) -> Result<Self, UnknownSuite> {
        Ok(Self::draw(suite::of(suite)?, rng))
    }

    fn draw(algorithms: &'static Algorithms, rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let root = Secret::random(rng);
        Self::derive(algorithms, root, Secret::random(rng))
    }

    /// Makes the keys of the epoch after this one, in the same suite. The key of unique tokens stays, so that uniqueness
    /// holds across epochs.
    #[must_use]
    pub fn next(&self, rng: &mut (impl RngCore + CryptoRng)) -> Self {
        self.following(self.algorithms, rng)
    }

    /// As [`EpochKeys::next`], in another suite.
    ///
    /// # Errors
    ///
    /// [`UnknownSuite`] if the suite is not one of this version.
    pub fn next_in(&self, suite: Suite, rng: &mut (impl RngCore + CryptoRng)) -> Result<Self, UnknownSuite> {
        Ok(self.following(suite::of(suite)?, rng))
    }

    fn following(&self, algorithms: &'static Algorithms, rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let root = Secret::random(rng);
        Self::derive(algorithms, root, Secret::filled(|bytes| bytes.copy_from_slice(self.unique.expose())))
    }

    /// Reads the form in which the keys travel; absent if the length is wrong.
    pub(crate) fn from_slice(algorithms: &'static Algorithms, bytes: &[u8]) -> Option<Self> {
        let (root, unique) = bytes.split_first_chunk::<32>()?;
        Some(Self::derive(algorithms, Secret::from_slice(root)?, Secret::from_slice(unique)?))
    }

    /// The form in which the keys travel.
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(Self::LENGTH));
        bytes.extend_from_slice(self.root.expose());
        bytes.extend_from_slice(self.unique.expose());
        bytes
    }

    fn derive(algorithms: &'static Algorithms, root: Secret<32>, unique: Secret<32>) -> Self {
        let both = Secret::<64>::filled(|bytes| {
            let (left, right) = bytes.split_at_mut(32);
            left.copy_from_slice(root.expose());
            right.copy_from_slice(unique.expose());
        });
        let prk = hkdf_extract(b"pryv epoch", both.expose());
        let deposit = match algorithms.sealing {
            Sealing::XWing => hkdf_expand(&prk, b"deposit hybrid"),
            _ => hkdf_expand(&prk, b"deposit"),
        };
        Self {
            algorithms,
            id: KeyId::from_bytes(*hkdf_expand(&prk, b"key id").expose()),
            wrap: algorithms.aead_key(&hkdf_expand(&prk, b"wrap")),
            deposit_public: algorithms.sealing_public(&deposit).into(),
            deposit,
            index: hkdf_expand(&prk, b"index"),
            unique_prk: hkdf_extract(b"pryv unique", unique.expose()),
            prk,
            root,
            unique,
        }
    }

    /// Names the keys and commits to them.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The suite of the keys.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.algorithms.suite
    }

    pub(crate) const fn algorithms(&self) -> &'static Algorithms {
        self.algorithms
    }

    /// Writers without the right to read seal content keys to this.
    #[must_use]
    pub const fn deposit(&self) -> &Bytes {
        &self.deposit_public
    }

    /// The statement of an epoch with these keys, for the owner to sign.
    #[must_use]
    pub fn statement(
        &self,
        account: PrincipalId,
        scope: ScopeId,
        epoch: u32,
        started_at: Timestamp,
    ) -> Epoch {
        Epoch {
            suite: self.suite(),
            account,
            scope,
            epoch,
            key: self.id,
            deposit: self.deposit_public.clone(),
            started_at,
            moved: None,
            card: None,
            groups: Vec::new(),
            definition: None,
            pair: None,
        }
    }

    /// Checks that these are the keys of an epoch that the owner signed.
    ///
    /// Key id and deposit key must both agree. The id alone has 128 bits, of which an owner could make two keys meet in
    /// 2^64 steps and show different readers different records; the deposit key adds 256.
    ///
    /// # Errors
    ///
    /// [`WrongKeys`] if the epoch commits to other keys or its suite is not known.
    pub fn check(&self, epoch: &Epoch) -> Result<(), WrongKeys> {
        suite::of(epoch.suite).map_err(WrongKeys::Suite)?;
        if epoch.suite == self.suite() && epoch.key == self.id && epoch.deposit == self.deposit_public {
            Ok(())
        } else {
            Err(WrongKeys::Commitment)
        }
    }

    /// Wraps content keys.
    pub(crate) const fn wrap_key(&self) -> &AeadKey {
        &self.wrap
    }

    /// Gives the roots of branches.
    pub(crate) const fn prk(&self) -> &Secret<32> {
        &self.prk
    }

    /// Wraps what an epoch of a slice opens of other scopes.
    pub(crate) fn link_key(&self) -> AeadKey {
        AeadKey::new(&hkdf_expand(&self.prk, b"link"))
    }

    /// Opens what is sealed to [`EpochKeys::deposit`].
    pub(crate) const fn deposit_secret(&self) -> &Secret<32> {
        &self.deposit
    }

    /// Gives the keys of equality tokens.
    pub(crate) const fn index_prk(&self) -> &Secret<32> {
        &self.index
    }

    /// Gives the keys of unique tokens.
    pub(crate) const fn unique_prk(&self) -> &Secret<32> {
        &self.unique_prk
    }
}

impl fmt::Debug for EpochKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EpochKeys").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
