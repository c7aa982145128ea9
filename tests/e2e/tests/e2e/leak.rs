//! The scanner on trial: builds that leak must be caught by the very scan that every story passes.

use crate::fixture::{note, notes, topic};
use pryv_test_kit::{World, light::put};
use pryv_wire::{
    Bytes, RecordId, TransactionId,
    record::{Envelope, RecordKind},
    transaction::{Commit, Operation},
};

/// Sorts of evidence in which something was found.
fn sorts(report: &pryv_test_kit::secrecy::Report) -> Vec<&'static str> {
    let mut sorts: Vec<_> = report.hits.iter().map(|hit| hit.sort).collect();
    sorts.sort_unstable();
    sorts.dedup();
    sorts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stores_a_field_in_clear_is_caught() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let by_hand = world.by_hand(&ada).await;
    let collection = by_hand.create_collection("https://example.org/leak", b"{}").await;
    let secret = world.canary.text("field in clear");
    let forged = pryv_test_kit::light::Forged {
        record: RecordId::from_bytes(world.canary.random()),
        version: 1,
        kind: RecordKind::Instance,
        ciphertext: secret.into_bytes(),
        index: Vec::new(),
    };
    let envelope: Envelope = by_hand.forge(&collection, &forged);
    let transaction = TransactionId::from_bytes(world.canary.random());
    by_hand.commit(transaction, vec![put(&envelope)]).await.unwrap();
    let report = world.close_leaking().await;
    assert_eq!(sorts(&report), ["backups", "bodies", "files"], "{report}");
    assert!(report.hits.iter().all(|hit| hit.kind == "field in clear"), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transport_that_smuggles_a_field_into_an_opaque_part_is_caught() {
    let world = World::start().await;
    let (client, network) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let secret = world.canary.text("smuggled field");
    let lie = network.on_request::<Commit>(move |commit| {
        for operation in &mut commit.operations {
            if let Operation::CreateScope { epoch, .. } = operation {
                // In base32, between other bytes, as a careless or hostile build would.
                let hidden = pryv_test_kit::base32(format!("..{secret}").as_bytes());
                epoch.owner_wrap = Bytes::from([epoch.owner_wrap.to_vec(), hidden.into_bytes()].concat());
            }
        }
    });
    let _ = ada.account.define(notes(&world)).await;
    assert_eq!(lie.count(), 1);
    let report = world.close_leaking().await;
    assert!(sorts(&report).contains(&"bodies") && sorts(&report).contains(&"files"), "{report}");
    assert!(report.hits.iter().all(|hit| hit.encoding.starts_with("base32")), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_logs_or_counts_a_secret_is_caught() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let secret = note(&world, &topic(&world));
    diary.create(&secret).await.unwrap();
    world.log_as_a_leaking_server_would(&secret.text);
    let report = world.close_leaking().await;
    assert_eq!(sorts(&report), ["logs"], "{report}");
}
