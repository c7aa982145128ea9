//! Renewing collections: new keys, a new re-encryption key pair, another suite. Readers notice nothing.

use super::{Account, Running};
use crate::{
    collection::Collection,
    distrust::Distrust,
    failure::Failure,
    protocol::{
        access::Opened,
        epoch::{Reader, Renewal, readers},
        generation::{self, Delegatee},
        scope::{Role, ScopeState},
    },
};
use pryv_proxy_crypto::{
    VerifiedCards,
    suite::{known, may_follow},
};
use pryv_wire::{ScopeId, Suite, transaction::Operation};
use std::{collections::BTreeSet, sync::Arc};

/// How often a renewal is made anew because another one, or a grant, came in between.
const ATTEMPTS: usize = 4;

/// Why a collection was not renewed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenewError {
    /// The collection belongs to somebody else.
    #[error("only the owner of a collection gives it new keys")]
    NotOwner,
    /// A collection never goes to a weaker suite. Nothing was sent.
    #[error(
        "a collection never goes to a weaker suite: it is in `{}`; make another collection for a weaker one",
        .present.name().unwrap_or("unknown")
    )]
    SuiteDowngrade {
        /// The suite that it is in.
        present: Suite,
    },
    /// Managers granted the collection, or terms of it, onwards, by keys that they alone can make anew.
    #[error(
        "managers have granted the collection or terms of it onwards, which does not go to another curve; end or adopt those accesses first"
    )]
    GrantedOnwards,
    /// What can go wrong in every operation.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl RenewError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotOwner => "not-owner",
            Self::SuiteDowngrade { .. } => "suite-downgrade",
            Self::GrantedOnwards => "kept-by-managers",
            Self::Failed(failure) => failure.code(),
        }
    }

    /// Whether another epoch, generation or reader came in between.
    fn is_stale(&self) -> bool {
        matches!(self, Self::Failed(failure) if failure.is_stale())
    }
}

impl From<Distrust> for RenewError {
    fn from(distrust: Distrust) -> Self {
        Self::Failed(distrust.into())
    }
}

/// What a renewal did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Rotated {
    /// The new epoch, in which is written from now on; the present one if there was nothing to do.
    pub epoch: u32,
    /// The generation of the re-encryption key pair, if another one began.
    pub generation: Option<u32>,
    /// The suite of the epoch.
    pub suite: Suite,
}

/// New keys for a collection; await it.
#[derive(Clone, Debug)]
#[must_use = "new keys are made when this is awaited"]
pub struct Rotation {
    collection: Collection,
    hard: bool,
    suite: Option<Suite>,
}

impl Rotation {
    pub(crate) fn of(collection: &Collection, suite: Option<Suite>) -> Self {
        Self { collection: collection.clone(), hard: false, suite }
    }

    /// Also other re-encryption key pairs, of the collection and of the terms that reach into it, after which nothing that the
    /// server and a reader together made of those before opens what comes. The pair of a group stays, which its cards carry: where
    /// a group reads, the new pair leads to that one. Computes about 30 ms for each reader and 20 ms for
    /// each epoch, on the 480-bit curve.
    pub const fn hard(mut self) -> Self {
        self.hard = true;
        self
    }

    async fn run(self) -> Result<Rotated, RenewError> {
        let account = self.collection.account();
        if self.collection.owner() != account.id() {
            return Err(RenewError::NotOwner);
        }
        if self.hard {
            // Whoever reads through a slice has its lockboxes, and not those of the collection.
            let state = account.open_scope(account.id(), self.collection.scope(), &Role::Owner).await?;
            let present = state.suite()?;
            if self.suite.is_some_and(|suite| !may_follow(present, suite)) {
                return Err(RenewError::SuiteDowngrade { present });
            }
            for covering in &state.covering {
                account.renew_scope(covering.scope, true, None).await?;
            }
        }
        let mut attempt = 1;
        let rotated = loop {
            match self.attempt(account).await {
                Err(error) if error.is_stale() && attempt < ATTEMPTS => attempt += 1,
                rotated => break rotated?,
            }
        };
        self.collection.reopen().await?;
        Ok(rotated)
    }

    /// One attempt. The slices go first, each time: one may have been made since.
    async fn attempt(&self, account: &Account) -> Result<Rotated, RenewError> {
        let scope = self.collection.scope();
        if let Some(suite) = self.suite {
            let state = account.open_scope(account.id(), scope, &Role::Owner).await?;
            if may_follow(state.suite()?, suite) {
                let slices = state.covering.iter().map(|covering| covering.scope).collect();
                account.lift(slices, suite).await?;
            }
        }
        account.try_renew(scope, self.hard, self.suite).await
    }
}

