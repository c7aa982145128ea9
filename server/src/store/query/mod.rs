//! Queries: set algebra over posting lists in the order of creation, one page or one count at a time.
//!
//! A *position* counts up in the direction of the page: the place of creation for oldest first, its complement for
//! newest first; the code below knows one direction only. What is filed under terms is one more condition: the union of the
//! terms' lists. Instances whose tokens the filter cannot be held against come with every page, and are left out of every
//! count.

mod count;
mod list;
mod set;

pub use count::{Count, CountRequest};

use super::{
    At as _, Reading, Result,
    filed::Filed,
    key::Silo,
    record::{StoredRecord, away_prefix, shows},
    tree::Tree,
};
use crate::permission::{Grant, Read};
use list::{Direction, Work};
use pryv_engine::Scan;
use pryv_wire::{
    Bytes,
    record::{Filter, IndexState, RecordKind, RecordState},
};
use set::{Found, Set, Walk};
use std::ops::ControlFlow;

/// How much one page examines before it ends short, with a cursor: scans begun, rows of postings read and steps of set
/// algebra. The bound of one request's work, beside the first row of each list.
pub const MAX_EXAMINED: usize = 20_000;

/// How many records one call reads that the grant then does not show.
const MAX_HIDDEN: usize = 2_000;

/// Which instances a call is about.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Which ones. Within the limits of a filter: whoever asks has checked it.
    pub filter: Filter,
    /// How those are indexed that the filter cannot be held against.
    pub behind: Vec<IndexState>,
    /// The lists of terms of which one holds each record; none: every record.
    pub filed: Option<Vec<Filed>>,
    /// In which state. What is left of deleted ones is found by nothing else: neither by a filter nor by a list of a term.
    pub state: RecordState,
}

/// What to read.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// Which instances.
    pub wanted: Wanted,
    /// From which end.
    pub newest_first: bool,
    /// The most records.
    pub limit: usize,
    /// The most bytes of envelopes, but for the first one.
    pub bytes: usize,
    /// Begin at this position.
    pub from: u64,
}

/// Some records, and where the next page starts.
#[derive(Debug, Default)]
pub struct Page {
    /// Encoded envelopes.
    pub records: Vec<Bytes>,
    /// The position that the next page begins at; none on the last page.
    pub next: Option<u64>,
}

