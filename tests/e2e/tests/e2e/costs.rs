//! What sharing costs, counted and not timed: calls, bytes, records written, transforms. Nothing grows with the records.

use crate::fixture::{all, contact, grant, named, note, plain_notes, received, topic};
use pryv_sdk::{Grant, Level};
use pryv_test_kit::World;
use pryv_wire::transaction::{Commit, Operation};

/// What one operation of the owner cost.
#[derive(Debug, Eq, PartialEq)]
struct Cost {
    calls: usize,
    sent: usize,
    received: usize,
    records: usize,
}

/// What travelled since a moment.
fn since(world: &World, moment: usize) -> Cost {
    let exchanges = &world.recorder.exchanges()[moment..];
    let commits = exchanges.iter().filter(|one| one.path == "/v1/transactions/commit");
    let records = commits
        .flat_map(|one| pryv_wire::decode::<Commit>(&one.request).unwrap().operations)
        .filter(|one| matches!(one, Operation::PutRecord { .. }))
        .count();
    Cost {
        calls: exchanges.len(),
        sent: exchanges.iter().map(|one| one.request.len()).sum(),
        received: exchanges.iter().map(|one| one.answer.len()).sum(),
        records,
    }
}

/// Grants and revokes on a collection of so many records; gives what the grant, the revocation, and the first open by
/// the grantee cost.
async fn sharing(count: usize) -> [Cost; 3] {
    let world = World::start().await;
    let (ada, bob, carol) = (world.user("ada").await, world.user("bob").await, world.user("carol").await);
    let diary = ada.account.define(plain_notes(&world)).await.unwrap();
    let notes: Vec<_> = (0..count).map(|_| note(&world, &topic(&world))).collect();
    diary.create_many(&notes, &mut pryv_sdk::Silent).await.unwrap();
    grant(&world, &ada, &carol, &diary, Level::Read).await;
    let to_bob = contact(&ada, &bob).await;
    let what = named(&world, Grant::to(&to_bob).on(&diary, Level::Read));
    let moment = world.recorder.count();
    let access = ada.account.grant(what).await.unwrap();
    let granted = since(&world, moment);
    let moment = world.recorder.count();
    let shared = received(&bob).await;
    let opened = since(&world, moment);
    assert_eq!(all(&shared).await.len(), count);
    let moment = world.recorder.count();
    ada.account.revoke(access.id).await.unwrap();
    let revoked = since(&world, moment);
    assert_eq!(all(&received(&carol).await).await.len(), count);
    world.close().await;
    [granted, revoked, opened]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_an_open_and_a_revocation_cost_the_same_whatever_the_number_of_records() {
    let (few, many) = (sharing(2).await, sharing(200).await);
    for (few, many) in few.iter().zip(&many) {
        assert_eq!((few.calls, few.records), (many.calls, 0), "{few:?} {many:?}");
        assert_eq!(many.records, 0, "no record is written");
        // Numbers of the chain grow by a byte or two.
        assert!(
            many.sent.abs_diff(few.sent) <= 16 && many.received.abs_diff(few.received) <= 64,
            "{few:?} {many:?}"
        );
    }
}
