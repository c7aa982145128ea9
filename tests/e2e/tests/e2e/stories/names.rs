//! Names of things: `pryv://` URIs, from one person to another.

use crate::fixture::{Note, grant, note, notes, topic};
use pryv_sdk::{Level, PrincipalKind, RecordId, Resolved, Uri};
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
