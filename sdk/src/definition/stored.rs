//! A definition as it is stored: with the versions in which its indexes came.

use super::{Definition, InvalidDefinition, MAX_DEFINITION_LENGTH};
use pryv_wire::{codec::MAX_DEPTH, decode, encode};
use serde::{Deserialize, Serialize};

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
}

impl StoredDefinition {
    /// The first version.
    pub(crate) fn first(definition: Definition) -> Self {
        Self { since: vec![1; definition.indexes.len()], changed: 1, definition }
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
        Self { since, changed: if came || went { version } else { self.changed }, definition }
    }

    fn since_of(&self, index: &super::Index) -> Option<u64> {
        let known = self.definition.indexes.iter().zip(&self.since);
        known.filter(|(known, _)| known.is_same(index)).map(|(_, since)| *since).next()
    }

    /// Whether it can be what follows `before`: what both index, both have indexed since the same version.
    pub(crate) fn may_follow(&self, before: &Self) -> bool {
        let kept = |(index, since)| before.since_of(index).is_none_or(|known| known == since);
        self.changed >= before.changed
            && self.definition.indexes.iter().zip(self.since.iter().copied()).all(kept)
    }

    /// Whether the numbers fit the definition and its version.
    pub(crate) fn is_sound(&self, version: u64) -> bool {
        let (indexes, changed) = (self.definition.indexes.len(), self.changed);
        self.since.len() == indexes
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
    use super::*;
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
}
