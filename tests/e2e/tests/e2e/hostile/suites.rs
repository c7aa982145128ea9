//! Suites that are altered, lowered or mixed up (class 3).

use crate::fixture::{Note, all, grant, note, notes, received, topic};
use pryv_sdk::{Level, Suite};
use pryv_test_kit::World;
use pryv_wire::{
    Bytes,
    card::ResolveUsername,
    decode, encode,
    record::{Envelope, GetRecord, Protected},
    scope::{EpochKeys, EpochOpened, OpenScope},
};

/// An owner's faulty client, or a thief of its key, signs an epoch of a weaker suite, and the server shows it.
#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_of_a_weaker_suite_is_refused_by_readers_and_by_the_owner() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let bob = world.user_of(&client, "bob").await;
    let diary = ada.account.define(notes(&world)).suite(Suite::HYBRID).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Contribute).await;
    let shared = received(&bob).await;
    let owner = world.by_hand(&ada).await;
    for suite in [Suite::CLASSIC, Suite::LIGHT] {
        let signer = owner.identity.clone();
        let lie = server.on::<OpenScope>(move |_, answer| {
            let last = answer.epochs.last().unwrap();
            let mut weaker = last.statement.unverified().unwrap();
            weaker.suite = suite;
            weaker.epoch += 1;
            weaker.deposit = Bytes::from([9; 32]);
            let next = EpochOpened { statement: signer.sign(&weaker), keys: last.keys.clone() };
            answer.epochs.push(next);
        });
        let uri = &diary.definition().uri;
        assert_eq!(ada.account.collection(uri).await.unwrap_err().code(), "suite-downgrade");
        let received = bob.account.received().await.unwrap();
        let refused = received[0].open(diary.scope()).await.unwrap_err();
        assert_eq!((refused.code(), lie.count() >= 2), ("suite-downgrade", true));
        server.stop();
    }
    assert_eq!(all(&shared).await.len(), 1);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suite_that_the_server_alters_does_not_verify() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let bob = world.user("bob").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let written = diary.create(note(&world, &topic(&world))).await.unwrap();
    let uri = diary.definition().uri.clone();

    // Of an epoch.
    let lie = server.on::<OpenScope>(|_, answer| {
        let signed = &answer.epochs[0].statement;
        let mut epoch = signed.unverified().unwrap();
        epoch.suite = Suite::HYBRID;
        let signature = *signed.signature();
        answer.epochs[0].statement = pryv_wire::Signed::new(&epoch, |_| signature);
    });
    assert_eq!(ada.account.collection(&uri).await.unwrap_err().code(), "invalid-signature");
    assert_eq!(lie.count(), 1);
    server.stop();

    // Of a record: to a stronger one, a weaker one, and one that there is not.
    for (suite, code) in
        [(Suite::HYBRID, "tampered"), (Suite::LIGHT, "tampered"), (Suite::from_number(9), "unknown-suite")]
    {
        let lie = server.on::<GetRecord>(move |_, answer| {
            let mut envelope: Envelope = decode(&answer.record).unwrap();
            let mut protected: Protected = decode(&envelope.protected).unwrap();
            protected.suite = suite;
            envelope.protected = encode(&protected).into();
            answer.record = encode(&envelope).into();
        });
        assert_eq!(diary.get::<Note>(written.id).await.unwrap_err().code(), code);
        assert_eq!(lie.count(), 1);
        server.stop();
    }

    // Of a card; and another hybrid key on it.
    let change = |what: usize| {
        server.on::<ResolveUsername>(move |_, answer| {
            let signed = &answer.cards[0];
            let mut card = signed.unverified().unwrap();
            match what {
                0 => card.suite = Suite::LIGHT,
                1 => card.hybrid = Bytes::from([0; 1_216]),
                _ => card.pre_light = Bytes::from([1; 64]),
            }
            let signature = *signed.signature();
            answer.cards[0] = pryv_wire::Signed::new(&card, |_| signature);
        })
    };
    for what in 0..3 {
        let lie = change(what);
        assert_eq!(ada.account.find(&bob.username).await.unwrap_err().code(), "invalid-cards");
        assert_eq!(lie.count(), 1);
        server.stop();
    }
    assert_eq!(all(&ada.account.collection(&uri).await.unwrap()).await.len(), 1);
    ada.account.find(&bob.username).await.unwrap();
    world.close().await;
}

/// Both locks and the box of one epoch, in every mixture with those of a collection of another suite.
#[tokio::test(flavor = "multi_thread")]
async fn a_box_of_mixed_suites_does_not_open() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user("ada").await;
    let bob = world.user_of(&client, "bob").await;
    let mut opened = Vec::new();
    let by_hand = world.by_hand(&bob).await;
    let mut collections = Vec::new();
    for suite in [Suite::CLASSIC, Suite::HYBRID, Suite::LIGHT] {
        let diary = ada.account.define(notes(&world)).suite(suite).await.unwrap();
        diary.create(note(&world, &topic(&world))).await.unwrap();
        grant(&world, &ada, &bob, &diary, Level::Read).await;
        let open = OpenScope { account: ada.account.id(), scope: diary.scope(), from_epoch: 0, access: None };
        let answer = by_hand.call(&open).await.unwrap();
        let EpochKeys::Grantee { capsule, share, sealed } = answer.epochs[0].keys.clone() else {
            panic!("the keys of a grantee")
        };
        opened.push([capsule, share, sealed]);
        collections.push(diary);
    }
    for (at, diary) in collections.iter().enumerate() {
        for (other, foreign) in opened.iter().enumerate().filter(|(other, _)| *other != at) {
            for part in 0..3 {
                let mut mixed = opened[at].clone();
                mixed[part] = foreign[part].clone();
                let lie = server.on::<OpenScope>(move |_, answer| {
                    let [capsule, share, sealed] = mixed.clone();
                    answer.epochs[0].keys = EpochKeys::Grantee { capsule, share, sealed };
                });
                let received = bob.account.received().await.unwrap();
                let access = received.iter().find(|received| {
                    received.access.scopes.iter().any(|granted| granted.scope == diary.scope())
                });
                let refused = access.unwrap().open(diary.scope()).await.unwrap_err();
                assert_eq!(refused.code(), "wrong-wrap", "part {part} of {other} in {at}");
                assert_eq!(lie.count(), 1);
                server.stop();
            }
        }
    }
    for received in bob.account.received().await.unwrap() {
        assert_eq!(all(&received.collections().await.unwrap()[0]).await.len(), 1);
    }
    world.close().await;
}
