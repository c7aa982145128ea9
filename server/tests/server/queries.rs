//! Queries against a model in plain memory.

use crate::world::{Collection, Person, World, Write, code, ids, matching};
use pryv_wire::{
    Bytes, ErrorCode, RecordId,
    access::Level,
    record::{Filter, MAX_FILTER_DEPTH, Order, QueryRecords, RecordKind},
};
use rand::{Rng, seq::SliceRandom};

async fn all(
    world: &World,
    by: &Person,
    collection: &Collection,
    filter: &Filter,
    order: Order,
    limit: u32,
) -> Vec<RecordId> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = world.query(by, collection, filter.clone(), order, limit, after).await.unwrap();
        assert!(page.records.len() <= usize::try_from(limit).unwrap());
        found.extend(ids(&page));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

#[tokio::test]
async fn every_page_size_and_order_gives_the_same_rows_as_a_model() {
    let world = World::new();
    let ada = world.person("ada").await;
    let mut collection = world.collection(&ada).await;
    let bob = world.person("bob").await;
    let access = world.grant(&ada, &bob, &mut collection, Level::CreateOnly).await;
    let (mut model, mut rng) = (Vec::new(), world.rng());
    let colors = ["red", "green", "blue"];
    // No color: a deposit, whose writer makes no tokens. An empty color: a record of the owner without the field.
    for _ in 0..60 {
        let color = match rng.gen_range(0..5) {
            0 => None,
            1 => Some(""),
            _ => colors.choose(&mut rng).copied(),
        };
        let record = RecordId::from_bytes(world.id16());
        let (author, put) = match color {
            None => (&bob, world.deposit(&bob, &collection, record, access)),
            Some(color) => {
                let (color, size) = (Some(color).filter(|color| !color.is_empty()), rng.gen_range(0..200));
                (&ada, world.put(&ada, &collection, &Write { record, color, size, ..Write::default() }))
            }
        };
        world.commit(author, ada.id(), vec![put]).await.unwrap();
        model.push((record, color, 1_u64));
    }
    for _ in 0..30 {
        let at = rng.gen_range(0..model.len());
        let (record, _, version) = model[at];
        if rng.gen_range(0..3) == 0 {
            let kind = RecordKind::Tombstone;
            let end = Write { record, version: version + 1, kind, ..Write::default() };
            world.commit(&ada, ada.id(), vec![world.put(&ada, &collection, &end)]).await.unwrap();
            model.remove(at);
        } else {
            let color = Some(*colors.choose(&mut rng).unwrap());
            let next = Write { record, version: version + 1, color, ..Write::default() };
            world.commit(&ada, ada.id(), vec![world.put(&ada, &collection, &next)]).await.unwrap();
            model[at] = (record, color, version + 1);
        }
    }
    let token = |color: &str| World::tokens(&collection, color);
    let (red, green) = (token("red"), token("green"));
    let both = [red.clone(), green.clone()].concat();
    type Wanted = fn(Option<&str>) -> bool;
    // Deposits come with every query by token: whoever asked filters them after decryption.
    let cases: Vec<(Filter, Wanted)> = vec![
        (Filter::All, |_| true),
        (matching(vec![]), |_| true),
        (matching(vec![red.clone()]), |color| matches!(color, Some("red") | None)),
        (matching(vec![both.clone()]), |color| matches!(color, Some("red" | "green") | None)),
        (matching(vec![both, green.clone()]), |color| matches!(color, Some("green") | None)),
        (matching(vec![red, green]), |color| color.is_none()),
        (matching(vec![vec![Bytes::from(vec![1; 16])]]), |color| color.is_none()),
        (matching(vec![vec![]]), |color| color.is_none()),
    ];
    for (filter, wanted) in &cases {
        let mut expected: Vec<_> =
            model.iter().filter(|(_, color, _)| wanted(*color)).map(|(record, ..)| *record).collect();
        for order in [Order::OldestFirst, Order::NewestFirst] {
            for limit in [1, 2, 7, 59, 1_000] {
                let found = all(&world, &ada, &collection, filter, order, limit).await;
                assert_eq!(found, expected, "{filter:?} {order:?} {limit}");
            }
            expected.reverse();
        }
    }
}

