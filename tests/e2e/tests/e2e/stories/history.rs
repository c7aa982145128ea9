//! What was: earlier versions of records where the collection keeps them, and definitions that change.

use crate::fixture::{Note, contact, grant, named, note, notes, plain_notes, received, topic};
use pryv_sdk::{
    Grant, History, Level,
    collection::{RedefineError, Version, Versions},
};
use pryv_test_kit::World;
use serde_json::{Value, json};

fn numbers<T>(versions: &Versions<T>) -> Vec<u64> {
    versions.versions.iter().map(Version::number).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_keeps_what_its_definition_says() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    for (history, before, after) in [
        (History::None, vec![3], vec![4]),
        (History::Versions, vec![3, 2, 1], vec![4]),
        (History::Everything, vec![3, 2, 1], vec![4, 3, 2, 1]),
    ] {
        let diary = ada.account.define(notes(&world).keeping(history)).await.unwrap();
        let shared = {
            let access = grant(&world, &ada, &bob, &diary, Level::Contribute).await;
            let all = bob.account.received().await.unwrap();
            let one = all.iter().find(|one| one.access.id == access.id).unwrap();
            one.open(diary.scope()).await.unwrap()
        };
        let first = diary.create(note(&world, &topic(&world))).await.unwrap();
        let second = shared.update(&first, note(&world, &topic(&world))).await.unwrap();
        let third = diary.update(&second, note(&world, &topic(&world))).await.unwrap();
        for collection in [&diary, &shared] {
            let versions = collection.history::<Note>(first.id).await.unwrap();
            assert_eq!((numbers(&versions), versions.complete), (before.clone(), history != History::None));
            for (version, written) in versions.versions.iter().zip([&third, &second, &first]) {
                let Version::Record(record) = version else { panic!("{version:?}") };
                assert_eq!((&record.data, record.author), (&written.data, written.author), "{history:?}");
            }
        }
        diary.delete(&third).await.unwrap();
        let versions = shared.history::<Note>(first.id).await.unwrap();
        assert_eq!((numbers(&versions), versions.complete), (after, history == History::Everything));
        let Version::Deleted { version: 4, by, .. } = &versions.versions[0] else { panic!("{versions:?}") };
        assert_eq!(*by, ada.account.id());
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_changes_and_others_see_it() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let first = plain_notes(&world);
    let diary = ada.account.define(first.clone()).await.unwrap();
    let old = diary.create(note(&world, &topic(&world))).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Contribute).await;
    let shared = received(&bob).await;

    let mut second = first.clone();
    second.title = world.canary.text("another title");
    let schema = second.types.values_mut().next().unwrap();
    schema["properties"]["mood"] = json!({ "type": "string" });
    schema["required"].as_array_mut().unwrap().push("mood".into());
    diary.redefine(second.clone()).await.unwrap();
    assert_eq!(*diary.definition(), second);
    diary.redefine(second.clone()).await.unwrap();
    assert_eq!(diary.history::<Note>(old.id).await.unwrap().versions.len(), 1, "nothing was rewritten");

    // What was there does not match any more, and says so; what is written now does.
    let read = diary.get::<Value>(old.id).await.unwrap();
    assert!(!read.validity.is_valid());
    let mut content = serde_json::to_value(note(&world, &topic(&world))).unwrap();
    assert_eq!(diary.create(content.clone()).await.unwrap_err().code(), "invalid-record");
    content["mood"] = world.canary.text("mood").into();
    let new = diary.create(content.clone()).await.unwrap();
    // Bob meets a record of the new version, and opens the collection again by that.
    assert!(shared.get::<Value>(new.id).await.unwrap().validity.is_valid());
    assert_eq!(*shared.definition(), second);
    shared.create(content).await.unwrap();

    assert!(matches!(shared.redefine(first.clone()).await, Err(RedefineError::NotOwner)));
    let mut other = second.clone();
    other.uri.push('x');
    assert!(matches!(diary.redefine(other).await, Err(RedefineError::OtherUri)));
    let kept = second.clone().keeping(History::Versions);
    assert!(matches!(diary.redefine(kept).await, Err(RedefineError::History)));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_devices_that_redefine_at_once_do_not_undo_each_other() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let first = plain_notes(&world);
    let diary = ada.account.define(first.clone()).await.unwrap();
    let second = world.client().log_in(&ada.username, &ada.password()).await.unwrap();
    let there = second.collection(&first.uri).await.unwrap();
    let titled = |title: &str| {
        let mut definition = first.clone();
        definition.title = world.canary.text(title);
        definition
    };
    let (one, other) = tokio::join!(diary.redefine(titled("one")), there.redefine(titled("other")));
    let refused: Vec<_> = [one, other].into_iter().filter_map(Result::err).collect();
    assert!(refused.iter().all(|error| matches!(error, RedefineError::Conflict)), "{refused:?}");
    assert!(refused.len() <= 1);
    let (here, there) =
        (ada.account.collection(&first.uri).await.unwrap(), second.collection(&first.uri).await.unwrap());
    assert_eq!(here.definition(), there.definition());
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_only_create_goes_on_with_the_definition_that_it_was_granted_with() {
    let world = World::start().await;
    let (ada, device) = (world.user("ada").await, world.user("device").await);
    let first = plain_notes(&world);
    let diary = ada.account.define(first.clone()).await.unwrap();
    let access = grant(&world, &ada, &device, &diary, Level::CreateOnly).await;
    let opened_before = received(&device).await;
    let mut second = first.clone();
    second.title = world.canary.text("another title");
    diary.redefine(second.clone()).await.unwrap();

    let opened_after = received(&device).await;
    let again = world.client().resume(device.account.export_session()).unwrap();
    let fresh = again.received().await.unwrap().remove(0).open(diary.scope()).await.unwrap();
    for drop_box in [&opened_before, &opened_after, &fresh] {
        assert_eq!(*drop_box.definition(), first);
        drop_box.create(note(&world, &topic(&world))).await.unwrap();
    }
    let page = diary.query().fetch::<Note>().await.unwrap();
    assert_eq!((page.records.len(), page.rejected.len()), (3, 0), "{:?}", page.rejected);

    // Granted anew, it has the new one.
    ada.account.revoke(access.id).await.unwrap();
    grant(&world, &ada, &device, &diary, Level::CreateOnly).await;
    let drop_box = received(&device).await;
    assert_eq!(*drop_box.definition(), second);
    drop_box.create(note(&world, &topic(&world))).await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_granted_no_history_is_shown_no_earlier_version() {
    let world = World::start().await;
    let (ada, bob, carol) = (world.user("ada").await, world.user("bob").await, world.user("carol").await);
    let diary = ada.account.define(notes(&world).keeping(History::Everything)).await.unwrap();
    let first = diary.create(note(&world, &topic(&world))).await.unwrap();
    let second = diary.update(&first, note(&world, &topic(&world))).await.unwrap();
    let grant_new = Grant::to(&contact(&ada, &bob).await).on(&diary, Level::Contribute).without_history();
    ada.account.grant(named(&world, grant_new)).await.unwrap();
    grant(&world, &ada, &carol, &diary, Level::Read).await;
    let (bobs, carols) = (received(&bob).await, received(&carol).await);
    assert_eq!(bobs.history::<Note>(first.id).await.unwrap_err().code(), "not-found");
    assert!(bobs.version::<Note>(first.id, 1).await.is_err());

    // From the next version on he sees the record, and of its versions those.
    let third = diary.update(&second, note(&world, &topic(&world))).await.unwrap();
    let fourth =
        bobs.update(&bobs.get::<Note>(first.id).await.unwrap(), note(&world, &topic(&world))).await.unwrap();
    assert_eq!((third.version, fourth.version), (3, 4));
    let seen = bobs.history::<Note>(first.id).await.unwrap();
    assert_eq!((numbers(&seen), seen.complete), (vec![4, 3], false));
    assert!(bobs.version::<Note>(first.id, 3).await.unwrap().is_some());
    for number in [0, 1, 2, 5] {
        assert!(bobs.version::<Note>(first.id, number).await.unwrap().is_none(), "{number}");
    }
    for collection in [&diary, &carols] {
        let seen = collection.history::<Note>(first.id).await.unwrap();
        assert_eq!((numbers(&seen), seen.complete), (vec![4, 3, 2, 1], true));
        let Some(Version::Record(record)) = collection.version::<Note>(first.id, 2).await.unwrap() else {
            panic!()
        };
        assert_eq!(record.data, second.data);
    }
    world.close().await;
}
