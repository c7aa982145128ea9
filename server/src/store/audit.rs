//! The audit: a chain of entries for each account, its end, and where what is kept begins.

use super::{
    At as _, Error, Reading, Result, Tx,
    key::{Silo, Table},
};
use crate::permission::{Caller, Owner};
use pryv_engine::Scan;
use pryv_wire::{
    AccessId, PrincipalId, ScopeId, SessionId, Timestamp,
    audit::{Act, AuditEntry, Heads, Mark},
    encode,
};
use serde::{Deserialize, Serialize};

/// How many entries one append removes at most: more than it adds, so that the kept part shrinks to its limits.
const REMOVED: usize = 8;

/// What is about to be entered.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// Whose audit.
    pub account: PrincipalId,
    /// Who.
    pub principal: PrincipalId,
    /// By which access.
    pub access: Option<AccessId>,
    /// In which session, if the owner's.
    pub session: Option<SessionId>,
    /// What was done.
    pub act: Act,
    /// The scopes concerned.
    pub scopes: Vec<ScopeId>,
    /// How many records are given.
    pub records: u64,
}

/// How much of an audit is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AuditLimits {
    /// For how long, in milliseconds; zero: for ever.
    pub millis: u64,
    /// How many entries of one account.
    pub most: u64,
}

/// Where an audit ends, and where what is kept of it begins.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
struct EndRow {
    present: Mark,
    last_at: Timestamp,
    begins: Mark,
    oldest_at: Timestamp,
}

impl EndRow {
    fn genesis(account: PrincipalId) -> Self {
        let genesis = Mark { sequence: 0, head: AuditEntry::genesis(account) };
        let never = Timestamp::default();
        Self { present: genesis, last_at: never, begins: genesis, oldest_at: never }
    }

    /// Whether the oldest entry is to be removed.
    const fn is_over(&self, limits: AuditLimits, now: Timestamp) -> bool {
        let kept = self.present.sequence.saturating_sub(self.begins.sequence);
        let too_old =
            limits.millis != 0 && self.oldest_at.as_millis().saturating_add(limits.millis) <= now.as_millis();
        kept > limits.most || (kept > 0 && too_old)
    }
}

fn entry_key(account: PrincipalId, sequence: u64) -> Vec<u8> {
    Silo::of(account).key(Table::Audit, &[&sequence.to_be_bytes()])
}

impl<'t> Reading<'t> {
    fn audit_end(&self, account: PrincipalId) -> Result<EndRow> {
        let row = self.row("audit end", &Silo::of(account).key(Table::AuditEnd, &[]))?;
        Ok(row.unwrap_or_else(|| EndRow::genesis(account)))
    }

    fn audit_entry(&self, account: PrincipalId, sequence: u64) -> Result<Option<AuditEntry>> {
        self.row("audit", &entry_key(account, sequence))
    }

    /// Where both chains of the caller's own account stand.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn heads(&self, caller: &Caller) -> Result<Heads> {
        let account = caller.principal();
        let changes = self.head_of(account)?;
        let changes = Mark { sequence: changes.sequence, head: changes.head };
        Ok(Heads { changes, audit: self.audit_end(account)?.present })
    }

    /// Where what is kept begins, and where the chain ends.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn audit_ends(&self, owner: &Owner<'t>) -> Result<(Mark, Mark)> {
        let end = self.audit_end(owner.account())?;
        Ok((end.begins, end.present))
    }

    /// Entries behind a number, in order.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn audit(&self, owner: &Owner<'t>, after: u64, limit: usize) -> Result<Vec<AuditEntry>> {
        let silo = Silo::of(owner.account());
        let Some(first) = after.checked_add(1) else { return Ok(Vec::new()) };
        let start = entry_key(owner.account(), first);
        let all = silo.scan(Table::Audit, &[]);
        let scan = all.hi().map_or_else(|| Scan::from(&start), |end| Scan::range(&start, end));
        let rows = self.rows.entries(&scan.limited(limit))?;
        rows.iter().map(|(_, row)| super::decode("audit", row)).collect()
    }
}

impl Tx<'_> {
    /// Adds an entry to an account's audit, and removes the oldest ones whose time is over.
    ///
    /// Takes no proof: an entry gives its maker nothing, and those of a log-in are made before there is a caller.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn append_audit(&mut self, new: NewEntry, now: Timestamp, limits: AuditLimits) -> Result<()> {
        let NewEntry { account, principal, access, session, act, scopes, records } = new;
        let mut end = self.reading().audit_end(account)?;
        // A clock that was put back does not put the chain back.
        let at = now.max(end.last_at);
        let sequence = end.present.sequence.saturating_add(1);
        let entry = AuditEntry { sequence, at, principal, access, session, act, scopes, records };
        self.rows.put(&entry_key(account, sequence), &encode(&entry))?;
        if end.begins.sequence == end.present.sequence {
            end.oldest_at = at;
        }
        end.present = Mark { sequence, head: AuditEntry::head(end.present.head, entry.digest()) };
        end.last_at = at;
        for _ in 0..REMOVED {
            if !end.is_over(limits, now) {
                break;
            }
            let oldest = end.begins.sequence.saturating_add(1);
            let gone = self.reading().audit_entry(account, oldest)?.ok_or(Error::Row("audit"))?;
            self.rows.delete(&entry_key(account, oldest))?;
            end.begins = Mark { sequence: oldest, head: AuditEntry::head(end.begins.head, gone.digest()) };
            let next = self.reading().audit_entry(account, oldest.saturating_add(1))?;
            end.oldest_at = next.map_or(at, |next| next.at);
        }
        Ok(self.rows.put(&Silo::of(account).key(Table::AuditEnd, &[]), &encode(&end))?)
    }
}
