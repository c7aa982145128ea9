//! Records: one by its id, many by query.

use super::{Error, Result, Service, audit::Given};
use crate::{
    permission::{self, By, Caller, Grant, Read},
    store::{Filed, MAX_IN_USE, Narrowed, PageRequest},
};
use pryv_wire::{
    Bytes, ErrorCode,
    audit::Act,
    record::{
        Filter, GetRecord, INDEX_TOKEN_LENGTH, Order, QueryRecords, RecordFound, Records, UNIQUE_TOKEN_LENGTH,
    },
};

/// The most records of one page.
pub(super) const MAX_LIMIT: u32 = 1_000;
/// The most bytes of envelopes in one page, but for the last record.
pub(super) const MAX_PAGE_BYTES: usize = 4 << 20;
/// The most conditions of one query.
const MAX_CONDITIONS: usize = 16;
/// The most tokens of one query, over all conditions.
const MAX_TOKENS: usize = 1_024;

impl Service {
    /// One record: an instance, a tombstone or the definition.
    ///
    /// # Errors
    ///
    /// `not-found`, `not-allowed`, `access-not-valid`, `storage-full`.
    pub async fn get_record(&self, caller: Caller, request: GetRecord) -> Result<RecordFound> {
        let (now, asking) = (self.now(), caller.clone());
        let (found, given) = self
            .blocking(move |inner| {
                inner.store.read(|view| {
                    let grant =
                        permission::read(&view, &asking, (request.account, request.scope), By::Any, now)?;
                    let found = view.record(&grant, request.record)?;
                    let record = found.ok_or_else(|| Error::new(ErrorCode::NotFound))?.envelope;
                    Ok((RecordFound { record }, given(&grant, Act::GetRecord, 1)))
                })
            })
            .await?;
        self.enter(&caller, given).await?;
        Ok(found)
    }

    /// One page of instances. A page may hold fewer than asked for, even none, and still have one behind it.
    ///
    /// # Errors
    ///
    /// `not-found`, `not-allowed`, `access-not-valid`, `out-of-range`, `malformed-message` (the cursor), `storage-full`.
    pub async fn query_records(&self, caller: Caller, request: QueryRecords) -> Result<Records> {
        let (now, asking) = (self.now(), caller.clone());
        let (page, given) = self
            .blocking(move |inner| {
                let (account, scope, order) = (request.account, request.scope, request.order);
                inner.store.read(|view| {
                    let grant = permission::read(&view, &asking, (account, scope), By::Any, now)?;
                    let newest_first = order == Order::NewestFirst;
                    let unknown = || Error::malformed("`after` is not a cursor of this query");
                    let place = |cursor: &Bytes| view.place(&grant, newest_first, cursor).ok_or_else(unknown);
                    let filed = match view.narrow(&grant, request.within)? {
                        Narrowed::Whole => None,
                        Narrowed::To(lists) => Some(lists),
                        Narrowed::TooMany => {
                            let reason =
                                "records stand under more terms than one query reads: ask within fewer";
                            return Err(Error::out_of_range(reason, MAX_IN_USE));
                        }
                    };
                    let page = view.query(&grant, &plan(request, filed, place)?)?;
                    let next = page.next.map(|place| view.cursor(&grant, newest_first, place)).transpose()?;
                    let epoch = view.scope_head(account, scope)?.map_or(0, |head| head.epoch);
                    let given = given(&grant, Act::QueryRecords, page.records.len());
                    Ok((Records { records: page.records, epoch, next }, given))
                })
            })
            .await?;
        self.enter(&caller, given).await?;
        Ok(page)
    }
}

/// What a grant lets its holder be given.
fn given(grant: &Grant<'_, Read>, act: Act, records: usize) -> Given {
    Given { account: grant.account(), scope: grant.scope(), access: grant.access(), act, records }
}

fn plan(
    request: QueryRecords,
    filed: Option<Vec<Filed>>,
    place: impl Fn(&Bytes) -> Result<u64>,
) -> Result<PageRequest> {
    if request.limit == 0 || request.limit > MAX_LIMIT {
        return Err(Error::out_of_range("`limit` is 1 to 1,000", 1_000));
    }
    let unknown = || Error::malformed("the filter is not known here");
    let conditions = match request.filter {
        Filter::All => None,
        Filter::Tokens(tokens) => Some(vec![tokens]),
        Filter::And(parts) => Some(
            parts
                .into_iter()
                .map(|part| if let Filter::Tokens(tokens) = part { Ok(tokens) } else { Err(unknown()) })
                .collect::<Result<Vec<_>>>()?,
        ),
        _ => return Err(unknown()),
    };
    let conditions = conditions.map(check_tokens).transpose()?;
    Ok(PageRequest {
        filed,
        conditions,
        newest_first: request.order == Order::NewestFirst,
        limit: usize::try_from(request.limit).unwrap_or(usize::MAX),
        bytes: MAX_PAGE_BYTES,
        after: request.after.as_ref().map(place).transpose()?,
    })
}

fn check_tokens(mut conditions: Vec<Vec<Bytes>>) -> Result<Vec<Vec<Bytes>>> {
    if conditions.len() > MAX_CONDITIONS {
        return Err(Error::out_of_range("the number of conditions", MAX_CONDITIONS));
    }
    if conditions.iter().map(Vec::len).sum::<usize>() > MAX_TOKENS {
        return Err(Error::out_of_range("the number of tokens", MAX_TOKENS));
    }
    for tokens in &mut conditions {
        let known = |token: &Bytes| matches!(token.len(), INDEX_TOKEN_LENGTH | UNIQUE_TOKEN_LENGTH);
        if !tokens.iter().all(known) {
            return Err(Error::malformed("a token has 16 or 32 bytes"));
        }
        tokens.sort_unstable();
        tokens.dedup();
    }
    Ok(conditions)
}
