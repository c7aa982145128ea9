//! Counters of the committer, for metrics.

use std::array;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Buckets of the commit duration: bucket `i` counts commits that took less than `2^i` microseconds and not
/// less than `2^(i-1)`; the last one everything longer.
pub const DURATION_BUCKETS: usize = 25;

/// Live counters; they only grow, but for the queue's depth.
#[derive(Debug)]
pub(crate) struct Stats {
    groups: AtomicU64,
    jobs: AtomicU64,
    refused: AtomicU64,
    failed_groups: AtomicU64,
    reopens: AtomicU64,
    changes: AtomicU64,
    bytes: AtomicU64,
    commit_nanos: AtomicU64,
    durations: [AtomicU64; DURATION_BUCKETS],
    queued: AtomicU64,
}

/// The counters of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatsReading {
    /// Groups committed.
    pub groups: u64,
    /// Jobs answered after a commit or without need of one, failed jobs included.
    pub jobs: u64,
    /// Jobs refused before they ran, for want of room or because the store is poisoned.
    pub refused: u64,
    /// Groups the engine failed to commit.
    pub failed_groups: u64,
    /// Times the engine was opened again.
    pub reopens: u64,
    /// Keys put or deleted.
    pub changes: u64,
    /// Bytes of the keys and values of committed groups.
    pub bytes: u64,
    /// Time spent in commits.
    pub commit_time: Duration,
    /// Commits by duration, see [`DURATION_BUCKETS`].
    pub commit_durations: [u64; DURATION_BUCKETS],
    /// Jobs waiting now.
    pub queued: u64,
}

impl Stats {
    pub(crate) fn new() -> Self {
        Self {
            groups: AtomicU64::new(0),
            jobs: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            failed_groups: AtomicU64::new(0),
            reopens: AtomicU64::new(0),
            changes: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            commit_nanos: AtomicU64::new(0),
            durations: array::from_fn(|_| AtomicU64::new(0)),
            queued: AtomicU64::new(0),
        }
    }

    /// The counters of this moment. They are read one by one: sums may be a group apart.
    #[must_use]
    pub(crate) fn read(&self) -> StatsReading {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut commit_durations = [0; DURATION_BUCKETS];
        for (to, from) in commit_durations.iter_mut().zip(&self.durations) {
            *to = load(from);
        }
        StatsReading {
            groups: load(&self.groups),
            jobs: load(&self.jobs),
            refused: load(&self.refused),
            failed_groups: load(&self.failed_groups),
            reopens: load(&self.reopens),
            changes: load(&self.changes),
            bytes: load(&self.bytes),
            commit_time: Duration::from_nanos(load(&self.commit_nanos)),
            commit_durations,
            queued: load(&self.queued),
        }
    }

    pub(crate) fn committed(&self, changes: usize, bytes: usize, took: Duration) {
        add(&self.groups, 1);
        add(&self.changes, as_u64(changes));
        add(&self.bytes, as_u64(bytes));
        add(&self.commit_nanos, u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = usize::try_from(u64::BITS - micros.leading_zeros()).unwrap_or(usize::MAX);
        if let Some(counter) = self.durations.get(bucket.min(DURATION_BUCKETS - 1)) {
            add(counter, 1);
        }
    }

    pub(crate) fn answered(&self, jobs: usize) {
        add(&self.jobs, as_u64(jobs));
    }

    pub(crate) fn refused(&self) {
        add(&self.refused, 1);
    }

    pub(crate) fn failed(&self) {
        add(&self.failed_groups, 1);
    }

    pub(crate) fn reopened(&self) {
        add(&self.reopens, 1);
    }

    pub(crate) fn depth(&self, queued: usize) {
        self.queued.store(as_u64(queued), Ordering::Relaxed);
    }
}

fn add(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{DURATION_BUCKETS, Stats};
    use std::time::Duration;

    #[test]
    fn durations_fall_into_powers_of_two() {
        let stats = Stats::new();
        for micros in [0, 1, 3, 4, u64::MAX / 2000] {
            stats.committed(1, 2, Duration::from_micros(micros));
        }
        let durations = stats.read().commit_durations;
        assert_eq!(durations[..4], [1, 1, 1, 1]);
        assert_eq!(durations[DURATION_BUCKETS - 1], 1);
        assert_eq!((stats.read().groups, stats.read().changes, stats.read().bytes), (5, 5, 10));
    }
}
