//! Sessions: listed, ended, expired, renewed, stored.

use crate::fixture::{all, note, notes, topic};
use pryv_test_kit::{World, clock::days, raw};
use pryv_wire::account::ListSessions;

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_ended() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let by_hand = world.by_hand(&ada).await;
    let sessions = ada.account.sessions().await.unwrap();
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions.iter().filter(|session| session.current).count(), 1);
    let other = sessions.iter().find(|session| !session.current).unwrap();
    ada.account.end_session(other.session).await.unwrap();
    assert_eq!(ada.account.sessions().await.unwrap().len(), 1);
    let refused = raw::call(world.address(), Some(&by_hand.token), &ListSessions {}).await;
    assert_eq!(refused.refusal(), (401, "not-authenticated"));
    ada.account.log_out().await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_session_is_renewed_by_signature_without_the_person() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let by_hand = world.by_hand(&ada).await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    world.clock.advance(days(400));
    let refused = raw::call(world.address(), Some(&by_hand.token), &ListSessions {}).await;
    assert_eq!(refused.refusal(), (401, "not-authenticated"), "the server does not take the old token");
    assert_eq!(all(&diary).await.len(), 1, "the SDK opened a new session");
    diary.create(note(&world, &topic(&world))).await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_session_goes_on_in_another_process() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let stored = serde_json::to_string(&ada.account.export_session()).unwrap();
    let resumed = world.client().resume(serde_json::from_str(&stored).unwrap()).unwrap();
    assert_eq!(resumed.id(), ada.account.id());
    let there = resumed.collection(&diary.definition().uri).await.unwrap();
    assert_eq!(all(&there).await.len(), 1);
    world.close().await;
}
