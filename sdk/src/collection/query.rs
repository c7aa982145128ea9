//! Queries: planned before anything is sent, checked again after everything was opened.

use super::{Collection, get::typed};
use crate::{
    definition::IndexKind,
    distrust::Distrust,
    failure::Failure,
    locked::LockReason,
    progress::{Progress, Silent},
    protocol::{
        plan::{self, Check, Condition, Plan, PlanFault},
        record::{self, Content, open_fault},
        scope::ScopeState,
        versions::Asked,
    },
    record::{Cursor, Page, Record, Rejected, Rejection, TermId},
};
use pryv_crypto::record::UnopenedRecord;
use pryv_wire::{
    RecordId,
    access::Level,
    record::{Filter, IndexState, Order, QueryRecords, RecordKind, Records, Unindexed, Within},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{collections::HashSet, fmt};

/// How many records a page holds if nothing else is said.
const DEFAULT_LIMIT: u32 = 100;

/// The most records of one page.
const MAX_LIMIT: u32 = 1_000;

/// How many pages without a record that could be believed are followed in a row: an honest server may skip, and an endless
/// one must end.
const MAX_EMPTY_PAGES: usize = 1_000;

/// Why a query was not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// A condition is on a field without an index. Nothing was sent.
    #[error("`{field}` has no index: {next}")]
    NotIndexed {
        /// The field.
        field: String,
        /// What to do.
        next: String,
    },
    /// A condition compares with an object or an array.
    #[error("`{field}` cannot be compared with an object or an array")]
    NotIndexable {
        /// The field.
        field: String,
    },
    /// The limit is not 1 to 1,000.
    #[error("a page has 1 to 1,000 records")]
    Limit,
    /// A scan opened as many records as it was allowed to, and was not at the end.
    #[error(
        "the scan opened {opened} records, as many as allowed, and was not at the end; allow more, or declare an index"
    )]
    ScanLimit {
        /// How many records were opened.
        opened: u64,
    },
    /// What can go wrong in every operation.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl QueryError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotIndexed { .. } => "not-indexed",
            Self::NotIndexable { .. } => "not-indexable",
            Self::Limit => "out-of-range",
            Self::ScanLimit { .. } => "scan-limit",
            Self::Failed(failure) => failure.code(),
        }
    }
}

/// A query that is being made.
#[derive(Clone, Debug)]
#[must_use]
pub struct Query {
    collection: Collection,
    conditions: Vec<Condition>,
    order: Order,
    limit: u32,
    after: Option<Cursor>,
    scan: Option<u64>,
    within: Option<Within>,
}

impl Collection {
    /// Begins a query: every record, until conditions are added.
    pub fn query(&self) -> Query {
        Query {
            collection: self.clone(),
            conditions: Vec::new(),
            order: Order::OldestFirst,
            limit: DEFAULT_LIMIT,
            after: None,
            scan: None,
            within: None,
        }
    }
}

impl Query {
    /// Only records whose field at this JSON pointer has this value, or is an array that holds it. Several conditions must all
    /// hold.
    pub fn eq(mut self, field: impl Into<String>, value: impl Into<Value>) -> Self {
        self.conditions.push(Condition { field: field.into(), value: value.into() });
        self
    }

    /// Only records that are filed under a term or its descendants.
    pub fn within(mut self, term: impl Into<TermId>) -> Self {
        let TermId { ontology, term } = term.into();
        self.within = Some(Within { ontology, term: Some(term), descendants: true });
        self
    }

    /// Only records that are filed under a term itself.
    pub fn right_under(mut self, term: impl Into<TermId>) -> Self {
        let TermId { ontology, term } = term.into();
        self.within = Some(Within { ontology, term: Some(term), descendants: false });
        self
    }

    /// The records created last come first.
    pub const fn newest_first(mut self) -> Self {
        self.order = Order::NewestFirst;
        self
    }

    /// How many records a page holds, 1 to 1,000; 100 if not said.
    pub const fn limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    /// Goes on where a page ended.
    pub fn page(mut self, cursor: Cursor) -> Self {
        self.after = Some(cursor);
        self
    }

    /// Allows conditions on fields without an index: this client then opens up to `records` records, one page after the
    /// other, and looks.
    pub const fn scan(mut self, records: u64) -> Self {
        self.scan = Some(records);
        self
    }

    /// What the query sends and what the server learns from it, in words. Sends nothing.
    ///
    /// # Errors
    ///
    /// As [`Query::fetch`], as far as the plan goes.
    pub fn explain(&self) -> Result<Explanation, QueryError> {
        let state = self.collection.state();
        let plan = self.plan(&state)?;
        Ok(Explanation { matched: plan.matched, scanned: plan.scanned, scan: self.scan, limit: self.limit })
    }

