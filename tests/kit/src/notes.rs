//! What the people of the stories write: notes whose every field is a marker.

use crate::World;
use pryv_sdk::{Collection, Definition, Silent};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A note.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Note {
    /// What it says.
    pub text: String,
    /// What it is about: notes can be queried by it.
    pub topic: String,
    /// A number.
    pub number: u64,
    /// A code that no two notes share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// A collection of notes, which can be queried by topic and have unique codes. Every text in it is a marker.
#[must_use]
pub fn notes(world: &World) -> Definition {
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
#[must_use]
pub fn plain_notes(world: &World) -> Definition {
    let mut definition = notes(world);
    definition.indexes.retain(|index| index.is_on("/topic"));
    definition
}

/// A note on a topic, of markers.
#[must_use]
pub fn note(world: &World, topic: &str) -> Note {
    Note {
        text: world.canary.text("text of a note"),
        topic: topic.to_owned(),
        number: world.canary.number("number of a note"),
        code: None,
    }
}

/// A topic.
#[must_use]
pub fn topic(world: &World) -> String {
    world.canary.text("topic")
}

/// Everything in a collection, oldest first.
///
/// # Panics
///
/// If a record does not open, or is no note.
pub async fn all(collection: &Collection) -> Vec<Note> {
    let records = collection.query().all::<Note>(&mut Silent).await.expect("every note");
    assert!(records.rejected.is_empty(), "{:?}", records.rejected);
    records.records.into_iter().map(|record| record.data).collect()
}
