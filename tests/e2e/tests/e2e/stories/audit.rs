//! Who was here: the audit of an account, its export, and two devices that compare what they were shown.

use crate::fixture::{all, grant, note, notes, topic};
use pryv_sdk::{
    Act, HeadOrder, Level,
    account::audit::{InvalidExport, check_export},
};
use pryv_test_kit::World;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_reads_who_read_what_and_exports_it() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    for _ in 0..3 {
        diary.create(note(&world, &topic(&world))).await.unwrap();
    }
    let access = grant(&world, &ada, &bob, &diary, Level::Read).await;
    let before = pryv_wire::Clock::now(&world.clock);
    world.clock.advance(Duration::from_secs(60));
    let shared = bob.account.received().await.unwrap().remove(0).open(diary.scope()).await.unwrap();
    assert_eq!(all(&shared).await.len(), 3);

    let log = ada.account.audit().by(bob.account.id()).entries().await.unwrap();
    let told: Vec<_> = log.entries.iter().map(|entry| (entry.act, entry.access, entry.records)).collect();
    assert_eq!(told, [(Act::OpenScope, Some(access.id), 0), (Act::QueryRecords, Some(access.id), 3)]);
    assert!(log.entries.iter().all(|entry| entry.scopes == [diary.scope()] && entry.at > before));
    assert_eq!(log.removed, 0);
    assert!(log.total > 2, "Ada's own are there as well");

    let by_access = ada.account.audit().access(access.id).entries().await.unwrap();
    assert_eq!(by_access.entries, log.entries);
    let trusting = ada.account.audit().access(access.id).trust_server_filter().entries().await.unwrap();
    assert_eq!(trusting.entries, log.entries, "what the server chooses is the same, and in the chain");
    let later = ada.account.audit().scope(diary.scope()).from(before.plus_millis(1)).entries().await.unwrap();
    assert_eq!(later.entries, log.entries);
    assert!(
        ada.account
            .audit()
            .until(before)
            .entries()
            .await
            .unwrap()
            .entries
            .iter()
            .all(|entry| entry.at < before)
    );

    let mut file = Vec::new();
    let exported = ada.account.audit().access(access.id).export(&mut file).await.unwrap();
    assert_eq!((exported.entries, exported.begins), (2, 0));
    assert_eq!(check_export(&mut file.as_slice()).unwrap(), exported);
    // Whoever changes the file shows it: an entry, a digest, the end, a line.
    let text = String::from_utf8(file).unwrap();
    let lies: [(&str, String); 4] = [
        ("another number of records", text.replace("\"records\":3", "\"records\":2")),
        (
            "an entry less",
            text.lines()
                .filter(|line| !line.contains("\"records\":3"))
                .map(|line| format!("{line}\n"))
                .collect(),
        ),
        (
            "no end",
            text.lines().filter(|line| !line.contains("ends")).map(|line| format!("{line}\n")).collect(),
        ),
        ("something behind it", format!("{text}{{\"other\":\"x\"}}\n")),
    ];
    for (name, lie) in lies {
        assert_ne!(lie, text, "{name}");
        let refused = check_export(&mut lie.as_bytes()).unwrap_err();
        assert!(
            matches!(refused, InvalidExport::Changed | InvalidExport::Line { .. }),
            "{name}: {refused:?}"
        );
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_devices_compare_what_they_were_shown() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let second = world.client().log_in(&ada.username, &ada.password()).await.unwrap();
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let early = second.head().await.unwrap();
    for _ in 0..3 {
        diary.create(note(&world, &topic(&world))).await.unwrap();
    }
    let here = ada.account.head().await.unwrap();
    let sent: pryv_sdk::AccountHead = here.to_string().parse().unwrap();
    assert_eq!((sent, sent.changes(), sent.account()), (here, 4, ada.account.id()));

    let agreed = second.compare_head(&sent).await.unwrap();
    assert_eq!((agreed.changes, agreed.audit), (HeadOrder::Newer, HeadOrder::Same));
    assert_eq!(second.compare_head(&sent).await.unwrap().changes, HeadOrder::Same);
    let agreed = ada.account.compare_head(&early).await.unwrap();
    assert_eq!((agreed.changes, agreed.audit), (HeadOrder::Older, HeadOrder::Same));
    assert_eq!(bob.account.compare_head(&sent).await.unwrap_err().code(), "other-account");
    world.close().await;
}
