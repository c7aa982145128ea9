//! The domain of a range index: an axis cut into buckets, and the tree of fan-out 32 over them.
//!
//! A value carries one token for each level of the tree, the bucket that it falls in and the nodes above it; a range is
//! covered by a few nodes (logarithmic cover with a wide fan-out, after Demertzis, Papadopoulos, Papapetrou,
//! Deligiannakis and Garofalakis, "Practical Private Range Search Revisited", SIGMOD 2016).
//!
//! The bucket of a value never falls as the value rises, whatever the rounding: so the buckets from that of `a` to that
//! of `b` hold every value between `a` and `b`, and the buckets strictly between them hold no other.

use super::{NotIndexable, instant};
use pryv_wire::encode;
use serde_json::Value;

/// A node has 32 children.
const FAN_OUT_BITS: u32 = 5;

/// The topmost level has at most so many nodes.
const MAX_TOP: u64 = 128;

/// The most nodes that cover what lies behind the start of an interval.
pub(super) const MAX_STRETCH: usize = 16;

/// The most buckets of a domain.
pub const MAX_BUCKETS: u64 = 1 << 40;

/// What lies on the axis.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Axis {
    /// Numbers.
    Numbers,
    /// Dates and times: texts as RFC 3339 has them, `2026-01-31` or `2026-01-31T12:00:00Z`, laid out in milliseconds.
    Times,
}

impl Axis {
    /// The axis that a value lies on, if it lies on one.
    #[must_use]
    pub fn of(value: &Value) -> Option<Self> {
        [Self::Numbers, Self::Times].into_iter().find(|axis| axis.place(value).is_some())
    }

    /// The place of a value on the axis; none if it is of another type.
    #[must_use]
    pub fn place(self, value: &Value) -> Option<f64> {
        match (self, value) {
            (Self::Numbers, Value::Number(number)) => number.as_f64(),
            #[expect(clippy::cast_precision_loss, reason = "rounding never turns an order around")]
            (Self::Times, Value::String(text)) => instant::millis(text).map(|millis| millis as f64),
            _ => None,
        }
    }
}

/// The axis of a range index, its ends, and the width of its buckets. Values beyond an end count to the bucket at that end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Domain {
    axis: Axis,
    from: f64,
    to: f64,
    resolution: f64,
    last: u64,
}

/// A domain has its ends in order and 1 to [`MAX_BUCKETS`] buckets.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a range needs `from` below `to`, a `resolution` above 0, and at most 2^40 steps of it in between")]
pub struct InvalidDomain;

/// One node of the tree over the buckets.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Node {
    /// Its level: zero for a bucket.
    pub level: u8,
    /// Its place in the level.
    pub number: u64,
}

/// Buckets from one to another, both included.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Span {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
}

impl Domain {
    /// A domain. Of times, `from`, `to` and `resolution` are in milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// [`InvalidDomain`].
    pub fn new(axis: Axis, from: f64, to: f64, resolution: f64) -> Result<Self, InvalidDomain> {
        let steps = ((to - from) / resolution).ceil();
        let sound = from.is_finite() && to.is_finite() && resolution > 0.0 && steps >= 1.0;
        #[expect(clippy::cast_precision_loss, reason = "a power of two")]
        if !sound || steps > MAX_BUCKETS as f64 {
            return Err(InvalidDomain);
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 2^40, whole")]
        let last = (steps as u64).saturating_sub(1);
        Ok(Self { axis, from, to, resolution, last })
    }

    /// What lies on the axis.
    #[must_use]
    pub const fn axis(&self) -> Axis {
        self.axis
    }

    /// The last bucket.
    #[must_use]
    pub const fn last(&self) -> u64 {
        self.last
    }

    /// The parameters that tell this domain from another one of the same field.
    pub(super) fn parameters(&self) -> Vec<u8> {
        let axis = match self.axis {
            Axis::Numbers => "numbers",
            Axis::Times => "times",
        };
        let bits = [self.from, self.to, self.resolution].map(f64::to_bits);
        encode(&(axis, bits[0], bits[1], bits[2]))
    }

    /// The bucket of a place.
    #[must_use]
    pub fn bucket(&self, place: f64) -> u64 {
        let steps = ((place - self.from) / self.resolution).floor();
        if steps < 1.0 {
            return 0;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "1 at least; too large saturates"
        )]
        let bucket = steps as u64;
        bucket.min(self.last)
    }

