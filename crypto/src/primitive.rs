//! The primitives of the suites, named as in the specifications. Nothing else in this crate calls an algorithm directly,
//! but for re-encryption (`pre`).
//!
//! | function | algorithm |
//! |---|---|
//! | [`hkdf_extract`], [`hkdf_expand`] | HKDF-SHA-256 (RFC 5869) |
//! | [`hmac`] | HMAC-SHA-256 (RFC 2104) |
//! | [`AeadKey`] | AES-256-GCM (NIST SP 800-38D) or ChaCha20-Poly1305 (RFC 8439), 12-byte nonce, 16-byte tag |
//! | [`SigningKey`] | Ed25519 (RFC 8032) |
//! | [`x25519`] | X25519 (RFC 7748) |
//! | [`Hpke`] | HPKE base mode (RFC 9180): DHKEM(X25519, HKDF-SHA256) or X-Wing, HKDF-SHA256, and an AEAD of the above |
//! | [`hpke_seal_psk`], [`hpke_open_psk`] | HPKE in `mode_psk`: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM |

use crate::secret::Secret;
use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce, aead::AeadInPlace as _};
use chacha20poly1305::ChaCha20Poly1305;
use ed25519_dalek::Signer as _;
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use hpke::{Deserializable as _, OpModeR, OpModeS, Serializable as _};
use pryv_proxy_crypto::sealing::Sealing;
use pryv_wire::bytes::{SealingPublicKey, Signature, SigningPublicKey};
use rand_core::{CryptoRng, RngCore};
use sha2::Sha256;
use std::hint::black_box;
use zeroize::{Zeroize, Zeroizing};

mod xwing;

type HpkeKdf = hpke::kdf::HkdfSha256;

/// Length of a nonce of [`AeadKey`].
pub(crate) const NONCE: usize = 12;

/// The length of the tag that an AEAD appends.
pub(crate) const TAG: usize = 16;

/// A ciphertext that does not open: wrong key, wrong context or changed bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the ciphertext does not open under this key and in this place")]
pub struct NotOpened;

/// A public key that nothing can be sealed to: of another length, not in its form, or a point of small order.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("nothing can be sealed to this public key")]
pub struct UnusableKey;

/// How much of the stack is wiped: more than any of the primitives uses, as `tests/memory` finds.
const STACK: usize = 8 << 10;

/// The same for ML-KEM, whose matrices and vectors of polynomials are on the stack.
const DEEP_STACK: usize = 160 << 10;

/// Computes with a secret, and wipes the part of the stack where that was done: the libraries leave hash states, key
/// schedules and output blocks there.
pub(crate) fn leaving_no_trace<T>(compute: impl FnOnce() -> T) -> T {
    wiping_below::<STACK, T>(compute)
}

/// As [`leaving_no_trace`], for ML-KEM.
fn leaving_no_deep_trace<T>(compute: impl FnOnce() -> T) -> T {
    wiping_below::<DEEP_STACK, T>(compute)
}

fn wiping_below<const STACK: usize, T>(compute: impl FnOnce() -> T) -> T {
    #[inline(never)]
    fn below<T>(compute: impl FnOnce() -> T) -> T {
        compute()
    }
    #[inline(never)]
    fn wipe<const STACK: usize>() {
        black_box(&mut [0_u8; STACK]);
    }
    let result = below(compute);
    wipe::<STACK>();
    result
}

/// `HKDF-Extract(salt, ikm)`.
pub(crate) fn hkdf_extract(salt: &[u8], ikm: &[u8]) -> Secret<32> {
    leaving_no_trace(|| {
        let (mut prk, _) = Hkdf::<Sha256>::extract(Some(salt), ikm);
        let secret = Secret::filled(|bytes| bytes.copy_from_slice(&prk));
        prk.as_mut_slice().zeroize();
        secret
    })
}

/// `HKDF-Expand(prk, info, N)`.
pub(crate) fn hkdf_expand<const N: usize>(prk: &Secret<32>, info: &[u8]) -> Secret<N> {
    const { assert!(N <= 255 * 32, "HKDF-SHA-256 expands to at most 8,160 bytes") };
    Secret::filled(|okm| hkdf_expand_into(prk, info, okm))
}

/// `HKDF-Expand(prk, info, okm.len())`, at most 8,160 bytes.
#[expect(clippy::expect_used, reason = "the key has the hash's length, and callers keep to 8,160 bytes")]
pub(crate) fn hkdf_expand_into(prk: &Secret<32>, info: &[u8], okm: &mut [u8]) {
    leaving_no_trace(|| {
        let hkdf = Hkdf::<Sha256>::from_prk(prk.expose()).expect("32 bytes are the hash's length");
        hkdf.expand(info, okm).expect("at most 8,160 bytes");
    });
}

/// `HMAC-SHA-256(key, message)`.
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    leaving_no_trace(|| {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac = <Hmac<Sha256> as hmac::Mac>::new_from_slice(key).expect("a key of any length");
        mac.update(message);
        mac.finalize().into_bytes().into()
    })
}

