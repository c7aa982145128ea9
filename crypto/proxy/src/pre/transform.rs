//! The transform: re-encrypts a capsule from a scope's key to a delegatee's, without opening it.

use super::{Capsule, InvalidPre, MAX_HOPS, TransformKey, capsule, seam, transform_key};
use rand_core::{CryptoRng, RngCore};
use recrypt::api_480::{CryptoOps, Ed25519Ops};

/// Why a capsule was not transformed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TransformError {
    /// The capsule was transformed [`MAX_HOPS`] times already.
    #[error("the capsule was transformed {MAX_HOPS} times already")]
    TooManyHops,
    /// The capsule or the transform key is not valid.
    #[error("the capsule or the transform key is not valid")]
    Invalid(#[source] InvalidPre),
    /// The signature inside the capsule does not verify: it was damaged.
    #[error("the capsule was damaged")]
    DamagedCapsule,
    /// The signature inside the transform key does not verify: it was damaged.
    #[error("the transform key was damaged")]
    DamagedTransformKey,
}

/// Transforms a capsule; about 35 ms on the 480-bit curve (45 ms for the second hop).
///
/// That the transform key is the right one for the capsule cannot be seen here: with another one the result is a capsule
/// that nobody opens, as the signed access shows by the hash of the right one.
///
/// # Errors
///
/// [`TransformError`] if the capsule has its hops behind it, or one of the two is damaged.
pub fn transform(
    capsule: &Capsule,
    key: &TransformKey,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Capsule, TransformError> {
    transform_with(capsule, key, &seam::generator(rng))
}

fn transform_with(
    capsule: &Capsule,
    key: &TransformKey,
    recrypt: &seam::Generator,
) -> Result<Capsule, TransformError> {
    if capsule.hops() >= MAX_HOPS {
        return Err(TransformError::TooManyHops);
    }
    let value = capsule::read(capsule.as_bytes()).map_err(TransformError::Invalid)?;
    let key = transform_key::read(key.expose()).map_err(TransformError::Invalid)?;
    // A key pair for this one signature: it proves nothing of who made the capsule, and nobody relies on it.
    let signer = recrypt.generate_ed25519_key_pair();
    match recrypt.transform(value, key, &signer) {
        Ok(value) => Ok(capsule::from_recrypt(&value)),
        Err(recrypt::api::RecryptErr::InvalidTransformKey(_)) => Err(TransformError::DamagedTransformKey),
        Err(_) => Err(TransformError::DamagedCapsule),
    }
}
