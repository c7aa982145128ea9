//! The chain of changes of an account, as far as this client has seen it.
//!
//! Every transaction is answered with the link it became: what was written, by whom, and the head of the chain before and
//! after. A server that drops, reorders or rolls back what it has acknowledged shows a link that does not fit.

use crate::distrust::Distrust;
use pryv_wire::{
    Digest, PrincipalId, RecordId, Signed, TransactionId, encode,
    holder::Holders,
    record::{Envelope, Protected},
    scope::NewEpoch,
    transaction::{Change, Changes, Commit, Committed, Operation, Touched},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many links are kept, so that answers that come out of order find their neighbours.
const WINDOW: usize = 4_096;

/// The last link of a chain that a client has seen.
pub(crate) use pryv_wire::audit::Mark as Head;
/// What is kept of a chain between two runs.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Known {
    /// The last link up to which there is no gap.
    whole: Option<Head>,
    /// The last link that was seen or told.
    last: Option<Head>,
}

impl Known {
    /// Of two, what says more.
    pub(crate) fn later(self, other: Self) -> Self {
        Self { whole: later(self.whole, other.whole), last: later(self.last, other.last) }
    }
}

/// Of two heads of one chain, the later one.
pub(crate) fn later(one: Option<Head>, other: Option<Head>) -> Option<Head> {
    one.into_iter().chain(other).max_by_key(|head| head.sequence)
}

/// What was sent, to hold against the answer.
#[derive(Debug)]
pub(crate) struct Sent {
    transaction: TransactionId,
    operations: Digest,
    author: PrincipalId,
    touched: Vec<Vec<u8>>,
    /// The last link known when it was sent: its own comes behind.
    floor: u64,
}

/// What an acknowledged link says of this client's view.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fit {
    /// It follows what was known.
    Linked,
    /// Others wrote in between: the links behind this number are to be fetched.
    Gap {
        /// The last link before the gap.
        after: u64,
    },
}

/// One chain of changes, as far as seen.
#[derive(Debug)]
pub(crate) struct Chain {
    account: PrincipalId,
    /// For each number: the head before, and the head with it. The first entry may have no head before.
    links: BTreeMap<u64, (Option<Digest>, Digest)>,
    /// The last link up to which there is no gap.
    whole: Option<u64>,
}

impl Chain {
    /// The chain of an account that was made just now: nothing has happened.
    pub(crate) fn genesis(account: PrincipalId) -> Self {
        Self { account, links: BTreeMap::from([(0, (None, Change::genesis(account)))]), whole: Some(0) }
    }

    /// The chain of an account that this client knows nothing of, or knows the last head of.
    pub(crate) fn resume(account: PrincipalId, head: Option<Head>) -> Self {
        let links = head.map(|head| (head.sequence, (None, head.head))).into_iter().collect();
        Self { account, links, whole: head.map(|head| head.sequence) }
    }

    /// The chain of an account as an earlier run left it.
    pub(crate) fn restore(account: PrincipalId, known: Known) -> Self {
        let marks = known.whole.into_iter().chain(known.last);
        let links = marks.map(|head| (head.sequence, (None, head.head))).collect();
        Self { account, links, whole: known.whole.map(|head| head.sequence) }
    }

    /// What a later run must know.
    pub(crate) fn known(&self) -> Known {
        let at = |sequence| self.links.get(&sequence).map(|(_, head)| Head { sequence, head: *head });
        Known { whole: self.whole.and_then(at), last: self.head() }
    }

    /// The last link up to which there is no gap.
    pub(crate) const fn whole(&self) -> Option<u64> {
        self.whole
    }

    /// Takes a head that came with an answer, or from another device: where the chain stood at that number. `floor` is the last link
    /// that was known when it was asked for.
    pub(crate) fn observe(&mut self, floor: u64, head: Head) -> Result<(), Distrust> {
        let Head { sequence, head } = head;
        let forked = Err(Distrust::Forked { what: "change", number: sequence });
        if sequence < floor {
            let what = "the chain of changes";
            return Err(Distrust::RolledBack { what, known: floor, answered: sequence });
        }
        if sequence == 0 && head != Change::genesis(self.account) {
            return forked;
        }
        match self.links.get(&sequence) {
            Some((_, known)) if *known != head => return forked,
            Some(_) => return Ok(()),
            None => {}
        }
        let behind = self.links.get(&sequence.saturating_add(1)).and_then(|(previous, _)| *previous);
        if behind.is_some_and(|known| known != head) {
            return forked;
        }
        self.links.insert(sequence, (None, head));
        self.trim();
        Ok(())
    }

