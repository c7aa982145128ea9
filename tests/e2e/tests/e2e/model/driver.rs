//! Does to a server what a plan says: makes the messages that a client would make, and keeps what the owner keeps.

use super::{
    cast::{Cast, Person},
    plan::GROUP,
    truth::{Act, Scope, Truth},
};
use pryv_crypto::{
    EpochKeys, VerifiedAccess,
    branch::{Branch, Earlier, LinkPlace, seal_link},
    group::{first_card, next_card},
    record::{Draft, Filing, NewTokens, Placing, RecordSealer},
    slice::{EntryPlace, seal_entry},
};
use pryv_proxy_crypto::{CardChain, VerifiedCards};
use pryv_server::{
    permission::{By, Caller},
    service::Service,
    store::Step,
};
use pryv_test_kit::clock::START;
use pryv_wire::{
    AccessId, Bytes, PrincipalId, RecordId, ScopeId, Signed, Suite, TransactionId,
    access::{Access, LastEpoch, Revocation},
    bytes::TermSalt,
    card::Card,
    encode,
    record::{DefinitionRef, Envelope, Parent, RecordKind},
    scope::{
        CollectionKind, Epoch, GroupCard, History, Lockbox, MovedTerm, NewEpoch, ScopeKind, ScopePre,
        SealedGroup, Share, Slice, SliceData, SliceEntry, Transform,
    },
    term::TermLink,
    transaction::{Commit, GrantAccess, Operation},
};
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A mistake of a client, or of a server, that the model must find.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// An entry of a slice holds the branch of the whole ontology.
    WideEntry,
    /// An instance is wrapped for the readers of a term under another key.
    WrongBranch,
    /// Who was revoked is handed the keys of the next epoch.
    SharedOn,
    /// What goes to the group is sealed to its first card, whatever is said of it.
    FirstCard,
}

/// An account under way.
pub(crate) struct Driver<'c> {
    pub(crate) fault: Option<Fault>,
    pub(crate) cast: &'c Cast,
    pub(crate) service: Service,
    pub(crate) callers: Vec<Caller>,
    pub(crate) rng: ChaCha20Rng,
    pub(crate) scopes: BTreeMap<Scope, ScopeId>,
    pub(crate) keys: BTreeMap<(Scope, u32), (Epoch, EpochKeys)>,
    definitions: BTreeMap<Scope, DefinitionRef>,
    pub(crate) terms: Vec<(RecordId, u64)>,
    salts: Vec<TermSalt>,
    /// What each slice begins with.
    pub(crate) slices: BTreeMap<ScopeId, (ScopeId, Option<RecordId>)>,
    pub(crate) records: Vec<(RecordId, u64)>,
    pub(crate) accesses: Vec<AccessId>,
    /// The cards of the group.
    cards: Vec<Signed<Card>>,
    /// Scopes that were granted, and epochs that have a lockbox.
    pre: BTreeSet<Scope>,
    locked: BTreeSet<(Scope, u32)>,
    /// Everything that was ever sent.
    pub(crate) sent: Vec<Commit>,
    /// Shares that went another way.
    pub(crate) leaked: Vec<Share>,
}

/// What a share holds here, in the place of a sealed lock key: whose keys the harness hands over; of a share of the group, to
/// whoever has the keys of that card.
pub(crate) fn share_of(access: AccessId, scope: ScopeId, epoch: u32, card: Option<u32>) -> Bytes {
    Bytes::from(encode(&("share", access, scope, epoch, card)))
}

impl<'c> Driver<'c> {
    pub(crate) fn new(cast: &'c Cast, seed: u64) -> Self {
        let (service, callers) = cast.node();
        Self {
            fault: None,
            cast,
            service,
            callers,
            rng: ChaCha20Rng::seed_from_u64(seed),
            scopes: BTreeMap::new(),
            keys: BTreeMap::new(),
            definitions: BTreeMap::new(),
            terms: Vec::new(),
            salts: Vec::new(),
            slices: BTreeMap::new(),
            records: Vec::new(),
            accesses: Vec::new(),
            cards: Vec::new(),
            pre: BTreeSet::new(),
            locked: BTreeSet::new(),
            sent: Vec::new(),
            leaked: Vec::new(),
        }
    }

