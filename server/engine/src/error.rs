//! What a store answers when it cannot do what was asked.

use std::fmt;
use std::io;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::engine::EngineError;
use crate::envelope::Fault;

/// Why a read or a write of a store failed. Cheap to clone, because one failed commit answers a whole group.
///
/// A write that fails with `Full`, `Io`, `Damaged` or `Poisoned` is not acknowledged; it may still be found
/// later, entire, when the engine failed after its work was done. Retrying must be safe by design of the job.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No room, or less than the free-space floor: reads go on, writes come back when there is room.
    #[error("the store is full")]
    Full,
    /// A stored value is not what was written.
    #[error("the value of {key} is damaged: {fault}")]
    Damaged {
        /// Which one, without its contents.
        key: KeyHint,
        /// What is wrong with it.
        fault: Fault,
    },
    /// The engine cannot read its own files back.
    #[error("the store is damaged: {0}")]
    EngineDamaged(Arc<str>),
    /// A key, a value or a job is over its limit.
    #[error("{what} of {len} bytes is over the limit of {max} bytes")]
    TooLarge {
        /// "key", "value" or "job".
        what: &'static str,
        /// Its length.
        len: usize,
        /// The most that is accepted.
        max: usize,
    },
    /// The files could not be read or written.
    #[error("the store could not be read or written")]
    Io(#[source] Arc<io::Error>),
    /// The store refuses writes until it is restarted.
    #[error("the store takes no writes until it is restarted: {0}")]
    Poisoned(Arc<str>),
    /// More jobs wait than the queue holds.
    #[error("too many writes are waiting")]
    Busy,
    /// The store is closed or closing.
    #[error("the store is closed")]
    Closed,
    /// The job panicked; nothing of it was written.
    #[error("a write job panicked: {0}")]
    JobPanicked(Arc<str>),
}

impl StoreError {
    /// The same failure, as the store tells it.
    #[must_use]
    pub fn from_engine(error: EngineError) -> Self {
        match error {
            EngineError::Full => Self::Full,
            EngineError::Damaged(what) => Self::EngineDamaged(what.into()),
            EngineError::TooLarge { what, len, max } => Self::TooLarge { what, len, max },
            EngineError::Io(error) => Self::Io(Arc::new(error)),
            EngineError::Unsynced(error) => {
                Self::Poisoned(format!("the device refused a sync: {error}").into())
            }
            EngineError::Poisoned(reason) => Self::Poisoned(reason.into()),
        }
    }
}

/// Which key, told without telling the key: its first byte (the kind of thing it is), its length, and a
/// fingerprint to find it by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyHint {
    first: Option<u8>,
    len: usize,
    fingerprint: [u8; 4],
}

impl KeyHint {
    /// The hint for `key`.
    #[must_use]
    pub fn of(key: &[u8]) -> Self {
        let digest = Sha256::digest(key);
        let mut fingerprint = [0; 4];
        for (to, from) in fingerprint.iter_mut().zip(digest) {
            *to = from;
        }
        Self { first: key.first().copied(), len: key.len(), fingerprint }
    }
}

impl fmt::Display for KeyHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first {
            Some(first) => write!(f, "a key of kind {first:#04x}, ")?,
            None => f.write_str("the key, ")?,
        }
        write!(f, "{} bytes, fingerprint {:08x}", self.len, u32::from_be_bytes(self.fingerprint))
    }
}

impl fmt::Debug for KeyHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyHint({self})")
    }
}
