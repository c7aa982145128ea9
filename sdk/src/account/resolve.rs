//! Resolving `pryv://` URIs: from a name to the thing, one's own or one that somebody granted.

use super::{Account, OpenError, ReceivedAccess};
use crate::{
    access::Access,
    collection::{Collection, ReadError, Version},
    failure::Failure,
    ontology::{Ontology, Term, Terms},
    protocol::scope::Role,
    record::Record,
};
use pryv_wire::{
    AccessId, ErrorCode, PrincipalId, RecordId, ScopeId, Uri, card::PrincipalKind, scope::ScopeKind,
};
use serde_json::Value;

/// What a URI names.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Resolved {
    /// A principal.
    Principal(Principal),
    /// A collection, opened.
    Collection(Collection),
    /// An ontology, opened.
    Ontology(Ontology),
    /// A term, with the ontology that it is in and what this account may know of that.
    Term {
        /// The ontology.
        ontology: Ontology,
        /// Its terms.
        terms: Terms,
        /// The term.
        term: Term,
    },
    /// An instance, or one version of it that is kept, with the collection that it is in.
    Instance {
        /// The collection.
        collection: Collection,
        /// The instance.
        record: Record<Value>,
    },
    /// An access, granted or received.
    Access(Box<Access>),
}

/// A principal whose cards were verified against the id in the URI.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Principal {
    /// Its id.
    pub id: PrincipalId,
    /// Its kind.
    pub kind: PrincipalKind,
    /// The username under which it was found and pinned here, if it was.
    pub username: Option<String>,
}

/// Why a URI was not resolved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// There is no such thing, or no access to it: the two look the same.
    #[error("there is no such thing, or no access to it")]
    NotFound,
    /// The instance was deleted.
    #[error("the instance was deleted")]
    Deleted {
        /// The version of the deletion.
        version: u64,
    },
    /// There is no such version, the collection did not keep it, or this account's access begins later.
    #[error("version {asked} is not at hand")]
    OtherVersion {
        /// The version asked for.
        asked: u64,
    },
    /// This client does not resolve things of this kind.
    #[error("this client reads the URI of {what}, and does not open it")]
    Kind {
        /// The kind.
        what: &'static str,
    },
    /// What can go wrong in every operation; [`Failure::Locked`] if an access does not count.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl ResolveError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => ErrorCode::NotFound.as_str(),
            Self::Deleted { .. } => "deleted",
            Self::OtherVersion { .. } => "version-not-kept",
            Self::Kind { .. } => "not-resolvable",
            Self::Failed(failure) => failure.code(),
        }
    }
}

impl Account {
    /// The URI of this account.
    #[must_use]
    pub fn uri(&self) -> Uri {
        Uri::Account { account: self.id() }
    }

    /// Finds what a URI names, of this account or of another one that granted it.
    ///
    /// # Errors
    ///
    /// See [`ResolveError`].
    pub async fn resolve(&self, uri: &Uri) -> Result<Resolved, ResolveError> {
        match *uri {
            Uri::Account { account } => self.resolve_principal(account).await.map(Resolved::Principal),
            Uri::Collection { account, collection } => {
                self.resolve_collection(account, collection).await.map(Resolved::Collection)
            }
            Uri::Instance { account, collection, instance } => {
                let collection = self.resolve_collection(account, collection).await?;
                let record = resolve_instance(&collection, instance).await?;
                Ok(Resolved::Instance { collection, record })
            }
            Uri::Version { account, collection, instance, version } => {
                let collection = self.resolve_collection(account, collection).await?;
                match collection.version::<Value>(instance, version).await.map_err(unread)? {
                    Some(Version::Record(record)) => Ok(Resolved::Instance { collection, record }),
                    Some(Version::Deleted { version, .. }) => Err(ResolveError::Deleted { version }),
                    None => Err(ResolveError::OtherVersion { asked: version }),
                }
            }
            Uri::Access { account, access } => {
                Ok(Resolved::Access(Box::new(self.resolve_access(account, access).await?)))
            }
            Uri::Ontology { account, ontology } => {
                self.resolve_ontology(account, ontology).await.map(Resolved::Ontology)
            }
            Uri::Term { account, ontology, term } => {
                let ontology = self.resolve_ontology(account, ontology).await?;
                let terms = ontology.terms().await?;
                let term = terms.get(term).cloned().ok_or(ResolveError::NotFound)?;
                Ok(Resolved::Term { ontology, terms, term })
            }
            _ => Err(ResolveError::Kind { what: "something newer" }),
        }
    }

