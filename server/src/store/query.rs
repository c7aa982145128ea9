//! Queries: posting lists merged and intersected in the order of creation, one page at a time.
//!
//! A *position* counts up in the direction of the page: the place of creation for oldest first, its complement for
//! newest first; the code below knows one direction only. A condition is the union of its tokens' lists, the filter is the
//! intersection of its conditions, found by leaps: each list is asked for its first position at or behind the
//! furthest of the others, so that a rare condition spares the reading of a common one. What is filed under terms is one
//! more condition: the union of the terms' lists.

use super::{
    At as _, Error, Reading, Result,
    filed::Filed,
    key::{Silo, Table, tail},
    record::{StoredRecord, order_prefix, posting_prefix, shows, unique_key},
    term::filed_prefix,
    tree::Tree,
};
use crate::permission::{Grant, Read};
use pryv_engine::{Reader, Scan};
use pryv_wire::{Bytes, RecordId, record::UNIQUE_TOKEN_LENGTH};
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
};

/// How many positions an intersection examines for one page before the page ends short, with a cursor: the bound of
/// one request's work.
pub const MAX_EXAMINED: usize = 20_000;

/// How many records one page reads that the grant then does not show.
const MAX_HIDDEN: usize = 2_000;

/// What to read.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// The lists of terms of which one holds each record; none: every record.
    pub filed: Option<Vec<Filed>>,
    /// For each condition its tokens; none: every instance.
    pub conditions: Option<Vec<Vec<Bytes>>>,
    /// From which end.
    pub newest_first: bool,
    /// The most records.
    pub limit: usize,
    /// The most bytes of envelopes, but for the first one.
    pub bytes: usize,
    /// Continue behind the record created at this place.
    pub after: Option<u64>,
}

/// Some records, and where the next page starts.
#[derive(Debug, Default)]
pub struct Page {
    /// Encoded envelopes.
    pub records: Vec<Bytes>,
    /// The place of creation that the next page continues behind; none on the last page.
    pub next: Option<u64>,
}

/// A record at its position.
type Candidate = (u64, RecordId);

#[derive(Clone, Copy)]
struct Direction {
    newest_first: bool,
}

impl Direction {
    /// From place to position, and from position to place: its own inverse.
    const fn turn(self, at: u64) -> u64 {
        if self.newest_first { u64::MAX - at } else { at }
    }
}

