//! Records as a caller sees them: content, who wrote it, when, and whether it matches the schema.

use crate::{definition::Fault, distrust::Distrust, failure::Failure, locked::Locked};
use pryv_wire::{
    AccessId, Bytes, Digest, PrincipalId, RecordId, ScopeId, Timestamp, decode, encode,
    record::{Placement, Recipient, RecipientKind},
};
use serde::{Deserialize, Serialize};

/// One version of a record, opened and verified.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Record<T> {
    /// Names the record in its collection.
    pub id: RecordId,
    /// One first, then one more each.
    pub version: u64,
    /// Who wrote this version: proven by a signature.
    pub author: PrincipalId,
    /// The access that allowed the author to write; absent for the owner.
    pub access: Option<AccessId>,
    /// When it was written, by the author's clock.
    pub written_at: Timestamp,
    /// Whether it matches the schema of its collection.
    pub validity: Validity,
    /// The terms that the record is filed under.
    pub terms: Vec<Filed>,
    /// The content.
    pub data: T,
    pub(crate) digest: Digest,
    pub(crate) trashed: bool,
}

impl<T> Record<T> {
    /// What names this version: the digest of what was signed.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether it was put away ([`Collection::trash`](crate::Collection::trash)): in clear, and signed by the author.
    #[must_use]
    pub const fn is_trashed(&self) -> bool {
        self.trashed
    }

    /// The same record with other content.
    pub(crate) fn with<U>(self, data: U) -> Record<U> {
        Record {
            id: self.id,
            version: self.version,
            author: self.author,
            access: self.access,
            written_at: self.written_at,
            validity: self.validity,
            terms: self.terms,
            data,
            digest: self.digest,
            trashed: self.trashed,
        }
    }
}

/// Names one version of a record, with the terms that it is filed under, and whether it was put away: what is needed to write on top
/// of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VersionRef {
    /// The record.
    pub id: RecordId,
    /// Its version.
    pub version: u64,
    /// The terms that it is filed under.
    pub terms: Vec<TermId>,
    /// Whether it was put away: what is written on top of it, is then too.
    pub trashed: bool,
}

impl<T> From<&Record<T>> for VersionRef {
    fn from(record: &Record<T>) -> Self {
        let terms = record.terms.iter().map(TermId::from).collect();
        Self { id: record.id, version: record.version, terms, trashed: record.trashed }
    }
}

/// Names a term, in its ontology.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TermId {
    /// The ontology.
    pub ontology: ScopeId,
    /// The term.
    pub term: RecordId,
}

/// A term that a record is filed under.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Filed {
    /// The term.
    pub at: TermId,
    /// Who wrote the record holds no key of the term: its readers do not see the record until somebody who reads the
    /// collection completes it ([`Account::maintain`](crate::Account::maintain)).
    pub pending: bool,
}

impl From<&Filed> for TermId {
    fn from(filed: &Filed) -> Self {
        filed.at
    }
}

impl From<&Self> for TermId {
    fn from(term: &Self) -> Self {
        *term
    }
}

impl Filed {
    /// The terms of a placement.
    pub(crate) fn of(placement: &Placement) -> Vec<Self> {
        let filed = |entry: &Recipient| {
            let at = TermId { ontology: entry.scope, term: entry.term? };
            Some(Self { at, pending: entry.kind == RecipientKind::Pending })
        };
        placement.recipients.iter().filter_map(filed).collect()
    }
}

/// Whether content matches its schema. A writer may hold another definition, or none of this SDK's care: what arrives
/// invalid is flagged, not hidden.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Validity {
    /// It matches.
    Valid,
    /// It does not.
    Invalid {
        /// Where, and what the schema asks for there.
        faults: Vec<Fault>,
    },
}

impl Validity {
    /// Whether the content matches its schema.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        matches!(self, Self::Valid)
    }

    pub(crate) fn of(faults: Vec<Fault>) -> Self {
        if faults.is_empty() { Self::Valid } else { Self::Invalid { faults } }
    }
}

/// Where the next page begins. May be stored as text. That of records ordered by a field holds the value of the last one: it is as
/// secret as the record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cursor(pub(crate) Place);

/// The place behind which a page begins.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Place {
    /// Of records in the order in which they were created: what the server gave.
    Created(Bytes),
    /// Of records ordered by a field: value and id of the last one.
    Valued {
        /// The bits of the number that stands for the value.
        bits: u64,
        /// The record.
        record: RecordId,
    },
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&crate::text::base64url(&encode(&self.0)))
    }
}

impl std::str::FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let bytes = crate::text::from_base64url(text).ok_or(InvalidCursor)?;
        decode(&bytes).map(Self).map_err(|_| InvalidCursor)
    }
}

/// A text is not a cursor.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a cursor: use the text that a page gave")]
pub struct InvalidCursor;

/// One page of records.
#[derive(Debug)]
#[non_exhaustive]
pub struct Page<T> {
    /// The records, in the order asked for.
    pub records: Vec<Record<T>>,
    /// What the server answered and could not be used, with the reason; never dropped in silence.
    pub rejected: Vec<Rejected>,
    /// How many records were opened and did not meet the conditions: written without index tokens, or found by a token
    /// that they do not deserve.
    pub overshoot: usize,
    /// Where the next page begins; absent on the last one.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    pub(crate) const fn empty() -> Self {
        Self { records: Vec::new(), rejected: Vec::new(), overshoot: 0, next: None }
    }
}

/// A record that could not be used.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rejected {
    /// Which one, if its envelope says so; not verified.
    pub record: Option<RecordId>,
    /// Why.
    pub reason: Rejection,
}

impl Rejected {
    /// Reports a record that cannot be used, unless more is wrong than the record.
    pub(crate) fn of(record: Option<RecordId>, failure: Failure) -> Result<Self, Failure> {
        Ok(Self { record, reason: Rejection::of(failure)? })
    }
}

/// Why a record could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// It is not what it claims to be.
    #[error(transparent)]
    Distrust(#[from] Distrust),
    /// Its keys are not at hand.
    #[error(transparent)]
    Locked(#[from] Locked),
    /// It does not have the shape of the Rust type that was asked for.
    #[error("the record does not have the shape of the type that it was asked as")]
    Shape,
}

impl Rejection {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Distrust(distrust) => distrust.code(),
            Self::Locked(locked) => locked.reason.code(),
            Self::Shape => "wrong-shape",
        }
    }

    /// The failure as a rejection of one record, or the failure itself if it concerns more than the record.
    pub(crate) fn of(failure: Failure) -> Result<Self, Failure> {
        match failure {
            Failure::Distrust(distrust) => Ok(Self::Distrust(distrust)),
            Failure::Locked(locked) => Ok(Self::Locked(locked)),
            other => Err(other),
        }
    }
}
