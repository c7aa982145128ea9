//! Pages in the order of a field with a range index.
//!
//! The server knows buckets and not their order. This client asks for counts in the largest buckets, in its order, until a page
//! would be full; takes apart the bucket in which that happened; and so comes down to the buckets that hold the page. These it
//! reads, and sorts what it opened. What is behind them is neither read nor sent.

use super::{Query, QueryError, sweep::Walked};
use crate::{
    condition::{elements, is_between},
    distrust::Distrust,
    failure::Failure,
    protocol::{
        plan::{self, OrderPlan, Plan},
        scope::ScopeState,
    },
    record::{Cursor, Page, Place, Record},
};
use pryv_crypto::index::{Domain, Node, Span};
use pryv_wire::{RecordId, record::Filter};
use serde_json::Value;
use std::{
    cmp::Ordering,
    collections::{HashSet, VecDeque},
};

/// How often a page begins anew because an epoch began in between.
const ATTEMPTS: usize = 8;

/// How many calls one page may take to find its buckets: each of them leaves buckets behind, or goes one level down.
const MAX_CALLS: usize = 1_000;

/// A record at its place in the order.
struct Sorted {
    key: Key,
    record: Record<Value>,
}

/// What records are ordered by: the place of their value, then the id.
#[derive(Clone, Copy, Debug)]
struct Key {
    place: f64,
    record: RecordId,
}

/// Which way a page goes.
#[derive(Clone, Copy)]
struct Way {
    descending: bool,
}

impl Way {
    /// The order of two keys. Records of one value come by their ids, whichever way.
    fn compare(self, a: &Key, b: &Key) -> Ordering {
        let by_place = a.place.total_cmp(&b.place);
        let by_place = if self.descending { by_place.reverse() } else { by_place };
        by_place.then_with(|| a.record.cmp(&b.record))
    }

    fn turn(self, mut nodes: Vec<Node>) -> Vec<Node> {
        if self.descending {
            nodes.reverse();
        }
        nodes
    }

    /// Whether a bucket comes before every bucket of a node.
    fn is_before(self, bucket: u64, node: Node) -> bool {
        if self.descending { bucket > Domain::last_of(node) } else { bucket < Domain::first_of(node) }
    }
}

impl Query {
    /// One page in the order of the field.
    pub(super) async fn ordered_page(
        &self,
        descending: bool,
        after: Option<&Cursor>,
        walked: &mut Walked,
    ) -> Result<Page<Value>, QueryError> {
        let after = match after {
            None => None,
            Some(Cursor(Place::Valued { bits, record })) => {
                Some(Key { place: f64::from_bits(*bits), record: *record })
            }
            Some(_) => return Err(QueryError::OtherOrder),
        };
        let way = Way { descending };
        let (mut state, mut plan) = self.planned().await?;
        for _ in 0..ATTEMPTS {
            match self.try_ordered(&state, &plan, way, after, walked).await? {
                // A record that was changed meanwhile may come again, further on: that is where it stands now.
                Ok(page) => return Ok(page),
                Err(epoch) => (state, plan) = self.newer(epoch).await?,
            }
        }
        Err(Failure::from(Distrust::Malformed { what: "an epoch after the other" }).into())
    }

