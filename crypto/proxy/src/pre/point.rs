//! Re-encryption public keys.

use super::{Curve, InvalidPre, c256, c480};
use pryv_wire::Bytes;
use std::fmt;

/// A re-encryption public key: a point on its curve.
#[derive(Clone, Eq, PartialEq)]
pub struct PrePublicKey {
    curve: Curve,
    bytes: Box<[u8]>,
}

impl PrePublicKey {
    pub(super) fn new(curve: Curve, x: &[u8], y: &[u8]) -> Self {
        Self { curve, bytes: [x, y].concat().into() }
    }

    /// Reads a public key. Its length says of which curve it is.
    ///
    /// # Errors
    ///
    /// [`InvalidPre`] if the length is wrong, a coordinate is not below the prime, or the point not on the curve.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidPre> {
        let length = bytes.len();
        let curve = Curve::ALL.into_iter().find(|curve| curve.public_key_length() == length);
        Self::parse_on(curve.ok_or(InvalidPre::Length { length })?, bytes)
    }

    /// Reads a public key of a curve.
    ///
    /// # Errors
    ///
    /// As [`PrePublicKey::parse`]; [`InvalidPre::Length`] for a key of another curve.
    pub fn parse_on(curve: Curve, bytes: &[u8]) -> Result<Self, InvalidPre> {
        match curve {
            Curve::C256 => c256::read_public_key(bytes).map(|_| ())?,
            Curve::C480 => c480::read_public_key(bytes).map(|_| ())?,
        }
        Ok(Self { curve, bytes: bytes.into() })
    }

    /// Of which curve it is.
    #[must_use]
    pub const fn curve(&self) -> Curve {
        self.curve
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes, for a message.
    #[must_use]
    pub fn to_wire(&self) -> Bytes {
        Bytes::from(self.as_bytes())
    }
}

impl fmt::Debug for PrePublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrePublicKey({} bytes)", self.bytes.len())
    }
}
