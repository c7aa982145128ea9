//! Deleting: a record, and what the relations of those that refer to it ask for.

use super::{
    Collection, QueryError, State, WriteError,
    write::{Item, Part, Unwritten},
};
use crate::{
    account::OpenError,
    condition::field,
    definition::{OnDelete, Relation},
    failure::Failure,
    locked::LockReason,
    progress::Silent,
    protocol::{
        reference::{Place, expect_unreferred, found_since, references, relations_to, uri_of, without},
        scope::Role,
    },
    record::{Record, TermId, VersionRef},
};
use pryv_wire::{ErrorCode, ScopeId, Uri, access::Level, transaction::Operation};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How often a deletion is looked at anew because records, epochs or definitions changed in between.
const ATTEMPTS: usize = 8;

/// The most records that one transaction of a deletion writes; what is more goes before, in transactions of its own.
const MAX_RECORDS: usize = 400;

/// The most content that one transaction of a deletion writes, in bytes of JSON.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// The most records that one deletion may come to.
const MAX_DOOMED: usize = 100_000;

/// What a deletion did beside deleting its record.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Deleted {
    /// Records that referred to it, or to one of these, and were deleted with it (`cascade`).
    pub cascaded: Vec<Uri>,
    /// Records that referred to it and were written without the reference (`detach`).
    pub detached: Vec<Uri>,
    /// Records whose references lead nowhere from now on (`warn`).
    pub dangling: Vec<Uri>,
    /// Collections that may hold such records and are not granted to who deleted, so that it could not look (`warn`).
    pub hidden: Vec<ScopeId>,
}

impl Collection {
    /// Deletes a record, if nobody has written a version since it was read. What is left says that it was deleted, by whom
    /// and when.
    ///
    /// What happens with records that refer to it, the relations of their collections say ([`OnDelete`]). No reference comes to lead
    /// nowhere by a relation that restricts, cascades or detaches, whoever else writes meanwhile: the deletion is one transaction with
    /// the last records that referred to it. Of many, the deepest go before, in transactions of their own.
    ///
    /// # Errors
    ///
    /// See [`WriteError`].
    pub async fn delete(&self, on: impl Into<VersionRef>) -> Result<Deleted, WriteError> {
        self.may(Level::changes, LockReason::ReadOnly)?;
        let on = on.into();
        let mut done = Deleted::default();
        for attempt in 1.. {
            let asked = self.0.account.asking();
            let plan = Deletion::plan(self, &on).await?;
            match plan.run(self, &mut done).await {
                Ok(()) => return Ok(done),
                Err(Unwritten { error: WriteError::Failed(failure), .. }) => {
                    let changed = failure.is_stale()
                        || matches!(
                            failure.refusal(),
                            Some(ErrorCode::StaleDefinition | ErrorCode::ExpectationFailed)
                        )
                        || (plan.is_more() && failure.refusal() == Some(ErrorCode::VersionConflict));
                    if changed && attempt < ATTEMPTS {
                        self.reopen().await?;
                        continue;
                    }
                    return Err(self.refused(on.id, failure, asked).await);
                }
                Err(Unwritten { error, .. }) => return Err(error),
            }
        }
        Err(Failure::stale_epoch().into())
    }

    /// Another collection of the same account as this one's holder reaches it; none if it does not, or there is none.
    pub(super) async fn beside(&self, scope: ScopeId) -> Result<Option<Self>, Failure> {
        let account = &self.0.account;
        let role = match &self.0.role {
            Role::Owner => {
                return match account.open_own(scope).await {
                    Ok(collection) => Ok(Some(collection)),
                    Err(OpenError::NotFound) => Ok(None),
                    Err(OpenError::Failed(failure)) => Err(failure),
                };
            }
            grantee @ Role::Grantee { .. } => grantee.beside(),
        };
        if role.level(scope).is_none() {
            return Ok(None);
        }
        let state = account.open_scope(self.owner(), scope, &role).await?;
        Ok(Some(Self::new(account, role, state)))
    }

