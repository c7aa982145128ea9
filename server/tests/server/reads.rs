//! Reads: no query reads more of the store than its answer needs, whatever else the collection and the account hold; and none
//! works without bound, while whoever goes on comes to the end.

use crate::{
    bulk::{Instance, token, unique},
    world::{Collection, Person, World, ids},
};
use pryv_server::store::MAX_EXAMINED;
use pryv_wire::{
    Bytes, ErrorCode,
    record::{
        Answered, BatchRecords, CountRecords, Counted, Filter, IndexState, MAX_COUNT, Order, QueryRecords,
        Question, Records, Unindexed,
    },
};

const MANY: u64 = 100_000;
/// Permission, and the head of the scope.
const ASIDE: u64 = 8;

const PRESENT: Option<Unindexed> =
    Some(Unindexed { before: IndexState { epoch: 0, version: 1 }, at_most: 1_000 });

fn tokens(several: impl IntoIterator<Item = Vec<u8>>) -> Filter {
    Filter::Tokens(several.into_iter().map(Bytes::from).collect())
}

fn query(owner: &Person, collection: &Collection, filter: Filter, limit: u32) -> QueryRecords {
    let (account, scope) = (owner.id(), collection.scope);
    let order = Order::OldestFirst;
    QueryRecords {
        account,
        scope,
        filter,
        unindexed: PRESENT,
        within: None,
        state: Default::default(),
        order,
        limit,
        after: None,
    }
}

fn count(owner: &Person, collection: &Collection, filter: Filter, enough: u64) -> CountRecords {
    let (account, scope) = (owner.id(), collection.scope);
    let (unindexed, within, buckets, after) = (PRESENT, None, Vec::new(), None);
    CountRecords {
        account,
        scope,
        filter,
        unindexed,
        within,
        state: Default::default(),
        buckets,
        enough,
        after,
    }
}

/// What a query answers, with the descents and the rows that it took.
async fn pages(world: &World, owner: &Person, query: QueryRecords) -> (Records, u64, u64) {
    let before = world.service.store().reads();
    let page = world.service.query_records(owner.caller.clone(), query).await.unwrap();
    let after = world.service.store().reads();
    (page, after.seeks - before.seeks, after.rows - before.rows)
}

async fn counts(world: &World, owner: &Person, count: CountRecords) -> (Counted, u64, u64) {
    let before = world.service.store().reads();
    let counted = world.service.count_records(owner.caller.clone(), count).await.unwrap();
    let after = world.service.store().reads();
    (counted, after.seeks - before.seeks, after.rows - before.rows)
}

/// Field 1: ten instances a value; 2: every second one; 3: a hundred in a row a value, as a range in the order of creation; 4:
/// one in ten thousand.
fn instance(number: u64) -> Instance {
    let mut all = vec![token(1, number % (MANY / 10)), token(3, number / 100)];
    if number.is_multiple_of(2) {
        all.push(token(2, 0));
    }
    if number % 10_000 == 4_444 {
        all.push(token(4, 0));
    }
    if number.is_multiple_of(1_000) {
        all.push(unique(number));
    }
    Instance::new(20_000 + number, all)
}

