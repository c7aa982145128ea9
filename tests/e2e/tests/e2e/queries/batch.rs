//! Batches: several queries in one round trip, each answered by itself.

use crate::fixture::{Note, contact, named, note, plain_notes, topic};
use pryv_sdk::{Collection, Grant, Level, Query, condition::field};
use pryv_test_kit::World;
use pryv_wire::record::BatchRecords;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_queries_over_fifty_collections_take_one_round_trip() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let sleep = topic(&world);
    let mut collections: Vec<Collection> = Vec::new();
    for number in 0..50 {
        let collection = ada.account.define(plain_notes(&world)).await.unwrap();
        for _ in 0..number % 3 {
            collection.create(note(&world, &sleep)).await.unwrap();
        }
        collections.push(collection);
    }
    let queries: Vec<Query> =
        collections.iter().map(|collection| collection.query().eq("/topic", sleep.as_str())).collect();
    let before = world.recorder.count();
    let pages = ada.account.batch::<Note>(&queries).await.unwrap();
    assert_eq!(world.recorder.count() - before, 1);
    let counts: Vec<_> = pages.into_iter().map(|page| page.unwrap().records.len()).collect();
    assert_eq!(counts, (0..50).map(|number| number % 3).collect::<Vec<_>>());
    assert_eq!(world.recorder.requests::<BatchRecords>().len(), 1);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_one_query_of_a_batch_does_not_touch_the_others() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let sleep = topic(&world);
    let mine = bob.account.define(plain_notes(&world)).await.unwrap();
    mine.create(note(&world, &sleep)).await.unwrap();
    let hers = ada.account.define(plain_notes(&world)).await.unwrap();
    hers.create(note(&world, &sleep)).await.unwrap();
    let access = named(&world, Grant::to(&contact(&ada, &bob).await).on(&hers, Level::Read));
    let access = ada.account.grant(access).await.unwrap();
    let shared = bob.account.received().await.unwrap()[0].open(hers.scope()).await.unwrap();
    let queries = [
        mine.query(),
        shared.query(),
        mine.query().filter(field("/text").is("x")),
        mine.query().limit(0),
        mine.query().eq("/topic", sleep.as_str()),
    ];
    let codes = |answers: Vec<Result<pryv_sdk::Page<Note>, pryv_sdk::collection::QueryError>>| {
        let code = |answer: Result<pryv_sdk::Page<Note>, _>| match answer {
            Ok(page) => format!("{} found", page.records.len()),
            Err(error) => pryv_sdk::collection::QueryError::code(&error).to_owned(),
        };
        answers.into_iter().map(code).collect::<Vec<_>>()
    };
    let answers = bob.account.batch(&queries).await.unwrap();
    assert_eq!(codes(answers), ["1 found", "1 found", "not-indexed", "out-of-range", "1 found"]);
    ada.account.revoke(access.id).await.unwrap();
    let answers = bob.account.batch(&queries).await.unwrap();
    assert_eq!(codes(answers), ["1 found", "revoked", "not-indexed", "out-of-range", "1 found"]);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_much_goes_on_where_its_pages_end() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let diary = ada.account.define(plain_notes(&world)).await.unwrap();
    let long = || Note { text: "long ".repeat(20_000), ..note(&world, &topic(&world)) };
    for _ in 0..60 {
        diary.create(long()).await.unwrap();
    }
    let queries = [diary.query(), diary.query().newest_first(), diary.query()];
    let mut pages = ada.account.batch::<Note>(&queries).await.unwrap().into_iter();
    let mut short = 0;
    for query in queries {
        let first = pages.next().unwrap().unwrap();
        short += usize::from(first.next.is_some());
        let mut found: Vec<_> = first.records.into_iter().map(|record| record.id).collect();
        let mut next = first.next;
        while let Some(cursor) = next {
            let page = query.clone().page(cursor).fetch::<Note>().await.unwrap();
            found.extend(page.records.into_iter().map(|record| record.id));
            next = page.next;
        }
        found.sort_unstable();
        found.dedup();
        assert_eq!(found.len(), 60);
    }
    assert!(short >= 2, "six megabytes thrice are more than one page");
    world.close().await;
}
