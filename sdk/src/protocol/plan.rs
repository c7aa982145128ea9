//! Plans: from conditions to what is sent.
//!
//! Each condition becomes two sets: an *outer* one, which holds every record that meets it, and an *inner* one, all of whose
//! records meet it. The outer set is asked for and held against the condition when it is open; the inner one can be counted unopened;
//! and the negation of a condition has the complements of both, the other way round. A field without an index has everything as its outer
//! set: that is a scan.

use super::scope::{HeldIndex, IndexKeys, ScopeState};
use crate::{
    condition::{Condition, axis_of, common_axis, end},
    definition::{Definition, Index, IndexKind},
};
use pryv_crypto::index::{Domain, Form, IndexKey, Node, Span, UniqueKey, fold, words};
use pryv_wire::{
    Bytes,
    record::{Filter, IndexState, MAX_FILTER_TOKENS, Unindexed},
};
use serde_json::Value;
use std::{collections::BTreeSet, ops::Bound};

/// Records of earlier epochs that are so few are looked at without tokens of their epochs.
const FEW: u32 = 64;

/// How many records that a query's indexes do not cover it looks through, if no scan is allowed.
pub(crate) const MAX_UNINDEXED: u32 = 1_000;

/// Why a query cannot be planned.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum PlanFault {
    /// No index of the fields answers this.
    NotIndexed { fields: Vec<String>, kind: &'static str },
    /// The index of the field is of another type than what is asked.
    OtherType { field: String, index: String },
    /// It takes more tokens than one query may have.
    TooLarge,
}

/// An index that a plan uses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Matched {
    pub(crate) index: String,
    pub(crate) tokens: usize,
}

/// What is sent, and what is left to check.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Holds every record that meets the conditions, but for unindexed ones.
    pub(crate) outer: Filter,
    /// Holds no other.
    pub(crate) inner: Filter,
    /// Which records the filters cannot be held against; none if they have no tokens.
    pub(crate) unindexed: Option<Unindexed>,
    /// The indexes that are used.
    pub(crate) matched: Vec<Matched>,
    /// The fields that only this client can check.
    pub(crate) scanned: Vec<String>,
    /// How the records are ordered, if by a field.
    pub(crate) order: Option<OrderPlan>,
}

/// An order by a range index.
#[derive(Clone, Debug)]
pub(crate) struct OrderPlan {
    pub(crate) field: String,
    pub(crate) domain: Domain,
    /// The buckets that the conditions leave.
    pub(crate) span: Option<Span>,
    /// The ranges of the field that every record has to meet: of an array, the elements that do are those that count.
    pub(crate) within: Vec<(Bound<Value>, Bound<Value>)>,
    index: usize,
    epochs: BTreeSet<u32>,
}

/// Both sets of a condition.
struct Sets {
    outer: Filter,
    inner: Filter,
}

/// The set of nothing.
pub(crate) const fn nothing() -> Filter {
    Filter::Or(Vec::new())
}

fn is_nothing(filter: &Filter) -> bool {
    matches!(filter, Filter::Or(parts) if parts.is_empty())
}

/// What is in every one of some sets.
pub(crate) fn and(parts: Vec<Filter>) -> Filter {
    let mut kept = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Filter::All => {}
            nothing if is_nothing(&nothing) => return nothing,
            Filter::And(several) => kept.extend(several),
            other => kept.push(other),
        }
    }
    match kept.len() {
        0 => Filter::All,
        1 => kept.remove(0),
        _ => Filter::And(kept),
    }
}

/// What is in at least one of some sets.
pub(crate) fn or(parts: Vec<Filter>) -> Filter {
    let (mut kept, mut tokens) = (Vec::with_capacity(parts.len()), BTreeSet::new());
    for part in parts {
        match part {
            Filter::All => return Filter::All,
            Filter::Tokens(several) => tokens.extend(several),
            Filter::Or(several) => kept.extend(several),
            other => kept.push(other),
        }
    }
    if !tokens.is_empty() {
        kept.push(Filter::Tokens(tokens.into_iter().collect()));
    }
    match kept.len() {
        1 => kept.remove(0),
        _ => Filter::Or(kept),
    }
}

/// What is not in a set.
pub(crate) fn not(part: Filter) -> Filter {
    match part {
        Filter::All => nothing(),
        part if is_nothing(&part) => Filter::All,
        Filter::Not(inner) => *inner,
        other => Filter::Not(Box::new(other)),
    }
}

