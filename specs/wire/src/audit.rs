//! The audit of an account: who reached it, by what, and how much was read; and the heads by which both of its chains are held.

use crate::{
    codec::encode,
    id::{AccessId, Digest, PrincipalId, ScopeId, SessionId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// The header of an answer that carries [`Heads`]: their CBOR, in base64url without padding.
pub const HEADS_HEADER: &str = "pryv-heads";

/// What somebody did.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Act {
    /// Made the account, and opened its first session.
    SignUp,
    /// Opened a session by password.
    Login,
    /// Opened a session by the recovery phrase.
    Recovery,
    /// Opened a session by the signature of a card.
    Session,
    /// Opened a session by the key of a device.
    Device,
    /// Opened a scope: its definition, and what leads to the keys of its epochs.
    OpenScope,
    /// Asked for one record.
    GetRecord,
    /// Asked for a page of records.
    QueryRecords,
    /// Had records counted.
    CountRecords,
    /// Asked for earlier versions of a record.
    ReadHistory,
    /// Asked for terms of an ontology.
    ReadTerms,
}

/// One entry of an account's audit, as the server keeps it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AuditEntry {
    /// Its number: one first, then one more each.
    pub sequence: u64,
    /// When, by the server's clock; never before the entry before.
    pub at: Timestamp,
    /// Who.
    pub principal: PrincipalId,
    /// The access that allowed it; absent for the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessId>,
    /// The session, if it is the owner's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// What was done.
    pub act: Act,
    /// The scopes concerned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<ScopeId>,
    /// How many records, terms or versions were given.
    pub records: u64,
}

impl AuditEntry {
    /// What stands for the entry in the chain.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of("pryv audit entry", &[&encode(self)])
    }

    /// The head of the chain once an entry of this digest follows `previous`.
    #[must_use]
    pub fn head(previous: Digest, entry: Digest) -> Digest {
        Digest::of("pryv audit", &[previous.as_bytes(), entry.as_bytes()])
    }

    /// The head of an audit without entries.
    #[must_use]
    pub fn genesis(account: PrincipalId) -> Digest {
        Digest::of("pryv audit genesis", &[account.as_bytes()])
    }
}

/// A place in a chain: the number of its last link, and the head with it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// The number; zero before the first link.
    pub sequence: u64,
    /// The head at that number.
    pub head: Digest,
}

/// Where both chains of an account stand. In every answer to a session of its owner.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Heads {
    /// The chain of changes.
    pub changes: Mark,
    /// The chain of the audit.
    pub audit: Mark,
}

/// Which entries are wanted in full. Fields that are present must all be met.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AuditFilter {
    /// Of this principal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<PrincipalId>,
    /// By this access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessId>,
    /// Of this scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeId>,
    /// Not before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Not at or after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl AuditFilter {
    /// Whether an entry is wanted.
    #[must_use]
    pub fn wants(&self, entry: &AuditEntry) -> bool {
        self.principal.is_none_or(|principal| principal == entry.principal)
            && self.access.is_none_or(|access| entry.access == Some(access))
            && self.scope.is_none_or(|scope| entry.scopes.contains(&scope))
            && self.from.is_none_or(|from| from <= entry.at)
            && self.until.is_none_or(|until| entry.at < until)
    }
}

/// Reads the audit of an account. For the owner.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ListAudit {
    /// The account.
    pub account: PrincipalId,
    /// Entries behind this number; zero for the first page.
    pub after: u64,
    /// How many, 1 to 1,000; those that are not wanted count.
    pub limit: u32,
    /// Which ones are wanted in full; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<AuditFilter>,
}

/// One entry, or what stands for it in the chain.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum AuditLine {
    /// A wanted entry.
    Entry(AuditEntry),
    /// The digest of an entry that the filter does not want.
    Other(Digest),
}

/// Entries, in order and without a gap, and where the chain stands.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AuditPage {
    /// The lines behind `after`, or behind `begins` if that is later.
    pub lines: Vec<AuditLine>,
    /// What is kept begins behind this: earlier entries were removed when their time was over.
    pub begins: Mark,
    /// The present end of the chain.
    pub present: Mark,
}
