//! Filing: putting a record under other terms. Its content stays as it was signed.

use super::{Collection, write::named_once};
use crate::{
    collection::WriteError,
    failure::Failure,
    locked::LockReason,
    protocol::{
        record::{Content, Writer, open_fault, read, to_bytes},
        scope::ScopeState,
    },
    record::{Filed, Record, TermId, VersionRef},
};
use pryv_crypto::record::UnopenedRecord;
use pryv_wire::{
    ErrorCode, RecordId,
    access::Level,
    record::{Envelope, GetRecord},
    transaction::Operation,
};
use serde_json::Value;

/// How often a record is placed anew because an epoch began in between.
const ATTEMPTS: usize = 4;

impl Collection {
    /// Files a record under these terms and no others, if nobody has written a version since it was read.
    ///
    /// Who reads the whole collection changes recipients only: the record keeps its version, its author and the author's
    /// signature. A holder of a slice writes the next version, with the same content.
    ///
    /// # Errors
    ///
    /// See [`WriteError`].
    pub async fn file<I: Into<TermId>>(
        &self,
        record: impl Into<VersionRef>,
        terms: impl IntoIterator<Item = I>,
    ) -> Result<Record<Value>, WriteError> {
        self.may(Level::changes, LockReason::ReadOnly)?;
        let record = record.into();
        let terms = named_once(terms);
        if !self.0.role.reads(self.0.scope) {
            let current: Record<Value> = self.get(record.id).await?;
            let version = record.version.saturating_add(1);
            let written = self.put(record.id, version, (&current.data, current.is_trashed()), &terms).await?;
            return Ok(written.with(self, current.data));
        }
        self.place(record.id, record.version, &terms).await
    }

    /// Opens a record to the readers of terms that its writer held no key of. Answers whether there was anything to do.
    pub(crate) async fn complete(&self, record: &Record<Value>) -> Result<bool, WriteError> {
        if !record.terms.iter().any(|filed| filed.pending) {
            return Ok(false);
        }
        let terms: Vec<_> = record.terms.iter().map(TermId::from).collect();
        self.place(record.id, record.version, &terms).await.map(|_| true)
    }

    async fn place(&self, id: RecordId, version: u64, terms: &[TermId]) -> Result<Record<Value>, WriteError> {
        let account = &self.0.account;
        let mut attempt = 1;
        loop {
            let asked = account.asking();
            let mut state = self.reopen().await?;
            if account.renew_before_writing(&state).await? {
                state = self.reopen().await?;
            }
            account.know_terms(&state, terms.iter().map(|at| (at.ontology, at.term))).await?;
            let (envelope, placed) = self.placed(&state, id, version, terms).await?;
            let operation = Operation::PlaceRecord {
                scope: self.0.scope,
                record: id,
                version,
                envelope: to_bytes(&envelope),
            };
            match account.commit(self.0.owner, vec![operation]).await {
                Ok(_) => return Ok(placed),
                // An epoch began, or somebody else placed it: the version itself is checked above.
                Err(failure)
                    if (failure.is_stale() || failure.refusal() == Some(ErrorCode::VersionConflict))
                        && attempt < ATTEMPTS =>
                {
                    attempt += 1;
                }
                Err(failure) => return Err(self.refused(id, failure, asked).await),
            }
        }
    }

    /// The envelope of the present version under its new terms, and the record as it will be.
    async fn placed(
        &self,
        state: &ScopeState,
        id: RecordId,
        version: u64,
        terms: &[TermId],
    ) -> Result<(Envelope, Record<Value>), WriteError> {
        let account = &self.0.account;
        let asked = account.asking();
        let call = GetRecord { account: self.0.owner, scope: self.0.scope, record: id };
        let found = match account.call(&call).await {
            Ok(found) => found,
            Err(failure) => return Err(self.refused(id, failure, asked).await),
        };
        let unopened = UnopenedRecord::parse(&found.record).map_err(|error| open_fault(&error))?;
        let envelope = unopened.envelope().clone();
        let opened = account.open_record(state, unopened, Some(id), asked).await?;
        let mut record = match read(state, &opened).map_err(Failure::from)? {
            Content::Instance(record) if record.version == version => record,
            Content::Instance(record) => {
                let theirs = Box::new(super::Current::Record(record));
                return Err(WriteError::Conflict { theirs });
            }
            Content::Deleted { version } => {
                let theirs = Box::new(super::Current::Deleted { version });
                return Err(WriteError::Conflict { theirs });
            }
        };
        let me = account.identity();
        let writer = Writer::new(&me, &self.0.role, state, account.client().now())?;
        let placed = writer.place(envelope, &opened, terms, &mut account.client().rng())?;
        record.terms =
            pryv_wire::decode(&placed.placement).map(|placement| Filed::of(&placement)).unwrap_or_default();
        Ok((placed, record))
    }
}