fn has_tokens(filter: &Filter) -> bool {
    !filter.tokens().is_empty()
}

/// Plans a query. With `scan`, what no index answers is left to this client.
pub(crate) fn plan(
    state: &ScopeState,
    conditions: &[Condition],
    order: Option<&str>,
    scan: bool,
) -> Result<Plan, PlanFault> {
    let mut planner = Planner::new(state, scan);
    let sets = planner.every(conditions)?;
    let order = order.map(|field| planner.order(field, conditions)).transpose()?;
    if sets.outer.tokens().len().max(sets.inner.tokens().len()) > MAX_FILTER_TOKENS {
        return Err(PlanFault::TooLarge);
    }
    let used = has_tokens(&sets.outer) || has_tokens(&sets.inner) || order.is_some();
    let unindexed = used.then_some(Unindexed {
        before: IndexState { epoch: planner.oldest, version: planner.since },
        at_most: if scan { u32::MAX } else { MAX_UNINDEXED },
    });
    let Planner { matched, scanned, .. } = planner;
    Ok(Plan { outer: sets.outer, inner: sets.inner, unindexed, matched, scanned, order })
}

struct Planner<'a> {
    /// The indexes whose keys are held: those of a collection are for who reads the whole of it.
    indexes: &'a [HeldIndex],
    /// Tokens of these epochs are sent.
    epochs: BTreeSet<u32>,
    /// Records whose tokens are of an earlier epoch come without being asked for.
    oldest: u32,
    /// The newest index that is used.
    since: u64,
    scan: bool,
    matched: Vec<Matched>,
    scanned: Vec<String>,
}

impl<'a> Planner<'a> {
    fn new(state: &'a ScopeState, scan: bool) -> Self {
        let indexes = if state.role.reads(state.scope) { &state.indexes[..] } else { &[] };
        let held: BTreeSet<u32> = state.keys.keys().map(|(_, epoch)| *epoch).collect();
        let (epochs, oldest) = if state.role.sees_all(state.scope) {
            let oldest = oldest_worth_asking(state);
            let live = state.indexed.iter().map(|alike| alike.state.epoch).chain([state.last_epoch()]);
            (live.filter(|epoch| *epoch >= oldest && held.contains(epoch)).collect(), oldest)
        } else {
            (held, 0)
        };
        Self { indexes, epochs, oldest, since: 1, scan, matched: Vec::new(), scanned: Vec::new() }
    }

    /// How many tokens one range may take in one epoch.
    fn budget(&self) -> usize {
        (MAX_FILTER_TOKENS / 4 / self.epochs.len().max(1)).max(16)
    }

    fn sets(&mut self, condition: &Condition) -> Result<Sets, PlanFault> {
        match condition {
            Condition::And(parts) => self.every(parts),
            Condition::Or(parts) => {
                let (mut outer, mut inner) = (Vec::new(), Vec::new());
                for part in parts {
                    let sets = self.sets(part)?;
                    outer.push(sets.outer);
                    inner.push(sets.inner);
                }
                Ok(Sets { outer: or(outer), inner: or(inner) })
            }
            Condition::Not(part) => {
                let Sets { outer, inner } = self.sets(part)?;
                Ok(Sets { outer: not(inner), inner: not(outer) })
            }
            Condition::In { field, values } => {
                let mut outer = Vec::new();
                let mut inner = Vec::new();
                for value in values {
                    let sets = self.equal(field, value)?;
                    outer.push(sets.outer);
                    inner.push(sets.inner);
                }
                Ok(Sets { outer: or(outer), inner: or(inner) })
            }
            Condition::Between { field, low, high } => self.between(field, low, high),
            Condition::StartsWith { field, text } => self.starts_with(field, text),
            Condition::Matches { field, words: text } => {
                let Some(held) = self.find(field, |kind| *kind == IndexKind::Text) else {
                    return self.unanswered(&[field], "text");
                };
                let words: Vec<String> = words(text).into_iter().collect();
                let of_word = |word: &String| self.tokens(held, |key| vec![key.folded(word)]);
                let filters: Vec<Filter> = words.iter().map(of_word).collect();
                self.note(held, &filters);
                let all = and(filters);
                Ok(Sets { outer: all.clone(), inner: all })
            }
            Condition::Exists { field } => {
                let Some(held) = self.find(field, |kind| *kind == IndexKind::Exists) else {
                    return self.unanswered(&[field], "exists");
                };
                Ok(self.exactly(held, |key| vec![key.exists()]))
            }
            Condition::Overlaps { start, length, from, to } => {
                self.overlaps([start, length], from.as_ref(), to.as_ref())
            }
            Condition::Running { start, length } => {
                let Some(held) = self.find_interval([start, length]) else {
                    return self.unanswered(&[start, length], "interval");
                };
                Ok(self.exactly(held, |key| vec![key.running()]))
            }
        }
    }

