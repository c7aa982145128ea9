//! Identities: every key of a principal, derived from its account secret.
//!
//! ```text
//! PRK = HKDF-Extract("pryv account", account secret)
//! HKDF-Expand(PRK, "signing", 32)       Ed25519 seed
//! HKDF-Expand(PRK, "sealing", 32)       X25519 private key
//! HKDF-Expand(PRK, "hybrid", 32)        X-Wing private key
//! HKDF-Expand(PRK, "pre", 60)           recrypt private key, 480-bit curve
//! HKDF-Expand(PRK, "pre light", 32)     recrypt private key, 256-bit curve
//! HKDF-Expand(PRK, "keyring", 32)       AES-256-GCM key
//! HKDF-Expand(PRK, "keyring light", 32) ChaCha20-Poly1305 key
//! HKDF-Expand(PRK, "identifiers", 32)   HMAC-SHA-256 key
//! ```

use crate::{
    keyring::Keyring,
    pre::PreSecret,
    primitive::{Aead, Hpke, SigningKey, hkdf_expand, hkdf_extract, hmac, x25519_public},
    secret::{AccountSecret, Secret},
};
use pryv_proxy_crypto::{
    VerifiedCards,
    pre::{Curve, InvalidPre, PrePublicKey, TransformKey},
    sealing::Sealing,
};
use pryv_wire::{
    Bytes, PrincipalId, ScopeId, Signed, Statement, Suite, Timestamp,
    bytes::{SealingPublicKey, Signature, SigningPublicKey},
    card::{Card, PrincipalKind},
    encode,
    scope::Slice,
};
use rand_core::{CryptoRng, RngCore};
use std::fmt;

/// Why an account secret gave no identity.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The cards hold other keys than the account secret gives: they are somebody else's, or were swapped.
    #[error("the cards do not hold the keys of this account secret")]
    ForeignCards,
    /// The account secret gives a re-encryption key that is zero, which happens once in 2^480.
    #[error("the account secret gives no usable keys; make another")]
    Degenerate,
}

/// A principal with its private keys.
pub struct Identity {
    principal: PrincipalId,
    keys: Keys,
    keyring: Keyring,
}

struct Keys {
    signing: SigningKey,
    sealing: Secret<32>,
    sealing_public: SealingPublicKey,
    hybrid: Secret<32>,
    hybrid_public: Bytes,
    pre: PreSecret,
    pre_light: PreSecret,
    keyring: Secret<32>,
    keyring_light: Secret<32>,
    identifiers: Secret<32>,
}

impl Keys {
    fn derive(secret: &AccountSecret) -> Result<Self, IdentityError> {
        let prk = hkdf_extract(b"pryv account", secret.expose());
        let sealing = hkdf_expand(&prk, b"sealing");
        let hybrid = hkdf_expand(&prk, b"hybrid");
        let hpke = Hpke { kem: Sealing::XWing, aead: Aead::Aes256Gcm };
        Ok(Self {
            signing: SigningKey::new(&hkdf_expand(&prk, b"signing")),
            sealing_public: x25519_public(&sealing),
            sealing,
            hybrid_public: hpke.public(&hybrid).into(),
            hybrid,
            pre: PreSecret::on_c480(hkdf_expand(&prk, b"pre")).map_err(|_| IdentityError::Degenerate)?,
            pre_light: PreSecret::on_c256(hkdf_expand(&prk, b"pre light"))
                .map_err(|_| IdentityError::Degenerate)?,
            keyring: hkdf_expand(&prk, b"keyring"),
            keyring_light: hkdf_expand(&prk, b"keyring light"),
            identifiers: hkdf_expand(&prk, b"identifiers"),
        })
    }

    fn are_of(&self, card: &Card) -> bool {
        card.signing == self.signing.public()
            && card.sealing == self.sealing_public
            && card.hybrid == self.hybrid_public
            && card.pre.as_slice() == self.pre.public().as_bytes()
            && card.pre_light.as_slice() == self.pre_light.public().as_bytes()
    }
}

impl Identity {
    /// Makes the identity of a new principal, and the first card, which gives it its id.
    ///
    /// # Errors
    ///
    /// [`IdentityError::Degenerate`]: draw another secret.
    pub fn found(
        secret: &AccountSecret,
        kind: PrincipalKind,
        created_at: Timestamp,
    ) -> Result<(Self, Signed<Card>), IdentityError> {
        let keys = Keys::derive(secret)?;
        let card = Card {
            suite: Suite::CLASSIC,
            kind,
            sequence: 0,
            previous: None,
            signing: keys.signing.public(),
            sealing: keys.sealing_public,
            hybrid: keys.hybrid_public.clone(),
            pre: keys.pre.public().to_wire(),
            pre_light: keys.pre_light.public().to_wire(),
            created_at,
            valid_until: None,
        };
        let card = Signed::new(&card, |bytes| keys.signing.sign(bytes));
        Ok((Self::new(PrincipalId::of(&card), keys), card))
    }

