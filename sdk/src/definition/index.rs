//! Indexes: what can be asked of a collection, declared beside its schemas.

use super::{InvalidDefinition, pointer};
use pryv_crypto::index::{Axis, Domain, Form, InvalidDomain, millis};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The most fields of one index.
const MAX_FIELDS: usize = 4;

/// The most indexes of a definition.
const MAX_INDEXES: usize = 64;

/// The longest beginning that a prefix index holds, in characters.
pub const MAX_PREFIX: u8 = 16;

/// One index. As JSON:
///
/// ```json
/// [
///   { "field": "/mrn", "kind": "unique" },
///   { "field": "/code", "kind": "equality" },
///   { "fields": ["/code", "/site"], "kind": "equality" },
///   { "field": "/at", "kind": "range", "from": "1900-01-01", "to": "2200-01-01", "resolution": "1h" },
///   { "field": "/bpm", "kind": "range", "from": 0, "to": 300, "resolution": 1 },
///   { "field": "/family", "kind": "prefix", "max": 8 },
///   { "field": "/note", "kind": "text" },
///   { "field": "/note", "kind": "exists" },
///   { "fields": ["/time", "/duration"], "kind": "interval", "from": "1900-01-01", "to": "2200-01-01", "resolution": "1h" }
/// ]
/// ```
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(try_from = "Declared", into = "Declared")]
pub struct Index {
    /// The JSON pointers (RFC 6901) of its fields: one; of an equality index, up to four whose values count together; of one of
    /// intervals two, the start and how long it lasts.
    pub fields: Vec<String>,
    /// What can be asked of them.
    pub kind: IndexKind,
    /// The author knows that the values can be guessed from how often they occur, and accepts it.
    pub accept_leakage: bool,
}

/// What can be asked of an indexed field.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum IndexKind {
    /// Which records have this value.
    Equality,
    /// The one record that has this value; the server refuses a second one.
    Unique,
    /// Which records have a value between two others, and in which order.
    Range(Range),
    /// Which records have a text that begins like this, up to so many characters, whatever their case.
    Prefix {
        /// 1 to [`MAX_PREFIX`].
        max: u8,
    },
    /// Which records have a text with these words, whatever their case.
    Text,
    /// Which records have the field at all.
    Exists,
    /// Which records last into a time, or are not over: from a start, for a length, which is a number (seconds, if the start is a
    /// time), absent for a moment, or null while it goes on. Of the start it answers what a range does.
    Interval(Range),
}

/// The values of a range index: its ends, beyond which values are found as well but are not told apart by the server, and the
/// width of the steps that it tells apart in between.
#[derive(Clone, Debug, PartialEq)]
pub enum Range {
    /// Numbers.
    Numbers {
        /// The lower end.
        from: f64,
        /// The upper end.
        to: f64,
        /// The width of a step.
        resolution: f64,
    },
    /// Dates and times, as RFC 3339 writes them: `2026-01-31` or `2026-01-31T12:00:00Z`.
    Times {
        /// The lower end.
        from: String,
        /// The upper end.
        to: String,
        /// The width of a step: a number and `s`, `m`, `h`, `d` or `w`.
        resolution: String,
    },
}

impl Range {
    /// Numbers between two ends, in steps of `resolution`.
    #[must_use]
    pub const fn numbers(from: f64, to: f64, resolution: f64) -> Self {
        Self::Numbers { from, to, resolution }
    }

    /// Dates and times from 1900 to 2200, in steps of `resolution`: a number and `s`, `m`, `h`, `d` or `w`.
    #[must_use]
    pub fn times(resolution: impl Into<String>) -> Self {
        Self::Times { from: "1900-01-01".into(), to: "2200-01-01".into(), resolution: resolution.into() }
    }

