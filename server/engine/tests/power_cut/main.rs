//! Power cuts: a disk with a volatile write cache under a loop device with a real ext4.
//!
//! Accounts are written by several threads. At random moments the power is "cut": the medium is copied as only
//! flushed, as flushed and a random part of the cache (some pages torn at sectors), and as everything written.
//! Each copy is mounted, which replays the journal, and opened; each account must be exact and hold at least what
//! had been acknowledged before the cut.
//!
//! Needs root, `/dev/fuse` and loop devices; says `SKIPPED` where they are missing.
//! `PRYV_POWER_CUTS` sets how many cuts an engine gets (3 images each); the default is 6.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::print_stderr,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test binary: it fails by panicking and reports by printing"
)]

mod medium;
mod mounts;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use pryv_engine::conformance::history::History;
use pryv_engine::{EngineKind, FreeFloor, SledEngine, Store, StoreOptions};

use crate::medium::{Disk, Image, Left};
use crate::mounts::Ext4;

const DISK_BYTES: u64 = 160 << 20;
const ACCOUNTS: u32 = 6;

/// Loop devices are few: one test at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

type Open = fn(&Path) -> Result<Store, String>;

fn options(engine: EngineKind) -> StoreOptions {
    let mut options = StoreOptions::default();
    options.engine = engine;
    options.cache_bytes = 8 << 20;
    options.free_floor = FreeFloor { bytes: 8 << 20, percent: 0 };
    options
}

fn redb(dir: &Path) -> Result<Store, String> {
    Store::open(&dir.join("store"), &options(EngineKind::Redb)).map_err(|error| format!("{error:?}"))
}

fn sled(dir: &Path) -> Result<Store, String> {
    Store::open(&dir.join("store"), &options(EngineKind::Sled)).map_err(|error| format!("{error:?}"))
}

/// sled without the sync that follows each of its flushes.
fn sled_without_device_sync(dir: &Path) -> Result<Store, String> {
    let dir = dir.join("store");
    std::fs::create_dir_all(&dir).map_err(|error| error.to_string())?;
    let open = move || -> Result<Box<dyn pryv_engine::Engine>, pryv_engine::EngineError> {
        Ok(Box::new(SledEngine::open_without_device_sync(&dir, 8 << 20)?))
    };
    Store::with_engine(open, &options(EngineKind::Sled), None).map_err(|error| format!("{error:?}"))
}

/// What the cuts of one engine came to.
struct Outcome {
    images: u64,
    bad: Vec<String>,
    acknowledged: u64,
    flushes: u64,
}

/// Writes, cuts and checks; `None` where the machine cannot.
fn cut_power(name: &str, open: Open, cuts: u64, stop_at_first: bool) -> Option<Outcome> {
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let fuse_dir = tempfile::tempdir().unwrap();
    let disk = Disk::new(DISK_BYTES);
    let _session = match disk.serve(fuse_dir.path()) {
        Ok(session) => session,
        Err(error) => {
            eprintln!(
                "SKIPPED power_cut/{name}: FUSE cannot be mounted ({error}); it needs root and /dev/fuse, \
                 or `apt-get install fuse3` for a user"
            );
            return None;
        }
    };
    let ext4 = match Ext4::mount(&fuse_dir.path().join("disk"), true) {
        Ok(ext4) => ext4,
        Err(error) => {
            eprintln!(
                "SKIPPED power_cut/{name}: no ext4 on a loop device ({error}); it needs root and loop devices, \
                 or `apt-get install e2fsprogs mount`"
            );
            return None;
        }
    };
    let store = open(&ext4.path()).unwrap();
    let acknowledged: Vec<AtomicU64> = (0..ACCOUNTS).map(|_| AtomicU64::new(0)).collect();
    let stop = AtomicBool::new(false);
    let mut state = 0x5eed_u64;
    let mut random = move |bound: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    let mut outcome = Outcome { images: 0, bad: Vec::new(), acknowledged: 0, flushes: 0 };
    thread::scope(|scope| {
        for account in 0..ACCOUNTS {
            let (store, acknowledged, stop) = (&store, &acknowledged, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    let n = history(account).step(store).unwrap();
                    acknowledged[account as usize].store(n, Ordering::SeqCst);
                }
            });
        }
        // Whatever fails below, the writers must end.
        let _stop = StopOnDrop(&stop);
        for cut in 0..cuts {
            thread::sleep(Duration::from_millis(100 + random(400)));
            // Read before the cut: later acknowledgements may be lost, these may not.
            let before: Vec<u64> = acknowledged.iter().map(|n| n.load(Ordering::SeqCst)).collect();
            for (left, image) in disk.cut(&mut random) {
                outcome.images += 1;
                if let Err(what) = check(&image, open, &before) {
                    outcome.bad.push(format!("cut {cut}, {left:?}: {what}"));
                }
            }
            if stop_at_first && !outcome.bad.is_empty() {
                break;
            }
        }
    });
    outcome.acknowledged = acknowledged.iter().map(|n| n.load(Ordering::SeqCst)).sum();
    outcome.flushes = disk.flushes();
    store.close().unwrap();
    drop(store);
    drop(ext4);
    println!(
        "{name}: {} images, {} bad, {} acknowledged writes, {} device flushes",
        outcome.images,
        outcome.bad.len(),
        outcome.acknowledged,
        outcome.flushes
    );
    for bad in &outcome.bad {
        println!("  {bad}");
    }
    Some(outcome)
}

