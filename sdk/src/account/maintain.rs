//! Upkeep: what an owner's client does when it runs, because a server cannot.

use super::Account;
use crate::{
    collection::{Collection, QueryError, WriteError},
    failure::Failure,
    protocol::{access::Opened, entry::covers, scope::Role},
};
use pryv_wire::{ErrorCode, ScopeId, Timestamp, scope::Slice, transaction::Operation};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How often a new epoch is made anew because another one began in between.
const ATTEMPTS: usize = 4;

/// How many records are looked at at once.
const PAGE: u32 = 500;

/// What upkeep did.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Maintained {
    /// Collections that have new keys since an access to them expired or a manager ended one, and the number of their new
    /// epoch.
    pub begun: Vec<(ScopeId, u32)>,
    /// How many records were opened to the readers of terms that their writers held no key of.
    pub completed: u64,
}

impl Account {
    /// Gives new keys to every collection to which an access has expired since its present epoch began, or was ended by the
    /// manager who had granted it; and opens records to readers of terms that their writers could not open them to.
    ///
    /// The server refuses an expired access by itself; new keys make that hold against the server too. Call it when a
    /// program starts. Costs one call when there is nothing to do. While a holder of a slice may write, it reads the collections
    /// that the slice covers.
    ///
    /// # Errors
    ///
    /// See [`Failure`]. What was begun before a failure stays; call again to go on.
    pub async fn maintain(&self) -> Result<Maintained, Failure> {
        let granted = self.granted_opened().await?;
        let mut done = Maintained::default();
        let all = self.due(&granted, self.client().now()).await?;
        for attempt in 1..=ATTEMPTS {
            let mut due = BTreeSet::new();
            for (scope, why) in &all {
                let state = self.open_scope(self.id(), *scope, &Role::Owner).await?;
                if !why.is_done(state.present()?.statement.started_at, state.last_epoch()) {
                    due.insert(*scope);
                    if let Some(slice) = state.kind.slice() {
                        due.extend(self.covered_now(slice).await?);
                    }
                }
            }
            if due.is_empty() {
                break;
            }
            // In one transaction: what a slice covers is closed to who held the slice before.
            let begun = self.begin_epochs(&due, &granted, None).await?;
            let operations = begun.to_send().into_iter().map(|epoch| Operation::BeginEpoch { epoch });
            match self.commit(self.id(), operations.collect()).await {
                Ok(_) => {
                    for begun in &begun.all {
                        let (scope, epoch) = (begun.state.scope, begun.beginning.statement.epoch);
                        self.note_epoch(self.id(), scope, epoch);
                        done.begun.push((scope, epoch));
                    }
                    break;
                }
                Err(failure) if failure.refusal() == Some(ErrorCode::StaleEpoch) && attempt < ATTEMPTS => {}
                Err(failure) => return Err(failure),
            }
        }
        done.completed = self.complete_pending(&granted).await?;
        Ok(done)
    }

    /// The scopes that are due, as far as the accesses say it.
    async fn due(&self, granted: &[Opened], now: Timestamp) -> Result<BTreeMap<ScopeId, Due>, Failure> {
        let mut scopes: BTreeMap<ScopeId, Due> = BTreeMap::new();
        for opened in granted {
            let access = opened.evidence.access();
            match opened.evidence.revocation() {
                // The owner's own revocations bring their epochs with them.
                Some(end) if end.revoker == access.account => {}
                Some(end) => {
                    for last in end.last_epochs.iter().filter(|last| access.level(last.scope).is_some()) {
                        scopes.entry(last.scope).or_default().ended_in.insert(last.epoch);
                    }
                }
                None => {
                    let Some(until) = access.valid_until.filter(|until| *until <= now) else { continue };
                    for scope in self.reached_by(access).await? {
                        let due = scopes.entry(scope).or_default();
                        due.expired_at = due.expired_at.max(Some(until));
                    }
                }
            }
        }
        Ok(scopes)
    }

    /// Opens records to the readers of terms that their writers held no key of. Only holders of slices write such records, so
    /// that nothing is read while nobody holds one that writes.
    async fn complete_pending(&self, granted: &[Opened]) -> Result<u64, Failure> {
        let live = granted.iter().filter(|opened| opened.evidence.revocation().is_none());
        let grants = live.flat_map(|opened| &opened.evidence.access().grants);
        let writes: Vec<&Slice> =
            grants.filter(|grant| grant.level.creates()).filter_map(|grant| grant.slice.as_ref()).collect();
        let mut completed = 0;
        if !writes.iter().any(|slice| slice.has_data()) {
            return Ok(completed);
        }
        for state in self.own_scopes().await? {
            if !writes.iter().any(|slice| slice.has_data() && covers(slice, &state)) {
                continue;
            }
            let collection = Collection::new(self, Role::Owner, state);
            let mut query = collection.query().limit(PAGE);
            loop {
                let page = query.fetch::<Value>().await.map_err(of_query)?;
                for record in &page.records {
                    match collection.complete(record).await {
                        Ok(done) => completed += u64::from(done),
                        Err(WriteError::Failed(failure)) => return Err(failure),
                        // Somebody wrote a version in the meantime: it is looked at the next time.
                        Err(_) => {}
                    }
                }
                let Some(next) = page.next else { break };
                query = query.page(next);
            }
        }
        Ok(completed)
    }
}

/// Why a scope is due for a new epoch.
#[derive(Clone, Debug, Default)]
struct Due {
    /// When the last access to it expired.
    expired_at: Option<Timestamp>,
    /// The last epochs in which accesses counted that a manager ended. Counted in epochs: a manager's clock is no measure.
    ended_in: BTreeSet<u32>,
}

impl Due {
    /// Whether the present epoch is new enough.
    fn is_done(&self, started_at: Timestamp, epoch: u32) -> bool {
        self.expired_at.is_none_or(|at| at <= started_at) && !self.ended_in.contains(&epoch)
    }
}

/// A query without conditions fails for what can go wrong in every operation only.
fn of_query(error: QueryError) -> Failure {
    match error {
        QueryError::Failed(failure) => failure,
        _ => crate::Distrust::Malformed { what: "a page of records" }.into(),
    }
}
