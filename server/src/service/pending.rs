//! Exchanges between two requests: pending logins and challenges, kept in memory, for a minute, for one use.

use pryv_wire::{ChallengeId, Timestamp};
use rand::{RngCore, rngs::OsRng};
use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How long an exchange may take, in milliseconds.
pub(crate) const PENDING_MILLIS: u64 = 60_000;

/// Exchanges by their id, each for one use, at most so many at once.
pub(crate) struct Pending<T> {
    state: Mutex<State<T>>,
    most: usize,
}

struct State<T> {
    waiting: HashMap<ChallengeId, (Timestamp, T)>,
    /// By age; ids that were taken stay until their time is over.
    ages: VecDeque<(Timestamp, ChallengeId)>,
}

/// So many exchanges are pending that no further one is begun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Full;

impl<T> Pending<T> {
    pub(crate) fn new(most: usize) -> Self {
        Self { state: Mutex::new(State { waiting: HashMap::new(), ages: VecDeque::new() }), most }
    }

    /// Begins an exchange.
    pub(crate) fn begin(&self, now: Timestamp, exchange: T) -> Result<ChallengeId, Full> {
        let mut id = [0; ChallengeId::LENGTH];
        OsRng.fill_bytes(&mut id);
        let id = ChallengeId::from_bytes(id);
        let mut state = self.lock();
        state.forget(now);
        if state.ages.len() >= self.most {
            return Err(Full);
        }
        state.waiting.insert(id, (now, exchange));
        state.ages.push_back((now, id));
        Ok(id)
    }

    /// Ends an exchange: it is there once, and while its time lasts.
    pub(crate) fn take(&self, now: Timestamp, id: ChallengeId) -> Option<T> {
        let mut state = self.lock();
        state.forget(now);
        state.waiting.remove(&id).map(|(_, exchange)| exchange)
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    fn forget(&mut self, now: Timestamp) {
        while let Some((since, id)) = self.ages.front().copied() {
            // A clock that was set back would keep exchanges for ever: their time is over then as well.
            if since <= now && now.millis_since(since) < PENDING_MILLIS {
                break;
            }
            self.ages.pop_front();
            self.waiting.remove(&id);
        }
    }
}

impl<T> fmt::Debug for Pending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("most", &self.most).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    #[test]
    fn an_exchange_is_there_once() {
        let pending = Pending::new(2);
        let id = pending.begin(NOW, 7).unwrap();
        assert_eq!(pending.take(NOW, id), Some(7));
        assert_eq!(pending.take(NOW, id), None);
    }

    #[test]
    fn an_exchange_ends_with_its_minute() {
        let pending = Pending::new(2);
        let (a, b) = (pending.begin(NOW, 'a').unwrap(), pending.begin(NOW, 'b').unwrap());
        assert_eq!(pending.take(NOW.plus_millis(PENDING_MILLIS - 1), a), Some('a'));
        assert_eq!(pending.take(NOW.plus_millis(PENDING_MILLIS), b), None);
    }

    #[test]
    fn beyond_the_limit_none_is_begun_until_time_passes() {
        let pending = Pending::new(1);
        pending.begin(NOW, ()).unwrap();
        assert!(pending.begin(NOW, ()).is_err());
        assert!(pending.begin(NOW.plus_millis(PENDING_MILLIS), ()).is_ok());
    }
}