    pub(crate) fn owner(&self) -> &'c Person {
        &self.cast.owner
    }

    pub(crate) fn account(&self) -> PrincipalId {
        self.owner().id()
    }

    /// Does what a step became. `truth` has taken it.
    pub(crate) async fn act(&mut self, truth: &Truth, act: &Act) -> Result<(), String> {
        let mut by = 0;
        let operations = match act {
            Act::Ontology => {
                let group = self.cards.is_empty().then(|| self.create(truth, Scope::Group, ScopeKind::Group));
                let ontology = Scope::Ontology(truth.ontologies - 1);
                group.into_iter().chain([self.create(truth, ontology, ScopeKind::Ontology)]).collect()
            }
            Act::Follow { rotate } => rotate
                .iter()
                .map(|scope| Operation::BeginEpoch { epoch: self.next(truth, *scope, None, &[]) })
                .collect(),
            Act::Term { term } => vec![self.term(truth, *term)],
            Act::Collection { links } => {
                let ontologies = links.iter().map(|link| self.scopes[&Scope::Ontology(*link)]).collect();
                let kind = ScopeKind::Collection(CollectionKind { ontologies, history: History::None });
                let mut operations = vec![self.create(truth, Scope::Collection(truth.links.len() - 1), kind)];
                // A slice of every collection covers a new one from its first epoch on, which its creation does not say:
                // the client links afterwards.
                if let Operation::CreateScope { kind: ScopeKind::Collection(kind), .. } = &mut operations[0] {
                    kind.ontologies.clear();
                }
                for link in links {
                    operations.push(self.link(truth, truth.links.len() - 1, *link));
                }
                operations
            }
            Act::Link { collection, ontology } => vec![self.link(truth, *collection, *ontology)],
            Act::Write { record } => {
                by = truth.records[*record].by.map_or(0, |grant| 1 + truth.grants[grant].to);
                vec![self.write(truth, *record)]
            }
            Act::Grant { grant, new_slice, rotate } => self.grant(truth, *grant, *new_slice, rotate),
            Act::GrantOn { grant } => {
                by = 1 + self.manager(truth, *grant);
                vec![self.grant_onward(truth, *grant)]
            }
            Act::Revoke { grant, below, adopted, rotate } => {
                let revoke = self.revoke(truth, *grant, below, adopted, rotate);
                let adopted = adopted.iter().map(|grant| self.grant_operation(truth, *grant));
                [revoke].into_iter().chain(adopted).collect()
            }
            Act::EndOn { grant } => {
                let manager = self.manager(truth, *grant);
                by = 1 + manager;
                let ended = truth.opened_by(truth.grants[*grant].target);
                let statement = self.end(*grant, &self.cast.principals[manager], &ended);
                vec![Operation::Revoke { statement, below: Vec::new(), epochs: Vec::new() }]
            }
            Act::Rotate { scope } => {
                vec![Operation::BeginEpoch { epoch: self.next(truth, *scope, None, &[]) }]
            }
            Act::Move { term, rotate } => self.move_term(truth, *term, rotate),
            Act::Place { record } => vec![self.place(truth, *record).await],
            Act::Delete { record } => vec![self.delete(truth, *record)],
            Act::DeleteTerm { term } => vec![self.delete_term(truth, *term)],
        };
        let mut transaction = [0; 16];
        self.rng.fill_bytes(&mut transaction);
        let transaction = TransactionId::from_bytes(transaction);
        let commit = Commit { account: self.account(), transaction, operations };
        self.sent.push(commit.clone());
        let answer = self.service.commit(self.callers[by].clone(), commit).await;
        answer.map(|_| ()).map_err(|error| format!("{act:?}: {error:?}"))
    }

    fn id16(&mut self) -> [u8; 16] {
        let mut id = [0; 16];
        self.rng.fill_bytes(&mut id);
        id
    }

    fn create(&mut self, truth: &Truth, scope: Scope, kind: ScopeKind) -> Operation {
        let id = ScopeId::from_bytes(self.id16());
        self.scopes.insert(scope, id);
        let suite = if scope == Scope::Group { Suite::HYBRID } else { Suite::CLASSIC };
        let keys = EpochKeys::generate_in(suite, &mut self.rng).unwrap();
        let epoch = self.epoch(truth, scope, 0, keys, None, &[]);
        let definition = {
            let (epoch, keys) = &self.keys[&(scope, 0)];
            let sealer = RecordSealer::for_reader(&self.cast.owner.identity, epoch, keys, None).unwrap();
            let draft = draft(RecordId::definition(id), 1, RecordKind::Definition, None, b"a definition");
            sealer.seal(&draft, &mut self.rng).unwrap().envelope
        };
        self.definitions.insert(scope, DefinitionRef { version: 1, digest: definition.digest() });
        let entries = match scope {
            Scope::Slice(slice) => {
                let covered = truth.covered(slice);
                let all = covered.into_iter().flat_map(|of| (0..=truth.epochs[&of]).map(move |at| (of, at)));
                // What begins in the same transaction, begins behind this: its entry comes with it.
                let there: Vec<_> = all.filter(|place| self.keys.contains_key(place)).collect();
                there.into_iter().map(|(of, at)| self.entry(truth, slice, of, at)).collect()
            }
            _ => Vec::new(),
        };
        Operation::CreateScope { epoch, definition: Bytes::from(encode(&definition)), kind, entries }
    }

    fn link(&mut self, truth: &Truth, collection: usize, ontology: usize) -> Operation {
        let scope = Scope::Collection(collection);
        let every: Vec<usize> = (0..truth.slices.len())
            .filter(|slice| truth.slices[*slice].ontology == ontology && truth.slices[*slice].data.is_none())
            .filter(|slice| truth.is_kept(*slice))
            .collect();
        let entries =
            every.into_iter().map(|slice| self.entry(truth, slice, scope, truth.epochs[&scope])).collect();
        let ontology = self.scopes[&Scope::Ontology(ontology)];
        Operation::LinkOntology { collection: self.scopes[&scope], ontology, entries }
    }

    /// The branch of a term as the owner derives it.
    pub(crate) fn branch(
        &self,
        truth: &Truth,
        scope: Scope,
        ontology: usize,
        term: Option<usize>,
        epoch: u32,
    ) -> Branch {
        match term {
            None => {
                let (_, keys) = &self.keys[&(scope, epoch)];
                match scope {
                    Scope::Collection(_) => keys.data(self.scopes[&Scope::Ontology(ontology)]),
                    _ => keys.structure(),
                }
            }
            Some(term) => {
                let parent = truth.parent_at(scope, term, epoch);
                self.branch(truth, scope, ontology, parent, epoch).child(self.terms[term].0)
            }
        }
    }

    fn entry(&mut self, truth: &Truth, slice: usize, scope: Scope, epoch: u32) -> SliceEntry {
        let what = &truth.slices[slice];
        // The newest epoch of the slice that there is by now.
        let slice_epoch = self.present(Scope::Slice(slice));
        let place = EntryPlace {
            account: self.account(),
            slice: self.scopes[&Scope::Slice(slice)],
            slice_epoch,
            scope: self.scopes[&scope],
            epoch,
        };
        let term = if self.fault == Some(Fault::WideEntry) { None } else { what.term };
        let branch = self.branch(truth, scope, what.ontology, term, epoch);
        let definition = self.keys[&(scope, epoch)].1.definition();
        let keys = &self.keys[&(Scope::Slice(slice), slice_epoch)].1;
        let sealed = seal_entry(&self.cast.owner.identity, keys, &place, &branch, &definition, &mut self.rng);
        SliceEntry { slice: place.slice, slice_epoch, scope: place.scope, epoch, sealed }
    }

    /// The newest epoch of a scope whose keys are made.
    fn present(&self, scope: Scope) -> u32 {
        let all = self.keys.range((scope, 0)..=(scope, u32::MAX));
        all.last().expect("a scope with keys").0.1
    }

    fn next(&mut self, truth: &Truth, scope: Scope, moved: Option<MovedTerm>, except: &[usize]) -> NewEpoch {
        let last = self.present(scope);
        let keys = self.keys[&(scope, last)].1.next(&mut self.rng);
        self.epoch(truth, scope, last + 1, keys, moved, except)
    }

    fn epoch(
        &mut self,
        truth: &Truth,
        scope: Scope,
        number: u32,
        keys: EpochKeys,
        moved: Option<MovedTerm>,
        except: &[usize],
    ) -> NewEpoch {
        let owner = &self.cast.owner.identity;
        let mut statement = keys.statement(self.account(), self.scopes[&scope], number, START);
        statement.moved = moved;
        let readers = self.readers(truth, scope, number, except);
        let of_group = |grant: &&usize| truth.grants[**grant].to == GROUP;
        let of_group = readers.iter().filter(of_group).map(|grant| self.accesses[*grant]);
        let card = u32::try_from(self.cards.len()).unwrap().saturating_sub(1);
        statement.groups = of_group.map(|access| SealedGroup { access, card }).collect();
        statement.groups.sort_by_key(|sealed| sealed.access);
        let group = (scope == Scope::Group).then(|| self.group_card(&keys, number));
        statement.card = group.as_ref().map(|group| group.card.digest());
        let owner_wrap = owner.keyring().wrap_epoch(&statement, &keys, &mut self.rng).unwrap();
        let signed = owner.sign(&statement);
        self.keys.insert((scope, number), (statement, keys));
        let lockbox = (!readers.is_empty()).then(|| self.lockbox(truth, scope, number, &readers));
        // A scope begins with no slice that covers it: what links it afterwards brings their entries.
        let covering = if number == 0 { Vec::new() } else { truth.covering(scope) };
        let entries = covering
            .into_iter()
            // A slice that is made in this transaction comes first, and brings its own.
            .filter(|slice| self.scopes.contains_key(&Scope::Slice(*slice)))
            .collect::<Vec<_>>();
        let entries = entries.into_iter().map(|slice| self.entry(truth, slice, scope, number)).collect();
        NewEpoch { statement: signed, owner_wrap, lockbox, entries, group: group.map(Box::new) }
    }

    /// The grants by which an epoch that begins is read.
    fn readers(&self, truth: &Truth, scope: Scope, number: u32, except: &[usize]) -> Vec<usize> {
        // Nobody reads a scope before it is there, though the truth is ahead of that.
        (0..truth.grants.len())
            .filter(|grant| number > 0 && !except.contains(grant))
            .filter(|grant| {
                let one = &truth.grants[*grant];
                one.live && one.target == scope && one.level.reads()
            })
            .collect()
    }

    /// The card of an epoch of the group.
    fn group_card(&mut self, keys: &EpochKeys, number: u32) -> GroupCard {
        let (owner, scope) = (&self.cast.owner.identity, self.scopes[&Scope::Group]);
        let (card, pre) = if number == 0 {
            let owner_wrap =
                owner.keyring().wrap_pre(Suite::HYBRID, scope, 0, &self.cast.group, &mut self.rng);
            let pre = ScopePre {
                scope,
                generation: 0,
                public: self.cast.group.public().to_wire(),
                owner_wrap: owner_wrap.unwrap(),
                suite: Suite::HYBRID,
            };
            self.pre.insert(Scope::Group);
            (first_card(owner, scope, keys, self.cast.group.public(), START).unwrap(), Some(pre))
        } else {
            (next_card(owner, scope, &self.group(), keys, START).unwrap(), None)
        };
        self.cards.push(card.clone());
        GroupCard { card, pre }
    }

    /// The group as it shows itself.
    pub(crate) fn group(&self) -> VerifiedCards {
        CardChain::verify(&self.cards, self.group_id()).unwrap()
    }

    pub(crate) fn group_id(&self) -> PrincipalId {
        PrincipalId::of(&self.cards[0])
    }

    fn lockbox(&mut self, truth: &Truth, scope: Scope, epoch: u32, readers: &[usize]) -> Lockbox {
        self.locked.insert((scope, epoch));
        let id = self.scopes[&scope];
        let shares = readers.iter().map(|grant| self.share(truth, *grant, scope, epoch)).collect();
        let junk = |length: usize| Bytes::from(vec![0x5A; length]);
        let capsule = self.cast.capsule.clone();
        Lockbox { scope: id, epoch, generation: 0, capsule, sealed: junk(80), owner_lock: junk(60), shares }
    }

    fn share(&self, truth: &Truth, grant: usize, scope: Scope, epoch: u32) -> Share {
        let (access, scope) = (self.accesses[grant], self.scopes[&scope]);
        let present = u32::try_from(self.cards.len()).unwrap().saturating_sub(1);
        let card = if self.fault == Some(Fault::FirstCard) { 0 } else { present };
        let card = (truth.grants[grant].to == GROUP).then_some(card);
        Share { access, scope, epoch, sealed: share_of(access, scope, epoch, card) }
    }

    fn slice_on_wire(&self, truth: &Truth, slice: usize) -> Slice {
        let slice = &truth.slices[slice];
        let data = match &slice.data {
            None => SliceData::Every,
            Some(some) if some.is_empty() => SliceData::None,
            Some(some) => {
                let mut ids: Vec<ScopeId> =
                    some.iter().map(|collection| self.scopes[&Scope::Collection(*collection)]).collect();
                ids.sort_unstable();
                SliceData::Collections(ids)
            }
        };
        Slice {
            ontology: self.scopes[&Scope::Ontology(slice.ontology)],
            term: slice.term.map(|term| self.terms[term].0),
            data,
            labels: slice.labels,
        }
    }

    fn grant(&mut self, truth: &Truth, grant: usize, new_slice: bool, rotate: &[Scope]) -> Vec<Operation> {
        let what = truth.grants[grant].clone();
        let scope = what.target;
        let access = AccessId::from_bytes(self.id16());
        self.accesses.push(access);
        let mut operations = Vec::new();
        if let (Scope::Slice(number), true) = (scope, new_slice) {
            let slice = self.slice_on_wire(truth, number);
            let begins = (slice.ontology, slice.term);
            operations.push(self.create(truth, scope, ScopeKind::Slice(slice.clone())));
            self.slices.insert(self.scopes[&scope], begins);
        }
        for rotated in rotate {
            operations.push(Operation::BeginEpoch { epoch: self.next(truth, *rotated, None, &[grant]) });
        }
        operations.push(self.grant_operation(truth, grant));
        operations
    }

    /// A grant by the owner, of a scope that is there.
    fn grant_operation(&mut self, truth: &Truth, grant: usize) -> Operation {
        let what = truth.grants[grant].clone();
        let scope = what.target;
        if grant == self.accesses.len() {
            let access = AccessId::from_bytes(self.id16());
            self.accesses.push(access);
        }
        let id = self.scopes[&scope];
        let (mut pre, mut lockboxes) = (vec![], vec![]);
        if what.level.reads() {
            if self.pre.insert(scope) {
                let keyring = self.owner().identity.keyring();
                let owner_wrap = keyring.wrap_pre(Suite::CLASSIC, id, 0, &self.cast.pre, &mut self.rng);
                pre.push(ScopePre {
                    scope: id,
                    generation: 0,
                    public: self.cast.pre.public().to_wire(),
                    owner_wrap: owner_wrap.unwrap(),
                    suite: Suite::CLASSIC,
                });
            }
            for epoch in what.from..=truth.epochs[&scope] {
                if !self.locked.contains(&(scope, epoch)) {
                    lockboxes.push(self.lockbox(truth, scope, epoch, &[]));
                }
            }
        }
        let key = match (what.target, self.cast.principals.get(what.to)) {
            (Scope::Group, Some(member)) => member.member.clone(),
            (_, Some(grantee)) => grantee.transform.clone(),
            (_, None) => self.cast.to_group.clone(),
        };
        let (statement, shares, transforms) = self.statement(truth, grant, self.owner(), key);
        Operation::Grant(Box::new(GrantAccess { statement, pre, lockboxes, shares, transforms, link: None }))
    }

    /// The principal who manages what a grant is a part of.
    fn manager(&self, truth: &Truth, grant: usize) -> usize {
        truth.grants[truth.grants[grant].by.unwrap()].to
    }

    /// A grant by a manager: nothing of the owner's is made for it.
    fn grant_onward(&mut self, truth: &Truth, grant: usize) -> Operation {
        let access = AccessId::from_bytes(self.id16());
        self.accesses.push(access);
        let manager = &self.cast.principals[self.manager(truth, grant)];
        let key = manager.onward[truth.grants[grant].to].clone();
        let (statement, shares, transforms) = self.statement(truth, grant, manager, key);
        let (pre, lockboxes) = (Vec::new(), Vec::new());
        Operation::Grant(Box::new(GrantAccess { statement, pre, lockboxes, shares, transforms, link: None }))
    }

    /// What a grantor signs, and the parts that go with it.
    fn statement(
        &self,
        truth: &Truth,
        grant: usize,
        grantor: &Person,
        key: Bytes,
    ) -> (Signed<Access>, Vec<Share>, Vec<Transform>) {
        let what = &truth.grants[grant];
        let (access, scope) = (self.accesses[grant], self.scopes[&what.target]);
        let (grantee, grantee_card) = match self.cast.principals.get(what.to) {
            Some(person) => (person.id(), person.card),
            None => (self.group_id(), self.cards.last().unwrap().digest()),
        };
        let slice = match what.target {
            Scope::Slice(number) => Some(self.slice_on_wire(truth, number)),
            _ => None,
        };
        let reads = what.level.reads();
        let statement = Access {
            suite: Suite::CLASSIC,
            access,
            account: self.account(),
            grantor: grantor.id(),
            by: what.by.map(|by| self.accesses[by]),
            grantee,
            grantee_card,
            grants: vec![pryv_wire::access::Grant {
                scope,
                level: what.level,
                transform: reads.then(|| Transform::digest(&key)),
                slice,
                group: (what.target == Scope::Group).then(|| self.group_id()),
                from_epoch: what.from,
            }],
            valid_from: None,
            valid_until: None,
            max_uses: None,
            terms: None,
            note: Bytes::from(&b"note"[..]),
            owner_note: Bytes::from(&b"note"[..]),
            signed_at: START,
        };
        let statement = grantor.identity.sign(&statement);
        if !reads {
            return (statement, Vec::new(), Vec::new());
        }
        let epochs = what.from..=truth.epochs[&what.target];
        let shares = epochs.map(|epoch| self.share(truth, grant, what.target, epoch)).collect();
        (statement, shares, vec![Transform { access, scope, generation: 0, key }])
    }

    /// The end of an access, as somebody signs it.
    fn end(&self, grant: usize, by: &Person, ended: &[Scope]) -> Signed<Revocation> {
        let last_epochs = ended
            .iter()
            .map(|scope| LastEpoch { scope: self.scopes[scope], epoch: self.present(*scope) })
            .collect();
        let (access, account, revoker) = (self.accesses[grant], self.account(), by.id());
        by.identity.sign(&Revocation { access, account, revoker, last_epochs, signed_at: START })
    }

    fn revoke(
        &mut self,
        truth: &Truth,
        grant: usize,
        below: &[usize],
        adopted: &[usize],
        rotate: &[Scope],
    ) -> Operation {
        let statement = self.end(grant, self.owner(), rotate);
        let below = below.iter().map(|grant| self.end(*grant, self.owner(), rotate)).collect();
        if self.fault == Some(Fault::SharedOn) {
            let target = truth.grants[grant].target;
            self.leaked.push(self.share(truth, grant, target, self.present(target) + 1));
        }
        let epochs = rotate.iter().map(|scope| self.next(truth, *scope, None, adopted)).collect();
        Operation::Revoke { statement, below, epochs }
    }

    fn term(&mut self, truth: &Truth, term: usize) -> Operation {
        let salt = TermSalt::from_bytes(self.id16());
        let what = &truth.terms[term];
        let parent = what.parent.map(|parent| self.terms[parent].0);
        self.terms.push((RecordId::term(self.scopes[&Scope::Ontology(what.ontology)], parent, salt), 0));
        self.salts.push(salt);
        Operation::PutRecord { record: self.term_record(truth, term, RecordKind::Term) }
    }

    /// The next version of a term, as it stands in the truth.
    fn term_record(&mut self, truth: &Truth, term: usize, kind: RecordKind) -> Bytes {
        let what = &truth.terms[term];
        let scope = Scope::Ontology(what.ontology);
        self.terms[term].1 += 1;
        let (id, version) = self.terms[term];
        let branch = self.branch(truth, scope, what.ontology, Some(term), what.epoch);
        let (epoch, keys) = &self.keys[&(scope, what.epoch)];
        let sealer = RecordSealer::for_reader(&self.cast.owner.identity, epoch, keys, None).unwrap();
        let content: &[u8] = if kind == RecordKind::Tombstone { b"" } else { b"a label" };
        let draft = draft(id, version, kind, Some(self.definitions[&scope]), content);
        let parent = what.parent.map(|parent| self.terms[parent].0);
        let parent = Parent { term: parent, since: what.since, salt: self.salts[term] };
        let sealed = sealer.seal_term(&draft, parent, &branch, &mut self.rng).unwrap();
        Bytes::from(encode(&sealed.envelope))
    }

    fn delete_term(&mut self, truth: &Truth, term: usize) -> Operation {
        Operation::PutRecord { record: self.term_record(truth, term, RecordKind::Tombstone) }
    }

    fn move_term(&mut self, truth: &Truth, term: usize, rotate: &[Scope]) -> Vec<Operation> {
        let what = truth.terms[term].clone();
        let parent = what.parent.map(|parent| self.terms[parent].0);
        let moved = MovedTerm { term: self.terms[term].0, parent };
        let mut operations = Vec::new();
        for scope in rotate {
            let moved = matches!(scope, Scope::Ontology(_)).then_some(moved);
            operations.push(Operation::BeginEpoch { epoch: self.next(truth, *scope, moved, &[]) });
        }
        let links = rotate
            .iter()
            .map(|scope| {
                let epoch = truth.epochs[scope];
                let branch = |at: u32| self.branch(truth, *scope, what.ontology, Some(term), at);
                let earlier: Vec<_> = (0..epoch)
                    .map(|at| {
                        let above = self.branch(truth, *scope, what.ontology, what.parent, at);
                        Earlier { epoch: at, path: above.child(self.terms[term].0), branch: branch(at) }
                    })
                    .collect();
                let place = LinkPlace {
                    account: self.cast.owner.id(),
                    scope: self.scopes[scope],
                    term: self.terms[term].0,
                    epoch,
                };
                let new = branch(epoch);
                let sealed = seal_link(&new, &place, &earlier, &mut self.rng);
                TermLink { scope: place.scope, term: place.term, epoch, sealed }
            })
            .collect();
        let record = self.term_record(truth, term, RecordKind::Term);
        operations.push(Operation::MoveTerm { record, links });
        operations
    }

    fn write(&mut self, truth: &Truth, record: usize) -> Operation {
        let id = RecordId::from_bytes(self.id16());
        self.records.push((id, 1));
        Operation::PutRecord { record: self.instance(truth, record, 1, RecordKind::Instance) }
    }

    fn delete(&mut self, truth: &Truth, record: usize) -> Operation {
        self.records[record].1 += 1;
        let version = self.records[record].1;
        Operation::PutRecord { record: self.instance(truth, record, version, RecordKind::Tombstone) }
    }

    fn instance(&mut self, truth: &Truth, record: usize, version: u64, kind: RecordKind) -> Bytes {
        let what = truth.records[record].clone();
        let scope = Scope::Collection(what.collection);
        let by = if kind == RecordKind::Instance { what.by } else { None };
        let author = by.map_or(&self.cast.owner, |grant| &self.cast.principals[truth.grants[grant].to]);
        let access = by.map(|grant| self.accesses[grant]);
        let number = self.present(scope);
        let terms = if kind == RecordKind::Instance { what.terms } else { Vec::new() };
        let branches: Vec<_> = self.branches(truth, scope, &terms, number);
        let filings: Vec<Filing<'_>> = branches.iter().map(filing).collect();
        let (epoch, keys) = &self.keys[&(scope, number)];
        let reads =
            by.is_none_or(|grant| truth.grants[grant].target == scope && truth.grants[grant].level.reads());
        let sealer = if reads {
            RecordSealer::for_reader(&author.identity, epoch, keys, access).unwrap()
        } else {
            RecordSealer::for_depositor(&author.identity, epoch, access.unwrap()).unwrap()
        };
        let content: &[u8] = if kind == RecordKind::Tombstone { b"" } else { b"an instance" };
        let draft = draft(self.records[record].0, version, kind, Some(self.definitions[&scope]), content);
        let sealed = sealer.seal_under(&draft, &filings, &mut self.rng).unwrap();
        Bytes::from(encode(&sealed.envelope))
    }

    fn branches(
        &self,
        truth: &Truth,
        scope: Scope,
        terms: &[(usize, bool)],
        epoch: u32,
    ) -> Vec<(ScopeId, RecordId, Option<Branch>)> {
        let one = |(term, pending): &(usize, bool)| {
            let ontology = truth.terms[*term].ontology;
            let wrong = self.fault == Some(Fault::WrongBranch);
            let key = if wrong { None } else { Some(*term) };
            let branch = (!pending).then(|| self.branch(truth, scope, ontology, key, epoch));
            (self.scopes[&Scope::Ontology(ontology)], self.terms[*term].0, branch)
        };
        terms.iter().map(one).collect()
    }

    async fn place(&mut self, truth: &Truth, record: usize) -> Operation {
        let what = truth.records[record].clone();
        let scope = Scope::Collection(what.collection);
        let (envelope, opened) = self.open_as_owner(truth, record).await;
        let number = self.present(scope);
        let branches = self.branches(truth, scope, &what.terms, number);
        let terms: Vec<Filing<'_>> = branches.iter().map(filing).collect();
        let (epoch, keys) = &self.keys[&(scope, number)];
        let sealer = RecordSealer::for_reader(&self.cast.owner.identity, epoch, keys, None).unwrap();
        let placing = Placing { terms: &terms, tokens: Some(NewTokens::default()), moved_at: START };
        let placed = sealer.place(envelope, &opened, &placing, &mut self.rng).unwrap();
        Operation::PlaceRecord {
            scope: self.scopes[&scope],
            record: self.records[record].0,
            version: self.records[record].1,
            envelope: Bytes::from(encode(&placed)),
        }
    }
}

