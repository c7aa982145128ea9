//! A definition as it is stored: with the versions in which its indexes came, and with the ids of what its relations lead to and
//! of what leads to it.

use super::{Definition, InvalidDefinition, MAX_DEFINITION_LENGTH, OnDelete};
use pryv_wire::{ScopeId, codec::MAX_DEPTH, decode, encode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the definition record of a collection holds.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredDefinition {
    /// The definition.
    pub(crate) definition: Definition,
    /// For each of its indexes the version of the definition that brought it.
    pub(crate) since: Vec<u64>,
    /// The version that last brought or took an index: what the tokens of a record name.
    pub(crate) changed: u64,
    /// For each of its relations the collections that it leads to, in the order of their URIs there: who is granted a collection
    /// cannot compute them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) targets: Vec<Vec<ScopeId>>,
    /// The collections that have, or had, relations which lead to this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) referring: Vec<Referring>,
}

/// A collection that has relations which lead to another one.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Referring {
    /// The collection.
    pub(crate) scope: ScopeId,
    /// The strictest rule of these relations, at any time.
    pub(crate) on_delete: OnDelete,
}

impl StoredDefinition {
    /// The first version.
    pub(crate) fn first(definition: Definition) -> Self {
        let since = vec![1; definition.indexes.len()];
        Self { since, changed: 1, targets: Vec::new(), referring: Vec::new(), definition }
    }

    /// The same, whose relations lead to these collections.
    pub(crate) fn leading_to(self, targets: Vec<Vec<ScopeId>>) -> Self {
        Self { targets, ..self }
    }

    /// Where the relations of the definition lead, and with which strictest rule.
    pub(crate) fn leads_to(&self) -> BTreeMap<ScopeId, OnDelete> {
        let mut strictest = BTreeMap::new();
        for (relation, targets) in self.definition.relations.iter().zip(&self.targets) {
            for target in targets {
                let rule = strictest.entry(*target).or_default();
                *rule = relation.on_delete.max(*rule);
            }
        }
        strictest
    }

    /// The URI by which a relation names a collection.
    pub(crate) fn uri_of(&self, target: ScopeId) -> Option<&str> {
        let named = self.definition.relations.iter().zip(&self.targets);
        let mut named = named.flat_map(|(relation, targets)| relation.to.iter().zip(targets));
        named.find(|(_, id)| **id == target).map(|(uri, _)| uri.as_str())
    }

    /// The same with the note that a collection refers to this one; none if it says that already.
    pub(crate) fn referred_by(&self, by: Referring) -> Option<Self> {
        let mut noted = self.clone();
        match noted.referring.iter_mut().find(|known| known.scope == by.scope) {
            Some(known) if known.on_delete >= by.on_delete => return None,
            Some(known) => known.on_delete = by.on_delete,
            None => noted.referring.push(by),
        }
        Some(noted)
    }

    /// The version behind this one.
    pub(crate) fn followed_by(&self, definition: Definition, version: u64) -> Self {
        let since = definition.indexes.iter().map(|index| self.since_of(index).unwrap_or(version));
        let since: Vec<u64> = since.collect();
        let came = since.contains(&version);
        let went = self
            .definition
            .indexes
            .iter()
            .any(|index| !definition.indexes.iter().any(|other| other.is_same(index)));
        let changed = if came || went { version } else { self.changed };
        Self { since, changed, definition, ..self.clone() }
    }

    fn since_of(&self, index: &super::Index) -> Option<u64> {
        let known = self.definition.indexes.iter().zip(&self.since);
        known.filter(|(known, _)| known.is_same(index)).map(|(_, since)| *since).next()
    }

    /// Whether it can be what follows `before`: what both index, both have indexed since the same version, and no collection that refers to
    /// it is forgotten.
    pub(crate) fn may_follow(&self, before: &Self) -> bool {
        let kept = |(index, since)| before.since_of(index).is_none_or(|known| known == since);
        let remembered = |known: &Referring| {
            self.referring.iter().any(|by| by.scope == known.scope && by.on_delete >= known.on_delete)
        };
        self.changed >= before.changed
            && before.referring.iter().all(remembered)
            && self.definition.indexes.iter().zip(self.since.iter().copied()).all(kept)
    }

