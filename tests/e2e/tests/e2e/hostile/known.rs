//! What this client knows, denied: ends of accesses, records and collections that are not there any longer (classes 7 and 9).

use crate::fixture::{Note, all, grant, note, notes, plain_notes, topic};
use pryv_sdk::{Level, Rejection};
use pryv_test_kit::{
    HostileTransport, World,
    light::{Collection, Forged},
};
use pryv_wire::{
    AccessId, Bytes, ErrorCode, Problem, RecordId,
    access::{GetAccess, ListGranted, ListReceived},
    encode,
    record::{GetRecord, QueryRecords},
    scope::OpenScope,
    transaction::Commit,
};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

/// Shows an access as alive wherever accesses are shown, and among the readers who must get the next keys.
fn revive(server: &HostileTransport, access: AccessId) {
    server.on::<ListGranted>(move |_, answer| {
        let of = |state: &&mut pryv_wire::access::AccessState| {
            state.statement.unverified().unwrap().access == access
        };
        answer.accesses.iter_mut().filter(of).for_each(|state| state.revocation = None);
    });
    server.on::<ListReceived>(|_, answer| {
        answer.accesses.iter_mut().for_each(|state| state.revocation = None);
    });
    server.on::<GetAccess>(move |request, answer| {
        if request.access == access {
            answer.revocation = None;
        }
    });
    server.on::<OpenScope>(move |_, answer| answer.readers.push(access));
}

fn not_found() -> Vec<u8> {
    encode(&Problem::new(ErrorCode::NotFound))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_reader_that_is_shown_as_alive_gets_no_new_keys() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let (bob, carol) = (world.user("bob").await, world.user("carol").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let to_bob = grant(&world, &ada, &bob, &diary, Level::Read).await;
    let to_carol = grant(&world, &ada, &carol, &diary, Level::Read).await;
    ada.account.revoke(to_bob.id).await.unwrap();

    revive(&server, to_bob.id);
    let refused = ada.account.revoke(to_carol.id).await.unwrap_err();
    assert_eq!(refused.code(), "revocation-dropped", "Bob's end is known: {refused:?}");
    assert_eq!(ada.account.granted().await.unwrap_err().code(), "revocation-dropped");
    // Also by a program that was started again.
    let again = client.resume(ada.account.export_session()).unwrap();
    let refused = again.revoke(to_carol.id).await.unwrap_err();
    assert_eq!(refused.code(), "revocation-dropped", "{refused:?}");
    server.stop();
    again.revoke(to_carol.id).await.unwrap();
    assert_eq!(all(&diary).await.len(), 1);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoke_that_is_denied_can_be_asked_for_again() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let bob = world.user("bob").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let to_bob = grant(&world, &ada, &bob, &diary, Level::Read).await;
    ada.account.revoke(to_bob.id).await.unwrap();
    revive(&server, to_bob.id);
    let refused = ada.account.revoke(to_bob.id).await.unwrap_err();
    // The server has it: its own record of the revocation refuses a second one.
    assert_eq!(refused.code(), "already-revoked", "{refused:?}");
    server.stop();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_revoked_writer_adds_does_not_count_when_its_end_is_hidden() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let device = world.user("device").await;
    let diary = ada.account.define(plain_notes(&world)).await.unwrap();
    let own = diary.create(note(&world, &topic(&world))).await.unwrap();
    let access = grant(&world, &ada, &device, &diary, Level::CreateOnly).await;
    ada.account.revoke(access.id).await.unwrap();

    // With the present epoch, as the operator can tell the device its deposit key.
    let mut present = world.by_hand(&ada).await.open_collection(ada.account.id(), diary.scope(), None).await;
    present.access = Some(access.id);
    let id = RecordId::from_bytes(world.canary.random());
    let content = encode(&serde_json::to_value(note(&world, &topic(&world))).unwrap());
    let forged = Bytes::from(encode(&world.by_hand(&device).await.seal(&present, id, 1, &content)));
    server.on::<QueryRecords>(move |_, answer| answer.records.push(forged.clone()));
    revive(&server, access.id);
    let page = diary.query().fetch::<Note>().await.unwrap();
    assert_eq!(page.records.iter().map(|record| record.id).collect::<Vec<_>>(), [own.id]);
    let codes: Vec<_> = page.rejected.iter().map(|rejected| rejected.reason.code()).collect();
    assert_eq!(codes, ["revocation-dropped"]);
    assert!(matches!(page.rejected[0].reason, Rejection::Distrust(_)));
    server.stop();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grantee_who_saw_an_end_does_not_see_the_access_alive_again() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user("ada").await;
    let bob = world.user_of(&client, "bob").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let access = grant(&world, &ada, &bob, &diary, Level::Read).await;
    ada.account.revoke(access.id).await.unwrap();
    bob.account.received().await.unwrap();
    revive(&server, access.id);
    assert_eq!(bob.account.received().await.unwrap_err().code(), "revocation-dropped");
    server.stop();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_was_seen_is_not_absent() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let record = diary.create(note(&world, &topic(&world))).await.unwrap();
    server.on_raw::<GetRecord>(|answer| {
        answer.status = 404;
        answer.body = not_found();
    });
    assert_eq!(diary.get::<Note>(record.id).await.unwrap_err().code(), "rolled-back");
    let never = RecordId::from_bytes(world.canary.random());
    assert_eq!(diary.get::<Note>(never).await.unwrap_err().code(), "not-found", "this one nobody has seen");
    server.on_raw::<Commit>(|answer| {
        answer.status = 404;
        answer.body = not_found();
    });
    let refused = diary.update(&record, note(&world, &topic(&world))).await.unwrap_err();
    assert_eq!(refused.code(), "rolled-back");
    assert_eq!(diary.delete(&record).await.unwrap_err().code(), "rolled-back");
    server.stop();
    // The server did write: only its answers were lies.
    assert_eq!(diary.get::<Note>(record.id).await.unwrap().version, 2);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_that_was_seen_is_not_absent() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let definition = notes(&world);
    ada.account.define(definition.clone()).await.unwrap();
    server.on_raw::<OpenScope>(|answer| {
        answer.status = 404;
        answer.body = not_found();
    });
    let again = client.resume(ada.account.export_session()).unwrap();
    for account in [&ada.account, &again] {
        assert_eq!(account.collection(&definition.uri).await.unwrap_err().code(), "rolled-back");
        assert_eq!(account.define(definition.clone()).await.unwrap_err().code(), "rolled-back");
        let other = account.collection("https://example.org/never").await.unwrap_err();
        assert_eq!(other.code(), "not-found");
    }
    server.stop();
    again.collection(&definition.uri).await.unwrap();
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_an_epoch_that_was_never_begun_is_not_merely_locked() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let ada = world.user_of(&client, "ada").await;
    let mallory = world.user("mallory").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let mut imagined = Collection::imagined(ada.account.id(), diary.scope());
    imagined.epoch.epoch = 7;
    let mut rng = ChaCha20Rng::from_seed(world.canary.random());
    let record = Forged::random(RecordId::from_bytes(world.canary.random()), 1, 64, &mut rng);
    let forged = Bytes::from(encode(&world.by_hand(&mallory).await.forge(&imagined, &record)));
    server.on::<QueryRecords>(move |_, answer| answer.records.push(forged.clone()));
    let page = diary.query().fetch::<Note>().await.unwrap();
    let codes: Vec<_> = page.rejected.iter().map(|rejected| rejected.reason.code()).collect();
    assert_eq!(codes, ["malformed"], "its owner holds the keys of every epoch");
    server.stop();
    world.close().await;
}
