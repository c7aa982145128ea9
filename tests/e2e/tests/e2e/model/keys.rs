//! What somebody's keys open: every key tried on every lock.

use super::{
    driver::{Driver, share_of},
    plan::GROUP,
    truth::{Scope, Truth},
};
use pryv_crypto::{
    EpochKeys, GroupKeys, VerifiedAccess,
    branch::{Branch, DefinitionKey, LinkPlace, open_link},
    record::{Author, EpochSource, OpenedRecord, Sought, UnopenedRecord},
    slice::{EntryPlace, open_entry},
};
use pryv_wire::{
    RecordId, ScopeId,
    card::GroupPlace,
    record::{Envelope, GetRecord},
    scope::{NewEpoch, Share, SliceEntry},
    term::TermLink,
    transaction::{Commit, Operation},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a server has that could help somebody: shares, entries of slices, links of moved terms; and what the shapes of
/// ontologies were at any time.
#[derive(Default)]
pub(crate) struct Loot {
    pub(crate) shares: Vec<Share>,
    pub(crate) entries: Vec<SliceEntry>,
    pub(crate) links: Vec<TermLink>,
    /// Under which terms each term ever stood.
    pub(crate) above: BTreeMap<RecordId, BTreeSet<Option<RecordId>>>,
}

impl Loot {
    /// Everything that was ever sent.
    pub(crate) fn of(sent: &[Commit]) -> Self {
        let mut loot = Self::default();
        for operation in sent.iter().flat_map(|commit| &commit.operations) {
            match operation {
                Operation::CreateScope { epoch, entries, .. } => {
                    loot.epoch(epoch);
                    loot.entries.extend_from_slice(entries);
                }
                Operation::BeginEpoch { epoch } => loot.epoch(epoch),
                Operation::Revoke { epochs, .. } => epochs.iter().for_each(|epoch| loot.epoch(epoch)),
                Operation::LinkOntology { entries, .. } => loot.entries.extend_from_slice(entries),
                Operation::Grant(grant) => {
                    loot.shares.extend_from_slice(&grant.shares);
                    grant.lockboxes.iter().for_each(|lockbox| loot.shares.extend_from_slice(&lockbox.shares));
                }
                Operation::MoveTerm { record, links } => {
                    loot.stands(record);
                    loot.links.extend_from_slice(links);
                }
                Operation::PutRecord { record } => loot.stands(record),
                _ => {}
            }
        }
        loot
    }

    fn epoch(&mut self, epoch: &NewEpoch) {
        self.entries.extend_from_slice(&epoch.entries);
        if let Some(lockbox) = &epoch.lockbox {
            self.shares.extend_from_slice(&lockbox.shares);
        }
    }

    fn stands(&mut self, record: &[u8]) {
        let record = UnopenedRecord::parse(record).unwrap();
        if let Some(parent) = &record.placement().parent {
            self.above.entry(record.protected().record).or_default().insert(parent.term);
        }
    }
}

/// The place of a branch: of which scope, which tree, from which term downwards, in which epoch.
type Place = (ScopeId, ScopeId, Option<RecordId>, u32);

/// All keys that follow from what somebody holds.
pub(crate) struct Keys<'d> {
    epochs: BTreeMap<(ScopeId, u32), &'d EpochKeys>,
    branches: HashMap<Place, Vec<Branch>>,
}

impl<'d> Keys<'d> {
    /// The owner's: every epoch.
    pub(crate) fn of_owner(driver: &'d Driver<'_>, loot: &Loot) -> Self {
        let epochs =
            driver.keys.iter().map(|((scope, epoch), (_, keys))| ((driver.scopes[scope], *epoch), keys));
        Self::all(driver, epochs.collect(), loot)
    }