impl IntoFuture for Rotation {
    type Output = Result<Rotated, RenewError>;
    type IntoFuture = Running<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl Account {
    /// Moves slices to a suite, so that what they open of a collection is not kept worse than the collection; whether there
    /// was one to move. Each is a step of its own: what was done before a failure stays.
    pub(super) async fn lift(&self, slices: Vec<ScopeId>, suite: Suite) -> Result<bool, RenewError> {
        let mut lifted = false;
        for slice in slices {
            let state = self.open_scope(self.id(), slice, &Role::Owner).await?;
            if may_follow(suite, state.suite()?) {
                continue;
            }
            self.renew_scope(slice, false, Some(suite)).await?;
            lifted = true;
        }
        Ok(lifted)
    }

    /// New keys for one scope, made anew if another epoch, generation or reader came in between.
    async fn renew_scope(
        &self,
        scope: ScopeId,
        hard: bool,
        suite: Option<Suite>,
    ) -> Result<Rotated, RenewError> {
        let mut attempt = 1;
        loop {
            match self.try_renew(scope, hard, suite).await {
                Err(error) if error.is_stale() && attempt < ATTEMPTS => attempt += 1,
                rotated => return rotated,
            }
        }
    }

    async fn try_renew(
        &self,
        scope: ScopeId,
        hard: bool,
        suite: Option<Suite>,
    ) -> Result<Rotated, RenewError> {
        let mut state = self.open_scope(self.id(), scope, &Role::Owner).await?;
        // What the next epoch opens is sealed to slices: to none whose keys were replaced.
        if self.renew_before_writing(&state).await? {
            state = self.open_scope(self.id(), scope, &Role::Owner).await?;
        }
        let present = state.suite()?;
        let next = suite.unwrap_or(present);
        known(next).map_err(|_| Distrust::UnknownSuite { what: "a collection", number: next.number() })?;
        if !may_follow(present, next) {
            return Err(RenewError::SuiteDowngrade { present });
        }
        if suite == Some(present) && !hard {
            return Ok(Rotated { epoch: state.last_epoch(), generation: None, suite: present });
        }
        let granted = self.granted_opened().await?;
        let readers = self.keyed_readers(&state, &granted).await?;
        let (me, now) = (self.identity(), self.client().now());
        let mut rng = self.client().rng();
        let mut operations = Vec::with_capacity(2);
        let mut begun = None;
        if let Some(pre) = state.pre.as_ref().filter(|pre| hard || generation::is_needed(pre, next)) {
            // A manager's transform key leads on from its own key: it stays, as long as it is on the pair's curve.
            let own: Vec<_> = readers.iter().filter_map(|reader| delegatee(&granted, reader)).collect();
            if generation::is_needed(pre, next) && own.len() < readers.len() {
                return Err(RenewError::GrantedOnwards);
            }
            begun = Some(generation::make(&me, &state, pre, next, &own, now, &mut rng)?);
        }
        let renewal =
            Renewal { suite: Some(next), pre: begun.as_ref().map(|new| &new.pre), ..Renewal::default() };
        let epochs = self.begin_renewal(&state, &readers, renewal, &granted).await?;
        let generation = begun.as_ref().map(|new| new.pre.generation);
        operations.extend(begun.map(|new| Operation::BeginGeneration(Box::new(new))));
        operations.extend(epochs.to_send().into_iter().map(|epoch| Operation::BeginEpoch { epoch }));
        self.commit(self.id(), operations).await?;
        for begun in &epochs.all {
            self.note_epoch(self.id(), begun.state.scope, begun.beginning.statement.epoch);
        }
        Ok(Rotated { epoch: state.last_epoch().saturating_add(1), generation, suite: next })
    }

    /// Who reads a scope by an access that was verified and is not over, with the keys to seal to.
    async fn keyed_readers(
        &self,
        state: &ScopeState,
        granted: &[Opened],
    ) -> Result<Vec<(Reader, Arc<VerifiedCards>)>, Failure> {
        let readers = readers(state, granted, &BTreeSet::new(), self.client().now())?;
        let mut keyed = Vec::with_capacity(readers.len());
        for reader in readers {
            keyed.push((reader, self.fresh_cards_of(reader.grantee).await?));
        }
        Ok(keyed)
    }
}

/// A reader by an access of the owner's own; none by one that a manager granted.
fn delegatee(granted: &[Opened], (reader, cards): &(Reader, Arc<VerifiedCards>)) -> Option<Delegatee> {
    let mut accesses = granted.iter().map(|opened| opened.evidence.access());
    let access = accesses.find(|access| access.access == reader.access && access.by.is_none())?;
    Some(Delegatee { access: access.access, card: access.grantee_card, cards: Arc::clone(cards) })
}
