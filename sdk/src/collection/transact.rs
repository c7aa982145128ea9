//! One transaction over collections: records sealed, and what it expects of those that they refer to.

use super::{
    ReadError,
    write::{Item, Part, Unwritten, WriteError, Written, filed},
};
use crate::{
    account::Account,
    distrust::Distrust,
    failure::{Failure, Refusal},
    protocol::{
        record::{Writer, open_fault, to_bytes},
        reference::{Place, Reference, ReferenceFault, references},
    },
};
use pryv_crypto::record::UnopenedRecord;
use pryv_wire::{
    ErrorCode, PrincipalId, RecordId, ScopeId,
    record::{Answered, GetRecord, MAX_BATCH, Question},
    transaction::Operation,
};
use std::collections::{BTreeMap, BTreeSet};

impl Account {
    /// Seals and commits, once. The parts are of one account; what they refer to is expected to be there, but for what is
    /// tolerated. Nothing is written if another operation is refused, or expects in vain.
    pub(super) async fn transact(
        &self,
        parts: &mut [Part<'_>],
        tolerated: &BTreeSet<Place>,
        expecting: &[Operation],
    ) -> Result<Vec<Written>, Unwritten> {
        let Some(owner) = parts.first().map(|part| part.collection.owner()) else { return Ok(Vec::new()) };
        for part in &mut *parts {
            // A server that refused the old epoch would by then have been sent a record that the old keys open.
            if part.state.last_epoch() < self.newest_epoch(owner, part.state.scope) {
                part.state = part.collection.reopen().await?;
            }
        }
        // Before the scopes are looked at: a secret that is replaced from here on is told by the server, and it is sealed anew.
        let me = self.identity();
        for part in &mut *parts {
            if self.renew_before_writing(&part.state).await? {
                part.state = part.collection.reopen().await?;
            }
            let terms = part.items.iter().flat_map(|item| item.terms).map(|at| (at.ontology, at.term));
            self.know_terms(&part.state, terms).await?;
        }
        let now = self.client().now();
        let mut unsealed = Vec::new();
        for part in &*parts {
            let writer = Writer::new(&me, &part.collection.0.role, &part.state, now)?;
            let mut rng = self.client().rng();
            for item in &part.items {
                let Item { id, version, terms, trashed, .. } = *item;
                let sealed = match item.data {
                    Some(data) if item.as_it_is => {
                        writer.as_it_is(id, version, data, trashed, terms, &mut rng)
                    }
                    Some(data) => writer.instance(id, version, data, terms, trashed, &mut rng),
                    None => writer.tombstone(id, version, terms, &mut rng),
                };
                let at = unsealed.len();
                let sealed = sealed.map_err(|fault| Unwritten { at, error: fault.into() })?;
                unsealed.push((part.state.scope, id, (version, trashed), sealed));
            }
        }
        let mut sealed = Vec::with_capacity(unsealed.len());
        for (scope, id, version, record) in unsealed {
            sealed.push((scope, id, version, self.client().seal(record).await));
        }
        let put = sealed.iter().map(|(.., envelope)| Operation::PutRecord { record: to_bytes(envelope) });
        let operations = put.chain(expected(parts, tolerated)).chain(expecting.iter().cloned()).collect();
        self.commit(owner, operations).await?;
        let written = |(scope, id, (version, trashed), envelope): (ScopeId, RecordId, (u64, bool), _)| {
            let digest = pryv_wire::record::Envelope::digest(&envelope);
            self.note_version((owner, scope, id), version, digest)?;
            Ok(Written { id, version, written_at: now, digest, terms: filed(&envelope), trashed })
        };
        sealed.into_iter().map(written).collect()
    }

    /// Looks which targets of references are not there. One that the record referred to already is tolerated: nothing is made worse.
    /// `unwatched`: only those of relations without tokens, which the server cannot be asked to watch over without being told who
    /// refers to whom.
    pub(super) async fn targets_missing(
        &self,
        parts: &[Part<'_>],
        unwatched: bool,
    ) -> Result<BTreeSet<Place>, Unwritten> {
        let Some(owner) = parts.first().map(|part| part.collection.owner()) else {
            return Ok(BTreeSet::new());
        };
        let (mut at, mut wanted) = (0, Vec::new());
        for part in parts {
            for item in &part.items {
                for Reference { relation, target } in
                    item.new_data().iter().flat_map(|data| references(&part.state, data))
                {
                    let watched = part.state.definition.definition.finds_referrers(relation);
                    if let Ok(target) = target
                        && !(unwatched && watched)
                    {
                        wanted.push((at, part, item, relation, target));
                    }
                }
                at += 1;
            }
        }
        let places = wanted.iter().map(|(.., target)| *target).collect();
        let missing = self.not_there(owner, places).await?;
        let mut tolerated = BTreeSet::new();
        for (at, part, item, relation, target) in wanted {
            if !missing.contains(&target) || brought(parts).any(|place| place == target) {
                continue;
            }
            let before = match item.version {
                1 => None,
                _ => match part.collection.get::<serde_json::Value>(item.id).await {
                    Err(ReadError::Failed(failure)) => return Err(failure.into()),
                    there => there.ok(),
                },
            };
            let refers = |data| references(&part.state, &data).iter().any(|one| one.target == Ok(target));
            if before.is_some_and(|before| refers(before.data)) {
                tolerated.insert(target);
                continue;
            }
            let (field, fault) = (relation.field.clone(), ReferenceFault::Missing);
            return Err(Unwritten { at, error: WriteError::Reference { field, fault } });
        }
        Ok(tolerated)
    }

    /// Which of some records are not there, or deleted, or not to be read, as the server says it.
    pub(crate) async fn not_there(
        &self,
        owner: PrincipalId,
        places: BTreeSet<Place>,
    ) -> Result<BTreeSet<Place>, Failure> {
        let mut missing = BTreeSet::new();
        let mut left: Vec<Place> = places.into_iter().collect();
        while !left.is_empty() {
            let mut again = Vec::new();
            for part in left.chunks(MAX_BATCH) {
                let get = |(scope, record): &Place| {
                    Question::Get(GetRecord { account: owner, scope: *scope, record: *record })
                };
                let answers = self.ask_batch(part.iter().map(get).collect()).await?;
                for (place, answer) in part.iter().zip(answers) {
                    match answer {
                        Answered::Get(found) => {
                            let record =
                                UnopenedRecord::parse(&found.record).map_err(|error| open_fault(&error))?;
                            let protected = record.protected();
                            if (protected.scope, protected.record) != *place {
                                return Err(Distrust::Misplaced { what: "a record" }.into());
                            }
                            if !protected.kind.is_instance() {
                                missing.insert(*place);
                            }
                        }
                        Answered::Refused(problem) => match problem.code {
                            ErrorCode::NotFound | ErrorCode::NotAllowed => drop(missing.insert(*place)),
                            ErrorCode::Overloaded => again.push(*place),
                            _ => return Err(Failure::Refused(Refusal::from(problem))),
                        },
                        _ => return Err(Distrust::Malformed { what: "an answer to another question" }.into()),
                    }
                }
            }
            // The first of a batch is answered by an honest server.
            if again.len() == left.len() {
                return Err(Distrust::Malformed { what: "a batch without an answer" }.into());
            }
            left = again;
        }
        Ok(missing)
    }
}

/// The records that are there once the parts are written.
fn brought<'p>(parts: &'p [Part<'_>]) -> impl Iterator<Item = Place> + 'p {
    let of = |part: &'p Part<'_>| {
        let there = part.items.iter().filter(|item| item.data.is_some());
        there.map(|item| (part.state.scope, item.id))
    };
    parts.iter().flat_map(of)
}

/// What a transaction expects to be there: the targets of those relations whose references the server sees as tokens anyhow.
fn expected(parts: &[Part<'_>], tolerated: &BTreeSet<Place>) -> Vec<Operation> {
    let mut expected: BTreeMap<ScopeId, BTreeSet<RecordId>> = BTreeMap::new();
    for part in parts {
        let written = part.items.iter().filter_map(Item::new_data);
        for Reference { relation, target } in written.flat_map(|data| references(&part.state, data)) {
            if let Ok((scope, record)) = target
                && !tolerated.contains(&(scope, record))
                && part.state.definition.definition.finds_referrers(relation)
            {
                expected.entry(scope).or_default().insert(record);
            }
        }
    }
    let operation = |(scope, records): (ScopeId, BTreeSet<RecordId>)| Operation::ExpectRecords {
        scope,
        records: records.into_iter().collect(),
    };
    expected.into_iter().map(operation).collect()
}
