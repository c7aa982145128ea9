//! Apps: registered, verified, granted, with data of their own.

use crate::fixture::{Note, all, named, note, notes, topic};
use pryv_sdk::{AppManifest, Grant, Level, PrincipalId};
use pryv_test_kit::World;
use serde_json::{Value, json};

fn heart() -> AppManifest {
    AppManifest::new("Heart", "Example Ltd")
        .redirect("https://app.example.org/callback")
        .permission("https://example.org/heart-rate", Level::Contribute)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_granted_what_it_asked_for_and_works_by_its_own_keys() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let app = world.client().register_app(heart()).await.unwrap();
    let found = world.client().app(app.id()).await.unwrap();
    assert_eq!((found.name(), found.publisher()), ("Heart", "Example Ltd"));
    assert_eq!(found.redirect_uris(), ["https://app.example.org/callback"]);
    let asked: Vec<_> = found.permissions().collect();
    assert_eq!(asked, [("https://example.org/heart-rate", Level::Contribute)]);
    assert_eq!(found.fingerprint(), app.fingerprint());

    let diary = ada.account.define(notes(&world)).await.unwrap();
    let first = note(&world, &topic(&world));
    diary.create(&first).await.unwrap();
    let access =
        ada.account.grant(named(&world, Grant::to_app(&found).on(&diary, Level::Contribute))).await.unwrap();
    // The app on another day: from what it stored.
    let app = world.client().resume(app.export_session()).unwrap();
    let shared = app.received().await.unwrap().remove(0).collections().await.unwrap().remove(0);
    assert_eq!(all(&shared).await, [first]);
    let written = shared.create(note(&world, &topic(&world))).await.unwrap();
    assert_eq!(diary.get::<Note>(written.id).await.unwrap().author, app.id());
    ada.account.revoke(access.id).await.unwrap();
    assert_eq!(shared.query().fetch::<Note>().await.unwrap_err().code(), "revoked");
    assert_eq!(app.define(notes(&world)).await.unwrap_err().code(), "not-found", "an app owns nothing");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_keeps_data_of_its_own_that_no_other_app_reads() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let heart_app = world.client().register_app(heart()).await.unwrap();
    let other_app = world.client().register_app(AppManifest::new("Other", "Other Ltd")).await.unwrap();
    let client = world.client();
    let (heart, other) =
        (client.app(heart_app.id()).await.unwrap(), client.app(other_app.id()).await.unwrap());
    assert_eq!(heart_app.own_app_data(ada.account.id()).await.unwrap_err().code(), "not-found");
    let room = ada.account.app_data(&heart).await.unwrap();
    let again = ada.account.app_data(&heart).await.unwrap();
    assert_eq!((room.scope(), ada.account.granted().await.unwrap().len()), (again.scope(), 1), "made once");
    let marker = world.canary.text("setting of an app");
    let own = heart_app.own_app_data(ada.account.id()).await.unwrap();
    own.create(json!({ "key": "theme", "value": marker })).await.unwrap();
    let twice = own.create(json!({ "key": "theme", "value": 1 })).await.unwrap_err();
    assert_eq!(twice.code(), "not-unique");
    let found = own.query().eq("/key", "theme").fetch::<Value>().await.unwrap();
    assert_eq!(found.records[0].data["value"], marker.as_str());

    let others = ada.account.app_data(&other).await.unwrap();
    assert_ne!(others.scope(), room.scope());
    assert_eq!(other_app.received().await.unwrap().len(), 1);
    let refused = other_app.received().await.unwrap()[0].open(room.scope()).await.unwrap_err();
    assert_eq!(refused.code(), "not-found");
    // The person's own client grants it to nobody else either.
    let contact = crate::fixture::contact(&ada, &bob).await;
    for grant in [Grant::to_app(&other), Grant::to(&contact)] {
        let refused = ada.account.grant(grant.on(&room, Level::Read)).await.unwrap_err();
        assert_eq!(refused.code(), "app-data");
    }
    let link = pryv_sdk::NewLink::of(Grant::to_link().on(&room, Level::Read));
    assert_eq!(ada.account.create_link(link).await.unwrap_err().code(), "app-data");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_nobody_registered_is_not_found() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    for id in [PrincipalId::from_bytes([7; 32]), ada.account.id()] {
        assert_eq!(world.client().app(id).await.unwrap_err().code(), "app-not-registered");
    }
    let nameless = world.client().register_app(AppManifest::new("", "Nobody")).await.unwrap_err();
    assert_eq!(nameless.code(), "invalid-manifest");
    world.close().await;
}
