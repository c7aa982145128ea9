//! Links: something is shown to, or taken from, somebody who has no account.

use crate::fixture::{Note, all, named, note, notes, plain_notes, topic};
use pryv_sdk::{Account, Collection, Grant, Level, NewLink, Password, ShareLink, account::CreatedLink};
use pryv_test_kit::{World, clock::days, light::link_secret};
use pryv_wire::audit::Act;

/// A link on one collection.
async fn link(
    world: &World,
    account: &Account,
    collection: &Collection,
    level: Level,
    with: impl FnOnce(NewLink) -> NewLink,
) -> CreatedLink {
    let grant = named(world, Grant::to_link().on(collection, level));
    let created = account.create_link(with(NewLink::of(grant))).await.expect("a link");
    plant(world, &created.link);
    created
}

/// Neither the key of a link nor the secret in it is ever sent.
fn plant(world: &World, link: &ShareLink) {
    let text = link.to_uri();
    world.canary.plant("key of a link", text.split_once('#').expect("a fragment").1.as_bytes());
    world.canary.plant("secret of a link", &link_secret(&text));
}

/// The link as it travels: as text.
fn sent(created: &CreatedLink) -> ShareLink {
    ShareLink::parse(&created.link.to_web("https://pryv.example.org")).expect("a link that reads back")
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_without_an_account_opens_a_link_until_it_is_revoked() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let closed = ada.account.define(notes(&world)).await.unwrap();
    let first = note(&world, &topic(&world));
    diary.create(&first).await.unwrap();
    let created = link(&world, &ada.account, &diary, Level::Read, |link| link).await;

    let visitor = world.client().open_link(&sent(&created), None).await.unwrap();
    assert_eq!(visitor.access().grantor, ada.account.id());
    assert_eq!(visitor.access().name, created.access.name);
    let shown = visitor.collections().await.unwrap().pop().unwrap();
    assert_eq!(all(&shown).await, [first]);
    assert_eq!(shown.create(note(&world, &topic(&world))).await.unwrap_err().code(), "read-only");
    assert_eq!(visitor.open(closed.scope()).await.unwrap_err().code(), "not-found");
    let listed = ada.account.links().await.unwrap();
    assert_eq!((listed.len(), listed[0].uses, listed[0].access.max_uses), (1, Some(1), None));

    // The count is the server's word; the audit says the same, in a chain.
    let audit = ada.account.audit().access(created.access.id).entries().await.unwrap().entries;
    let sessions = audit.iter().filter(|entry| entry.act == Act::Session).count();
    assert_eq!((sessions, audit[0].principal), (1, created.access.grantee));

    // Somebody else stays when another link ends: new keys go to the cards that the links were made with.
    let other = link(&world, &ada.account, &diary, Level::Read, |link| link).await;
    ada.account.revoke(created.access.id).await.unwrap();
    assert_eq!(shown.query().fetch::<Note>().await.unwrap_err().code(), "revoked");
    let refused = world.client().open_link(&sent(&created), None).await.unwrap_err();
    assert_eq!(refused.code(), "revoked", "said by what Ada signed");
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let stays = world.client().open_link(&sent(&other), None).await.unwrap();
    assert_eq!(all(&stays.collections().await.unwrap()[0]).await.len(), 2);
    stays.close().await.unwrap();
    let locked = stays.collections().await.unwrap_err();
    assert_eq!(locked.code(), "session-ended", "opening it again is another use");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_keeps_a_link_from_whoever_found_its_url() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let password = world.canary.text("password of a link");
    let created = link(&world, &ada.account, &diary, Level::Read, |link| {
        link.password(Password::new(password.clone())).uses(1)
    })
    .await;
    let client = world.client();
    let refused = client.open_link(&sent(&created), None).await.unwrap_err();
    assert_eq!(refused.code(), "password-needed");
    let wrong = Password::new("four other words are wrong");
    let refused = client.open_link(&sent(&created), Some(&wrong)).await.unwrap_err();
    assert_eq!(refused.code(), "unknown-link");
    assert_eq!(ada.account.links().await.unwrap()[0].uses, Some(0), "a wrong password is no use");
    let visitor = client.open_link(&sent(&created), Some(&Password::new(password))).await.unwrap();
    assert_eq!(all(&visitor.collections().await.unwrap()[0]).await.len(), 1);
    let weak = NewLink::of(Grant::to_link().on(&diary, Level::Read)).password(Password::new("1234"));
    assert_eq!(ada.account.create_link(weak).await.unwrap_err().code(), "weak-password");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_ends_by_its_uses_and_by_its_date() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let diary = ada.account.define(notes(&world)).await.unwrap();
    diary.create(note(&world, &topic(&world))).await.unwrap();
    let counted = link(&world, &ada.account, &diary, Level::Read, |link| link.uses(2)).await;
    let client = world.client();
    let first = client.open_link(&sent(&counted), None).await.unwrap();
    client.open_link(&sent(&counted), None).await.unwrap();
    assert_eq!(client.open_link(&sent(&counted), None).await.unwrap_err().code(), "link-exhausted");
    assert_eq!(all(&first.collections().await.unwrap()[0]).await.len(), 1, "who is in stays in");
    let listed = ada.account.links().await.unwrap();
    assert_eq!((listed[0].uses, listed[0].access.max_uses), (Some(2), Some(2)));

    let until = world.clock.in_a_while(days(1));
    let grant = named(&world, Grant::to_link().on(&diary, Level::Read).until(until));
    let dated = ada.account.create_link(NewLink::of(grant)).await.unwrap();
    client.open_link(&sent(&dated), None).await.unwrap();
    world.clock.advance(days(1));
    assert_eq!(client.open_link(&sent(&dated), None).await.unwrap_err().code(), "expired");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drop_box_takes_from_anybody_and_shows_nothing() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let letters = ada.account.define(plain_notes(&world)).await.unwrap();
    letters.create(note(&world, &topic(&world))).await.unwrap();
    let created = link(&world, &ada.account, &letters, Level::CreateOnly, |link| link).await;
    let left = note(&world, &topic(&world));
    for _ in 0..2 {
        let visitor = world.client().open_link(&sent(&created), None).await.unwrap();
        let slot = visitor.collections().await.unwrap().pop().unwrap();
        slot.create(&left).await.unwrap();
        assert_eq!(slot.query().fetch::<Note>().await.unwrap_err().code(), "write-only");
    }
    assert_eq!(all(&letters).await[1..], [left.clone(), left]);
    let records = letters.query().fetch::<Note>().await.unwrap().records;
    assert_eq!(records[1].author, created.access.grantee, "the owner sees which link it came by");
    ada.account.revoke(created.access.id).await.unwrap();
    assert_eq!(all(&letters).await.len(), 3, "what was left in time stays");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_made_of_what_a_link_may_be() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let diary = ada.account.define(notes(&world)).await.unwrap();
    let refused = |new| async { ada.account.create_link(new).await.unwrap_err().code() };
    let to_link = |level| Grant::to_link().on(&diary, level);
    assert_eq!(refused(NewLink::of(to_link(Level::Contribute))).await, "level-of-a-link");
    assert_eq!(refused(NewLink::of(to_link(Level::Read)).uses(0)).await, "no-uses");
    assert_eq!(refused(NewLink::of(Grant::to_link())).await, "nothing-granted");
    assert_eq!(ada.account.grant(to_link(Level::Read)).await.unwrap_err().code(), "no-grantee");
    let contact = crate::fixture::contact(&ada, &bob).await;
    assert_eq!(refused(NewLink::of(Grant::to(&contact).on(&diary, Level::Read))).await, "no-grantee");
    assert!(ada.account.granted().await.unwrap().is_empty());
    world.close().await;
}
