//! Verified reads: what a view and a write transaction have in common.

use std::ops::ControlFlow;

use bytes::Bytes;

use crate::counted::Reads;
use crate::engine::{ReadView, Visitor};
use crate::envelope;
use crate::error::{KeyHint, StoreError};
use crate::scan::Scan;

/// Reads of a [`View`] or of a [`WriteTx`](crate::WriteTx), so that one query serves both.
pub trait Reader {
    /// The value of `key`.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the value is not what was written.
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError>;

    /// Visits a range in key order.
    ///
    /// # Errors
    /// As [`Reader::get`], at the first damaged value; values before it have been visited.
    fn scan(&self, scan: &Scan, visit: &mut Visitor<'_>) -> Result<(), StoreError>;

    /// What was read through this reader so far, if it counts ([`Counted`](crate::Counted)).
    fn reads(&self) -> Reads {
        Reads::default()
    }

    /// Whether there is a value, which is verified.
    ///
    /// # Errors
    /// As [`Reader::get`].
    fn contains(&self, key: &[u8]) -> Result<bool, StoreError> {
        Ok(self.get(key)?.is_some())
    }

    /// The first key and value of a range.
    ///
    /// # Errors
    /// As [`Reader::get`].
    fn first(&self, scan: &Scan) -> Result<Option<(Bytes, Bytes)>, StoreError> {
        Ok(self.entries(&scan.clone().limited(scan.limit().min(1)))?.pop())
    }

    /// The keys and values of a range. Set a limit, or the whole range is held in memory.
    ///
    /// # Errors
    /// As [`Reader::get`].
    fn entries(&self, scan: &Scan) -> Result<Vec<(Bytes, Bytes)>, StoreError> {
        let mut entries = Vec::new();
        self.scan(scan, &mut |key, value| {
            entries.push((Bytes::copy_from_slice(key), Bytes::copy_from_slice(value)));
            ControlFlow::Continue(())
        })?;
        Ok(entries)
    }
}

/// A view of the store for reading.
#[derive(Clone, Copy)]
pub struct View<'s> {
    base: &'s dyn ReadView,
}

impl<'s> View<'s> {
    pub(crate) fn new(base: &'s dyn ReadView) -> Self {
        Self { base }
    }
}

impl std::fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View").finish_non_exhaustive()
    }
}

impl Reader for View<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        get_verified(self.base, key)
    }

    fn scan(&self, scan: &Scan, visit: &mut Visitor<'_>) -> Result<(), StoreError> {
        scan_verified(self.base, scan, visit)
    }
}

pub(crate) fn get_verified(base: &dyn ReadView, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
    match base.get(key).map_err(StoreError::from_engine)? {
        None => Ok(None),
        Some(stored) => envelope::open_bytes(key, &stored)
            .map(Some)
            .map_err(|fault| StoreError::Damaged { key: KeyHint::of(key), fault }),
    }
}

pub(crate) fn scan_verified(
    base: &dyn ReadView,
    scan: &Scan,
    visit: &mut Visitor<'_>,
) -> Result<(), StoreError> {
    let mut damage = None;
    base.scan(scan, &mut |key, stored| match envelope::open(key, stored) {
        Ok(value) => visit(key, value),
        Err(fault) => {
            damage = Some(StoreError::Damaged { key: KeyHint::of(key), fault });
            ControlFlow::Break(())
        }
    })
    .map_err(StoreError::from_engine)?;
    damage.map_or(Ok(()), Err)
}
