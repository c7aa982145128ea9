//! Deterministic CBOR: how every message becomes bytes and back (RFC 8949, section 4.2.1).
//!
//! [`encode`] sorts map keys by their encoded bytes and writes the shortest form of every number. [`decode`] accepts
//! only what [`encode`] would have written: it decodes, encodes again and compares, so that non-canonical
//! numbers, indefinite lengths, duplicate or unsorted keys and trailing bytes are all refused by one rule.

use ciborium::Value;
use serde::{Serialize, de::DeserializeOwned};
use std::cmp::Ordering;

/// How deep arrays and maps may nest in a message.
pub const MAX_DEPTH: usize = 32;

/// Why bytes were not accepted as a message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes are not CBOR, end early, nest deeper than [`MAX_DEPTH`], or are not of the expected shape.
    #[error("not a valid message: {reason}")]
    Malformed {
        /// What the decoder said, without any content of the message.
        reason: String,
    },
    /// The bytes are CBOR of the expected shape, but not in deterministic form, or with bytes after the end.
    #[error("the message is not in deterministic CBOR form, or has bytes after its end")]
    NotCanonical,
    /// A text was expected to be UTF-8, an identifier or base64url and is not.
    #[error("expected {expected}")]
    Text {
        /// What was expected.
        expected: &'static str,
    },
}

/// Encodes a message in deterministic CBOR.
///
/// ```
/// assert_eq!(pryv_wire::encode(&("a", 1_u64, 1.5_f64)), [0x83, 0x61, 0x61, 0x01, 0xf9, 0x3e, 0x00]);
/// ```
#[must_use]
pub fn encode<T: Serialize + ?Sized>(message: &T) -> Vec<u8> {
    // Neither step can fail: our messages hold no type that CBOR lacks, and a `Vec` grows.
    let mut value = Value::serialized(message).unwrap_or(Value::Null);
    sort(&mut value);
    let mut bytes = Vec::with_capacity(256);
    match ciborium::into_writer(&value, &mut bytes) {
        Ok(()) => bytes,
        Err(_) => Vec::new(),
    }
}

/// Decodes a message, accepting only its deterministic form.
///
/// # Errors
///
/// [`DecodeError::Malformed`] if the bytes are not of the message's shape, [`DecodeError::NotCanonical`] if
/// encoding the result would give other bytes.
pub fn decode<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Result<T, DecodeError> {
    let message: T = ciborium::de::from_reader_with_recursion_limit(bytes, MAX_DEPTH)
        .map_err(|error| DecodeError::Malformed { reason: reason(&error) })?;
    if encode(&message) == bytes { Ok(message) } else { Err(DecodeError::NotCanonical) }
}

/// Says what is wrong without repeating content: serde's own words name fields and types only.
fn reason<E>(error: &ciborium::de::Error<E>) -> String {
    use ciborium::de::Error;
    match error {
        Error::Io(_) => "the bytes end early".to_owned(),
        Error::Syntax(at) => format!("invalid CBOR at byte {at}"),
        Error::Semantic(_, _) => "a field is missing, unknown, or of the wrong type or length".to_owned(),
        Error::RecursionLimitExceeded => format!("nested deeper than {MAX_DEPTH} levels"),
    }
}

/// Sorts the keys of every map bytewise by their encoded form.
fn sort(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(sort),
        Value::Map(entries) => {
            for (key, item) in entries.iter_mut() {
                sort(key);
                sort(item);
            }
            entries.sort_by(|(a, _), (b, _)| compare(a, b));
        }
        Value::Tag(_, inner) => sort(inner),
        _ => {}
    }
}

/// Orders two keys as their encodings order; text keys, which all ours are, without encoding them.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
        _ => encode(a).cmp(&encode(b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq, Serialize)]
    #[serde(deny_unknown_fields)]
    struct Message {
        bb: u64,
        a: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        c: Option<f64>,
    }

    #[test]
    fn keys_are_sorted_by_their_encoding() {
        let bytes = encode(&Message { bb: 1, a: "x".into(), c: None });
        assert_eq!(bytes, [0xa2, 0x61, b'a', 0x61, b'x', 0x62, b'b', b'b', 0x01]);
        assert_eq!(decode::<Message>(&bytes).unwrap(), Message { bb: 1, a: "x".into(), c: None });
    }

    #[test]
    fn every_other_form_is_refused() {
        let cases: [(&str, &[u8]); 8] = [
            ("trailing byte", &[0xa2, 0x61, b'a', 0x61, b'x', 0x62, b'b', b'b', 0x01, 0x00]),
            ("long integer", &[0xa2, 0x61, b'a', 0x61, b'x', 0x62, b'b', b'b', 0x18, 0x01]),
            ("unsorted keys", &[0xa2, 0x62, b'b', b'b', 0x01, 0x61, b'a', 0x61, b'x']),
            ("indefinite map", &[0xbf, 0x61, b'a', 0x61, b'x', 0x62, b'b', b'b', 0x01, 0xff]),
            (
                "duplicate key",
                &[0xa3, 0x61, b'a', 0x61, b'x', 0x61, b'a', 0x61, b'x', 0x62, b'b', b'b', 0x01],
            ),
            ("unknown key", &[0xa3, 0x61, b'a', 0x61, b'x', 0x61, b'z', 0x01, 0x62, b'b', b'b', 0x01]),
            ("truncated", &[0xa2, 0x61, b'a', 0x61, b'x', 0x62, b'b']),
            ("invalid UTF-8", &[0xa2, 0x61, b'a', 0x61, 0xff, 0x62, b'b', b'b', 0x01]),
        ];
        for (name, bytes) in cases {
            assert!(decode::<Message>(bytes).is_err(), "{name} was accepted");
        }
    }

    #[test]
    fn deep_nesting_is_refused_without_overflow() {
        let bytes = vec![0x81; 100_000];
        assert!(matches!(decode::<Value>(&bytes), Err(DecodeError::Malformed { .. })));
    }
}
