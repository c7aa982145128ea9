//! Queries: planned before anything is sent, checked again after everything was opened.

mod batch;
mod count;
mod explanation;
mod of_type;
mod ordered;
mod pages;
mod sweep;

pub(super) use batch::Asked;
pub use explanation::{Explanation, Matched};
pub use pages::QueryPages;

use super::{Collection, State};
use crate::{
    condition::{Condition, InvalidCondition, field},
    distrust::Distrust,
    failure::Failure,
    locked::LockReason,
    progress::{Progress, Silent},
    protocol::{
        plan::{self, Plan, PlanFault},
        scope::ScopeState,
    },
    record::{Cursor, Page, Place, Record, Rejection, TermId},
};
use pages::{Extent, Walked};
use pryv_wire::{
    Bytes, ErrorCode,
    access::Level,
    record::{Order, RecordKind, RecordState, Unindexed, Within},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

/// How many records a page holds if nothing else is said.
const DEFAULT_LIMIT: u32 = 100;

/// The most records of one page.
const MAX_LIMIT: u32 = 1_000;

/// Why a query was not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// A condition is on a field without an index that answers it. No record was asked for; it was looked whether the index came meanwhile.
    #[error("`{field}` has no index that answers this: {next}")]
    NotIndexed {
        /// The field.
        field: String,
        /// What to do.
        next: String,
    },
    /// The field is compared with values of another type than its index holds. Nothing was sent.
    #[error("`{field}` is compared with values of another type than its index holds ({index})")]
    OtherType {
        /// The field.
        field: String,
        /// The index.
        index: String,
    },
    /// A condition cannot be asked at all. Nothing was sent.
    #[error(transparent)]
    Invalid(#[from] InvalidCondition),
    /// The definition has no type of this name. Nothing was sent.
    #[error("the definition has no type `{name}`")]
    UnknownType {
        /// The name.
        name: String,
    },
    /// The conditions take more tokens than one query may have. Nothing was sent.
    #[error(
        "the conditions take more tokens than a query may have; ask for fewer values at once, or for a narrower range"
    )]
    TooLarge,
    /// The limit is not 1 to 1,000.
    #[error("a page has 1 to 1,000 records")]
    Limit,
    /// The cursor is of a query in another order.
    #[error("the cursor belongs to a query in another order")]
    OtherOrder,
    /// More records are not yet indexed in the way that the query needs, than it may look through.
    #[error(
        "more than {limit} records are not indexed in the way that the query needs; index them with `reindex()`, or ask for a scan by name with `.scan(limit)`"
    )]
    Unindexed {
        /// How many it may look through.
        limit: u32,
    },
    /// A scan opened as many records as it was allowed to, and was not at the end.
    #[error(
        "the scan opened {opened} records, as many as allowed, and was not at the end; allow more, or declare an index"
    )]
    ScanLimit {
        /// How many records were opened.
        opened: u64,
    },
    /// The one record that was asked for cannot be used.
    #[error("the record cannot be used")]
    Unusable(#[source] Rejection),
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
            Self::OtherType { .. } => "other-type",
            Self::Invalid(_) => "invalid-condition",
            Self::UnknownType { .. } => "unknown-type",
            Self::TooLarge | Self::Limit => "out-of-range",
            Self::OtherOrder => "other-order",
            Self::Unindexed { .. } => ErrorCode::Unindexed.as_str(),
            Self::ScanLimit { .. } => "scan-limit",
            Self::Unusable(rejection) => rejection.code(),
            Self::Failed(failure) => failure.code(),
        }
    }
}

/// How the records of a query are ordered.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Sorting {
    /// As they were created.
    Created(Order),
    /// By a field with a range index, records of one value by their ids.
    By { field: String, descending: bool },
}

/// A query that is being made.
#[derive(Clone, Debug)]
#[must_use]
pub struct Query {
    collection: Collection,
    conditions: Vec<Condition>,
    /// Which of the conditions is that on the type.
    by_type: Option<usize>,
    state: State,
    unknown_type: Option<String>,
    sorting: Sorting,
    limit: u32,
    after: Option<Cursor>,
    scan: Option<u64>,
    within: Option<Within>,
    select: Option<Vec<String>>,
}

/// The place behind which a page begins, of records in the order of their creation.
pub(super) fn created_after(cursor: Option<&Cursor>) -> Result<Option<Bytes>, QueryError> {
    match cursor {
        None => Ok(None),
        Some(Cursor(Place::Created(cursor))) => Ok(Some(cursor.clone())),
        Some(_) => Err(QueryError::OtherOrder),
    }
}

impl Collection {
    /// Begins a query: every record, until conditions are added.
    pub fn query(&self) -> Query {
        Query {
            collection: self.clone(),
            conditions: Vec::new(),
            by_type: None,
            state: State::Active,
            unknown_type: None,
            sorting: Sorting::Created(Order::OldestFirst),
            limit: DEFAULT_LIMIT,
            after: None,
            scan: None,
            within: None,
            select: None,
        }
    }
}

impl Query {
    /// Only records whose field at this JSON pointer has this value, or is an array that holds it: short for
    /// `filter(field(pointer).is(value))`.
    pub fn eq(self, pointer: impl Into<String>, value: impl Into<Value>) -> Self {
        self.filter(field(pointer).is(value))
    }

