//! Two machines of one person.

use crate::fixture::{Note, all, note, notes, topic};
use pryv_sdk::collection::{Current, WriteError};
use pryv_test_kit::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_second_machine_sees_everything_and_a_conflict_carries_the_other_version() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let definition = notes(&world);
    let diary = ada.account.define(definition.clone()).await.unwrap();
    let written = diary.create(note(&world, &topic(&world))).await.unwrap();

    let second = world.client().log_in(&ada.username, &ada.password()).await.unwrap();
    assert_eq!(second.id(), ada.account.id());
    let there = second.collection(&definition.uri).await.unwrap();
    assert_eq!(there.scope(), diary.scope());
    let read = there.get::<Note>(written.id).await.unwrap();
    assert_eq!(read.data, written.data);

    let from_second = Note { text: world.canary.text("text of the second machine"), ..read.data.clone() };
    let changed = there.update(&read, from_second.clone()).await.unwrap();
    assert_eq!(changed.version, 2);

    let from_first = Note { text: world.canary.text("text of the first machine"), ..written.data.clone() };
    let conflict = diary.update(&written, from_first.clone()).await.unwrap_err();
    assert_eq!(conflict.code(), "version-conflict");
    let WriteError::Conflict { theirs } = conflict else { panic!("a conflict, not {conflict:?}") };
    let Current::Record(theirs) = *theirs else { panic!("the other version, not {theirs:?}") };
    assert_eq!(theirs.version, 2);
    assert_eq!(serde_json::from_value::<Note>(theirs.data.clone()).unwrap(), from_second);

    // Resolved: the first machine writes on top of what it was shown.
    let resolved = diary.update(&theirs, from_first.clone()).await.unwrap();
    assert_eq!(resolved.version, 3);
    assert_eq!(all(&there).await, [from_first]);

    // A deletion is a conflict as well.
    there.delete(&there.get::<Note>(written.id).await.unwrap()).await.unwrap();
    let conflict = diary.update(&resolved, from_second).await.unwrap_err();
    let WriteError::Conflict { theirs } = conflict else { panic!("a conflict, not {conflict:?}") };
    assert!(matches!(*theirs, Current::Deleted { version: 4 }), "{theirs:?}");
    assert_eq!(all(&diary).await, []);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_machines_that_define_the_same_collection_at_once_make_one() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let second = world.client().log_in(&ada.username, &ada.password()).await.unwrap();
    let definition = notes(&world);
    let (here, there) =
        tokio::join!(ada.account.define(definition.clone()), second.define(definition.clone()));
    let (here, there) = (here.unwrap(), there.unwrap());
    assert_eq!(here.scope(), there.scope());
    let written = note(&world, &topic(&world));
    here.create(&written).await.unwrap();
    assert_eq!(all(&there).await, [written]);
    assert_eq!(second.collections().await.unwrap().len(), 1);
    world.close().await;
}
