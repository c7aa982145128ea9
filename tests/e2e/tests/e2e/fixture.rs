//! What the people of the stories write: notes whose every field is a marker.

use pryv_sdk::{Access, AccessStatus, Collection, Contact, Definition, Grant, Level, Silent};
use pryv_test_kit::{User, World};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A note.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Note {
    pub(crate) text: String,
    pub(crate) topic: String,
    pub(crate) number: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
}

/// A collection of notes, which can be queried by topic and have unique codes. Every text in it is a marker.
pub(crate) fn notes(world: &World) -> Definition {
    let text = |kind: &str| world.canary.text(kind);
    let schema = json!({
        "type": "object",
        "description": text("schema description"),
        "required": ["text", "topic", "number"],
        "properties": {
            "text": { "type": "string", "minLength": 1, "title": text("schema title") },
            "topic": { "type": "string" },
            "number": { "type": "integer", "minimum": 0 },
            "code": { "type": "string" },
        },
    });
    Definition::new(
        format!("https://example.org/{}", text("definition URI")),
        text("title"),
        text("type name"),
        schema,
    )
    .equality("/topic")
    .unique("/code")
}

/// Notes without a unique field, for writers who cannot make tokens.
pub(crate) fn plain_notes(world: &World) -> Definition {
    let mut definition = notes(world);
    definition.indexes.retain(|index| index.field == "/topic");
    definition
}

/// A note on a topic, of markers.
pub(crate) fn note(world: &World, topic: &str) -> Note {
    Note {
        text: world.canary.text("text of a note"),
        topic: topic.to_owned(),
        number: world.canary.number("number of a note"),
        code: None,
    }
}

/// A topic.
pub(crate) fn topic(world: &World) -> String {
    world.canary.text("topic")
}

/// Everything in a collection, oldest first.
pub(crate) async fn all(collection: &Collection) -> Vec<Note> {
    let records = collection.query().all::<Note>(&mut Silent).await.expect("every note");
    assert!(records.rejected.is_empty(), "{:?}", records.rejected);
    records.records.into_iter().map(|record| record.data).collect()
}

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