    async fn try_ordered(
        &self,
        state: &ScopeState,
        plan: &Plan,
        way: Way,
        after: Option<Key>,
        walked: &mut Walked,
    ) -> Result<Result<Page<Value>, u32>, QueryError> {
        let mut page = Page::empty();
        let Some(order) = &plan.order else { return Ok(Ok(page)) };
        let Some(span) = order.span.and_then(|span| narrowed(order, span, way, after)) else {
            return Ok(Ok(page));
        };
        let mut work: VecDeque<Node> = way.turn(order.domain.top(span)).into();
        let mut held: Vec<Sorted> = Vec::new();
        let mut met = HashSet::new();
        let mut unindexed = plan.unindexed;
        let limit = self.limit as usize;
        loop {
            let need = limit.saturating_sub(page.records.len()).saturating_sub(held.len()).max(1);
            let chosen = match self.choose(state, plan, (order, span), way, &mut work, need as u64).await? {
                Ok(chosen) => chosen,
                Err(epoch) => return Ok(Err(epoch)),
            };
            let tokens: Vec<_> = chosen.iter().flat_map(|node| order.tokens(state, *node)).collect();
            if !tokens.is_empty() || unindexed.is_some() {
                let filter = match tokens.is_empty() {
                    true => plan::nothing(),
                    false => plan::and(vec![plan.outer.clone(), Filter::Tokens(tokens)]),
                };
                // Of an array, several elements lead to the record: in one answer it comes once, in several more often.
                walked.seen.clear();
                let found = match self.sweep(state, &filter, unindexed.take(), walked).await? {
                    Ok(found) => found,
                    Err(epoch) => return Ok(Err(epoch)),
                };
                page.rejected.extend(found.rejected);
                page.overshoot += found.overshoot;
                for record in found.records {
                    let Some(place) = value_of(order, way, &record.data) else { continue };
                    let key = Key { place, record: record.id };
                    let is_behind = after.is_none_or(|after| way.compare(&after, &key) == Ordering::Less);
                    if is_behind && met.insert(record.id) {
                        held.push(Sorted { key, record });
                    }
                }
            }
            held.sort_by(|a, b| way.compare(&a.key, &b.key));
            // What lies at or behind the first bucket that was not read has to wait for what is in it.
            let frontier = work.front().copied();
            let ready = |sorted: &Sorted| {
                frontier.is_none_or(|node| way.is_before(order.domain.bucket(sorted.key.place), node))
            };
            let count = held.iter().take_while(|sorted| ready(sorted)).count();
            let room = limit.saturating_sub(page.records.len());
            for Sorted { key, record } in held.drain(..count.min(room)) {
                page.next = Some(Cursor(Place::Valued { bits: key.place.to_bits(), record: key.record }));
                page.records.push(record);
            }
            if page.records.len() >= limit && (!held.is_empty() || !work.is_empty()) {
                return Ok(Ok(page));
            }
            if work.is_empty() {
                page.next = None;
                return Ok(Ok(page));
            }
        }
    }

    /// The next buckets, in order, that hold about as many records as are needed.
    async fn choose(
        &self,
        state: &ScopeState,
        plan: &Plan,
        (order, span): (&OrderPlan, Span),
        way: Way,
        work: &mut VecDeque<Node>,
        need: u64,
    ) -> Result<Result<Vec<Node>, u32>, QueryError> {
        let (mut chosen, mut total) = (Vec::new(), 0_u64);
        let at_once = order.nodes_at_once(&plan.outer);
        for _ in 0..MAX_CALLS {
            if total >= need || work.is_empty() || chosen.len() >= at_once {
                return Ok(Ok(chosen));
            }
            let asked: Vec<Node> = work.iter().take(at_once).copied().collect();
            let buckets = asked.iter().map(|node| order.tokens(state, *node)).collect();
            let counted = match self.ask_count(state, plan, &plan.outer, buckets, need - total, None).await? {
                Ok(counted) => counted,
                Err(epoch) => return Ok(Err(epoch)),
            };
            if counted.counts.is_empty() || counted.counts.len() > asked.len() {
                return Err(Failure::from(Distrust::Malformed { what: "counts of other buckets" }).into());
            }
            // Of one bucket that is too much work for a call, a part was counted.
            let is_part = counted.next.is_some();
            for (node, count) in asked.into_iter().zip(counted.counts) {
                work.pop_front();
                if count == 0 && !is_part {
                    continue;
                }
                let count = if is_part { need } else { count };
                let parts = order.domain.children(node, span);
                if total.saturating_add(count) < need || parts.is_empty() {
                    chosen.push(node);
                    total = total.saturating_add(count);
                    if total >= need || chosen.len() >= at_once {
                        break;
                    }
                } else {
                    way.turn(parts).into_iter().rev().for_each(|part| work.push_front(part));
                    break;
                }
            }
        }
        Err(Failure::from(Distrust::Malformed { what: "counts that lead nowhere" }).into())
    }
}

/// The buckets that are left behind a record.
fn narrowed(order: &OrderPlan, span: Span, way: Way, after: Option<Key>) -> Option<Span> {
    let Some(after) = after else { return Some(span) };
    let bucket = order.domain.bucket(after.place);
    let span = match way.descending {
        true => Span { last: span.last.min(bucket), ..span },
        false => Span { first: span.first.max(bucket), ..span },
    };
    (span.first <= span.last).then_some(span)
}

/// The place of a record in the order: of several elements that the conditions let through, the first one's.
fn value_of(order: &OrderPlan, way: Way, data: &Value) -> Option<f64> {
    let within = |value: &&Value| order.within.iter().all(|(low, high)| is_between(value, low, high));
    let places =
        elements(data, &order.field).filter(within).filter_map(|value| order.domain.axis().place(value));
    places.reduce(|a, b| if way.descending { a.max(b) } else { a.min(b) })
}
