//! For tests: two principals, a scope of one of them, and a server that is a few lines of this file.

use super::{
    access::{Opened, Signers, open_granted, open_received},
    epoch,
    grant::{Terms, ToGrant, make},
    record::{Writer, to_bytes},
    scope::{Role, ScopeState, open},
};
use crate::{
    definition::{Definition, StoredDefinition},
    environment::Random,
    failure::Failure,
};
use pryv_crypto::{
    AccountSecret, Identity,
    record::{Draft, NewTokens, RecordSealer},
};
use pryv_proxy_crypto::{CardChain, VerifiedCards, pre};
use pryv_wire::{
    AccessId, Bytes, RecordId, ScopeId, Signed, Timestamp,
    access::{AccessState, Level, Revocation},
    card::PrincipalKind,
    encode,
    record::RecordKind,
    scope::{EpochKeys, EpochOpened, Lockbox, NewEpoch, ScopeKind, ScopeOpened},
    transaction::GrantAccess,
};
use rand::rngs::StdRng;
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_000_000);

pub(crate) struct Party {
    pub(crate) identity: Identity,
    pub(crate) cards: VerifiedCards,
}

impl Party {
    pub(crate) fn new(seed: u8) -> Self {
        let secret = AccountSecret::generate(&mut rng(seed));
        let (identity, card) = Identity::found(&secret, PrincipalKind::Account, NOW).unwrap();
        let cards = CardChain::verify(&[card], identity.principal()).unwrap();
        Self { identity, cards }
    }
}

pub(crate) fn rng(seed: u8) -> StdRng {
    Random::from_seed([seed; 32]).fork()
}

