//! A sample of every message, with fixed values: Ada keeps a diary, and grants it to Bob.

use crate::registry;
use pryv_wire::{
    AccessId, Bytes, ChallengeId, DeviceId, Digest, ErrorCode, KeyId, MailboxId, PrincipalId, Problem,
    RecordId, ScopeId, SessionId, Signed, Statement, Suite, Timestamp, TransactionId,
    access::{
        Access, AccessNote, AccessState, Accesses, DefinitionKey, GetAccess, Grant, LastEpoch, Level,
        ListGranted, ListReceived, Revocation, Served,
    },
    account::{
        Challenge, Done, EndSession, FinishLogin, FinishPasswordChange, FinishSignUp, GetChallenge,
        KeyStretching, ListSessions, LoggedIn, LoginStarted, OpenSession, PasswordCredential, Recover,
        RecoveryCredential, RegistrationStarted, SecretWrap, SessionInfo, SessionOpened, Sessions,
        StartLogin, StartPasswordChange, StartSignUp,
    },
    app::{App, GetApp, Manifest, Permission, RegisterApp},
    audit::{Act, AuditEntry, AuditFilter, AuditLine, AuditPage, Heads, ListAudit, Mark},
    bytes::{
        AccountBinding, Commitment, SealingPublicKey, SessionToken, Signature, SigningPublicKey, TermSalt,
    },
    card::{Card, Cards, GetCards, GroupPlace, PrincipalKind, ResolveUsername},
    enrolment::{DeviceAnswer, DevicePayload, DeviceRequest, GetMail, Mail, PutMail},
    error::Details,
    evidence::{AccessEvidence, Evidence},
    generation::{NewGeneration, NewLock, NewTransform, Rekey},
    holder::{
        Device, GetHolders, Holder, HolderSeal, Holders, HoldersShown, OpenDevice, RotateAccount, SetHolders,
    },
    record::{
        Answered, BatchAnswered, BatchRecords, CountRecords, Counted, DefinitionRef, Envelope, Filter,
        GetRecord, IndexState, IndexedAlike, MovedPlacement, Order, Parent, Placement, Protected,
        QueryRecords, Question, Recipient, RecipientKind, RecordFound, RecordHistory, RecordKind,
        RecordState, RecordVersions, Records, Tokens, Unindexed, Within,
    },
    scope::{
        CollectionKind, CoveringSlice, Epoch, EpochKeys, EpochOpened, GroupCard, History, ListScopes,
        Lockbox, MovedTerm, NewEpoch, OpenScope, ScopeKind, ScopeOpened, ScopePre, Scopes, SealedGroup,
        Share, Slice, SliceData, SliceEntry, Transform,
    },
    term::{GetTerms, ListTerms, TermLink, TermNode, Terms},
    transaction::{
        Change, Changes, Commit, Committed, GrantAccess, ListChanges, Operation, ServedAccess, Touched,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;

/// A message in both forms.
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) rule: String,
    pub(crate) cbor: Vec<u8>,
    pub(crate) json: serde_json::Value,
    /// Decodes both forms and compares with the value that they were made from.
    pub(crate) round_trip: Box<dyn Fn()>,
}

fn sample<T>(name: &str, value: T) -> Sample
where
    T: Serialize + DeserializeOwned + PartialEq + Debug + 'static,
{
    let cbor = pryv_wire::encode(&value);
    let json = serde_json::to_value(&value).expect("every message has a JSON form");
    let round_trip = {
        let (name, cbor, json) = (name.to_owned(), cbor.clone(), json.to_string());
        Box::new(move || {
            assert_eq!(pryv_wire::decode::<T>(&cbor).expect("CBOR"), value, "{name}");
            assert_eq!(serde_json::from_str::<T>(&json).expect("JSON"), value, "{name}");
        })
    };
    Sample { name: name.to_owned(), rule: registry::rule::<T>(), cbor, json, round_trip }
}

pub(crate) const ADA: PrincipalId = PrincipalId::from_bytes([0xad; 32]);
const BOB: PrincipalId = PrincipalId::from_bytes([0xb0; 32]);
pub(crate) const SCOPE: ScopeId = ScopeId::from_bytes([0x5c; 16]);
pub(crate) const CHALLENGE: ChallengeId = ChallengeId::from_bytes([0xc4; 16]);
pub(crate) const ONTOLOGY: ScopeId = ScopeId::from_bytes([0x07; 16]);
const SLICE: ScopeId = ScopeId::from_bytes([0x51; 16]);
pub(crate) const TERM: RecordId = RecordId::from_bytes([0x7e; 16]);
const PARENT: RecordId = RecordId::from_bytes([0x9a; 16]);
const RECORD: RecordId = RecordId::from_bytes([0x4e; 16]);
const ACCESS: AccessId = AccessId::from_bytes([0xac; 16]);
const ACCESS_BELOW: AccessId = AccessId::from_bytes([0xab; 16]);
const SESSION: SessionId = SessionId::from_bytes([0x5e; 16]);
const TRANSACTION: TransactionId = TransactionId::from_bytes([0x74; 16]);

/// 2026-11-22T09:00:00Z.
const NINE: Timestamp = Timestamp::from_millis(1_795_338_000_000);

fn later(minutes: u64) -> Timestamp {
    NINE.plus_millis(minutes * 60_000)
}

/// Opaque bytes: nothing here looks into them.
fn opaque(byte: u8, length: usize) -> Bytes {
    Bytes::from(vec![byte; length])
}

/// Signs with a placeholder.
pub(crate) fn signed<T: Statement>(statement: &T) -> Signed<T> {
    Signed::new(statement, |_| Signature::from_bytes([0x51; 64]))
}

/// Ada's first card.
pub(crate) fn first_card() -> Card {
    Card {
        suite: Suite::CLASSIC,
        kind: PrincipalKind::Account,
        sequence: 0,
        previous: None,
        signing: SigningPublicKey::from_bytes([0x01; 32]),
        sealing: SealingPublicKey::from_bytes([0x02; 32]),
        hybrid: opaque(0x0a, 1_216),
        pre: opaque(0x03, 120),
        pre_light: opaque(0x0b, 64),
        created_at: NINE,
        valid_until: None,
        group: None,
    }
}

/// The card of a group of Ada's, in the epoch that [`group_epoch`] is.
fn group_card() -> Card {
    let place = GroupPlace { account: ADA, scope: SCOPE };
    Card { kind: PrincipalKind::Group, group: Some(place), ..first_card() }
}

fn second_card() -> Card {
    Card {
        kind: PrincipalKind::App,
        sequence: 1,
        previous: Some(signed(&first_card()).digest()),
        signing: SigningPublicKey::from_bytes([0x11; 32]),
        created_at: later(10),
        valid_until: Some(later(1_000)),
        ..first_card()
    }
}

