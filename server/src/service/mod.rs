//! The rules: what each call does, for whom, and why it is refused. Nothing here knows HTTP, a status or a table.
//!
//! One file a topic. A method takes the [`Caller`] where the call needs a session, and the request as it came; it
//! answers what goes back, or an [`Error`] with a stable code.

mod accesses;
mod accounts;
mod apps;
mod audit;
mod batches;
mod bounded;
mod cards;
mod changes;
mod commit;
mod counts;
mod error;
mod filters;
mod history;
mod holders;
mod login;
mod mailboxes;
mod opaque;
mod passwords;
mod pending;
mod records;
mod recovery;
mod scopes;
mod sessions;
mod sweep;
mod terms;
mod transforms;

pub use error::{Error, Result};
pub use opaque::PasswordSetup;
pub use pryv_engine::Health;

use crate::{
    permission::{self, Caller},
    store::{self, Store},
    telemetry::ServiceMetrics,
};
use login::PendingLogin;
use mailboxes::Mailboxes;
use pending::Pending;
use pryv_wire::{Clock, ErrorCode, Timestamp, bytes::SessionToken};
use std::sync::Arc;
use tokio::sync::Semaphore;
use transforms::Transforms;

/// The limits and times that the rules work with.
#[derive(Clone, Debug)]
pub struct Rules {
    /// How long a session lasts, in milliseconds.
    pub session_millis: u64,
    /// How many sessions of one account are open at once; beyond, the oldest ends.
    pub sessions_per_account: usize,
    /// How long the answer of a transaction is kept for one that is sent again, in milliseconds.
    pub transaction_millis: u64,
    /// For how long an entry of an audit is kept, in milliseconds; zero: for ever.
    pub audit_millis: u64,
    /// How many entries are kept of one account.
    pub audit_most: u64,
    /// How many logins and how many challenges may be pending at once.
    pub pending: usize,
    /// How many messages wait in mailboxes at once.
    pub mailboxes: usize,
    /// How many capsules are transformed at once; each keeps one core busy.
    pub transforms: usize,
    /// How many reads and checks of signatures run at once, each on a thread of its own.
    pub blocking: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            session_millis: 3_600_000,
            sessions_per_account: 64,
            transaction_millis: 86_400_000,
            audit_millis: 31_536_000_000,
            audit_most: 1_000_000,
            pending: 100_000,
            mailboxes: 10_000,
            transforms: 2,
            blocking: 64,
        }
    }
}

/// The rules over a store. Clones share it.
#[derive(Clone, Debug)]
pub struct Service {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    rules: Rules,
    passwords: PasswordSetup,
    logins: Pending<PendingLogin>,
    challenges: Pending<()>,
    mailboxes: Mailboxes,
    transforms: Transforms,
    blocking: Arc<Semaphore>,
}

impl Service {
    /// The rules over a store, set up at the first start.
    ///
    /// # Errors
    ///
    /// [`store::Error::Sealed`] if the store was set up under another node key; else as the store.
    pub fn start(
        store: Store,
        clock: Arc<dyn Clock>,
        rules: Rules,
        metrics: ServiceMetrics,
    ) -> store::Result<Self> {
        let passwords = setup(&store)?;
        let inner = Inner {
            logins: Pending::new(rules.pending),
            challenges: Pending::new(rules.pending),
            mailboxes: Mailboxes::new(rules.mailboxes),
            transforms: Transforms::new(rules.transforms, metrics),
            blocking: Arc::new(Semaphore::new(rules.blocking.max(1))),
            store,
            clock,
            rules,
            passwords,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The store below.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Whether the node takes writes.
    #[must_use]
    pub fn health(&self) -> Health {
        self.inner.store.health()
    }

    /// The caller behind a session's token.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::NotAuthenticated`] if there is no such session, or it is over.
    pub fn caller(&self, token: &SessionToken) -> Result<Caller> {
        // On the thread of the socket: the rows of live sessions are in the page cache, and a hop to another thread costs
        // several times what reading one does.
        let now = self.now();
        let caller = self.inner.store.peek(|view| permission::authenticate(&view, token, now))?;
        caller.ok_or_else(|| Error::new(ErrorCode::NotAuthenticated))
    }

    fn now(&self) -> Timestamp {
        self.inner.now()
    }

    /// Runs work that reads the disk or computes off the threads that serve sockets.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let inner = Arc::clone(&self.inner);
        bounded::run(&self.inner.blocking, move || work(&inner)).await
    }
}

impl Inner {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

fn setup(store: &Store) -> store::Result<PasswordSetup> {
    let stored = store.peek(|view| if view.is_set_up()? { view.opaque_setup() } else { Ok(None) })?;
    if let Some(stored) = stored {
        return PasswordSetup::from_bytes(&stored).ok_or(store::Error::Row("the password setup"));
    }
    let setup = PasswordSetup::generate();
    let bytes = setup.to_bytes();
    store.update_blocking(move |tx| tx.set_up(&bytes))?;
    Ok(setup)
}