    /// How many levels the tree has.
    #[must_use]
    pub fn levels(&self) -> u8 {
        let mut levels = 1;
        while self.last >> (FAN_OUT_BITS * u32::from(levels - 1)) >= MAX_TOP {
            levels += 1;
        }
        levels
    }

    /// The nodes that a bucket lies in, one of each level.
    pub(super) fn path(&self, bucket: u64) -> impl Iterator<Item = Node> + use<> {
        path(self.levels(), bucket)
    }

    /// The nodes that a bucket lies in, of the tree with one level more: its top has four nodes at most, so that any span has a cover
    /// of few.
    pub fn tall_path(&self, bucket: u64) -> impl Iterator<Item = Node> + use<> {
        path(self.levels() + 1, bucket)
    }

    /// The nodes of fan-out four that a bucket lies in, up to the one over all of them: what is only ever sought from the first
    /// bucket on is found by a few of them.
    pub(super) fn narrow_path(&self, bucket: u64) -> impl Iterator<Item = Node> + use<> {
        (0..=self.narrow_levels()).map(move |level| Node { level, number: bucket >> (2 * u32::from(level)) })
    }

    /// The fewest nodes of fan-out four that hold the buckets from the first to this one: at most three of each level.
    #[must_use]
    pub fn narrow_cover(&self, last: u64) -> Vec<Node> {
        let behind = last.min(self.last) + 1;
        let of_level = |level: u8| {
            let end = behind >> (2 * u32::from(level));
            (end & !3..end).map(move |number| Node { level, number })
        };
        (0..=self.narrow_levels()).flat_map(of_level).collect()
    }

    /// How many levels of fan-out four there are below the one node over all buckets.
    fn narrow_levels(&self) -> u8 {
        let mut levels = 1;
        while self.last >> (2 * u32::from(levels)) > 0 {
            levels += 1;
        }
        levels
    }

    /// The first bucket of a node.
    #[must_use]
    pub fn first_of(node: Node) -> u64 {
        node.number << shift(node.level)
    }

    /// The last bucket of a node, were the domain as wide.
    #[must_use]
    pub fn last_of(node: Node) -> u64 {
        Self::first_of(node) | ((1 << shift(node.level)) - 1)
    }

    /// The nodes of the topmost level, in order.
    #[must_use]
    pub fn top(&self, span: Span) -> Vec<Node> {
        let level = self.levels() - 1;
        (span.first >> shift(level)..=span.last >> shift(level))
            .map(|number| Node { level, number })
            .collect()
    }

    /// The children of a node that meet a span, in order; none of a bucket.
    #[must_use]
    pub fn children(&self, node: Node, span: Span) -> Vec<Node> {
        let Some(level) = node.level.checked_sub(1) else { return Vec::new() };
        let first = (node.number << FAN_OUT_BITS).max(span.first >> shift(level));
        let last = ((node.number << FAN_OUT_BITS) | ((1 << FAN_OUT_BITS) - 1)).min(span.last >> shift(level));
        (first..=last).map(|number| Node { level, number }).collect()
    }

    /// The fewest nodes that hold the buckets of a span, at most `most` of them: if that is too few, the ends are widened to
    /// larger nodes.
    #[must_use]
    pub fn cover(&self, span: Span, most: usize) -> Vec<Node> {
        cover(self.levels(), span, most)
    }

    /// As [`Domain::cover`], in the tree with one level more: of four nodes and more, any number is enough.
    #[must_use]
    pub fn tall_cover(&self, span: Span, most: usize) -> Vec<Node> {
        cover(self.levels() + 1, span, most)
    }

