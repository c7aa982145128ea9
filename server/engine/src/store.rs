//! The store: an engine with verified values, group commit, a free-space floor and repair by reopening.

use std::fmt;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError, RwLock, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;

use crate::committer::{Condition, GroupLimits, Opener, Shared, Slot};
use crate::data_dir::{DataDir, OpenError};
use crate::engine::{Engine, EngineError, EngineKind, EngineStats, Health};
use crate::error::StoreError;
use crate::fence::Fence;
use crate::job::{self, Job};
use crate::memory::{MemoryDisk, MemoryEngine};
use crate::queue::{Queue, Refused};
use crate::reader::{Reader, View};
use crate::redb::RedbEngine;
use crate::sled::SledEngine;
use crate::space::{FileSystem, FreeFloor, SpaceGuard, SpaceProbe};
use crate::stats::{Stats, StatsReading};
use crate::transaction::WriteTx;
use crate::write_future::{self, WriteFuture};

/// Settings of a store.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoreOptions {
    /// Which engine keeps the data. Recorded in the directory; the other one is refused later.
    pub engine: EngineKind,
    /// Page cache of the engine, in bytes. Default 256 MiB.
    pub cache_bytes: usize,
    /// Room that must stay free on the file system. Default the greater of 1 GiB and 5 %.
    pub free_floor: FreeFloor,
    /// For how long an answer about free space is good. Default 1 second.
    pub space_check_interval: Duration,
    /// Jobs that may wait. Default 4096; more are refused as [`StoreError::Busy`].
    pub queue_jobs: usize,
    /// Jobs of one group at most. Default 256.
    pub group_jobs: usize,
    /// Bytes of one group after which it takes no further job. Default 4 MiB.
    pub group_bytes: usize,
    /// Time between attempts to open an engine again that met a full disk. Default 1 second.
    pub reopen_interval: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            engine: EngineKind::Redb,
            cache_bytes: 256 << 20,
            free_floor: FreeFloor::default(),
            space_check_interval: Duration::from_secs(1),
            queue_jobs: 4096,
            group_jobs: 256,
            group_bytes: 4 << 20,
            reopen_interval: Duration::from_secs(1),
        }
    }
}

/// A handle on a store; clones share it. The last one to go drains the queue and closes the engine.
#[derive(Clone)]
pub struct Store {
    handle: Arc<Handle>,
}

struct Handle {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<Result<(), StoreError>>>>,
}

impl Store {
    /// Opens the store in `dir`, making it when there is none.
    ///
    /// # Errors
    /// [`OpenError::Locked`] when another process has it, [`OpenError::OtherEngine`] when it was made with
    /// the other engine.
    pub fn open(dir: &Path, options: &StoreOptions) -> Result<Self, OpenError> {
        let data = DataDir::open(dir, options.engine)?;
        let engine_dir = data.engine_dir();
        let (kind, cache) = (options.engine, options.cache_bytes);
        let probe = FileSystem::of(dir.to_owned());
        Self::start(
            Box::new(move || match kind {
                EngineKind::Redb => Ok(Box::new(RedbEngine::open(&engine_dir, cache)?)),
                EngineKind::Sled => Ok(Box::new(SledEngine::open(&engine_dir, cache)?)),
            }),
            options,
            Some(Box::new(probe)),
            Some(data),
        )
    }

    /// A store in memory, for tests: everything of a store but its durability.
    ///
    /// # Errors
    /// [`OpenError::Thread`] when the system gives no thread.
    pub fn in_memory() -> Result<Self, OpenError> {
        let disk = MemoryDisk::default();
        Self::with_engine(
            move || Ok(Box::new(MemoryEngine::on(disk.clone()))),
            &StoreOptions::default(),
            None,
        )
    }

    /// A store on an engine of the caller's. `opener` is called now, and again whenever the engine must be
    /// opened again after an error; the engine before has been dropped by then.
    ///
    /// # Errors
    /// What `opener` answers.
    pub fn with_engine(
        opener: impl Fn() -> Result<Box<dyn Engine>, EngineError> + Send + Sync + 'static,
        options: &StoreOptions,
        probe: Option<Box<dyn SpaceProbe>>,
    ) -> Result<Self, OpenError> {
        Self::start(Box::new(opener), options, probe, None)
    }

    fn start(
        opener: Opener,
        options: &StoreOptions,
        probe: Option<Box<dyn SpaceProbe>>,
        dir: Option<DataDir>,
    ) -> Result<Self, OpenError> {
        let engine = opener().map_err(OpenError::Engine)?;
        let shared = Arc::new(Shared {
            slot: RwLock::new(Slot::Open(engine)),
            queue: Queue::new(options.queue_jobs),
            fence: Fence::default(),
            stats: Stats::new(),
            space: SpaceGuard::new(probe, options.free_floor, options.space_check_interval),
            condition: Mutex::new(Condition::Serving),
            opener,
            limits: GroupLimits {
                jobs: options.group_jobs.max(1),
                bytes: options.group_bytes.max(1),
                retry: options.reopen_interval,
            },
            dir: Mutex::new(dir),
            reopen_wanted: AtomicBool::new(false),
        });
        let serving = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("pryv-committer".to_owned())
            .spawn(move || {
                // Whatever ends this thread, nobody may wait for it afterwards.
                let _last = CloseQueue(&serving);
                serving.serve()
            })
            .map_err(OpenError::Thread)?;
        Ok(Self { handle: Arc::new(Handle { shared, thread: Mutex::new(Some(thread)) }) })
    }

