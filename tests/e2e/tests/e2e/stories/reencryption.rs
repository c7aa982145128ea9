//! The fourteen steps of the proxy re-encryption experiment, told on this server: a person's data shared with one other,
//! keys of both rotated, and at no step anybody in the middle who can read.
//!
//! What the experiment asked, and what is answered here:
//!
//! | asked | answered |
//! |---|---|
//! | somebody deposits data that the server encrypts | the depositor encrypts, to the collection's public key |
//! | the server transforms every item at each read | it transforms once for each epoch; items are read at the speed of AES |
//! | history for a later grantee, with the owner online only at the grant | one transaction, whatever the number of items |
//! | the owner's keys rotate: the server transforms the whole store | new keys, no item rewritten |
//! | (open) does a key of one segment open another? | no: each scope and each term has its own |

use crate::fixture::{Note, all, contact, grant, named, note, plain_notes, received, topic};
use pryv_sdk::{AccessStatus, Collection, Grant, Level};
use pryv_test_kit::{User, World, clock::hours, raw::RawRequest};
use pryv_wire::{
    Bytes, RecordId,
    record::GetRecord,
    transaction::{Commit, Operation},
};

/// What the server stores of a record.
async fn stored(world: &World, owner: &User, of: &Collection, record: RecordId) -> Bytes {
    let get = GetRecord { account: owner.account.id(), scope: of.scope(), record };
    world.by_hand(owner).await.call(&get).await.unwrap().record
}

