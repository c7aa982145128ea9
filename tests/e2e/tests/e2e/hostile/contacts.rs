//! Swapped public keys of others (class 1 of the adversary's table).

use crate::fixture::{contact, named, note, notes, topic};
use pryv_sdk::{Grant, Level};
use pryv_test_kit::World;
use pryv_wire::card::{Cards, GetCards, ResolveUsername};

/// The cards of a user, as the server answers them.
async fn cards(world: &World, of: &pryv_test_kit::User) -> Cards {
    let by_hand = world.by_hand(of).await;
    by_hand.call(&ResolveUsername { username: of.username.clone() }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn another_principal_behind_a_known_name_is_refused() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let (bob, mallory) = (world.user("bob").await, world.user("mallory").await);
    let swapped = cards(&world, &mallory).await;
    contact(&ada, &bob).await;

    let username = bob.username.clone();
    let lie = {
        let swapped = swapped.clone();
        server.on::<ResolveUsername>(move |_, answer| {
            *answer = Cards { username: Some(username.clone()), ..swapped.clone() };
        })
    };
    let refused = ada.account.find(&bob.username).await.unwrap_err();
    assert_eq!(refused.code(), "contact-changed");
    assert_eq!(lie.count(), 1);
    server.stop();
    contact(&ada, &bob).await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_do_not_belong_to_an_id_are_refused() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let (bob, mallory) = (world.user("bob").await, world.user("mallory").await);
    let swapped = cards(&world, &mallory).await;

    // Bob's id with Mallory's cards, at first contact.
    let lie = {
        let cards = swapped.cards.clone();
        server.on::<ResolveUsername>(move |_, answer| answer.cards = cards.clone())
    };
    let refused = ada.account.find(&bob.username).await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("invalid-cards", 1));
    server.stop();

    // Mallory's card as a later card of Bob's.
    let lie = {
        let cards = swapped.cards.clone();
        server.on::<ResolveUsername>(move |_, answer| answer.cards.extend(cards.clone()))
    };
    let refused = ada.account.find(&bob.username).await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("invalid-cards", 1));
    server.stop();

    // No cards at all.
    server.on::<ResolveUsername>(|_, answer| answer.cards.clear());
    assert_eq!(ada.account.find(&bob.username).await.unwrap_err().code(), "invalid-cards");
    server.stop();
    contact(&ada, &bob).await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_swapped_at_the_moment_of_the_share_is_refused() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let (bob, mallory) = (world.user("bob").await, world.user("mallory").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let swapped = cards(&world, &mallory).await;
    let to_bob = contact(&ada, &bob).await;

    let by_name = swapped.clone();
    server.on::<ResolveUsername>(move |_, answer| *answer = by_name.clone());
    server.on::<GetCards>(move |_, answer| *answer = swapped.clone());
    let grant = Grant::to(&to_bob).on(&diary, Level::Read);
    match ada.account.grant(named(&world, grant)).await {
        // The SDK asked again, and did not believe what it was told.
        Err(refused) => {
            assert_eq!(refused.code(), "invalid-cards", "{refused:?}")
        }
        // Or it shared with the keys that it had verified before, and asked nobody.
        Ok(access) => assert_eq!(access.grantee, bob.account.id()),
    }
    server.stop();
    assert!(mallory.account.received().await.unwrap().is_empty(), "nothing was shared with Mallory");
    if bob.account.received().await.unwrap().is_empty() {
        let grant = Grant::to(&to_bob).on(&diary, Level::Read);
        ada.account.grant(named(&world, grant)).await.unwrap();
    }
    assert_eq!(crate::fixture::all(&crate::fixture::received(&bob).await).await.len(), 1);
    world.close().await;
}
