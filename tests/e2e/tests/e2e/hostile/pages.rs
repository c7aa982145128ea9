//! Answers to queries that are partial or repeat themselves (class 14).

use crate::fixture::Note;
use pryv_sdk::Silent;
use pryv_test_kit::Scene;
use pryv_wire::{Bytes, record::QueryRecords};
use std::sync::{Arc, Mutex};

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_comes_again_on_a_later_page_is_not_counted_twice() {
    let scene = Scene::of_owner(5).await;
    let first: Arc<Mutex<Option<Bytes>>> = Arc::default();
    let seen = Arc::clone(&first);
    let lie = scene.server.on::<QueryRecords>(move |request, answer| {
        let mut first = seen.lock().unwrap();
        match (&*first, request.after.is_some()) {
            (None, _) => *first = answer.records.first().cloned(),
            (Some(again), true) => answer.records[0] = again.clone(),
            _ => {}
        }
    });
    let found = scene.diary.query().limit(2).all::<Note>(&mut Silent).await;
    assert!(lie.count() >= 1);
    match found {
        Ok(found) => {
            let mut ids: Vec<_> = found.records.iter().map(|record| record.id).collect();
            let count = ids.len();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), count, "a record came twice");
            assert!(
                found.rejected.iter().all(|rejected| rejected.reason.code() == "wrong-page"),
                "{found:?}"
            );
            assert!(!found.rejected.is_empty(), "and nobody was told");
        }
        Err(refused) => assert_eq!(refused.code(), "malformed", "{refused:?}"),
    }
    scene.server.stop();
    let found = scene.diary.query().limit(2).all::<Note>(&mut Silent).await.unwrap();
    assert_eq!(found.records.len(), 5);
    scene.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_ends_early_and_says_so_loses_nothing() {
    // An honest server may cut pages where it likes. A lying one gains nothing by it as long as the cursor leads on.
    let scene = Scene::of_owner(6).await;
    let lie = scene.server.on_request::<QueryRecords>(|request| request.limit = 1);
    let found = scene.diary.query().limit(4).all::<Note>(&mut Silent).await.unwrap();
    assert_eq!((found.records.len(), lie.count()), (6, 6));
    scene.server.stop();
    scene.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_left_out_of_every_page_is_there_when_asked_for_by_its_id() {
    // That a page proves no completeness is limit 4 of the threat model. What a client holds the id of cannot be denied.
    let scene = Scene::of_owner(3).await;
    let lie = scene.server.on::<QueryRecords>(|_, answer| {
        answer.records.pop();
        answer.next = None;
    });
    let found = scene.diary.query().all::<Note>(&mut Silent).await.unwrap();
    assert_eq!(
        (found.records.len(), lie.count()),
        (2, 1),
        "limit 4, until somebody lifts it: then this test says so"
    );
    scene.diary.get::<Note>(scene.notes[2]).await.unwrap();
    scene.world.close().await;
}
