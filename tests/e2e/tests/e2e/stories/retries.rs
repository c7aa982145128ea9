//! Answers that are lost: every write can be sent again.

use crate::fixture::{Note, all, contact, named, note, notes, topic};
use pryv_sdk::{AccessStatus, Grant, Level, Password};
use pryv_test_kit::World;
use pryv_wire::{
    account::{FinishPasswordChange, FinishSignUp},
    transaction::{Commit, ListChanges},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_was_lost_is_made_once() {
    let world = World::start().await;
    let (client, network) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let bob = world.user("bob").await;

    let lost = network.lose_answers::<Commit>(1);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    assert_eq!(lost.count(), 1);
    network.stop();

    let lost = network.lose_answers::<Commit>(2);
    let written = diary.create(note(&world, &topic(&world))).await.unwrap();
    assert_eq!(lost.count(), 2);
    network.stop();

    network.lose_answers::<Commit>(1);
    let changed = note(&world, &topic(&world));
    assert_eq!(diary.update(&written, changed.clone()).await.unwrap().version, 2);
    network.stop();

    network.lose_answers::<Commit>(1);
    let contact = contact(&ada, &bob).await;
    let grant = named(&world, Grant::to(&contact).on(&diary, Level::Read));
    let access = ada.account.grant(grant).await.unwrap();
    network.stop();

    network.lose_answers::<Commit>(1);
    let receipt = ada.account.revoke(access.id).await.unwrap();
    network.stop();
    ada.account.verify_receipt(&receipt).await.unwrap();

    assert_eq!(all(&diary).await, [changed]);
    let granted = ada.account.granted().await.unwrap();
    assert_eq!(granted.len(), 1);
    assert!(matches!(granted[0].access.status, AccessStatus::Revoked { .. }));
    let by_hand = world.by_hand(&ada).await;
    let changes =
        by_hand.call(&ListChanges { account: ada.account.id(), after: 0, limit: 1000 }).await.unwrap();
    assert_eq!(changes.sequence, 5, "each of the five writes took one place: {changes:?}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_request_is_sent_again_and_nothing_is_sent_for_ever() {
    let world = World::start().await;
    let (client, network) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let lost = network.lose_requests::<Commit>(2);
    diary.create(note(&world, &topic(&world))).await.unwrap();
    assert_eq!(lost.count(), 2);
    network.stop();
    let lost = network.lose_requests::<Commit>(1_000);
    let refused = diary.create(note(&world, &topic(&world))).await.unwrap_err();
    assert_eq!(refused.code(), "offline");
    assert!((2..20).contains(&lost.count()), "{}", lost.count());
    network.stop();
    assert_eq!(all(&diary).await.len(), 1);
    assert_eq!(diary.query().fetch::<Note>().await.unwrap().records.len(), 1);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_whole_when_the_answer_to_its_sign_up_or_password_change_is_lost() {
    let world = World::start().await;
    let (client, network) = world.hostile();
    let lost = network.lose_answers::<FinishSignUp>(1);
    let ada = world.user_of(&client, "ada").await;
    assert_eq!(lost.count(), 1);
    network.stop();
    let lost = network.lose_answers::<FinishPasswordChange>(1);
    let new = world.canary.text("new password");
    ada.account.change_password(&ada.password(), &Password::new(new.clone())).await.unwrap();
    assert_eq!(lost.count(), 1);
    let again = world.client().log_in(&ada.username, &Password::new(new)).await.unwrap();
    assert_eq!(again.id(), ada.account.id());
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_in_doubt_whenever_no_answer_tells() {
    let world = World::start().await;
    let (client, network) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    // A gateway that passes the request on, and its own words back.
    network.on_raw::<Commit>(|answer| {
        answer.status = 500;
        answer.body = b"<html>".to_vec();
    });
    let some: Vec<_> = (0..3).map(|_| note(&world, &topic(&world))).collect();
    let stopped = diary.create_many(&some, &mut pryv_sdk::Silent).await.unwrap_err();
    assert_eq!((stopped.code(), stopped.in_doubt.len()), ("unreadable-answer", 3), "{stopped:?}");
    network.stop();
    diary.get::<Note>(stopped.in_doubt[0]).await.unwrap();
    assert_eq!(all(&diary).await, some, "they were made, once");
    world.close().await;
}
