//! Index tokens: keyed hashes of field values, by which a server finds records without reading them.
//!
//! ```text
//! equality key   = HKDF-Expand(HKDF-Expand(PRK of the epoch, "index", 32), CBOR [ "equality", 1, uri, pointer ], 32)
//! equality token = first 16 bytes of HMAC-SHA-256(equality key, value)
//! unique key     = HKDF-Expand(HKDF-Extract("pryv unique", U), CBOR [ "unique", 1, uri, pointer ], 32)
//! unique token   = HMAC-SHA-256(unique key, value)
//! value = 0x01 || type || bytes
//!   null     0x00
//!   bool     0x01 || 0x00 or 0x01
//!   integer  0x02 || two's complement, 16 bytes, most significant first
//!   float    0x03 || IEEE 754 binary64, most significant byte first
//!   string   0x04 || UTF-8 of the string in Unicode normalisation form C
//! ```
//!
//! A float that is an integer between -2^63 and 2^64 - 1 is encoded as that integer: 1, 1.0 and 1e0 are one value, as JSON
//! Schema (draft 2020-12, 4.2.2) has it. An array gives one token for each different element, an object none.

use crate::{
    epoch::EpochKeys,
    primitive::{hkdf_expand, hmac},
    secret::Secret,
};
use pryv_wire::{
    Bytes, encode,
    record::{EQUALITY_TOKEN_LENGTH, UNIQUE_TOKEN_LENGTH},
};
use serde_json::Value;
use std::{collections::BTreeSet, fmt};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// The version of the encoding of values.
const VERSION: u8 = 1;

/// A value that has no token: an object, or an array inside an array.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("only null, booleans, numbers, strings and arrays of these can be indexed")]
pub struct NotIndexable;

/// A token of a field indexed for equality.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct EqualityToken([u8; EQUALITY_TOKEN_LENGTH]);

/// A token of a field that is unique in its scope.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UniqueToken([u8; UNIQUE_TOKEN_LENGTH]);

impl EqualityToken {
    /// The token, for a message.
    #[must_use]
    pub fn to_wire(self) -> Bytes {
        Bytes::from(self.0)
    }
}

impl UniqueToken {
    /// The token, for a message.
    #[must_use]
    pub fn to_wire(self) -> Bytes {
        Bytes::from(self.0)
    }
}

impl fmt::Debug for EqualityToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EqualityToken(16 bytes)")
    }
}

impl fmt::Debug for UniqueToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UniqueToken(32 bytes)")
    }
}

/// Makes the equality tokens of one field in one epoch.
pub struct EqualityKey(Secret<32>);

/// Makes the unique tokens of one field, the same in every epoch.
pub struct UniqueKey(Secret<32>);

impl EqualityKey {
    /// The key of the field at `pointer` (RFC 6901) of the definition `uri`.
    #[must_use]
    pub fn new(epoch: &EpochKeys, uri: &str, pointer: &str) -> Self {
        Self(hkdf_expand(epoch.index_prk(), &encode(&("equality", VERSION, uri, pointer))))
    }

    /// The tokens of a field's value: one, or one for each different element of an array.
    ///
    /// # Errors
    ///
    /// [`NotIndexable`] for an object, and for an array inside an array.
    pub fn tokens(&self, value: &Value) -> Result<Vec<EqualityToken>, NotIndexable> {
        tokens(value, |value| {
            let mac = hmac(self.0.expose(), value);
            let mut token = [0; EQUALITY_TOKEN_LENGTH];
            token.iter_mut().zip(mac).for_each(|(to, from)| *to = from);
            EqualityToken(token)
        })
    }
}

impl UniqueKey {
    /// The key of the field at `pointer` (RFC 6901) of the definition `uri`.
    #[must_use]
    pub fn new(epoch: &EpochKeys, uri: &str, pointer: &str) -> Self {
        Self(hkdf_expand(epoch.unique_prk(), &encode(&("unique", VERSION, uri, pointer))))
    }

    /// The tokens of a field's value: one, or one for each different element of an array.
    ///
    /// # Errors
    ///
    /// [`NotIndexable`] for an object, and for an array inside an array.
    pub fn tokens(&self, value: &Value) -> Result<Vec<UniqueToken>, NotIndexable> {
        tokens(value, |value| UniqueToken(hmac(self.0.expose(), value)))
    }
}

impl fmt::Debug for EqualityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EqualityKey(..)")
    }
}

impl fmt::Debug for UniqueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UniqueKey(..)")
    }
}

fn tokens<T: Ord>(value: &Value, token: impl Fn(&[u8]) -> T) -> Result<Vec<T>, NotIndexable> {
    match value {
        Value::Array(elements) => {
            let all: Result<BTreeSet<T>, _> =
                elements.iter().map(|element| typed(element).map(|bytes| token(&bytes))).collect();
            Ok(all?.into_iter().collect())
        }
        single => Ok(vec![token(&typed(single)?)]),
    }
}

/// The encoding of one value.
fn typed(value: &Value) -> Result<Zeroizing<Vec<u8>>, NotIndexable> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(64));
    bytes.push(VERSION);
    match value {
        Value::Null => bytes.push(0),
        Value::Bool(bool) => bytes.extend([1, u8::from(*bool)]),
        Value::Number(number) => match integer(number) {
            Some(integer) => {
                bytes.push(2);
                bytes.extend(integer.to_be_bytes());
            }
            None => {
                bytes.push(3);
                bytes.extend(number.as_f64().ok_or(NotIndexable)?.to_be_bytes());
            }
        },
        Value::String(text) => {
            bytes.push(4);
            let mut buffer = [0; 4];
            for character in text.nfc() {
                bytes.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
            }
        }
        Value::Array(_) | Value::Object(_) => return Err(NotIndexable),
    }
    Ok(bytes)
}

/// The integer that a number is, if it is one between -2^63 and 2^64 - 1.
fn integer(number: &serde_json::Number) -> Option<i128> {
    if let Some(integer) = number.as_i128() {
        return Some(integer);
    }
    // 2^63 and 2^64 are floats exactly; every float between is converted without loss, and -0.0 becomes 0.
    const LOW: f64 = -9_223_372_036_854_775_808.0;
    const HIGH: f64 = 18_446_744_073_709_551_616.0;
    let float = number.as_f64()?;
    #[expect(clippy::cast_possible_truncation, reason = "integral and in range: exact")]
    (float.fract() == 0.0 && (LOW..HIGH).contains(&float)).then_some(float as i128)
}

#[cfg(test)]
mod tests;
