//! An engine that fails on command: at the n-th call, before or after the work of the engine below.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::engine::{Engine, EngineError, EngineStats, Health, ReadView, Visitor};
use crate::group::WriteGroup;
use crate::scan::Scan;

/// Which error is injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InjectedError {
    /// [`EngineError::Full`].
    Full,
    /// [`EngineError::Damaged`].
    Damaged,
    /// [`EngineError::Io`].
    Io,
    /// [`EngineError::Unsynced`].
    Unsynced,
    /// [`EngineError::Poisoned`].
    Poisoned,
}

impl InjectedError {
    fn error(self) -> EngineError {
        match self {
            Self::Full => EngineError::Full,
            Self::Damaged => EngineError::Damaged("injected".to_owned()),
            Self::Io => EngineError::Io(io::Error::other("injected")),
            Self::Unsynced => EngineError::Unsynced(io::Error::other("injected")),
            Self::Poisoned => EngineError::Poisoned("injected".to_owned()),
        }
    }
}

/// Where a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strike {
    /// The commit fails and nothing was written.
    BeforeCommit(InjectedError),
    /// The commit fails though everything was written.
    AfterCommit(InjectedError),
    /// One bit of the value that is read is flipped.
    DamagedValue,
    /// Opening fails.
    Open(InjectedError),
}

/// The faults to come, shared by the test and every `FaultEngine` that is opened with them.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    armed: Vec<(u64, Strike)>,
    disk_full: bool,
    struck: u64,
}

impl Faults {
    /// No faults yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Strikes at the `countdown`-th matching call from now; 1 is the next one.
    pub fn arm(&self, countdown: u64, strike: Strike) {
        self.state().armed.push((countdown, strike));
    }

    /// While set, every commit and every opening fails with `Full`, before any work.
    pub fn set_disk_full(&self, full: bool) {
        self.state().disk_full = full;
    }

    /// How many faults have struck.
    #[must_use]
    pub fn struck(&self) -> u64 {
        self.state().struck
    }

    /// Opens `engine` under these faults.
    ///
    /// # Errors
    /// The engine's own, or an armed [`Strike::Open`].
    pub fn open(
        &self,
        engine: impl FnOnce() -> Result<Box<dyn Engine>, EngineError>,
    ) -> Result<Box<dyn Engine>, EngineError> {
        if self.state().disk_full {
            self.state().struck += 1;
            return Err(EngineError::Full);
        }
        if let Some(Strike::Open(error)) = self.next(|strike| matches!(strike, Strike::Open(_))) {
            return Err(error.error());
        }
        Ok(Box::new(FaultEngine { inner: engine()?, faults: self.clone(), latched: Mutex::new(None) }))
    }

    /// Counts one call down and answers the fault whose turn it is.
    fn next(&self, matching: impl Fn(Strike) -> bool) -> Option<Strike> {
        let mut state = self.state();
        let mut due = None;
        state.armed.retain_mut(|(left, strike)| {
            if due.is_some() || !matching(*strike) {
                return true;
            }
            *left = left.saturating_sub(1);
            if *left == 0 {
                due = Some(*strike);
            }
            *left > 0
        });
        if due.is_some() {
            state.struck += 1;
        }
        due
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An engine over another one. After an injected error it refuses commits until it is opened again, as real
/// engines do.
struct FaultEngine {
    inner: Box<dyn Engine>,
    faults: Faults,
    latched: Mutex<Option<InjectedError>>,
}

impl FaultEngine {
    fn latched(&self) -> MutexGuard<'_, Option<InjectedError>> {
        self.latched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, error: InjectedError) -> Result<(), EngineError> {
        *self.latched() = Some(error);
        Err(error.error())
    }
}

impl fmt::Debug for FaultEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultEngine").field("inner", &self.inner).finish_non_exhaustive()
    }
}

#[deny(clippy::missing_trait_methods)]
impl Engine for FaultEngine {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn commit(&self, group: &WriteGroup) -> Result<(), EngineError> {
        let latched = *self.latched();
        match latched {
            Some(InjectedError::Full) => return Err(EngineError::Full),
            Some(error) => return Err(EngineError::Poisoned(error.error().to_string())),
            None => {}
        }
        if self.faults.state().disk_full {
            self.faults.state().struck += 1;
            return self.fail(InjectedError::Full);
        }
        match self.faults.next(|strike| matches!(strike, Strike::BeforeCommit(_) | Strike::AfterCommit(_))) {
            Some(Strike::BeforeCommit(error)) => self.fail(error),
            Some(Strike::AfterCommit(error)) => {
                self.inner.commit(group)?;
                self.fail(error)
            }
            _ => self.inner.commit(group),
        }
    }

    fn snapshot(&self) -> Result<Option<Box<dyn ReadView>>, EngineError> {
        Ok(self.inner.snapshot()?.map(|view| {
            let view: Box<dyn ReadView> = Box::new(FaultView { view, faults: self.faults.clone() });
            view
        }))
    }

    fn stats(&self) -> Result<EngineStats, EngineError> {
        self.inner.stats()
    }

    fn health(&self) -> Health {
        match *self.latched() {
            None => self.inner.health(),
            Some(InjectedError::Full) => Health::Full,
            Some(error) => Health::Poisoned(error.error().to_string()),
        }
    }

    fn close(self: Box<Self>) -> Result<(), EngineError> {
        self.inner.close()
    }
}

impl ReadView for FaultEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        damaged_get(&*self.inner, &self.faults, key)
    }

    fn scan(&self, scan: &Scan, visit: &mut Visitor<'_>) -> Result<(), EngineError> {
        damaged_scan(&*self.inner, &self.faults, scan, visit)
    }
}

struct FaultView {
    view: Box<dyn ReadView>,
    faults: Faults,
}

impl ReadView for FaultView {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        damaged_get(&*self.view, &self.faults, key)
    }

    fn scan(&self, scan: &Scan, visit: &mut Visitor<'_>) -> Result<(), EngineError> {
        damaged_scan(&*self.view, &self.faults, scan, visit)
    }
}

fn damaged_get(view: &dyn ReadView, faults: &Faults, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
    let value = view.get(key)?;
    if value.is_some() && faults.next(|strike| strike == Strike::DamagedValue).is_some() {
        return Ok(value.map(|value| flipped(&value)));
    }
    Ok(value)
}

fn damaged_scan(
    view: &dyn ReadView,
    faults: &Faults,
    scan: &Scan,
    visit: &mut Visitor<'_>,
) -> Result<(), EngineError> {
    view.scan(scan, &mut |key, value| {
        if faults.next(|strike| strike == Strike::DamagedValue).is_some() {
            visit(key, &flipped(value))
        } else {
            visit(key, value)
        }
    })
}

/// The value with a bit of its last byte flipped.
fn flipped(value: &[u8]) -> Bytes {
    let mut value = value.to_vec();
    if let Some(last) = value.last_mut() {
        *last ^= 4;
    }
    value.into()
}
