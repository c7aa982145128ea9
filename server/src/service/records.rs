//! Records: one by its id, many by query.

use super::{Error, Result, Service, audit::Given, filters};
use crate::{
    permission::{self, By, Caller, Grant, Read},
    store::{Page, PageRequest, Paging, Reading},
};
use pryv_wire::{
    Bytes, ErrorCode, Timestamp,
    audit::Act,
    record::{GetRecord, Order, QueryRecords, RecordFound, Records},
};

/// The most records of one page.
pub(super) const MAX_LIMIT: u32 = 1_000;
/// The most bytes of envelopes in one page, but for the last record.
pub(super) const MAX_PAGE_BYTES: usize = 4 << 20;

impl Service {
    /// One record: an instance, a tombstone or the definition.
    ///
    /// # Errors
    ///
    /// `not-found`, `not-allowed`, `access-not-valid`, `storage-full`.
    pub async fn get_record(&self, caller: Caller, request: GetRecord) -> Result<RecordFound> {
        let (now, asking) = (self.now(), caller.clone());
        let (found, given) =
            self.blocking(move |inner| inner.store.read(|view| one(&view, &asking, &request, now))).await?;
        self.enter(&caller, given).await?;
        Ok(found)
    }

    /// One page of instances. A page may hold fewer than asked for, even none, and still have one behind it.
    ///
    /// # Errors
    ///
    /// `not-found`, `not-allowed`, `access-not-valid`, `out-of-range`, `unindexed`, `malformed-message` (the cursor),
    /// `storage-full`.
    pub async fn query_records(&self, caller: Caller, request: QueryRecords) -> Result<Records> {
        let (now, asking) = (self.now(), caller.clone());
        let (page, given) = self
            .blocking(move |inner| {
                inner.store.read(|view| page(&view, &asking, request, MAX_PAGE_BYTES, now))
            })
            .await?;
        self.enter(&caller, given).await?;
        Ok(page)
    }
}

/// What a grant lets its holder be given.
pub(super) fn given(grant: &Grant<'_, Read>, act: Act, records: usize) -> Given {
    Given { account: grant.account(), scope: grant.scope(), access: grant.access(), act, records }
}

pub(super) fn one(
    view: &Reading<'_>,
    caller: &Caller,
    request: &GetRecord,
    now: Timestamp,
) -> Result<(RecordFound, Given)> {
    let grant = permission::read(view, caller, (request.account, request.scope), By::Any, now)?;
    let found = view.record(&grant, request.record)?;
    let record = found.ok_or_else(|| Error::new(ErrorCode::NotFound))?.envelope;
    Ok((RecordFound { record }, given(&grant, Act::GetRecord, 1)))
}

/// A page of so many bytes; of none, an empty one that goes on where it was to begin.
pub(super) fn page(
    view: &Reading<'_>,
    caller: &Caller,
    request: QueryRecords,
    bytes: usize,
    now: Timestamp,
) -> Result<(Records, Given)> {
    let QueryRecords { account, scope, mut filter, unindexed, within, state, order, limit, after } = request;
    let grant = permission::read(view, caller, (account, scope), By::Any, now)?;
    if limit == 0 || limit > MAX_LIMIT {
        return Err(Error::out_of_range("`limit` is 1 to 1,000", 1_000));
    }
    filters::check(&mut filter, &mut [])?;
    let newest_first = order == Order::NewestFirst;
    let paging = if newest_first { Paging::NewestFirst } else { Paging::OldestFirst };
    let from = begin(view, &grant, paging, after.as_ref())?;
    let page = if bytes == 0 {
        Page { records: Vec::new(), next: Some(from) }
    } else {
        let (wanted, _) = filters::wanted(view, &grant, filter, unindexed, within, state, false)?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        view.query(&grant, &PageRequest { wanted, newest_first, limit, bytes, from })?
    };
    let next = page.next.map(|position| view.cursor(&grant, paging, position)).transpose()?;
    let epoch = view.scope_head(account, scope)?.map_or(0, |head| head.epoch);
    let given = given(&grant, Act::QueryRecords, page.records.len());
    Ok((Records { records: page.records, epoch, next }, given))
}

/// The position that a cursor leads to; without one, the first.
pub(super) fn begin<'t>(
    view: &Reading<'t>,
    grant: &Grant<'t, Read>,
    paging: Paging,
    after: Option<&Bytes>,
) -> Result<u64> {
    let Some(cursor) = after else { return Ok(0) };
    let unknown = || Error::malformed("`after` is not a cursor of this query");
    view.position(grant, paging, cursor).ok_or_else(unknown)
}
