//! Upkeep: what an owner's client does when it runs, because a server cannot.

use super::Account;
use crate::{
    failure::Failure,
    protocol::{access::Opened, scope::Role},
};
use pryv_wire::{ErrorCode, ScopeId, Timestamp, transaction::Operation};
use std::collections::BTreeMap;

/// How often a new epoch is made anew because another one began in between.
const ATTEMPTS: usize = 4;

/// What upkeep did.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Maintained {
    /// Collections that have new keys since an access to them expired, and the number of their new epoch.
    pub begun: Vec<(ScopeId, u32)>,
}

impl Account {
    /// Gives new keys to every collection to which an access has expired since its present epoch began.
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
        for (scope, expired_at) in expired(&granted, self.client().now()) {
            for attempt in 1..=ATTEMPTS {
                let state = self.open_scope(self.id(), scope, &Role::Owner).await?;
                if state.present()?.statement.started_at >= expired_at {
                    break;
                }
                let epoch = self.next_epoch(&state, &granted, None).await?;
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

/// For each scope to which an access expired, when the last one did.
fn expired(granted: &[Opened], now: Timestamp) -> BTreeMap<ScopeId, Timestamp> {
    let mut scopes: BTreeMap<ScopeId, Timestamp> = BTreeMap::new();
    for opened in granted.iter().filter(|opened| opened.evidence.revocation().is_none()) {
        let access = opened.evidence.access();
        let Some(until) = access.valid_until.filter(|until| *until <= now) else { continue };
        for grant in &access.grants {
            scopes.entry(grant.scope).and_modify(|last| *last = until.max(*last)).or_insert(until);
        }
    }
    scopes
}
