//! Counting what a reader is asked for: the work of a query, whatever the engine and its cache make of it.

use std::cell::Cell;
use std::ops::ControlFlow;

use bytes::Bytes;

use crate::engine::Visitor;
use crate::error::StoreError;
use crate::reader::Reader;
use crate::scan::Scan;

/// What a reader was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Descents into the tree: values asked for by key, and scans begun.
    pub seeks: u64,
    /// Rows that were read: values found by key, and rows that scans visited.
    pub rows: u64,
}

/// A reader that counts what it is asked for. Not shared among threads: two additions a row.
pub struct Counted<'r> {
    reader: &'r dyn Reader,
    seeks: Cell<u64>,
    rows: Cell<u64>,
}

impl<'r> Counted<'r> {
    /// Nothing asked for yet.
    #[must_use]
    pub fn new(reader: &'r dyn Reader) -> Self {
        Self { reader, seeks: Cell::new(0), rows: Cell::new(0) }
    }
}

impl std::fmt::Debug for Counted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Counted").field("reads", &self.reads()).finish_non_exhaustive()
    }
}

fn add(counter: &Cell<u64>, by: u64) {
    counter.set(counter.get().saturating_add(by));
}

impl Reader for Counted<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        add(&self.seeks, 1);
        let found = self.reader.get(key)?;
        add(&self.rows, u64::from(found.is_some()));
        Ok(found)
    }

    fn scan(&self, scan: &Scan, visit: &mut Visitor<'_>) -> Result<(), StoreError> {
        add(&self.seeks, 1);
        self.reader.scan(scan, &mut |key, value| -> ControlFlow<()> {
            add(&self.rows, 1);
            visit(key, value)
        })
    }

    fn reads(&self) -> Reads {
        Reads { seeks: self.seeks.get(), rows: self.rows.get() }
    }
}

#[cfg(test)]
mod tests {
    use super::{Counted, Reads};
    use crate::error::StoreError;
    use crate::reader::Reader;
    use crate::scan::Scan;
    use crate::store::Store;

    #[test]
    fn seeks_and_rows_are_counted() {
        let store = Store::in_memory().unwrap();
        let put = |tx: &mut crate::WriteTx<'_>| -> Result<(), StoreError> {
            (0..10_u8).try_for_each(|key| tx.put(&[key], b"value"))
        };
        store.write(put).unwrap();
        let count = |view: &crate::View<'_>| -> Result<(), StoreError> {
            let counted = Counted::new(view);
            counted.get(&[3])?;
            counted.get(&[77])?;
            assert_eq!(counted.reads(), Reads { seeks: 2, rows: 1 });
            counted.entries(&Scan::all().limited(4))?;
            assert_eq!(counted.reads(), Reads { seeks: 3, rows: 5 });
            Ok(())
        };
        store.read(count).unwrap();
    }
}
