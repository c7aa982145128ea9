//! Backup and restore: what comes back equals what was there, and no damage goes unnoticed.

#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "helpers of tests fail by panicking"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pryv_engine::{
    BackupOptions, EngineKind, FreeFloor, OpenError, Reader, RestoreError, Scan, Store, StoreError,
    StoreOptions, verify_backup,
};

fn options(engine: EngineKind) -> StoreOptions {
    let mut options = StoreOptions::default();
    options.engine = engine;
    options.free_floor = FreeFloor::NONE;
    options.cache_bytes = 32 << 20;
    options
}

fn contents(store: &Store) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let entries: Result<_, StoreError> = store.read_consistent(|view| view.entries(&Scan::all()));
    entries.unwrap().into_iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
}

/// 900 entries over several chunks, one value of 1 MiB, an empty key and an empty value.
fn fill(store: &Store) {
    for part in 0..9u32 {
        store
            .write::<_, StoreError>(move |tx| {
                for n in 0..100u32 {
                    let key = [&b"r/"[..], &(part * 100 + n).to_be_bytes()].concat();
                    tx.put(&key, &vec![part as u8; (n * 97 % 5000) as usize])?;
                }
                Ok(())
            })
            .unwrap();
    }
    store
        .write::<_, StoreError>(|tx| {
            tx.put(b"", b"the empty key")?;
            tx.put(b"s/session", b"not for backups")?;
            tx.put(b"z", &vec![7; 1 << 20])
        })
        .unwrap();
}

fn made(dir: &Path) -> std::path::PathBuf {
    let store = Store::in_memory().unwrap();
    fill(&store);
    let path = dir.join("backup");
    let summary = store.backup_to_file(&path, &BackupOptions::all()).unwrap();
    assert_eq!(summary.entries, 903);
    assert_eq!(verify_backup(&path).unwrap(), summary);
    path
}

#[test]
fn a_backup_moves_a_store_to_another_engine() {
    for (from, to) in [(EngineKind::Redb, EngineKind::Sled), (EngineKind::Sled, EngineKind::Redb)] {
        let temp = tempfile::tempdir().unwrap();
        let source = Store::open(&temp.path().join("from"), &options(from)).unwrap();
        fill(&source);
        let path = temp.path().join("backup");
        let saved = source.backup_to_file(&path, &BackupOptions::all()).unwrap();
        let target = Store::open(&temp.path().join("to"), &options(to)).unwrap();
        assert_eq!(target.restore_from_file(&path).unwrap(), saved);
        assert_eq!(contents(&target), contents(&source));
        drop(target);
        let target = Store::open(&temp.path().join("to"), &options(to)).unwrap();
        assert_eq!(contents(&target), contents(&source), "after opening again");
        assert!(matches!(target.restore_from_file(&path), Err(RestoreError::NotEmpty)));
        let left: Vec<_> = std::fs::read_dir(temp.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left.len(), 3, "no partial file stays: {left:?}");
    }
}

#[test]
fn a_prefix_and_a_predicate_choose() {
    let store = Store::in_memory().unwrap();
    fill(&store);
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("some");
    let chosen = BackupOptions::prefix(b"r/").keep(|key| key.last().is_some_and(|last| last % 2 == 0));
    assert_eq!(store.backup_to_file(&path, &chosen).unwrap().entries, 450);
    store.backup_to_file(&path, &BackupOptions::all().keep(|key| !key.starts_with(b"s/"))).unwrap();
    let restored = Store::in_memory().unwrap();
    restored.restore_from_file(&path).unwrap();
    assert_eq!(restored.get(b"s/session").unwrap(), None);
    assert_eq!(contents(&restored).len(), 902);
}

#[test]
fn an_empty_store_has_a_backup_too() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("empty");
    Store::in_memory().unwrap().backup_to_file(&path, &BackupOptions::all()).unwrap();
    assert_eq!(Store::in_memory().unwrap().restore_from_file(&path).unwrap().entries, 0);
}

/// Every way to spoil a stream is refused by the first reading, and the store stays empty.
fn refused(spoil: impl Fn(&mut Vec<u8>)) -> RestoreError {
    let temp = tempfile::tempdir().unwrap();
    let path = made(temp.path());
    let mut bytes = std::fs::read(&path).unwrap();
    spoil(&mut bytes);
    std::fs::write(&path, bytes).unwrap();
    let store = Store::open(&temp.path().join("store"), &options(EngineKind::Redb)).unwrap();
    let error = store.restore_from_file(&path).unwrap_err();
    assert!(contents(&store).is_empty());
    drop(store);
    Store::open(&temp.path().join("store"), &options(EngineKind::Redb)).unwrap();
    error
}

