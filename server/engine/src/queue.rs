//! The bounded queue between callers and the committer.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::job::Job;

pub(crate) struct Queue {
    state: Mutex<State>,
    pushed: Condvar,
    capacity: usize,
}

struct State {
    jobs: VecDeque<Box<dyn Job>>,
    closed: bool,
}

/// What waiting for a job came to.
pub(crate) enum Next {
    Job(Box<dyn Job>),
    /// None came in time.
    Nothing,
    /// The queue is closed and empty.
    Closed,
}

/// Why a job was not queued; the job comes back to be answered.
pub(crate) enum Refused {
    Full(Box<dyn Job>),
    Closed(Box<dyn Job>),
}

impl Queue {
    pub(crate) fn new(capacity: usize) -> Self {
        let state = State { jobs: VecDeque::new(), closed: false };
        Self { state: Mutex::new(state), pushed: Condvar::new(), capacity }
    }

    pub(crate) fn push(&self, job: Box<dyn Job>) -> Result<usize, Refused> {
        let mut state = self.lock();
        if state.closed {
            return Err(Refused::Closed(job));
        }
        if state.jobs.len() >= self.capacity {
            return Err(Refused::Full(job));
        }
        state.jobs.push_back(job);
        let depth = state.jobs.len();
        drop(state);
        self.pushed.notify_one();
        Ok(depth)
    }

    /// The next job, waiting for one, but not longer than `patience`.
    pub(crate) fn wait(&self, patience: Option<Duration>) -> Next {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Next::Job(job);
            }
            if state.closed {
                return Next::Closed;
            }
            state = match patience {
                None => self.pushed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(patience) => {
                    let (state, waited) =
                        self.pushed.wait_timeout(state, patience).unwrap_or_else(PoisonError::into_inner);
                    if waited.timed_out() && state.jobs.is_empty() {
                        return Next::Nothing;
                    }
                    state
                }
            };
        }
    }

    /// The next job if one is there.
    pub(crate) fn take(&self) -> Option<Box<dyn Job>> {
        self.lock().jobs.pop_front()
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().jobs.len()
    }

    /// Takes no further jobs; those inside are still handed out.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.pushed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