#[tokio::test]
async fn no_query_reads_more_than_its_answer_needs() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    let all: Vec<Instance> = (0..MANY).map(instance).collect();
    world.create(&ada, &collection, &all);
    let ask = |filter, limit| query(&ada, &collection, filter, limit);

    // Ten hits: ten postings and ten records; one descent for the list, one for the states, one for each record.
    let (page, seeks, rows) = pages(&world, &ada, ask(tokens([token(1, 77)]), 100)).await;
    assert_eq!(page.records.len(), 10);
    assert!(rows <= 20 + ASIDE && seeks <= 12 + ASIDE, "equality: {seeks} descents, {rows} rows");

    let (page, seeks, rows) = pages(&world, &ada, ask(tokens([unique(5_000)]), 100)).await;
    assert_eq!(page.records.len(), 1);
    assert!(rows <= 2 + ASIDE && seeks <= 4 + ASIDE, "unique: {seeks} descents, {rows} rows");

    let newest = QueryRecords { order: Order::NewestFirst, ..ask(Filter::All, 50) };
    let (page, seeks, rows) = pages(&world, &ada, newest).await;
    assert_eq!((page.records.len(), ids(&page)[0]), (50, all.last().unwrap().record));
    assert!(rows <= 101 + ASIDE && seeks <= 52 + ASIDE, "newest 50: {seeks} descents, {rows} rows");

    // The rare condition spares the reading of the common one, whichever comes first.
    for filter in [
        Filter::And(vec![tokens([token(4, 0)]), tokens([token(2, 0)])]),
        Filter::And(vec![tokens([token(2, 0)]), tokens([token(4, 0)])]),
    ] {
        let (page, seeks, rows) = pages(&world, &ada, ask(filter, 100)).await;
        assert_eq!(page.records.len(), 10);
        assert!(rows <= 60 + ASIDE && seeks <= 40 + ASIDE, "rare: {seeks} descents, {rows} rows");
    }
    let spared = Filter::And(vec![tokens([token(1, 77)]), Filter::Not(Box::new(tokens([token(2, 0)])))]);
    let (page, seeks, rows) = pages(&world, &ada, ask(spared, 100)).await;
    assert_eq!(page.records.len(), 10);
    assert!(rows <= 50 + ASIDE && seeks <= 40 + ASIDE, "negation: {seeks} descents, {rows} rows");

    // A range: each list once, and of those behind the page no more than their first row.
    let range = tokens((100..160).map(|value| token(3, value)));
    let (page, seeks, rows) = pages(&world, &ada, ask(range.clone(), 20)).await;
    assert_eq!(page.records.len(), 20);
    assert!(rows <= 60 + 64 + 20 + ASIDE && seeks <= 60 + 10 + 20 + ASIDE, "range: {seeks}, {rows}");
    let (page, _, rows) = pages(&world, &ada, ask(range, 1_000)).await;
    assert_eq!(page.records.len(), 1_000);
    assert!(rows <= 2_420, "a page of a range: {rows} rows");

    // Counting in buckets from the top: a descent for each empty bucket, about fifty postings, and no record.
    let buckets = (900..1_200).rev().map(|value| vec![Bytes::from(token(3, value))]).collect();
    let top = CountRecords { buckets, ..count(&ada, &collection, Filter::All, 50) };
    let (counted, seeks, rows) = counts(&world, &ada, top).await;
    assert_eq!(counted.counts, [vec![0; 200], vec![50]].concat());
    assert!(rows <= 51 + ASIDE && seeks <= 202 + ASIDE, "buckets: {seeks} descents, {rows} rows");
    let all_of_it = count(&ada, &collection, tokens([token(3, 7)]), MAX_COUNT);
    let (counted, seeks, rows) = counts(&world, &ada, all_of_it).await;
    assert_eq!((counted.counts, counted.next), (vec![100], None));
    assert!(rows <= 100 + ASIDE && seeks <= 6 + ASIDE, "count: {seeks} descents, {rows} rows");

    // That nothing is behind is known by one leap; that too much is, by so many rows and one.
    let before = IndexState { epoch: 0, version: 2 };
    let stale = QueryRecords {
        unindexed: Some(Unindexed { before, at_most: 10 }),
        ..ask(tokens([token(1, 77)]), 100)
    };
    let counted = world.service.store().reads();
    let refused = world.service.query_records(ada.caller.clone(), stale.clone()).await.unwrap_err();
    let rows = world.service.store().reads().rows - counted.rows;
    assert_eq!((refused.code(), refused.details().limit), (ErrorCode::Unindexed, Some(10)));
    assert!(rows <= 12 + ASIDE, "refused: {rows} rows");
    let job = QueryRecords {
        filter: Filter::Or(vec![]),
        unindexed: Some(Unindexed { before, at_most: u32::MAX }),
        limit: 500,
        ..stale
    };
    let (page, _, rows) = pages(&world, &ada, job).await;
    assert_eq!(page.records.len(), 500);
    assert!(rows <= 1_012 + ASIDE, "a page of what is behind: {rows} rows");
}

#[tokio::test]
async fn a_collection_reads_the_same_in_a_large_account_and_in_a_small_one() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut found = Vec::new();
    for (owner, beside) in [(&ada, 20_000), (&bob, 0)] {
        let large = world.collection(owner).await;
        let others: Vec<Instance> = (0..beside).map(instance).collect();
        world.create(owner, &large, &others);
        let (made, small) = world.new_collection(owner, "https://example.org/small");
        world.commit(owner, owner.id(), vec![made]).await.unwrap();
        let few: Vec<Instance> = (50_000..51_000).map(instance).collect();
        world.create(owner, &small, &few);
        let mut told = Vec::new();
        for filter in [Filter::All, tokens([token(2, 0)]), tokens((500..510).map(|value| token(3, value)))] {
            let (page, seeks, rows) = pages(&world, owner, query(owner, &small, filter.clone(), 1_000)).await;
            let (counted, count_seeks, count_rows) =
                counts(&world, owner, count(owner, &small, filter, 1_000)).await;
            told.push((ids(&page), seeks, rows, counted.counts, count_seeks, count_rows));
        }
        found.push(told);
    }
    assert_eq!(found[0], found[1]);
}

