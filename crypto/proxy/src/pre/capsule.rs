//! Capsules: a random secret encrypted to a re-encryption public key, and transformed at most twice.

use super::{
    InvalidPre,
    field::{FP, GT, check_canonical, take},
    point,
};
use pryv_wire::Bytes;
use recrypt::{api_480, nonemptyvec::NonEmptyVec};
use std::fmt;

/// How often a capsule may be transformed: once from a scope to a principal, once more through a group.
pub const MAX_HOPS: usize = 2;

const G1: usize = 2 * FP;
const HEAD: usize = G1 + GT + 32 + 32 + 64;
const HOP: usize = G1 + GT + G1 + GT;

/// A capsule. Opens with the private key that it was encrypted or last transformed to.
#[derive(Clone, Eq, PartialEq)]
pub struct Capsule(Vec<u8>);

impl Capsule {
    /// Length in bytes after `hops` transforms.
    #[must_use]
    pub const fn length(hops: usize) -> usize {
        HEAD + hops * HOP
    }

    /// Reads a capsule.
    ///
    /// # Errors
    ///
    /// [`InvalidPre`] if the length is not that of 0 to [`MAX_HOPS`] hops, a coefficient is not below the prime, or a
    /// point not on its curve.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidPre> {
        read(bytes)?;
        Ok(Self(bytes.to_vec()))
    }

    /// How often it was transformed.
    #[must_use]
    pub const fn hops(&self) -> usize {
        self.0.len().saturating_sub(HEAD) / HOP
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
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

/// Reads the value that `recrypt` computes with.
pub(super) fn read(bytes: &[u8]) -> Result<api_480::EncryptedValue, InvalidPre> {
    let length = bytes.len();
    let hops = length.checked_sub(HEAD).ok_or(InvalidPre::Length { length })? / HOP;
    if length != Capsule::length(hops) || hops > MAX_HOPS {
        return Err(InvalidPre::Length { length });
    }
    let mut rest = bytes;
    let ephemeral_public_key = point::read(take(&mut rest)?)?;
    let message = take::<GT>(&mut rest)?;
    check_canonical(message)?;
    let encrypted_message = api_480::EncryptedMessage::new(*message);
    let auth_hash = api_480::AuthHash::new(*take(&mut rest)?);
    let public_signing_key = api_480::PublicSigningKey::new(*take(&mut rest)?);
    let signature = api_480::Ed25519Signature::new(*take(&mut rest)?);
    let mut blocks = Vec::with_capacity(hops);
    for _ in 0..hops {
        let public_key = point::read(take(&mut rest)?)?;
        let temporary_key = read_temporary_key(&mut rest)?;
        let random_public_key = point::read(take(&mut rest)?)?;
        let random_temporary_key = read_temporary_key(&mut rest)?;
        let block = api_480::TransformBlock::new(
            &public_key,
            &temporary_key,
            &random_public_key,
            &random_temporary_key,
        );
        blocks.push(block.map_err(|_| InvalidPre::NotOnCurve)?);
    }
    Ok(match NonEmptyVec::try_from(&blocks) {
        Err(_) => api_480::EncryptedValue::EncryptedOnceValue {
            ephemeral_public_key,
            encrypted_message,
            auth_hash,
            public_signing_key,
            signature,
        },
        Ok(transform_blocks) => api_480::EncryptedValue::TransformedValue {
            ephemeral_public_key,
            encrypted_message,
            auth_hash,
            transform_blocks,
            public_signing_key,
            signature,
        },
    })
}

/// Reads an encrypted temporary key off the front of `rest`.
pub(super) fn read_temporary_key(rest: &mut &[u8]) -> Result<api_480::EncryptedTempKey, InvalidPre> {
    let bytes = take::<GT>(rest)?;
    check_canonical(bytes)?;
    Ok(api_480::EncryptedTempKey::new(*bytes))
}

/// The capsule of a value that `recrypt` made.
pub(super) fn from_recrypt(value: &api_480::EncryptedValue) -> Capsule {
    use api_480::EncryptedValue::{EncryptedOnceValue, TransformedValue};
    let (EncryptedOnceValue {
        ephemeral_public_key,
        encrypted_message,
        auth_hash,
        public_signing_key,
        signature,
    }
    | TransformedValue {
        ephemeral_public_key,
        encrypted_message,
        auth_hash,
        public_signing_key,
        signature,
        ..
    }) = value;
    let mut bytes = Vec::with_capacity(Capsule::length(MAX_HOPS));
    point::write(ephemeral_public_key, &mut bytes);
    bytes.extend_from_slice(encrypted_message.bytes());
    bytes.extend_from_slice(auth_hash.bytes());
    bytes.extend_from_slice(public_signing_key.bytes());
    bytes.extend_from_slice(signature.bytes());
    if let TransformedValue { transform_blocks, .. } = value {
        for block in std::iter::once(transform_blocks.first()).chain(transform_blocks.rest()) {
            point::write(block.public_key(), &mut bytes);
            bytes.extend_from_slice(block.encrypted_temp_key().bytes());
            point::write(block.random_transform_public_key(), &mut bytes);
            bytes.extend_from_slice(block.encrypted_random_transform_temp_key().bytes());
        }
    }
    Capsule(bytes)
}
