//! Devices that are enrolled and revoked, and account secrets that are replaced.

use super::ontologies::ontology;
use crate::fixture::{all, contact, grant, named, note, notes, plain_notes, received, topic};
use pryv_sdk::{AccessStatus, Account, Grant, Level, Password, RecoveryPhrase};
use pryv_test_kit::{User, World, clock::hours, transport::InterleavingTransport};
use pryv_wire::access::ListGranted;
use std::sync::Arc;

/// The account as another process of the same machine finds it.
fn again(world: &World, account: &Account) -> Account {
    let stored = serde_json::to_string(&account.export_session()).unwrap();
    world.client().resume(serde_json::from_str(&stored).unwrap()).unwrap()
}

/// A new machine that comes with a code.
async fn joined(world: &World, ada: &User, name: &str) -> Account {
    let enrolment = ada.account.enrol_by_code();
    let machine = world.client().new_device_by_code(&ada.username, &enrolment.code()).unwrap();
    let (enrolled, joined) = tokio::join!(enrolment.finish(name), machine.finish());
    assert_eq!(joined.as_ref().unwrap().this_device(), Some(enrolled.unwrap()));
    joined.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_come_by_code_and_by_scan_and_one_is_revoked() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let first = note(&world, &topic(&world));
    diary.create(&first).await.unwrap();
    let desk = world.canary.text("name of a device");
    ada.account.add_this_device(&desk).await.unwrap();

    let phone = joined(&world, &ada, &world.canary.text("name of a device")).await;
    let machine = world.client().new_device();
    let lost =
        ada.account.enrol_scanned(&machine.payload(), &world.canary.text("name of a device")).await.unwrap();
    let tablet = machine.finish().await.unwrap();
    for device in [&phone, &tablet] {
        assert_eq!((device.id(), device.username()), (ada.account.id(), "ada"));
        let there = device.collection(&diary.definition().uri).await.unwrap();
        assert_eq!(all(&there).await, std::slice::from_ref(&first));
    }
    let devices = ada.account.devices().await.unwrap();
    assert_eq!(devices.len(), 3);
    assert_eq!(devices.iter().find(|device| device.this).unwrap().name, desk);
    let renamed = world.canary.text("name of a device");
    phone.rename_device(lost, &renamed).await.unwrap();
    assert!(ada.account.devices().await.unwrap().iter().any(|device| device.name == renamed));

    // The tablet is lost. The phone takes it off: neither password nor phrase are at hand.
    let (thief, before) = (again(&world, &tablet), ada.account.fingerprint());
    let done = phone.revoke_device(lost).await.unwrap();
    assert_eq!(done.begun.len(), 1, "the diary has new keys");
    assert_eq!(phone.under_replaced_keys().await.unwrap(), []);
    assert_eq!(thief.collections().await.unwrap_err().code(), "session-ended");
    assert_eq!(phone.revoke_device(lost).await.unwrap_err().code(), "not-found");

    // The desk's session has ended: its own key opens another, with the new secret.
    let second = note(&world, &topic(&world));
    diary.create(&second).await.unwrap();
    let there = phone.collection(&diary.definition().uri).await.unwrap();
    assert_eq!(all(&there).await, [first.clone(), second.clone()]);
    assert_eq!(ada.account.fingerprint(), before, "the account is the same");
    assert_eq!(ada.account.devices().await.unwrap().len(), 2);

    // Password and phrase were not needed, and still open the account.
    let elsewhere = world.client().log_in(&ada.username, &ada.password()).await.unwrap();
    assert_eq!(all(&elsewhere.collection(&diary.definition().uri).await.unwrap()).await.len(), 2);
    let phrase = RecoveryPhrase::parse(&ada.phrase).unwrap();
    let new = Password::new(world.canary.text("new password"));
    let recovered = world.client().recover(&ada.username, &phrase, &new).await.unwrap();
    assert_eq!(all(&recovered.collection(&diary.definition().uri).await.unwrap()).await.len(), 2);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_given_and_received_go_on_when_either_side_replaces_its_secret() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let mut written = vec![note(&world, &topic(&world))];
    diary.create(&written[0]).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Contribute).await;
    let shared = received(&bob).await;
    assert_eq!(all(&shared).await, written);

    // Ada replaces hers, twice: Bob's pin holds, and he reads what she writes, under whichever card.
    for _ in 0..2 {
        ada.account.rotate().await.unwrap();
        written.push(note(&world, &topic(&world)));
        diary.create(written.last().unwrap()).await.unwrap();
    }
    assert_eq!(all(&received(&bob).await).await, written);
    assert_eq!(contact(&bob, &ada).await.fingerprint(), ada.account.fingerprint());

    // Bob replaces his: the access goes on, and he writes under his new card.
    world.clock.advance(hours(1));
    bob.account.rotate().await.unwrap();
    let shared = received(&bob).await;
    assert_eq!(all(&shared).await, written);
    written.push(note(&world, &topic(&world)));
    shared.create(written.last().unwrap()).await.unwrap();
    assert_eq!(all(&diary).await, written);

    // Ada's upkeep gives the diary keys that only Bob's new card opens, once.
    assert_eq!(ada.account.maintain().await.unwrap().begun.len(), 1);
    assert!(ada.account.maintain().await.unwrap().begun.is_empty());
    written.push(note(&world, &topic(&world)));
    diary.create(written.last().unwrap()).await.unwrap();
    assert_eq!(all(&received(&bob).await).await, written);
    assert_eq!(
        all(&again(&world, &ada.account).collection(&diary.definition().uri).await.unwrap()).await,
        written
    );

    // And what was granted before is taken back after.
    let granted = ada.account.granted().await.unwrap();
    ada.account.revoke(granted[0].access.id).await.unwrap();
    assert_eq!(bob.account.received().await.unwrap()[0].collections().await.unwrap_err().code(), "revoked");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grantees_next_card_counts_though_its_clock_is_behind() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let behind = world.client_with_clock(world.clock.skewed(-9 * 60_000));
    let bob = world.user_of(&behind, "bob").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Read).await;
    diary.rotate().await.unwrap();
    world.clock.advance(std::time::Duration::from_secs(60));
    bob.account.rotate().await.unwrap();

    // By Bob's clock his card is older than the epoch that is sealed to the one before.
    assert!(ada.account.maintain().await.unwrap().begun.is_empty());
    world.clock.advance(hours(1));
    assert_eq!(ada.account.maintain().await.unwrap().begun.len(), 1);
    assert!(ada.account.maintain().await.unwrap().begun.is_empty());
    let written = note(&world, &topic(&world));
    diary.create(&written).await.unwrap();
    assert_eq!(all(&received(&bob).await).await, [written]);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_secret_gives_new_keys_to_scopes_of_every_kind_and_readers_of_terms_go_on() {
    let world = World::start().await;
    let (ada, bob, carol) = (world.user("ada").await, world.user("bob").await, world.user("carol").await);
    let ontology = ontology(&world, &ada).await;
    let diary = ada.account.define(plain_notes(&world).linked_to(ontology.uri())).await.unwrap();
    let health = ontology.create_term(world.canary.text("health"), None).await.unwrap();
    let heart = ontology.create_term(world.canary.text("heart"), Some(&health)).await.unwrap();
    let mut written = vec![note(&world, &topic(&world))];
    diary.create_in([&heart], &written[0]).await.unwrap();
    let on_term = Grant::to(&contact(&ada, &bob).await).on_term(&health, Level::Contribute);
    let to_bob = ada.account.grant(named(&world, on_term)).await.unwrap();
    let on_terms = Grant::to(&contact(&ada, &carol).await).on_structure(&health, Level::Manage);
    ada.account.grant(named(&world, on_terms)).await.unwrap();
    let bobs = bob.account.received().await.unwrap().pop().unwrap();

    // New keys for everything, slices first: what they cover is sealed to them.
    let done = ada.account.rotate().await.unwrap();
    assert_eq!(done.begun.len(), 4, "the collection, the ontology and a slice for each grant");
    assert_eq!(ada.account.under_replaced_keys().await.unwrap(), []);
    assert_eq!(world.epoch_of(&ada, ontology.scope(), health.id).await, 0, "no term is written again");

    // All go on, with what is older and what is new: who reads records of a term, who manages terms, the owner.
    written.push(note(&world, &topic(&world)));
    diary.create_in([&heart], &written[1]).await.unwrap();
    let there = bobs.open(diary.scope()).await.unwrap();
    assert_eq!(all(&there).await, written);
    written.push(note(&world, &topic(&world)));
    there.create_in([&heart], &written[2]).await.unwrap();
    assert_eq!(all(&diary).await, written);
    let shared =
        carol.account.received().await.unwrap().pop().unwrap().ontologies().await.unwrap().pop().unwrap();
    let terms = shared.terms().await.unwrap();
    let lungs = shared.create_term(world.canary.text("lungs"), terms.get(health.id)).await.unwrap();
    let seen = ontology.terms().await.unwrap();
    assert_eq!(seen.get(lungs.id).unwrap().label(), lungs.label());

    // What comes after a rotation works on both sides of it: a move, another rotation, a revocation.
    let moved = ontology.move_term(seen.get(heart.id).unwrap(), seen.get(lungs.id)).await.unwrap();
    ada.account.rotate().await.unwrap();
    written.push(note(&world, &topic(&world)));
    diary.create_in([&moved], &written[3]).await.unwrap();
    assert_eq!(all(&there).await, written);
    ada.account.revoke(to_bob.id).await.unwrap();
    diary.create_in([&moved], note(&world, &topic(&world))).await.unwrap();
    assert_eq!(there.query().fetch::<serde_json::Value>().await.unwrap_err().code(), "revoked");
    assert_eq!(all(&diary).await.len(), 5);
    assert_eq!(ada.account.maintain().await.unwrap().begun, []);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_devices_that_revoke_at_once_converge() {
    let world = World::start().await;
    let (ada, bob, carol) = (world.user("ada").await, world.user("bob").await, world.user("carol").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let mut written = vec![note(&world, &topic(&world))];
    diary.create(&written[0]).await.unwrap();
    let to_bob = grant(&world, &ada, &bob, &diary, Level::Read).await;
    let to_carol = grant(&world, &ada, &carol, &diary, Level::Read).await;
    let phone = joined(&world, &ada, "phone").await;

    // The same access: one of both ends it, the other learns that it has ended.
    let (here, there) = tokio::join!(ada.account.revoke(to_bob.id), phone.revoke(to_bob.id));
    let ends = [here, there].map(|end| end.map(|receipt| receipt.access).map_err(|error| error.code()));
    assert!(ends.contains(&Ok(to_bob.id)), "{ends:?}");
    assert!(ends.iter().all(|end| matches!(end, Ok(_) | Err("already-revoked"))), "{ends:?}");
    written.push(note(&world, &topic(&world)));
    diary.create(&written[1]).await.unwrap();
    assert_eq!(all(&received(&carol).await).await, written);

    // Two accesses to the same collection: both end, and no new keys are shared with either of them.
    let to_bob = grant(&world, &ada, &bob, &diary, Level::Read).await;
    let (here, there) = tokio::join!(ada.account.revoke(to_bob.id), phone.revoke(to_carol.id));
    let (here, there) = (here.unwrap(), there.unwrap());
    ada.account.verify_receipt(&there).await.unwrap();
    phone.verify_receipt(&here).await.unwrap();
    written.push(note(&world, &topic(&world)));
    let theirs = phone.collection(&diary.definition().uri).await.unwrap();
    theirs.create(&written[2]).await.unwrap();
    for reader in [&bob, &carol] {
        for access in reader.account.received().await.unwrap() {
            assert!(matches!(access.access.status, AccessStatus::Revoked { .. }));
            assert_eq!(access.collections().await.unwrap_err().code(), "revoked");
        }
    }
    let collection = |account: &Account| {
        let (account, uri) = (account.clone(), diary.definition().uri.clone());
        async move { account.collection(&uri).await.unwrap() }
    };
    assert_eq!(all(&collection(&ada.account).await).await, written);
    assert_eq!(collection(&ada.account).await.epochs(), collection(&phone).await.epochs());
    ada.account.verify_changes().await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_devices_that_replace_the_secret_at_once_converge() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    ada.account.add_this_device("desk").await.unwrap();
    let phone = joined(&world, &ada, "phone").await;
    let tablet = joined(&world, &ada, "tablet").await.this_device().unwrap();

    // A device that the phone has not shown gets no new keys.
    assert_eq!(phone.rotate().await.unwrap_err().code(), "new-devices");
    assert_eq!(phone.devices().await.unwrap().iter().filter(|device| device.new).count(), 1);
    // Both rotate; then one rotates while the other takes a device off.
    let (here, there) = tokio::join!(ada.account.rotate(), phone.rotate());
    here.unwrap();
    there.unwrap();
    assert_eq!(ada.account.under_replaced_keys().await.unwrap(), []);
    let (here, there) = tokio::join!(ada.account.rotate(), phone.revoke_device(tablet));
    here.unwrap();
    there.unwrap();
    let names =
        |devices: Vec<pryv_sdk::Device>| devices.into_iter().map(|device| device.name).collect::<Vec<_>>();
    assert_eq!(names(ada.account.devices().await.unwrap()), ["desk", "phone"]);
    assert_eq!(names(phone.devices().await.unwrap()), ["desk", "phone"]);
    let written = note(&world, &topic(&world));
    diary.create(&written).await.unwrap();
    assert_eq!(all(&phone.collection(&diary.definition().uri).await.unwrap()).await, [written]);
    assert_eq!(phone.under_replaced_keys().await.unwrap(), []);
    world.close().await;
}

/// The other device is faster at one call, for every call that a rotation makes.
#[tokio::test(flavor = "multi_thread")]
async fn wherever_another_device_is_faster_both_have_replaced_the_secret() {
    let world = World::start().await;
    let network = InterleavingTransport::new(world.transport());
    let ada = world.user_of(&world.client_over(Arc::<InterleavingTransport>::clone(&network)), "ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    ada.account.add_this_device("desk").await.unwrap();
    let phone = joined(&world, &ada, "phone").await;

    for answered in [false, true] {
        for call in 1.. {
            let faster = phone.clone();
            network.at(call, answered, async move {
                faster.rotate().await.unwrap();
            });
            let rotated = ada.account.rotate().await;
            let moment = if answered { "after the answer to" } else { "before" };
            assert!(rotated.is_ok(), "the other is faster {moment} call {call}: {:?}", rotated.unwrap_err());
            if network.disarm() {
                break;
            }
            assert_eq!(ada.account.under_replaced_keys().await.unwrap(), [], "{moment} call {call}");
            assert_eq!(phone.under_replaced_keys().await.unwrap(), [], "{moment} call {call}");
            assert_eq!(ada.account.fingerprint(), phone.fingerprint(), "{moment} call {call}");
        }
    }
    let written = note(&world, &topic(&world));
    phone.collection(&diary.definition().uri).await.unwrap().create(&written).await.unwrap();
    assert_eq!(all(&diary).await, [written]);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_no_device_logs_in_again_and_a_password_needs_the_one_before() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let elsewhere = world.client().log_in(&ada.username, &ada.password()).await.unwrap();
    ada.account.rotate().await.unwrap();
    assert_eq!(elsewhere.devices().await.unwrap_err().code(), "session-ended");
    world.client().log_in(&ada.username, &ada.password()).await.unwrap().devices().await.unwrap();

    let (wrong, new) =
        (Password::new("another one, and wrong"), Password::new(world.canary.text("new password")));
    let refused = ada.account.change_password(&wrong, &new).await.unwrap_err();
    assert_eq!(refused.code(), "wrong-credentials");
    ada.account.change_password(&ada.password(), &new).await.unwrap();
    world.client().log_in(&ada.username, &new).await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_for_one_machine_that_knows_it() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let enrolment = ada.account.enrol_by_code();
    let client = world.client();
    assert_eq!(client.new_device_by_code("ada", "abcd-efgh").unwrap_err().code(), "invalid-code");
    let machine = client.new_device_by_code("ada", &enrolment.code()).unwrap();
    let (enrolled, first) = tokio::join!(enrolment.finish("phone"), machine.finish());
    assert_eq!((enrolled.unwrap(), first.unwrap().id()), (machine.id(), ada.account.id()));
    let second = client.new_device_by_code("ada", &enrolment.code()).unwrap();
    assert_eq!(second.finish().await.unwrap_err().code(), "code-used");
    // Once more, as after a lost answer: nothing changes.
    assert_eq!(enrolment.finish("phone").await.unwrap(), machine.id());
    assert_eq!(machine.finish().await.unwrap().id(), ada.account.id());
    assert_eq!(ada.account.devices().await.unwrap().len(), 1);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_that_is_granted_while_the_secret_is_replaced_is_not_left_out() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let bob = world.user("bob").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Read).await;

    // As if another device granted it right after this one had read the list.
    let mut shown = false;
    let lie = server.on::<ListGranted>(move |_, answer| {
        if !std::mem::replace(&mut shown, true) {
            answer.accesses.clear();
        }
    });
    ada.account.rotate().await.unwrap();
    assert_eq!(lie.count(), 1);
    server.stop();
    let written = note(&world, &topic(&world));
    diary.create(&written).await.unwrap();
    assert_eq!(ada.account.granted().await.unwrap().len(), 1);
    assert_eq!(all(&received(&bob).await).await, [written]);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_is_a_change_of_the_account() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let before = ada.account.head().await.unwrap();
    let new = Password::new(world.canary.text("new password"));
    ada.account.change_password(&ada.password(), &new).await.unwrap();
    let there = world.client().log_in(&ada.username, &new).await.unwrap();
    // A device that still sees the head of before would seal the next secret to the password that was replaced.
    let after = there.head().await.unwrap();
    assert_eq!(after.changes(), before.changes() + 1);
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let seen = there.collection(&diary.definition().uri).await.unwrap();
    assert_eq!(all(&seen).await.len(), 1);
    world.close().await;
}
