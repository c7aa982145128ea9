//! Numbers that repeat and times that are forged (class 20).

use crate::fixture::Note;
use pryv_sdk::Level;
use pryv_test_kit::{Scene, clock::days};
use pryv_wire::{
    Bytes, Timestamp, decode, encode,
    record::{Envelope, GetRecord, Protected},
    scope::OpenScope,
    transaction::{Commit, ListChanges},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_repeats_or_is_left_out_in_the_chain_is_a_fork() {
    let lies: [(&str, fn(&mut pryv_wire::transaction::Changes)); 4] = [
        ("repeated", |answer| {
            let again = answer.changes[0].clone();
            answer.changes.insert(0, again);
        }),
        ("left out", |answer| drop(answer.changes.remove(0))),
        ("turned round", |answer| answer.changes.swap(0, 1)),
        ("counted on from another number", |answer| {
            answer.changes.iter_mut().for_each(|change| change.sequence += 1);
        }),
    ];
    let scene = Scene::of_owner(1).await;
    // What another device of Ada's writes is read from the chain.
    let idle = scene.client.resume(scene.ada.account.export_session()).unwrap();
    let other = scene.world.client().log_in(&scene.ada.username, &scene.ada.password()).await.unwrap();
    let there = other.collection(&scene.diary.definition().uri).await.unwrap();
    for _ in 0..3 {
        let note = pryv_test_kit::notes::note(&scene.world, &pryv_test_kit::notes::topic(&scene.world));
        there.create(note).await.unwrap();
    }
    for (name, tell) in lies {
        println!("{name}");
        let lie = scene.server.on::<ListChanges>(move |_, answer| tell(answer));
        let fresh = scene.client.resume(idle.export_session()).unwrap();
        assert_eq!(fresh.verify_changes().await.unwrap_err().code(), "forked", "{name}");
        assert!(lie.count() > 0);
        scene.server.stop();
    }
    idle.verify_changes().await.unwrap();
    scene.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_rewritten_in_the_chain_is_a_fork() {
    let scene = Scene::of_owner(2).await;
    let receipt = scene.ada.account.revoke(scene.grant(Level::Read).await.id).await.unwrap();
    let lie = scene.server.on::<ListChanges>(|_, answer| {
        // When Bob's access ended, moved by a day; the head is computed over it, as a careful liar would.
        for change in &mut answer.changes {
            change.at = Timestamp::from_millis(change.at.as_millis() + 86_400_000);
        }
        if let Some(last) = answer.changes.last() {
            answer.head = last.head(answer.head);
        }
    });
    let fresh = scene.client.log_in(&scene.ada.username, &scene.ada.password()).await.unwrap();
    // The receipt names its head: a chain with another time in it does not lead there.
    let before = scene.world.recorder.count();
    let checked = fresh.verify_receipt(&receipt).await;
    let asked = scene.world.recorder.exchanges()[before..].iter().any(|one| one.path == "/v1/changes/list");
    assert!(asked);
    if lie.count() > 0 {
        assert_eq!(checked.unwrap_err().code(), "revocation-dropped");
    } else {
        checked.unwrap();
    }
    // The whole chain, from a device that remembers its middle.
    let note = pryv_test_kit::notes::note(&scene.world, &pryv_test_kit::notes::topic(&scene.world));
    let resumed = scene.client.resume(scene.ada.account.export_session()).unwrap();
    let other = scene.world.client().log_in(&scene.ada.username, &scene.ada.password()).await.unwrap();
    other.collection(&scene.diary.definition().uri).await.unwrap().create(note).await.unwrap();
    let told = lie.count();
    assert_eq!(resumed.verify_changes().await.unwrap_err().code(), "forked");
    assert!(lie.count() > told);
    scene.server.stop();
    fresh.verify_receipt(&receipt).await.unwrap();
    scene.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn times_that_their_authors_signed_are_not_the_servers_to_change() {
    let scene = Scene::of_owner(1).await;
    scene.grant(Level::Read).await;
    let record = scene.notes[0];
    let lie = scene.server.on::<GetRecord>(|_, answer| {
        let mut envelope: Envelope = decode(&answer.record).unwrap();
        let mut protected: Protected = decode(&envelope.protected).unwrap();
        protected.written_at = Timestamp::from_millis(1);
        envelope.protected = Bytes::from(encode(&protected));
        answer.record = Bytes::from(encode(&envelope));
    });
    scene
        .found_out(&lie, "tampered", async || scene.diary.get::<Note>(record).await.map_err(|e| e.code()))
        .await;
    // When an epoch began: it would keep `maintain` from beginning another one behind an access that ran out.
    let uri = scene.diary.definition().uri.clone();
    let lie = scene.server.on::<OpenScope>(|_, answer| {
        let mut epoch = answer.epochs[0].statement.unverified().unwrap();
        epoch.started_at = Timestamp::from_millis(u64::from(u32::MAX) * 1_000);
        let signature = *answer.epochs[0].statement.signature();
        answer.epochs[0].statement = pryv_wire::Signed::new(&epoch, |_| signature);
    });
    let fresh = scene.client.resume(scene.ada.account.export_session()).unwrap();
    scene
        .found_out(&lie, "invalid-signature", async || {
            fresh.collection(&uri).await.map(|_| ()).map_err(|e| e.code())
        })
        .await;
    scene.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_time_of_a_commit_is_found_out() {
    // A time that the answer to a commit tells and the chain does not: the head that was answered is not the chain's, and
    // the next answer tells the chain's own.
    let scene = Scene::of_owner(1).await;
    let access = scene.grant(Level::Read).await;
    scene.world.clock.advance(days(1));
    let lie = scene.server.on::<Commit>(|_, answer| {
        answer.change.at = Timestamp::from_millis(1);
        answer.head = answer.change.head(answer.previous);
    });
    let refused = scene.ada.account.revoke(access.id).await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("forked", 1), "{refused:?}");
    scene.server.stop();
    // The server did revoke: only its answer was a lie, and whoever looks again is told so.
    let fresh = scene.client.log_in(&scene.ada.username, &scene.ada.password()).await.unwrap();
    let granted = fresh.granted().await.unwrap();
    assert!(matches!(granted[0].access.status, pryv_sdk::AccessStatus::Revoked { .. }));
    scene.world.close().await;
}
