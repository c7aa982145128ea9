//! The truth: who may read what, and whose keys open what, said once more and as plainly as possible. No code of the
//! product is used here: sets of words, no keys.

use super::plan::{Data, GROUP, PRINCIPALS, Step, Target};
use pryv_wire::access::Level;
use std::collections::{BTreeMap, BTreeSet};

/// The deepest tree that a plan makes; the product's own limit is tested elsewhere.
const DEPTH: usize = 8;

/// A scope.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Scope {
    Collection(usize),
    Ontology(usize),
    Slice(usize),
    /// That of the group, whose readers are its members.
    Group,
}

#[derive(Clone, Debug)]
pub(crate) struct Term {
    pub(crate) ontology: usize,
    pub(crate) parent: Option<usize>,
    pub(crate) deleted: bool,
    /// The epoch of the ontology that its record is written in.
    pub(crate) epoch: u32,
    /// The epoch of the ontology in which it got its parent.
    pub(crate) since: u32,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Slice {
    pub(crate) ontology: usize,
    pub(crate) term: Option<usize>,
    /// None: every collection that is linked.
    pub(crate) data: Option<BTreeSet<usize>>,
    pub(crate) labels: bool,
}

impl Slice {
    pub(crate) fn has_data(&self) -> bool {
        self.data.as_ref().is_none_or(|some| !some.is_empty())
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) to: usize,
    pub(crate) target: Scope,
    pub(crate) level: Level,
    /// The first epoch of the target that it shows.
    pub(crate) from: u32,
    /// For a grant without history, the first epoch of what it opens: what was written earlier is not shown.
    pub(crate) not_before: BTreeMap<Scope, u32>,
    /// The manager's access by which it was granted; none: the owner granted it.
    pub(crate) by: Option<usize>,
    pub(crate) live: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) collection: usize,
    /// Its terms, and whether the entry of each one opens to nobody yet but readers of the collection.
    pub(crate) terms: Vec<(usize, bool)>,
    /// The epoch that its present version was written in.
    pub(crate) written: u32,
    /// The epoch of its recipients.
    pub(crate) placed: u32,
    pub(crate) deleted: bool,
    /// The grant that it was written by.
    pub(crate) by: Option<usize>,
}

/// What the driver does for a step, with every number resolved.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// New epochs, in one transaction.
    Follow {
        rotate: Vec<Scope>,
    },
    Ontology,
    Term {
        term: usize,
    },
    Collection {
        links: Vec<usize>,
    },
    Link {
        collection: usize,
        ontology: usize,
    },
    Write {
        record: usize,
    },
    Grant {
        grant: usize,
        new_slice: bool,
        rotate: Vec<Scope>,
    },
    GrantOn {
        grant: usize,
    },
    /// With what the holder granted onwards, and the grants of the owner that take its place.
    Revoke {
        grant: usize,
        below: Vec<usize>,
        adopted: Vec<usize>,
        rotate: Vec<Scope>,
    },
    EndOn {
        grant: usize,
    },
    Rotate {
        scope: Scope,
    },
    Move {
        term: usize,
        rotate: Vec<Scope>,
    },
    Place {
        record: usize,
    },
    Delete {
        record: usize,
    },
    DeleteTerm {
        term: usize,
    },
}

/// A branch that somebody's keys open: of the records of a collection (or of the structure, if the scope is the ontology), in
/// an epoch of that scope, from a term downwards.
type Branch = (Scope, usize, Option<usize>, u32);

