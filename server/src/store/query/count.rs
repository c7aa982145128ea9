//! Counts: how many instances are in a set, or in each of some buckets of it, without reading them.

use super::{
    super::{At as _, Reading, Result, record::shows, tree::Tree},
    Direction, Found, MAX_HIDDEN, Set, Walk, Wanted, Work, of_state,
};
use crate::permission::{Grant, Read};
use pryv_wire::Bytes;

/// How much one count examines, about as much as the largest number that it counts to, in the units of [`MAX_EXAMINED`](super::MAX_EXAMINED).
const MAX_COUNTED: usize = 100_000;

/// What to read a record costs, to see whether it is shown.
const RECORD: usize = 8;

/// What to count.
#[derive(Clone, Debug)]
pub struct CountRequest {
    /// Which instances. Those behind are not counted, whether the filter finds them or not.
    pub wanted: Wanted,
    /// Those of each bucket by themselves; without buckets, all.
    pub buckets: Vec<Vec<Bytes>>,
    /// Stop at so many, over all buckets.
    pub enough: u64,
    /// Begin at this position.
    pub from: u64,
}

/// How many there are.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Count {
    /// One number for each bucket that was looked at, or one in all.
    pub counts: Vec<u64>,
    /// Where to go on; none if it came to its end.
    pub next: Option<u64>,
}

/// How far one count came.
pub(super) struct Told {
    pub(super) count: u64,
    pub(super) next: Option<u64>,
}

impl<'t> Reading<'t> {
    /// Counts instances of a scope.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn count(&self, grant: &Grant<'t, Read>, request: &CountRequest) -> Result<Count> {
        let CountRequest { wanted, buckets, enough, from } = request;
        let work = Work::of(MAX_COUNTED);
        let mut looked = 0;
        let hides_trashed = self.hides_trashed(grant, wanted.state)?;
        if buckets.is_empty() {
            let mut walk = self.counting(grant, (wanted, hides_trashed), None, &work, *enough);
            work.allow(walk.beginning());
            let told = self.count_walk(grant, &mut walk, (&work, &mut looked), *from, *enough)?;
            return Ok(Count { counts: vec![told.count], next: told.next });
        }
        let mut found = Count::default();
        let mut left = *enough;
        for bucket in buckets {
            let mut walk = self.counting(grant, (wanted, hides_trashed), Some(bucket), &work, left);
            let first = found.counts.is_empty();
            if first {
                work.allow(walk.beginning());
            } else {
                work.spend(walk.lists() / 4);
            }
            let told = self.count_walk(grant, &mut walk, (&work, &mut looked), 0, left)?;
            let tired = told.next.is_some() && told.count < left;
            // A bucket that others left no work for is asked for again, by itself; one that is too much by itself goes on
            // behind a cursor.
            if tired && !first {
                return Ok(found);
            }
            found.counts.push(told.count);
            left = left.saturating_sub(told.count);
            if tired {
                found.next = told.next;
            }
            if tired || left == 0 {
                return Ok(found);
            }
        }
        Ok(found)
    }

    fn counting<'r>(
        &'r self,
        grant: &Grant<'t, Read>,
        (wanted, hides_trashed): (&'r Wanted, bool),
        bucket: Option<&'r Vec<Bytes>>,
        work: &'r Work,
        enough: u64,
    ) -> Walk<'r> {
        let Wanted { filter, behind, filed, state } = wanted;
        let mut yes: Vec<Set<'r>> = bucket.into_iter().map(|tokens| Set::tokens(tokens)).collect();
        if *filter != pryv_wire::record::Filter::All || (yes.is_empty() && filed.is_none()) {
            yes.push(Set::of(filter));
        }
        yes.extend(filed.iter().map(|filed| Set::filed(filed)));
        let no = if behind.is_empty() { Vec::new() } else { vec![Set::states(behind)] };
        let enough = usize::try_from(enough).unwrap_or(usize::MAX);
        self.walk(grant, of_state(*state, hides_trashed, yes, no), Direction::OLDEST_FIRST, work, enough)
    }

    /// Counts what a walk finds from a position on and the grant shows, up to `enough`.
    pub(super) fn count_walk(
        &self,
        grant: &Grant<'t, Read>,
        walk: &mut Walk<'_>,
        (work, looked): (&Work, &mut usize),
        begin: u64,
        enough: u64,
    ) -> Result<Told> {
        let mut tree = Tree::of(self.reading(), grant.account());
        let (mut count, mut from) = (0_u64, begin);
        loop {
            if (work.is_spent() || *looked >= MAX_HIDDEN) && from > begin {
                return Ok(Told { count, next: Some(from) });
            }
            let position = match walk.seek(from)? {
                Found::At(found) => found,
                Found::TiredAt(at) => return Ok(Told { count, next: Some(at) }),
                Found::End => return Ok(Told { count, next: None }),
            };
            let shown = if grant.reach().is_everything() {
                true
            } else {
                *looked = looked.saturating_add(1);
                work.spend(RECORD);
                let place = Direction::OLDEST_FIRST.turn(position);
                let stored = self.record_at(grant.account(), grant.scope(), place)?;
                shows(&mut tree, grant.reach(), &stored)?
            };
            count = count.saturating_add(u64::from(shown));
            let next = position.checked_add(1);
            if count >= enough || next.is_none() {
                return Ok(Told { count, next });
            }
            from = next.unwrap_or(position);
        }
    }
}
