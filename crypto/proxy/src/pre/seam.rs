//! The seam to `pryv-crypto`, which holds the private keys: the same values as `recrypt` computes with. Not for others.

use super::{Capsule, InvalidPre, PrePublicKey, TransformKey, capsule, point, transform_key};
use recrypt::api_480;

/// The point of a public key.
///
/// # Errors
///
/// None for a key that was parsed.
pub fn public_key(key: &PrePublicKey) -> Result<api_480::PublicKey, InvalidPre> {
    point::read(key.as_bytes())
}

/// The public key of a point.
#[must_use]
pub fn from_public_key(key: &api_480::PublicKey) -> PrePublicKey {
    point::from_recrypt(key)
}

/// The value of a capsule.
///
/// # Errors
///
/// None for a capsule that was parsed.
pub fn capsule(capsule: &Capsule) -> Result<api_480::EncryptedValue, InvalidPre> {
    capsule::read(capsule.as_bytes())
}

/// The capsule of a value.
#[must_use]
pub fn from_capsule(value: &api_480::EncryptedValue) -> Capsule {
    capsule::from_recrypt(value)
}

/// The transform key of a value.
#[must_use]
pub fn from_transform_key(key: &api_480::TransformKey) -> TransformKey {
    transform_key::from_recrypt(key)
}