    /// The records of this collection that refer to another one by a relation. Records that are not indexed for it are indexed first:
    /// a transaction can expect nothing of what it does not see.
    async fn referring_to(&self, relation: &Relation, to: &str) -> Result<Vec<Record<Value>>, WriteError> {
        let state = self.state();
        if relation.on_delete != OnDelete::Warn
            && let Some(since) = found_since(&state, relation)
            && state.indexed.iter().any(|alike| alike.state.version < since)
        {
            self.index_since(since).await.map_err(|failure| match failure {
                Failure::Locked(_) => WriteError::ReferrersHidden,
                failure => failure.into(),
            })?;
        }
        // What was put away refers to it all the same.
        match self
            .query()
            .filter(field(&relation.field).is(to))
            .state(State::All)
            .all::<Value>(&mut Silent)
            .await
        {
            Ok(page) => match page.rejected.into_iter().next() {
                Some(rejected) => Err(WriteError::Referrers(Box::new(QueryError::Unusable(rejected.reason)))),
                None => Ok(page.records),
            },
            Err(QueryError::Failed(failure)) => Err(failure.into()),
            Err(error) => Err(WriteError::Referrers(Box::new(error))),
        }
    }
}

/// A record that is to be deleted, and what no other may refer to it by then.
struct Doomed {
    version: VersionRef,
    expecting: Vec<Operation>,
    /// Those that are deleted with it because they refer to it.
    below: Vec<Place>,
}

/// A record that is to be written without some references.
struct Detached {
    version: VersionRef,
    data: Value,
}

/// Everything that a deletion comes to.
#[derive(Default)]
struct Deletion {
    collections: BTreeMap<ScopeId, Collection>,
    doomed: BTreeMap<Place, Doomed>,
    detached: BTreeMap<Place, Detached>,
    restricting: BTreeSet<Place>,
    dangling: BTreeSet<Place>,
    hidden: BTreeSet<ScopeId>,
    /// The record at which it began comes last.
    order: Vec<Place>,
}

impl Deletion {
    /// Looks for everything that refers to a record, and to what is deleted with it.
    async fn plan(collection: &Collection, on: &VersionRef) -> Result<Self, WriteError> {
        let mut plan = Self::default();
        plan.collections.insert(collection.scope(), collection.clone());
        let root = (collection.scope(), on.id);
        plan.doom(root, on.clone());
        let mut left = vec![root];
        while let Some(place) = left.pop() {
            left.extend(plan.look_at(collection, place).await?);
            if plan.doomed.len() > MAX_DOOMED {
                return Err(WriteError::TooManyReferrers { limit: MAX_DOOMED });
            }
        }
        let restricting = plan.restricting.iter().filter(|by| !plan.doomed.contains_key(by));
        let by: Vec<Uri> = restricting.map(|by| uri(collection, *by)).collect();
        if !by.is_empty() {
            return Err(WriteError::ReferredTo { by });
        }
        plan.detached.retain(|place, _| !plan.doomed.contains_key(place));
        plan.dangling.retain(|place| !plan.doomed.contains_key(place));
        plan.order = plan.bottom_up(root);
        Ok(plan)
    }

    fn doom(&mut self, place: Place, version: VersionRef) {
        self.doomed.insert(place, Doomed { version, expecting: Vec::new(), below: Vec::new() });
    }

