//! A network that breaks at one call, and stays broken: what a client's process sees that ends there.

use async_trait::async_trait;
use pryv_sdk::transport::{Answer, Request, Transport, TransportError};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

/// What happens to the call at which the network breaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Break {
    /// The server never sees the request.
    BeforeRequest,
    /// The server does what it was asked; nobody hears of it.
    AfterRequest,
}

/// Passes everything on until it breaks. A broken one carries nothing any more.
#[derive(Debug)]
pub struct FaultyTransport {
    inner: Arc<dyn Transport>,
    calls: AtomicUsize,
    armed: Mutex<Option<(usize, Break)>>,
    broken: AtomicBool,
}

impl FaultyTransport {
    /// A whole one, as yet.
    #[must_use]
    pub fn new(inner: Arc<dyn Transport>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            calls: AtomicUsize::new(0),
            armed: Mutex::default(),
            broken: AtomicBool::new(false),
        })
    }

    /// Breaks at the `nth` call from now; 1 is the next one.
    pub fn arm(&self, nth: usize, how: Break) {
        let at = self.calls.load(Ordering::SeqCst) + nth;
        *self.armed.lock().unwrap_or_else(PoisonError::into_inner) = Some((at, how));
    }

    /// Whether it broke.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.broken.load(Ordering::SeqCst)
    }

    /// How many calls were made.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Transport for FaultyTransport {
    async fn send(&self, request: Request<'_>) -> Result<Answer, TransportError> {
        let broken = || TransportError::Unreachable { source: "broken, by a test".into() };
        if self.is_broken() {
            return Err(broken());
        }
        let this = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let armed = *self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((_, how)) = armed.filter(|(at, _)| *at == this) else {
            return self.inner.send(request).await;
        };
        self.broken.store(true, Ordering::SeqCst);
        if how == Break::AfterRequest {
            let _ = self.inner.send(request).await;
        }
        Err(broken())
    }

    async fn pause(&self, _: Duration) {
        // A network that is broken is not waited for.
    }
}
