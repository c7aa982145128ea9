//! What a server can lie about when its own account holder comes back (classes 2, 3, 4 and 16).

use crate::fixture::{all, note, notes, topic};
use pryv_sdk::{Password, RecoveryPhrase};
use pryv_test_kit::World;
use pryv_wire::{
    Bytes, Suite,
    account::{FinishLogin, KeyStretching, Recover, StartLogin},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_swapped_card_of_my_own_is_refused() {
    let world = World::start().await;
    let (ada, mallory) = (world.user("ada").await, world.user("mallory").await);
    let (client, server) = world.hostile();
    let by_hand = world.by_hand(&mallory).await;
    let swapped = by_hand.call(&pryv_wire::card::GetCards { principal: mallory.account.id() }).await.unwrap();

    let cards = swapped.cards.clone();
    let lie = server.on::<FinishLogin>(move |_, answer| answer.cards = cards.clone());
    let refused = client.log_in(&ada.username, &ada.password()).await.unwrap_err();
    assert_eq!(refused.code(), "wrong-card", "{refused:?}");
    assert_eq!(lie.count(), 1);
    server.stop();

    // A consistent lie: Mallory's cards, under Mallory's id.
    let lie = server.on::<FinishLogin>(move |_, answer| {
        answer.cards = swapped.cards.clone();
        answer.session.principal = swapped.principal;
    });
    let refused = client.log_in(&ada.username, &ada.password()).await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("other-account", 1));
    server.stop();
    client.log_in(&ada.username, &ada.password()).await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_wrap_of_the_account_is_refused() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let (client, server) = world.hostile();
    client.log_in(&ada.username, &ada.password()).await.unwrap();
    let (_, old) = world.recorder.of::<FinishLogin>().pop().unwrap();
    let new = Password::new(world.canary.text("new password"));
    ada.account.change_password(&ada.password(), &new).await.unwrap();

    let wrap = old.wrap.clone();
    let lie = server.on::<FinishLogin>(move |_, answer| answer.wrap = wrap.clone());
    let refused = client.log_in(&ada.username, &new).await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("wrong-wrap", 1));
    server.stop();
    client.log_in(&ada.username, &new).await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrap_of_an_unknown_suite_is_refused() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let (client, server) = world.hostile();
    let lie = server.on::<FinishLogin>(|_, answer| answer.wrap.suite = Suite::from_number(77));
    let refused = client.log_in(&ada.username, &ada.password()).await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("unknown-suite", 1));
    server.stop();
    client.log_in(&ada.username, &ada.password()).await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stretching_out_of_bounds_is_refused_before_it_is_computed() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let (client, server) = world.hostile();
    let cheap = pryv_test_kit::light::CHEAP;
    for (stretching, code) in [
        (KeyStretching { memory_kib: 19_455, ..cheap }, "weak-stretching"),
        (KeyStretching { iterations: 1, ..cheap }, "weak-stretching"),
        (KeyStretching { parallelism: 0, ..cheap }, "weak-stretching"),
        (KeyStretching { memory_kib: u32::MAX, ..cheap }, "excessive-stretching"),
        (KeyStretching { iterations: u32::MAX, ..cheap }, "excessive-stretching"),
    ] {
        let lie = server.on::<StartLogin>(move |_, answer| answer.stretching = stretching);
        let before = world.recorder.requests::<FinishLogin>().len();
        let refused = client.log_in(&ada.username, &ada.password()).await.unwrap_err();
        assert_eq!((refused.code(), lie.count()), (code, 1), "{stretching:?}");
        assert_eq!(
            world.recorder.requests::<FinishLogin>().len(),
            before,
            "nothing of the password went out"
        );
        server.stop();
    }
    client.log_in(&ada.username, &ada.password()).await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_stretching_within_the_bounds_opens_nothing() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let (client, server) = world.hostile();
    let other = KeyStretching { memory_kib: 19_457, ..pryv_test_kit::light::CHEAP };
    server.on::<StartLogin>(move |_, answer| answer.stretching = other);
    let refused = client.log_in(&ada.username, &ada.password()).await.unwrap_err();
    assert_eq!(refused.code(), "wrong-credentials");
    server.stop();
    client.log_in(&ada.username, &ada.password()).await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_that_is_tampered_with_is_refused() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let (client, server) = world.hostile();
    let phrase = RecoveryPhrase::parse(&ada.phrase).unwrap();
    let new = Password::new(world.canary.text("new password"));

    let lie = server.on::<Recover>(|_, answer| answer.wrap.sealed = Bytes::from(vec![0; 60]));
    let refused = client.recover(&ada.username, &phrase, &new).await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("wrong-wrap", 1));
    server.stop();

    // The wrap of the password in the place of the wrap of the phrase: the same secret, another place.
    world.client().log_in(&ada.username, &ada.password()).await.unwrap();
    let (_, by_password) = world.recorder.of::<FinishLogin>().pop().unwrap();
    server.on::<Recover>(move |_, answer| answer.wrap = by_password.wrap.clone());
    let refused = client.recover(&ada.username, &phrase, &new).await.unwrap_err();
    assert_eq!(refused.code(), "wrong-wrap");
    server.stop();

    let cards = world.by_hand(&bob).await;
    let cards = cards.call(&pryv_wire::card::GetCards { principal: bob.account.id() }).await.unwrap();
    server.on::<Recover>(move |_, answer| {
        answer.cards = cards.cards.clone();
        answer.session.principal = cards.principal;
    });
    assert_eq!(client.recover(&ada.username, &phrase, &new).await.unwrap_err().code(), "other-account");
    server.stop();

    let recovered = client.recover(&ada.username, &phrase, &new).await.unwrap();
    let there = recovered.collection(&diary.definition().uri).await.unwrap();
    assert_eq!(all(&there).await.len(), 1);
    world.close().await;
}
