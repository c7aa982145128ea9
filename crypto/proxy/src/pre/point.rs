//! Re-encryption public keys.

use super::{
    InvalidPre,
    field::{FP, check_canonical, take},
};
use pryv_wire::Bytes;
use recrypt::api_480;
use std::fmt;

/// A re-encryption public key: a point on the curve.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct PrePublicKey([u8; Self::LENGTH]);

impl PrePublicKey {
    /// Length in bytes.
    pub const LENGTH: usize = 2 * FP;

    /// Reads a public key.
    ///
    /// # Errors
    ///
    /// [`InvalidPre`] if the length is wrong, a coordinate is not below the prime, or the point not on the curve.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidPre> {
        let bytes = bytes.try_into().map_err(|_| InvalidPre::Length { length: bytes.len() })?;
        read(bytes)?;
        Ok(Self(*bytes))
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// The bytes, for a message.
    #[must_use]
    pub fn to_wire(&self) -> Bytes {
        Bytes::from(self.0)
    }
}

impl fmt::Debug for PrePublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrePublicKey(120 bytes)")
    }
}

/// Reads a point of G1.
pub(super) fn read(bytes: &[u8; PrePublicKey::LENGTH]) -> Result<api_480::PublicKey, InvalidPre> {
    check_canonical(bytes)?;
    let mut rest = &bytes[..];
    let (x, y) = (*take(&mut rest)?, *take(&mut rest)?);
    api_480::PublicKey::new((x, y)).map_err(|_| InvalidPre::NotOnCurve)
}

/// Writes a point of G1.
pub(super) fn write(key: &api_480::PublicKey, bytes: &mut Vec<u8>) {
    let (x, y) = key.bytes_x_y();
    bytes.extend_from_slice(x);
    bytes.extend_from_slice(y);
}

/// The public key of a point.
pub(super) fn from_recrypt(key: &api_480::PublicKey) -> PrePublicKey {
    let (x, y) = key.bytes_x_y();
    let mut bytes = [0; PrePublicKey::LENGTH];
    let (left, right) = bytes.split_at_mut(FP);
    left.copy_from_slice(x);
    right.copy_from_slice(y);
    PrePublicKey(bytes)
}
