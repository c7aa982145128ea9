//! The terms of an ontology, as a tree.

use super::{Code, Term};
use crate::record::Filed;
use pryv_wire::{RecordId, ScopeId, term::MAX_DEPTH};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The terms of an ontology that this account may know of. A cheap handle: a clone shares them until one of both changes.
#[derive(Clone, Debug)]
pub struct Terms {
    ontology: ScopeId,
    known: Arc<Known>,
}

#[derive(Clone, Debug, Default)]
struct Known {
    all: BTreeMap<RecordId, Term>,
    /// The terms right under each term, and at the top.
    below: BTreeMap<Option<RecordId>, BTreeSet<RecordId>>,
}

impl Terms {
    pub(super) fn new(ontology: ScopeId) -> Self {
        Self { ontology, known: Arc::default() }
    }

    pub(super) fn put(&mut self, term: Term) -> Option<Term> {
        let before = self.drop(term.id);
        let Known { all, below } = Arc::make_mut(&mut self.known);
        below.entry(term.parent).or_default().insert(term.id);
        all.insert(term.id, term);
        before
    }

    pub(super) fn drop(&mut self, term: RecordId) -> Option<Term> {
        if !self.known.all.contains_key(&term) {
            return None;
        }
        let Known { all, below } = Arc::make_mut(&mut self.known);
        let dropped = all.remove(&term)?;
        if let Some(siblings) = below.get_mut(&dropped.parent) {
            siblings.remove(&term);
        }
        Some(dropped)
    }

    /// How many there are, merged and trashed ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.all.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.all.is_empty()
    }

    /// Every term, merged and trashed ones included, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = &Term> {
        self.known.all.values()
    }

    /// A term by its id.
    #[must_use]
    pub fn get(&self, id: RecordId) -> Option<&Term> {
        self.known.all.get(&id)
    }

    /// The terms at the top, as far as this account knows, by label.
    #[must_use]
    pub fn roots(&self) -> Vec<&Term> {
        let Known { all, below } = &*self.known;
        let top = below.iter().filter(|(above, _)| above.is_none_or(|above| !all.contains_key(&above)));
        let terms = top.flat_map(|(_, terms)| terms).filter_map(|term| all.get(term));
        sorted(terms.filter(|term| !term.is_merged()).collect())
    }

    /// The terms right under a term, and under those that were merged into it, by label.
    #[must_use]
    pub fn children(&self, of: RecordId) -> Vec<&Term> {
        let mut children = Vec::new();
        let mut above = vec![of];
        // A term that was merged into this one stands for what is under it. No tree is deeper than this.
        for _ in 0..=MAX_DEPTH {
            let below = above.iter().flat_map(|above| self.siblings(Some(*above)));
            let (merged, shown): (Vec<_>, Vec<_>) = below.partition(|term| term.is_merged());
            children.extend(shown);
            above = merged.into_iter().map(|term| term.id).collect();
        }
        sorted(children)
    }

    /// The terms right under a term or at the top, merged ones included.
    pub(super) fn siblings(&self, under: Option<RecordId>) -> impl Iterator<Item = &Term> {
        let Known { all, below } = &*self.known;
        below.get(&under).into_iter().flatten().filter_map(|term| all.get(term))
    }

    /// The term that a term is shown as: itself, or what it was merged into.
    #[must_use]
    pub fn shown(&self, id: RecordId) -> Option<&Term> {
        self.up(id).find(|term| !term.is_merged())
    }

    /// A term and all above it, as far as known.
    pub fn up(&self, id: RecordId) -> impl Iterator<Item = &Term> {
        let first = self.known.all.get(&id);
        let above = |term: &&Term| term.parent.and_then(|parent| self.known.all.get(&parent));
        std::iter::successors(first, above).take(MAX_DEPTH + 1)
    }

    /// The labels from the top to a term.
    #[must_use]
    pub fn path(&self, id: RecordId) -> Vec<&str> {
        let mut path: Vec<_> = self.up(id).filter(|term| !term.is_merged()).map(Term::label).collect();
        path.reverse();
        path
    }

    /// The term at a path of labels from the top.
    #[must_use]
    pub fn find(&self, path: &[&str]) -> Option<&Term> {
        let mut found = None;
        for label in path {
            let here = match found {
                None => self.roots(),
                Some(at) => self.children(at),
            };
            found = Some(here.into_iter().find(|term| term.label() == *label)?.id);
        }
        self.known.all.get(&found?)
    }

    /// The codes of a term: its own, and those of the terms above it as far as each says that it inherits.
    #[must_use]
    pub fn codes(&self, id: RecordId) -> Vec<Code> {
        let mut codes = Vec::new();
        for term in self.up(id) {
            let Some(content) = &term.content else { break };
            codes.extend(content.codes.iter().cloned());
            if !content.inherit && !content.merged {
                break;
            }
        }
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// The codes of a record: those of every term of this ontology that it is filed under.
    #[must_use]
    pub fn codes_of(&self, filed: &[Filed]) -> Vec<Code> {
        let here = filed.iter().filter(|filed| filed.at.ontology == self.ontology);
        let mut codes: Vec<_> = here.flat_map(|filed| self.codes(filed.at.term)).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }
}

