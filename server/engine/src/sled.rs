//! The second engine: sled 0.34.7 as published, with guards.
//!
//! Measured: `flush()` alone lost acknowledged writes in 82 of 120 power cuts on ext4, because it is
//! `sync_file_range(2)`, which commits neither the file's size nor the device's cache. With an own `fdatasync`
//! of the `db` file after each flush: 0 of 256. The guards, none of which may go:
//!
//! * one `Db`, one tree, **one `Batch` a group**, blocking `flush()` on the committing thread, then `fdatasync`.
//!   Never `flush_async` (deadlocked 7 of 7 times), never `transaction()`.
//! * **No value over 3.5 KiB reaches sled**: pages over 128 KiB go to files of their own which sled never syncs
//!   (32 of 32 power cuts bad with 16 KB values). Longer values are cut into pieces, see below.
//! * The directory and its parent are synced once after the database is made.
//! * `flush_every_ms` stays on: garbage is collected by that thread only.
//! * A panic of sled is an error (it panics on damaged files).
//!
//! # Layout
//!
//! ```text
//! 01 ‖ key                        00 ‖ value                    up to 3.5 KiB
//! 01 ‖ key                        01 ‖ generation(8) ‖ length(8)   longer: a head
//! 02 ‖ key ‖ piece number(4)      generation(8) ‖ piece         its pieces, in the same batch as the head
//! 03 ‖ key                        number of pieces(4)           which keys have pieces; read at open only
//! ```
//!
//! Numbers are big-endian. Key and piece number cannot be confused: the number has a fixed length. The
//! generation tells a reader that raced a commit: sled has no snapshots, so it reads the head again.
//!
//! # Limits
//!
//! Restart scans the log since the last one (plan 16 s/GB); about 0.3 GB of memory per million keys' pages
//! beside the cache; 4-5 times the logical size on disk, deletes give nothing back. A reader may see a group
//! a moment before it is durable, because sled shows it when it is applied, not when it is flushed. Once sled
//! itself has met a full disk, a read that makes it rewrite a page of many fragments fails as `Full` too (seen in
//! one of about twelve runs): the free-space floor is there so that it never does.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::ops::{Bound, ControlFlow};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use sled::{Batch, Config, Db, IVec};

use crate::data_dir;
use crate::engine::{Engine, EngineError, EngineStats, Health, ReadView, Visitor, check_sizes};
use crate::group::WriteGroup;
use crate::panics;
use crate::scan::Scan;

/// Longest value in one piece, and longest piece.
const PIECE: usize = 3584;

const ENTRY: u8 = 1;
const PIECES: u8 = 2;
const CUT: u8 = 3;

const WHOLE: u8 = 0;
const HEAD: u8 = 1;
const HEAD_LEN: usize = 17;

/// A reader that loses this many races in a row against commits of the same key gives up.
const RACES: usize = 64;

/// For how long opening waits for the lock of an instance that is being dropped.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// sled behind the seam.
pub struct SledEngine {
    db: Db,
    dir: PathBuf,
    /// A handle of our own on sled's one data file: syncing any handle of a file syncs the file.
    file: File,
    /// False only in [`SledEngine::open_without_device_sync`].
    sync_commits: bool,
    syncs: AtomicU64,
    writer: Mutex<Writer>,
}

struct Writer {
    /// The keys that have pieces, and how many.
    cut: HashMap<Vec<u8>, u32>,
    generation: u64,
    latched: Option<Health>,
}

impl SledEngine {
    /// Opens the engine in `dir`, which must exist.
    ///
    /// # Errors
    /// [`EngineError::Damaged`] when sled cannot read its files, or panics on them.
    pub fn open(dir: &Path, cache_bytes: usize) -> Result<Self, EngineError> {
        Self::open_guarded(dir, cache_bytes, true)
    }

    /// As [`SledEngine::open`], but commits end with sled's own `flush()`: they are lost when the power goes.
    /// There to prove that the tests would tell.
    ///
    /// # Errors
    /// As [`SledEngine::open`].
    #[cfg(feature = "test-util")]
    #[doc(hidden)]
    pub fn open_without_device_sync(dir: &Path, cache_bytes: usize) -> Result<Self, EngineError> {
        Self::open_guarded(dir, cache_bytes, false)
    }

