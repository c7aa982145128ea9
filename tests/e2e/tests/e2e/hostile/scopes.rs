//! Keys and definitions that are old, another's, or altered (classes 4, 7, 12 and 15).

use crate::fixture::{Note, all, grant, note, notes, received, topic};
use pryv_sdk::Level;
use pryv_test_kit::World;
use pryv_wire::{
    Bytes,
    record::QueryRecords,
    scope::{EpochKeys, OpenScope},
};

#[tokio::test(flavor = "multi_thread")]
async fn epochs_rolled_back_are_refused() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let bob = world.user("bob").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let access = grant(&world, &ada, &bob, &diary, Level::Read).await;
    ada.account.revoke(access.id).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();

    // The server hides the new epoch, so that what is written next would be open to Bob.
    let lie = server.on::<OpenScope>(|_, answer| {
        answer.epochs.retain(|epoch| epoch.statement.unverified().is_ok_and(|epoch| epoch.epoch == 0))
    });
    let uri = &diary.definition().uri;
    let refused = ada.account.collection(uri).await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("rolled-back", 1));
    server.stop();
    // The same across a restart of the client: what it knew goes with the stored session.
    let (client, server) = world.hostile();
    let resumed = client.resume(ada.account.export_session()).unwrap();
    let lie = server.on::<OpenScope>(|_, answer| {
        answer.epochs.retain(|epoch| epoch.statement.unverified().is_ok_and(|epoch| epoch.epoch == 0))
    });
    let refused = resumed.collection(uri).await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("rolled-back", 1));
    server.stop();
    assert_eq!(all(&resumed.collection(uri).await.unwrap()).await.len(), 1);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrap_of_another_epoch_or_scope_is_refused() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user("ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let other = ada.account.define(notes(&world)).await.unwrap();
    let by_hand = world.by_hand(&ada).await;
    let account = ada.account.id();
    let open = |scope| OpenScope { account, scope, from_epoch: 0, access: None };
    let theirs = by_hand.call(&open(other.scope())).await.unwrap();
    let uri = &diary.definition().uri;

    let there = client.log_in(&ada.username, &ada.password()).await.unwrap();
    let keys = theirs.epochs[0].keys.clone();
    let lie = server.on::<OpenScope>(move |_, answer| answer.epochs[0].keys = keys.clone());
    assert_eq!(there.collection(uri).await.unwrap_err().code(), "wrong-wrap");
    assert_eq!(lie.count(), 1);
    server.stop();

    // The whole epoch of the other collection: signed, and of another place.
    let epoch = theirs.epochs[0].clone();
    server.on::<OpenScope>(move |_, answer| answer.epochs[0] = epoch.clone());
    assert_eq!(there.collection(uri).await.unwrap_err().code(), "misplaced");
    server.stop();

    // No wrap but a deposit, as if the owner might not read.
    server.on::<OpenScope>(|_, answer| answer.epochs[0].keys = EpochKeys::Deposit);
    let refused = there.collection(uri).await.unwrap_err();
    assert_eq!(refused.code(), "substituted", "{refused:?}");
    server.stop();
    there.collection(uri).await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_that_the_owner_did_not_sign_is_refused() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let (ada, mallory) = (world.user("ada").await, world.user("mallory").await);
    let bob = world.user_of(&client, "bob").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Contribute).await;
    // The server would like Bob to write to keys of its own.
    let forger = world.by_hand(&mallory).await;
    let lie = server.on::<OpenScope>(move |_, answer| {
        let epoch = answer.epochs[0].statement.unverified().unwrap();
        answer.epochs[0].statement = forger.identity.sign(&epoch);
    });
    let accesses = bob.account.received().await.unwrap();
    let refused = accesses[0].open(diary.scope()).await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("invalid-signature", 1));
    server.stop();
    assert_eq!(all(&received(&bob).await).await.len(), 1);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grantee_is_not_fooled_about_the_keys_of_an_epoch() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user("ada").await;
    let bob = world.user_of(&client, "bob").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let other = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Read).await;
    grant(&world, &ada, &bob, &other, Level::Read).await;
    let by_hand = world.by_hand(&bob).await;
    let account = ada.account.id();
    let theirs = by_hand
        .call(&OpenScope { account, scope: other.scope(), from_epoch: 0, access: None })
        .await
        .unwrap();
    let accesses = bob.account.received().await.unwrap();
    let access = accesses.iter().find(|access| access.access.scopes[0].scope == diary.scope()).unwrap();

    let EpochKeys::Grantee { capsule: other_capsule, share: other_share, sealed: other_sealed } =
        theirs.epochs[0].keys.clone()
    else {
        panic!("keys of a grantee");
    };
    for part in 0..4 {
        let (capsule_there, share_there, sealed_there) =
            (other_capsule.clone(), other_share.clone(), other_sealed.clone());
        let lie = server.on::<OpenScope>(move |_, answer| {
            let EpochKeys::Grantee { capsule, share, sealed } = &mut answer.epochs[0].keys else {
                panic!("keys of a grantee");
            };
            match part {
                0 => *capsule = capsule_there.clone(),
                1 => *share = share_there.clone(),
                2 => *sealed = sealed_there.clone(),
                _ => *capsule = Bytes::from(vec![1; capsule.len()]),
            }
        });
        let refused = access.open(diary.scope()).await.unwrap_err();
        assert_eq!(refused.code(), "wrong-wrap", "part {part}: {refused:?}");
        assert_eq!(lie.count(), 1);
        server.stop();
    }
    assert_eq!(all(&access.open(diary.scope()).await.unwrap()).await.len(), 1);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_that_was_altered_or_rolled_back_is_refused() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let definition = notes(&world);
    let diary = ada.account.define(definition.clone()).await.unwrap();
    let other = ada.account.define(notes(&world)).await.unwrap();
    let by_hand = world.by_hand(&ada).await;
    let account = ada.account.id();
    let open = |scope| OpenScope { account, scope, from_epoch: 0, access: None };
    let theirs = by_hand.call(&open(other.scope())).await.unwrap().definition;

    let again = client.log_in(&ada.username, &ada.password()).await.unwrap();
    let lie = server.on::<OpenScope>(move |_, answer| answer.definition = theirs.clone());
    assert_eq!(again.collection(&definition.uri).await.unwrap_err().code(), "misplaced");
    assert_eq!(lie.count(), 1);
    server.stop();

    server.on::<OpenScope>(|_, answer| {
        let mut bytes = answer.definition.to_vec();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        answer.definition = Bytes::from(bytes);
    });
    let refused = again.collection(&definition.uri).await.unwrap_err();
    assert_eq!(refused.code(), "invalid-signature", "{refused:?}");
    server.stop();

    // A definition in clear, as if it had never been a secret.
    let plain = Bytes::from(serde_json::to_vec(&definition).unwrap());
    server.on::<OpenScope>(move |_, answer| answer.definition = plain.clone());
    let refused = again.collection(&definition.uri).await.unwrap_err();
    assert_eq!(refused.code(), "not-encrypted", "{refused:?}");
    server.stop();
    let there = again.collection(&definition.uri).await.unwrap();
    assert_eq!(there.query().fetch::<Note>().await.unwrap().records.len(), 0);
    drop(diary);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_tells_a_wrong_epoch_is_refused() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let bob = world.user("bob").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let sleep = topic(&world);
    diary.create(note(&world, &sleep)).await.unwrap();
    let idle = ada.account.collection(&diary.definition().uri).await.unwrap();
    let access = grant(&world, &ada, &bob, &diary, Level::Read).await;
    ada.account.revoke(access.id).await.unwrap();
    diary.create(note(&world, &sleep)).await.unwrap();

    // Hidden, a new epoch would keep a query from sending its tokens, and so from finding what was written in it.
    let lie = server.on::<QueryRecords>(|_, answer| answer.epoch = 0);
    let refused = idle.query().eq("/topic", sleep.as_str()).fetch::<Note>().await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("rolled-back", 1));
    server.stop();
    // Invented, it would keep a query asking for ever.
    let lie = server.on::<QueryRecords>(|_, answer| answer.epoch = 7);
    let refused = idle.query().eq("/topic", sleep.as_str()).fetch::<Note>().await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("malformed", 1));
    server.stop();
    let page = idle.query().eq("/topic", sleep.as_str()).fetch::<Note>().await.unwrap();
    assert_eq!(page.records.len(), 2);
    world.close().await;
}
