//! Places: a record that a list or an id leads to and that is not there is damage, which nobody takes for an answer.

use crate::{
    bulk::{Instance, token, unique},
    world::World,
};
use pryv_engine::{Reader as _, Scan, StoreError};
use pryv_wire::{
    Bytes, ErrorCode,
    record::{Filter, GetRecord, Order, QueryRecords, RecordKind},
};

/// The table of records.
const RECORD: u8 = 0x40;
/// The tables whose rows name places: all live instances, postings, unique tokens, ids, index states.
const NAMING: [u8; 5] = [0x41, 0x42, 0x43, 0x4a, 0x49];

fn rows(world: &World, table: u8) -> Vec<(bytes::Bytes, bytes::Bytes)> {
    let engine = world.service.store().engine();
    engine.read::<_, StoreError>(|view| view.entries(&Scan::prefix(&[table]))).unwrap()
}

#[tokio::test]
async fn a_lost_record_is_damage_however_it_is_asked_for() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    let instances: Vec<Instance> =
        (0..3).map(|at| Instance::new(20_000 + at, [token(1, at), token(2, 0), unique(at)])).collect();
    world.create(&ada, &collection, &instances);
    let (account, scope) = (ada.id(), collection.scope);
    let asked = |filter| {
        let query = QueryRecords {
            account,
            scope,
            filter,
            unindexed: None,
            within: None,
            state: Default::default(),
            order: Order::NewestFirst,
            limit: 100,
            after: None,
        };
        let answer = world.service.query_records(ada.caller.clone(), query);
        async { answer.await.map(|page| page.records.len()).map_err(|error| error.code()) }
    };
    let by = |token| Filter::Tokens(vec![Bytes::from(token)]);
    let got = |at: usize| {
        let get = GetRecord { account, scope, record: instances[at].record };
        let answer = world.service.get_record(ada.caller.clone(), get);
        async { answer.await.map(drop).map_err(|error| error.code()) }
    };
    assert_eq!(asked(by(token(2, 0))).await, Ok(3));

    let lost = rows(&world, RECORD).pop().unwrap().0;
    assert!(lost.ends_with(&20_002_u64.to_be_bytes()), "the youngest of the one collection");
    let lose = move |tx: &mut pryv_engine::WriteTx<'_>| tx.delete(&lost);
    world.service.store().engine().write::<_, StoreError>(lose).unwrap();
    for filter in [by(token(1, 2)), by(token(2, 0)), by(unique(2)), Filter::All] {
        assert_eq!(asked(filter).await, Err(ErrorCode::Internal));
    }
    assert_eq!(got(2).await, Err(ErrorCode::Internal));
    assert_eq!(asked(by(token(1, 1))).await, Ok(1));
    assert_eq!((got(1).await, got(0).await), (Ok(()), Ok(())));
}

#[tokio::test]
async fn a_deleted_instance_leaves_its_place_to_its_tombstone_alone() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    let before = NAMING.map(|table| rows(&world, table).len());
    let mut instance = Instance::new(20_000, [token(1, 7), token(2, 0), unique(7)]);
    world.create(&ada, &collection, &[instance.clone()]);
    let place = instance.place.to_be_bytes();
    let written = NAMING.map(|table| rows(&world, table).len());
    assert_eq!([written[0] - before[0], written[1] - before[1], written[2] - before[2]], [1, 2, 1]);
    // A row of a list is its key and nothing else.
    for table in [0x41, 0x42, 0x49] {
        for (key, value) in rows(&world, table).iter().filter(|(key, _)| key.ends_with(&place)) {
            assert!(value.is_empty() && key[1..33] == ada.id().as_bytes()[..], "table {table:02x}");
        }
    }

    instance.version = 2;
    (instance.tokens, instance.state) = (std::collections::BTreeSet::new(), None);
    world.change(&ada, &collection, &[instance.clone()], RecordKind::Tombstone);
    // Nothing leads there any more but the id.
    let after = NAMING.map(|table| rows(&world, table).len());
    assert_eq!(after, [before[0], before[1], before[2], before[3] + 1, before[4]]);
    assert!(rows(&world, RECORD).iter().any(|(key, _)| key.ends_with(&place)));
}
