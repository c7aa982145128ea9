//! The half-open key range a scan walks, with its direction and limit.

/// What a scan visits: the keys `k` with `lo <= k < hi` in byte order, at most `limit` of them.
///
/// ```
/// use pryv_engine::Scan;
///
/// let newest_ten = Scan::prefix(b"log/").reversed().limited(10);
/// assert_eq!(newest_ten.lo(), b"log/");
/// assert_eq!(newest_ten.hi(), Some(&b"log0"[..]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    lo: Vec<u8>,
    hi: Option<Vec<u8>>,
    limit: usize,
    reverse: bool,
}

impl Scan {
    /// Every key.
    #[must_use]
    pub fn all() -> Self {
        Self { lo: Vec::new(), hi: None, limit: usize::MAX, reverse: false }
    }

    /// The keys from `lo` (inclusive) to `hi` (exclusive). Empty when `lo >= hi`.
    #[must_use]
    pub fn range(lo: &[u8], hi: &[u8]) -> Self {
        Self { lo: lo.to_vec(), hi: Some(hi.to_vec()), limit: usize::MAX, reverse: false }
    }

    /// The keys from `lo` (inclusive) to the end.
    #[must_use]
    pub fn from(lo: &[u8]) -> Self {
        Self { lo: lo.to_vec(), hi: None, limit: usize::MAX, reverse: false }
    }

    /// The keys that start with `prefix`.
    #[must_use]
    pub fn prefix(prefix: &[u8]) -> Self {
        Self { lo: prefix.to_vec(), hi: end_of_prefix(prefix), limit: usize::MAX, reverse: false }
    }

    /// Narrows the range to keys strictly greater than `key`: where a page of a forward scan goes on.
    #[must_use]
    pub fn after(mut self, key: &[u8]) -> Self {
        let mut next = Vec::with_capacity(key.len().saturating_add(1));
        next.extend_from_slice(key);
        next.push(0);
        if next > self.lo {
            self.lo = next;
        }
        self
    }

    /// Narrows the range to keys strictly less than `key`: where a page of a reverse scan goes on.
    #[must_use]
    pub fn before(mut self, key: &[u8]) -> Self {
        if self.hi.as_deref().is_none_or(|hi| key < hi) {
            self.hi = Some(key.to_vec());
        }
        self
    }

    /// Visits at most `limit` keys.
    #[must_use]
    pub fn limited(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Visits the greatest key first.
    #[must_use]
    pub fn reversed(mut self) -> Self {
        self.reverse = true;
        self
    }

    /// First key of the range.
    #[must_use]
    pub fn lo(&self) -> &[u8] {
        &self.lo
    }

    /// First key past the range; `None` when the range has no end.
    #[must_use]
    pub fn hi(&self) -> Option<&[u8]> {
        self.hi.as_deref()
    }

    /// Most keys to visit.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Whether the greatest key comes first.
    #[must_use]
    pub fn is_reverse(&self) -> bool {
        self.reverse
    }

    /// Whether nothing can be visited, whatever is stored.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.limit == 0 || self.hi.as_deref().is_some_and(|hi| self.lo.as_slice() >= hi)
    }
}

/// The least key that is greater than every key with this prefix; `None` when there is none (`ff ff …`).
fn end_of_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::Scan;

    #[test]
    fn the_end_of_a_prefix_carries_over_ff() {
        assert_eq!(Scan::prefix(&[1, 0xff, 0xff]).hi(), Some(&[2][..]));
        assert_eq!(Scan::prefix(&[0xff, 0xff]).hi(), None);
        assert_eq!(Scan::prefix(&[]).hi(), None);
    }

    #[test]
    fn paging_only_narrows() {
        let scan = Scan::range(b"b", b"d");
        assert_eq!(scan.clone().after(b"a").lo(), b"b");
        assert_eq!(scan.clone().after(b"b").lo(), b"b\0");
        assert_eq!(scan.clone().before(b"z").hi(), Some(&b"d"[..]));
        assert_eq!(scan.before(b"c").hi(), Some(&b"c"[..]));
    }
}
