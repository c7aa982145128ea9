//! The default engine: redb, one table, one immediate transaction a group.
//!
//! Measured: durable as published (160 of 160 power-cut and damage trials without silent loss), 1.01 device
//! flushes per lone commit, opens in 10 ms at 2 GB. After any I/O error it asks to be closed and opened again,
//! and keeps serving reads meanwhile; the store does that. Long snapshots keep old pages from being reused.

use std::fmt;
use std::fs::OpenOptions;
use std::io;
use std::ops::{Bound, ControlFlow};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use redb::backends::FileBackend;
use redb::{
    BackendError, CommitError, Database, DatabaseError, Durability, ReadOnlyTable, ReadableDatabase,
    ReadableTable, StorageBackend, StorageError, TableDefinition, TableError, TransactionError,
};

use crate::data_dir;
use crate::engine::{Engine, EngineError, EngineStats, Health, ReadView, Visitor, check_sizes};
use crate::group::WriteGroup;
use crate::panics;
use crate::scan::Scan;

const TABLE: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("pryv");

/// The file inside the engine's directory.
const FILE: &str = "store.redb";

/// redb behind the seam.
pub struct RedbEngine {
    database: Database,
    device: Arc<Device>,
    /// The first error that makes this handle unfit for further commits.
    latched: Mutex<Option<Health>>,
}

impl RedbEngine {
    /// Opens the engine in `dir`, which must exist, and makes the file when there is none.
    ///
    /// # Errors
    /// [`EngineError::Damaged`] when the file is not what redb wrote, [`EngineError::Poisoned`] when it is
    /// open elsewhere, [`EngineError::Io`] and [`EngineError::Full`] as the file system says.
    pub fn open(dir: &Path, cache_bytes: usize) -> Result<Self, EngineError> {
        caught(|| {
            let path = dir.join(FILE);
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(EngineError::from_io)?;
            let device = Arc::new(Device::default());
            let backend = WatchedFile {
                inner: FileBackend::new(file).map_err(|error| from_database(error, &device))?,
                device: Arc::clone(&device),
            };
            let database = Database::builder()
                .set_cache_size(cache_bytes)
                .create_with_backend(backend)
                .map_err(|error| from_database(error, &device))?;
            let engine = Self { database, device, latched: Mutex::new(None) };
            engine.make_table()?;
            data_dir::sync_dir(dir).map_err(EngineError::Unsynced)?;
            Ok(engine)
        })
    }

    /// Makes the table on first use, so that readers always find it.
    fn make_table(&self) -> Result<(), EngineError> {
        if matches!(self.table(), Err(ReadTableError::Absent)) {
            let write = self.database.begin_write().map_err(|error| from_transaction(error, &self.device))?;
            write.open_table(TABLE).map_err(|error| from_table(error, &self.device))?;
            write.commit().map_err(|error| from_commit(error, &self.device))?;
        }
        Ok(())
    }

    fn table(&self) -> Result<Table, ReadTableError> {
        let read = self
            .database
            .begin_read()
            .map_err(|error| ReadTableError::Engine(from_transaction(error, &self.device)))?;
        match read.open_table(TABLE) {
            Ok(table) => Ok(Table { table, device: Arc::clone(&self.device) }),
            Err(TableError::TableDoesNotExist(_)) => Err(ReadTableError::Absent),
            Err(error) => Err(ReadTableError::Engine(from_table(error, &self.device))),
        }
    }

    fn view(&self) -> Result<Table, EngineError> {
        caught(|| {
            self.table().map_err(|error| match error {
                ReadTableError::Absent => EngineError::Damaged("the table is missing".to_owned()),
                ReadTableError::Engine(error) => error,
            })
        })
    }

    fn write(&self, group: &WriteGroup) -> Result<(), EngineError> {
        let device = &self.device;
        let mut write = self.database.begin_write().map_err(|error| from_transaction(error, device))?;
        write
            .set_durability(Durability::Immediate)
            .map_err(|error| EngineError::Poisoned(format!("durability cannot be set: {error}")))?;
        {
            let mut table = write.open_table(TABLE).map_err(|error| from_table(error, device))?;
            for (key, value) in group.iter() {
                match value {
                    Some(value) => table.insert(key, value),
                    None => table.remove(key),
                }
                .map_err(|error| from_storage(error, device))?;
            }
        }
        write.commit().map_err(|error| from_commit(error, device))
    }

    fn latch(&self, error: &EngineError) {
        let health = match error {
            EngineError::TooLarge { .. } => return,
            EngineError::Full => Health::Full,
            other => Health::Poisoned(other.to_string()),
        };
        self.latched.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(health);
    }
}

impl fmt::Debug for RedbEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbEngine").finish_non_exhaustive()
    }
}

impl ReadView for RedbEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        self.view()?.get(key)
    }

    fn scan(&self, scan: &Scan, visit: &mut Visitor<'_>) -> Result<(), EngineError> {
        self.view()?.scan(scan, visit)
    }
}

