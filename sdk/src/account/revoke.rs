//! Revoking an access, and holding the server to it.

use super::Account;
use crate::{
    distrust::Distrust,
    failure::Failure,
    protocol::{
        access::Opened,
        chain::Head,
        epoch::{self, readers},
        scope::{KnownEpoch, Role, ScopeState},
    },
    receipt::{Receipt, ScopeReceipt, ServedEpoch, Written},
};
use pryv_wire::{
    AccessId, ErrorCode, ScopeId, Signed, Timestamp,
    access::{Access, LastEpoch, Level, Revocation},
    scope::NewEpoch,
    transaction::{Committed, Operation},
};
use std::sync::Arc;

/// How often a revocation is made anew because an epoch began in between.
const ATTEMPTS: usize = 4;

/// Why an access was not revoked, or a receipt does not hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RevokeError {
    /// This account has granted no such access.
    #[error("this account has granted no such access")]
    NotFound,
    /// The access was revoked already.
    #[error("the access was revoked already")]
    AlreadyRevoked,
    /// What can go wrong in every operation; [`Distrust::RevocationDropped`] if the server does not stand by it.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl RevokeError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => ErrorCode::NotFound.as_str(),
            Self::AlreadyRevoked => "already-revoked",
            Self::Failed(failure) => failure.code(),
        }
    }
}

impl Account {
    /// Ends an access: signed, with new keys for every collection that it reached, which the remaining readers get and its
    /// grantee does not. Looks afterwards whether the server shows it.
    ///
    /// Computes about 20 ms for each collection that others still read.
    ///
    /// # Errors
    ///
    /// See [`RevokeError`].
    pub async fn revoke(&self, access: AccessId) -> Result<Receipt, RevokeError> {
        let mut attempt = 1;
        loop {
            match self.try_revoke(access).await {
                Err(RevokeError::Failed(failure))
                    if failure.refusal() == Some(ErrorCode::StaleEpoch) && attempt < ATTEMPTS =>
                {
                    attempt += 1;
                }
                revoked => return revoked,
            }
        }
    }

    async fn try_revoke(&self, id: AccessId) -> Result<Receipt, RevokeError> {
        let granted = self.granted_but(Some(id)).await?;
        let opened = granted.iter().find(|opened| opened.evidence.access().access == id);
        let opened = opened.ok_or(RevokeError::NotFound)?;
        if opened.evidence.revocation().is_some() {
            return Err(RevokeError::AlreadyRevoked);
        }
        let access = opened.evidence.access();
        let mut epochs = Vec::with_capacity(access.grants.len());
        let mut last_epochs = Vec::with_capacity(access.grants.len());
        let mut states = Vec::with_capacity(access.grants.len());
        for grant in &access.grants {
            let state = self.open_scope(self.id(), grant.scope, &Role::Owner).await?;
            epochs.push(self.next_epoch(&state, &granted, Some(id)).await?);
            last_epochs.push(LastEpoch { scope: grant.scope, epoch: state.last_epoch() });
            states.push(state);
        }
        let revocation = Revocation {
            access: id,
            account: self.id(),
            revoker: self.id(),
            last_epochs,
            signed_at: self.client().now(),
        };
        let statement = self.identity().sign(&revocation);
        let operation = Operation::Revoke { statement: statement.clone(), below: Vec::new(), epochs };
        let committed = match self.commit(self.id(), vec![operation]).await {
            Ok(committed) => committed,
            // Another device was faster, or the answer to an earlier attempt of this call was lost.
            Err(failure) if failure.refusal() == Some(ErrorCode::AlreadyExists) => {
                return Err(RevokeError::AlreadyRevoked);
            }
            Err(failure) => return Err(failure.into()),
        };
        // From here on, whatever becomes of the check below: what is written next is closed to the grantee, and what the
        // grantee writes next does not count.
        self.note_end(self.id(), id);
        for (grant, state) in access.grants.iter().zip(&states) {
            self.note_epoch(self.id(), grant.scope, state.last_epoch().saturating_add(1));
        }
        let still = still_read(&granted, access, self.client().now());
        let receipt = receipt(access, opened.note.name.clone(), statement, &committed, &states, &still);
        self.verify_receipt(&receipt).await?;
        Ok(receipt)
    }

