//! Lists that others write into.

use crate::fixture::{grant, note, notes, plain_notes, topic};
use pryv_sdk::Level;
use pryv_test_kit::World;
use pryv_wire::{
    AccessId, Bytes, Suite, TransactionId,
    access::{Access, Grant},
    card::{Cards, GetCards},
    transaction::{Commit, GrantAccess, Operation},
};

#[tokio::test(flavor = "multi_thread")]
async fn strangers_with_long_notes_do_not_hide_what_somebody_was_granted() {
    let world = World::start().await;
    let (ada, bob, mallory) = (world.user("ada").await, world.user("bob").await, world.user("mallory").await);
    let spam = mallory.account.define(plain_notes(&world)).await.unwrap();
    let by_hand = world.by_hand(&mallory).await;
    let Cards { cards, .. } = by_hand.call(&GetCards { principal: bob.account.id() }).await.unwrap();
    let grant_card = cards.last().unwrap().digest();
    let longest = Bytes::from(vec![7; 64 * 1024]);
    for _ in 0..4 {
        let operations = (0..32).map(|_| {
            let access = Access {
                suite: Suite::CLASSIC,
                access: AccessId::from_bytes(world.canary.random()),
                account: mallory.account.id(),
                by: None,
                grantor: mallory.account.id(),
                grantee: bob.account.id(),
                grantee_card: grant_card,
                grants: vec![Grant {
                    scope: spam.scope(),
                    level: Level::CreateOnly,
                    transform: None,
                    slice: None,
                    group: None,
                    from_epoch: 0,
                }],
                valid_from: None,
                valid_until: None,
                terms: None,
                max_uses: None,
                note: longest.clone(),
                owner_note: Bytes::from(vec![7; 16]),
                signed_at: pryv_wire::Clock::now(&world.clock),
            };
            Operation::Grant(Box::new(GrantAccess {
                statement: by_hand.identity.sign(&access),
                link: None,
                pre: vec![],
                lockboxes: vec![],
                shares: vec![],
                transforms: vec![],
            }))
        });
        let commit = Commit {
            account: mallory.account.id(),
            transaction: TransactionId::from_bytes(world.canary.random()),
            operations: operations.collect(),
        };
        by_hand.call(&commit).await.unwrap();
    }

    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let honest = grant(&world, &ada, &bob, &diary, Level::Read).await;
    let received = bob.account.received().await.unwrap();
    assert_eq!(received.len(), 129);
    let found: Vec<_> = received.iter().filter(|received| !received.access.unreadable).collect();
    assert_eq!((found.len(), found[0].access.id), (1, honest.id));
    found[0].open(diary.scope()).await.unwrap();
    world.close().await;
}
