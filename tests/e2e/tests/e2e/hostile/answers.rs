//! Answers that are no answers: garbage, floods, depths, other people's pages (class 19).

use crate::fixture::{Note, note, notes, topic};
use pryv_sdk::Silent;
use pryv_test_kit::World;
use pryv_wire::record::{GetRecord, QueryRecords};

#[tokio::test(flavor = "multi_thread")]
async fn garbage_in_every_form_is_an_error_and_nothing_else() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let record = diary.create(note(&world, &topic(&world))).await.unwrap().id;
    let random: [u8; 64] = world.canary.random();
    let cases: Vec<(&str, u16, Vec<u8>)> = vec![
        ("nothing", 200, Vec::new()),
        ("random bytes", 200, random.to_vec()),
        ("JSON", 200, br#"{"record":"AAAA"}"#.to_vec()),
        ("a page of a gateway", 200, b"<html><body>log in to the network</body></html>".to_vec()),
        ("ten thousand arrays", 200, vec![0x81; 10_000]),
        ("an array that announces 2^63 items", 200, [&[0x9B, 0x7F][..], &[0xFF; 7]].concat()),
        ("a text that announces 2^63 bytes", 200, [&[0x7B, 0x7F][..], &[0xFF; 7]].concat()),
        ("a message with a byte behind it", 200, [&[0xA1, 0x66][..], b"record", &[0x41, 0, 0]].concat()),
        ("an indefinite map", 200, [&[0xBF, 0x66][..], b"record", &[0x41, 0, 0xFF]].concat()),
        ("a refusal that is none", 500, b"oops".to_vec()),
        ("a redirect", 302, Vec::new()),
        ("no status that there is", 999, Vec::new()),
        (
            "a refusal under another status",
            200,
            pryv_wire::encode(&pryv_wire::Problem::new(pryv_wire::ErrorCode::NotFound)),
        ),
    ];
    for (name, status, body) in cases {
        println!("{name}");
        let lie = server.on_raw::<GetRecord>(move |answer| {
            answer.status = status;
            answer.body.clone_from(&body);
        });
        let refused = diary.get::<Note>(record).await.unwrap_err();
        assert_eq!(refused.code(), "unreadable-answer", "{name}: {refused:?}");
        assert!(lie.count() >= 1);
        server.stop();
    }
    diary.get::<Note>(record).await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_too_long_is_not_read_to_its_end() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let record = diary.create(note(&world, &topic(&world))).await.unwrap().id;
    server.on_raw::<GetRecord>(|answer| answer.body = vec![0; 80 * 1024 * 1024]);
    let refused = diary.get::<Note>(record).await.unwrap_err();
    assert_eq!(refused.code(), "answer-too-long");
    server.stop();
    server.on_raw::<QueryRecords>(|answer| answer.body = vec![0; 80 * 1024 * 1024]);
    let refused = diary.query().fetch::<Note>().await.unwrap_err();
    assert_eq!(refused.code(), "answer-too-long");
    server.stop();
    diary.get::<Note>(record).await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_longer_than_asked_for_is_refused() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    for _ in 0..3 {
        diary.create(note(&world, &topic(&world))).await.unwrap();
    }
    let lie = server.on_request::<QueryRecords>(|request| request.limit = 1_000);
    let refused = diary.query().limit(2).fetch::<Note>().await.unwrap_err();
    assert_eq!(refused.code(), "malformed");
    assert_eq!(lie.count(), 1);
    server.stop();
    // The same page again and again is not endless either.
    let first = diary.query().limit(2).fetch::<Note>().await.unwrap();
    assert!(first.next.is_some());
    let pages = world.recorder.of::<QueryRecords>();
    let again = pages.iter().rev().find(|(_, answer)| answer.next.is_some()).unwrap().1.clone();
    let lie = server.on::<QueryRecords>(move |_, answer| *answer = again.clone());
    let refused = diary.query().limit(2).all::<Note>(&mut Silent).await.unwrap_err();
    assert_eq!(refused.code(), "malformed", "a row of pages with nothing new");
    assert!((2..2_000).contains(&lie.count()), "{}", lie.count());
    server.stop();
    world.close().await;
}
