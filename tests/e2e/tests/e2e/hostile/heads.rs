//! Heads and audits that are taken back, told twice, or told wrongly: an account that is rolled back as a whole, devices that
//! are shown two histories (class 9).

use crate::fixture::{Note, grant, note, notes, topic};
use pryv_sdk::{Collection, Level};
use pryv_test_kit::{HostileTransport, User, World};
use pryv_wire::{
    Bytes, Digest,
    audit::{AuditEntry, AuditLine, Heads, ListAudit, Mark},
    record::{GetRecord, QueryRecords},
    transaction::{Commit, ListChanges},
};
use std::sync::{Arc, Mutex};

/// Ada with a hostile server and two notes.
struct Scene {
    world: World,
    server: Arc<HostileTransport>,
    ada: User,
    diary: Collection,
}

async fn scene() -> Scene {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    for _ in 0..2 {
        diary.create(note(&world, &topic(&world))).await.unwrap();
    }
    Scene { world, server, ada, diary }
}

impl Scene {
    /// What any call comes to while a lie is told, and afterwards.
    async fn refused(self, name: &str, code: &str, lie: impl FnMut(&mut Heads) + Send + 'static) {
        let told = self.server.on_heads(lie);
        let refused = self.ada.account.collections().await.unwrap_err();
        assert_eq!(refused.code(), code, "{name}: {refused:?}");
        assert!(told.count() > 0, "{name}");
        self.server.stop();
        self.ada.account.collections().await.unwrap();
        self.world.close().await;
    }
}