    /// Only records that meet this condition, and those that were given before.
    pub fn filter(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
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

    /// Only records in this state: active, if not said. A condition of the server's lists; whether a record was put away is signed.
    pub const fn state(mut self, state: State) -> Self {
        self.state = state;
        self
    }

    /// The records created last come first.
    pub fn newest_first(mut self) -> Self {
        self.sorting = Sorting::Created(Order::NewestFirst);
        self
    }

    /// The smallest value of a field with a range index comes first. Records without the field are left out; of an array its
    /// smallest element counts, of those that the conditions let through.
    pub fn ascending(mut self, field: impl Into<String>) -> Self {
        self.sorting = Sorting::By { field: field.into(), descending: false };
        self
    }

    /// The largest value of a field with a range index comes first. Records without the field are left out; of an array its
    /// largest element counts, of those that the conditions let through.
    pub fn descending(mut self, field: impl Into<String>) -> Self {
        self.sorting = Sorting::By { field: field.into(), descending: true };
        self
    }

    /// Of each record only these fields (JSON pointers), in their places. Every record is opened and checked as a whole; what is
    /// not selected is dropped here.
    pub fn select<F: Into<String>>(mut self, fields: impl IntoIterator<Item = F>) -> Self {
        self.select = Some(fields.into_iter().map(Into::into).collect());
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

    /// Allows conditions that no index answers, and records that are not indexed yet: this client then opens up to `records`
    /// records, one page after the other, and looks.
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
        Ok(Explanation::of(self, &self.plan(&self.collection.state())?))
    }

    /// Reads one page.
    ///
    /// # Errors
    ///
    /// See [`QueryError`]. A record that cannot be used is no error: it is in [`Page::rejected`], with the reason.
    pub async fn fetch<T: DeserializeOwned>(&self) -> Result<Page<T>, QueryError> {
        self.run(Extent::Page, &mut Silent, &mut Walked::default()).await
    }

    /// Reads the first record; nothing if there is none.
    ///
    /// # Errors
    ///
    /// As [`Query::fetch`]; a record that cannot be used is an error here.
    pub async fn first<T: DeserializeOwned>(self) -> Result<Option<Record<T>>, QueryError> {
        let mut pages = self.limit(1).pages();
        while let Some(page) = pages.next().await? {
            if let Some(rejected) = page.rejected.into_iter().next() {
                return Err(QueryError::Unusable(rejected.reason));
            }
            if let Some(record) = page.records.into_iter().next() {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// The pages one after the other, from here on: a record that comes on two of them is found out.
    #[must_use]
    pub fn pages(self) -> QueryPages {
        QueryPages::of(self)
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
        if !(1..=MAX_LIMIT).contains(&self.limit) {
            return Err(QueryError::Limit);
        }
        if let Some(name) = &self.unknown_type {
            return Err(QueryError::UnknownType { name: name.clone() });
        }
        self.conditions.iter().try_for_each(Condition::check)?;
        let order = match &self.sorting {
            Sorting::Created(_) => None,
            Sorting::By { field, .. } => Some(field.as_str()),
        };
        plan::plan(state, &self.conditions, order, self.scan.is_some()).map_err(|fault| match fault {
            PlanFault::NotIndexed { fields, kind } => {
                let next = plan::declaration(&state.definition.definition, &fields, kind);
                QueryError::NotIndexed { field: fields.join("`, `"), next }
            }
            PlanFault::OtherType { field, index } => QueryError::OtherType { field, index },
            PlanFault::TooLarge => QueryError::TooLarge,
        })
    }

    /// Whether content meets every condition.
    fn is_met_by(&self, data: &Value) -> bool {
        self.conditions.iter().all(|condition| condition.is_met_by(data))
    }

    const fn wire_state(&self) -> RecordState {
        match self.state {
            State::Active => RecordState::Active,
            State::Trashed => RecordState::Trashed,
            State::All => RecordState::All,
        }
    }

    /// Whether records of a kind are asked for.
    const fn is_asked(&self, kind: RecordKind) -> bool {
        match self.state {
            State::Active => matches!(kind, RecordKind::Instance),
            State::Trashed => matches!(kind, RecordKind::Trashed),
            State::All => kind.is_instance(),
        }
    }

    /// A plan, and the collection that it was made with: as it was when it was opened, or, if no index of that time answers, as it is
    /// now.
    async fn planned(&self) -> Result<(Arc<ScopeState>, Plan), QueryError> {
        let state = self.collection.state();
        match self.plan(&state) {
            Err(QueryError::NotIndexed { .. }) => self.planned_with(self.collection.reopen().await?),
            plan => Ok((state, plan?)),
        }
    }

    fn planned_with(&self, state: Arc<ScopeState>) -> Result<(Arc<ScopeState>, Plan), QueryError> {
        let plan = self.plan(&state)?;
        Ok((state, plan))
    }

    /// What this client may ask, before it asks.
    fn may_read(&self) -> Result<(), QueryError> {
        Ok(self.collection.may(Level::reads, LockReason::WriteOnly)?)
    }

    /// What a refusal of a question means.
    async fn refused(&self, failure: Failure, unindexed: Option<Unindexed>) -> QueryError {
        match (failure.refusal(), unindexed) {
            (Some(ErrorCode::Unindexed), Some(unindexed)) => {
                QueryError::Unindexed { limit: unindexed.at_most }
            }
            _ => self.collection.explain(failure).await.into(),
        }
    }

    /// A plan for the collection as it is after an epoch began that an answer told of.
    async fn newer(&self, answered: u32) -> Result<(Arc<ScopeState>, Plan), QueryError> {
        let state = self.collection.reopen().await?;
        if state.last_epoch() < answered {
            return Err(Failure::from(Distrust::Malformed { what: "an epoch that was never begun" }).into());
        }
        self.planned_with(state)
    }
}
