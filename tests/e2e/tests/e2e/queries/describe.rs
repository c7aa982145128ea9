//! Descriptions: what a caller can see, and nothing else.

use crate::{
    fixture::{contact, named, note, notes, plain_notes, topic},
    stories::ontologies::ontology,
};
use pryv_sdk::{Grant, Level, account::Records};
use pryv_test_kit::World;

#[tokio::test(flavor = "multi_thread")]
async fn owner_and_grantees_are_told_what_they_can_see() {
    let world = World::start().await;
    let (ada, bob, carol) = (world.user("ada").await, world.user("bob").await, world.user("carol").await);
    let labels = ontology(&world, &ada).await;
    let health = labels.create_term(world.canary.text("health"), None).await.unwrap();
    let other = labels.create_term(world.canary.text("other"), None).await.unwrap();
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let linked = ada.account.define(plain_notes(&world).linked_to(labels.uri())).await.unwrap();
    let hidden = ada.account.define(notes(&world)).await.unwrap();
    for _ in 0..3 {
        diary.create(note(&world, &topic(&world))).await.unwrap();
    }
    linked.create_in([&health], note(&world, &topic(&world))).await.unwrap();
    linked.create_in([&other], note(&world, &topic(&world))).await.unwrap();

    let own = ada.account.describe().await.unwrap();
    let found =
        |scope| own.collections.iter().find(|described| described.collection.scope() == scope).unwrap();
    assert_eq!(found(diary.scope()).records, Some(Records::Exactly(3)));
    assert_eq!(found(linked.scope()).records, Some(Records::Exactly(2)));
    assert_eq!(found(hidden.scope()).records, Some(Records::Exactly(0)));
    assert_eq!(*found(diary.scope()).definition, *diary.definition());
    assert_eq!(found(diary.scope()).leakage.len(), 2);
    assert!(own.ontologies.iter().any(|ontology| ontology.scope() == labels.scope()));

    let on_diary = Grant::to(&contact(&ada, &bob).await).on(&diary, Level::Read);
    ada.account.grant(named(&world, on_diary)).await.unwrap();
    let seen = bob.account.received().await.unwrap()[0].describe().await.unwrap();
    let scopes: Vec<_> = seen.collections.iter().map(|described| described.collection.scope()).collect();
    assert_eq!((scopes, seen.ontologies.len()), (vec![diary.scope()], 0));
    assert_eq!(seen.collections[0].records, Some(Records::Exactly(3)));

    // By a term: the collection, and of its records those that are filed under it.
    let contact = contact(&ada, &carol).await;
    ada.account.grant(named(&world, Grant::to(&contact).on_term(&health, Level::Read))).await.unwrap();
    let seen = carol.account.received().await.unwrap()[0].describe().await.unwrap();
    let counts: Vec<_> =
        seen.collections.iter().map(|described| (described.collection.scope(), described.records)).collect();
    assert!(counts.contains(&(linked.scope(), Some(Records::Exactly(1)))), "{counts:?}");
    assert!(counts.iter().all(|(scope, _)| *scope != diary.scope() && *scope != hidden.scope()));
    assert_eq!(seen.ontologies.len(), 1, "with the label of the term");

    // Who may only write is not told how much there is.
    ada.account.grant(named(&world, Grant::to(&contact).on(&linked, Level::CreateOnly))).await.unwrap();
    let received = carol.account.received().await.unwrap();
    let blind = received
        .iter()
        .find(|received| received.access.scopes.iter().any(|of| of.scope == linked.scope()))
        .unwrap();
    let seen = blind.describe().await.unwrap();
    assert_eq!(seen.collections[0].definition.title, linked.definition().title);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_indexed_anew_where_something_is_to_do() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let (first, second) = (plain_notes(&world), plain_notes(&world));
    let (first, second) =
        (ada.account.define(first).await.unwrap(), ada.account.define(second).await.unwrap());
    for _ in 0..4 {
        first.create(note(&world, &topic(&world))).await.unwrap();
        second.create(note(&world, &topic(&world))).await.unwrap();
    }
    assert_eq!(ada.account.reindex(&mut pryv_sdk::Silent).await.unwrap(), []);
    first.rotate().await.unwrap();
    let mut told = Vec::new();
    let done = ada.account.reindex(&mut |done, _| told.push(done)).await.unwrap();
    assert_eq!(
        done.iter().map(|(scope, done)| (*scope, done.indexed)).collect::<Vec<_>>(),
        [(first.scope(), 4)]
    );
    assert_eq!(told.last(), Some(&4));
    assert_eq!(ada.account.reindex(&mut pryv_sdk::Silent).await.unwrap(), []);
    world.close().await;
}
