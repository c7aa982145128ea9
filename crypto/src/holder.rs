//! Holders: the account secret, sealed to whoever opens it: the keys of password, recovery phrase and devices.
//!
//! ```text
//! place   = CBOR [ "account secret", suite, account, digest of the present card, holder ]
//! wrap    = HPKE-Seal(holder's sealing key, "pryv account secret", place, account secret)
//! binding = HMAC-SHA-256(binding key, account)          for password and phrase
//! ```
//!
//! A seal to a public key can be made by anybody, so it proves nothing by itself: a server could seal a secret that it
//! knows itself, with cards that fit, and have a person write into an account of the server's. So who comes with a password or a
//! phrase alone first checks the *binding*, which only they could have made, and which names the account; the
//! account's id gives its first card, that one every later card, and the present card the secret.

use crate::{
    identity::Identity,
    primitive::{NotOpened, SigningKey, UnusableKey, hkdf_expand, hkdf_extract, hmac, x25519_public},
    secret::{AccountSecret, Secret},
    suite,
};
use pryv_proxy_crypto::{UnknownSuite, suite::check_own};
use pryv_wire::{
    Digest, PrincipalId, Signed, Suite, Timestamp,
    account::SecretWrap,
    bytes::{AccountBinding, Bytes, SealingPublicKey, Signature, SigningPublicKey},
    encode,
    holder::{Device, Holder, Holders},
    id::DeviceId,
};
use rand_core::{CryptoRng, RngCore};
use std::fmt;
use subtle::ConstantTimeEq as _;

const INFO: &[u8] = b"pryv account secret";

