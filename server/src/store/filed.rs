//! Which terms a query reads the lists of: those in use of a collection that the caller reaches and asks for.

use super::{At as _, Reading, Result, tree::Tree};
use crate::permission::{Grant, Read, Top};
use pryv_wire::{RecordId, ScopeId, record::Within};
use std::collections::BTreeSet;

/// The most terms that one query reads the lists of.
pub const MAX_IN_USE: usize = 10_000;

/// A subtree of at most so many terms is walked; of a larger one, the terms in use are looked through.
const MAX_WALKED: usize = 1_000;

/// The list of one term.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Filed {
    /// The ontology.
    pub ontology: ScopeId,
    /// The term.
    pub term: RecordId,
    /// Whether of the entries that do not open to the term's readers.
    pub pending: bool,
}

/// Which records a query is about.
#[derive(Debug)]
pub enum Narrowed {
    /// Every one of the collection.
    Whole,
    /// Those of these lists.
    To(Vec<Filed>),
    /// Those of more than [`MAX_IN_USE`] terms.
    TooMany,
}

impl<'t> Reading<'t> {
    /// The lists that hold what a caller reaches of what it asks for.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn narrow(&self, grant: &Grant<'t, Read>, within: Option<Within>) -> Result<Narrowed> {
        let reach = grant.reach();
        let mut tops: BTreeSet<Top> = BTreeSet::new();
        match within {
            None if reach.is_whole() => return Ok(Narrowed::Whole),
            None => tops.extend(reach.tops().keys()),
            Some(Within { ontology, term, .. }) => {
                tops.insert(Top { ontology, term });
            }
        }
        let mut tree = Tree::of(self.reading(), grant.account());
        let mut terms: BTreeSet<(ScopeId, RecordId)> = BTreeSet::new();
        for top in tops {
            match (top.term, within) {
                (Some(term), Some(Within { descendants: false, .. })) => {
                    terms.insert((top.ontology, term));
                }
                _ => match self.in_use_below(&mut tree, grant, top)? {
                    Some(below) => terms.extend(below.into_iter().map(|term| (top.ontology, term))),
                    None => return Ok(Narrowed::TooMany),
                },
            }
            if terms.len() > MAX_IN_USE {
                return Ok(Narrowed::TooMany);
            }
        }
        let mut lists = Vec::with_capacity(terms.len());
        for (ontology, term) in terms {
            if reach.is_whole() {
                lists.extend([false, true].map(|pending| Filed { ontology, term, pending }));
            } else if tree.reached(reach, ontology, term)?.is_some() {
                lists.push(Filed { ontology, term, pending: false });
            }
        }
        Ok(Narrowed::To(lists))
    }

    fn in_use_below(
        &self,
        tree: &mut Tree<'_>,
        grant: &Grant<'t, Read>,
        top: Top,
    ) -> Result<Option<Vec<RecordId>>> {
        if let Some(term) = top.term {
            if tree.place(top.ontology, term)?.is_none() {
                return Ok(Some(Vec::new()));
            }
            if let Some(below) = tree.below(top.ontology, term, MAX_WALKED)? {
                return Ok(Some(below));
            }
        }
        let (mut below, mut after) = (Vec::new(), None);
        for _ in 0..=MAX_IN_USE {
            let found = self.next_in_use(grant.account(), grant.scope(), top.ontology, after)?;
            let Some(term) = found else { return Ok(Some(below)) };
            if tree.is_under(top.ontology, term, top)? {
                below.push(term);
            }
            after = Some(term);
        }
        Ok(None)
    }
}
