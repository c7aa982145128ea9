//! What the SDK takes from its surroundings: the time and random numbers. Both can be given by the caller.

use pryv_wire::{Clock, Timestamp};
use rand::{RngCore, SeedableRng, rngs::StdRng};
use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[cfg(not(target_arch = "wasm32"))]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one clock that everything else takes as an argument"
    )]
    fn now(&self) -> Timestamp {
        let elapsed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
    }

    #[cfg(target_arch = "wasm32")]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a date is positive and below 2^53"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(js_sys::Date::now() as u64)
    }
}

/// Makes random number generators, each seeded from one source (`ChaCha12` from the operating system's entropy).
pub(crate) struct Random(Mutex<StdRng>);

impl Random {
    pub(crate) fn from_entropy() -> Self {
        Self(Mutex::new(StdRng::from_entropy()))
    }

    pub(crate) fn from_seed(seed: [u8; 32]) -> Self {
        Self(Mutex::new(StdRng::from_seed(seed)))
    }

    /// A generator of its own for one operation, so that no lock is held while keys are made.
    pub(crate) fn fork(&self) -> StdRng {
        let mut seed = [0; 32];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut seed);
        StdRng::from_seed(seed)
    }

    /// Random bytes, for ids.
    pub(crate) fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random(..)")
    }
}
