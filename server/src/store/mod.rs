//! Durable state in the words of the domain: accounts, sessions, scopes, accesses, records, changes.
//!
//! [`Store::update`] runs a job in a write transaction ([`Tx`]), [`Store::read`] over a consistent view
//! ([`Reading`]). What changes or reads somebody's data takes a proof of permission made in that very
//! transaction ([`crate::permission`]), so that forgetting to authorize does not compile:
//!
//! ```compile_fail,E0061
//! use pryv_server::store::{Tx, NewRecord, Result};
//! fn forgetful(tx: &mut Tx<'_>, record: &NewRecord<'_>) -> Result<()> {
//!     tx.create_record(record, 0) // where is the `&Grant<Create>`?
//! }
//! ```
//!
//! A proof cannot be made up, nor carried out of the transaction that made it:
//!
//! ```compile_fail,E0451
//! use pryv_server::permission::{Grant, Read};
//! fn forged<'t>() -> Grant<'t, Read> { Grant { account: todo!(), scope: todo!(), reach: todo!(), at: std::marker::PhantomData } }
//! ```
//!
//! ```compile_fail
//! use pryv_server::{permission::{self, Caller, Denied}, store::Store};
//! use pryv_wire::{ScopeId, Timestamp};
//! fn smuggle(store: &Store, caller: &Caller, scope: ScopeId) {
//!     let proof = store.read(|view| permission::read(&view, caller, (caller.principal(), scope), permission::By::Any, Timestamp::default()));
//! }
//! ```
//!
//! No table is known above this module; nothing of HTTP is known in it.

mod access;
mod account;
mod app;
mod audit;
mod carried;
mod change;
mod error;
mod filed;
mod generation;
mod group;
mod held;
mod history;
mod holder;
mod key;
mod kind;
mod link;
mod member_capsule;
mod node;
mod onward;
mod query;
mod record;
mod scope;
mod seal;
mod session;
mod states;
mod term;
mod tree;

pub use access::{AccessEntry, EntryGrant, GrantedPlace, NewAccess, ReceivedPlace, StoredAccess};
pub use account::{Account, Credential};
pub use audit::{AuditLimits, NewEntry};
pub use change::{Head, Repeated};
pub use error::{Error, Result};
pub use filed::{Filed, MAX_IN_USE, Narrowed};
pub use held::{Held, HeldBy};
pub use history::{Versions, VersionsRequest};
pub use holder::Rotation;
pub use kind::Holds;
pub use link::Link;
pub use onward::{Hop, Step};
pub use query::{Count, CountRequest, MAX_EXAMINED, Page, PageRequest, Paging, Wanted};
pub use record::{NewRecord, StoredRecord};
pub use scope::{ScopeHead, StoredLockbox};
pub use seal::{NodeKey, SealBroken};
pub use session::{Session, SessionHash};
pub use states::{Behind, MAX_BEHIND};
pub use term::TermPlace;
pub use tree::Tree;

use pryv_engine::{BackupOptions, Counted, Health, Reader, Reads, StoreError, StoreOptions, WriteTx};
use seal::Sealer;
use std::{
    fmt,
    marker::PhantomData,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// The store; clones share it.
#[derive(Clone, Debug)]
pub struct Store {
    engine: pryv_engine::Store,
    sealer: Arc<Sealer>,
    reads: Arc<ReadCounters>,
}

/// What was read by calls that read.
#[derive(Debug, Default)]
struct ReadCounters {
    seeks: AtomicU64,
    rows: AtomicU64,
}

impl ReadCounters {
    fn add(&self, reads: Reads) {
        self.seeks.fetch_add(reads.seeks, Ordering::Relaxed);
        self.rows.fetch_add(reads.rows, Ordering::Relaxed);
    }
}

impl Store {
    /// A store over an engine, whose sealed rows open under `key`.
    #[must_use]
    pub fn over(engine: pryv_engine::Store, key: &NodeKey) -> Self {
        Self { engine, sealer: Arc::new(Sealer::new(key)), reads: Arc::default() }
    }

    /// Opens the store in a directory, making it when there is none.
    ///
    /// # Errors
    ///
    /// As the engine's store: in use, kept by the other engine, damaged.
    pub fn open(
        dir: &Path,
        options: &StoreOptions,
        key: &NodeKey,
    ) -> std::result::Result<Self, pryv_engine::OpenError> {
        Ok(Self::over(pryv_engine::Store::open(dir, options)?, key))
    }

    /// Runs `job` in a write transaction; what it wrote is durable when the answer is `Ok`, and nothing of it is
    /// there when it is not the job's own success. Jobs run one after the other: quick work only.
    ///
    /// # Errors
    ///
    /// The job's, or the store's turned into it.
    pub async fn update<T, E>(
        &self,
        job: impl for<'t> FnOnce(&mut Tx<'t>) -> std::result::Result<T, E> + Send + 'static,
    ) -> std::result::Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let sealer = Arc::clone(&self.sealer);
        self.engine.write_async(move |tx| run(tx, &sealer, job)).await.map_err(Failed::into_inner)
    }

    /// As [`Store::update`], for a thread that may wait.
    ///
    /// # Errors
    ///
    /// As [`Store::update`].
    pub fn update_blocking<T, E>(
        &self,
        job: impl for<'t> FnOnce(&mut Tx<'t>) -> std::result::Result<T, E> + Send + 'static,
    ) -> std::result::Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let sealer = Arc::clone(&self.sealer);
        self.engine.write(move |tx| run(tx, &sealer, job)).map_err(Failed::into_inner)
    }

    /// Runs `job` over a view of one moment.
    ///
    /// # Errors
    ///
    /// The job's, or the store's turned into it.
    pub fn read<T, E: From<Error>>(
        &self,
        job: impl for<'t> FnOnce(Reading<'t>) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.engine
            .read_consistent(|view| {
                let rows = Counted::new(view);
                let answer = job(Reading { rows: &rows, sealer: &self.sealer, at: PhantomData });
                self.reads.add(rows.reads());
                answer.map_err(Failed)
            })
            .map_err(Failed::into_inner)
    }

    /// What [`Store::read`] read since the store was opened.
    #[must_use]
    pub fn reads(&self) -> Reads {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Reads { seeks: load(&self.reads.seeks), rows: load(&self.reads.rows) }
    }

    /// As [`Store::read`] where one row is read, or where rows need not be of one moment.
    ///
    /// # Errors
    ///
    /// As [`Store::read`].
    pub fn peek<T, E: From<Error>>(
        &self,
        job: impl for<'t> FnOnce(Reading<'t>) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.engine
            .read(|view| job(Reading { rows: view, sealer: &self.sealer, at: PhantomData }).map_err(Failed))
            .map_err(Failed::into_inner)
    }

    /// Whether writes are taken.
    #[must_use]
    pub fn health(&self) -> Health {
        self.engine.health()
    }

    /// The engine's store, for its counters.
    #[must_use]
    pub const fn engine(&self) -> &pryv_engine::Store {
        &self.engine
    }

    /// What a backup holds: everything but sessions, so that a restored node begins with nobody logged in.
    #[must_use]
    pub fn backup_options() -> BackupOptions {
        let sessions =
            [key::Table::Session, key::Table::SessionExpiry, key::Table::SessionOf].map(key::Table::byte);
        BackupOptions::all().keep(move |key| key.first().is_none_or(|table| !sessions.contains(table)))
    }
}

