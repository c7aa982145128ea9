//! Revoking an access, and holding the server to it.

use super::Account;
use crate::{
    access::Access as Shown,
    distrust::Distrust,
    failure::Failure,
    protocol::{
        access::{self, Opened},
        chain::Head,
        entry::covers,
        epoch::Reader,
        grant::{Terms, ToGrant, make},
        scope::{KnownEpoch, Role, ScopeState},
    },
    receipt::{Receipt, ScopeReceipt, ServedEpoch, Written},
};
use pryv_wire::{
    AccessId, ErrorCode, PrincipalId, ScopeId, Signed, Timestamp,
    access::{Access, LastEpoch, Level, Revocation},
    transaction::{Committed, GrantAccess, Operation},
};
use std::{collections::BTreeSet, future::IntoFuture, pin::Pin, sync::Arc};

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
    /// The access was not revoked, so that there is nothing to close behind it.
    #[error("the access has not been revoked")]
    NotRevoked,
    /// Its holder granted onwards: say what becomes of that.
    #[error(
        "its holder has granted onwards, to {} others: say whether those accesses end as well (`cascade`) or go on as your own (`adopt`)",
        .accesses.len()
    )]
    GrantedOnwards {
        /// What it granted that is not over.
        accesses: Vec<Shown>,
    },
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
            Self::NotRevoked => "not-revoked",
            Self::GrantedOnwards { .. } => "granted-onwards",
            Self::Failed(failure) => failure.code(),
        }
    }
}

/// What becomes of the accesses that a manager had granted onwards.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Onwards {
    Cascade,
    Adopt,
}

/// A revocation to be made; await it.
#[derive(Clone, Debug)]
#[must_use = "an access ends when this is awaited"]
pub struct Revoking {
    account: Account,
    access: AccessId,
    onwards: Option<Onwards>,
}

impl Revoking {
    /// What its holder granted onwards ends with it.
    pub const fn cascade(mut self) -> Self {
        self.onwards = Some(Onwards::Cascade);
        self
    }

    /// What its holder granted onwards goes on as accesses of this account's own, from the same moment: the same grantees,
    /// collections, levels and dates.
    pub const fn adopt(mut self) -> Self {
        self.onwards = Some(Onwards::Adopt);
        self
    }