/// An account, and what everybody may and can.
#[derive(Clone, Debug, Default)]
pub(crate) struct Truth {
    pub(crate) ontologies: usize,
    pub(crate) terms: Vec<Term>,
    pub(crate) links: Vec<BTreeSet<usize>>,
    pub(crate) slices: Vec<Slice>,
    pub(crate) epochs: BTreeMap<Scope, u32>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) records: Vec<Record>,
    /// For each scope and term, since which epoch of the scope it has had which parents.
    parents: BTreeMap<(Scope, usize), Vec<(u32, Option<usize>)>>,
    /// The epochs of scopes whose keys each principal was ever given.
    held: [BTreeSet<(Scope, u32)>; PRINCIPALS],
    /// Entries of slices: slice, its epoch, scope, the scope's epoch.
    entries: BTreeSet<(usize, u32, Scope, u32)>,
    /// The epochs of scopes whose keys the group was ever given, and to which of its cards they were sealed.
    to_cards: BTreeMap<(Scope, u32), BTreeSet<u32>>,
}

impl Truth {
    /// Takes a step, if there is anything that it could be done to.
    pub(crate) fn take(&mut self, step: &Step) -> Option<Act> {
        match step {
            Step::Ontology => {
                // The group is there from the beginning, with nobody in it.
                self.epochs.entry(Scope::Group).or_default();
                self.begin(Scope::Ontology(self.ontologies));
                self.ontologies += 1;
                Some(Act::Ontology)
            }
            Step::Term { ontology, under } => self.term(pick(*ontology, self.ontologies)?, *under),
            Step::Collection { links } => {
                let links: Vec<usize> = (0..self.ontologies).filter(|at| links >> at & 1 == 1).collect();
                let collection = self.links.len();
                self.links.push(BTreeSet::new());
                self.begin(Scope::Collection(collection));
                links.iter().for_each(|ontology| self.link(collection, *ontology));
                Some(Act::Collection { links })
            }
            Step::Link { collection, ontology } => {
                let collection = pick(*collection, self.links.len())?;
                let ontology = pick(*ontology, self.ontologies)?;
                if self.links[collection].contains(&ontology) {
                    return None;
                }
                self.link(collection, ontology);
                Some(Act::Link { collection, ontology })
            }
            Step::Write { collection, terms } => {
                let collection = pick(*collection, self.links.len())?;
                let terms = self.terms_for(collection, terms).into_iter().map(|term| (term, false)).collect();
                Some(self.write(collection, terms, None))
            }
            Step::WriteBy { grant, collection, terms } => self.write_by(*grant, *collection, terms),
            Step::Grant { to, target, level, history } => self.grant(*to, target, *level, *history),
            Step::Join { to } => {
                let to = to % PRINCIPALS;
                if self.is_member(to) || !self.epochs.contains_key(&Scope::Group) {
                    return None;
                }
                self.held[to].extend((0..=self.card()).map(|epoch| (Scope::Group, epoch)));
                self.grants.push(Grant {
                    to,
                    target: Scope::Group,
                    level: Level::Read,
                    from: 0,
                    not_before: BTreeMap::new(),
                    by: None,
                    live: true,
                });
                Some(Act::Grant { grant: self.grants.len() - 1, new_slice: false, rotate: Vec::new() })
            }
            Step::Follow => self.follow(),
            Step::GrantOn { manager, to, level } => self.grant_on(*manager, *to, *level),
            Step::Revoke { grant, adopt } => self.revoke(*grant, *adopt),
            Step::EndOn { grant } => {
                let grant = self.live_grant(*grant, |grant| grant.by.is_some())?;
                self.grants[grant].live = false;
                Some(Act::EndOn { grant })
            }
            Step::Rotate { scope } => {
                let scope = *self.epochs.keys().nth(pick(*scope, self.epochs.len())?)?;
                self.rotate(&[scope]);
                Some(Act::Rotate { scope })
            }
            Step::Move { term, under } => self.move_term(*term, *under),
            Step::Place { record, terms } => {
                let record = self.live_record(*record)?;
                let collection = self.records[record].collection;
                let terms = self.terms_for(collection, terms);
                let placed = self.epochs[&Scope::Collection(collection)];
                self.records[record].terms = terms.into_iter().map(|term| (term, false)).collect();
                self.records[record].placed = placed;
                Some(Act::Place { record })
            }
            Step::Delete { record } => {
                let record = self.live_record(*record)?;
                self.records[record].deleted = true;
                Some(Act::Delete { record })
            }
            Step::DeleteTerm { term } => {
                let term = self.live_term(*term)?;
                let stands_on = |other: &Term| !other.deleted && other.parent == Some(term);
                let filed =
                    |record: &Record| !record.deleted && record.terms.iter().any(|(filed, _)| *filed == term);
                if self.terms.iter().any(stands_on) || self.records.iter().any(filed) {
                    return None;
                }
                let epoch = self.epochs[&Scope::Ontology(self.terms[term].ontology)];
                (self.terms[term].deleted, self.terms[term].epoch) = (true, epoch);
                Some(Act::DeleteTerm { term })
            }
        }
    }

