//! A backup of a running node, restored elsewhere.

use crate::fixture::{all, grant, note, notes, received, topic};
use pryv_sdk::Level;
use pryv_test_kit::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_running_node_restores_to_one_where_everybody_finds_everything() {
    let mut world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    for _ in 0..20 {
        diary.create(note(&world, &topic(&world))).await.unwrap();
    }
    grant(&world, &ada, &bob, &diary, Level::Read).await;
    let before = all(&diary).await;

    // The node goes on writing while it is backed up.
    let writing = {
        let (diary, more) = (diary.clone(), note(&world, &topic(&world)));
        tokio::spawn(async move { diary.create(&more).await.map(|_| ()) })
    };
    let backup = world.backup().await;
    writing.await.unwrap().unwrap();

    let restored = World::restore(&world, &backup).await;
    let there = restored.client().log_in(&ada.username, &ada.password()).await.unwrap();
    let found = all(&there.collection(&diary.definition().uri).await.unwrap()).await;
    assert_eq!(found[..20], before[..]);
    assert!(found.len() <= 21);
    let bob_there = restored.client().log_in(&bob.username, &bob.password()).await.unwrap();
    let accesses = bob_there.received().await.unwrap();
    let shared = accesses[0].collections().await.unwrap().pop().unwrap();
    assert_eq!(all(&shared).await, found);
    // No session is in a backup: one that was stored is renewed by signature.
    let resumed = restored.client().resume(bob.account.export_session()).unwrap();
    assert_eq!(resumed.received().await.unwrap().len(), 1);
    assert_eq!(all(&received(&bob).await).await.len(), 21, "the first node is as it was");
    restored.close().await;
    world.close().await;
}
