//! Wraps: a small secret under a key that is used more than once.
//!
//! ```text
//! wrap = nonce (12, random) || AES-256-GCM(key, nonce, secret, place)
//! place = CBOR [ label, suite, ... ]
//! ```

use crate::primitive::{AeadKey, NONCE, NotOpened};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

/// Length of the shortest wrap: nonce and tag.
pub(crate) const OVERHEAD: usize = NONCE + 16;

/// Wraps a secret in its place.
pub(crate) fn wrap(
    key: &AeadKey,
    place: &[u8],
    secret: &[u8],
    rng: &mut (impl RngCore + CryptoRng),
) -> Vec<u8> {
    let mut nonce = [0; NONCE];
    rng.fill_bytes(&mut nonce);
    let mut message = Vec::with_capacity(OVERHEAD + secret.len());
    message.extend_from_slice(secret);
    key.seal(&nonce, place, &mut message);
    message.splice(0..0, nonce);
    message
}

/// Opens a wrap in its place.
pub(crate) fn unwrap(key: &AeadKey, place: &[u8], wrap: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
    let (nonce, ciphertext) = wrap.split_first_chunk::<NONCE>().ok_or(NotOpened)?;
    key.open(nonce, place, ciphertext)
}