    /// The number of the group's present card.
    pub(crate) fn card(&self) -> u32 {
        self.epochs.get(&Scope::Group).copied().unwrap_or_default()
    }

    pub(crate) fn is_member(&self, principal: usize) -> bool {
        self.grants.iter().any(|grant| grant.live && grant.to == principal && grant.target == Scope::Group)
    }

    /// What an owner's client does when it runs: whatever the group reads, and whose present epoch is not sealed to its present
    /// card, begins anew; a slice with all that it covers.
    fn follow(&mut self) -> Option<Act> {
        let card = self.card();
        let stale = |grant: &&Grant| {
            let present = (grant.target, self.epochs[&grant.target]);
            let sealed = self.to_cards.get(&present).is_some_and(|cards| cards.contains(&card));
            grant.live && grant.to == GROUP && !sealed
        };
        let due: BTreeSet<Scope> = self.grants.iter().filter(stale).map(|grant| grant.target).collect();
        let mut rotate: Vec<Scope> = due.iter().flat_map(|scope| self.opened_by(*scope)).collect();
        // Slices first.
        rotate.sort_by_key(|scope| (!matches!(scope, Scope::Slice(_)), *scope));
        rotate.dedup();
        if rotate.is_empty() {
            return None;
        }
        self.rotate(&rotate);
        Some(Act::Follow { rotate })
    }

    /// Whether somebody was ever given the keys of an epoch: itself, or as one who was a member of the group when it had the card
    /// that they were sealed to, or later.
    fn holds(&self, principal: usize, scope: Scope, epoch: u32) -> bool {
        let held = &self.held[principal];
        let cards = self.to_cards.get(&(scope, epoch)).into_iter().flatten();
        held.contains(&(scope, epoch)) || cards.into_iter().any(|card| held.contains(&(Scope::Group, *card)))
    }

    fn give(&mut self, to: usize, scope: Scope, epochs: impl Iterator<Item = u32>) {
        let card = self.card();
        for epoch in epochs {
            if to == GROUP {
                self.to_cards.entry((scope, epoch)).or_default().insert(card);
            } else {
                self.held[to].insert((scope, epoch));
            }
        }
    }

    fn begin(&mut self, scope: Scope) {
        self.epochs.insert(scope, 0);
    }

    fn term(&mut self, ontology: usize, under: usize) -> Option<Act> {
        let parent = self.place_in(ontology, under);
        if self.depth(parent) >= DEPTH {
            return None;
        }
        let epoch = self.epochs[&Scope::Ontology(ontology)];
        let term = self.terms.len();
        self.terms.push(Term { ontology, parent, deleted: false, epoch, since: epoch });
        // Keys of earlier epochs derive for it as well, and wrap nothing.
        let linked = self.linked_to(ontology).into_iter().chain([Scope::Ontology(ontology)]);
        for scope in linked.collect::<Vec<_>>() {
            self.parents.insert((scope, term), vec![(0, parent)]);
        }
        Some(Act::Term { term })
    }

