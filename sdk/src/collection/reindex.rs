//! Reindexing: instances that were indexed otherwise than it is done now are given the tokens of now.

use super::{
    Collection,
    paging::refuse_endless,
    placing::{Placed, in_transactions},
    rewrap::is_overtaken,
};
use crate::{
    distrust::Distrust,
    failure::Failure,
    locked::LockReason,
    progress::{Progress, Silent},
    protocol::{
        plan,
        record::{Content, SealFault, Writer, read, to_bytes},
        scope::ScopeState,
        versions::Asked,
    },
    record::Rejection,
};
use pryv_crypto::record::UnopenedRecord;
use pryv_wire::{
    Bytes, ErrorCode, RecordId,
    access::Level,
    record::{IndexState, Order, QueryRecords, RecordState, Records, Unindexed},
};
use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

/// How many records are indexed at once.
const PAGE: u32 = 500;

/// How many passes are made because others write meanwhile.
const MAX_PASSES: usize = 100;

/// What indexing did.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Reindexed {
    /// How many instances were given other tokens.
    pub indexed: u64,
    /// Instances that do not open: every query by an index looks at them.
    pub unusable: Vec<RecordId>,
    /// Instances whose value in a unique field another one has as well: change or delete them, and index again.
    pub not_unique: Vec<RecordId>,
}

impl Collection {
    /// Indexes every instance in the way of now: after indexes were added or removed, after new keys, and after somebody wrote who may
    /// not read. Reads only instances that need it, and tells `progress` how many were done.
    ///
    /// Readers and writers notice nothing: until an instance is indexed, queries by an index look at it themselves. Interrupted, it goes
    /// on when it is called again: what is left to do is what the server still lists. Content, keys of content, author and signature
    /// stay as they are.
    ///
    /// For the owner, and for grantees who contribute to the whole collection.
    ///
    /// # Errors
    ///
    /// See [`Failure`]. What was done before stays.
    pub async fn reindex(&self, progress: &mut dyn Progress) -> Result<Reindexed, Failure> {
        let now =
            |state: &ScopeState| IndexState { epoch: state.last_epoch(), version: state.definition.changed };
        self.index_before(now, progress).await
    }

    /// Indexes the instances that are indexed by an earlier version of the indexes than this, or by none; those of earlier epochs stay.
    pub(super) async fn index_since(&self, version: u64) -> Result<Reindexed, Failure> {
        self.index_before(|_| IndexState { epoch: 0, version }, &mut Silent).await
    }

    async fn index_before(
        &self,
        before: impl Fn(&ScopeState) -> IndexState,
        progress: &mut dyn Progress,
    ) -> Result<Reindexed, Failure> {
        self.may(Level::changes, LockReason::ReadOnly)?;
        if !self.0.role.reads(self.0.scope) {
            return Err(LockReason::ReadOnly.into());
        }
        let mut done = Reindexed::default();
        let (mut given_up, mut not_unique) = (BTreeSet::new(), BTreeSet::new());
        for _ in 0..MAX_PASSES {
            let state = self.newest().await?;
            let (mut after, mut placed_some, mut empty) = (None, false, 0);
            let mut seen = HashSet::new();
            loop {
                let asked = self.0.account.asking();
                let page = self.unindexed(before(&state), after.take()).await?;
                if page.epoch > state.last_epoch() {
                    placed_some = true;
                    break;
                }
                let placed = self.index_page(&state, &page.records, asked, &mut seen, &mut given_up).await?;
                empty = if page.records.is_empty() { empty + 1 } else { 0 };
                refuse_endless(empty)?;
                let left: Vec<_> =
                    placed.into_iter().filter(|placed| !not_unique.contains(&placed.id)).collect();
                let (sent, overtaken) = self.send_apart(&left, &mut not_unique).await?;
                placed_some |= sent > 0 || overtaken;
                done.indexed = done.indexed.saturating_add(sent);
                progress.advance(done.indexed, None);
                match page.next {
                    Some(next) if !overtaken => after = Some(next),
                    _ => break,
                }
            }
            if !placed_some {
                break;
            }
        }
        done.unusable = given_up.into_iter().collect();
        done.not_unique = not_unique.into_iter().collect();
        self.reopen().await?;
        Ok(done)
    }

