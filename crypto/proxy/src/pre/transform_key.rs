//! Transform keys: what lets a server re-encrypt one scope's capsules for one delegatee.

use super::{Curve, InvalidPre, PrePublicKey, c256, c480};
use pryv_wire::{Bytes, Digest, scope::Transform};
use std::fmt;
use zeroize::Zeroizing;

/// A transform key. A secret of the server: with it, one delegatee's private key opens every capsule of the scope.
/// Wiped when dropped, and never printed.
pub struct TransformKey {
    curve: Curve,
    bytes: Zeroizing<Vec<u8>>,
}

impl TransformKey {
    pub(super) const fn new(curve: Curve, bytes: Zeroizing<Vec<u8>>) -> Self {
        Self { curve, bytes }
    }

    /// Reads a transform key. Its length says of which curve it is.
    ///
    /// # Errors
    ///
    /// [`InvalidPre`] if the length is wrong, a coefficient is not below the prime, or a point not on its curve.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidPre> {
        let length = bytes.len();
        let curve = Curve::ALL.into_iter().find(|curve| curve.transform_key_length() == length);
        let curve = curve.ok_or(InvalidPre::Length { length })?;
        match curve {
            Curve::C256 => c256::read_transform_key(bytes).map(|_| ())?,
            Curve::C480 => c480::read_transform_key(bytes).map(|_| ())?,
        }
        Ok(Self { curve, bytes: Zeroizing::new(bytes.to_vec()) })
    }

    /// Of which curve it is.
    #[must_use]
    pub const fn curve(&self) -> Curve {
        self.curve
    }

    /// The public key that capsules are transformed to.
    ///
    /// # Errors
    ///
    /// None for a key that was parsed: the same bytes parse again.
    pub fn delegatee(&self) -> Result<PrePublicKey, InvalidPre> {
        let length = self.curve.public_key_length();
        let bytes = self.bytes.get(length..2 * length).ok_or(InvalidPre::Length { length })?;
        PrePublicKey::parse_on(self.curve, bytes)
    }

    /// The hash by which a signed access commits to the whole key.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Transform::digest(&self.bytes)
    }

    /// The bytes, for the message that brings the key to the server. They are no longer wiped.
    #[must_use]
    pub fn to_wire(&self) -> Bytes {
        Bytes::from(&self.bytes[..])
    }

    /// The bytes.
    pub(super) fn expose(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for TransformKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TransformKey(..)")
    }
}
