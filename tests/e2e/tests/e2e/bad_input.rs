//! Bad input over the wire: each a typed error with a stable code, the same in CBOR and JSON, and nothing hinted to
//! whoever may not know.

use crate::fixture::{Note, grant, note, notes, topic};
use pryv_sdk::Level;
use pryv_test_kit::{
    User, World,
    clock::days,
    light::{CallError, Forged, LightAccount, put},
    raw::{self, RawRequest},
};
use pryv_wire::{
    Bytes, ErrorCode, PrincipalId, RecordId, ScopeId, Suite, TransactionId,
    account::{FinishLogin, ListSessions, StartLogin},
    bytes::{SessionToken, Signature},
    card::GetCards,
    encode,
    operation::{Auth, CALLS, Call},
    record::{GetRecord, QueryRecords, RecordKind},
    transaction::{Commit, ListChanges, Operation},
};
use serde::Serialize;
use std::collections::BTreeSet;

/// Codes of a request in both notations; they must be the same.
async fn in_both<C: Call>(world: &World, token: Option<&SessionToken>, message: &C) -> (u16, &'static str) {
    let cbor = raw::call(world.address(), token, message).await.refusal();
    let json = raw::call_json(world.address(), token, message).await.refusal();
    assert_eq!(cbor, json, "{}", C::PATH);
    cbor
}

