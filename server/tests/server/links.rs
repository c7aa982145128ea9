//! Links: registered with the one access that they hold, counted at each session, and owners of nothing.

use crate::world::{Collection, DAY, Person, World, code};
use pryv_crypto::{LinkSecret, link, recovery::RecoveryPhrase};
use pryv_server::service::Error;
use pryv_wire::{
    AccessId, Digest, ErrorCode, RecordId, Signed, Timestamp,
    access::{Access, GetAccess, Level, ListGranted},
    account::{
        Challenge, EndSession, GetChallenge, ListSessions, OpenSession, SessionOpened, StartPasswordChange,
    },
    card::{Card, Cards, GetCards, PrincipalKind},
    record::{Filter, Order},
    scope::ListScopes,
    transaction::{GrantAccess, ListChanges, Operation},
};

/// Somebody who holds a link, before it is registered; the session is its maker's until one is opened.
fn holder(world: &World, maker: &Person, secret: [u8; 32]) -> Person {
    let keys = link::keys(&LinkSecret::from_slice(&secret).unwrap(), None).unwrap();
    Person {
        identity: keys.identity,
        card: keys.card,
        secret: keys.secret,
        phrase: RecoveryPhrase::generate(&mut world.rng()),
        session: maker.session.clone(),
        caller: maker.caller.clone(),
    }
}

/// Signs a grant again with other words.
fn altered(owner: &Person, grant: GrantAccess, change: impl FnOnce(&mut Access)) -> GrantAccess {
    let mut access = grant.statement.unverified().unwrap();
    change(&mut access);
    GrantAccess { statement: owner.identity.sign(&access), ..grant }
}

fn id(grant: &GrantAccess) -> AccessId {
    grant.statement.unverified().unwrap().access
}

/// A grant to a link, with its card.
fn grant(
    world: &World,
    owner: &Person,
    link: &Person,
    collection: &mut Collection,
    level: Level,
    max_uses: Option<u32>,
) -> GrantAccess {
    let grant = world.new_grant(owner, link, collection, level);
    let grant = altered(owner, grant, |access| access.max_uses = max_uses);
    GrantAccess { link: Some(link.card.clone()), ..grant }
}

async fn open(world: &World, by: &Person) -> Result<SessionOpened, Error> {
    let Challenge { challenge } = world.service.challenge(GetChallenge {}).await.unwrap();
    let principal = by.id();
    let signature = by.identity.sign_bytes(&Challenge::session_bytes(challenge, principal));
    world.service.open_session(OpenSession { principal, challenge, signature }).await
}

/// Opens a session and takes it up.
async fn enter(world: &World, link: &mut Person) {
    link.session = open(world, link).await.unwrap();
    link.caller = world.service.caller(&link.session.token).unwrap();
}

async fn uses(world: &World, owner: &Person) -> Vec<Option<u32>> {
    let list = ListGranted { account: owner.id(), limit: 1_000, after: None };
    let granted = world.service.list_granted(owner.caller.clone(), list).await.unwrap();
    granted.accesses.iter().map(|state| state.uses).collect()
}

async fn commit(world: &World, owner: &Person, grant: GrantAccess) -> Result<(), ErrorCode> {
    let granted = world.commit(owner, owner.id(), vec![Operation::Grant(Box::new(grant))]).await;
    granted.map(drop).map_err(|error| error.code())
}