fn sorted(mut terms: Vec<&Term>) -> Vec<&Term> {
    terms.sort_by_key(|term| (term.label(), term.id));
    terms
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ontology::TermContent;

    const ONTOLOGY: ScopeId = ScopeId::from_bytes([7; 16]);

    fn id(number: u8) -> RecordId {
        RecordId::from_bytes([number; 16])
    }

    fn tree(terms: &[(u8, Option<u8>, &str, bool, bool)]) -> Terms {
        let mut tree = Terms::new(ONTOLOGY);
        for (number, parent, label, inherit, merged) in terms {
            let code = Code::new("x:codes", number.to_string(), *label);
            let content = TermContent {
                label: (*label).into(),
                codes: vec![code],
                inherit: *inherit,
                merged: *merged,
                ..TermContent::default()
            };
            tree.put(Term {
                id: id(*number),
                ontology: ONTOLOGY,
                parent: parent.map(id),
                content: Some(content),
                version: 1,
                place: None,
            });
        }
        tree
    }

    fn codes(codes: &[Code]) -> Vec<&str> {
        codes.iter().map(|code| &*code.code).collect()
    }

    #[test]
    fn codes_are_inherited_as_far_as_each_term_says() {
        let tree = tree(&[
            (1, None, "health", false, false),
            (2, Some(1), "heart", true, false),
            (3, Some(2), "rate", true, false),
            (4, Some(2), "pressure", false, false),
        ]);
        assert_eq!(codes(&tree.codes(id(3))), ["1", "2", "3"]);
        assert_eq!(codes(&tree.codes(id(4))), ["4"]);
        let at = |term| Filed { at: crate::TermId { ontology: ONTOLOGY, term: id(term) }, pending: false };
        assert_eq!(codes(&tree.codes_of(&[at(2), at(4)])), ["1", "2", "4"]);
    }

    #[test]
    fn a_merged_term_is_shown_as_the_one_above() {
        let tree = tree(&[
            (1, None, "health", false, false),
            (2, Some(1), "pulse", false, true),
            (3, Some(2), "at rest", false, false),
            (4, Some(1), "weight", false, false),
        ]);
        let labels: Vec<_> = tree.children(id(1)).iter().map(|term| term.label()).collect();
        assert_eq!(labels, ["at rest", "weight"]);
        assert_eq!(tree.shown(id(2)).unwrap().label(), "health");
        assert_eq!(tree.path(id(3)), ["health", "at rest"]);
        assert_eq!(tree.find(&["health", "at rest"]).unwrap().id, id(3));
        assert_eq!(codes(&tree.codes(id(2))), ["1", "2"]);
        assert!(tree.find(&["health", "pulse"]).is_none());
    }

    #[test]
    fn a_circle_ends() {
        let tree = tree(&[(1, Some(2), "a", true, true), (2, Some(1), "b", true, true)]);
        assert_eq!(codes(&tree.codes(id(1))), ["1", "2"]);
        assert!(tree.shown(id(1)).is_none());
    }
}
