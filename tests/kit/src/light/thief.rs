//! A grantee who was handed everything the server ever had, and tries every key on every lock.

use pryv_crypto::{
    Branch, EpochKeys, Grantee, GroupKeys, Identity,
    branch::DefinitionKey,
    lockbox,
    record::{Author, EpochSource, Sought, UnopenedRecord},
    slice::{Entry, EntryPlace, open_entry},
};
use pryv_proxy_crypto::{
    CardChain, VerifiedCards,
    pre::{Capsule, PrePublicKey, TransformKey, transform},
};
use pryv_wire::{
    AccessId, Bytes, PrincipalId, RecordId, ScopeId, Signed,
    card::Card,
    scope::{Epoch, Lockbox, NewEpoch, Slice, SliceEntry},
    transaction::{Commit, GrantAccess, Operation},
};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that a server was ever given for one account: nothing deleted, nothing hidden.
#[derive(Debug, Default)]
pub struct Loot {
    /// The epochs, as the owner signed them.
    pub epochs: Vec<Signed<Epoch>>,
    /// The lockboxes of epochs.
    pub lockboxes: Vec<Lockbox>,
    /// Shares of lock keys: the access, and the share.
    pub shares: Vec<(AccessId, Bytes)>,
    /// Transform keys.
    pub transforms: Vec<Bytes>,
    /// Envelopes of records.
    pub records: Vec<Bytes>,
    /// What slices open.
    pub slices: BTreeMap<ScopeId, Slice>,
    /// The keys of slices, under those of their epochs.
    pub entries: Vec<SliceEntry>,
    /// The cards of groups, by the scope that keeps their members.
    pub groups: BTreeMap<ScopeId, Vec<Signed<Card>>>,
}

/// What the thief got open.
#[derive(Debug)]
pub struct Opened {
    /// The epochs whose keys are open.
    pub epochs: Vec<u32>,
    /// How many capsules gave way to a transform key, that is how many locks 1 fell.
    pub capsules: usize,
    /// The contents of the records that are open.
    pub contents: Vec<Vec<u8>>,
}

impl Loot {
    /// Keeps everything of one transaction.
    pub fn keep(&mut self, commit: &Commit) {
        for operation in &commit.operations {
            match operation {
                Operation::CreateScope { epoch, definition, kind, entries } => {
                    self.epoch(epoch);
                    self.records.push(definition.clone());
                    self.entries.extend(entries.iter().cloned());
                    if let Some(slice) = kind.slice() {
                        let scope = epoch.statement.unverified().expect("an epoch").scope;
                        self.slices.insert(scope, slice.clone());
                    }
                }
                Operation::LinkOntology { entries, .. } => self.entries.extend(entries.iter().cloned()),
                Operation::PutRecord { record } | Operation::MoveTerm { record, .. } => {
                    self.records.push(record.clone());
                }
                Operation::PlaceRecord { envelope, .. } => self.records.push(envelope.clone()),
                Operation::Grant(grant) => self.grant(grant),
                Operation::Revoke { epochs, .. } => epochs.iter().for_each(|epoch| self.epoch(epoch)),
                Operation::BeginEpoch { epoch } => self.epoch(epoch),
                other => panic!("an operation that the thief does not know: {other:?}"),
            }
        }
    }

    fn epoch(&mut self, new: &NewEpoch) {
        self.epochs.push(new.statement.clone());
        if let Some(group) = &new.group {
            let scope = new.statement.unverified().expect("an epoch").scope;
            self.groups.entry(scope).or_default().push(group.card.clone());
        }
        self.entries.extend(new.entries.iter().cloned());
        if let Some(lockbox) = &new.lockbox {
            self.lockbox(lockbox);
        }
    }

    fn lockbox(&mut self, lockbox: &Lockbox) {
        self.lockboxes.push(lockbox.clone());
        self.shares.extend(lockbox.shares.iter().map(|share| (share.access, share.sealed.clone())));
    }

