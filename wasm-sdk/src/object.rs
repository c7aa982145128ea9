//! Results: JSON objects, written field by field. Times are milliseconds, bytes are base64url, ids are text.

use pryv_sdk::Timestamp;
use serde_json::{Map, Value};
use std::fmt::Display;

/// An object that is being written.
#[derive(Default)]
pub(crate) struct Object(Map<String, Value>);

impl Object {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A field of any JSON.
    pub(crate) fn put(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn put_if(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.put(name, value),
            None => self,
        }
    }

    /// Whatever has a text: ids, names, fingerprints.
    pub(crate) fn text(self, name: &str, text: &dyn Display) -> Self {
        self.put(name, text.to_string())
    }

    pub(crate) fn text_if<T: Display>(self, name: &str, text: Option<&T>) -> Self {
        match text {
            Some(text) => self.text(name, text),
            None => self,
        }
    }

    pub(crate) fn time(self, name: &str, time: Timestamp) -> Self {
        self.put(name, time.as_millis())
    }

    pub(crate) fn time_if(self, name: &str, time: Option<Timestamp>) -> Self {
        match time {
            Some(time) => self.time(name, time),
            None => self,
        }
    }

    pub(crate) fn bytes(self, name: &str, bytes: &[u8]) -> Self {
        self.put(name, data_encoding::BASE64URL_NOPAD.encode(bytes))
    }

    /// A list, item by item.
    pub(crate) fn list<T>(
        self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        one: impl Fn(T) -> Value,
    ) -> Self {
        self.put(name, items.into_iter().map(one).collect::<Vec<Value>>())
    }

    pub(crate) fn done(self) -> Value {
        Value::Object(self.0)
    }
}

/// The text of something, as a value.
pub(crate) fn text(text: &dyn Display) -> Value {
    Value::String(text.to_string())
}
