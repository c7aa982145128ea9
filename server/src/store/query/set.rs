//! Sets of instances, read in the order of creation: unions of lists, and what set algebra makes of them.
//!
//! A conjunction is found by leaps: each of its sets is asked for its first position at or behind the furthest of the
//! others, so that a rare condition spares the reading of a common one. What is taken away is only asked about positions
//! that are otherwise found.
//!
//! A set that has examined enough answers how far it came ([`Found::TiredAt`]). Whoever asks from there on gets on: each
//! answer is a record or lies behind the position that was asked from, whatever was spent before. A union comes only as far
//! as the least of its parts, so each part has its share of what may be examined.

use super::list::{Direction, Ground, Source, Union, Work};
use crate::store::{Result, filed::Filed, key::Silo};
use pryv_engine::Reader;
use pryv_wire::{
    Bytes, ScopeId,
    record::{Filter, IndexState, RecordKind},
};
use std::cell::Cell;

/// What is first at or behind a position.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found {
    At(u64),
    /// Nothing below this position, and enough was examined.
    TiredAt(u64),
    End,
}

impl Found {
    /// The first of both. Behind a position where one grew tired, nothing is certain.
    const fn first(self, other: Self) -> Self {
        match (self, other) {
            (Self::End, one) | (one, Self::End) => one,
            (Self::At(a), Self::At(b)) => Self::At(if b < a { b } else { a }),
            (Self::At(one), Self::TiredAt(at)) | (Self::TiredAt(at), Self::At(one)) => {
                if one < at {
                    Self::At(one)
                } else {
                    Self::TiredAt(at)
                }
            }
            (Self::TiredAt(a), Self::TiredAt(b)) => Self::TiredAt(if b < a { b } else { a }),
        }
    }
}

/// A set, and what was last found in it.
pub(super) struct Set<'r> {
    kind: Kind<'r>,
    known: Option<Found>,
    /// How many lists it reads.
    lists: usize,
}