/// An error of a job on its way through the engine.
struct Failed<E>(E);

impl<E> Failed<E> {
    fn into_inner(self) -> E {
        self.0
    }
}

impl<E: From<Error>> From<StoreError> for Failed<E> {
    fn from(error: StoreError) -> Self {
        Self(Error::Engine(error).into())
    }
}

fn run<T, E>(
    tx: &mut WriteTx<'_>,
    sealer: &Sealer,
    job: impl for<'t> FnOnce(&mut Tx<'t>) -> std::result::Result<T, E>,
) -> std::result::Result<T, Failed<E>> {
    job(&mut Tx { rows: tx, sealer, at: PhantomData }).map_err(Failed)
}

/// Marks what belongs to one transaction: invariant, so that no two transactions pass for one.
pub(crate) type Moment<'t> = PhantomData<fn(&'t ()) -> &'t ()>;

/// One consistent view of the store, at moment `'t`.
#[derive(Clone, Copy)]
pub struct Reading<'t> {
    rows: &'t dyn Reader,
    sealer: &'t Sealer,
    at: Moment<'t>,
}

/// One write transaction, at moment `'t`. Reads see its own writes.
pub struct Tx<'t> {
    rows: &'t mut dyn Rows,
    sealer: &'t Sealer,
    at: Moment<'t>,
}

/// Where permission can be decided: in a view or in a transaction.
pub trait At<'t> {
    /// What is stored at this moment.
    fn reading(&self) -> Reading<'_>;
}

impl<'t> At<'t> for Reading<'t> {
    fn reading(&self) -> Reading<'_> {
        Reading { rows: self.rows, sealer: self.sealer, at: PhantomData }
    }
}

impl<'t> At<'t> for Tx<'t> {
    fn reading(&self) -> Reading<'_> {
        Reading { rows: &*self.rows, sealer: self.sealer, at: PhantomData }
    }
}

/// Reads and writes of rows.
trait Rows: Reader {
    fn put(&mut self, key: &[u8], value: &[u8]) -> std::result::Result<(), StoreError>;
    fn delete(&mut self, key: &[u8]) -> std::result::Result<(), StoreError>;
}

impl Rows for WriteTx<'_> {
    fn put(&mut self, key: &[u8], value: &[u8]) -> std::result::Result<(), StoreError> {
        WriteTx::put(self, key, value)
    }

    fn delete(&mut self, key: &[u8]) -> std::result::Result<(), StoreError> {
        WriteTx::delete(self, key)
    }
}

impl Reading<'_> {
    /// What was read at this moment so far.
    #[must_use]
    pub fn reads(&self) -> Reads {
        self.rows.reads()
    }

    /// A row in the shape of its table.
    fn row<T: serde::de::DeserializeOwned + serde::Serialize>(
        &self,
        table: &'static str,
        key: &[u8],
    ) -> Result<Option<T>> {
        self.rows.get(key)?.map(|bytes| decode(table, &bytes)).transpose()
    }
}

impl Tx<'_> {
    /// Removes every row of a range. Ranges are those of one access or scope: small.
    fn delete_all(&mut self, scan: &pryv_engine::Scan) -> Result<()> {
        for (key, _) in self.rows.entries(scan)? {
            self.rows.delete(&key)?;
        }
        Ok(())
    }
}

fn decode<T: serde::de::DeserializeOwned + serde::Serialize>(table: &'static str, bytes: &[u8]) -> Result<T> {
    pryv_wire::decode(bytes).map_err(|_| Error::Row(table))
}

impl fmt::Debug for Reading<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").finish_non_exhaustive()
    }
}

impl fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").finish_non_exhaustive()
    }
}
