//! Records that are put away, brought back and deleted: who sees them where, and what they go on holding.

use super::terms::{Clinic, access};
use crate::fixture::{Note, grant, note, notes, received, topic};
use pryv_sdk::{
    Cursor, Definition, History, Level, Silent, State,
    collection::{Current, ReadError, Version, WriteError},
};
use pryv_test_kit::World;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_away_is_left_out_until_it_comes_back() {
    let world = World::start().await;
    let (ada, bob, carol) = (world.user("ada").await, world.user("bob").await, world.user("carol").await);
    let definition = notes(&world).keeping(History::Versions);
    let diary = ada.account.define(definition).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Contribute).await;
    grant(&world, &ada, &carol, &diary, Level::Read).await;
    let (shared, seen) = (received(&bob).await, received(&carol).await);
    let topic = topic(&world);
    let mut ids = Vec::new();
    for number in 0..4 {
        let code = Some(format!("code {number} {topic}"));
        ids.push(diary.create(Note { code, ..note(&world, &topic) }).await.unwrap().id);
    }
    // Bob puts one away of which he read a part.
    let part = shared.query().select(["/topic"]).first::<Value>().await.unwrap().unwrap();
    let away = shared.trash(&part).await.unwrap();
    assert!(away.is_trashed() && away.version == 2 && away.author == bob.account.id());
    assert!(away.data["text"].is_string(), "as a whole");
    assert_eq!(shared.trash(&away).await.unwrap().version, 2, "it is put away already");
    assert_eq!(diary.trash(&part).await.unwrap_err().code(), "version-conflict");
    assert_eq!(seen.trash(&away).await.unwrap_err().code(), "read-only");

    for reader in [&diary, &shared, &seen] {
        let of = |state| reader.query().eq("/topic", topic.as_str()).state(state);
        for (state, expected) in
            [(State::Active, &ids[1..]), (State::Trashed, &ids[..1]), (State::All, &ids[..])]
        {
            let page = of(state).fetch::<Note>().await.unwrap();
            assert_eq!(page.records.iter().map(|record| record.id).collect::<Vec<_>>(), expected);
            assert!(page.records.iter().all(|record| record.is_trashed() == (record.id == ids[0])));
            assert_eq!(of(state).count().await.unwrap(), expected.len() as u64);
            assert_eq!(of(state).first::<Note>().await.unwrap().map(|record| record.id), Some(expected[0]));
        }
        assert_eq!(reader.query().fetch::<Note>().await.unwrap().records.len(), 3);
        assert!(reader.get::<Note>(ids[0]).await.unwrap().is_trashed());
    }
    let batch =
        ada.account.batch::<Note>(&[diary.query(), diary.query().state(State::Trashed)]).await.unwrap();
    assert_eq!(batch.into_iter().map(|page| page.unwrap().records.len()).collect::<Vec<_>>(), [3, 1]);

    // Another epoch, a change and another index on it leave it where it is.
    diary.rotate().await.unwrap();
    let changed = Note { number: 7, ..away.data.clone().into_note() };
    let third = diary.update(&diary.get::<Note>(ids[0]).await.unwrap(), &changed).await.unwrap();
    assert!(third.is_trashed());
    diary.reindex(&mut Silent).await.unwrap();
    diary.rewrap(&mut Silent).await.unwrap();
    assert_eq!(diary.unindexed_count().await.unwrap(), 0);
    assert_eq!(diary.query().state(State::Trashed).count().await.unwrap(), 1);

    // Its unique value is not free, and who writes to it brings it back.
    let refused = diary.create(changed.clone()).await.unwrap_err();
    assert!(matches!(refused, WriteError::NotUnique), "{refused:?}");
    let back = diary.upsert("/code", &changed).await.unwrap();
    assert!(!back.created && !back.record.is_trashed() && back.record.id == ids[0]);
    let again = diary.trash(&back.record).await.unwrap();
    let restored = shared.restore(&again).await.unwrap();
    assert_eq!((restored.version, restored.is_trashed()), (6, false));
    assert_eq!(diary.query().count().await.unwrap(), 4);
    let history = diary.history::<Note>(ids[0]).await.unwrap();
    let states: Vec<bool> = history
        .versions
        .iter()
        .map(|version| matches!(version, Version::Record(record) if record.is_trashed()))
        .collect();
    assert_eq!((states, history.complete), (vec![false, true, false, true, true, false], true));
    world.close().await;
}

trait IntoNote {
    fn into_note(self) -> Note;
}