    async fn resolve_principal(&self, id: PrincipalId) -> Result<Principal, ResolveError> {
        let cards = self.fresh_or_own_cards(id).await.map_err(absent)?;
        let own = (id == self.id()).then(|| self.username().to_owned()).filter(|name| !name.is_empty());
        Ok(Principal { id, kind: cards.current().kind, username: own.or_else(|| self.username_of(id)) })
    }

    async fn resolve_collection(
        &self,
        owner: PrincipalId,
        scope: ScopeId,
    ) -> Result<Collection, ResolveError> {
        if owner == self.id() {
            return self.open_own(scope).await.map_err(unopened);
        }
        let mut last = ResolveError::NotFound;
        for by in [By::Itself, By::Groups] {
            let (received, failed) = self.received_of(owner, by).await?;
            for received in received {
                match received.open(scope).await.map_err(unopened) {
                    Ok(collection) => return Ok(collection),
                    Err(error) => last = worse(last, error),
                }
            }
            last = failed.map_or(last, Into::into);
        }
        Err(last)
    }

    async fn resolve_ontology(&self, owner: PrincipalId, scope: ScopeId) -> Result<Ontology, ResolveError> {
        if owner == self.id() {
            let state = self.open_own_state(scope).await.map_err(unopened)?;
            if !matches!(state.kind, ScopeKind::Ontology) {
                return Err(ResolveError::NotFound);
            }
            return Ok(Ontology::new(self, Role::Owner, state));
        }
        let mut last = ResolveError::NotFound;
        for by in [By::Itself, By::Groups] {
            let (received, failed) = self.received_of(owner, by).await?;
            for received in received {
                match received.ontology(scope).await.map_err(unopened) {
                    Ok(ontology) => return Ok(ontology),
                    Err(error) => last = worse(last, error),
                }
            }
            last = failed.map_or(last, Into::into);
        }
        Err(last)
    }

    /// The accesses of an account that this one received by itself, or by groups; and why a group did not open, if one was not to
    /// be believed.
    async fn received_of(
        &self,
        owner: PrincipalId,
        by: By,
    ) -> Result<(Vec<ReceivedAccess>, Option<Failure>), Failure> {
        let (mut received, failed) = match by {
            By::Itself => (self.received().await?, None),
            By::Groups => {
                let groups = self.received_by_groups().await?;
                let mut failures = groups.unopened.into_iter().map(|(_, failure)| failure);
                (groups.received, failures.find(|failure| matches!(failure, Failure::Distrust(_))))
            }
        };
        received.retain(|received| received.access.account == owner);
        Ok((received, failed))
    }

    async fn resolve_access(&self, account: PrincipalId, id: AccessId) -> Result<Access, ResolveError> {
        let is_it = |access: &Access| access.id == id && access.account == account;
        if account == self.id() {
            let mut granted = self.granted().await?.into_iter().map(|granted| granted.access);
            return granted.find(is_it).ok_or(ResolveError::NotFound);
        }
        for by in [By::Itself, By::Groups] {
            let (received, failed) = self.received_of(account, by).await?;
            if let Some(found) = received.into_iter().map(|received| received.access).find(is_it) {
                return Ok(found);
            }
            if let Some(failure) = failed {
                return Err(failure.into());
            }
        }
        Err(ResolveError::NotFound)
    }
}

/// Who received an access: this account, which is asked first, or a group which it is a member of.
#[derive(Clone, Copy)]
enum By {
    Itself,
    Groups,
}

async fn resolve_instance(collection: &Collection, id: RecordId) -> Result<Record<Value>, ResolveError> {
    collection.get::<Value>(id).await.map_err(unread)
}

/// Another access may count; if none does, the last one that reaches the thing says why.
fn worse(before: ResolveError, error: ResolveError) -> ResolveError {
    match error {
        ResolveError::NotFound => before,
        error => error,
    }
}

fn unread(error: ReadError) -> ResolveError {
    match error {
        ReadError::NotFound | ReadError::Shape => ResolveError::NotFound,
        ReadError::Deleted { version } => ResolveError::Deleted { version },
        ReadError::Failed(failure) => ResolveError::Failed(failure),
    }
}

fn unopened(error: OpenError) -> ResolveError {
    match error {
        OpenError::NotFound => ResolveError::NotFound,
        OpenError::Failed(failure) => absent(failure),
    }
}

fn absent(failure: Failure) -> ResolveError {
    match failure.refusal() {
        Some(ErrorCode::NotFound) => ResolveError::NotFound,
        _ => ResolveError::Failed(failure),
    }
}
