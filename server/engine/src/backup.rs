//! Backups: the keys and values of one moment as a stream that no engine has a part in.
//!
//! It is the way to move a store to another machine or engine, and to shrink one.
//!
//! ```text
//! stream  = magic chunk* trailer             all numbers big-endian
//! magic   = "PRYVBAK" 01                      the last byte is the version
//! chunk   = 01 number(8) length(4) body check(16)
//! body    = { key length(4) value length(4) key value }*     keys ascending through the whole stream
//! trailer = 02 entries(8) bytes(8) digest(32) end of file
//! ```
//!
//! `check` is the first half of the SHA-256 of everything before it, so that a chunk that is flipped, left out,
//! doubled or moved is found when it is read, not at the end; `digest` is the SHA-256 of everything before it.
//! `bytes` counts keys and values. A stream that ends early, or goes on after the trailer, is refused.
//!
//! The digest finds accidents. Who can write the file can also write the digest: sign or seal the file elsewhere.

mod file;
mod read;
mod write;

use std::fmt;
use std::io;
use std::ops::RangeInclusive;

use crate::error::StoreError;
use crate::scan::Scan;

pub use self::file::verify_backup;

const MAGIC: [u8; 8] = *b"PRYVBAK\x01";
const CHUNK: u8 = 1;
const TRAILER: u8 = 2;
const CHECK: usize = 16;

/// A chunk is closed when its body is this long; the last entry may go over.
const CHUNK_BODY: usize = 1 << 20;

/// Lengths a body can have: at least one entry, at most a full one and the longest entry.
const BODY_LENGTHS: RangeInclusive<usize> =
    8..=CHUNK_BODY + 8 + crate::engine::MAX_KEY_BYTES + crate::transaction::MAX_STORED_VALUE;

type Keep = dyn Fn(&[u8]) -> bool + Send;

/// Which keys a backup holds.
pub struct BackupOptions {
    scan: Scan,
    keep: Box<Keep>,
}

impl BackupOptions {
    /// Every key.
    #[must_use]
    pub fn all() -> Self {
        Self { scan: Scan::all(), keep: Box::new(|_| true) }
    }

    /// The keys that start with `prefix`.
    #[must_use]
    pub fn prefix(prefix: &[u8]) -> Self {
        Self { scan: Scan::prefix(prefix), keep: Box::new(|_| true) }
    }

    /// Of those, the keys for which `keep` is true.
    #[must_use]
    pub fn keep(mut self, keep: impl Fn(&[u8]) -> bool + Send + 'static) -> Self {
        self.keep = Box::new(keep);
        self
    }
}

impl fmt::Debug for BackupOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackupOptions").finish_non_exhaustive()
    }
}

/// What a backup holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupSummary {
    /// Keys.
    pub entries: u64,
    /// Bytes of keys and values.
    pub bytes: u64,
    /// SHA-256 of the stream up to itself; it is also the stream's last 32 bytes.
    pub sha256: [u8; 32],
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The store could not be read; a damaged value ends a backup.
    #[error("the store could not be read")]
    Store(#[from] StoreError),
    /// The stream could not be written.
    #[error("the backup could not be written")]
    Io(#[source] io::Error),
    /// The engine had to be opened again while the backup ran: start it again.
    #[error("the backup was interrupted because the engine must be opened again: start it again")]
    Interrupted,
}

/// Why a backup was not restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The store holds something.
    #[error("the store is not empty: restore into an empty one")]
    NotEmpty,
    /// Not a backup, or of a version this one does not know.
    #[error("not a backup of a known version")]
    UnknownFormat,
    /// The stream ends before its trailer.
    #[error("the backup is cut short after {chunks} whole chunks")]
    Truncated {
        /// Chunks that were read.
        chunks: u64,
    },
    /// The stream is not what was written.
    #[error("the backup is damaged at chunk {chunk}: {what}")]
    Damaged {
        /// Number of the chunk, from 0; the trailer counts as one.
        chunk: u64,
        /// What does not fit.
        what: &'static str,
    },
    /// The file could not be read.
    #[error("the backup could not be read")]
    Io(#[source] io::Error),
    /// The store could not be written. Its directory stays marked: empty it before the next attempt.
    #[error("the store could not be written")]
    Store(#[from] StoreError),
}