fn wrap() -> SecretWrap {
    SecretWrap { suite: Suite::CLASSIC, sealed: opaque(0x04, 80) }
}

const BINDING: AccountBinding = AccountBinding::from_bytes([0xb1; 32]);
const PASSWORD_KEY: SealingPublicKey = SealingPublicKey::from_bytes([0x61; 32]);
const RECOVERY_KEY: SealingPublicKey = SealingPublicKey::from_bytes([0x62; 32]);
const MAILBOX: MailboxId = MailboxId::from_bytes([0x3b; 16]);

fn password() -> PasswordCredential {
    PasswordCredential {
        stretching: KeyStretching::RECOMMENDED,
        upload: opaque(0x05, 192),
        key: PASSWORD_KEY,
        binding: BINDING,
        wrap: wrap(),
    }
}

fn recovery() -> RecoveryCredential {
    RecoveryCredential {
        verifier: SigningPublicKey::from_bytes([0x06; 32]),
        key: RECOVERY_KEY,
        binding: BINDING,
        wrap: wrap(),
    }
}

fn device_request() -> DeviceRequest {
    DeviceRequest {
        signing: SigningPublicKey::from_bytes([0x63; 32]),
        sealing: SealingPublicKey::from_bytes([0x64; 32]),
    }
}

fn device() -> Device {
    let DeviceRequest { signing, sealing } = device_request();
    let device = DeviceId::of(&signing, &sealing);
    Device { device, signing, sealing, name: opaque(0x65, 284), added_at: later(20) }
}

/// Ada's first list of holders.
fn first_holders() -> Holders {
    Holders {
        suite: Suite::CLASSIC,
        account: ADA,
        card: signed(&first_card()).digest(),
        number: 0,
        password: PASSWORD_KEY,
        recovery: RECOVERY_KEY,
        devices: vec![],
        accesses: None,
        signed_at: NINE,
    }
}

fn later_holders() -> Holders {
    Holders {
        card: signed(&second_card()).digest(),
        number: 2,
        devices: vec![device()],
        accesses: Some(Holders::accesses_digest([signed(&access()).digest()])),
        signed_at: later(30),
        ..first_holders()
    }
}

fn seal() -> HolderSeal {
    HolderSeal { holder: Holder::Device(device().device), wrap: wrap() }
}

fn set_holders() -> SetHolders {
    let list = Holders { number: 1, devices: vec![device()], ..first_holders() };
    SetHolders { statement: signed(&list), seals: vec![seal()] }
}

fn rotate() -> RotateAccount {
    let credentials = [Holder::Password, Holder::Recovery].map(|holder| HolderSeal { holder, wrap: wrap() });
    RotateAccount {
        card: signed(&second_card()),
        statement: signed(&later_holders()),
        seals: credentials.into_iter().chain([seal()]).collect(),
        earlier: opaque(0x66, 60),
    }
}

fn session() -> SessionOpened {
    SessionOpened {
        session: SESSION,
        token: SessionToken::from_bytes([0x70; 32]),
        principal: ADA,
        expires_at: later(60),
    }
}

fn epoch() -> Epoch {
    Epoch {
        suite: Suite::CLASSIC,
        account: ADA,
        scope: SCOPE,
        epoch: 1,
        key: KeyId::from_bytes([0x1d; 16]),
        deposit: opaque(0xde, 32),
        started_at: later(1),
        moved: None,
        card: None,
        groups: vec![],
        definition: None,
        pair: None,
    }
}

fn sealed_group() -> SealedGroup {
    SealedGroup { access: ACCESS, card: 2 }
}

fn group_epoch() -> Epoch {
    Epoch {
        suite: Suite::HYBRID,
        epoch: 0,
        deposit: opaque(0x0a, 1_216),
        card: Some(signed(&group_card()).digest()),
        ..epoch()
    }
}

fn group_of_epoch() -> GroupCard {
    GroupCard { card: signed(&group_card()), pre: Some(pre()) }
}

fn new_group_epoch() -> NewEpoch {
    NewEpoch {
        statement: signed(&group_epoch()),
        lockbox: None,
        group: Some(Box::new(group_of_epoch())),
        ..new_epoch()
    }
}

fn rekey() -> Rekey {
    Rekey {
        account: ADA,
        access: ACCESS,
        scope: SCOPE,
        generation: 1,
        transform: Transform::digest(&opaque(0xac, 400)),
        signed_at: NINE,
    }
}

fn new_transform() -> NewTransform {
    NewTransform { statement: signed(&rekey()), key: opaque(0xac, 400) }
}

fn new_lock() -> NewLock {
    NewLock { epoch: 1, capsule: opaque(0x1a, 300), sealed: opaque(0x1b, 80) }
}

fn new_generation() -> NewGeneration {
    let pre = ScopePre { generation: 1, public: opaque(0x17, 120), ..pre() };
    NewGeneration { pre, locks: vec![new_lock()], transforms: vec![new_transform()] }
}

fn pre() -> ScopePre {
    ScopePre {
        scope: SCOPE,
        suite: Suite::CLASSIC,
        generation: 0,
        public: opaque(0x07, 120),
        owner_wrap: opaque(0x08, 88),
    }
}

fn share() -> Share {
    Share { access: ACCESS, scope: SCOPE, epoch: 1, sealed: opaque(0x09, 80) }
}

fn lockbox() -> Lockbox {
    Lockbox {
        scope: SCOPE,
        epoch: 1,
        generation: 0,
        capsule: opaque(0x0a, 300),
        sealed: opaque(0x0b, 80),
        owner_lock: opaque(0x0c, 60),
        shares: vec![share()],
    }
}

fn transform() -> Transform {
    Transform { access: ACCESS, scope: SCOPE, generation: 0, key: opaque(0xab, 400) }
}

fn new_epoch() -> NewEpoch {
    NewEpoch {
        statement: signed(&epoch()),
        owner_wrap: opaque(0x0d, 92),
        lockbox: Some(lockbox()),
        entries: vec![],
        group: None,
    }
}

/// What is filed under a term, in one collection, without labels.
fn slice() -> Slice {
    Slice { ontology: ONTOLOGY, term: Some(TERM), data: SliceData::Collections(vec![SCOPE]), labels: false }
}

fn entry() -> SliceEntry {
    SliceEntry { slice: SLICE, slice_epoch: 0, scope: SCOPE, epoch: 1, sealed: opaque(0x5e, 92) }
}

fn collection_kind() -> CollectionKind {
    CollectionKind { ontologies: vec![ONTOLOGY], history: History::None }
}

fn plain_kind() -> ScopeKind {
    ScopeKind::Collection(CollectionKind::default())
}

