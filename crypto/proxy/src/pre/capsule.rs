//! Capsules: a random secret encrypted to a re-encryption public key, and transformed at most twice.

use super::{Curve, InvalidPre, c256, c480};
use pryv_wire::Bytes;
use std::fmt;

/// How often a capsule may be transformed: once from a scope to a principal, once more through a group.
pub const MAX_HOPS: usize = 2;

/// A capsule. Opens with the private key that it was encrypted or last transformed to.
#[derive(Clone, Eq, PartialEq)]
pub struct Capsule {
    curve: Curve,
    bytes: Vec<u8>,
}

impl Capsule {
    pub(super) const fn new(curve: Curve, bytes: Vec<u8>) -> Self {
        Self { curve, bytes }
    }

    /// Reads a capsule. Its length says of which curve it is.
    ///
    /// # Errors
    ///
    /// [`InvalidPre`] if the length is not that of 0 to [`MAX_HOPS`] hops, a coefficient is not below the prime, or a
    /// point not on its curve.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidPre> {
        let length = bytes.len();
        let of_length = |curve: &Curve| (0..=MAX_HOPS).any(|hops| curve.capsule_length(hops) == length);
        let curve = Curve::ALL.into_iter().find(of_length).ok_or(InvalidPre::Length { length })?;
        match curve {
            Curve::C256 => c256::read_capsule(bytes).map(|_| ())?,
            Curve::C480 => c480::read_capsule(bytes).map(|_| ())?,
        }
        Ok(Self { curve, bytes: bytes.to_vec() })
    }

    /// Of which curve it is.
    #[must_use]
    pub const fn curve(&self) -> Curve {
        self.curve
    }

    /// How often it was transformed.
    #[must_use]
    pub fn hops(&self) -> usize {
        (0..=MAX_HOPS).find(|hops| self.curve.capsule_length(*hops) == self.bytes.len()).unwrap_or(MAX_HOPS)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes, for a message.
    #[must_use]
    pub fn to_wire(&self) -> Bytes {
        Bytes::from(self.as_bytes())
    }
}

impl fmt::Debug for Capsule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Capsule({} hops)", self.hops())
    }
}