    /// The places of a field's value: one, or one for each element of an array. Null has none.
    pub(super) fn places(&self, value: &Value) -> Result<Vec<f64>, NotIndexable> {
        let one = |value: &Value| match value {
            Value::Null => Ok(None),
            value => self.axis.place(value).map(Some).ok_or(NotIndexable::Type),
        };
        let places = match value {
            Value::Array(elements) => elements.iter().map(one).collect::<Result<Vec<_>, _>>()?,
            single => vec![one(single)?],
        };
        Ok(places.into_iter().flatten().collect())
    }

    /// The buckets of a field's value: one, or one for each different element of an array. Null has none.
    pub(super) fn buckets(&self, value: &Value) -> Result<Vec<u64>, NotIndexable> {
        let mut buckets: Vec<_> = self.places(value)?.into_iter().map(|place| self.bucket(place)).collect();
        buckets.sort_unstable();
        buckets.dedup();
        Ok(buckets)
    }
}

/// The nodes that a bucket lies in, one of each of so many levels.
fn path(levels: u8, bucket: u64) -> impl Iterator<Item = Node> + use<> {
    (0..levels).map(move |level| Node { level, number: bucket >> shift(level) })
}

/// The fewest nodes of a tree of so many levels that hold a span, if they are at most `most`; otherwise larger ones.
fn cover(levels: u8, span: Span, most: usize) -> Vec<Node> {
    let mut nodes = Vec::new();
    for finest in 0..levels {
        nodes = cover_from(levels, span, finest);
        if nodes.len() <= most {
            break;
        }
    }
    nodes
}

/// The fewest nodes of `finest` and the levels above that hold a span.
fn cover_from(levels: u8, span: Span, finest: u8) -> Vec<Node> {
    let mut nodes = Vec::new();
    let (mut first, mut last) = (span.first >> shift(finest), span.last >> shift(finest));
    for level in finest..levels {
        let is_top = level + 1 == levels;
        let ragged = |number: u64| number & ((1 << FAN_OUT_BITS) - 1);
        // From here on both ends are whole parents.
        while first <= last && (is_top || ragged(first) != 0) {
            nodes.push(Node { level, number: first });
            first += 1;
        }
        while first <= last && ragged(last) != (1 << FAN_OUT_BITS) - 1 {
            nodes.push(Node { level, number: last });
            match last.checked_sub(1) {
                Some(before) => last = before,
                None => return nodes,
            }
        }
        if first > last {
            break;
        }
        (first, last) = (first >> FAN_OUT_BITS, last >> FAN_OUT_BITS);
    }
    nodes
}

