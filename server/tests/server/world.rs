//! People and collections, and the messages a client would make for them.

use pryv_crypto::{
    AccountSecret, EpochKeys, Identity,
    group::{first_card, next_card},
    holder::first_list,
    index::{Form, IndexKey, UniqueKey},
    lockbox::{self, PreSecret},
    password::{ClientLogin, ClientRegistration},
    record::{Draft, NewTokens, RecordSealer},
    recovery::RecoveryPhrase,
    secret::LockKey,
};
use pryv_proxy_crypto::{
    CardChain, VerifiedCards,
    pre::{Curve, PrePublicKey},
};
use pryv_server::{
    permission::Caller,
    service::{Error, Rules, Service},
    store::{NodeKey, Store},
    telemetry::ServiceMetrics,
};
use pryv_wire::{
    AccessId, Bytes, Clock, Digest, ErrorCode, PrincipalId, RecordId, ScopeId, Signed, Suite, Timestamp,
    TransactionId,
    access::{Access, Grant, LastEpoch, Level, Revocation},
    account::{
        FinishLogin, FinishPasswordChange, FinishSignUp, KeyStretching, LoggedIn, SessionOpened, StartLogin,
        StartPasswordChange, StartSignUp,
    },
    card::{Card, PrincipalKind},
    encode,
    holder::{GetHolders, Holders},
    record::{DefinitionRef, Filter, IndexState, Order, QueryRecords, RecordKind, Records, Unindexed},
    scope::{
        Epoch, GroupCard, Lockbox, NewEpoch, OpenScope, ScopeKind, ScopePre, SealedGroup, Share, SliceEntry,
        Transform,
    },
    transaction::{Commit, Committed, GrantAccess, Operation},
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde_json::Value;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

pub(crate) const START: u64 = 1_800_000_000_000;
pub(crate) const CHEAP: KeyStretching = KeyStretching { memory_kib: 19_456, iterations: 2, parallelism: 1 };
pub(crate) const PASSWORD: &str = "correct horse battery staple";
pub(crate) const URI: &str = "https://example.org/measurements";
pub(crate) const DAY: u64 = 86_400_000;

/// A clock whose hand tests turn.
#[derive(Debug)]
pub(crate) struct Hand(AtomicU64);

impl Hand {
    pub(crate) fn at(millis: u64) -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(millis)))
    }

    pub(crate) fn advance(&self, millis: u64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) clock: Arc<Hand>,
    rng: Mutex<ChaCha20Rng>,
}

/// An account with its keys and an open session.
pub(crate) struct Person {
    pub(crate) identity: Identity,
    pub(crate) card: Signed<Card>,
    pub(crate) secret: AccountSecret,
    pub(crate) phrase: RecoveryPhrase,
    pub(crate) session: SessionOpened,
    pub(crate) caller: Caller,
}

impl Person {
    pub(crate) fn id(&self) -> PrincipalId {
        self.identity.principal()
    }
}

/// A collection as its owner holds it.
pub(crate) struct Collection {
    pub(crate) account: PrincipalId,
    pub(crate) scope: ScopeId,
    pub(crate) epochs: Vec<(Epoch, EpochKeys)>,
    pub(crate) pre: Option<PreSecret>,
    pub(crate) generation: u32,
    pub(crate) locks: Vec<Option<LockKey>>,
    pub(crate) definition: DefinitionRef,
    /// Of a group: its cards.
    pub(crate) cards: Vec<Signed<Card>>,
}

/// Who receives a grant: a person, or a group.
#[derive(Clone, Copy)]
pub(crate) struct To<'a> {
    pub(crate) id: PrincipalId,
    pub(crate) card: &'a Signed<Card>,
}

impl<'a> From<&'a Person> for To<'a> {
    fn from(person: &'a Person) -> Self {
        Self { id: person.id(), card: &person.card }
    }
}

impl Collection {
    /// The group that its members are kept for.
    pub(crate) fn group(&self) -> Option<PrincipalId> {
        self.cards.first().map(PrincipalId::of)
    }

