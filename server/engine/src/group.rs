//! The changes one durable commit makes.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;

use crate::scan::Scan;

/// A put (`Some`) or a delete (`None`).
pub(crate) type Change = Option<Bytes>;

/// Puts and deletes that become visible and durable together, one change a key, in key order.
///
/// A key changed twice keeps the later change. The order suits B-trees: neighbours are written together.
#[derive(Clone, Debug, Default)]
pub struct WriteGroup {
    changes: BTreeMap<Arc<[u8]>, Change>,
    bytes: usize,
}

impl WriteGroup {
    /// A group without changes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `key` to `value`.
    pub fn put(&mut self, key: &[u8], value: impl Into<Bytes>) {
        self.change(Arc::from(key), Some(value.into()));
    }

    /// Removes `key`, whether or not it is there.
    pub fn delete(&mut self, key: &[u8]) {
        self.change(Arc::from(key), None);
    }

    /// The changes in key order: `None` is a delete.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.changes.iter().map(|(key, change)| (&**key, change.as_deref()))
    }

    /// How many keys change.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Bytes of all keys and values.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Makes one change and answers the one it replaces.
    pub(crate) fn change(&mut self, key: Arc<[u8]>, change: Change) -> Option<Change> {
        let key_len = key.len();
        self.bytes = self.bytes.saturating_add(size(key_len, &change));
        let before = self.changes.insert(key, change);
        if let Some(before) = &before {
            self.bytes = self.bytes.saturating_sub(size(key_len, before));
        }
        before
    }

    /// Puts back what [`WriteGroup::change`] answered.
    pub(crate) fn undo(&mut self, key: Arc<[u8]>, before: Option<Change>) {
        match before {
            Some(before) => {
                self.change(key, before);
            }
            None => {
                if let Some(undone) = self.changes.remove(&key) {
                    self.bytes = self.bytes.saturating_sub(size(key.len(), &undone));
                }
            }
        }
    }

    /// The change this group makes to `key`, if any.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&Change> {
        self.changes.get(key)
    }

    /// The changes inside a range, in key order. The range must not be empty.
    pub(crate) fn within<'g>(
        &'g self,
        scan: &Scan,
    ) -> impl DoubleEndedIterator<Item = (&'g [u8], Option<&'g [u8]>)> + use<'g> {
        let hi = scan.hi().map_or(Bound::Unbounded, Bound::Excluded);
        self.changes
            .range::<[u8], _>((Bound::Included(scan.lo()), hi))
            .map(|(key, change)| (&**key, change.as_deref()))
    }
}

fn size(key_len: usize, change: &Change) -> usize {
    key_len.saturating_add(change.as_ref().map_or(0, Bytes::len))
}

#[cfg(test)]
mod tests {
    use super::WriteGroup;

    #[test]
    fn counts_the_bytes_of_the_last_change_only() {
        let mut group = WriteGroup::new();
        group.put(b"k", vec![0; 10]);
        group.put(b"k", vec![0; 3]);
        assert_eq!((group.len(), group.bytes()), (1, 4));
        group.delete(b"k");
        assert_eq!((group.len(), group.bytes()), (1, 1));
    }

    #[test]
    fn undo_restores_what_was_there() {
        let mut group = WriteGroup::new();
        group.put(b"a", vec![1]);
        let before = group.change((*b"a").into(), None);
        group.undo((*b"a").into(), before);
        let before = group.change((*b"b").into(), Some(vec![2, 2].into()));
        group.undo((*b"b").into(), before);
        assert_eq!(group.iter().collect::<Vec<_>>(), vec![(&b"a"[..], Some(&[1][..]))]);
        assert_eq!(group.bytes(), 2);
    }
}
