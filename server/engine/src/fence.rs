//! Keeps commits and fenced reads apart, for engines without snapshots.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Many fenced readers or one commit. Waiting readers go first: they are rare and a commit is always waiting.
#[derive(Debug, Default)]
pub(crate) struct Fence {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    readers: usize,
    committing: bool,
}

impl Fence {
    /// Waits for a commit to end and keeps the next one out until the guard is dropped.
    pub(crate) fn read(&self) -> FencedRead<'_> {
        let mut state = self.lock();
        // Counted before the wait, so that no further commit begins.
        state.readers = state.readers.saturating_add(1);
        while state.committing {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        FencedRead { fence: self }
    }

    /// Waits until no reader holds or wants the fence.
    pub(crate) fn commit(&self) -> FencedCommit<'_> {
        let mut state = self.lock();
        while state.readers > 0 {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.committing = true;
        FencedCommit { fence: self }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// No commit runs while this lives.
pub(crate) struct FencedRead<'f> {
    fence: &'f Fence,
}

impl Drop for FencedRead<'_> {
    fn drop(&mut self) {
        let mut state = self.fence.lock();
        state.readers = state.readers.saturating_sub(1);
        self.fence.changed.notify_all();
    }
}

/// No fenced read runs while this lives.
pub(crate) struct FencedCommit<'f> {
    fence: &'f Fence,
}

impl Drop for FencedCommit<'_> {
    fn drop(&mut self) {
        self.fence.lock().committing = false;
        self.fence.changed.notify_all();
    }
}
