//! Changing terms: made, renamed, put away, restored, merged, deleted. Each is one record; no instance is rewritten.

use super::{Ontology, Term, TermContent, TermState};
use crate::{
    definition::Fault,
    distrust::Distrust,
    failure::Failure,
    locked::LockReason,
    protocol::{
        record::{SealFault, Writer, to_bytes},
        scope::ScopeState,
        tree::Held,
    },
};
use pryv_crypto::Branch;
use pryv_wire::{
    ErrorCode, RecordId,
    access::Level,
    bytes::TermSalt,
    encode,
    record::{Envelope, Parent},
    term::{MAX_DEPTH, TermNode},
    transaction::Operation,
};
use std::sync::Arc;

/// How often a term is sealed anew because an epoch began in between.
pub(super) const ATTEMPTS: usize = 4;

/// Why a term was not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TermError {
    /// Another term at the same place has this label.
    #[error("another term at the same place is called `{label}`")]
    LabelTaken {
        /// The label.
        label: String,
    },
    /// A label is empty.
    #[error("a term has a label")]
    NoLabel,
    /// The data of the term does not match the schema of the ontology.
    #[error("the data of the term does not match the schema of its ontology")]
    Invalid {
        /// Where, and what the schema asks for there.
        faults: Vec<Fault>,
    },
    /// There is no such term, or it is of another ontology.
    #[error("there is no such term in this ontology")]
    NotFound,
    /// A term would stand under itself.
    #[error("a term cannot stand under itself")]
    UnderItself,
    /// The term would stand too deep.
    #[error("terms stand at most {MAX_DEPTH} deep")]
    TooDeep,
    /// The term has children, or records are filed under it.
    #[error("the term has children or records; move or merge it, or move them first")]
    InUse,
    /// The term was changed in the meantime.
    #[error("the term was changed in the meantime; read the terms again and repeat")]
    Conflict,
    /// The term is too long.
    #[error("the term is too long")]
    TooLong,
    /// Only the owner of an ontology moves its terms.
    #[error("only the owner of an ontology moves its terms")]
    NotOwner,
    /// What can go wrong in every operation.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl TermError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::LabelTaken { .. } => "label-taken",
            Self::NoLabel => "no-label",
            Self::Invalid { .. } => "invalid-record",
            Self::NotFound => ErrorCode::NotFound.as_str(),
            Self::UnderItself => "under-itself",
            Self::TooDeep => "too-deep",
            Self::InUse => ErrorCode::InUse.as_str(),
            Self::Conflict => ErrorCode::VersionConflict.as_str(),
            Self::TooLong => "too-long",
            Self::NotOwner => "not-owner",
            Self::Failed(failure) => failure.code(),
        }
    }

    pub(super) fn of(failure: Failure) -> Self {
        match failure.refusal() {
            Some(ErrorCode::InUse) => Self::InUse,
            Some(ErrorCode::VersionConflict) => Self::Conflict,
            Some(ErrorCode::NotFound) => Self::NotFound,
            Some(ErrorCode::OutOfRange) => Self::TooDeep,
            _ => Self::Failed(failure),
        }
    }
}

impl From<SealFault> for TermError {
    fn from(fault: SealFault) -> Self {
        match fault {
            SealFault::TooLong => Self::TooLong,
            SealFault::Failed(failure) => Self::Failed(failure),
            _ => Self::Failed(Distrust::Malformed { what: "a term" }.into()),
        }
    }
}

