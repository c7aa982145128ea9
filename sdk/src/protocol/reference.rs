//! References: what the content of a record names by the relations of its collection.

use super::scope::{IndexKeys, ScopeState};
use crate::definition::{Cardinality, Relation, at};
use pryv_crypto::index::Form;
use pryv_wire::{Bytes, PrincipalId, RecordId, ScopeId, Uri, record::IndexState, transaction::Operation};
use serde_json::Value;
use std::collections::BTreeSet;

/// Why a value is no reference of its relation.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReferenceFault {
    /// It is not the URI of an instance, as it is written.
    #[error("it is not the URI of an instance: use the text of `instance_uri`")]
    NotAnInstance,
    /// A relation of one reference holds an array, or one of many does not.
    #[error("the relation holds one text, or an array of texts, as its `cardinality` says")]
    Cardinality,
    /// It names a record of another account.
    #[error("it names a record of another account, and relations stay within one")]
    OtherAccount,
    /// It names a record of a collection that the relation does not lead to.
    #[error("it names a record of a collection that the relation does not lead to")]
    OtherCollection,
    /// The record that it names is not there, was deleted, or may not be read.
    #[error("the record that it names is not there, was deleted, or may not be read")]
    Missing,
}

impl ReferenceFault {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAnInstance => "not-an-instance",
            Self::Cardinality => "other-cardinality",
            Self::OtherAccount => "other-account",
            Self::OtherCollection => "other-collection",
            Self::Missing => "missing-target",
        }
    }
}

/// A record, in its collection.
pub(crate) type Place = (ScopeId, RecordId);

/// The URI of a record of an account.
pub(crate) const fn uri_of(account: PrincipalId, (collection, instance): Place) -> Uri {
    Uri::Instance { account, collection, instance }
}

/// The relations of a collection that lead to another one.
pub(crate) fn relations_to(state: &ScopeState, target: ScopeId) -> impl Iterator<Item = &Relation> {
    let relations = state.definition.definition.relations.iter().zip(&state.definition.targets);
    relations.filter(move |(_, targets)| targets.contains(&target)).map(|(relation, _)| relation)
}

/// One value that a record holds by a relation.
#[derive(Clone, Debug)]
pub(crate) struct Reference<'s> {
    /// The relation.
    pub(crate) relation: &'s Relation,
    /// What it names, or why it names nothing.
    pub(crate) target: Result<Place, ReferenceFault>,
}

/// What content names, in the order of the relations.
pub(crate) fn references<'s>(state: &'s ScopeState, data: &Value) -> Vec<Reference<'s>> {
    let mut found = Vec::new();
    for (relation, targets) in state.definition.definition.relations.iter().zip(&state.definition.targets) {
        let mut push = |target| found.push(Reference { relation, target });
        let named = |value: &Value| match value.as_str() {
            Some(text) => named(state, targets, text),
            None => Err(ReferenceFault::NotAnInstance),
        };
        match (relation.cardinality, at(data, &relation.field)) {
            (_, None | Some(Value::Null)) => {}
            (Cardinality::One, Some(Value::Array(_))) => push(Err(ReferenceFault::Cardinality)),
            (Cardinality::One, Some(value)) => push(named(value)),
            (Cardinality::Many, Some(Value::Array(values))) => {
                values.iter().for_each(|value| push(named(value)));
            }
            (Cardinality::Many, Some(_)) => push(Err(ReferenceFault::Cardinality)),
        }
    }
    found
}

/// The record that a text names.
fn named(state: &ScopeState, targets: &[ScopeId], text: &str) -> Result<Place, ReferenceFault> {
    match text.parse::<Uri>() {
        // Those who refer to a record are found by this one spelling.
        Ok(uri) if uri.to_string() != text => Err(ReferenceFault::NotAnInstance),
        Ok(Uri::Instance { account, .. }) if account != state.owner => Err(ReferenceFault::OtherAccount),
        Ok(Uri::Instance { collection, .. }) if !targets.contains(&collection) => {
            Err(ReferenceFault::OtherCollection)
        }
        Ok(Uri::Instance { collection, instance, .. }) => Ok((collection, instance)),
        _ => Err(ReferenceFault::NotAnInstance),
    }
}

