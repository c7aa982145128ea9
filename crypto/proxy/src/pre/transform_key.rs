//! Transform keys: what lets a server re-encrypt one scope's capsules for one delegatee.

use super::{
    InvalidPre, PrePublicKey, capsule,
    field::{FP, G2, GT, check_canonical, take},
    point,
};
use pryv_wire::{Bytes, Digest, scope::Transform};
use recrypt::api_480;
use std::fmt;
use zeroize::Zeroizing;

/// A transform key. A secret of the server: with it, one delegatee's private key opens every capsule of the scope.
/// Wiped when dropped, and never printed.
pub struct TransformKey(Zeroizing<Vec<u8>>);

impl TransformKey {
    /// Length in bytes.
    pub const LENGTH: usize = 4 * FP + GT + G2 + 32 + 64;

    /// Reads a transform key.
    ///
    /// # Errors
    ///
    /// [`InvalidPre`] if the length is wrong, a coefficient is not below the prime, or a point not on its curve.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidPre> {
        read(bytes)?;
        Ok(Self(Zeroizing::new(bytes.to_vec())))
    }

    /// The public key that capsules are transformed to.
    ///
    /// # Errors
    ///
    /// None for a key that was parsed: the same bytes parse again.
    pub fn delegatee(&self) -> Result<PrePublicKey, InvalidPre> {
        let mut rest = &self.0[..];
        take::<{ PrePublicKey::LENGTH }>(&mut rest)?;
        PrePublicKey::parse(take::<{ PrePublicKey::LENGTH }>(&mut rest)?)
    }

    /// The hash by which a signed access commits to the whole key.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Transform::digest(&self.0)
    }

    /// The bytes, for the message that brings the key to the server. They are no longer wiped.
    #[must_use]
    pub fn to_wire(&self) -> Bytes {
        Bytes::from(&self.0[..])
    }

    /// The bytes.
    pub(super) fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for TransformKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TransformKey(..)")
    }
}

/// Reads the value that `recrypt` computes with.
pub(super) fn read(bytes: &[u8]) -> Result<api_480::TransformKey, InvalidPre> {
    let length = bytes.len();
    if length != TransformKey::LENGTH {
        return Err(InvalidPre::Length { length });
    }
    let mut rest = bytes;
    let ephemeral = point::read(take(&mut rest)?)?;
    let delegatee = point::read(take(&mut rest)?)?;
    let encrypted = capsule::read_temporary_key(&mut rest)?;
    let hashed = take::<G2>(&mut rest)?;
    check_canonical(hashed)?;
    let hashed = api_480::HashedValue::new(*hashed).map_err(|_| InvalidPre::NotOnCurve)?;
    let public_signing_key = api_480::PublicSigningKey::new(*take(&mut rest)?);
    let signature = api_480::Ed25519Signature::new(*take(&mut rest)?);
    Ok(api_480::TransformKey::new(ephemeral, delegatee, encrypted, hashed, public_signing_key, signature))
}

/// The transform key of a value that `recrypt` made.
pub(super) fn from_recrypt(key: &api_480::TransformKey) -> TransformKey {
    let mut bytes = Zeroizing::new(Vec::with_capacity(TransformKey::LENGTH));
    point::write(key.ephemeral_public_key(), &mut bytes);
    point::write(key.to_public_key(), &mut bytes);
    bytes.extend_from_slice(key.encrypted_temp_key().bytes());
    bytes.extend_from_slice(key.hashed_temp_key().bytes());
    bytes.extend_from_slice(key.public_signing_key().bytes());
    bytes.extend_from_slice(key.signature().bytes());
    TransformKey(bytes)
}