/// Some accounts write long values, which sled keeps in pieces.
fn history(account: u32) -> History {
    History { account, longest: if account < 2 { 16_000 } else { 3000 } }
}

/// Mounts an image and checks every account in it.
fn check(image: &Image, open: Open, acknowledged: &[u64]) -> Result<(), String> {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("image");
    image.write(&file).unwrap();
    let ext4 = Ext4::mount(&file, false).map_err(|error| format!("not mountable: {error}"))?;
    let store = open(&ext4.path())?;
    let checked = (0..)
        .zip(acknowledged)
        .try_for_each(|(account, acknowledged)| history(account).check(&store, *acknowledged).map(drop));
    drop(store);
    checked
}

struct StopOnDrop<'s>(&'s AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[expect(clippy::disallowed_methods, reason = "the one setting of this test")]
fn cuts() -> u64 {
    std::env::var("PRYV_POWER_CUTS").ok().and_then(|cuts| cuts.parse().ok()).unwrap_or(6)
}

fn survives(name: &str, open: Open) {
    if let Some(outcome) = cut_power(name, open, cuts(), false) {
        assert!(outcome.bad.is_empty(), "{name}: {:#?}", outcome.bad);
        assert!(outcome.acknowledged > 0);
    }
}

#[test]
fn redb_survives_power_cuts() {
    survives("redb", redb);
}

#[test]
fn sled_survives_power_cuts() {
    survives("sled", sled);
}

/// The harness tells: without the sync of the device, sled loses what it acknowledged.
#[test]
fn sled_without_the_device_sync_is_found_out() {
    if let Some(outcome) = cut_power("sled without device sync", sled_without_device_sync, 30, true) {
        assert!(!outcome.bad.is_empty(), "30 power cuts and nothing lost: the harness sees nothing");
    }
}

/// The medium itself: a cut keeps what was flushed, and of the rest only what it is told to keep.
#[test]
fn only_a_flush_makes_stable() {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("image");
    let disk = Disk::new(1 << 20);
    disk.write(4000, &[1; 200]);
    disk.flush();
    disk.write(4090, &[2; 4200]);
    // Every page is kept (1 of 2), each torn (0 of 8) after three sectors (3 of 8).
    let mut answers = [1, 0, 3].into_iter().cycle();
    let mut found = Vec::new();
    for (left, image) in disk.cut(&mut |_| answers.next().unwrap()) {
        image.write(&file).unwrap();
        let bytes = std::fs::read(&file).unwrap();
        assert_eq!(bytes.len(), 1 << 20);
        found
            .push((left, [4000, 4089, 4090, 4199, 4200, 4096 + 1535, 4096 + 1536, 8289].map(|at| bytes[at])));
    }
    assert_eq!(
        found,
        [
            (Left::Flushed, [1, 1, 1, 1, 0, 0, 0, 0]),
            (Left::Some, [1, 1, 1, 2, 2, 2, 0, 2]),
            (Left::All, [1, 1, 2, 2, 2, 2, 2, 2]),
        ]
    );
    assert_eq!(disk.flushes(), 1);
}