    fn open_guarded(dir: &Path, cache_bytes: usize, sync_commits: bool) -> Result<Self, EngineError> {
        caught(|| {
            let config = Config::new()
                .path(dir)
                .cache_capacity(u64::try_from(cache_bytes).unwrap_or(u64::MAX))
                .flush_every_ms(Some(500))
                .use_compression(false);
            let db = open_patiently(&config)?;
            let file = File::open(dir.join("db")).map_err(EngineError::from_io)?;
            let (cut, generation) = read_cut(&db)?;
            let engine = Self {
                db,
                dir: dir.to_owned(),
                file,
                sync_commits,
                syncs: AtomicU64::new(0),
                writer: Mutex::new(Writer { cut, generation, latched: None }),
            };
            engine.db.flush().map_err(from_sled)?;
            engine.sync_device()?;
            data_dir::sync_dir(dir).map_err(EngineError::Unsynced)?;
            if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                data_dir::sync_dir(parent).map_err(EngineError::Unsynced)?;
            }
            Ok(engine)
        })
    }

    /// The sync behind every acknowledgement. A conformance test counts it, and power cuts prove it.
    fn sync_device(&self) -> Result<(), EngineError> {
        self.file.sync_data().map_err(EngineError::Unsynced)?;
        self.syncs.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn apply(&self, group: &WriteGroup, writer: &mut Writer) -> Result<(), EngineError> {
        writer.generation = writer.generation.wrapping_add(1);
        let mut batch = Batch::default();
        let mut buffer = Vec::with_capacity(PIECE + HEAD_LEN);
        let mut cut = Vec::new();
        for (key, value) in group.iter() {
            let entry = tagged(ENTRY, key);
            let pieces = match value {
                None => {
                    batch.remove(entry);
                    0
                }
                Some(value) if value.len() <= PIECE => {
                    buffer.clear();
                    buffer.push(WHOLE);
                    buffer.extend_from_slice(value);
                    batch.insert(entry, buffer.as_slice());
                    0
                }
                Some(value) => {
                    batch.insert(entry, head(writer.generation, value.len()).as_slice());
                    put_pieces(&mut batch, key, value, writer.generation, &mut buffer)
                }
            };
            // Most keys never have pieces: only the map is asked, not the tree.
            let before = writer.cut.get(key).copied().unwrap_or(0);
            for number in pieces..before {
                batch.remove(piece_key(key, number));
            }
            if pieces != before {
                if pieces == 0 {
                    batch.remove(tagged(CUT, key));
                } else {
                    batch.insert(tagged(CUT, key), &pieces.to_be_bytes());
                }
                cut.push((key, pieces));
            }
        }
        self.db.apply_batch(batch).map_err(from_sled)?;
        self.db.flush().map_err(from_sled)?;
        if self.sync_commits {
            self.sync_device()?;
        }
        for (key, pieces) in cut {
            if pieces == 0 {
                writer.cut.remove(key);
            } else {
                writer.cut.insert(key.to_vec(), pieces);
            }
        }
        Ok(())
    }

    fn read(&self, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        let entry = tagged(ENTRY, key);
        for _ in 0..RACES {
            let Some(stored) = self.db.get(&entry).map_err(from_sled)? else { return Ok(None) };
            if let Some(value) = self.whole(key, &stored)? {
                return Ok(Some(value));
            }
        }
        Err(EngineError::Damaged("pieces of a long value are missing".to_owned()))
    }

    /// The value of an entry, or `None` when a commit replaced its pieces while they were read.
    fn whole(&self, key: &[u8], stored: &[u8]) -> Result<Option<Bytes>, EngineError> {
        let damaged = || EngineError::Damaged("an entry of an unknown kind".to_owned());
        let (tag, rest) = stored.split_first().ok_or_else(damaged)?;
        if *tag == WHOLE {
            return Ok(Some(Bytes::copy_from_slice(rest)));
        }
        let (generation, length) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
        let length = <[u8; 8]>::try_from(length).map_err(|_| damaged())?;
        let length = usize::try_from(u64::from_be_bytes(length)).map_err(|_| damaged())?;
        if *tag != HEAD || length > crate::engine::MAX_VALUE_BYTES {
            return Err(damaged());
        }
        let mut value = Vec::with_capacity(length);
        for number in 0..piece_count(length) {
            let Some(piece) = self.db.get(piece_key(key, number)).map_err(from_sled)? else {
                return Ok(None);
            };
            match piece.split_first_chunk::<8>() {
                Some((of, bytes)) if of == generation => value.extend_from_slice(bytes),
                _ => return Ok(None),
            }
        }
        if value.len() == length {
            Ok(Some(value.into()))
        } else {
            Err(EngineError::Damaged("a long value has the wrong length".to_owned()))
        }
    }

    fn walk(&self, scan: &Scan, visit: &mut Visitor<'_>) -> Result<(), EngineError> {
        let lo = Bound::Included(tagged(ENTRY, scan.lo()));
        let hi = Bound::Excluded(scan.hi().map_or_else(|| vec![PIECES], |hi| tagged(ENTRY, hi)));
        let mut range = self.db.range::<Vec<u8>, _>((lo, hi));
        let mut left = scan.limit();
        while left > 0 {
            let next = if scan.is_reverse() { range.next_back() } else { range.next() };
            let Some(entry) = next else { break };
            let (entry, stored) = entry.map_err(from_sled)?;
            let Some((_, key)) = entry.split_first() else { continue };
            let flow = match stored.split_first() {
                Some((&WHOLE, value)) => visit(key, value),
                _ => {
                    let value = match self.whole(key, &stored)? {
                        Some(value) => Some(value),
                        None => self.read(key)?,
                    };
                    // Deleted since the scan came by.
                    let Some(value) = value else { continue };
                    visit(key, &value)
                }
            };
            left = left.saturating_sub(1);
            if let ControlFlow::Break(()) = flow {
                break;
            }
        }
        Ok(())
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReadView for SledEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        caught(|| self.read(key))
    }

    fn scan(&self, scan: &Scan, visit: &mut Visitor<'_>) -> Result<(), EngineError> {
        if scan.is_empty() {
            return Ok(());
        }
        panics::caught_scan("sled", visit, |visit| self.walk(scan, visit))
    }
}

