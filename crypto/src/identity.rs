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
//! HKDF-Expand(PRK, "groups", 32)        what the cards of groups are signed with: see `group`
//! ```
//!
//! After a rotation the keys of the present secret sign and seal; those of earlier secrets still open what was sealed,
//! transformed or wrapped to them. The identifiers key stays that of the first secret: scope ids stand in records,
//! accesses and URIs, and could not change with it.

use crate::{
    keyring::Keyring,
    pre::PreSecret,
    primitive::{Aead, Hpke, SigningKey, hkdf_expand, hkdf_extract, hmac, x25519_public},
    secret::{AccountSecret, Secret},
    succession::AccountSecrets,
};
use pryv_proxy_crypto::{
    VerifiedCards,
    pre::{Curve, InvalidPre, PrePublicKey, TransformKey},
    sealing::Sealing,
};
use pryv_wire::{
    Bytes, Digest, PrincipalId, ScopeId, Signed, Statement, Suite, Timestamp,
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
    /// The new card cannot be a card: there are too many before it.
    #[error("the account has been rotated as often as it can be")]
    Exhausted,
    /// The account secret gives a re-encryption key that is zero, which happens once in 2^480.
    #[error("the account secret gives no usable keys; make another")]
    Degenerate,
}

/// A principal with its private keys.
pub struct Identity {
    principal: PrincipalId,
    keys: Keys,
    /// Those of earlier secrets, newest first.
    earlier: Vec<Keys>,
    keyring: Keyring,
}

