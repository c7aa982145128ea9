//! Rewrapping after a revocation: what was written before lies under keys that the revoked reader never gets.

use super::ontologies::ontology;
use crate::fixture::{Note, all, contact, grant, named, note, plain_notes, received, topic};
use pryv_sdk::{Collection, Grant, Level, Silent};
use pryv_test_kit::{User, World, light::Loot};
use pryv_wire::{
    Bytes, decode,
    record::{Envelope, GetRecord},
    transaction::Commit,
};

/// What the server stores of each record of a collection now.
async fn stored(world: &World, owner: &User, of: &Collection) -> Vec<Bytes> {
    let (by_hand, mut all) = (world.by_hand(owner).await, Vec::new());
    for record in of.query().all::<Note>(&mut Silent).await.unwrap().records {
        let get = GetRecord { account: owner.account.id(), scope: of.scope(), record: record.id };
        all.push(by_hand.call(&get).await.unwrap().record);
    }
    all
}

/// The contents that somebody opens of what the server stores now, with every key that it ever had.
async fn opened_by(world: &World, who: &User, owner: &User, now: &[Bytes]) -> usize {
    let mut loot = Loot::default();
    world.recorder.requests::<Commit>().iter().for_each(|commit| loot.keep(commit));
    loot.records = now.to_vec();
    let cards = world.by_hand(owner).await.cards().await;
    loot.break_open(&world.by_hand(who).await.identity, &cards).contents.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_revocation_what_was_written_before_goes_under_the_new_keys() {
    let world = World::start().await;
    let (ada, bob, carol) = (world.user("ada").await, world.user("bob").await, world.user("carol").await);
    let dora = world.user("dora").await;
    let ontology = ontology(&world, &ada).await;
    let diary = ada.account.define(plain_notes(&world).linked_to(ontology.uri())).await.unwrap();
    let health = ontology.create_term(world.canary.text("health"), None).await.unwrap();
    let to_bob = grant(&world, &ada, &bob, &diary, Level::Contribute).await;
    grant(&world, &ada, &carol, &diary, Level::Read).await;
    let on_term = Grant::to(&contact(&ada, &dora).await).on_term(&health, Level::Read);
    ada.account.grant(named(&world, on_term)).await.unwrap();

    // Ada writes two notes, one of them under a term; Bob one.
    let sleep = topic(&world);
    diary.create(note(&world, &sleep)).await.unwrap();
    let filed = note(&world, &topic(&world));
    diary.create_in([&health], &filed).await.unwrap();
    let bobs = note(&world, &topic(&world));
    received(&bob).await.create(&bobs).await.unwrap();
    let too_early = ada.account.rewrap(to_bob.id, &mut Silent).await.unwrap_err();
    assert_eq!(too_early.code(), "not-revoked");

    ada.account.revoke(to_bob.id).await.unwrap();
    let before = stored(&world, &ada, &diary).await;
    assert_eq!(opened_by(&world, &bob, &ada, &before).await, 2, "Bob's keys open what Ada wrote before");

    let mut told = Vec::new();
    let done = ada.account.rewrap(to_bob.id, &mut |done, _| told.push(done)).await.unwrap();
    assert_eq!((done.rewrapped, done.present, done.unusable), (3, 0, 0));
    assert_eq!(told, [3]);
    let after = stored(&world, &ada, &diary).await;
    assert_eq!(opened_by(&world, &bob, &ada, &after).await, 0, "and nothing of what is stored now");
    assert_eq!(opened_by(&world, &carol, &ada, &after).await, 2, "the harness opens it for who remains");
    for (before, after) in before.iter().zip(&after) {
        let (before, after): (Envelope, Envelope) = (decode(before).unwrap(), decode(after).unwrap());
        assert_eq!(before.protected, after.protected);
        assert_eq!(before.ciphertext, after.ciphertext);
        assert_eq!(before.signature, after.signature);
        assert_ne!(before.placement, after.placement);
    }

    // Nobody else notices: content, authors, questions by index, readers of the collection and of the term.
    let records = diary.query().fetch::<Note>().await.unwrap().records;
    assert_eq!(records.iter().map(|record| record.version).collect::<Vec<_>>(), [1, 1, 1]);
    assert_eq!((&records[2].data, records[2].author), (&bobs, bob.account.id()));
    assert_eq!(diary.query().eq("/topic", sleep.as_str()).fetch::<Note>().await.unwrap().records.len(), 1);
    assert_eq!(all(&received(&carol).await).await, all(&diary).await);
    let doras = dora.account.received().await.unwrap().pop().unwrap().open(diary.scope()).await.unwrap();
    assert_eq!(all(&doras).await, [filed]);

    // Once more: nothing is left to do.
    let again = ada.account.rewrap(to_bob.id, &mut Silent).await.unwrap();
    assert_eq!((again.rewrapped, again.present), (0, 3));
    let reads = received(&carol).await.rewrap(&mut Silent).await.unwrap_err();
    assert_eq!(reads.code(), "read-only");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rewrapping_goes_on_beside_who_writes_and_over_many_pages() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let diary = ada.account.define(plain_notes(&world)).await.unwrap();
    let to_bob = grant(&world, &ada, &bob, &diary, Level::Read).await;
    let notes: Vec<_> = (0..230).map(|_| note(&world, &topic(&world))).collect();
    diary.create_many(&notes, &mut Silent).await.unwrap();
    ada.account.revoke(to_bob.id).await.unwrap();

    let elsewhere = world.client().log_in(&ada.username, &ada.password()).await.unwrap();
    let there = elsewhere.collection(&diary.definition().uri).await.unwrap();
    let writes = async {
        let mut changed = 0;
        for record in there.query().newest_first().limit(20).fetch::<Note>().await.unwrap().records {
            changed += u64::from(there.update(&record, note(&world, &topic(&world))).await.is_ok());
        }
        there.create(note(&world, &topic(&world))).await.unwrap();
        changed
    };
    let mut told = Vec::new();
    let mut tell = |done: u64, _: Option<u64>| told.push(done);
    let (done, changed) = tokio::join!(diary.rewrap(&mut tell), writes);
    let done = done.unwrap();
    assert_eq!(changed, 20, "a version that was placed again is the same version");
    assert!((230..=231).contains(&done.looked_at()) && done.unusable == 0, "{done:?}");
    assert!(done.rewrapped >= 210, "{done:?}");
    assert!(told.len() >= 3 && told.is_sorted(), "{told:?}");
    let left = diary.rewrap(&mut Silent).await.unwrap();
    assert_eq!((left.rewrapped, left.present), (0, 231));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_under_an_earlier_card_is_filed_and_wrapped_anew_and_stays_its_authors() {
    let world = World::start().await;
    let (ada, bob, dora) = (world.user("ada").await, world.user("bob").await, world.user("dora").await);
    let ontology = ontology(&world, &ada).await;
    let diary = ada.account.define(plain_notes(&world).linked_to(ontology.uri())).await.unwrap();
    let health = ontology.create_term(world.canary.text("health"), None).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Contribute).await;
    let on_term = Grant::to(&contact(&ada, &dora).await).on_term(&health, Level::Read);
    ada.account.grant(named(&world, on_term)).await.unwrap();
    let notes: Vec<_> = (0..3).map(|_| note(&world, &topic(&world))).collect();
    let filed = diary.create(&notes[0]).await.unwrap();
    diary.create(&notes[1]).await.unwrap();
    received(&bob).await.create(&notes[2]).await.unwrap();

    ada.account.rotate().await.unwrap();
    let record = diary.get::<Note>(filed.id).await.unwrap();
    diary.file(&record, [&health]).await.unwrap();
    let done = diary.rewrap(&mut Silent).await.unwrap();
    assert_eq!((done.rewrapped, done.present, done.unusable), (2, 1, 0));
    bob.account.rotate().await.unwrap();
    let elsewhere = world.client().log_in(&ada.username, &ada.password()).await.unwrap();
    let there = elsewhere.collection(&diary.definition().uri).await.unwrap();
    for reads in [&diary, &there, &received(&bob).await] {
        assert_eq!(all(reads).await, notes);
    }
    let doras = dora.account.received().await.unwrap().pop().unwrap().open(diary.scope()).await.unwrap();
    assert_eq!(all(&doras).await, [notes[0].clone()]);
    world.close().await;
}