impl Engine for SledEngine {
    fn name(&self) -> &'static str {
        "sled"
    }

    fn commit(&self, group: &WriteGroup) -> Result<(), EngineError> {
        check_sizes(group)?;
        let mut writer = self.writer();
        match &writer.latched {
            None | Some(Health::Ok) => {}
            Some(Health::Full) => return Err(EngineError::Full),
            Some(Health::Poisoned(reason)) => return Err(EngineError::Poisoned(reason.clone())),
        }
        let done = caught(|| self.apply(group, &mut writer));
        if let Err(error) = &done {
            // Some of it may be in memory and on the disk: only opening again tells.
            writer.latched = Some(match error {
                EngineError::Full => Health::Full,
                other => Health::Poisoned(other.to_string()),
            });
        }
        done
    }

    fn snapshot(&self) -> Result<Option<Box<dyn ReadView>>, EngineError> {
        Ok(None)
    }

    fn stats(&self) -> Result<EngineStats, EngineError> {
        let mut disk_bytes = self.file.metadata().map_err(EngineError::from_io)?.len();
        for entry in std::fs::read_dir(&self.dir).map_err(EngineError::from_io)? {
            let entry = entry.map_err(EngineError::from_io)?;
            if entry.file_name().to_string_lossy().starts_with("snap.") {
                // A snapshot may be replaced while it is looked at.
                disk_bytes = disk_bytes.saturating_add(entry.metadata().map_or(0, |snapshot| snapshot.len()));
            }
        }
        Ok(EngineStats { disk_bytes, device_syncs: self.syncs.load(Ordering::Relaxed) })
    }

    fn health(&self) -> Health {
        self.writer().latched.clone().unwrap_or(Health::Ok)
    }

    fn close(self: Box<Self>) -> Result<(), EngineError> {
        caught(|| {
            self.db.flush().map_err(from_sled)?;
            self.sync_device()?;
            drop(self);
            Ok(())
        })
    }
}

