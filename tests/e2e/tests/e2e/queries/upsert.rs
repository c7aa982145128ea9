//! Upserts, and the race for a unique value.

use crate::fixture::{Note, note, notes, topic};
use pryv_sdk::{
    Silent,
    collection::{UpsertError, WriteError},
};
use pryv_test_kit::World;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn an_upsert_creates_once_and_then_writes_the_next_version() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let mut first = note(&world, &topic(&world));
    first.code = Some(world.canary.text("code"));
    let made = diary.upsert("/code", &first).await.unwrap();
    assert!(made.created && made.record.version == 1);
    let second = Note { topic: topic(&world), ..first.clone() };
    let again = diary.upsert("/code", &second).await.unwrap();
    assert!(!again.created && again.record.version == 2 && again.record.id == made.record.id);
    assert_eq!(diary.get::<Note>(made.record.id).await.unwrap().data, second);
    let refused = diary.upsert("/topic", &first).await.unwrap_err();
    assert!(matches!(refused, UpsertError::NotUnique { .. }), "{refused:?}");
    let without = Note { code: None, ..first };
    assert!(matches!(diary.upsert("/code", &without).await, Err(UpsertError::NoValue { .. })));
    world.close().await;
}

/// Two devices create a record of one value at once, a thousand times: each time the server takes one of them.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_writers_who_race_for_a_value_one_wins_a_thousand_times() {
    const RACES: usize = 1_000;
    let world = World::start().await;
    let ada = world.user("ada").await;
    let first = ada.account.define(notes(&world)).await.unwrap();
    let device = world.client().log_in(&ada.username, &ada.password()).await.unwrap();
    let second = device.collection(&first.definition().uri).await.unwrap();
    let topic = topic(&world);
    let mut wins = [0, 0];
    for race in 0..RACES {
        let with_code = |number: u64| Note {
            text: "x".into(),
            topic: topic.clone(),
            number,
            code: Some(format!("{}-{race}", world.canary.text("code"))),
        };
        let one = with_code(1);
        let two = Note { number: 2, ..one.clone() };
        let (a, b) = tokio::join!(first.create(&one), second.create(&two));
        match (a, b) {
            (Ok(_), Err(WriteError::NotUnique)) => wins[0] += 1,
            (Err(WriteError::NotUnique), Ok(_)) => wins[1] += 1,
            other => panic!("race {race}: {other:?}"),
        }
    }
    assert_eq!(wins[0] + wins[1], RACES);
    let all = first.query().limit(1_000).all::<Value>(&mut Silent).await.unwrap();
    assert_eq!(all.records.len(), RACES);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn upserts_that_race_leave_one_record_with_every_version() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let first = ada.account.define(notes(&world)).await.unwrap();
    let device = world.client().log_in(&ada.username, &ada.password()).await.unwrap();
    let second = device.collection(&first.definition().uri).await.unwrap();
    for _ in 0..20 {
        let mut wanted = note(&world, &topic(&world));
        wanted.code = Some(world.canary.text("code"));
        let other = Note { number: 7, ..wanted.clone() };
        let (a, b) = tokio::join!(first.upsert("/code", &wanted), second.upsert("/code", &other));
        let (a, b) = (a.unwrap(), b.unwrap());
        assert_eq!(a.record.id, b.record.id);
        assert!(a.created ^ b.created);
        let versions = [a.record.version, b.record.version];
        assert_eq!((versions.iter().min(), versions.iter().max()), (Some(&1), Some(&2)));
    }
    world.close().await;
}
