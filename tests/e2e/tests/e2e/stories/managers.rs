//! Managers: a grant onwards within one's own access, and what becomes of it when the manager goes.

use crate::fixture::{all, contact, grant, named, note, notes, received, topic};
use pryv_sdk::{AccessStatus, Collection, Grant, Level, ReceivedAccess, Timestamp, account::RevokeError};
use pryv_test_kit::{User, World};

/// Ada's diary with one note, managed by Bob, who grants it onwards to Carol.
struct Clinic {
    ada: User,
    bob: User,
    carol: User,
    diary: Collection,
    to_bob: pryv_sdk::AccessId,
    to_carol: pryv_sdk::AccessId,
}

async fn managed_by(bob: &User) -> ReceivedAccess {
    let received = bob.account.received().await.unwrap();
    received.into_iter().find(|received| received.access.status == AccessStatus::Active).unwrap()
}

async fn grant_onward(world: &World, from: &User, to: &User, level: Level) -> pryv_sdk::AccessId {
    let held = managed_by(from).await;
    let collection = held.collections().await.unwrap().pop().unwrap();
    let contact = contact(from, to).await;
    held.grant(named(world, Grant::to(&contact).on(&collection, level))).await.unwrap().id
}

async fn clinic(world: &World, level: Level) -> Clinic {
    let (ada, bob, carol) = (world.user("ada").await, world.user("bob").await, world.user("carol").await);
    let diary = ada.account.define(notes(world)).await.unwrap();
    diary.create(note(world, &topic(world))).await.unwrap();
    let to_bob = grant(world, &ada, &bob, &diary, Level::Manage).await.id;
    let to_carol = grant_onward(world, &bob, &carol, level).await;
    Clinic { ada, bob, carol, diary, to_bob, to_carol }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_grants_onwards_and_everybody_verifies_the_chain() {
    let world = World::start().await;
    let Clinic { ada, bob, carol, diary, to_bob, to_carol } = clinic(&world, Level::Contribute).await;

    let held = carol.account.received().await.unwrap().pop().unwrap();
    assert_eq!((held.access.account, held.access.grantor), (ada.account.id(), bob.account.id()));
    assert_eq!((held.access.by, held.access.id), (Some(to_bob), to_carol));
    let shared = held.open(diary.scope()).await.unwrap();
    assert_eq!(all(&shared).await.len(), 1, "two transforms and a share that was sealed again");
    let written = shared.create(note(&world, &topic(&world))).await.unwrap();

    // Owner and manager accept what Carol wrote, by the chain behind her access.
    assert_eq!(all(&diary).await.len(), 2);
    let bobs = received(&bob).await;
    assert_eq!(all(&bobs).await.len(), 2);
    assert!(bobs.get::<crate::fixture::Note>(written.id).await.unwrap().validity.is_valid());

    // The owner sees who granted what by whom, with the name that Bob gave it.
    let granted = ada.account.granted().await.unwrap();
    assert_eq!(granted.len(), 2);
    assert_eq!((granted[1].access.grantor, granted[1].access.by), (bob.account.id(), Some(to_bob)));
    assert_eq!(granted[1].access.name, held.access.name);
    assert_eq!(granted[1].served.len(), 1);
    let onward = managed_by(&bob).await.granted().await.unwrap();
    assert_eq!(onward.iter().map(|access| access.id).collect::<Vec<_>>(), [to_carol]);

    // A new epoch of the owner's is shared with whom the manager let in.
    let dave = world.user("dave").await;
    let daves = grant(&world, &ada, &dave, &diary, Level::Read).await;
    ada.account.revoke(daves.id).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    assert_eq!(all(&shared).await.len(), 3);
    assert_eq!(all(&bobs).await.len(), 3);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_grants_no_more_than_it_has() {
    let world = World::start().await;
    let (ada, bob, carol) = (world.user("ada").await, world.user("bob").await, world.user("carol").await);
    let (diary, other) = (
        ada.account.define(notes(&world)).await.unwrap(),
        ada.account.define(crate::fixture::plain_notes(&world)).await.unwrap(),
    );
    let until = world.clock.in_a_while(std::time::Duration::from_secs(86_400));
    let to_bob = Grant::to(&contact(&ada, &bob).await)
        .on(&diary, Level::Manage)
        .on(&other, Level::Contribute)
        .until(until);
    ada.account.grant(named(&world, to_bob)).await.unwrap();
    let held = managed_by(&bob).await;
    let (theirs, not_managed) =
        (held.open(diary.scope()).await.unwrap(), held.open(other.scope()).await.unwrap());
    let carols = contact(&bob, &carol).await;
    let adas = contact(&bob, &ada).await;
    let longer = Timestamp::from_millis(until.as_millis() + 1);
    for (name, grant) in [
        ("a manager of its own", Grant::to(&carols).on(&theirs, Level::Manage)),
        ("what it does not manage", Grant::to(&carols).on(&not_managed, Level::Read)),
        ("longer than its own", Grant::to(&carols).on(&theirs, Level::Read).until(longer)),
        ("to the owner", Grant::to(&adas).on(&theirs, Level::Read)),
    ] {
        assert_eq!(held.grant(grant).await.unwrap_err().code(), "exceeds-own-access", "{name}");
    }
    let granted = held.grant(Grant::to(&carols).on(&theirs, Level::Read)).await.unwrap();
    assert_eq!(granted.valid_until, Some(until), "the manager's own dates count");
    assert_eq!(
        bob.account.grant(Grant::to(&carols).on(&theirs, Level::Read)).await.unwrap_err().code(),
        "not-owner"
    );
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_manager_granted_ends_with_it_or_goes_on_as_the_owners() {
    let world = World::start().await;
    let Clinic { ada, bob, carol, diary, to_bob, to_carol } = clinic(&world, Level::Contribute).await;
    let shared = received(&carol).await;
    let written = shared.create(note(&world, &topic(&world))).await.unwrap();

    let asked = ada.account.revoke(to_bob).await.unwrap_err();
    let RevokeError::GrantedOnwards { accesses } = &asked else { panic!("{asked:?}") };
    assert_eq!(accesses.iter().map(|access| access.id).collect::<Vec<_>>(), [to_carol]);

    let receipt = ada.account.revoke(to_bob).adopt().await.unwrap();
    ada.account.verify_receipt(&receipt).await.unwrap();
    assert_eq!((receipt.below.len(), receipt.below[0].access), (1, to_carol));
    assert!(receipt.below[0].adopted_as.is_some());
    assert_eq!(received_status(&bob).await, ["revoked"]);
    // Carol's access goes on under a new number: she reads and writes as before, and what she wrote stays hers.
    let shared = received(&carol).await;
    diary.create(note(&world, &topic(&world))).await.unwrap();
    assert_eq!(all(&shared).await.len(), 3);
    shared.create(note(&world, &topic(&world))).await.unwrap();
    assert_eq!(diary.get::<crate::fixture::Note>(written.id).await.unwrap().author, carol.account.id());
    assert_eq!(all(&diary).await.len(), 4);

    // Once more, and this time it ends.
    grant(&world, &ada, &bob, &diary, Level::Manage).await;
    let dave = world.user("dave").await;
    let to_dave = grant_onward(&world, &bob, &dave, Level::Read).await;
    let daves = received(&dave).await;
    assert_eq!(all(&daves).await.len(), 4);
    let again = ada.account.granted().await.unwrap();
    let again = again.iter().find(|granted| {
        granted.access.grantee == bob.account.id() && granted.access.status == AccessStatus::Active
    });
    let receipt = ada.account.revoke(again.unwrap().access.id).cascade().await.unwrap();
    assert_eq!(receipt.below[0].access, to_dave);
    assert!(receipt.to_string().contains("has ended with it"), "{receipt}");
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let refused = daves.query().fetch::<crate::fixture::Note>().await.unwrap_err();
    assert_eq!(refused.code(), "revoked");
    assert_eq!(all(&shared).await.len(), 5, "the others notice nothing");
    world.close().await;
}

async fn received_status(user: &User) -> Vec<&'static str> {
    let received = user.account.received().await.unwrap();
    let status = |access: &ReceivedAccess| match access.access.status {
        AccessStatus::Revoked { .. } => "revoked",
        _ => "other",
    };
    received.iter().map(status).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_ends_what_it_granted_and_the_owner_makes_new_keys() {
    let world = World::start().await;
    let Clinic { ada, bob, carol, diary, to_carol, .. } = clinic(&world, Level::Read).await;
    let shared = received(&carol).await;
    assert_eq!(all(&shared).await.len(), 1);

    let held = managed_by(&bob).await;
    let receipt = held.revoke(to_carol).await.unwrap();
    assert!(receipt.awaits_owner && receipt.to_string().contains("the owner's to make"), "{receipt}");
    assert_eq!(held.revoke(to_carol).await.unwrap_err().code(), "already-revoked");
    let refused = shared.query().fetch::<crate::fixture::Note>().await.unwrap_err();
    assert_eq!(refused.code(), "revoked");

    assert_eq!(ada.account.maintain().await.unwrap().begun, [(diary.scope(), 1)]);
    assert_eq!(ada.account.maintain().await.unwrap().begun, [], "once");
    diary.create(note(&world, &topic(&world))).await.unwrap();
    assert_eq!(all(&received(&bob).await).await.len(), 2);
    world.close().await;
}