enum Kind<'r> {
    Lists(Union<'r>),
    Or(Vec<Set<'r>>),
    And { yes: Vec<Set<'r>>, no: Vec<Set<'r>> },
}

impl<'r> From<Kind<'r>> for Set<'r> {
    fn from(kind: Kind<'r>) -> Self {
        let among = |sets: &[Set<'_>]| sets.iter().map(|set| set.lists).fold(0, usize::saturating_add);
        let lists = match &kind {
            Kind::Lists(union) => union.len(),
            Kind::Or(sets) => among(sets),
            Kind::And { yes, no } => among(yes).saturating_add(among(no)),
        };
        Self { kind, known: None, lists }
    }
}

impl<'r> Set<'r> {
    /// Instances in at least one list.
    pub(super) fn lists(sources: impl IntoIterator<Item = Source<'r>>) -> Self {
        Kind::Lists(Union::of(sources)).into()
    }

    /// Every instance.
    pub(super) fn all() -> Self {
        Self::lists([Source::All])
    }

    pub(super) fn tokens(tokens: &'r [Bytes]) -> Self {
        Self::lists(tokens.iter().map(|token| Source::Token(token)))
    }

    pub(super) fn states(states: &'r [IndexState]) -> Self {
        Self::lists(states.iter().copied().map(Source::State))
    }

    pub(super) fn away(kind: RecordKind) -> Self {
        Self::lists([Source::Away(kind)])
    }

    pub(super) fn filed(filed: &'r [Filed]) -> Self {
        Self::lists(filed.iter().copied().map(Source::Filed))
    }

    /// What a filter asks for. Its depth is bounded by who checked it.
    pub(super) fn of(filter: &'r Filter) -> Self {
        match peeled(filter) {
            (Filter::All, false) => Self::all(),
            (Filter::All, true) => Self::lists([]),
            (Filter::Tokens(tokens), false) => Self::tokens(tokens),
            (Filter::And(parts), false) => {
                let (mut yes, mut no) = (Vec::new(), Vec::new());
                for part in parts {
                    match peeled(part) {
                        (Filter::All, false) => {}
                        (_, false) => yes.push(Self::of(part)),
                        (taken, true) => no.push(Self::of(taken)),
                    }
                }
                Self::and(yes, no)
            }
            (Filter::Or(parts), false) => {
                let (mut sources, mut others) = (Vec::new(), Vec::new());
                for part in parts {
                    match part {
                        Filter::Tokens(tokens) => {
                            sources.extend(tokens.iter().map(|token| Source::Token(token)))
                        }
                        other => others.push(Self::of(other)),
                    }
                }
                if !sources.is_empty() {
                    others.push(Self::lists(sources));
                }
                Self::or(others)
            }
            (taken, true) => Self::and(Vec::new(), vec![Self::of(taken)]),
            // A filter of a later version of this library: the check knows it no more than this.
            _ => Self::lists([]),
        }
    }

    /// Instances in every set of `yes` and in none of `no`.
    pub(super) fn and(mut yes: Vec<Self>, no: Vec<Self>) -> Self {
        if yes.is_empty() {
            yes.push(Self::all());
        }
        match (yes.len(), no.is_empty(), yes.pop()) {
            (1, true, Some(one)) => one,
            (_, _, last) => {
                yes.extend(last);
                Kind::And { yes, no }.into()
            }
        }
    }

    /// Instances in at least one set.
    pub(super) fn or(mut sets: Vec<Self>) -> Self {
        match (sets.len(), sets.pop()) {
            (0, _) => Self::lists([]),
            (1, Some(one)) => one,
            (_, last) => {
                sets.extend(last);
                Kind::Or(sets).into()
            }
        }
    }

    /// What it may cost to ask each list once.
    const fn beginning(&self) -> usize {
        self.lists.saturating_mul(FIRST_STEP.saturating_add(1))
    }

    /// What is first at or behind a position. Positions asked for never go back.
    fn seek(&mut self, ground: &Ground<'_>, from: u64) -> Result<Found> {
        match self.known {
            Some(Found::End) => return Ok(Found::End),
            Some(Found::At(known)) if known >= from => return Ok(Found::At(known)),
            Some(Found::TiredAt(at)) if at > from => return Ok(Found::TiredAt(at)),
            _ => {}
        }
        let found = match &mut self.kind {
            Kind::Lists(union) => union.seek(ground, from)?.map_or(Found::End, Found::At),
            Kind::Or(sets) => {
                ground.work.spend(1);
                let mut first = Found::End;
                let mut beginnings = sets.iter().map(Self::beginning).fold(0, usize::saturating_add);
                let mut others = sets.len();
                for set in sets {
                    let even = ground.work.left().saturating_sub(beginnings).checked_div(others).unwrap_or(0);
                    let units = even.saturating_add(set.beginning());
                    first = first.first(ground.work.share(units, || set.seek(ground, from))?);
                    beginnings = beginnings.saturating_sub(set.beginning());
                    others = others.saturating_sub(1);
                }
                first
            }
            Kind::And { yes, no } => leap(ground, yes, no, from)?,
        };
        self.known = Some(found);
        Ok(found)
    }
}

/// A filter without the `not` around it, and whether there was one.
fn peeled(mut filter: &Filter) -> (&Filter, bool) {
    let mut negated = false;
    while let Filter::Not(inner) = filter {
        (filter, negated) = (inner, !negated);
    }
    (filter, negated)
}

/// The first position at or behind another that is in every set of `yes` and in none of `no`.
fn leap(ground: &Ground<'_>, yes: &mut [Set<'_>], no: &mut [Set<'_>], from: u64) -> Result<Found> {
    let mut target = from;
    loop {
        // Not before the first step, which leads behind `from` or finds something.
        if target > from && ground.work.is_spent() {
            return Ok(Found::TiredAt(target));
        }
        ground.work.spend(1);
        let (mut agreed, mut leapt) = (false, false);
        for set in &mut *yes {
            let found = match set.seek(ground, target)? {
                Found::At(found) => found,
                ended => return Ok(ended),
            };
            leapt = found > target && agreed;
            target = found;
            if leapt {
                break;
            }
            agreed = true;
        }
        if leapt {
            continue;
        }
        if !agreed {
            return Ok(Found::End);
        }
        let mut taken = false;
        for set in &mut *no {
            // One that is tired has nothing up to where it came, which is behind `target`.
            if matches!(set.seek(ground, target)?, Found::At(found) if found == target) {
                taken = true;
                break;
            }
        }
        if !taken {
            return Ok(Found::At(target));
        }
        target = match target.checked_add(1) {
            Some(next) => next,
            None => return Ok(Found::End),
        };
    }
}

/// A set on its ground, ready to be read from one end to the other.
pub(super) struct Walk<'r> {
    ground: Ground<'r>,
    set: Set<'r>,
}

/// What each list may cost before anything is found.
const FIRST_STEP: usize = 8;

impl<'r> Walk<'r> {
    /// About `wanted` instances will be asked for.
    pub(super) fn over(
        set: Set<'r>,
        (rows, silo, scope): (&'r dyn Reader, Silo, ScopeId),
        direction: Direction,
        work: &'r Work,
        wanted: usize,
    ) -> Self {
        let wanted = wanted.saturating_add(1);
        let step = match set.lists {
            0 | 1 => wanted.clamp(1, 256),
            lists => wanted.checked_div(lists).unwrap_or(1).clamp(1, FIRST_STEP),
        };
        Self { ground: Ground { rows, silo, scope, direction, work, step: Cell::new(step) }, set }
    }

    /// What it may cost to ask each list once, which is allowed on top of what a request may examine.
    pub(super) const fn beginning(&self) -> usize {
        self.set.beginning()
    }

    /// The lists, as a cost of their own: they were made even if nothing is read of them.
    pub(super) const fn lists(&self) -> usize {
        self.set.lists
    }

    pub(super) fn seek(&mut self, from: u64) -> Result<Found> {
        self.set.seek(&self.ground, from)
    }
}
