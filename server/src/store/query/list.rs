//! Posting lists: the instances of one list in the order of creation, read ahead as far as they are used, and unions of them.

use crate::store::{
    Error, Result,
    filed::Filed,
    key::{Silo, tail},
    record::{away_prefix, order_prefix, posting_prefix, state_prefix, unique_key},
    term::filed_prefix,
};
use pryv_engine::{Reader, Scan};
use pryv_wire::{
    ScopeId,
    record::{IndexState, RecordKind, UNIQUE_TOKEN_LENGTH},
};
use std::{
    cell::Cell,
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    ops::ControlFlow,
};

/// Which end positions count from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Direction {
    pub(super) newest_first: bool,
}

impl Direction {
    pub(super) const OLDEST_FIRST: Self = Self { newest_first: false };

    /// From place to position, and from position to place: its own inverse.
    pub(super) const fn turn(self, at: u64) -> u64 {
        if self.newest_first { u64::MAX - at } else { at }
    }
}

/// How much one request may still examine: a unit for each scan, each row and each step of set algebra.
#[derive(Debug)]
pub(super) struct Work {
    left: Cell<usize>,
    /// What is kept for others.
    kept: Cell<usize>,
}

impl Work {
    pub(super) const fn of(units: usize) -> Self {
        Self { left: Cell::new(units), kept: Cell::new(0) }
    }

    pub(super) fn spend(&self, units: usize) {
        self.left.set(self.left.get().saturating_sub(units));
    }

    pub(super) fn allow(&self, units: usize) {
        self.left.set(self.left.get().saturating_add(units));
    }

    pub(super) fn is_spent(&self) -> bool {
        self.left.get() <= self.kept.get()
    }

    /// What may be examined now.
    pub(super) fn left(&self) -> usize {
        self.left.get().saturating_sub(self.kept.get())
    }

    /// Runs a part of the work that may examine so much, and leaves the rest to others.
    pub(super) fn share<T>(&self, units: usize, part: impl FnOnce() -> T) -> T {
        let kept = self.kept.get();
        self.kept.set(self.left.get().saturating_sub(units).max(kept));
        let done = part();
        self.kept.set(kept);
        done
    }
}

/// The collection whose lists are read.
pub(super) struct Ground<'r> {
    pub(super) rows: &'r dyn Reader,
    pub(super) silo: Silo,
    pub(super) scope: ScopeId,
    pub(super) direction: Direction,
    pub(super) work: &'r Work,
    /// How many rows each list reads at first.
    pub(super) step: Cell<usize>,
}

/// What a list holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source<'r> {
    /// Every instance.
    All,
    /// Those that carry a token.
    Token(&'r [u8]),
    /// Those that were indexed alike.
    State(IndexState),
    /// Those that are filed under a term.
    Filed(Filed),
    /// Those that were put away, or what is left of the deleted ones.
    Away(RecordKind),
}

/// The most rows that a list reads at once.
const MOST: usize = 256;

struct List<'r> {
    source: Source<'r>,
    buffer: VecDeque<u64>,
    done: bool,
    step: usize,
}

impl List<'_> {
    /// The first position at or behind another. Positions asked for never go back.
    fn seek(&mut self, ground: &Ground<'_>, from: u64) -> Result<Option<u64>> {
        let mut passed = 0_usize;
        while self.buffer.front().is_some_and(|at| *at < from) {
            self.buffer.pop_front();
            passed = passed.saturating_add(1);
        }
        if self.buffer.is_empty() && !self.done {
            // A list that is leapt through is read row by row; one that is read through, in growing steps.
            self.step = match self.step {
                0 => ground.step.get(),
                _ if passed > 1 => 1,
                step => step.saturating_mul(2).min(MOST),
            };
            self.read(ground, from)?;
        }
        Ok(self.buffer.front().copied())
    }

    fn read(&mut self, ground: &Ground<'_>, from: u64) -> Result<()> {
        let Ground { rows, silo, scope, direction, work, .. } = ground;
        let prefix = match self.source {
            Source::Token(token) if token.len() == UNIQUE_TOKEN_LENGTH => {
                return self.hold(ground, token, from);
            }
            Source::Token(token) => posting_prefix(*silo, *scope, token),
            Source::All => order_prefix(*silo, *scope),
            Source::State(state) => state_prefix(*silo, *scope, state),
            Source::Away(kind) => away_prefix(*silo, *scope, kind),
            Source::Filed(Filed { ontology, term, pending }) => {
                filed_prefix(*silo, *scope, ontology, term, pending)
            }
        };
        let place = direction.turn(from);
        let at = |place: u64| [&prefix[..], &place.to_be_bytes()].concat();
        let whole = Scan::prefix(&prefix);
        let end = whole.hi().unwrap_or(&[0xff; 128]);
        let scan = if direction.newest_first {
            match place.checked_add(1) {
                Some(behind) => Scan::range(&prefix, &at(behind)).reversed(),
                None => whole.clone().reversed(),
            }
        } else {
            Scan::range(&at(place), end)
        };
        let (mut read, mut broken) = (0_usize, false);
        rows.scan(&scan.limited(self.step), &mut |key, _| {
            let Some(place) = tail(key).map(u64::from_be_bytes) else {
                broken = true;
                return ControlFlow::Break(());
            };
            read = read.saturating_add(1);
            self.buffer.push_back(direction.turn(place));
            ControlFlow::Continue(())
        })?;
        if broken {
            return Err(Error::Row("posting"));
        }
        work.spend(read.saturating_add(1));
        self.done = read < self.step;
        Ok(())
    }

    /// The one record, if any, that holds a unique token.
    fn hold(&mut self, ground: &Ground<'_>, token: &[u8], from: u64) -> Result<()> {
        let row = ground.rows.get(&unique_key(ground.silo, ground.scope, token))?;
        ground.work.spend(2);
        self.done = true;
        if let Some(row) = row {
            let place = <[u8; 8]>::try_from(&row[..]).map_err(|_| Error::Row("unique"))?;
            let at = ground.direction.turn(u64::from_be_bytes(place));
            if at >= from {
                self.buffer.push_back(at);
            }
        }
        Ok(())
    }
}

/// At least one of some lists: each stands in the heap at the position that it was last found at.
pub(super) struct Union<'r> {
    lists: Vec<List<'r>>,
    heap: BinaryHeap<Reverse<(u64, usize)>>,
}

impl<'r> Union<'r> {
    pub(super) fn of(sources: impl IntoIterator<Item = Source<'r>>) -> Self {
        let list = |source| List { source, buffer: VecDeque::new(), done: false, step: 0 };
        let lists: Vec<_> = sources.into_iter().map(list).collect();
        // Positions before anything was read: each list is asked once it is reached.
        let heap = (0..lists.len()).map(|number| Reverse((0, number))).collect();
        Self { lists, heap }
    }

    pub(super) fn len(&self) -> usize {
        self.lists.len()
    }

    pub(super) fn seek(&mut self, ground: &Ground<'_>, from: u64) -> Result<Option<u64>> {
        loop {
            let Some(Reverse((at, number))) = self.heap.peek().copied() else { return Ok(None) };
            let Some(list) = self.lists.get_mut(number) else { return Ok(None) };
            let known = list.buffer.front().copied().filter(|known| *known == at && at >= from);
            if known.is_some() {
                return Ok(known);
            }
            self.heap.pop();
            if let Some(position) = list.seek(ground, from)? {
                self.heap.push(Reverse((position, number)));
            }
        }
    }
}