#[tokio::test]
async fn a_unique_token_finds_its_one_record() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    for (id, serial, color) in [(1, "A", "red"), (2, "B", "red"), (3, "C", "blue")] {
        let record = RecordId::from_bytes([id; 16]);
        let write = Write { record, color: Some(color), serial: Some(serial), ..Write::default() };
        world.commit(&ada, ada.id(), vec![world.put(&ada, &collection, &write)]).await.unwrap();
    }
    let (a, c) = (World::unique_token(&collection, "A"), World::unique_token(&collection, "C"));
    let red = World::tokens(&collection, "red");
    let find = async |conditions: Vec<Vec<Bytes>>, order| {
        all(&world, &ada, &collection, &matching(conditions), order, 10).await
    };
    let record = |id: u8| RecordId::from_bytes([id; 16]);
    for order in [Order::OldestFirst, Order::NewestFirst] {
        assert_eq!(find(vec![vec![a.clone()]], order).await, [record(1)]);
        assert_eq!(find(vec![vec![a.clone()], red.clone()], order).await, [record(1)]);
        assert_eq!(find(vec![vec![c.clone()], red.clone()], order).await, []);
    }
    assert_eq!(find(vec![vec![c, a]], Order::NewestFirst).await, [record(3), record(1)]);
}

#[tokio::test]
async fn a_query_outside_its_limits_is_refused() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    world.record(&ada, &collection, None).await;
    world.record(&ada, &collection, None).await;
    let ask = |filter, limit, after| world.query(&ada, &collection, filter, Order::OldestFirst, limit, after);
    assert_eq!(code(ask(Filter::All, 0, None).await), ErrorCode::OutOfRange);
    assert_eq!(code(ask(Filter::All, 1_001, None).await), ErrorCode::OutOfRange);
    let token = Bytes::from(vec![1; 16]);
    assert_eq!(code(ask(matching(vec![vec![token.clone()]; 256]), 1, None).await), ErrorCode::OutOfRange);
    assert_eq!(code(ask(matching(vec![vec![token; 4_097]]), 1, None).await), ErrorCode::OutOfRange);
    let deep = (0..MAX_FILTER_DEPTH).fold(Filter::All, |inner, _| Filter::Not(Box::new(inner)));
    assert_eq!(code(ask(deep, 1, None).await), ErrorCode::OutOfRange);
    let short = matching(vec![vec![Bytes::from(vec![1; 15])]]);
    assert_eq!(code(ask(short, 1, None).await), ErrorCode::MalformedMessage);
    for cursor in [vec![], vec![0; 10], vec![1; 10], vec![1, 0, 0]] {
        assert_eq!(code(ask(Filter::All, 1, Some(Bytes::from(cursor))).await), ErrorCode::MalformedMessage);
    }
    let next = ask(Filter::All, 1, None).await.unwrap().next.unwrap();
    let (account, scope) = (ada.id(), collection.scope);
    let (filter, order, limit) = (Filter::All, Order::NewestFirst, 1);
    let turned = QueryRecords {
        account,
        scope,
        filter,
        unindexed: None,
        within: None,
        state: Default::default(),
        order,
        limit,
        after: Some(next),
    };
    let refused = world.service.query_records(ada.caller.clone(), turned).await;
    assert_eq!(code(refused), ErrorCode::MalformedMessage, "a cursor of the other order");
}

#[tokio::test]
async fn a_cursor_tells_nothing_and_serves_in_its_scope_only() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    world.record(&ada, &collection, None).await;
    world.record(&ada, &collection, None).await;
    let page = world.query(&ada, &collection, Filter::All, Order::OldestFirst, 1, None).await.unwrap();
    let cursor = page.next.unwrap();
    // The second transaction of the account made the first record: a grantee must not count them.
    let place = (2_u64 << 10).to_be_bytes();
    assert!(!cursor.windows(8).any(|window| window == place), "{cursor:?}");
    let (create, other) = world.new_collection(&ada, "https://example.org/other");
    world.commit(&ada, ada.id(), vec![create]).await.unwrap();
    let ask =
        |collection, cursor| world.query(&ada, collection, Filter::All, Order::OldestFirst, 1, Some(cursor));
    assert_eq!(code(ask(&other, cursor.clone()).await), ErrorCode::MalformedMessage);
    assert_eq!(ask(&collection, cursor).await.unwrap().records.len(), 1);
}

#[tokio::test]
async fn a_page_is_bounded_in_bytes() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    for id in 0..24_u8 {
        let record = RecordId::from_bytes([id; 16]);
        let put = world.put(&ada, &collection, &Write { record, size: 220 * 1024, ..Write::default() });
        world.commit(&ada, ada.id(), vec![put]).await.unwrap();
    }
    let page = world.query(&ada, &collection, Filter::All, Order::OldestFirst, 1_000, None).await.unwrap();
    let bytes: usize = page.records.iter().map(|record| record.len()).sum();
    assert!(page.next.is_some() && bytes < 5 << 20, "{bytes} bytes");
    let found = all(&world, &ada, &collection, &Filter::All, Order::OldestFirst, 1_000).await;
    assert_eq!(found.len(), 24);
}