    /// A live term of an ontology to stand under, or none.
    fn place_in(&self, ontology: usize, under: usize) -> Option<usize> {
        let live: Vec<usize> = (0..self.terms.len())
            .filter(|at| self.terms[*at].ontology == ontology && !self.terms[*at].deleted)
            .collect();
        let at = under % (live.len() + 1);
        live.get(at).copied()
    }

    fn depth(&self, term: Option<usize>) -> usize {
        term.map_or(0, |term| 1 + self.depth(self.terms[term].parent))
    }

    fn live_term(&self, number: usize) -> Option<usize> {
        let live: Vec<usize> = (0..self.terms.len()).filter(|at| !self.terms[*at].deleted).collect();
        pick(number, live.len()).map(|at| live[at])
    }

    fn live_record(&self, number: usize) -> Option<usize> {
        let live: Vec<usize> = (0..self.records.len()).filter(|at| !self.records[*at].deleted).collect();
        pick(number, live.len()).map(|at| live[at])
    }

    /// Collections that are linked to an ontology.
    pub(crate) fn linked_to(&self, ontology: usize) -> Vec<Scope> {
        let linked = (0..self.links.len()).filter(|at| self.links[*at].contains(&ontology));
        linked.map(Scope::Collection).collect()
    }

    fn link(&mut self, collection: usize, ontology: usize) {
        self.links[collection].insert(ontology);
        let scope = Scope::Collection(collection);
        for (at, term) in self.terms.iter().enumerate().filter(|(_, term)| term.ontology == ontology) {
            self.parents.insert((scope, at), vec![(0, term.parent)]);
        }
        let present = self.epochs[&scope];
        for slice in 0..self.slices.len() {
            if self.slices[slice].ontology == ontology
                && self.slices[slice].data.is_none()
                && self.is_kept(slice)
            {
                self.entries.insert((slice, self.epochs[&Scope::Slice(slice)], scope, present));
            }
        }
    }

    /// Live terms of ontologies that a collection is linked to, each once.
    fn terms_for(&self, collection: usize, wanted: &[usize]) -> Vec<usize> {
        let usable: Vec<usize> = (0..self.terms.len())
            .filter(|at| {
                !self.terms[*at].deleted && self.links[collection].contains(&self.terms[*at].ontology)
            })
            .collect();
        let chosen: BTreeSet<usize> =
            wanted.iter().filter_map(|number| pick(*number, usable.len()).map(|at| usable[at])).collect();
        chosen.into_iter().collect()
    }

    fn write(&mut self, collection: usize, terms: Vec<(usize, bool)>, by: Option<usize>) -> Act {
        let epoch = self.epochs[&Scope::Collection(collection)];
        let record = self.records.len();
        self.records.push(Record { collection, terms, written: epoch, placed: epoch, deleted: false, by });
        Act::Write { record }
    }

    /// A grantee writes as its level lets it: into a collection that it was granted, or through a slice.
    fn write_by(&mut self, grant: usize, collection: usize, terms: &[usize]) -> Option<Act> {
        let writing: Vec<usize> = (0..self.grants.len())
            .filter(|at| self.grants[*at].live && self.grants[*at].level.creates())
            .collect();
        let number = writing[pick(grant, writing.len())?];
        let grant = self.grants[number].clone();
        match grant.target {
            Scope::Collection(collection) if grant.level.reads() => {
                let terms = self.terms_for(collection, terms).into_iter().map(|term| (term, false)).collect();
                Some(self.write(collection, terms, Some(number)))
            }
            Scope::Collection(collection) => Some(self.write(collection, Vec::new(), Some(number))),
            Scope::Ontology(_) | Scope::Group => None,
            Scope::Slice(slice) => {
                let covered: Vec<Scope> = self
                    .covered(slice)
                    .into_iter()
                    .filter(|scope| matches!(scope, Scope::Collection(_)))
                    .collect();
                let Scope::Collection(collection) = covered[pick(collection, covered.len())?] else {
                    return None;
                };
                let within: Vec<usize> = (0..self.terms.len())
                    .filter(|term| !self.terms[*term].deleted && self.is_within(*term, slice))
                    .collect();
                let chosen: BTreeSet<usize> =
                    terms.iter().filter_map(|at| pick(*at, within.len()).map(|at| within[at])).collect();
                let pending = !grant.level.reads();
                let terms: Vec<_> = chosen.into_iter().map(|term| (term, pending)).collect();
                if terms.is_empty() { None } else { Some(self.write(collection, terms, Some(number))) }
            }
        }
    }