const OTHER: Digest = Digest::from_bytes([7; 32]);

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_with_heads_that_went_back_or_aside_is_refused() {
    let lies: [(&str, &str, fn(&mut Heads)); 5] = [
        ("changes gone", "rolled-back", |heads| heads.changes.sequence = 1),
        ("another change at a number that is known", "forked", |heads| heads.changes.head = OTHER),
        ("entries gone", "rolled-back", |heads| heads.audit.sequence = 1),
        ("another beginning", "rolled-back", |heads| heads.audit = Mark { sequence: 0, head: OTHER }),
        ("changes that never were", "rolled-back", |heads| heads.changes = Mark { sequence: 0, head: OTHER }),
    ];
    for (name, code, lie) in lies {
        scene().await.refused(name, code, lie).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_heads_is_refused() {
    let scene = scene().await;
    for heads in [None, Some("AAAA".to_owned()), Some("!".to_owned()), Some("A".repeat(100_000))] {
        let told = heads.clone();
        scene.server.on_raw::<QueryRecords>(move |answer| answer.heads.clone_from(&told));
        let refused = scene.diary.query().fetch::<Note>().await.unwrap_err();
        assert_eq!(refused.code(), "malformed", "{heads:?}");
        scene.server.stop();
        assert_eq!(scene.diary.query().fetch::<Note>().await.unwrap().records.len(), 2);
    }
    scene.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_rolled_back_as_a_whole_is_found_out_by_the_first_answer_also_after_a_restart() {
    let scene = scene().await;
    let early: Arc<Mutex<Option<Heads>>> = Arc::default();
    let keep = Arc::clone(&early);
    scene.server.on_heads(move |heads| *keep.lock().unwrap() = Some(*heads));
    scene.diary.query().fetch::<Note>().await.unwrap();
    scene.server.stop();
    scene.diary.create(note(&scene.world, &topic(&scene.world))).await.unwrap();
    let again = scene.world.hostile();
    let resumed = again.0.resume(scene.ada.account.export_session()).unwrap();
    // From here on the server is as it was, for everybody who asks.
    let early = early.lock().unwrap().unwrap();
    for server in [&scene.server, &again.1] {
        server.on_heads(move |heads| *heads = early);
    }
    for account in [&scene.ada.account, &resumed] {
        let refused = account.collections().await.unwrap_err();
        assert_eq!(refused.code(), "rolled-back", "{refused:?}");
    }
    scene.server.stop();
    scene.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_devices_that_are_shown_two_histories_find_out_when_they_compare() {
    let scene = scene().await;
    let (client, server) = scene.world.hostile();
    let second = client.log_in(&scene.ada.username, &scene.ada.password()).await.unwrap();
    // The second device is kept in a branch of its own: without the last change, and with another one later.
    server.on_heads(|heads| heads.changes = Mark { sequence: 3, head: OTHER });
    let branch = second.head().await.unwrap();
    let refused = scene.ada.account.compare_head(&branch).await.unwrap_err();
    assert_eq!(refused.code(), "forked", "{refused:?}");
    server.stop();

    // A branch of the audit is found as well.
    let third = client.log_in(&scene.ada.username, &scene.ada.password()).await.unwrap();
    server.on_heads(|heads| heads.audit.head = OTHER);
    let branch = third.head().await.unwrap();
    let refused = scene.ada.account.compare_head(&branch).await.unwrap_err();
    assert_eq!(refused.code(), "forked", "{refused:?}");
    server.stop();

    // A device that was shown more than the server admits now.
    let fourth = client.log_in(&scene.ada.username, &scene.ada.password()).await.unwrap();
    server.on_heads(|heads| heads.changes.sequence = 1_000);
    let ahead = fourth.head().await.unwrap();
    let refused = scene.ada.account.compare_head(&ahead).await.unwrap_err();
    assert_eq!(refused.code(), "rolled-back", "{refused:?}");
    server.stop();
    scene.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_that_was_changed_does_not_close() {
    fn number(line: &AuditLine) -> Option<&AuditEntry> {
        if let AuditLine::Entry(entry) = line { Some(entry) } else { None }
    }
    let lies: [(&str, &str, fn(&mut Vec<AuditLine>)); 6] = [
        ("an entry dropped", "forked", |lines| drop(lines.remove(1))),
        ("two swapped", "forked", |lines| lines.swap(0, 1)),
        ("a number twice", "forked", |lines| lines.insert(1, lines[0].clone())),
        ("a time forged", "forked", |lines| {
            let last = lines.len() - 1;
            let mut entry = number(&lines[last]).unwrap().clone();
            entry.at = entry.at.plus_millis(1);
            lines[last] = AuditLine::Entry(entry);
        }),
        ("fewer records", "forked", |lines| {
            let at =
                lines.iter().position(|line| number(line).is_some_and(|entry| entry.records > 0)).unwrap();
            let mut entry = number(&lines[at]).unwrap().clone();
            entry.records = 0;
            lines[at] = AuditLine::Entry(entry);
        }),
        ("a digest that was not asked for", "malformed", |lines| {
            lines[0] = AuditLine::Other(number(&lines[0]).unwrap().digest());
        }),
    ];
    let scene = scene().await;
    let bob = scene.world.user("bob").await;
    grant(&scene.world, &scene.ada, &bob, &scene.diary, Level::Read).await;
    let shared = bob.account.received().await.unwrap().remove(0).open(scene.diary.scope()).await.unwrap();
    shared.query().fetch::<Note>().await.unwrap();
    for (name, code, tell) in lies {
        let lie = scene.server.on::<ListAudit>(move |_, page| tell(&mut page.lines));
        let refused = scene.ada.account.audit().entries().await.unwrap_err();
        assert_eq!((refused.code(), lie.count()), (code, 1), "{name}: {refused:?}");
        scene.server.stop();
    }
    // A page that leads to an end of its own does not lead to the end that every answer tells.
    let lie = scene.server.on::<ListAudit>(|_, page| {
        page.lines.truncate(1);
        let first = number(&page.lines[0]).unwrap();
        page.present = Mark { sequence: 1, head: AuditEntry::head(page.begins.head, first.digest()) };
    });
    let refused = scene.ada.account.audit().entries().await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("rolled-back", 1), "{refused:?}");
    scene.server.stop();
    assert!(scene.ada.account.audit().entries().await.unwrap().entries.len() > 3);
    scene.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_rolled_back_is_found_out_after_a_restart() {
    let scene = scene().await;
    let record = scene.diary.create(note(&scene.world, &topic(&scene.world))).await.unwrap();
    let by_hand = scene.world.by_hand(&scene.ada).await;
    let get = GetRecord { account: scene.ada.account.id(), scope: scene.diary.scope(), record: record.id };
    let first: Bytes = by_hand.call(&get).await.unwrap().record;
    scene.diary.update(&record, note(&scene.world, &topic(&scene.world))).await.unwrap();

    // A device that wrote it and was started again; and one that never saw it, but followed the changes.
    let (client, server) = scene.world.hostile();
    let uri = scene.diary.definition().uri.clone();
    let resumed = client.resume(scene.ada.account.export_session()).unwrap();
    let fresh = client.log_in(&scene.ada.username, &scene.ada.password()).await.unwrap();
    fresh.verify_changes().await.unwrap();
    let old = first.clone();
    server.on::<GetRecord>(move |_, answer| answer.record = old.clone());
    for account in [&resumed, &fresh] {
        let diary = account.collection(&uri).await.unwrap();
        let refused = diary.get::<Note>(record.id).await.unwrap_err();
        assert_eq!(refused.code(), "rolled-back", "{refused:?}");
    }
    server.stop();
    for account in [&resumed, &fresh] {
        assert_eq!(account.collection(&uri).await.unwrap().get::<Note>(record.id).await.unwrap().version, 2);
    }
    scene.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_acknowledged_beside_the_heads_is_refused() {
    let scene = scene().await;
    // The answer to the commit is honest, the heads that go with it deny it.
    let told = scene.server.on_heads(|heads| {
        heads.changes = Mark { sequence: heads.changes.sequence, head: OTHER };
    });
    let refused = scene.diary.create(note(&scene.world, &topic(&scene.world))).await.unwrap_err();
    assert_eq!(refused.code(), "forked", "{refused:?}");
    assert!(told.count() > 0);
    scene.server.stop();
    let commits = scene.world.recorder.requests::<Commit>().len();
    assert!(commits >= 4 && scene.world.recorder.requests::<ListChanges>().len() < 20);
    scene.world.close().await;
}
