//! Counts: how many records there are, in all or in each of some buckets.

use super::{
    Error, Result, Service,
    audit::Given,
    filters,
    records::{begin, given},
};
use crate::{
    permission::{self, By, Caller},
    store::{Count, CountRequest, Paging, Reading},
};
use pryv_wire::{
    Timestamp,
    audit::Act,
    record::{CountRecords, Counted, MAX_BUCKETS, MAX_COUNT, RecordState},
};

impl Service {
    /// Counts instances, in all or in buckets.
    ///
    /// # Errors
    ///
    /// `not-found`, `not-allowed`, `access-not-valid`, `out-of-range`, `unindexed`, `malformed-message` (the cursor),
    /// `storage-full`.
    pub async fn count_records(&self, caller: Caller, request: CountRecords) -> Result<Counted> {
        let (now, asking) = (self.now(), caller.clone());
        let (counted, given) = self
            .blocking(move |inner| inner.store.read(|view| counted(&view, &asking, request, true, now)))
            .await?;
        self.enter(&caller, given).await?;
        Ok(counted)
    }
}

/// A count; if it may not work, one that goes on where it was to begin.
pub(super) fn counted(
    view: &Reading<'_>,
    caller: &Caller,
    request: CountRecords,
    may_work: bool,
    now: Timestamp,
) -> Result<(Counted, Given)> {
    let CountRecords { account, scope, mut filter, unindexed, within, state, mut buckets, enough, after } =
        request;
    let grant = permission::read(view, caller, (account, scope), By::Any, now)?;
    if enough == 0 || enough > MAX_COUNT {
        let most = usize::try_from(MAX_COUNT).unwrap_or(usize::MAX);
        return Err(Error::out_of_range("`enough` is 1 to 100,000", most));
    }
    if buckets.len() > MAX_BUCKETS {
        return Err(Error::out_of_range("the number of buckets", MAX_BUCKETS));
    }
    if !buckets.is_empty() && after.is_some() {
        return Err(Error::malformed(
            "a count in buckets begins at its first one: leave out those that were counted",
        ));
    }
    if state == RecordState::Deleted && !buckets.is_empty() {
        return Err(Error::malformed("deleted records carry no tokens"));
    }
    filters::check(&mut filter, &mut buckets)?;
    let from = begin(view, &grant, Paging::Count, after.as_ref())?;
    let (found, unindexed) = if may_work {
        let (wanted, number) = filters::wanted(view, &grant, filter, unindexed, within, state, true)?;
        (view.count(&grant, &CountRequest { wanted, buckets, enough, from })?, number)
    } else if buckets.is_empty() {
        (Count { counts: vec![0], next: Some(from) }, 0)
    } else {
        (Count::default(), 0)
    };
    let next = found.next.map(|position| view.cursor(&grant, Paging::Count, position)).transpose()?;
    let epoch = view.scope_head(account, scope)?.map_or(0, |head| head.epoch);
    let sum = found.counts.iter().copied().fold(0, u64::saturating_add);
    let given = given(&grant, Act::CountRecords, usize::try_from(sum).unwrap_or(usize::MAX));
    Ok((Counted { counts: found.counts, unindexed, epoch, next }, given))
}
