//! Groups: what is granted to a group is read by its members of the moment, and whoever granted it does nothing about them.

use crate::fixture::{all, contact, grant, named, note, notes, topic};
use pryv_sdk::{
    AccessStatus, Collection, Grant, Level, ReceivedAccess,
    account::{Group, Membership},
};
use pryv_test_kit::{User, World};

/// The one group that somebody is a member of.
async fn membership(user: &User) -> Membership {
    let mut memberships = user.account.memberships().await.unwrap();
    assert_eq!(memberships.len(), 1);
    memberships.pop().unwrap()
}

/// The one access that the group of somebody received.
async fn through_group(user: &User) -> ReceivedAccess {
    let mut received = membership(user).await.received().await.unwrap();
    assert_eq!(received.len(), 1);
    received.pop().unwrap()
}

async fn opened(user: &User) -> Collection {
    through_group(user).await.collections().await.unwrap().pop().unwrap()
}

async fn grant_to(world: &World, from: &User, group: &Group, collection: &Collection) -> pryv_sdk::AccessId {
    let found = from.account.find_group(group.id()).await.unwrap();
    let made = named(world, Grant::to_group(&found).on(collection, Level::Read));
    from.account.grant(made).await.unwrap().id
}

async fn query_code(collection: &Collection) -> &'static str {
    collection.query().fetch::<crate::fixture::Note>().await.unwrap_err().code()
}

