//! Intervals: what begins at a place and lasts, for a while or still.
//!
//! The value that says how long is a number: of the unit of the start, or seconds if that is a time. Absent, it is 0; `null` says
//! that it is not over. Whatever ends, has an end that is not below its start.
//!
//! An interval meets `[a, b]` if it begins between both, or if it began before `a` and lasts until there. So the record carries the
//! nodes of its start, as in a range; and, apart from these, the nodes that cover the buckets *behind* that of its start, to that of
//! its end: a moment has none. What began before the bucket of `a` and lasts until there is found by the path of that bucket. One
//! that is not over carries, instead of a cover, nodes of its start once more: in a tree of fan-out four, among those alone that are not
//! over either. So what began by `b` and is not over is found exactly, by few tokens.

use super::{
    Axis, Domain, IndexKey, IndexToken, Node, NotIndexable,
    domain::{MAX_STRETCH, Span},
};
use serde_json::Value;

/// How long something lasts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Length {
    /// So long: 0 is a moment.
    Lasts(f64),
    /// It is not over.
    Running,
}

impl Length {
    /// The length that the value of a field says.
    ///
    /// # Errors
    ///
    /// [`NotIndexable`] if it is neither a number from 0 on nor null.
    pub fn of(value: Option<&Value>) -> Result<Self, NotIndexable> {
        match value {
            None => Ok(Self::Lasts(0.0)),
            Some(Value::Null) => Ok(Self::Running),
            Some(value) => match value.as_f64() {
                Some(length) if length >= 0.0 => Ok(Self::Lasts(length)),
                _ => Err(NotIndexable::Type),
            },
        }
    }

    /// The length that the value of a field says; whatever says none, is a moment.
    #[must_use]
    pub fn or_moment(value: Option<&Value>) -> Self {
        Self::of(value).unwrap_or(Self::Lasts(0.0))
    }
}

impl Axis {
    /// Where something ends that begins at a place of the axis: without end, if it is not over.
    #[must_use]
    pub fn end_of(self, start: f64, length: Length) -> f64 {
        match (self, length) {
            (_, Length::Running) => f64::INFINITY,
            (Self::Numbers, Length::Lasts(length)) => start + length,
            (Self::Times, Length::Lasts(seconds)) => seconds.mul_add(1_000.0, start),
        }
    }
}

impl IndexKey {
    /// The tokens of an interval, or of several of one length if the start is an array.
    pub(super) fn interval(
        &self,
        domain: &Domain,
        start: &Value,
        length: Option<&Value>,
    ) -> Result<Vec<IndexToken>, NotIndexable> {
        let length = Length::of(length)?;
        let mut tokens = Vec::new();
        for place in domain.places(start)? {
            let first = domain.bucket(place);
            tokens.extend(domain.path(first).map(|node| self.node(node)));
            if length == Length::Running {
                tokens.extend(domain.narrow_path(first).map(|node| self.running_from(node)));
                continue;
            }
            let last = domain.bucket(domain.axis().end_of(place, length));
            if first < last {
                let behind = domain.tall_cover(Span { first: first + 1, last }, MAX_STRETCH);
                tokens.extend(behind.into_iter().map(|node| self.covering(node)));
            }
        }
        if length == Length::Running {
            tokens.push(self.running());
        }
        Ok(tokens)
    }

    /// The token of what began before a node and lasts through the whole of it, or nearly.
    #[must_use]
    pub fn covering(&self, node: Node) -> IndexToken {
        self.marked(1, node)
    }

    /// The token of what began in a node of fan-out four and is not over.
    #[must_use]
    pub fn running_from(&self, node: Node) -> IndexToken {
        self.marked(2, node)
    }

    /// The token of what is not over.
    #[must_use]
    pub fn running(&self) -> IndexToken {
        self.of(&[2])
    }