impl<'t> Reading<'t> {
    /// One page of the instances of a scope.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn query(&self, grant: &Grant<'t, Read>, request: &PageRequest) -> Result<Page> {
        let Wanted { filter, behind, filed, state } = &request.wanted;
        let mut either = vec![Set::of(filter)];
        if !behind.is_empty() && *filter != Filter::All {
            either.push(Set::states(behind));
        }
        let mut every: Vec<Set<'_>> = filed.iter().map(|filed| Set::filed(filed)).collect();
        every.push(Set::or(either));
        let work = Work::of(MAX_EXAMINED);
        let direction = Direction { newest_first: request.newest_first };
        let set = of_state(*state, self.hides_trashed(grant, *state)?, every, Vec::new());
        let mut walk = self.walk(grant, set, direction, &work, request.limit);
        work.allow(walk.beginning());
        let mut tree = Tree::of(self.reading(), grant.account());
        let mut page = Page::default();
        let (mut from, mut bytes, mut hidden) = (request.from, 0_usize, 0_usize);
        loop {
            if work.is_spent() && from > request.from {
                page.next = Some(from);
                return Ok(page);
            }
            let position = match walk.seek(from)? {
                Found::At(found) => found,
                Found::TiredAt(at) => {
                    page.next = Some(at);
                    return Ok(page);
                }
                Found::End => return Ok(page),
            };
            let full = page.records.len() >= request.limit
                || (bytes >= request.bytes && !page.records.is_empty())
                || hidden >= MAX_HIDDEN;
            if full {
                page.next = Some(from);
                return Ok(page);
            }
            let stored = self.record_at(grant.account(), grant.scope(), direction.turn(position))?;
            if shows(&mut tree, grant.reach(), &stored)? {
                let StoredRecord { envelope, .. } = stored;
                bytes = bytes.saturating_add(envelope.len());
                page.records.push(envelope);
            } else {
                hidden = hidden.saturating_add(1);
            }
            from = match position.checked_add(1) {
                Some(from) => from,
                None => return Ok(page),
            };
        }
    }

    /// How many instances of some states a caller would be given, counted up to one more than `most`; none if that cannot be
    /// told.
    pub(super) fn count_states(
        &self,
        grant: &Grant<'t, Read>,
        filed: Option<&[Filed]>,
        states: &[IndexState],
        most: usize,
    ) -> Result<Option<usize>> {
        let mut every: Vec<Set<'_>> = filed.into_iter().map(Set::filed).collect();
        every.push(Set::states(states));
        let work = Work::of(MAX_EXAMINED);
        let enough = most.saturating_add(1);
        let mut walk = self.walk(grant, Set::and(every, Vec::new()), Direction::OLDEST_FIRST, &work, enough);
        work.allow(walk.beginning());
        let enough = u64::try_from(enough).unwrap_or(u64::MAX);
        let mut looked = 0;
        let told = self.count_walk(grant, &mut walk, (&work, &mut looked), 0, enough)?;
        let tired = told.next.is_some() && told.count < enough;
        Ok((!tired).then(|| usize::try_from(told.count).unwrap_or(usize::MAX)))
    }

    /// Whether there is something put away that is not asked for: where nothing is, nothing is looked for among it.
    fn hides_trashed(&self, grant: &Grant<'t, Read>, state: RecordState) -> Result<bool> {
        if state != RecordState::Active {
            return Ok(false);
        }
        let list = away_prefix(Silo::of(grant.account()), grant.scope(), RecordKind::Trashed);
        let mut has = false;
        self.rows.scan(&Scan::prefix(&list).limited(1), &mut |_, _| {
            has = true;
            ControlFlow::Break(())
        })?;
        Ok(has)
    }

    fn walk<'r>(
        &'r self,
        grant: &Grant<'t, Read>,
        set: Set<'r>,
        direction: Direction,
        work: &'r Work,
        wanted: usize,
    ) -> Walk<'r> {
        Walk::over(set, (self.rows, Silo::of(grant.account()), grant.scope()), direction, work, wanted)
    }

    /// The cursor to a position. It is sealed: places count the transactions of the whole account, which is no business of
    /// who may read one scope.
    ///
    /// # Errors
    ///
    /// [`Error::Sealed`](super::Error::Sealed) if it cannot be sealed.
    pub fn cursor(&self, grant: &Grant<'t, Read>, paging: Paging, position: u64) -> Result<Bytes> {
        let sealed = self.sealer.seal_cursor(&name(grant, paging), &position.to_be_bytes());
        sealed.map(Bytes::from).map_err(|broken| super::Error::Sealed("a cursor", broken))
    }

    /// The position behind a cursor; none if it is not one of this scope, this way of paging and this node.
    #[must_use]
    pub fn position(&self, grant: &Grant<'t, Read>, paging: Paging, cursor: &[u8]) -> Option<u64> {
        let opened = self.sealer.open_cursor(&name(grant, paging), cursor).ok()?;
        <[u8; 8]>::try_from(&opened[..]).ok().map(u64::from_be_bytes)
    }
}

/// What is in every one of some sets, in none of others, and in a state.
fn of_state<'r>(
    state: RecordState,
    hides_trashed: bool,
    mut yes: Vec<Set<'r>>,
    mut no: Vec<Set<'r>>,
) -> Set<'r> {
    match state {
        RecordState::Active if hides_trashed => no.push(Set::away(RecordKind::Trashed)),
        RecordState::Active | RecordState::All => {}
        // The shorter list leads.
        RecordState::Trashed => yes.insert(0, Set::away(RecordKind::Trashed)),
        RecordState::Deleted => return Set::away(RecordKind::Tombstone),
    }
    Set::and(yes, no)
}

/// What is read in pages.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Paging {
    /// Records, the oldest first.
    OldestFirst,
    /// Records, the newest first.
    NewestFirst,
    /// A count.
    Count,
}

/// What a cursor belongs to. Not the filter: a client adds the tokens of a new epoch between two pages.
fn name(grant: &Grant<'_, Read>, paging: Paging) -> Vec<u8> {
    let kind = match paging {
        Paging::OldestFirst => 0,
        Paging::NewestFirst => 1,
        Paging::Count => 2,
    };
    [grant.account().as_bytes(), &grant.scope().as_bytes()[..], &[kind]].concat()
}
