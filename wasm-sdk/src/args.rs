//! Arguments: what a page gives a call. Wiped once the call is over, for a password may be among them.

use crate::thrown::Thrown;
use pryv_sdk::Timestamp;
use serde_json::{Map, Value};
use std::str::FromStr;
use zeroize::Zeroize;

/// The arguments of one call, by name.
pub(crate) struct Args(Map<String, Value>);

impl Args {
    /// Reads arguments, and wipes the text that they came in.
    pub(crate) fn read(mut text: String) -> Result<Self, Thrown> {
        let read = serde_json::from_str(&text);
        text.zeroize();
        match read {
            Ok(Value::Object(map)) => Ok(Self(map)),
            _ => Err(Thrown::argument("arguments are an object")),
        }
    }

    pub(crate) fn of(value: Value) -> Result<Self, Thrown> {
        match value {
            Value::Object(map) => Ok(Self(map)),
            _ => Err(Thrown::argument("an object was expected")),
        }
    }

    /// An argument, if it was given.
    pub(crate) fn find(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Takes an argument out, of whatever kind; null if it was not given.
    pub(crate) fn take(&mut self, name: &str) -> Value {
        self.0.get_mut(name).map_or(Value::Null, Value::take)
    }

    /// Takes out an argument that is a list; empty if it was not given.
    pub(crate) fn list(&mut self, name: &str) -> Result<Vec<Value>, Thrown> {
        match self.take(name) {
            Value::Array(items) => Ok(items),
            Value::Null => Ok(Vec::new()),
            _ => Err(Thrown::argument(&format!("`{name}` is a list"))),
        }
    }

    pub(crate) fn text(&self, name: &str) -> Result<&str, Thrown> {
        self.find(name)
            .and_then(Value::as_str)
            .ok_or_else(|| Thrown::argument(&format!("`{name}` is a text")))
    }

    pub(crate) fn text_or_none(&self, name: &str) -> Option<&str> {
        self.find(name).and_then(Value::as_str)
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.find(name).and_then(Value::as_bool)
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.find(name).and_then(Value::as_u64)
    }

    pub(crate) fn small(&self, name: &str) -> Result<Option<u32>, Thrown> {
        let Some(number) = self.find(name) else { return Ok(None) };
        let small = number.as_u64().and_then(|number| u32::try_from(number).ok());
        small.map(Some).ok_or_else(|| Thrown::argument(&format!("`{name}` is a whole number")))
    }

    /// The number of something in the table.
    pub(crate) fn handle(&self, name: &str) -> Result<u32, Thrown> {
        self.small(name)?.ok_or_else(|| Thrown::argument(&format!("`{name}` is missing")))
    }

    pub(crate) fn time(&self, name: &str) -> Option<Timestamp> {
        self.number(name).map(Timestamp::from_millis)
    }

    /// An id, or whatever else is read from a text.
    pub(crate) fn id<T: FromStr>(&self, name: &str) -> Result<T, Thrown> {
        let text = self.text(name)?;
        text.parse().map_err(|_| Thrown::argument(&format!("`{name}` is not of the form that it must have")))
    }

    pub(crate) fn id_or_none<T: FromStr>(&self, name: &str) -> Result<Option<T>, Thrown> {
        if self.find(name).is_none() { Ok(None) } else { self.id(name).map(Some) }
    }
}

impl Drop for Args {
    fn drop(&mut self) {
        self.0.values_mut().for_each(wipe);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        _ => {}
    }
}
