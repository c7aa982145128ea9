//! What a write job sees and changes: the store, the earlier jobs of its group, and its own writes.

use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;

use crate::engine::{MAX_KEY_BYTES, MAX_VALUE_BYTES, ReadView, Visitor};
use crate::envelope::{self, OVERHEAD};
use crate::error::StoreError;
use crate::group::{Change, WriteGroup};
use crate::reader::{self, Reader};
use crate::scan::Scan;

/// Longest value a job may put, in bytes: 4 MiB.
pub const MAX_STORED_VALUE: usize = 4 << 20;
const _: () = assert!(MAX_STORED_VALUE + OVERHEAD <= MAX_VALUE_BYTES);

/// Most bytes (keys and values) one job may write: 32 MiB. Larger work is several jobs.
pub const MAX_JOB_BYTES: usize = 32 << 20;

/// A write transaction: reads see its own writes; nothing is stored unless the job returns `Ok`.
pub struct WriteTx<'g> {
    base: &'g dyn ReadView,
    group: &'g mut WriteGroup,
    undo: Vec<(Arc<[u8]>, Option<Change>)>,
    written: usize,
}

impl<'g> WriteTx<'g> {
    pub(crate) fn new(base: &'g dyn ReadView, group: &'g mut WriteGroup) -> Self {
        Self { base, group, undo: Vec::new(), written: 0 }
    }

    /// Sets `key` to `value`.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] when the key, the value or the job is over its limit.
    pub fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        if value.len() > MAX_STORED_VALUE {
            return Err(StoreError::TooLarge { what: "value", len: value.len(), max: MAX_STORED_VALUE });
        }
        self.admit(key, value.len())?;
        self.change(key, Some(envelope::seal(key, value)));
        Ok(())
    }

    /// Removes `key`, whether or not it is there.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] when the key or the job is over its limit.
    pub fn delete(&mut self, key: &[u8]) -> Result<(), StoreError> {
        self.admit(key, 0)?;
        self.change(key, None);
        Ok(())
    }

    /// Takes every change of this job back.
    pub(crate) fn roll_back(self) {
        for (key, before) in self.undo.into_iter().rev() {
            self.group.undo(key, before);
        }
    }

    fn admit(&mut self, key: &[u8], value: usize) -> Result<(), StoreError> {
        if key.len() > MAX_KEY_BYTES {
            return Err(StoreError::TooLarge { what: "key", len: key.len(), max: MAX_KEY_BYTES });
        }
        let written = self.written.saturating_add(key.len()).saturating_add(value);
        if written > MAX_JOB_BYTES {
            return Err(StoreError::TooLarge { what: "job", len: written, max: MAX_JOB_BYTES });
        }
        self.written = written;
        Ok(())
    }

    fn change(&mut self, key: &[u8], change: Change) {
        let key: Arc<[u8]> = Arc::from(key);
        let before = self.group.change(Arc::clone(&key), change);
        self.undo.push((key, before));
    }
}

impl std::fmt::Debug for WriteTx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WriteTx").field("changes", &self.undo.len()).finish_non_exhaustive()
    }
}

impl Reader for WriteTx<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        match self.group.get(key) {
            Some(change) => Ok(change.as_ref().map(|stored| stored.slice_ref(envelope::trusted(stored)))),
            None => reader::get_verified(self.base, key),
        }
    }

    fn scan(&self, scan: &Scan, visit: &mut Visitor<'_>) -> Result<(), StoreError> {
        if scan.is_empty() {
            return Ok(());
        }
        if scan.is_reverse() {
            merged(self.base, self.group.within(scan).rev(), scan, visit)
        } else {
            merged(self.base, self.group.within(scan), scan, visit)
        }
    }
}

/// Merges the changes of the group into a scan of the engine; both come in the scan's direction.
fn merged<'g>(
    base: &dyn ReadView,
    changes: impl Iterator<Item = (&'g [u8], Option<&'g [u8]>)>,
    scan: &Scan,
    visit: &mut Visitor<'_>,
) -> Result<(), StoreError> {
    let mut changes = changes.peekable();
    if changes.peek().is_none() {
        return reader::scan_verified(base, scan, visit);
    }
    let mut left = scan.limit();
    let mut show = |key: &[u8], value: &[u8]| {
        left = left.saturating_sub(1);
        let flow = visit(key, value);
        if left == 0 { ControlFlow::Break(()) } else { flow }
    };
    let mut stopped = false;
    // The limit is counted here: deletes of the group hide entries of the engine.
    let whole = scan.clone().limited(usize::MAX);
    reader::scan_verified(base, &whole, &mut |key, value| {
        while let Some((changed, change)) = changes.peek().copied() {
            let order = if scan.is_reverse() { key.cmp(changed) } else { changed.cmp(key) };
            if order == Ordering::Greater {
                break;
            }
            changes.next();
            if let Some(stored) = change
                && show(changed, envelope::trusted(stored)).is_break()
            {
                stopped = true;
                return ControlFlow::Break(());
            }
            if order == Ordering::Equal {
                return ControlFlow::Continue(());
            }
        }
        if show(key, value).is_break() {
            stopped = true;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    if stopped {
        return Ok(());
    }
    for (key, change) in changes {
        if let Some(stored) = change
            && show(key, envelope::trusted(stored)).is_break()
        {
            break;
        }
    }
    Ok(())
}
