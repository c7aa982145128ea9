//! Order by a field: what is read, and cursors while others write.

use pryv_sdk::{Collection, Cursor, Definition, Range, Silent, condition::field};
use pryv_test_kit::World;
use pryv_wire::record::{CountRecords, QueryRecords};
use serde_json::{Value, json};

fn rates() -> Definition {
    Definition::new("https://example.org/rates", "Rates", "rate", json!({ "type": "object" }))
        .range("/at", Range::times("1h"))
        .range("/n", Range::numbers(0.0, 1_000_000.0, 1.0))
        .equality("/code")
}

fn at(minute: u32) -> Value {
    let (day, hour, minute) = (minute / 1_440 + 1, minute / 60 % 24, minute % 60);
    json!(format!("2026-03-{day:02}T{hour:02}:{minute:02}:00Z"))
}

/// A record every ten minutes, in no order.
async fn fill(collection: &Collection, records: u32) {
    let all: Vec<Value> = (0..records)
        .map(|number| number * 7_919 % records)
        .map(|number| json!({ "at": at(number * 10), "n": number, "code": number % 5 }))
        .collect();
    collection.create_many(all, &mut Silent).await.unwrap();
}

async fn numbers(query: pryv_sdk::Query) -> Vec<u64> {
    let page = query.fetch::<Value>().await.unwrap();
    page.records.iter().map(|record| record.data["n"].as_u64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_fifty_of_many_are_read_and_not_the_many() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let rates = ada.account.define(rates()).await.unwrap();
    fill(&rates, 4_000).await;
    let before = world.recorder.count();
    let newest = numbers(rates.query().descending("/at").limit(50)).await;
    assert_eq!(newest, (3_950..4_000).rev().collect::<Vec<_>>());
    let calls = world.recorder.count() - before;
    assert!(calls <= 6, "{calls} calls for one page");
    let sent: usize = world.recorder.of::<QueryRecords>().iter().map(|(_, page)| page.records.len()).sum();
    assert!(sent <= 50 + 2 * 6, "{sent} records were sent for 50; an hour has six");
    let counted: u64 =
        world.recorder.of::<CountRecords>().iter().flat_map(|(_, counted)| counted.counts.clone()).sum();
    assert!(counted <= 4 * 60, "{counted} postings were counted for 50 records");

    assert_eq!(numbers(rates.query().ascending("/n").limit(3)).await, [0, 1, 2]);
    let some = rates.query().eq("/code", 2).filter(field("/n").between(100, 200)).descending("/n").limit(4);
    assert_eq!(numbers(some).await, [197, 192, 187, 182]);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_stays_where_it_is_while_others_write() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let rates = ada.account.define(rates()).await.unwrap();
    fill(&rates, 100).await;
    let mut found = Vec::new();
    let mut cursor: Option<Cursor> = None;
    for round in 0.. {
        let mut query = rates.query().descending("/n").limit(10);
        if let Some(cursor) = cursor {
            // A cursor goes through text, as in the address of a page.
            query = query.page(cursor.to_string().parse().unwrap());
        }
        let page = query.fetch::<Value>().await.unwrap();
        found.extend(page.records.iter().map(|record| record.data["n"].as_u64().unwrap()));
        // Before the cursor, behind it, and one that moves.
        rates.create(json!({ "n": 1_000 + round })).await.unwrap();
        rates.create(json!({ "n": 5, "code": "new" })).await.unwrap();
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let new = found.iter().filter(|number| **number == 5).count() - 1;
    assert!((1..=11).contains(&new), "{new}");
    found.retain(|number| *number != 5);
    let wanted: Vec<u64> = (0..100).rev().filter(|number| *number != 5).collect();
    assert_eq!(found, wanted, "what was there all the time comes once, in order");

    let of_order = rates.query().descending("/n").limit(1).fetch::<Value>().await.unwrap().next.unwrap();
    let created = rates.query().limit(1).fetch::<Value>().await.unwrap().next.unwrap();
    assert_eq!(rates.query().page(of_order).fetch::<Value>().await.unwrap_err().code(), "other-order");
    assert_eq!(
        rates.query().ascending("/n").page(created).fetch::<Value>().await.unwrap_err().code(),
        "other-order"
    );
    world.close().await;
}
