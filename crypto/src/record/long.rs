//! Long contents: what a cipher outside of this crate, the platform's, may encrypt or decrypt.
//!
//! It is given the one key of one version, and nothing else. What it makes is what [`AeadKey`] makes: the same algorithm, key,
//! nonce and additional data; whatever it does not do is done here.

use super::{Content, open::UnopenedRecord};
use crate::{
    identity::Identity,
    primitive::{AeadKey, NONCE, TAG},
};
use pryv_wire::{Bytes, bytes::Signature, record::Envelope};
use std::fmt;
use zeroize::Zeroizing;

/// From this length on, a content is worth a cipher outside: 16 KB, padding included.
pub const LONG: usize = 16 * 1024;

/// One message of AES-256-GCM, to encrypt or to decrypt. Its key is used for this message alone.
#[derive(Clone, Copy)]
pub struct LongContent<'a> {
    /// The key.
    pub key: &'a [u8; 32],
    /// The nonce, of zeros.
    pub nonce: &'static [u8; NONCE],
    /// The additional data.
    pub aad: &'a [u8],
    /// The padded content, or the ciphertext with its tag of 16 bytes behind it.
    pub message: &'a [u8],
}

impl fmt::Debug for LongContent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LongContent").field("length", &self.message.len()).finish_non_exhaustive()
    }
}

impl<'a> LongContent<'a> {
    /// The message, if it is long, and the key is one of AES-256-GCM.
    fn of(key: &'a AeadKey, aad: &'a [u8], message: &'a [u8], length: usize) -> Option<Self> {
        let key = key.aes().filter(|_| length >= LONG)?;
        Some(Self { key, nonce: &[0; NONCE], aad, message })
    }
}

/// A record that is complete but for the encryption of its content, and its signature.
pub struct UnsealedRecord<'a> {
    pub(super) author: &'a Identity,
    pub(super) key: AeadKey,
    pub(super) protected: Vec<u8>,
    pub(super) placement: Vec<u8>,
    /// Padded, with room for the tag.
    pub(super) content: Zeroizing<Vec<u8>>,
}

impl UnsealedRecord<'_> {
    /// What may be encrypted elsewhere: nothing if it is short.
    #[must_use]
    pub fn long(&self) -> Option<LongContent<'_>> {
        LongContent::of(&self.key, &self.protected, &self.content, self.content.len())
    }

    /// Encrypts and signs.
    #[must_use]
    pub fn seal(mut self) -> Envelope {
        let mut message = std::mem::take(&mut *self.content);
        self.key.seal(&[0; NONCE], &self.protected, &mut message);
        self.sign(message)
    }

    /// Signs what was encrypted elsewhere. A ciphertext that is not of the length that it must have is dropped, and the content
    /// encrypted here.
    #[must_use]
    pub fn sealed(self, ciphertext: Vec<u8>) -> Envelope {
        if ciphertext.len() == self.content.len() + TAG { self.sign(ciphertext) } else { self.seal() }
    }

    fn sign(self, ciphertext: Vec<u8>) -> Envelope {
        let mut envelope = Envelope {
            protected: self.protected.into(),
            placement: self.placement.into(),
            ciphertext: Bytes::from(ciphertext),
            signature: Signature::from_bytes([0; Signature::LENGTH]),
            moved: None,
        };
        envelope.signature = self.author.sign_bytes(&envelope.signed_bytes());
        envelope
    }
}

impl fmt::Debug for UnsealedRecord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsealedRecord").field("length", &self.content.len()).finish_non_exhaustive()
    }
}

/// The long content of a record that is not opened yet, with the key that its commitment names.
pub struct SealedContent<'r> {
    record: &'r UnopenedRecord,
    key: AeadKey,
}

impl<'r> SealedContent<'r> {
    /// The content of a record, if it is long and this is its key.
    pub(super) fn of(record: &'r UnopenedRecord, content: &Content) -> Option<Self> {
        let key = record.aead_key(content).ok()?;
        Some(Self { record, key }).filter(|sealed| sealed.message().is_some())
    }

    /// What may be decrypted elsewhere.
    #[must_use]
    pub fn message(&self) -> Option<LongContent<'_>> {
        let envelope = self.record.envelope();
        let length = envelope.ciphertext.len().saturating_sub(TAG);
        LongContent::of(&self.key, &envelope.protected, &envelope.ciphertext, length)
    }
}

impl fmt::Debug for SealedContent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedContent").finish_non_exhaustive()
    }
}

/// A content that was decrypted elsewhere: never printed, wiped when dropped.
#[derive(Clone)]
pub(super) struct Decrypted(pub(super) Zeroizing<Vec<u8>>);

impl fmt::Debug for Decrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decrypted(..)")
    }
}