    fn grant(&mut self, grant: &GrantAccess) {
        grant.lockboxes.iter().for_each(|lockbox| self.lockbox(lockbox));
        self.shares.extend(grant.shares.iter().map(|share| (share.access, share.sealed.clone())));
        self.transforms.extend(grant.transforms.iter().map(|transform| transform.key.clone()));
    }

    /// Tries every transform key on every capsule, every share on every lockbox, and every key that comes out of it on
    /// every record.
    ///
    /// # Panics
    ///
    /// If the loot is not what an honest client sent.
    #[must_use]
    pub fn break_open(&self, thief: &Identity, owner: &VerifiedCards) -> Opened {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut keys: BTreeMap<(ScopeId, u32), EpochKeys> = BTreeMap::new();
        let mut capsules = 0;
        for lockbox in &self.lockboxes {
            let epoch = self.epoch_of(lockbox);
            for transform_key in &self.transforms {
                let transform_key = TransformKey::parse(transform_key).expect("a transform key");
                let capsule = Capsule::parse(&lockbox.capsule).expect("a capsule");
                let Ok(turned) = transform(&capsule, &transform_key, &mut rng) else { continue };
                let turned = turned.to_wire();
                // A capsule that is turned to the thief opens for the thief: lock 1 is no hindrance here.
                capsules += usize::from(
                    transform_key.delegatee().is_ok_and(|to| to == *thief.pre_public(to.curve())),
                );
                for (access, share) in &self.shares {
                    if let Ok(found) = lockbox::open(thief, &epoch, *access, &turned, share, &lockbox.sealed)
                    {
                        keys.insert((epoch.scope, epoch.epoch), found);
                    }
                }
            }
        }
        self.break_groups(thief, &mut keys);
        let held = Keys { tops: self.tops(&keys, owner), parents: self.parents(), keys };
        let contents = self.records.iter().filter_map(|record| open(record, &held, owner)).collect();
        Opened { epochs: held.keys.keys().map(|(_, epoch)| *epoch).collect(), capsules, contents }
    }

    /// Tries what leads to groups, and on to the thief, with the keys of every epoch of a group that came open.
    fn break_groups(&self, thief: &Identity, keys: &mut BTreeMap<(ScopeId, u32), EpochKeys>) {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let transforms: Vec<_> =
            self.transforms.iter().map(|key| TransformKey::parse(key).expect("a transform key")).collect();
        let to = |key: &&TransformKey, public: &PrePublicKey| key.delegatee().is_ok_and(|to| to == *public);
        for (scope, cards) in &self.groups {
            let cards = CardChain::verify(cards, PrincipalId::of(&cards[0])).expect("the cards of a group");
            let epochs: Vec<_> =
                self.epochs.iter().map(|epoch| epoch.unverified().expect("an epoch")).collect();
            let held = epochs.iter().filter(|epoch| epoch.scope == *scope);
            let held = held.filter_map(|epoch| Some((epoch, keys.get(&(*scope, epoch.epoch))?)));
            let place = cards.current().group.expect("a group");
            let group = GroupKeys::verify(&cards, place, held).expect("what the owner of the group signed");
            let member = Grantee::member(thief, &group);
            for lockbox in &self.lockboxes {
                let epoch = self.epoch_of(lockbox);
                let capsule = Capsule::parse(&lockbox.capsule).expect("a capsule");
                for first in transforms.iter().filter(|key| to(key, cards.pre(capsule.curve()))) {
                    let Ok(turned) = transform(&capsule, first, &mut rng) else { continue };
                    let own = thief.pre_public(capsule.curve());
                    for second in transforms.iter().filter(|key| to(key, own)) {
                        let Ok(turned) = transform(&turned, second, &mut rng) else { continue };
                        let turned = turned.to_wire();
                        for (access, share) in &self.shares {
                            let sealed = &lockbox.sealed;
                            if let Ok(found) = lockbox::open(member, &epoch, *access, &turned, share, sealed)
                            {
                                keys.insert((epoch.scope, epoch.epoch), found);
                            }
                        }
                    }
                }
            }
        }
    }

