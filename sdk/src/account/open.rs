//! Opening collections: one's own, and the snapshot that every collection works with.

use super::{Account, lock};
use crate::{
    collection::Collection,
    distrust::Distrust,
    failure::Failure,
    locked::LockReason,
    protocol::{
        access,
        record::open_fault,
        scope::{self, Role, ScopeState},
    },
};
use pryv_crypto::record::UnopenedRecord;
use pryv_proxy_crypto::VerifiedCards;
use pryv_wire::{
    ErrorCode, PrincipalId, RecordId, ScopeId,
    access::GetAccess,
    record::RecordHistory,
    scope::{ListScopes, OpenScope, ScopeKind, ScopeOpened},
};
use std::sync::Arc;

/// Why a collection was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no such collection.
    #[error("this account has no such collection; define it first")]
    NotFound,
    /// What can go wrong in every operation; [`Failure::Locked`] if an access does not count.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl OpenError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => ErrorCode::NotFound.as_str(),
            Self::Failed(failure) => failure.code(),
        }
    }
}

impl Account {
    /// Opens a collection of this account by the URI of its definition.
    ///
    /// # Errors
    ///
    /// See [`OpenError`].
    pub async fn collection(&self, uri: &str) -> Result<Collection, OpenError> {
        let scope = self.identity().scope_id(uri);
        self.open_own(scope).await
    }

    /// Opens every collection of this account.
    ///
    /// # Errors
    ///
    /// See [`Failure`].
    pub async fn collections(&self) -> Result<Vec<Collection>, Failure> {
        let scopes = self.call(&ListScopes { account: self.id() }).await?.scopes;
        let mut collections = Vec::with_capacity(scopes.len());
        for scope in scopes {
            let state = self.open_scope(self.id(), scope, &Role::Owner).await?;
            if matches!(state.kind, ScopeKind::Collection(_)) {
                collections.push(Collection::new(self, Role::Owner, state));
            }
        }
        Ok(collections)
    }

    pub(crate) async fn open_own(&self, scope: ScopeId) -> Result<Collection, OpenError> {
        let state = self.open_own_state(scope).await?;
        if !matches!(state.kind, ScopeKind::Collection(_)) {
            return Err(OpenError::NotFound);
        }
        Ok(Collection::new(self, Role::Owner, state))
    }

    /// Opens a scope as the server has it now, held against what was seen of it before. Whoever reaches it through slices
    /// opens these first.
    pub(crate) async fn open_scope(
        &self,
        owner: PrincipalId,
        scope: ScopeId,
        role: &Role,
    ) -> Result<Arc<ScopeState>, Failure> {
        let mut slices = Vec::new();
        for slice in role.slices(scope) {
            slices.push(self.open_with(owner, slice, role, Vec::new()).await?);
        }
        self.open_with(owner, scope, role, slices).await
    }

    async fn open_with(
        &self,
        owner: PrincipalId,
        scope: ScopeId,
        role: &Role,
        slices: Vec<Arc<ScopeState>>,
    ) -> Result<Arc<ScopeState>, Failure> {
        let key = (owner, scope, role.access());
        let known = lock(&self.0.scopes).get(&key).cloned();
        let from_epoch = scope::from_epoch(role, known.as_deref());
        let met = self.known_epoch(owner, scope);
        let seen = met.unwrap_or_default();
        let access = role.membered().and_then(|_| role.access());
        let answer = self.call(&OpenScope { account: owner, scope, from_epoch, access }).await;
        let answer = match answer {
            Ok(answer) => answer,
            // A collection does not go away, and its owner may always see it.
            Err(failure)
                if met.is_some() && owner == self.id() && failure.refusal() == Some(ErrorCode::NotFound) =>
            {
                let (known, answered) = (u64::from(seen) + 1, 0);
                return Err(Distrust::RolledBack {
                    what: "the number of epochs of a collection",
                    known,
                    answered,
                }
                .into());
            }
            Err(failure) => return Err(self.explain(owner, role, failure).await),
        };
        let answer = self.with_definition_held(owner, scope, role, answer).await?;
        let (me, known) = (self.identity(), known.as_deref());
        let open =
            |cards: &VerifiedCards| scope::open(&me, cards, scope, role, slices.clone(), &answer, known);
        let mut opened = self.with_cards(owner, open).await;
        // The group may have gone on, and what is new be sealed to its next card.
        if let (Err(Failure::Distrust(Distrust::WrongWrap { .. })), Some(held)) = (&opened, role.membered()) {
            let keys = Box::pin(self.group_keys(held.place, &held.role)).await?;
            let role = role.with_keys(keys);
            let open =
                |cards: &VerifiedCards| scope::open(&me, cards, scope, &role, slices.clone(), &answer, known);
            opened = self.with_cards(owner, open).await;
        }
        let state = Arc::new(opened?);
        // Also against what another run of this client saw, and what this one began: a new epoch that is hidden would have
        // its first records sealed for those whom it shuts out.
        if state.last_epoch() < seen {
            let (known, answered) = (seen.into(), state.last_epoch().into());
            return Err(Distrust::RolledBack { what: "the epochs of a collection", known, answered }.into());
        }
        self.note_epoch(owner, scope, state.last_epoch());
        let mut scopes = lock(&self.0.scopes);
        let newest = scopes.entry(key).or_insert_with(|| Arc::clone(&state));
        if newest.last_epoch() <= state.last_epoch() {
            *newest = Arc::clone(&state);
        }
        Ok(state)
    }

    /// The answer as somebody can open it who may write and not read: with the newest version of the definition whose key its
    /// access brought. The owner may have made another one since; what is written names the one that it was checked against.
    async fn with_definition_held(
        &self,
        owner: PrincipalId,
        scope: ScopeId,
        role: &Role,
        mut answer: ScopeOpened,
    ) -> Result<ScopeOpened, Failure> {
        let Some(held) = role.definition_held(scope) else { return Ok(answer) };
        let newest = UnopenedRecord::parse(&answer.definition).map_err(|error| open_fault(&error))?;
        if newest.protected().version > held {
            let record = RecordId::definition(scope);
            let before = held.checked_add(1);
            let call = RecordHistory { account: owner, scope, record, before, limit: 1 };
            if let Some(earlier) = self.call(&call).await?.versions.into_iter().next() {
                answer.definition = earlier;
            }
        }
        Ok(answer)
    }

    /// Says why a grantee was refused, from the access as its grantor signed it, if that says it.
    pub(crate) async fn explain(&self, owner: PrincipalId, role: &Role, failure: Failure) -> Failure {
        let refused = matches!(
            failure.refusal(),
            Some(ErrorCode::NotFound | ErrorCode::NotAllowed | ErrorCode::AccessNotValid)
        );
        let (Role::Grantee { access: held, .. }, true) = (role, refused) else { return failure };
        let access = held.access().access;
        let ended = self.ended();
        let state = match self.call(&GetAccess { account: owner, access }).await {
            Ok(state) => state,
            Err(gone) if gone.refusal() == Some(ErrorCode::NotFound) => return LockReason::NotGranted.into(),
            Err(_) => return failure,
        };
        match self.verify_access(owner, &state, access).await {
            Err(distrust @ Failure::Distrust(_)) => distrust,
            Err(_) => failure,
            Ok(verified) => {
                if let Err(distrust) = self.check_end(&verified, &ended) {
                    return distrust.into();
                }
                access::reason(&verified, self.client().now()).map_or(failure, Failure::from)
            }
        }
    }
}
