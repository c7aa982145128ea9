//! Whether a record was put away or deleted is signed: a server can hide records of a state, and can give none another one.

use crate::fixture::Note;
use pryv_sdk::{Silent, State};
use pryv_test_kit::Scene;
use pryv_wire::record::{QueryRecords, RecordState};

async fn answered(scene: &Scene, asked: State, instead: RecordState) {
    let lie = scene.server.on_request::<QueryRecords>(move |request| request.state = instead);
    let page = scene.diary.query().state(asked).all::<Note>(&mut Silent).await.unwrap();
    assert!(lie.count() > 0 && !page.rejected.is_empty(), "the lie was not told");
    assert!(page.records.iter().all(|record| record.is_trashed() == (asked == State::Trashed)));
    assert!(page.rejected.iter().all(|rejected| rejected.reason.code() == "wrong-page"), "{page:?}");
    scene.server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_in_another_state_than_was_asked_for_is_found_out() {
    let scene = Scene::of_owner(4).await;
    for (at, id) in scene.notes.iter().enumerate().take(3) {
        let record = scene.diary.get::<Note>(*id).await.unwrap();
        let away = scene.diary.trash(&record).await.unwrap();
        if at == 2 {
            scene.diary.delete(&away).await.unwrap();
        }
    }
    answered(&scene, State::Active, RecordState::Trashed).await;
    answered(&scene, State::Active, RecordState::All).await;
    answered(&scene, State::Trashed, RecordState::Active).await;
    answered(&scene, State::All, RecordState::Deleted).await;
    // A live record among the deleted ones.
    let lie = scene.server.on_request::<QueryRecords>(|request| request.state = RecordState::All);
    let page = scene.diary.deleted(None).await.unwrap();
    assert!(lie.count() > 0 && page.deleted.is_empty() && page.rejected.len() == 3);
    assert!(page.rejected.iter().all(|rejected| rejected.reason.code() == "wrong-page"));
    scene.server.stop();
    assert_eq!(scene.diary.deleted(None).await.unwrap().deleted.len(), 1);
    assert_eq!(scene.diary.query().state(State::Trashed).count().await.unwrap(), 2);
    scene.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_was_put_away_cannot_be_shown_as_it_was_before() {
    let scene = Scene::of_owner(1).await;
    let record = scene.diary.get::<Note>(scene.notes[0]).await.unwrap();
    let before = scene.diary.stored(record.id).await.unwrap().envelope;
    scene.diary.trash(&record).await.unwrap();
    // The version before is signed too, and older than what this client has written.
    let lie = scene.server.on::<QueryRecords>(move |_, answer| answer.records = vec![before.clone().into()]);
    let page = scene.diary.query().all::<Note>(&mut Silent).await.unwrap();
    assert!(lie.count() > 0 && page.records.is_empty());
    assert_eq!(page.rejected[0].reason.code(), "rolled-back");
    scene.server.stop();
    assert!(scene.diary.query().all::<Note>(&mut Silent).await.unwrap().records.is_empty());
    scene.world.close().await;
}