    /// Whether a term is at or below the term of a slice.
    fn is_within(&self, term: usize, slice: usize) -> bool {
        let Slice { ontology, term: top, .. } = self.slices[slice];
        self.terms[term].ontology == ontology && top.is_none_or(|top| self.ancestors(term).contains(&top))
    }

    /// A term and all above it, at present.
    fn ancestors(&self, term: usize) -> Vec<usize> {
        let mut all = vec![term];
        while let Some(parent) = self.terms[all[all.len() - 1]].parent {
            all.push(parent);
        }
        all
    }

    /// What a slice covers, at present: collections for their data, its ontology for labels.
    pub(crate) fn covered(&self, slice: usize) -> Vec<Scope> {
        let Slice { ontology, data, labels, .. } = &self.slices[slice];
        let collections = self.linked_to(*ontology).into_iter().filter(|scope| match (scope, data) {
            (_, None) => true,
            (Scope::Collection(collection), Some(some)) => some.contains(collection),
            _ => false,
        });
        collections.chain(labels.then_some(Scope::Ontology(*ontology))).collect()
    }

    fn grant(&mut self, to: usize, target: &Target, level: Level, history: bool) -> Option<Act> {
        let to = to % (PRINCIPALS + 1);
        if to == GROUP && !self.epochs.contains_key(&Scope::Group) {
            return None;
        }
        // A group reads, and does nothing else.
        let level = if to == GROUP { Level::Read } else { level };
        let (target, new_slice) = match target {
            Target::Collection(collection) => {
                (Scope::Collection(pick(*collection, self.links.len())?), false)
            }
            // Of an ontology, its structure is granted: there is nothing to write but that.
            Target::Ontology(ontology) if matches!(level, Level::Read | Level::Manage) => {
                (Scope::Ontology(pick(*ontology, self.ontologies)?), false)
            }
            Target::Ontology(_) => return None,
            Target::Slice { ontology, term, data, labels } => {
                self.slice(pick(*ontology, self.ontologies)?, *term, data, *labels, level)?
            }
        };
        let rotate = if history { Vec::new() } else { self.opened_by(target) };
        self.rotate(&rotate);
        let from = if history { 0 } else { self.epochs[&target] };
        let not_before = rotate.iter().map(|scope| (*scope, self.epochs[scope])).collect();
        if level.reads() {
            self.give(to, target, from..=self.epochs[&target]);
        }
        self.grants.push(Grant { to, target, level, from, not_before, by: None, live: true });
        Some(Act::Grant { grant: self.grants.len() - 1, new_slice, rotate })
    }

    fn slice(
        &mut self,
        ontology: usize,
        term: usize,
        data: &Data,
        labels: bool,
        level: Level,
    ) -> Option<(Scope, bool)> {
        let linked = self.linked_to(ontology);
        let data = match data {
            Data::None => Some(BTreeSet::new()),
            Data::Every => None,
            Data::Some(numbers) => {
                let some: BTreeSet<usize> = numbers
                    .iter()
                    .filter_map(|number| match linked[pick(*number, linked.len())?] {
                        Scope::Collection(collection) => Some(collection),
                        _ => None,
                    })
                    .collect();
                if some.is_empty() {
                    return None;
                }
                Some(some)
            }
        };
        let slice = Slice { ontology, term: self.place_in(ontology, term), data, labels };
        if !slice.has_data() && (!labels || !matches!(level, Level::Read | Level::Manage)) {
            return None;
        }
        if let Some(known) = self.slices.iter().position(|known| *known == slice) {
            return Some((Scope::Slice(known), false));
        }
        let number = self.slices.len();
        self.slices.push(slice);
        self.begin(Scope::Slice(number));
        for scope in self.covered(number) {
            self.entries.extend((0..=self.epochs[&scope]).map(|epoch| (number, 0, scope, epoch)));
        }
        Some((Scope::Slice(number), true))
    }

