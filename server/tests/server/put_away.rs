//! What was put away is left out unasked, listed by itself, and holds what it held; what was deleted is listed by itself.

use crate::{
    bulk::{Instance, token, unique},
    world::{Collection, Person, World, Write, code, ids, protected},
};
use pryv_wire::{
    Bytes, ErrorCode, RecordId,
    record::{
        CountRecords, Filter, IndexState, Order, QueryRecords, RecordKind, RecordState, Unindexed, Within,
    },
};

const MANY: u64 = 2_000;
/// Permission, and the head of the scope.
const ASIDE: u64 = 8;

fn query(owner: &Person, collection: &Collection, filter: Filter, state: RecordState) -> QueryRecords {
    let before = IndexState { epoch: 0, version: 1 };
    let unindexed = (state != RecordState::Deleted).then_some(Unindexed { before, at_most: 1_000 });
    QueryRecords {
        account: owner.id(),
        scope: collection.scope,
        filter,
        unindexed,
        within: None,
        state,
        order: Order::OldestFirst,
        limit: 1_000,
        after: None,
    }
}

async fn count(world: &World, owner: &Person, collection: &Collection, state: RecordState) -> u64 {
    let QueryRecords { account, scope, filter, unindexed, within, .. } =
        query(owner, collection, Filter::All, state);
    let buckets = Vec::new();
    let count = CountRecords {
        account,
        scope,
        filter,
        unindexed,
        within,
        state,
        buckets,
        enough: 10_000,
        after: None,
    };
    world.service.count_records(owner.caller.clone(), count).await.unwrap().counts[0]
}

/// The ids, the descents and the rows that it took.
async fn asked(world: &World, owner: &Person, query: QueryRecords) -> (Vec<RecordId>, u64, u64) {
    let before = world.service.store().reads();
    let page = world.service.query_records(owner.caller.clone(), query).await.unwrap();
    let after = world.service.store().reads();
    (ids(&page), after.seeks - before.seeks, after.rows - before.rows)
}

fn by(all: impl IntoIterator<Item = Vec<u8>>) -> Filter {
    Filter::Tokens(all.into_iter().map(Bytes::from).collect())
}

