//! `Ontology`: terms that records are filed under, one's own or granted.

mod change;
mod create_many;
mod move_term;
mod read;
mod term;
mod terms;

pub use change::TermError;
pub use create_many::{BulkTermError, NewTerm};
pub use term::{Code, Term, TermContent, TermState};
pub use terms::Terms;

use crate::{
    account::Account,
    definition::Definition,
    failure::Failure,
    protocol::scope::{Role, ScopeState},
};
use pryv_wire::{AccessId, PrincipalId, RecordId, ScopeId, Uri, access::Level};
use std::sync::{Arc, Mutex, PoisonError};

/// An ontology, opened. A cheap handle: clones share keys.
#[derive(Clone)]
pub struct Ontology(Arc<Inner>);

struct Inner {
    account: Account,
    role: Role,
    owner: PrincipalId,
    scope: ScopeId,
    state: Mutex<Arc<ScopeState>>,
    /// The terms as they were last read or written here.
    terms: Mutex<Option<Terms>>,
}

/// A part of an ontology: a term with its descendants, or all of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Part {
    /// The ontology.
    pub ontology: ScopeId,
    /// The term; absent: the whole ontology.
    pub term: Option<RecordId>,
}

impl From<&Ontology> for Part {
    fn from(ontology: &Ontology) -> Self {
        Self { ontology: ontology.scope(), term: None }
    }
}

impl<T: Into<crate::TermId>> From<T> for Part {
    fn from(term: T) -> Self {
        let crate::TermId { ontology, term } = term.into();
        Self { ontology, term: Some(term) }
    }
}

impl Ontology {
    pub(crate) fn new(account: &Account, role: Role, state: Arc<ScopeState>) -> Self {
        Self(Arc::new(Inner {
            account: account.clone(),
            role,
            owner: state.owner,
            scope: state.scope,
            state: Mutex::new(state),
            terms: Mutex::default(),
        }))
    }

    /// Names the ontology; opaque to the server.
    #[must_use]
    pub fn scope(&self) -> ScopeId {
        self.0.scope
    }

    /// Whose ontology it is.
    #[must_use]
    pub fn owner(&self) -> PrincipalId {
        self.0.owner
    }

    /// The access by which it is reached; absent for its owner.
    #[must_use]
    pub fn access(&self) -> Option<AccessId> {
        self.0.role.access()
    }

    /// What this account may do with it; absent for its owner, who may do everything.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        self.0.role.level(self.0.scope)
    }

    /// Its `pryv://` URI.
    #[must_use]
    pub fn pryv_uri(&self) -> Uri {
        Uri::Ontology { account: self.owner(), ontology: self.scope() }
    }

    /// The `pryv://` URI of one of its terms.
    #[must_use]
    pub fn term_uri(&self, term: RecordId) -> Uri {
        Uri::Term { account: self.owner(), ontology: self.scope(), term }
    }

    /// Names the ontology's definition.
    #[must_use]
    pub fn uri(&self) -> String {
        self.definition().uri.clone()
    }

    /// What people call it, and the schema of what its terms carry.
    #[must_use]
    pub fn definition(&self) -> Arc<Definition> {
        Arc::clone(&self.state().definition.definition)
    }

    pub(crate) fn state(&self) -> Arc<ScopeState> {
        Arc::clone(&self.0.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Opens the ontology again, as the server has it now.
    pub(crate) async fn reopen(&self) -> Result<Arc<ScopeState>, Failure> {
        let state = self.0.account.open_scope(self.0.owner, self.0.scope, &self.0.role).await?;
        let mut newest = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.last_epoch() <= state.last_epoch() {
            *newest = Arc::clone(&state);
        }
        Ok(state)
    }

    fn remembered(&self) -> Option<Terms> {
        self.0.terms.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn remember(&self, terms: Option<Terms>) {
        *self.0.terms.lock().unwrap_or_else(PoisonError::into_inner) = terms;
    }

    /// Changes what is remembered, if anything is.
    fn remember_change(&self, change: impl FnOnce(&mut Terms)) {
        if let Some(terms) = &mut *self.0.terms.lock().unwrap_or_else(PoisonError::into_inner) {
            change(terms);
        }
    }
}

impl std::fmt::Debug for Ontology {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ontology")
            .field("scope", &self.0.scope)
            .field("owner", &self.0.owner)
            .finish_non_exhaustive()
    }
}
