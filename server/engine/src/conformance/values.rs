//! Values of every length, and what becomes of longer ones.

use std::ops::ControlFlow;

use super::Subject;
use crate::engine::{Engine, EngineError, MAX_KEY_BYTES, MAX_VALUE_BYTES};
use crate::group::WriteGroup;
use crate::scan::Scan;

/// Around every border an engine might have: sled's pieces of 3,584 bytes, pages, powers of two.
const SIZES: [usize; 17] = [
    0,
    1,
    100,
    3583,
    3584,
    3585,
    4095,
    4096,
    4097,
    7168,
    7169,
    65_535,
    65_536,
    131_073,
    1 << 20,
    (1 << 20) + 1,
    MAX_VALUE_BYTES,
];

/// Bytes that differ at every place, so that swapped pieces show.
fn bytes(len: usize, salt: u8) -> Vec<u8> {
    (0..len).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8 ^ salt).collect()
}

/// Each length comes back, before and after opening again.
pub fn sizes_up_to_the_limit(subject: &Subject) {
    let engine = subject.open();
    for len in SIZES {
        let mut group = WriteGroup::new();
        group.put(&len.to_be_bytes(), bytes(len, 1));
        engine.commit(&group).unwrap();
    }
    let check = |engine: &dyn Engine| {
        for len in SIZES {
            let found = engine.get(&len.to_be_bytes()).unwrap().unwrap();
            assert!(found == bytes(len, 1), "{len} bytes came back otherwise");
        }
    };
    check(&*engine);
    engine.close().unwrap();
    let engine = subject.open();
    check(&*engine);
    engine.close().unwrap();
}

/// A key or value over the limit refuses its whole group, and the engine goes on.
pub fn too_large_is_refused_whole(subject: &Subject) {
    let engine = subject.open();
    let mut group = WriteGroup::new();
    group.put(b"beside", vec![1]);
    group.put(b"value", vec![0; MAX_VALUE_BYTES + 1]);
    assert!(matches!(engine.commit(&group), Err(EngineError::TooLarge { what: "value", .. })));
    let mut group = WriteGroup::new();
    group.put(b"beside", vec![1]);
    group.delete(&[0; MAX_KEY_BYTES + 1]);
    assert!(matches!(engine.commit(&group), Err(EngineError::TooLarge { what: "key", .. })));
    assert_eq!(engine.get(b"beside").unwrap(), None);
    let mut group = WriteGroup::new();
    group.put(b"beside", vec![1]);
    engine.commit(&group).unwrap();
    engine.close().unwrap();
}

/// A value that shrinks, grows and goes leaves nothing of its former lengths, its neighbours alone.
pub fn shrinking_and_growing(subject: &Subject) {
    let mut engine = subject.open();
    let mut group = WriteGroup::new();
    for neighbour in ["j", "k\0", "k\0\0\0\0", "k\0\0\0\x01", "l"] {
        group.put(neighbour.as_bytes(), bytes(5000, 9));
    }
    engine.commit(&group).unwrap();
    for (round, len) in [1 << 20, 10, 20_000, 3585, 3584, 300_000, 0, 8000].into_iter().enumerate() {
        let mut group = WriteGroup::new();
        group.put(b"k", bytes(len, round as u8));
        engine.commit(&group).unwrap();
        assert!(engine.get(b"k").unwrap().unwrap() == bytes(len, round as u8), "{len}");
        if round % 3 == 2 {
            engine.close().unwrap();
            engine = subject.open();
        }
    }
    let mut group = WriteGroup::new();
    group.delete(b"k");
    engine.commit(&group).unwrap();
    let mut seen = Vec::new();
    engine
        .scan(&Scan::all(), &mut |key, value| {
            assert!(value == bytes(5000, 9));
            seen.push(key.to_vec());
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(seen.len(), 5, "{seen:?}");
    engine.close().unwrap();
}

/// Scans give long values entire, in order, in both directions, and count them once.
pub fn long_values_scan(subject: &Subject) {
    let engine = subject.open();
    let mut group = WriteGroup::new();
    for n in 0..20u8 {
        group.put(&[n], bytes(if n % 2 == 0 { 10_000 } else { 10 }, n));
    }
    engine.commit(&group).unwrap();
    for scan in [Scan::all().limited(7), Scan::all().limited(7).reversed()] {
        let mut seen = Vec::new();
        engine
            .scan(&scan, &mut |key, value| {
                assert!(value == bytes(if key[0] % 2 == 0 { 10_000 } else { 10 }, key[0]));
                seen.push(key[0]);
                ControlFlow::Continue(())
            })
            .unwrap();
        let expected: Vec<u8> = if scan.is_reverse() { (13..20).rev().collect() } else { (0..7).collect() };
        assert_eq!(seen, expected);
    }
    engine.close().unwrap();
}
