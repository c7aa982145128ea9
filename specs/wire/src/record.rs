//! Records: the envelope of one encrypted item, and the calls that read it. Written through transactions.
//!
//! ```text
//! Envelope = [ protected: bstr, placement: bstr, ciphertext: bstr, signature: bstr .size 64, ? moved ]
//! ```
//!
//! `protected` is the additional data of the content's AEAD and holds the digest of the placement it was written with; the
//! signature covers `protected` and the hash of `ciphertext`. So content, place, recipients and index tokens stand or fall
//! together. A placement that was replaced later carries the signature of who replaced it, in `moved`.

mod envelope;

pub use envelope::{Envelope, MovedPlacement};

use crate::{
    bytes::{Bytes, Commitment, TermSalt},
    error::Problem,
    id::{AccessId, Digest, PrincipalId, RecordId, ScopeId},
    suite::Suite,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

/// What a record is. A number on the wire.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum RecordKind {
    /// The definition of a collection.
    Definition,
    /// An instance.
    Instance,
    /// What is left of a deleted record: its last version, without content or tokens.
    Tombstone,
    /// A term of an ontology.
    Term,
    /// An instance that was put away: everything that an instance is, and left out where nobody asks for it.
    Trashed,
}

impl RecordKind {
    /// Whether it is content of a collection, put away or not.
    #[must_use]
    pub const fn is_instance(self) -> bool {
        matches!(self, Self::Instance | Self::Trashed)
    }
}

impl From<RecordKind> for u8 {
    fn from(kind: RecordKind) -> Self {
        match kind {
            RecordKind::Definition => 1,
            RecordKind::Instance => 2,
            RecordKind::Tombstone => 3,
            RecordKind::Term => 4,
            RecordKind::Trashed => 5,
        }
    }
}

impl TryFrom<u8> for RecordKind {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            1 => Ok(Self::Definition),
            2 => Ok(Self::Instance),
            3 => Ok(Self::Tombstone),
            4 => Ok(Self::Term),
            5 => Ok(Self::Trashed),
            _ => Err("a record kind is 1 to 5"),
        }
    }
}

/// The definition that an instance was validated against: a version of the definition record, by digest.
#[derive(Clone, Copy, Debug, Deserialize_tuple, Eq, PartialEq, Serialize_tuple)]
pub struct DefinitionRef {
    /// The version of the definition record.
    pub version: u64,
    /// The digest of that version ([`Envelope::digest`]).
    pub digest: Digest,
}

/// Everything about a record that its content is bound to. An array on the wire, in this order.
#[derive(Clone, Debug, Deserialize_tuple, Eq, PartialEq, Serialize_tuple)]
pub struct Protected {
    /// The algorithms of the record.
    pub suite: Suite,
    /// The account that owns it.
    pub account: PrincipalId,
    /// The collection it is in; of a term, the ontology.
    pub scope: ScopeId,
    /// The epoch of that scope in which it was written. A later placement may name a later one.
    pub epoch: u32,
    /// Its id.
    pub record: RecordId,
    /// Its version: one first, then one more each.
    pub version: u64,
    /// What it is.
    pub kind: RecordKind,
    /// What an instance was validated against; null for a definition.
    pub definition: Option<DefinitionRef>,
    /// Commits to the content key.
    pub commitment: Commitment,
    /// The digest of the placement it was written with.
    pub placement: Digest,
    /// Who wrote it.
    pub author: PrincipalId,
    /// The access that allowed the author to write; null for the owner.
    pub access: Option<AccessId>,
    /// When it was written, by the author's clock.
    pub written_at: Timestamp,
}

/// Who can open a record, and where it is found.
#[derive(Clone, Debug, Deserialize_tuple, Eq, PartialEq, Serialize_tuple)]
pub struct Placement {
    /// The record's own scope first, then one entry for each term that an instance is filed under. All name one epoch of the
    /// record's own scope.
    pub recipients: Vec<Recipient>,
    /// Index tokens, by scope and epoch.
    pub tokens: Vec<Tokens>,
    /// Where a term stands in its ontology; null for everything else.
    pub parent: Option<Parent>,
}

/// Where a term stands in its ontology. In clear, so that a server knows the shape of the tree, and signed.
#[derive(Clone, Copy, Debug, Deserialize_tuple, Eq, PartialEq, Serialize_tuple)]
pub struct Parent {
    /// The term above; null at the root.
    pub term: Option<RecordId>,
    /// The epoch of the ontology in which the term got this parent.
    pub since: u32,
    /// What the id of the term was made with, beside its first parent ([`RecordId::term`]).
    pub salt: TermSalt,
}

impl Placement {
    /// The digest of an encoded placement.
    #[must_use]
    pub fn digest(encoded: &[u8]) -> Digest {
        Digest::of("pryv placement", &[encoded])
    }
}

/// How a content key was given to a scope. A number on the wire.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum RecipientKind {
    /// Wrapped under the epoch's wrapping key, by someone who may read.
    Wrapped,
    /// Sealed to the epoch's deposit key, by someone who may not.
    Sealed,
    /// An entry for a term whose key the writer does not hold: sealed to the collection's deposit key, and closed to the
    /// term's readers until a reader of the collection places the record again.
    Pending,
}

