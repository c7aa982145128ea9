//! Reading what a filter finds: pages asked for, opened, and held against the conditions.

use super::{Query, QueryError};
use crate::{
    collection::{
        get::typed,
        paging::{TakenUp, refuse_endless},
    },
    definition::{at, parts},
    distrust::Distrust,
    failure::Failure,
    protocol::{
        record::{self, Content},
        scope::ScopeState,
        versions::Asked,
    },
    record::{Record, Rejected, Rejection},
};
use pryv_crypto::record::UnopenedRecord;
use pryv_wire::{
    Bytes, RecordId,
    record::{Filter, Order, QueryRecords, Records, Unindexed},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// What was seen of the pages before.
#[derive(Clone, Debug, Default)]
pub(super) struct Walked {
    pub(super) seen: HashSet<RecordId>,
    pub(super) opened: u64,
}

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Records that meet the conditions.
    pub(super) records: Vec<Record<Value>>,
    pub(super) rejected: Vec<Rejected>,
    /// How many did not.
    pub(super) overshoot: usize,
    /// How many of them were what they claim to be.
    pub(super) believed: u64,
}

/// One question for a page.
pub(super) struct Asking<'a> {
    pub(super) filter: &'a Filter,
    pub(super) unindexed: Option<Unindexed>,
    pub(super) order: Order,
    pub(super) limit: u32,
    pub(super) after: Option<Bytes>,
}

impl Query {
    /// What is sent to ask for one page.
    pub(super) fn question(&self, asking: Asking<'_>) -> QueryRecords {
        let Asking { filter, unindexed, order, limit, after } = asking;
        QueryRecords {
            account: self.collection.owner(),
            scope: self.collection.scope(),
            filter: filter.clone(),
            unindexed,
            within: self.within,
            state: self.wire_state(),
            order,
            limit,
            after,
        }
    }

    /// Asks for one page; none if an epoch began whose tokens were not sent: then the query is planned anew.
    pub(super) async fn ask(
        &self,
        state: &ScopeState,
        asking: Asking<'_>,
    ) -> Result<Result<Records, u32>, QueryError> {
        let unindexed = asking.unindexed;
        let answer = match self.collection.ask_page(&self.question(asking)).await {
            Ok(answer) => answer,
            Err(failure) => return Err(self.refused(failure, unindexed).await),
        };
        Ok(if answer.epoch > state.last_epoch() { Err(answer.epoch) } else { Ok(answer) })
    }

    /// Opens the records of one answer.
    pub(super) async fn take(
        &self,
        records: &[Bytes],
        asked: Asked,
        walked: &mut Walked,
    ) -> Result<Found, Failure> {
        let TakenUp { state, unopened, rejected } = self.collection.take_up(records).await?;
        let mut found = Found { rejected, ..Found::default() };
        for record in unopened {
            let id = record.protected().record;
            match self.one(&state, record, asked, walked).await {
                Ok(record) => {
                    found.believed += 1;
                    if self.is_met_by(&record.data) {
                        found.records.push(record);
                    } else {
                        found.overshoot += 1;
                    }
                }
                Err(failure) => found.rejected.push(Rejected::of(Some(id), failure)?),
            }
        }
        Ok(found)
    }

    async fn one(
        &self,
        state: &ScopeState,
        record: UnopenedRecord,
        asked: Asked,
        walked: &mut Walked,
    ) -> Result<Record<Value>, Failure> {
        let id = record.protected().record;
        // Twice in one query, or something that this query does not ask for.
        if !self.is_asked(record.protected().kind) || !walked.seen.insert(id) {
            return Err(Distrust::WrongPage { record: id }.into());
        }
        walked.opened += 1;
        let opened = self.collection.0.account.open_record(state, record, None, asked).await?;
        match record::read(state, &opened)? {
            Content::Instance(record) => Ok(record),
            Content::Deleted { .. } => Err(Distrust::WrongPage { record: id }.into()),
        }
    }

