//! Ends that a grantee is said to have put to its own access, and did not (class 10).

use crate::fixture::{Note, grant, note, notes, received, topic};
use pryv_sdk::{AccessStatus, Level, ReceivedAccess};
use pryv_test_kit::{User, World};
use pryv_wire::{
    AccessId, ErrorCode, Signed, TransactionId,
    access::{GetAccess, LastEpoch, ListGranted, ListReceived, Revocation},
    transaction::{Commit, Operation},
};

async fn held(user: &User) -> ReceivedAccess {
    let received = user.account.received().await.unwrap();
    received.into_iter().find(|held| held.access.status == AccessStatus::Active).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_the_grantee_did_not_sign_is_refused_by_everybody() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let (ada, bob) = (world.user_of(&client, "ada").await, world.user_of(&client, "bob").await);
    let (carol, mallory) = (world.user_of(&client, "carol").await, world.user("mallory").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let to_bob = grant(&world, &ada, &bob, &diary, Level::Contribute).await;
    grant(&world, &ada, &carol, &diary, Level::Read).await;
    received(&bob).await.create(note(&world, &topic(&world))).await.unwrap();
    let (bobs, mallorys) = (world.by_hand(&bob).await, world.by_hand(&mallory).await);
    let end = Revocation {
        access: to_bob.id,
        account: ada.account.id(),
        revoker: bob.account.id(),
        last_epochs: vec![LastEpoch { scope: diary.scope(), epoch: 0 }],
        signed_at: to_bob.signed_at,
    };
    let others = Revocation { revoker: mallory.account.id(), ..end.clone() };
    let another = Revocation { access: AccessId::from_bytes([9; 16]), ..end.clone() };
    let silent = Revocation { last_epochs: Vec::new(), ..end.clone() };
    let forged: [(&str, Signed<Revocation>); 4] = [
        ("in Bob's name, by Mallory", mallorys.identity.sign(&end)),
        ("in Mallory's own name", mallorys.identity.sign(&others)),
        ("of another access of Bob's", bobs.identity.sign(&another)),
        ("one that takes back what Bob wrote", bobs.identity.sign(&silent)),
    ];
    for (name, statement) in forged {
        let shown = statement.clone();
        let lie =
            server.on::<ListGranted>(move |_, answer| answer.accesses[0].revocation = Some(shown.clone()));
        assert_eq!(ada.account.granted().await.unwrap_err().code(), "invented-access", "{name}");
        assert_eq!(ada.account.maintain().await.unwrap_err().code(), "invented-access", "{name}");
        assert!(lie.count() > 1);
        server.stop();
        let shown = statement.clone();
        server.on::<ListReceived>(move |_, answer| answer.accesses[0].revocation = Some(shown.clone()));
        assert_eq!(bob.account.received().await.unwrap_err().code(), "invented-access", "{name}");
        server.stop();
        // To a reader, behind the record that Bob wrote: it is not kept from anybody by that.
        let lie = server.on::<GetAccess>(move |_, answer| answer.revocation = Some(statement.clone()));
        let page = received(&carol).await.query().fetch::<Note>().await;
        assert!(page.is_err() || !page.unwrap().rejected.is_empty(), "{name}");
        assert!(lie.count() > 0);
        server.stop();
    }

    // Bob's own, of an epoch that there is not: it would count for ever, and no new keys would be made.
    let later = LastEpoch { scope: diary.scope(), epoch: u32::MAX };
    let ahead = bobs.identity.sign(&Revocation { last_epochs: vec![later], ..end });
    server.on::<ListGranted>(move |_, answer| answer.accesses[0].revocation = Some(ahead.clone()));
    let again = client.resume(ada.account.export_session()).unwrap();
    assert_eq!(again.maintain().await.unwrap_err().code(), "rolled-back");
    server.stop();
    assert_eq!(ada.account.maintain().await.unwrap().begun, []);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_its_holder_replaced_ends_nothing_that_was_granted_since() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let (ada, bob) = (world.user_of(&client, "ada").await, world.user("bob").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let stolen = world.by_hand(&bob).await.identity;
    bob.account.rotate().await.unwrap();
    ada.account.maintain().await.unwrap();
    let to_bob = grant(&world, &ada, &bob, &diary, Level::Read).await;
    let dated_back = stolen.sign(&Revocation {
        access: to_bob.id,
        account: ada.account.id(),
        revoker: bob.account.id(),
        last_epochs: vec![LastEpoch { scope: diary.scope(), epoch: 0 }],
        signed_at: to_bob.signed_at,
    });
    // An honest server takes it from nobody, not in Bob's own session either.
    let bobs = world.by_hand(&bob).await;
    let operation =
        Operation::Revoke { statement: dated_back.clone(), below: Vec::new(), epochs: Vec::new() };
    let (account, transaction) = (ada.account.id(), TransactionId::from_bytes([7; 16]));
    let sent = bobs.call(&Commit { account, transaction, operations: vec![operation] }).await;
    assert_eq!(World::refusal(sent).code, ErrorCode::InvalidStatement);
    // One that helps the thief is found out.
    let lie =
        server.on::<ListGranted>(move |_, answer| answer.accesses[0].revocation = Some(dated_back.clone()));
    assert_eq!(ada.account.granted().await.unwrap_err().code(), "invented-access");
    assert!(lie.count() > 0);
    server.stop();
    held(&bob).await.leave().await.unwrap();
    assert!(ada.account.granted().await.unwrap()[0].access.was_left());
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_by_the_grantee_that_was_seen_is_not_hidden_again() {
    let world = World::start().await;
    let (client, server) = world.hostile();
    let (ada, bob) = (world.user_of(&client, "ada").await, world.user_of(&client, "bob").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    grant(&world, &ada, &bob, &diary, Level::Read).await;
    held(&bob).await.leave().await.unwrap();
    // To who left, at once; to the owner, once its client has seen it.
    server.on::<ListReceived>(|_, answer| answer.accesses[0].revocation = None);
    assert_eq!(bob.account.received().await.unwrap_err().code(), "revocation-dropped");
    server.stop();
    assert!(ada.account.granted().await.unwrap()[0].access.was_left());
    server.on::<ListGranted>(|_, answer| answer.accesses[0].revocation = None);
    assert_eq!(ada.account.maintain().await.unwrap_err().code(), "revocation-dropped");
    server.stop();
    assert_eq!(ada.account.maintain().await.unwrap().begun, [(diary.scope(), 1)]);
    world.close().await;
}