#[tokio::test(flavor = "multi_thread")]
async fn members_come_and_go_and_who_granted_does_nothing() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let (cleo, dan) = (world.user("cleo").await, world.user("dan").await);
    let glucose = ada.account.define(notes(&world)).await.unwrap();
    glucose.create(note(&world, &topic(&world))).await.unwrap();

    let title = world.canary.text("Ward 3");
    let ward = bob.account.create_group(&title).await.unwrap();
    assert_eq!(ward.title(), title);
    let found = ada.account.find_group(ward.id()).await.unwrap();
    assert_eq!((found.id(), found.account()), (ward.id(), bob.account.id()));
    let to_ward = grant_to(&world, &ada, &ward, &glucose).await;

    ward.add(&contact(&bob, &cleo).await).await.unwrap();
    let cleos = opened(&cleo).await;
    assert_eq!(all(&cleos).await.len(), 1, "what was written before she came");
    assert_eq!(membership(&cleo).await.title().await.unwrap(), title);
    let held = through_group(&cleo).await;
    assert_eq!((held.access.id, held.access.account), (to_ward, ada.account.id()));
    assert_eq!((held.access.grantee, held.through_group()), (ward.id(), Some(ward.id())));
    assert!(!held.access.unreadable, "the name of the access opens to members");
    // A member reads, and writes nothing.
    assert_eq!(cleos.create(note(&world, &topic(&world))).await.unwrap_err().code(), "read-only");

    ward.add(&contact(&bob, &dan).await).await.unwrap();
    let dans = opened(&dan).await;
    assert_eq!(all(&dans).await.len(), 1);
    assert_eq!(ward.members().await.unwrap().len(), 2);

    // Bob removes Cleo, and Ada does nothing: the server gives Cleo nothing any longer, and Dan notices nothing.
    let receipts = ward.remove(cleo.account.id()).await.unwrap();
    assert_eq!((receipts.len(), receipts[0].membership_of), (1, Some(ward.id())));
    assert!(receipts[0].to_string().contains("no longer a member of the group"), "{}", receipts[0]);
    assert_eq!(ward.remove(cleo.account.id()).await.unwrap_err().code(), "not-found");
    glucose.create(note(&world, &topic(&world))).await.unwrap();
    assert_eq!(query_code(&cleos).await, "not-granted");
    let gone = membership(&cleo).await;
    assert!(matches!(gone.access().status, AccessStatus::Revoked { .. }));
    assert_eq!(gone.received().await.unwrap_err().code(), "revoked");
    assert_eq!(cleo.account.received_by_groups().await.unwrap().received.len(), 0);
    assert_eq!(all(&dans).await.len(), 2);
    assert_eq!(ward.card().await.unwrap().cards(), 2);

    // When Ada's client runs next, it seals to the group's next card; Dan follows without being asked.
    assert_eq!(ada.account.maintain().await.unwrap().begun, [(glucose.scope(), 1)]);
    assert_eq!(ada.account.maintain().await.unwrap().begun, [], "once");
    glucose.create(note(&world, &topic(&world))).await.unwrap();
    assert_eq!(all(&dans).await.len(), 3);
    assert_eq!(query_code(&cleos).await, "not-granted");
    assert_eq!(all(&opened(&dan).await).await.len(), 3);

    // Somebody who comes now reads what the group was given before.
    let eve = world.user("eve").await;
    ward.add(&contact(&bob, &eve).await).await.unwrap();
    assert_eq!(all(&opened(&eve).await).await.len(), 3);

    let receipt = ada.account.revoke(to_ward).await.unwrap();
    assert!(receipt.to_group && receipt.to_string().contains("any of its members"), "{receipt}");
    assert_eq!(receipt.scopes[0].served.len(), 2, "what any member was given");
    glucose.create(note(&world, &topic(&world))).await.unwrap();
    for reader in [&dans, &cleos] {
        assert!(["revoked", "not-granted"].contains(&query_code(reader).await));
    }
    assert_eq!(through_group(&dan).await.access.check().unwrap_err().reason.code(), "revoked");
    // The audit says who read, and by which access.
    let entries = ada.account.audit().entries().await.unwrap().entries;
    let by = |user: &User| {
        entries
            .iter()
            .filter(|line| line.principal == user.account.id() && line.access == Some(to_ward))
            .count()
    };
    assert!(by(&cleo) > 0 && by(&dan) > 0 && by(&eve) > 0);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_ones_own_and_somebody_who_reads_by_itself_as_well() {
    let world = World::start().await;
    let (ada, cleo) = (world.user("ada").await, world.user("cleo").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let family = ada.account.create_group("Family").await.unwrap();
    grant_to(&world, &ada, &family, &diary).await;
    family.add(&contact(&ada, &cleo).await).await.unwrap();
    assert_eq!(all(&opened(&cleo).await).await.len(), 1);
    // Her own device and a later one find the group again.
    assert_eq!(ada.account.groups().await.unwrap().len(), 1);
    assert_eq!(ada.account.group(family.id()).await.unwrap().title(), "Family");
    // Who reads by itself as well goes on when it leaves the group.
    grant(&world, &ada, &cleo, &diary, Level::Contribute).await;
    family.remove(cleo.account.id()).await.unwrap();
    ada.account.maintain().await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let own = cleo.account.received().await.unwrap();
    let own = own.iter().find(|received| received.membership().is_none()).unwrap();
    let own = own.open(diary.scope()).await.unwrap();
    assert_eq!(all(&own).await.len(), 2);
    own.create(note(&world, &topic(&world))).await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_a_third_step_or_a_write_is_refused() {
    let world = World::start().await;
    let (ada, bob, cleo) = (world.user("ada").await, world.user("bob").await, world.user("cleo").await);
    let diary = ada.account.define(crate::fixture::plain_notes(&world)).await.unwrap();
    let ward = bob.account.create_group("Ward").await.unwrap();
    let found = ada.account.find_group(ward.id()).await.unwrap();
    for level in [Level::Contribute, Level::CreateOnly, Level::Manage] {
        let refused = ada.account.grant(Grant::to_group(&found).on(&diary, level)).await.unwrap_err();
        assert_eq!(refused.code(), "group-level", "{level:?}");
    }
    // A manager's grantee is no group.
    grant(&world, &ada, &cleo, &diary, Level::Manage).await;
    let held = cleo.account.received().await.unwrap().pop().unwrap();
    let managed = held.open(diary.scope()).await.unwrap();
    let to = cleo.account.find_group(ward.id()).await.unwrap();
    let refused = held.grant(Grant::to_group(&to).on(&managed, Level::Read)).await.unwrap_err();
    assert_eq!(refused.code(), "too-deep");
    // Nobody is found as a group who is none, and a membership has the group's history.
    assert_eq!(ada.account.find_group(bob.account.id()).await.unwrap_err().code(), "not-found");
    let late = ward.membership(&contact(&bob, &cleo).await).without_history();
    assert_eq!(bob.account.grant(late).await.unwrap_err().code(), "membership");
    assert_eq!(bob.account.create_group("").await.unwrap_err().code(), "group-title");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_reads_a_part_of_an_ontology_with_and_without_history() {
    let world = World::start().await;
    let (ada, bob, cleo) = (world.user("ada").await, world.user("bob").await, world.user("cleo").await);
    let ontology = super::ontologies::ontology(&world, &ada).await;
    let diary = crate::fixture::plain_notes(&world).linked_to(ontology.uri());
    let diary = ada.account.define(diary).await.unwrap();
    let health = ontology.create_term(world.canary.text("health"), None).await.unwrap();
    let money = ontology.create_term(world.canary.text("money"), None).await.unwrap();
    for term in [&health, &money] {
        diary.create_in([term], note(&world, &topic(&world))).await.unwrap();
    }
    let ward = bob.account.create_group("Ward").await.unwrap();
    ward.add(&contact(&bob, &cleo).await).await.unwrap();
    let found = ada.account.find_group(ward.id()).await.unwrap();
    let on_term = Grant::to_group(&found).on_term(&health, Level::Read);
    let first = ada.account.grant(named(&world, on_term)).await.unwrap();
    assert_eq!(all(&opened(&cleo).await).await.len(), 1, "what is under the term, and nothing beside");
    // The members change, and what is written then is read by who is one.
    let dan = world.user("dan").await;
    ward.add(&contact(&bob, &dan).await).await.unwrap();
    ward.remove(cleo.account.id()).await.unwrap();
    ada.account.maintain().await.unwrap();
    diary.create_in([&health], note(&world, &topic(&world))).await.unwrap();
    assert_eq!(all(&opened(&dan).await).await.len(), 2);
    ada.account.revoke(first.id).await.unwrap();

    let late = Grant::to_group(&found).on(&diary, Level::Read).without_history();
    let late = ada.account.grant(named(&world, late)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let received = membership(&dan).await.received().await.unwrap();
    let held = received.iter().find(|received| received.access.id == late.id).unwrap();
    let by_late = held.open(diary.scope()).await.unwrap();
    assert_eq!(all(&by_late).await.len(), 1, "from the grant on");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_goes_on_when_owner_member_and_grantor_replace_their_keys() {
    let world = World::start().await;
    let (ada, bob, cleo) = (world.user("ada").await, world.user("bob").await, world.user("cleo").await);
    for user in [&ada, &bob, &cleo] {
        user.account.add_this_device(&world.canary.text("name of a device")).await.unwrap();
    }
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let ward = bob.account.create_group("Ward").await.unwrap();
    grant_to(&world, &ada, &ward, &diary).await;
    ward.add(&contact(&bob, &cleo).await).await.unwrap();
    assert_eq!(all(&opened(&cleo).await).await.len(), 1);
    for (turn, user) in [&bob, &cleo, &ada].into_iter().enumerate() {
        user.account.rotate().await.unwrap();
        // Whoever signed, granted or was granted something goes on with the next keys when its client runs.
        bob.account.maintain().await.unwrap();
        ada.account.maintain().await.unwrap();
        diary.create(note(&world, &topic(&world))).await.unwrap();
        assert_eq!(all(&opened(&cleo).await).await.len(), turn + 2);
    }
    let found = ada.account.find_group(ward.id()).await.unwrap();
    assert!(found.cards() >= 2, "a rotation of the owner's is a next card of the group");
    // The group's next card is signed with the key of before, and carries the one of now.
    ward.remove(cleo.account.id()).await.unwrap();
    assert_eq!(ward.card().await.unwrap().cards(), found.cards() + 1);
    world.close().await;
}
