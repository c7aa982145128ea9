//! Plans: from conditions to tokens, and from an opened record back to whether it meets them.

use super::scope::{Field, ScopeState};
use crate::definition::{Definition, IndexKind, at};
use pryv_crypto::{
    EpochKeys,
    index::{Form, IndexKey, IndexToken},
};
use pryv_wire::{Bytes, record::Filter};
use serde_json::Value;

/// A condition on one field: it has this value, or is an array that holds it.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) field: String,
    pub(crate) value: Value,
}

/// Why a query cannot be planned.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum PlanFault {
    /// The field has no index.
    NotIndexed { field: String },
    /// The value has no token.
    NotIndexable { field: String },
}

/// What is sent, and what is left to check.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) filter: Filter,
    /// The fields that the server matches tokens of.
    pub(crate) matched: Vec<(String, IndexKind, usize)>,
    /// The fields that only this client can check.
    pub(crate) scanned: Vec<String>,
}

/// Plans a query. With `scan`, fields without an index are left to this client.
pub(crate) fn plan(state: &ScopeState, conditions: &[Condition], scan: bool) -> Result<Plan, PlanFault> {
    let mut plan = Plan { filter: Filter::All, matched: Vec::new(), scanned: Vec::new() };
    let mut groups = Vec::new();
    for condition in conditions {
        let field = &condition.field;
        if !is_scalar(&condition.value) {
            return Err(PlanFault::NotIndexable { field: field.clone() });
        }
        // Index keys are the whole collection's: who reads a part of it looks by itself.
        let known = state.fields.iter().find(|known| known.pointer == *field);
        match known.filter(|_| state.role.reads(state.scope)) {
            Some(known) => {
                let tokens = tokens(known, &condition.value)
                    .ok_or(PlanFault::NotIndexable { field: field.clone() })?;
                plan.matched.push((field.clone(), known.kind, tokens.len()));
                groups.push(Filter::Tokens(tokens));
            }
            None if scan => plan.scanned.push(field.clone()),
            None => return Err(PlanFault::NotIndexed { field: field.clone() }),
        }
    }
    if !groups.is_empty() {
        plan.filter = Filter::And(groups);
    }
    Ok(plan)
}

/// The tokens of a value: under every epoch that is held for equality, one for uniqueness.
fn tokens(field: &Field, value: &Value) -> Option<Vec<Bytes>> {
    match (&field.kind, &field.unique) {
        (IndexKind::Unique, Some(key)) => {
            Some(key.tokens(value).ok()?.into_iter().map(|token| token.to_wire()).collect())
        }
        (IndexKind::Equality, _) => {
            let mut all = Vec::new();
            for key in field.equality.values() {
                all.push(key.equal(&[value]).ok()?.to_wire());
            }
            all.sort_unstable();
            Some(all)
        }
        (IndexKind::Unique, None) => None,
    }
}

/// Checks opened records against the conditions of their query, by the very comparison that index tokens make: equal
/// numbers are one value whatever their form, equal texts are one in Unicode form C.
pub(crate) struct Check(Vec<(String, IndexKey, IndexToken)>);

impl Check {
    /// A check of these conditions. The tokens are never sent.
    pub(crate) fn new(keys: &EpochKeys, conditions: &[Condition]) -> Result<Self, PlanFault> {
        let mut all = Vec::with_capacity(conditions.len());
        for Condition { field, value } in conditions {
            let key = IndexKey::new(keys, "", &[field], &Form::Equality);
            let token = key.equal(&[value]).ok();
            all.push((field.clone(), key, token.ok_or(PlanFault::NotIndexable { field: field.clone() })?));
        }
        Ok(Self(all))
    }

    /// Whether content meets every condition.
    pub(crate) fn meets(&self, data: &Value) -> bool {
        self.0.iter().all(|(field, key, token)| {
            at(data, field).is_some_and(|value| {
                key.tokens(&Form::Equality, &[Some(value)]).is_ok_and(|tokens| tokens.contains(token))
            })
        })
    }
}

const fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Array(_) | Value::Object(_))
}

/// The declaration that would make a query on a field possible.
pub(crate) fn declaration(definition: &Definition, field: &str) -> String {
    format!(
        "declare {{ \"field\": \"{field}\", \"kind\": \"equality\" }} in the indexes of `{}`, or ask for a scan by name with `.scan(limit)`",
        definition.uri
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Random;
    use serde_json::json;

    fn meets(field: &str, value: Value, data: &Value) -> bool {
        let keys = EpochKeys::generate(&mut Random::from_seed([1; 32]).fork());
        let conditions = [Condition { field: field.into(), value }];
        Check::new(&keys, &conditions).unwrap().meets(data)
    }

    #[test]
    fn a_record_is_checked_as_its_tokens_compare() {
        let data = json!({"n": 1.0, "s": "e\u{301}", "list": ["a", "b"], "null": null, "deep": {"x": true}, "o": {}});
        assert!(meets("/n", json!(1), &data) && meets("/n", json!(1.0), &data));
        assert!(!meets("/n", json!("1"), &data) && !meets("/n", json!(2), &data));
        assert!(meets("/s", json!("\u{e9}"), &data), "one text in two Unicode forms");
        assert!(meets("/list", json!("b"), &data) && !meets("/list", json!("c"), &data));
        assert!(meets("/null", json!(null), &data) && !meets("/absent", json!(null), &data));
        assert!(meets("/deep/x", json!(true), &data) && !meets("/o", json!("x"), &data));
    }
}
