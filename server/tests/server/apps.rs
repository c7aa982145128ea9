//! Apps: registered by whoever holds their key, found by anybody, owners of nothing.

use crate::world::{World, code};
use pryv_crypto::{AccountSecret, Identity};
use pryv_wire::{
    ErrorCode, PrincipalId, Signed,
    access::Level,
    account::{Challenge, GetChallenge, OpenSession},
    app::{GetApp, Manifest, Permission, RegisterApp},
    card::{Card, PrincipalKind},
    transaction::{Commit, ListChanges},
};

fn keys(world: &World, kind: PrincipalKind) -> (Identity, Signed<Card>) {
    Identity::found(&AccountSecret::generate(&mut world.rng()), kind, world.now()).unwrap()
}

fn manifest(world: &World, app: PrincipalId) -> Manifest {
    Manifest {
        app,
        name: "Heart".into(),
        publisher: "Example".into(),
        redirect_uris: vec!["https://app.example.org/".into()],
        permissions: vec![Permission { uri: "https://example.org/heart".into(), level: Level::Read }],
        signed_at: world.now(),
    }
}

#[tokio::test]
async fn an_app_registers_itself_and_signs_in_by_its_key() {
    let world = World::new();
    let (app, card) = keys(&world, PrincipalKind::App);
    let id = app.principal();
    assert_eq!(code(world.service.get_app(GetApp { app: id }).await), ErrorCode::NotFound);
    let register = RegisterApp { card: card.clone(), manifest: app.sign(&manifest(&world, id)) };
    world.service.register_app(register.clone()).await.unwrap();
    world.service.register_app(register.clone()).await.unwrap();
    let found = world.service.get_app(GetApp { app: id }).await.unwrap();
    assert_eq!((found.cards, &found.manifest), (vec![card.clone()], &register.manifest));
    let renamed = app.sign(&Manifest { name: "Bank".into(), ..manifest(&world, id) });
    let renamed = world.service.register_app(RegisterApp { card, manifest: renamed }).await;
    assert_eq!(code(renamed), ErrorCode::AlreadyExists, "what people agreed to stays what it was");

    let Challenge { challenge } = world.service.challenge(GetChallenge {}).await.unwrap();
    let signature = app.sign_bytes(&Challenge::session_bytes(challenge, id));
    let open = OpenSession { principal: id, challenge, signature };
    let session = world.service.open_session(open).await.unwrap();
    let caller = world.service.caller(&session.token).unwrap();
    // Anybody registers an app, so none is given room.
    let changes = ListChanges { account: id, after: 0, limit: 1 };
    assert_eq!(code(world.service.list_changes(caller.clone(), changes).await), ErrorCode::NotFound);
    let ada = world.person("ada").await;
    let (create, _) = world.new_collection(&ada, "https://example.org/mine");
    let transaction = pryv_wire::TransactionId::from_bytes([1; 16]);
    let commit = Commit { account: id, transaction, operations: vec![create] };
    assert_eq!(code(world.service.commit(caller, commit).await), ErrorCode::NotFound);
}

#[tokio::test]
async fn what_an_app_did_not_sign_is_not_registered() {
    let world = World::new();
    let (app, card) = keys(&world, PrincipalKind::App);
    let (other, others) = keys(&world, PrincipalKind::App);
    let (person, persons) = keys(&world, PrincipalKind::Account);
    let id = app.principal();
    let good = manifest(&world, id);
    let long = Manifest {
        permissions: vec![Permission { uri: "x".repeat(2_000), level: Level::Read }; 10],
        ..good.clone()
    };
    let sends = Manifest { redirect_uris: vec!["http://app.example.org/".into()], ..good.clone() };
    for (what, expected, card, manifest) in [
        ("another's signature", ErrorCode::InvalidStatement, &card, other.sign(&good)),
        ("another's card", ErrorCode::InvalidStatement, &others, app.sign(&good)),
        (
            "another's id",
            ErrorCode::InvalidStatement,
            &card,
            app.sign(&Manifest { app: other.principal(), ..good.clone() }),
        ),
        (
            "a person",
            ErrorCode::InvalidStatement,
            &persons,
            person.sign(&Manifest { app: person.principal(), ..good.clone() }),
        ),
        (
            "a manifest without a name",
            ErrorCode::MalformedMessage,
            &card,
            app.sign(&Manifest { name: String::new(), ..good.clone() }),
        ),
        ("answers without TLS", ErrorCode::MalformedMessage, &card, app.sign(&sends)),
        ("an endless manifest", ErrorCode::OutOfRange, &card, app.sign(&long)),
    ] {
        let refused = world.service.register_app(RegisterApp { card: card.clone(), manifest }).await;
        assert_eq!(code(refused), expected, "{what}");
        assert_eq!(code(world.service.get_app(GetApp { app: id }).await), ErrorCode::NotFound, "{what}");
    }
}
