//! Histories with a version that is missing, swapped, repeated or somebody else's (classes 7 and 9).

use crate::fixture::{Note, note, notes, topic};
use pryv_sdk::{Collection, History};
use pryv_test_kit::{HostileTransport, User, World};
use pryv_wire::{
    Bytes, RecordId,
    record::{GetRecord, RecordHistory, RecordVersions},
};
use std::sync::Arc;

struct Scene {
    world: World,
    server: Arc<HostileTransport>,
    ada: User,
    diary: Collection,
    record: RecordId,
}

async fn scene() -> Scene {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let diary = ada.account.define(notes(&world).keeping(History::Everything)).await.unwrap();
    let mut record = diary.create(note(&world, &topic(&world))).await.unwrap();
    for _ in 0..3 {
        record = diary.update(&record, note(&world, &topic(&world))).await.unwrap();
    }
    let record = record.id;
    Scene { world, server, ada, diary, record }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_with_a_version_missing_swapped_or_foreign_is_refused() {
    let lies: [(&str, &[&str], fn(&mut RecordVersions)); 8] = [
        ("one in between missing", &["malformed"], |page| drop(page.versions.remove(1))),
        ("the newest missing", &["rolled-back"], |page| drop(page.versions.remove(0))),
        ("the first missing", &["rolled-back"], |page| drop(page.versions.pop())),
        ("all missing", &["rolled-back", "not-found"], |page| page.versions.clear()),
        ("two swapped", &["malformed"], |page| page.versions.swap(1, 2)),
        ("one twice", &["malformed"], |page| page.versions.insert(2, page.versions[1].clone())),
        ("a byte changed", &["invalid-signature", "tampered", "not-encrypted", "forked"], |page| {
            let mut bytes = page.versions[2].to_vec();
            let middle = bytes.len() - 80;
            bytes[middle] ^= 1;
            page.versions[2] = Bytes::from(bytes);
        }),
        ("no end", &["malformed"], |page| page.next = Some(4)),
    ];
    let scene = scene().await;
    for (name, codes, tell) in lies {
        let lie = scene.server.on::<RecordHistory>(move |_, page| tell(page));
        let refused = scene.diary.history::<Note>(scene.record).await.unwrap_err();
        assert!(codes.contains(&refused.code()), "{name}: {refused:?}");
        assert!(lie.count() > 0, "{name}");
        scene.server.stop();
    }
    // A version of another record, validly signed.
    let other = scene.diary.create(note(&scene.world, &topic(&scene.world))).await.unwrap();
    let get = GetRecord { account: scene.ada.account.id(), scope: scene.diary.scope(), record: other.id };
    let foreign = scene.world.by_hand(&scene.ada).await.call(&get).await.unwrap().record;
    scene.server.on::<RecordHistory>(move |_, page| page.versions[3] = foreign.clone());
    let refused = scene.diary.history::<Note>(scene.record).await.unwrap_err();
    assert_eq!(refused.code(), "misplaced", "{refused:?}");
    scene.server.stop();
    let versions = scene.diary.history::<Note>(scene.record).await.unwrap();
    assert_eq!((versions.versions.len(), versions.complete), (4, true));
    scene.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_rolled_back_as_a_whole_is_refused_by_who_knows_the_newest() {
    let scene = scene().await;
    scene.server.on::<RecordHistory>(|_, page| drop(page.versions.drain(..2)));
    let refused = scene.diary.history::<Note>(scene.record).await.unwrap_err();
    assert_eq!(refused.code(), "rolled-back", "{refused:?}");
    scene.server.stop();
    scene.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_version_that_is_left_out_or_swapped_is_refused() {
    let scene = scene().await;
    let (account, scope, record) = (scene.ada.account.id(), scene.diary.scope(), scene.record);
    let all = RecordHistory { account, scope, record, before: None, limit: 10 };
    let versions = scene.world.by_hand(&scene.ada).await.call(&all).await.unwrap().versions;
    let first = versions.last().unwrap().clone();
    for instead in [None, Some(first)] {
        let lie = scene.server.on::<RecordHistory>(move |asked, page| {
            if asked.before.is_some() {
                page.versions = instead.clone().into_iter().collect();
            }
        });
        let refused = scene.diary.version::<Note>(record, 2).await.unwrap_err();
        assert_eq!((refused.code(), lie.count() > 0), ("rolled-back", true));
        scene.server.stop();
    }
    scene.server.on::<RecordHistory>(|_, page| page.versions.clear());
    assert!(scene.diary.version::<Note>(record, 2).await.is_err());
    scene.server.stop();
    assert_eq!(scene.diary.version::<Note>(record, 2).await.unwrap().unwrap().number(), 2);
    scene.world.close().await;
}
