//! The seam: what a byte-level engine promises, and nothing about who keeps what in it.

use std::fmt;
use std::io;
use std::ops::ControlFlow;
use std::str::FromStr;

use bytes::Bytes;

use crate::group::WriteGroup;
use crate::scan::Scan;

/// Called for each key and value of a scan, in order; `Break` ends the scan early.
pub type Visitor<'a> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'a;

/// Longest key, in bytes. sled keeps up to 256 keys in an index page and spills pages over 128 KiB to files it
/// never syncs: measured, 215 such files with keys of 1 KiB, none with this limit.
pub const MAX_KEY_BYTES: usize = 256;

/// Longest value an engine must accept, in bytes: 4 MiB and room for the envelope of the store.
pub const MAX_VALUE_BYTES: usize = (4 << 20) + 64;

/// Point and range reads, of an engine as it is or of a snapshot of it.
pub trait ReadView: Send + Sync {
    /// The value of `key`.
    ///
    /// # Errors
    /// [`EngineError::Damaged`] when what is stored cannot be read back, [`EngineError::Io`] and
    /// [`EngineError::Poisoned`] when the engine is unfit to answer.
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, EngineError>;

    /// Visits the range in byte order of the keys (greatest first when reversed).
    ///
    /// # Errors
    /// As [`ReadView::get`].
    fn scan(&self, scan: &Scan, visit: &mut Visitor<'_>) -> Result<(), EngineError>;
}

/// A durable, ordered map from bytes to bytes. One file per engine implements it.
///
/// # Contract
///
/// * **Atomic**: a [`WriteGroup`] is found entire or not at all, by every later reader and after every crash.
/// * **Durable**: when [`Engine::commit`] returns `Ok`, the group survives `kill -9` and loss of power, on a
///   device that honours its flush command. At least one device sync stands behind each commit.
/// * **Unknown outcome**: when `commit` returns an error, the group may be found or not found later (entire in
///   both cases). Earlier groups stay.
/// * **Latched**: after an error other than `TooLarge`, an engine may refuse further commits until it is
///   closed and opened again. Reads go on where the engine can serve them.
/// * **One writer**: `commit` is called from one thread at a time. Reads come from any thread, at any time.
/// * A plain read or scan sees at least every group committed before it began. A scan that runs while a group
///   is committed may see part of that group; [`Engine::snapshot`] does not.
/// * Keys up to [`MAX_KEY_BYTES`] and values up to [`MAX_VALUE_BYTES`] are accepted, longer ones refused as
///   [`EngineError::TooLarge`] before anything is written.
/// * An engine does not panic: a panic below it is caught and answered as `Damaged` or `Poisoned`.
///
/// The suite in `conformance` holds every engine to this.
pub trait Engine: ReadView + fmt::Debug + 'static {
    /// Which engine this is.
    fn name(&self) -> &'static str;

    /// Makes all changes of the group, durably.
    ///
    /// # Errors
    /// See the contract: anything but `Ok` is no acknowledgement.
    fn commit(&self, group: &WriteGroup) -> Result<(), EngineError>;

    /// A consistent view of the moment, or `None` where the engine has none: the caller then keeps writers
    /// out while it reads (`Store` does it with a fence).
    ///
    /// # Errors
    /// As [`ReadView::get`].
    fn snapshot(&self) -> Result<Option<Box<dyn ReadView>>, EngineError>;

    /// Sizes and counts, for metrics.
    ///
    /// # Errors
    /// [`EngineError::Io`] when the files cannot be looked at.
    fn stats(&self) -> Result<EngineStats, EngineError>;

    /// Whether the engine takes writes.
    fn health(&self) -> Health;

    /// Closes it in order. Dropping an engine is a crash it must survive.
    ///
    /// # Errors
    /// What the last flush met. Acknowledged groups are safe regardless.
    fn close(self: Box<Self>) -> Result<(), EngineError>;
}

/// Sizes and counts of an engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineStats {
    /// Bytes the engine's files occupy.
    pub disk_bytes: u64,
    /// Device syncs since it was opened.
    pub device_syncs: u64,
}

/// Whether writes are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Reads and writes are served.
    Ok,
    /// The disk is full: writes are refused until there is room, reads are served (see the engine's limits).
    Full,
    /// Writes are refused until the process is restarted; the reason is for the operator.
    Poisoned(String),
}

/// Why an engine could not do what was asked. `Full` and `Damaged` are told apart because one heals.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The disk or the quota is full.
    #[error("no space left for the store")]
    Full,
    /// What is stored cannot be read back as it was written.
    #[error("the stored data is damaged: {0}")]
    Damaged(String),
    /// A key or a value is longer than the limit.
    #[error("{what} of {len} bytes is over the limit of {max} bytes")]
    TooLarge {
        /// "key" or "value".
        what: &'static str,
        /// Its length.
        len: usize,
        /// The most that is accepted.
        max: usize,
    },
    /// The files could not be read or written.
    #[error("the store could not be read or written")]
    Io(#[source] io::Error),
    /// The device refused to make written bytes stable.
    ///
    /// What it holds now is unknown, and reading the file back proves nothing, because the operating system
    /// answers from pages it has marked clean. Only a restart of the machine, a replica or a backup helps.
    #[error("the device refused a sync")]
    Unsynced(#[source] io::Error),
    /// The engine met an error earlier and must be opened again.
    #[error("the engine must be opened again: {0}")]
    Poisoned(String),
}

impl EngineError {
    /// Sorts an I/O error into `Full` or `Io`.
    #[must_use]
    pub fn from_io(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(error),
        }
    }
}

/// Refuses keys and values over the limits, before anything is written.
pub(crate) fn check_sizes(group: &WriteGroup) -> Result<(), EngineError> {
    for (key, value) in group.iter() {
        if key.len() > MAX_KEY_BYTES {
            return Err(EngineError::TooLarge { what: "key", len: key.len(), max: MAX_KEY_BYTES });
        }
        let len = value.map_or(0, <[u8]>::len);
        if len > MAX_VALUE_BYTES {
            return Err(EngineError::TooLarge { what: "value", len, max: MAX_VALUE_BYTES });
        }
    }
    Ok(())
}

/// The engines a data directory can be kept by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EngineKind {
    /// redb: the default. Durable as published, opens in milliseconds at any size, has snapshots.
    #[default]
    Redb,
    /// sled 0.34: second engine, with the guards described in its module.
    Sled,
}

impl EngineKind {
    /// The name used in settings and in the data directory.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Redb => "redb",
            Self::Sled => "sled",
        }
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no engine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown engine {0:?}: use \"redb\" or \"sled\"")]
pub struct UnknownEngine(String);

impl FromStr for EngineKind {
    type Err = UnknownEngine;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "redb" => Ok(Self::Redb),
            "sled" => Ok(Self::Sled),
            other => Err(UnknownEngine(other.to_owned())),
        }
    }
}
