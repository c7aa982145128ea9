//! A network in which something else happens at one call: another device is faster there.

use async_trait::async_trait;
use pryv_sdk::transport::{Answer, Request, Transport, TransportError};
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

type Meanwhile = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Passes everything on, and lets something happen before one call or after it.
pub struct InterleavingTransport {
    inner: Arc<dyn Transport>,
    calls: AtomicUsize,
    armed: Mutex<Option<(usize, bool, Meanwhile)>>,
}

impl fmt::Debug for InterleavingTransport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("InterleavingTransport").field("calls", &self.calls).finish_non_exhaustive()
    }
}

impl InterleavingTransport {
    /// One in which nothing happens, as yet.
    #[must_use]
    pub fn new(inner: Arc<dyn Transport>) -> Arc<Self> {
        Arc::new(Self { inner, calls: AtomicUsize::new(0), armed: Mutex::default() })
    }

    /// Lets `meanwhile` happen at the `nth` call from now (1 is the next one): before the server sees it, or once it has
    /// answered.
    pub fn at(&self, nth: usize, answered: bool, meanwhile: impl Future<Output = ()> + Send + 'static) {
        let at = self.calls.load(Ordering::SeqCst) + nth;
        *self.lock() = Some((at, answered, Box::pin(meanwhile)));
    }

    /// Whether it has not happened, because there were fewer calls. It happens no more.
    pub fn disarm(&self) -> bool {
        self.lock().take().is_some()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(usize, bool, Meanwhile)>> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Transport for InterleavingTransport {
    async fn send(&self, request: Request<'_>) -> Result<Answer, TransportError> {
        let this = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let turn = self.lock().take_if(|(at, ..)| *at == this);
        let Some((_, answered, meanwhile)) = turn else { return self.inner.send(request).await };
        if !answered {
            meanwhile.await;
            return self.inner.send(request).await;
        }
        let answer = self.inner.send(request).await;
        meanwhile.await;
        answer
    }

    async fn pause(&self, pause: Duration) {
        self.inner.pause(pause).await;
    }
}
