//! Reading one record.

use super::Collection;
use crate::{
    failure::Failure,
    locked::LockReason,
    protocol::{record::Content, versions::Asked},
    record::Record,
};
use pryv_wire::{ErrorCode, RecordId, access::Level, record::GetRecord};
use serde::de::DeserializeOwned;

/// Why a record was not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// There is no such record.
    #[error("there is no such record")]
    NotFound,
    /// The record was deleted.
    #[error("the record was deleted")]
    Deleted {
        /// The version of the deletion.
        version: u64,
    },
    /// The record does not have the shape of the type that was asked for.
    #[error(
        "the record does not have the shape of the type that it was asked as; read it as `serde_json::Value`"
    )]
    Shape,
    /// What can go wrong in every operation.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl ReadError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => ErrorCode::NotFound.as_str(),
            Self::Deleted { .. } => "deleted",
            Self::Shape => "wrong-shape",
            Self::Failed(failure) => failure.code(),
        }
    }
}

impl Collection {
    /// Reads one record. `T` is a type of the caller's, or `serde_json::Value`.
    ///
    /// # Errors
    ///
    /// See [`ReadError`].
    pub async fn get<T: DeserializeOwned>(&self, id: RecordId) -> Result<Record<T>, ReadError> {
        self.may(Level::reads, LockReason::WriteOnly)?;
        let call = GetRecord { account: self.owner(), scope: self.scope(), record: id };
        let asked = self.0.account.asking();
        let found = match self.0.account.call(&call).await {
            Ok(found) => found,
            Err(failure) => return Err(self.unfound(id, failure, asked).await),
        };
        match self.open(&found.record, Some(id), asked).await? {
            Content::Deleted { version } => Err(ReadError::Deleted { version }),
            Content::Instance(record) => typed(record).map_err(|_| ReadError::Shape),
        }
    }

    /// What it means that a record was not found, or could not be asked for.
    pub(super) async fn unfound(&self, id: RecordId, failure: Failure, asked: Asked) -> ReadError {
        match self.explain(failure).await {
            failure if failure.refusal() == Some(ErrorCode::NotFound) => {
                match self.0.account.missing(&(self.owner(), self.scope(), id), asked) {
                    Some(distrust) => Failure::from(distrust).into(),
                    None => ReadError::NotFound,
                }
            }
            failure => failure.into(),
        }
    }
}

/// The record as a type of the caller's.
pub(super) fn typed<T: DeserializeOwned>(
    mut record: Record<serde_json::Value>,
) -> Result<Record<T>, serde_json::Error> {
    let data = serde_json::from_value(record.data.take())?;
    Ok(record.with(data))
}
