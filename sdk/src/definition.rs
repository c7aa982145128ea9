//! Definitions: what a collection holds, as JSON Schemas, and what is indexed, declared beside them.

mod lint;
mod pointer;
mod validator;

pub use lint::LeakyIndex;
pub(crate) use pointer::at;
pub use pryv_schema::{Fault, SchemaError};
pub(crate) use validator::Schemas;
pub use validator::{Validator, use_validator};

pub use pryv_wire::scope::History;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, fmt};

/// The longest encoded definition, in bytes: what fits an envelope with room for padding.
pub const MAX_DEFINITION_LENGTH: usize = 256 * 1024;

/// What a collection holds. Stored encrypted; readable by whoever may read or write the collection.
///
/// As JSON, the form of definition files:
///
/// ```json
/// {
///   "uri": "https://example.org/heart-rate",
///   "title": "Heart rate",
///   "types": { "heart-rate": { "type": "object", "required": ["bpm"], "properties": { "bpm": { "type": "number" } } } },
///   "indexes": [{ "field": "/code", "kind": "equality" }]
/// }
/// ```
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Names the definition. Two devices that define the same URI make the same collection.
    pub uri: String,
    /// What people call it.
    pub title: String,
    /// JSON Schemas (draft 2020-12) by the name of the type. One schema refers to another by its name
    /// (`"$ref": "other-name"`) or by its `$id`, which stands at its top only; nothing is fetched from a network.
    /// References that would make a schema apply to one value thousands of times are not followed.
    pub types: BTreeMap<String, Value>,
    /// The JSON pointer (RFC 6901) that names the type inside an instance; needed if there is more than one type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discriminator: Option<String>,
    /// Which fields can be queried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// The URIs of the ontologies whose terms its instances may carry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ontologies: Vec<String>,
    /// What is kept of earlier versions of its records: `none` if not said, `versions` until a record is deleted, `everything` also
    /// then. Settled when the collection is made.
    #[serde(default, skip_serializing_if = "is_none")]
    pub history: History,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_none(history: &History) -> bool {
    *history == History::None
}

/// One index.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// The JSON pointer (RFC 6901) of the field.
    pub field: String,
    /// What can be asked of it.
    pub kind: IndexKind,
    /// The author knows that the values can be guessed from how often they occur, and accepts it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accept_leakage: bool,
}

/// What can be asked of an indexed field.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum IndexKind {
    /// Which records have this value. A stolen disk shows which records share a value, not the value.
    Equality,
    /// The one record that has this value; the server refuses a second one.
    Unique,
}

impl fmt::Display for IndexKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equality => "equality",
            Self::Unique => "unique",
        })
    }
}

/// Why a definition is not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDefinition {
    /// The URI is empty or longer than 1,000 characters.
    #[error("a definition needs a URI of 1 to 1,000 characters")]
    Uri,
    /// There is no type.
    #[error("a definition needs at least one type")]
    NoType,
    /// There are several types and nothing says which one an instance has.
    #[error(
        "a definition of several types needs a `discriminator`: the JSON pointer that names the type in an instance"
    )]
    NoDiscriminator,
    /// A pointer is not a JSON pointer.
    #[error("`{pointer}` is not a JSON pointer (RFC 6901): it begins with `/`")]
    Pointer {
        /// The pointer.
        pointer: String,
    },
    /// A field is indexed twice.
    #[error("`{field}` is indexed twice")]
    IndexedTwice {
        /// The field.
        field: String,
    },
    /// A type is not a JSON Schema, or refers to something that is not in the definition.
    #[error("the schema of type `{name}` is not accepted")]
    Schema {
        /// The type.
        name: String,
        /// Why.
        #[source]
        source: SchemaError,
    },
    /// An index would show more than its author may know.
    #[error(transparent)]
    Leaky(#[from] LeakyIndex),
    /// The definition is too long.
    #[error("the definition has {length} bytes; the limit is {MAX_DEFINITION_LENGTH}")]
    TooLong {
        /// Its encoded length.
        length: usize,
    },
    /// The definition nests too deeply.
    #[error("the definition nests deeper than {limit} levels")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
}

impl InvalidDefinition {
    /// The stable code of the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Leaky(_) => "leaky-index",
            _ => "invalid-definition",
        }
    }
}

impl Definition {
    /// A definition of one type.
    #[must_use]
    pub fn new(
        uri: impl Into<String>,
        title: impl Into<String>,
        name: impl Into<String>,
        schema: Value,
    ) -> Self {
        Self {
            uri: uri.into(),
            title: title.into(),
            types: BTreeMap::from([(name.into(), schema)]),
            discriminator: None,
            indexes: Vec::new(),
            ontologies: Vec::new(),
            history: History::None,
        }
    }

    /// Lets its instances carry terms of an ontology of this URI.
    #[must_use]
    pub fn linked_to(mut self, ontology: impl Into<String>) -> Self {
        self.ontologies.push(ontology.into());
        self
    }

    /// Keeps earlier versions of its records.
    #[must_use]
    pub const fn keeping(mut self, history: History) -> Self {
        self.history = history;
        self
    }

    /// Adds an index for equality.
    #[must_use]
    pub fn equality(mut self, field: impl Into<String>) -> Self {
        self.indexes.push(Index { field: field.into(), kind: IndexKind::Equality, accept_leakage: false });
        self
    }

    /// Adds an index for equality on a field whose values are easily guessed, knowing it.
    #[must_use]
    pub fn equality_accepting_leakage(mut self, field: impl Into<String>) -> Self {
        self.indexes.push(Index { field: field.into(), kind: IndexKind::Equality, accept_leakage: true });
        self
    }

    /// Adds a field whose value only one record may have.
    #[must_use]
    pub fn unique(mut self, field: impl Into<String>) -> Self {
        self.indexes.push(Index { field: field.into(), kind: IndexKind::Unique, accept_leakage: false });
        self
    }

    /// Checks the definition: its schemas compile, its pointers are pointers, its indexes do not show more than said.
    ///
    /// # Errors
    ///
    /// See [`InvalidDefinition`].
    pub fn check(&self) -> Result<(), InvalidDefinition> {
        self.check_shape()?;
        let schemas = Schemas::new(self);
        for name in self.types.keys() {
            schemas.check(name).map_err(|source| InvalidDefinition::Schema { name: name.clone(), source })?;
        }
        lint::check(self)?;
        Ok(())
    }

    /// The part of the check that costs nothing: for definitions that somebody else has checked and signed.
    pub(crate) fn check_shape(&self) -> Result<(), InvalidDefinition> {
        if self.uri.is_empty() || self.uri.chars().count() > 1_000 {
            return Err(InvalidDefinition::Uri);
        }
        if self.types.is_empty() {
            return Err(InvalidDefinition::NoType);
        }
        if self.types.len() > 1 && self.discriminator.is_none() {
            return Err(InvalidDefinition::NoDiscriminator);
        }
        let fields = self.indexes.iter().map(|index| &index.field);
        for pointer in fields.chain(&self.discriminator) {
            if !pointer::is_pointer(pointer) {
                return Err(InvalidDefinition::Pointer { pointer: pointer.clone() });
            }
        }
        for (at, index) in self.indexes.iter().enumerate() {
            if self.indexes.iter().skip(at + 1).any(|other| other.field == index.field) {
                return Err(InvalidDefinition::IndexedTwice { field: index.field.clone() });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
