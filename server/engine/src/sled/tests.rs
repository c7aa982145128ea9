//! What only a look inside sled shows: no piece stays behind, and nothing spills to files sled never syncs.

#![expect(clippy::cast_possible_truncation, reason = "fillers may wrap")]

use super::{PIECE, SledEngine};
use crate::engine::{Engine, ReadView};
use crate::group::WriteGroup;

fn commit(engine: &SledEngine, key: &[u8], value: Option<usize>) {
    let mut group = WriteGroup::new();
    match value {
        Some(len) => group.put(key, vec![7; len]),
        None => group.delete(key),
    }
    engine.commit(&group).unwrap();
}

#[test]
fn no_piece_stays_behind() {
    let temp = tempfile::tempdir().unwrap();
    let mut engine = SledEngine::open(temp.path(), 1 << 20).unwrap();
    // Length, and the sled entries it takes: the entry, its pieces, and the mark that it has some.
    for (len, entries) in [
        (Some(1 << 20), 1 + (1usize << 20).div_ceil(PIECE) + 1),
        (Some(PIECE), 1),
        (Some(PIECE + 1), 1 + 2 + 1),
        (Some(9 * PIECE), 1 + 9 + 1),
        (Some(3 * PIECE), 1 + 3 + 1),
        (Some(0), 1),
        (Some(2 * PIECE), 1 + 2 + 1),
        (None, 0),
        (Some(5 * PIECE), 1 + 5 + 1),
    ] {
        commit(&engine, b"k", len);
        assert_eq!(engine.db.len(), entries, "{len:?}");
        drop(engine);
        engine = SledEngine::open(temp.path(), 1 << 20).unwrap();
        assert_eq!(engine.get(b"k").unwrap().map(|value| value.len()), len, "{len:?}");
    }
}

#[test]
fn long_values_and_keys_make_no_blob_files() {
    let temp = tempfile::tempdir().unwrap();
    let engine = SledEngine::open(temp.path(), 1 << 20).unwrap();
    for n in 0..60u32 {
        let mut group = WriteGroup::new();
        for m in 0..8u32 {
            let mut key = vec![n as u8; crate::engine::MAX_KEY_BYTES - 8];
            key.extend_from_slice(&(u64::from(n) << 32 | u64::from(m)).to_be_bytes());
            group.put(&key, vec![m as u8; if m == 0 { 200_000 } else { PIECE }]);
        }
        engine.commit(&group).unwrap();
    }
    let blobs = temp.path().join("blobs");
    let count = std::fs::read_dir(&blobs).map_or(0, |files| files.count());
    assert_eq!(count, 0, "sled never syncs {}", blobs.display());
}

#[test]
fn many_long_keys_make_no_blob_files() {
    let temp = tempfile::tempdir().unwrap();
    let engine = SledEngine::open(temp.path(), 1 << 20).unwrap();
    // Ascending keys fill one leaf and one index page at a time, and differ early, so that no prefix is shared.
    for n in 0..40u32 {
        let mut group = WriteGroup::new();
        for m in 0..256u32 {
            let mut key = (n << 16 | m).to_be_bytes().to_vec();
            key.resize(crate::engine::MAX_KEY_BYTES, 0xee);
            group.put(&key, vec![m as u8; 16]);
        }
        engine.commit(&group).unwrap();
    }
    let count = std::fs::read_dir(temp.path().join("blobs")).map_or(0, |files| files.count());
    assert_eq!(count, 0);
}
