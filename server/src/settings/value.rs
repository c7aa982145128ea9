//! How a setting's value is written, in every source alike.

use crate::telemetry::LogFormat;
use pryv_engine::EngineKind;
use std::{net::SocketAddr, path::PathBuf};

/// A value with a text form.
pub(super) trait Value: Sized {
    /// Reads it, or says in words what was expected.
    fn read(text: &str) -> Result<Self, String>;
    /// Writes it.
    fn write(&self) -> String;
}

macro_rules! from_str {
    ($($type:ty: $expected:literal;)+) => {$(
        impl Value for $type {
            fn read(text: &str) -> Result<Self, String> {
                text.trim().parse().map_err(|_| format!("expected {}, found {text:?}", $expected))
            }

            fn write(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

from_str! {
    u8: "a number from 0 to 255";
    u32: "a number from 0 to 4294967295";
    u64: "a number, zero or more";
    usize: "a number, zero or more";
    bool: "true or false";
    SocketAddr: "an address with a port, such as 127.0.0.1:3180";
    EngineKind: "redb or sled";
    LogFormat: "text or json";
}

impl Value for String {
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }

    fn write(&self) -> String {
        self.clone()
    }
}

impl Value for PathBuf {
    fn read(text: &str) -> Result<Self, String> {
        if text.is_empty() { Err("expected a path".to_owned()) } else { Ok(Self::from(text)) }
    }

    fn write(&self) -> String {
        self.display().to_string()
    }
}

/// Empty means absent.
impl<T: Value> Value for Option<T> {
    fn read(text: &str) -> Result<Self, String> {
        if text.is_empty() { Ok(None) } else { T::read(text).map(Some) }
    }

    fn write(&self) -> String {
        self.as_ref().map_or_else(String::new, Value::write)
    }
}

/// The value in TOML, which writes numbers and truth without quotes.
pub(super) fn toml(text: &str) -> String {
    if text.parse::<i64>().is_ok() || text.parse::<bool>().is_ok() {
        return text.to_owned();
    }
    // A string of JSON is a basic string of TOML.
    serde_json::Value::from(text).to_string()
}
