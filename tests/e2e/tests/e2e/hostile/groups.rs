//! Groups and a server that lies about them: forged and old cards, another group in the place of one, and a member who was
//! removed and goes on being served.

use crate::fixture::{contact, named, note, notes, plain_notes, topic};
use pryv_sdk::{Collection, Grant, Level, Suite, account::Group};
use pryv_test_kit::{User, World, light::Loot};
use pryv_wire::{
    ErrorCode, Problem,
    access::ListReceived,
    card::{Cards, GetCards},
    encode,
    scope::OpenScope,
    transaction::{Commit, Operation},
};

async fn grant_to(world: &World, from: &User, group: &Group, collection: &Collection) {
    let found = from.account.find_group(group.id()).await.unwrap();
    let made = named(world, Grant::to_group(&found).on(collection, Level::Read));
    from.account.grant(made).await.unwrap();
}

async fn cards_of(world: &World, who: &User, group: &Group) -> Cards {
    world.by_hand(who).await.call(&GetCards { principal: group.id() }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_an_old_and_a_foreign_card_of_a_group_are_refused() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let bob = world.user_of(&client, "bob").await;
    let cleo = world.user_of(&client, "cleo").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let ward = bob.account.create_group("Ward").await.unwrap();
    let other = bob.account.create_group("Another").await.unwrap();
    grant_to(&world, &ada, &ward, &diary).await;
    ward.add(&contact(&bob, &cleo).await).await.unwrap();

    // A next card that the group's key did not sign: by the owner's own key, by a member's, by nobody's.
    let honest = cards_of(&world, &ada, &ward).await;
    for forger in [&bob, &cleo] {
        let mut next = honest.cards[0].unverified().unwrap();
        (next.sequence, next.previous) = (1, Some(honest.cards[0].digest()));
        let forged = world.by_hand(forger).await.identity.sign(&next);
        let id = ward.id();
        let lie = server.on::<GetCards>(move |asked, answer| {
            if asked.principal == id {
                answer.cards.push(forged.clone());
            }
        });
        assert_eq!(ada.account.find_group(id).await.unwrap_err().code(), "invalid-cards");
        assert!(lie.count() > 0);
        server.stop();
    }
    // Another group in its place, to the grantor and to a member; an account as a group.
    let foreign = cards_of(&world, &ada, &other).await;
    let account = world.by_hand(&ada).await.call(&GetCards { principal: cleo.account.id() }).await.unwrap();
    let membership = cleo.account.memberships().await.unwrap().pop().unwrap();
    for swapped in [foreign, account] {
        server.on::<GetCards>(move |_, answer| answer.cards = swapped.cards.clone());
        assert_eq!(ada.account.find_group(ward.id()).await.unwrap_err().code(), "invalid-cards");
        assert_eq!(membership.received().await.unwrap_err().code(), "invalid-cards");
        server.stop();
    }
    // The card of before, once the next one was seen; and to the owner, who would make the next one on top of it.
    ward.remove(cleo.account.id()).await.unwrap();
    assert_eq!(ada.account.find_group(ward.id()).await.unwrap().cards(), 2);
    let id = ward.id();
    server.on::<GetCards>(move |asked, answer| {
        if asked.principal == id {
            answer.cards.truncate(1);
        }
    });
    assert_eq!(ada.account.find_group(ward.id()).await.unwrap_err().code(), "rolled-back");
    let eve = world.user("eve").await;
    let fresh = client.log_in(&bob.username, &bob.password()).await.unwrap();
    let again = fresh.group(ward.id()).await.unwrap();
    assert_eq!(
        again.card().await.unwrap_err().code(),
        "invalid-cards",
        "the epochs name the card that is hidden"
    );
    server.stop();
    again.add(&fresh.find(&eve.username).await.unwrap()).await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_believes_no_other_group_and_nothing_that_was_not_granted_to_it() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let cleo = world.user_of(&client, "cleo").await;
    let mallory = world.user("mallory").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let ward = bob.account.create_group("Ward").await.unwrap();
    grant_to(&world, &ada, &ward, &diary).await;
    ward.add(&contact(&bob, &cleo).await).await.unwrap();
    let membership = cleo.account.memberships().await.unwrap().pop().unwrap();
    assert_eq!(membership.received().await.unwrap().len(), 1);

    // What was granted to somebody else, and what nobody granted.
    let own =
        world.by_hand(&cleo).await.call(&ListReceived { group: None, limit: 10, after: None }).await.unwrap();
    server.on::<ListReceived>(move |asked, answer| {
        if asked.group.is_some() {
            *answer = own.clone();
        }
    });
    assert_eq!(membership.received().await.unwrap_err().code(), "misplaced");
    server.stop();
    let forger = world.by_hand(&mallory).await.identity.clone();
    server.on::<ListReceived>(move |asked, answer| {
        if asked.group.is_some() {
            let access = answer.accesses[0].statement.unverified().unwrap();
            answer.accesses[0].statement = forger.sign(&access);
        }
    });
    assert_eq!(membership.received().await.unwrap_err().code(), "invented-access");
    let by_groups = cleo.account.received_by_groups().await.unwrap();
    assert!(by_groups.received.is_empty());
    let [(unopened, failure)] = &by_groups.unopened[..] else { panic!("{by_groups:?}") };
    assert_eq!(
        (unopened.group(), failure.code()),
        (ward.id(), "invented-access"),
        "and nobody hides that it lies"
    );
    server.stop();
    // The scope of the group as something else, and an epoch without its card.
    server.on::<OpenScope>(|_, answer| answer.kind = pryv_wire::scope::ScopeKind::collection());
    let again = client.resume(cleo.account.export_session()).unwrap();
    let membership = again.memberships().await.unwrap().pop().unwrap();
    assert_eq!(membership.received().await.unwrap_err().code(), "substituted");
    server.stop();
    server.on_raw::<GetCards>(|answer| {
        answer.status = 404;
        answer.body = encode(&Problem::new(ErrorCode::NotFound));
    });
    assert_eq!(ada.account.find_group(mallory.account.id()).await.unwrap_err().code(), "not-found");
    server.stop();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_member_who_goes_on_being_served_gets_what_is_written_until_the_owner_returns() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let (cleo, dan) = (world.user("cleo").await, world.user("dan").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let texts = [(); 3].map(|()| note(&world, &topic(&world)));
    diary.create(&texts[0]).await.unwrap();
    let ward = bob.account.create_group(&world.canary.text("Ward")).await.unwrap();
    grant_to(&world, &ada, &ward, &diary).await;
    for member in [&cleo, &dan] {
        ward.add(&contact(&bob, member).await).await.unwrap();
    }
    ward.remove(cleo.account.id()).await.unwrap();
    diary.create(&texts[1]).await.unwrap();
    ada.account.maintain().await.unwrap();
    diary.create(&texts[2]).await.unwrap();

    // Every transaction that reached the server, whatever it deleted since.
    let mut loot = Loot::default();
    for commit in world.recorder.requests::<Commit>() {
        loot.keep(&commit);
    }
    let owner = world.by_hand(&ada).await.cards().await;
    let mut opened = Vec::new();
    for who in [&cleo, &dan] {
        let by = world.by_hand(who).await;
        let contents = loot.break_open(&by.identity, &owner).contents;
        opened.push(texts.each_ref().map(|note| {
            let text = note.text.as_bytes();
            contents.iter().any(|content| content.windows(text.len()).any(|window| window == text))
        }));
    }
    assert_eq!(opened[0], [true, true, false], "Cleo, with the server: closed once Ada's client has run");
    assert_eq!(opened[1], [true, true, true], "Dan, who is a member");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slice_that_was_renewed_for_one_collection_is_closed_to_a_removed_member_in_the_others() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let (cleo, dan) = (world.user("cleo").await, world.user("dan").await);
    let ontology = crate::stories::ontologies::ontology(&world, &ada).await;
    let health = ontology.create_term(world.canary.text("health"), None).await.unwrap();
    let diary = ada.account.define(plain_notes(&world).linked_to(ontology.uri())).await.unwrap();
    let other = ada.account.define(plain_notes(&world).linked_to(ontology.uri())).await.unwrap();
    let ward = bob.account.create_group("Ward").await.unwrap();
    for member in [&cleo, &dan] {
        ward.add(&contact(&bob, member).await).await.unwrap();
    }
    let found = ada.account.find_group(ward.id()).await.unwrap();
    let on_term = Grant::to_group(&found).on_term(&health, Level::Read);
    let slice = ada.account.grant(named(&world, on_term)).await.unwrap().scopes[0].scope;
    ward.remove(cleo.account.id()).await.unwrap();
    // Before Ada's upkeep runs, she migrates one of the collections, and with it the slice; the slice alone says afterwards that
    // it has followed the group.
    diary.migrate(Suite::HYBRID).await.unwrap();
    ada.account.maintain().await.unwrap();

    // What is written to the other one is under a slice whose keys Cleo was not given.
    let commits = world.recorder.requests::<Commit>();
    let begun =
        commits.iter().flat_map(|commit| &commit.operations).filter_map(|operation| match operation {
            Operation::BeginEpoch { epoch } => Some((epoch.statement.unverified().unwrap(), &epoch.entries)),
            _ => None,
        });
    let begun: Vec<_> = begun.collect();
    let present = |scope| begun.iter().rfind(|(epoch, _)| epoch.scope == scope).unwrap();
    let (of_slice, _) = present(slice);
    assert_eq!(of_slice.groups[0].card, 1, "sealed to the card that followed the removal");
    for scope in [diary.scope(), other.scope()] {
        let under: Vec<_> = present(scope).1.iter().map(|entry| (entry.slice, entry.slice_epoch)).collect();
        assert_eq!(under, [(slice, of_slice.epoch)], "{scope}");
    }
    other.create_in([&health], note(&world, &topic(&world))).await.unwrap();
    let dans = dan.account.memberships().await.unwrap().pop().unwrap().received().await.unwrap();
    assert_eq!(crate::fixture::all(&dans[0].open(other.scope()).await.unwrap()).await.len(), 1);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_that_open_to_no_member_make_none_look_for_another_epoch_each() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let cleo = world.user_of(&client, "cleo").await;
    let ward = bob.account.create_group("Ward").await.unwrap();
    ward.add(&contact(&bob, &cleo).await).await.unwrap();
    for _ in 0..3 {
        let diary = ada.account.define(plain_notes(&world)).await.unwrap();
        grant_to(&world, &ada, &ward, &diary).await;
    }
    // As Ada could have made them.
    let signer = world.by_hand(&ada).await.identity.clone();
    server.on::<ListReceived>(move |asked, answer| {
        for state in answer.accesses.iter_mut().filter(|_| asked.group.is_some()) {
            let mut access = state.statement.unverified().unwrap();
            access.note = pryv_wire::Bytes::from(vec![7; 64]);
            state.statement = signer.sign(&access);
        }
    });
    let opens =
        || world.recorder.requests::<OpenScope>().iter().filter(|open| open.scope == ward.scope()).count();
    let before = opens();
    let membership = cleo.account.memberships().await.unwrap().pop().unwrap();
    let received = membership.received().await.unwrap();
    assert!(received.len() == 3 && received.iter().all(|received| received.access.unreadable));
    assert_eq!(opens() - before, 2, "once, and once more for all of them");
    world.close().await;
}