impl Engine for RedbEngine {
    fn name(&self) -> &'static str {
        "redb"
    }

    fn commit(&self, group: &WriteGroup) -> Result<(), EngineError> {
        check_sizes(group)?;
        match &*self.latched.lock().unwrap_or_else(PoisonError::into_inner) {
            None | Some(Health::Ok) => {}
            Some(Health::Full) => return Err(EngineError::Full),
            Some(Health::Poisoned(reason)) => return Err(EngineError::Poisoned(reason.clone())),
        }
        caught(|| self.write(group)).inspect_err(|error| self.latch(error))
    }

    fn snapshot(&self) -> Result<Option<Box<dyn ReadView>>, EngineError> {
        Ok(Some(Box::new(self.view()?)))
    }

    fn stats(&self) -> Result<EngineStats, EngineError> {
        Ok(EngineStats {
            disk_bytes: self.device.len.load(Ordering::Relaxed),
            device_syncs: self.device.syncs.load(Ordering::Relaxed),
        })
    }

    fn health(&self) -> Health {
        self.latched.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or(Health::Ok)
    }

    fn close(self: Box<Self>) -> Result<(), EngineError> {
        let Self { database, device, .. } = *self;
        caught(|| database.close().map_err(|error| from_database(error, &device)))
    }
}

/// The table as one read transaction sees it: a snapshot.
struct Table {
    table: ReadOnlyTable<&'static [u8], &'static [u8]>,
    device: Arc<Device>,
}

enum ReadTableError {
    Absent,
    Engine(EngineError),
}

impl ReadView for Table {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        caught(|| {
            let value =
                ReadableTable::get(&self.table, key).map_err(|error| from_storage(error, &self.device))?;
            Ok(value.map(|value| Bytes::copy_from_slice(value.value())))
        })
    }

    fn scan(&self, scan: &Scan, visit: &mut Visitor<'_>) -> Result<(), EngineError> {
        if scan.is_empty() {
            return Ok(());
        }
        panics::caught_scan("redb", visit, |visit| {
            let hi = scan.hi().map_or(Bound::Unbounded, Bound::Excluded);
            let mut range = ReadableTable::range::<&[u8]>(&self.table, (Bound::Included(scan.lo()), hi))
                .map_err(|error| from_storage(error, &self.device))?;
            for _ in 0..scan.limit() {
                let entry = if scan.is_reverse() { range.next_back() } else { range.next() };
                let Some(entry) = entry else { break };
                let (key, value) = entry.map_err(|error| from_storage(error, &self.device))?;
                if let ControlFlow::Break(()) = visit(key.value(), value.value()) {
                    break;
                }
            }
            Ok(())
        })
    }
}

/// What is known about the file below redb.
#[derive(Debug, Default)]
struct Device {
    syncs: AtomicU64,
    len: AtomicU64,
    sync_failed: AtomicBool,
}

/// redb's file with its syncs counted, and a failed sync told from a failed write.
#[derive(Debug)]
struct WatchedFile {
    inner: FileBackend,
    device: Arc<Device>,
}

#[deny(clippy::missing_trait_methods)]
impl StorageBackend for WatchedFile {
    fn len(&self) -> Result<u64, io::Error> {
        let len = self.inner.len()?;
        self.device.len.store(len, Ordering::Relaxed);
        Ok(len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        self.inner.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        self.inner.set_len(len)?;
        self.device.len.store(len, Ordering::Relaxed);
        Ok(())
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        match self.inner.sync_data() {
            Ok(()) => {
                self.device.syncs.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => {
                self.device.sync_failed.store(true, Ordering::Release);
                Err(error)
            }
        }
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        self.inner.write(offset, data)
    }

    fn close(&self) -> Result<(), io::Error> {
        self.inner.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.inner.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.inner.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.inner.query_lock_range(start, end)
    }
}

fn caught<T>(work: impl FnOnce() -> Result<T, EngineError>) -> Result<T, EngineError> {
    panics::caught("redb", work)
}

fn from_storage(error: StorageError, device: &Device) -> EngineError {
    match error {
        StorageError::Io(error) if device.sync_failed.load(Ordering::Acquire) => EngineError::Unsynced(error),
        StorageError::Io(error) => EngineError::from_io(error),
        StorageError::Corrupted(what) => EngineError::Damaged(what),
        StorageError::ValueTooLarge(len) => {
            EngineError::TooLarge { what: "value", len, max: crate::engine::MAX_VALUE_BYTES }
        }
        other => EngineError::Poisoned(other.to_string()),
    }
}

fn from_table(error: TableError, device: &Device) -> EngineError {
    match error {
        TableError::Storage(error) => from_storage(error, device),
        other => EngineError::Damaged(other.to_string()),
    }
}

fn from_transaction(error: TransactionError, device: &Device) -> EngineError {
    match error {
        TransactionError::Storage(error) => from_storage(error, device),
        other => EngineError::Poisoned(other.to_string()),
    }
}

fn from_commit(error: CommitError, device: &Device) -> EngineError {
    match error {
        CommitError::Storage(error) => from_storage(error, device),
        other => EngineError::Poisoned(other.to_string()),
    }
}

fn from_database(error: DatabaseError, device: &Device) -> EngineError {
    match error {
        DatabaseError::Storage(error) => from_storage(error, device),
        DatabaseError::RepairAborted => EngineError::Damaged("the repair was aborted".to_owned()),
        other => EngineError::Poisoned(other.to_string()),
    }
}
