//! Captures what this process logs, at every level of detail of our own crates.

use std::{
    io,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

/// Ours in full; of others what an operator would see who turned everything on but the bytes of connections.
const FILTER: &str = "debug,pryv_server=trace,pryv_engine=trace,pryv_sdk=trace,pryv_crypto=trace";

/// Everything logged since [`Logs::capture`]. Shared by the whole process, as its log is.
#[derive(Clone, Debug, Default)]
pub struct Logs(Arc<Mutex<Vec<u8>>>);

impl Logs {
    /// Captures the log of this process from now on.
    ///
    /// # Panics
    ///
    /// If something else in the process took the log first.
    #[must_use]
    pub fn capture() -> Self {
        static LOGS: OnceLock<Logs> = OnceLock::new();
        LOGS.get_or_init(|| {
            let logs = Self::default();
            let subscriber = tracing_subscriber::fmt()
                .json()
                .with_env_filter(EnvFilter::new(FILTER))
                .with_writer(logs.clone())
                .finish();
            tracing::subscriber::set_global_default(subscriber).expect("nothing else takes the log");
            logs
        })
        .clone()
    }

    /// Everything so far.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl io::Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Logs {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
