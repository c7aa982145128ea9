//! Related records: what a record refers to, and what refers to it, as far away as is asked for.

use super::{Collection, Query, QueryError, State, query::Asked};
use crate::{
    condition::field,
    definition::Relation,
    distrust::Distrust,
    failure::{Failure, Refusal},
    progress::Progress,
    protocol::{
        record::Content,
        reference::{Place, Reference, references, relations_to, uri_of},
        versions,
    },
    record::{Page, Record, Rejected, Rejection},
};
use pryv_wire::{
    ErrorCode, PrincipalId, RecordId, ScopeId, Uri,
    record::{Answered, GetRecord, MAX_BATCH, Question},
};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How many records the referrers of which are asked for in one question.
const ASKED_TOGETHER: usize = 100;

/// How many records are followed if nothing else is said.
const DEFAULT_LIMIT: usize = 10_000;

/// A question for the records around one. Both directions, one step, until something else is said.
#[derive(Clone, Debug)]
#[must_use]
pub struct Related {
    collection: Collection,
    id: RecordId,
    data: Value,
    outgoing: bool,
    incoming: bool,
    fields: Option<BTreeSet<String>>,
    depth: u32,
    limit: usize,
}

/// The records around one.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Neighbours {
    /// The records, the nearest first, each once.
    pub records: Vec<Neighbour>,
    /// The references by which they were found, each once.
    pub references: Vec<Edge>,
    /// References whose target is not there, was deleted, or may not be read.
    pub missing: Vec<Edge>,
    /// Records that could not be used, with the reason.
    pub rejected: Vec<Rejected>,
    /// Collections that may refer to these records, and that are not granted as a whole, or have no index by which it could be
    /// looked.
    pub hidden: BTreeSet<ScopeId>,
    /// Whether it ended at the limit, with more to be found.
    pub is_cut: bool,
}

/// One record that was found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Neighbour {
    /// Which.
    pub uri: Uri,
    /// The record.
    pub record: Record<Value>,
    /// How many references lead from the first record to it, in whichever direction: one at least.
    pub depth: u32,
}

/// One reference: from one record by a field to another.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct Edge {
    /// The record that refers.
    pub from: Uri,
    /// The field of the relation.
    pub field: String,
    /// The record that it refers to.
    pub to: Uri,
}

impl Collection {
    /// Begins a question for the records that a record refers to, and those that refer to it, whether they are put away or not.
    ///
    /// # Errors
    ///
    /// [`QueryError::Unusable`] if the content cannot be written as JSON.
    pub fn related<T: Serialize>(&self, record: &Record<T>) -> Result<Related, QueryError> {
        let data = serde_json::to_value(&record.data).map_err(|_| QueryError::Unusable(Rejection::Shape))?;
        Ok(self.related_to(record.id, data))
    }

    /// As [`Collection::related`], of a record by its id and its content.
    pub fn related_to(&self, id: RecordId, data: Value) -> Related {
        Related {
            collection: self.clone(),
            id,
            data,
            outgoing: true,
            incoming: true,
            fields: None,
            depth: 1,
            limit: DEFAULT_LIMIT,
        }
    }
}

impl Related {
    /// Only what the records refer to.
    pub const fn outgoing(mut self) -> Self {
        self.incoming = false;
        self
    }

    /// Only what refers to the records.
    pub const fn incoming(mut self) -> Self {
        self.outgoing = false;
        self
    }

    /// Only by the relation of this field, and those that were named before.
    pub fn by(mut self, field: impl Into<String>) -> Self {
        self.fields.get_or_insert_default().insert(field.into());
        self
    }

    /// Up to so many steps; one if not said.
    pub const fn depth(mut self, steps: u32) -> Self {
        self.depth = steps;
        self
    }

    /// At most so many records; 10,000 if not said.
    pub const fn limit(mut self, records: usize) -> Self {
        self.limit = records;
        self
    }

    /// Reads them, one step after the other, each step in as few round trips as there are hundreds of records on it, and tells
    /// `progress` how many were found.
    ///
    /// # Errors
    ///
    /// See [`QueryError`]. A record that cannot be used is no error: it is in [`Neighbours::rejected`].
    pub async fn fetch(self, progress: &mut dyn Progress) -> Result<Neighbours, QueryError> {
        let start = (self.collection.scope(), self.id);
        let mut walk = Walk::new(&self);
        walk.met.insert(start);
        let mut level = vec![(start, self.data.clone())];
        for depth in 1..=self.depth {
            let found = walk.step(&level).await?;
            level = Vec::new();
            for (place, record) in found {
                if walk.around.records.len() >= self.limit {
                    walk.around.is_cut = true;
                    break;
                }
                let uri = walk.uri(place);
                level.push((place, record.data.clone()));
                walk.around.records.push(Neighbour { uri, record, depth });
            }
            progress.advance(walk.around.records.len() as u64, None);
            if level.is_empty() || walk.around.is_cut {
                break;
            }
        }
        let Walk { mut around, edges, .. } = walk;
        around.references = edges.into_iter().collect();
        Ok(around)
    }

