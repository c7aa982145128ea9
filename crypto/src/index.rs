//! Index tokens: keyed hashes of field values, by which a server finds records without reading them.
//!
//! ```text
//! index key    = HKDF-Expand(HKDF-Expand(PRK of the epoch, "index", 32), CBOR [ kind, 1, uri, [+ pointer], parameters ], 32)
//! index token  = first 16 bytes of HMAC-SHA-256(index key, input)
//! unique key   = HKDF-Expand(HKDF-Extract("pryv unique", U), CBOR [ "unique", 1, uri, pointer ], 32)
//! unique token = HMAC-SHA-256(unique key, value)
//! input of kind
//!   equality   value; of several fields CBOR [ + bstr value ]
//!   range      level (1 byte) || number of the node (8 bytes, most significant first)
//!   prefix     UTF-8 of a beginning of the folded text
//!   text       UTF-8 of a folded word
//!   exists     0x01
//!   interval   of the start as range; 0x01 || level || node that the rest covers; if it is not over 0x02 || level || node of the start,
//!              and 0x02
//! value = 0x01 || type || bytes
//!   null     0x00
//!   bool     0x01 || 0x00 or 0x01
//!   integer  0x02 || two's complement, 16 bytes, most significant first
//!   float    0x03 || IEEE 754 binary64, most significant byte first
//!   string   0x04 || UTF-8 of the string in Unicode normalisation form C
//! ```
//!
//! A float that is an integer between -2^63 and 2^64 - 1 is encoded as that integer: 1, 1.0 and 1e0 are one value, as JSON
//! Schema (draft 2020-12, 4.2.2) has it. An array gives the tokens of each of its elements, an object none.

mod domain;
mod instant;
mod interval;
mod taken;
mod value;
mod words;

pub use domain::{Axis, Domain, InvalidDomain, MAX_BUCKETS, Node, Span};
pub use instant::millis;
pub use interval::Length;
pub use taken::taken_as_unique;
pub use value::equal;
pub use words::{fold, words};

use crate::{
    epoch::EpochKeys,
    primitive::{hkdf_expand, hmac},
    secret::Secret,
};
use pryv_wire::{
    Bytes, encode,
    record::{INDEX_TOKEN_LENGTH, UNIQUE_TOKEN_LENGTH},
};
use serde_json::Value;
use std::{collections::BTreeSet, fmt};
use zeroize::Zeroizing;

/// The version of the construction.
const VERSION: u8 = 1;

/// The most tokens that an equality index of several fields makes of one record whose fields are arrays.
const MAX_COMBINATIONS: usize = 64;

/// Why a value has no token of its index.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotIndexable {
    /// The index takes no value of this type: no condition that it answers is met by one.
    #[error("the index takes no value of this type")]
    Type,
    /// The arrays of several fields make more combinations than an index holds.
    #[error("the arrays of these fields make more than {MAX_COMBINATIONS} combinations")]
    TooMany,
}

/// A token of any index but a unique one.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct IndexToken([u8; INDEX_TOKEN_LENGTH]);

/// A token of a field that is unique in its scope.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UniqueToken([u8; UNIQUE_TOKEN_LENGTH]);

impl IndexToken {
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

impl fmt::Debug for IndexToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IndexToken(16 bytes)")
    }
}

impl fmt::Debug for UniqueToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UniqueToken(32 bytes)")
    }
}

/// What the tokens of an index are made of.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// The value itself; of several fields, their values together.
    Equality,
    /// The buckets that the value lies in, fine and coarse.
    Range(Domain),
    /// The beginnings of a text, up to so many characters.
    Prefix(u8),
    /// The words of a text.
    Text,
    /// That there is a value.
    Exists,
    /// The buckets of a start, and those that what begins there lasts through.
    Interval(Domain),
}

impl Form {
    const fn name(&self) -> &'static str {
        match self {
            Self::Equality => "equality",
            Self::Range(_) => "range",
            Self::Prefix(_) => "prefix",
            Self::Text => "text",
            Self::Exists => "exists",
            Self::Interval(_) => "interval",
        }
    }

    fn parameters(&self) -> Vec<u8> {
        match self {
            Self::Range(domain) | Self::Interval(domain) => domain.parameters(),
            Self::Prefix(max) => vec![*max],
            Self::Equality | Self::Text | Self::Exists => Vec::new(),
        }
    }
}

/// Makes the tokens of one index in one epoch.
pub struct IndexKey(Secret<32>);

impl IndexKey {
    /// The key of the index of this form on fields (RFC 6901) of the definition `uri`.
    #[must_use]
    pub fn new<P: AsRef<str>>(epoch: &EpochKeys, uri: &str, pointers: &[P], form: &Form) -> Self {
        let pointers: Vec<&str> = pointers.iter().map(AsRef::as_ref).collect();
        let parameters = Bytes::from(form.parameters());
        let info = encode(&(form.name(), VERSION, uri, pointers, parameters));
        Self(hkdf_expand(epoch.index_prk(), &info))
    }