/// How many capsules the server has transformed since it started.
async fn transforms(world: &World) -> u64 {
    let page = RawRequest::get("/metrics").send(world.address()).await;
    let page = String::from_utf8(page.body).unwrap();
    let line = page
        .lines()
        .find(|line| line.starts_with("pryv_transforms_total"))
        .expect("the counter of transforms");
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// How many records were sent to the server so far.
fn records_sent(world: &World) -> usize {
    let commits = world.recorder.requests::<Commit>();
    let operations = commits.iter().flat_map(|commit| &commit.operations);
    operations.filter(|operation| matches!(operation, Operation::PutRecord { .. })).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fourteen_steps_of_the_proxy_re_encryption_experiment() {
    let world = World::start().await;

    // 1, 2. The person makes keys, and publishes the public ones; so does the sensor that will deposit.
    let (person, sensor) = (world.user("person").await, world.user("sensor").await);
    let diary = person.account.define(plain_notes(&world)).await.unwrap();
    let private = person.account.define(plain_notes(&world)).await.unwrap();
    let hidden = private.create(note(&world, &topic(&world))).await.unwrap();

    // 3. Somebody else deposits an item. In the experiment the server got it in clear and encrypted it; here the depositor
    // does, to a public key, and could not read it afterwards.
    grant(&world, &person, &sensor, &diary, Level::CreateOnly).await;
    let deposit = received(&sensor).await;
    let sleep = topic(&world);
    let deposited = deposit.create(note(&world, &sleep)).await.unwrap();
    assert_eq!(deposit.get::<Note>(deposited.id).await.unwrap_err().code(), "write-only");

    // 4. The person reads it, and sees who wrote it.
    let read = diary.get::<Note>(deposited.id).await.unwrap();
    assert_eq!((&read.data, read.author), (&deposited.data, sensor.account.id()));

    // 5. Another one, the target, has keys of its own; the person compares them and makes a transform key, once, whatever
    // there is to read. The person need not be there afterwards.
    let target = world.user("target").await;
    let to_target = contact(&person, &target).await;
    assert_eq!(to_target.fingerprint(), target.account.fingerprint(), "compared by telephone");
    let sent = records_sent(&world);
    let access = Grant::to(&to_target).on(&diary, Level::Contribute);
    let access = person.account.grant(named(&world, access)).await.unwrap();
    assert_eq!(records_sent(&world), sent, "history included, and no item was touched");

    // 6. The target reads what was there before: the server transforms the key of the epoch, once.
    let before = transforms(&world).await;
    let shared = received(&target).await;
    assert_eq!(all(&shared).await, std::slice::from_ref(&deposited.data));
    assert_eq!(transforms(&world).await, before + 1);

    // 7, 8. The person and the target each write; the target to the person's keys.
    let own = diary.create(note(&world, &sleep)).await.unwrap();
    let theirs = shared.create(note(&world, &sleep)).await.unwrap();

    // 9, 10. Both read all three items, and know whose each is.
    let three = [&deposited, &own, &theirs].map(|record| record.data.clone());
    assert_eq!(all(&diary).await, three);
    assert_eq!(all(&shared).await, three);
    assert_eq!(diary.get::<Note>(theirs.id).await.unwrap().author, target.account.id());
    for _ in 0..5 {
        shared.query().eq("/topic", sleep.as_str()).fetch::<Note>().await.unwrap();
    }
    assert_eq!(
        transforms(&world).await,
        before + 1,
        "the server transforms nothing for a read, and nothing for an item"
    );

    // 11. The person's keys change: the account secret, and with it those of every collection. The experiment's server
    // transformed the whole store; here no item is rewritten.
    let ids = [deposited.id, own.id, theirs.id];
    let mut as_stored = Vec::new();
    for id in ids {
        as_stored.push(stored(&world, &person, &diary, id).await);
    }
    let sent = records_sent(&world);
    let before_that = person.account.fingerprint();
    assert_eq!(person.account.rotate().await.unwrap().begun.len(), 2, "the diary, and what is private");
    assert_eq!(person.account.fingerprint(), before_that, "what was compared still holds");
    assert_eq!(records_sent(&world), sent);
    for (id, before) in ids.into_iter().zip(&as_stored) {
        assert_eq!(&stored(&world, &person, &diary, id).await, before, "to the byte");
    }

    // 12, 13. Person and target read on, what is older and what is new, without a further step of either.
    let fresh = diary.create(note(&world, &sleep)).await.unwrap();
    assert_eq!(world.epoch_of(&person, diary.scope(), fresh.id).await, 1, "under the new keys");
    assert_eq!(all(&diary).await.len(), 4);
    assert_eq!(all(&shared).await, all(&diary).await);
    assert_eq!(transforms(&world).await, before + 2, "one more epoch, one more transform");

    // 14. The target's keys change (the experiment left this as a stub). It reads on by what was sealed to its earlier card;
    // the person's next run gives the diary keys that only the new card opens. No item is rewritten here either.
    world.clock.advance(hours(1));
    let sent = records_sent(&world);
    target.account.rotate().await.unwrap();
    let shared = received(&target).await;
    assert_eq!(all(&shared).await, all(&diary).await);
    assert_eq!(person.account.maintain().await.unwrap().begun, [(diary.scope(), 2)]);
    assert_eq!(records_sent(&world), sent);
    diary.create(note(&world, &sleep)).await.unwrap();
    assert_eq!(all(&shared).await.len(), 5);
    assert_eq!(all(&shared).await, all(&diary).await);

    // Afterwards (the experiment ended before): the person takes the grant back. Reads end at once; what is written from
    // now on is closed to the target also if the server helps (`after_revoke` shows that with keys).
    let receipt = person.account.revoke(access.id).await.unwrap();
    person.account.verify_receipt(&receipt).await.unwrap();
    assert_eq!(receipt.scopes[0].closed_from, 3);
    assert_eq!(shared.query().fetch::<Note>().await.unwrap_err().code(), "revoked");
    let after = diary.create(note(&world, &sleep)).await.unwrap();
    assert_eq!(world.epoch_of(&person, diary.scope(), after.id).await, 3);
    assert_eq!(all(&diary).await.len(), 6);
    let accesses = target.account.received().await.unwrap();
    assert!(matches!(accesses[0].access.status, AccessStatus::Revoked { .. }));

    // A key of one collection opened no other, at no step.
    let asked = world.by_hand(&target).await;
    let get = GetRecord { account: person.account.id(), scope: private.scope(), record: hidden.id };
    assert_eq!(World::refusal(asked.call(&get).await).code.as_str(), "not-found");
    world.close().await;
}
