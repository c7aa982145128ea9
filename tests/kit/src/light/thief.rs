//! A grantee who was handed everything the server ever had, and tries every key on every lock.

use pryv_crypto::{
    EpochKeys, Identity, lockbox,
    record::{Author, Sought, UnopenedRecord},
};
use pryv_proxy_crypto::{
    VerifiedCards,
    pre::{Capsule, TransformKey, transform},
};
use pryv_wire::{
    AccessId, Bytes, ScopeId, Signed,
    scope::{Epoch, Lockbox, NewEpoch},
    transaction::{Commit, GrantAccess, Operation},
};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::collections::BTreeMap;

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
                Operation::CreateScope { epoch, definition, .. } => {
                    self.epoch(epoch);
                    self.records.push(definition.clone());
                }
                Operation::PutRecord { record } => self.records.push(record.clone()),
                Operation::Grant(grant) => self.grant(grant),
                Operation::Revoke { epochs, .. } => epochs.iter().for_each(|epoch| self.epoch(epoch)),
                Operation::BeginEpoch { epoch } => self.epoch(epoch),
                other => panic!("an operation that the thief does not know: {other:?}"),
            }
        }
    }

    fn epoch(&mut self, new: &NewEpoch) {
        self.epochs.push(new.statement.clone());
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
        let contents = self.records.iter().filter_map(|record| open(record, &keys, owner)).collect();
        Opened { epochs: keys.keys().map(|(_, epoch)| *epoch).collect(), capsules, contents }
    }

    fn epoch_of(&self, lockbox: &Lockbox) -> Epoch {
        let epochs = self.epochs.iter().map(|signed| signed.unverified().expect("an epoch"));
        let mut found = epochs.filter(|epoch| epoch.scope == lockbox.scope && epoch.epoch == lockbox.epoch);
        found.next().expect("the lockbox of an epoch that was signed")
    }
}

fn open(
    record: &Bytes,
    keys: &BTreeMap<(ScopeId, u32), EpochKeys>,
    owner: &VerifiedCards,
) -> Option<Vec<u8>> {
    let record = UnopenedRecord::parse(record).expect("an envelope");
    let protected = record.protected();
    let sought = Sought { account: protected.account, scope: protected.scope, record: None, at_least: 0 };
    record.open(&sought, keys, Author::Owner(owner)).ok().map(|opened| opened.content.to_vec())
}
