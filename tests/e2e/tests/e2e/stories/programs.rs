//! The server as it ships: its program, its log, its own backup command, both engines.

use crate::fixture::{all, grant, note, notes, received, topic};
use pryv_sdk::Level;
use pryv_test_kit::{Engine, World};

async fn story(engine: Engine) {
    let world = World::start_process(engine).await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    for _ in 0..10 {
        diary.create(note(&world, &topic(&world))).await.unwrap();
    }
    let access = grant(&world, &ada, &bob, &diary, Level::Read).await;
    let shared = received(&bob).await;
    assert_eq!(all(&shared).await.len(), 10);
    let receipt = ada.account.revoke(access.id).await.unwrap();
    ada.account.verify_receipt(&receipt).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    assert_eq!(shared.query().fetch::<serde_json::Value>().await.unwrap_err().code(), "revoked");
    assert_eq!(all(&diary).await.len(), 11);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_with_its_first_engine_learns_nothing() {
    story(Engine::Redb).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_with_its_second_engine_learns_nothing() {
    story(Engine::Sled).await;
}
