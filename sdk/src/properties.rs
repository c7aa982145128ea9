//! `Properties`: what an account says of itself, by path; granted like everything else.

use crate::{
    account::{Account, DefineError},
    collection::{Collection, QueryError, WriteError},
    definition::Definition,
    failure::Failure,
    ontology::{Ontology, Term, TermError},
    record::Record,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The URI of the ontology of paths, and of the collection of values.
const PROPERTIES: &str = "https://pryv.com/properties";

/// Why a property was not read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PropertyError {
    /// A path is `/` and names between slashes, none of them empty.
    #[error("`{path}` is not a path: write `/email` or `/address/city`")]
    Path {
        /// The path.
        path: String,
    },
    /// The properties could not be opened.
    #[error(transparent)]
    Define(#[from] DefineError),
    /// The term of the path could not be made.
    #[error(transparent)]
    Term(#[from] TermError),
    /// The value could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The value could not be looked up.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// What can go wrong in every operation.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl PropertyError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Path { .. } => "invalid-path",
            Self::Define(error) => error.code(),
            Self::Term(error) => error.code(),
            Self::Write(error) => error.code(),
            Self::Query(error) => error.code(),
            Self::Failed(failure) => failure.code(),
        }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Property {
    path: String,
    value: Value,
}

/// The properties of this account. Each stands under a term of its path, so that a part of them is granted as a term is.
#[derive(Clone, Debug)]
pub struct Properties {
    collection: Collection,
    paths: Ontology,
}

impl Account {
    /// The properties of this account.
    ///
    /// # Errors
    ///
    /// See [`DefineError`].
    pub async fn properties(&self) -> Result<Properties, DefineError> {
        let anything = json!({ "type": "object" });
        let paths = self.define_ontology(Definition::new(PROPERTIES, "Properties", "path", anything)).await?;
        let schema = json!({
            "type": "object",
            "required": ["path", "value"],
            "properties": { "path": { "type": "string", "pattern": "^/" }, "value": true },
            "additionalProperties": false,
        });
        let definition = Definition::new(PROPERTIES, "Properties", "property", schema)
            .equality("/path")
            .linked_to(PROPERTIES);
        Ok(Properties { collection: self.define(definition).await?, paths })
    }
}

impl Properties {
    /// The collection that holds them, to be granted with a term: `.on_term(&term, level).within_collections([collection])`.
    #[must_use]
    pub const fn collection(&self) -> &Collection {
        &self.collection
    }

    /// Reads a property; nothing if it was never set.
    ///
    /// # Errors
    ///
    /// See [`PropertyError`].
    pub async fn get(&self, path: &str) -> Result<Option<Value>, PropertyError> {
        names(path)?;
        Ok(self.found(path).await?.map(|record| record.data.value))
    }

    /// Sets a property.
    ///
    /// # Errors
    ///
    /// See [`PropertyError`].
    pub async fn set(&self, path: &str, value: impl Into<Value>) -> Result<(), PropertyError> {
        let term = self.term(path).await?;
        let property = Property { path: path.to_owned(), value: value.into() };
        match self.found(path).await? {
            Some(record) => drop(self.collection.update(&record, property).await?),
            None => drop(self.collection.create_in([&term], property).await?),
        }
        Ok(())
    }

    /// The term of a path, made if there is none: what a grant of a property and of those below it is on.
    ///
    /// # Errors
    ///
    /// See [`PropertyError`].
    pub async fn term(&self, path: &str) -> Result<Term, PropertyError> {
        let names = names(path)?;
        let terms = self.paths.terms().await?;
        let mut at: Option<Term> = None;
        for name in names {
            let here = match &at {
                None => terms.roots(),
                Some(term) => terms.children(term.id),
            };
            at = Some(match here.into_iter().find(|term| term.label() == name) {
                Some(term) => term.clone(),
                None => self.paths.create_term(name, at.as_ref()).await?,
            });
        }
        at.ok_or_else(|| PropertyError::Path { path: path.to_owned() })
    }

    async fn found(&self, path: &str) -> Result<Option<Record<Property>>, PropertyError> {
        let page = self.collection.query().eq("/path", path).newest_first().fetch().await?;
        Ok(page.records.into_iter().next())
    }
}

fn names(path: &str) -> Result<Vec<&str>, PropertyError> {
    let names: Vec<_> = path.strip_prefix('/').map(|rest| rest.split('/').collect()).unwrap_or_default();
    if names.is_empty() || names.iter().any(|name| name.is_empty()) {
        return Err(PropertyError::Path { path: path.to_owned() });
    }
    Ok(names)
}