    /// The axis and its buckets.
    pub(crate) fn domain(&self) -> Result<Domain, InvalidDomain> {
        match self {
            Self::Numbers { from, to, resolution } => Domain::new(Axis::Numbers, *from, *to, *resolution),
            Self::Times { from, to, resolution } => {
                #[expect(clippy::cast_precision_loss, reason = "of years, exact")]
                let at = |text: &str| millis(text).map(|at| at as f64).ok_or(InvalidDomain);
                Domain::new(Axis::Times, at(from)?, at(to)?, duration(resolution).ok_or(InvalidDomain)?)
            }
        }
    }
}

/// The milliseconds of a number with `s`, `m`, `h`, `d` or `w`.
fn duration(text: &str) -> Option<f64> {
    let (at, unit) = text.char_indices().next_back()?;
    let millis = match unit {
        's' => 1_000.0,
        'm' => 60_000.0,
        'h' => 3_600_000.0,
        'd' => 86_400_000.0,
        'w' => 604_800_000.0,
        _ => return None,
    };
    text.get(..at)?.parse::<u32>().ok().filter(|number| *number > 0).map(|number| f64::from(number) * millis)
}

impl IndexKind {
    /// The name of the kind, as in a declaration.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Equality => "equality",
            Self::Unique => "unique",
            Self::Range(_) => "range",
            Self::Prefix { .. } => "prefix",
            Self::Text => "text",
            Self::Exists => "exists",
            Self::Interval(_) => "interval",
        }
    }

    /// What its tokens are made of; none for a unique one, whose tokens are of another kind.
    pub(crate) fn form(&self) -> Option<Form> {
        match self {
            Self::Unique => None,
            Self::Equality => Some(Form::Equality),
            Self::Range(range) => range.domain().ok().map(Form::Range),
            Self::Prefix { max } => Some(Form::Prefix(*max)),
            Self::Text => Some(Form::Text),
            Self::Exists => Some(Form::Exists),
            Self::Interval(range) => range.domain().ok().map(Form::Interval),
        }
    }
}

impl fmt::Display for IndexKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on `{}`", self.kind, self.fields.join("` and `"))
    }
}

impl Index {
    /// An index of one field.
    #[must_use]
    pub fn new(field: impl Into<String>, kind: IndexKind) -> Self {
        Self { fields: vec![field.into()], kind, accept_leakage: false }
    }

    /// An index of what begins at one field and lasts as long as another says.
    #[must_use]
    pub fn interval(start: impl Into<String>, length: impl Into<String>, range: Range) -> Self {
        Self {
            fields: vec![start.into(), length.into()],
            kind: IndexKind::Interval(range),
            accept_leakage: false,
        }
    }

    /// Whether it answers ranges and orders of this field.
    #[must_use]
    pub fn ranges_over(&self, field: &str) -> bool {
        match &self.kind {
            IndexKind::Range(_) => self.is_on(field),
            IndexKind::Interval(_) => self.fields.first().is_some_and(|start| start == field),
            _ => false,
        }
    }

    /// Whether it is an index of this field alone.
    #[must_use]
    pub fn is_on(&self, field: &str) -> bool {
        matches!(&self.fields[..], [only] if only == field)
    }

    /// Whether two are one index, whatever its author accepts.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.fields == other.fields && self.kind == other.kind
    }

    fn check(&self) -> Result<(), InvalidDefinition> {
        let invalid = |reason| Err(InvalidDefinition::Index { index: self.to_string(), reason });
        if self.fields.is_empty() || self.fields.len() > MAX_FIELDS {
            return invalid("it has one field, and one of equality up to four".to_owned());
        }
        match (&self.kind, &self.fields[..]) {
            (IndexKind::Interval(_), [start, length]) if start != length => {}
            (IndexKind::Interval(_), _) => {
                return invalid("it has two `fields`: the start and how long it lasts".to_owned());
            }
            (IndexKind::Equality, _) | (_, [_]) => {}
            _ => return invalid("only an index of equality or of intervals has several fields".to_owned()),
        }
        for field in &self.fields {
            if !pointer::is_pointer(field) {
                return Err(InvalidDefinition::Pointer { pointer: field.clone() });
            }
        }
        match &self.kind {
            IndexKind::Range(range) | IndexKind::Interval(range) => match range.domain() {
                Ok(_) => Ok(()),
                Err(error) => invalid(error.to_string()),
            },
            IndexKind::Prefix { max } if !(1..=MAX_PREFIX).contains(max) => {
                invalid(format!("`max` is 1 to {MAX_PREFIX} characters"))
            }
            _ => Ok(()),
        }
    }
}

