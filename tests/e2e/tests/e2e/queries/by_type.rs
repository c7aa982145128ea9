//! By the types of a definition.

use pryv_sdk::{Definition, Silent, collection::QueryError, condition::field};
use pryv_test_kit::World;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn records_are_found_by_the_types_of_their_definition() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let uri = |world: &World| format!("https://example.org/{}", world.canary.text("definition URI"));
    let mut definition = Definition::new(uri(&world), "Signs", "pulse", json!({ "type": "object" }))
        .equality_accepting_leakage("/kind");
    for name in ["weight", "height"] {
        definition.types.insert(name.into(), json!({ "type": "object" }));
    }
    definition.discriminator = Some("/kind".into());
    let signs = ada.account.define(definition).await.unwrap();
    let all = (0..9).map(|n| json!({ "kind": (["pulse", "weight", "height"][n % 3]), "n": n }));
    signs.create_many(all, &mut Silent).await.unwrap();
    let of = |types: &[&str]| types.iter().copied().fold(signs.query(), pryv_sdk::Query::of_type);
    assert_eq!(of(&["weight"]).count().await.unwrap(), 3);
    let both = of(&["weight", "pulse"]).filter(field("/kind").is("weight").not());
    let page = both.all::<Value>(&mut Silent).await.unwrap();
    assert_eq!((page.records.len(), page.overshoot), (3, 0));
    assert!(page.records.iter().all(|record| record.data["kind"] == "pulse"));
    for asked in [of(&["blood"]), of(&["pulse", "blood", "weight"])] {
        let refused = asked.explain().unwrap_err();
        assert!(matches!(&refused, QueryError::UnknownType { name } if name == "blood"), "{refused:?}");
        assert_eq!(refused.code(), "unknown-type");
    }

    let plain = Definition::new(uri(&world), "Notes", "note", json!({ "type": "object" }));
    let notes = ada.account.define(plain).await.unwrap();
    notes.create(json!({ "n": 1 })).await.unwrap();
    assert_eq!(notes.query().of_type("note").count().await.unwrap(), 1, "one type needs no index");
    assert!(notes.query().of_type("pulse").count().await.is_err());
    world.close().await;
}
