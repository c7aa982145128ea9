//! Real data: the event types of Pryv, and the events of an archive of its first version.

use pryv_sdk::{Silent, collection::WriteError};
use pryv_test_kit::{World, data};
use serde_json::Value;
use std::collections::BTreeMap;

/// What the archive holds, counted once by hand: events, and why some of them are no events of the catalogue.
const EXPECTED: [(&str, usize, &[(&str, usize)]); 2] = [
    ("bench4", 459, &[("no type `email/multiple` in the catalogue", 1)]),
    (
        "jslibtest6",
        23,
        &[
            ("deleted: nothing but an id is left", 4),
            ("no type `email/multiple` in the catalogue", 1),
            ("no type `medication/exposure-assertion-v1` in the catalogue", 4),
            ("no type `series:mass/kg` in the catalogue", 1),
        ],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_valid_event_of_the_archive_is_written_found_and_read_back_equal() {
    let Some(folder) = data::folder() else {
        println!("\n!!! SKIPPED: NO REAL DATA: set {} to the folder that holds it\n", data::VARIABLE);
        return;
    };
    let types = data::event_types(&folder);
    assert_eq!(types.len(), 354);
    let definition = data::definition(&types);
    let world = World::start().await;
    let users = data::archive(&folder);
    assert_eq!(users.len(), EXPECTED.len());
    for (archived, (name, count, rejects)) in users.into_iter().zip(EXPECTED) {
        assert_eq!((archived.name.as_str(), archived.events.len()), (name, count));
        let user = world.user(name).await;
        let events = user.account.define(definition.clone()).await.unwrap();
        let (mut valid, mut rejected) = (Vec::new(), BTreeMap::<String, usize>::new());
        for event in archived.events {
            match reason(&types, &event) {
                None => valid.push(event),
                Some(reason) => {
                    let refused = events.create(&event).await.unwrap_err();
                    assert!(matches!(refused, WriteError::Invalid { .. }), "{refused:?}");
                    *rejected.entry(reason).or_default() += 1;
                }
            }
        }
        for (reason, count) in &rejected {
            println!("{name}: {count} rejected: {reason}");
        }
        let expected: Vec<_> = rejects.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect();
        assert_eq!(rejected.into_iter().collect::<Vec<_>>(), expected);
        assert_eq!(valid.len() + rejects.iter().map(|(_, count)| count).sum::<usize>(), count);

        // Whatever was written by hand in it is looked for, afterwards, in everything that the server had.
        for text in valid.iter().filter_map(|event| event["content"].as_str()).filter(|text| text.len() >= 16)
        {
            world.canary.plant("content of an event", text.as_bytes());
        }
        let ids = events.create_many(valid.iter(), &mut Silent).await.unwrap();
        assert_eq!(ids.len(), valid.len());
        let read = events.query().all::<Value>(&mut Silent).await.unwrap().records;
        assert!(read.iter().all(|record| record.validity.is_valid()));
        let read: Vec<Value> = read.into_iter().map(|record| record.data).collect();
        assert_eq!(read, valid, "read back equal, in order");
        let names: std::collections::BTreeSet<&str> =
            valid.iter().map(|event| event["type"].as_str().unwrap()).collect();
        for name in names {
            let found = events.query().eq("/type", name).all::<Value>(&mut Silent).await.unwrap().records;
            let found: Vec<&Value> = found.iter().map(|record| &record.data).collect();
            let expected: Vec<&Value> = valid.iter().filter(|event| event["type"] == name).collect();
            assert_eq!(found, expected, "by type {name}");
        }
        println!("{name}: {} events written, found by type and read back equal", valid.len());
    }
    world.close().await;
}

/// Why an event of the archive is no event of the catalogue.
fn reason(types: &BTreeMap<String, Value>, event: &Value) -> Option<String> {
    match event["type"].as_str() {
        None if event.get("deleted").is_some() => Some("deleted: nothing but an id is left".to_owned()),
        None => Some("no type".to_owned()),
        Some(name) if types.contains_key(name) => None,
        Some(name) => Some(format!("no type `{name}` in the catalogue")),
    }
}
