//! The audit of the account: who reached it, read a page at a time, recomputed as it is read.

use super::{Account, lock};
use crate::{distrust::Distrust, failure::Failure, protocol::audit::Walk};
use pryv_wire::{
    AccessId, Digest, PrincipalId, ScopeId, Timestamp,
    audit::{AuditEntry, AuditFilter, AuditLine, ListAudit, Mark},
};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, Read as _, Write};

/// How many lines are asked for at once.
const PAGE: u32 = 1_000;

/// The longest line of an export, in bytes: an entry has a few hundred.
const MAX_LINE: u64 = 64 * 1024;

/// A question to the audit of an account. Nothing is sent before [`AuditQuery::entries`], [`AuditPages::next`] or
/// [`AuditQuery::export`].
#[derive(Clone, Debug)]
#[must_use]
pub struct AuditQuery {
    account: Account,
    only: AuditFilter,
    server_filters: bool,
}

impl AuditQuery {
    /// What this principal did.
    pub const fn by(mut self, principal: PrincipalId) -> Self {
        self.only.principal = Some(principal);
        self
    }

    /// What was done by this access.
    pub const fn access(mut self, access: AccessId) -> Self {
        self.only.access = Some(access);
        self
    }

    /// What was done with this collection.
    pub const fn scope(mut self, scope: ScopeId) -> Self {
        self.only.scope = Some(scope);
        self
    }

    /// Not before.
    pub const fn from(mut self, from: Timestamp) -> Self {
        self.only.from = Some(from);
        self
    }

    /// Not at or after.
    pub const fn until(mut self, until: Timestamp) -> Self {
        self.only.until = Some(until);
        self
    }

    /// Lets the server choose what meets the conditions: a quarter of the bytes, and its word that nothing else met them. What
    /// comes is still verified as part of the chain.
    pub const fn trust_server_filter(mut self) -> Self {
        self.server_filters = true;
        self
    }

    /// The entries, a page at a time, oldest first.
    #[must_use]
    pub fn pages(self) -> AuditPages {
        let walk = Walk::from(self.account.id(), None);
        AuditPages { query: self, walk, more: true }
    }

    /// Every entry that meets the conditions, oldest first.
    ///
    /// # Errors
    ///
    /// See [`Failure`]; [`Distrust::Forked`] if the chain does not close.
    pub async fn entries(self) -> Result<AuditLog, Failure> {
        let mut pages = self.pages();
        let mut entries = Vec::new();
        while let Some(page) = pages.next().await? {
            entries.extend(page);
        }
        let begins = pages.walk.begins();
        Ok(AuditLog { entries, removed: begins.sequence, total: pages.walk.at().sequence })
    }

    /// Writes the audit as lines of JSON, from where what is kept begins to its present end: what does not meet the conditions as
    /// a digest, so that [`check_export`] recomputes the chain from the file alone. Answers with its end.
    ///
    /// # Errors
    ///
    /// See [`ExportError`].
    pub async fn export(self, to: &mut dyn Write) -> Result<ExportedAudit, ExportError> {
        let only = self.only;
        let account = self.account.id();
        let mut pages = Self { only: AuditFilter::default(), server_filters: false, ..self }.pages();
        let mut exported =
            ExportedAudit { account, entries: 0, begins: 0, end: 0, head: Digest::from_bytes([0; 32]) };
        let mut begun = false;
        while let Some(page) = pages.next().await? {
            if !begun {
                begun = true;
                let begins = pages.walk.begins();
                exported.begins = begins.sequence;
                line(to, &ExportLine::Begins { account, sequence: begins.sequence, head: begins.head })?;
            }
            for entry in page {
                if only.wants(&entry) {
                    exported.entries = exported.entries.saturating_add(1);
                    line(to, &ExportLine::Entry(entry))?;
                } else {
                    line(to, &ExportLine::Other(entry.digest()))?;
                }
            }
        }
        let Mark { sequence, head } = pages.walk.at();
        line(to, &ExportLine::Ends { sequence, head })?;
        to.flush()?;
        (exported.end, exported.head) = (sequence, head);
        Ok(exported)
    }
}

/// The entries of an audit.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuditLog {
    /// Those that meet the conditions, oldest first.
    pub entries: Vec<AuditEntry>,
    /// How many of the first entries the server has removed, their time being over.
    pub removed: u64,
    /// How many entries there were ever.
    pub total: u64,
}

/// Pages of an audit.
#[derive(Debug)]
pub struct AuditPages {
    query: AuditQuery,
    walk: Walk,
    more: bool,
}

impl AuditPages {
    /// The next page, which may be empty; nothing behind the last one.
    ///
    /// # Errors
    ///
    /// See [`Failure`]; [`Distrust::Forked`] if the chain does not close.
    pub async fn next(&mut self) -> Result<Option<Vec<AuditEntry>>, Failure> {
        if !self.more {
            return Ok(None);
        }
        let only = self.query.only;
        let asked = (self.query.server_filters && only != AuditFilter::default()).then_some(only);
        let (mut entries, more) = self.query.account.walk_audit(&mut self.walk, asked).await?;
        entries.retain(|entry| only.wants(entry));
        self.more = more;
        Ok(Some(entries))
    }

    /// How many of the first entries the server has removed, their time being over. Known from the first page on.
    #[must_use]
    pub const fn removed(&self) -> u64 {
        self.walk.begins().sequence
    }
}

impl Account {
    /// The audit of this account: who opened sessions of it, and who read what of it, when.
    pub fn audit(&self) -> AuditQuery {
        AuditQuery { account: self.clone(), only: AuditFilter::default(), server_filters: false }
    }