/// The keys that one account secret gives.
pub(crate) struct Keys {
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
    groups: Secret<32>,
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
            groups: hkdf_expand(&prk, b"groups"),
        })
    }

    /// The private key that opens what is sealed to these keys.
    pub(crate) const fn sealing(&self, sealing: Sealing) -> &Secret<32> {
        match sealing {
            Sealing::XWing => &self.hybrid,
            _ => &self.sealing,
        }
    }

    /// The private key that opens what is transformed to these keys.
    pub(crate) const fn pre(&self, curve: Curve) -> &PreSecret {
        match curve {
            Curve::C256 => &self.pre_light,
            _ => &self.pre,
        }
    }

    /// Gives the keys that sign the cards of groups.
    pub(crate) const fn groups(&self) -> &Secret<32> {
        &self.groups
    }

    fn card(
        &self,
        kind: PrincipalKind,
        previous: Option<(u32, Digest)>,
        created_at: Timestamp,
    ) -> Option<Card> {
        Some(Card {
            suite: Suite::CLASSIC,
            kind,
            sequence: previous.map_or(Some(0), |(sequence, _)| sequence.checked_add(1))?,
            previous: previous.map(|(_, digest)| digest),
            signing: self.signing.public(),
            sealing: self.sealing_public,
            hybrid: self.hybrid_public.clone(),
            pre: self.pre.public().to_wire(),
            pre_light: self.pre_light.public().to_wire(),
            created_at,
            valid_until: None,
            group: None,
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
        let card = keys.card(kind, None, created_at).ok_or(IdentityError::Exhausted)?;
        let card = Signed::new(&card, |bytes| keys.signing.sign(bytes));
        Ok((Self::new(PrincipalId::of(&card), keys, Vec::new()), card))
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
            Ok(Self::new(cards.principal(), keys, Vec::new()))
        } else {
            Err(IdentityError::ForeignCards)
        }
    }

    /// Takes up the identity of a principal from all secrets that it ever had: each card must be that of its own secret.
    ///
    /// # Errors
    ///
    /// [`IdentityError::ForeignCards`] if a card holds other keys, or there are more or fewer cards than secrets.
    pub fn resume_chain(secrets: &AccountSecrets, cards: &VerifiedCards) -> Result<Self, IdentityError> {
        let all: Vec<&Card> = cards.iter().collect();
        let Some((present, before)) = all.split_last() else { return Err(IdentityError::ForeignCards) };
        if before.len() != secrets.earlier().len() {
            return Err(IdentityError::ForeignCards);
        }
        let of = |secret: &AccountSecret, card: &Card| {
            let keys = Keys::derive(secret)?;
            if keys.are_of(card) { Ok(keys) } else { Err(IdentityError::ForeignCards) }
        };
        let keys = of(secrets.present(), present)?;
        let before = secrets.earlier().iter().zip(before).rev();
        let earlier = before.map(|(secret, card)| of(secret, card)).collect::<Result<_, _>>()?;
        Ok(Self::new(cards.principal(), keys, earlier))
    }

    /// Makes the next card of this principal, signed by the present one, from secrets that succeed its own.
    ///
    /// # Errors
    ///
    /// [`IdentityError::Degenerate`]: draw another secret. [`IdentityError::Exhausted`]: no further card is possible.
    pub fn succeed(
        &self,
        secrets: AccountSecrets,
        cards: &VerifiedCards,
        created_at: Timestamp,
    ) -> Result<(AccountSecrets, Signed<Card>), IdentityError> {
        let keys = Keys::derive(secrets.present())?;
        let present = cards.current();
        let previous = Some((present.sequence, cards.current_digest()));
        let card = keys.card(present.kind, previous, created_at).ok_or(IdentityError::Exhausted)?;
        Ok((secrets, self.sign(&card)))
    }

    /// The identity that new secrets will give, to sign and wrap what goes along with their card.
    ///
    /// # Errors
    ///
    /// [`IdentityError::Degenerate`]: draw another secret.
    pub fn next(secrets: &AccountSecrets, principal: PrincipalId) -> Result<Self, IdentityError> {
        let earlier = secrets.earlier().iter().rev().map(Keys::derive).collect::<Result<_, _>>()?;
        Ok(Self::new(principal, Keys::derive(secrets.present())?, earlier))
    }

    fn new(principal: PrincipalId, keys: Keys, earlier: Vec<Keys>) -> Self {
        let all = std::iter::once(&keys).chain(&earlier);
        let keyring = Keyring::new(principal, all.map(|keys| (&keys.keyring, &keys.keyring_light)));
        Self { principal, keys, earlier, keyring }
    }

    /// Who.
    #[must_use]
    pub const fn principal(&self) -> PrincipalId {
        self.principal
    }

    /// The sequence of the card that the present secret gives.
    #[must_use]
    pub fn card(&self) -> u32 {
        u32::try_from(self.earlier.len()).unwrap_or(u32::MAX)
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
        self.keys.pre(curve).public()
    }

    /// Makes the transform key from this principal to a grantee, for a manager who grants onwards, on the curve of the
    /// grantee's key; about 30 ms. `card` is the number of the own card that the manager's access was transformed to.
    ///
    /// It transforms whatever was transformed to this principal. What a grantee can open with it is therefore decided by
    /// the lock keys that it is given, and not by this key.
    ///
    /// # Errors
    ///
    /// [`InvalidPre`] if the grantee's key is none; not for one that was parsed.
    pub fn transform_key(
        &self,
        card: u32,
        to: &PrePublicKey,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<TransformKey, InvalidPre> {
        let before = u32::try_from(self.earlier.len()).unwrap_or(u32::MAX).checked_sub(card);
        let earlier = before.and_then(|before| usize::try_from(before).ok()?.checked_sub(1));
        let keys = earlier.and_then(|at| self.earlier.get(at)).unwrap_or(&self.keys);
        keys.pre(to.curve()).transform_key(to, rng)
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
        let first = self.earlier.last().unwrap_or(&self.keys);
        let mac = hmac(first.identifiers.expose(), message);
        let mut id = [0; ScopeId::LENGTH];
        id.iter_mut().zip(mac).for_each(|(to, from)| *to = from);
        ScopeId::from_bytes(id)
    }

    /// The private key that opens what is transformed to the present card.
    #[cfg(test)]
    pub(crate) const fn pre_secret(&self, curve: Curve) -> &PreSecret {
        self.keys.pre(curve)
    }

    /// The keys that the present secret gives.
    pub(crate) const fn present(&self) -> &Keys {
        &self.keys
    }

    /// The keys of every secret, those of the present one first.
    pub(crate) fn all_keys(&self) -> impl Iterator<Item = &Keys> {
        std::iter::once(&self.keys).chain(&self.earlier)
    }

    /// Opens something that was made for this principal: with the present keys, or with earlier ones.
    pub(crate) fn opens<T, E>(&self, open: impl Fn(&Keys) -> Result<T, E>) -> Result<T, E> {
        let present = open(&self.keys);
        match present {
            Err(error) => self.earlier.iter().find_map(|keys| open(keys).ok()).ok_or(error),
            opened => opened,
        }
    }
}

/// The keyring key of an account secret.
pub(crate) fn keyring_key(secret: &AccountSecret) -> Secret<32> {
    hkdf_expand(&hkdf_extract(b"pryv account", secret.expose()), b"keyring")
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("principal", &self.principal).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
