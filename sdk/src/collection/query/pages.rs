//! Pages of a query, one after the other.

pub(super) use super::sweep::Walked;
use super::{Query, QueryError, Sorting, created_after, sweep::Asking};
use crate::{
    collection::paging::refuse_endless,
    progress::{Progress, Silent},
    protocol::plan::Plan,
    record::{Cursor, Page, Place},
};
use pryv_wire::record::Order;
use serde::de::DeserializeOwned;

#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Extent {
    Page,
    All,
}

impl Query {
    /// Reads one page, or all of them.
    pub(super) async fn run<T: DeserializeOwned>(
        &self,
        extent: Extent,
        progress: &mut dyn Progress,
        walked: &mut Walked,
    ) -> Result<Page<T>, QueryError> {
        self.may_read()?;
        match &self.sorting {
            Sorting::Created(order) => self.run_created(*order, extent, progress, walked).await,
            Sorting::By { descending, .. } => {
                let mut page = self.ordered_page(*descending, self.after.as_ref(), walked).await?;
                progress.advance(walked.opened, None);
                while extent == Extent::All
                    && let Some(after) = page.next.take()
                {
                    let more = self.ordered_page(*descending, Some(&after), walked).await?;
                    page.records.extend(more.records);
                    page.rejected.extend(more.rejected);
                    page.overshoot += more.overshoot;
                    page.next = more.next;
                    progress.advance(walked.opened, None);
                }
                Ok(self.shape(page))
            }
        }
    }

    async fn run_created<T: DeserializeOwned>(
        &self,
        order: Order,
        extent: Extent,
        progress: &mut dyn Progress,
        walked: &mut Walked,
    ) -> Result<Page<T>, QueryError> {
        let (mut state, mut plan) = self.planned().await?;
        let mut page = Page::empty();
        let mut after = created_after(self.after.as_ref())?;
        let mut empty = 0;
        loop {
            let limit = if plan.is_scan() { self.scan_limit(walked.opened) } else { self.limit };
            let asked = self.collection.0.account.asking();
            let asking =
                Asking { filter: &plan.outer, unindexed: plan.unindexed, order, limit, after: after.clone() };
            let answer = match self.ask(&state, asking).await? {
                Ok(answer) => answer,
                // Records of an epoch that began in the meantime have tokens that were not sent: ask again, with them.
                Err(epoch) => {
                    (state, plan) = self.newer(epoch).await?;
                    continue;
                }
            };
            let found = self.take(&answer.records, asked, walked).await?;
            empty = if found.believed == 0 { empty + 1 } else { 0 };
            page.records.extend(found.records);
            page.rejected.extend(found.rejected);
            page.overshoot += found.overshoot;
            progress.advance(walked.opened, None);
            // A scanned page is the records of one page that meet the conditions: few, or none.
            let enough = extent == Extent::Page && (!page.records.is_empty() || !plan.is_scan());
            match answer.next {
                Some(cursor) if enough && !(page.records.is_empty() && answer.records.is_empty()) => {
                    page.next = Some(Cursor(Place::Created(cursor)));
                    return Ok(self.shape(page));
                }
                None => return Ok(self.shape(page)),
                Some(cursor) => {
                    if plan.is_scan() && self.scan.is_some_and(|most| walked.opened >= most) {
                        return Err(QueryError::ScanLimit { opened: walked.opened });
                    }
                    refuse_endless(empty)?;
                    after = Some(cursor);
                }
            }
        }
    }

    /// How many records of a scan may still be opened, at most a page, at least one.
    fn scan_limit(&self, opened: u64) -> u32 {
        let left = self.scan.unwrap_or_default().saturating_sub(opened);
        u32::try_from(left).unwrap_or(u32::MAX).clamp(1, self.limit)
    }

    pub(super) fn shape<T: DeserializeOwned>(&self, page: Page<serde_json::Value>) -> Page<T> {
        let Page { records, mut rejected, overshoot, next } = page;
        let mut shaped = Vec::with_capacity(records.len());
        for record in records {
            match self.shaped(record) {
                Ok(record) => shaped.push(record),
                Err(one) => rejected.push(one),
            }
        }
        Page { records: shaped, rejected, overshoot, next }
    }
}

impl Plan {
    /// Whether this client looks at fields that no index answers for.
    pub(super) fn is_scan(&self) -> bool {
        !self.scanned.is_empty()
    }
}

/// Pages of records, in the order asked for.
#[derive(Clone, Debug)]
pub struct QueryPages {
    query: Query,
    walked: Walked,
    more: bool,
}

impl QueryPages {
    pub(super) fn of(query: Query) -> Self {
        Self { query, walked: Walked::default(), more: true }
    }

    /// The next page, which may be empty; nothing behind the last one.
    ///
    /// # Errors
    ///
    /// As [`Query::fetch`]. After an error, the same page is asked for again.
    pub async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<Page<T>>, QueryError> {
        if !self.more {
            return Ok(None);
        }
        // What a page that failed had opened is opened again.
        let mut walked = self.walked.clone();
        let page = self.query.run(Extent::Page, &mut Silent, &mut walked).await?;
        self.walked = walked;
        self.more = page.next.is_some();
        self.query.after.clone_from(&page.next);
        Ok(Some(page))
    }
}