    /// Every one of some conditions: those on fields that an index holds together are asked for together.
    fn every(&mut self, parts: &[Condition]) -> Result<Sets, PlanFault> {
        let mut flat = Vec::new();
        flatten(parts, &mut flat);
        let equal: Vec<(&str, &Value)> = flat.iter().copied().filter_map(single).collect();
        let (mut outer, mut inner, mut answered) = (Vec::new(), Vec::new(), Vec::new());
        let together =
            |held: &&HeldIndex| held.index.kind == IndexKind::Equality && held.index.fields.len() > 1;
        for held in self.indexes.iter().filter(together) {
            // One field may be asked for several values: each is asked for once, with any of the other fields.
            while let Some(chosen) = choice(&held.index.fields, &equal, &answered) {
                let values: Vec<&Value> = chosen.iter().map(|(_, value)| *value).collect();
                let sets = self.exactly(held, |key| key.equal(&values).into_iter().collect());
                outer.push(sets.outer);
                inner.push(sets.inner);
                answered.extend(chosen);
            }
        }
        for part in &flat {
            if single(part).is_some_and(|pair| answered.contains(&pair)) {
                continue;
            }
            let sets = self.sets(part)?;
            outer.push(sets.outer);
            inner.push(sets.inner);
        }
        Ok(Sets { outer: and(outer), inner: and(inner) })
    }

    fn equal(&mut self, field: &str, value: &Value) -> Result<Sets, PlanFault> {
        if let Some(held) = self.find(field, |kind| *kind == IndexKind::Unique)
            && let IndexKeys::Unique(Some(key)) = &held.keys
        {
            return Ok(self.unique(held, key, value));
        }
        if let Some(held) = self.find(field, |kind| *kind == IndexKind::Equality) {
            return Ok(self.exactly(held, |key| key.equal(&[value]).into_iter().collect()));
        }
        // A coarser index finds the value among others.
        if let Some((held, domain)) = self.find_range(field)
            && let Some(at) = domain.axis().place(value)
        {
            // What is equal as a number may differ as a JSON value, beyond 2^53: so it is outer alone.
            let bucket = domain.bucket(at);
            return Ok(self.among(held, |key| vec![key.node(Node { level: 0, number: bucket })]));
        }
        if let Value::String(text) = value
            && !text.is_empty()
            && self.find(field, |kind| matches!(kind, IndexKind::Prefix { .. })).is_some()
        {
            let Sets { outer, .. } = self.starts_with(field, text)?;
            return Ok(Sets { outer, inner: nothing() });
        }
        self.unanswered(&[field], "equality")
    }

    fn unique(&mut self, held: &HeldIndex, key: &UniqueKey, value: &Value) -> Sets {
        let tokens = key.tokens(value).unwrap_or_default().into_iter().map(|token| token.to_wire());
        let filter = Filter::Tokens(tokens.collect());
        self.note(held, std::slice::from_ref(&filter));
        Sets { outer: filter.clone(), inner: filter }
    }

    fn between(&mut self, field: &str, low: &Bound<Value>, high: &Bound<Value>) -> Result<Sets, PlanFault> {
        let Some((held, domain)) = self.find_range(field) else {
            return self.unanswered(&[field], "range");
        };
        if axis_of(low, high) != Some(domain.axis()) {
            return Err(PlanFault::OtherType { field: field.to_owned(), index: held.index.to_string() });
        }
        let Some(span) = span(&domain, low, high) else {
            return Ok(Sets { outer: nothing(), inner: nothing() });
        };
        let nodes = domain.cover(span, self.budget());
        let outer = self.tokens(held, |key| nodes.iter().map(|node| key.node(*node)).collect::<Vec<_>>());
        let within = self.certain(&domain, strictly_within(&domain, span, low, high));
        let inner = self.tokens(held, |key| within.iter().map(|node| key.node(*node)).collect::<Vec<_>>());
        self.note(held, std::slice::from_ref(&outer));
        Ok(Sets { outer, inner: filled(inner) })
    }

