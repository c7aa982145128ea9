//! Real data: the event types of Pryv and an archive of its first version.
//!
//! It does not ship with the project. It is looked for in `PRYV_TEST_DATA`, then in `shared/data` beside the workspace.

use flate2::read::GzDecoder;
use pryv_sdk::definition::Definition;
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

/// Names the folder of the data.
pub const VARIABLE: &str = "PRYV_TEST_DATA";

/// The URI of the collection of events.
pub const EVENTS: &str = "https://api.pryv.com/event-types/flat.json";

/// Where the data is, if it is anywhere.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "the kit is where tests meet their surroundings")]
    let named = std::env::var(VARIABLE).ok().map(PathBuf::from);
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let beside = workspace.join("../shared/data");
    named.or(Some(beside)).filter(|folder| folder.is_dir())
}

/// The event types: the schema of the content by `class/format`.
///
/// # Panics
///
/// If the file is not what it was.
#[must_use]
pub fn event_types(folder: &Path) -> BTreeMap<String, Value> {
    let text = fs::read(folder.join("pryv-event-types/flat.json")).expect("the event types");
    let file: Value = serde_json::from_slice(&text).expect("JSON");
    let types = file["types"].as_object().expect("types by name").clone();
    types.into_iter().map(|(name, schema)| (name.clone(), patched(&name, schema))).collect()
}

/// The four types that upstream wrote wrongly, as they were meant.
fn patched(name: &str, mut schema: Value) -> Value {
    match name {
        // The list of required properties stands among the properties.
        "audiogram/data" | "clinical/fhir" => hoist_required(&mut schema),
        // `"true"` and `"false"` are texts.
        "contact/facebook" => schema["additionalProperties"] = json!(true),
        "numset/*" => schema["additionalProperties"] = json!(false),
        _ => {}
    }
    schema
}

fn hoist_required(schema: &mut Value) {
    let Value::Object(fields) = schema else { return };
    let required = fields.get_mut("properties").and_then(Value::as_object_mut).and_then(|properties| {
        if properties.get("required")?.is_array() { properties.remove("required") } else { None }
    });
    if let Some(required) = required {
        fields.insert("required".to_owned(), required);
    }
    fields.values_mut().for_each(hoist_required);
}

/// One definition of all events: each type is an event whose content has the type's schema.
#[must_use]
pub fn definition(types: &BTreeMap<String, Value>) -> Definition {
    let types = types.iter().map(|(name, content)| (name.clone(), event(content))).collect();
    let mut definition = Definition::new(EVENTS, "Events", "", Value::Null);
    definition.types = types;
    definition.discriminator = Some("/type".to_owned());
    // The catalogue has hundreds of types; which events share one shows in the tokens all the same.
    definition.equality_accepting_leakage("/type")
}

fn event(content: &Value) -> Value {
    // An event of type `null` has no content: its meaning lies in when it was, or in what is attached.
    let mut required = vec!["type", "time", "streamIds"];
    if content["type"] != "null" {
        required.push("content");
    }
    json!({ "type": "object", "required": required, "properties": { "content": content } })
}

/// A user of the archive.
#[derive(Debug)]
pub struct ArchivedUser {
    /// The username.
    pub name: String,
    /// The events, in the order of the archive, without what only the old server needed.
    pub events: Vec<Value>,
}

/// Every user of the archive, by name.
///
/// # Panics
///
/// If the archive is not what it was.
#[must_use]
pub fn archive(folder: &Path) -> Vec<ArchivedUser> {
    let archive = folder.join("v1-archive");
    let manifest = fs::read(archive.join("manifest.json")).expect("the manifest");
    let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
    let users = manifest["users"].as_array().expect("users").iter();
    let mut users: Vec<ArchivedUser> = users
        .map(|user| {
            let events = archive.join("users").join(user["userId"].as_str().expect("an id")).join("events");
            let chunks = user["chunks"]["events"].as_array().expect("chunks").iter();
            let chunks = chunks.map(|chunk| events.join(chunk.as_str().expect("a file")));
            ArchivedUser {
                name: user["username"].as_str().expect("a name").to_owned(),
                events: chunks.flat_map(|chunk| lines(&chunk)).collect(),
            }
        })
        .collect();
    users.sort_by(|a, b| a.name.cmp(&b.name));
    users
}

fn lines(chunk: &Path) -> Vec<Value> {
    let lines = BufReader::new(GzDecoder::new(File::open(chunk).expect("a chunk"))).lines();
    lines
        .map(|line| {
            let mut event: Map<String, Value> =
                serde_json::from_str(&line.expect("a line")).expect("an event");
            event.remove("integrity");
            Value::Object(event)
        })
        .collect()
}
