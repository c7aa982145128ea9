//! Rewrapping: instances that lie under the keys of earlier epochs are put under those of the present one.

use super::{
    Collection,
    paging::refuse_endless,
    placing::{Placed, in_transactions},
};
use crate::{
    distrust::Distrust,
    failure::Failure,
    locked::LockReason,
    progress::Progress,
    protocol::{
        record::{Content, SealFault, Writer, read, to_bytes},
        scope::ScopeState,
        versions::Asked,
    },
    record::{Filed, Rejection, TermId},
};
use pryv_crypto::record::UnopenedRecord;
use pryv_wire::{
    Bytes, ErrorCode, RecordId,
    access::Level,
    record::{Filter, Order, QueryRecords, RecipientKind, RecordState, Records},
};
use std::collections::HashSet;

/// How many records are looked at at once.
const PAGE: u32 = 100;

/// How often a page is made anew because somebody wrote one of its records in between; each time a smaller one.
const ATTEMPTS: usize = 8;

/// What rewrapping did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Rewrapped {
    /// Instances that were put under the present keys.
    pub rewrapped: u64,
    /// Instances that were under them already.
    pub present: u64,
    /// Instances that do not open, and stay as they are.
    pub unusable: u64,
}

impl Rewrapped {
    /// How many instances were looked at.
    #[must_use]
    pub const fn looked_at(&self) -> u64 {
        self.rewrapped.saturating_add(self.present).saturating_add(self.unusable)
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            rewrapped: self.rewrapped.saturating_add(other.rewrapped),
            present: self.present.saturating_add(other.present),
            unusable: self.unusable.saturating_add(other.unusable),
        }
    }
}

/// A page that was looked at.
#[derive(Default)]
struct Looked {
    placed: Vec<Placed>,
    present: Vec<RecordId>,
    unusable: u64,
}

impl Collection {
    /// Puts every instance that lies under the keys of an earlier epoch under those of the present one: for the readers of the
    /// collection and of the terms that it is filed under. Content, author, version and signature stay as they are, and so do the
    /// keys of the content: whoever opened an instance may have kept its key. Without this a revoked reader who comes to what the
    /// server stores, later, opens what was written before the revocation; with it, only what was copied until then.
    ///
    /// Reads the whole collection once, page by page; readers and writers notice nothing. Tells `progress` how many instances were
    /// looked at. Interrupted, it goes on when it is called again; what is done already is then only read. Tombstones and kept
    /// earlier versions stay under their keys.
    ///
    /// What is rewrapped opens to everybody who holds the present keys, grantees without history included: an honest server does not
    /// show it to them, and against one that helps them nothing else keeps it closed any longer.
    ///
    /// For the owner, and for grantees who contribute to the whole collection.
    ///
    /// # Errors
    ///
    /// See [`Failure`]. What was done before stays.
    pub async fn rewrap(&self, progress: &mut dyn Progress) -> Result<Rewrapped, Failure> {
        self.may(Level::changes, LockReason::ReadOnly)?;
        if !self.0.role.reads(self.0.scope) {
            return Err(LockReason::ReadOnly.into());
        }
        let mut state = self.newest().await?;
        let mut done = Rewrapped::default();
        let (mut mine, mut seen) = (HashSet::new(), HashSet::new());
        let mut after = None;
        let (mut limit, mut attempt, mut empty) = (PAGE, 1, 0);
        loop {
            let asked = self.0.account.asking();
            let page = self.page(limit, after.clone()).await?;
            if page.epoch > state.last_epoch() {
                state = self.newest().await?;
                if state.last_epoch() < page.epoch {
                    return Err(Distrust::Malformed { what: "an epoch that was never begun" }.into());
                }
            }
            let looked = self.look(&state, &page.records, &seen, asked).await?;
            match self.send(&looked.placed, &mut mine).await {
                Ok(()) => (limit, attempt) = (PAGE, 1),
                // Somebody wrote one of them, or an epoch began: look again at what is there now.
                Err(failure) if is_overtaken(&failure) && attempt < ATTEMPTS => {
                    (limit, attempt) = ((limit / 4).max(1), attempt + 1);
                    state = self.newest().await?;
                    continue;
                }
                Err(failure) => return Err(failure),
            }
            empty = if page.records.is_empty() { empty + 1 } else { 0 };
            refuse_endless(empty)?;
            done.unusable = done.unusable.saturating_add(looked.unusable);
            done.present =
                done.present.saturating_add(
                    looked.present.iter().filter(|record| !mine.contains(*record)).count() as u64,
                );
            done.rewrapped = mine.len() as u64;
            seen.extend(looked.present);
            seen.extend(looked.placed.iter().map(|placed| placed.id));
            progress.advance(done.looked_at(), None);
            after = page.next;
            if after.is_none() {
                return Ok(done);
            }
        }
    }

