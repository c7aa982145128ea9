//! What is looked for. No needle is ever in memory as it is: all are kept masked.

use rand_core::{CryptoRng, Error, RngCore, impls};
use std::collections::HashMap;

/// Every byte of a needle is kept combined with this one.
pub(crate) const MASK: u8 = 0xa5;

/// What is compared at once. A freed block of the heap loses its first 16 bytes to the allocator, and keeps the rest.
pub(crate) const PIECE: usize = 16;

/// Bytes that are nowhere else, masked.
pub(crate) fn pattern(kind: u64, number: u64, length: usize) -> Vec<u8> {
    let word = |at: u64| {
        // SplitMix64.
        let mut word = (kind << 40 | number << 20 | at).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    };
    (1..).flat_map(|at| word(at).to_le_bytes()).take(length).collect()
}

/// Bytes in hexadecimal, masked without ever being in memory as they are.
pub(crate) fn masked_hex(hexadecimal: &str) -> Vec<u8> {
    let digit =
        |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap();
    hexadecimal.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 ^ digit(pair[1]) ^ MASK).collect()
}

/// Unmasks into place.
pub(crate) fn unmask(masked: &[u8], to: &mut [u8]) {
    assert_eq!(masked.len(), to.len());
    to.iter_mut().zip(masked).for_each(|(to, from)| *to = from ^ MASK);
}

/// A generator that gives masked bytes unmasked, then bytes that are no secret.
pub(crate) struct Unmasking {
    masked: Vec<u8>,
    given: usize,
    counter: u8,
}

impl Unmasking {
    pub(crate) fn new(masked: Vec<u8>) -> Self {
        Self { masked, given: 0, counter: 0 }
    }
}

impl RngCore for Unmasking {
    fn next_u32(&mut self) -> u32 {
        impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            if let Some(masked) = self.masked.get(self.given) {
                *byte = masked ^ MASK;
                self.given += 1;
            } else {
                self.counter = self.counter.wrapping_mul(5).wrapping_add(113);
                *byte = self.counter;
            }
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Unmasking {}

struct Piece {
    needle: usize,
    masked: [u8; PIECE],
}

/// All needles, ready to be looked for.
#[derive(Default)]
pub(crate) struct Needles {
    names: Vec<String>,
    pieces: Vec<Piece>,
    by_start: HashMap<u16, Vec<usize>>,
    may_start: Vec<bool>,
}

impl Needles {
    /// Adds a needle of at least 16 bytes.
    pub(crate) fn add(&mut self, name: impl Into<String>, masked: &[u8]) {
        let needle = self.names.len();
        self.names.push(name.into());
        self.may_start.resize(1 << 16, false);
        assert!(masked.len() >= PIECE);
        for at in (0..=masked.len() - PIECE).step_by(PIECE) {
            let masked: [u8; PIECE] = masked[at..at + PIECE].try_into().unwrap();
            let start = u16::from_le_bytes([masked[0], masked[1]]);
            self.may_start[usize::from(start)] = true;
            self.by_start.entry(start).or_default().push(self.pieces.len());
            self.pieces.push(Piece { needle, masked });
        }
    }

    pub(crate) fn name(&self, needle: usize) -> &str {
        &self.names[needle]
    }

    pub(crate) fn pieces(&self) -> usize {
        self.pieces.len()
    }

    /// Needle and number of the piece, in all, that `bytes` begins with.
    pub(crate) fn at_start_of(&self, bytes: &[u8]) -> Option<(usize, usize)> {
        let (Some(first), Some(second)) = (bytes.first(), bytes.get(1)) else { return None };
        let start = u16::from_le_bytes([first ^ MASK, second ^ MASK]);
        if !self.may_start[usize::from(start)] || bytes.len() < PIECE {
            return None;
        }
        let found = self.by_start[&start].iter().copied().find(|piece| {
            let masked = &self.pieces[*piece].masked;
            bytes.iter().zip(masked).all(|(byte, masked)| byte ^ MASK == *masked)
        })?;
        Some((self.pieces[found].needle, found))
    }
}
