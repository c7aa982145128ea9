//! Definitions: what a collection holds, as JSON Schemas, and what is indexed, declared beside them.

mod index;
mod leakage;
mod lint;
mod pointer;
mod relation;
mod stored;
mod validator;

pub use index::{Index, IndexKind, MAX_PREFIX, Range};
pub use leakage::Leakage;
pub use lint::LeakyIndex;
pub(crate) use pointer::{at, is_pointer, parts};
pub use pryv_schema::{Fault, SchemaError};
pub use relation::{Cardinality, OnDelete, Relation};
pub(crate) use stored::{Referring, StoredDefinition};
pub(crate) use validator::Schemas;
pub use validator::{Validator, use_validator};

pub use pryv_wire::scope::History;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

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
    /// Which fields name other records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<Relation>,
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
    /// An index is there twice.
    #[error("the index {index} is there twice")]
    IndexedTwice {
        /// The index.
        index: String,
    },
    /// An index makes no sense.
    #[error("the index {index} is not accepted: {reason}")]
    Index {
        /// The index.
        index: String,
        /// Why.
        reason: String,
    },
    /// There are too many indexes.
    #[error("a definition has at most {limit} indexes")]
    TooManyIndexes {
        /// How many there may be.
        limit: usize,
    },
    /// A relation makes no sense.
    #[error("the relation `{field}` is not accepted: {reason}")]
    Relation {
        /// Its field.
        field: String,
        /// Why.
        reason: &'static str,
    },
    /// There are too many relations.
    #[error("a definition has at most {limit} relations")]
    TooManyRelations {
        /// How many there may be.
        limit: usize,
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
            relations: Vec::new(),
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
    pub fn equality(self, field: impl Into<String>) -> Self {
        self.indexed(Index::new(field, IndexKind::Equality))
    }

    /// Adds an index for equality on a field whose values are easily guessed, knowing it.
    #[must_use]
    pub fn equality_accepting_leakage(self, field: impl Into<String>) -> Self {
        self.indexed(Index { accept_leakage: true, ..Index::new(field, IndexKind::Equality) })
    }

    /// Adds an index for equality of several fields together.
    #[must_use]
    pub fn equality_of<F: Into<String>>(self, fields: impl IntoIterator<Item = F>) -> Self {
        let fields = fields.into_iter().map(Into::into).collect();
        self.indexed(Index { fields, kind: IndexKind::Equality, accept_leakage: false })
    }

    /// Adds a field whose value only one record may have.
    #[must_use]
    pub fn unique(self, field: impl Into<String>) -> Self {
        self.indexed(Index::new(field, IndexKind::Unique))
    }

    /// Adds an index for ranges and for order.
    #[must_use]
    pub fn range(self, field: impl Into<String>, range: Range) -> Self {
        self.indexed(Index::new(field, IndexKind::Range(range)))
    }

    /// Adds an index for what begins at one field and lasts as long as another says: which records meet a time, and which are not
    /// over; ranges and order of the start as well.
    #[must_use]
    pub fn interval(self, start: impl Into<String>, length: impl Into<String>, range: Range) -> Self {
        self.indexed(Index::interval(start, length, range))
    }

    /// Adds an index for beginnings of texts, of up to `max` characters.
    #[must_use]
    pub fn prefix(self, field: impl Into<String>, max: u8) -> Self {
        self.indexed(Index::new(field, IndexKind::Prefix { max }))
    }

    /// Adds an index for the words of texts.
    #[must_use]
    pub fn text(self, field: impl Into<String>) -> Self {
        self.indexed(Index::new(field, IndexKind::Text))
    }

    /// Adds an index of which records have a field.
    #[must_use]
    pub fn exists(self, field: impl Into<String>) -> Self {
        self.indexed(Index::new(field, IndexKind::Exists))
    }

    /// Adds an index.
    #[must_use]
    pub fn indexed(mut self, index: Index) -> Self {
        self.indexes.push(index);
        self
    }

    /// What its indexes show to whom, in words.
    #[must_use]
    pub fn leakage(&self) -> Vec<Leakage> {
        self.indexes.iter().map(Leakage::of).collect()
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
        if let Some(pointer) = self.discriminator.as_ref().filter(|pointer| !is_pointer(pointer)) {
            return Err(InvalidDefinition::Pointer { pointer: pointer.clone() });
        }
        index::check(&self.indexes)?;
        relation::check(self)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
