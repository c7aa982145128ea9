//! The tree of terms, walked: upwards for one record, with what was seen once remembered; downwards for a move.

use super::{Error, Reading, Result, term::TermPlace};
use crate::permission::{Reach, Top};
use pryv_wire::{PrincipalId, RecordId, ScopeId, term::MAX_DEPTH};
use std::collections::HashMap;

/// The terms of one account, as far as they were looked at.
pub struct Tree<'r> {
    reading: Reading<'r>,
    account: PrincipalId,
    seen: HashMap<(ScopeId, RecordId), Option<TermPlace>>,
}

impl<'r> Tree<'r> {
    /// Nothing looked at yet.
    #[must_use]
    pub fn of(reading: Reading<'r>, account: PrincipalId) -> Self {
        Self { reading, account, seen: HashMap::new() }
    }

    /// Where a term stands; none if there is no such term.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn place(&mut self, ontology: ScopeId, term: RecordId) -> Result<Option<TermPlace>> {
        if let Some(place) = self.seen.get(&(ontology, term)) {
            return Ok(*place);
        }
        let place = self.reading.term(self.account, ontology, term)?;
        self.seen.insert((ontology, term), place);
        Ok(place)
    }

    /// A term and what it stands under, upwards to the root; empty if there is no such term.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn path(&mut self, ontology: ScopeId, term: RecordId) -> Result<Vec<RecordId>> {
        let mut path = Vec::new();
        let mut next = Some(term);
        while let Some(term) = next {
            let Some(place) = self.place(ontology, term)? else {
                // A parent that is not there: the tree would have lost a branch.
                return if path.is_empty() { Ok(path) } else { Err(Error::Row("term")) };
            };
            path.push(term);
            if path.len() > MAX_DEPTH {
                return Err(Error::Row("term"));
            }
            next = place.parent;
        }
        Ok(path)
    }

    /// Whether a term is there, and stands at or under the top.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn is_under(&mut self, ontology: ScopeId, term: RecordId, top: Top) -> Result<bool> {
        if top.ontology != ontology {
            return Ok(false);
        }
        let Some(above) = top.term else { return Ok(self.place(ontology, term)?.is_some()) };
        let mut next = Some(term);
        for _ in 0..=MAX_DEPTH {
            let Some(term) = next else { return Ok(false) };
            let Some(place) = self.place(ontology, term)? else { return Ok(false) };
            if term == above {
                return Ok(true);
            }
            next = place.parent;
        }
        Err(Error::Row("term"))
    }

    /// The first epoch that a reach opens of what is filed under a term; none if it does not lead there.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn reached(&mut self, reach: &Reach, ontology: ScopeId, term: RecordId) -> Result<Option<u32>> {
        let path = self.path(ontology, term)?;
        if path.is_empty() {
            return Ok(None);
        }
        let above = path.into_iter().map(Some).chain([None]);
        Ok(above.filter_map(|term| reach.tops().get(&Top { ontology, term })).min().copied())
    }

    /// How many levels a term has with its descendants, itself included; none if there are more than `levels`, or more
    /// than `most` terms.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn height(
        &self,
        ontology: ScopeId,
        term: RecordId,
        levels: usize,
        most: usize,
    ) -> Result<Option<usize>> {
        let mut level = vec![term];
        let (mut height, mut left) = (0_usize, most);
        while !level.is_empty() {
            height = height.saturating_add(1);
            if height > levels {
                return Ok(None);
            }
            let mut below = Vec::new();
            for term in level {
                let children = self.reading.children(
                    self.account,
                    ontology,
                    Some(term),
                    None,
                    left.saturating_add(1),
                )?;
                let Some(rest) = left.checked_sub(children.len()) else { return Ok(None) };
                left = rest;
                below.extend(children);
            }
            level = below;
        }
        Ok(Some(height))
    }

    /// The terms at and under a top, at most `most`; none if there are more.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn below(&self, ontology: ScopeId, top: RecordId, most: usize) -> Result<Option<Vec<RecordId>>> {
        let (mut found, mut next) = (vec![top], 0);
        while let Some(term) = found.get(next).copied() {
            let left = most.saturating_sub(found.len());
            let children =
                self.reading.children(self.account, ontology, Some(term), None, left.saturating_add(1))?;
            if children.len() > left {
                return Ok(None);
            }
            found.extend(children);
            next = next.saturating_add(1);
        }
        Ok(Some(found))
    }
}

impl std::fmt::Debug for Tree<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tree").field("account", &self.account).finish_non_exhaustive()
    }
}
