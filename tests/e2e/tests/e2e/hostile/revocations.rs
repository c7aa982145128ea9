//! Revocations that are acknowledged and not made, or made and hidden; chains that do not hold (classes 8, 9 and 20).

use crate::fixture::{all, grant, note, notes, topic};
use pryv_sdk::{Access, Collection, Level};
use pryv_test_kit::{HostileTransport, User, World};
use pryv_wire::{
    AccessId, Digest, PrincipalId,
    access::{GetAccess, ListGranted},
    audit::Mark,
    transaction::{Change, Changes, Commit, Committed, ListChanges, Operation, ServedAccess, Touched},
};
use std::sync::{Arc, Mutex};

/// Ada with a hostile server, who granted Bob a collection.
struct Scene {
    world: World,
    server: Arc<HostileTransport>,
    ada: User,
    bob: User,
    diary: Collection,
    access: Access,
}

async fn scene() -> Scene {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let bob = world.user("bob").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let access = grant(&world, &ada, &bob, &diary, Level::Read).await;
    Scene { world, server, ada, bob, diary, access }
}

impl Scene {
    async fn changes(&self) -> Changes {
        let by_hand = self.world.by_hand(&self.ada).await;
        by_hand.call(&ListChanges { account: self.ada.account.id(), after: 0, limit: 1000 }).await.unwrap()
    }
}

