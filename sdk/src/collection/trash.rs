//! Putting away: a record that is trashed is left out of queries that do not ask for it, and can be brought back.

use super::{Collection, Current, WriteError, write::Item};
use crate::{
    locked::LockReason,
    record::{Record, VersionRef},
};
use pryv_wire::access::Level;
use serde_json::Value;

/// In which state the records are that a query asks for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum State {
    /// Not put away.
    #[default]
    Active,
    /// Put away.
    Trashed,
    /// Either.
    All,
}

impl Collection {
    /// Puts a record away, if nobody has written a version since it was read: it is left out of every query that does not ask for
    /// it ([`Query::state`](super::Query::state)), and goes on holding its unique values. That it is put away stands in clear in its
    /// next version, signed; content and terms stay as they are.
    ///
    /// # Errors
    ///
    /// See [`WriteError`].
    pub async fn trash(&self, on: impl Into<VersionRef>) -> Result<Record<Value>, WriteError> {
        self.bring(on.into(), true).await
    }

    /// Brings a record back that was put away, if nobody has written a version since it was read.
    ///
    /// # Errors
    ///
    /// See [`WriteError`].
    pub async fn restore(&self, on: impl Into<VersionRef>) -> Result<Record<Value>, WriteError> {
        self.bring(on.into(), false).await
    }

    /// Brings a record into a state. Nothing is written if it is in it.
    async fn bring(&self, on: VersionRef, trashed: bool) -> Result<Record<Value>, WriteError> {
        self.may(Level::changes, LockReason::ReadOnly)?;
        // Whole, and as it is there: what the caller holds may be a part of it.
        let there: Record<Value> = self.get(on.id).await?;
        if there.version != on.version {
            return Err(WriteError::Conflict { theirs: Box::new(Current::Record(there)) });
        }
        if there.trashed == trashed {
            return Ok(there);
        }
        let VersionRef { id, version, terms, .. } = VersionRef::from(&there);
        let next = version.saturating_add(1);
        let data = Some(&there.data);
        let written =
            self.write_one(Item { id, version: next, data, terms: &terms, trashed, as_it_is: true }).await?;
        Ok(Record { validity: there.validity, ..written.with(self, there.data) })
    }
}