impl<'t> Reading<'t> {
    /// One page of the instances of a scope.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn query(&self, grant: &Grant<'t, Read>, request: &PageRequest) -> Result<Page> {
        let silo = Silo::of(grant.account());
        let direction = Direction { newest_first: request.newest_first };
        let list = |prefix: Vec<u8>| List::new(self.rows, prefix, direction);
        let filed = || {
            let filed = request.filed.as_ref()?.iter();
            let lists = filed.map(|Filed { ontology, term, pending }| {
                list(filed_prefix(silo, grant.scope(), *ontology, *term, *pending))
            });
            Some(Union::of(lists.collect()))
        };
        let (mut matching, mut unindexed) = match &request.conditions {
            None => {
                let all = || Union::of(vec![list(order_prefix(silo, grant.scope()))]);
                (Intersection::of(vec![filed().unwrap_or_else(all)]), None)
            }
            Some(conditions) => {
                let mut unions = Vec::with_capacity(conditions.len());
                for tokens in conditions {
                    let mut lists = Vec::with_capacity(tokens.len());
                    for token in tokens {
                        lists.push(if token.len() == UNIQUE_TOKEN_LENGTH {
                            self.holder(silo, grant, token, direction)?
                        } else {
                            list(posting_prefix(silo, grant.scope(), token))
                        });
                    }
                    unions.push(Union::of(lists));
                }
                unions.extend(filed());
                let mut without = vec![Union::of(vec![list(posting_prefix(silo, grant.scope(), &[]))])];
                without.extend(filed());
                (Intersection::of(unions), Some(Intersection::of(without)))
            }
        };
        let mut from = match request.after {
            None => 0,
            Some(after) => match direction.turn(after).checked_add(1) {
                Some(from) => from,
                None => return Ok(Page::default()),
            },
        };
        let mut tree = Tree::of(self.reading(), grant.account());
        let mut page = Page::default();
        let (mut bytes, mut last, mut hidden) = (0_usize, 0, 0_usize);
        loop {
            let found = matching.next(from)?;
            let without = unindexed.as_mut().map_or(Ok(Found::End), |list| list.next(from))?;
            let (position, record) = match found.first(without) {
                Found::At(one) => one,
                Found::TiredAt(at) => {
                    page.next = at.checked_sub(1).map(|before| direction.turn(before));
                    return Ok(page);
                }
                Found::End => return Ok(page),
            };
            let full = page.records.len() >= request.limit
                || (bytes >= request.bytes && !page.records.is_empty())
                || hidden >= MAX_HIDDEN;
            if full {
                page.next = Some(direction.turn(last));
                return Ok(page);
            }
            if let Some(stored) = self.record_at(grant.account(), grant.scope(), record)? {
                if shows(&mut tree, grant.reach(), &stored)? {
                    let StoredRecord { envelope, .. } = stored;
                    bytes = bytes.saturating_add(envelope.len());
                    page.records.push(envelope);
                } else {
                    hidden = hidden.saturating_add(1);
                }
            }
            last = position;
            from = match position.checked_add(1) {
                Some(from) => from,
                None => return Ok(page),
            };
        }
    }

    /// The cursor behind a place of creation. It is sealed: places count the transactions of the whole account, which is
    /// no business of who may read one scope.
    ///
    /// # Errors
    ///
    /// [`Error::Sealed`] if it cannot be sealed.
    pub fn cursor(&self, grant: &Grant<'t, Read>, newest_first: bool, place: u64) -> Result<Bytes> {
        let sealed = self.sealer.seal_cursor(&query_name(grant, newest_first), &place.to_be_bytes());
        sealed.map(Bytes::from).map_err(|broken| Error::Sealed("a cursor", broken))
    }

    /// The place behind a cursor; none if it is not one of this scope, this order and this node.
    #[must_use]
    pub fn place(&self, grant: &Grant<'t, Read>, newest_first: bool, cursor: &[u8]) -> Option<u64> {
        let opened = self.sealer.open_cursor(&query_name(grant, newest_first), cursor).ok()?;
        <[u8; 8]>::try_from(&opened[..]).ok().map(u64::from_be_bytes)
    }

    /// The one record, if any, that holds a unique token.
    fn holder<'r>(
        &'r self,
        silo: Silo,
        grant: &Grant<'t, Read>,
        token: &[u8],
        direction: Direction,
    ) -> Result<List<'r>> {
        let row = self.rows.get(&unique_key(silo, grant.scope(), token))?;
        let mut list = List::new(self.rows, silo.key(Table::Unique, &[]), direction);
        list.done = true;
        if let Some(row) = row {
            let (record, created) = row.split_first_chunk::<16>().ok_or(Error::Row("unique"))?;
            let created = created.try_into().map(u64::from_be_bytes).map_err(|_| Error::Row("unique"))?;
            list.buffer.push_back((direction.turn(created), RecordId::from_bytes(*record)));
        }
        Ok(list)
    }
}

/// What a cursor belongs to. Not the filter: a client adds the tokens of a new epoch between two pages.
fn query_name(grant: &Grant<'_, Read>, newest_first: bool) -> Vec<u8> {
    let (account, scope) = (grant.account(), grant.scope());
    [account.as_bytes(), &scope.as_bytes()[..], &[u8::from(newest_first)]].concat()
}

/// One posting list, read ahead in growing steps.
struct List<'r> {
    rows: &'r dyn Reader,
    prefix: Vec<u8>,
    direction: Direction,
    buffer: VecDeque<Candidate>,
    done: bool,
    step: usize,
}

impl<'r> List<'r> {
    fn new(rows: &'r dyn Reader, prefix: Vec<u8>, direction: Direction) -> Self {
        Self { rows, prefix, direction, buffer: VecDeque::new(), done: false, step: 8 }
    }

    /// The first candidate at or behind a position. Positions asked for never go back.
    fn seek(&mut self, from: u64) -> Result<Option<Candidate>> {
        while self.buffer.front().is_some_and(|(at, _)| *at < from) {
            self.buffer.pop_front();
        }
        if self.buffer.is_empty() && !self.done {
            self.read(from)?;
        }
        Ok(self.buffer.front().copied())
    }