impl fmt::Debug for SledEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SledEngine").field("sync_commits", &self.sync_commits).finish_non_exhaustive()
    }
}

/// Threads of a dropped instance may hold its lock a moment longer.
fn open_patiently(config: &Config) -> Result<Db, EngineError> {
    let started = Instant::now();
    loop {
        match config.open() {
            Err(sled::Error::Io(error))
                if error.to_string().contains("could not acquire lock")
                    && started.elapsed() < LOCK_PATIENCE =>
            {
                std::thread::sleep(Duration::from_millis(20));
            }
            opened => return opened.map_err(from_sled),
        }
    }
}

/// The keys that have pieces, and the greatest generation in use.
fn read_cut(db: &Db) -> Result<(HashMap<Vec<u8>, u32>, u64), EngineError> {
    let damaged = || EngineError::Damaged("the list of long values is malformed".to_owned());
    let mut cut = HashMap::new();
    let mut greatest = 0;
    for entry in db.scan_prefix([CUT]) {
        let (key, pieces) = entry.map_err(from_sled)?;
        let (_, key) = key.split_first().ok_or_else(damaged)?;
        let pieces = <[u8; 4]>::try_from(&*pieces).map_err(|_| damaged())?;
        let head = db.get(tagged(ENTRY, key)).map_err(from_sled)?.ok_or_else(damaged)?;
        let generation =
            head.get(1..9).and_then(|bytes| <[u8; 8]>::try_from(bytes).ok()).ok_or_else(damaged)?;
        greatest = greatest.max(u64::from_be_bytes(generation));
        cut.insert(key.to_vec(), u32::from_be_bytes(pieces));
    }
    Ok((cut, greatest))
}

fn put_pieces(batch: &mut Batch, key: &[u8], value: &[u8], generation: u64, buffer: &mut Vec<u8>) -> u32 {
    let mut number = 0;
    for piece in value.chunks(PIECE) {
        buffer.clear();
        buffer.extend_from_slice(&generation.to_be_bytes());
        buffer.extend_from_slice(piece);
        batch.insert(piece_key(key, number), buffer.as_slice());
        number = number.wrapping_add(1);
    }
    number
}

/// At most 1,171 for the longest value.
fn piece_count(length: usize) -> u32 {
    u32::try_from(length.div_ceil(PIECE)).unwrap_or(u32::MAX)
}

fn head(generation: u64, length: usize) -> Vec<u8> {
    let mut head = Vec::with_capacity(HEAD_LEN);
    head.push(HEAD);
    head.extend_from_slice(&generation.to_be_bytes());
    head.extend_from_slice(&u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes());
    head
}

fn tagged(tag: u8, key: &[u8]) -> Vec<u8> {
    let mut tagged = Vec::with_capacity(key.len().saturating_add(5));
    tagged.push(tag);
    tagged.extend_from_slice(key);
    tagged
}

fn piece_key(key: &[u8], number: u32) -> IVec {
    let mut piece = tagged(PIECES, key);
    piece.extend_from_slice(&number.to_be_bytes());
    piece.into()
}

fn caught<T>(work: impl FnOnce() -> Result<T, EngineError>) -> Result<T, EngineError> {
    panics::caught("sled", work)
}

fn from_sled(error: sled::Error) -> EngineError {
    match error {
        sled::Error::Io(error) => EngineError::from_io(error),
        sled::Error::Corruption { at, .. } => {
            EngineError::Damaged(format!("sled found a damaged page at {at:?}"))
        }
        sled::Error::CollectionNotFound(_) => EngineError::Damaged("the tree is missing".to_owned()),
        sled::Error::Unsupported(what) | sled::Error::ReportableBug(what) => EngineError::Poisoned(what),
    }
}

#[cfg(test)]
mod tests;