    /// What a grant opens: its scope, and for a slice what it covers. Slices come first: epochs of what they cover bring
    /// entries under theirs.
    pub(crate) fn opened_by(&self, target: Scope) -> Vec<Scope> {
        match target {
            Scope::Slice(slice) => [target].into_iter().chain(self.covered(slice)).collect(),
            _ => vec![target],
        }
    }

    /// A grant that has not ended and is of a kind.
    fn live_grant(&self, number: usize, is: impl Fn(&Grant) -> bool) -> Option<usize> {
        let live: Vec<usize> =
            (0..self.grants.len()).filter(|at| self.grants[*at].live && is(&self.grants[*at])).collect();
        Some(live[pick(number, live.len())?])
    }

    /// What a manager grants reaches as far as its own access, from the same epoch on. It makes no managers.
    fn grant_on(&mut self, manager: usize, to: usize, level: Level) -> Option<Act> {
        let by = self.live_grant(manager, |grant| grant.by.is_none() && grant.level == Level::Manage)?;
        let manager = self.grants[by].clone();
        let of_structure = match manager.target {
            Scope::Ontology(_) => true,
            Scope::Slice(slice) => !self.slices[slice].has_data(),
            Scope::Collection(_) | Scope::Group => false,
        };
        let to = to % PRINCIPALS;
        if to == manager.to || level == Level::Manage || (of_structure && level != Level::Read) {
            return None;
        }
        if level.reads() {
            let epochs = manager.from..=self.epochs[&manager.target];
            self.held[to].extend(epochs.map(|epoch| (manager.target, epoch)));
        }
        self.grants.push(Grant { to, level, by: Some(by), ..manager });
        Some(Act::GrantOn { grant: self.grants.len() - 1 })
    }

    fn revoke(&mut self, grant: usize, adopt: bool) -> Option<Act> {
        let grant = self.live_grant(grant, |_| true)?;
        let below: Vec<usize> = (0..self.grants.len())
            .filter(|at| self.grants[*at].live && self.grants[*at].by == Some(grant))
            .collect();
        for ended in below.iter().chain([&grant]) {
            self.grants[*ended].live = false;
        }
        let rotate = self.opened_by(self.grants[grant].target);
        self.rotate(&rotate);
        let first = self.grants.len();
        for ended in below.iter().filter(|_| adopt) {
            let Grant { to, target, level, from, .. } = self.grants[*ended];
            // Without history, it begins again with the epochs that begin now.
            let (from, not_before) = if from == 0 {
                (0, BTreeMap::new())
            } else {
                (self.epochs[&target], rotate.iter().map(|scope| (*scope, self.epochs[scope])).collect())
            };
            if level.reads() {
                self.held[to].extend((from..=self.epochs[&target]).map(|epoch| (target, epoch)));
            }
            self.grants.push(Grant { to, target, level, from, not_before, by: None, live: true });
        }
        let adopted = (first..self.grants.len()).collect();
        Some(Act::Revoke { grant, below, adopted, rotate })
    }

