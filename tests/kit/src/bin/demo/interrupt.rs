//! Interrupts: Ctrl-C, or a polite signal to end. The story stops at its next line, and everything is cleared away.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// How often whoever waits looks.
const INTERVAL: Duration = Duration::from_millis(100);

/// Whether the demo was asked to end.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from now on.
    pub(crate) fn listen() -> io::Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let heard = Arc::clone(&asked);
        thread::Builder::new().name("interrupt".to_owned()).spawn(move || {
            // Without ears, the demo goes on to its end, which is what it does anyway.
            if runtime.block_on(signal()).is_ok() {
                heard.store(true, Ordering::Relaxed);
            }
        })?;
        Ok(Self(asked))
    }

    /// Whether it came.
    pub(crate) fn came(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Waits until it comes.
    pub(crate) fn wait(&self) {
        while !self.came() {
            thread::sleep(INTERVAL);
        }
    }
}

#[cfg(unix)]
async fn signal() -> io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn signal() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
