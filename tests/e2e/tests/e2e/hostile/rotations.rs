//! New keys while records are withheld (class 17): a server that hides records at the moment of a rotation, so that they
//! are lost with the old keys.

use crate::fixture::{all, grant, note, received, topic};
use pryv_sdk::Level;
use pryv_test_kit::Scene;
use pryv_wire::{
    ErrorCode, Problem, encode,
    record::{GetRecord, QueryRecords},
    scope::OpenScope,
    transaction::{Commit, Operation},
};

#[tokio::test(flavor = "multi_thread")]
async fn records_withheld_during_a_rotation_open_afterwards_to_owner_and_grantees() {
    let scene = Scene::of_owner(3).await;
    let carol = scene.world.user("carol").await;
    let to_bob = scene.grant(Level::Read).await;
    grant(&scene.world, &scene.ada, &carol, &scene.diary, Level::Read).await;
    scene.server.on::<QueryRecords>(|_, answer| {
        answer.records.clear();
        answer.next = None;
    });
    scene.server.on_raw::<GetRecord>(|answer| {
        answer.status = 404;
        answer.body = encode(&Problem::new(ErrorCode::NotFound));
    });
    scene.ada.account.revoke(to_bob.id).await.unwrap();
    scene.ada.account.maintain().await.unwrap();
    scene.server.stop();
    // A rotation needs no record and touches none: what was hidden opens with the keys of its own epoch.
    let diary = scene.ada.account.collection(&scene.diary.definition().uri).await.unwrap();
    assert_eq!(all(&diary).await.len(), 3);
    assert_eq!(all(&received(&carol).await).await.len(), 3);
    scene.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_withheld_during_a_rotation_is_missed() {
    let scene = Scene::of_owner(1).await;
    let carol = scene.world.user("carol").await;
    let to_bob = scene.grant(Level::Read).await;
    let to_carol = grant(&scene.world, &scene.ada, &carol, &scene.diary, Level::Read).await;
    scene.ada.account.revoke(to_bob.id).await.unwrap();
    scene.diary.create(note(&scene.world, &topic(&scene.world))).await.unwrap();
    // Without its middle the owner could begin an epoch that nobody can follow.
    let lie = scene.server.on::<OpenScope>(|_, answer| {
        answer.epochs.retain(|epoch| epoch.statement.unverified().is_ok_and(|epoch| epoch.epoch != 1))
    });
    let uri = scene.diary.definition().uri.clone();
    let before = begun(&scene);
    let again = scene.client.resume(scene.ada.account.export_session()).unwrap();
    let refused = again.revoke(to_carol.id).await.unwrap_err();
    assert!(lie.count() > 0);
    assert!(["rolled-back", "malformed"].contains(&refused.code()), "{refused:?}");
    assert_eq!(begun(&scene), before, "no epoch was begun on top of a gap");
    scene.server.stop();
    again.revoke(to_carol.id).await.unwrap();
    assert_eq!(all(&again.collection(&uri).await.unwrap()).await.len(), 2);
    scene.world.close().await;
}

/// How many transactions that begin epochs were sent.
fn begun(scene: &Scene) -> usize {
    let commits = scene.world.recorder.requests::<Commit>();
    let operations = commits.iter().flat_map(|commit| &commit.operations);
    operations.filter(|one| matches!(one, Operation::Revoke { .. } | Operation::BeginEpoch { .. })).count()
}