    /// New epochs: who reads a scope gets its keys, each slice that covers one gets an entry.
    fn rotate(&mut self, scopes: &[Scope]) {
        for scope in scopes {
            let epoch = self.epochs[scope] + 1;
            self.epochs.insert(*scope, epoch);
            let reads = |grant: &&Grant| grant.live && grant.level.reads() && grant.target == *scope;
            let readers: Vec<usize> = self.grants.iter().filter(reads).map(|grant| grant.to).collect();
            readers.into_iter().for_each(|to| self.give(to, *scope, [epoch].into_iter()));
            for slice in self.covering(*scope) {
                self.entries.insert((slice, self.epochs[&Scope::Slice(slice)], *scope, epoch));
            }
        }
    }

    /// The slices that cover a scope.
    pub(crate) fn covering(&self, scope: Scope) -> Vec<usize> {
        let kept = (0..self.slices.len()).filter(|slice| self.is_kept(*slice));
        kept.filter(|slice| self.covered(*slice).contains(&scope)).collect()
    }

    /// Whether new epochs bring entries for a slice: not once its term was deleted.
    pub(crate) fn is_kept(&self, slice: usize) -> bool {
        self.slices[slice].term.is_none_or(|term| !self.terms[term].deleted)
    }

    fn move_term(&mut self, term: usize, under: usize) -> Option<Act> {
        let term = self.live_term(term)?;
        let ontology = self.terms[term].ontology;
        let parent = self.place_in(ontology, under);
        let height = self.height(term);
        let into_itself = parent.is_some_and(|parent| self.ancestors(parent).contains(&term));
        if parent == self.terms[term].parent || into_itself || self.depth(parent) + height > DEPTH {
            return None;
        }
        let rotate: Vec<Scope> =
            [Scope::Ontology(ontology)].into_iter().chain(self.linked_to(ontology)).collect();
        self.rotate(&rotate);
        for scope in &rotate {
            self.parents.get_mut(&(*scope, term))?.push((self.epochs[scope], parent));
        }
        let epoch = self.epochs[&Scope::Ontology(ontology)];
        let moved = &mut self.terms[term];
        (moved.parent, moved.epoch, moved.since) = (parent, epoch, epoch);
        Some(Act::Move { term, rotate })
    }

    fn height(&self, term: usize) -> usize {
        let children = (0..self.terms.len()).filter(|at| self.terms[*at].parent == Some(term));
        1 + children.map(|child| self.height(child)).max().unwrap_or(0)
    }

    /// What the rules say: whether a principal reads an instance now.
    pub(crate) fn may_read(&self, principal: usize, record: usize) -> bool {
        let record = &self.records[record];
        let collection = Scope::Collection(record.collection);
        !record.deleted
            && self.reading(principal).any(|grant| {
                let early = grant.not_before.get(&collection).is_some_and(|from| record.written < *from);
                !early
                    && match grant.target {
                        Scope::Slice(slice) => {
                            self.covered(slice).contains(&collection)
                                && record
                                    .terms
                                    .iter()
                                    .any(|(term, pending)| !pending && self.is_within(*term, slice))
                        }
                        whole => whole == collection,
                    }
            })
    }

    /// What the rules say: whether a principal reads the label of a term now.
    pub(crate) fn may_read_label(&self, principal: usize, term: usize) -> bool {
        let Term { ontology, epoch, deleted, .. } = self.terms[term];
        let scope = Scope::Ontology(ontology);
        !deleted
            && self.reading(principal).any(|grant| {
                let early = grant.not_before.get(&scope).is_some_and(|from| epoch < *from);
                !early
                    && match grant.target {
                        Scope::Slice(slice) => self.slices[slice].labels && self.is_within(term, slice),
                        whole => whole == scope,
                    }
            })
    }

    /// Whether a principal reads a whole collection, and needs no slice for it.
    pub(crate) fn reads_whole(&self, principal: usize, collection: usize) -> bool {
        self.reading(principal).any(|grant| grant.target == Scope::Collection(collection))
    }

