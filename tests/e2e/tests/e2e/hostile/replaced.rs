//! What who took an earlier account secret can have a server show: lists, epochs, definitions and pairs of keys that the secret
//! signed or wraps. Each is signed, and none of them counts any longer (classes 2, 4 and 8).

use crate::fixture::{all, grant, note, notes, plain_notes, received, topic};
use crate::stories::ontologies::ontology;
use pryv_crypto::{
    DeviceKeys,
    lockbox::PreSecret,
    record::{Draft, NewTokens, RecordSealer},
};
use pryv_proxy_crypto::suite::known;
use pryv_sdk::{Definition, Level, NewTerm, Silent, Term, TermContent, TermId};
use pryv_test_kit::{
    World,
    clock::{START, hours},
};
use pryv_wire::{
    Bytes, RecordId, encode,
    holder::{Device, GetHolders, Holders},
    record::{Envelope, GetRecord, RecordKind},
    scope::{EpochKeys as Keys, ListScopes, OpenScope, ScopePre},
};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_the_replaced_key_signed_gets_no_new_secret() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    ada.account.add_this_device("desk").await.unwrap();
    let stolen = world.by_hand(&ada).await.identity;
    let spy = Arc::new(DeviceKeys::generate(&mut ChaCha20Rng::from_entropy()));
    type Forge = fn(&mut Holders, &DeviceKeys);
    let forged: [(Forge, &str); 3] = [
        (
            |list, spy| {
                let name = Bytes::from(vec![7; 284]);
                let (device, signing, sealing) = (spy.id(), spy.signing_public(), spy.sealing_public());
                list.devices.push(Device { device, signing, sealing, name, added_at: START });
            },
            "new-devices",
        ),
        (|list, spy| list.password = spy.sealing_public(), "new-password"),
        (|list, spy| list.recovery = spy.sealing_public(), "substituted"),
    ];
    for (forge, code) in forged {
        let again = client.resume(ada.account.export_session()).unwrap();
        let (stolen, spy) = (Arc::clone(&stolen), Arc::clone(&spy));
        let lie = server.on::<GetHolders>(move |_, answer| {
            let mut list = answer.holders.unverified().unwrap();
            list.number += 1;
            forge(&mut list, &spy);
            answer.holders = stolen.sign(&list);
        });
        assert_eq!(again.rotate().await.unwrap_err().code(), code);
        assert_eq!(lie.count(), 1);
        server.stop();
    }
    // What the person was shown, and set, is given the new secret.
    ada.account.rotate().await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_was_hidden_gets_new_keys_before_anything_is_written_to_it() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let other = ada.account.define(plain_notes(&world)).await.unwrap();
    let filed = other.create(note(&world, &topic(&world))).await.unwrap();
    let terms = ontology(&world, &ada).await;
    // A machine that has seen none of them: the server leaves all out while the secret is replaced.
    let (client, server) = world.hostile();
    let fresh = client.log_in(&ada.username, &ada.password()).await.unwrap();
    let lie = server.on::<ListScopes>(|_, answer| answer.scopes.clear());
    fresh.rotate().await.unwrap();
    assert!(lie.count() > 0);
    server.stop();
    assert_eq!(fresh.under_replaced_keys().await.unwrap().len(), 3);

    let there = fresh.collection(&diary.definition().uri).await.unwrap();
    there.create(note(&world, &topic(&world))).await.unwrap();
    assert!(!fresh.under_replaced_keys().await.unwrap().contains(&diary.scope()));
    let there = fresh.collection(&other.definition().uri).await.unwrap();
    let record = there.get::<serde_json::Value>(filed.id).await.unwrap();
    there.file(&record, Vec::<TermId>::new()).await.unwrap();
    assert!(!fresh.under_replaced_keys().await.unwrap().contains(&other.scope()));
    let there = fresh.ontology(&terms.uri()).await.unwrap();
    let new = NewTerm::top(TermContent { label: world.canary.text("label"), ..TermContent::default() });
    let made: Vec<Term> = there.create_many([new], &mut Silent).await.unwrap();
    assert_eq!(made.len(), 1);
    assert_eq!(fresh.under_replaced_keys().await.unwrap(), []);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_that_the_replaced_key_signed_is_refused_by_owner_and_readers() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let (ada, bob) = (world.user_of(&client, "ada").await, world.user_of(&client, "bob").await);
    let definition = notes(&world);
    let diary = ada.account.define(definition.clone()).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Read).await;
    let by_hand = world.by_hand(&ada).await;
    let scope = diary.scope();
    let ask = OpenScope { account: ada.account.id(), scope, from_epoch: 0, access: None };
    let first = by_hand.call(&ask).await.unwrap().epochs.remove(0);
    let stolen = by_hand.identity;
    ada.account.rotate().await.unwrap();

    // The next version, in the first epoch, which the thief holds: every word of the notes would be indexed under keys that stay.
    let forged: Bytes = {
        let (statement, mut rng) = (first.statement.unverified().unwrap(), ChaCha20Rng::from_entropy());
        let Keys::Owner { wrap, .. } = &first.keys else { panic!("the owner's keys") };
        let keys = stolen.keyring().unwrap_epoch(&statement, wrap).unwrap();
        let since = vec![1; definition.indexes.len()];
        let definition = Definition { title: "another".into(), ..definition };
        let content = encode(&serde_json::json!({ "definition": definition, "since": since, "changed": 1 }));
        let draft = Draft {
            record: RecordId::definition(scope),
            version: 2,
            kind: RecordKind::Definition,
            definition: None,
            content: &content,
            tokens: NewTokens::default(),
            written_at: START,
        };
        let sealer = RecordSealer::for_reader(&stolen, &statement, &keys, None).unwrap();
        encode(&sealer.seal(&draft, &mut rng).unwrap().envelope).into()
    };
    let lie = server.on::<OpenScope>(move |_, answer| answer.definition = forged.clone());
    let again = client.resume(ada.account.export_session()).unwrap();
    let refused = again.collection(&diary.definition().uri).await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("invalid-signature", 1));
    let access = bob.account.received().await.unwrap().pop().unwrap();
    assert_eq!(access.open(scope).await.unwrap_err().code(), "invalid-signature");
    server.stop();

    // What the present key signs holds, and what it named of before.
    again.collection(&diary.definition().uri).await.unwrap();
    assert_eq!(all(&received(&bob).await).await.len(), 0);
    let changed = Definition { title: world.canary.text("title"), ..Definition::clone(&diary.definition()) };
    again.collection(&changed.uri).await.unwrap().redefine(changed.clone()).await.unwrap();
    again.rotate().await.unwrap();
    assert_eq!(*received(&bob).await.definition(), changed);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_of_keys_under_the_replaced_secret_is_refused_after_a_hard_rotation() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let (ada, bob) = (world.user_of(&client, "ada").await, world.user("bob").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Read).await;
    let stolen = world.by_hand(&ada).await.identity;
    ada.account.rotate().await.unwrap();
    diary.rotate().hard().await.unwrap();
    let scope = diary.scope();
    let lie = server.on::<OpenScope>(move |_, answer| {
        let Some(pre) = answer.pre.as_mut() else { return };
        let mut rng = ChaCha20Rng::from_entropy();
        let secret = PreSecret::generate(known(pre.suite).unwrap().curve, &mut rng).unwrap();
        let wrapped = stolen.keyring().wrap_pre(pre.suite, scope, pre.generation, &secret, &mut rng);
        let public = secret.public().to_wire();
        *pre = ScopePre { public, owner_wrap: wrapped.unwrap(), ..pre.clone() };
    });
    assert_eq!(diary.rotate().await.unwrap_err().code(), "replaced-key");
    assert!(lie.count() > 0);
    server.stop();
    diary.rotate().await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    assert_eq!(all(&received(&bob).await).await.len(), 1);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_a_grantee_replaced_signs_nothing_in_later_epochs() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let (ada, bob) = (world.user_of(&client, "ada").await, world.user("bob").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Contribute).await;
    let before = received(&bob).await.create(note(&world, &topic(&world))).await.unwrap();
    let stolen = world.by_hand(&bob).await.identity;
    world.clock.advance(hours(1));
    bob.account.rotate().await.unwrap();
    world.clock.advance(hours(1));
    assert_eq!(ada.account.maintain().await.unwrap().begun.len(), 1);
    let after = received(&bob).await.create(note(&world, &topic(&world))).await.unwrap();
    let there = ada.account.collection(&diary.definition().uri).await.unwrap();
    there.get::<serde_json::Value>(before.id).await.unwrap();
    // The same record, signed by the earlier card instead of the present one.
    let lie = server.on::<GetRecord>(move |_, answer| {
        let mut envelope: Envelope = pryv_wire::decode(&answer.record).unwrap();
        envelope.signature = stolen.sign_bytes(&envelope.signed_bytes());
        answer.record = encode(&envelope).into();
    });
    let refused = there.get::<serde_json::Value>(after.id).await.unwrap_err();
    assert_eq!((refused.code(), lie.count()), ("invalid-signature", 1));
    // In the epoch before, it may have been signed at its time.
    there.get::<serde_json::Value>(before.id).await.unwrap();
    server.stop();
    there.get::<serde_json::Value>(after.id).await.unwrap();
    world.close().await;
}