    /// Reads one page.
    ///
    /// # Errors
    ///
    /// See [`QueryError`]. A record that cannot be used is no error: it is in [`Page::rejected`], with the reason.
    pub async fn fetch<T: DeserializeOwned>(&self) -> Result<Page<T>, QueryError> {
        self.run(Extent::Page, &mut Silent, &mut Walked::default()).await
    }

    /// The pages one after the other, from here on: a record that comes on two of them is found out.
    #[must_use]
    pub fn pages(self) -> QueryPages {
        QueryPages { query: self, walked: Walked::default(), more: true }
    }

    /// Reads every page, and tells `progress` how many records were opened. All of them are held in memory.
    ///
    /// # Errors
    ///
    /// As [`Query::fetch`].
    pub async fn all<T: DeserializeOwned>(&self, progress: &mut dyn Progress) -> Result<Page<T>, QueryError> {
        self.run(Extent::All, progress, &mut Walked::default()).await
    }

    fn plan(&self, state: &ScopeState) -> Result<Plan, QueryError> {
        plan::plan(state, &self.conditions, self.scan.is_some()).map_err(|fault| match fault {
            PlanFault::NotIndexed { field } => {
                let next = plan::declaration(&state.definition.definition, &field);
                QueryError::NotIndexed { field, next }
            }
            PlanFault::NotIndexable { field } => QueryError::NotIndexable { field },
        })
    }

    async fn run<T: DeserializeOwned>(
        &self,
        extent: Extent,
        progress: &mut dyn Progress,
        walked: &mut Walked,
    ) -> Result<Page<T>, QueryError> {
        if !(1..=MAX_LIMIT).contains(&self.limit) {
            return Err(QueryError::Limit);
        }
        self.collection.may(Level::reads, LockReason::WriteOnly)?;
        let mut state = self.collection.state();
        let mut plan = self.plan(&state)?;
        let check = self.check(&state)?;
        let mut run = Run {
            page: Page { records: Vec::new(), rejected: Vec::new(), overshoot: 0, next: None },
            walked,
            believed: 0,
        };
        let mut after = self.after.clone();
        let mut empty = 0;
        loop {
            let limit = if plan.is_scan() { self.scan_limit(run.walked.opened) } else { self.limit };
            let asked = self.collection.0.account.asking();
            let account = &self.collection.0.account;
            let seen = account.newest_epoch(self.collection.owner(), self.collection.scope());
            let answer = self.ask(&plan.filter, limit, after.clone()).await?;
            if answer.epoch < seen {
                let (known, answered) = (seen.into(), answer.epoch.into());
                let what = "the epochs of a collection";
                return Err(Failure::from(Distrust::RolledBack { what, known, answered }).into());
            }
            if answer.epoch > state.last_epoch() {
                // Records of an epoch that began in the meantime have tokens that were not sent: ask again, with them.
                state = self.collection.reopen().await?;
                if state.last_epoch() < answer.epoch {
                    return Err(
                        Failure::from(Distrust::Malformed { what: "an epoch that was never begun" }).into()
                    );
                }
                plan = self.plan(&state)?;
                continue;
            }
            let more = answer.next.map(Cursor);
            let before = run.believed;
            self.take(&check, &answer.records, asked, &mut run).await?;
            empty = if run.believed == before { empty + 1 } else { 0 };
            progress.advance(run.walked.opened, None);
            // A scanned page is the records of one page that meet the conditions: few, or none.
            let enough = extent == Extent::Page && (!run.page.records.is_empty() || !plan.is_scan());
            match more {
                Some(cursor) if enough && !(run.page.records.is_empty() && answer.records.is_empty()) => {
                    run.page.next = Some(cursor);
                    return Ok(run.page);
                }
                None => return Ok(run.page),
                Some(cursor) => {
                    if plan.is_scan() && self.scan.is_some_and(|most| run.walked.opened >= most) {
                        return Err(QueryError::ScanLimit { opened: run.walked.opened });
                    }
                    if empty > MAX_EMPTY_PAGES {
                        return Err(
                            Failure::from(Distrust::Malformed { what: "a row of empty pages" }).into()
                        );
                    }
                    after = Some(cursor);
                }
            }
        }
    }

    /// What every record is held against once it is open. Values are compared by tokens, whose epoch does not matter here.
    fn check(&self, state: &ScopeState) -> Result<Check, QueryError> {
        let keys = state.any_keys().ok_or_else(|| Failure::from(LockReason::NotGranted))?;
        Check::new(keys, &self.conditions).map_err(|fault| match fault {
            PlanFault::NotIndexed { field } | PlanFault::NotIndexable { field } => {
                QueryError::NotIndexable { field }
            }
        })
    }

    /// How many records of a scan may still be opened, at most a page, at least one.
    fn scan_limit(&self, opened: u64) -> u32 {
        let left = self.scan.unwrap_or_default().saturating_sub(opened);
        u32::try_from(left).unwrap_or(u32::MAX).clamp(1, self.limit)
    }

