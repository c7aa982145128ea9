//! Durable, ordered key-value engines behind one seam, with group commit above it.
//!
//! Below the seam an [`Engine`] commits groups of puts and deletes durably: redb (the default), sled, and one
//! in memory for tests. Above it, the same for every engine, a [`Store`] checks every value it reads, lets many
//! writers share one device sync, keeps a floor of free space, opens an engine again that met an error, and
//! streams backups. Neither knows what the keys mean.
//!
//! ```
//! use pryv_engine::{Reader, Scan, Store, StoreError, StoreOptions};
//!
//! # let dir = tempfile::tempdir().unwrap();
//! # let dir = dir.path();
//! # let mut options = StoreOptions::default();
//! # options.free_floor = pryv_engine::FreeFloor::NONE;
//! let store = Store::open(dir, &options)?;
//!
//! // One job, all or nothing, durable when `write` returns. Its error type is the caller's.
//! #[derive(Debug)]
//! enum Refused { Taken, Store(StoreError) }
//! impl From<StoreError> for Refused {
//!     fn from(error: StoreError) -> Self { Self::Store(error) }
//! }
//! let claim = |name: &'static [u8]| store.write(move |tx| {
//!     if tx.contains(name)? { return Err(Refused::Taken); }
//!     tx.put(name, b"mine")?;
//!     tx.put(b"count", b"1")
//!         .map_err(Refused::Store)
//! });
//! claim(b"name/ada").unwrap();
//! assert!(matches!(claim(b"name/ada"), Err(Refused::Taken)));
//!
//! // Several reads of one moment.
//! let names = store.read(|view| view.entries(&Scan::prefix(b"name/").limited(100)))?;
//! assert_eq!(names.len(), 1);
//! store.close()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod backup;
mod committer;
#[cfg(feature = "test-util")]
pub mod conformance;
mod counted;
mod data_dir;
mod engine;
mod envelope;
mod error;
#[cfg(feature = "test-util")]
mod fault;
mod fence;
mod group;
mod job;
mod memory;
mod panics;
mod queue;
mod reader;
mod redb;
mod scan;
mod sled;
mod space;
mod stats;
mod store;
mod transaction;
mod write_future;

pub use crate::backup::{BackupError, BackupOptions, BackupSummary, RestoreError, verify_backup};
pub use crate::counted::{Counted, Reads};
pub use crate::data_dir::OpenError;
pub use crate::engine::{
    Engine, EngineError, EngineKind, EngineStats, Health, MAX_KEY_BYTES, MAX_VALUE_BYTES, ReadView,
    UnknownEngine, Visitor,
};
pub use crate::envelope::Fault;
pub use crate::error::{KeyHint, StoreError};
#[cfg(feature = "test-util")]
pub use crate::fault::{Faults, InjectedError, Strike};
pub use crate::group::WriteGroup;
pub use crate::memory::{MemoryDisk, MemoryEngine};
pub use crate::reader::{Reader, View};
pub use crate::redb::RedbEngine;
pub use crate::scan::Scan;
pub use crate::sled::SledEngine;
pub use crate::space::{FileSystem, FreeFloor, Space, SpaceProbe};
pub use crate::stats::{DURATION_BUCKETS, StatsReading};
pub use crate::store::{Store, StoreOptions};
pub use crate::transaction::{MAX_JOB_BYTES, MAX_STORED_VALUE, WriteTx};
pub use crate::write_future::WriteFuture;
