//! The suite every engine passes: run it with [`conformance!`](macro@crate::conformance).
//!
//! Each case takes a fresh [`Subject`] and panics when the engine breaks its contract.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "cases are assertions: they are meant to panic"
)]

pub mod faults;
pub mod histories;
pub mod history;
pub mod readers;
pub mod reads;
pub mod values;

use std::fmt;
use std::sync::Arc;

use crate::engine::{Engine, EngineError};
use crate::memory::{MemoryDisk, MemoryEngine};
use crate::redb::RedbEngine;
use crate::sled::SledEngine;
use crate::space::FreeFloor;
use crate::store::{Store, StoreOptions};

type Opener = dyn Fn() -> Result<Box<dyn Engine>, EngineError> + Send + Sync;

/// An engine under test with a place of its own; opening it again finds what was there.
#[derive(Clone)]
pub struct Subject {
    opener: Arc<Opener>,
    on_device: bool,
}

impl Subject {
    /// An engine that `opener` opens; `on_device` when its commits end in a device sync that it counts.
    pub fn new(
        opener: impl Fn() -> Result<Box<dyn Engine>, EngineError> + Send + Sync + 'static,
        on_device: bool,
    ) -> Self {
        Self { opener: Arc::new(opener), on_device }
    }

    /// The engine in memory.
    #[must_use]
    pub fn memory() -> Self {
        let disk = MemoryDisk::default();
        Self::new(move || Ok(Box::new(MemoryEngine::on(disk.clone()))), false)
    }

    /// redb in a temporary directory.
    #[must_use]
    pub fn redb() -> Self {
        let temp = tempfile::tempdir().unwrap();
        Self::new(move || Ok(Box::new(RedbEngine::open(temp.path(), 16 << 20)?)), true)
    }

    /// sled in a temporary directory.
    #[must_use]
    pub fn sled() -> Self {
        let temp = tempfile::tempdir().unwrap();
        Self::new(move || Ok(Box::new(SledEngine::open(temp.path(), 16 << 20)?)), true)
    }

    /// Opens the engine. One at a time.
    ///
    /// # Panics
    /// When it cannot be opened.
    #[must_use]
    pub fn open(&self) -> Box<dyn Engine> {
        (self.opener)().expect("the engine opens")
    }

    /// Opens a store on the engine, without a floor and without waiting between attempts to reopen.
    ///
    /// # Panics
    /// When it cannot be opened.
    #[must_use]
    pub fn store(&self) -> Store {
        let opener = Arc::clone(&self.opener);
        Store::with_engine(move || opener(), &quick_options(), None).expect("the store opens")
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").field("on_device", &self.on_device).finish_non_exhaustive()
    }
}

/// Options for tests: no floor, no waiting.
#[must_use]
pub fn quick_options() -> StoreOptions {
    StoreOptions {
        free_floor: FreeFloor::NONE,
        space_check_interval: std::time::Duration::ZERO,
        reopen_interval: std::time::Duration::ZERO,
        ..StoreOptions::default()
    }
}

/// Makes a module of tests, one a case, for the engine that the expression makes a [`Subject`] of.
///
/// ```
/// # #[cfg(test)]
/// pryv_engine::conformance!(memory, pryv_engine::conformance::Subject::memory());
/// ```
#[macro_export]
macro_rules! conformance {
    ($engine:ident, $subject:expr) => {
        $crate::conformance! {
            @cases $engine, $subject,
            reads: edges_of_ranges scans_equal_a_map empty_and_extreme_keys;
            values: sizes_up_to_the_limit too_large_is_refused_whole shrinking_and_growing long_values_scan;
            readers: groups_are_never_seen_apart snapshots_stand_still long_values_are_never_torn;
            histories: survive_closing survive_dropping every_commit_is_synced concurrent_writers;
            faults: no_acknowledged_write_is_lost full_heals_without_a_restart a_second_error_poisons
                a_refused_sync_poisons_at_once a_failed_reopening_poisons a_damaged_value_is_named_not_told
                an_unfinished_restore_poisons;
        }
    };
    (@cases $engine:ident, $subject:expr, $($part:ident: $($case:ident)+;)+) => {
        mod $engine {
            $(mod $part {
                $(#[test]
                fn $case() {
                    $crate::conformance::$part::$case(&$subject);
                })+
            })+
        }
    };
}