#[tokio::test]
async fn active_records_cost_what_they_did_and_the_others_are_listed_by_themselves() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    let all: Vec<Instance> = (0..MANY)
        .map(|at| Instance::new(20_000 + at, [token(1, at % (MANY / 10)), token(2, 0), unique(at)]))
        .collect();
    world.create(&ada, &collection, &all);
    let ten = || query(&ada, &collection, by([token(1, 77)]), RecordState::Active);
    let (found, seeks, rows) = asked(&world, &ada, ten()).await;
    assert_eq!(found.len(), 10);
    assert!(rows <= 20 + ASIDE && seeks <= 13 + ASIDE, "{seeks} descents, {rows} rows");

    let next = |range: std::ops::Range<usize>| -> Vec<Instance> {
        let part = all[range].iter().cloned();
        part.map(|one| Instance { version: 2, ..one }).collect()
    };
    world.change(&ada, &collection, &next(70..90), RecordKind::Trashed);
    world.change(&ada, &collection, &next(500..507), RecordKind::Tombstone);
    let (found, _, rows) = asked(&world, &ada, ten()).await;
    assert!(found.len() == 9 && !found.contains(&all[77].record));
    assert!(rows <= 30 + ASIDE, "{rows} rows");

    let (trashed, seeks, rows) =
        asked(&world, &ada, query(&ada, &collection, Filter::All, RecordState::Trashed)).await;
    assert_eq!(trashed, all[70..90].iter().map(|one| one.record).collect::<Vec<_>>());
    assert!(rows <= 60 + ASIDE && seeks <= 45 + ASIDE, "{seeks} descents, {rows} rows of {MANY}");
    let common = query(&ada, &collection, by([token(2, 0)]), RecordState::Trashed);
    let (trashed, _, rows) = asked(&world, &ada, common).await;
    assert!(trashed.len() == 20 && rows <= 80 + ASIDE, "{rows} rows");
    let one = query(&ada, &collection, by([token(1, 77)]), RecordState::All);
    assert_eq!(asked(&world, &ada, one).await.0.len(), 10);

    let deleted = || query(&ada, &collection, Filter::All, RecordState::Deleted);
    let (gone, seeks, rows) = asked(&world, &ada, deleted()).await;
    assert_eq!(gone, all[500..507].iter().map(|one| one.record).collect::<Vec<_>>());
    assert!(rows <= 14 + ASIDE && seeks <= 10 + ASIDE, "{seeks} descents, {rows} rows of {MANY}");
    let newest = QueryRecords { order: Order::NewestFirst, limit: 2, ..deleted() };
    assert_eq!(asked(&world, &ada, newest).await.0, [all[506].record, all[505].record]);

    for (state, number) in [
        (RecordState::Active, MANY - 27),
        (RecordState::Trashed, 20),
        (RecordState::All, MANY - 7),
        (RecordState::Deleted, 7),
    ] {
        assert_eq!(count(&world, &ada, &collection, state).await, number, "{state:?}");
    }

    // What comes back is in no list of what was put away; what is deleted from there, in no other.
    let third = |at: usize| vec![Instance { version: 3, ..all[at].clone() }];
    world.change(&ada, &collection, &third(77), RecordKind::Instance);
    world.change(&ada, &collection, &third(78), RecordKind::Tombstone);
    assert_eq!(asked(&world, &ada, ten()).await.0.len(), 10);
    assert_eq!(count(&world, &ada, &collection, RecordState::Trashed).await, 18);
    assert_eq!(count(&world, &ada, &collection, RecordState::Deleted).await, 8);

    for refused in [
        QueryRecords { filter: by([token(2, 0)]), ..deleted() },
        QueryRecords { unindexed: ten().unindexed, ..deleted() },
        QueryRecords {
            within: Some(Within { ontology: collection.scope, term: None, descendants: true }),
            ..deleted()
        },
    ] {
        assert_eq!(
            code(world.service.query_records(ada.caller.clone(), refused).await),
            ErrorCode::MalformedMessage
        );
    }
}

#[tokio::test]
async fn what_is_put_away_is_a_later_version_that_holds_its_unique_values() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    let record = RecordId::from_bytes([6; 16]);
    let put = |record, version, kind| {
        let serial = Some("s-1");
        world.put(&ada, &collection, &Write { record, version, kind, serial, ..Write::default() })
    };
    let first = world.commit(&ada, ada.id(), vec![put(record, 1, RecordKind::Trashed)]).await;
    assert_eq!(code(first), ErrorCode::MalformedMessage, "nothing begins put away");
    for (version, kind) in [(1, RecordKind::Instance), (2, RecordKind::Trashed), (3, RecordKind::Trashed)] {
        world.commit(&ada, ada.id(), vec![put(record, version, kind)]).await.unwrap();
    }
    let other = RecordId::from_bytes([7; 16]);
    let taken = world.commit(&ada, ada.id(), vec![put(other, 1, RecordKind::Instance)]).await;
    assert_eq!(code(taken), ErrorCode::NotUnique);
    let get = pryv_wire::record::GetRecord { account: ada.id(), scope: collection.scope, record };
    let found = world.service.get_record(ada.caller.clone(), get).await.unwrap().record;
    assert_eq!(protected(&found).kind, RecordKind::Trashed);
    world.commit(&ada, ada.id(), vec![put(record, 4, RecordKind::Instance)]).await.unwrap();
    assert_eq!(count(&world, &ada, &collection, RecordState::Active).await, 1);
    assert_eq!(count(&world, &ada, &collection, RecordState::Trashed).await, 0);
}
