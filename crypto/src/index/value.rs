//! The encoding of a value that a token is made of: equal values have one encoding.

use super::NotIndexable;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// The version of the encoding of values.
const VERSION: u8 = 1;

/// Whether two values are one to an index. An object or an array is like no other value.
#[must_use]
pub fn equal(a: &Value, b: &Value) -> bool {
    matches!((typed(a), typed(b)), (Ok(a), Ok(b)) if *a == *b)
}

/// The encodings of a field's value: one, or one for each different element of an array.
pub(super) fn each(value: &Value) -> Result<Vec<Zeroizing<Vec<u8>>>, NotIndexable> {
    match value {
        Value::Array(elements) => {
            let mut all = elements.iter().map(typed).collect::<Result<Vec<_>, _>>()?;
            all.sort_unstable_by(|a, b| a[..].cmp(&b[..]));
            all.dedup_by(|a, b| a[..] == b[..]);
            Ok(all)
        }
        single => Ok(vec![typed(single)?]),
    }
}

/// The encoding of one value.
pub(super) fn typed(value: &Value) -> Result<Zeroizing<Vec<u8>>, NotIndexable> {
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
                bytes.extend(number.as_f64().ok_or(NotIndexable::Type)?.to_be_bytes());
            }
        },
        Value::String(text) => {
            bytes.push(4);
            let mut buffer = [0; 4];
            for character in text.nfc() {
                bytes.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
            }
        }
        Value::Array(_) | Value::Object(_) => return Err(NotIndexable::Type),
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