    /// Nodes of buckets that all count: as many of them as one query may have, the largest first.
    fn certain(&self, domain: &Domain, span: Option<Span>) -> Vec<Node> {
        let mut nodes = span.map_or_else(Vec::new, |span| domain.cover(span, usize::MAX));
        nodes.sort_by_key(|node| std::cmp::Reverse(node.level));
        nodes.truncate(self.budget());
        nodes
    }

    /// What begins between both ends; or before the bucket of `from`, and lasts into it; or by `to`, and is not over.
    fn overlaps(
        &mut self,
        fields: [&str; 2],
        from: Option<&Value>,
        to: Option<&Value>,
    ) -> Result<Sets, PlanFault> {
        let [start, _] = fields;
        let bound = |end: Option<&Value>| end.map_or(Bound::Unbounded, |end| Bound::Included(end.clone()));
        let Some(from) = from else {
            return self.between(start, &Bound::Unbounded, &bound(to));
        };
        let found = self.find_interval(fields);
        let Some((held, domain)) = found.and_then(|held| Some((held, held.domain()?))) else {
            return self.unanswered(&fields, "interval");
        };
        let place = |end: &Value| domain.axis().place(end);
        let (Some(first), true) =
            (place(from).map(|from| domain.bucket(from)), common_axis(Some(from), to) == Some(domain.axis()))
        else {
            return Err(PlanFault::OtherType { field: start.to_owned(), index: held.index.to_string() });
        };
        let last = to.and_then(place).map_or(domain.last(), |to| domain.bucket(to));
        let begins = domain.cover(Span { first, last: last.max(first) }, self.budget());
        let begun = domain.narrow_cover(last);
        let outer = self.tokens(held, |key| {
            let lasting = domain.tall_path(first).map(|node| key.covering(node));
            let begins = begins.iter().map(|node| key.node(*node));
            begins.chain(lasting).chain(begun.iter().map(|node| key.running_from(*node))).collect::<Vec<_>>()
        });
        // Certain is what begins strictly between both, and what began strictly before `to` and is not over.
        let span = span(&domain, &Bound::Included(from.clone()), &bound(to));
        let within =
            span.and_then(|span| strictly_within(&domain, span, &Bound::Included(from.clone()), &bound(to)));
        let within = self.certain(&domain, within);
        let begun = match to {
            Some(_) => last.checked_sub(1).map_or_else(Vec::new, |last| domain.narrow_cover(last)),
            None => begun,
        };
        let inner = self.tokens(held, |key| {
            let begins = within.iter().map(|node| key.node(*node));
            begins.chain(begun.iter().map(|node| key.running_from(*node))).collect::<Vec<_>>()
        });
        self.note(held, std::slice::from_ref(&outer));
        Ok(Sets { outer, inner: filled(inner) })
    }

    fn starts_with(&mut self, field: &str, text: &str) -> Result<Sets, PlanFault> {
        let Some(held) = self.find(field, |kind| matches!(kind, IndexKind::Prefix { .. })) else {
            return self.unanswered(&[field], "prefix");
        };
        let IndexKind::Prefix { max } = held.index.kind else { return self.unanswered(&[field], "prefix") };
        let folded = fold(text);
        let beginning: String = folded.chars().take(usize::from(max)).collect();
        Ok(if beginning == folded {
            self.exactly(held, |key| vec![key.folded(&beginning)])
        } else {
            self.among(held, |key| vec![key.folded(&beginning)])
        })
    }

