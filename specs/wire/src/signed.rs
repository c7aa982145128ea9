//! Statements: signed bodies kept as the bytes that were signed.
//!
//! The signature covers the statement's domain, a zero byte and the body as encoded. A body is never encoded again to be
//! checked, and gives up its content only to whoever verified the signature (`pryv-proxy-crypto`).

use crate::{
    bytes::{Bytes, Signature},
    codec::{DecodeError, decode, encode},
    id::Digest,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{fmt, marker::PhantomData};

/// The body of a signed statement.
pub trait Statement: DeserializeOwned + Serialize {
    /// Separates the signatures over this kind of statement from all others.
    const DOMAIN: &'static str;
}

/// A statement of kind `T` as bytes, with a signature that nobody has checked yet.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, bound = "")]
pub struct Signed<T> {
    body: Bytes,
    signature: Signature,
    #[serde(skip)]
    kind: PhantomData<fn() -> T>,
}

impl<T: Statement> Signed<T> {
    /// Encodes `statement` and attaches what `sign` answers for the bytes to be signed.
    pub fn new(statement: &T, sign: impl FnOnce(&[u8]) -> Signature) -> Self {
        let body = Bytes::from(encode(statement));
        let signature = sign(&Self::input(&body));
        Self { body, signature, kind: PhantomData }
    }

    /// The bytes that the signature covers.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        Self::input(&self.body)
    }

    fn input(body: &[u8]) -> Vec<u8> {
        [T::DOMAIN.as_bytes(), &[0], body].concat()
    }

    /// The signature.
    #[must_use]
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Reads the body *before* its signature is checked: to route, to look up the key that must have signed.
    ///
    /// # Errors
    ///
    /// Fails if the body is not a statement of this kind in deterministic form.
    pub fn unverified(&self) -> Result<T, DecodeError> {
        decode(&self.body)
    }

    /// The digest that names this statement: of its domain and body, without the signature.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(T::DOMAIN, &[&self.body])
    }
}

impl<T> Clone for Signed<T> {
    fn clone(&self) -> Self {
        Self { body: self.body.clone(), signature: self.signature, kind: PhantomData }
    }
}

impl<T> PartialEq for Signed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.body == other.body && self.signature == other.signature
    }
}

impl<T> Eq for Signed<T> {}

impl<T> fmt::Debug for Signed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed").field("body", &self.body).finish_non_exhaustive()
    }
}
