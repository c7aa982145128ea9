//! Accounts: passwords, phrases, and what an outsider can learn from errors.

use crate::fixture::{all, note, notes, topic};
use pryv_sdk::{Client, Password, RecoveryPhrase};
use pryv_test_kit::World;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_user_look_the_same() {
    let world = World::start().await;
    // As every client does that was not told otherwise: the stretching that an unknown user is said to have, too.
    let usual = Client::builder(world.transport()).clock(Arc::new(world.clock.clone())).build();
    let ada = world.user_of(&usual, "ada").await;
    let wrong = Password::new(world.canary.text("wrong password"));
    let refusals = [
        world.client().log_in(&ada.username, &wrong).await.unwrap_err(),
        world.client().log_in("nobody-at-all", &wrong).await.unwrap_err(),
    ];
    for refused in &refusals {
        assert_eq!(refused.code(), "wrong-credentials");
    }
    assert_eq!(refusals[0].to_string(), refusals[1].to_string());

    // The bodies on the wire have the same shape, too: an outsider who listens learns nothing of who has an account.
    let exchanges = world.recorder.exchanges();
    let lengths = |path: &str| -> Vec<(u16, usize)> {
        let wanted = exchanges.iter().filter(|exchange| exchange.path == path);
        wanted.map(|exchange| (exchange.status, exchange.answer.len())).collect()
    };
    let starts = lengths("/v1/login/start");
    assert_eq!(starts.len(), 2);
    assert_eq!(starts[0], starts[1]);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_username_is_taken_once() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let password = Password::new(world.canary.text("password"));
    let refused = world.client().sign_up(&ada.username, &password).await.unwrap_err();
    assert_eq!(refused.code(), "username-taken");
    for (username, code) in
        [("Ada", "invalid-username"), ("-a-", "invalid-username"), ("ab", "invalid-username")]
    {
        assert_eq!(world.client().sign_up(username, &password).await.unwrap_err().code(), code, "{username}");
    }
    let weak = world.client().sign_up("somebody", &Password::new("short")).await.unwrap_err();
    assert_eq!(weak.code(), "weak-password");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_change_closes_the_old_password_and_the_other_sessions() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let elsewhere = world.client().log_in(&ada.username, &ada.password()).await.unwrap();
    assert_eq!(ada.account.sessions().await.unwrap().len(), 2);

    let new = world.canary.text("new password");
    ada.account.change_password(&ada.password(), &Password::new(new.clone())).await.unwrap();
    let refused = world.client().log_in(&ada.username, &ada.password()).await.unwrap_err();
    assert_eq!(refused.code(), "wrong-credentials");
    assert_eq!(ada.account.sessions().await.unwrap().len(), 1, "the other session ended");
    // A device that holds the account's keys opens a session of its own by signature; the password is not needed.
    drop(elsewhere);

    let again = world.client().log_in(&ada.username, &Password::new(new)).await.unwrap();
    assert_eq!(again.id(), ada.account.id());
    let found = again.collections().await.unwrap();
    assert_eq!(all(&found[0]).await, all(&diary).await, "nothing had to be written again");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phrase_recovers_the_account_with_a_new_password() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();

    let phrase = RecoveryPhrase::parse(&ada.phrase).unwrap();
    let new = world.canary.text("new password");
    let recovered =
        world.client().recover(&ada.username, &phrase, &Password::new(new.clone())).await.unwrap();
    assert_eq!(recovered.id(), ada.account.id());
    let found = recovered.collections().await.unwrap();
    assert_eq!(all(&found[0]).await, all(&diary).await);

    let refused = world.client().log_in(&ada.username, &ada.password()).await.unwrap_err();
    assert_eq!(refused.code(), "wrong-credentials", "the lost password is closed");
    world.client().log_in(&ada.username, &Password::new(new)).await.unwrap();

    // Another phrase, and the right phrase for nobody, look the same.
    let bob = world.user("bob").await;
    let other = RecoveryPhrase::parse(&bob.phrase).unwrap();
    let password = Password::new(world.canary.text("password"));
    for username in [ada.username.as_str(), "nobody-at-all"] {
        let refused = world.client().recover(username, &other, &password).await.unwrap_err();
        assert_eq!(refused.code(), "wrong-credentials", "{username}");
    }
    world.close().await;
}
