//! Sealing at rest: rows that would help a thief of the disk are encrypted under the node's key.
//!
//! ```text
//! sealed = nonce (12 bytes, random) ‖ AES-256-GCM(key, nonce, plaintext, aad = the row's whole key)
//! ```
//!
//! With the row's key as additional data, a sealed row does not open under another key. Cursors, which are given to
//! callers, are sealed in the same way under a key of their own, derived from the node key as well.

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use pryv_wire::Digest;
use rand::{RngCore, rngs::OsRng};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const NONCE: usize = 12;

/// The node's key, 32 bytes: it seals transform keys, transformed capsules and the password setup at rest.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct NodeKey([u8; 32]);

impl NodeKey {
    /// A new random key.
    #[must_use]
    pub fn generate() -> Self {
        let mut key = [0; 32];
        OsRng.fill_bytes(&mut key);
        Self(key)
    }

    /// A key from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the key's file.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeKey(..)")
    }
}

/// The bytes do not open: another node key, another place, or damage.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a sealed row does not open under this node key")]
pub struct SealBroken;

/// Seals and opens rows.
pub(super) struct Sealer {
    rows: Aes256Gcm,
    cursors: Aes256Gcm,
}

impl Sealer {
    pub(super) fn new(key: &NodeKey) -> Self {
        let derive = |label| {
            let derived = Zeroizing::new(*Digest::of(label, &[&key.0]).as_bytes());
            Aes256Gcm::new((&*derived).into())
        };
        Self { rows: derive("pryv node sealing"), cursors: derive("pryv node cursors") }
    }

    pub(super) fn seal(&self, row: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, SealBroken> {
        seal(&self.rows, row, plaintext)
    }

    pub(super) fn open(&self, row: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealBroken> {
        open(&self.rows, row, sealed)
    }

    pub(super) fn seal_cursor(&self, query: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, SealBroken> {
        seal(&self.cursors, query, plaintext)
    }

    pub(super) fn open_cursor(&self, query: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealBroken> {
        open(&self.cursors, query, sealed)
    }
}

/// A random key, to be kept in a row of its own.
pub(super) fn random_key() -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(vec![0; 32]);
    OsRng.fill_bytes(&mut key);
    key
}

/// Seals and opens rows that two keys open together, each of which may be deleted.
pub(super) struct RowKey(Aes256Gcm);

impl RowKey {
    pub(super) fn of(one: &[u8], other: &[u8]) -> Self {
        let derived = Zeroizing::new(*Digest::of("pryv node two keys", &[one, other]).as_bytes());
        Self(Aes256Gcm::new((&*derived).into()))
    }

    pub(super) fn seal(&self, row: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, SealBroken> {
        seal(&self.0, row, plaintext)
    }

    pub(super) fn open(&self, row: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealBroken> {
        open(&self.0, row, sealed)
    }
}

impl fmt::Debug for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RowKey(..)")
    }
}

fn seal(key: &Aes256Gcm, aad: &[u8], msg: &[u8]) -> Result<Vec<u8>, SealBroken> {
    let mut nonce = [0; NONCE];
    OsRng.fill_bytes(&mut nonce);
    let sealed = key.encrypt((&nonce).into(), Payload { msg, aad }).map_err(|_| SealBroken)?;
    Ok([&nonce[..], &sealed].concat())
}

fn open(key: &Aes256Gcm, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealBroken> {
    let (nonce, msg) = sealed.split_first_chunk::<NONCE>().ok_or(SealBroken)?;
    key.decrypt(nonce.into(), Payload { msg, aad }).map(Zeroizing::new).map_err(|_| SealBroken)
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_row_opens_at_its_place_under_its_key_only() {
        let sealer = Sealer::new(&NodeKey::from_bytes([1; 32]));
        let sealed = sealer.seal(b"row", b"secret").unwrap();
        assert_eq!(*sealer.open(b"row", &sealed).unwrap(), b"secret");
        assert!(sealer.open(b"other", &sealed).is_err(), "moved to another row");
        assert!(Sealer::new(&NodeKey::from_bytes([2; 32])).open(b"row", &sealed).is_err(), "another key");
        assert!(sealer.open(b"row", &sealed[..11]).is_err(), "cut short");
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
    }

    #[test]
    fn the_key_does_not_print() {
        assert_eq!(format!("{:?}", NodeKey::from_bytes([0x41; 32])), "NodeKey(..)");
    }
}
