//! Progress of operations that take long.

/// Is told how far a long operation is.
///
/// Any `FnMut(u64, Option<u64>) + Send` is one: it is called with what is done and what there is to do, if known.
pub trait Progress: Send {
    /// `done` of `total` units are finished; `total` is absent when nobody knows it beforehand.
    fn advance(&mut self, done: u64, total: Option<u64>);
}

impl<F: FnMut(u64, Option<u64>) + Send> Progress for F {
    fn advance(&mut self, done: u64, total: Option<u64>) {
        self(done, total);
    }
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn advance(&mut self, _done: u64, _total: Option<u64>) {}
}