    /// Follows the relations that lead to one record; what is to be deleted besides.
    async fn look_at(&mut self, from: &Collection, place: Place) -> Result<Vec<Place>, WriteError> {
        let Some(own) = self.collections.get(&place.0).map(Collection::state) else { return Ok(Vec::new()) };
        let to = uri(from, place).to_string();
        let mut more = Vec::new();
        for referring in &own.definition.referring {
            if referring.on_delete == OnDelete::Ignore {
                continue;
            }
            let Some(collection) = self.open(from, referring.scope, referring.on_delete).await? else {
                continue;
            };
            let state = collection.state();
            for relation in relations_to(&state, place.0) {
                if relation.on_delete == OnDelete::Ignore {
                    continue;
                }
                let records = collection.referring_to(relation, &to).await?;
                if relation.on_delete != OnDelete::Warn
                    && let Some(doomed) = self.doomed.get_mut(&place)
                {
                    // As it is now: an index job may have run meanwhile.
                    doomed.expecting.extend(expect_unreferred(&collection.state(), relation, &to));
                }
                for record in records {
                    more.extend(self.take(&collection, relation, place, &to, record)?);
                }
            }
        }
        Ok(more)
    }

    /// What becomes of one record that refers to a doomed one.
    fn take(
        &mut self,
        collection: &Collection,
        relation: &Relation,
        place: Place,
        to: &str,
        record: Record<Value>,
    ) -> Result<Option<Place>, WriteError> {
        let by = (collection.scope(), record.id);
        let version = VersionRef::from(&record);
        match relation.on_delete {
            OnDelete::Ignore => {}
            OnDelete::Warn => drop(self.dangling.insert(by)),
            OnDelete::Restrict => drop(self.restricting.insert(by)),
            OnDelete::Cascade => {
                collection.may(Level::changes, LockReason::ReadOnly)?;
                if let Some(doomed) = self.doomed.get_mut(&place) {
                    doomed.below.push(by);
                }
                if !self.doomed.contains_key(&by) {
                    self.doom(by, version);
                    return Ok(Some(by));
                }
            }
            OnDelete::Detach => {
                collection.may(Level::changes, LockReason::ReadOnly)?;
                let detached = self.detached.entry(by);
                let detached = detached.or_insert_with(|| Detached { version, data: record.data });
                if let Some(data) = without(relation, &detached.data, to) {
                    detached.data = data;
                }
            }
        }
        Ok(None)
    }

    /// A collection that refers to a doomed record, as it is now; none if there is nothing in it.
    async fn open(
        &mut self,
        from: &Collection,
        scope: ScopeId,
        on_delete: OnDelete,
    ) -> Result<Option<Collection>, WriteError> {
        let known = self.collections.get(&scope).cloned();
        let collection = match known {
            Some(known) => Some(known),
            None => from.beside(scope).await?,
        };
        match collection {
            Some(collection) if collection.0.role.sees_all(scope) => {
                self.collections.insert(scope, collection.clone());
                Ok(Some(collection))
            }
            // Its owner was interrupted before it was made.
            None if matches!(from.0.role, Role::Owner) => Ok(None),
            _ if on_delete == OnDelete::Warn => {
                self.hidden.insert(scope);
                Ok(None)
            }
            _ => Err(WriteError::ReferrersHidden),
        }
    }

    /// The doomed records, each behind those that refer to it, as far as they do not refer to each other in a circle.
    fn bottom_up(&self, root: Place) -> Vec<Place> {
        let (mut order, mut met) = (Vec::new(), BTreeSet::from([root]));
        let mut path = vec![(root, 0)];
        while let Some((place, next)) = path.last_mut() {
            let below = self.doomed.get(place).and_then(|doomed| doomed.below.get(*next));
            match below {
                Some(below) => {
                    *next += 1;
                    if met.insert(*below) {
                        path.push((*below, 0));
                    }
                }
                None => {
                    order.push(*place);
                    path.pop();
                }
            }
        }
        order
    }

    /// Whether it concerns more than the record itself.
    fn is_more(&self) -> bool {
        self.doomed.len() > 1 || !self.detached.is_empty()
    }