#[test]
fn every_cut_and_every_flip_is_found() {
    let temp = tempfile::tempdir().unwrap();
    let path = made(temp.path());
    let good = std::fs::read(&path).unwrap();
    let mut offsets: Vec<usize> = (0..good.len()).step_by(97_001).collect();
    offsets.extend((0..30).chain(good.len() - 60..good.len()));
    for at in offsets {
        std::fs::write(&path, &good[..at]).unwrap();
        let cut = verify_backup(&path).unwrap_err();
        assert!(
            matches!(cut, RestoreError::Truncated { .. } | RestoreError::UnknownFormat),
            "cut at {at}: {cut:?}"
        );
        let mut flipped = good.clone();
        flipped[at] ^= 0x10;
        std::fs::write(&path, &flipped).unwrap();
        let flip = verify_backup(&path);
        assert!(flip.is_err(), "flip at {at}: {flip:?}");
    }
    std::fs::write(&path, &good).unwrap();
    verify_backup(&path).unwrap();
}

#[test]
fn spoiled_streams_are_refused_before_anything_is_written() {
    assert!(matches!(refused(|bytes| bytes.truncate(bytes.len() - 1)), RestoreError::Truncated { .. }));
    assert!(matches!(refused(|bytes| bytes[7] = 2), RestoreError::UnknownFormat));
    assert!(matches!(
        refused(|bytes| bytes.push(0)),
        RestoreError::Damaged { what: "bytes after the trailer", .. }
    ));
    assert!(matches!(refused(|bytes| bytes.clear()), RestoreError::UnknownFormat));
    let chunks = |bytes: &[u8]| -> Vec<std::ops::Range<usize>> {
        let (mut at, mut found) = (8, Vec::new());
        while bytes[at] == 1 {
            let length = u32::from_be_bytes(bytes[at + 9..at + 13].try_into().unwrap()) as usize;
            found.push(at..at + 13 + length + 16);
            at += 13 + length + 16;
        }
        found
    };
    let swapped = refused(|bytes| {
        let found = chunks(bytes);
        let (first, second) = (bytes[found[0].clone()].to_vec(), bytes[found[1].clone()].to_vec());
        bytes.splice(found[0].start..found[1].end, [second, first].concat());
    });
    assert!(matches!(swapped, RestoreError::Damaged { chunk: 0, what: "wrong number" }), "{swapped:?}");
    let left_out = refused(|bytes| drop(bytes.drain(chunks(bytes)[1].clone())));
    assert!(matches!(left_out, RestoreError::Damaged { chunk: 1, .. }), "{left_out:?}");
    let renumbered = refused(|bytes| {
        let found = chunks(bytes);
        bytes.drain(found[0].clone());
        bytes[9..17].copy_from_slice(&0u64.to_be_bytes());
    });
    assert!(matches!(renumbered, RestoreError::Damaged { chunk: 0, what: "wrong check" }), "{renumbered:?}");
}

/// Two keys always change together; no backup taken meanwhile may show them apart.
#[test]
fn a_backup_shows_one_moment_while_writes_go_on() {
    for engine in [EngineKind::Redb, EngineKind::Sled] {
        let temp = tempfile::tempdir().unwrap();
        let store = Store::open(&temp.path().join("store"), &options(engine)).unwrap();
        fill(&store);
        let stop = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..4u8)
            .map(|n| {
                let (store, stop) = (store.clone(), Arc::clone(&stop));
                std::thread::spawn(move || {
                    let mut rounds = 0u64;
                    while !stop.load(Ordering::SeqCst) {
                        rounds += 1;
                        store
                            .write::<_, StoreError>(move |tx| {
                                tx.put(&[b'a', n], &rounds.to_be_bytes())?;
                                tx.put(&[b'y', n], &rounds.to_be_bytes())
                            })
                            .unwrap();
                    }
                    rounds
                })
            })
            .collect();
        for n in 0..8 {
            let path = temp.path().join(format!("backup-{n}"));
            store.backup_to_file(&path, &BackupOptions::all()).unwrap();
            let restored = Store::in_memory().unwrap();
            restored.restore_from_file(&path).unwrap();
            let found = contents(&restored);
            for n in 0..4u8 {
                assert_eq!(found.get(&vec![b'a', n]), found.get(&vec![b'y', n]), "{engine}");
            }
        }
        stop.store(true, Ordering::SeqCst);
        let rounds: u64 = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
        assert!(rounds > 8, "the writers went on: {rounds}");
    }
}

#[test]
fn a_directory_with_half_a_restore_is_no_store() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("store");
    drop(Store::open(&dir, &options(EngineKind::Redb)).unwrap());
    std::fs::write(dir.join("RESTORING"), b"").unwrap();
    assert!(matches!(
        Store::open(&dir, &options(EngineKind::Redb)),
        Err(OpenError::RestoreUnfinished { .. })
    ));
}
