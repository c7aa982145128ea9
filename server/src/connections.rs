//! Connections: so many at once, and none kept for an answer that its caller does not take.

use axum_server::accept::Accept;
use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Sleep, sleep},
};

/// Accepts so many connections at once; one more is closed when it comes.
#[derive(Clone, Debug)]
pub(crate) struct Bounded<A> {
    inner: A,
    free: Arc<Semaphore>,
    patience: Duration,
}

impl<A> Bounded<A> {
    /// So many connections, of which each takes a byte of an answer at least every `patience`.
    pub(crate) fn new(inner: A, most: usize, patience: Duration) -> Self {
        Self { inner, free: Arc::new(Semaphore::new(most.max(1))), patience }
    }
}

impl<A, I, S> Accept<I, S> for Bounded<A>
where
    A: Accept<I, S>,
    A::Future: Send + 'static,
{
    type Stream = Counted<A::Stream>;
    type Service = A::Service;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() else {
            return Box::pin(async { Err(io::ErrorKind::ConnectionRefused.into()) });
        };
        let accepted = self.inner.accept(stream, service);
        let patience = self.patience;
        Box::pin(async move {
            let (stream, service) = accepted.await?;
            Ok((Counted { stream, patience, stalled: None, _permit: permit }, service))
        })
    }
}

/// A connection that counts while it is open, and ends when its peer takes nothing of an answer for too long: the answer
/// is held in memory, and its request, which is answered, counts no longer.
#[derive(Debug)]
pub(crate) struct Counted<S> {
    stream: S,
    patience: Duration,
    /// Runs while the peer takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    _permit: OwnedSemaphorePermit,
}

impl<S> Counted<S> {
    /// What a write answered, or its end if nothing was taken for too long.
    fn in_time<T>(&mut self, polled: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.stalled = None;
            return polled;
        }
        let patience = self.patience;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(patience)));
        stalled.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.in_time(polled, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        self.in_time(polled, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_shutdown(context);
        self.in_time(polled, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.in_time(polled, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    fn counted<S>(stream: S) -> Counted<S> {
        let permit = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        Counted { stream, patience: Duration::from_millis(100), stalled: None, _permit: permit }
    }

    #[tokio::test]
    async fn an_answer_that_nobody_takes_is_not_kept() {
        let (server, _client) = duplex(64);
        let mut server = counted(server);
        let written = tokio::time::timeout(Duration::from_secs(10), server.write_all(&[0; 1_000])).await;
        let written = written.expect("the connection ends by itself");
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn an_answer_that_is_taken_slowly_arrives() {
        let (server, mut client) = duplex(64);
        let mut server = counted(server);
        let taking = tokio::spawn(async move {
            let mut taken = 0;
            while taken < 640 {
                sleep(Duration::from_millis(20)).await;
                taken += client.read(&mut [0; 64]).await.unwrap();
            }
        });
        server.write_all(&[0; 640]).await.unwrap();
        taking.await.unwrap();
    }
}
