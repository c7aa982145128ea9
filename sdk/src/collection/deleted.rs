//! What is left of deleted records: that they were deleted, by whom and when.

use super::{Collection, QueryError, paging::TakenUp, query::created_after};
use crate::{
    distrust::Distrust,
    failure::Failure,
    locked::LockReason,
    protocol::{
        record::{self, Content},
        scope::ScopeState,
        versions::Asked,
    },
    record::{Cursor, Place, Rejected},
};
use pryv_crypto::record::UnopenedRecord;
use pryv_wire::{
    AccessId, PrincipalId, RecordId, Timestamp,
    access::Level,
    record::{Filter, Order, QueryRecords, RecordKind, RecordState},
};
use std::collections::HashSet;

/// How many there are on a page.
const PAGE: u32 = 500;

/// A record that was deleted. Who deleted it, proves it by a signature.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Tombstone {
    /// The record.
    pub id: RecordId,
    /// The version of the deletion.
    pub version: u64,
    /// Who deleted it.
    pub by: PrincipalId,
    /// The access that allowed it; absent for the owner.
    pub access: Option<AccessId>,
    /// When, by the clock of whoever deleted it.
    pub at: Timestamp,
}

/// Some deleted records, in the order in which they were created.
#[derive(Debug)]
#[non_exhaustive]
pub struct TombstonePage {
    /// The records.
    pub deleted: Vec<Tombstone>,
    /// What the server answered and could not be used, with the reason.
    pub rejected: Vec<Rejected>,
    /// Where the next page begins; absent on the last one.
    pub next: Option<Cursor>,
}

impl Collection {
    /// One page of the records that were deleted and that this account may know of, behind the page that `after` ended. A server can
    /// leave some out; none can be made up.
    ///
    /// # Errors
    ///
    /// See [`QueryError`].
    pub async fn deleted(&self, after: Option<Cursor>) -> Result<TombstonePage, QueryError> {
        self.may(Level::reads, LockReason::WriteOnly)?;
        let after = created_after(after.as_ref())?;
        let call = QueryRecords {
            account: self.owner(),
            scope: self.scope(),
            filter: Filter::All,
            unindexed: None,
            within: None,
            state: RecordState::Deleted,
            order: Order::OldestFirst,
            limit: PAGE,
            after,
        };
        let asked = self.0.account.asking();
        let answer = match self.ask_page(&call).await {
            Ok(answer) => answer,
            Err(failure) => return Err(self.explain(failure).await.into()),
        };
        let next = answer.next.map(|cursor| Cursor(Place::Created(cursor)));
        let TakenUp { state, unopened, rejected } = self.take_up(&answer.records).await?;
        let mut page = TombstonePage { deleted: Vec::new(), rejected, next };
        let mut seen = HashSet::new();
        for record in unopened {
            let id = record.protected().record;
            let is_new = seen.insert(id);
            match self.trace(&state, record, is_new, asked).await {
                Ok(deleted) => page.deleted.push(deleted),
                Err(failure) => page.rejected.push(Rejected::of(Some(id), failure)?),
            }
        }
        Ok(page)
    }

    async fn trace(
        &self,
        state: &ScopeState,
        record: UnopenedRecord,
        is_new: bool,
        asked: Asked,
    ) -> Result<Tombstone, Failure> {
        let id = record.protected().record;
        if record.protected().kind != RecordKind::Tombstone || !is_new {
            return Err(Distrust::WrongPage { record: id }.into());
        }
        let opened = self.0.account.open_record(state, record, None, asked).await?;
        let Content::Deleted { version } = record::read(state, &opened)? else {
            return Err(Distrust::WrongPage { record: id }.into());
        };
        let protected = &opened.protected;
        Ok(Tombstone {
            id,
            version,
            by: protected.author,
            access: protected.access,
            at: protected.written_at,
        })
    }
}