/// Ada owns a scope of notes; the server keeps what it was given.
pub(crate) struct World {
    pub(crate) ada: Party,
    pub(crate) bob: Party,
    pub(crate) scope: ScopeId,
    pub(crate) definition: Bytes,
    pub(crate) epochs: Vec<NewEpoch>,
    pub(crate) grants: Vec<(GrantAccess, Option<Signed<Revocation>>)>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::of(Party::new(1), 3)
    }

    /// A world of another owner, or of the same one with other keys.
    pub(crate) fn of(ada: Party, seed: u8) -> Self {
        let notes = Definition::new("x:notes", "Notes", "note", json!({"type": "object"}));
        Self::with(ada, seed, notes.equality("/tag"))
    }

    /// A world with another definition.
    pub(crate) fn with(ada: Party, seed: u8, definition: Definition) -> Self {
        let bob = Party::new(2);
        let scope = ada.identity.scope_id(&definition.uri);
        let (statement, keys, new) = epoch::first(&ada.identity, scope, NOW, &mut rng(seed)).unwrap();
        let content = encode(&StoredDefinition::first(definition));
        let draft = Draft {
            record: RecordId::definition(scope),
            version: 1,
            kind: RecordKind::Definition,
            definition: None,
            content: &content,
            tokens: NewTokens::default(),
            written_at: NOW,
        };
        let sealer = RecordSealer::for_reader(&ada.identity, &statement, &keys, None).unwrap();
        let definition = to_bytes(&sealer.seal(&draft, &mut rng(4)).unwrap().envelope);
        Self { ada, bob, scope, definition, epochs: vec![new], grants: Vec::new() }
    }

    fn lockbox(&self, number: usize) -> Option<&Lockbox> {
        let granted = self.grants.iter().flat_map(|(grant, _)| &grant.lockboxes);
        let mut all = granted.chain(self.epochs.iter().filter_map(|epoch| epoch.lockbox.as_ref()));
        all.find(|lockbox| usize::try_from(lockbox.epoch) == Ok(number))
    }

    /// What an honest server answers to the owner.
    pub(crate) fn for_owner(&self) -> ScopeOpened {
        let epochs = self.epochs.iter().enumerate().map(|(number, epoch)| EpochOpened {
            statement: epoch.statement.clone(),
            keys: EpochKeys::Owner {
                wrap: epoch.owner_wrap.clone(),
                lock: self.lockbox(number).map(|lockbox| lockbox.owner_lock.clone()),
            },
        });
        let live = self.grants.iter().filter(|(_, revoked)| revoked.is_none());
        ScopeOpened {
            kind: ScopeKind::collection(),
            definition: self.definition.clone(),
            epochs: epochs.collect(),
            pre: self.grants.iter().flat_map(|(grant, _)| grant.pre.clone()).next(),
            readers: live.map(|(grant, _)| grant.statement.unverified().unwrap().access).collect(),
            entries: Vec::new(),
            indexed: Vec::new(),
            slices: Vec::new(),
        }
    }

    /// What an honest server answers to the grantee of a grant, pairings included.
    pub(crate) fn for_grantee(&self, grant: usize) -> ScopeOpened {
        let grant = &self.grants[grant].0;
        let access = grant.statement.unverified().unwrap().access;
        let key = pre::TransformKey::parse(&grant.transforms[0].key).unwrap();
        let later =
            self.epochs.iter().filter_map(|epoch| epoch.lockbox.as_ref()).flat_map(|lockbox| &lockbox.shares);
        let shares: Vec<_> =
            grant.shares.iter().chain(later).filter(|share| share.access == access).collect();
        let epochs = self.epochs.iter().enumerate().filter_map(|(number, epoch)| {
            let share = shares.iter().find(|share| usize::try_from(share.epoch) == Ok(number))?;
            let lockbox = self.lockbox(number)?;
            let capsule = pre::Capsule::parse(&lockbox.capsule).unwrap();
            let capsule = pre::transform(&capsule, &key, &mut rng(9)).unwrap().to_wire();
            let keys =
                EpochKeys::Grantee { capsule, share: share.sealed.clone(), sealed: lockbox.sealed.clone() };
            Some(EpochOpened { statement: epoch.statement.clone(), keys })
        });
        ScopeOpened {
            kind: ScopeKind::collection(),
            definition: self.definition.clone(),
            epochs: epochs.collect(),
            pre: None,
            readers: Vec::new(),
            entries: Vec::new(),
            indexed: Vec::new(),
            slices: Vec::new(),
        }
    }

    pub(crate) fn open_owner(
        &self,
        answer: &ScopeOpened,
        known: Option<&ScopeState>,
    ) -> Result<ScopeState, Failure> {
        open(&self.ada.identity, &self.ada.cards, self.scope, &Role::Owner, Vec::new(), answer, known)
    }

    pub(crate) fn owner(&self) -> ScopeState {
        self.open_owner(&self.for_owner(), None).unwrap()
    }

    /// Grants the scope to Bob; answers with the number of the grant.
    pub(crate) fn grant(&mut self, level: Level, until: Option<Timestamp>) -> usize {
        let number = self.grants.len();
        let terms = Terms {
            name: "For Bob".into(),
            purpose: String::new(),
            valid_from: None,
            valid_until: until,
            terms: None,
            max_uses: None,
        };
        let id = AccessId::from_bytes([u8::try_from(number).unwrap(); 16]);
        let scopes = [ToGrant { state: Arc::new(self.owner()), level, only: None }];
        let made =
            make(&self.ada.identity, &self.bob.cards, &scopes, &[], &terms, id, NOW, &mut rng(5)).unwrap();
        self.grants.push((made, None));
        number
    }

    /// Who signs accesses here.
    pub(crate) fn signers(&self) -> Signers {
        Signers { owner: Arc::new(self.ada.cards.clone()), manager: None, grantee: None }
    }

    /// Ada's accesses as an honest server lists them.
    pub(crate) fn granted(&self) -> Vec<Opened> {
        let state = |(grant, revocation): &(GrantAccess, Option<Signed<Revocation>>)| AccessState {
            statement: grant.statement.clone(),
            revocation: revocation.clone(),
            served: Vec::new(),
            parent: None,
            uses: None,
        };
        let open = |state: AccessState| open_granted(&self.ada.identity, &self.signers(), &state).unwrap();
        self.grants.iter().map(state).map(open).collect()
    }

    /// Bob's role by a grant.
    pub(crate) fn role(&self, grant: usize) -> Role {
        let state = AccessState {
            statement: self.grants[grant].0.statement.clone(),
            revocation: None,
            served: Vec::new(),
            parent: None,
            uses: None,
        };
        let opened = open_received(&self.bob.identity, &self.signers(), &state).unwrap();
        Role::Grantee { access: opened.evidence, note: opened.note, others: Vec::new(), group: None }
    }

    pub(crate) fn open_bob(
        &self,
        grant: usize,
        answer: &ScopeOpened,
        known: Option<&ScopeState>,
    ) -> Result<ScopeState, Failure> {
        open(&self.bob.identity, &self.ada.cards, self.scope, &self.role(grant), Vec::new(), answer, known)
    }

    /// A record of Ada's in the present epoch.
    pub(crate) fn write(&self, data: &Value) -> Bytes {
        let state = self.owner();
        let writer = Writer::new(&self.ada.identity, &Role::Owner, &state, NOW).unwrap();
        to_bytes(
            &writer.instance(RecordId::from_bytes([6; 16]), 1, data, &[], false, &mut rng(7)).unwrap().seal(),
        )
    }
}
