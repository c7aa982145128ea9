//! Upkeep: what an owner's client does when it runs, because a server cannot.

use super::Account;
use crate::{
    failure::Failure,
    protocol::{access::Opened, scope::Role},
};
use pryv_wire::{ErrorCode, ScopeId, Timestamp, transaction::Operation};
use std::collections::{BTreeMap, BTreeSet};

/// How often a new epoch is made anew because another one began in between.
const ATTEMPTS: usize = 4;

/// What upkeep did.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Maintained {
    /// Collections that have new keys since an access to them expired or a manager ended one, and the number of their new
    /// epoch.
    pub begun: Vec<(ScopeId, u32)>,
}

impl Account {
    /// Gives new keys to every collection to which an access has expired since its present epoch began, or was ended by the
    /// manager who had granted it.
    ///
    /// The server refuses an expired access by itself; new keys make that hold against the server too. Call it when a
    /// program starts. Costs one call when there is nothing to do.
    ///
    /// # Errors
    ///
    /// See [`Failure`]. What was begun before a failure stays; call again to go on.
    pub async fn maintain(&self) -> Result<Maintained, Failure> {
        let granted = self.granted_opened().await?;
        let mut done = Maintained::default();
        for (scope, due) in due(&granted, self.client().now()) {
            for attempt in 1..=ATTEMPTS {
                let state = self.open_scope(self.id(), scope, &Role::Owner).await?;
                if due.is_done(state.present()?.statement.started_at, state.last_epoch()) {
                    break;
                }
                let epoch = self.next_epoch(&state, &granted, &BTreeSet::new(), &[]).await?;
                match self.commit(self.id(), vec![Operation::BeginEpoch { epoch }]).await {
                    Ok(_) => {
                        let begun = state.last_epoch().saturating_add(1);
                        self.note_epoch(self.id(), scope, begun);
                        done.begun.push((scope, begun));
                        break;
                    }
                    Err(failure)
                        if failure.refusal() == Some(ErrorCode::StaleEpoch) && attempt < ATTEMPTS => {}
                    Err(failure) => return Err(failure),
                }
            }
        }
        Ok(done)
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

/// The scopes that are due, as far as the accesses say it.
fn due(granted: &[Opened], now: Timestamp) -> BTreeMap<ScopeId, Due> {
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
                for grant in &access.grants {
                    let due = scopes.entry(grant.scope).or_default();
                    due.expired_at = due.expired_at.max(Some(until));
                }
            }
        }
    }
    scopes
}