/// The same content without one reference; none if there is no such one.
pub(crate) fn without(relation: &Relation, data: &Value, text: &str) -> Option<Value> {
    let mut data = data.clone();
    let (parent, name) = relation.field.rsplit_once('/')?;
    let name = name.replace("~1", "/").replace("~0", "~");
    let is_it = |value: &Value| value.as_str() == Some(text);
    match data.pointer_mut(parent)? {
        Value::Object(fields) => match fields.get_mut(&name)? {
            Value::Array(values) => {
                let before = values.len();
                values.retain(|value| !is_it(value));
                (values.len() < before).then_some(data)
            }
            value if is_it(value) => fields.remove(&name).map(|_| data),
            _ => None,
        },
        Value::Array(values) => {
            let value = values.get_mut(name.parse::<usize>().ok()?)?;
            if is_it(value) {
                *value = Value::Null;
            } else {
                value.as_array_mut()?.retain(|value| !is_it(value));
            }
            Some(data)
        }
        _ => None,
    }
}

/// The version of the indexes from which on a relation's referrers are found; none if a collection has no index for it.
pub(crate) fn found_since(state: &ScopeState, relation: &Relation) -> Option<u64> {
    let finds =
        |keys: &IndexKeys| matches!(keys, IndexKeys::Epochs(Form::Equality, _) | IndexKeys::Unique(Some(_)));
    let held = state.indexes.iter().find(|held| held.index.is_on(&relation.field) && finds(&held.keys));
    held.map(|held| held.since)
}

/// What a transaction expects so that no record of a collection refers to another by a relation once it is through; none if the
/// collection has no tokens for it.
pub(crate) fn expect_unreferred(state: &ScopeState, relation: &Relation, text: &str) -> Option<Operation> {
    let value = Value::String(text.to_owned());
    let on_field = state.indexes.iter().filter(|held| held.index.is_on(&relation.field));
    on_field
        .filter_map(|held| {
            let mut first = 0;
            let tokens: BTreeSet<Bytes> = match &held.keys {
                IndexKeys::Epochs(Form::Equality, keys) => {
                    first = keys.keys().next().copied()?;
                    keys.values()
                        .filter_map(|key| key.equal(&[&value]).ok())
                        .map(|token| token.to_wire())
                        .collect()
                }
                IndexKeys::Unique(Some(key)) => {
                    key.tokens(&value).ok()?.into_iter().map(|token| token.to_wire()).collect()
                }
                _ => return None,
            };
            let since = IndexState { epoch: first, version: held.since };
            let (scope, epoch) = (state.scope, state.last_epoch());
            Some(Operation::ExpectNone { scope, epoch, since, tokens: tokens.into_iter().collect() })
        })
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_reference_is_taken_out_of_its_place() {
        let one = Relation::one("/a/b~1c", "x:y");
        assert_eq!(without(&one, &json!({"a": {"b/c": "t", "d": 1}}), "t"), Some(json!({"a": {"d": 1}})));
        assert_eq!(without(&one, &json!({"a": {"b/c": "u"}}), "t"), None);
        assert_eq!(without(&one, &json!({}), "t"), None);
        let many = Relation::many("/a", "x:y");
        assert_eq!(without(&many, &json!({"a": ["t", "u", "t"]}), "t"), Some(json!({"a": ["u"]})));
        assert_eq!(without(&many, &json!({"a": ["u"]}), "t"), None);
        let inside = Relation::one("/a/1", "x:y");
        assert_eq!(without(&inside, &json!({"a": [0, "t"]}), "t"), Some(json!({"a": [0, null]})));
    }
}