impl From<RecipientKind> for u8 {
    fn from(kind: RecipientKind) -> Self {
        match kind {
            RecipientKind::Wrapped => 0,
            RecipientKind::Sealed => 1,
            RecipientKind::Pending => 2,
        }
    }
}

impl TryFrom<u8> for RecipientKind {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            0 => Ok(Self::Wrapped),
            1 => Ok(Self::Sealed),
            2 => Ok(Self::Pending),
            _ => Err("a recipient kind is 0, 1 or 2"),
        }
    }
}

/// The content key for one scope, or for one term.
#[derive(Clone, Debug, Deserialize_tuple, Eq, PartialEq, Serialize_tuple)]
pub struct Recipient {
    /// The scope: the record's own, or the ontology of the term.
    pub scope: ScopeId,
    /// The term whose readers the entry is for; null for the readers of the whole scope.
    pub term: Option<RecordId>,
    /// The epoch, of the record's own scope.
    pub epoch: u32,
    /// How the key is given.
    pub kind: RecipientKind,
    /// The content key, wrapped or sealed.
    pub key: Bytes,
}

/// The index tokens of a record, under one epoch of one scope and one version of its indexes; each list sorted.
#[derive(Clone, Debug, Deserialize_tuple, Eq, PartialEq, Serialize_tuple)]
pub struct Tokens {
    /// The scope.
    pub scope: ScopeId,
    /// The epoch under whose keys they were made: that of the recipients, or a later one.
    pub epoch: u32,
    /// The version of the definition that last changed the indexes they were made by.
    pub version: u64,
    /// 16-byte tokens, of every kind of index but `unique`.
    pub index: Vec<Bytes>,
    /// 32-byte tokens of fields that are unique in the scope; under a key that does not change with the epoch.
    pub unique: Vec<Bytes>,
}

/// The length of an index token, in bytes.
pub const INDEX_TOKEN_LENGTH: usize = 16;

/// The length of a unique token, in bytes.
pub const UNIQUE_TOKEN_LENGTH: usize = 32;

/// The largest envelope, in bytes: an instance of 256 KiB with room for padding and recipients.
pub const MAX_ENVELOPE_LENGTH: usize = 320 * 1024;

/// How deep a filter may nest.
pub const MAX_FILTER_DEPTH: usize = 12;

/// How many parts a filter may have, itself included.
pub const MAX_FILTER_PARTS: usize = 256;

/// How many tokens a query may have, over all parts of its filter and all of its buckets.
pub const MAX_FILTER_TOKENS: usize = 4_096;

/// Which records a query asks for: set algebra over the instances of a collection.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Filter {
    /// Every instance of the collection.
    All,
    /// Instances that carry at least one of these tokens.
    Tokens(Vec<Bytes>),
    /// Instances in every one of these sets; every instance if there is none.
    And(Vec<Self>),
    /// Instances in at least one of these sets; no instance if there is none.
    Or(Vec<Self>),
    /// Instances that are not in this set.
    Not(Box<Self>),
}

impl Filter {
    /// Every token of every part.
    #[must_use]
    pub fn tokens(&self) -> Vec<&Bytes> {
        let mut tokens = Vec::new();
        let mut parts = vec![self];
        while let Some(part) = parts.pop() {
            match part {
                Self::All => {}
                Self::Tokens(own) => tokens.extend(own),
                Self::And(several) | Self::Or(several) => parts.extend(several),
                Self::Not(one) => parts.push(one),
            }
        }
        tokens
    }
}

/// By what an instance was indexed: the epoch of its tokens, and the version of the indexes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct IndexState {
    /// The epoch.
    pub epoch: u32,
    /// The version; zero for an instance that was written without tokens, whose epoch is that of its recipients.
    pub version: u64,
}

/// The instances whose tokens a filter cannot be held against: they come with every answer, for the client to look at.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Unindexed {
    /// Those whose tokens are of an earlier epoch or of an earlier version than this.
    pub before: IndexState,
    /// If there are more of them than this, the query is refused (`unindexed`); above [`MAX_UNINDEXED`], never.
    pub at_most: u32,
}

/// How far instances are counted that a filter cannot be held against. With a larger `at_most` a page comes with all of them,
/// however many there are.
pub const MAX_UNINDEXED: u32 = 10_000;

/// How many instances were indexed alike.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct IndexedAlike {
    /// How.
    pub state: IndexState,
    /// How many there are, counted up to [`MAX_COUNTED_ALIKE`], and less far if there are many states. Zero: not counted, for
    /// who reads the collection from a later epoch on.
    pub records: u32,
}

/// How far instances that were indexed alike are counted.
pub const MAX_COUNTED_ALIKE: u32 = 1_001;

/// A part of an ontology that records are filed under.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Within {
    /// The ontology.
    pub ontology: ScopeId,
    /// The term; none: any term of the ontology.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<RecordId>,
    /// Whether what is filed under the term's descendants counts.
    pub descendants: bool,
}