    /// One step along the audit, held against every head that this client has seen.
    async fn walk_audit(
        &self,
        walk: &mut Walk,
        only: Option<AuditFilter>,
    ) -> Result<(Vec<AuditEntry>, bool), Failure> {
        let floor = lock(&self.0.audit).last().map_or(0, |mark| mark.sequence);
        let call = ListAudit { account: self.id(), after: walk.at().sequence, limit: PAGE, only };
        let page = self.call(&call).await?;
        let (entries, marks, more) = walk.take(only.as_ref(), &page)?;
        let mut seen = lock(&self.0.audit);
        seen.observe(floor, page.present)?;
        for mark in marks {
            seen.observe(0, mark)?;
        }
        if !more {
            seen.note_walked(walk.at());
        }
        Ok((entries, more))
    }

    /// Whether the audit leads from `theirs` to where it stands, and from what this client has walked to the same; not if
    /// what lies between is gone.
    pub(super) async fn compare_audit(&self, theirs: Mark) -> Result<bool, Failure> {
        let account = self.id();
        let ours = lock(&self.0.audit).walked();
        let mut whole = true;
        for start in [Some(theirs), ours] {
            let mut walk = Walk::from(account, start);
            let mut more = true;
            while more {
                more = self.walk_audit(&mut walk, None).await?.1;
            }
            let present = walk.at().sequence;
            if theirs.sequence > present {
                return Err(Distrust::RolledBack {
                    what: "the audit",
                    known: theirs.sequence,
                    answered: present,
                }
                .into());
            }
            whole &= start.is_none_or(|start| walk.begins() == start);
        }
        Ok(whole)
    }
}

/// Why an audit was not exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// It could not be written.
    #[error("the audit could not be written")]
    Write(#[from] std::io::Error),
    /// What can go wrong in every operation.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl ExportError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Write(_) => "not-written",
            Self::Failed(failure) => failure.code(),
        }
    }
}

/// What an export holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ExportedAudit {
    /// Whose audit.
    pub account: PrincipalId,
    /// How many entries stand in it in full.
    pub entries: u64,
    /// The number behind which it begins.
    pub begins: u64,
    /// The number of its last entry.
    pub end: u64,
    /// The head of the chain at its end.
    pub head: Digest,
}

/// One line of an export.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum ExportLine {
    Begins { account: PrincipalId, sequence: u64, head: Digest },
    Entry(AuditEntry),
    Other(Digest),
    Ends { sequence: u64, head: Digest },
}

fn line(to: &mut dyn Write, line: &ExportLine) -> Result<(), ExportError> {
    let text = serde_json::to_string(line).map_err(std::io::Error::from)?;
    Ok(writeln!(to, "{text}")?)
}

/// Why an export does not hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidExport {
    /// It could not be read.
    #[error("the export could not be read")]
    Read(#[from] std::io::Error),
    /// A line is not of its form, or not at its place.
    #[error("line {line} of the export is not of its form")]
    Line {
        /// Its number, from one.
        line: u64,
    },
    /// It was changed: the chain does not lead to the end that it names.
    #[error("the export was changed: its entries do not lead to the head that it names")]
    Changed,
}

impl InvalidExport {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "not-read",
            Self::Line { .. } => "malformed-export",
            Self::Changed => "changed-export",
        }
    }
}

/// Recomputes the chain of an export. What it answers is whole in itself; whether it is the account's, the head tells that a
/// device of the account has seen at that number.
///
/// # Errors
///
/// See [`InvalidExport`].
pub fn check_export(from: &mut dyn BufRead) -> Result<ExportedAudit, InvalidExport> {
    let mut lines = Lines { from, number: 0 };
    let Some(ExportLine::Begins { account, sequence, head }) = lines.next()? else {
        return Err(lines.malformed());
    };
    if sequence == 0 && head != AuditEntry::genesis(account) {
        return Err(InvalidExport::Changed);
    }
    let mut walk = Walk::from(account, Some(Mark { sequence, head }));
    let mut exported = ExportedAudit { account, entries: 0, begins: sequence, end: sequence, head };
    loop {
        let next = match lines.next()? {
            Some(ExportLine::Entry(entry)) => {
                exported.entries = exported.entries.saturating_add(1);
                AuditLine::Entry(entry)
            }
            Some(ExportLine::Other(digest)) => AuditLine::Other(digest),
            Some(ExportLine::Ends { sequence, head }) => {
                if walk.at() != (Mark { sequence, head }) {
                    return Err(InvalidExport::Changed);
                }
                (exported.end, exported.head) = (sequence, head);
                return if lines.next()?.is_none() { Ok(exported) } else { Err(lines.malformed()) };
            }
            _ => return Err(lines.malformed()),
        };
        walk.step(&next, None, true).map_err(|_| InvalidExport::Changed)?;
    }
}

/// Lines of bounded length.
struct Lines<'a> {
    from: &'a mut dyn BufRead,
    number: u64,
}

impl Lines<'_> {
    fn next(&mut self) -> Result<Option<ExportLine>, InvalidExport> {
        let mut text = String::new();
        self.number = self.number.saturating_add(1);
        match (&mut *self.from).take(MAX_LINE).read_line(&mut text) {
            Ok(0) => Ok(None),
            Ok(_) => serde_json::from_str(&text).map(Some).map_err(|_| self.malformed()),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Err(self.malformed()),
            Err(error) => Err(error.into()),
        }
    }

    const fn malformed(&self) -> InvalidExport {
        InvalidExport::Line { line: self.number }
    }
}