    /// A new epoch of a scope for the readers who remain, by the accesses that this account signed.
    pub(crate) async fn next_epoch(
        &self,
        state: &ScopeState,
        granted: &[Opened],
        except: Option<AccessId>,
    ) -> Result<NewEpoch, Failure> {
        let now = self.client().now();
        let readers = readers(state, granted, except, now)?;
        let mut keyed = Vec::with_capacity(readers.len());
        for reader in readers {
            keyed.push((reader, self.cards_of(reader.grantee).await?));
        }
        epoch::next(&self.identity(), state, &keyed, now, &mut self.client().rng())
    }

    /// Checks that the server still stands by a revocation: it shows the signed end, and its chain of changes still goes
    /// through the change that the receipt names.
    ///
    /// # Errors
    ///
    /// [`Distrust::RevocationDropped`], in [`RevokeError::Failed`], if it does not.
    pub async fn verify_receipt(&self, receipt: &Receipt) -> Result<(), RevokeError> {
        let dropped =
            || RevokeError::from(Failure::from(Distrust::RevocationDropped { access: receipt.access }));
        let granted = self.granted_opened().await?;
        let shown = granted.iter().find(|opened| opened.evidence.access().access == receipt.access);
        let shown = shown.and_then(|opened| opened.state.revocation.as_ref());
        if shown != Some(&receipt.statement) {
            return Err(dropped());
        }
        match self.verify_from(Head { sequence: receipt.sequence, head: receipt.head }).await {
            Ok(()) => Ok(()),
            Err(Failure::Distrust(Distrust::Forked { .. } | Distrust::RolledBack { .. })) => Err(dropped()),
            Err(failure) => Err(failure.into()),
        }
    }
}

/// By which other accesses the grantee of one that ends still reads its scopes.
fn still_read(granted: &[Opened], ends: &Access, now: Timestamp) -> Vec<(ScopeId, AccessId)> {
    let others = granted.iter().filter(|opened| opened.evidence.revocation().is_none());
    others
        .map(|opened| opened.evidence.access())
        .filter(|other| other.grantee == ends.grantee && other.access != ends.access)
        .filter(|other| other.valid_until.is_none_or(|until| now < until))
        .flat_map(|other| {
            let reads = other.grants.iter().filter(|grant| Level::reads(grant.level));
            reads.map(|grant| (grant.scope, other.access))
        })
        .collect()
}

fn receipt(
    access: &Access,
    name: String,
    statement: Signed<Revocation>,
    committed: &Committed,
    states: &[Arc<ScopeState>],
    still: &[(ScopeId, AccessId)],
) -> Receipt {
    let served = committed.served.iter().filter(|served| served.access == access.access);
    let served: Vec<_> = served.flat_map(|served| served.served.iter().copied()).collect();
    let scopes = access.grants.iter().zip(states).map(|(grant, state)| {
        let served: Vec<ServedEpoch> = served
            .iter()
            .filter(|served| served.scope == grant.scope && state.epochs.contains_key(&served.epoch))
            .map(|served| ServedEpoch {
                epoch: served.epoch,
                first_at: served.first_at,
                last_at: served.last_at,
            })
            .collect();
        let never =
            |epoch: &&u32| grant.level.reads() && !served.iter().any(|served| served.epoch == **epoch);
        ScopeReceipt {
            scope: grant.scope,
            level: grant.level,
            closed_from: state.last_epoch().saturating_add(1),
            written: written(state, committed.change.at),
            never_served: state.epochs.keys().filter(never).copied().collect(),
            served,
            still_read_by: still
                .iter()
                .filter(|(scope, _)| *scope == grant.scope)
                .map(|(_, id)| *id)
                .collect(),
        }
    });
    Receipt {
        access: access.access,
        grantee: access.grantee,
        name,
        statement,
        sequence: committed.change.sequence,
        head: committed.head,
        ended_at: committed.change.at,
        scopes: scopes.collect(),
    }
}

/// When each epoch was written to: until the next one began, the last one until now.
fn written(state: &ScopeState, now: Timestamp) -> Vec<Written> {
    let began = |epoch: &KnownEpoch| epoch.statement.started_at;
    let ends = state.epochs.values().skip(1).map(began).chain([now]);
    let spans = state.epochs.values().zip(ends);
    spans.map(|(epoch, until)| Written { epoch: epoch.statement.epoch, from: began(epoch), until }).collect()
}
