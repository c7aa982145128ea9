//! Private keys of proxy re-encryption, on both curves.

mod arithmetic;
mod c256;
mod c480;

use crate::secret::Secret;
use pryv_proxy_crypto::pre::{Capsule, Curve, InvalidPre, PrePublicKey, TransformKey};
use rand_core::{CryptoRng, RngCore};
use std::fmt;

/// A private key that has no public key: zero, or of another length than its curve's.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the re-encryption private key is none")]
pub struct DegenerateKey;

/// A capsule that was not transformed to this reader by the right transform key, or was damaged.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the capsule was not transformed for this reader by the right key")]
pub struct CapsuleNotOpened;

/// A private key of proxy re-encryption: of a scope, or of a principal.
///
/// It always comes with the public key that it gives, so that no public key need be taken from a server.
pub struct PreSecret {
    private: Private,
    public: PrePublicKey,
}

enum Private {
    C256(Secret<{ c256::LENGTH }>),
    C480(Secret<{ c480::LENGTH }>),
}

impl PreSecret {
    /// Makes a key pair, for a scope that is granted for the first time or anew.
    ///
    /// # Errors
    ///
    /// [`DegenerateKey`] once in 2^256: draw again.
    pub fn generate(curve: Curve, rng: &mut (impl RngCore + CryptoRng)) -> Result<Self, DegenerateKey> {
        match curve {
            Curve::C256 => Self::on_c256(Secret::random(rng)),
            Curve::C480 => Self::on_c480(Secret::random(rng)),
            _ => Err(DegenerateKey),
        }
    }

    /// A key of the 256-bit curve.
    pub(crate) fn on_c256(secret: Secret<{ c256::LENGTH }>) -> Result<Self, DegenerateKey> {
        Ok(Self { public: c256::public(&secret)?, private: Private::C256(secret) })
    }

    /// A key of the 480-bit curve.
    pub(crate) fn on_c480(secret: Secret<{ c480::LENGTH }>) -> Result<Self, DegenerateKey> {
        Ok(Self { public: c480::public(&secret)?, private: Private::C480(secret) })
    }

    /// Reads a key of a curve.
    pub(crate) fn from_slice(curve: Curve, bytes: &[u8]) -> Result<Self, DegenerateKey> {
        match curve {
            Curve::C256 => Self::on_c256(Secret::from_slice(bytes).ok_or(DegenerateKey)?),
            Curve::C480 => Self::on_c480(Secret::from_slice(bytes).ok_or(DegenerateKey)?),
            _ => Err(DegenerateKey),
        }
    }

    /// The public key.
    #[must_use]
    pub const fn public(&self) -> &PrePublicKey {
        &self.public
    }

    /// Of which curve it is.
    #[must_use]
    pub const fn curve(&self) -> Curve {
        self.public.curve()
    }

    /// Makes the transform key from this scope to a grantee; about 30 ms on the 480-bit curve, 6 ms on the 256-bit one.
    ///
    /// # Errors
    ///
    /// [`InvalidPre`] if the grantee's key is of another curve.
    pub fn transform_key(
        &self,
        to: &PrePublicKey,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<TransformKey, InvalidPre> {
        match &self.private {
            Private::C256(secret) => c256::transform_key(secret, to, rng),
            Private::C480(secret) => c480::transform_key(secret, to, rng),
        }
    }

    pub(crate) fn expose(&self) -> &[u8] {
        match &self.private {
            Private::C256(secret) => secret.expose(),
            Private::C480(secret) => secret.expose(),
        }
    }

    /// Opens a capsule that was encrypted or transformed to this key: the symmetric key that its secret gives.
    pub(crate) fn open(&self, capsule: &Capsule) -> Result<Secret<32>, CapsuleNotOpened> {
        match &self.private {
            Private::C256(secret) => c256::open(secret, capsule),
            Private::C480(secret) => c480::open(secret, capsule),
        }
    }
}

/// Encrypts a new random secret: the capsule, and the symmetric key that the secret gives.
pub(crate) fn encapsulate(
    to: &PrePublicKey,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(Capsule, Secret<32>), InvalidPre> {
    match to.curve() {
        Curve::C256 => c256::encapsulate(to, rng),
        Curve::C480 => c480::encapsulate(to, rng),
        _ => Err(InvalidPre::NotOnCurve),
    }
}

impl fmt::Debug for PreSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PreSecret(..)")
    }
}