/// What is written of a term.
#[derive(Clone, Copy)]
enum Change<'a> {
    Make(&'a TermContent, TermSalt),
    Write(&'a TermContent),
    Delete,
}

impl Ontology {
    /// Makes a term, under another or at the top.
    ///
    /// # Errors
    ///
    /// See [`TermError`].
    pub async fn create_term(
        &self,
        label: impl Into<String>,
        under: Option<&Term>,
    ) -> Result<Term, TermError> {
        self.create(TermContent { label: label.into(), ..TermContent::default() }, under).await
    }

    /// Makes a term with codes, and with what the schema of the ontology asks for.
    ///
    /// # Errors
    ///
    /// See [`TermError`].
    pub async fn create(&self, content: TermContent, under: Option<&Term>) -> Result<Term, TermError> {
        let parent = under.map(|term| term.id);
        let salt = TermSalt::from_bytes(self.0.account.client().random_bytes());
        let term = Term {
            id: RecordId::term(self.scope(), parent, salt),
            ontology: self.scope(),
            parent,
            content: None,
            version: 0,
            place: None,
        };
        self.check(&term, &content).await?;
        self.put(&term, Change::Make(&content, salt)).await
    }

    /// Gives a term another label.
    ///
    /// # Errors
    ///
    /// See [`TermError`].
    pub async fn rename(&self, term: &Term, label: impl Into<String>) -> Result<Term, TermError> {
        let content = TermContent { label: label.into(), ..content(term)? };
        self.change(term, content).await
    }

    /// Writes what a term says anew: label, codes, data.
    ///
    /// # Errors
    ///
    /// See [`TermError`].
    pub async fn change(&self, term: &Term, content: TermContent) -> Result<Term, TermError> {
        self.check(term, &content).await?;
        self.put(term, Change::Write(&content)).await
    }

    /// Puts a term away, with everything under it: it stays, and can be restored.
    ///
    /// # Errors
    ///
    /// See [`TermError`].
    pub async fn trash(&self, term: &Term) -> Result<Term, TermError> {
        let content = TermContent { state: TermState::Trashed, ..content(term)? };
        self.put(term, Change::Write(&content)).await
    }

    /// Brings back a term that was put away.
    ///
    /// # Errors
    ///
    /// See [`TermError`].
    pub async fn restore(&self, term: &Term) -> Result<Term, TermError> {
        let content = TermContent { state: TermState::Active, ..content(term)? };
        self.put(term, Change::Write(&content)).await
    }

    /// Merges a term into the one above: from then on it is shown as that, with all that is filed under it. Nothing else is
    /// written.
    ///
    /// # Errors
    ///
    /// See [`TermError`]; [`TermError::NotFound`] for a term at the top.
    pub async fn merge_into_parent(&self, term: &Term) -> Result<Term, TermError> {
        if term.parent.is_none() {
            return Err(TermError::NotFound);
        }
        let content = TermContent { merged: true, ..content(term)? };
        self.put(term, Change::Write(&content)).await
    }

    /// Deletes a term that has no children and no records. What has, is merged or moved.
    ///
    /// # Errors
    ///
    /// See [`TermError`]; [`TermError::InUse`] if something stands on it.
    pub async fn delete(&self, term: &Term) -> Result<(), TermError> {
        self.put(term, Change::Delete).await.map(|_| ())
    }

    /// Holds what a term is to say against its siblings and the schema.
    pub(super) async fn check(&self, term: &Term, content: &TermContent) -> Result<(), TermError> {
        if content.label.is_empty() {
            return Err(TermError::NoLabel);
        }
        let terms = self.known().await?;
        let mut siblings = terms.siblings(term.parent).filter(|other| other.id != term.id);
        if siblings.any(|other| !other.is_merged() && other.label() == content.label) {
            return Err(TermError::LabelTaken { label: content.label.clone() });
        }
        let faults = match &content.data {
            Some(data) => self.state().definition.schemas.faults(data),
            None => Vec::new(),
        };
        if faults.is_empty() { Ok(()) } else { Err(TermError::Invalid { faults }) }
    }

    async fn put(&self, term: &Term, change: Change<'_>) -> Result<Term, TermError> {
        if self.level().is_some_and(|level| !Level::manages(level)) {
            return Err(Failure::from(LockReason::ReadOnly).into());
        }
        if term.ontology != self.scope() {
            return Err(TermError::NotFound);
        }
        let account = &self.0.account;
        let mut state = self.reopen().await?;
        let mut attempt = 1;
        loop {
            if account.renew_before_writing(&state).await? {
                state = self.reopen().await?;
            }
            account.know_terms(&state, term.parent.map(|parent| (self.scope(), parent))).await?;
            let (envelope, place) = self.sealed(&state, term, change)?;
            let operation = Operation::PutRecord { record: to_bytes(&envelope) };
            match account.commit(self.owner(), vec![operation]).await {
                Ok(_) => {
                    let version = term.version.saturating_add(1);
                    let at = (self.owner(), self.scope(), term.id);
                    account.note_version(at, version, envelope.digest())?;
                    return self.written(&state, term, change, place, version).map_err(TermError::Failed);
                }
                Err(failure) if failure.is_stale() && attempt < ATTEMPTS => {
                    attempt += 1;
                    state = self.reopen().await?;
                }
                Err(failure) => return Err(TermError::of(failure)),
            }
        }
    }

    fn sealed(
        &self,
        state: &Arc<ScopeState>,
        term: &Term,
        change: Change<'_>,
    ) -> Result<(Envelope, Parent), TermError> {
        let account = &self.0.account;
        let epoch = state.last_epoch();
        let place = match change {
            Change::Make(_, salt) => Parent { term: term.parent, since: epoch, salt },
            _ => term.place.ok_or(TermError::NotFound)?,
        };
        let branch = self.branch(state, term.parent, epoch)?.child(term.id);
        let content = match change {
            Change::Make(content, _) | Change::Write(content) => Some(encode(content)),
            Change::Delete => None,
        };
        let me = account.identity();
        let writer = Writer::new(&me, &self.0.role, state, account.client().now())?;
        let version = term.version.saturating_add(1);
        let rng = &mut account.client().rng();
        Ok((writer.term(term.id, version, content.as_deref(), place, &branch, rng)?, place))
    }

    /// The branch of the structure under which a term stands.
    pub(super) fn branch(
        &self,
        state: &ScopeState,
        parent: Option<RecordId>,
        epoch: u32,
    ) -> Result<Branch, TermError> {
        let trees = state.trees();
        let held = Held::of(state, &trees);
        let branch = match parent {
            Some(parent) => held.branch_to_write(self.scope(), parent, epoch),
            None => held.resolve(self.scope(), None, epoch),
        };
        branch.ok_or_else(|| Failure::from(LockReason::NotGranted).into())
    }

    /// The term as it is now, remembered.
    fn written(
        &self,
        state: &ScopeState,
        term: &Term,
        change: Change<'_>,
        place: Parent,
        version: u64,
    ) -> Result<Term, Failure> {
        let content = match change {
            Change::Make(content, _) | Change::Write(content) => Some(content.clone()),
            Change::Delete => None,
        };
        if let Change::Make(..) = change {
            let Parent { term: parent, since, salt } = place;
            let node = TermNode { term: term.id, parent, since, salt, record: None, links: Vec::new() };
            state.learn(self.scope(), &[node], Some(&state.moves()))?;
        }
        let written = Term { content, version, place: Some(place), ..term.clone() };
        self.remember_change(|terms| {
            let _before = match change {
                Change::Delete => terms.drop(term.id),
                _ => terms.put(written.clone()),
            };
        });
        Ok(written)
    }
}

pub(super) fn content(term: &Term) -> Result<TermContent, TermError> {
    term.content.clone().ok_or_else(|| Failure::from(LockReason::NotGranted).into())
}
