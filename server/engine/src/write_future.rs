//! The answer of a write as a future of any runtime.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::error::StoreError;

/// Resolves when the write is durable, or was refused. Dropping it does not take the write back.
#[must_use = "a write is acknowledged by its answer"]
pub struct WriteFuture<T, E> {
    shared: Arc<Mutex<State<T, E>>>,
}

enum State<T, E> {
    Waiting(Option<Waker>),
    Answered(Result<T, E>),
    Taken,
}

/// Where the answer goes. Dropped without one, it answers `Closed`.
pub(crate) struct Reply<T, E: From<StoreError>> {
    shared: Option<Arc<Mutex<State<T, E>>>>,
}

pub(crate) fn channel<T, E: From<StoreError>>() -> (Reply<T, E>, WriteFuture<T, E>) {
    let shared = Arc::new(Mutex::new(State::Waiting(None)));
    (Reply { shared: Some(Arc::clone(&shared)) }, WriteFuture { shared })
}

impl<T, E: From<StoreError>> Reply<T, E> {
    pub(crate) fn send(mut self, answer: Result<T, E>) {
        if let Some(shared) = self.shared.take() {
            settle(&shared, answer);
        }
    }
}

impl<T, E: From<StoreError>> Drop for Reply<T, E> {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take() {
            settle(&shared, Err(StoreError::Closed.into()));
        }
    }
}

fn settle<T, E>(shared: &Mutex<State<T, E>>, answer: Result<T, E>) {
    let before = std::mem::replace(&mut *lock(shared), State::Answered(answer));
    if let State::Waiting(Some(waker)) = before {
        waker.wake();
    }
}

fn lock<T, E>(shared: &Mutex<State<T, E>>) -> MutexGuard<'_, State<T, E>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T, E: From<StoreError>> Future for WriteFuture<T, E> {
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = lock(&self.shared);
        match std::mem::replace(&mut *state, State::Taken) {
            State::Answered(answer) => Poll::Ready(answer),
            State::Waiting(_) => {
                *state = State::Waiting(Some(context.waker().clone()));
                Poll::Pending
            }
            State::Taken => Poll::Ready(Err(StoreError::Closed.into())),
        }
    }
}

impl<T, E> std::fmt::Debug for WriteFuture<T, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WriteFuture").finish_non_exhaustive()
    }
}
