//! Looks through the process's own memory: `/proc/self/maps` says where, `/proc/self/mem` gives the bytes.

use crate::needle::{Needles, PIECE};
use std::{fs::File, hint::black_box, io::Read as _, os::unix::fs::FileExt as _};

/// Bytes of stack that are left alone above what is watched, so that the scan itself overwrites none of its traces.
pub(crate) const DEPTH: usize = 1 << 16;

/// Runs `run` far down the stack.
#[inline(never)]
pub(crate) fn deep<T>(run: impl FnOnce() -> T) -> T {
    let above = [0_u8; DEPTH];
    black_box(&above);
    let result = run();
    black_box(&above);
    result
}

const CHUNK: usize = 1 << 20;

/// A piece of a needle, found.
pub(crate) struct Hit {
    pub(crate) needle: usize,
    pub(crate) piece: usize,
    pub(crate) address: usize,
}

impl Hit {
    /// Whether it is on the stack of this thread.
    pub(crate) fn is_on_stack(&self) -> bool {
        let here = 0_u8;
        std::ptr::from_ref(&here).addr().abs_diff(self.address) < DEPTH * 16
    }
}

/// Reads memory. Its own buffers were allocated before anything is looked for, and do not count.
pub(crate) struct Scanner {
    maps: String,
    chunk: Vec<u8>,
}

impl Scanner {
    pub(crate) fn new() -> Self {
        Self { maps: String::with_capacity(1 << 20), chunk: vec![0; CHUNK] }
    }

    /// Everything that is found.
    pub(crate) fn scan(&mut self, needles: &Needles) -> Vec<Hit> {
        self.maps.clear();
        File::open("/proc/self/maps").unwrap().read_to_string(&mut self.maps).unwrap();
        let memory = File::open("/proc/self/mem").unwrap();
        let mut hits = Vec::new();
        let mut scanned = 0;
        for line in self.maps.lines() {
            let mut fields = line.split_ascii_whitespace();
            let (range, permissions) = (fields.next().unwrap(), fields.next().unwrap());
            if !permissions.starts_with("rw") {
                continue;
            }
            let (from, to) = range.split_once('-').unwrap();
            let [from, to] = [from, to].map(|text| usize::from_str_radix(text, 16).unwrap());
            scanned += to - from;
            // Chunks overlap, so that a piece across the border of two is found once.
            for start in (from..to).step_by(CHUNK - PIECE + 1) {
                let chunk = &mut self.chunk[..CHUNK.min(to - start)];
                memory.read_exact_at(chunk, u64::try_from(start).unwrap()).unwrap();
                let own = chunk.as_ptr().addr()..chunk.as_ptr().addr() + CHUNK;
                for at in 0..chunk.len() {
                    if let Some((needle, piece)) = needles.at_start_of(&chunk[at..])
                        && !own.contains(&(start + at))
                    {
                        hits.push(Hit { needle, piece, address: start + at });
                    }
                }
            }
        }
        self.chunk.fill(0);
        assert!(scanned > 1 << 20, "only {scanned} bytes were looked through");
        hits
    }
}
