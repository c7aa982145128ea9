//! Descriptions: what a caller can see of an account.

use crate::{
    collection::{self, collection},
    object::Object,
    ontology::ontologies,
    table::Owner,
};
use pryv_sdk::account::{Description, Records};
use serde_json::Value;

/// A description, with its collections and ontologies taken up.
pub(crate) fn description(described: Description, owner: &Owner) -> Value {
    let mut collections = Vec::with_capacity(described.collections.len());
    for one in described.collections {
        let (records, exact) = match one.records {
            Some(Records::Exactly(number)) => (Some(number), Some(true)),
            Some(Records::AtLeast(number)) => (Some(number), Some(false)),
            None => (None, None),
        };
        collections.push(
            Object::new()
                .put("leakage", collection::leakage(&one.definition))
                .put_if("records", records)
                .put_if("exact", exact)
                .put("collection", collection(one.collection, owner.clone()))
                .done(),
        );
    }
    Object::new()
        .put("collections", collections)
        .put("ontologies", ontologies(described.ontologies, owner))
        .done()
}