fn term_link() -> TermLink {
    TermLink { scope: ONTOLOGY, term: TERM, epoch: 4, sealed: opaque(0x71, 120) }
}

fn term_node() -> TermNode {
    TermNode {
        term: TERM,
        parent: Some(PARENT),
        since: 4,
        salt: TermSalt::from_bytes([0x5a; 16]),
        record: Some(encoded(&instance())),
        links: vec![term_link()],
    }
}

fn placement() -> Placement {
    Placement {
        recipients: vec![Recipient {
            scope: SCOPE,
            term: None,
            epoch: 1,
            kind: RecipientKind::Wrapped,
            key: opaque(0x0e, 60),
        }],
        tokens: vec![Tokens {
            scope: SCOPE,
            epoch: 1,
            version: 1,
            index: vec![opaque(0x20, 16), opaque(0x21, 16)],
            unique: vec![opaque(0x22, 32)],
        }],
        parent: None,
    }
}

/// An instance filed under a term by who may read it, and under another by who may not.
fn filed_placement() -> Placement {
    let entry = |term, kind, key| Recipient { scope: ONTOLOGY, term: Some(term), epoch: 1, kind, key };
    let filed = entry(TERM, RecipientKind::Wrapped, opaque(0x1e, 60));
    let pending = entry(RecordId::from_bytes([0x7d; 16]), RecipientKind::Pending, opaque(0x1f, 80));
    let own = placement().recipients.remove(0);
    Placement { recipients: vec![own, filed, pending], ..placement() }
}

fn parent() -> Parent {
    Parent { term: Some(TERM), since: 1, salt: TermSalt::from_bytes([0x5a; 16]) }
}

fn term_placement(parent: Parent) -> Placement {
    let record = RecordId::term(ONTOLOGY, parent.term, parent.salt);
    Placement {
        recipients: vec![Recipient {
            scope: ONTOLOGY,
            term: Some(record),
            epoch: 1,
            kind: RecipientKind::Wrapped,
            key: opaque(0x2e, 60),
        }],
        tokens: vec![],
        parent: Some(parent),
    }
}

fn term() -> Envelope {
    let placement = term_placement(parent());
    let record = RecordId::term(ONTOLOGY, parent().term, parent().salt);
    envelope(&Protected { scope: ONTOLOGY, record, ..protected(RecordKind::Term, &placement) }, &placement)
}

fn moved() -> MovedPlacement {
    MovedPlacement {
        mover: BOB,
        access: Some(ACCESS),
        number: 1,
        moved_at: later(4),
        signature: Signature::from_bytes([0x55; 64]),
    }
}

/// The instance as Bob filed it elsewhere.
pub(crate) fn moved_instance() -> Envelope {
    let placement = pryv_wire::encode(&filed_placement()).into();
    Envelope { placement, moved: Some(moved()), ..instance() }
}

/// What a writer without the right to read leaves: a sealed key, and no tokens.
fn deposited_placement() -> Placement {
    Placement {
        recipients: vec![Recipient {
            scope: SCOPE,
            term: None,
            epoch: 1,
            kind: RecipientKind::Sealed,
            key: opaque(0x0f, 80),
        }],
        tokens: vec![],
        parent: None,
    }
}

fn protected(kind: RecordKind, placement: &Placement) -> Protected {
    Protected {
        suite: Suite::CLASSIC,
        account: ADA,
        scope: SCOPE,
        epoch: 1,
        record: RECORD,
        version: 2,
        kind,
        definition: Some(DefinitionRef { version: 1, digest: definition().digest() }),
        commitment: Commitment::from_bytes([0xcc; 32]),
        placement: Placement::digest(&pryv_wire::encode(placement)),
        author: ADA,
        access: None,
        written_at: later(2),
    }
}

fn envelope(protected: &Protected, placement: &Placement) -> Envelope {
    Envelope {
        protected: pryv_wire::encode(protected).into(),
        placement: pryv_wire::encode(placement).into(),
        ciphertext: opaque(0x30, 64),
        signature: Signature::from_bytes([0x52; 64]),
        moved: None,
    }
}

fn definition() -> Envelope {
    let placement = Placement { tokens: vec![], ..placement() };
    let protected = Protected {
        suite: Suite::CLASSIC,
        account: ADA,
        scope: SCOPE,
        epoch: 1,
        record: RecordId::definition(SCOPE),
        version: 1,
        kind: RecordKind::Definition,
        definition: None,
        commitment: Commitment::from_bytes([0xcd; 32]),
        placement: Placement::digest(&pryv_wire::encode(&placement)),
        author: ADA,
        access: None,
        written_at: later(1),
    };
    envelope(&protected, &placement)
}

/// An instance that Ada wrote.
pub(crate) fn instance() -> Envelope {
    envelope(&protected(RecordKind::Instance, &placement()), &placement())
}

/// An instance that Bob deposited.
fn deposited() -> Protected {
    Protected {
        version: 1,
        author: BOB,
        access: Some(ACCESS),
        ..protected(RecordKind::Instance, &deposited_placement())
    }
}

fn encoded(envelope: &Envelope) -> Bytes {
    pryv_wire::encode(envelope).into()
}

fn access() -> Access {
    Access {
        suite: Suite::CLASSIC,
        access: ACCESS,
        account: ADA,
        grantor: ADA,
        by: None,
        grantee: BOB,
        grantee_card: Digest::from_bytes([0xca; 32]),
        grants: vec![Grant {
            scope: SCOPE,
            level: Level::Read,
            transform: Some(Transform::digest(&transform().key)),
            slice: None,
            group: None,
            from_epoch: 0,
        }],
        valid_from: Some(later(0)),
        valid_until: Some(later(10_000)),
        terms: Some(Digest::from_bytes([0x7e; 32])),
        max_uses: None,
        note: opaque(0x40, 96),
        owner_note: opaque(0x41, 76),
        signed_at: later(3),
    }
}

fn deposit_access() -> Access {
    Access {
        grants: vec![Grant {
            scope: SCOPE,
            level: Level::CreateOnly,
            transform: None,
            slice: None,
            group: None,
            from_epoch: 0,
        }],
        valid_from: None,
        valid_until: None,
        terms: None,
        ..access()
    }
}

/// Bob grants onwards to Carol.
fn access_by_manager() -> Access {
    Access {
        access: ACCESS_BELOW,
        grantor: BOB,
        by: Some(ACCESS),
        grantee: PrincipalId::from_bytes([0xca; 32]),
        ..access()
    }
}

fn revocation_below() -> Revocation {
    Revocation { access: ACCESS_BELOW, revoker: BOB, ..revocation() }
}

