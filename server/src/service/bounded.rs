//! Work on other threads, so many at once.

use super::{Error, Result};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Runs work on a thread that may block, when a permit is free. The work keeps the permit until it ends, not the
/// caller until it goes away: a thread cannot be called back, so whoever asks and leaves would run without bound.
pub(super) async fn run<T: Send + 'static>(
    permits: &Arc<Semaphore>,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    // The semaphore is never closed.
    let permit = Arc::clone(permits).acquire_owned().await.map_err(Error::internal)?;
    let answer = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        work()
    });
    answer.await.map_err(Error::ended)?
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::mpsc, time::Duration};

    #[tokio::test]
    async fn work_whose_caller_went_away_still_counts() {
        let permits = Arc::new(Semaphore::new(1));
        let (begun, has_begun) = mpsc::channel();
        let (end, may_end) = mpsc::channel::<()>();
        let work = run(&permits, move || {
            begun.send(()).unwrap();
            may_end.recv().unwrap();
            Ok(())
        });
        assert!(tokio::time::timeout(Duration::from_millis(100), work).await.is_err(), "the caller leaves");
        has_begun.recv().unwrap();
        assert_eq!(permits.available_permits(), 0, "the work goes on");
        end.send(()).unwrap();
        assert!(tokio::time::timeout(Duration::from_secs(10), permits.acquire()).await.is_ok());
    }

    #[tokio::test]
    async fn work_that_panics_gives_its_permit_back() {
        let permits = Arc::new(Semaphore::new(1));
        let answer: Result<()> = run(&permits, || panic!("on purpose")).await;
        assert!(answer.is_err());
        assert_eq!(permits.available_permits(), 1);
    }
}