    fn follows(&self, relation: &Relation) -> bool {
        self.fields.as_ref().is_none_or(|fields| fields.contains(&relation.field))
    }
}

/// What is asked in one step.
enum Sought {
    /// One record, by the references that lead to it.
    One(Place),
    /// Those that refer to some records by a relation.
    Referring(Box<Referrers>),
}

/// A question for those that refer to some records by a relation.
struct Referrers {
    query: Query,
    asked: Asked,
    scope: ScopeId,
    relation: Relation,
}

struct Walk<'r> {
    asking: &'r Related,
    owner: PrincipalId,
    collections: BTreeMap<ScopeId, Option<Collection>>,
    met: BTreeSet<Place>,
    edges: BTreeSet<Edge>,
    around: Neighbours,
}

impl<'r> Walk<'r> {
    fn new(asking: &'r Related) -> Self {
        let collection = &asking.collection;
        Self {
            asking,
            owner: collection.owner(),
            collections: BTreeMap::from([(collection.scope(), Some(collection.clone()))]),
            met: BTreeSet::new(),
            edges: BTreeSet::new(),
            around: Neighbours::default(),
        }
    }

    fn uri(&self, place: Place) -> Uri {
        uri_of(self.owner, place)
    }

    /// A collection as the asker reaches it.
    async fn open(&mut self, scope: ScopeId) -> Result<Option<Collection>, Failure> {
        if let Some(known) = self.collections.get(&scope) {
            return Ok(known.clone());
        }
        let opened = self.asking.collection.beside(scope).await?;
        self.collections.insert(scope, opened.clone());
        Ok(opened)
    }

    /// The records that are one reference away from some, and were not met before.
    async fn step(&mut self, level: &[(Place, Value)]) -> Result<Vec<(Place, Record<Value>)>, QueryError> {
        let mut wanted: BTreeMap<Place, Vec<Edge>> = BTreeMap::new();
        let mut by_scope: BTreeMap<ScopeId, Vec<Place>> = BTreeMap::new();
        for (place, data) in level {
            by_scope.entry(place.0).or_default().push(*place);
            let Some(collection) = self.open(place.0).await?.filter(|_| self.asking.outgoing) else {
                continue;
            };
            let state = collection.state();
            for Reference { relation, target } in references(&state, data) {
                if let Ok(target) = target
                    && self.asking.follows(relation)
                {
                    let (from, to) = (self.uri(*place), self.uri(target));
                    let edge = Edge { from, field: relation.field.clone(), to };
                    if self.met.contains(&target) {
                        self.edges.insert(edge);
                    } else {
                        wanted.entry(target).or_default().push(edge);
                    }
                }
            }
        }
        let mut sought: Vec<Sought> = wanted.keys().map(|place| Sought::One(*place)).collect();
        if self.asking.incoming {
            for (scope, places) in &by_scope {
                self.referring_to(*scope, places, &mut sought).await?;
            }
        }
        let on: BTreeSet<Place> = level.iter().map(|(place, _)| *place).collect();
        let mut found = Vec::new();
        while !sought.is_empty() {
            let later = sought.split_off(sought.len().min(MAX_BATCH));
            let again = self.ask(sought, &wanted, &on, &mut found).await?;
            sought = again;
            sought.extend(later);
        }
        Ok(found)
    }

    /// The questions for what refers to some records of a collection.
    async fn referring_to(
        &mut self,
        scope: ScopeId,
        places: &[Place],
        sought: &mut Vec<Sought>,
    ) -> Result<(), QueryError> {
        let Some(own) = self.open(scope).await?.map(|collection| collection.state()) else { return Ok(()) };
        for referring in &own.definition.referring {
            let Some(collection) = self.open(referring.scope).await? else {
                self.around.hidden.insert(referring.scope);
                continue;
            };
            let state = collection.state();
            for relation in relations_to(&state, scope) {
                if !self.asking.follows(relation) {
                    continue;
                }
                if !collection.0.role.sees_all(referring.scope)
                    || !state.definition.definition.finds_referrers(relation)
                {
                    self.around.hidden.insert(referring.scope);
                    continue;
                }
                for part in places.chunks(ASKED_TOGETHER) {
                    let texts = part.iter().map(|place| self.uri(*place).to_string());
                    let query = collection
                        .query()
                        .filter(field(&relation.field).is_in(texts))
                        .state(State::All)
                        .limit(1_000);
                    let Some(asked) = query.first_question()? else { continue };
                    let (scope, relation) = (referring.scope, relation.clone());
                    sought.push(Sought::Referring(Box::new(Referrers { query, asked, scope, relation })));
                }
            }
        }
        Ok(())
    }