    /// Whether the numbers fit the definition and its version.
    pub(crate) fn is_sound(&self, version: u64) -> bool {
        let (indexes, changed) = (self.definition.indexes.len(), self.changed);
        let relations = &self.definition.relations;
        self.since.len() == indexes
            && self.targets.len() == relations.len()
            && self
                .targets
                .iter()
                .zip(relations)
                .all(|(targets, relation)| targets.len() == relation.to.len())
            && changed <= version
            && self.since.iter().all(|since| (1..=changed).contains(since))
    }

    /// Its encoding, if it can be read again.
    pub(crate) fn encoded(&self) -> Result<Vec<u8>, InvalidDefinition> {
        let content = encode(self);
        if content.len() > MAX_DEFINITION_LENGTH {
            return Err(InvalidDefinition::TooLong { length: content.len() });
        }
        match decode::<Self>(&content) {
            Ok(read) if read == *self => Ok(content),
            _ => Err(InvalidDefinition::TooDeep { limit: MAX_DEPTH }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Relation, *};
    use serde_json::json;

    #[test]
    fn an_index_counts_from_the_version_that_brought_it() {
        let plain = Definition::new("x:y", "t", "a", json!({}));
        let first = StoredDefinition::first(plain.clone().equality("/a"));
        assert_eq!((first.since.clone(), first.changed), (vec![1], 1));
        let titled = first.followed_by(Definition { title: "other".into(), ..first.definition.clone() }, 2);
        assert_eq!((titled.since.clone(), titled.changed), (vec![1], 1), "a title changes no index");
        let second = titled.followed_by(plain.clone().text("/b").equality("/a"), 3);
        assert_eq!((second.since.clone(), second.changed), (vec![3, 1], 3));
        let third = second.followed_by(plain.clone().text("/b"), 4);
        assert_eq!((third.since.clone(), third.changed), (vec![3], 4), "an index that went changes them too");
        let again = third.followed_by(plain.text("/b").equality("/a"), 5);
        assert_eq!(again.since, [3, 5], "one that comes back begins anew");
        for (before, after) in [(&first, &titled), (&titled, &second), (&second, &third), (&third, &again)] {
            assert!(after.may_follow(before) && after.is_sound(5));
        }
        assert!(!first.may_follow(&third));
        let moved = StoredDefinition { since: vec![3, 2], ..second };
        assert!(!moved.may_follow(&first), "a common index since another version");
        assert!(!StoredDefinition { changed: 9, ..third.clone() }.is_sound(4));
        assert!(!StoredDefinition { since: vec![], ..third }.is_sound(4));
    }

    #[test]
    fn what_refers_to_a_collection_is_noted_and_not_forgotten() {
        let [a, b] = [ScopeId::from_bytes([1; 16]), ScopeId::from_bytes([2; 16])];
        let relation = |field, rule| Relation::one(field, "x:a").or_to("x:b").on_delete(rule);
        let definition = Definition::new("x:y", "t", "a", json!({}))
            .related(relation("/p", OnDelete::Warn))
            .related(relation("/q", OnDelete::Ignore));
        let stored = StoredDefinition::first(definition).leading_to(vec![vec![a, b], vec![a, b]]);
        assert!(stored.is_sound(1));
        assert_eq!(stored.leads_to(), BTreeMap::from([(a, OnDelete::Warn), (b, OnDelete::Warn)]));
        assert!(!StoredDefinition { targets: vec![vec![a], vec![a]], ..stored.clone() }.is_sound(1));
        assert!(!StoredDefinition { targets: vec![vec![a, b]], ..stored.clone() }.is_sound(1));

        let warned = stored.referred_by(Referring { scope: a, on_delete: OnDelete::Warn }).unwrap();
        assert!(warned.referred_by(Referring { scope: a, on_delete: OnDelete::Ignore }).is_none());
        let restricted = warned.referred_by(Referring { scope: a, on_delete: OnDelete::Restrict }).unwrap();
        assert_eq!(restricted.referring.len(), 1);
        assert!(restricted.may_follow(&warned) && warned.may_follow(&stored));
        assert!(!warned.may_follow(&restricted) && !stored.may_follow(&warned));
    }
}
