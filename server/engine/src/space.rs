//! The free-space floor: writes are refused before the engine meets a full disk.
//!
//! Measured: after a failed write for want of space, redb and sled refuse every later write until they are
//! opened again, and sled loses its reads in some layouts. Below the floor they never get that far.

use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The room a file system has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes an ordinary process may still use.
    pub available: u64,
    /// Bytes of the whole file system.
    pub total: u64,
}

/// Where a store asks how much room is left.
pub trait SpaceProbe: Send + Sync {
    /// The room of this moment.
    ///
    /// # Errors
    /// What the file system says; the store then refuses writes, because it cannot know.
    fn space(&self) -> io::Result<Space>;
}

/// The file system a directory is on.
#[derive(Debug)]
pub struct FileSystem {
    dir: PathBuf,
}

impl FileSystem {
    /// The file system `dir` is on.
    #[must_use]
    pub fn of(dir: PathBuf) -> Self {
        Self { dir }
    }
}

impl SpaceProbe for FileSystem {
    #[cfg(unix)]
    fn space(&self) -> io::Result<Space> {
        let stat = rustix::fs::statvfs(&self.dir)?;
        Ok(Space {
            available: stat.f_bavail.saturating_mul(stat.f_frsize),
            total: stat.f_blocks.saturating_mul(stat.f_frsize),
        })
    }

    #[cfg(not(unix))]
    fn space(&self) -> io::Result<Space> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "free space is known on Unix only: set the floor to zero elsewhere",
        ))
    }
}

/// Writes are refused when less than the greater of the two is available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeFloor {
    /// Bytes.
    pub bytes: u64,
    /// Hundredths of the file system.
    pub percent: u8,
}

impl FreeFloor {
    /// No floor: the engine meets the full disk itself.
    pub const NONE: Self = Self { bytes: 0, percent: 0 };

    fn admits(self, space: Space) -> bool {
        let share = u128::from(space.total).saturating_mul(u128::from(self.percent)) / 100;
        let available = u128::from(space.available);
        available >= u128::from(self.bytes) && available >= share
    }
}

impl Default for FreeFloor {
    /// 1 GiB or 5 %, whichever is more.
    fn default() -> Self {
        Self { bytes: 1 << 30, percent: 5 }
    }
}

/// Remembers the last answer for a moment: one system call a second, not one a group.
pub(crate) struct SpaceGuard {
    probe: Option<Box<dyn SpaceProbe>>,
    floor: FreeFloor,
    interval: Duration,
    last: Mutex<Option<(Instant, bool)>>,
}

impl SpaceGuard {
    pub(crate) fn new(probe: Option<Box<dyn SpaceProbe>>, floor: FreeFloor, interval: Duration) -> Self {
        let probe = probe.filter(|_| floor != FreeFloor::NONE);
        Self { probe, floor, interval, last: Mutex::new(None) }
    }

    /// Whether there is a floor, so that [`SpaceGuard::has_room`] can tell.
    pub(crate) fn is_guarding(&self) -> bool {
        self.probe.is_some()
    }

    /// Whether there is room for writes.
    pub(crate) fn has_room(&self) -> bool {
        let Some(probe) = &self.probe else { return true };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, room)) = *last
            && at.elapsed() < self.interval
        {
            return room;
        }
        let room = match probe.space() {
            Ok(space) => self.floor.admits(space),
            Err(error) => {
                tracing::error!(error = %error, "free space is unknown, writes are refused");
                false
            }
        };
        if last.is_some_and(|(_, before)| before != room) || (last.is_none() && !room) {
            if room {
                tracing::info!("free space is above the floor again, writes are taken");
            } else {
                tracing::warn!("free space is below the floor, writes are refused");
            }
        }
        *last = Some((Instant::now(), room));
        room
    }
}

#[cfg(test)]
mod tests {
    use super::{FileSystem, FreeFloor, Space, SpaceProbe};

    #[test]
    fn the_greater_of_both_floors_counts() {
        let floor = FreeFloor { bytes: 100, percent: 10 };
        assert!(floor.admits(Space { available: 100, total: 1000 }));
        assert!(!floor.admits(Space { available: 99, total: 100 }));
        assert!(!floor.admits(Space { available: 100, total: 1001 * 10 }));
        assert!(FreeFloor::NONE.admits(Space { available: 0, total: 0 }));
        assert!(!floor.admits(Space { available: 1, total: u64::MAX }));
    }

    #[test]
    fn the_file_system_answers() {
        let space = FileSystem::of(std::env::temp_dir()).space().unwrap();
        assert!(space.total >= space.available && space.total > 0);
    }
}