    /// The tokens that a record carries whose fields have these values, in the order of the index's fields. A field that is
    /// absent leaves the record out of the index, but for the length of an interval.
    ///
    /// # Errors
    ///
    /// [`NotIndexable`] if a value has no token of this form.
    pub fn tokens(&self, form: &Form, values: &[Option<&Value>]) -> Result<Vec<IndexToken>, NotIndexable> {
        if let (Form::Interval(domain), [Some(start), rest @ ..]) = (form, values) {
            let tokens: BTreeSet<_> =
                self.interval(domain, start, rest.first().copied().flatten())?.into_iter().collect();
            return Ok(tokens.into_iter().collect());
        }
        let Some(values) = values.iter().copied().collect::<Option<Vec<&Value>>>() else {
            return Ok(Vec::new());
        };
        let (Some(value), rest) = (values.first().copied(), values.len() > 1) else { return Ok(Vec::new()) };
        let tokens = match form {
            Form::Equality if rest => combinations(&values)?.iter().map(|all| self.of(all)).collect(),
            Form::Equality => value::each(value)?.iter().map(|one| self.of(one)).collect(),
            Form::Range(domain) => {
                let buckets = domain.buckets(value)?;
                buckets
                    .into_iter()
                    .flat_map(|bucket| domain.path(bucket))
                    .map(|node| self.node(node))
                    .collect()
            }
            Form::Prefix(max) => {
                let texts = texts(value)?;
                let beginnings = texts.iter().flat_map(|text| words::beginnings(text, *max));
                beginnings.map(|beginning| self.of(beginning.as_bytes())).collect()
            }
            Form::Text => {
                let texts = texts(value)?;
                texts.iter().flat_map(|text| words(text)).map(|word| self.of(word.as_bytes())).collect()
            }
            Form::Exists => BTreeSet::from([self.exists()]),
            Form::Interval(_) => BTreeSet::new(),
        };
        Ok(tokens.into_iter().collect())
    }

    /// The token of the records whose fields have exactly these values.
    ///
    /// # Errors
    ///
    /// [`NotIndexable`] for an object or an array.
    pub fn equal(&self, values: &[&Value]) -> Result<IndexToken, NotIndexable> {
        match values {
            [one] => Ok(self.of(&value::typed(one)?)),
            several => {
                let all = several.iter().map(|one| value::typed(one)).collect::<Result<Vec<_>, _>>()?;
                Ok(self.of(&composed(&all.iter().collect::<Vec<_>>())))
            }
        }
    }

    /// The token of a node of a range.
    #[must_use]
    pub fn node(&self, node: Node) -> IndexToken {
        let mut input = [node.level; 9];
        input.iter_mut().skip(1).zip(node.number.to_be_bytes()).for_each(|(to, from)| *to = from);
        self.of(&input)
    }

    /// The token of a beginning of a text or of a word: folded already.
    #[must_use]
    pub fn folded(&self, text: &str) -> IndexToken {
        self.of(text.as_bytes())
    }

    /// The token of the records that have the field.
    #[must_use]
    pub fn exists(&self) -> IndexToken {
        self.of(&[1])
    }

    fn of(&self, input: &[u8]) -> IndexToken {
        let mut token = [0; INDEX_TOKEN_LENGTH];
        token.iter_mut().zip(hmac(self.0.expose(), input)).for_each(|(to, from)| *to = from);
        IndexToken(token)
    }
}

/// Makes the unique tokens of one field, the same in every epoch.
pub struct UniqueKey(Secret<32>);

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
        let tokens = value::each(value)?.into_iter().map(|one| UniqueToken(hmac(self.0.expose(), &one)));
        Ok(tokens.collect::<BTreeSet<_>>().into_iter().collect())
    }
}

impl fmt::Debug for IndexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IndexKey(..)")
    }
}

impl fmt::Debug for UniqueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UniqueKey(..)")
    }
}

type Encoded = Zeroizing<Vec<u8>>;

/// The values of several fields as one input.
fn composed(values: &[&Encoded]) -> Encoded {
    let values: Vec<&serde_bytes::Bytes> =
        values.iter().map(|value| serde_bytes::Bytes::new(value)).collect();
    Zeroizing::new(encode(&values))
}

/// Every choice of one element of each field.
fn combinations(values: &[&Value]) -> Result<Vec<Encoded>, NotIndexable> {
    let mut all: Vec<Vec<Encoded>> = vec![Vec::new()];
    for value in values {
        let elements = value::each(value)?;
        if all.len().saturating_mul(elements.len()) > MAX_COMBINATIONS {
            return Err(NotIndexable::TooMany);
        }
        all = all
            .iter()
            .flat_map(|chosen| {
                elements.iter().map(move |one| [&chosen[..], std::slice::from_ref(one)].concat())
            })
            .collect();
    }
    Ok(all.iter().map(|chosen| composed(&chosen.iter().collect::<Vec<_>>())).collect())
}

/// The texts of a field: one, or the elements of an array. Null is none.
fn texts(value: &Value) -> Result<Vec<&str>, NotIndexable> {
    let one = |value: &'_ Value| matches!(value, Value::String(_) | Value::Null);
    match value {
        Value::Array(elements) if elements.iter().all(one) => {
            Ok(elements.iter().filter_map(Value::as_str).collect())
        }
        single if one(single) => Ok(single.as_str().into_iter().collect()),
        _ => Err(NotIndexable::Type),
    }
}

#[cfg(test)]
mod tests;
