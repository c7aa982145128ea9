//! A clock that stands still until a test turns its hand.

use pryv_wire::{Clock, Timestamp};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// When every test begins: 2030-01-01T00:00:00Z, so that nothing passes by the machine's own clock.
pub const START: Timestamp = Timestamp::from_millis(1_893_456_000_000);

/// A clock shared by whoever holds a clone.
#[derive(Clone, Debug)]
pub struct TestClock(Arc<AtomicU64>);

impl Default for TestClock {
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(START.as_millis())))
    }
}

impl TestClock {
    /// Turns the hand forward.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(u64::try_from(by.as_millis()).expect("a duration of a test"), Ordering::SeqCst);
    }

    /// The time in a while.
    #[must_use]
    pub fn in_a_while(&self, after: Duration) -> Timestamp {
        self.now().plus_millis(u64::try_from(after.as_millis()).expect("a duration of a test"))
    }

    /// A clock of its own that is ahead of this one, or behind it, by a fixed time.
    #[must_use]
    pub fn skewed(&self, by_millis: i64) -> SkewedClock {
        SkewedClock { clock: self.clone(), by_millis }
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// A clock that is wrong by a fixed time.
#[derive(Clone, Debug)]
pub struct SkewedClock {
    clock: TestClock,
    by_millis: i64,
}

impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.now().as_millis().saturating_add_signed(self.by_millis))
    }
}

/// So many hours.
#[must_use]
pub const fn hours(count: u64) -> Duration {
    Duration::from_secs(count * 3_600)
}

/// So many days.
#[must_use]
pub const fn days(count: u64) -> Duration {
    hours(count * 24)
}