    /// A principal's: of the epochs that it has a share of.
    pub(crate) fn of(driver: &'d Driver<'_>, truth: &Truth, principal: usize, loot: &Loot) -> Self {
        let mine: BTreeSet<_> = (0..truth.grants.len())
            .filter(|grant| truth.grants[*grant].to == principal)
            .map(|grant| driver.accesses[grant])
            .collect();
        let keys_of = |share: &Share| {
            let scope = driver.scopes.iter().find(|(_, id)| **id == share.scope).unwrap().0;
            &driver.keys[&(*scope, share.epoch)]
        };
        let mut epochs = BTreeMap::new();
        for share in loot.shares.iter().filter(|share| mine.contains(&share.access)) {
            assert_eq!(
                share.sealed,
                share_of(share.access, share.scope, share.epoch, None),
                "a share of this place"
            );
            epochs.insert((share.scope, share.epoch), &keys_of(share).1);
        }
        // Whoever holds epochs of the group has the keys of their cards, and by them what was sealed to those.
        let Some(of_group) = driver.scopes.get(&Scope::Group) else { return Self::all(driver, epochs, loot) };
        let held = epochs.keys().filter(|(scope, _)| scope == of_group).map(|(_, epoch)| *epoch);
        let held: BTreeSet<u32> = held.collect();
        let place = GroupPlace { account: driver.account(), scope: *of_group };
        let of_cards = held.iter().map(|epoch| &driver.keys[&(Scope::Group, *epoch)]);
        let of_cards = of_cards.map(|(epoch, keys)| (epoch, keys));
        GroupKeys::verify(&driver.group(), place, of_cards)
            .expect("epochs that give the keys of their cards");
        let to_group: BTreeSet<_> = (0..truth.grants.len())
            .filter(|grant| truth.grants[*grant].to == GROUP)
            .map(|grant| driver.accesses[grant])
            .collect();
        for share in loot.shares.iter().filter(|share| to_group.contains(&share.access)) {
            let opened =
                held.iter().map(|card| share_of(share.access, share.scope, share.epoch, Some(*card)));
            if opened.into_iter().any(|sealed| sealed == share.sealed) {
                epochs.insert((share.scope, share.epoch), &keys_of(share).1);
            }
        }
        Self::all(driver, epochs, loot)
    }

    fn all(driver: &'d Driver<'_>, epochs: BTreeMap<(ScopeId, u32), &'d EpochKeys>, loot: &Loot) -> Self {
        let mut keys = Self { epochs, branches: HashMap::new() };
        let ontologies: Vec<ScopeId> = of_kind(driver, |scope| matches!(scope, Scope::Ontology(_)));
        let collections: Vec<ScopeId> = of_kind(driver, |scope| matches!(scope, Scope::Collection(_)));
        // Each with the terms that it was derived through: places of different times can go round in a circle.
        let mut found: Vec<(Place, Branch, Vec<RecordId>)> = Vec::new();
        for ((scope, epoch), held) in &keys.epochs {
            if ontologies.contains(scope) {
                found.push(((*scope, *scope, None, *epoch), held.structure(), Vec::new()));
            }
            if collections.contains(scope) {
                for ontology in &ontologies {
                    found.push(((*scope, *ontology, None, *epoch), held.data(*ontology), Vec::new()));
                }
            }
        }
        for (place, branch) in loot.entries.iter().filter_map(|entry| keys.entry(driver, entry)) {
            // It may open more than it says: it is tried for the whole tree, too.
            let (scope, ontology, term, epoch) = place;
            if term.is_some() {
                let whole = Branch::from_slice(branch.expose()).unwrap();
                found.push(((scope, ontology, None, epoch), whole, Vec::new()));
            }
            found.push((place, branch, term.into_iter().collect()));
        }
        // Whatever follows from a branch: children of any time, and earlier keys behind links.
        while let Some((place, branch, through)) = found.pop() {
            if !keys.keep(place, &branch) {
                continue;
            }
            let (scope, ontology, term, epoch) = place;
            let below = loot.above.iter().filter(|(_, above)| above.contains(&term)).map(|(child, _)| *child);
            found.extend(below.filter(|child| !through.contains(child)).map(|child| {
                let through = through.iter().copied().chain([child]).collect();
                ((scope, ontology, Some(child), epoch), branch.child(child), through)
            }));
            let Some(term) = term else { continue };
            let opened = keys.through_links(driver, loot, (scope, ontology, term), epoch);
            found.extend(
                opened
                    .into_iter()
                    .map(|(epoch, branch)| ((scope, ontology, Some(term), epoch), branch, vec![term])),
            );
        }
        keys
    }

    /// What the links of a term open with the branches that are known of it, one of which is of this epoch. That which it
    /// would have under a new parent in an earlier epoch is among them, as all others that it never had.
    fn through_links(
        &self,
        driver: &Driver<'_>,
        loot: &Loot,
        (scope, ontology, term): (ScopeId, ScopeId, RecordId),
        newest: u32,
    ) -> Vec<(u32, Branch)> {
        let known = |epoch| self.branches.get(&(scope, ontology, Some(term), epoch)).into_iter().flatten();
        let mut opened = Vec::new();
        for link in loot.links.iter().filter(|link| (link.scope, link.term) == (scope, term)) {
            let place = LinkPlace { account: driver.account(), scope, term, epoch: link.epoch };
            let epochs = (0..link.epoch).filter(|epoch| newest == link.epoch || newest == *epoch);
            for (epoch, new) in epochs.flat_map(|epoch| known(link.epoch).map(move |new| (epoch, new))) {
                opened.extend(known(epoch).filter_map(|path| {
                    Some((epoch, open_link(new, path, &place, epoch, &link.sealed).ok()?))
                }));
            }
        }
        opened
    }

