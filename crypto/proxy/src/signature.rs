//! Ed25519 signatures (RFC 8032), verified strictly, and statements that were verified.

use pryv_wire::{
    DecodeError, Signed, Statement,
    bytes::{Signature, SigningPublicKey},
};

/// A signature that does not verify: wrong key, changed message, or a key or signature in a form that is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct InvalidSignature;

/// Why a signed statement was not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidStatement {
    /// The signature does not verify under the key.
    #[error("the statement is not signed by the key that should have signed it")]
    Signature(#[source] InvalidSignature),
    /// The signature verifies, but the body is not a statement of this kind.
    #[error("the signed body is not a statement of the expected kind")]
    Body(#[source] DecodeError),
}

/// Verifies an Ed25519 signature.
///
/// Strict in the sense of `verify_strict`: refuses non-canonical points and scalars and keys of small order, so that a
/// signature has one form and one message.
///
/// # Errors
///
/// [`InvalidSignature`], whatever the reason.
pub fn verify(key: &SigningPublicKey, message: &[u8], signature: &Signature) -> Result<(), InvalidSignature> {
    let key = ed25519_dalek::VerifyingKey::from_bytes(key.as_bytes()).map_err(|_| InvalidSignature)?;
    let signature = ed25519_dalek::Signature::from_bytes(signature.as_bytes());
    key.verify_strict(message, &signature).map_err(|_| InvalidSignature)
}

/// Verifies a statement and gives its content.
///
/// # Errors
///
/// [`InvalidStatement`] if the signature does not verify or the body is not of this kind.
pub fn verified<T: Statement>(signed: &Signed<T>, key: &SigningPublicKey) -> Result<T, InvalidStatement> {
    verify(key, &signed.signed_bytes(), signed.signature()).map_err(InvalidStatement::Signature)?;
    signed.unverified().map_err(InvalidStatement::Body)
}