    async fn run(self) -> Result<Receipt, RevokeError> {
        let mut attempt = 1;
        loop {
            match self.account.try_revoke(self.access, self.onwards).await {
                Err(RevokeError::Failed(failure)) if failure.is_stale() && attempt < ATTEMPTS => {
                    attempt += 1;
                }
                revoked => return revoked,
            }
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
type Running = Pin<Box<dyn Future<Output = Result<Receipt, RevokeError>> + Send>>;
#[cfg(target_arch = "wasm32")]
type Running = Pin<Box<dyn Future<Output = Result<Receipt, RevokeError>>>>;

impl IntoFuture for Revoking {
    type Output = Result<Receipt, RevokeError>;
    type IntoFuture = Running;

    fn into_future(self) -> Running {
        Box::pin(self.run())
    }
}

/// By which access a group goes on reading.
struct ByGroup {
    access: AccessId,
    /// Which of the scopes it reads, or a part of.
    scopes: BTreeSet<ScopeId>,
    /// Who is a member, if the group is this account's own.
    members: Option<BTreeSet<PrincipalId>>,
}

/// One access that ends with the one that is revoked.
struct Below<'a> {
    opened: &'a Opened,
    statement: Signed<Revocation>,
    /// What is granted instead, if it is adopted.
    instead: Option<(AccessId, GrantAccess)>,
}

impl Account {
    /// Ends an access: signed, with new keys for every collection that it reached, which the remaining readers get and its
    /// grantee does not. Looks afterwards whether the server shows it. Await what it answers; if its holder granted onwards,
    /// say before what becomes of that: [`Revoking::cascade`] or [`Revoking::adopt`].
    ///
    /// Computes about 20 ms for each collection that others still read.
    ///
    /// # Errors
    ///
    /// See [`RevokeError`].
    pub fn revoke(&self, access: AccessId) -> Revoking {
        Revoking { account: self.clone(), access, onwards: None }
    }

    async fn try_revoke(&self, id: AccessId, onwards: Option<Onwards>) -> Result<Receipt, RevokeError> {
        let granted = self.granted_but(Some(id)).await?;
        let now = self.client().now();
        let opened = granted.iter().find(|opened| opened.evidence.access().access == id);
        let opened = opened.ok_or(RevokeError::NotFound)?;
        if opened.evidence.revocation().is_some() {
            return Err(RevokeError::AlreadyRevoked);
        }
        let access = opened.evidence.access();
        let onward = granted_onwards(&granted, id, now);
        if let (None, false) = (onwards, onward.is_empty()) {
            let accesses = onward.iter().map(|opened| access::view(opened, now)).collect();
            return Err(RevokeError::GrantedOnwards { accesses });
        }
        let reached = self.reached_by(access).await?;
        let mut states = Vec::with_capacity(reached.len());
        for scope in &reached {
            states.push(self.open_scope(self.id(), *scope, &Role::Owner).await?);
        }
        let statement = self.sign_end(access, &states, now);
        let mut below = Vec::with_capacity(onward.len());
        for opened in onward {
            let ended = opened.evidence.access();
            let instead = match onwards {
                Some(Onwards::Adopt) => Some(self.grant_instead(opened, &states).await?),
                _ => None,
            };
            below.push(Below { opened, statement: self.sign_end(ended, &states, now), instead });
        }
        let ended: BTreeSet<AccessId> =
            below.iter().map(|below| below.opened.evidence.access().access).chain([id]).collect();
        let new = |scope| adopted_readers(&below, scope);
        // A group that has had its last card goes on with the keys that it has.
        let going_on = states.iter().filter(|state| !state.is_closed()).cloned().collect();
        let begun = self.begin_epochs_of(going_on, &granted, &ended, &new, None).await?;
        let by_groups = self.reads_by_groups(&granted, &ended, &states, now).await?;
        let epochs = begun.to_send();
        // What is granted instead comes first, so that the new epochs are shared with it as with every other reader.
        let instead = below.iter().filter_map(|below| below.instead.as_ref());
        let mut operations: Vec<Operation> =
            instead.map(|(_, grant)| Operation::Grant(Box::new(grant.clone()))).collect();
        let ends = below.iter().map(|below| below.statement.clone()).collect();
        operations.push(Operation::Revoke { statement: statement.clone(), below: ends, epochs });
        let committed = match self.commit(self.id(), operations).await {
            Ok(committed) => committed,
            // Another device was faster, or the answer to an earlier attempt of this call was lost.
            Err(failure) if failure.refusal() == Some(ErrorCode::AlreadyExists) => {
                return Err(RevokeError::AlreadyRevoked);
            }
            Err(failure) => return Err(failure.into()),
        };
        // From here on, whatever becomes of the check below: what is written next is closed to the grantee, and what the
        // grantee writes next does not count.
        ended.iter().for_each(|access| self.note_end(self.id(), *access));
        for begun in &begun.all {
            self.note_epoch(self.id(), begun.state.scope, begun.beginning.statement.epoch);
        }
        let end = |opened: &Opened, statement, instead: Option<&(AccessId, GrantAccess)>| {
            let access = opened.evidence.access();
            let mut still = still_read(&granted, access, &ended, now);
            let adopted_as = instead.map(|(adopted, _)| *adopted);
            let reads = access.grants.iter().filter(|grant| grant.level.reads()).map(|grant| grant.scope);
            still.extend(adopted_as.iter().flat_map(|adopted| reads.clone().map(|scope| (scope, *adopted))));
            let mut receipt =
                receipt(access, opened.note.name.clone(), statement, &committed, &states, &still);
            let to_group = self.is_group(access.grantee);
            for scope in &mut receipt.scopes {
                let reading = by_groups.iter().filter(|by| by.scopes.contains(&scope.scope) && !to_group);
                for by in reading {
                    match &by.members {
                        Some(members) if !members.contains(&access.grantee) => {}
                        Some(_) => scope.still_read_by.push(by.access),
                        None => scope.groups_read_by.push(by.access),
                    }
                }
            }
            let group_closed = receipt.membership_of.is_some() && begun.all.is_empty();
            Receipt { adopted_as, to_group, group_closed, ..receipt }
        };
        let mut receipt = end(opened, statement, None);
        receipt.below = below
            .iter()
            .map(|below| end(below.opened, below.statement.clone(), below.instead.as_ref()))
            .collect();
        self.verify_receipt(&receipt).await?;
        Ok(receipt)
    }

    /// The accesses of groups that go on reading any of some scopes, or a part of one: whoever is a member of one reads by it,
    /// whatever of its own ended.
    async fn reads_by_groups(
        &self,
        granted: &[Opened],
        ended: &BTreeSet<AccessId>,
        states: &[Arc<ScopeState>],
        now: Timestamp,
    ) -> Result<Vec<ByGroup>, Failure> {
        let lives = |access: &Access| {
            !ended.contains(&access.access) && access.valid_until.is_none_or(|until| now < until)
        };
        let live = granted.iter().filter(|opened| opened.evidence.end().is_none());
        let live: Vec<&Access> =
            live.map(|opened| opened.evidence.access()).filter(|access| lives(access)).collect();
        let mut reading = Vec::new();
        for access in &live {
            let reads = |state: &&Arc<ScopeState>| {
                let mut reads = access.grants.iter().filter(|grant| grant.level.reads());
                reads.any(|grant| {
                    grant.scope == state.scope
                        || grant.slice.as_ref().is_some_and(|slice| covers(slice, state))
                })
            };
            let scopes: BTreeSet<ScopeId> = states.iter().filter(reads).map(|state| state.scope).collect();
            if scopes.is_empty() {
                continue;
            }
            let Some(place) = self.cards_of(access.grantee).await?.current().group else { continue };
            // Who is a member of a group of one's own is known; of those of others it is not.
            let of_place = |membership: &&&Access| membership.level(place.scope).is_some();
            let members = (place.account == self.id())
                .then(|| live.iter().filter(of_place).map(|membership| membership.grantee).collect());
            reading.push(ByGroup { access: access.access, scopes, members });
        }
        Ok(reading)
    }

    /// The end of an access in the present epochs of its scopes.
    pub(super) fn sign_end(
        &self,
        access: &Access,
        states: &[Arc<ScopeState>],
        now: Timestamp,
    ) -> Signed<Revocation> {
        let reaches = |state: &&Arc<ScopeState>| {
            let slices = access.grants.iter().filter_map(|grant| grant.slice.as_ref());
            access.level(state.scope).is_some() || slices.into_iter().any(|slice| covers(slice, state))
        };
        let granted = states.iter().filter(reaches);
        self.identity().sign(&Revocation {
            access: access.access,
            account: access.account,
            revoker: self.id(),
            last_epochs: granted
                .map(|state| LastEpoch { scope: state.scope, epoch: state.last_epoch() })
                .collect(),
            signed_at: now,
        })
    }

    /// The access of this account's own that goes on where one that a manager granted ends.
    async fn grant_instead(
        &self,
        opened: &Opened,
        states: &[Arc<ScopeState>],
    ) -> Result<(AccessId, GrantAccess), Failure> {
        let ends = opened.evidence.access();
        let grantee = self.fresh_cards_of(ends.grantee).await?;
        let granted = |state: &Arc<ScopeState>| {
            Some(ToGrant { state: Arc::clone(state), level: ends.level(state.scope)?, only: None })
        };
        let scopes: Vec<_> = states.iter().filter_map(granted).collect();
        // Who may only create under a term needs the definitions of what lies there.
        let deposits = ends.grants.iter().filter(|grant| !grant.level.reads());
        let slices: Vec<_> = deposits.filter_map(|grant| grant.slice.as_ref()).collect();
        let covered = |state: &&Arc<ScopeState>| slices.iter().any(|slice| covers(slice, state));
        let definitions: Vec<_> = states.iter().filter(covered).cloned().collect();
        let terms = Terms {
            name: opened.note.name.clone(),
            purpose: opened.note.purpose.clone(),
            valid_from: ends.valid_from,
            valid_until: ends.valid_until,
            terms: ends.terms,
            max_uses: ends.max_uses,
        };
        let access = AccessId::from_bytes(self.client().random_bytes());
        let (me, now) = (self.identity(), self.client().now());
        let made = make(&me, &grantee, &scopes, &definitions, &terms, access, now, &mut self.client().rng())?;
        Ok((access, made))
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
        for receipt in std::iter::once(receipt).chain(&receipt.below) {
            let shown = granted.iter().find(|opened| opened.evidence.access().access == receipt.access);
            let shown = shown.and_then(|opened| opened.state.revocation.as_ref());
            if shown != Some(&receipt.statement) {
                return Err(Failure::from(Distrust::RevocationDropped { access: receipt.access }).into());
            }
        }
        match self.verify_from(Head { sequence: receipt.sequence, head: receipt.head }).await {
            Ok(()) => Ok(()),
            Err(Failure::Distrust(Distrust::Forked { .. } | Distrust::RolledBack { .. })) => Err(dropped()),
            Err(failure) => Err(failure.into()),
        }
    }
}

/// What was granted onwards by an access and is not over.
pub(super) fn granted_onwards(granted: &[Opened], by: AccessId, now: Timestamp) -> Vec<&Opened> {
    let onward = granted.iter().filter(|opened| {
        let access = opened.evidence.access();
        let over = access.valid_until.is_some_and(|until| until <= now);
        access.by == Some(by) && opened.evidence.revocation().is_none() && !over
    });
    onward.collect()
}

/// Who reads a scope by an access that is granted instead of one that ends.
fn adopted_readers(below: &[Below<'_>], scope: ScopeId) -> Vec<Reader> {
    let reads = |below: &Below<'_>| {
        let ends = below.opened.evidence.access();
        let (access, _) = below.instead.as_ref()?;
        let reads = ends.level(scope).is_some_and(Level::reads);
        reads.then_some(Reader { access: *access, grantee: ends.grantee })
    };
    below.iter().filter_map(reads).collect()
}

/// By which other accesses the grantee of one that ends still reads its scopes.
fn still_read(
    granted: &[Opened],
    ends: &Access,
    ended: &BTreeSet<AccessId>,
    now: Timestamp,
) -> Vec<(ScopeId, AccessId)> {
    let others = granted.iter().filter(|opened| opened.evidence.end().is_none());
    others
        .map(|opened| opened.evidence.access())
        .filter(|other| other.grantee == ends.grantee && !ended.contains(&other.access))
        .filter(|other| other.valid_until.is_none_or(|until| now < until))
        .flat_map(|other| {
            let reads = other.grants.iter().filter(|grant| Level::reads(grant.level));
            reads.map(|grant| (grant.scope, other.access))
        })
        .collect()
}

pub(super) fn receipt(
    access: &Access,
    name: String,
    statement: Signed<Revocation>,
    committed: &Committed,
    states: &[Arc<ScopeState>],
    still: &[(ScopeId, AccessId)],
) -> Receipt {
    let served = committed.served.iter().filter(|served| served.access == access.access);
    let served: Vec<_> = served.flat_map(|served| served.served.iter().copied()).collect();
    let of = |scope| states.iter().find(|state| state.scope == scope);
    let scopes = access.grants.iter().filter_map(|grant| Some((grant, of(grant.scope)?)));
    let scopes = scopes.map(|(grant, state)| {
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
            groups_read_by: Vec::new(),
        }
    });
    Receipt {
        access: access.access,
        grantee: access.grantee,
        name,
        membership_of: access.grants.iter().find_map(|grant| grant.group),
        group_closed: false,
        to_group: false,
        statement,
        sequence: committed.change.sequence,
        head: committed.head,
        ended_at: committed.change.at,
        scopes: scopes.collect(),
        awaits_owner: false,
        adopted_as: None,
        below: Vec::new(),
    }
}

/// When each epoch was written to: until the next one began, the last one until now.
fn written(state: &ScopeState, now: Timestamp) -> Vec<Written> {
    let began = |epoch: &KnownEpoch| epoch.statement.started_at;
    let ends = state.epochs.values().skip(1).map(began).chain([now]);
    let spans = state.epochs.values().zip(ends);
    spans.map(|(epoch, until)| Written { epoch: epoch.statement.epoch, from: began(epoch), until }).collect()
}