    /// Whether everything that a principal reads was granted by managers.
    pub(crate) fn reads_by_manager(&self, principal: usize) -> bool {
        self.reading(principal).all(|grant| grant.by.is_some())
    }

    /// Whether everything that a principal reads was granted to the group.
    pub(crate) fn reads_by_group(&self, principal: usize) -> bool {
        self.reading(principal).all(|grant| grant.to == GROUP || grant.target == Scope::Group)
    }

    /// The grants that a principal reads by: its own, and those of the group while it is a member.
    fn reading(&self, principal: usize) -> impl Iterator<Item = &Grant> {
        let is_member = self.is_member(principal);
        self.grants.iter().filter(move |grant| {
            let holds = grant.to == principal || (is_member && grant.to == GROUP);
            grant.live && holds && grant.level.reads()
        })
    }

    /// What the keys say: whether everything that a principal was ever given opens an instance as it is stored.
    pub(crate) fn can_open(&self, principal: usize, record: usize) -> bool {
        let Record { collection, terms, placed, .. } = &self.records[record];
        let scope = Scope::Collection(*collection);
        self.holds(principal, scope, *placed)
            || terms.iter().any(|(term, pending)| {
                !pending
                    && self.opens_branch(principal, (scope, self.terms[*term].ontology, Some(*term), *placed))
            })
    }

    /// What the keys say: whether they open the record of a term.
    pub(crate) fn can_open_label(&self, principal: usize, term: usize) -> bool {
        let Term { ontology, epoch, .. } = self.terms[term];
        self.opens_branch(principal, (Scope::Ontology(ontology), ontology, Some(term), epoch))
    }

    /// What a term stood under in an epoch of a scope.
    pub(crate) fn parent_at(&self, scope: Scope, term: usize, epoch: u32) -> Option<usize> {
        let parents = self.parents.get(&(scope, term))?;
        parents.iter().rev().find(|(from, _)| *from <= epoch)?.1
    }

    fn opens_branch(&self, principal: usize, branch: Branch) -> bool {
        self.reaches(principal, branch, &mut Vec::new())
    }

    /// Whether a branch follows from what a principal holds: the keys of the scope's epoch, an entry of a slice, the
    /// branch of the parent in that epoch, or the link of a later move, which takes the branch since the move and the new
    /// parent in the epoch asked for. What is being asked already is no reason for itself.
    fn reaches(&self, principal: usize, branch: Branch, asked: &mut Vec<Branch>) -> bool {
        if asked.contains(&branch) {
            return false;
        }
        asked.push(branch);
        let reached = self.follows(principal, branch, asked);
        asked.pop();
        reached
    }

    fn follows(&self, principal: usize, branch: Branch, asked: &mut Vec<Branch>) -> bool {
        let (scope, ontology, term, epoch) = branch;
        if self.holds(principal, scope, epoch) {
            return true;
        }
        let by_entry = self.entries.iter().any(|(slice, slice_epoch, of, at)| {
            (*of, *at) == (scope, epoch)
                && self.slices[*slice].ontology == ontology
                && self.slices[*slice].term == term
                && self.holds(principal, Scope::Slice(*slice), *slice_epoch)
        });
        if by_entry {
            return true;
        }
        let Some(number) = term else { return false };
        let Some(parents) = self.parents.get(&(scope, number)) else { return false };
        let above = parents.iter().rev().find(|(from, _)| *from <= epoch).map(|(_, parent)| *parent);
        if above.is_some_and(|above| self.reaches(principal, (scope, ontology, above, epoch), asked)) {
            return true;
        }
        let mut moves = parents.iter().skip(1).filter(|(from, _)| *from > epoch);
        moves.any(|(from, parent)| {
            self.reaches(principal, (scope, ontology, term, *from), asked)
                && self.reaches(principal, (scope, ontology, *parent, epoch), asked)
        })
    }
}

fn pick(number: usize, of: usize) -> Option<usize> {
    (of > 0).then(|| number % of)
}