/// An algorithm of authenticated encryption.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Aead {
    Aes256Gcm,
    ChaCha20Poly1305,
}

/// A key of an AEAD, wiped when dropped.
///
/// The key schedule is made anew for each message and never kept: beside a record's signature that costs nothing, and a
/// schedule on the heap is left behind. `aes` 0.8 wipes only if its own feature says so, which that of `aes-gcm` does not
/// turn on, and then not the whole of the union it is in, which was moved there with what the stack held before.
pub(crate) struct AeadKey {
    algorithm: Aead,
    key: Secret<32>,
}

impl AeadKey {
    /// A key of AES-256-GCM.
    pub(crate) fn new(key: &Secret<32>) -> Self {
        Self::of(Aead::Aes256Gcm, key)
    }

    pub(crate) fn of(algorithm: Aead, key: &Secret<32>) -> Self {
        Self { algorithm, key: Secret::filled(|bytes| bytes.copy_from_slice(key.expose())) }
    }

    /// The key, if it is one of AES-256-GCM: for a cipher outside of this crate.
    pub(crate) fn aes(&self) -> Option<&[u8; 32]> {
        (self.algorithm == Aead::Aes256Gcm).then(|| self.key.expose())
    }

    /// `Seal(key, nonce, plaintext, aad)`: encrypts in place and appends the tag.
    #[expect(clippy::expect_used, reason = "fails above 64 GiB only; a message is far below")]
    pub(crate) fn seal(&self, nonce: &[u8; NONCE], aad: &[u8], message: &mut Vec<u8>) {
        let (key, nonce) = (self.key.expose().into(), Nonce::from_slice(nonce));
        leaving_no_trace(|| match self.algorithm {
            Aead::Aes256Gcm => Aes256Gcm::new(key).encrypt_in_place(nonce, aad, message),
            Aead::ChaCha20Poly1305 => ChaCha20Poly1305::new(key).encrypt_in_place(nonce, aad, message),
        })
        .expect("below 64 GiB");
    }

    /// `Open(key, nonce, ciphertext, aad)`.
    pub(crate) fn open(
        &self,
        nonce: &[u8; NONCE],
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
        let mut message = Zeroizing::new(ciphertext.to_vec());
        let (key, nonce) = (self.key.expose().into(), Nonce::from_slice(nonce));
        leaving_no_trace(|| match self.algorithm {
            Aead::Aes256Gcm => Aes256Gcm::new(key).decrypt_in_place(nonce, aad, &mut *message),
            Aead::ChaCha20Poly1305 => ChaCha20Poly1305::new(key).decrypt_in_place(nonce, aad, &mut *message),
        })
        .map_err(|_| NotOpened)?;
        Ok(message)
    }
}

/// An Ed25519 private key, wiped when dropped.
pub(crate) struct SigningKey(Box<ed25519_dalek::SigningKey>);

impl SigningKey {
    pub(crate) fn new(seed: &Secret<32>) -> Self {
        Self(Box::new(ed25519_dalek::SigningKey::from_bytes(seed.expose())))
    }

    pub(crate) fn public(&self) -> SigningPublicKey {
        SigningPublicKey::from_bytes(self.0.verifying_key().to_bytes())
    }

    /// `Ed25519-Sign(key, message)`.
    pub(crate) fn sign(&self, message: &[u8]) -> Signature {
        Signature::from_bytes(self.0.sign(message).to_bytes())
    }
}

/// `X25519(scalar, point)`.
pub(crate) fn x25519(scalar: &Secret<32>, point: &[u8; 32]) -> Secret<32> {
    let mut shared = x25519_dalek::x25519(*scalar.expose(), *point);
    let secret = Secret::filled(|bytes| bytes.copy_from_slice(&shared));
    shared.zeroize();
    secret
}

/// The public key of an X25519 private key: `X25519(key, 9)`.
pub(crate) fn x25519_public(key: &Secret<32>) -> SealingPublicKey {
    SealingPublicKey::from_bytes(*x25519(key, &x25519_dalek::X25519_BASEPOINT_BYTES).expose())
}

/// HPKE in base mode, with a KEM and an AEAD. Private keys have 32 bytes in each.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Hpke {
    pub(crate) kem: Sealing,
    pub(crate) aead: Aead,
}