    /// The group, to be granted something.
    pub(crate) fn to(&self) -> To<'_> {
        To { id: self.group().unwrap(), card: self.cards.last().unwrap() }
    }

    pub(crate) fn verified(&self) -> VerifiedCards {
        CardChain::verify(&self.cards, self.group().unwrap()).unwrap()
    }

    pub(crate) fn present(&self) -> &(Epoch, EpochKeys) {
        self.epochs.last().unwrap()
    }
}

/// What a test writes.
pub(crate) struct Write<'a> {
    pub(crate) record: RecordId,
    pub(crate) version: u64,
    pub(crate) kind: RecordKind,
    pub(crate) access: Option<AccessId>,
    pub(crate) color: Option<&'a str>,
    pub(crate) serial: Option<&'a str>,
    pub(crate) size: usize,
}

impl Default for Write<'_> {
    fn default() -> Self {
        Self {
            record: RecordId::from_bytes([0; 16]),
            version: 1,
            kind: RecordKind::Instance,
            access: None,
            color: None,
            serial: None,
            size: 20,
        }
    }
}

/// The code of a refusal.
pub(crate) fn code<T: std::fmt::Debug>(answer: Result<T, Error>) -> ErrorCode {
    answer.unwrap_err().code()
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Rules::default())
    }

    pub(crate) fn with(rules: Rules) -> Self {
        Self::over(pryv_engine::Store::in_memory().unwrap(), rules, ServiceMetrics::default())
    }

    pub(crate) fn counted(counters: ServiceMetrics) -> Self {
        Self::over(pryv_engine::Store::in_memory().unwrap(), Rules::default(), counters)
    }

    pub(crate) fn over(engine: pryv_engine::Store, rules: Rules, counters: ServiceMetrics) -> Self {
        let store = Store::over(engine, &NodeKey::from_bytes([9; 32]));
        let clock = Hand::at(START);
        let service = Service::start(store, clock.clone(), rules, counters).unwrap();
        Self { service, clock, rng: Mutex::new(ChaCha20Rng::from_seed([7; 32])) }
    }

    pub(crate) fn rng(&self) -> ChaCha20Rng {
        ChaCha20Rng::from_seed(self.rng.lock().unwrap().r#gen())
    }

    pub(crate) fn id16(&self) -> [u8; 16] {
        self.rng().r#gen()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) async fn finish_sign_up(
        &self,
        username: &str,
    ) -> (FinishSignUp, AccountSecret, RecoveryPhrase) {
        let mut rng = self.rng();
        let secret = AccountSecret::generate(&mut rng);
        let (identity, card) = Identity::found(&secret, PrincipalKind::Account, self.now()).unwrap();
        let (registration, request) = ClientRegistration::start(PASSWORD, &mut rng).unwrap();
        let start = StartSignUp { username: username.into(), request };
        let started = self.service.start_sign_up(start).await.unwrap();
        let registered = registration.finish(&started.response, &CHEAP, &mut rng).unwrap();
        let (me, digest) = (identity.principal(), card.digest());
        let password = registered.credential(CHEAP, &secret, me, digest, &mut rng).unwrap();
        let phrase = RecoveryPhrase::generate(&mut rng);
        let recovery = phrase.credential(&secret, me, digest, &mut rng).unwrap();
        let holders = first_list(&identity, digest, password.key, recovery.key, self.now());
        (FinishSignUp { username: username.into(), card, password, recovery, holders }, secret, phrase)
    }

    pub(crate) async fn person(&self, username: &str) -> Person {
        let (finish, secret, phrase) = self.finish_sign_up(username).await;
        let card = finish.card.clone();
        let session = self.service.finish_sign_up(finish).await.unwrap();
        let caller = self.service.caller(&session.token).unwrap();
        let (identity, _) = Identity::found(&secret, PrincipalKind::Account, self.now()).unwrap();
        Person { identity, card, secret, phrase, session, caller }
    }

    /// What a client sends to change the password of a person, in the session of a caller.
    pub(crate) async fn new_password(
        &self,
        who: &Person,
        caller: &Caller,
        password: &str,
    ) -> FinishPasswordChange {
        let mut rng = self.rng();
        let (registration, request) = ClientRegistration::start(password, &mut rng).unwrap();
        let start = StartPasswordChange { request };
        let started = self.service.start_password_change(caller.clone(), start).await.unwrap();
        let registered = registration.finish(&started.response, &CHEAP, &mut rng).unwrap();
        let digest = who.card.digest();
        let password = registered.credential(CHEAP, &who.secret, who.id(), digest, &mut rng).unwrap();
        let shown = self.service.get_holders(who.caller.clone(), GetHolders {}).await.unwrap();
        let list = shown.holders.unverified().unwrap();
        let next = Holders { number: list.number + 1, password: password.key, ..list };
        FinishPasswordChange { password, holders: who.identity.sign(&next) }
    }

    pub(crate) async fn log_in(&self, username: &str, password: &str) -> Result<LoggedIn, Error> {
        let mut rng = self.rng();
        let (login, request) = ClientLogin::start(password, &mut rng).unwrap();
        let started = self.service.start_login(StartLogin { username: username.into(), request }).await?;
        // A wrong password shows on the client already; a guesser sends something nevertheless.
        let finalization = match login.finish(&started.response, &started.stretching, &mut rng) {
            Ok(logged_in) => logged_in.finalization,
            Err(_) => Bytes::from(vec![1; 64]),
        };
        self.service.finish_login(FinishLogin { login: started.login, finalization }).await
    }

    pub(crate) async fn commit(
        &self,
        by: &Person,
        account: PrincipalId,
        operations: Vec<Operation>,
    ) -> Result<Committed, Error> {
        let transaction = TransactionId::from_bytes(self.id16());
        self.service.commit(by.caller.clone(), Commit { account, transaction, operations }).await
    }

    /// The operation that creates a collection, and the collection.
    pub(crate) fn new_collection(&self, owner: &Person, uri: &str) -> (Operation, Collection) {
        self.new_collection_in(Suite::CLASSIC, owner, uri)
    }

    /// The same, in a suite.
    pub(crate) fn new_collection_in(
        &self,
        suite: Suite,
        owner: &Person,
        uri: &str,
    ) -> (Operation, Collection) {
        let (scope, kind) = (owner.identity.scope_id(uri), ScopeKind::collection());
        self.new_scope_in(suite, owner, scope, kind, vec![], vec![])
    }

    /// The operation that creates a scope of any kind, and the scope.
    pub(crate) fn new_scope(
        &self,
        owner: &Person,
        scope: ScopeId,
        kind: ScopeKind,
        of_epoch: Vec<SliceEntry>,
        entries: Vec<SliceEntry>,
    ) -> (Operation, Collection) {
        self.new_scope_in(Suite::CLASSIC, owner, scope, kind, of_epoch, entries)
    }

    fn new_scope_in(
        &self,
        suite: Suite,
        owner: &Person,
        scope: ScopeId,
        kind: ScopeKind,
        of_epoch: Vec<SliceEntry>,
        entries: Vec<SliceEntry>,
    ) -> (Operation, Collection) {
        let mut rng = self.rng();
        let account = owner.id();
        let is_group = kind == ScopeKind::Group;
        let suite = if is_group { Suite::HYBRID } else { suite };
        let keys = EpochKeys::generate_in(suite, &mut rng).unwrap();
        let mut epoch = keys.statement(account, scope, 0, self.now());
        let (mut group, mut pre) = (None, None);
        if is_group {
            let secret = PreSecret::generate(Curve::C480, &mut rng).unwrap();
            let card = first_card(&owner.identity, scope, &keys, secret.public(), self.now()).unwrap();
            epoch.card = Some(card.digest());
            let owner_wrap = owner.identity.keyring().wrap_pre(suite, scope, 0, &secret, &mut rng).unwrap();
            let public = secret.public().to_wire();
            let pair = ScopePre { scope, suite, generation: 0, public, owner_wrap };
            group = Some(Box::new(GroupCard { card, pre: Some(pair) }));
            pre = Some(secret);
        }
        let cards = group.iter().map(|group| group.card.clone()).collect();
        let owner_wrap = owner.identity.keyring().wrap_epoch(&epoch, &keys, &mut rng).unwrap();
        let new = NewEpoch {
            statement: owner.identity.sign(&epoch),
            owner_wrap,
            lockbox: None,
            entries: of_epoch,
            group,
        };
        let sealer = RecordSealer::for_reader(&owner.identity, &epoch, &keys, None).unwrap();
        let sealed = sealer
            .seal(
                &Draft {
                    record: RecordId::definition(scope),
                    version: 1,
                    kind: RecordKind::Definition,
                    definition: None,
                    content: b"definition",
                    tokens: NewTokens::default(),
                    written_at: self.now(),
                },
                &mut rng,
            )
            .unwrap();
        let definition = DefinitionRef { version: 1, digest: sealed.envelope.digest() };
        let operation = Operation::CreateScope {
            epoch: new,
            definition: Bytes::from(encode(&sealed.envelope)),
            kind,
            entries,
        };
        let (epochs, locks) = (vec![(epoch, keys)], vec![None]);
        (operation, Collection { account, scope, epochs, pre, generation: 0, locks, definition, cards })
    }

    pub(crate) async fn collection(&self, owner: &Person) -> Collection {
        let (operation, collection) = self.new_collection(owner, URI);
        self.commit(owner, owner.id(), vec![operation]).await.unwrap();
        collection
    }

    /// A group, with its members to come.
    pub(crate) async fn group(&self, owner: &Person) -> Collection {
        let (operation, group) = self.new_group(owner);
        self.commit(owner, owner.id(), vec![operation]).await.unwrap();
        group
    }

    pub(crate) fn new_group(&self, owner: &Person) -> (Operation, Collection) {
        let scope = ScopeId::from_bytes(self.id16());
        self.new_scope(owner, scope, ScopeKind::Group, vec![], vec![])
    }

    pub(crate) fn tokens(collection: &Collection, color: &str) -> Vec<Bytes> {
        let mut tokens = Vec::new();
        for (_, keys) in &collection.epochs {
            let key = IndexKey::new(keys, URI, &["/color"], &Form::Equality);
            tokens.extend(
                key.tokens(&Form::Equality, &[Some(&Value::from(color))])
                    .unwrap()
                    .iter()
                    .map(|token| token.to_wire()),
            );
        }
        tokens
    }

    pub(crate) fn unique_token(collection: &Collection, serial: &str) -> Bytes {
        let key = UniqueKey::new(&collection.present().1, URI, "/serial");
        key.tokens(&Value::from(serial)).unwrap()[0].to_wire()
    }

    /// The operation that writes a version of a record.
    pub(crate) fn put(&self, author: &Person, collection: &Collection, write: &Write<'_>) -> Operation {
        Operation::PutRecord { record: self.envelope(author, collection, write) }
    }

    pub(crate) fn envelope(&self, author: &Person, collection: &Collection, write: &Write<'_>) -> Bytes {
        let mut rng = self.rng();
        let (epoch, keys) = collection.present();
        let sealer = RecordSealer::for_reader(&author.identity, epoch, keys, write.access).unwrap();
        let (color, serial) =
            (IndexKey::new(keys, URI, &["/color"], &Form::Equality), UniqueKey::new(keys, URI, "/serial"));
        let draft = Draft {
            record: write.record,
            version: write.version,
            kind: write.kind,
            definition: (write.kind != RecordKind::Definition).then_some(collection.definition),
            content: &vec![b'x'; write.size],
            tokens: NewTokens {
                version: 1,
                index: write.color.map_or_else(Vec::new, |value| {
                    color.tokens(&Form::Equality, &[Some(&Value::from(value))]).unwrap()
                }),
                unique: write
                    .serial
                    .map_or_else(Vec::new, |value| serial.tokens(&Value::from(value)).unwrap()),
            },
            written_at: self.now(),
        };
        Bytes::from(encode(&sealer.seal(&draft, &mut rng).unwrap().envelope))
    }

    /// The operation by which a depositor without the right to read creates a record.
    pub(crate) fn deposit(
        &self,
        author: &Person,
        collection: &Collection,
        record: RecordId,
        access: AccessId,
    ) -> Operation {
        let draft = Draft {
            record,
            version: 1,
            kind: RecordKind::Instance,
            definition: Some(collection.definition),
            content: b"deposited",
            tokens: NewTokens::default(),
            written_at: self.now(),
        };
        let sealer = RecordSealer::for_depositor(&author.identity, &collection.present().0, access).unwrap();
        let sealed = sealer.seal(&draft, &mut self.rng()).unwrap();
        Operation::PutRecord { record: Bytes::from(encode(&sealed.envelope)) }
    }

    /// Makes a new record and answers its id.
    pub(crate) async fn record(
        &self,
        owner: &Person,
        collection: &Collection,
        color: Option<&str>,
    ) -> RecordId {
        let record = RecordId::from_bytes(self.id16());
        let operation = self.put(owner, collection, &Write { record, color, ..Write::default() });
        self.commit(owner, collection.account, vec![operation]).await.unwrap();
        record
    }

    /// Everything that a grant of one scope brings.
    pub(crate) fn new_grant<'a>(
        &self,
        owner: &Person,
        grantee: impl Into<To<'a>>,
        collection: &mut Collection,
        level: Level,
    ) -> GrantAccess {
        self.new_grant_between(owner, grantee, collection, level, None, None)
    }

    pub(crate) fn new_grant_between<'a>(
        &self,
        owner: &Person,
        grantee: impl Into<To<'a>>,
        collection: &mut Collection,
        level: Level,
        valid_from: Option<Timestamp>,
        valid_until: Option<Timestamp>,
    ) -> GrantAccess {
        let grantee = grantee.into();
        let group = collection.group();
        let mut rng = self.rng();
        let access = AccessId::from_bytes(self.id16());
        let (scope, keyring) = (collection.scope, owner.identity.keyring());
        let grantee_card = grantee.card.unverified().unwrap();
        let (mut pre, mut lockboxes, mut shares, mut transforms) = (vec![], vec![], vec![], vec![]);
        let mut transform = None;
        let suite = collection.present().0.suite;
        if level.reads() {
            if collection.pre.is_none() {
                let secret = PreSecret::generate(curve_of(suite), &mut rng).unwrap();
                let owner_wrap = keyring.wrap_pre(suite, scope, 0, &secret, &mut rng).unwrap();
                let public = secret.public().to_wire();
                pre.push(ScopePre { scope, suite, generation: 0, public, owner_wrap });
                collection.pre = Some(secret);
            }
            let secret = collection.pre.as_ref().unwrap();
            for (number, (epoch, keys)) in collection.epochs.iter().enumerate() {
                if collection.locks[number].is_none() {
                    let made = lockbox::seal(epoch, keys, secret, &mut rng).unwrap();
                    let owner_lock =
                        keyring.wrap_lock(epoch.suite, scope, epoch.epoch, &made.lock, &mut rng).unwrap();
                    let (capsule, sealed) = (made.capsule, made.sealed);
                    let (epoch, generation, shares) = (epoch.epoch, collection.generation, vec![]);
                    lockboxes.push(Lockbox { scope, epoch, generation, capsule, sealed, owner_lock, shares });
                    collection.locks[number] = Some(made.lock);
                }
                shares.push(self.share(epoch, collection.locks[number].as_ref().unwrap(), access, grantee));
            }
            let key = secret.transform_key(&pre_key(&grantee_card, secret.curve()), &mut rng).unwrap();
            transform = Some(key.digest());
            let generation = collection.generation;
            transforms.push(Transform { access, scope, generation, key: key.to_wire() });
        }
        let statement = Access {
            suite: Suite::CLASSIC,
            access,
            account: owner.id(),
            grantor: owner.id(),
            by: None,
            grantee: grantee.id,
            grantee_card: grantee.card.digest(),
            grants: vec![Grant { scope, level, transform, slice: None, group, from_epoch: 0 }],
            valid_from,
            valid_until,
            terms: None,
            max_uses: None,
            note: Bytes::from(&b"note"[..]),
            owner_note: Bytes::from(&b"note"[..]),
            signed_at: self.now(),
        };
        let statement = owner.identity.sign(&statement);
        GrantAccess { statement, link: None, pre, lockboxes, shares, transforms }
    }

    /// Everything that a manager's grant of one scope brings.
    pub(crate) fn new_onward<'a>(
        &self,
        manager: &Person,
        grantee: impl Into<To<'a>>,
        collection: &Collection,
        level: Level,
        by: AccessId,
    ) -> GrantAccess {
        let grantee = grantee.into();
        let access = AccessId::from_bytes(self.id16());
        let scope = collection.scope;
        let (mut shares, mut transforms, mut transform) = (vec![], vec![], None);
        if level.reads() {
            for ((epoch, _), lock) in collection.epochs.iter().zip(&collection.locks) {
                shares.push(self.share(epoch, lock.as_ref().unwrap(), access, grantee));
            }
            let card = grantee.card.unverified().unwrap();
            let to = PrePublicKey::parse(&card.pre).unwrap();
            let key = manager.identity.transform_key(0, &to, &mut self.rng()).unwrap();
            transform = Some(key.digest());
            transforms.push(Transform { access, scope, generation: 0, key: key.to_wire() });
        }
        let statement = Access {
            suite: Suite::CLASSIC,
            access,
            account: collection.account,
            grantor: manager.id(),
            by: Some(by),
            grantee: grantee.id,
            grantee_card: grantee.card.digest(),
            grants: vec![Grant { scope, level, transform, slice: None, group: None, from_epoch: 0 }],
            valid_from: None,
            valid_until: None,
            terms: None,
            max_uses: None,
            note: Bytes::from(&b"note"[..]),
            owner_note: Bytes::from(&b"note"[..]),
            signed_at: self.now(),
        };
        let statement = manager.identity.sign(&statement);
        GrantAccess { statement, link: None, pre: vec![], lockboxes: vec![], shares, transforms }
    }

    fn share(&self, epoch: &Epoch, lock: &LockKey, access: AccessId, grantee: To<'_>) -> Share {
        let card = grantee.card.unverified().unwrap();
        let sealed = lockbox::share(epoch, lock, access, grantee.id, &card, &mut self.rng()).unwrap();
        Share { access, scope: epoch.scope, epoch: epoch.epoch, sealed }
    }

    pub(crate) async fn grant<'a>(
        &self,
        owner: &Person,
        grantee: impl Into<To<'a>>,
        collection: &mut Collection,
        level: Level,
    ) -> AccessId {
        let grant = self.new_grant(owner, grantee, collection, level);
        let access = grant.statement.unverified().unwrap().access;
        self.commit(owner, owner.id(), vec![Operation::Grant(Box::new(grant))]).await.unwrap();
        access
    }

    /// The next epoch of a collection, shared with those who remain.
    pub(crate) fn new_epoch(
        &self,
        owner: &Person,
        collection: &mut Collection,
        readers: &[(AccessId, &Person)],
    ) -> NewEpoch {
        let readers: Vec<_> = readers.iter().map(|(access, person)| (*access, To::from(*person))).collect();
        self.new_epoch_for(owner, collection, &readers)
    }

    /// The next epoch of a collection, in a suite.
    pub(crate) fn new_epoch_in(
        &self,
        suite: Suite,
        owner: &Person,
        collection: &mut Collection,
        readers: &[(AccessId, &Person)],
    ) -> NewEpoch {
        let readers: Vec<_> = readers.iter().map(|(access, person)| (*access, To::from(*person))).collect();
        self.epoch_after(suite, owner, collection, &readers)
    }

    /// The next epoch of a collection or a group, shared with people and groups.
    pub(crate) fn new_epoch_for(
        &self,
        owner: &Person,
        collection: &mut Collection,
        readers: &[(AccessId, To<'_>)],
    ) -> NewEpoch {
        self.epoch_after(collection.present().0.suite, owner, collection, readers)
    }

    fn epoch_after(
        &self,
        suite: Suite,
        owner: &Person,
        collection: &mut Collection,
        readers: &[(AccessId, To<'_>)],
    ) -> NewEpoch {
        let mut rng = self.rng();
        let (scope, keyring) = (collection.scope, owner.identity.keyring());
        let (last, keys) = collection.present();
        let number = last.epoch + 1;
        let keys = keys.next_in(suite, &mut rng).unwrap();
        let mut epoch = keys.statement(owner.id(), scope, number, self.now());
        let of_group = |(access, to): &(AccessId, To<'_>)| {
            let card = to.card.unverified().unwrap();
            card.group.map(|_| SealedGroup { access: *access, card: card.sequence })
        };
        epoch.groups = readers.iter().filter_map(of_group).collect();
        epoch.groups.sort_by_key(|sealed| sealed.access);
        let mut group = None;
        if collection.group().is_some() {
            let cards = collection.verified();
            let card = next_card(&owner.identity, scope, &cards, &keys, self.now()).unwrap();
            epoch.card = Some(card.digest());
            collection.cards.push(card.clone());
            group = Some(Box::new(GroupCard { card, pre: None }));
        }
        let owner_wrap = keyring.wrap_epoch(&epoch, &keys, &mut rng).unwrap();
        let mut lock = None;
        let lockbox = (!readers.is_empty()).then(|| {
            let made = lockbox::seal(&epoch, &keys, collection.pre.as_ref().unwrap(), &mut rng).unwrap();
            let shares = readers
                .iter()
                .map(|(access, person)| self.share(&epoch, &made.lock, *access, *person))
                .collect();
            let owner_lock = keyring.wrap_lock(epoch.suite, scope, number, &made.lock, &mut rng).unwrap();
            let (capsule, sealed) = (made.capsule, made.sealed);
            lock = Some(made.lock);
            let generation = collection.generation;
            Lockbox { scope, epoch: number, generation, capsule, sealed, owner_lock, shares }
        });
        let statement = owner.identity.sign(&epoch);
        collection.epochs.push((epoch, keys));
        collection.locks.push(lock);
        NewEpoch { statement, owner_wrap, lockbox, entries: vec![], group }
    }

    /// The operation that revokes an access of one scope.
    pub(crate) fn new_revocation(
        &self,
        owner: &Person,
        collection: &mut Collection,
        access: AccessId,
        remaining: &[(AccessId, &Person)],
    ) -> Operation {
        let last_epochs = vec![LastEpoch { scope: collection.scope, epoch: collection.present().0.epoch }];
        let revocation = Revocation {
            access,
            account: owner.id(),
            revoker: owner.id(),
            last_epochs,
            signed_at: self.now(),
        };
        let epochs = vec![self.new_epoch(owner, collection, remaining)];
        Operation::Revoke { statement: owner.identity.sign(&revocation), below: Vec::new(), epochs }
    }

    pub(crate) fn open(collection: &Collection) -> OpenScope {
        OpenScope { account: collection.account, scope: collection.scope, from_epoch: 0, access: None }
    }

    pub(crate) async fn query(
        &self,
        by: &Person,
        collection: &Collection,
        filter: Filter,
        order: Order,
        limit: u32,
        after: Option<Bytes>,
    ) -> Result<Records, Error> {
        let (account, scope) = (collection.account, collection.scope);
        self.service
            .query_records(
                by.caller.clone(),
                QueryRecords {
                    account,
                    scope,
                    unindexed: unindexed(&filter),
                    filter,
                    within: None,
                    state: Default::default(),
                    order,
                    limit,
                    after,
                },
            )
            .await
    }
}

/// The ids of the records of a page.
/// The curve of a suite.
pub(crate) fn curve_of(suite: Suite) -> Curve {
    pryv_proxy_crypto::suite::known(suite).unwrap().curve
}

/// The key of a card on a curve.
pub(crate) fn pre_key(card: &Card, curve: Curve) -> PrePublicKey {
    let key = if curve == Curve::C256 { &card.pre_light } else { &card.pre };
    PrePublicKey::parse_on(curve, key).unwrap()
}

pub(crate) fn ids(records: &Records) -> Vec<RecordId> {
    records.records.iter().map(|record| protected(record).record).collect()
}

pub(crate) fn protected(record: &[u8]) -> pryv_wire::record::Protected {
    let envelope: pryv_wire::record::Envelope = pryv_wire::decode(record).unwrap();
    pryv_wire::decode(&envelope.protected).unwrap()
}

pub(crate) fn digest(record: &[u8]) -> Digest {
    pryv_wire::decode::<pryv_wire::record::Envelope>(record).unwrap().digest()
}

/// The filter of instances that carry, for each condition, at least one of its tokens.
pub(crate) fn matching(conditions: Vec<Vec<Bytes>>) -> Filter {
    Filter::And(conditions.into_iter().map(Filter::Tokens).collect())
}

/// With a filter by tokens come the instances that have none.
pub(crate) fn unindexed(filter: &Filter) -> Option<Unindexed> {
    let before = IndexState { epoch: 0, version: 1 };
    (*filter != Filter::All).then_some(Unindexed { before, at_most: 1_000 })
}
