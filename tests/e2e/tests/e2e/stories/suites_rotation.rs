//! Suites and account secrets: owners, readers and managers replace theirs, in collections of every suite, and all go on.

use super::ontologies::ontology;
use crate::fixture::{Note, all, contact, named, note, plain_notes, topic};
use pryv_sdk::{AccessStatus, Collection, Grant, Level, ReceivedAccess, Silent, Suite, Term};
use pryv_test_kit::{User, World, clock::hours};

/// A collection of Ada's in one suite, with who reads it, by itself and by a term.
struct Shared {
    diary: Collection,
    term: Term,
    written: Vec<Note>,
}

/// The accesses of a user's that count and that reach a collection.
async fn accesses(user: &User, of: &Collection) -> Vec<ReceivedAccess> {
    let mut found = Vec::new();
    for received in user.account.received().await.unwrap() {
        let active = received.access.status == AccessStatus::Active;
        if active && received.open(of.scope()).await.is_ok() {
            found.push(received);
        }
    }
    found
}

async fn opened(user: &User, of: &Collection) -> Collection {
    accesses(user, of).await.pop().expect("an access").open(of.scope()).await.unwrap()
}

impl Shared {
    fn narrow(&self, grant: Grant, level: Level) -> Grant {
        grant.on_term(&self.term, level).labels(false).within_collections([&self.diary])
    }

    async fn write(&mut self, world: &World, by: Option<&User>) {
        let new = note(world, &topic(world));
        match by {
            None => self.diary.create_in([&self.term], &new).await.unwrap(),
            Some(user) => opened(user, &self.diary).await.create_in([&self.term], &new).await.unwrap(),
        };
        self.written.push(new);
    }

    async fn assert_read_by(&self, readers: &[&User], when: &str) {
        let suite = self.diary.suite();
        assert_eq!(all(&self.diary).await, self.written, "{suite:?} {when}: the owner");
        for user in readers {
            let shared = opened(user, &self.diary).await;
            assert_eq!(all(&shared).await, self.written, "{suite:?} {when}: {}", user.username);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_replaced_on_every_side_in_every_suite() {
    let world = World::start().await;
    let (ada, bob, carol, dave) = (
        world.user("ada").await,
        world.user("bob").await,
        world.user("carol").await,
        world.user("dave").await,
    );
    let erin = world.user("erin").await;
    let tree = ontology(&world, &ada).await;
    let mut shared = Vec::new();
    for suite in [Suite::HYBRID, Suite::LIGHT] {
        let definition = plain_notes(&world).linked_to(tree.uri());
        let diary = ada.account.define(definition).suite(suite).await.unwrap();
        let term = tree.create_term(world.canary.text("term"), None).await.unwrap();
        let mut one = Shared { diary, term, written: Vec::new() };
        one.write(&world, None).await;
        // Bob by the collection; Carol by the term, which she manages; Dave by her.
        let to_bob = Grant::to(&contact(&ada, &bob).await).on(&one.diary, Level::Contribute);
        ada.account.grant(named(&world, to_bob)).await.unwrap();
        let to_carol = one.narrow(Grant::to(&contact(&ada, &carol).await), Level::Manage);
        ada.account.grant(named(&world, to_carol)).await.unwrap();
        let held = accesses(&carol, &one.diary).await.pop().unwrap();
        let to_dave = one.narrow(Grant::to(&contact(&carol, &dave).await), Level::Read);
        held.grant(named(&world, to_dave)).await.unwrap();
        one.assert_read_by(&[&bob, &carol, &dave], "at first").await;
        shared.push(one);
    }

    ada.account.rotate().await.unwrap();
    for one in &mut shared {
        one.write(&world, None).await;
        one.write(&world, Some(&bob)).await;
        one.assert_read_by(&[&bob, &carol, &dave], "under Ada's next card").await;
    }

    // The grantee's and the manager's, and what Ada's upkeep makes of it.
    world.clock.advance(hours(1));
    bob.account.rotate().await.unwrap();
    carol.account.rotate().await.unwrap();
    ada.account.maintain().await.unwrap();
    for one in &mut shared {
        one.write(&world, None).await;
        one.write(&world, Some(&bob)).await;
        one.write(&world, Some(&carol)).await;
        one.assert_read_by(&[&bob, &carol, &dave], "under Bob's and Carol's").await;
    }

    // Hard: transform keys lead to the cards that the accesses name, and what Carol granted leads on from hers.
    for one in &mut shared {
        let suite = one.diary.suite();
        let rotated = one.diary.rotate().hard().await.unwrap();
        assert_eq!((rotated.suite, rotated.generation), (suite, Some(1)));
        one.write(&world, None).await;
        one.assert_read_by(&[&bob, &carol, &dave], "in another generation").await;
        let held = accesses(&carol, &one.diary).await.pop().unwrap();
        let to_erin = one.narrow(Grant::to(&contact(&carol, &erin).await), Level::Read);
        held.grant(named(&world, to_erin)).await.unwrap();
        one.assert_read_by(&[&erin], "let in by Carol since").await;
    }

    // An account secret that is replaced once more, on top of it all; and what was written is put under the present keys.
    ada.account.rotate().await.unwrap();
    for one in &mut shared {
        one.write(&world, None).await;
        one.diary.rewrap(&mut Silent).await.unwrap();
        one.assert_read_by(&[&bob, &carol, &dave, &erin], "put under the present keys").await;
        let there = world.client().log_in(&ada.username, &ada.password()).await.unwrap();
        let afresh = there.collection(&one.diary.definition().uri).await.unwrap();
        assert_eq!(all(&afresh).await, one.written);
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_in_a_weaker_suite_is_put_under_the_keys_of_the_stronger_one() {
    let world = World::start().await;
    let (ada, bob, carol) = (world.user("ada").await, world.user("bob").await, world.user("carol").await);
    let tree = ontology(&world, &ada).await;
    let definition = plain_notes(&world).linked_to(tree.uri());
    let diary = ada.account.define(definition).suite(Suite::LIGHT).await.unwrap();
    let term = tree.create_term(world.canary.text("term"), None).await.unwrap();
    let mut one = Shared { diary, term, written: Vec::new() };
    one.write(&world, None).await;
    let to_bob = Grant::to(&contact(&ada, &bob).await).on(&one.diary, Level::Contribute);
    ada.account.grant(named(&world, to_bob)).await.unwrap();
    let to_carol = one.narrow(Grant::to(&contact(&ada, &carol).await), Level::Read);
    ada.account.grant(named(&world, to_carol)).await.unwrap();
    one.write(&world, Some(&bob)).await;
    for suite in [Suite::CLASSIC, Suite::HYBRID] {
        one.diary.migrate(suite).await.unwrap();
        one.diary.rewrap(&mut Silent).await.unwrap();
        one.write(&world, Some(&bob)).await;
        one.assert_read_by(&[&bob, &carol], "put under the keys of another suite").await;
    }
    world.close().await;
}