impl Hpke {
    /// `HPKE-Seal(public key, info, aad, plaintext)`: the encapsulated key, then the ciphertext.
    pub(crate) fn seal(
        self,
        to: &[u8],
        info: &[u8],
        aad: &[u8],
        plaintext: &[u8],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Vec<u8>, UnusableKey> {
        use hpke::{aead, kem};
        match (self.kem, self.aead) {
            (Sealing::X25519, Aead::Aes256Gcm) => {
                seal::<kem::X25519HkdfSha256, aead::AesGcm256>(to, info, aad, plaintext, rng)
            }
            (Sealing::X25519, Aead::ChaCha20Poly1305) => {
                seal::<kem::X25519HkdfSha256, aead::ChaCha20Poly1305>(to, info, aad, plaintext, rng)
            }
            (Sealing::XWing, Aead::Aes256Gcm) => {
                leaving_no_deep_trace(|| seal::<xwing::XWing, aead::AesGcm256>(to, info, aad, plaintext, rng))
            }
            (Sealing::XWing, Aead::ChaCha20Poly1305) => leaving_no_deep_trace(|| {
                seal::<xwing::XWing, aead::ChaCha20Poly1305>(to, info, aad, plaintext, rng)
            }),
            _ => Err(UnusableKey),
        }
    }

    /// `HPKE-Open(private key, info, aad, sealed)`.
    pub(crate) fn open(
        self,
        key: &Secret<32>,
        info: &[u8],
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
        use hpke::{aead, kem};
        match (self.kem, self.aead) {
            (Sealing::X25519, Aead::Aes256Gcm) => {
                open::<kem::X25519HkdfSha256, aead::AesGcm256>(key, info, aad, sealed)
            }
            (Sealing::X25519, Aead::ChaCha20Poly1305) => {
                open::<kem::X25519HkdfSha256, aead::ChaCha20Poly1305>(key, info, aad, sealed)
            }
            (Sealing::XWing, Aead::Aes256Gcm) => {
                leaving_no_deep_trace(|| open::<xwing::XWing, aead::AesGcm256>(key, info, aad, sealed))
            }
            (Sealing::XWing, Aead::ChaCha20Poly1305) => {
                leaving_no_deep_trace(|| open::<xwing::XWing, aead::ChaCha20Poly1305>(key, info, aad, sealed))
            }
            _ => Err(NotOpened),
        }
    }

    /// The public key of a private one.
    pub(crate) fn public(self, key: &Secret<32>) -> Vec<u8> {
        match self.kem {
            Sealing::XWing => leaving_no_deep_trace(|| xwing_public(key)),
            _ => x25519_public(key).as_bytes().to_vec(),
        }
    }
}

fn xwing_public(key: &Secret<32>) -> Vec<u8> {
    use hpke::Kem as _;
    let key = <xwing::XWing as hpke::Kem>::PrivateKey::from_bytes(key.expose());
    key.map(|key| xwing::XWing::sk_to_pk(&key).to_bytes().to_vec()).unwrap_or_default()
}

fn seal<K: hpke::Kem, A: hpke::aead::Aead>(
    to: &[u8],
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Vec<u8>, UnusableKey> {
    seal_in::<K, A>(&OpModeS::Base, to, info, aad, plaintext, rng)
}

fn seal_in<K: hpke::Kem, A: hpke::aead::Aead>(
    mode: &OpModeS<'_, K>,
    to: &[u8],
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Vec<u8>, UnusableKey> {
    let key = K::PublicKey::from_bytes(to).map_err(|_| UnusableKey)?;
    let (encapsulated, ciphertext) =
        hpke::single_shot_seal::<A, HpkeKdf, K, _>(mode, &key, info, plaintext, aad, rng)
            .map_err(|_| UnusableKey)?;
    let mut sealed = encapsulated.to_bytes().to_vec();
    sealed.extend_from_slice(&ciphertext);
    Ok(sealed)
}

fn open<K: hpke::Kem, A: hpke::aead::Aead>(
    key: &Secret<32>,
    info: &[u8],
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
    open_in::<K, A>(&OpModeR::Base, key, info, aad, sealed)
}

fn open_in<K: hpke::Kem, A: hpke::aead::Aead>(
    mode: &OpModeR<'_, K>,
    key: &Secret<32>,
    info: &[u8],
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
    let (encapsulated, ciphertext) = sealed.split_at_checked(K::EncappedKey::size()).ok_or(NotOpened)?;
    let key = K::PrivateKey::from_bytes(key.expose()).map_err(|_| NotOpened)?;
    let encapsulated = K::EncappedKey::from_bytes(encapsulated).map_err(|_| NotOpened)?;
    hpke::single_shot_open::<A, HpkeKdf, K>(mode, &key, &encapsulated, info, ciphertext, aad)
        .map(Zeroizing::new)
        .map_err(|_| NotOpened)
}

type PskKem = hpke::kem::X25519HkdfSha256;
type PskAead = hpke::aead::AesGcm256;

/// `HPKE-Seal` in `mode_psk`: who seals is proved to hold the shared key.
pub(crate) fn hpke_seal_psk(
    to: &SealingPublicKey,
    psk: &Secret<32>,
    psk_id: &[u8],
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Vec<u8>, UnusableKey> {
    let mode = OpModeS::Psk(hpke::PskBundle { psk: psk.expose(), psk_id });
    seal_in::<PskKem, PskAead>(&mode, to.as_bytes(), info, aad, plaintext, rng)
}

/// `HPKE-Open` in `mode_psk`.
pub(crate) fn hpke_open_psk(
    key: &Secret<32>,
    psk: &Secret<32>,
    psk_id: &[u8],
    info: &[u8],
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
    let mode = OpModeR::Psk(hpke::PskBundle { psk: psk.expose(), psk_id });
    open_in::<PskKem, PskAead>(&mode, key, info, aad, sealed)
}

#[cfg(test)]
mod tests;