    /// Keeps a branch, if it was not known.
    fn keep(&mut self, place: Place, branch: &Branch) -> bool {
        let known = self.branches.entry(place).or_default();
        if known.iter().any(|known| known.ct_eq(branch)) {
            return false;
        }
        known.extend(Branch::from_slice(branch.expose()));
        true
    }

    fn entry(&self, driver: &Driver<'_>, entry: &SliceEntry) -> Option<(Place, Branch)> {
        let keys = self.epochs.get(&(entry.slice, entry.slice_epoch))?;
        let SliceEntry { slice, slice_epoch, scope, epoch, .. } = *entry;
        let place = EntryPlace { account: driver.account(), slice, slice_epoch, scope, epoch };
        let opened = open_entry(&driver.cast.owner.cards, keys, &place, &entry.sealed).ok()?;
        let (ontology, term) = driver.slices[&slice];
        Some(((scope, ontology, term, epoch), opened.branch))
    }

    /// Whether a record opens: with any key that is held.
    pub(crate) fn open(&self, driver: &Driver<'_>, record: &[u8]) -> bool {
        // False paths give false branches for one place: each is tried.
        let most = self.branches.values().map(Vec::len).max().unwrap_or(0).max(1);
        (0..most).any(|at| driver.open(record, &Nth { keys: self, at }).is_some())
    }
}

fn of_kind(driver: &Driver<'_>, is: impl Fn(&Scope) -> bool) -> Vec<ScopeId> {
    driver.scopes.iter().filter(|(scope, _)| is(scope)).map(|(_, id)| *id).collect()
}

/// The keys, with one of several branches for a place.
struct Nth<'k, 'd> {
    keys: &'k Keys<'d>,
    at: usize,
}

impl EpochSource for Nth<'_, '_> {
    fn keys(&self, scope: ScopeId, epoch: u32) -> Option<&EpochKeys> {
        self.keys.epochs.get(&(scope, epoch)).copied()
    }

    fn branch(&self, scope: ScopeId, ontology: ScopeId, term: RecordId, epoch: u32) -> Option<Branch> {
        let known = self.keys.branches.get(&(scope, ontology, Some(term), epoch))?;
        let branch = known.get(self.at).or_else(|| known.last())?;
        Branch::from_slice(branch.expose())
    }

    fn definition(&self, _: ScopeId, _: u32) -> Option<&DefinitionKey> {
        None
    }
}

impl Driver<'_> {
    /// Opens a record with keys; whoever wrote it.
    pub(crate) fn open(&self, record: &[u8], keys: &impl EpochSource) -> Option<OpenedRecord> {
        let mut record = UnopenedRecord::parse(record).unwrap();
        let owner = &self.cast.owner.cards;
        if record.moved().is_some() {
            record.check_mover(Author::Owner(owner)).unwrap();
        }
        let protected = record.protected().clone();
        let sought = Sought {
            account: self.account(),
            scope: protected.scope,
            record: Some(protected.record),
            at_least: 0,
        };
        let evidence: Option<VerifiedAccess> = protected.access.map(|access| self.evidence(access));
        let author = match &evidence {
            None => Author::Owner(owner),
            Some(access) => {
                let of = |person: &&super::cast::Person| person.id() == protected.author;
                let author = self.cast.principals.iter().find(of).unwrap();
                Author::Grantee { cards: &author.cards, access }
            }
        };
        match record.open(&sought, keys, author) {
            Ok(opened) => Some(opened),
            Err(pryv_crypto::record::OpenError::NoKey | pryv_crypto::record::OpenError::ContentKey(_)) => {
                None
            }
            Err(broken) => panic!("a record that an honest client wrote: {broken:?}"),
        }
    }

    /// The stored envelope of a record of a scope, as the owner gets it.
    pub(crate) async fn stored(&self, scope: Scope, record: RecordId) -> pryv_wire::Bytes {
        let get = GetRecord { account: self.account(), scope: self.scopes[&scope], record };
        self.service.get_record(self.callers[0].clone(), get).await.unwrap().record
    }

    pub(crate) async fn open_as_owner(&self, truth: &Truth, record: usize) -> (Envelope, OpenedRecord) {
        let scope = Scope::Collection(truth.records[record].collection);
        let stored = self.stored(scope, self.records[record].0).await;
        let keys = Keys::of_owner(self, &Loot::default());
        let opened = self.open(&stored, &Nth { keys: &keys, at: 0 }).expect("the owner opens everything");
        (super::driver::envelope(&stored), opened)
    }
}