/// Why the account secret was not opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenSecretError {
    /// The wrap is of a suite that is not known here.
    #[error("the wrap of the account secret cannot be read")]
    Suite(#[source] UnknownSuite),
    /// The wrap is not to this key: an older one, another account's, or damaged.
    #[error("the wrap of the account secret does not open")]
    NotOpened(#[source] NotOpened),
    /// Password or phrase were set for another account than the one that is shown.
    #[error("the password or phrase was set for another account")]
    OtherAccount,
}

/// Seals the account secret to one holder.
///
/// # Errors
///
/// [`UnusableKey`] if nothing can be sealed to the key.
pub fn seal(
    secret: &AccountSecret,
    place: HolderPlace,
    to: &SealingPublicKey,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<SecretWrap, UnusableKey> {
    let sealed = suite::classic().seal(to.as_bytes(), INFO, &place.encode(), secret.expose(), rng)?;
    Ok(SecretWrap { suite: Suite::CLASSIC, sealed: sealed.into() })
}

/// Whose secret is sealed to whom: the place of a seal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HolderPlace {
    /// The account.
    pub account: PrincipalId,
    /// The digest of the card that the secret gives.
    pub card: Digest,
    /// To whom.
    pub holder: Holder,
}

impl HolderPlace {
    fn encode(&self) -> Vec<u8> {
        encode(&("account secret", Suite::CLASSIC, self.account, self.card, self.holder))
    }
}

fn open(
    sealing: &Secret<32>,
    place: HolderPlace,
    wrap: &SecretWrap,
) -> Result<AccountSecret, OpenSecretError> {
    check_own(wrap.suite).map_err(OpenSecretError::Suite)?;
    let bytes = suite::classic()
        .open(sealing, INFO, &place.encode(), &wrap.sealed)
        .map_err(OpenSecretError::NotOpened)?;
    AccountSecret::from_slice(&bytes).ok_or(OpenSecretError::NotOpened(NotOpened))
}

/// The first list of an account's holders: its password, its phrase, and no devices.
#[must_use]
pub fn first_list(
    me: &Identity,
    card: Digest,
    password: SealingPublicKey,
    recovery: SealingPublicKey,
    signed_at: Timestamp,
) -> Signed<Holders> {
    me.sign(&Holders {
        suite: Suite::CLASSIC,
        account: me.principal(),
        card,
        number: 0,
        password,
        recovery,
        devices: Vec::new(),
        accesses: None,
        signed_at,
    })
}

/// The keys that a password or a recovery phrase gives.
pub struct CredentialKeys {
    holder: Holder,
    sealing: Secret<32>,
    binding: Secret<32>,
}

impl CredentialKeys {
    pub(crate) fn derive(holder: Holder, prk: &Secret<32>) -> Self {
        Self { holder, sealing: hkdf_expand(prk, b"sealing"), binding: hkdf_expand(prk, b"account") }
    }

    /// The account secret is sealed to this.
    #[must_use]
    pub fn public(&self) -> SealingPublicKey {
        x25519_public(&self.sealing)
    }

    /// Binds the credential to an account.
    #[must_use]
    pub fn bind(&self, account: PrincipalId) -> AccountBinding {
        AccountBinding::from_bytes(hmac(self.binding.expose(), account.as_bytes()))
    }

    /// Seals the account secret to this credential.
    ///
    /// # Errors
    ///
    /// [`UnusableKey`]: not for a key that was derived.
    pub fn seal(
        &self,
        secret: &AccountSecret,
        account: PrincipalId,
        card: Digest,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<SecretWrap, UnusableKey> {
        seal(secret, HolderPlace { account, card, holder: self.holder }, &self.public(), rng)
    }

    /// Opens the account secret, if the credential is bound to this account.
    ///
    /// # Errors
    ///
    /// [`OpenSecretError`] says what does not fit.
    pub fn open(
        &self,
        account: PrincipalId,
        card: Digest,
        binding: &AccountBinding,
        wrap: &SecretWrap,
    ) -> Result<AccountSecret, OpenSecretError> {
        if !bool::from(self.bind(account).as_bytes().ct_eq(binding.as_bytes())) {
            return Err(OpenSecretError::OtherAccount);
        }
        open(&self.sealing, HolderPlace { account, card, holder: self.holder }, wrap)
    }
}

/// The keys of one device, from a seed that never leaves it.
///
/// ```text
/// PRK = HKDF-Extract("pryv device", seed)
/// HKDF-Expand(PRK, "signing", 32)       Ed25519 seed
/// HKDF-Expand(PRK, "sealing", 32)       X25519 private key
/// ```
pub struct DeviceKeys {
    seed: Secret<32>,
    signing: SigningKey,
    sealing: Secret<32>,
}

impl DeviceKeys {
    /// Makes the keys of a new device.
    #[must_use]
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self::derive(Secret::random(rng))
    }

    /// Takes up the keys of a device from its stored seed; absent if the length is not 32.
    #[must_use]
    pub fn from_slice(seed: &[u8]) -> Option<Self> {
        Secret::from_slice(seed).map(Self::derive)
    }

    fn derive(seed: Secret<32>) -> Self {
        let prk = hkdf_extract(b"pryv device", seed.expose());
        let signing = SigningKey::new(&hkdf_expand(&prk, b"signing"));
        Self { seed, signing, sealing: hkdf_expand(&prk, b"sealing") }
    }

    /// The seed, to be stored on the device and nowhere else.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        self.seed.expose()
    }

    /// Names the device.
    #[must_use]
    pub fn id(&self) -> DeviceId {
        DeviceId::of(&self.signing_public(), &self.sealing_public())
    }

    /// Verifies what the device signs.
    #[must_use]
    pub fn signing_public(&self) -> SigningPublicKey {
        self.signing.public()
    }

    /// Seals to the device.
    #[must_use]
    pub fn sealing_public(&self) -> SealingPublicKey {
        x25519_public(&self.sealing)
    }

    /// The entry of the device in the list of its account.
    #[must_use]
    pub fn entry(&self, name: Bytes, added_at: Timestamp) -> Device {
        let (signing, sealing) = (self.signing_public(), self.sealing_public());
        Device { device: DeviceId::of(&signing, &sealing), signing, sealing, name, added_at }
    }

    /// Signs bytes that name their own purpose: a challenge.
    #[must_use]
    pub fn sign_bytes(&self, bytes: &[u8]) -> Signature {
        self.signing.sign(bytes)
    }

    /// Opens the account secret that was sealed to this device.
    ///
    /// # Errors
    ///
    /// [`OpenSecretError`] if it is sealed to another, or in another place.
    pub fn open(
        &self,
        account: PrincipalId,
        card: Digest,
        wrap: &SecretWrap,
    ) -> Result<AccountSecret, OpenSecretError> {
        open(&self.sealing, HolderPlace { account, card, holder: Holder::Device(self.id()) }, wrap)
    }

    pub(crate) const fn sealing_secret(&self) -> &Secret<32> {
        &self.sealing
    }
}

impl fmt::Debug for CredentialKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialKeys(..)")
    }
}

impl fmt::Debug for DeviceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceKeys(..)")
    }
}

#[cfg(test)]
mod tests;
