//! A whole account rolled back, and two devices kept on two branches of one account (classes 7 and 8).
//!
//! The lie is no lie in any single answer: a server that was restored from a backup tells what was true once. Whoever
//! remembers something later finds out.

use crate::fixture::{all, grant, note, notes, topic};
use pryv_sdk::Level;
use pryv_test_kit::World;

#[tokio::test(flavor = "multi_thread")]
async fn an_account_rolled_back_as_a_whole_is_found_out_by_whoever_remembers() {
    let mut world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let to_bob = grant(&world, &ada, &bob, &diary, Level::Read).await;
    bob.account.received().await.unwrap();
    let backup = world.backup().await;
    // What the operator would like to be forgotten: a revocation, and what was written under the new keys.
    let receipt = ada.account.revoke(to_bob.id).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    bob.account.received().await.unwrap();

    let past = World::restore(&world, &backup).await;
    let uri = &diary.definition().uri;
    let resume = || past.client().resume(ada.account.export_session()).unwrap();
    assert_eq!(resume().verify_changes().await.unwrap_err().code(), "rolled-back");
    assert_eq!(resume().collection(uri).await.unwrap_err().code(), "rolled-back");
    // Whatever is asked: the heads of the first answer are behind what is known.
    assert_eq!(resume().granted().await.unwrap_err().code(), "rolled-back");
    assert_eq!(resume().verify_receipt(&receipt).await.unwrap_err().code(), "rolled-back");
    // Nothing can be written into the past either: not even with keys that were good then.
    let refused = resume().revoke(to_bob.id).await.unwrap_err();
    assert!(["rolled-back", "revocation-dropped"].contains(&refused.code()), "{refused:?}");

    // Whoever comes with nothing but a password remembers nothing: that is limit 5 of the threat model. The receipt, which
    // a person keeps, tells all the same.
    let fresh = past.client().log_in(&ada.username, &ada.password()).await.unwrap();
    assert_eq!(all(&fresh.collection(uri).await.unwrap()).await.len(), 1);
    assert_eq!(fresh.verify_receipt(&receipt).await.unwrap_err().code(), "revocation-dropped");

    let here = world.client().resume(ada.account.export_session()).unwrap();
    here.verify_changes().await.unwrap();
    assert_eq!(all(&here.collection(uri).await.unwrap()).await.len(), 2);
    past.close().await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_devices_kept_on_two_branches_find_out_when_one_sees_the_others() {
    let mut world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let laptop = world.client().log_in(&ada.username, &ada.password()).await.unwrap();
    laptop.verify_changes().await.unwrap();
    let backup = world.backup().await;
    let fork = World::restore(&world, &backup).await;

    // From here on the telephone is served by one branch, the laptop by the other. Each of them writes.
    ada.account.revoke(grant(&world, &ada, &bob, &diary, Level::Read).await.id).await.unwrap();
    let laptop = fork.client().resume(laptop.export_session()).unwrap();
    let there = laptop.collection(&diary.definition().uri).await.unwrap();
    for _ in 0..3 {
        there.create(note(&world, &topic(&world))).await.unwrap();
    }
    laptop.verify_changes().await.unwrap();
    ada.account.verify_changes().await.unwrap();

    // The server must keep them apart for ever: at the first look across, either of them knows.
    let telephone = fork.client().resume(ada.account.export_session()).unwrap();
    assert_eq!(telephone.verify_changes().await.unwrap_err().code(), "forked");
    let laptop = world.client().resume(laptop.export_session()).unwrap();
    let refused = laptop.verify_changes().await.unwrap_err();
    assert!(["forked", "rolled-back"].contains(&refused.code()), "{refused:?}");
    // Any look is one, and so is a word from one device to the other, when the server goes on keeping them apart.
    let laptop = world.client().resume(laptop.export_session()).unwrap();
    let refused = laptop.collection(&diary.definition().uri).await.unwrap_err();
    assert!(["forked", "rolled-back"].contains(&refused.code()), "{refused:?}");
    let on_the_laptop = fork.client().resume(laptop.export_session()).unwrap().head().await.unwrap();
    let refused = ada.account.compare_head(&on_the_laptop).await.unwrap_err();
    assert!(["forked", "rolled-back"].contains(&refused.code()), "{refused:?}");
    fork.close().await;
    world.close().await;
}
