//! The audit of an account, as far as this client has seen it: its heads, and the walk that recomputes it.

use super::chain::later;
use crate::distrust::Distrust;
use pryv_wire::{
    PrincipalId, Timestamp,
    audit::{AuditEntry, AuditFilter, AuditLine, AuditPage, Heads, Mark},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many heads are kept.
const WINDOW: usize = 1_024;

/// The longest header of heads that is read, in characters: twice what it has.
const MAX_HEADER: usize = 512;

/// What is kept of an audit between two runs.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Known {
    walked: Option<Mark>,
    last: Option<Mark>,
}

impl Known {
    /// Of two, what says more.
    pub(crate) fn later(self, other: Self) -> Self {
        Self { walked: later(self.walked, other.walked), last: later(self.last, other.last) }
    }
}

/// The heads of an audit that this client has seen.
#[derive(Debug)]
pub(crate) struct Audit {
    account: PrincipalId,
    heads: BTreeMap<u64, pryv_wire::Digest>,
    /// The last head that a walk led to.
    walked: Option<Mark>,
}

impl Audit {
    /// The audit of an account that this client knows nothing of, or what an earlier run knew.
    pub(crate) fn restore(account: PrincipalId, known: Known) -> Self {
        let marks = known.walked.into_iter().chain(known.last);
        let heads = marks.map(|mark| (mark.sequence, mark.head)).collect();
        Self { account, heads, walked: known.walked }
    }

    /// What a later run must know.
    pub(crate) fn known(&self) -> Known {
        Known { walked: self.walked, last: self.last() }
    }

    /// The last head seen.
    pub(crate) fn last(&self) -> Option<Mark> {
        self.heads.last_key_value().map(|(sequence, head)| Mark { sequence: *sequence, head: *head })
    }

    /// The last head that a walk led to.
    pub(crate) const fn walked(&self) -> Option<Mark> {
        self.walked
    }

    /// Takes a head. `floor` is the last number that was known when it was asked for.
    pub(crate) fn observe(&mut self, floor: u64, mark: Mark) -> Result<(), Distrust> {
        if mark.sequence < floor {
            return Err(Distrust::RolledBack { what: "the audit", known: floor, answered: mark.sequence });
        }
        let genesis = mark.sequence == 0 && mark.head != AuditEntry::genesis(self.account);
        if genesis || self.heads.get(&mark.sequence).is_some_and(|known| *known != mark.head) {
            return Err(Distrust::Forked { what: "audit entry", number: mark.sequence });
        }
        self.heads.insert(mark.sequence, mark.head);
        while self.heads.len() > WINDOW {
            self.heads.pop_first();
        }
        Ok(())
    }

    /// Takes note that a walk led to the end.
    pub(crate) fn note_walked(&mut self, mark: Mark) {
        if self.walked.is_none_or(|walked| walked.sequence <= mark.sequence) {
            self.walked = Some(mark);
        }
    }
}

/// The heads of a header, if it holds any.
pub(crate) fn heads(header: &str) -> Result<Heads, Distrust> {
    let bytes = if header.len() > MAX_HEADER { None } else { crate::text::from_base64url(header) };
    bytes
        .and_then(|bytes| pryv_wire::decode(&bytes).ok())
        .ok_or(Distrust::Malformed { what: "the header of heads" })
}

/// A walk along the audit: where it stands, and the last time that it met.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walk {
    at: Mark,
    last_at: Timestamp,
    /// Where what was walked begins.
    begins: Mark,
    first: bool,
}

impl Walk {
    /// A walk from a head that is known; without one, from the beginning.
    pub(crate) fn from(account: PrincipalId, start: Option<Mark>) -> Self {
        let at = start.unwrap_or(Mark { sequence: 0, head: AuditEntry::genesis(account) });
        Self { at, last_at: Timestamp::default(), begins: at, first: true }
    }

    /// Where it stands: the next page is asked for behind it.
    pub(crate) const fn at(&self) -> Mark {
        self.at
    }

    /// Where it began, or the server's first kept entry if earlier ones are gone.
    pub(crate) const fn begins(&self) -> Mark {
        self.begins
    }

    /// Takes one line. Answers with its entry, if it is one that is wanted.
    pub(crate) fn step(
        &mut self,
        line: &AuditLine,
        only: Option<&AuditFilter>,
        digests: bool,
    ) -> Result<Option<AuditEntry>, Distrust> {
        let sequence = self.at.sequence.saturating_add(1);
        let (entry, digest) = match line {
            AuditLine::Entry(entry) => {
                if entry.sequence != sequence {
                    return Err(Distrust::Forked { what: "audit entry", number: entry.sequence });
                }
                if entry.at < self.last_at {
                    return Err(Distrust::Malformed { what: "the times of the audit" });
                }
                if only.is_some_and(|only| !only.wants(entry)) {
                    return Err(Distrust::Substituted { what: "filter of the audit" });
                }
                self.last_at = entry.at;
                (Some(entry.clone()), entry.digest())
            }
            AuditLine::Other(digest) if digests => (None, *digest),
            _ => return Err(Distrust::Malformed { what: "a page of the audit" }),
        };
        self.at = Mark { sequence, head: AuditEntry::head(self.at.head, digest) };
        Ok(entry)
    }

    /// Takes a page. Answers with its entries, each mark that the chain came through, and whether there is more.
    pub(crate) fn take(
        &mut self,
        only: Option<&AuditFilter>,
        page: &AuditPage,
    ) -> Result<(Vec<AuditEntry>, Vec<Mark>, bool), Distrust> {
        let forked = |number| Distrust::Forked { what: "audit entry", number };
        if page.begins.sequence > page.present.sequence {
            return Err(Distrust::Malformed { what: "a page of the audit" });
        }
        if page.begins.sequence > self.at.sequence {
            // Removed in the meantime: what is kept begins later.
            self.at = page.begins;
            if self.first {
                self.begins = page.begins;
            }
        } else if page.begins.sequence == self.at.sequence && page.begins.head != self.at.head {
            return Err(forked(self.at.sequence));
        }
        self.first = false;
        let mut entries = Vec::new();
        let mut marks = Vec::with_capacity(page.lines.len());
        for line in &page.lines {
            entries.extend(self.step(line, only, only.is_some())?);
            marks.push(self.at);
        }
        if self.at.sequence < page.present.sequence {
            // More to come; a page without progress would have no end.
            if page.lines.is_empty() { Err(forked(self.at.sequence + 1)) } else { Ok((entries, marks, true)) }
        } else if self.at == page.present {
            Ok((entries, marks, false))
        } else {
            Err(forked(page.present.sequence))
        }
    }
}

#[cfg(test)]
mod tests;
