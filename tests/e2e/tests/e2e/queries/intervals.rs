//! What lasts: events as Pryv knows them, found by the time that they last into and by being not over.

use crate::fixture::{grant, received};
use pryv_sdk::{
    Collection, Definition, Level, Range, Silent,
    condition::{field, interval},
};
use pryv_test_kit::World;
use serde_json::{Value, json};

const DAY: f64 = 86_400.0;

/// A Monday in 2026, in Unix seconds.
const MONDAY: f64 = 1_767_571_200.0;

fn event(name: &str, time: f64, duration: Option<Value>) -> Value {
    let mut event = json!({ "type": "note/txt", "content": name, "time": time });
    if let Some(duration) = duration {
        event["duration"] = duration;
    }
    event
}

async fn meeting(events: &Collection, from: f64, to: f64) -> Vec<String> {
    let asked = interval("/time", "/duration").overlaps(from, to);
    let query = events.query().filter(asked);
    let page = query.all::<Value>(&mut Silent).await.unwrap();
    assert_eq!(query.count().await.unwrap(), page.records.len() as u64);
    page.records.into_iter().map(|record| record.data["content"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_found_by_the_time_that_they_last_into_and_running_ones_from_their_start_on() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let events = ada.account.events().await.unwrap();
    grant(&world, &ada, &bob, &events, Level::Read).await;
    let all = [
        event("a moment on Monday", MONDAY + 60.0, None),
        event("a night into Tuesday", MONDAY + 0.9 * DAY, Some(json!(0.3 * DAY))),
        event("a month before", MONDAY - 40.0 * DAY, Some(json!(30.0 * DAY))),
        event("years", MONDAY - 1_000.0 * DAY, Some(json!(3_000.0 * DAY))),
        event("since Wednesday", MONDAY + 2.5 * DAY, Some(Value::Null)),
        event("on Friday", MONDAY + 4.5 * DAY, Some(json!(0))),
    ];
    events.create_many(all, &mut Silent).await.unwrap();
    for reader in [&events, &received(&bob).await] {
        let day =
            async |day: f64| meeting(reader, MONDAY + day * DAY, MONDAY + (day + 1.0) * DAY - 1.0).await;
        assert_eq!(day(0.0).await, ["a moment on Monday", "a night into Tuesday", "years"]);
        assert_eq!(day(1.0).await, ["a night into Tuesday", "years"]);
        assert_eq!(day(2.0).await, ["years", "since Wednesday"]);
        assert_eq!(day(4.0).await, ["years", "since Wednesday", "on Friday"]);
        assert_eq!(day(5_000.0).await, ["since Wednesday"]);
        assert_eq!(day(-20.0).await, ["a month before", "years"]);
    }
    let running = events.query().filter(interval("/time", "/duration").running());
    assert!(running.explain().unwrap().exact);
    assert_eq!(running.count().await.unwrap(), 1);
    let record = running.first::<Value>().await.unwrap().unwrap();
    // It stops: what is asked for is found at its end, and it is over.
    events.update(&record, event("since Wednesday", MONDAY + 2.5 * DAY, Some(json!(DAY)))).await.unwrap();
    assert_eq!(events.query().filter(interval("/time", "/duration").running()).count().await.unwrap(), 0);
    let end = MONDAY + 3.5 * DAY;
    assert_eq!(meeting(&events, end, end).await, ["years", "since Wednesday"]);
    assert_eq!(meeting(&events, end + 1.0, end + 1.0).await, ["years"]);
    // One index does for ranges and order of the start as well.
    let newest = events.query().filter(field("/time").below(MONDAY)).descending("/time").limit(1);
    assert_eq!(newest.fetch::<Value>().await.unwrap().records[0].data["content"], "a month before");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_writer_without_tokens_left_in_a_wrong_form_is_indexed_as_far_as_it_goes() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let uri = format!("https://example.org/{}", world.canary.text("definition URI"));
    let definition = Definition::new(uri, "Stays", "stay", json!({ "type": "object" }))
        .interval("/time", "/duration", Range::numbers(0.0, 1_000.0, 1.0))
        .text("/note");
    let stays = ada.account.define(definition).await.unwrap();
    grant(&world, &ada, &bob, &stays, Level::CreateOnly).await;
    let strange = [
        json!({ "time": 10, "duration": "long", "note": ["word", 7] }),
        json!({ "time": [20, "x"], "duration": 5, "note": "word" }),
    ];
    assert!(stays.create(&strange[0]).await.is_err(), "who makes tokens is told");
    received(&bob).await.create_many(&strange, &mut Silent).await.unwrap();
    let found = async |condition| {
        stays.query().filter(condition).all::<Value>(&mut Silent).await.unwrap().records.len()
    };
    for _ in 0..2 {
        assert_eq!(found(interval("/time", "/duration").overlaps(10, 10)).await, 1);
        assert_eq!(found(interval("/time", "/duration").overlaps(11, 20)).await, 1);
        assert_eq!(found(interval("/time", "/duration").overlaps(24, 30)).await, 1);
        assert_eq!(found(field("/time").between(5, 25)).await, 2);
        assert_eq!(found(field("/note").matches("word")).await, 2);
        stays.reindex(&mut Silent).await.unwrap();
        assert_eq!(stays.unindexed_count().await.unwrap(), 0);
    }
    world.close().await;
}
