//! Indexes that come to a collection full of records, and go again; epochs that are left behind.

use crate::fixture::{contact, grant, named, received};
use pryv_sdk::{
    Collection, Definition, Grant, Level, Range, RecordId, Silent,
    collection::{QueryError, RedefineError},
    condition::field,
};
use pryv_test_kit::{World, environment};
use serde_json::{Value, json};

fn rates(world: &World) -> Definition {
    let uri = format!("https://example.org/{}", world.canary.text("definition URI"));
    Definition::new(uri, "Rates", "rate", json!({ "type": "object" }))
}

async fn write(collection: &Collection, numbers: impl IntoIterator<Item = u32>) -> Vec<RecordId> {
    let all: Vec<Value> =
        numbers.into_iter().map(|n| json!({ "n": n, "code": n, "note": format!("number {n}") })).collect();
    collection.create_many(all, &mut Silent).await.unwrap()
}

async fn above(collection: &Collection, n: u32) -> Result<usize, QueryError> {
    let query = collection.query().filter(field("/n").above(n)).limit(1_000);
    query.all::<Value>(&mut Silent).await.map(|page| page.records.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_comes_to_a_collection_that_is_in_use_and_goes_again() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let definition = rates(&world);
    let diary = ada.account.define(definition.clone()).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Read).await;
    let shared = received(&bob).await;
    // As many as are wanted by name: `PRYV_REINDEX=100000`.
    let records = u32::try_from(environment("PRYV_REINDEX").unwrap_or(1_500)).unwrap();
    write(&diary, 0..records).await;
    assert!(matches!(above(&diary, 10).await, Err(QueryError::NotIndexed { .. })));

    let indexed = definition.clone().range("/n", Range::numbers(0.0, 1_000_000.0, 1.0));
    diary.redefine(indexed.clone()).await.unwrap();
    // More is unindexed than a query looks through unasked.
    assert!(matches!(above(&diary, 10).await, Err(QueryError::Unindexed { limit: 1_000 })));
    let scan = diary.query().filter(field("/n").above(records - 100)).scan(records.into());
    assert_eq!(scan.all::<Value>(&mut Silent).await.unwrap().records.len(), 99);
    assert_eq!(diary.unindexed_count().await.unwrap(), 1_001, "counted as far as it matters");

    let mut told = Vec::new();
    let done = diary.reindex(&mut |done, _| told.push(done)).await.unwrap();
    assert_eq!((done.indexed, done.unusable.len(), done.not_unique.len()), (records.into(), 0, 0));
    assert!(told.len() >= 3 && told.is_sorted() && told.last() == Some(&records.into()), "{told:?}");
    assert_eq!(diary.unindexed_count().await.unwrap(), 0);
    let many = usize::try_from(records).unwrap();
    assert_eq!(above(&diary, 10).await.unwrap(), many - 11);
    let page = diary.query().filter(field("/n").above(records - 2)).fetch::<Value>().await.unwrap();
    assert_eq!((page.records.len(), page.overshoot), (1, 1), "the step of the end, and nothing else");
    // Bob had opened the collection before.
    shared.query().limit(1).fetch::<Value>().await.unwrap();
    write(&diary, [records + 500]).await;
    assert_eq!(above(&received(&bob).await, 10).await.unwrap(), many - 10);
    assert_eq!(diary.reindex(&mut Silent).await.unwrap().indexed, 0, "nothing is left to do");

    diary.redefine(definition).await.unwrap();
    assert!(matches!(above(&diary, 10).await, Err(QueryError::NotIndexed { .. })));
    assert_eq!(diary.reindex(&mut Silent).await.unwrap().indexed, u64::from(records) + 1, "their tokens go");
    assert_eq!(diary.query().limit(1_000).all::<Value>(&mut Silent).await.unwrap().records.len(), many + 1);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_device_with_the_old_definition_writes_is_found_all_the_same() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let definition = rates(&world);
    let diary = ada.account.define(definition.clone()).await.unwrap();
    let second = world.client().log_in(&ada.username, &ada.password()).await.unwrap();
    let stale = second.collection(&definition.uri).await.unwrap();
    write(&diary, 0..10).await;
    diary.redefine(definition.range("/n", Range::numbers(0.0, 100.0, 1.0))).await.unwrap();
    diary.reindex(&mut Silent).await.unwrap();
    write(&stale, 50..55).await;
    assert_eq!(above(&diary, 7).await.unwrap(), 7, "eight and nine, and the five that carry no token");
    assert_eq!(diary.query().filter(field("/n").above(7)).count().await.unwrap(), 7);
    assert_eq!(above(&stale, 7).await.unwrap(), 7, "an index that came after the collection was opened");
    assert_eq!(diary.unindexed_count().await.unwrap(), 5);
    assert_eq!(diary.reindex(&mut Silent).await.unwrap().indexed, 5);
    assert_eq!(above(&diary, 7).await.unwrap(), 7);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_who_may_not_read_are_found_and_then_indexed() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let definition = rates(&world).range("/n", Range::numbers(0.0, 100.0, 1.0)).text("/note");
    let diary = ada.account.define(definition).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::CreateOnly).await;
    let box_for_bob = received(&bob).await;
    write(&box_for_bob, 10..14).await;
    write(&diary, 0..4).await;
    let query = diary.query().filter(field("/n").at_least(3).and(field("/note").matches("NUMBER")));
    let page = query.fetch::<Value>().await.unwrap();
    assert_eq!((page.records.len(), page.overshoot), (5, 0));
    assert_eq!(query.count().await.unwrap(), 5);
    let ordered = diary.query().descending("/n").limit(3);
    let values = |page: pryv_sdk::Page<Value>| {
        page.records.into_iter().map(|record| record.data["n"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(values(ordered.fetch().await.unwrap()), [13, 12, 11]);
    assert_eq!(diary.reindex(&mut Silent).await.unwrap().indexed, 4);
    assert_eq!(diary.unindexed_count().await.unwrap(), 0);
    let page = query.fetch::<Value>().await.unwrap();
    assert_eq!((page.records.len(), page.overshoot), (5, 0));
    assert_eq!(values(ordered.fetch().await.unwrap()), [13, 12, 11]);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unique_field_that_comes_later_names_those_who_share_a_value() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let definition = rates(&world);
    let diary = ada.account.define(definition.clone()).await.unwrap();
    let ids = write(&diary, [1, 2, 3, 2, 4]).await;
    let box_for_bob = Grant::to(&contact(&ada, &bob).await).on(&diary, Level::CreateOnly);
    let access = ada.account.grant(named(&world, box_for_bob)).await.unwrap();
    let unique = definition.unique("/code");
    let refused = diary.redefine(unique.clone()).await.unwrap_err();
    assert!(matches!(refused, RedefineError::UniqueField { .. }), "{refused:?}");
    ada.account.revoke(access.id).await.unwrap();
    diary.redefine(unique).await.unwrap();
    let done = diary.reindex(&mut Silent).await.unwrap();
    assert_eq!((done.indexed, done.not_unique.len()), (4, 1));
    let again = done.not_unique[0];
    assert!(again == ids[1] || again == ids[3]);
    // Until it is changed it is found by everybody who asks.
    let by_code = diary.query().eq("/code", 2);
    assert_eq!(by_code.fetch::<Value>().await.unwrap().records.len(), 2);
    let record = diary.get::<Value>(again).await.unwrap();
    diary.update(&record, json!({ "n": 2, "code": 20 })).await.unwrap();
    assert_eq!(by_code.fetch::<Value>().await.unwrap().records.len(), 1);
    assert_eq!(diary.reindex(&mut Silent).await.unwrap(), Default::default());
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn epochs_that_are_left_behind_cost_no_tokens_once_they_are_reindexed() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let definition = rates(&world).range("/n", Range::numbers(0.0, 1_000.0, 1.0)).equality("/code");
    let diary = ada.account.define(definition).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Read).await;
    for epoch in 0..6 {
        write(&diary, epoch * 100..epoch * 100 + 70).await;
        diary.rotate().await.unwrap();
    }
    write(&diary, 900..905).await;
    let tokens = |collection: &Collection| {
        let explained = collection.query().eq("/code", 7).explain().unwrap();
        explained.matched.iter().map(|matched| matched.tokens).sum::<usize>()
    };
    let opened = ada.account.collection(&diary.definition().uri).await.unwrap();
    assert_eq!(tokens(&opened), 7);
    assert_eq!(above(&opened, 40).await.unwrap(), 29 + 5 * 70 + 5);
    let before = opened.query().newest_first().limit(1_000).fetch::<Value>().await.unwrap();
    assert_eq!(opened.reindex(&mut Silent).await.unwrap().indexed, 420);
    assert_eq!(tokens(&opened), 1);
    assert_eq!(above(&opened, 40).await.unwrap(), 29 + 5 * 70 + 5);
    let shared = received(&bob).await;
    assert_eq!((tokens(&shared), above(&shared, 40).await.unwrap()), (1, 384));
    let after = opened.query().newest_first().limit(1_000).fetch::<Value>().await.unwrap();
    let names = |page: &pryv_sdk::Page<Value>| {
        page.records.iter().map(|record| (record.id, record.version, record.digest())).collect::<Vec<_>>()
    };
    assert_eq!(names(&before), names(&after), "order, versions and signatures are what they were");
    world.close().await;
}
