//! The transform: re-encrypts a capsule from a scope's key to a delegatee's, without opening it.

use super::{Capsule, Curve, InvalidPre, MAX_HOPS, TransformKey, c256, c480};
use rand_core::{CryptoRng, RngCore};

/// Why a capsule was not transformed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TransformError {
    /// The capsule was transformed [`MAX_HOPS`] times already.
    #[error("the capsule was transformed {MAX_HOPS} times already")]
    TooManyHops,
    /// The transform key is of another curve than the capsule.
    #[error("the transform key is of another curve than the capsule")]
    OtherCurve,
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

/// Transforms a capsule; about 35 ms on the 480-bit curve (45 ms for the second hop), 8 ms on the 256-bit curve.
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
    if capsule.hops() >= MAX_HOPS {
        return Err(TransformError::TooManyHops);
    }
    if capsule.curve() != key.curve() {
        return Err(TransformError::OtherCurve);
    }
    match capsule.curve() {
        Curve::C256 => c256::transform(capsule, key, rng),
        Curve::C480 => c480::transform(capsule, key, rng),
    }
}
