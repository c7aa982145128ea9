//! Group commit: one thread turns the jobs that wait into one durable commit, then answers them.
//!
//! ```text
//! callers --job--> queue --> run each job against (engine + overlay) --> WriteGroup --> Engine::commit --> replies
//! ```
//!
//! No timer is needed: while one group is being synced the next one gathers. Measured with 64 writers: about
//! 45 jobs share one device flush.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::data_dir::DataDir;
use crate::engine::{Engine, EngineError, Health, ReadView};
use crate::error::StoreError;
use crate::fence::Fence;
use crate::group::WriteGroup;
use crate::job::{Job, Ran};
use crate::panics;
use crate::queue::{Next, Queue};
use crate::space::SpaceGuard;
use crate::stats::Stats;
use crate::transaction::WriteTx;

/// Opens the engine; called again when an error made the open one unfit.
pub(crate) type Opener = Box<dyn Fn() -> Result<Box<dyn Engine>, EngineError> + Send + Sync>;

/// What the committer and the handles of a store share.
pub(crate) struct Shared {
    pub(crate) slot: RwLock<Slot>,
    pub(crate) queue: Queue,
    pub(crate) fence: Fence,
    pub(crate) stats: Stats,
    pub(crate) space: SpaceGuard,
    pub(crate) condition: Mutex<Condition>,
    pub(crate) opener: Opener,
    pub(crate) limits: GroupLimits,
    /// Released when the engine is closed.
    pub(crate) dir: Mutex<Option<DataDir>>,
    /// Set while the engine waits for readers to end: long ones give way.
    pub(crate) reopen_wanted: AtomicBool,
}

/// How much one group takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupLimits {
    pub(crate) jobs: usize,
    pub(crate) bytes: usize,
    /// Time between attempts to open an engine again that met a full disk.
    pub(crate) retry: Duration,
}

/// The engine, or why there is none.
pub(crate) enum Slot {
    Open(Box<dyn Engine>),
    Gone(StoreError),
}

impl Slot {
    pub(crate) fn engine(&self) -> Result<&dyn Engine, StoreError> {
        match self {
            Self::Open(engine) => Ok(&**engine),
            Self::Gone(error) => Err(error.clone()),
        }
    }
}

/// Whether the engine in the slot takes writes.
pub(crate) enum Condition {
    /// It does.
    Serving,
    /// It was opened again after an error and has committed nothing since: a second error is the last.
    OnTrial,
    /// It met a full disk: reads go on, it is opened again when there is room.
    Full { retry_at: Instant },
    /// It does not, until the process is restarted.
    Poisoned(Arc<str>),
}

impl Shared {
    /// Serves the queue until it is closed and empty, then closes the engine.
    pub(crate) fn serve(&self) -> Result<(), StoreError> {
        loop {
            let first = match self.queue.wait(self.patience()) {
                Next::Job(first) => first,
                Next::Nothing => {
                    // A node that reports itself full may get no writes that would make it look again.
                    if let Err(error) = self.admit() {
                        tracing::debug!(error = %error, "still no writes");
                    }
                    continue;
                }
                Next::Closed => break,
            };
            match self.admit() {
                Ok(()) => self.commit_group(first),
                Err(error) => {
                    self.stats.refused();
                    first.answer(Err(error));
                }
            }
        }
        self.close_engine()
    }

    /// How long to wait for a job before looking whether a full disk has room again. Without a floor nothing
    /// but a write can tell.
    fn patience(&self) -> Option<Duration> {
        let full = matches!(*self.condition(), Condition::Full { .. });
        (full && self.space.is_guarding()).then(|| self.limits.retry.max(Duration::from_millis(20)))
    }

    /// Whether writes are taken, told without touching the engine.
    pub(crate) fn health(&self) -> Health {
        match &*self.condition() {
            Condition::Poisoned(reason) => Health::Poisoned(reason.to_string()),
            Condition::Full { .. } => Health::Full,
            Condition::Serving | Condition::OnTrial if self.space.has_room() => Health::Ok,
            Condition::Serving | Condition::OnTrial => Health::Full,
        }
    }

    /// Refuses writes before they run: no room, or an engine beyond repair. Heals a full engine when it can.
    fn admit(&self) -> Result<(), StoreError> {
        if let Condition::Poisoned(reason) = &*self.condition() {
            return Err(StoreError::Poisoned(Arc::clone(reason)));
        }
        if !self.space.has_room() {
            return Err(StoreError::Full);
        }
        let full_until = match &*self.condition() {
            Condition::Full { retry_at } => Some(*retry_at),
            _ => None,
        };
        match full_until {
            None => Ok(()),
            Some(retry_at) if Instant::now() < retry_at => Err(StoreError::Full),
            Some(_) => self.reopen(),
        }
    }

    /// Runs the job and those that wait behind it, commits what they wrote, and answers all of them.
    fn commit_group(&self, first: Box<dyn Job>) {
        let mut members = Vec::new();
        let done = self.try_commit_group(first, &mut members);
        self.stats.depth(self.queue.len());
        self.stats.answered(members.len());
        // A failed group is mended before it is answered, so that whoever asks next meets the mended store.
        let told = done.map_err(|failure| match failure {
            Failure::Refused(error) => error,
            Failure::Engine(cause) => {
                self.stats.failed();
                self.mend(&cause);
                StoreError::from_engine(cause)
            }
        });
        for member in members {
            member.answer(told.clone());
        }
    }

