//! Trees: where terms stand, proven, and the keys that follow from it.

use super::scope::ScopeState;
use crate::distrust::Distrust;
use pryv_crypto::{
    Branch, EpochKeys,
    branch::{DefinitionKey, LinkPlace, open_link},
    record::EpochSource,
};
use pryv_wire::{
    RecordId, ScopeId,
    scope::Epoch,
    term::{MAX_DEPTH, TermLink, TermNode},
};
use std::collections::{BTreeMap, BTreeSet};

/// The last move of each term that was moved: in which epoch of the ontology, and to where. Signed by the owner.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moves {
    moved: BTreeMap<RecordId, (u32, Option<RecordId>)>,
    /// The first epoch that was shown: moves before it are not known.
    first: u32,
}

impl Moves {
    /// The moves that verified epochs of an ontology tell, oldest first.
    pub(crate) fn of<'a>(epochs: impl IntoIterator<Item = &'a Epoch>) -> Self {
        let mut epochs = epochs.into_iter().peekable();
        let first = epochs.peek().map_or(0, |epoch| epoch.epoch);
        let moves =
            epochs.filter_map(|epoch| epoch.moved.map(|moved| (moved.term, (epoch.epoch, moved.parent))));
        Self { moved: moves.collect(), first }
    }
}

/// A term as the server places it.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) parent: Option<RecordId>,
    links: Vec<TermLink>,
    /// Its place is the one that its id gives, or that the owner signed later.
    proven: bool,
}

/// The terms of an ontology that are known, with their places.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree(BTreeMap<RecordId, Node>);

impl Tree {
    /// Takes a term in, if its place is proven. Without the ontology's moves the place of a term that was moved is not: then
    /// it may be read by, and nothing is wrapped for it.
    pub(crate) fn insert(
        &mut self,
        ontology: ScopeId,
        node: &TermNode,
        moves: Option<&Moves>,
    ) -> Result<(), Distrust> {
        let misplaced = Err(Distrust::Misplaced { what: "a term" });
        let as_made = RecordId::term(ontology, node.parent, node.salt) == node.term;
        let proven = match moves {
            None => as_made,
            Some(moves) => match moves.moved.get(&node.term) {
                Some((since, parent)) if (node.since, node.parent) == (*since, *parent) => true,
                Some((since, _)) if node.since < *since => {
                    let (known, answered) = (u64::from(*since), u64::from(node.since));
                    return Err(Distrust::RolledBack { what: "the place of a term", known, answered });
                }
                Some(_) => return misplaced,
                None if as_made => true,
                None if node.since < moves.first => false,
                None => return misplaced,
            },
        };
        let links = node.links.clone();
        self.0.insert(node.term, Node { parent: node.parent, links, proven });
        Ok(())
    }

    /// The tree as it is once a term stands somewhere else.
    pub(crate) fn with_move(&self, term: RecordId, parent: Option<RecordId>) -> Self {
        let mut tree = self.clone();
        if let Some(node) = tree.0.get_mut(&term) {
            node.parent = parent;
        }
        tree
    }

    /// Whether a term is known.
    pub(crate) fn knows(&self, term: RecordId) -> bool {
        self.0.contains_key(&term)
    }

    /// Where a term stands.
    pub(crate) fn node(&self, term: RecordId) -> Option<&Node> {
        self.0.get(&term)
    }

    /// The branch of a term below the top of the whole tree, if everything between is known and proven.
    pub(crate) fn descend(&self, top: Branch, term: Option<RecordId>) -> Option<Branch> {
        let mut path = Vec::new();
        let mut at = term;
        while let Some(term) = at {
            let node = self.0.get(&term).filter(|node| node.proven && path.len() < MAX_DEPTH)?;
            path.push(term);
            at = node.parent;
        }
        Some(path.iter().rev().fold(top, |branch, term| branch.child(*term)))
    }

    /// Whether everything between a term and the top, as far as it is known, is proven.
    fn is_proven(&self, term: RecordId) -> bool {
        let mut at = Some(term);
        for _ in 0..=MAX_DEPTH {
            let Some(node) = at.and_then(|term| self.0.get(&term)) else { return true };
            if !node.proven {
                return false;
            }
            at = node.parent;
        }
        false
    }
}

/// What a role holds of a scope, with the trees of the ontologies that its records are filed under.
pub(crate) struct Held<'a> {
    pub(crate) state: &'a ScopeState,
    pub(crate) trees: &'a BTreeMap<ScopeId, Tree>,
    /// Keys of an epoch that is about to begin.
    pub(crate) next: Option<(u32, &'a EpochKeys)>,
}

impl<'a> Held<'a> {
    pub(crate) const fn of(state: &'a ScopeState, trees: &'a BTreeMap<ScopeId, Tree>) -> Self {
        Self { state, trees, next: None }
    }