    async fn ask(&self, filter: &Filter, limit: u32, after: Option<Cursor>) -> Result<Records, Failure> {
        let call = QueryRecords {
            account: self.collection.owner(),
            scope: self.collection.scope(),
            filter: filter.clone(),
            unindexed: (*filter != Filter::All)
                .then_some(Unindexed { before: IndexState { epoch: 0, version: 1 }, at_most: u32::MAX }),
            within: self.within,
            order: self.order,
            limit,
            after: after.map(|cursor| cursor.0),
        };
        let answer = match self.collection.0.account.call(&call).await {
            Ok(answer) => answer,
            Err(failure) => return Err(self.collection.explain(failure).await),
        };
        if u32::try_from(answer.records.len()).map_or(true, |count| count > limit) {
            return Err(Distrust::Malformed { what: "a page longer than asked for" }.into());
        }
        Ok(answer)
    }

    /// Opens the records of one answer into the page.
    async fn take<T: DeserializeOwned>(
        &self,
        check: &Check,
        records: &[pryv_wire::Bytes],
        asked: Asked,
        run: &mut Run<'_, T>,
    ) -> Result<(), Failure> {
        let mut unopened = Vec::with_capacity(records.len());
        for bytes in records {
            match UnopenedRecord::parse(bytes) {
                Ok(record) => unopened.push(record),
                Err(error) => run.reject(None, open_fault(&error))?,
            }
        }
        let state = self.collection.state_for(&unopened).await?;
        self.collection.0.account.know_terms_of(&state, &unopened).await?;
        for record in unopened {
            let id = record.protected().record;
            let read = self.one(&state, record, asked, run).await;
            run.believed += u64::from(read.is_ok());
            match read {
                Ok(record) if !check.meets(&record.data) => run.page.overshoot += 1,
                Ok(record) => match typed(record) {
                    Ok(record) => run.page.records.push(record),
                    Err(_) => run.page.rejected.push(Rejected { record: Some(id), reason: Rejection::Shape }),
                },
                Err(failure) => run.reject(Some(id), failure)?,
            }
        }
        Ok(())
    }

    async fn one<T>(
        &self,
        state: &ScopeState,
        record: UnopenedRecord,
        asked: Asked,
        run: &mut Run<'_, T>,
    ) -> Result<Record<Value>, Failure> {
        let id = record.protected().record;
        // Twice in one query, or something that no query answers with.
        if record.protected().kind != RecordKind::Instance || !run.walked.seen.insert(id) {
            return Err(Distrust::WrongPage { record: id }.into());
        }
        run.walked.opened += 1;
        let opened = self.collection.0.account.open_record(state, record, None, asked).await?;
        match record::read(state, &opened)? {
            Content::Instance(record) => Ok(record),
            Content::Deleted { .. } => Err(Distrust::WrongPage { record: id }.into()),
        }
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Extent {
    Page,
    All,
}

/// What was seen of the pages before.
#[derive(Clone, Debug, Default)]
struct Walked {
    seen: HashSet<RecordId>,
    opened: u64,
}

/// Pages of records, in the order asked for.
#[derive(Clone, Debug)]
pub struct QueryPages {
    query: Query,
    walked: Walked,
    more: bool,
}

impl QueryPages {
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

struct Run<'a, T> {
    page: Page<T>,
    walked: &'a mut Walked,
    /// How many of them were what they claim to be.
    believed: u64,
}

impl<T> Run<'_, T> {
    /// Reports a record that cannot be used, unless more is wrong than the record.
    fn reject(&mut self, record: Option<RecordId>, failure: Failure) -> Result<(), Failure> {
        self.page.rejected.push(Rejected { record, reason: Rejection::of(failure)? });
        Ok(())
    }
}

impl Plan {
    fn is_scan(&self) -> bool {
        !self.scanned.is_empty()
    }
}

/// What a query sends, and what the server learns from it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Explanation {
    /// The fields whose tokens are sent, with the kind of their index and how many tokens (one for each epoch held).
    pub matched: Vec<(String, IndexKind, usize)>,
    /// The fields that only this client looks at.
    pub scanned: Vec<String>,
    scan: Option<u64>,
    limit: u32,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (field, kind, tokens) in &self.matched {
            writeln!(f, "- `{field}`: the server matches {tokens} token(s) of its {kind} index.")?;
        }
        if !self.scanned.is_empty() {
            let fields = self.scanned.join("`, `");
            let most = self.scan.unwrap_or_default();
            writeln!(f, "- `{fields}`: no index; this client opens up to {most} records and looks.")?;
        }
        if self.matched.is_empty() {
            writeln!(f, "- The server sends every record of the collection, {} a page.", self.limit)?;
        }
        f.write_str("The server learns: that this account asks, when, and for how many records")?;
        if self.matched.is_empty() {
            f.write_str(".")
        } else {
            f.write_str("; which tokens, so that it recognises the same question again; and which records carry them. It learns neither field names nor values.")
        }
    }
}