    /// The branches that the entries of slices give to who holds epochs of the slices.
    fn tops(&self, keys: &BTreeMap<(ScopeId, u32), EpochKeys>, owner: &VerifiedCards) -> Tops {
        let mut tops: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for entry in &self.entries {
            let Some(keys) = keys.get(&(entry.slice, entry.slice_epoch)) else { continue };
            let place = EntryPlace {
                account: owner.principal(),
                slice: entry.slice,
                slice_epoch: entry.slice_epoch,
                scope: entry.scope,
                epoch: entry.epoch,
            };
            let opened = open_entry(owner, keys, &place, &entry.sealed).expect("an entry of the owner's");
            let term = self.slices.get(&entry.slice).expect("a slice that was made").term;
            tops.entry((entry.scope, entry.epoch)).or_default().push((term, opened));
        }
        tops
    }

    /// Every place that each term ever had.
    fn parents(&self) -> BTreeMap<RecordId, BTreeSet<Option<RecordId>>> {
        let mut parents: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for record in &self.records {
            let record = UnopenedRecord::parse(record).expect("an envelope");
            if let Some(parent) = record.placement().parent {
                parents.entry(record.protected().record).or_default().insert(parent.term);
            }
        }
        parents
    }

    fn epoch_of(&self, lockbox: &Lockbox) -> Epoch {
        let epochs = self.epochs.iter().map(|signed| signed.unverified().expect("an epoch"));
        let mut found = epochs.filter(|epoch| epoch.scope == lockbox.scope && epoch.epoch == lockbox.epoch);
        found.next().expect("the lockbox of an epoch that was signed")
    }
}

/// By scope and epoch, the branches with which slices begin.
type Tops = BTreeMap<(ScopeId, u32), Vec<(Option<RecordId>, Entry)>>;

/// Every key that came open.
struct Keys {
    keys: BTreeMap<(ScopeId, u32), EpochKeys>,
    tops: Tops,
    parents: BTreeMap<RecordId, BTreeSet<Option<RecordId>>>,
}

impl Keys {
    fn below(&self, top: Option<RecordId>, branch: &Branch, term: RecordId, depth: usize) -> Option<Branch> {
        if top == Some(term) {
            return Branch::from_slice(branch.expose());
        }
        if depth == 0 {
            return None;
        }
        self.parents.get(&term)?.iter().find_map(|parent| match parent {
            None if top.is_none() => Some(branch.child(term)),
            None => None,
            Some(parent) => Some(self.below(top, branch, *parent, depth - 1)?.child(term)),
        })
    }
}

impl EpochSource for Keys {
    fn keys(&self, scope: ScopeId, epoch: u32) -> Option<&EpochKeys> {
        self.keys.get(&(scope, epoch))
    }

    fn branch(&self, scope: ScopeId, _: ScopeId, term: RecordId, epoch: u32) -> Option<Branch> {
        let tops = self.tops.get(&(scope, epoch))?;
        tops.iter().find_map(|(top, entry)| self.below(*top, &entry.branch, term, 32))
    }

    fn definition(&self, scope: ScopeId, epoch: u32) -> Option<&DefinitionKey> {
        self.tops.get(&(scope, epoch))?.first().map(|(_, entry)| &entry.definition)
    }
}

fn open(record: &Bytes, keys: &Keys, owner: &VerifiedCards) -> Option<Vec<u8>> {
    let mut record = UnopenedRecord::parse(record).expect("an envelope");
    if record.moved().is_some() {
        record.check_mover(Author::Owner(owner)).ok()?;
    }
    let protected = record.protected();
    let sought = Sought { account: protected.account, scope: protected.scope, record: None, at_least: 0 };
    record.open(&sought, keys, Author::Owner(owner)).ok().map(|opened| opened.content.to_vec())
}