#[tokio::test]
async fn a_tired_page_or_count_ends_short_and_whoever_goes_on_comes_to_the_end() {
    const ROWS: u64 = 42_000;
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    // Two fields that never meet, but in the last instance.
    let all: Vec<Instance> = (0..ROWS)
        .map(|number| {
            let fields: &[u8] = match number {
                _ if number + 1 == ROWS => &[1, 2, 3, 4],
                _ if number.is_multiple_of(2) => &[1, 3],
                _ => &[2, 4],
            };
            Instance::new(20_000 + number, fields.iter().map(|field| token(*field, 0)))
        })
        .collect();
    world.create(&ada, &collection, &all);
    let both = |a, b| Filter::And(vec![tokens([token(a, 0)]), tokens([token(b, 0)])]);
    let last = all.last().unwrap().record;
    let most = 2 * u64::try_from(MAX_EXAMINED).unwrap();
    for filter in [
        both(1, 2),
        Filter::Or(vec![both(1, 2), both(3, 4), both(2, 3)]),
        Filter::And(vec![Filter::Or(vec![both(1, 2), both(4, 3)]), Filter::Not(Box::new(both(2, 9)))]),
        Filter::And(vec![both(1, 2), Filter::Or(vec![both(1, 4), both(2, 3)])]),
    ] {
        let (mut found, mut after, mut calls) = (Vec::new(), None, 0);
        loop {
            let ask = QueryRecords { after, ..query(&ada, &collection, filter.clone(), 100) };
            let (page, seeks, rows) = pages(&world, &ada, ask).await;
            assert!(seeks + rows < most, "{seeks} descents and {rows} rows in one page");
            found.extend(ids(&page));
            calls += 1;
            assert!(calls < 60, "it gets nowhere: {filter:?}");
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, [last], "{filter:?}");
        assert!(calls > 2, "{calls} calls: too few rows to tire it");
    }

    // A count, and the first bucket of one, which goes on as a count of its own.
    let twice = [1, 3].map(|field| Bytes::from(token(field, 0)));
    let (mut ask, mut sum, mut calls) = (count(&ada, &collection, both(1, 2), MAX_COUNT), 0, 0);
    ask.filter = tokens([token(2, 0), token(4, 0)]);
    ask.buckets = vec![twice.to_vec(), vec![Bytes::from(token(2, 0))]];
    loop {
        let (counted, seeks, rows) = counts(&world, &ada, ask.clone()).await;
        assert!(seeks + rows < 2 * MAX_COUNT, "{seeks} descents and {rows} rows in one count");
        assert_eq!(counted.counts.len(), 1, "the second bucket is not looked at");
        sum += counted.counts[0];
        calls += 1;
        ask = CountRecords {
            filter: both(1, 2),
            buckets: Vec::new(),
            after: counted.next,
            ..count(&ada, &collection, Filter::All, MAX_COUNT)
        };
        if ask.after.is_none() {
            break;
        }
    }
    assert_eq!(sum, 1);
    assert!(calls > 1, "the bucket was not too much for one call");
    // Where the first bucket left nothing over, the second waits for the next call.
    let buckets = vec![vec![Bytes::from(token(9, 0))], twice.to_vec()];
    let ask = count(&ada, &collection, tokens([token(2, 0), token(4, 0)]), MAX_COUNT);
    let ask = CountRecords { buckets, ..ask };
    let (counted, ..) = counts(&world, &ada, ask).await;
    assert_eq!((counted.counts, counted.next), (vec![0], None));

    // A batch of a hundred works on as many questions as one may, and answers the others without work.
    let questions = (0..100)
        .map(|number| match number % 3 {
            0 => Question::Query(query(&ada, &collection, both(1, 2), 100)),
            1 => Question::Count(count(&ada, &collection, both(1, 2), MAX_COUNT)),
            _ => Question::Count(CountRecords {
                buckets: vec![vec![Bytes::from(token(1, 0))]],
                ..count(&ada, &collection, both(1, 2), MAX_COUNT)
            }),
        })
        .collect();
    let before = world.service.store().reads();
    let answered = world.service.batch_records(ada.caller.clone(), BatchRecords { questions }).await.unwrap();
    let after = world.service.store().reads();
    let work = after.seeks + after.rows - before.seeks - before.rows;
    assert!(work < 4 * MAX_COUNT, "{work} rows and descents in one batch");
    for answer in &answered.answers[10..] {
        match answer {
            Answered::Query(page) => assert!(page.records.is_empty() && page.next.is_some()),
            Answered::Count(Counted { counts, next, .. }) => {
                assert!((counts.is_empty() && next.is_none()) || (counts == &[0] && next.is_some()));
            }
            other => panic!("{other:?}"),
        }
    }
    // What was not worked on goes on from its beginning.
    let Answered::Count(Counted { next, .. }) = &answered.answers[97] else { panic!("a count") };
    let mut after = next.clone();
    let mut sum = 0;
    while after.is_some() {
        let ask = CountRecords { after, ..count(&ada, &collection, both(1, 2), MAX_COUNT) };
        let (counted, ..) = counts(&world, &ada, ask).await;
        sum += counted.counts[0];
        after = counted.next;
    }
    assert_eq!(sum, 1);
}
