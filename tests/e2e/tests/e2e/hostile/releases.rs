//! Keys that nobody asked to be released (class 11): whatever a server answers to somebody who only looks, nothing leaves
//! the client; and what an operation releases goes to those whom its person named.

use crate::fixture::{all, received};
use pryv_sdk::Level;
use pryv_test_kit::Scene;
use pryv_wire::{
    AccessId,
    access::{AccessState, ListGranted, ListReceived},
    scope::OpenScope,
    transaction::{Commit, Operation},
};
use std::collections::BTreeSet;

/// Whoever was given a share of a lock key by anything that was ever sent, and how many transactions were sent.
fn released(scene: &Scene) -> (BTreeSet<AccessId>, usize) {
    let commits = scene.world.recorder.requests::<Commit>();
    let lockboxes =
        commits.iter().flat_map(|commit| &commit.operations).flat_map(|operation| match operation {
            Operation::CreateScope { epoch, .. } | Operation::BeginEpoch { epoch, .. } => {
                epoch.lockbox.iter().flat_map(|lockbox| &lockbox.shares).map(|share| share.access).collect()
            }
            Operation::Revoke { epochs, .. } => {
                let lockboxes = epochs.iter().filter_map(|epoch| epoch.lockbox.as_ref());
                lockboxes.flat_map(|lockbox| &lockbox.shares).map(|share| share.access).collect()
            }
            Operation::Grant(grant) => {
                let boxes = grant.lockboxes.iter().flat_map(|lockbox| &lockbox.shares);
                boxes.chain(&grant.shares).map(|share| share.access).collect::<Vec<_>>()
            }
            _ => Vec::new(),
        });
    (lockboxes.collect(), commits.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_server_answers_makes_a_client_release_a_key() {
    let scene = Scene::of_owner(2).await;
    let mallory = scene.world.user("mallory").await;
    let to_bob = scene.grant(Level::Read).await;
    let forger = scene.world.by_hand(&mallory).await;
    let invented = AccessId::from_bytes(scene.world.canary.random());
    let before = released(&scene);
    assert_eq!(before.0, BTreeSet::from([to_bob.id]));

    // Readers who need keys, accesses that wait for them, accesses that ran out and call for a new epoch.
    let readers = scene.server.on::<OpenScope>(move |_, answer| {
        answer.readers.push(invented);
        // As if nobody had a lockbox yet.
        answer.pre = None;
    });
    let forged = move |answer: &mut pryv_wire::access::Accesses| {
        let Some(sample) = answer.accesses.first() else { return };
        let mut access = sample.statement.unverified().unwrap();
        access.access = invented;
        access.grantee = forger.id();
        let statement = forger.identity.sign(&access);
        answer.accesses.push(AccessState { statement, ..sample.clone() });
    };
    let granted = scene.server.on::<ListGranted>(move |_, answer| forged(answer));
    let received_too = scene.server.on::<ListReceived>(|_, answer| answer.accesses.clear());

    let account = &scene.ada.account;
    let uri = scene.diary.definition().uri.clone();
    let resumed = scene.client.resume(account.export_session()).unwrap();
    let elsewhere = scene.client.log_in(&scene.ada.username, &scene.ada.password()).await.unwrap();
    for account in [account, &resumed, &elsewhere] {
        // Errors are welcome, and so is ignorance; a key is not.
        let _ = account.granted().await;
        let _ = account.received().await;
        let _ = account.collections().await;
        let _ = account.sessions().await;
        let _ = account.verify_changes().await;
        let _ = account.maintain().await;
        let _ = account.find(&scene.bob.username).await;
        if let Ok(collection) = account.collection(&uri).await {
            let _ = collection.query().fetch::<serde_json::Value>().await;
            let _ = collection.get::<serde_json::Value>(scene.notes[0]).await;
        }
        let _ = account.define((*scene.diary.definition()).clone()).await;
    }
    assert!(readers.count() > 0 && granted.count() > 0);
    let _ = received_too;
    assert_eq!(released(&scene), before, "who only looks sends no transaction");

    // An operation that does release keys refuses to do it in the presence of the lie.
    account.revoke(to_bob.id).await.unwrap_err();
    assert_eq!(released(&scene).0, BTreeSet::from([to_bob.id]));
    scene.server.stop();
    assert_eq!(all(&received(&scene.bob).await).await.len(), 2);
    account.revoke(to_bob.id).await.unwrap();
    assert_eq!(released(&scene).0, BTreeSet::from([to_bob.id]), "nobody but Bob ever had a share");
    scene.world.close().await;
}