fn revocation() -> Revocation {
    Revocation {
        access: ACCESS,
        account: ADA,
        revoker: ADA,
        last_epochs: vec![LastEpoch { scope: SCOPE, epoch: 1 }],
        signed_at: later(5),
    }
}

fn served() -> Served {
    Served { scope: SCOPE, epoch: 1, first_at: later(3), last_at: later(4) }
}

fn grant_access() -> GrantAccess {
    GrantAccess {
        statement: signed(&access()),
        link: None,
        pre: vec![pre()],
        lockboxes: vec![Lockbox { shares: vec![], ..lockbox() }],
        shares: vec![share()],
        transforms: vec![transform()],
    }
}

/// A link, and the drop box that it opens three times.
fn link_card() -> Card {
    Card { kind: PrincipalKind::Link, created_at: Timestamp::from_millis(0), ..first_card() }
}

fn grant_to_link() -> GrantAccess {
    let access =
        Access { grantee: PrincipalId::of(&signed(&link_card())), max_uses: Some(3), ..deposit_access() };
    GrantAccess { statement: signed(&access), link: Some(signed(&link_card())), ..grant_without_keys() }
}

fn grant_without_keys() -> GrantAccess {
    GrantAccess {
        statement: signed(&deposit_access()),
        link: None,
        pre: vec![],
        lockboxes: vec![],
        shares: vec![],
        transforms: vec![],
    }
}

/// A transaction of one operation.
pub(crate) fn commit() -> Commit {
    Commit {
        account: ADA,
        transaction: TRANSACTION,
        operations: vec![Operation::PutRecord { record: encoded(&instance()) }],
    }
}

/// What [`commit`] leaves in the chain.
pub(crate) fn change() -> Change {
    Change {
        sequence: 1,
        at: later(2),
        author: ADA,
        transaction: TRANSACTION,
        operations: commit().digest(),
        touched: vec![Touched::Record { scope: SCOPE, record: RECORD, version: 2 }],
    }
}