    /// Asks some questions in one round trip; those of them that were not answered for want of room.
    async fn ask(
        &mut self,
        sought: Vec<Sought>,
        wanted: &BTreeMap<Place, Vec<Edge>>,
        level: &BTreeSet<Place>,
        found: &mut Vec<(Place, Record<Value>)>,
    ) -> Result<Vec<Sought>, QueryError> {
        let account = self.asking.collection.account().clone();
        let question = |one: &Sought| match one {
            Sought::One((scope, record)) => {
                Question::Get(GetRecord { account: self.owner, scope: *scope, record: *record })
            }
            Sought::Referring(referrers) => Question::Query(referrers.asked.call.clone()),
        };
        let asked_at = account.asking();
        let answers = account.ask_batch(sought.iter().map(question).collect()).await?;
        let first_failed = matches!(
            answers.first(),
            Some(Answered::Refused(problem)) if problem.code == ErrorCode::Overloaded
        );
        if first_failed {
            return Err(Failure::from(Distrust::Malformed { what: "a batch without an answer" }).into());
        }
        let mut again = Vec::new();
        for (one, answer) in sought.into_iter().zip(answers) {
            match (one, answer) {
                (Sought::One(place), Answered::Refused(problem)) => match problem.code {
                    ErrorCode::Overloaded => again.push(Sought::One(place)),
                    ErrorCode::NotFound | ErrorCode::NotAllowed | ErrorCode::AccessNotValid => {
                        self.is_missing(place, wanted);
                    }
                    _ => return Err(Failure::Refused(Refusal::from(problem)).into()),
                },
                (Sought::One(place), Answered::Get(answer)) => {
                    if let Some(record) = self.read(place, &answer.record, asked_at, wanted).await? {
                        self.edges.extend(wanted.get(&place).into_iter().flatten().cloned());
                        if self.met.insert(place) {
                            found.push((place, record));
                        }
                    }
                }
                (Sought::Referring(referrers), answer) => {
                    let page = referrers.query.answer_to(&referrers.asked, answer, asked_at).await?;
                    self.take(&referrers, page, level, found).await?;
                }
                _ => {
                    return Err(
                        Failure::from(Distrust::Malformed { what: "an answer to another question" }).into()
                    );
                }
            }
        }
        Ok(again)
    }

    fn is_missing(&mut self, place: Place, wanted: &BTreeMap<Place, Vec<Edge>>) {
        self.around.missing.extend(wanted.get(&place).into_iter().flatten().cloned());
    }

    /// Opens a record that something refers to.
    async fn read(
        &mut self,
        place: Place,
        envelope: &[u8],
        asked: versions::Asked,
        wanted: &BTreeMap<Place, Vec<Edge>>,
    ) -> Result<Option<Record<Value>>, QueryError> {
        let Some(collection) = self.open(place.0).await? else {
            self.is_missing(place, wanted);
            return Ok(None);
        };
        match collection.open(envelope, Some(place.1), asked).await {
            Ok(Content::Instance(record)) => Ok(Some(record)),
            Ok(Content::Deleted { .. }) => {
                self.is_missing(place, wanted);
                Ok(None)
            }
            Err(failure) => {
                self.around.rejected.push(Rejected::of(Some(place.1), failure)?);
                Ok(None)
            }
        }
    }

    /// Takes the pages of records that refer to those of a level, from the first one on.
    async fn take(
        &mut self,
        referrers: &Referrers,
        mut page: Page<Value>,
        level: &BTreeSet<Place>,
        found: &mut Vec<(Place, Record<Value>)>,
    ) -> Result<(), QueryError> {
        loop {
            self.around.rejected.append(&mut page.rejected);
            for record in page.records.drain(..) {
                self.refers(referrers, record, level, found);
            }
            match page.next.take() {
                Some(next) => page = referrers.query.clone().page(next).fetch::<Value>().await?,
                None => return Ok(()),
            }
        }
    }

    /// One record that refers to some of a level.
    fn refers(
        &mut self,
        referrers: &Referrers,
        record: Record<Value>,
        level: &BTreeSet<Place>,
        found: &mut Vec<(Place, Record<Value>)>,
    ) {
        let Referrers { scope, relation: by, .. } = referrers;
        let place = (*scope, record.id);
        let state = self.collections.get(scope).and_then(Option::as_ref).map(Collection::state);
        let Some(state) = state else { return };
        for Reference { relation, target } in references(&state, &record.data) {
            if relation.field == by.field
                && let Ok(target) = target
                && level.contains(&target)
            {
                let (from, to) = (self.uri(place), self.uri(target));
                self.edges.insert(Edge { from, field: relation.field.clone(), to });
            }
        }
        if self.met.insert(place) {
            found.push((place, record));
        }
    }
}
