//! The revoked grantee with everything: what the server ever stored, the deleted transform key included.

use crate::fixture::{grant, note, notes, topic};
use pryv_sdk::Level;
use pryv_test_kit::{World, light::Loot};
use pryv_wire::transaction::Commit;

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_grantee_with_everything_the_server_ever_had_opens_nothing_new() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let (bob, carol) = (world.user("bob").await, world.user("carol").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let before = note(&world, &topic(&world));
    diary.create(&before).await.unwrap();
    let to_bob = grant(&world, &ada, &bob, &diary, Level::Read).await;
    grant(&world, &ada, &carol, &diary, Level::Read).await;
    ada.account.revoke(to_bob.id).await.unwrap();
    let after = note(&world, &topic(&world));
    diary.create(&after).await.unwrap();
    let again = note(&world, &topic(&world));
    diary.create(&again).await.unwrap();

    // Every transaction that reached the server, whatever it deleted since.
    let mut loot = Loot::default();
    for commit in world.recorder.requests::<Commit>() {
        loot.keep(&commit);
    }
    assert_eq!(loot.epochs.len(), 2);
    assert_eq!(loot.lockboxes.len(), 2, "the new epoch has a lockbox, for Carol");
    assert_eq!(loot.transforms.len(), 2, "Bob's transform key, deleted since, and Carol's");
    let owner = world.by_hand(&ada).await.cards().await;

    let thief = world.by_hand(&bob).await;
    let stolen = loot.break_open(&thief.identity, &owner);
    let contains = |contents: &[Vec<u8>], text: &str| {
        contents.iter().any(|content| content.windows(text.len()).any(|window| window == text.as_bytes()))
    };
    assert_eq!(stolen.capsules, 2, "lock 1 falls for both epochs: the server colludes");
    assert_eq!(stolen.epochs, [0], "lock 2 holds for the new one");
    assert!(contains(&stolen.contents, &before.text), "the harness does open what was written before");
    assert!(!contains(&stolen.contents, &after.text));
    assert!(!contains(&stolen.contents, &again.text));
    assert_eq!(stolen.contents.len(), 2, "the definition and the first note");

    // The same harness, for somebody who was not revoked, opens everything: it is the revocation that holds.
    let reader = world.by_hand(&carol).await;
    let read = loot.break_open(&reader.identity, &owner);
    assert_eq!(read.epochs, [0, 1]);
    assert_eq!(read.contents.len(), 4);
    assert!(contains(&read.contents, &after.text) && contains(&read.contents, &again.text));
    world.close().await;
}