/// The change that an honest server would make of a commit, and the answer to it.
fn acknowledge(
    commit: &Commit,
    author: PrincipalId,
    before: &Changes,
    at: pryv_wire::Timestamp,
) -> Committed {
    let mut touched = Vec::new();
    let mut served = Vec::new();
    for operation in &commit.operations {
        if let Operation::Revoke { statement, epochs, .. } = operation {
            let access = statement.unverified().unwrap().access;
            touched.push(Touched::Revoked { access });
            touched.extend(epochs.iter().map(|epoch| {
                let epoch = epoch.statement.unverified().unwrap();
                Touched::Epoch { scope: epoch.scope, epoch: epoch.epoch }
            }));
            served.push(ServedAccess { access, served: Vec::new() });
        }
    }
    let change = Change {
        sequence: before.sequence + 1,
        at,
        author,
        transaction: commit.transaction,
        operations: commit.digest(),
        touched,
    };
    let head = change.head(before.head);
    Committed { change, previous: before.head, head, served }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoke_that_is_acknowledged_and_not_made_is_found_out() {
    let scene = scene().await;
    let before = scene.changes().await;
    let (author, at) = (scene.ada.account.id(), pryv_wire::Clock::now(&scene.world.clock));
    let pretended: Arc<Mutex<Option<Mark>>> = Arc::default();
    let (tells, told) = (Arc::clone(&pretended), pretended);
    let lie = scene.server.instead::<Commit>(move |commit| {
        let revokes = commit.operations.iter().any(|one| matches!(one, Operation::Revoke { .. }));
        revokes.then(|| {
            let answer = acknowledge(commit, author, &before, at);
            *tells.lock().unwrap() = Some(Mark { sequence: answer.change.sequence, head: answer.head });
            answer
        })
    });
    // The heads of every answer go along with the pretence: without that, the next one gives it away.
    scene.server.on_heads(move |heads| {
        if let Some(told) = *told.lock().unwrap() {
            heads.changes = told;
        }
    });
    let refused = scene.ada.account.revoke(scene.access.id).await;
    assert_eq!(lie.count(), 1);
    match refused {
        // The SDK looked at once.
        Err(refused) => assert_eq!(refused.code(), "revocation-dropped"),
        // It took the receipt, and finds out at the next look.
        Ok(receipt) => {
            let refused = scene.ada.account.verify_receipt(&receipt).await.unwrap_err();
            assert_eq!(refused.code(), "revocation-dropped");
        }
    }
    scene.server.stop();
    scene.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_careless_acknowledgement_is_found_out_by_its_form() {
    let lies: [(&str, fn(&mut Committed), &str); 5] = [
        ("wrong head", |answer| answer.head = Digest::from_bytes([1; 32]), "forked"),
        ("wrong head before", |answer| answer.previous = Digest::from_bytes([1; 32]), "forked"),
        ("other operations", |answer| answer.change.operations = Digest::from_bytes([1; 32]), "substituted"),
        ("a number that was used", |answer| answer.change.sequence = 1, "rolled-back"),
        ("other things touched", |answer| answer.change.touched.clear(), "substituted"),
    ];
    for (name, tell, code) in lies {
        println!("{name}");
        let scene = scene().await;
        let lie = scene.server.on::<Commit>(move |_, answer| tell(answer));
        let refused = scene.ada.account.revoke(scene.access.id).await.unwrap_err();
        assert_eq!(refused.code(), code, "{name}: {refused:?}");
        assert_eq!(lie.count(), 1);
        scene.server.stop();
        // The server did revoke: only its answer was a lie.
        let by_hand = scene.world.by_hand(&scene.bob).await;
        let get = GetAccess { account: scene.ada.account.id(), access: scene.access.id };
        let state = by_hand.call(&get).await.unwrap();
        assert!(state.revocation.is_some());
        scene.world.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consistent_lie_about_another_history_is_a_fork() {
    let scene = scene().await;
    // The head is computed over the change that is answered, but over another past.
    let lie = scene.server.on::<Commit>(|_, answer| {
        answer.previous = Digest::from_bytes([7; 32]);
        answer.head = answer.change.head(answer.previous);
    });
    let refused = scene.ada.account.revoke(scene.access.id).await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("forked", 1));
    scene.server.stop();
    scene.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_that_is_hidden_later_is_missed() {
    let scene = scene().await;
    let receipt = scene.ada.account.revoke(scene.access.id).await.unwrap();
    scene.ada.account.verify_receipt(&receipt).await.unwrap();

    // The chain without its last change.
    let before = scene.changes().await;
    let earlier = {
        let changes: Vec<Change> = before.changes.iter().take(before.changes.len() - 1).cloned().collect();
        let genesis = Change::genesis(scene.ada.account.id());
        let head = changes.iter().fold(genesis, |head, change| change.head(head));
        Changes { sequence: before.sequence - 1, changes, head }
    };
    let hidden: AccessId = scene.access.id;
    let lie = scene.server.instead::<ListChanges>(move |request| {
        let mut earlier = earlier.clone();
        earlier.changes.retain(|change| change.sequence > request.after);
        Some(earlier)
    });
    scene.server.on::<ListGranted>(|_, answer| {
        answer.accesses.iter_mut().for_each(|state| state.revocation = None);
    });
    scene.server.on::<GetAccess>(move |request, answer| {
        if request.access == hidden {
            answer.revocation = None;
        }
    });
    let refused = scene.ada.account.verify_receipt(&receipt).await.unwrap_err();
    assert_eq!(refused.code(), "revocation-dropped", "{refused:?}");

    // From another machine, which knows nothing but the receipt.
    let (client, server) = scene.world.hostile();
    let elsewhere = client.log_in(&scene.ada.username, &scene.ada.password()).await.unwrap();
    elsewhere.verify_receipt(&receipt).await.unwrap();
    server.on::<ListGranted>(|_, answer| {
        answer.accesses.iter_mut().for_each(|state| state.revocation = None);
    });
    let fresh = client.log_in(&scene.ada.username, &scene.ada.password()).await.unwrap();
    let refused = fresh.verify_receipt(&receipt).await.unwrap_err();
    assert_eq!(refused.code(), "revocation-dropped", "{refused:?}");
    server.stop();

    // Shown where accesses are listed, and denied by the chain: another change stands in its place.
    let lied = server.on::<ListChanges>(|_, answer| {
        answer.head = Digest::from_bytes([1; 32]);
        answer.changes.iter_mut().for_each(|change| {
            change.touched.retain(|one| !matches!(one, Touched::Revoked { .. }));
        });
    });
    let refused = fresh.verify_receipt(&receipt).await.unwrap_err();
    assert_eq!(refused.code(), "revocation-dropped", "{refused:?}");
    assert_eq!(lied.count(), 1);
    server.stop();
    fresh.verify_receipt(&receipt).await.unwrap();
    assert!(lie.count() <= 8, "the SDK does not ask for ever");
    scene.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoke_that_is_lost_and_denied_is_an_error_and_changes_nothing() {
    let scene = scene().await;
    scene.server.lose_requests::<Commit>(1_000);
    let refused = scene.ada.account.revoke(scene.access.id).await.unwrap_err();
    assert_eq!(refused.code(), "offline");
    scene.server.stop();
    // Repeated, it succeeds.
    let receipt = scene.ada.account.revoke(scene.access.id).await.unwrap();
    scene.ada.account.verify_receipt(&receipt).await.unwrap();
    assert_eq!(all(&scene.diary).await.len(), 1);
    scene.world.close().await;
}
