//! A real full disk: a small tmpfs, filled to the brim while accounts are written.
//!
//! Needs root, to mount. Where it cannot, it says so and passes: look for `SKIPPED` in the output.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking and say what they skip"
)]

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use pryv_engine::conformance::history::History;
use pryv_engine::{EngineKind, FreeFloor, Health, Store, StoreError, StoreOptions};

struct SmallDisk {
    path: tempfile::TempDir,
}

impl SmallDisk {
    fn mount(megabytes: u32) -> Option<Self> {
        let path = tempfile::tempdir().unwrap();
        let size = format!("size={megabytes}m");
        let done =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(path.path()).output();
        match done {
            Ok(done) if done.status.success() => Some(Self { path }),
            other => {
                eprintln!("SKIPPED full_disk: a tmpfs cannot be mounted (needs root): {other:?}");
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.path.path()
    }

    /// Fills what is left, but for `spare` bytes, and answers the file to delete.
    fn ballast(&self, spare: usize) -> PathBuf {
        let path = self.path().join("ballast");
        let mut file = File::create(&path).unwrap();
        while file.write_all(&[1; 4096]).is_ok() {}
        let len = file.metadata().unwrap().len();
        file.set_len(len.saturating_sub(spare as u64)).unwrap();
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let done = Command::new("umount").arg("--lazy").arg(self.path()).status();
        assert!(done.is_ok_and(|done| done.success()) || thread::panicking());
    }
}

fn options(engine: EngineKind, floor: FreeFloor) -> StoreOptions {
    let mut options = StoreOptions::default();
    options.engine = engine;
    options.cache_bytes = 8 << 20;
    options.free_floor = floor;
    options.space_check_interval = Duration::from_millis(10);
    options.reopen_interval = Duration::from_millis(50);
    options
}

const HISTORY: History = History { account: 1, longest: 4096 };

/// Writes until the store says `Full`, or for too long. Answers what was acknowledged.
fn fill(store: &Store, mut acknowledged: u64) -> u64 {
    for _ in 0..20_000 {
        match HISTORY.step(store) {
            Ok(n) => acknowledged = n,
            Err(StoreError::Full) => return acknowledged,
            Err(other) => panic!("not Full: {other:?}"),
        }
    }
    panic!("the disk never filled");
}

/// Writes until the store takes it again.
fn heal(store: &Store) -> u64 {
    let started = Instant::now();
    loop {
        match HISTORY.step(store) {
            Ok(n) => return n,
            Err(StoreError::Full) if started.elapsed() < Duration::from_secs(20) => {
                thread::sleep(Duration::from_millis(20));
            }
            Err(other) => panic!("it does not heal: {other:?}"),
        }
    }
}

/// Without a floor the engine itself meets the full disk: typed error, reads go on (with sled: go on or say
/// `Full`, never anything wrong), heals by itself.
fn engine_meets_the_full_disk(engine: EngineKind) {
    let Some(disk) = SmallDisk::mount(64) else { return };
    let dir = disk.path().join("store");
    let store = Store::open(&dir, &options(engine, FreeFloor::NONE)).unwrap();
    let mut acknowledged = 0;
    for _ in 0..20 {
        acknowledged = HISTORY.step(&store).unwrap();
    }
    let ballast = disk.ballast(1 << 20);
    let acknowledged = fill(&store, acknowledged);
    assert!(store.stats().failed_groups >= 1, "the engine met it");
    assert!(matches!(store.health(), Health::Full));
    match HISTORY.check(&store, acknowledged) {
        Ok(_) => {}
        // A read of sled that has to rewrite a page of many fragments needs room too.
        Err(error) if engine == EngineKind::Sled && error.ends_with("cannot be read: the store is full") => {}
        Err(error) => panic!("reads go on: {error}"),
    }
    std::fs::remove_file(ballast).unwrap();
    let acknowledged = heal(&store).max(acknowledged);
    HISTORY.check(&store, acknowledged).unwrap();
    assert_eq!(store.health(), Health::Ok);
    assert!(store.stats().reopens >= 1);
    store.close().unwrap();
    let store = Store::open(&dir, &options(engine, FreeFloor::NONE)).unwrap();
    HISTORY.check(&store, acknowledged).unwrap();
    store.close().unwrap();
}

/// With a floor the engine never meets it.
fn the_floor_is_met_first(engine: EngineKind) {
    let Some(disk) = SmallDisk::mount(96) else { return };
    let floor = FreeFloor { bytes: 8 << 20, percent: 5 };
    let store = Store::open(&disk.path().join("store"), &options(engine, floor)).unwrap();
    let acknowledged = HISTORY.step(&store).unwrap();
    let ballast = disk.ballast(4 << 20);
    thread::sleep(Duration::from_millis(20));
    assert_eq!(fill(&store, acknowledged), acknowledged, "below the floor nothing is written");
    assert_eq!(store.health(), Health::Full);
    assert_eq!(HISTORY.check(&store, acknowledged), Ok(acknowledged));
    std::fs::remove_file(ballast).unwrap();
    let acknowledged = heal(&store);
    HISTORY.check(&store, acknowledged).unwrap();
    let stats = store.stats();
    assert_eq!((stats.failed_groups, stats.reopens), (0, 0), "the engine saw nothing of it");
    store.close().unwrap();
}

#[test]
fn redb_meets_a_full_disk() {
    engine_meets_the_full_disk(EngineKind::Redb);
}

#[test]
fn sled_meets_a_full_disk() {
    engine_meets_the_full_disk(EngineKind::Sled);
}

#[test]
fn redb_is_kept_above_the_floor() {
    the_floor_is_met_first(EngineKind::Redb);
}

#[test]
fn sled_is_kept_above_the_floor() {
    the_floor_is_met_first(EngineKind::Sled);
}