    /// Takes up the identity of a principal from its secret and its cards.
    ///
    /// Every card must hold the secret's own keys, the first one too: a server that swaps a card, or puts one of
    /// its own before ours, is refused.
    ///
    /// # Errors
    ///
    /// [`IdentityError::ForeignCards`] if a card holds other keys.
    pub fn resume(secret: &AccountSecret, cards: &VerifiedCards) -> Result<Self, IdentityError> {
        let keys = Keys::derive(secret)?;
        if cards.iter().all(|card| keys.are_of(card)) {
            Ok(Self::new(cards.principal(), keys))
        } else {
            Err(IdentityError::ForeignCards)
        }
    }

    fn new(principal: PrincipalId, keys: Keys) -> Self {
        let keyring = Keyring::new(principal, &keys.keyring, &keys.keyring_light);
        Self { principal, keys, keyring }
    }

    /// Who.
    #[must_use]
    pub const fn principal(&self) -> PrincipalId {
        self.principal
    }

    /// Verifies what this principal signs.
    #[must_use]
    pub fn signing_public(&self) -> SigningPublicKey {
        self.keys.signing.public()
    }

    /// Seals to this principal in suites 1 and 3.
    #[must_use]
    pub const fn sealing_public(&self) -> SealingPublicKey {
        self.keys.sealing_public
    }

    /// Seals to this principal in suite 2.
    #[must_use]
    pub const fn hybrid_public(&self) -> &Bytes {
        &self.keys.hybrid_public
    }

    /// Transforms to this principal.
    #[must_use]
    pub const fn pre_public(&self, curve: Curve) -> &PrePublicKey {
        self.pre_secret(curve).public()
    }

    /// Makes the transform key from this principal to a grantee, for a manager who grants onwards, on the curve of the
    /// grantee's key; about 30 ms.
    ///
    /// It transforms whatever was transformed to this principal. What a grantee can open with it is therefore decided by
    /// the lock keys that it is given, and not by this key.
    ///
    /// # Errors
    ///
    /// [`InvalidPre`] if the grantee's key is none; not for one that was parsed.
    pub fn transform_key(
        &self,
        to: &PrePublicKey,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<TransformKey, InvalidPre> {
        self.pre_secret(to.curve()).transform_key(to, rng)
    }

    /// Signs a statement.
    #[must_use]
    pub fn sign<T: Statement>(&self, statement: &T) -> Signed<T> {
        Signed::new(statement, |bytes| self.sign_bytes(bytes))
    }

    /// Signs bytes that name their own purpose: a challenge, a record.
    #[must_use]
    pub fn sign_bytes(&self, bytes: &[u8]) -> Signature {
        self.keys.signing.sign(bytes)
    }

    /// What this principal keeps at the server under its own key.
    #[must_use]
    pub const fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The scope of the collection that `uri` defines: the same on every device of the account, and without relation to
    /// any other account's.
    #[must_use]
    pub fn scope_id(&self, uri: &str) -> ScopeId {
        self.derived_scope(&encode(&("collection", uri)))
    }

    /// The scope of the ontology that `uri` defines, as [`Identity::scope_id`].
    #[must_use]
    pub fn ontology_id(&self, uri: &str) -> ScopeId {
        self.derived_scope(&encode(&("ontology", uri)))
    }

    /// The scope of a slice, as [`Identity::scope_id`]: two devices that grant the same make the same slice.
    #[must_use]
    pub fn slice_id(&self, slice: &Slice) -> ScopeId {
        self.derived_scope(&encode(&("slice", slice)))
    }

    fn derived_scope(&self, message: &[u8]) -> ScopeId {
        let mac = hmac(self.keys.identifiers.expose(), message);
        let mut id = [0; ScopeId::LENGTH];
        id.iter_mut().zip(mac).for_each(|(to, from)| *to = from);
        ScopeId::from_bytes(id)
    }

    /// The private key that opens what is sealed to this principal.
    pub(crate) const fn sealing_secret(&self, sealing: Sealing) -> &Secret<32> {
        match sealing {
            Sealing::XWing => &self.keys.hybrid,
            _ => &self.keys.sealing,
        }
    }

    /// The private key that opens what is transformed to this principal.
    pub(crate) const fn pre_secret(&self, curve: Curve) -> &PreSecret {
        match curve {
            Curve::C256 => &self.keys.pre_light,
            _ => &self.keys.pre,
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("principal", &self.principal).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