    /// Writes it all, and tells what was done.
    async fn run(&self, from: &Collection, done: &mut Deleted) -> Result<(), Unwritten> {
        let mut chunk = Chunk::default();
        for (place, detached) in &self.detached {
            let length = detached.data.to_string().len();
            if chunk.is_full(length) {
                self.commit(from, std::mem::take(&mut chunk), done).await?;
            }
            chunk.bytes += length;
            chunk.detached.push((*place, detached));
        }
        for place in &self.order {
            let Some(doomed) = self.doomed.get(place) else { continue };
            if chunk.is_full(0) {
                self.commit(from, std::mem::take(&mut chunk), done).await?;
            }
            chunk.doomed.push((*place, doomed));
        }
        self.commit(from, chunk, done).await?;
        done.dangling = self.dangling.iter().map(|place| uri(from, *place)).collect();
        done.hidden = self.hidden.iter().copied().collect();
        // The record itself comes last, and is not one of those beside it.
        done.cascaded.pop();
        Ok(())
    }

    async fn commit(&self, from: &Collection, chunk: Chunk<'_>, done: &mut Deleted) -> Result<(), Unwritten> {
        let mut items: BTreeMap<ScopeId, Vec<Item<'_>>> = BTreeMap::new();
        for ((scope, _), Detached { version, data }) in &chunk.detached {
            items.entry(*scope).or_default().push(item(version, Some(data), &version.terms));
        }
        let mut expecting = Vec::new();
        for ((scope, _), doomed) in &chunk.doomed {
            let version = &doomed.version;
            items.entry(*scope).or_default().push(item(version, None, &version.terms));
            expecting.extend(doomed.expecting.iter().cloned());
        }
        let part = |(scope, items)| Some(Part::new(self.collections.get(&scope)?, items));
        let mut parts: Vec<Part<'_>> = items.into_iter().filter_map(part).collect();
        // What a record that is written without one reference still refers to, is not looked at again.
        let kept = references_of(&parts);
        let places: Vec<Place> = parts.iter().flat_map(places).collect();
        from.0.account.transact(&mut parts, &kept, &expecting).await.map_err(|unwritten| {
            let place = places.get(unwritten.at).copied();
            match (unwritten.error, place) {
                (WriteError::Invalid { faults }, Some(place)) => {
                    WriteError::Undetachable { record: uri(from, place), faults }.into()
                }
                (error, _) => Unwritten { error, ..unwritten },
            }
        })?;
        done.detached.extend(chunk.detached.iter().map(|(place, _)| uri(from, *place)));
        done.cascaded.extend(chunk.doomed.iter().map(|(place, _)| uri(from, *place)));
        Ok(())
    }
}

/// What one transaction of a deletion writes.
#[derive(Default)]
struct Chunk<'p> {
    detached: Vec<(Place, &'p Detached)>,
    doomed: Vec<(Place, &'p Doomed)>,
    bytes: usize,
}

impl Chunk<'_> {
    fn is_full(&self, length: usize) -> bool {
        self.detached.len() + self.doomed.len() >= MAX_RECORDS
            || (self.bytes > 0 && self.bytes + length > MAX_BYTES)
    }
}

fn item<'a>(version: &VersionRef, data: Option<&'a Value>, terms: &'a [TermId]) -> Item<'a> {
    let VersionRef { id, version, trashed, .. } = *version;
    Item { id, version: version.saturating_add(1), data, terms, trashed, as_it_is: false }
}

fn references_of(parts: &[Part<'_>]) -> BTreeSet<Place> {
    let of = |part: &Part<'_>| -> Vec<Place> {
        let written = part.items.iter().filter_map(|item| item.data);
        let all = written.flat_map(|data| references(&part.state, data));
        all.filter_map(|reference| reference.target.ok()).collect()
    };
    parts.iter().flat_map(of).collect()
}

/// The records of a part, in its order.
fn places<'p>(part: &'p Part<'_>) -> impl Iterator<Item = Place> + 'p {
    part.items.iter().map(|item| (part.state.scope, item.id))
}

fn uri(collection: &Collection, place: Place) -> Uri {
    uri_of(collection.owner(), place)
}
