//! Names of things: `pryv://` URIs, from one person to another.

use super::ontologies::ontology;
use crate::fixture::{Note, contact, grant, named, note, notes, plain_notes, topic};
use pryv_sdk::{Grant, History, Level, PrincipalKind, RecordId, Resolved, Uri};
use pryv_test_kit::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_uri_leads_to_the_thing_for_whoever_may_see_it() {
    let world = World::start().await;
    let (ada, bob, eve) = (world.user("ada").await, world.user("bob").await, world.user("eve").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let sleep = topic(&world);
    let written = diary.create(note(&world, &sleep)).await.unwrap();
    let access = grant(&world, &ada, &bob, &diary, Level::Read).await;
    let instance = diary.instance_uri(written.id);
    let (account, collection) = (ada.account.id(), diary.scope());
    let version = |version| Uri::Version { account, collection, instance: written.id, version };

    // As they travel: as text.
    for user in [&ada, &bob] {
        let resolve = |uri: Uri| {
            let text = uri.to_string();
            async move { user.account.resolve(&text.parse().unwrap()).await }
        };
        let Resolved::Principal(found) = resolve(ada.account.uri()).await.unwrap() else { panic!() };
        assert_eq!((found.id, found.kind), (account, PrincipalKind::Account));
        let Resolved::Collection(found) = resolve(diary.uri()).await.unwrap() else { panic!() };
        assert_eq!((found.scope(), found.uri()), (collection, diary.uri()));
        for uri in [instance, version(1)] {
            let Resolved::Instance { collection, record } = resolve(uri).await.unwrap() else { panic!() };
            assert_eq!((record.id, collection.instance_uri(record.id)), (written.id, instance));
        }
        assert_eq!(resolve(version(2)).await.unwrap_err().code(), "version-not-kept");
        let Resolved::Access(found) = resolve(access.uri()).await.unwrap() else { panic!() };
        assert_eq!((found.id, found.name == access.name), (access.id, true));
    }
    // A name opens nothing: who has no access learns not even that there is such a thing.
    let nothing = diary.instance_uri(RecordId::from_bytes([1; 16]));
    for uri in [diary.uri(), instance, access.uri(), nothing] {
        assert_eq!(eve.account.resolve(&uri).await.unwrap_err().code(), "not-found", "{uri}");
    }
    assert_eq!(bob.account.resolve(&nothing).await.unwrap_err().code(), "not-found");

    let record = diary.get::<Note>(written.id).await.unwrap();
    diary.delete(&record).await.unwrap();
    assert_eq!(bob.account.resolve(&instance).await.unwrap_err().code(), "deleted");
    ada.account.revoke(access.id).await.unwrap();
    assert_eq!(bob.account.resolve(&diary.uri()).await.unwrap_err().code(), "revoked");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn terms_and_versions_have_names_for_whoever_a_term_is_granted_to() {
    let world = World::start().await;
    let (ada, bob, eve) = (world.user("ada").await, world.user("bob").await, world.user("eve").await);
    let tree = ontology(&world, &ada).await;
    let health = tree.create_term(world.canary.text("health"), None).await.unwrap();
    let heart = tree.create_term(world.canary.text("heart"), Some(&health)).await.unwrap();
    let money = tree.create_term(world.canary.text("money"), None).await.unwrap();
    let definition = plain_notes(&world).linked_to(tree.uri()).keeping(History::Versions);
    let diary = ada.account.define(definition).await.unwrap();
    let first = note(&world, &topic(&world));
    let written = diary.create_in([&heart], &first).await.unwrap();
    let second = diary.update(&written, note(&world, &topic(&world))).await.unwrap();
    let aside = diary.create_in([&money], note(&world, &topic(&world))).await.unwrap();
    let grant = Grant::to(&contact(&ada, &bob).await).on_term(&health, Level::Read);
    let access = ada.account.grant(named(&world, grant)).await.unwrap();
    let version = |number| diary.version_uri(written.id, number);

    for user in [&ada, &bob] {
        let resolve = |uri: Uri| {
            let text = uri.to_string();
            async move { user.account.resolve(&text.parse().unwrap()).await }
        };
        let Resolved::Ontology(found) = resolve(tree.pryv_uri()).await.unwrap() else { panic!() };
        assert_eq!((found.scope(), found.uri()), (tree.scope(), tree.uri()));
        let Resolved::Term { ontology, terms, term } = resolve(tree.term_uri(heart.id)).await.unwrap() else {
            panic!()
        };
        assert_eq!((term.id, term.label()), (heart.id, heart.label()));
        assert_eq!(ontology.term_uri(term.id), tree.term_uri(heart.id));
        assert_eq!(terms.path(term.id), [health.label(), heart.label()]);
        // The collection is reached through the term alone, and its earlier version is kept.
        let Resolved::Instance { record, .. } = resolve(version(1)).await.unwrap() else { panic!() };
        assert_eq!(
            (record.version, serde_json::from_value::<Note>(record.data).unwrap()),
            (1, first.clone())
        );
        let Resolved::Instance { record, .. } = resolve(version(2)).await.unwrap() else { panic!() };
        assert_eq!((record.version, record.id), (2, second.id));
        assert_eq!(resolve(version(3)).await.unwrap_err().code(), "version-not-kept");
        assert!(matches!(resolve(diary.uri()).await.unwrap(), Resolved::Collection(_)));
    }
    // Of the wrong kind, beside the term, or of somebody who was granted nothing.
    let wrong = Uri::Collection { account: ada.account.id(), collection: tree.scope() };
    let mixed = Uri::Ontology { account: ada.account.id(), ontology: diary.scope() };
    for user in [&ada, &bob] {
        for uri in [wrong, mixed] {
            assert_eq!(user.account.resolve(&uri).await.unwrap_err().code(), "not-found", "{uri}");
        }
    }
    for uri in [tree.term_uri(money.id), diary.instance_uri(aside.id), diary.version_uri(aside.id, 1)] {
        assert_eq!(bob.account.resolve(&uri).await.unwrap_err().code(), "not-found", "{uri}");
        ada.account.resolve(&uri).await.unwrap();
    }
    for uri in [tree.pryv_uri(), tree.term_uri(heart.id), version(1)] {
        assert_eq!(eve.account.resolve(&uri).await.unwrap_err().code(), "not-found", "{uri}");
    }
    // With the deletion its versions went.
    diary.delete(&second).await.unwrap();
    assert_eq!(ada.account.resolve(&version(3)).await.unwrap_err().code(), "deleted");
    assert_eq!(ada.account.resolve(&version(1)).await.unwrap_err().code(), "version-not-kept");
    ada.account.revoke(access.id).await.unwrap();
    for uri in [tree.pryv_uri(), tree.term_uri(heart.id), diary.uri()] {
        assert_eq!(bob.account.resolve(&uri).await.unwrap_err().code(), "revoked", "{uri}");
    }
    world.close().await;
}
