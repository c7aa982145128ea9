//! Grantees who write: with and without the right to read.

use crate::fixture::{Note, all, grant, note, notes, plain_notes, received, topic};
use pryv_sdk::Level;
use pryv_test_kit::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_create_only_writer_writes_and_reads_nothing() {
    let world = World::start().await;
    let (ada, device) = (world.user("ada").await, world.user("device").await);
    let diary = ada.account.define(plain_notes(&world)).await.unwrap();
    let sleep = topic(&world);
    let own = diary.create(note(&world, &sleep)).await.unwrap();
    let access = grant(&world, &ada, &device, &diary, Level::CreateOnly).await;

    let deposit = received(&device).await;
    assert_eq!(*deposit.definition(), *diary.definition(), "the definition comes with the access");
    let written = deposit.create(note(&world, &sleep)).await.unwrap();
    for refused in [
        deposit.get::<Note>(own.id).await.unwrap_err().code(),
        deposit.get::<Note>(written.id).await.unwrap_err().code(),
        deposit.query().fetch::<Note>().await.unwrap_err().code(),
    ] {
        assert_eq!(refused, "write-only");
    }
    let refused = deposit.update(&written, note(&world, &sleep)).await.unwrap_err();
    assert_eq!(refused.code(), "read-only", "not even its own record, a second time");

    // The owner sees the record, knows who wrote it, and a query finds it although it has no tokens.
    let read = diary.get::<Note>(written.id).await.unwrap();
    assert_eq!((read.author, read.access), (device.account.id(), Some(access.id)));
    assert_eq!(read.data, written.data);
    let found = diary.query().eq("/topic", sleep.as_str()).fetch::<Note>().await.unwrap();
    assert_eq!(found.records.len(), 2);
    let other = diary.query().eq("/topic", topic(&world)).fetch::<Note>().await.unwrap();
    assert_eq!((other.records.len(), other.overshoot), (0, 1), "opened, and left out");

    ada.account.revoke(access.id).await.unwrap();
    let refused = deposit.create(note(&world, &sleep)).await.unwrap_err();
    assert_eq!(refused.code(), "revoked", "{refused:?}");
    assert_eq!(all(&diary).await.len(), 2, "what was written in time stays");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contributor_writes_and_reads() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let sleep = topic(&world);
    let own = diary.create(note(&world, &sleep)).await.unwrap();
    let access = grant(&world, &ada, &bob, &diary, Level::Contribute).await;

    let shared = received(&bob).await;
    let written = shared.create(note(&world, &sleep)).await.unwrap();
    let theirs = shared.get::<Note>(own.id).await.unwrap();
    let changed = note(&world, &topic(&world));
    shared.update(&theirs, changed.clone()).await.unwrap();
    let read = diary.get::<Note>(own.id).await.unwrap();
    assert_eq!((read.version, read.author, read.access), (2, bob.account.id(), Some(access.id)));
    assert_eq!(read.data, changed);
    let found = diary.query().eq("/topic", sleep.as_str()).fetch::<Note>().await.unwrap();
    assert_eq!(found.records.len(), 1, "the tokens of the first version are gone");
    assert_eq!(found.records[0].id, written.id);
    shared.delete(&shared.get::<Note>(written.id).await.unwrap()).await.unwrap();
    assert_eq!(all(&diary).await, [changed]);

    ada.account.revoke(access.id).await.unwrap();
    let refused = shared.create(note(&world, &sleep)).await.unwrap_err();
    assert_eq!(refused.code(), "revoked", "{refused:?}");
    let still = diary.get::<Note>(own.id).await.unwrap();
    assert_eq!(still.author, bob.account.id(), "what was written in time stays, and says by whom");
    world.close().await;
}
