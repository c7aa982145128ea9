//! A generator that gives the bytes it was given, and hexadecimal text.

use rand_core::{CryptoRng, Error, RngCore, impls};
use serde_json::Value;

/// Gives these bytes, and panics when they are used up.
pub(crate) struct Fixed(pub(crate) Vec<u8>);

impl RngCore for Fixed {
    fn next_u32(&mut self) -> u32 {
        impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        assert!(bytes.len() <= self.0.len(), "more randomness was drawn than the case gives");
        let rest = self.0.split_off(bytes.len());
        bytes.copy_from_slice(&std::mem::replace(&mut self.0, rest));
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Fixed {}

impl Drop for Fixed {
    fn drop(&mut self) {
        assert!(
            std::thread::panicking() || self.0.is_empty(),
            "less randomness was drawn than the case gives"
        );
    }
}

pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> Value {
    data_encoding::HEXLOWER.encode(bytes.as_ref()).into()
}

/// The bytes of a field of a case.
pub(crate) fn bytes(case: &Value, field: &str) -> Vec<u8> {
    let text = case[field].as_str().unwrap_or_else(|| panic!("{field} is missing in {case}"));
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
}

pub(crate) fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap_or_else(|| panic!("{field} is missing in {case}"))
}

/// The suite of a case: the first one if it names none.
pub(crate) fn suite(case: &Value) -> u16 {
    case["suite"].as_u64().map_or(1, |suite| u16::try_from(suite).unwrap())
}

pub(crate) fn number(case: &Value, field: &str) -> u64 {
    case[field].as_u64().unwrap_or_else(|| panic!("{field} is missing in {case}"))
}

/// The generator of a case.
pub(crate) fn random(case: &Value) -> Fixed {
    Fixed(bytes(case, "random"))
}