async fn post(world: &World, path: &str, token: Option<&SessionToken>, body: &[u8]) -> (u16, &'static str) {
    let request = RawRequest::post(path, body);
    let request = match token {
        Some(token) => request.with(token),
        None => request,
    };
    request.send(world.address()).await.refusal()
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_bodies_are_refused_by_every_call_in_both_notations() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let by_hand = world.by_hand(&ada).await;
    #[derive(Serialize)]
    struct Odd {
        no_call_has_this_field: u8,
    }
    let odd = Odd { no_call_has_this_field: 1 };
    let deep = [&vec![0x81; 60_000][..], &[0]].concat();
    let deep_json = ["[".repeat(30_000), "]".repeat(30_000)].concat().into_bytes();
    let cbor: [(&str, Vec<u8>); 8] = [
        ("nothing", Vec::new()),
        ("an unknown field", encode(&odd)),
        ("an array", encode(&("a", 1))),
        ("deep nesting", deep),
        ("invalid UTF-8", vec![0xA1, 0x61, 0xFF, 0x00]),
        ("an indefinite map", vec![0xBF, 0xFF]),
        ("a map cut off", vec![0xA1]),
        ("a long form of an empty map", vec![0xB8, 0x00]),
    ];
    let json: [(&str, Vec<u8>); 6] = [
        ("nothing", Vec::new()),
        ("an unknown field", serde_json::to_vec(&odd).unwrap()),
        ("an array", b"[1]".to_vec()),
        ("deep nesting", deep_json),
        ("invalid UTF-8", b"{\"\xff\": 1}".to_vec()),
        ("something behind the end", b"{} {}".to_vec()),
    ];
    for (path, auth) in CALLS {
        let token = (*auth == Auth::Session).then_some(&by_hand.token);
        for (name, body) in &cbor {
            let refused = post(&world, path, token, body).await;
            assert_eq!(refused, (400, "malformed-message"), "{path}: {name}");
        }
        for (name, body) in &json {
            let request = RawRequest::post(path, body).json();
            let request = match token {
                Some(token) => request.with(token),
                None => request,
            };
            let answer = request.send(world.address()).await;
            assert_eq!(answer.refusal(), (400, "malformed-message"), "{path}: {name} in JSON");
            assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
        }
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn media_types_methods_and_paths_that_are_not_known_are_refused() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let body = encode(&GetCards { principal: ada.account.id() });
    let mut request = RawRequest::post(GetCards::PATH, &body);
    request.content_type = "text/plain";
    assert_eq!(request.send(world.address()).await.refusal(), (415, "unsupported-media-type"));
    let mut request = RawRequest::post(GetCards::PATH, &body);
    request.accept = "text/html";
    assert_eq!(request.send(world.address()).await.refusal(), (415, "unsupported-media-type"));
    assert_eq!(post(&world, "/v1/nothing/here", None, &body).await.0, 404);
    assert_eq!(RawRequest::get(GetCards::PATH).send(world.address()).await.status, 405);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_100_megabytes_is_refused_without_being_read() {
    const FLOOD: usize = 100 * 1024 * 1024;
    let world = World::start().await;
    let ada = world.user("ada").await;
    let by_hand = world.by_hand(&ada).await;
    for path in [Commit::PATH, GetRecord::PATH] {
        for chunked in [false, true] {
            let request = RawRequest::post(path, &[]).with(&by_hand.token);
            let (answer, sent) = request.send_flood(world.address(), FLOOD, chunked).await;
            assert_eq!(answer.refusal(), (413, "body-too-large"), "{path}, chunked: {chunked}");
            assert!(sent < FLOOD / 2, "{path}: the server took {sent} bytes");
        }
    }
    let request = RawRequest::post(StartLogin::PATH, &[]);
    assert_eq!(request.send_flood(world.address(), FLOOD, false).await.0.refusal(), (413, "body-too-large"));
    // The node serves on.
    assert_eq!(ada.account.sessions().await.unwrap().len(), 2);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_absent_wrong_or_over_is_refused_alike() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let by_hand = world.by_hand(&ada).await;
    let unknown = SessionToken::from_bytes([7; 32]);
    assert_eq!(in_both(&world, None, &ListSessions {}).await, (401, "not-authenticated"));
    assert_eq!(in_both(&world, Some(&unknown), &ListSessions {}).await, (401, "not-authenticated"));
    for bearer in ["", "x", "%%%", &"A".repeat(43), &"A".repeat(10_000)] {
        let body = encode(&ListSessions {});
        let mut request = RawRequest::post(ListSessions::PATH, &body);
        request.bearer = bearer.to_owned();
        let status = request.send(world.address()).await.status;
        assert!(
            status == 401 || (bearer.len() > 8_000 && status == 431),
            "{status} for {} bytes",
            bearer.len()
        );
    }
    assert_eq!(raw::call(world.address(), Some(&by_hand.token), &ListSessions {}).await.status, 200);
    world.clock.advance(days(400));
    assert_eq!(in_both(&world, Some(&by_hand.token), &ListSessions {}).await, (401, "not-authenticated"));
    // Whatever is asked, and of whom: without a session nothing is said, whether the thing exists or not.
    for account in [ada.account.id(), PrincipalId::from_bytes([9; 32])] {
        let get =
            GetRecord { account, scope: ScopeId::from_bytes([1; 16]), record: RecordId::from_bytes([1; 16]) };
        assert_eq!(in_both(&world, Some(&unknown), &get).await, (401, "not-authenticated"));
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_absent_and_what_is_closed_look_the_same_to_a_stranger() {
    let world = World::start().await;
    let (ada, eve) = (world.user("ada").await, world.user("eve").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let record = diary.create(note(&world, &topic(&world))).await.unwrap().id;
    let stranger = world.by_hand(&eve).await;
    let nobody = PrincipalId::from_bytes(world.canary.random());
    let nowhere = ScopeId::from_bytes(world.canary.random());
    let nothing = RecordId::from_bytes(world.canary.random());

    let mut answers = BTreeSet::new();
    let mut ask = async |account, scope, record| {
        let get = GetRecord { account, scope, record };
        answers.insert(in_both(&world, Some(&stranger.token), &get).await);
        let changes = ListChanges { account, after: 0, limit: 10 };
        answers.insert(in_both(&world, Some(&stranger.token), &changes).await);
        let put = Commit {
            account,
            transaction: TransactionId::from_bytes(world.canary.random()),
            operations: vec![Operation::PutRecord { record: envelope(&world, &stranger, account, scope) }],
        };
        answers.insert(in_both(&world, Some(&stranger.token), &put).await);
    };
    ask(ada.account.id(), diary.scope(), record).await;
    ask(ada.account.id(), diary.scope(), nothing).await;
    ask(ada.account.id(), nowhere, record).await;
    ask(nobody, diary.scope(), record).await;
    assert_eq!(answers, BTreeSet::from([(404, "not-found")]));
    world.close().await;
}

/// A record that a stranger signed for somebody else's collection.
fn envelope(world: &World, author: &LightAccount, account: PrincipalId, scope: ScopeId) -> Bytes {
    let collection = world.imagined_collection(account, scope);
    let forged = Forged {
        record: RecordId::from_bytes(world.canary.random()),
        version: 1,
        kind: RecordKind::Instance,
        ciphertext: vec![1; 100],
        index: Vec::new(),
    };
    Bytes::from(encode(&author.forge(&collection, &forged)))
}

#[tokio::test(flavor = "multi_thread")]
async fn values_outside_their_limits_are_refused() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let by_hand = world.by_hand(&ada).await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let account = ada.account.id();
    let query = QueryRecords {
        account,
        scope: diary.scope(),
        filter: pryv_wire::record::Filter::All,
        unindexed: None,
        within: None,
        state: Default::default(),
        order: pryv_wire::record::Order::OldestFirst,
        limit: 10,
        after: None,
    };
    for limit in [0, 1_001, u32::MAX] {
        let refused = in_both(&world, Some(&by_hand.token), &QueryRecords { limit, ..query.clone() }).await;
        assert_eq!(refused, (400, "out-of-range"), "{limit}");
    }
    for length in [0, 1, 15, 17, 40_000] {
        let after = Some(Bytes::from(vec![0xFF; length]));
        let (status, _) =
            in_both(&world, Some(&by_hand.token), &QueryRecords { after, ..query.clone() }).await;
        assert_eq!(status, 400, "a cursor of {length} bytes");
    }
    for length in [0, 15, 17, 31, 33] {
        let filter = pryv_wire::record::Filter::Tokens(vec![Bytes::from(vec![1; length])]);
        let (status, _) =
            in_both(&world, Some(&by_hand.token), &QueryRecords { filter, ..query.clone() }).await;
        assert_eq!(status, 400, "a token of {length} bytes");
    }
    let transaction = TransactionId::from_bytes([1; 16]);
    let empty = Commit { account, transaction, operations: Vec::new() };
    assert_eq!(in_both(&world, Some(&by_hand.token), &empty).await, (400, "out-of-range"));
    for limit in [0, 1_001] {
        let refused = in_both(&world, Some(&by_hand.token), &ListChanges { account, after: 0, limit }).await;
        assert_eq!(refused, (400, "out-of-range"), "{limit}");
    }
    world.close().await;
}

fn refusal(answer: Result<pryv_wire::transaction::Committed, CallError>) -> (ErrorCode, bool) {
    match answer {
        Err(CallError::Refused(problem)) => (problem.code, problem.details.current.is_some()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_that_do_not_hold_are_refused_whole() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let by_hand = world.by_hand(&ada).await;
    let collection = by_hand.create_collection("https://example.org/bad-input", b"{}").await;
    let id = || TransactionId::from_bytes(world.canary.random());
    let record = || RecordId::from_bytes(world.canary.random());
    let forged = |record, version| Forged {
        record,
        version,
        kind: RecordKind::Instance,
        ciphertext: vec![1; 200],
        index: vec![[3; 16]],
    };
    let (first, second) = (record(), record());
    let written = by_hand.forge(&collection, &forged(first, 1));
    by_hand.commit(id(), vec![put(&written)]).await.unwrap();
    let before = changes(&by_hand).await;

    // Each of these stands behind a good operation, which must not be found afterwards.
    let good = put(&by_hand.forge(&collection, &forged(second, 1)));
    let mut broken = by_hand.forge(&collection, &forged(record(), 1));
    broken.signature = Signature::from_bytes([9; 64]);
    let mut moved = by_hand.forge(&collection, &forged(record(), 1));
    moved.placement =
        by_hand.forge(&collection, &Forged { index: vec![[4; 16]], ..forged(record(), 1) }).placement;
    let cases = [
        (
            "a version that exists",
            put(&by_hand.forge(&collection, &forged(first, 1))),
            ErrorCode::VersionConflict,
        ),
        (
            "a version too far",
            put(&by_hand.forge(&collection, &forged(first, 3))),
            ErrorCode::VersionConflict,
        ),
        ("version 2 of nothing", put(&by_hand.forge(&collection, &forged(record(), 2))), ErrorCode::NotFound),
        ("a signature that does not verify", put(&broken), ErrorCode::InvalidStatement),
        ("a placement of another record", put(&moved), ErrorCode::InvalidStatement),
        (
            "no envelope",
            Operation::PutRecord { record: Bytes::from(vec![1, 2, 3]) },
            ErrorCode::MalformedMessage,
        ),
    ];
    for (name, bad, code) in cases {
        let refused = refusal(by_hand.commit(id(), vec![good.clone(), bad]).await);
        assert_eq!(refused.0, code, "{name}");
        if name.starts_with("a version") {
            assert!(refused.1, "{name}: the other version comes along");
        }
        assert_eq!(changes(&by_hand).await, before, "{name}: nothing is left of it");
        let get = GetRecord { account: by_hand.id(), scope: collection.scope, record: second };
        assert!(matches!(
            by_hand.call(&get).await,
            Err(CallError::Refused(problem)) if problem.code == ErrorCode::NotFound
        ));
    }
    let suite = by_hand.forge_suite(&collection, &forged(record(), 1), Suite::from_number(99));
    let refused = refusal(by_hand.commit(id(), vec![good.clone(), put(&suite)]).await);
    assert_eq!(refused.0, ErrorCode::UnknownSuite);

    // The same id again: with the same operations it is the same transaction, with others it is a mistake.
    let transaction = id();
    let first_time = by_hand.commit(transaction, vec![good.clone()]).await.unwrap();
    let second_time = by_hand.commit(transaction, vec![good.clone()]).await.unwrap();
    assert_eq!(first_time, second_time);
    let other = put(&by_hand.forge(&collection, &forged(record(), 1)));
    assert_eq!(refusal(by_hand.commit(transaction, vec![other]).await).0, ErrorCode::TransactionReused);
    assert_eq!(changes(&by_hand).await.sequence, before.sequence + 1);
    world.close().await;
}

async fn changes(account: &LightAccount) -> pryv_wire::transaction::Changes {
    account.call(&ListChanges { account: account.id(), after: 0, limit: 1_000 }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grantee_may_do_what_its_level_says_and_no_more() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let access = grant(&world, &ada, &bob, &diary, Level::Read).await;
    let by_hand = world.by_hand(&bob).await;
    let account = ada.account.id();
    let record = world.envelope_by_grantee(&bob, &diary, access.id, RecordId::from_bytes([5; 16]), 1).await;
    let put = Commit {
        account,
        transaction: TransactionId::from_bytes([1; 16]),
        operations: vec![Operation::PutRecord { record }],
    };
    assert_eq!(in_both(&world, Some(&by_hand.token), &put).await, (403, "not-allowed"));
    // The chain of changes and the list of accesses are the owner's.
    let changes = ListChanges { account, after: 0, limit: 10 };
    assert_eq!(in_both(&world, Some(&by_hand.token), &changes).await.0 / 100, 4);
    let granted = pryv_wire::access::ListGranted { account, limit: 1_000, after: None };
    assert_eq!(in_both(&world, Some(&by_hand.token), &granted).await.0 / 100, 4);
    assert_eq!(diary.query().fetch::<Note>().await.unwrap().records.len(), 1);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_that_are_made_up_are_refused_and_bounded() {
    let world = World::start().await;
    let ada: User = world.user("ada").await;
    let garbage = StartLogin { username: ada.username.clone(), request: Bytes::from(vec![0xFF; 96]) };
    let (status, _) = in_both(&world, None, &garbage).await;
    assert_eq!(status, 400);
    let unknown = FinishLogin {
        login: pryv_wire::ChallengeId::from_bytes([1; 16]),
        finalization: Bytes::from(vec![0; 64]),
    };
    assert_eq!(in_both(&world, None, &unknown).await, (401, "wrong-credentials"));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_the_same_message_in_both_notations() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let by_hand = world.by_hand(&ada).await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let account = ada.account.id();
    assert_same(&world, &by_hand, &GetCards { principal: account }).await;
    assert_same(&world, &by_hand, &ListSessions {}).await;
    assert_same(&world, &by_hand, &ListChanges { account, after: 0, limit: 10 }).await;
    let query = QueryRecords {
        account,
        scope: diary.scope(),
        filter: pryv_wire::record::Filter::All,
        unindexed: None,
        within: None,
        state: Default::default(),
        order: pryv_wire::record::Order::NewestFirst,
        limit: 10,
        after: None,
    };
    assert_same(&world, &by_hand, &query).await;
    world.close().await;
}

async fn assert_same<C: Call>(world: &World, caller: &LightAccount, message: &C) {
    let cbor = raw::call(world.address(), Some(&caller.token), message).await;
    let json = raw::call_json(world.address(), Some(&caller.token), message).await;
    let from_json: C::Answer = serde_json::from_slice(&json.body).unwrap();
    assert_eq!(encode(&from_json), cbor.body, "{}", C::PATH);
}
