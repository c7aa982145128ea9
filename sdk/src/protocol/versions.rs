//! The versions of records that this client has seen, so that a server cannot show an older one.
//!
//! Calls overlap: an answer may have been made before another call learnt of a newer version. So each question takes the
//! time at which it was asked (a count, not a clock), and is held only against what was known by then.

use crate::distrust::Distrust;
use pryv_wire::{Digest, PrincipalId, RecordId, ScopeId};
use std::collections::{HashMap, VecDeque};

/// How many records are remembered; the oldest are forgotten first. About 200 bytes each.
const REMEMBERED: usize = 200_000;

/// Where a record is.
pub(crate) type Place = (PrincipalId, ScopeId, RecordId);

/// When a question was asked.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Asked(u64);

#[derive(Clone, Copy, Debug)]
struct Seen {
    version: u64,
    digest: Digest,
    since: Asked,
    /// The version before, and since when it was known.
    before: Option<(u64, Asked)>,
}

/// The highest version seen of each record.
#[derive(Debug, Default)]
pub(crate) struct Versions {
    seen: HashMap<Place, Seen>,
    order: VecDeque<Place>,
    now: u64,
}

impl Versions {
    /// Marks a question that is asked now.
    pub(crate) const fn asking(&self) -> Asked {
        Asked(self.now)
    }

    /// The highest version of a record that was known when a question was asked; zero if none.
    pub(crate) fn known(&self, place: &Place, asked: Asked) -> u64 {
        self.seen.get(place).map_or(0, |seen| {
            if seen.since <= asked {
                return seen.version;
            }
            seen.before.filter(|(_, since)| *since <= asked).map_or(0, |(version, _)| version)
        })
    }

    /// Takes note of a version that was written, or opened and verified in answer to a question.
    pub(crate) fn note(
        &mut self,
        place: Place,
        version: u64,
        digest: Digest,
        asked: Asked,
    ) -> Result<(), Distrust> {
        let known = self.known(&place, asked);
        if version < known {
            return Err(Distrust::RolledBack { what: "a record", known, answered: version });
        }
        match self.seen.get_mut(&place) {
            Some(seen) if version == seen.version && digest != seen.digest => {
                Err(Distrust::Forked { what: "version", number: version })
            }
            Some(seen) if version <= seen.version => Ok(()),
            Some(seen) => {
                self.now += 1;
                let before = Some((seen.version, seen.since));
                *seen = Seen { version, digest, since: Asked(self.now), before };
                Ok(())
            }
            None => {
                self.now += 1;
                self.seen.insert(place, Seen { version, digest, since: Asked(self.now), before: None });
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

    const A: Digest = Digest::from_bytes([1; 32]);
    const B: Digest = Digest::from_bytes([2; 32]);

    fn place() -> Place {
        (PrincipalId::from_bytes([1; 32]), ScopeId::from_bytes([2; 16]), RecordId::from_bytes([3; 16]))
    }

    #[test]
    fn an_older_version_or_another_of_the_same_number_is_refused() {
        let mut versions = Versions::default();
        let mut note = |version, digest| {
            let asked = versions.asking();
            versions.note(place(), version, digest, asked).map_err(|distrust| distrust.code())
        };
        assert_eq!(note(2, A), Ok(()));
        assert_eq!(note(2, A), Ok(()));
        assert_eq!(note(2, B), Err("forked"));
        assert_eq!(note(1, A), Err("rolled-back"));
        assert_eq!(note(3, B), Ok(()));
        assert_eq!(note(2, A), Err("rolled-back"));
    }

    #[test]
    fn an_answer_is_held_against_what_was_known_when_it_was_asked_for() {
        let mut versions = Versions::default();
        let start = versions.asking();
        versions.note(place(), 4, A, start).unwrap();
        let read = versions.asking();
        // While that read is under way, an update is answered.
        versions.note(place(), 5, B, read).unwrap();
        assert_eq!(versions.known(&place(), read), 4);
        versions.note(place(), 4, A, read).unwrap();
        assert_eq!(versions.note(place(), 3, A, read).unwrap_err().code(), "rolled-back");
        let later = versions.asking();
        assert_eq!(versions.note(place(), 4, A, later).unwrap_err().code(), "rolled-back");
    }
}