    /// The last link seen.
    pub(crate) fn head(&self) -> Option<Head> {
        self.links.last_key_value().map(|(sequence, (_, head))| Head { sequence: *sequence, head: *head })
    }

    /// What must come back for a commit that is sent now.
    pub(crate) fn sending(&self, commit: &Commit, author: PrincipalId) -> Sent {
        Sent {
            transaction: commit.transaction,
            operations: commit.digest(),
            author,
            touched: sorted(&touches(&commit.operations)),
            floor: self.head().map_or(0, |head| head.sequence),
        }
    }

    /// Takes an acknowledged link, if it fits.
    pub(crate) fn accept(&mut self, sent: &Sent, committed: &Committed) -> Result<Fit, Distrust> {
        let change = &committed.change;
        let substituted = |what| Err(Distrust::Substituted { what });
        if change.transaction != sent.transaction {
            return substituted("transaction");
        }
        if change.operations != sent.operations {
            return substituted("list of operations");
        }
        if change.author != sent.author {
            return substituted("author");
        }
        if sorted(&change.touched) != sent.touched {
            return substituted("list of things touched");
        }
        if change.sequence <= sent.floor {
            return Err(Distrust::RolledBack {
                what: "the chain of changes",
                known: sent.floor,
                answered: change.sequence,
            });
        }
        if change.head(committed.previous) != committed.head {
            return Err(Distrust::Forked { what: "change", number: change.sequence });
        }
        self.insert(change.sequence, committed.previous, committed.head)?;
        match self.whole {
            Some(after) if after < change.sequence => Ok(Fit::Gap { after }),
            _ => Ok(Fit::Linked),
        }
    }

    /// Takes a page of changes behind the link `after`. Answers with the number of the last one taken, or with nothing
    /// if the page reached the end of the chain. `known` is the last link that was known when the page was asked for: an
    /// honest answer may be older than what other calls have learnt since. A page that is refused leaves nothing behind.
    pub(crate) fn extend(&mut self, after: u64, known: u64, page: &Changes) -> Result<Option<u64>, Distrust> {
        let before = (self.links.clone(), self.whole);
        let taken = self.take(after, known, page);
        if taken.is_err() {
            (self.links, self.whole) = before;
        }
        taken
    }

    fn take(&mut self, after: u64, known: u64, page: &Changes) -> Result<Option<u64>, Distrust> {
        let forked = |number| Distrust::Forked { what: "change", number };
        let mut head = match self.links.get(&after) {
            Some((_, head)) => *head,
            None if after == 0 => Change::genesis(self.account),
            None => return Err(forked(after)),
        };
        let mut last = after;
        for change in &page.changes {
            last = last.saturating_add(1);
            if change.sequence != last {
                return Err(forked(change.sequence));
            }
            let next = change.head(head);
            self.insert(last, head, next)?;
            head = next;
        }
        if last < page.sequence {
            // More to come; a page without progress would have no end.
            return if page.changes.is_empty() { Err(forked(last + 1)) } else { Ok(Some(last)) };
        }
        if page.sequence < known {
            return Err(Distrust::RolledBack {
                what: "the chain of changes",
                known,
                answered: page.sequence,
            });
        }
        if last > page.sequence || head != page.head {
            return Err(forked(page.sequence));
        }
        Ok(None)
    }