/// Checks every index by itself, and that none is there twice.
pub(super) fn check(indexes: &[Index]) -> Result<(), InvalidDefinition> {
    if indexes.len() > MAX_INDEXES {
        return Err(InvalidDefinition::TooManyIndexes { limit: MAX_INDEXES });
    }
    for (at, index) in indexes.iter().enumerate() {
        index.check()?;
        let again = |other: &Index| other.fields == index.fields && other.kind.name() == index.kind.name();
        if indexes.iter().skip(at + 1).any(again) {
            return Err(InvalidDefinition::IndexedTwice { index: index.to_string() });
        }
    }
    Ok(())
}

/// How an index is declared.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    fields: Vec<String>,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Bound>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<Bound>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resolution: Option<Bound>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max: Option<u8>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    accept_leakage: bool,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(untagged)]
enum Bound {
    Number(f64),
    Text(String),
}

impl TryFrom<Declared> for Index {
    type Error = &'static str;

    fn try_from(declared: Declared) -> Result<Self, Self::Error> {
        let Declared { field, fields, kind, from, to, resolution, max, accept_leakage } = declared;
        let fields = match (field, fields) {
            (Some(field), fields) if fields.is_empty() => vec![field],
            (None, fields) if !fields.is_empty() => fields,
            _ => return Err("an index has a `field`, or `fields`"),
        };
        let ranged = from.is_some() || to.is_some() || resolution.is_some();
        if ranged && kind != "range" && kind != "interval" {
            return Err("`from`, `to` and `resolution` belong to a range index, or one of intervals");
        }
        if max.is_some() && kind != "prefix" {
            return Err("`max` belongs to a prefix index");
        }
        let kind = match kind.as_str() {
            "equality" => IndexKind::Equality,
            "unique" => IndexKind::Unique,
            "range" => IndexKind::Range(range(from, to, resolution)?),
            "prefix" => IndexKind::Prefix { max: max.unwrap_or(8) },
            "text" => IndexKind::Text,
            "exists" => IndexKind::Exists,
            "interval" => IndexKind::Interval(range(from, to, resolution)?),
            _ => {
                return Err(
                    "the kind of an index is equality, unique, range, interval, prefix, text or exists",
                );
            }
        };
        Ok(Self { fields, kind, accept_leakage })
    }
}

fn range(from: Option<Bound>, to: Option<Bound>, resolution: Option<Bound>) -> Result<Range, &'static str> {
    let text = |bound: Option<Bound>, otherwise: &str| match bound {
        None => Ok(otherwise.to_owned()),
        Some(Bound::Text(text)) => Ok(text),
        Some(Bound::Number(_)) => {
            Err("the ends and the resolution of a range are numbers, or dates and a duration such as `1h`")
        }
    };
    match (from, to, resolution) {
        (Some(Bound::Number(from)), Some(Bound::Number(to)), Some(Bound::Number(resolution))) => {
            Ok(Range::Numbers { from, to, resolution })
        }
        (from, to, resolution) => Ok(Range::Times {
            from: text(from, "1900-01-01")?,
            to: text(to, "2200-01-01")?,
            resolution: text(resolution, "1h")?,
        }),
    }
}