    fn order(&mut self, field: &str, conditions: &[Condition]) -> Result<OrderPlan, PlanFault> {
        let position =
            self.indexes.iter().position(|held| held.index.ranges_over(field) && held.domain().is_some());
        let found = position.and_then(|index| Some((index, self.indexes.get(index)?)));
        let Some((index, domain)) = found.and_then(|(index, held)| Some((index, held.domain()?))) else {
            return Err(PlanFault::NotIndexed { fields: vec![field.to_owned()], kind: "range" });
        };
        self.since = self.since.max(self.indexes.get(index).map_or(1, |held| held.since));
        let mut flat = Vec::new();
        flatten(conditions, &mut flat);
        let mut within = Vec::new();
        let mut left = Some(Span { first: 0, last: domain.last() });
        for condition in flat {
            if let Condition::Between { field: of, low, high } = condition
                && of == field
                && axis_of(low, high) == Some(domain.axis())
            {
                left = left.zip(span(&domain, low, high)).and_then(|(a, b)| {
                    let span = Span { first: a.first.max(b.first), last: a.last.min(b.last) };
                    (span.first <= span.last).then_some(span)
                });
                within.push((low.clone(), high.clone()));
            }
        }
        let epochs = self.epochs.clone();
        Ok(OrderPlan { field: field.to_owned(), domain, span: left, within, index, epochs })
    }

    /// An index of one field.
    fn find(&self, field: &str, kind: impl Fn(&IndexKind) -> bool) -> Option<&'a HeldIndex> {
        self.indexes.iter().find(|held| held.index.is_on(field) && kind(&held.index.kind))
    }

    /// An index that answers ranges of a field.
    fn find_range(&self, field: &str) -> Option<(&'a HeldIndex, Domain)> {
        let held = self.indexes.iter().find(|held| held.index.ranges_over(field))?;
        Some((held, held.domain()?))
    }

    /// An index of what begins at one field and lasts as long as another says.
    fn find_interval(&self, fields: [&str; 2]) -> Option<&'a HeldIndex> {
        let is_it = |held: &&HeldIndex| {
            matches!(held.index.kind, IndexKind::Interval(_)) && held.index.fields == fields
        };
        self.indexes.iter().find(is_it)
    }

    /// The tokens that an index gives under each epoch's key.
    fn tokens<T: IntoIterator<Item = pryv_crypto::index::IndexToken>>(
        &self,
        held: &HeldIndex,
        made: impl Fn(&IndexKey) -> T,
    ) -> Filter {
        let IndexKeys::Epochs(_, keys) = &held.keys else { return nothing() };
        let keys = keys.iter().filter(|(epoch, _)| self.epochs.contains(epoch));
        let tokens: BTreeSet<Bytes> =
            keys.flat_map(|(_, key)| made(key)).map(|token| token.to_wire()).collect();
        Filter::Tokens(tokens.into_iter().collect())
    }

    /// What has these tokens meets the condition, and nothing else does.
    fn exactly(
        &mut self,
        held: &HeldIndex,
        made: impl Fn(&IndexKey) -> Vec<pryv_crypto::index::IndexToken>,
    ) -> Sets {
        let Sets { outer, .. } = self.among(held, made);
        Sets { inner: outer.clone(), outer }
    }

    /// What meets the condition has one of these tokens, and other records may have one too.
    fn among(
        &mut self,
        held: &HeldIndex,
        made: impl Fn(&IndexKey) -> Vec<pryv_crypto::index::IndexToken>,
    ) -> Sets {
        let outer = self.tokens(held, made);
        self.note(held, std::slice::from_ref(&outer));
        Sets { outer, inner: nothing() }
    }

    fn note(&mut self, held: &HeldIndex, filters: &[Filter]) {
        self.since = self.since.max(held.since);
        let tokens = filters.iter().map(|filter| filter.tokens().len()).sum();
        self.matched.push(Matched { index: held.index.to_string(), tokens });
    }

    fn unanswered(&mut self, fields: &[&str], kind: &'static str) -> Result<Sets, PlanFault> {
        let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        if !self.scan {
            return Err(PlanFault::NotIndexed { fields, kind });
        }
        for field in fields {
            if !self.scanned.contains(&field) {
                self.scanned.push(field);
            }
        }
        Ok(Sets { outer: Filter::All, inner: nothing() })
    }
}

impl OrderPlan {
    /// The tokens of a node, under each epoch that is asked for.
    pub(crate) fn tokens(&self, state: &ScopeState, node: Node) -> Vec<Bytes> {
        let Some(IndexKeys::Epochs(_, keys)) = state.indexes.get(self.index).map(|held| &held.keys) else {
            return Vec::new();
        };
        let keys = keys.iter().filter(|(epoch, _)| self.epochs.contains(epoch));
        keys.map(|(_, key)| key.node(node).to_wire()).collect()
    }

