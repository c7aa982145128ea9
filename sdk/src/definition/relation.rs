//! Relations: which fields of a record name other records, declared beside the schemas.

use super::{Definition, IndexKind, InvalidDefinition, pointer};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most relations of a definition.
const MAX_RELATIONS: usize = 16;

/// The most collections that one relation leads to.
const MAX_TARGETS: usize = 16;

/// A field whose value names another record of the same account, or an array of such values. What it holds is a *reference*: the
/// URI of an instance ([`Collection::instance_uri`](crate::Collection::instance_uri)) as text. As JSON:
///
/// ```json
/// { "field": "/patient", "to": ["https://example.org/patients"], "cardinality": "one", "on_delete": "restrict" }
/// ```
///
/// ```no_run
/// # use pryv_sdk::{Account, Definition, OnDelete, Relation, Silent};
/// # use serde_json::json;
/// # async fn story(account: Account) -> Result<(), Box<dyn std::error::Error>> {
/// # let object = json!({ "type": "object" });
/// let patients = account.define(Definition::new("https://example.org/patients", "Patients", "patient", object.clone())).await?;
/// let relation = Relation::one("/patient", "https://example.org/patients").on_delete(OnDelete::Restrict);
/// let definition = Definition::new("https://example.org/visits", "Visits", "visit", object).equality("/patient").related(relation);
/// let visits = account.define(definition).await?;
///
/// let ada = patients.create(json!({ "name": "Ada" })).await?;
/// visits.create(json!({ "patient": patients.instance_uri(ada.id).to_string() })).await?;
/// let around = patients.related(&ada)?.depth(2).fetch(&mut Silent).await?;
/// assert_eq!(around.records.len(), 1);
/// assert_eq!(patients.delete(&ada).await.unwrap_err().code(), "referred-to");
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Relation {
    /// The JSON pointer (RFC 6901) of the field. It names the relation.
    pub field: String,
    /// The URIs of the definitions of the collections that its targets are in.
    pub to: Vec<String>,
    /// How many references a record has; `one` if not said. Whether it needs one at all, the schema says.
    #[serde(default)]
    pub cardinality: Cardinality,
    /// What happens when a target is to be deleted; `ignore` if not said. Everything else needs an index for equality on the
    /// field, by which those who refer to a record are found.
    #[serde(default)]
    pub on_delete: OnDelete,
}

/// How many references a record has in a field.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Cardinality {
    /// One at most: a text.
    #[default]
    One,
    /// Any number: an array of texts.
    Many,
}

/// What happens with the records that refer to one that is to be deleted.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum OnDelete {
    /// Nothing. Their references lead nowhere from then on.
    #[default]
    Ignore,
    /// Nothing, and who deletes is told which they are.
    Warn,
    /// They are written without the reference.
    Detach,
    /// They are deleted as well.
    Cascade,
    /// The record is not deleted as long as there are any.
    Restrict,
}

impl Relation {
    /// A field that names one record at most.
    #[must_use]
    pub fn one(field: impl Into<String>, to: impl Into<String>) -> Self {
        let (cardinality, on_delete) = (Cardinality::One, OnDelete::Ignore);
        Self { field: field.into(), to: vec![to.into()], cardinality, on_delete }
    }

    /// A field that names any number of records.
    #[must_use]
    pub fn many(field: impl Into<String>, to: impl Into<String>) -> Self {
        Self { cardinality: Cardinality::Many, ..Self::one(field, to) }
    }

    /// Lets its targets be in one more collection.
    #[must_use]
    pub fn or_to(mut self, to: impl Into<String>) -> Self {
        self.to.push(to.into());
        self
    }

    /// Says what happens when a target is to be deleted.
    #[must_use]
    pub const fn on_delete(mut self, on_delete: OnDelete) -> Self {
        self.on_delete = on_delete;
        self
    }
}

impl Definition {
    /// Adds a relation.
    #[must_use]
    pub fn related(mut self, relation: Relation) -> Self {
        self.relations.push(relation);
        self
    }

    /// Whether those who refer to a record by this field are found by a token.
    pub(crate) fn finds_referrers(&self, relation: &Relation) -> bool {
        let finds = |kind: &IndexKind| matches!(kind, IndexKind::Equality | IndexKind::Unique);
        self.indexes.iter().any(|index| index.is_on(&relation.field) && finds(&index.kind))
    }
}

/// Checks every relation by itself, and that no field has two.
pub(super) fn check(definition: &Definition) -> Result<(), InvalidDefinition> {
    if definition.relations.len() > MAX_RELATIONS {
        return Err(InvalidDefinition::TooManyRelations { limit: MAX_RELATIONS });
    }
    let mut fields = BTreeSet::new();
    for relation in &definition.relations {
        let field = &relation.field;
        let invalid = |reason| Err(InvalidDefinition::Relation { field: field.clone(), reason });
        if !pointer::is_pointer(field) {
            return Err(InvalidDefinition::Pointer { pointer: field.clone() });
        }
        if !fields.insert(field) {
            return invalid("the field has another relation");
        }
        let targets: BTreeSet<&String> = relation.to.iter().collect();
        if targets.len() != relation.to.len() || !(1..=MAX_TARGETS).contains(&targets.len()) {
            return invalid("it leads to 1 to 16 different collections");
        }
        if relation.on_delete != OnDelete::Ignore && !definition.finds_referrers(relation) {
            return invalid("its `on_delete` needs an index on the field, `equality` or `unique`");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn relations_are_read_and_written_the_same() {
        let declared = json!({ "field": "/patient", "to": ["x:patients"], "cardinality": "one", "on_delete": "restrict" });
        let relation: Relation = serde_json::from_value(declared.clone()).unwrap();
        assert_eq!(relation, Relation::one("/patient", "x:patients").on_delete(OnDelete::Restrict));
        assert_eq!(serde_json::to_value(&relation).unwrap(), declared);
        let short: Relation = serde_json::from_value(json!({ "field": "/a", "to": ["x:b"] })).unwrap();
        assert_eq!(short, Relation::one("/a", "x:b"));
        assert!(
            serde_json::from_value::<Relation>(json!({ "field": "/a", "to": ["x:b"], "on_delete": "x" }))
                .is_err()
        );
    }

    #[test]
    fn relations_that_make_no_sense_say_why() {
        let plain = Definition::new("x:y", "t", "a", json!({}));
        let why = |definition: Definition| definition.check().unwrap_err().to_string();
        let relation = Relation::one("/a", "x:z");
        plain.clone().related(relation.clone()).check().unwrap();
        assert!(why(plain.clone().related(relation.clone()).related(relation.clone())).contains("another"));
        assert!(why(plain.clone().related(Relation::one("a", "x:z"))).contains("JSON pointer"));
        assert!(why(plain.clone().related(relation.clone().or_to("x:z"))).contains("different"));
        for on_delete in [OnDelete::Warn, OnDelete::Detach, OnDelete::Cascade, OnDelete::Restrict] {
            let guarded = plain.clone().related(relation.clone().on_delete(on_delete));
            assert!(why(guarded.clone()).contains("`equality`"));
            guarded.clone().equality("/a").check().unwrap();
            guarded.unique("/a").check().unwrap();
        }
        let many = (0..17).map(|number| Relation::one(format!("/{number}"), "x:z"));
        assert!(why(many.fold(plain, Definition::related)).contains("16"));
    }
}
