//! The formulas of the specification, written down a second time and independently of the crate under test.

#![expect(
    clippy::cast_possible_truncation,
    reason = "the formulas as the papers write them, on small numbers"
)]

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

pub(crate) fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// RFC 5869, section 2.2.
pub(crate) fn extract(salt: &str, ikm: &[u8]) -> [u8; 32] {
    hmac(salt.as_bytes(), &[ikm])
}

/// RFC 5869, section 2.3.
pub(crate) fn expand(prk: &[u8], info: impl AsRef<[u8]>, length: usize) -> Vec<u8> {
    let (mut okm, mut block) = (Vec::new(), Vec::new());
    for counter in 1_u8.. {
        if okm.len() >= length {
            break;
        }
        block = hmac(prk, &[&block, info.as_ref(), &[counter]]).to_vec();
        okm.extend_from_slice(&block);
    }
    okm.truncate(length);
    okm
}

pub(crate) fn aead(key: &[u8], nonce: &[u8], plaintext: &[u8], aad: &[u8]) -> Vec<u8> {
    Aes256Gcm::new(key.into()).encrypt(nonce.into(), Payload { msg: plaintext, aad }).unwrap()
}

/// The AEAD of a suite.
pub(crate) fn aead_of(suite: u16, key: &[u8], nonce: &[u8], plaintext: &[u8], aad: &[u8]) -> Vec<u8> {
    if suite != 3 {
        return aead(key, nonce, plaintext, aad);
    }
    chacha20poly1305::ChaCha20Poly1305::new(key.into())
        .encrypt(nonce.into(), Payload { msg: plaintext, aad })
        .unwrap()
}

pub(crate) fn wrap(key: &[u8], nonce: &[u8], plaintext: &[u8], aad: &[u8]) -> Vec<u8> {
    wrap_of(1, key, nonce, plaintext, aad)
}

pub(crate) fn wrap_of(suite: u16, key: &[u8], nonce: &[u8], plaintext: &[u8], aad: &[u8]) -> Vec<u8> {
    [nonce, &aead_of(suite, key, nonce, plaintext, aad)].concat()
}

/// What an X-Wing private key expands to: d and z of ML-KEM, and the X25519 key.
pub(crate) fn xwing_expanded(key: &[u8]) -> Vec<u8> {
    use sha3::digest::{ExtendableOutput, Update};
    sha3::Shake256::default().chain(key).finalize_boxed(96).to_vec()
}

pub(crate) fn xwing_public(key: &[u8]) -> Vec<u8> {
    use ml_kem::{B32, EncodedSizeUser, KemCore, MlKem768};
    let expanded = xwing_expanded(key);
    let part = |at: usize| <[u8; 32]>::try_from(&expanded[at..at + 32]).unwrap();
    let (_, public) = MlKem768::generate_deterministic(&B32::from(part(0)), &B32::from(part(32)));
    [&public.as_bytes()[..], &x25519_public(&part(64))].concat()
}

/// The public key to which a suite seals.
pub(crate) fn sealing_public(suite: u16, key: &[u8]) -> Vec<u8> {
    if suite == 2 { xwing_public(key) } else { x25519_public(key).to_vec() }
}

pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

pub(crate) fn x25519_public(key: &[u8]) -> [u8; 32] {
    x25519_dalek::x25519(key.try_into().unwrap(), x25519_dalek::X25519_BASEPOINT_BYTES)
}

pub(crate) fn ed25519_public(seed: &[u8]) -> [u8; 32] {
    ed25519_dalek::SigningKey::from_bytes(seed.try_into().unwrap()).verifying_key().to_bytes()
}

/// Padmé by floating point, as the paper writes it.
pub(crate) fn padme(length: usize) -> usize {
    if length < 2 {
        return length;
    }
    let exponent = (length as f64).log2().floor() as u32;
    let kept = f64::from(exponent).log2().floor() as u32 + 1;
    let unit = 1 << (exponent - kept);
    length.div_ceil(unit) * unit
}

pub(crate) fn pad(content: &[u8], floor: usize) -> Vec<u8> {
    let mut padded = [content, &[0x80]].concat();
    padded.resize(padme(padded.len()).max(floor), 0);
    padded
}

/// The encoding of a value that is indexed; none if it has no token.
pub(crate) fn typed(value: &Value) -> Option<Vec<u8>> {
    let body = match value {
        Value::Null => vec![0],
        Value::Bool(value) => vec![1, u8::from(*value)],
        Value::String(text) => [&[4], text.nfc().collect::<String>().as_bytes()].concat(),
        Value::Number(number) => {
            let float = number.as_f64().unwrap();
            let integer = number.as_i64().map(i128::from).or(number.as_u64().map(i128::from));
            let integral = float % 1.0 == 0.0 && float >= -(2_f64.powi(63)) && float < 2_f64.powi(64);
            match integer.or(integral.then_some(float as i128)) {
                Some(integer) => [&[2], &integer.to_be_bytes()[..]].concat(),
                None => [&[3], &float.to_be_bytes()[..]].concat(),
            }
        }
        Value::Array(_) | Value::Object(_) => return None,
    };
    Some([&[1], &body[..]].concat())
}

/// Unicode normalisation form C.
pub(crate) fn nfc(text: &str) -> String {
    text.nfc().collect()
}