    /// The branch of a term, to write under: only if its place is proven.
    pub(crate) fn branch_to_write(&self, ontology: ScopeId, term: RecordId, epoch: u32) -> Option<Branch> {
        let proven = self.trees.get(&ontology).is_some_and(|tree| tree.is_proven(term));
        proven.then(|| self.resolve(ontology, Some(term), epoch)).flatten()
    }

    /// The branch of a term, or of a whole ontology.
    pub(crate) fn resolve(&self, ontology: ScopeId, term: Option<RecordId>, epoch: u32) -> Option<Branch> {
        let mut wanted = BTreeSet::from([epoch]);
        let mut levels = Vec::new();
        let mut at = term;
        // Up, until everything that is wanted is held: the key of an epoch before the move of a term takes the one of the move,
        // too.
        loop {
            let node = match at {
                Some(term) => self.trees.get(&ontology).and_then(|tree| tree.node(term)),
                None => None,
            };
            let link = node.and_then(|node| node.links.iter().find(|link| link.scope == self.state.scope));
            let mut branches = BTreeMap::new();
            self.take_held(ontology, at, &mut wanted, &mut branches);
            if let Some(moved) = link.filter(|link| wanted.iter().any(|epoch| *epoch < link.epoch)) {
                wanted.insert(moved.epoch);
                self.take_held(ontology, at, &mut wanted, &mut branches);
            }
            let level = Level { term: at, link, branches };
            if wanted.is_empty() {
                return self.descend(level, levels)?.remove(&epoch);
            }
            if levels.len() == MAX_DEPTH {
                return None;
            }
            levels.push((level, wanted.clone()));
            at = node?.parent;
        }
    }

    /// Moves the epochs whose branch is held from those that are wanted to those that are there.
    fn take_held(
        &self,
        ontology: ScopeId,
        term: Option<RecordId>,
        wanted: &mut BTreeSet<u32>,
        held: &mut BTreeMap<u32, Branch>,
    ) {
        wanted.retain(|epoch| match self.top(ontology, term, *epoch) {
            Some(branch) => {
                held.insert(*epoch, branch);
                false
            }
            None => true,
        });
    }

    /// Down again, to the branches of the lowest level.
    fn descend(
        &self,
        top: Level<'_>,
        levels: Vec<(Level<'_>, BTreeSet<u32>)>,
    ) -> Option<BTreeMap<u32, Branch>> {
        let mut above = top.branches;
        for (mut level, derived) in levels.into_iter().rev() {
            let term = level.term?;
            // The newest first: that of a move opens those before it.
            for epoch in derived.into_iter().rev() {
                let under = above.get(&epoch)?.child(term);
                let branch = match level.link.filter(|link| epoch < link.epoch) {
                    None => under,
                    Some(TermLink { scope, epoch: moved, sealed, .. }) => {
                        let place =
                            LinkPlace { account: self.state.owner, scope: *scope, term, epoch: *moved };
                        open_link(level.branches.get(moved)?, &under, &place, epoch, sealed).ok()?
                    }
                };
                level.branches.insert(epoch, branch);
            }
            above = level.branches;
        }
        Some(above)
    }

    /// The branch at which what is held begins.
    fn top(&self, ontology: ScopeId, term: Option<RecordId>, epoch: u32) -> Option<Branch> {
        let scope = self.state.scope;
        if term.is_none() {
            let next = self.next.filter(|(number, _)| *number == epoch).map(|(_, keys)| keys);
            let keys = next.or_else(|| self.state.keys.get(&(scope, epoch)).map(|keys| &**keys));
            if let Some(keys) = keys {
                return Some(if scope == ontology { keys.structure() } else { keys.data(ontology) });
            }
        }
        let slices = self.state.slices.iter().filter(|held| {
            held.kind.slice().is_some_and(|slice| slice.ontology == ontology && slice.term == term)
        });
        let entry = slices.filter_map(|held| held.entries.get(&(scope, epoch))).next()?;
        Branch::from_slice(entry.branch.expose())
    }
}

/// A term on the way up, and its branches as far as they are held or derived.
struct Level<'a> {
    /// Absent: the whole ontology.
    term: Option<RecordId>,
    link: Option<&'a TermLink>,
    branches: BTreeMap<u32, Branch>,
}

impl EpochSource for Held<'_> {
    fn keys(&self, scope: ScopeId, epoch: u32) -> Option<&EpochKeys> {
        self.state.keys.get(&(scope, epoch)).map(|keys| &**keys)
    }

    fn branch(&self, scope: ScopeId, ontology: ScopeId, term: RecordId, epoch: u32) -> Option<Branch> {
        (scope == self.state.scope).then(|| self.resolve(ontology, Some(term), epoch)).flatten()
    }

    fn definition(&self, scope: ScopeId, epoch: u32) -> Option<&DefinitionKey> {
        super::scope::definition_of(&self.state.slices, scope, epoch)
    }
}

#[cfg(test)]
mod tests;
