//! A network that notes which calls pass, and how far a counter went in each.

use async_trait::async_trait;
use pryv_sdk::transport::{Answer, Request, Transport, TransportError};
use std::{
    fmt,
    ops::RangeInclusive,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// One call that passed.
#[derive(Clone, Debug)]
pub struct Noted {
    /// Its path.
    pub path: &'static str,
    /// What the counter counted in it: from the first to the last; empty if nothing.
    pub counted: RangeInclusive<u64>,
}

/// Passes everything on, and notes it. For one call at a time.
pub struct NotingTransport {
    inner: Arc<dyn Transport>,
    counter: Box<dyn Fn() -> u64 + Send + Sync>,
    calls: Mutex<Vec<Noted>>,
}

impl fmt::Debug for NotingTransport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("NotingTransport").field("calls", &self.calls).finish_non_exhaustive()
    }
}

impl NotingTransport {
    /// One that has noted nothing yet.
    #[must_use]
    pub fn new(inner: Arc<dyn Transport>, counter: impl Fn() -> u64 + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { inner, counter: Box::new(counter), calls: Mutex::default() })
    }

    /// What passed since the last time.
    pub fn take(&self) -> Vec<Noted> {
        std::mem::take(&mut self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Transport for NotingTransport {
    async fn send(&self, request: Request<'_>) -> Result<Answer, TransportError> {
        let before = (self.counter)();
        let answer = self.inner.send(request).await;
        let noted = Noted { path: request.path, counted: before + 1..=(self.counter)() };
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(noted);
        answer
    }

    async fn pause(&self, pause: Duration) {
        self.inner.pause(pause).await;
    }
}
