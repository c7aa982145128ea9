//! Media types: which form a body has, which form the answer takes.

use crate::service::{Error, Result};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use pryv_wire::ErrorCode;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// The two forms of every message.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Format {
    /// `application/cbor`, deterministic.
    #[default]
    Cbor,
    /// `application/json`.
    Json,
}

impl Format {
    pub(super) const fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Cbor => "application/cbor",
            Self::Json => "application/json",
        })
    }

    fn named(media_type: &str) -> Option<Self> {
        match media_type.trim().to_ascii_lowercase().as_str() {
            "application/cbor" => Some(Self::Cbor),
            "application/json" => Some(Self::Json),
            _ => None,
        }
    }

    /// The form of the body: CBOR where nothing is said.
    pub(super) fn of_body(headers: &HeaderMap) -> Result<Self> {
        let Some(media_type) = text(headers, header::CONTENT_TYPE)? else { return Ok(Self::Cbor) };
        let named = media_type.split(';').next().and_then(Self::named);
        named.ok_or_else(|| Error::new(ErrorCode::UnsupportedMediaType))
    }

    /// The form of the answer: what `Accept` prefers; where it does not care, the form of the body.
    pub(super) fn of_answer(headers: &HeaderMap) -> Result<Self> {
        let like_body = Self::of_body(headers).unwrap_or_default();
        let Some(accept) = text(headers, header::ACCEPT)? else { return Ok(like_body) };
        let mut best: Option<(f32, Self)> = None;
        for range in accept.split(',') {
            let mut parts = range.split(';');
            let format = match parts.next().unwrap_or_default().trim() {
                "*/*" | "application/*" => Some(like_body),
                media_type => Self::named(media_type),
            };
            let quality = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(Ok(1.0), str::parse);
            if let (Some(format), Ok(quality)) = (format, quality)
                && quality > 0.0
                && best.is_none_or(|(best, _)| quality > best)
            {
                best = Some((quality, format));
            }
        }
        best.map(|(_, format)| format).ok_or_else(|| Error::new(ErrorCode::UnsupportedMediaType))
    }

    /// Reads a message.
    pub(super) fn decode<T: DeserializeOwned + Serialize>(self, bytes: &[u8]) -> Result<T> {
        match self {
            Self::Cbor => Ok(pryv_wire::decode(bytes)?),
            Self::Json => from_json(bytes),
        }
    }

    /// Writes a message.
    pub(super) fn encode<T: Serialize>(self, message: &T) -> Vec<u8> {
        match self {
            Self::Cbor => pryv_wire::encode(message),
            // Our messages hold no map with keys that are not text, and nothing else that JSON lacks.
            Self::Json => serde_json::to_vec(message).unwrap_or_default(),
        }
    }
}

/// Reads a message from JSON. Serde takes an array for a struct too, which would be a second form of one message.
fn from_json<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Result<T> {
    let refused = |error: serde_json::Error| Error::malformed(json_reason(&error));
    let message: T = serde_json::from_slice(bytes).map_err(refused)?;
    let given: Value = serde_json::from_slice(bytes).map_err(refused)?;
    let ours = serde_json::to_value(&message).map_err(refused)?;
    if says(&ours, &given) {
        Ok(message)
    } else {
        Err(Error::malformed("a message is an object, with its fields by name"))
    }
}

/// Whether `given` is `ours`, but for fields that were left out or null.
fn says(ours: &Value, given: &Value) -> bool {
    match (ours, given) {
        (Value::Object(ours), Value::Object(given)) => given
            .iter()
            .all(|(name, value)| value.is_null() || ours.get(name).is_some_and(|ours| says(ours, value))),
        (Value::Array(ours), Value::Array(given)) => {
            ours.len() == given.len() && ours.iter().zip(given).all(|(ours, given)| says(ours, given))
        }
        (ours, given) => ours == given,
    }
}

/// Says where the JSON is wrong without repeating its content.
fn json_reason(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let what = match error.classify() {
        Category::Syntax => "invalid JSON",
        Category::Eof => "the JSON ends early",
        Category::Data => "a field is missing, unknown, or of the wrong type or length",
        Category::Io => "the body could not be read",
    };
    format!("{what}, at line {} column {}", error.line(), error.column())
}

fn text(headers: &HeaderMap, name: HeaderName) -> Result<Option<&str>> {
    let unreadable = |_| Error::new(ErrorCode::UnsupportedMediaType);
    headers.get(name).map(|value| value.to_str().map_err(unreadable)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(content_type: Option<&'static str>, accept: Option<&'static str>) -> Option<Format> {
        let mut headers = HeaderMap::new();
        if let Some(value) = content_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
        }
        if let Some(value) = accept {
            headers.insert(header::ACCEPT, HeaderValue::from_static(value));
        }
        Format::of_answer(&headers).ok()
    }

    #[test]
    fn the_answer_takes_the_form_that_is_preferred() {
        assert_eq!(answer(None, None), Some(Format::Cbor));
        assert_eq!(answer(Some("application/json"), None), Some(Format::Json));
        assert_eq!(answer(Some("application/json; charset=utf-8"), Some("*/*")), Some(Format::Json));
        assert_eq!(answer(Some("application/json"), Some("application/cbor")), Some(Format::Cbor));
        assert_eq!(answer(None, Some("application/cbor;q=0.5, application/json")), Some(Format::Json));
        assert_eq!(answer(None, Some("application/json;q=0")), None);
        assert_eq!(answer(None, Some("text/html")), None);
    }
}