    /// How many nodes may go into one call.
    pub(crate) fn nodes_at_once(&self, filter: &Filter) -> usize {
        let left = MAX_FILTER_TOKENS.saturating_sub(filter.tokens().len());
        (left / self.epochs.len().max(1)).clamp(1, pryv_wire::record::MAX_BUCKETS)
    }
}

impl HeldIndex {
    /// The domain, of a range or of intervals.
    fn domain(&self) -> Option<Domain> {
        match &self.keys {
            IndexKeys::Epochs(Form::Range(domain) | Form::Interval(domain), _) => Some(*domain),
            _ => None,
        }
    }
}

/// A value for each field, at least one of which was not answered yet.
fn choice<'c>(
    fields: &[String],
    equal: &[(&'c str, &'c Value)],
    answered: &[(&'c str, &'c Value)],
) -> Option<Vec<(&'c str, &'c Value)>> {
    let of = |field: &String| {
        let new = equal.iter().find(|pair| pair.0 == field && !answered.contains(pair));
        new.or_else(|| equal.iter().find(|pair| pair.0 == field)).copied()
    };
    let chosen = fields.iter().map(of).collect::<Option<Vec<_>>>()?;
    chosen.iter().any(|pair| !answered.contains(pair)).then_some(chosen)
}

/// The one value that a condition asks a field to have.
fn single(condition: &Condition) -> Option<(&str, &Value)> {
    match condition {
        Condition::In { field, values } => match &values[..] {
            [value] => Some((field, value)),
            _ => None,
        },
        _ => None,
    }
}

/// Conditions that all have to hold, those within one another too.
fn flatten<'c>(parts: &'c [Condition], flat: &mut Vec<&'c Condition>) {
    for part in parts {
        match part {
            Condition::And(several) => flatten(several, flat),
            other => flat.push(other),
        }
    }
}

/// The buckets that hold every value of a range; none if there can be no such value.
fn span(domain: &Domain, low: &Bound<Value>, high: &Bound<Value>) -> Option<Span> {
    let at = |bound| end(bound).and_then(|value| domain.axis().place(value));
    let (low, high) = (at(low), at(high));
    if low.zip(high).is_some_and(|(low, high)| low > high) {
        return None;
    }
    let first = low.map_or(0, |low| domain.bucket(low));
    let last = high.map_or(domain.last(), |high| domain.bucket(high));
    Some(Span { first, last })
}

/// The buckets of a span all of whose values lie in the range: those between its ends, and those at an end that it does not have.
fn strictly_within(domain: &Domain, span: Span, low: &Bound<Value>, high: &Bound<Value>) -> Option<Span> {
    let first = if end(low).is_some() { span.first.checked_add(1)? } else { 0 };
    let last = if end(high).is_some() { span.last.checked_sub(1)? } else { domain.last() };
    (first <= last).then_some(Span { first, last })
}

/// The first epoch whose tokens are worth sending: what is indexed under those before, is little.
fn oldest_worth_asking(state: &ScopeState) -> u32 {
    let mut left = FEW;
    let mut indexed: Vec<_> = state.indexed.iter().filter(|alike| alike.state.version > 0).collect();
    indexed.sort_by_key(|alike| alike.state.epoch);
    for alike in indexed {
        match left.checked_sub(alike.records) {
            Some(rest) => left = rest,
            None => return alike.state.epoch,
        }
    }
    state.last_epoch()
}

/// No tokens find nothing.
fn filled(tokens: Filter) -> Filter {
    if has_tokens(&tokens) { tokens } else { nothing() }
}

/// The declaration that would make a question possible.
pub(crate) fn declaration(definition: &Definition, fields: &[String], kind: &str) -> String {
    let named = |index: &&Index| fields.first().is_some_and(|field| index.fields.contains(field));
    let like = definition.indexes.iter().filter(named);
    let there: Vec<&str> = like.map(|index| index.kind.name()).collect();
    let there = if there.is_empty() { String::new() } else { format!(" (it has: {})", there.join(", ")) };
    let fields = match fields {
        [field] => format!("\"field\": \"{field}\""),
        several => format!("\"fields\": [\"{}\"]", several.join("\", \"")),
    };
    format!(
        "declare {{ {fields}, \"kind\": \"{kind}\" }} in the indexes of `{}`{there}, or ask for a scan by name with `.scan(limit)`",
        definition.uri
    )
}

#[cfg(test)]
mod tests;
