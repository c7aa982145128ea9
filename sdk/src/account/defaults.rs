//! What every account has: events in streams, made at sign-up, or when they are first asked for.

use super::{Account, DefineError};
use crate::{
    collection::Collection,
    definition::{Definition, Range},
    ontology::Ontology,
};
use serde_json::json;

/// The URI of the ontology that events are filed under.
pub const STREAMS: &str = "https://pryv.com/streams";

/// The URI of the collection of events.
pub const EVENTS: &str = "https://pryv.com/events";

/// The hours from 1900 to 2200, in Unix seconds.
const fn hours() -> Range {
    Range::numbers(-2_208_988_800.0, 7_258_118_400.0, 3_600.0)
}

impl Account {
    /// The streams of this account: the ontology that its events are filed under.
    ///
    /// # Errors
    ///
    /// See [`DefineError`].
    pub async fn streams(&self) -> Result<Ontology, DefineError> {
        let schema = json!({ "type": "object" });
        self.define_ontology(Definition::new(STREAMS, "Streams", "stream", schema)).await
    }

    /// The events of this account, as Pryv knows them: of a type, with content, at a time, for a while.
    ///
    /// # Errors
    ///
    /// See [`DefineError`].
    pub async fn events(&self) -> Result<Collection, DefineError> {
        self.streams().await?;
        let schema = json!({
            "type": "object",
            "required": ["type", "time"],
            "properties": {
                "type": { "type": "string", "minLength": 1 },
                "content": true,
                "time": { "type": "number" },
                "duration": { "type": ["number", "null"], "minimum": 0 },
                "description": { "type": "string" },
                "clientData": { "type": "object" },
            },
            "additionalProperties": false,
        });
        // Which types there are is told by their frequencies; they say what is kept, not what it says.
        let definition = Definition::new(EVENTS, "Events", "event", schema)
            .equality_accepting_leakage("/type")
            .interval("/time", "/duration", hours())
            .linked_to(STREAMS);
        self.define(definition).await
    }
}