    /// Runs `job` and waits until what it wrote is durable.
    ///
    /// Jobs run one after the other on the committer's thread, each on the state the one before left. A job
    /// that returns `Err` leaves no trace. A job must be quick, must not wait for anything, and must not call
    /// this store. Blocks the thread: use [`Store::write_async`] where that matters.
    ///
    /// # Errors
    /// The job's own, or a [`StoreError`] turned into it: the write is then not acknowledged.
    pub fn write<T, E>(
        &self,
        job: impl FnOnce(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.write_with(job, move |answer| {
            // Only a caller that is gone does not listen.
            let _gone = sender.send(answer);
        });
        receiver.recv().unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    /// As [`Store::write`], answered by a future of any runtime. The job is queued at once, also when the
    /// future is never polled, and runs also when it is dropped.
    pub fn write_async<T, E>(
        &self,
        job: impl FnOnce(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
    ) -> WriteFuture<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, future) = write_future::channel();
        self.write_with(job, move |answer| reply.send(answer));
        future
    }

    /// As [`Store::write`], answered by a call of `reply` on the committer's thread, or on this one when the
    /// job cannot be queued. `reply` must be quick and must not wait.
    pub fn write_with<T, E>(
        &self,
        job: impl FnOnce(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
        reply: impl FnOnce(Result<T, E>) + Send + 'static,
    ) where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.push(job::job(job, reply));
    }

    fn push(&self, job: Box<dyn Job>) {
        match self.shared().queue.push(job) {
            Ok(depth) => self.shared().stats.depth(depth),
            Err(Refused::Full(job)) => job.answer(Err(StoreError::Busy)),
            Err(Refused::Closed(job)) => job.answer(Err(StoreError::Closed)),
        }
    }

    /// The value of one key, verified.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the value is not what was written.
    pub fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        let slot = self.shared().slot.read().unwrap_or_else(PoisonError::into_inner);
        View::new(slot.engine()?).get(key)
    }

    /// Reads several things. With an engine that has snapshots (redb, memory) `read` sees one moment.
    ///
    /// With sled each get sees the moment of its call, and a scan may see part of a group that is committed
    /// while it runs: use [`Store::read_consistent`] where that matters. `read` does I/O on a cache miss; it
    /// must not call this store and should end soon, because an engine is opened again only between reads.
    ///
    /// # Errors
    /// [`StoreError::Closed`] and what kept the engine from being opened again; else what `read` returns.
    pub fn read<T, E: From<StoreError>>(&self, read: impl FnOnce(&View<'_>) -> Result<T, E>) -> Result<T, E> {
        let slot = self.shared().slot.read().unwrap_or_else(PoisonError::into_inner);
        let engine = slot.engine()?;
        match engine.snapshot().map_err(StoreError::from_engine)? {
            Some(snapshot) => read(&View::new(&*snapshot)),
            None => read(&View::new(engine)),
        }
    }

    /// As [`Store::read`], and sees one moment with every engine.
    ///
    /// With sled commits wait for as long as `read` runs (jobs queue meanwhile); with the others nobody waits.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_consistent<T, E: From<StoreError>>(
        &self,
        read: impl FnOnce(&View<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let slot = self.shared().slot.read().unwrap_or_else(PoisonError::into_inner);
        let engine = slot.engine()?;
        if let Some(snapshot) = engine.snapshot().map_err(StoreError::from_engine)? {
            return read(&View::new(&*snapshot));
        }
        let _no_commit = self.shared().fence.read();
        read(&View::new(engine))
    }

    /// Whether writes are taken. `Full` heals by itself; `Poisoned` needs a restart, and somebody to look.
    #[must_use]
    pub fn health(&self) -> Health {
        self.shared().health()
    }

    /// Counters since the store was opened.
    #[must_use]
    pub fn stats(&self) -> StatsReading {
        self.shared().stats.read()
    }

    /// Sizes and counts of the engine, since it was last opened.
    ///
    /// # Errors
    /// [`StoreError::Closed`], [`StoreError::Io`].
    pub fn engine_stats(&self) -> Result<EngineStats, StoreError> {
        let slot = self.shared().slot.read().unwrap_or_else(PoisonError::into_inner);
        slot.engine()?.stats().map_err(StoreError::from_engine)
    }

    /// Takes no further jobs, commits and answers those that wait, closes the engine. Idempotent.
    ///
    /// # Errors
    /// What closing the engine met. Acknowledged writes are safe regardless.
    pub fn close(&self) -> Result<(), StoreError> {
        self.handle.close()
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.handle.shared
    }
}

impl Handle {
    fn close(&self) -> Result<(), StoreError> {
        self.shared.queue.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        match thread {
            // A reply that drops the last handle runs on the committer's thread, which cannot wait for itself.
            Some(thread) if thread.thread().id() != thread::current().id() => {
                thread.join().unwrap_or_else(|_| Err(StoreError::Poisoned("the committer panicked".into())))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!(error = %error, "closing the store failed");
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("health", &self.health()).finish_non_exhaustive()
    }
}

/// Closes the queue when the committer's thread ends, and answers what is left in it.
struct CloseQueue<'s>(&'s Shared);

impl Drop for CloseQueue<'_> {
    fn drop(&mut self) {
        self.0.queue.close();
        while let Some(job) = self.0.queue.take() {
            job.answer(Err(StoreError::Closed));
        }
    }
}