fn shift(level: u8) -> u32 {
    FAN_OUT_BITS * u32::from(level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeSet;

    const HOUR: f64 = 3_600_000.0;

    fn centuries() -> Domain {
        let at = |text: &str| instant::millis(text).unwrap() as f64;
        Domain::new(Axis::Times, at("1900-01-01"), at("2200-01-01"), HOUR).unwrap()
    }

    fn buckets_of(domain: &Domain, nodes: &[Node]) -> Vec<u64> {
        let mut all = Vec::new();
        for node in nodes {
            let first = node.number << shift(node.level);
            all.extend(first..=(first + (1 << shift(node.level)) - 1).min(domain.last()));
        }
        all
    }

    #[test]
    fn a_cover_holds_the_buckets_of_its_span_once_each_and_no_other() {
        let domain = Domain::new(Axis::Numbers, 0.0, 5_000.0, 1.0).unwrap();
        assert_eq!(domain.levels(), 3);
        for (first, last) in
            [(0, 0), (0, 4_999), (31, 32), (1, 4_998), (1_023, 1_024), (64, 95), (4_990, 4_999), (7, 2_345)]
        {
            let span = Span { first, last };
            let mut found = buckets_of(&domain, &domain.cover(span, usize::MAX));
            found.sort_unstable();
            assert_eq!(found, (first..=last).collect::<Vec<_>>(), "{span:?}");
            let coarse = domain.cover(span, 8);
            let found: BTreeSet<_> = buckets_of(&domain, &coarse).into_iter().collect();
            assert!(
                (first..=last).all(|bucket| found.contains(&bucket)),
                "{span:?} is not held by {coarse:?}"
            );
        }
    }

    #[test]
    fn three_centuries_by_the_hour_take_four_tokens_and_a_few_hundred_nodes_at_most() {
        let domain = centuries();
        assert_eq!(domain.levels(), 4);
        let whole = Span { first: 1, last: domain.last() - 1 };
        assert!(domain.cover(whole, usize::MAX).len() <= 31 * 6 + 128);
        let month = domain.bucket(domain.axis().place(&json!("2026-01-01")).unwrap());
        assert!(domain.cover(Span { first: month, last: month + 30 * 24 - 1 }, usize::MAX).len() <= 62 + 30);
    }

    #[test]
    fn narrow_nodes_hold_what_begins_by_a_bucket_and_no_other() {
        for last in [0, 1, 3, 4, 62, 63, 64, 4_999] {
            let domain = Domain::new(Axis::Numbers, 0.0, (last + 1) as f64, 1.0).unwrap();
            for by in [0, 1, 2, 3, 4, 15, 16, 62, 63, 1_023, 4_998, last].into_iter().filter(|by| *by <= last)
            {
                let cover: BTreeSet<_> = domain.narrow_cover(by).into_iter().collect();
                assert!(cover.len() <= 3 * usize::from(domain.narrow_levels()), "{by} of {last}: {cover:?}");
                for bucket in 0..=last.min(2_000) {
                    let found = domain.narrow_path(bucket).filter(|node| cover.contains(node)).count();
                    assert_eq!(found, usize::from(bucket <= by), "{bucket} by {by} of {last}");
                }
            }
        }
        assert_eq!(centuries().narrow_levels(), 11);
    }

    #[test]
    fn every_bucket_lies_in_the_nodes_above_it() {
        let domain = centuries();
        for bucket in [0, 1, 31, 32, 99_999, domain.last()] {
            let span = Span { first: bucket, last: bucket };
            let mut nodes = domain.top(span);
            assert_eq!(nodes.len(), 1);
            let mut path = Vec::new();
            while let Some(node) = nodes.pop() {
                path.push(node);
                nodes = domain.children(node, span);
            }
            path.reverse();
            assert_eq!(path, domain.path(bucket).collect::<Vec<_>>());
        }
    }

    #[test]
    fn buckets_rise_with_their_values_and_end_at_the_ends() {
        let domain = Domain::new(Axis::Numbers, -1.0, 1.0, 0.1).unwrap();
        let places = [-1e300, -1.0, -0.95, -0.9, -0.3, 0.0, 0.1, 0.3, 0.9, 0.999, 1.0, 1e300];
        let buckets: Vec<_> = places.iter().map(|place| domain.bucket(*place)).collect();
        assert!(buckets.is_sorted());
        assert_eq!((buckets[0], buckets[11]), (0, domain.last()));
    }

    #[test]
    fn domains_that_make_no_sense_are_refused() {
        for (from, to, resolution) in [
            (0.0, 0.0, 1.0),
            (1.0, 0.0, 1.0),
            (0.0, 1.0, 0.0),
            (0.0, 1.0, -1.0),
            (0.0, 1e30, 1.0),
            (f64::NAN, 1.0, 1.0),
            (0.0, f64::INFINITY, 1.0),
            (0.0, 1.0, f64::NAN),
        ] {
            assert!(Domain::new(Axis::Numbers, from, to, resolution).is_err(), "{from} {to} {resolution}");
        }
    }

    #[test]
    fn values_of_another_type_are_not_indexable() {
        let domain = centuries();
        for value in [json!(7), json!("yesterday"), json!(true), json!({}), json!([["2026-01-01"]])] {
            assert_eq!(domain.buckets(&value), Err(NotIndexable::Type), "{value}");
        }
        assert_eq!(domain.buckets(&json!(null)), Ok(vec![]));
        let one = domain.buckets(&json!("2026-01-01T10:59:59.9+01:00"));
        assert_eq!(one, domain.buckets(&json!(["2026-01-01T09:00:00Z", null])));
    }
}
