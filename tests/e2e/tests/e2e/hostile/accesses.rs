//! Accesses that nobody granted, and accesses that are hidden (class 10).

use crate::fixture::{all, grant, note, notes, received, topic};
use pryv_sdk::Level;
use pryv_test_kit::World;
use pryv_wire::{
    AccessId, Signed, Timestamp,
    access::{Access, AccessState, GetAccess, ListGranted, ListReceived},
    scope::OpenScope,
};

/// The access with these words, signed by somebody else.
fn signed_by(forger: &pryv_test_kit::light::LightAccount, access: &Access) -> Signed<Access> {
    forger.identity.sign(access)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_that_its_grantor_did_not_sign_is_refused_by_the_grantee() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let (ada, mallory) = (world.user("ada").await, world.user("mallory").await);
    let bob = world.user_of(&client, "bob").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Read).await;
    let forger = world.by_hand(&mallory).await;

    // The server raises the level of an access, and signs it with the best key it has.
    let lie = server.on::<ListReceived>(move |_, answer| {
        let mut access = answer.accesses[0].statement.unverified().unwrap();
        access.grants[0].level = Level::Contribute;
        answer.accesses[0].statement = signed_by(&forger, &access);
    });
    let refused = bob.account.received().await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("invented-access", 1));
    server.stop();

    // An access that was granted to somebody else.
    let carol = world.user("carol").await;
    grant(&world, &ada, &carol, &diary, Level::Contribute).await;
    let to_carol = world
        .by_hand(&carol)
        .await
        .call(&ListReceived { group: None, limit: 1_000, after: None })
        .await
        .unwrap();
    server.on::<ListReceived>(move |_, answer| answer.accesses.extend(to_carol.accesses.clone()));
    let refused = bob.account.received().await.unwrap_err();
    assert_eq!(refused.code(), "misplaced", "{refused:?}");
    server.stop();
    assert_eq!(all(&received(&bob).await).await.len(), 1);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_that_the_owner_did_not_grant_is_refused_by_the_owner() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let (bob, mallory) = (world.user("bob").await, world.user("mallory").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Read).await;
    let forger = world.by_hand(&mallory).await;
    let invented = AccessId::from_bytes(world.canary.random());

    let lie = server.on::<ListGranted>(move |_, answer| {
        let mut access = answer.accesses[0].statement.unverified().unwrap();
        access.access = invented;
        access.grantee = forger.id();
        let statement = signed_by(&forger, &access);
        answer.accesses.push(AccessState {
            statement,
            revocation: None,
            served: Vec::new(),
            parent: None,
            uses: None,
        });
    });
    let refused = ada.account.granted().await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("invented-access", 1));
    server.stop();
    assert_eq!(ada.account.granted().await.unwrap().len(), 1);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invented_reader_gets_no_keys_of_a_new_epoch() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let (bob, carol, mallory) =
        (world.user("bob").await, world.user("carol").await, world.user("mallory").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let to_bob = grant(&world, &ada, &bob, &diary, Level::Read).await;
    let to_carol = grant(&world, &ada, &carol, &diary, Level::Read).await;
    let forger = world.by_hand(&mallory).await;

    // The server lists a reader more, of whom nobody has heard.
    let invented = AccessId::from_bytes(world.canary.random());
    let listed = server.on::<OpenScope>(move |_, answer| answer.readers.push(invented));
    let refused = ada.account.revoke(to_bob.id).await.unwrap_err();
    assert_eq!(refused.code(), "invented-access");
    assert!(listed.count() > 0);
    // And whose access it signed itself.
    let sample = to_bob.id;
    let account = ada.account.id();
    let by_hand = world.by_hand(&ada).await;
    let template = by_hand.call(&GetAccess { account, access: sample }).await.unwrap();
    let made = move || {
        let mut access = template.statement.unverified().unwrap();
        access.access = invented;
        access.grantee = forger.id();
        AccessState {
            statement: signed_by(&forger, &access),
            revocation: None,
            served: Vec::new(),
            parent: None,
            uses: None,
        }
    };
    let made = std::sync::Arc::new(made);
    {
        let made = std::sync::Arc::clone(&made);
        server.on::<ListGranted>(move |_, answer| answer.accesses.push(made()));
    }
    server.instead::<GetAccess>(move |request| (request.access == invented).then(|| made()));
    let refused = ada.account.revoke(to_bob.id).await.unwrap_err();
    assert_eq!(refused.code(), "invented-access");
    server.stop();

    // Somebody whose access has ended is listed as if it had not.
    ada.account.revoke(to_bob.id).await.unwrap();
    let ended = to_bob.id;
    server.on::<OpenScope>(move |_, answer| answer.readers.push(ended));
    let refused = ada.account.revoke(to_carol.id).await.unwrap_err();
    assert_eq!(refused.code(), "ended-access-served");
    server.stop();
    ada.account.revoke(to_carol.id).await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_left_out_of_a_new_epoch_is_missed() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let (bob, carol) = (world.user("bob").await, world.user("carol").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let to_bob = grant(&world, &ada, &bob, &diary, Level::Read).await;
    let to_carol = grant(&world, &ada, &carol, &diary, Level::Read).await;
    let kept = to_bob.id;
    let dropped = to_carol.id;
    assert_ne!(kept, dropped);
    let lie = server.on::<OpenScope>(move |_, answer| answer.readers.retain(|reader| *reader != dropped));
    let refused = ada.account.revoke(to_bob.id).await.unwrap_err();
    assert_eq!(refused.code(), "reader-dropped");
    assert!(lie.count() > 0);
    server.stop();
    ada.account.revoke(to_bob.id).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    assert_eq!(all(&received(&carol).await).await.len(), 2);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_of_an_access_are_the_grantors_word_and_not_the_servers() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user("ada").await;
    let bob = world.user_of(&client, "bob").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Read).await;
    // One byte of a signed statement, whatever it says: here an end long past.
    let lie = server.on::<ListReceived>(|_, answer| {
        let state = &mut answer.accesses[0];
        let mut access = state.statement.unverified().unwrap();
        access.valid_until = Some(Timestamp::from_millis(1));
        let signature = *state.statement.signature();
        state.statement = Signed::new(&access, |_| signature);
    });
    let refused = bob.account.received().await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("invented-access", 1));
    server.stop();
    received(&bob).await;
    world.close().await;
}
