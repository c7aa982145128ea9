//! Leaving: who holds an access ends it itself, and the owner's client makes new keys when it next runs.

use super::terms::{Clinic, access};
use crate::fixture::{Note, all, contact, grant, named, note, notes, received, topic};
use pryv_sdk::{AccessStatus, Grant, Level, ReceivedAccess, account::LeaveError, evidence};
use pryv_test_kit::{User, World};
use pryv_wire::transaction::Commit;
use std::collections::BTreeSet;

async fn held(user: &User) -> ReceivedAccess {
    let received = user.account.received().await.unwrap();
    received.into_iter().find(|held| held.access.status == AccessStatus::Active).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grantee_ends_its_own_access_and_the_owner_makes_new_keys() {
    let world = World::start().await;
    let (ada, bob, carol) = (world.user("ada").await, world.user("bob").await, world.user("carol").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let to_bob = grant(&world, &ada, &bob, &diary, Level::Contribute).await;
    grant(&world, &ada, &carol, &diary, Level::Read).await;
    let (bobs, carols) = (received(&bob).await, received(&carol).await);
    let written = bobs.create(note(&world, &topic(&world))).await.unwrap();
    assert_eq!((all(&bobs).await.len(), all(&carols).await.len()), (2, 2));

    let access = held(&bob).await;
    let receipt = access.leave().await.unwrap();
    assert_eq!((receipt.access, receipt.account), (to_bob.id, ada.account.id()));
    assert!(receipt.could_read && receipt.could_write && receipt.membership_of.is_none());
    assert!(receipt.to_string().contains("The owner sees that you ended it yourself"), "{receipt}");
    assert_eq!(bobs.query().fetch::<Note>().await.unwrap_err().code(), "revoked");
    assert_eq!(bobs.create(note(&world, &topic(&world))).await.unwrap_err().code(), "revoked");

    // Once; whichever side looks, and however often.
    assert_eq!(access.leave().await.unwrap_err().code(), "already-revoked");
    let ended = bob.account.received().await.unwrap().pop().unwrap();
    assert!(ended.access.was_left());
    assert_eq!(ended.leave().await.unwrap_err().code(), "already-revoked");
    assert_eq!(ada.account.revoke(to_bob.id).await.unwrap_err().code(), "already-revoked");
    let granted = ada.account.granted().await.unwrap();
    let signed_at = receipt.statement.unverified().unwrap().signed_at;
    let left = AccessStatus::Revoked { at: signed_at, by: bob.account.id() };
    assert_eq!((granted[0].access.status, granted[0].access.was_left()), (left, true));
    assert_eq!((granted[1].access.status, granted[1].access.was_left()), (AccessStatus::Active, false));

    // The owner's client makes new keys, and who stays notices nothing.
    assert_eq!(ada.account.maintain().await.unwrap().begun, [(diary.scope(), 1)]);
    assert_eq!(ada.account.maintain().await.unwrap().begun, [], "once");
    diary.create(note(&world, &topic(&world))).await.unwrap();
    assert_eq!(all(&carols).await.len(), 3);
    assert_eq!(bobs.query().fetch::<Note>().await.unwrap_err().code(), "revoked");
    for reader in [&diary, &carols] {
        assert_eq!(reader.get::<Note>(written.id).await.unwrap().author, bob.account.id(), "it stays");
    }
    ada.account.verify_changes().await.unwrap();
    // What Ada shows to somebody who trusts no server proves Bob's end with Bob's own cards.
    let mut shown = ada.account.export_evidence().await.unwrap();
    let proven = evidence::verify(&shown).unwrap();
    assert_eq!(proven.accesses[0].1.as_ref().unwrap().revoker, bob.account.id());
    shown.accesses[0].grantee_cards.clear();
    assert_eq!(evidence::verify(&shown).unwrap_err(), evidence::InvalidEvidence::Access { number: 1 });

    // Only a new access brings him back.
    grant(&world, &ada, &bob, &diary, Level::Read).await;
    assert_eq!(all(&received(&bob).await).await.len(), 3);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_granted_onwards_ends_before_its_manager_leaves() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let (carol, dave) = (world.user("carol").await, world.user("dave").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Manage).await;
    let managed = held(&bob).await;
    let theirs = managed.open(diary.scope()).await.unwrap();
    let mut onward = Vec::new();
    for person in [&carol, &dave] {
        let to = Grant::to(&contact(&bob, person).await).on(&theirs, Level::Contribute);
        onward.push(managed.grant(named(&world, to)).await.unwrap().id);
    }
    let written = received(&carol).await.create(note(&world, &topic(&world))).await.unwrap();

    let LeaveError::StillGrants { accesses } = managed.leave().await.unwrap_err() else { panic!("two") };
    let still: BTreeSet<_> = accesses.iter().map(|access| access.id).collect();
    assert_eq!(still, onward.iter().copied().collect());
    // Carol leaves what Bob granted her; Bob sees it, and ends what Dave has.
    held(&carol).await.leave().await.unwrap();
    let seen = managed.granted().await.unwrap();
    for access in &seen {
        assert_eq!(access.was_left(), access.id == onward[0], "{access:?}");
    }
    assert_eq!(managed.revoke(onward[0]).await.unwrap_err().code(), "already-revoked");
    managed.revoke(onward[1]).await.unwrap();
    managed.leave().await.unwrap();
    assert_eq!(theirs.query().fetch::<Note>().await.unwrap_err().code(), "revoked");

    let granted = ada.account.granted().await.unwrap();
    let left: Vec<_> = granted.iter().map(|granted| granted.access.was_left()).collect();
    assert_eq!(left, [true, true, false]);
    assert_eq!(ada.account.maintain().await.unwrap().begun, [(diary.scope(), 1)], "one for all");
    // What Carol wrote stays, by a chain both of whose links were left.
    assert_eq!(diary.get::<Note>(written.id).await.unwrap().author, carol.account.id());
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_on_a_term_is_left_with_all_that_it_reaches() {
    let clinic = Clinic::new().await;
    let (bob, carol) = (clinic.world.user("bob").await, clinic.world.user("carol").await);
    clinic.write(&clinic.diary, &[&clinic.heart]).await;
    clinic.write(&clinic.letters, &[&clinic.heart]).await;
    clinic.grant(&bob, |grant| grant.on_term(&clinic.health, Level::Contribute)).await;
    clinic.grant(&carol, |grant| grant.on_term(&clinic.health, Level::CreateOnly)).await;
    for person in [&bob, &carol] {
        let held = access(person).await;
        held.leave().await.unwrap();
        assert!(held.collections().await.is_err());
    }
    let begun = clinic.ada.account.maintain().await.unwrap().begun;
    assert!(begun.iter().any(|(scope, _)| *scope == clinic.diary.scope()), "{begun:?}");
    assert!(begun.iter().any(|(scope, _)| *scope == clinic.letters.scope()), "{begun:?}");
    assert_eq!(clinic.ada.account.maintain().await.unwrap().begun, []);
    clinic.world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_leaves_a_group_and_nobody_ends_what_the_group_holds() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let (cleo, dan) = (world.user("cleo").await, world.user("dan").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let ward = bob.account.create_group(&world.canary.text("Ward 3")).await.unwrap();
    let found = ada.account.find_group(ward.id()).await.unwrap();
    ada.account.grant(named(&world, Grant::to_group(&found).on(&diary, Level::Read))).await.unwrap();
    for member in [&cleo, &dan] {
        ward.add(&contact(&bob, member).await).await.unwrap();
    }
    let opened = async |member: &User| {
        let memberships = member.account.memberships().await.unwrap();
        let membership = memberships.iter().find(|one| one.access().status == AccessStatus::Active).unwrap();
        let through = membership.received().await.unwrap().pop().unwrap();
        (through.collections().await.unwrap().pop().unwrap(), through)
    };
    let ((cleos, of_group), (dans, _)) = (opened(&cleo).await, opened(&dan).await);
    assert_eq!((all(&cleos).await.len(), all(&dans).await.len()), (1, 1));
    assert_eq!(of_group.leave().await.unwrap_err().code(), "held-by-group");

    let receipt = held(&cleo).await.leave().await.unwrap();
    assert_eq!(receipt.membership_of, Some(ward.id()));
    assert!(receipt.to_string().contains("no longer a member of the group"), "{receipt}");
    assert_eq!(cleos.query().fetch::<Note>().await.unwrap_err().code(), "not-granted");
    assert_eq!(ward.members().await.unwrap().len(), 1);
    assert_eq!(bob.account.maintain().await.unwrap().begun.len(), 1, "the group goes on to its next card");
    assert_eq!(ward.card().await.unwrap().cards(), 2);
    assert_eq!(ada.account.maintain().await.unwrap().begun, [(diary.scope(), 1)]);
    diary.create(note(&world, &topic(&world))).await.unwrap();
    assert_eq!(all(&dans).await.len(), 2);
    assert_eq!(cleos.query().fetch::<Note>().await.unwrap_err().code(), "not-granted");
    // She may come again.
    ward.add(&contact(&bob, &cleo).await).await.unwrap();
    assert_eq!(all(&opened(&cleo).await.0).await.len(), 2);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_and_gets_no_answer_has_left_once() {
    let world = World::start().await;
    let (client, network) = world.hostile();
    let (ada, bob) = (world.user("ada").await, world.user_of(&client, "bob").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Read).await;
    let access = held(&bob).await;
    let lost = network.lose_answers::<Commit>(2);
    access.leave().await.unwrap();
    assert_eq!(lost.count(), 2);
    network.stop();
    assert_eq!(access.leave().await.unwrap_err().code(), "already-revoked");
    assert_eq!(ada.account.maintain().await.unwrap().begun, [(diary.scope(), 1)]);
    world.close().await;
}