    fn read(&mut self, from: u64) -> Result<()> {
        let place = self.direction.turn(from);
        let at = |place: u64| [&self.prefix[..], &place.to_be_bytes()].concat();
        let whole = Scan::prefix(&self.prefix);
        let end = whole.hi().unwrap_or(&[0xff; 128]);
        let scan = if self.direction.newest_first {
            match place.checked_add(1) {
                Some(behind) => Scan::range(&self.prefix, &at(behind)).reversed(),
                None => whole.clone().reversed(),
            }
        } else {
            Scan::range(&at(place), end)
        };
        let rows = self.rows.entries(&scan.limited(self.step))?;
        self.done = rows.len() < self.step;
        self.step = self.step.saturating_mul(2).min(256);
        for (key, record) in rows {
            let place = tail(&key).map(u64::from_be_bytes).ok_or(Error::Row("posting"))?;
            let record = RecordId::try_from(&record[..]).map_err(|_| Error::Row("posting"))?;
            self.buffer.push_back((self.direction.turn(place), record));
        }
        Ok(())
    }
}

/// At least one of some lists: each stands in the heap at the position that it was last found at.
struct Union<'r> {
    lists: Vec<List<'r>>,
    heap: BinaryHeap<Reverse<(u64, usize)>>,
}

impl<'r> Union<'r> {
    fn of(mut lists: Vec<List<'r>>) -> Self {
        if lists.len() > MANY_LISTS {
            // Of each of many lists little is needed.
            lists.iter_mut().for_each(|list| list.step = 1);
        }
        // Positions before anything was read: each list is asked once it is reached.
        let heap = (0..lists.len()).map(|number| Reverse((0, number))).collect();
        Self { lists, heap }
    }

    fn seek(&mut self, from: u64) -> Result<Option<Candidate>> {
        loop {
            let Some(Reverse((at, number))) = self.heap.peek().copied() else { return Ok(None) };
            let Some(list) = self.lists.get_mut(number) else { return Ok(None) };
            let known = list.buffer.front().copied().filter(|known| known.0 == at && at >= from);
            if known.is_some() {
                return Ok(known);
            }
            self.heap.pop();
            if let Some(candidate) = list.seek(from)? {
                self.heap.push(Reverse((candidate.0, number)));
            }
        }
    }
}

/// From how many lists on a union reads each in single steps first.
const MANY_LISTS: usize = 64;

enum Found {
    At(Candidate),
    /// Nothing below this position, and the page has examined enough.
    TiredAt(u64),
    End,
}

impl Found {
    /// The first of both. Behind a position where one grew tired, nothing is certain.
    const fn first(self, other: Self) -> Self {
        match (self, other) {
            (Self::End, one) | (one, Self::End) => one,
            (Self::At(a), Self::At(b)) => Self::At(if b.0 < a.0 { b } else { a }),
            (Self::At(one), Self::TiredAt(at)) | (Self::TiredAt(at), Self::At(one)) => {
                if one.0 < at {
                    Self::At(one)
                } else {
                    Self::TiredAt(at)
                }
            }
            (Self::TiredAt(a), Self::TiredAt(b)) => Self::TiredAt(if b < a { b } else { a }),
        }
    }
}

/// All of some unions. Without any, every list is empty: the caller asks for all instances by other means.
struct Intersection<'r> {
    unions: Vec<Union<'r>>,
    examined: usize,
    known: Option<Candidate>,
    tired: Option<u64>,
}

impl<'r> Intersection<'r> {
    fn of(unions: Vec<Union<'r>>) -> Self {
        Self { unions, examined: 0, known: None, tired: None }
    }

    /// The first match at or behind a position.
    fn next(&mut self, from: u64) -> Result<Found> {
        if let Some(known) = self.known
            && known.0 >= from
        {
            return Ok(Found::At(known));
        }
        if let Some(tired) = self.tired {
            return Ok(Found::TiredAt(tired.max(from)));
        }
        let mut target = from;
        loop {
            if self.examined >= MAX_EXAMINED {
                self.tired = Some(target);
                return Ok(Found::TiredAt(target));
            }
            self.examined = self.examined.saturating_add(1);
            let mut agreed: Option<Candidate> = None;
            let mut leapt = false;
            for union in &mut self.unions {
                let Some(candidate) = union.seek(target)? else { return Ok(Found::End) };
                if candidate.0 > target && agreed.is_some() {
                    target = candidate.0;
                    leapt = true;
                    break;
                }
                target = candidate.0;
                agreed = Some(candidate);
            }
            match agreed {
                _ if leapt => {}
                Some(found) => {
                    self.known = Some(found);
                    return Ok(Found::At(found));
                }
                None => return Ok(Found::End),
            }
        }
    }
}
