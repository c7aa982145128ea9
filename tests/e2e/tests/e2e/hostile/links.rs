//! Links against a server that lies, and against a thief of its disk.

use crate::fixture::{named, note, notes, topic};
use pryv_sdk::{Grant, Level, NewLink, ShareLink};
use pryv_test_kit::{
    World,
    light::{foreign_link_card, guessed_link},
};
use pryv_wire::{
    access::GetAccess,
    card::GetCards,
    transaction::{Commit, Operation},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_link_card_that_was_swapped_is_refused() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let new = || NewLink::of(named(&world, Grant::to_link().on(&diary, Level::Read)));

    // On its way to the server: what Ada signed names the card that she made, and so does what everything is sealed to.
    let foreign = foreign_link_card();
    let lie = server.on_request::<Commit>(move |commit| {
        for operation in &mut commit.operations {
            if let Operation::Grant(grant) = operation {
                grant.link = Some(foreign.clone());
            }
        }
    });
    assert_eq!(ada.account.create_link(new()).await.unwrap_err().code(), "invalid-statement");
    assert_eq!(lie.count(), 1);
    server.stop();

    // Later, when the keys of a new epoch are sealed to whoever still reads.
    let stays = ada.account.create_link(new()).await.unwrap();
    let ends = ada.account.create_link(new()).await.unwrap();
    let resumed = client.resume(ada.account.export_session()).unwrap();
    let foreign = foreign_link_card();
    let link = stays.access.grantee;
    let lie = server.on::<GetCards>(move |call, answer| {
        if call.principal == link {
            answer.cards = vec![foreign.clone()];
        }
    });
    assert_eq!(resumed.revoke(ends.access.id).await.unwrap_err().code(), "invalid-cards");
    assert!(lie.count() > 0);
    server.stop();
    resumed.revoke(ends.access.id).await.unwrap();
    world.client().open_link(&stays.link, None).await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_link_opens_is_granted_by_the_account_in_its_url() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let (ada, mallory) = (world.user("ada").await, world.user("mallory").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let created = ada
        .account
        .create_link(NewLink::of(named(&world, Grant::to_link().on(&diary, Level::Read))))
        .await
        .unwrap();
    let text = created.link.to_uri();
    let link = ShareLink::parse(&text).unwrap();

    // The operator grants something of its own to the link, whose card it knows.
    let forger = world.by_hand(&mallory).await;
    let lie = server.on::<GetAccess>(move |_, answer| {
        let mut access = answer.statement.unverified().unwrap();
        access.account = forger.id();
        access.grantor = forger.id();
        answer.statement = forger.identity.sign(&access);
    });
    let refused = client.open_link(&link, None).await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("invented-access", 1));
    server.stop();
    let forger = world.by_hand(&mallory).await;
    server.on::<GetAccess>(move |_, answer| {
        let mut access = answer.statement.unverified().unwrap();
        access.grants[0].level = Level::CreateOnly;
        answer.statement = forger.identity.sign(&access);
    });
    assert_eq!(client.open_link(&link, None).await.unwrap_err().code(), "invented-access");
    server.stop();
    client.open_link(&link, None).await.unwrap();
    world.close().await;
}

/// What a server keeps of a link is its card: neither the secret nor anything to try a password against.
#[tokio::test(flavor = "multi_thread")]
async fn a_thief_of_the_card_opens_nothing() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let password = world.canary.text("password of a link");
    let new = NewLink::of(named(&world, Grant::to_link().on(&diary, Level::Read)))
        .password(pryv_sdk::Password::new(password.clone()));
    let created = ada.account.create_link(new).await.unwrap();
    let uri = created.link.to_uri();
    world.canary.plant("key of a link", uri.split_once('#').unwrap().1.as_bytes());
    let by_hand = world.by_hand(&ada).await;
    let stolen = by_hand.call(&GetCards { principal: created.access.grantee }).await.unwrap();
    let card = stolen.cards[0].unverified().unwrap();
    // Who knows the password and not the URL tries it with every secret that the card gives.
    for guess in
        [*card.signing.as_bytes(), *card.sealing.as_bytes(), *created.access.grantee.as_bytes(), [0; 32]]
    {
        assert_ne!(guessed_link(guess, Some(&password)), created.access.grantee);
    }
    let link = ShareLink::parse(&uri).unwrap();
    world.client().open_link(&link, Some(&pryv_sdk::Password::new(password))).await.unwrap();
    world.close().await;
}