fn filing((ontology, term, branch): &(ScopeId, RecordId, Option<Branch>)) -> Filing<'_> {
    let (ontology, term) = (*ontology, *term);
    match branch {
        Some(branch) => Filing::Held { ontology, term, branch },
        None => Filing::Pending { ontology, term },
    }
}

fn draft<'a>(
    record: RecordId,
    version: u64,
    kind: RecordKind,
    definition: Option<DefinitionRef>,
    content: &'a [u8],
) -> Draft<'a> {
    Draft { record, version, kind, definition, content, tokens: NewTokens::default(), written_at: START }
}

/// An envelope of this account.
pub(crate) fn envelope(bytes: &[u8]) -> Envelope {
    pryv_wire::decode(bytes).unwrap()
}

impl Driver<'_> {
    /// What was verified of an access, for the records that name it.
    pub(crate) fn evidence(&self, access: AccessId) -> VerifiedAccess {
        let sent = || self.sent.iter().flat_map(|commit| &commit.operations);
        let statement = sent()
            .find_map(|one| match one {
                Operation::Grant(grant) => {
                    (grant.statement.unverified().unwrap().access == access).then_some(&grant.statement)
                }
                _ => None,
            })
            .unwrap();
        let ends = sent().filter_map(|one| match one {
            Operation::Revoke { statement, below, .. } => Some([statement].into_iter().chain(below)),
            _ => None,
        });
        let ended = ends.flatten().find(|one| one.unverified().unwrap().access == access);
        let Access { by, grantor, .. } = statement.unverified().unwrap();
        match by {
            None => VerifiedAccess::verify(&self.cast.owner.cards, statement, ended).unwrap(),
            Some(by) => {
                let manager = self.cast.principals.iter().find(|person| person.id() == grantor).unwrap();
                let parent = Arc::new(self.evidence(by));
                VerifiedAccess::verify_onward(
                    parent,
                    &self.cast.owner.cards,
                    &manager.cards,
                    statement,
                    ended,
                )
                .unwrap()
            }
        }
    }

    /// Gives the server a transformed capsule for each epoch that a principal could ask for, in the place of the pairings
    /// that it would do: what it serves besides, it decides by itself.
    pub(crate) async fn keep_capsules(
        &self,
        truth: &Truth,
        principal: usize,
        scope: ScopeId,
        access: Option<AccessId>,
    ) {
        let Some((name, _)) = self.scopes.iter().find(|(_, id)| **id == scope) else { return };
        let (account, newest) = (self.account(), truth.epochs[name]);
        let caller = self.callers[1 + principal].clone();
        let capsule = self.cast.capsule.clone();
        let kept = self.service.store().update(move |tx| {
            let by = By::named(access);
            let Ok(read) = pryv_server::permission::read(tx, &caller, (account, scope), by, START) else {
                return Ok(());
            };
            let Some(access) = read.access() else { return Ok(()) };
            let last = read.member().map_or(Step::Access(access), Step::Member);
            (0..=newest).try_for_each(|epoch| tx.keep_capsule(&read, last, epoch, &capsule))
        });
        kept.await.unwrap_or_else(|error: pryv_server::store::Error| panic!("{error:?}"));
    }
}
