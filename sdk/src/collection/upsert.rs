//! Upserts: the record with this value of a unique field is written anew, or made if there is none.

use super::{Collection, QueryError, State, WriteError};
use crate::{
    condition::field,
    definition::{IndexKind, at},
    record::{Record, VersionRef},
};
use serde::Serialize;
use serde_json::Value;

/// How often it is looked again because somebody else was faster.
const ATTEMPTS: usize = 32;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpsertError {
    /// The field is not unique in this collection.
    #[error(
        "`{field}` is not unique in this collection: declare it with `\"kind\": \"unique\"`, or update the record by its id"
    )]
    NotUnique {
        /// The field.
        field: String,
    },
    /// The data has no single value in the field.
    #[error("`{field}` has to hold one value, by which the record is found: a text, a number or a boolean")]
    NoValue {
        /// The field.
        field: String,
    },
    /// The record could not be looked for.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// It could not be written. [`WriteError::NotUnique`] here means that another unique field has a value of another record.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl UpsertError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotUnique { .. } => "not-unique-field",
            Self::NoValue { .. } => "no-value",
            Self::Query(error) => error.code(),
            Self::Write(error) => error.code(),
        }
    }
}

/// What an upsert did.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Upserted<T> {
    /// The record as it was written.
    pub record: Record<T>,
    /// Whether it was not there before.
    pub created: bool,
}

impl Collection {
    /// Writes the next version of the record that has the same value as `data` in a unique field, or creates one if there is
    /// none. The record stays under its terms; if it was put away, it comes back. Of several writers at once the server lets one create; the others write on top of that.
    ///
    /// # Errors
    ///
    /// See [`UpsertError`].
    pub async fn upsert<T: Serialize>(&self, unique: &str, data: T) -> Result<Upserted<T>, UpsertError> {
        let value = serde_json::to_value(&data).map_err(|_| WriteError::NotJson)?;
        let by = self.value_of_unique(unique, &value)?;
        let mut attempt = 1;
        loop {
            let asked = self.query().filter(field(unique).is(by.clone())).state(State::All);
            let there = asked.first::<Value>().await?;
            let created = there.is_none();
            let written = match &there {
                // What was put away comes back: it is there again.
                Some(record) => {
                    self.update(VersionRef { trashed: false, ..VersionRef::from(record) }, &value).await
                }
                None => self.create(&value).await,
            };
            match written {
                Ok(record) => return Ok(Upserted { record: record.with(data), created }),
                // Created, changed or deleted in between: look again.
                Err(WriteError::NotUnique) if created && attempt < ATTEMPTS => {}
                Err(WriteError::Conflict { .. }) if !created && attempt < ATTEMPTS => {}
                Err(error) => return Err(error.into()),
            }
            attempt += 1;
        }
    }

    fn value_of_unique(&self, unique: &str, data: &Value) -> Result<Value, UpsertError> {
        let definition = self.definition();
        let is_unique = |index: &crate::Index| index.is_on(unique) && index.kind == IndexKind::Unique;
        if !definition.indexes.iter().any(is_unique) {
            return Err(UpsertError::NotUnique { field: unique.to_owned() });
        }
        match at(data, unique) {
            Some(value @ (Value::String(_) | Value::Number(_) | Value::Bool(_))) => Ok(value.clone()),
            _ => Err(UpsertError::NoValue { field: unique.to_owned() }),
        }
    }
}
