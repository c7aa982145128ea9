//! Writing and finding: uniqueness, pages, schemas.

use crate::fixture::{Note, all, note, notes, topic};
use pryv_sdk::{Validity, collection::WriteError};
use pryv_test_kit::World;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_unique_value_is_taken_once_until_its_record_is_gone() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let coded = Note { code: Some(world.canary.text("unique code")), ..note(&world, &topic(&world)) };
    let first = diary.create(&coded).await.unwrap();
    let refused = diary.create(&coded).await.unwrap_err();
    assert_eq!(refused.code(), "not-unique");
    let found = diary.query().eq("/code", coded.code.as_deref().unwrap()).fetch::<Note>().await.unwrap();
    assert_eq!(found.records.len(), 1);
    assert_eq!(found.records[0].id, first.id);
    assert_eq!(all(&diary).await.len(), 1, "nothing of the refused one was written");

    // It stays unique over a new epoch, whose other keys are all different.
    let bob = world.user("bob").await;
    let access = crate::fixture::grant(&world, &ada, &bob, &diary, pryv_sdk::Level::Read).await;
    ada.account.revoke(access.id).await.unwrap();
    assert_eq!(diary.create(&coded).await.unwrap_err().code(), "not-unique");

    diary.delete(&diary.get::<Note>(first.id).await.unwrap()).await.unwrap();
    diary.create(&coded).await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_cover_everything_once_in_both_orders() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let (sleep, pain) = (topic(&world), topic(&world));
    let written: Vec<Note> =
        (0..25).map(|at| note(&world, if at % 5 == 0 { &pain } else { &sleep })).collect();
    let ids = diary.create_many(written.iter(), &mut pryv_sdk::Silent).await.unwrap();
    assert_eq!(ids.len(), 25);

    for newest_first in [false, true] {
        let mut seen = Vec::new();
        let mut cursor = None;
        let mut pages = 0;
        loop {
            let mut query = diary.query().limit(7);
            if newest_first {
                query = query.newest_first();
            }
            if let Some(cursor) = cursor.take() {
                query = query.page(cursor);
            }
            let page = query.fetch::<Note>().await.unwrap();
            assert!(page.records.len() <= 7);
            pages += 1;
            seen.extend(page.records.into_iter().map(|record| record.data));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        if newest_first {
            seen.reverse();
        }
        assert_eq!(seen, written);
        assert!(pages >= 4);
    }
    let found = diary.query().eq("/topic", pain.as_str()).limit(3).fetch::<Note>().await.unwrap();
    assert_eq!(found.records.len(), 3);
    let next = found.next.expect("a further page");
    let rest = diary.query().eq("/topic", pain.as_str()).limit(3).page(next).fetch::<Note>().await.unwrap();
    assert_eq!(rest.records.len(), 2);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_instance_is_refused_before_anything_is_sent() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let written = diary.create(note(&world, &topic(&world))).await.unwrap();
    let before = world.recorder.count();
    let secret = world.canary.text("value at fault");
    let invalid = json!({ "text": 7, "topic": topic(&world), "number": &secret });
    let refusals = [
        diary.create(&invalid).await.map(|_| ()).unwrap_err(),
        diary.update(&written, &invalid).await.map(|_| ()).unwrap_err(),
    ];
    for refused in refusals {
        assert_eq!(refused.code(), "invalid-record");
        let words = format!("{refused} {refused:?}");
        let WriteError::Invalid { faults, .. } = refused else { panic!("{refused:?}") };
        let mut pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        pointers.sort_unstable();
        assert_eq!(pointers, ["/number", "/text"]);
        assert!(!words.contains(&secret), "an error does not repeat content: {words}");
    }
    assert_eq!(world.recorder.count(), before, "nothing was sent");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_arrives_invalid_is_flagged_and_not_hidden() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let valid = diary.create(note(&world, &topic(&world))).await.unwrap();
    // Another writer of the same account with another idea of what a note is.
    let odd = json!({ "text": 7, "topic": topic(&world) });
    let record = world.write_by_hand(&ada, diary.scope(), &odd).await;

    let read = diary.get::<Value>(record).await.unwrap();
    assert_eq!(read.data, odd);
    let Validity::Invalid { faults } = &read.validity else { panic!("{:?}", read.validity) };
    assert!(faults.iter().any(|fault| fault.pointer == "/text"), "{faults:?}");
    let page = diary.query().fetch::<Value>().await.unwrap();
    let validity: Vec<_> =
        page.records.iter().map(|record| (record.id, record.validity.is_valid())).collect();
    assert_eq!(validity, [(valid.id, true), (record, false)]);
    // As a type that it does not fit, it is reported and not dropped.
    let page = diary.query().fetch::<Note>().await.unwrap();
    assert_eq!(page.records.len(), 1);
    assert_eq!(page.rejected.len(), 1);
    assert_eq!((page.rejected[0].record, page.rejected[0].reason.code()), (Some(record), "wrong-shape"));
    world.close().await;
}
