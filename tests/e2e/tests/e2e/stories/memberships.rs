//! Memberships: accepted before anything is opened, one at a time, ended by date or by hand; and what upkeep and receipts make
//! of groups.

use crate::fixture::{all, contact, grant, named, note, plain_notes, topic};
use pryv_sdk::{AccessId, AccessStatus, Collection, Grant, Level, Resolved, Uri, account::Group};
use pryv_test_kit::{User, World, clock::hours};
use pryv_wire::scope::OpenScope;

async fn grant_to(world: &World, from: &User, group: &Group, collection: &Collection) -> AccessId {
    let found = from.account.find_group(group.id()).await.unwrap();
    let made = named(world, Grant::to_group(&found).on(collection, Level::Read));
    from.account.grant(made).await.unwrap().id
}

/// What somebody opens of a collection by the group's access.
async fn opened(user: &User, access: AccessId) -> Collection {
    for membership in user.account.memberships().await.unwrap() {
        if membership.access().status != AccessStatus::Active {
            continue;
        }
        for received in membership.received().await.unwrap() {
            if received.access.id == access {
                return received.collections().await.unwrap().pop().unwrap();
            }
        }
    }
    panic!("no membership opens {access}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_a_stranger_is_opened_once_its_membership_was_accepted() {
    let world = World::start().await;
    let (ada, mallory) = (world.user("ada").await, world.user("mallory").await);
    let (bob, cleo) = (world.user("bob").await, world.user("cleo").await);
    let diary = ada.account.define(plain_notes(&world)).await.unwrap();
    let ward = bob.account.create_group("Ward").await.unwrap();
    let trap = mallory.account.create_group("Trap").await.unwrap();
    grant(&world, &ada, &cleo, &diary, Level::Read).await;
    let to_ward = grant_to(&world, &ada, &ward, &diary).await;
    for (owner, group) in [(&bob, &ward), (&mallory, &trap)] {
        group.add(&contact(owner, &cleo).await).await.unwrap();
    }
    let asked = |scope| {
        let opens = world.recorder.requests::<OpenScope>();
        opens.iter().filter(|open| open.scope == scope && open.account != cleo.account.id()).count()
    };
    let (of_ward, of_trap) = (asked(ward.scope()), asked(trap.scope()));
    let by_groups = cleo.account.received_by_groups().await.unwrap();
    assert_eq!((by_groups.received.len(), by_groups.not_accepted.len()), (0, 2));
    // What she was granted herself is found by itself.
    let uri = Uri::Collection { account: ada.account.id(), collection: diary.scope() };
    assert!(matches!(cleo.account.resolve(&uri).await.unwrap(), Resolved::Collection(_)));
    assert_eq!((asked(ward.scope()), asked(trap.scope())), (of_ward, of_trap), "nobody opened a group");

    let of_bob = cleo.account.memberships().await.unwrap();
    let of_bob = of_bob.iter().find(|membership| membership.account() == bob.account.id()).unwrap();
    assert!(!of_bob.is_accepted());
    assert_eq!(of_bob.received().await.unwrap().len(), 1);
    assert!(of_bob.is_accepted());
    // And stays accepted in a later run.
    let later = world.client().resume(cleo.account.export_session()).unwrap();
    let by_groups = later.received_by_groups().await.unwrap();
    let ids: Vec<_> = by_groups.received.iter().map(|received| received.access.id).collect();
    assert_eq!((ids, by_groups.not_accepted.len(), by_groups.unopened.len()), (vec![to_ward], 1, 0));
    let uri = Uri::Access { account: ada.account.id(), access: to_ward };
    assert!(matches!(later.resolve(&uri).await.unwrap(), Resolved::Access(found) if found.id == to_ward));
    assert_eq!(asked(trap.scope()), of_trap, "the stranger's group stays closed");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_a_member_once_until_removed_also_behind_its_dates() {
    let world = World::start().await;
    let (bob, cleo) = (world.user("bob").await, world.user("cleo").await);
    let ward = bob.account.create_group("Ward").await.unwrap();
    let to_cleo = contact(&bob, &cleo).await;
    let until = world.clock.in_a_while(hours(1));
    let dated = bob.account.grant(ward.membership(&to_cleo).until(until)).await.unwrap();
    assert_eq!(ward.add(&to_cleo).await.unwrap().id, dated.id, "who is a member already stays as it is");
    let again = bob.account.grant(ward.membership(&to_cleo)).await.unwrap_err();
    assert_eq!(again.code(), "already-exists");
    world.clock.advance(hours(2));
    assert_eq!(ward.members().await.unwrap().len(), 0);
    // An expired one is removed like another, and does not stand in the way of the next.
    let next = ward.add(&to_cleo).await.unwrap();
    assert_ne!(next.id, dated.id);
    let ended: Vec<_> =
        ward.remove(cleo.account.id()).await.unwrap().iter().map(|receipt| receipt.access).collect();
    assert_eq!(ended, [dated.id, next.id]);
    assert_eq!(ward.remove(cleo.account.id()).await.unwrap_err().code(), "not-found");
    assert_eq!(ward.removals_left(), 997);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_names_the_groups_that_read_on() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let (cleo, dan) = (world.user("cleo").await, world.user("dan").await);
    let diary = ada.account.define(plain_notes(&world)).await.unwrap();
    let family = ada.account.create_group("Family").await.unwrap();
    let to_family = grant_to(&world, &ada, &family, &diary).await;
    family.add(&contact(&ada, &cleo).await).await.unwrap();
    // Of her own group Ada knows who is a member.
    for (who, still) in [(&cleo, vec![to_family]), (&dan, vec![])] {
        let access = grant(&world, &ada, who, &diary, Level::Read).await;
        let receipt = ada.account.revoke(access.id).await.unwrap();
        let words = receipt.to_string();
        assert_eq!(receipt.scopes[0].still_read_by, still, "{words}");
        assert_eq!(receipt.scopes[0].groups_read_by, []);
        assert_eq!(words.contains("You need not believe"), still.is_empty(), "{words}");
    }
    // Of Bob's she does not.
    let ward = bob.account.create_group("Ward").await.unwrap();
    let to_ward = grant_to(&world, &ada, &ward, &diary).await;
    let access = grant(&world, &ada, &dan, &diary, Level::Read).await;
    let receipt = ada.account.revoke(access.id).await.unwrap();
    assert_eq!(receipt.scopes[0].groups_read_by, [to_ward]);
    let words = receipt.to_string();
    assert!(!words.contains("You need not believe") && !words.contains("closed to the holder"), "{words}");
    ward.add(&contact(&bob, &dan).await).await.unwrap();
    let removal = ward.remove(dan.account.id()).await.unwrap().pop().unwrap().to_string();
    assert!(!removal.contains("You need not believe") && removal.contains("new keys"), "{removal}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_groups_and_what_they_were_granted_are_renewed_in_whatever_order_they_are_listed() {
    let world = World::start().await;
    let (ada, cleo, dan) = (world.user("ada").await, world.user("cleo").await, world.user("dan").await);
    ada.account.add_this_device(&world.canary.text("name of a device")).await.unwrap();
    let diary = ada.account.define(plain_notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let (mut before, mut behind) = (None, None);
    while before.is_none() || behind.is_none() {
        let group = ada.account.create_group("Family").await.unwrap();
        let place = if group.scope() < diary.scope() { &mut before } else { &mut behind };
        *place = Some(group);
    }
    let groups = [before.unwrap(), behind.unwrap()];
    let until = world.clock.in_a_while(hours(1));
    let mut by = Vec::new();
    for group in &groups {
        by.push(grant_to(&world, &ada, group, &diary).await);
        group.add(&contact(&ada, &cleo).await).await.unwrap();
        ada.account.grant(group.membership(&contact(&ada, &dan).await).until(until)).await.unwrap();
    }
    let dated = Grant::to(&contact(&ada, &dan).await).on(&diary, Level::Read).until(until);
    ada.account.grant(named(&world, dated)).await.unwrap();
    world.clock.advance(hours(2));

    // All three are due at once: the groups by a member whose dates are over, the diary by a reader.
    let begun = ada.account.maintain().await.unwrap().begun;
    let mut scopes: Vec<_> = begun.iter().map(|(scope, _)| *scope).collect();
    scopes.sort_unstable();
    assert_eq!(scopes, [groups[0].scope(), diary.scope(), groups[1].scope()]);
    assert_eq!(ada.account.maintain().await.unwrap().begun, [], "once");
    // And by a rotation.
    ada.account.rotate().await.unwrap();
    assert_eq!(ada.account.under_replaced_keys().await.unwrap(), []);
    assert_eq!(ada.account.maintain().await.unwrap().begun, []);
    diary.create(note(&world, &topic(&world))).await.unwrap();
    for access in by {
        assert_eq!(all(&opened(&cleo, access).await).await.len(), 2);
    }
    world.close().await;
}
