//! Apps that nobody registered, and manifests that were altered.

use pryv_sdk::{AppManifest, PrincipalId};
use pryv_test_kit::World;
use pryv_wire::app::{GetApp, Manifest};

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_was_made_up_or_altered_is_refused() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let manifest = |name: &str| AppManifest::new(name, "Example").redirect("https://app.example.org/");
    let heart = world.client().register_app(manifest("Heart")).await.unwrap();
    let other = world.client().register_app(manifest("Other")).await.unwrap();
    let mallory = world.user("mallory").await;
    let forger = world.by_hand(&mallory).await;
    let others = forger.call(&GetApp { app: other.id() }).await.unwrap();

    // Another redirect URI, signed with the best key that the operator has.
    let alter = |change: fn(&mut Manifest)| {
        let identity = forger.identity.clone();
        server.on::<GetApp>(move |_, answer| {
            let mut manifest = answer.manifest.unverified().unwrap();
            change(&mut manifest);
            answer.manifest = identity.sign(&manifest);
        })
    };
    let changes: [fn(&mut Manifest); 3] = [
        |manifest| manifest.redirect_uris = vec!["https://mallory.example/".into()],
        |manifest| manifest.publisher = "Bank".into(),
        |_| (),
    ];
    for change in changes {
        let lie = alter(change);
        assert_eq!(client.app(heart.id()).await.unwrap_err().code(), "invalid-manifest");
        assert_eq!(lie.count(), 1);
        server.stop();
    }
    // The manifest of another app under this one's cards, and the whole of another app under this one's id.
    let swapped = others.manifest.clone();
    server.on::<GetApp>(move |_, answer| answer.manifest = swapped.clone());
    assert_eq!(client.app(heart.id()).await.unwrap_err().code(), "invalid-manifest");
    server.stop();
    let whole = others.clone();
    server.on::<GetApp>(move |_, answer| *answer = whole.clone());
    assert_eq!(client.app(heart.id()).await.unwrap_err().code(), "invalid-cards");
    server.stop();
    // An app of which nobody has heard.
    let lie = server.instead::<GetApp>(move |_| Some(others.clone()));
    let refused = client.app(PrincipalId::from_bytes([7; 32])).await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("invalid-cards", 1));
    server.stop();
    assert_eq!(client.app(heart.id()).await.unwrap().name(), "Heart");
    world.close().await;
}
