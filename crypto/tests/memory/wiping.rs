//! The test.

use crate::{
    needle::{Needles, pattern, unmask},
    scan::{Hit, Scanner, deep},
    secrets::{COUNT, Sources, hold},
};
use std::{collections::BTreeMap, hint::black_box};

/// Leaves bytes on the stack, as a function does that wipes nothing.
#[inline(never)]
fn leave_on_stack(masked: &[u8]) {
    let mut bytes = [0; 32];
    unmask(masked, &mut bytes);
    black_box(&bytes);
}

/// What was found of which needle, in words.
fn described(hits: &[Hit], needles: &Needles) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for hit in hits {
        let place = if hit.is_on_stack() { "the stack" } else { "the heap or elsewhere" };
        *found.entry(format!("{} in {place}", needles.name(hit.needle))).or_default() += 1;
    }
    found
}

fn pieces(hits: &[Hit]) -> usize {
    let mut pieces: Vec<usize> = hits.iter().map(|hit| hit.piece).collect();
    pieces.sort_unstable();
    pieces.dedup();
    pieces.len()
}

#[test]
fn dropped_secrets_leave_no_copy_in_memory() {
    let mut scanner = Scanner::new();
    let (mut held, mut passing) = (Needles::default(), Needles::default());
    let sources = deep(|| Sources::new(&mut held, &mut passing));

    // Bytes in a type that wipes nothing, on the heap and on the stack: the scan must find them after they are dropped.
    let (mut on_heap, mut on_stack) = (Needles::default(), Needles::default());
    let controls: Vec<Vec<u8>> = (0..COUNT).map(|number| pattern(100, number, 64)).collect();
    controls.iter().for_each(|masked| on_heap.add("unwiped", masked));
    on_stack.add("unwiped", &pattern(101, 0, 32));

    // Nothing is found yet: neither the needles themselves nor what the scan reads into.
    for needles in [&held, &passing, &on_heap, &on_stack] {
        let hits = scanner.scan(needles);
        assert!(hits.is_empty(), "{:#?}", described(&hits, needles));
    }

    // What is held is held on the heap; what is on the stack was left there.
    let mut left = BTreeMap::new();
    let secrets = hold(&sources, |step| {
        for needles in [&held, &passing] {
            let mut hits = scanner.scan(needles);
            hits.retain(Hit::is_on_stack);
            if !hits.is_empty() {
                left.insert(step.to_owned(), described(&hits, needles));
            }
        }
    });
    assert!(left.is_empty(), "{left:#?}");
    let unwiped: Vec<Box<[u8; 64]>> = controls
        .iter()
        .map(|masked| {
            let mut bytes = Box::new([0; 64]);
            unmask(masked, &mut *bytes);
            bytes
        })
        .collect();
    black_box(&unwiped);
    // All that is held is found.
    assert_eq!(pieces(&scanner.scan(&held)), held.pieces());
    assert_eq!(pieces(&scanner.scan(&on_heap)), on_heap.pieces());

    drop(secrets);
    drop(unwiped);
    // Of what is dropped, nothing is.
    let hits = [scanner.scan(&held), scanner.scan(&passing)];
    let left = [described(&hits[0], &held), described(&hits[1], &passing)];
    assert!(left.iter().all(BTreeMap::is_empty), "{left:#?}");

    // Of what nobody wiped, most is: the allocator writes over the first of four pieces.
    let left = pieces(&scanner.scan(&on_heap));
    assert!(left * 2 > on_heap.pieces(), "{left} of {}", on_heap.pieces());
    let masked = pattern(101, 0, 32);
    deep(|| leave_on_stack(&masked));
    assert_eq!(pieces(&scanner.scan(&on_stack)), on_stack.pieces());
}
