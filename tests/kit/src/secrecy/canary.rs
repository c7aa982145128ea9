//! Markers: random values planted in what a story encrypts.

use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;
use std::sync::{Arc, Mutex, PoisonError};

/// The letters of markers: no digit or sign that an encoding would change.
const LETTERS: &[u8; 26] = b"abcdefghijklmnopqrstuvwxyz";

/// The letters of one piece: 26^16 values, so that a hit is no accident.
pub(super) const PIECE: usize = 16;

/// Something that must stay unknown to the server.
#[derive(Clone, Debug)]
pub struct Marker {
    /// What it is in the story, such as `note body`.
    pub kind: String,
    /// The bytes to look for, each piece on its own so that a truncated value is found as well.
    pub pieces: Vec<Vec<u8>>,
    /// Whether it may stand in the bodies of requests and answers: a session's token does, and nowhere else.
    pub travels: bool,
}

/// Hands out markers and remembers them. Clones share the memory.
#[derive(Clone, Debug)]
pub struct Canary(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    random: ChaCha20Rng,
    markers: Vec<Marker>,
}

impl Canary {
    /// Markers that follow from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State { random: ChaCha20Rng::seed_from_u64(seed), markers: Vec::new() })))
    }

    /// A text of 32 letters that is found whole or in halves.
    pub fn text(&self, kind: &str) -> String {
        let mut state = self.state();
        let text: String =
            (0..2 * PIECE).map(|_| char::from(LETTERS[state.random.gen_range(0..LETTERS.len())])).collect();
        state.remember(kind, halves(text.as_bytes()), false);
        text
    }

    /// A whole number of 16 digits, exact as a float, that is found as digits and in binary.
    pub fn number(&self, kind: &str) -> u64 {
        let mut state = self.state();
        let number = state.random.gen_range(1_000_000_000_000_000_u64..9_000_000_000_000_000);
        #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
        let float = number as f64;
        let pieces = vec![
            number.to_string().into_bytes(),
            number.to_be_bytes().to_vec(),
            number.to_le_bytes().to_vec(),
            float.to_be_bytes().to_vec(),
            float.to_le_bytes().to_vec(),
        ];
        state.remember(kind, pieces, false);
        number
    }

    /// Remembers a secret that was made elsewhere: a password, a recovery phrase, a key.
    ///
    /// # Panics
    ///
    /// If it has fewer than 8 bytes: it would be found by accident.
    pub fn plant(&self, kind: &str, secret: &[u8]) {
        self.state().remember(kind, halves(secret), false);
    }

    /// Remembers a secret that the server is told, and must not keep or log: a session's token.
    pub fn plant_travelling(&self, kind: &str, secret: &[u8]) {
        let mut state = self.state();
        let pieces = halves(secret);
        if !state.markers.iter().any(|marker| marker.travels && marker.pieces == pieces) {
            state.remember(kind, pieces, true);
        }
    }

    /// Random bytes from the same seed.
    #[must_use]
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.state().random.fill_bytes(&mut bytes);
        bytes
    }

    /// Every marker so far.
    #[must_use]
    pub fn markers(&self) -> Vec<Marker> {
        self.state().markers.clone()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn remember(&mut self, kind: &str, pieces: Vec<Vec<u8>>, travels: bool) {
        assert!(
            pieces.iter().all(|piece| piece.len() >= 8),
            "a marker of {kind} is too short to be looked for"
        );
        self.markers.push(Marker { kind: kind.to_owned(), pieces, travels });
    }
}

/// The two halves of a long secret; a short one whole.
fn halves(secret: &[u8]) -> Vec<Vec<u8>> {
    if secret.len() < 2 * PIECE {
        return vec![secret.to_vec()];
    }
    let (first, second) = secret.split_at(secret.len() / 2);
    vec![first.to_vec(), second.to_vec()]
}
