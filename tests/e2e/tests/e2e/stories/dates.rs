//! Dates: accesses that begin later and end by themselves, and clocks that are wrong.

use crate::fixture::{all, contact, named, note, notes, received, topic};
use pryv_sdk::{AccessStatus, Grant, Level};
use pryv_test_kit::{
    World,
    clock::{days, hours},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_access_holds_between_its_dates_and_nowhere_else() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let contact = contact(&ada, &bob).await;
    let (from, until) = (world.clock.in_a_while(days(1)), world.clock.in_a_while(days(8)));
    let grant = Grant::to(&contact).on(&diary, Level::Read).from(from).until(until);
    let access = ada.account.grant(named(&world, grant)).await.unwrap();

    let early = bob.account.received().await.unwrap();
    assert_eq!(early[0].access.status, AccessStatus::NotYetValid);
    assert_eq!(early[0].open(diary.scope()).await.unwrap_err().code(), "not-yet-valid");

    world.clock.advance(days(1));
    let shared = received(&bob).await;
    assert_eq!(all(&shared).await.len(), 1);

    world.clock.advance(days(7));
    let late = bob.account.received().await.unwrap();
    assert_eq!(late[0].access.status, AccessStatus::Expired);
    assert_eq!(late[0].open(diary.scope()).await.unwrap_err().code(), "expired");
    let refused = shared.query().fetch::<serde_json::Value>().await.unwrap_err();
    assert_eq!(refused.code(), "expired", "a handle that was opened in time is refused as well");

    // The owner's next run puts an epoch boundary behind the date: the dates are not only the server's word.
    ada.account.maintain().await.unwrap();
    let after = diary.create(note(&world, &topic(&world))).await.unwrap();
    assert_eq!(world.epoch_of(&ada, diary.scope(), after.id).await, 1);
    let granted = ada.account.granted().await.unwrap();
    assert_eq!((granted[0].access.id, granted[0].access.status), (access.id, AccessStatus::Expired));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_clocks_of_clients_change_nothing_but_what_they_say() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    for skew in [-i64::from(400_000_000), i64::from(400_000_000)] {
        let client = world.client_with_clock(world.clock.skewed(skew));
        let account = client.log_in(&ada.username, &ada.password()).await.unwrap();
        let there = account.collection(&diary.definition().uri).await.unwrap();
        let written = there.create(note(&world, &topic(&world))).await.unwrap();
        let read = diary.get::<crate::fixture::Note>(written.id).await.unwrap();
        assert_eq!(read.data, written.data);
    }
    // A grantee whose clock is behind believes that the access still holds; the server knows better.
    let bob = world.user("bob").await;
    let contact = contact(&ada, &bob).await;
    let grant = Grant::to(&contact).on(&diary, Level::Read).until(world.clock.in_a_while(hours(1)));
    ada.account.grant(named(&world, grant)).await.unwrap();
    let behind = world.client_with_clock(world.clock.skewed(-i64::from(100_000_000)));
    let behind = behind.log_in(&bob.username, &bob.password()).await.unwrap();
    world.clock.advance(hours(2));
    let received = behind.received().await.unwrap();
    let refused = received[0].open(diary.scope()).await.unwrap_err();
    assert_eq!(
        refused.code(),
        "access-not-valid",
        "by the server's clock; by this machine's it would be valid"
    );
    world.close().await;
}
