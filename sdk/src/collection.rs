//! `Collection`: records of one definition, one's own or granted; the API is the same.

mod create_many;
mod delete;
mod deleted;
mod file;
mod get;
mod history;
mod paging;
mod placing;
mod query;
mod redefine;
mod reindex;
mod related;
mod rewrap;
mod stored;
mod transact;
mod trash;
mod upsert;
mod write;

pub use crate::protocol::reference::ReferenceFault;
pub use create_many::BulkError;
pub use delete::Deleted;
pub use deleted::{Tombstone, TombstonePage};
pub use get::ReadError;
pub use history::{Version, Versions};
pub use query::{Explanation, Matched, Query, QueryError, QueryPages};
pub use redefine::RedefineError;
pub use reindex::Reindexed;
pub use related::{Edge, Neighbour, Neighbours, Related};
pub use rewrap::Rewrapped;
pub use stored::StoredRecord;
pub use trash::State;
pub use upsert::{UpsertError, Upserted};
pub use write::{Current, WriteError};

use crate::{
    account::{Account, Rotation, newest_epoch},
    definition::Definition,
    failure::Failure,
    locked::LockReason,
    protocol::{
        record::{self, Content, open_fault},
        scope::{Role, ScopeState},
        versions::Asked,
    },
};
use pryv_crypto::record::UnopenedRecord;
use pryv_wire::{AccessId, PrincipalId, RecordId, ScopeId, Suite, Uri, access::Level};
use std::sync::{Arc, Mutex, PoisonError};

/// A collection, opened. A cheap handle: clones share keys.
#[derive(Clone)]
pub struct Collection(Arc<Inner>);

struct Inner {
    account: Account,
    role: Role,
    owner: PrincipalId,
    scope: ScopeId,
    state: Mutex<Arc<ScopeState>>,
}

impl Collection {
    pub(crate) fn new(account: &Account, role: Role, state: Arc<ScopeState>) -> Self {
        Self(Arc::new(Inner {
            account: account.clone(),
            role,
            owner: state.owner,
            scope: state.scope,
            state: Mutex::new(state),
        }))
    }

    /// Names the collection; opaque to the server.
    #[must_use]
    pub fn scope(&self) -> ScopeId {
        self.0.scope
    }

    /// Whose collection it is.
    #[must_use]
    pub fn owner(&self) -> PrincipalId {
        self.0.owner
    }

    /// The URI of the collection: the same for its owner and everybody it is granted to.
    #[must_use]
    pub fn uri(&self) -> Uri {
        Uri::Collection { account: self.0.owner, collection: self.0.scope }
    }

    /// The URI of an instance of the collection.
    #[must_use]
    pub fn instance_uri(&self, instance: RecordId) -> Uri {
        Uri::Instance { account: self.0.owner, collection: self.0.scope, instance }
    }

    /// The URI of one version of an instance: found as long as it is the present one or is kept.
    #[must_use]
    pub fn version_uri(&self, instance: RecordId, version: u64) -> Uri {
        Uri::Version { account: self.0.owner, collection: self.0.scope, instance, version }
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

    /// What it holds, as its owner defined it.
    #[must_use]
    pub fn definition(&self) -> Arc<Definition> {
        Arc::clone(&self.state().definition.definition)
    }

    /// The URIs of the ontologies that it is linked to, as its definition says it.
    #[must_use]
    pub fn ontologies(&self) -> Vec<String> {
        self.definition().ontologies.clone()
    }

    /// How many epochs the collection has had: one first, one more after each revocation.
    #[must_use]
    pub fn epochs(&self) -> u32 {
        self.state().last_epoch().saturating_add(1)
    }

    /// Which algorithms protect what is written now.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.state().suite().unwrap_or(Suite::CLASSIC)
    }

    /// Gives the collection new keys for what is written from now on. For its owner. Await what it answers;
    /// [`Rotation::hard`] before, to replace the re-encryption key pair as well.
    ///
    /// # Errors
    ///
    /// See [`RenewError`](crate::account::RenewError).
    pub fn rotate(&self) -> Rotation {
        Rotation::of(self, None)
    }

    /// Moves the collection to another suite: what is written from now on is protected by it, what was written before stays as
    /// it is and stays readable. For its owner. Never to a weaker one.
    ///
    /// # Errors
    ///
    /// See [`RenewError`](crate::account::RenewError); `suite-downgrade` before anything is sent.
    pub fn migrate(&self, suite: Suite) -> Rotation {
        Rotation::of(self, Some(suite))
    }

    pub(crate) fn account(&self) -> &Account {
        &self.0.account
    }

    /// Where content does not match the schema; nothing if it would be accepted. Sends nothing.
    #[must_use]
    pub fn check(&self, data: &serde_json::Value) -> Vec<crate::definition::Fault> {
        self.state().definition.schemas.faults(data)
    }

    /// The collection as it was when it was last opened.
    pub(crate) fn state(&self) -> Arc<ScopeState> {
        Arc::clone(&self.0.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Opens the collection again, as the server has it now.
    pub(crate) async fn reopen(&self) -> Result<Arc<ScopeState>, Failure> {
        let state = self.0.account.open_scope(self.0.owner, self.0.scope, &self.0.role).await?;
        let mut newest = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.last_epoch() <= state.last_epoch() {
            *newest = Arc::clone(&state);
        }
        Ok(state)
    }

    /// Refuses what the level does not allow, before anything is sent.
    fn may(&self, allowed: impl Fn(Level) -> bool, otherwise: LockReason) -> Result<(), Failure> {
        match self.level() {
            Some(level) if !allowed(level) => Err(otherwise.into()),
            _ => Ok(()),
        }
    }

    /// Says why a grantee was refused, if the access says it.
    async fn explain(&self, failure: Failure) -> Failure {
        self.0.account.explain(self.0.owner, &self.0.role, failure).await
    }

    /// A state of the collection that is as new as these records say, asked for at most once.
    async fn state_for(&self, records: &[UnopenedRecord]) -> Result<Arc<ScopeState>, Failure> {
        let state = self.state();
        let newer = |record: &UnopenedRecord| {
            let version = record.protected().definition.map_or(0, |definition| definition.version);
            newest_epoch(&state, record) > state.last_epoch() || version > state.definition.reference.version
        };
        if records.iter().any(newer) { self.reopen().await } else { Ok(state) }
    }

    /// Opens one envelope.
    async fn open(&self, bytes: &[u8], id: Option<RecordId>, asked: Asked) -> Result<Content, Failure> {
        let unopened = UnopenedRecord::parse(bytes).map_err(|error| open_fault(&error))?;
        let state = self.state_for(std::slice::from_ref(&unopened)).await?;
        let opened = self.0.account.open_record(&state, unopened, id, asked).await?;
        Ok(record::read(&state, &opened)?)
    }
}

impl std::fmt::Debug for Collection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collection")
            .field("scope", &self.0.scope)
            .field("owner", &self.0.owner)
            .finish_non_exhaustive()
    }
}
