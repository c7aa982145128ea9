//! Sharing: from sign-up to revoke, and the edges of what was granted.

use crate::fixture::{Note, all, contact, grant, named, note, notes, received, topic};
use pryv_sdk::{AccessStatus, Grant, Level};
use pryv_test_kit::World;
use pryv_wire::scope::{ListScopes, OpenScope, Scopes};

#[tokio::test(flavor = "multi_thread")]
async fn from_sign_up_to_revoke() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);

    let (sleep, pain) = (topic(&world), topic(&world));
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let first = note(&world, &sleep);
    let second = note(&world, &pain);
    let written = diary.create(&first).await.unwrap();
    assert!(written.validity.is_valid());
    diary.create(&second).await.unwrap();
    assert_eq!(all(&diary).await, [first.clone(), second.clone()]);

    let bob_contact = contact(&ada, &bob).await;
    assert_eq!(bob_contact.fingerprint(), bob.account.fingerprint(), "what the two compare by telephone");
    let (name, purpose) = (world.canary.text("name of an access"), world.canary.text("purpose of an access"));
    let grant = Grant::to(&bob_contact).on(&diary, Level::Read).name(&name).purpose(&purpose);
    let access = ada.account.grant(grant).await.unwrap();

    // The grantee lists, opens and queries with the same API as the owner.
    let accesses = bob.account.received().await.unwrap();
    assert_eq!(accesses.len(), 1);
    assert_eq!(accesses[0].access.id, access.id);
    assert_eq!(accesses[0].access.grantor, ada.account.id());
    assert_eq!((&accesses[0].access.name, &accesses[0].access.purpose), (&name, &purpose));
    let shared = accesses[0].open(diary.scope()).await.unwrap();
    assert_eq!(*shared.definition(), *diary.definition(), "the grantee reads the definition");
    assert_eq!(all(&shared).await, [first.clone(), second.clone()], "history included");
    let page = shared.query().eq("/topic", pain.as_str()).fetch::<Note>().await.unwrap();
    assert_eq!(page.records.len(), 1);
    assert_eq!(page.records[0].data, second);
    assert_eq!(page.records[0].author, ada.account.id());
    assert_eq!((page.rejected.len(), page.overshoot), (0, 0));
    assert_eq!(shared.get::<Note>(written.id).await.unwrap().data, first);
    let refused = shared.create(note(&world, &pain)).await.unwrap_err();
    assert_eq!(refused.code(), "read-only");

    // What is written after the grant is seen without a further step.
    let third = note(&world, &sleep);
    diary.create(&third).await.unwrap();
    assert_eq!(all(&shared).await.len(), 3);
    let granted = ada.account.granted().await.unwrap();
    assert_eq!(granted.len(), 1);
    assert_eq!(granted[0].access.status, AccessStatus::Active);
    assert_eq!((&granted[0].access.name, &granted[0].access.purpose), (&name, &purpose));
    assert_eq!(granted[0].served.len(), 1, "the server says that it gave Bob the keys of one epoch");

    let receipt = ada.account.revoke(access.id).await.unwrap();
    let words = receipt.to_string();
    for said in [&name, "closed to the holder", "no revocation takes it back"] {
        assert!(words.contains(said), "`{said}` in: {words}");
    }
    assert_eq!(receipt.scopes.len(), 1);
    assert_eq!(receipt.scopes[0].closed_from, 1);
    assert_eq!(receipt.scopes[0].served.len(), 1);
    ada.account.verify_receipt(&receipt).await.unwrap();

    let hidden = note(&world, &sleep);
    let after = diary.create(&hidden).await.unwrap();
    for refused in [
        shared.get::<Note>(written.id).await.unwrap_err().code(),
        shared.get::<Note>(after.id).await.unwrap_err().code(),
        shared.query().fetch::<Note>().await.unwrap_err().code(),
        shared.query().eq("/topic", sleep.as_str()).fetch::<Note>().await.unwrap_err().code(),
    ] {
        assert_eq!(refused, "revoked");
    }
    let accesses = bob.account.received().await.unwrap();
    assert!(matches!(accesses[0].access.status, AccessStatus::Revoked { .. }), "{:?}", accesses[0].access);
    let refused = accesses[0].open(diary.scope()).await.unwrap_err();
    assert_eq!(refused.code(), "revoked");
    assert_eq!(all(&diary).await.len(), 4, "the owner sees every epoch");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_grantees_who_stay_notice_nothing_of_a_revoke() {
    let world = World::start().await;
    let (ada, bob, carol) = (world.user("ada").await, world.user("bob").await, world.user("carol").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let sleep = topic(&world);
    diary.create(note(&world, &sleep)).await.unwrap();
    let to_bob = grant(&world, &ada, &bob, &diary, Level::Read).await;
    grant(&world, &ada, &carol, &diary, Level::Read).await;
    let shared = received(&carol).await;
    assert_eq!(all(&shared).await.len(), 1);

    ada.account.revoke(to_bob.id).await.unwrap();
    diary.create(note(&world, &sleep)).await.unwrap();
    assert_eq!(all(&shared).await.len(), 2, "the handle that Carol holds goes on");
    let found = shared.query().eq("/topic", sleep.as_str()).fetch::<Note>().await.unwrap();
    assert_eq!(found.records.len(), 2, "one query finds the tokens of both epochs");
    assert_eq!(all(&received(&carol).await).await.len(), 2, "and so does one opened anew");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_grantee_can_be_granted_again() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let access = grant(&world, &ada, &bob, &diary, Level::Read).await;
    ada.account.revoke(access.id).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Read).await;
    assert_eq!(all(&received(&bob).await).await.len(), 2, "history included, of both epochs");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grantee_of_one_collection_finds_nothing_of_another() {
    let world = World::start().await;
    let (ada, bob, eve) = (world.user("ada").await, world.user("bob").await, world.user("eve").await);
    let open = ada.account.define(notes(&world)).await.unwrap();
    let closed = ada.account.define(notes(&world)).await.unwrap();
    let sleep = topic(&world);
    open.create(note(&world, &sleep)).await.unwrap();
    let secret = closed.create(note(&world, &sleep)).await.unwrap();
    let contact = contact(&ada, &bob).await;
    ada.account.grant(named(&world, Grant::to(&contact).on(&open, Level::Read))).await.unwrap();

    let received = bob.account.received().await.unwrap();
    let refused = received[0].open(closed.scope()).await.unwrap_err();
    assert_eq!(refused.code(), "not-found");

    // By hand, past everything that the SDK would not even ask.
    for user in [&bob, &eve] {
        let by_hand = world.by_hand(user).await;
        // Who holds an access sees the scopes of it; who holds none is not even told that there is an account.
        match by_hand.call(&ListScopes { account: ada.account.id() }).await {
            Ok(Scopes { scopes }) => assert_eq!((scopes, &*user.username), (vec![open.scope()], "bob")),
            refused => assert_eq!(World::refusal(refused).code.as_str(), "not-found"),
        }
        let mut refusals = Vec::new();
        for scope in [closed.scope(), world.random_scope()] {
            let account = ada.account.id();
            let opened = by_hand.call(&OpenScope { account, scope, from_epoch: 0, access: None }).await;
            refusals.push(World::refusal(opened));
            let record = secret.id;
            let got = by_hand.call(&pryv_wire::record::GetRecord { account, scope, record }).await;
            refusals.push(World::refusal(got));
            let query = pryv_wire::record::QueryRecords {
                account,
                scope,
                filter: pryv_wire::record::Filter::All,
                unindexed: None,
                within: None,
                state: Default::default(),
                order: pryv_wire::record::Order::OldestFirst,
                limit: 10,
                after: None,
            };
            refusals.push(World::refusal(by_hand.call(&query).await));
        }
        assert!(
            refusals.iter().all(|problem| *problem == refusals[0]),
            "absent and closed look alike: {refusals:?}"
        );
        assert_eq!(refusals[0].code.as_str(), "not-found");
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_says_by_which_other_access_the_grantee_still_reads() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let first = grant(&world, &ada, &bob, &diary, Level::Read).await;
    let to_bob = contact(&ada, &bob).await;
    let other = named(&world, Grant::to(&to_bob).on(&diary, Level::Contribute));
    let second = ada.account.grant(other).await.unwrap();
    let receipt = ada.account.revoke(first.id).await.unwrap();
    let words = receipt.to_string();
    assert_eq!(receipt.scopes[0].still_read_by, [second.id]);
    assert!(!words.contains("closed to the holder"), "Bob reads on, by the other access: {words}");
    assert!(!words.contains("not given to the grantee"), "{words}");
    assert!(words.contains(&second.id.to_string()), "{words}");
    let receipt = ada.account.revoke(second.id).await.unwrap();
    assert!(receipt.scopes[0].still_read_by.is_empty());
    assert!(receipt.to_string().contains("closed to the holder"));
    world.close().await;
}