impl From<Index> for Declared {
    fn from(index: Index) -> Self {
        let Index { mut fields, kind, accept_leakage } = index;
        let field = if fields.len() == 1 { fields.pop() } else { None };
        let declared =
            Self { field, fields, kind: kind.name().to_owned(), accept_leakage, ..Self::default() };
        match kind {
            IndexKind::Range(Range::Numbers { from, to, resolution })
            | IndexKind::Interval(Range::Numbers { from, to, resolution }) => {
                let [from, to, resolution] = [from, to, resolution].map(|number| Some(Bound::Number(number)));
                Self { from, to, resolution, ..declared }
            }
            IndexKind::Range(Range::Times { from, to, resolution })
            | IndexKind::Interval(Range::Times { from, to, resolution }) => {
                let [from, to, resolution] = [from, to, resolution].map(|text| Some(Bound::Text(text)));
                Self { from, to, resolution, ..declared }
            }
            IndexKind::Prefix { max } => Self { max: Some(max), ..declared },
            _ => declared,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(declared: Value) -> Result<Index, String> {
        serde_json::from_value(declared).map_err(|error| error.to_string())
    }

    #[test]
    fn every_declaration_is_read_and_written_the_same() {
        for declared in [
            json!({"field": "/mrn", "kind": "unique"}),
            json!({"field": "/code", "kind": "equality", "accept_leakage": true}),
            json!({"fields": ["/code", "/site"], "kind": "equality"}),
            json!({"field": "/at", "kind": "range", "from": "1900-01-01", "to": "2200-01-01", "resolution": "1h"}),
            json!({"field": "/bpm", "kind": "range", "from": 0.0, "to": 300.0, "resolution": 0.5}),
            json!({"field": "/family", "kind": "prefix", "max": 8}),
            json!({"field": "/note", "kind": "text"}),
            json!({"field": "/note", "kind": "exists"}),
            json!({"fields": ["/time", "/duration"], "kind": "interval", "from": 0.0, "to": 300.0, "resolution": 0.5}),
            json!({"fields": ["/at", "/for"], "kind": "interval", "from": "1900-01-01", "to": "2200-01-01", "resolution": "1h"}),
        ] {
            let index = read(declared.clone()).unwrap();
            check(std::slice::from_ref(&index)).unwrap();
            assert_eq!(serde_json::to_value(&index).unwrap(), declared);
            let encoded = pryv_wire::encode(&index);
            assert_eq!(pryv_wire::decode::<Index>(&encoded).unwrap(), index, "{declared}");
        }
        assert_eq!(
            read(json!({"field": "/at", "kind": "range"})).unwrap().kind,
            IndexKind::Range(Range::times("1h"))
        );
    }

    #[test]
    fn declarations_that_make_no_sense_say_why() {
        for (declared, why) in [
            (json!({"kind": "text"}), "`field`"),
            (json!({"field": "/a", "fields": ["/b"], "kind": "equality"}), "`field`"),
            (json!({"field": "/a", "kind": "order"}), "equality, unique, range, interval"),
            (json!({"field": "/a", "kind": "equality", "from": 1}), "range index"),
            (json!({"field": "/a", "kind": "text", "max": 1}), "prefix index"),
            (json!({"field": "/a", "kind": "range", "from": 1, "to": "x"}), "are numbers"),
            (json!({"field": "/a", "kind": "range", "leak": true}), "unknown field"),
        ] {
            let error = read(declared.clone()).unwrap_err();
            assert!(error.contains(why), "{declared}: {error}");
        }
        let invalid = [
            json!({"fields": ["/a", "/b"], "kind": "text"}),
            json!({"fields": ["/a", "/b", "/c", "/d", "/e"], "kind": "equality"}),
            json!({"field": "a", "kind": "text"}),
            json!({"field": "/a", "kind": "interval"}),
            json!({"fields": ["/a", "/a"], "kind": "interval"}),
            json!({"fields": ["/a", "/b", "/c"], "kind": "interval"}),
            json!({"fields": ["/a", "/b"], "kind": "interval", "from": 2, "to": 1, "resolution": 1}),
            json!({"field": "/a", "kind": "prefix", "max": 17}),
            json!({"field": "/a", "kind": "prefix", "max": 0}),
            json!({"field": "/a", "kind": "range", "from": 2, "to": 1, "resolution": 1}),
            json!({"field": "/a", "kind": "range", "resolution": "1y"}),
            json!({"field": "/a", "kind": "range", "from": "yesterday"}),
        ];
        for declared in invalid {
            assert!(check(&[read(declared.clone()).unwrap()]).is_err(), "{declared}");
        }
    }
}