    fn marked(&self, mark: u8, node: Node) -> IndexToken {
        self.of(&[&[mark, node.level][..], &node.number.to_be_bytes()].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fixture::{epoch, person},
        index::Form,
    };
    use serde_json::json;

    const FIELDS: [&str; 2] = ["/time", "/duration"];

    fn minutes() -> Domain {
        Domain::new(Axis::Numbers, 0.0, 5_000.0, 1.0).unwrap()
    }

    fn key(domain: Domain) -> (IndexKey, Form) {
        let (_, keys) = epoch(&person(1), 0);
        let form = Form::Interval(domain);
        (IndexKey::new(&keys, "x:y", &FIELDS, &form), form)
    }

    fn tokens(start: &Value, length: Option<&Value>) -> Result<Vec<IndexToken>, NotIndexable> {
        let (key, form) = key(minutes());
        key.tokens(&form, &[Some(start), length])
    }

    #[test]
    fn what_lasts_until_a_bucket_is_found_by_its_path_and_what_ended_before_is_not() {
        let (key, domain) = (key(minutes()).0, minutes());
        for (start, length, at, met) in [
            (100.0, 10.0, 110.0, true),
            (100.0, 10.9, 110.5, true),
            (100.0, 10.0, 111.0, false),
            (100.0, 0.5, 100.2, false),
            (100.0, 900.0, 1_000.0, true),
            (0.0, 1e300, 4_999.0, true),
            (-50.0, 60.0, 10.0, true),
            (100.0, 10.0, 99.0, false),
        ] {
            let carried = tokens(&json!(start), Some(&json!(length))).unwrap();
            let path = domain.tall_path(domain.bucket(at));
            let found = path.map(|node| key.covering(node)).any(|token| carried.contains(&token));
            assert_eq!(found, met, "{start} for {length} at {at}");
        }
    }

    #[test]
    fn a_moment_is_a_place_of_a_range_and_nothing_more() {
        let (key, domain) = (key(minutes()).0, minutes());
        let mut path: Vec<_> = domain.path(72).map(|node| key.node(node)).collect();
        path.sort_unstable();
        for length in [None, Some(&json!(0)), Some(&json!(0.5))] {
            assert_eq!(tokens(&json!(72), length).unwrap(), path, "{length:?}");
        }
    }

    #[test]
    fn an_interval_has_at_most_sixteen_tokens_more_than_its_start() {
        let domain = minutes();
        for length in [1, 31, 40, 1_000, 4_000, 5_000] {
            let carried = tokens(&json!(17), Some(&json!(length))).unwrap();
            let more = carried.len() - usize::from(domain.levels());
            assert!((1..=MAX_STRETCH).contains(&more), "{length}: {more}");
        }
    }

    #[test]
    fn what_is_not_over_says_so_and_is_found_by_where_it_began() {
        let (key, domain) = (key(minutes()).0, minutes());
        let carried = tokens(&json!(100), Some(&json!(null))).unwrap();
        assert!(carried.contains(&key.running()));
        let began = |by| {
            let nodes = domain.narrow_cover(by);
            nodes.into_iter().any(|node| carried.contains(&key.running_from(node)))
        };
        assert!(began(100) && began(4_999) && !began(99) && !began(0));
        assert!(!tokens(&json!(100), Some(&json!(5))).unwrap().contains(&key.running()));
        assert_eq!(tokens(&json!(null), Some(&json!(null))).unwrap(), [key.running()]);
    }

    #[test]
    fn several_starts_share_one_length_and_lengths_that_are_none_are_refused() {
        let both = tokens(&json!([1, 900]), Some(&json!(40))).unwrap();
        for one in [1, 900] {
            assert!(tokens(&json!(one), Some(&json!(40))).unwrap().iter().all(|token| both.contains(token)));
        }
        for length in [json!(-1), json!("1h"), json!([1]), json!({}), json!(true)] {
            assert_eq!(tokens(&json!(1), Some(&length)), Err(NotIndexable::Type), "{length}");
            assert_eq!(Length::or_moment(Some(&length)), Length::Lasts(0.0));
        }
        assert_eq!(tokens(&json!("2026-01-01"), None), Err(NotIndexable::Type));
        let (key, form) = key(minutes());
        assert_eq!(key.tokens(&form, &[None, Some(&json!(null))]), Ok(vec![]), "without a start");
    }

    #[test]
    fn times_last_seconds() {
        assert_eq!(Axis::Times.end_of(5.0, Length::Lasts(1.5)), 1_505.0);
        assert_eq!(Axis::Numbers.end_of(5.0, Length::Lasts(1.5)), 6.5);
        assert_eq!(Axis::Times.end_of(5.0, Length::Running), f64::INFINITY);
    }
}