/// Which end of the collection a page starts from.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// In the order in which the records were created.
    #[default]
    OldestFirst,
    /// The other way.
    NewestFirst,
}

/// In which state the records are that a call is about.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordState {
    /// Instances that were not put away.
    #[default]
    Active,
    /// Instances that were put away.
    Trashed,
    /// Instances, put away or not.
    All,
    /// What is left of deleted ones: tombstones. No filter finds them, and no term.
    Deleted,
}

impl RecordState {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    fn is_default(&self) -> bool {
        *self == Self::Active
    }
}

/// Reads one page of instances.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct QueryRecords {
    /// The account.
    pub account: PrincipalId,
    /// The collection.
    pub scope: ScopeId,
    /// Which ones.
    pub filter: Filter,
    /// Which ones besides, whatever the filter says. Needed with every filter that has tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unindexed: Option<Unindexed>,
    /// Only those filed under these terms. Without it, a caller who reads through slices gets all that they open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
    /// In which state; active if not said.
    #[serde(default, skip_serializing_if = "RecordState::is_default")]
    pub state: RecordState,
    /// In which order.
    pub order: Order,
    /// How many, 1 to 1,000.
    pub limit: u32,
    /// Continue behind this cursor of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Bytes>,
}

/// One page of instances.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Records {
    /// Encoded [`Envelope`]s.
    pub records: Vec<Bytes>,
    /// The present epoch of the collection. Whoever asked with tokens of earlier ones only opens the scope and asks again.
    pub epoch: u32,
    /// Where the next page starts; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Bytes>,
}

/// The largest number of buckets of a count.
pub const MAX_BUCKETS: usize = 512;

/// The largest number that one call counts to.
pub const MAX_COUNT: u64 = 100_000;

/// Counts instances, without reading them.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CountRecords {
    /// The account.
    pub account: PrincipalId,
    /// The collection.
    pub scope: ScopeId,
    /// Which ones.
    pub filter: Filter,
    /// Those that are not counted, because the filter cannot be held against them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unindexed: Option<Unindexed>,
    /// Only those filed under these terms, as in [`QueryRecords::within`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
    /// In which state; active if not said.
    #[serde(default, skip_serializing_if = "RecordState::is_default")]
    pub state: RecordState,
    /// Counts in each bucket those of the filter that carry one of its tokens, one bucket after the other; without buckets, those
    /// of the filter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buckets: Vec<Vec<Bytes>>,
    /// Stop once so many were counted, 1 to [`MAX_COUNT`].
    pub enough: u64,
    /// Continue behind this cursor of the count before; only without buckets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Bytes>,
}

/// How many instances there are.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// One number for each bucket that was looked at, or one in all. The last one may be short of what there is if the count
    /// stopped there: with enough, or with `next`. Fewer numbers than buckets, and not enough: ask again for the other buckets.
    pub counts: Vec<u64>,
    /// How many instances the filter cannot be held against.
    pub unindexed: u32,
    /// The present epoch of the collection, as in [`Records::epoch`].
    pub epoch: u32,
    /// Where the count goes on; absent if it came to its end. With buckets: the last bucket was too much for one call, and the
    /// rest of it is counted without buckets, by a filter that asks for its tokens too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Bytes>,
}

/// How many questions a batch may have.
pub const MAX_BATCH: usize = 100;

/// Answers several questions, each by itself, over one state of the store. Together they are given as many bytes as one page
/// may have. What comes behind that is answered all the same: a page is empty and a count zero, both with `next`, a count in
/// buckets has no numbers, a record is refused with `overloaded`. Each of them is to be asked for again.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BatchRecords {
    /// The questions.
    pub questions: Vec<Question>,
}

/// One question of a batch.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Question {
    /// A page.
    Query(QueryRecords),
    /// A count.
    Count(CountRecords),
    /// One record.
    Get(GetRecord),
}

/// The answers of a batch.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BatchAnswered {
    /// One for each question, in their order.
    pub answers: Vec<Answered>,
}

/// One answer of a batch.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Answered {
    /// Of a page.
    Query(Records),
    /// Of a count.
    Count(Counted),
    /// Of one record.
    Get(RecordFound),
    /// This question was refused; the others were not.
    Refused(Problem),
}

/// Reads one record: an instance, a tombstone or the definition.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GetRecord {
    /// The account.
    pub account: PrincipalId,
    /// The collection.
    pub scope: ScopeId,
    /// The record.
    pub record: RecordId,
}

/// One record.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RecordFound {
    /// The encoded [`Envelope`].
    pub record: Bytes,
}

/// Reads the versions of one record that its collection keeps, the present one included, newest first.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RecordHistory {
    /// The account.
    pub account: PrincipalId,
    /// The collection.
    pub scope: ScopeId,
    /// The record.
    pub record: RecordId,
    /// Only versions below this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// How many, 1 to 1,000.
    pub limit: u32,
}

/// Versions of one record.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RecordVersions {
    /// Encoded [`Envelope`]s: each version one less than the one before it.
    pub versions: Vec<Bytes>,
    /// Where the next page starts, to be asked for as `before`; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}
