//! What the people of the stories share: notes, whose every field is a marker, and accesses to them.

use pryv_sdk::{Access, AccessStatus, Collection, Contact, Grant, Level};
pub(crate) use pryv_test_kit::notes::{Note, all, note, notes, plain_notes, topic};
use pryv_test_kit::{User, World};

/// Grants a level on a collection, with a name and a purpose that are markers.
pub(crate) async fn grant(
    world: &World,
    from: &User,
    to: &User,
    collection: &Collection,
    level: Level,
) -> Access {
    let contact = contact(from, to).await;
    let grant = named(world, Grant::to(&contact).on(collection, level));
    from.account.grant(grant).await.expect("a grant")
}

/// Gives a grant a name and a purpose that are markers.
pub(crate) fn named(world: &World, grant: Grant) -> Grant {
    grant.name(world.canary.text("name of an access")).purpose(world.canary.text("purpose of an access"))
}

/// The contact of one user as another one finds it.
pub(crate) async fn contact(from: &User, to: &User) -> Contact {
    let contact = from.account.find(&to.username).await.expect("a contact");
    assert_eq!(contact.id(), to.account.id());
    contact
}

/// The one collection that a user was granted.
pub(crate) async fn received(user: &User) -> Collection {
    let received = user.account.received().await.expect("the received accesses");
    let active: Vec<_> =
        received.iter().filter(|access| access.access.status == AccessStatus::Active).collect();
    assert_eq!(active.len(), 1, "{active:?}");
    active[0].collections().await.expect("the collections of an access").pop().expect("one collection")
}
