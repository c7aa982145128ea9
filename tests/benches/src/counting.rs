//! Counts what travels: a cost that no busy neighbour changes.

use async_trait::async_trait;
use pryv_sdk::transport::{Answer, Request, Transport, TransportError};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Calls and bytes since some moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Travelled {
    /// Calls made.
    pub(crate) calls: u64,
    /// Bytes of the bodies sent.
    pub(crate) sent: u64,
    /// Bytes of the bodies received.
    pub(crate) received: u64,
}

/// Passes everything on, and counts it.
#[derive(Debug)]
pub(crate) struct CountingTransport {
    inner: Arc<dyn Transport>,
    calls: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

impl CountingTransport {
    /// Counts what passes through `inner`.
    pub(crate) fn new(inner: Arc<dyn Transport>) -> Arc<Self> {
        let zero = || AtomicU64::new(0);
        Arc::new(Self { inner, calls: zero(), sent: zero(), received: zero() })
    }

    /// What travelled since this was asked last.
    pub(crate) fn take(&self) -> Travelled {
        let take = |count: &AtomicU64| count.swap(0, Ordering::SeqCst);
        Travelled { calls: take(&self.calls), sent: take(&self.sent), received: take(&self.received) }
    }
}

#[async_trait]
impl Transport for CountingTransport {
    async fn send(&self, request: Request<'_>) -> Result<Answer, TransportError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.sent.fetch_add(request.body.len() as u64, Ordering::SeqCst);
        let answer = self.inner.send(request).await?;
        self.received.fetch_add(answer.body.len() as u64, Ordering::SeqCst);
        Ok(answer)
    }

    async fn pause(&self, time: Duration) {
        self.inner.pause(time).await;
    }
}