    /// How many instances are not indexed in the way of now, counted up to about a thousand for each way.
    ///
    /// # Errors
    ///
    /// See [`Failure`].
    pub async fn unindexed_count(&self) -> Result<u64, Failure> {
        Ok(self.reopen().await?.unindexed())
    }

    /// A page of what is indexed in an earlier way than this.
    async fn unindexed(&self, before: IndexState, after: Option<Bytes>) -> Result<Records, Failure> {
        let call = QueryRecords {
            account: self.0.owner,
            scope: self.0.scope,
            filter: plan::nothing(),
            unindexed: Some(Unindexed { before, at_most: u32::MAX }),
            within: None,
            state: RecordState::All,
            order: Order::OldestFirst,
            limit: PAGE,
            after,
        };
        match self.ask_page(&call).await {
            Ok(page) => Ok(page),
            Err(failure) => Err(self.explain(failure).await),
        }
    }

    /// Opens the records of a page and gives them their tokens.
    async fn index_page(
        &self,
        state: &Arc<ScopeState>,
        records: &[Bytes],
        asked: Asked,
        seen: &mut HashSet<RecordId>,
        given_up: &mut BTreeSet<RecordId>,
    ) -> Result<Vec<Placed>, Failure> {
        let account = &self.0.account;
        let me = account.identity();
        let mut placed = Vec::with_capacity(records.len());
        let mut unopened = Vec::with_capacity(records.len());
        for bytes in records {
            // What is not even an envelope names no record that could be given up.
            let Ok(record) = UnopenedRecord::parse(bytes) else { continue };
            let (id, kind) = (record.protected().record, record.protected().kind);
            if !kind.is_instance() || !seen.insert(id) {
                return Err(Distrust::WrongPage { record: id }.into());
            }
            unopened.push(record);
        }
        account.know_terms_of(state, &unopened).await?;
        let writer = Writer::new(&me, &self.0.role, state, account.client().now())?;
        for record in unopened {
            let (id, version) = (record.protected().record, record.protected().version);
            let envelope = record.envelope().clone();
            let made = match account.open_record(state, record, None, asked).await {
                Ok(opened) => match read(state, &opened) {
                    Ok(Content::Instance(_)) => writer.reindex(envelope, &opened).map_err(unfit),
                    Ok(Content::Deleted { .. }) => return Err(Distrust::WrongPage { record: id }.into()),
                    Err(distrust) => Err(distrust.into()),
                },
                Err(failure) => Err(failure),
            };
            match made {
                Ok(envelope) => placed.push(Placed { id, version, envelope: to_bytes(&envelope) }),
                Err(failure) => {
                    Rejection::of(failure)?;
                    given_up.insert(id);
                }
            }
        }
        Ok(placed)
    }

    /// Commits placements, halved until the ones are alone whose unique values others have; how many were done, and whether somebody
    /// was faster somewhere.
    async fn send_apart(
        &self,
        placed: &[Placed],
        not_unique: &mut BTreeSet<RecordId>,
    ) -> Result<(u64, bool), Failure> {
        let (mut done, mut overtaken) = (0, false);
        let mut parts = in_transactions(placed);
        while let Some(part) = parts.pop() {
            let operations = part.iter().map(|one| one.operation(self.0.scope)).collect();
            match self.0.account.commit(self.0.owner, operations).await {
                Ok(_) => done += part.len() as u64,
                Err(failure) => {
                    let taken = failure.refusal() == Some(ErrorCode::NotUnique);
                    if !taken && !is_overtaken(&failure) {
                        return Err(failure);
                    }
                    match (part, taken) {
                        ([one], true) => drop(not_unique.insert(one.id)),
                        ([_], false) => overtaken = true,
                        _ => {
                            let (first, second) = part.split_at(part.len() / 2);
                            parts.extend([second, first]);
                        }
                    }
                }
            }
        }
        Ok((done, overtaken))
    }
}

fn unfit(fault: SealFault) -> Failure {
    match fault {
        SealFault::Failed(failure) => failure,
        // With the tokens of indexes that its writer did not know, it does not fit an envelope any longer.
        _ => Distrust::Malformed { what: "a record" }.into(),
    }
}