#[tokio::test]
async fn a_link_reads_what_it_was_made_for_and_its_uses_are_counted() {
    let world = World::new();
    let ada = world.person("ada").await;
    let mut collection = world.collection(&ada).await;
    world.record(&ada, &collection, Some("red")).await;
    let mut link = holder(&world, &ada, [1; 32]);
    assert_eq!(code(open(&world, &link).await), ErrorCode::WrongCredentials, "not registered yet");
    let bob = world.person("bob").await;
    world.grant(&ada, &bob, &mut collection, Level::Read).await;
    let made = grant(&world, &ada, &link, &mut collection, Level::Read, Some(2));
    commit(&world, &ada, made).await.unwrap();
    assert_eq!(uses(&world, &ada).await, [None, Some(0)], "Bob is no link");
    enter(&world, &mut link).await;
    let page = world.query(&link, &collection, Filter::All, Order::OldestFirst, 10, None).await.unwrap();
    assert_eq!(page.records.len(), 1);
    enter(&world, &mut link).await;
    assert_eq!(code(open(&world, &link).await), ErrorCode::LinkExhausted);
    assert_eq!(uses(&world, &ada).await, [None, Some(2)], "a refused use is none");
    world.query(&link, &collection, Filter::All, Order::OldestFirst, 10, None).await.unwrap();
    let cards: Cards = world.service.get_cards(GetCards { principal: link.id() }).await.unwrap();
    assert_eq!(
        (cards.cards, cards.username),
        (vec![link.card.clone()], None),
        "for whoever checks what it wrote"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn uses_at_once_are_counted_one_by_one() {
    let world = World::new();
    let ada = world.person("ada").await;
    let mut collection = world.collection(&ada).await;
    let link = holder(&world, &ada, [1; 32]);
    let made = grant(&world, &ada, &link, &mut collection, Level::CreateOnly, Some(3));
    commit(&world, &ada, made).await.unwrap();
    let (world, link) = (std::sync::Arc::new(world), std::sync::Arc::new(link));
    let tries: Vec<_> = (0..16)
        .map(|_| {
            let (world, link) = (world.clone(), link.clone());
            tokio::spawn(async move { open(&world, &link).await.map(drop).map_err(|error| error.code()) })
        })
        .collect();
    let mut opened = 0;
    for tried in tries {
        match tried.await.unwrap() {
            Ok(()) => opened += 1,
            Err(refused) => assert_eq!(refused, ErrorCode::LinkExhausted),
        }
    }
    assert_eq!(opened, 3);
}

#[tokio::test]
async fn a_drop_box_takes_and_shows_nothing() {
    let world = World::new();
    let ada = world.person("ada").await;
    let mut collection = world.collection(&ada).await;
    let existing = world.record(&ada, &collection, None).await;
    let mut link = holder(&world, &ada, [1; 32]);
    let made = grant(&world, &ada, &link, &mut collection, Level::CreateOnly, None);
    let access = id(&made);
    commit(&world, &ada, made).await.unwrap();
    enter(&world, &mut link).await;
    let deposit = world.deposit(&link, &collection, RecordId::from_bytes([7; 16]), access);
    world.commit(&link, ada.id(), vec![deposit]).await.unwrap();
    for record in [existing, RecordId::from_bytes([7; 16])] {
        let get = pryv_wire::record::GetRecord { account: ada.id(), scope: collection.scope, record };
        assert_eq!(code(world.service.get_record(link.caller.clone(), get).await), ErrorCode::NotAllowed);
    }
}

#[tokio::test]
async fn what_is_no_link_is_not_registered_as_one() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut collection = world.collection(&ada).await;
    let link = holder(&world, &ada, [1; 32]);
    let other = holder(&world, &ada, [2; 32]);
    let mut make = |level, uses| grant(&world, &ada, &link, &mut collection, level, uses);
    let mut app = link.card.unverified().unwrap();
    app.kind = PrincipalKind::App;
    let app: Signed<Card> = link.identity.sign(&app);
    let kind = altered(&ada, make(Level::CreateOnly, None), |access| {
        access.grantee = pryv_wire::PrincipalId::of(&app);
        access.grantee_card = app.digest();
    });
    let cases = [
        (
            "another's card",
            ErrorCode::InvalidStatement,
            GrantAccess { link: Some(other.card.clone()), ..make(Level::CreateOnly, None) },
        ),
        ("a card of another kind", ErrorCode::InvalidStatement, GrantAccess { link: Some(app), ..kind }),
        (
            "a card that it did not sign",
            ErrorCode::InvalidStatement,
            GrantAccess {
                link: Some(Signed::new(&link.card.unverified().unwrap(), |bytes| {
                    bob.identity.sign_bytes(bytes)
                })),
                ..make(Level::CreateOnly, None)
            },
        ),
        (
            "another card in the statement",
            ErrorCode::InvalidStatement,
            altered(&ada, make(Level::CreateOnly, None), |access| {
                access.grantee_card = Digest::from_bytes([0; 32])
            }),
        ),
        (
            "a link that changes",
            ErrorCode::MalformedMessage,
            altered(&ada, make(Level::CreateOnly, None), |access| access.grants[0].level = Level::Contribute),
        ),
        ("no use at all", ErrorCode::OutOfRange, make(Level::CreateOnly, Some(0))),
        (
            "without its card",
            ErrorCode::NotFound,
            GrantAccess { link: None, ..make(Level::CreateOnly, None) },
        ),
    ];
    for (what, expected, grant) in cases {
        // A reading level wants a transform key before its level is looked at.
        let found = commit(&world, &ada, grant).await.unwrap_err();
        let contribute = what == "a link that changes";
        assert!(found == expected || contribute && found == ErrorCode::MalformedMessage, "{what}: {found:?}");
        let cards = world.service.get_cards(GetCards { principal: link.id() }).await;
        assert_eq!(code(cards), ErrorCode::NotFound, "{what}: nothing is left of it");
    }
    let counted = altered(&ada, world.new_grant(&ada, &bob, &mut collection, Level::CreateOnly), |access| {
        access.max_uses = Some(1);
    });
    assert_eq!(
        commit(&world, &ada, counted).await,
        Err(ErrorCode::MalformedMessage),
        "a person is not counted"
    );

    let made = grant(&world, &ada, &link, &mut collection, Level::CreateOnly, Some(1));
    commit(&world, &ada, made).await.unwrap();
    let again = grant(&world, &ada, &link, &mut collection, Level::CreateOnly, Some(1));
    let without_card =
        GrantAccess { link: None, ..altered(&ada, again.clone(), |access| access.max_uses = None) };
    for twice in [again, without_card] {
        assert_eq!(commit(&world, &ada, twice).await, Err(ErrorCode::AlreadyExists), "one access, one count");
    }
}

#[tokio::test]
async fn a_link_owns_nothing_and_ends_nobody_elses_session() {
    let world = World::new();
    let ada = world.person("ada").await;
    let mut collection = world.collection(&ada).await;
    let mut link = holder(&world, &ada, [1; 32]);
    let made = grant(&world, &ada, &link, &mut collection, Level::Read, None);
    commit(&world, &ada, made).await.unwrap();
    enter(&world, &mut link).await;
    let (create, _) = world.new_collection(&link, "https://example.org/mine");
    assert_eq!(
        code(world.commit(&link, link.id(), vec![create]).await),
        ErrorCode::NotFound,
        "no room of its own"
    );
    let changes = ListChanges { account: link.id(), after: 0, limit: 1 };
    assert_eq!(code(world.service.list_changes(link.caller.clone(), changes).await), ErrorCode::NotFound);
    let scopes = ListScopes { account: link.id() };
    assert_eq!(code(world.service.list_scopes(link.caller.clone(), scopes).await), ErrorCode::NotFound);
    let password = StartPasswordChange { request: vec![1; 32].into() };
    assert!(world.service.start_password_change(link.caller.clone(), password).await.is_err());

    // Another holder of the same link.
    let first = link.session.clone();
    let first_caller = link.caller.clone();
    enter(&world, &mut link).await;
    let seen = world.service.list_sessions(link.caller.clone(), ListSessions {}).await.unwrap();
    assert_eq!(seen.sessions.iter().map(|s| s.session).collect::<Vec<_>>(), [link.session.session]);
    let end = EndSession { session: Some(first.session) };
    assert_eq!(code(world.service.end_session(link.caller.clone(), end).await), ErrorCode::NotFound);
    world.query(&link, &collection, Filter::All, Order::OldestFirst, 1, None).await.unwrap();
    world.service.end_session(first_caller, EndSession { session: None }).await.unwrap();
    world.service.caller(&link.session.token).unwrap();
}

#[tokio::test]
async fn the_end_of_a_link_is_told_by_what_was_signed_and_not_counted() {
    let world = World::new();
    let ada = world.person("ada").await;
    let mut collection = world.collection(&ada).await;
    let mut revoked = holder(&world, &ada, [1; 32]);
    let made = grant(&world, &ada, &revoked, &mut collection, Level::Read, Some(1));
    let access = id(&made);
    commit(&world, &ada, made).await.unwrap();
    let operation = world.new_revocation(&ada, &mut collection, access, &[]);
    world.commit(&ada, ada.id(), vec![operation]).await.unwrap();

    let mut expired = holder(&world, &ada, [2; 32]);
    let until: Timestamp = world.now().plus_millis(DAY);
    let made = grant(&world, &ada, &expired, &mut collection, Level::Read, Some(1));
    let made = altered(&ada, made, |access| access.valid_until = Some(until));
    let over = id(&made);
    commit(&world, &ada, made).await.unwrap();
    world.clock.advance(DAY);

    for (link, access) in [(&mut revoked, access), (&mut expired, over)] {
        for _ in 0..3 {
            enter(&world, link).await;
        }
        let refused = world.query(link, &collection, Filter::All, Order::OldestFirst, 1, None).await;
        assert!(matches!(code(refused), ErrorCode::NotFound | ErrorCode::AccessNotValid));
        let get = GetAccess { account: ada.id(), access };
        let state = world.service.get_access(link.caller.clone(), get).await.unwrap();
        assert_eq!(state.uses, None, "the count is the grantor's");
        assert_eq!(state.revocation.is_some(), access != over);
    }
    assert_eq!(uses(&world, &ada).await, [Some(0), Some(0)]);
}