/// Every sample.
pub(crate) fn all() -> Vec<Sample> {
    [
        cards(),
        apps(),
        accounts(),
        holders(),
        scopes(),
        records(),
        terms(),
        accesses(),
        transactions(),
        audit(),
        problems(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn cards() -> Vec<Sample> {
    vec![
        sample("first card", first_card()),
        sample("first card of a group", group_card()),
        sample("group place", GroupPlace { account: ADA, scope: SCOPE }),
        sample("second card, of an app, that ends", second_card()),
        sample("card of a link", link_card()),
        sample("signed card", signed(&first_card())),
        sample("get cards", GetCards { principal: BOB }),
        sample("resolve username", ResolveUsername { username: "dr-bob".into() }),
        sample(
            "cards of an account",
            Cards { principal: ADA, username: Some("ada".into()), cards: vec![signed(&first_card())] },
        ),
        sample(
            "cards of another principal",
            Cards {
                principal: BOB,
                username: None,
                cards: vec![signed(&first_card()), signed(&second_card())],
            },
        ),
    ]
}

fn manifest() -> Manifest {
    Manifest {
        app: BOB,
        name: "Heart".into(),
        publisher: "Example".into(),
        redirect_uris: vec!["https://app.example.org/callback".into()],
        permissions: vec![permission()],
        signed_at: NINE,
    }
}

fn permission() -> Permission {
    Permission { uri: "https://example.org/heart-rate".into(), level: Level::Read }
}

fn apps() -> Vec<Sample> {
    let card = || signed(&Card { kind: PrincipalKind::App, ..first_card() });
    vec![
        sample("manifest", manifest()),
        sample(
            "manifest that asks for nothing",
            Manifest { redirect_uris: vec![], permissions: vec![], ..manifest() },
        ),
        sample("signed manifest", signed(&manifest())),
        sample("permission", permission()),
        sample("register app", RegisterApp { card: card(), manifest: signed(&manifest()) }),
        sample("get app", GetApp { app: BOB }),
        sample("app", App { cards: vec![card()], manifest: signed(&manifest()) }),
    ]
}

fn accounts() -> Vec<Sample> {
    vec![
        sample("key stretching", KeyStretching::RECOMMENDED),
        sample("secret wrap", wrap()),
        sample("secret wrap of an unknown suite", SecretWrap { suite: Suite::from_number(65_535), ..wrap() }),
        sample("password credential", password()),
        sample("recovery credential", recovery()),
        sample("start sign-up", StartSignUp { username: "ada".into(), request: opaque(0x50, 32) }),
        sample("registration started", RegistrationStarted { response: opaque(0x51, 64) }),
        sample(
            "finish sign-up",
            FinishSignUp {
                username: "ada".into(),
                card: signed(&first_card()),
                password: password(),
                recovery: recovery(),
                holders: signed(&first_holders()),
            },
        ),
        sample("session opened", session()),
        sample("start login", StartLogin { username: "ada".into(), request: opaque(0x53, 96) }),
        sample(
            "login started",
            LoginStarted {
                login: CHALLENGE,
                stretching: KeyStretching::RECOMMENDED,
                response: opaque(0x54, 320),
            },
        ),
        sample("finish login", FinishLogin { login: CHALLENGE, finalization: opaque(0x55, 64) }),
        sample(
            "logged in",
            LoggedIn {
                session: session(),
                cards: vec![signed(&first_card())],
                holders: signed(&first_holders()),
                wrap: wrap(),
                binding: Some(BINDING),
                earlier: None,
            },
        ),
        sample(
            "logged in by a device, after a rotation",
            LoggedIn {
                session: session(),
                cards: vec![signed(&first_card()), signed(&second_card())],
                holders: signed(&later_holders()),
                wrap: wrap(),
                binding: None,
                earlier: Some(opaque(0x66, 60)),
            },
        ),
        sample("get challenge", GetChallenge {}),
        sample("challenge", Challenge { challenge: CHALLENGE }),
        sample(
            "open session",
            OpenSession {
                principal: ADA,
                challenge: CHALLENGE,
                signature: Signature::from_bytes([0x53; 64]),
            },
        ),
        sample(
            "recover",
            Recover {
                username: "ada".into(),
                challenge: CHALLENGE,
                signature: Signature::from_bytes([0x54; 64]),
            },
        ),
        sample("start password change", StartPasswordChange { request: opaque(0x56, 32) }),
        sample(
            "finish password change",
            FinishPasswordChange { password: password(), holders: signed(&first_holders()) },
        ),
        sample("list sessions", ListSessions {}),
        sample("session info", session_info()),
        sample("sessions", Sessions { sessions: vec![session_info()] }),
        sample("end session that asks", EndSession { session: None }),
        sample("end another session", EndSession { session: Some(SESSION) }),
        sample("done", Done {}),
    ]
}

fn holders() -> Vec<Sample> {
    vec![
        sample("first list of holders", first_holders()),
        sample("list of holders after a rotation", later_holders()),
        sample("signed list of holders", signed(&first_holders())),
        sample("device", device()),
        sample("holder, the password", Holder::Password),
        sample("holder, the phrase", Holder::Recovery),
        sample("holder, a device", Holder::Device(device().device)),
        sample("seal for a holder", seal()),
        sample("set holders", set_holders()),
        sample("set holders, a name alone", SetHolders { seals: vec![], ..set_holders() }),
        sample("rotate account", rotate()),
        sample("get holders", GetHolders {}),
        sample(
            "holders shown",
            HoldersShown { cards: vec![signed(&first_card())], holders: signed(&first_holders()) },
        ),
        sample(
            "open device",
            OpenDevice {
                principal: ADA,
                device: device().device,
                challenge: CHALLENGE,
                signature: Signature::from_bytes([0x55; 64]),
            },
        ),
        sample("put mail", PutMail { mailbox: MAILBOX, message: opaque(0x67, 120) }),
        sample("get mail", GetMail { mailbox: MAILBOX }),
        sample("mail", Mail { message: opaque(0x67, 120) }),
        sample("device request", device_request()),
        sample("device answer", DeviceAnswer { username: "ada".into(), principal: ADA }),
        sample("device payload", DevicePayload { secret: opaque(0x68, 32), request: device_request() }),
    ]
}

fn session_info() -> SessionInfo {
    SessionInfo { session: SESSION, opened_at: NINE, expires_at: later(60), current: true }
}

fn scopes() -> Vec<Sample> {
    let owner = EpochKeys::Owner { wrap: opaque(0x0d, 92), lock: Some(opaque(0x0c, 60)) };
    let grantee =
        EpochKeys::Grantee { capsule: opaque(0x1a, 300), share: opaque(0x09, 80), sealed: opaque(0x0b, 80) };
    let opened = |keys: &EpochKeys| EpochOpened { statement: signed(&epoch()), keys: keys.clone() };
    let slice_opened = ScopeOpened {
        kind: ScopeKind::Slice(slice()),
        definition: encoded(&definition()),
        epochs: vec![],
        pre: None,
        readers: vec![],
        entries: vec![],
        indexed: vec![],
        slices: vec![],
    };
    vec![
        sample("kind of a collection", plain_kind()),
        sample("kind of an ontology", ScopeKind::Ontology),
        sample("kind of a slice", ScopeKind::Slice(slice())),
        sample("collection kind", collection_kind()),
        sample("collection kind without ontologies", CollectionKind::default()),
        sample("no history", History::None),
        sample("history of versions", History::Versions),
        sample("history of everything", History::Everything),
        sample("slice of a term in one collection", slice()),
        sample("slice of an ontology's structure", structure()),
        sample("slice of all data", Slice { data: SliceData::Every, ..structure() }),
        sample("data of a slice, none", SliceData::None),
        sample("data of a slice, every collection", SliceData::Every),
        sample("data of a slice, some collections", SliceData::Collections(vec![SCOPE])),
        sample("slice entry", entry()),
        sample("moved term", MovedTerm { term: TERM, parent: Some(PARENT) }),
        sample("term moved to the top", MovedTerm { term: TERM, parent: None }),
        sample("covering slice", covering()),
        sample("epoch", epoch()),
        sample(
            "epoch that began with a move",
            Epoch { scope: ONTOLOGY, moved: Some(MovedTerm { term: TERM, parent: None }), ..epoch() },
        ),
        sample("epoch of a group", group_epoch()),
        sample("epoch that a group reads", Epoch { groups: vec![sealed_group()], ..epoch() }),
        sample("sealed group", sealed_group()),
        sample(
            "epoch that names definition and pair",
            Epoch {
                definition: Some(DefinitionRef { version: 2, digest: Digest::of("x", &[]) }),
                pair: Some(pre().digest()),
                ..epoch()
            },
        ),
        sample("signed epoch", signed(&epoch())),
        sample("scope re-encryption key pair", pre()),
        sample("lockbox", lockbox()),
        sample("lockbox without shares", Lockbox { shares: vec![], ..lockbox() }),
        sample("share", share()),
        sample("transform", transform()),
        sample("new epoch", new_epoch()),
        sample("new epoch that only the owner reads", NewEpoch { lockbox: None, ..new_epoch() }),
        sample("new epoch with entries", NewEpoch { entries: vec![entry()], ..new_epoch() }),
        sample("new epoch of a group", new_group_epoch()),
        sample("group card", group_of_epoch()),
        sample("group card of a later epoch", GroupCard { pre: None, ..group_of_epoch() }),
        sample("list scopes", ListScopes { account: ADA }),
        sample("scopes", Scopes { scopes: vec![SCOPE] }),
        sample("no scopes", Scopes { scopes: vec![] }),
        sample("open scope", OpenScope { account: ADA, scope: SCOPE, from_epoch: 0, access: None }),
        sample(
            "open scope by an access",
            OpenScope { account: ADA, scope: SCOPE, from_epoch: 0, access: Some(ACCESS) },
        ),
        sample(
            "scope opened by its owner",
            ScopeOpened {
                kind: ScopeKind::Collection(collection_kind()),
                definition: encoded(&definition()),
                epochs: vec![opened(&owner)],
                pre: Some(pre()),
                readers: vec![ACCESS],
                entries: vec![],
                indexed: vec![alike()],
                slices: vec![covering()],
            },
        ),
        sample(
            "scope opened by a grantee",
            ScopeOpened { kind: plain_kind(), epochs: vec![opened(&grantee)], ..slice_opened.clone() },
        ),
        sample(
            "slice opened by a grantee",
            ScopeOpened { epochs: vec![opened(&grantee)], entries: vec![entry()], ..slice_opened },
        ),
        sample("epoch opened by a grantee", opened(&grantee)),
        sample("keys for the owner", owner),
        sample(
            "keys for the owner, without lockbox",
            EpochKeys::Owner { wrap: opaque(0x0d, 92), lock: None },
        ),
        sample("keys for a grantee", grantee),
        sample("keys for a writer who may not read", EpochKeys::Deposit),
    ]
}

/// All labels of an ontology.
fn structure() -> Slice {
    Slice { ontology: ONTOLOGY, term: None, data: SliceData::None, labels: true }
}

fn covering() -> CoveringSlice {
    let statement = signed(&Epoch { scope: SLICE, epoch: 0, ..epoch() });
    let keys = EpochKeys::Owner { wrap: opaque(0x0d, 92), lock: None };
    CoveringSlice { scope: SLICE, slice: slice(), present: EpochOpened { statement, keys } }
}

fn terms() -> Vec<Sample> {
    let shape = TermNode { parent: None, since: 0, record: None, links: vec![], ..term_node() };
    vec![
        sample("term link", term_link()),
        sample("term node", term_node()),
        sample("term node without label", shape.clone()),
        sample(
            "list terms",
            ListTerms { account: ADA, ontology: ONTOLOGY, under: None, after: None, limit: 1_000 },
        ),
        sample(
            "list terms under another, further page",
            ListTerms { account: ADA, ontology: ONTOLOGY, under: Some(PARENT), after: Some(TERM), limit: 1 },
        ),
        sample("get terms", GetTerms { account: ADA, ontology: ONTOLOGY, terms: vec![TERM, PARENT] }),
        sample("terms", Terms { terms: vec![shape, term_node()], next: Some(TERM) }),
        sample("no terms", Terms { terms: vec![], next: None }),
    ]
}

fn first_page() -> QueryRecords {
    QueryRecords {
        account: ADA,
        scope: SCOPE,
        filter: Filter::All,
        unindexed: None,
        within: None,
        state: RecordState::Active,
        order: Order::OldestFirst,
        limit: 1_000,
        after: None,
    }
}

fn count(filter: Filter, unindexed: Option<Unindexed>) -> CountRecords {
    let within = Some(Within { ontology: ONTOLOGY, term: Some(TERM), descendants: true });
    let after = Some(opaque(0x60, 8));
    CountRecords {
        account: ADA,
        scope: SCOPE,
        filter,
        unindexed,
        within,
        state: RecordState::Active,
        buckets: vec![],
        enough: 100_000,
        after,
    }
}

fn in_buckets() -> CountRecords {
    let buckets = vec![vec![opaque(0x20, 16)], vec![opaque(0x21, 16), opaque(0x23, 16)]];
    CountRecords {
        within: None,
        state: RecordState::Active,
        buckets,
        enough: 50,
        after: None,
        ..count(Filter::All, None)
    }
}

fn counted() -> Counted {
    Counted { counts: vec![3, 47], unindexed: 0, epoch: 2, next: None }
}

fn alike() -> IndexedAlike {
    IndexedAlike { state: IndexState { epoch: 1, version: 1 }, records: 1_001 }
}

fn records() -> Vec<Sample> {
    let placement = placement();
    let tokens = Filter::Tokens(vec![opaque(0x20, 16), opaque(0x22, 32)]);
    let other = Filter::Tokens(vec![opaque(0x23, 16)]);
    let algebra = Filter::And(vec![
        Filter::Or(vec![tokens.clone(), Filter::All]),
        Filter::Not(Box::new(other)),
        Filter::Or(vec![]),
    ]);
    let unindexed = Unindexed { before: IndexState { epoch: 2, version: 3 }, at_most: 1_000 };
    let tombstone = Placement { tokens: vec![], ..placement.clone() };
    vec![
        sample("envelope of an instance", instance()),
        sample("envelope of a definition", definition()),
        sample("envelope of a deposit", envelope(&deposited(), &deposited_placement())),
        sample(
            "envelope of a tombstone",
            Envelope {
                ciphertext: opaque(0x31, 16),
                ..envelope(&protected(RecordKind::Tombstone, &tombstone), &tombstone)
            },
        ),
        sample("envelope of an instance that was placed again", moved_instance()),
        sample("envelope of a term", term()),
        sample("moved placement", moved()),
        sample("moved placement by the owner", MovedPlacement { mover: ADA, access: None, ..moved() }),
        sample("parent", parent()),
        sample("parent, the root", Parent { term: None, since: 0, ..parent() }),
        sample("placement of an instance under terms", filed_placement()),
        sample("placement of a term", term_placement(parent())),
        sample("recipient that is pending", filed_placement().recipients[2].clone()),
        sample("protected", protected(RecordKind::Instance, &placement)),
        sample("protected of what was put away", protected(RecordKind::Trashed, &placement)),
        sample("protected of a deposit", deposited()),
        sample("definition reference", DefinitionRef { version: 1, digest: definition().digest() }),
        sample("placement", placement.clone()),
        sample("placement of a deposit", deposited_placement()),
        sample("recipient", placement.recipients[0].clone()),
        sample("tokens", placement.tokens[0].clone()),
        sample("filter that all pass", Filter::All),
        sample("filter by tokens", tokens.clone()),
        sample("filter of several parts", algebra.clone()),
        sample("index state", IndexState { epoch: 0, version: 0 }),
        sample("unindexed", unindexed),
        sample("indexed alike", alike()),
        sample("within a term", Within { ontology: ONTOLOGY, term: Some(TERM), descendants: false }),
        sample("within an ontology", Within { ontology: ONTOLOGY, term: None, descendants: true }),
        sample("order, oldest first", Order::OldestFirst),
        sample("order, newest first", Order::NewestFirst),
        sample("record state, active", RecordState::Active),
        sample("record state, trashed", RecordState::Trashed),
        sample("record state, all", RecordState::All),
        sample("record state, deleted", RecordState::Deleted),
        sample("query of a first page", first_page()),
        sample("query of what was deleted", QueryRecords { state: RecordState::Deleted, ..first_page() }),
        sample(
            "query of a further page, by tokens",
            QueryRecords {
                account: ADA,
                scope: SCOPE,
                filter: algebra.clone(),
                unindexed: Some(unindexed),
                within: Some(Within { ontology: ONTOLOGY, term: Some(TERM), descendants: true }),
                state: RecordState::Trashed,
                order: Order::NewestFirst,
                limit: 1,
                after: Some(opaque(0x60, 8)),
            },
        ),
        sample("last page", Records { records: vec![encoded(&instance())], epoch: 3, next: None }),
        sample("page before others", Records { records: vec![], epoch: 0, next: Some(opaque(0x60, 8)) }),
        sample("count", count(algebra, Some(unindexed))),
        sample("count in buckets", in_buckets()),
        sample("count of everything", CountRecords { state: RecordState::All, ..in_buckets() }),
        sample("counted", counted()),
        sample("counted in part", Counted { next: Some(opaque(0x60, 8)), ..counted() }),
        sample("question of a query", Question::Query(first_page())),
        sample("question of a count", Question::Count(in_buckets())),
        sample(
            "question of a record",
            Question::Get(GetRecord { account: ADA, scope: SCOPE, record: RECORD }),
        ),
        sample("batch", BatchRecords { questions: vec![Question::Query(first_page())] }),
        sample("answer of a query", Answered::Query(Records { records: vec![], epoch: 0, next: None })),
        sample("answer of a count", Answered::Count(counted())),
        sample("answer of a record", Answered::Get(RecordFound { record: encoded(&instance()) })),
        sample("answer of a question that was refused", Answered::Refused(Problem::new(ErrorCode::NotFound))),
        sample("batch answered", BatchAnswered { answers: vec![Answered::Count(counted())] }),
        sample("get record", GetRecord { account: ADA, scope: SCOPE, record: RECORD }),
        sample(
            "record history",
            RecordHistory { account: ADA, scope: SCOPE, record: RECORD, before: None, limit: 100 },
        ),
        sample(
            "record history below a version",
            RecordHistory { account: ADA, scope: SCOPE, record: RECORD, before: Some(7), limit: 2 },
        ),
        sample("record versions", RecordVersions { versions: vec![encoded(&instance())], next: Some(2) }),
        sample(
            "record versions, the last",
            RecordVersions { versions: vec![encoded(&instance())], next: None },
        ),
        sample("record found", RecordFound { record: encoded(&instance()) }),
    ]
}

fn accesses() -> Vec<Sample> {
    let evidence = AccessEvidence {
        statement: signed(&access()),
        revocation: Some(signed(&revocation())),
        grantee_cards: vec![],
    };
    let left = Revocation { revoker: access().grantee, ..revocation() };
    let left = AccessEvidence {
        revocation: Some(signed(&left)),
        grantee_cards: vec![signed(&first_card())],
        ..evidence.clone()
    };
    let state = AccessState {
        statement: signed(&access()),
        revocation: Some(signed(&revocation())),
        served: vec![served()],
        parent: None,
        uses: None,
    };
    let key = DefinitionKey { scope: SCOPE, version: 1, key: opaque(0x42, 32) };
    vec![
        sample("level read", Level::Read),
        sample("level create-only", Level::CreateOnly),
        sample("level contribute", Level::Contribute),
        sample("level manage", Level::Manage),
        sample(
            "grant of a slice without history",
            Grant { scope: SLICE, slice: Some(slice()), from_epoch: 3, ..access().grants[0].clone() },
        ),
        sample("grant of reading", access().grants[0].clone()),
        sample("grant of a membership", Grant { group: Some(BOB), ..access().grants[0].clone() }),
        sample("grant of creating only", deposit_access().grants[0].clone()),
        sample("access", access()),
        sample("access without dates and terms", deposit_access()),
        sample("signed access", signed(&access())),
        sample(
            "access note",
            AccessNote { name: "Dr Bob".into(), purpose: "follow-up".into(), definition_keys: vec![] },
        ),
        sample(
            "access note with a definition key",
            AccessNote { name: "Scale".into(), purpose: String::new(), definition_keys: vec![key.clone()] },
        ),
        sample("definition key", key),
        sample("revocation", revocation()),
        sample("signed revocation", signed(&revocation())),
        sample("last epoch", LastEpoch { scope: SCOPE, epoch: 1 }),
        sample("list granted", ListGranted { account: ADA, limit: 1_000, after: None }),
        sample(
            "list granted, a further page",
            ListGranted { account: ADA, limit: 1, after: Some(opaque(0x61, 8)) },
        ),
        sample("list received", ListReceived { group: None, limit: 1_000, after: None }),
        sample(
            "list received, a further page",
            ListReceived { group: None, limit: 1, after: Some(opaque(0x62, 56)) },
        ),
        sample("list received by a group", ListReceived { group: Some(BOB), limit: 1_000, after: None }),
        sample("get access", GetAccess { account: ADA, access: ACCESS }),
        sample("access evidence", evidence.clone()),
        sample("access evidence of an end by the grantee", left),
        sample("access evidence without an end", AccessEvidence { revocation: None, ..evidence.clone() }),
        sample(
            "evidence",
            Evidence {
                account: ADA,
                cards: vec![signed(&first_card())],
                accesses: vec![evidence],
                epochs: vec![signed(&epoch())],
                exported_at: later(9),
            },
        ),
        sample(
            "evidence of nothing",
            Evidence {
                account: ADA,
                cards: vec![signed(&first_card())],
                accesses: vec![],
                epochs: vec![],
                exported_at: later(9),
            },
        ),
        sample("access state", state.clone()),
        sample(
            "access state for a grantee",
            AccessState { revocation: None, served: vec![], ..state.clone() },
        ),
        sample(
            "access state by a manager",
            AccessState {
                statement: signed(&access_by_manager()),
                revocation: None,
                served: vec![],
                parent: Some(Box::new(state.clone())),
                uses: None,
            },
        ),
        sample(
            "access state of a link, for its grantor",
            AccessState {
                statement: grant_to_link().statement,
                revocation: None,
                served: vec![],
                uses: Some(2),
                parent: None,
            },
        ),
        sample("served", served()),
        sample("accesses", Accesses { accesses: vec![state.clone()], next: None, rotated: vec![] }),
        sample(
            "accesses of a grantee with another card",
            Accesses { accesses: vec![state], next: None, rotated: vec![BOB] },
        ),
        sample(
            "accesses before others",
            Accesses { accesses: vec![], next: Some(opaque(0x61, 8)), rotated: vec![] },
        ),
    ]
}

fn transactions() -> Vec<Sample> {
    let genesis = Change::genesis(ADA);
    let link = Operation::LinkOntology { collection: SCOPE, ontology: ONTOLOGY, entries: vec![entry()] };
    let place =
        Operation::PlaceRecord { scope: SCOPE, record: RECORD, version: 2, envelope: encoded(&instance()) };
    let move_term = Operation::MoveTerm { record: encoded(&instance()), links: vec![term_link()] };
    let revoke =
        Operation::Revoke { statement: signed(&revocation()), below: vec![], epochs: vec![new_epoch()] };
    let manager_revokes =
        Operation::Revoke { statement: signed(&revocation_below()), below: vec![], epochs: vec![] };
    let cascade = Operation::Revoke {
        statement: signed(&revocation()),
        below: vec![signed(&Revocation { revoker: ADA, ..revocation_below() })],
        epochs: vec![new_epoch()],
    };
    let every = Commit {
        operations: vec![
            Operation::CreateScope {
                epoch: new_epoch(),
                definition: encoded(&definition()),
                kind: plain_kind(),
                entries: vec![],
            },
            link.clone(),
            Operation::PutRecord { record: encoded(&instance()) },
            place.clone(),
            move_term.clone(),
            Operation::Grant(Box::new(grant_access())),
            revoke.clone(),
            Operation::BeginGeneration(Box::new(new_generation())),
            Operation::SetHolders(Box::new(set_holders())),
            Operation::RotateAccount(Box::new(rotate())),
            Operation::BeginEpoch { epoch: new_epoch() },
            Operation::ExpectRecords { scope: SCOPE, records: vec![RECORD] },
            Operation::ExpectNone {
                scope: SCOPE,
                epoch: 1,
                since: IndexState { epoch: 0, version: 1 },
                tokens: vec![opaque(0x71, 16)],
            },
        ],
        ..commit()
    };
    let touched = [
        Touched::Record { scope: SCOPE, record: RECORD, version: 2 },
        Touched::Epoch { scope: SCOPE, epoch: 1 },
        Touched::Generation { scope: SCOPE, generation: 1 },
        Touched::Granted { access: ACCESS },
        Touched::Revoked { access: ACCESS },
        Touched::Placed { scope: SCOPE, record: RECORD, version: 2 },
        Touched::Linked { collection: SCOPE, ontology: ONTOLOGY },
        Touched::Holders { number: 1 },
        Touched::Card { sequence: 1 },
    ];
    let served = ServedAccess { access: ACCESS, served: vec![served()] };
    vec![
        sample("commit of one record", commit()),
        sample("commit of every operation", every),
        sample(
            "operation create scope",
            Operation::CreateScope {
                epoch: NewEpoch { lockbox: None, ..new_epoch() },
                definition: encoded(&definition()),
                kind: plain_kind(),
                entries: vec![],
            },
        ),
        sample(
            "operation create scope of a slice",
            Operation::CreateScope {
                epoch: NewEpoch { lockbox: None, ..new_epoch() },
                definition: encoded(&definition()),
                kind: ScopeKind::Slice(slice()),
                entries: vec![entry()],
            },
        ),
        sample(
            "operation create scope of a group",
            Operation::CreateScope {
                epoch: new_group_epoch(),
                definition: encoded(&definition()),
                kind: ScopeKind::Group,
                entries: vec![],
            },
        ),
        sample("operation link ontology", link),
        sample("operation place record", place),
        sample("operation move term", move_term),
        sample("operation put record", commit().operations[0].clone()),
        sample("operation grant", Operation::Grant(Box::new(grant_without_keys()))),
        sample("operation revoke", revoke),
        sample("operation revoke, by a manager", manager_revokes),
        sample("operation revoke, with what was granted onwards", cascade),
        sample("operation begin generation", Operation::BeginGeneration(Box::new(new_generation()))),
        sample("new generation", new_generation()),
        sample("new lock", new_lock()),
        sample("new transform", new_transform()),
        sample("rekey", rekey()),
        sample("signed rekey", signed(&rekey())),
        sample("operation set holders", Operation::SetHolders(Box::new(set_holders()))),
        sample("operation rotate account", Operation::RotateAccount(Box::new(rotate()))),
        sample("operation begin epoch", Operation::BeginEpoch { epoch: new_epoch() }),
        sample("grant access", grant_access()),
        sample("grant access without keys", grant_without_keys()),
        sample("grant access to a link", grant_to_link()),
        sample(
            "committed",
            Committed { change: change(), previous: genesis, head: change().head(genesis), served: vec![] },
        ),
        sample(
            "committed revocation",
            Committed {
                change: Change { touched: touched.to_vec(), ..change() },
                previous: genesis,
                head: change().head(genesis),
                served: vec![served.clone()],
            },
        ),
        sample("served access", served),
        sample("change", change()),
        sample("touched record", touched[0].clone()),
        sample("touched epoch", touched[1].clone()),
        sample("touched, granted", touched[2].clone()),
        sample("touched, revoked", touched[3].clone()),
        sample("touched, placed", touched[4].clone()),
        sample("touched, linked", touched[5].clone()),
        sample("touched, holders", touched[6].clone()),
        sample("touched, card", touched[7].clone()),
        sample("list changes", ListChanges { account: ADA, after: 0, limit: 100 }),
        sample("changes", Changes { changes: vec![change()], sequence: 1, head: change().head(genesis) }),
        sample("no changes", Changes { changes: vec![], sequence: 0, head: genesis }),
    ]
}

pub(crate) fn audit_entry() -> AuditEntry {
    AuditEntry {
        sequence: 2,
        at: later(3),
        principal: BOB,
        access: Some(ACCESS),
        session: None,
        act: Act::QueryRecords,
        scopes: vec![SCOPE],
        records: 20,
    }
}

fn audit() -> Vec<Sample> {
    let genesis = AuditEntry::genesis(ADA);
    let login = AuditEntry {
        sequence: 1,
        at: later(2),
        principal: ADA,
        access: None,
        session: Some(SESSION),
        act: Act::Login,
        scopes: vec![],
        records: 0,
    };
    let first = AuditEntry::head(genesis, login.digest());
    let present = Mark { sequence: 2, head: AuditEntry::head(first, audit_entry().digest()) };
    let begins = Mark { sequence: 0, head: genesis };
    let changes = Mark { sequence: 1, head: change().head(Change::genesis(ADA)) };
    let every = AuditFilter {
        principal: Some(BOB),
        access: Some(ACCESS),
        scope: Some(SCOPE),
        from: Some(NINE),
        until: Some(later(10)),
    };
    let acts = [
        Act::SignUp,
        Act::Login,
        Act::Recovery,
        Act::Session,
        Act::Device,
        Act::OpenScope,
        Act::GetRecord,
        Act::QueryRecords,
        Act::CountRecords,
        Act::ReadHistory,
        Act::ReadTerms,
    ];
    let lines = vec![AuditLine::Other(login.digest()), AuditLine::Entry(audit_entry())];
    let mut samples = vec![
        sample("audit entry of a grantee", audit_entry()),
        sample("audit entry of a login", login),
        sample("mark", present),
        sample("heads", Heads { changes, audit: present }),
        sample("audit filter", every),
        sample("audit filter that wants all", AuditFilter::default()),
        sample("audit line", lines[1].clone()),
        sample("audit line that is not wanted", lines[0].clone()),
        sample("list audit", ListAudit { account: ADA, after: 0, limit: 100, only: None }),
        sample("list audit with a filter", ListAudit { account: ADA, after: 1, limit: 1, only: Some(every) }),
        sample("audit page", AuditPage { lines, begins, present }),
        sample("audit page without lines", AuditPage { lines: vec![], begins, present: begins }),
    ];
    samples.extend(acts.map(|act| {
        let name = serde_json::to_value(act).expect("JSON");
        sample(&format!("act {}", name.as_str().expect("text")), act)
    }));
    samples
}

fn problems() -> Vec<Sample> {
    let every = Details {
        reason: Some("not ready".into()),
        limit: Some(65_536),
        retry_after_ms: Some(1_500),
        current: Some(encoded(&instance())),
        request: Some("01j".into()),
    };
    let mut samples: Vec<_> = ErrorCode::ALL
        .iter()
        .map(|code| sample(&format!("problem {}", code.as_str()), Problem::new(*code)))
        .collect();
    samples.push(sample(
        "problem with every detail",
        Problem { details: every, ..Problem::new(ErrorCode::VersionConflict) },
    ));
    samples
}