    /// Puts a link between its neighbours, which must fit on both sides.
    fn insert(&mut self, sequence: u64, previous: Digest, head: Digest) -> Result<(), Distrust> {
        let forked = Err(Distrust::Forked { what: "change", number: sequence });
        if sequence == 1 && previous != Change::genesis(self.account) {
            return forked;
        }
        if self.links.get(&sequence).is_some_and(|(_, known)| *known != head) {
            return forked;
        }
        let before = sequence.checked_sub(1).and_then(|before| self.links.get(&before));
        if before.is_some_and(|(_, known)| *known != previous) {
            return forked;
        }
        let behind = self.links.get(&sequence.saturating_add(1)).and_then(|(previous, _)| *previous);
        if behind.is_some_and(|known| known != head) {
            return forked;
        }
        self.links.insert(sequence, (Some(previous), head));
        let mut whole = self.whole.unwrap_or(sequence);
        // A head that was merely told has no link to the one before.
        while self.links.get(&whole.saturating_add(1)).is_some_and(|(previous, _)| previous.is_some()) {
            whole += 1;
        }
        self.whole = Some(whole);
        self.trim();
        Ok(())
    }

    /// Forgets the oldest links, but not the one from which the rest will be followed.
    fn trim(&mut self) {
        while self.links.len() > WINDOW {
            let oldest = self.links.keys().copied().find(|sequence| Some(*sequence) != self.whole);
            let Some(oldest) = oldest else { return };
            self.links.remove(&oldest);
        }
    }
}

fn sorted(touched: &[Touched]) -> Vec<Vec<u8>> {
    let mut encoded: Vec<_> = touched.iter().map(encode).collect();
    encoded.sort_unstable();
    encoded
}

/// What a list of operations touches. Reads this client's own messages: what it cannot read it did not write.
fn touches(operations: &[Operation]) -> Vec<Touched> {
    let mut all = Vec::with_capacity(operations.len());
    for operation in operations {
        match operation {
            Operation::CreateScope { epoch, definition, .. } => {
                all.extend(epoch_touched(epoch));
                all.extend(record_touched(definition));
            }
            Operation::LinkOntology { collection, ontology, .. } => {
                all.push(Touched::Linked { collection: *collection, ontology: *ontology });
            }
            Operation::PutRecord { record } | Operation::MoveTerm { record, .. } => {
                all.extend(record_touched(record));
            }
            Operation::PlaceRecord { scope, record, version, .. } => {
                all.push(Touched::Placed { scope: *scope, record: *record, version: *version });
            }
            Operation::Grant(grant) => {
                all.extend(
                    grant
                        .statement
                        .unverified()
                        .ok()
                        .map(|access| Touched::Granted { access: access.access }),
                );
            }
            Operation::Revoke { statement, below, epochs } => {
                let revoked = std::iter::once(statement).chain(below).filter_map(|end| end.unverified().ok());
                all.extend(revoked.map(|revocation| Touched::Revoked { access: revocation.access }));
                all.extend(epochs.iter().filter_map(epoch_touched));
            }
            Operation::BeginGeneration(new) => {
                let (scope, generation) = (new.pre.scope, new.pre.generation);
                all.push(Touched::Generation { scope, generation });
            }
            Operation::SetHolders(set) => all.extend(holders_touched(&set.statement)),
            Operation::RotateAccount(rotate) => {
                let card = rotate.card.unverified().ok();
                all.extend(card.map(|card| Touched::Card { sequence: card.sequence }));
                all.extend(holders_touched(&rotate.statement));
            }
            Operation::BeginEpoch { epoch } => all.extend(epoch_touched(epoch)),
            _ => {}
        }
    }
    all
}

fn holders_touched(list: &Signed<Holders>) -> Option<Touched> {
    list.unverified().ok().map(|holders| Touched::Holders { number: holders.number })
}

fn epoch_touched(epoch: &NewEpoch) -> Option<Touched> {
    let epoch = epoch.statement.unverified().ok()?;
    Some(Touched::Epoch { scope: epoch.scope, epoch: epoch.epoch })
}

fn record_touched(record: &[u8]) -> Option<Touched> {
    let envelope: Envelope = pryv_wire::decode(record).ok()?;
    let protected: Protected = pryv_wire::decode(&envelope.protected).ok()?;
    let (scope, record): (_, RecordId) = (protected.scope, protected.record);
    Some(Touched::Record { scope, record, version: protected.version })
}

#[cfg(test)]
mod tests;
