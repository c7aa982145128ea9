//! Races: many at once, one wins.

use crate::world::{World, Write};
use pryv_wire::{ErrorCode, RecordId, TransactionId, transaction::Commit};
use std::sync::{Arc, Barrier};

/// How many races are run.
const RACES: u32 = 1_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_take_a_unique_value_exactly_one_wins() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    let mut entries = Vec::new();
    for race in 0..RACES {
        let serial = race.to_string();
        let racer = || {
            let (record, transaction) =
                (RecordId::from_bytes(world.id16()), TransactionId::from_bytes(world.id16()));
            let put =
                world.put(&ada, &collection, &Write { record, serial: Some(&serial), ..Write::default() });
            Commit { account: ada.id(), transaction, operations: vec![put] }
        };
        entries.push([racer(), racer()]);
    }
    // Two threads, each with its own runtime, meet at a barrier before every race.
    let barrier = Arc::new(Barrier::new(2));
    let runs = [0, 1].map(|side| {
        let mine: Vec<_> = entries.iter().map(|pair| pair[side].clone()).collect();
        let (service, caller, barrier) = (world.service.clone(), ada.caller.clone(), Arc::clone(&barrier));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            mine.into_iter()
                .map(|commit| {
                    barrier.wait();
                    runtime.block_on(service.commit(caller.clone(), commit)).map_err(|error| error.code())
                })
                .collect::<Vec<_>>()
        })
    });
    let [left, right] = runs.map(|run| run.join().unwrap());
    let mut won = [0_u32; 2];
    for (race, (left, right)) in left.iter().zip(&right).enumerate() {
        assert!(left.is_ok() != right.is_ok(), "race {race}: {left:?} {right:?}");
        let lost = if left.is_ok() { right } else { left };
        assert_eq!(lost.as_ref().unwrap_err(), &ErrorCode::NotUnique);
        won[usize::from(right.is_ok())] += 1;
    }
    assert_eq!(won[0] + won[1], RACES);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_at_once_make_one_unbroken_chain() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    let writes = (0..64).map(|_| {
        let record = RecordId::from_bytes(world.id16());
        let put = world.put(&ada, &collection, &Write { record, ..Write::default() });
        let transaction = TransactionId::from_bytes(world.id16());
        let commit = Commit { account: ada.id(), transaction, operations: vec![put] };
        let (service, caller) = (world.service.clone(), ada.caller.clone());
        tokio::spawn(async move { service.commit(caller, commit).await.unwrap() })
    });
    let mut committed = Vec::new();
    for write in writes.collect::<Vec<_>>() {
        committed.push(write.await.unwrap());
    }
    committed.sort_by_key(|committed| committed.change.sequence);
    for pair in committed.windows(2) {
        assert_eq!(pair[1].previous, pair[0].head);
        assert_eq!(pair[1].change.sequence, pair[0].change.sequence + 1);
    }
}