    fn try_commit_group(&self, first: Box<dyn Job>, members: &mut Vec<Box<dyn Job>>) -> Result<(), Failure> {
        let slot = self.slot.read().unwrap_or_else(PoisonError::into_inner);
        let engine = match slot.engine() {
            Ok(engine) => engine,
            Err(error) => {
                members.push(first);
                return Err(Failure::Refused(error));
            }
        };
        // One snapshot a group spares a read transaction for each read of each job.
        let snapshot = match engine.snapshot() {
            Ok(snapshot) => snapshot,
            Err(error) => {
                members.push(first);
                return Err(Failure::Engine(error));
            }
        };
        let base: &dyn ReadView = match &snapshot {
            Some(snapshot) => &**snapshot,
            None => engine,
        };
        let mut group = WriteGroup::new();
        let mut next = Some(first);
        while let Some(mut job) = next {
            let mut tx = WriteTx::new(base, &mut group);
            if job.run(&mut tx) == Ran::RollBack {
                tx.roll_back();
            }
            members.push(job);
            let more = members.len() < self.limits.jobs && group.bytes() < self.limits.bytes;
            next = if more { self.queue.take() } else { None };
        }
        drop(snapshot);
        if group.is_empty() {
            return Ok(());
        }
        let fenced = self.fence.commit();
        let started = Instant::now();
        let committed = engine.commit(&group);
        drop(fenced);
        committed.map_err(Failure::Engine)?;
        self.stats.committed(group.len(), group.bytes(), started.elapsed());
        let mut condition = self.condition();
        if matches!(*condition, Condition::OnTrial) {
            *condition = Condition::Serving;
        }
        Ok(())
    }

    /// Decides what an engine's error means for the writes to come.
    fn mend(&self, cause: &EngineError) {
        tracing::error!(error = %cause, "a commit failed");
        match cause {
            EngineError::TooLarge { .. } => {}
            EngineError::Full => {
                *self.condition() = Condition::Full { retry_at: self.retry_at() };
            }
            // Opening the file again would read what the system remembers, not what the device holds.
            EngineError::Unsynced(_) => self.poison(&cause.to_string()),
            EngineError::Damaged(_) | EngineError::Io(_) | EngineError::Poisoned(_) => {
                if matches!(*self.condition(), Condition::OnTrial) {
                    self.poison(&cause.to_string());
                } else if let Err(error) = self.reopen() {
                    tracing::error!(error = %error, "the engine could not be opened again");
                }
            }
        }
    }

    /// Refuses every write from now on.
    pub(crate) fn poison(&self, reason: &str) {
        tracing::error!(reason, "the store takes no writes until it is restarted");
        *self.condition() = Condition::Poisoned(reason.into());
    }

    /// Drops the engine and opens it again. Waits for readers, which keep files open and locked.
    fn reopen(&self) -> Result<(), StoreError> {
        self.stats.reopened();
        self.reopen_wanted.store(true, Ordering::Release);
        let mut slot = self.slot.write().unwrap_or_else(PoisonError::into_inner);
        self.reopen_wanted.store(false, Ordering::Release);
        let old = std::mem::replace(&mut *slot, Slot::Gone(StoreError::Closed));
        // Not closed in order: an engine that met an error may wait for ever for a flush.
        if let Err(error) = panics::caught("the engine", || {
            drop(old);
            Ok(())
        }) {
            tracing::warn!(error = %error, "dropping the engine failed");
        }
        match (self.opener)() {
            Ok(engine) => {
                *slot = Slot::Open(engine);
                *self.condition() = Condition::OnTrial;
                tracing::info!("the engine was opened again");
                Ok(())
            }
            Err(EngineError::Full) => {
                *slot = Slot::Gone(StoreError::Full);
                *self.condition() = Condition::Full { retry_at: self.retry_at() };
                Err(StoreError::Full)
            }
            Err(error) => {
                self.poison(&error.to_string());
                let error = StoreError::from_engine(error);
                *slot = Slot::Gone(error.clone());
                Err(error)
            }
        }
    }

    fn close_engine(&self) -> Result<(), StoreError> {
        let mut slot = self.slot.write().unwrap_or_else(PoisonError::into_inner);
        let closed = match std::mem::replace(&mut *slot, Slot::Gone(StoreError::Closed)) {
            Slot::Open(engine) => {
                panics::caught("the engine", || engine.close()).map_err(StoreError::from_engine)
            }
            Slot::Gone(error) => Err(error),
        };
        *self.dir.lock().unwrap_or_else(PoisonError::into_inner) = None;
        closed
    }

    fn retry_at(&self) -> Instant {
        let now = Instant::now();
        now.checked_add(self.limits.retry).unwrap_or(now)
    }

    fn condition(&self) -> MutexGuard<'_, Condition> {
        self.condition.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a group was not committed.
enum Failure {
    /// There is no engine.
    Refused(StoreError),
    /// The engine failed.
    Engine(EngineError),
}
