//! Order, edges, limits and direction of reads.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::Subject;
use crate::engine::{Engine, MAX_KEY_BYTES};
use crate::group::WriteGroup;
use crate::scan::Scan;

/// The keys a scan visits.
fn keys(engine: &dyn Engine, scan: &Scan) -> Vec<Vec<u8>> {
    let mut keys = Vec::new();
    engine
        .scan(scan, &mut |key, _| {
            keys.push(key.to_vec());
            ControlFlow::Continue(())
        })
        .unwrap();
    keys
}

/// Inclusive start, exclusive end, empty and inverted ranges, early end.
pub fn edges_of_ranges(subject: &Subject) {
    let engine = subject.open();
    assert_eq!(keys(&*engine, &Scan::all()), Vec::<Vec<u8>>::new());
    let mut group = WriteGroup::new();
    for key in ["a", "b", "b\0", "c", "d"] {
        group.put(key.as_bytes(), key.as_bytes().to_vec());
    }
    engine.commit(&group).unwrap();
    let named = |scan: Scan| -> Vec<String> {
        keys(&*engine, &scan).into_iter().map(|key| String::from_utf8(key).unwrap()).collect()
    };
    assert_eq!(named(Scan::all()), ["a", "b", "b\0", "c", "d"]);
    assert_eq!(named(Scan::all().reversed()), ["d", "c", "b\0", "b", "a"]);
    assert_eq!(named(Scan::range(b"b", b"d")), ["b", "b\0", "c"]);
    assert_eq!(named(Scan::range(b"b", b"d").reversed()), ["c", "b\0", "b"]);
    assert_eq!(named(Scan::range(b"b", b"b")), [""; 0]);
    assert_eq!(named(Scan::range(b"d", b"b")), [""; 0]);
    assert_eq!(named(Scan::range(b"b\0", b"c")), ["b\0"]);
    assert_eq!(named(Scan::from(b"bb")), ["c", "d"]);
    assert_eq!(named(Scan::prefix(b"b")), ["b", "b\0"]);
    assert_eq!(named(Scan::prefix(b"x")), [""; 0]);
    assert_eq!(named(Scan::all().limited(0)), [""; 0]);
    assert_eq!(named(Scan::all().limited(2)), ["a", "b"]);
    assert_eq!(named(Scan::all().limited(2).reversed()), ["d", "c"]);
    assert_eq!(named(Scan::all().after(b"b").limited(1)), ["b\0"]);
    assert_eq!(named(Scan::all().before(b"b").reversed()), ["a"]);
    let mut seen = 0;
    engine
        .scan(&Scan::all(), &mut |key, value| {
            assert_eq!(key, value);
            seen += 1;
            if seen == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!(seen, 2, "a break ends the scan");
    engine.close().unwrap();
}

/// Thousands of keys put, overwritten and deleted in many groups, read by random ranges.
pub fn scans_equal_a_map(subject: &Subject) {
    let mut engine = subject.open();
    let mut model = BTreeMap::new();
    let mut random = Random(7);
    for round in 0..40u8 {
        let mut group = WriteGroup::new();
        for _ in 0..60 {
            let key = random.key();
            if random.below(4) == 0 {
                group.delete(&key);
                model.remove(&key);
            } else {
                let value = vec![round; random.below(300) as usize];
                group.put(&key, value.clone());
                model.insert(key, value);
            }
        }
        engine.commit(&group).unwrap();
        if round == 20 {
            engine.close().unwrap();
            engine = subject.open();
        }
    }
    for _ in 0..300 {
        let (lo, hi) = (random.key(), random.key());
        let limit = if random.below(2) == 0 { usize::MAX } else { random.below(50) as usize };
        let mut scan = Scan::range(&lo, &hi).limited(limit);
        let mut expected: Vec<Vec<u8>> = if lo < hi {
            model.range(lo.clone()..hi.clone()).map(|(key, _)| key.clone()).collect()
        } else {
            Vec::new()
        };
        if random.below(2) == 0 {
            scan = scan.reversed();
            expected.reverse();
        }
        expected.truncate(limit);
        assert_eq!(keys(&*engine, &scan), expected, "{scan:?}");
        assert_eq!(engine.get(&lo).unwrap().as_deref(), model.get(&lo).map(Vec::as_slice));
    }
    engine.close().unwrap();
}

/// The empty key, keys of `00` and `ff`, the longest key; deleting what is not there.
pub fn empty_and_extreme_keys(subject: &Subject) {
    let engine = subject.open();
    let longest = vec![0xff; MAX_KEY_BYTES];
    let all: Vec<Vec<u8>> = vec![vec![], vec![0], vec![0, 0], vec![0xff], vec![0xff, 0xff], longest];
    let mut group = WriteGroup::new();
    for key in &all {
        group.put(key, vec![1]);
    }
    group.delete(b"absent");
    engine.commit(&group).unwrap();
    assert_eq!(keys(&*engine, &Scan::all()), all);
    assert_eq!(keys(&*engine, &Scan::prefix(&[0xff])).len(), 3);
    assert_eq!(keys(&*engine, &Scan::prefix(&[])).len(), 6);
    for key in &all {
        assert_eq!(engine.get(key).unwrap().as_deref(), Some(&[1][..]));
    }
    assert_eq!(engine.get(b"absent").unwrap(), None);
    let mut group = WriteGroup::new();
    all.iter().for_each(|key| group.delete(key));
    engine.commit(&group).unwrap();
    assert_eq!(keys(&*engine, &Scan::all()), Vec::<Vec<u8>>::new());
    engine.close().unwrap();
}

/// `SplitMix64`: the same sequence on every machine.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// One of 2,000 keys of one to four bytes.
    fn key(&mut self) -> Vec<u8> {
        let number = self.below(2000) as u32;
        number.to_be_bytes()[(number % 3) as usize..].to_vec()
    }
}
