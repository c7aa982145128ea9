//! Creating many records: in transactions, with progress, and with an account of what was done when it stops.

use super::{
    Collection, WriteError,
    write::{Item, Unwritten},
};
use crate::{locked::LockReason, progress::Progress};
use pryv_wire::{RecordId, access::Level};
use serde::Serialize;
use serde_json::Value;

/// The most records of one transaction.
const MAX_RECORDS: usize = 500;

/// The most bytes of content of one transaction; envelopes, padded, stay within the limit of a request of 8 MiB.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// What an envelope adds to its content, at most, beside padding: 12 % (Padmé) and this much.
const OVERHEAD: usize = 1_024;

/// Why not all records were created, and which ones were.
#[derive(Debug, thiserror::Error)]
#[error("{} records were created, then one was not (number {at}, counted from zero)", .created.len())]
pub struct BulkError {
    /// The records that were created, in the order given. Go on behind them.
    pub created: Vec<RecordId>,
    /// Records of which it is not known whether they were created, because no answer came that tells: all of them were, or none.
    /// [`Collection::get`] of one tells.
    pub in_doubt: Vec<RecordId>,
    /// The first record that is not known to be created, counted from zero.
    pub at: usize,
    /// Why.
    #[source]
    pub source: WriteError,
}

impl BulkError {
    /// The stable code of the cause.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.source.code()
    }
}

impl Collection {
    /// Creates many records, up to 500 in one transaction, and tells `progress` after each transaction.
    ///
    /// # Errors
    ///
    /// [`BulkError`] at the first record that is refused: the transactions before it stay.
    pub async fn create_many<T: Serialize>(
        &self,
        records: impl IntoIterator<Item = T>,
        progress: &mut dyn Progress,
    ) -> Result<Vec<RecordId>, BulkError> {
        let mut created = Vec::new();
        let mut records = records.into_iter();
        let total = match records.size_hint() {
            (low, Some(high)) if low == high => Some(low as u64),
            _ => None,
        };
        let stopped = |created: &[RecordId], in_doubt, at: usize, source| BulkError {
            created: created.to_vec(),
            in_doubt,
            at,
            source,
        };
        if let Err(failure) = self.may(Level::creates, LockReason::ReadOnly) {
            return Err(stopped(&created, Vec::new(), 0, failure.into()));
        }
        let mut batch: Vec<(RecordId, Value)> = Vec::new();
        let mut bytes = 0;
        let mut broken = None;
        loop {
            let next = match records.next().map(|record| serde_json::to_value(&record)) {
                Some(Ok(value)) => Some(value),
                // What came before it is still written.
                Some(Err(_)) => {
                    broken = Some(created.len() + batch.len());
                    None
                }
                None => None,
            };
            let length = next.as_ref().map_or(0, length);
            let full = batch.len() >= MAX_RECORDS || bytes + length > MAX_BYTES;
            if !batch.is_empty() && (next.is_none() || full) {
                self.create_batch(&batch).await.map_err(|(at, in_doubt, error)| {
                    stopped(&created, in_doubt, created.len() + at, error)
                })?;
                created.extend(batch.drain(..).map(|(id, _)| id));
                bytes = 0;
                progress.advance(created.len() as u64, total);
            }
            match (next, broken) {
                (Some(value), _) => {
                    batch.push((self.new_id(), value));
                    bytes += length;
                }
                (None, Some(at)) => return Err(stopped(&created, Vec::new(), at, WriteError::NotJson)),
                (None, None) => return Ok(created),
            }
        }
    }

    /// Creates the records of one transaction; on failure, which one it was, and which are in doubt.
    async fn create_batch(
        &self,
        batch: &[(RecordId, Value)],
    ) -> Result<(), (usize, Vec<RecordId>, WriteError)> {
        let asked = self.0.account.asking();
        let items = batch.iter().map(|(id, value)| Item {
            id: *id,
            version: 1,
            data: Some(value),
            terms: &[],
            trashed: false,
            as_it_is: false,
        });
        match self.write(items.collect()).await {
            Ok(_) => Ok(()),
            Err(Unwritten { at, error: WriteError::Failed(failure) }) => {
                if failure.leaves_doubt() {
                    return Err((at, batch.iter().map(|(id, _)| *id).collect(), failure.into()));
                }
                let Some((id, _)) = batch.first() else { return Err((at, Vec::new(), failure.into())) };
                Err((at, Vec::new(), self.refused(*id, failure, asked).await))
            }
            Err(Unwritten { at, error }) => Err((at, Vec::new(), error)),
        }
    }
}

/// About how long an envelope of this content is.
fn length(value: &Value) -> usize {
    let content = json_length(value);
    content + content / 8 + OVERHEAD
}

/// The length of a value in compact JSON, at least; CBOR is not longer.
fn json_length(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(_) => 9,
        Value::String(text) => text.len() + 5,
        Value::Array(items) => 5 + items.iter().map(json_length).sum::<usize>(),
        Value::Object(fields) => {
            5 + fields.iter().map(|(name, field)| name.len() + 5 + json_length(field)).sum::<usize>()
        }
    }
}
