//! Chains that do not hold: a manager that is none, one that was revoked, a grant beyond its access (class 10).

use crate::fixture::{all, contact, grant, named, note, notes, received, topic};
use pryv_sdk::{Grant, Level};
use pryv_test_kit::World;
use pryv_wire::access::{GetAccess, ListGranted, ListReceived};

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_was_invented_is_refused_by_everybody() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let (bob, mallory) = (world.user("bob").await, world.user("mallory").await);
    let carol = world.user_of(&client, "carol").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Manage).await;
    let held = bob.account.received().await.unwrap().pop().unwrap();
    let theirs = held.open(diary.scope()).await.unwrap();
    let to_carol = named(&world, Grant::to(&contact(&bob, &carol).await).on(&theirs, Level::Contribute));
    held.grant(to_carol).await.unwrap();
    let shared = received(&carol).await;
    shared.create(note(&world, &topic(&world))).await.unwrap();
    let (bobs, mallorys) = (world.by_hand(&bob).await, world.by_hand(&mallory).await);

    // Somebody whom nobody made a manager signs in the manager's place.
    let forger = mallorys.identity.clone();
    let lie = server.on::<ListReceived>(move |_, answer| {
        let mut access = answer.accesses[0].statement.unverified().unwrap();
        access.grantor = forger.principal();
        answer.accesses[0].statement = forger.sign(&access);
    });
    assert_eq!(carol.account.received().await.unwrap_err().code(), "invented-access");
    assert_eq!(lie.count(), 1);
    server.stop();

    // The manager itself grants more than it has: a level, by an access that is not its own, a scope.
    for change in 0..3 {
        let manager = bobs.identity.clone();
        server.on::<ListReceived>(move |_, answer| {
            let mut access = answer.accesses[0].statement.unverified().unwrap();
            match change {
                0 => access.grants[0].level = Level::Manage,
                1 => access.by = Some(access.access),
                _ => access.grants[0].scope = pryv_wire::ScopeId::from_bytes([9; 16]),
            }
            answer.accesses[0].statement = manager.sign(&access);
        });
        assert_eq!(carol.account.received().await.unwrap_err().code(), "invented-access", "{change}");
        server.stop();
    }

    // The chain without its upper end, to the grantee, to the owner, and behind a record that the grantee wrote.
    server.on::<ListReceived>(|_, answer| answer.accesses[0].parent = None);
    assert_eq!(carol.account.received().await.unwrap_err().code(), "invented-access");
    server.stop();
    server.on::<ListGranted>(|_, answer| answer.accesses[1].parent = None);
    assert_eq!(ada.account.granted().await.unwrap_err().code(), "invented-access");
    server.stop();
    server.on::<GetAccess>(|_, answer| answer.parent = None);
    let again = client.resume(ada.account.export_session()).unwrap();
    let diary = again.collection(&diary.definition().uri).await.unwrap();
    let page = diary.query().fetch::<crate::fixture::Note>().await;
    assert!(page.is_err() || !page.unwrap().rejected.is_empty());
    server.stop();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_manager_is_not_shown_as_one_again() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let (bob, carol) = (world.user("bob").await, world.user("carol").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let to_bob = grant(&world, &ada, &bob, &diary, Level::Manage).await;
    let held = bob.account.received().await.unwrap().pop().unwrap();
    let theirs = held.open(diary.scope()).await.unwrap();
    let to_carol = named(&world, Grant::to(&contact(&bob, &carol).await).on(&theirs, Level::Read));
    held.grant(to_carol).await.unwrap();
    assert_eq!(all(&received(&carol).await).await.len(), 1);
    ada.account.revoke(to_bob.id).cascade().await.unwrap();

    // The server forgets the end of the manager's access above, and of what it granted below.
    server.on::<ListGranted>(|_, answer| {
        answer.accesses[1].revocation = None;
        answer.accesses[1].parent.as_mut().unwrap().revocation = None;
    });
    assert_eq!(ada.account.granted().await.unwrap_err().code(), "revocation-dropped");
    server.stop();
    server.on::<ListGranted>(|_, answer| answer.accesses[1].parent.as_mut().unwrap().revocation = None);
    assert_eq!(ada.account.granted().await.unwrap_err().code(), "revocation-dropped");
    server.stop();
    world.close().await;
}