impl IntoNote for Value {
    fn into_note(self) -> Note {
        serde_json::from_value(self).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_records_are_listed_with_who_deleted_them_and_when() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Contribute).await;
    let shared = received(&bob).await;
    let mut records = Vec::new();
    for _ in 0..3 {
        records.push(diary.create(note(&world, &topic(&world))).await.unwrap());
    }
    assert_eq!(diary.deleted(None).await.unwrap().deleted, []);
    let away = diary.trash(&records[2]).await.unwrap();
    diary.delete(&away).await.unwrap();
    shared.delete(&records[0]).await.unwrap();
    for reader in [&diary, &shared] {
        let page = reader.deleted(None).await.unwrap();
        assert!(page.rejected.is_empty() && page.next.is_none());
        let [first, last] = &page.deleted[..] else { panic!("{:?}", page.deleted) };
        assert_eq!((first.id, first.version, first.by), (records[0].id, 2, bob.account.id()));
        assert!(first.access.is_some() && first.at >= records[2].written_at);
        assert_eq!((last.id, last.version, last.by, last.access), (records[2].id, 3, ada.account.id(), None));
        assert_eq!(reader.query().state(State::All).count().await.unwrap(), 1);
        assert_eq!(reader.query().state(State::Trashed).count().await.unwrap(), 0);
    }
    let gone = diary.restore(&away).await.unwrap_err();
    assert!(
        matches!(&gone, WriteError::Conflict { theirs } if matches!(**theirs, Current::Deleted { version: 3 })),
        "{gone:?}"
    );
    assert!(matches!(diary.get::<Note>(away.id).await, Err(ReadError::Deleted { version: 3 })));
    assert!("made up".parse::<Cursor>().is_err());
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_by_a_term_sees_the_same_states_of_what_is_under_it() {
    let clinic = Clinic::new().await;
    let bob = clinic.world.user("bob").await;
    clinic.grant(&bob, |grant| grant.on_term(&clinic.health, Level::Contribute)).await;
    for terms in [&[&clinic.heart][..], &[&clinic.heart], &[&clinic.health], &[]] {
        clinic.write(&clinic.diary, terms).await;
    }
    let held = access(&bob).await.open(clinic.diary.scope()).await.unwrap();
    let mut mine = held.query().all::<Note>(&mut Silent).await.unwrap().records;
    assert_eq!(mine.len(), 3);
    let away = held.trash(&mine.remove(0)).await.unwrap();
    assert_eq!(away.terms.len(), 1, "it stays under its term");
    held.delete(&mine.remove(0)).await.unwrap();
    // Another one that Bob knows nothing of.
    let others = clinic.diary.query().state(State::All).all::<Note>(&mut Silent).await.unwrap().records;
    let beside = others.iter().find(|record| record.terms.is_empty()).unwrap();
    clinic.diary.delete(beside).await.unwrap();
    assert_eq!(clinic.diary.deleted(None).await.unwrap().deleted.len(), 2);
    for (state, number) in [(State::Active, 1), (State::Trashed, 1), (State::All, 2)] {
        assert_eq!(held.query().state(state).all::<Note>(&mut Silent).await.unwrap().records.len(), number);
        assert_eq!(held.query().within(&clinic.health).state(state).count().await.unwrap(), number as u64);
    }
    let page = held.deleted(None).await.unwrap();
    assert_eq!((page.deleted.len(), page.rejected.len()), (1, 0), "{page:?}");
    assert_eq!(page.deleted[0].by, bob.account.id());
    let away = clinic.diary.restore(&away).await.unwrap();
    assert!(!held.get::<Note>(away.id).await.unwrap().is_trashed());
    clinic.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_match_its_schema_can_be_put_away_all_the_same() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let uri = format!("https://example.org/{}", world.canary.text("definition URI"));
    let any = Definition::new(uri, "Notes", "note", json!({ "type": "object" })).text("/note");
    let diary = ada.account.define(any.clone()).await.unwrap();
    let record = diary.create(json!({ "note": "some words" })).await.unwrap();
    let strict = json!({ "type": "object", "required": ["number"] });
    let strict = Definition { types: [("note".to_owned(), strict)].into(), ..any };
    diary.redefine(strict).await.unwrap();
    let diary = ada.account.collection(&diary.definition().uri).await.unwrap();
    assert_eq!(diary.update(&record, record.data.clone()).await.unwrap_err().code(), "invalid-record");
    let away = diary.trash(&record).await.unwrap();
    assert!(!away.validity.is_valid() && away.is_trashed());
    let found = diary.query().filter(pryv_sdk::condition::field("/note").matches("words"));
    assert_eq!(found.clone().count().await.unwrap(), 0);
    assert_eq!(found.state(State::Trashed).count().await.unwrap(), 1);
    world.close().await;
}
