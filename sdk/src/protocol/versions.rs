//! The versions of records that this client has seen, so that a server cannot show an older one.

use crate::distrust::Distrust;
use pryv_wire::{Digest, PrincipalId, RecordId, ScopeId};
use std::collections::{HashMap, VecDeque};

/// How many records are remembered; the oldest are forgotten first. About 150 bytes each.
const REMEMBERED: usize = 200_000;

/// Where a record is.
pub(crate) type Place = (PrincipalId, ScopeId, RecordId);

/// The highest version seen of each record.
#[derive(Debug, Default)]
pub(crate) struct Versions {
    seen: HashMap<Place, (u64, Digest)>,
    order: VecDeque<Place>,
}

impl Versions {
    /// The highest version seen of a record; zero if none.
    pub(crate) fn known(&self, place: &Place) -> u64 {
        self.seen.get(place).map_or(0, |(version, _)| *version)
    }

    /// Takes note of a version that was opened and verified.
    pub(crate) fn note(&mut self, place: Place, version: u64, digest: Digest) -> Result<(), Distrust> {
        match self.seen.get_mut(&place) {
            Some((known, _)) if version < *known => {
                Err(Distrust::RolledBack { what: "a record", known: *known, answered: version })
            }
            Some((known, held)) if version == *known && digest != *held => {
                Err(Distrust::Forked { what: "version", number: version })
            }
            Some(entry) => {
                *entry = (version, digest);
                Ok(())
            }
            None => {
                self.seen.insert(place, (version, digest));
                self.order.push_back(place);
                if self.order.len() > REMEMBERED
                    && let Some(oldest) = self.order.pop_front()
                {
                    self.seen.remove(&oldest);
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_version_or_another_of_the_same_number_is_refused() {
        let place =
            (PrincipalId::from_bytes([1; 32]), ScopeId::from_bytes([2; 16]), RecordId::from_bytes([3; 16]));
        let (a, b) = (Digest::from_bytes([1; 32]), Digest::from_bytes([2; 32]));
        let mut versions = Versions::default();
        versions.note(place, 2, a).unwrap();
        versions.note(place, 2, a).unwrap();
        assert_eq!(versions.note(place, 2, b).unwrap_err().code(), "forked");
        assert_eq!(versions.note(place, 1, a).unwrap_err().code(), "rolled-back");
        versions.note(place, 3, b).unwrap();
        assert_eq!(versions.known(&place), 3);
    }
}