    /// The collection as the server has it now, under the present account secret.
    pub(super) async fn newest(&self) -> Result<std::sync::Arc<ScopeState>, Failure> {
        let account = &self.0.account;
        if self.0.owner == account.id() {
            account.renew_scopes().await?;
        }
        self.reopen().await
    }

    async fn page(&self, limit: u32, after: Option<Bytes>) -> Result<Records, Failure> {
        let call = QueryRecords {
            account: self.0.owner,
            scope: self.0.scope,
            filter: Filter::All,
            unindexed: None,
            within: None,
            state: RecordState::All,
            order: Order::OldestFirst,
            limit,
            after,
        };
        match self.ask_page(&call).await {
            Ok(page) => Ok(page),
            Err(failure) => Err(self.explain(failure).await),
        }
    }

    /// Opens the records of a page, and places anew those that are not under the present keys.
    async fn look(
        &self,
        state: &ScopeState,
        records: &[Bytes],
        seen: &HashSet<RecordId>,
        asked: Asked,
    ) -> Result<Looked, Failure> {
        let account = &self.0.account;
        let mut looked = Looked::default();
        let mut unopened = Vec::with_capacity(records.len());
        let mut here = HashSet::new();
        for bytes in records {
            let Ok(record) = UnopenedRecord::parse(bytes) else {
                looked.unusable = looked.unusable.saturating_add(1);
                continue;
            };
            let id = record.protected().record;
            if seen.contains(&id) || !here.insert(id) || !record.protected().kind.is_instance() {
                return Err(Distrust::WrongPage { record: id }.into());
            }
            if is_present(state, &record) {
                looked.present.push(id);
            } else {
                unopened.push(record);
            }
        }
        let terms = unopened.iter().flat_map(|record| Filed::of(record.placement()));
        let terms: Vec<_> = terms.map(|filed| (filed.at.ontology, filed.at.term)).collect();
        account.know_terms(state, terms).await?;
        for record in unopened {
            match self.placed_now(state, record, asked).await {
                Ok(placed) => looked.placed.push(placed),
                Err(failure) => {
                    Rejection::of(failure)?;
                    looked.unusable = looked.unusable.saturating_add(1);
                }
            }
        }
        Ok(looked)
    }

    async fn placed_now(
        &self,
        state: &ScopeState,
        unopened: UnopenedRecord,
        asked: Asked,
    ) -> Result<Placed, Failure> {
        let account = &self.0.account;
        let envelope = unopened.envelope().clone();
        let opened = account.open_record(state, unopened, None, asked).await?;
        let id = opened.protected.record;
        let Content::Instance(record) = read(state, &opened)? else {
            return Err(Distrust::WrongPage { record: id }.into());
        };
        let terms: Vec<_> = record.terms.iter().map(TermId::from).collect();
        let me = account.identity();
        let writer = Writer::new(&me, &self.0.role, state, account.client().now())?;
        let placed = writer.place(envelope, &opened, &terms, &mut account.client().rng());
        let placed = placed.map_err(|fault| match fault {
            SealFault::Failed(failure) => failure,
            // With entries for terms that its writer left out it does not fit any longer.
            _ => Distrust::Malformed { what: "a record" }.into(),
        })?;
        Ok(Placed { id, version: record.version, envelope: to_bytes(&placed) })
    }

    /// Commits placements, in transactions of a bounded length, and takes note of those that were.
    async fn send(&self, placed: &[Placed], mine: &mut HashSet<RecordId>) -> Result<(), Failure> {
        for part in in_transactions(placed) {
            let operations = part.iter().map(|one| one.operation(self.0.scope));
            self.0.account.commit(self.0.owner, operations.collect()).await?;
            mine.extend(part.iter().map(|one| one.id));
        }
        Ok(())
    }
}

/// Whether a record is under the present keys, for everybody whom it is for.
fn is_present(state: &ScopeState, record: &UnopenedRecord) -> bool {
    let recipients = &record.placement().recipients;
    let pending = recipients.iter().any(|entry| entry.kind == RecipientKind::Pending);
    !pending && recipients.first().is_some_and(|own| own.epoch >= state.last_epoch())
}

/// Whether somebody was faster.
pub(super) fn is_overtaken(failure: &Failure) -> bool {
    failure.is_stale() || failure.refusal() == Some(ErrorCode::VersionConflict)
}
