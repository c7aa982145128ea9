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
    /// Absent if the version was learnt from the chain of changes, or by an earlier run.
    digest: Option<Digest>,
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
            Some(seen) if version == seen.version => {
                if seen.digest.is_some_and(|known| known != digest) {
                    return Err(Distrust::Forked { what: "version", number: version });
                }
                seen.digest = Some(digest);
            }
            _ => self.raise(place, version, Some(digest)),
        }
        Ok(())
    }

    /// Holds a version that is no longer the present one against what was seen under its number.
    pub(crate) fn check(&self, place: &Place, version: u64, digest: Digest) -> Result<(), Distrust> {
        match self.seen.get(place) {
            Some(seen) if seen.version == version && seen.digest.is_some_and(|known| known != digest) => {
                Err(Distrust::Forked { what: "version", number: version })
            }
            _ => Ok(()),
        }
    }

    /// Takes note that a version was written, by whomever: the chain of changes says so.
    pub(crate) fn learn(&mut self, place: Place, version: u64) {
        self.raise(place, version, None);
    }

    /// What a later run must know: the records that were met last.
    pub(crate) fn known_last(&self, most: usize) -> Vec<(Place, u64)> {
        let last = self.order.iter().rev().take(most);
        last.filter_map(|place| Some((*place, self.seen.get(place)?.version))).collect()
    }

    /// The versions that an earlier run knew.
    pub(crate) fn restore(known: Vec<(Place, u64)>) -> Self {
        let mut versions = Self::default();
        known.into_iter().rev().for_each(|(place, version)| versions.learn(place, version));
        versions
    }

    fn raise(&mut self, place: Place, version: u64, digest: Option<Digest>) {
        match self.seen.get_mut(&place) {
            Some(seen) if version <= seen.version => {}
            Some(seen) => {
                self.now += 1;
                let before = Some((seen.version, seen.since));
                *seen = Seen { version, digest, since: Asked(self.now), before };
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

    #[test]
    fn what_the_chain_of_changes_says_was_written_is_known() {
        let mut versions = Versions::default();
        versions.learn(place(), 3);
        let asked = versions.asking();
        assert_eq!(versions.note(place(), 2, A, asked).unwrap_err().code(), "rolled-back");
        versions.note(place(), 3, A, asked).unwrap();
        assert_eq!(versions.note(place(), 3, B, asked).unwrap_err().code(), "forked");
        versions.learn(place(), 2);
        assert_eq!(versions.known(&place(), asked), 3, "it does not go back");
    }

    #[test]
    fn a_later_run_knows_the_records_that_were_met_last() {
        let mut versions = Versions::default();
        let other = |byte| {
            (PrincipalId::from_bytes([1; 32]), ScopeId::from_bytes([2; 16]), RecordId::from_bytes([byte; 16]))
        };
        for byte in 0..5 {
            versions.learn(other(byte), u64::from(byte) + 1);
        }
        let again = Versions::restore(versions.known_last(2));
        let asked = again.asking();
        assert_eq!([2, 3, 4].map(|byte| again.known(&other(byte), asked)), [0, 4, 5]);
    }
}