    /// Reads everything that a filter finds; none if an epoch began in between.
    pub(super) async fn sweep(
        &self,
        state: &ScopeState,
        filter: &Filter,
        unindexed: Option<Unindexed>,
        walked: &mut Walked,
    ) -> Result<Result<Found, u32>, QueryError> {
        let mut found = Found::default();
        let mut after = None;
        let mut empty = 0;
        loop {
            let (order, limit) = (Order::OldestFirst, super::MAX_LIMIT);
            let asked = self.collection.0.account.asking();
            let asking = Asking { filter, unindexed, order, limit, after };
            let answer = match self.ask(state, asking).await? {
                Ok(answer) => answer,
                Err(epoch) => return Ok(Err(epoch)),
            };
            let page = self.take(&answer.records, asked, walked).await?;
            empty = if page.believed == 0 { empty + 1 } else { 0 };
            refuse_endless(empty)?;
            if let Some(most) = self.scan.filter(|most| walked.opened > *most && answer.next.is_some()) {
                return Err(QueryError::ScanLimit { opened: most });
            }
            found.records.extend(page.records);
            found.rejected.extend(page.rejected);
            found.overshoot += page.overshoot;
            after = answer.next;
            if after.is_none() {
                return Ok(Ok(found));
            }
        }
    }

    /// A record as the caller wants it: the fields that were selected, in its own type.
    pub(super) fn shaped<T: DeserializeOwned>(&self, record: Record<Value>) -> Result<Record<T>, Rejected> {
        let id = record.id;
        let record = match &self.select {
            Some(fields) => {
                let data = selected(&record.data, fields);
                record.with(data)
            }
            None => record,
        };
        typed(record).map_err(|_| Rejected { record: Some(id), reason: Rejection::Shape })
    }
}

/// Content with these fields alone, each in its place. In an array the places before are null.
fn selected(data: &Value, fields: &[String]) -> Value {
    let mut kept = empty_like(data);
    for field in fields {
        let parts: Vec<String> = parts(field).collect();
        if at(data, field).is_some() {
            keep(&mut kept, data, &parts);
        }
    }
    kept
}

/// Puts what the parts of a pointer lead to in `from` into the same place of `kept`.
fn keep(kept: &mut Value, from: &Value, parts: &[String]) {
    let Some((part, rest)) = parts.split_first() else {
        kept.clone_from(from);
        return;
    };
    match (kept, from) {
        (Value::Object(kept), Value::Object(from)) => {
            let Some(next) = from.get(part) else { return };
            keep(kept.entry(part).or_insert_with(|| empty_like(next)), next, rest);
        }
        (Value::Array(kept), Value::Array(from)) => {
            let Ok(number) = part.parse::<usize>() else { return };
            let Some(next) = from.get(number) else { return };
            if kept.len() <= number {
                kept.resize(number.saturating_add(1), Value::Null);
            }
            if let Some(slot) = kept.get_mut(number) {
                if slot.is_null() {
                    *slot = empty_like(next);
                }
                keep(slot, next, rest);
            }
        }
        _ => {}
    }
}

fn empty_like(value: &Value) -> Value {
    match value {
        Value::Object(_) => Value::Object(Map::new()),
        Value::Array(_) => Value::Array(Vec::new()),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selected_fields_stand_in_their_places() {
        let data = json!({"a": 1, "b": {"c": [1, {"d": 2}, 3], "e": null}, "f/g": "x"});
        let of = |fields: &[&str]| {
            selected(&data, &fields.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(of(&[]), json!({}));
        assert_eq!(of(&["/a", "/absent", "/b/absent"]), json!({"a": 1}));
        assert_eq!(of(&["/b/c/1/d", "/f~1g"]), json!({"b": {"c": [null, {"d": 2}]}, "f/g": "x"}));
        assert_eq!(of(&["/b/e", "/b/c/0"]), json!({"b": {"c": [1], "e": null}}));
        assert_eq!(of(&["/b", "/b/e"]), json!({"b": data["b"]}));
        assert_eq!(of(&[""]), data);
    }
}
