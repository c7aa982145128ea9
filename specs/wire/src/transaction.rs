//! Transactions: every write is one, all or nothing, and takes one place in the account's chain of changes.

use crate::{
    access::{Access, Revocation, Served},
    bytes::Bytes,
    card::Card,
    codec::encode,
    generation::NewGeneration,
    holder::{RotateAccount, SetHolders},
    id::{AccessId, Digest, PrincipalId, RecordId, ScopeId, TransactionId},
    record::IndexState,
    scope::{Lockbox, NewEpoch, ScopeKind, ScopePre, Share, SliceEntry, Transform},
    signed::Signed,
    term::TermLink,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// The most operations in one transaction.
pub const MAX_OPERATIONS: usize = 1_000;

/// The most records and tokens that the expectations of one transaction name together.
pub const MAX_EXPECTED: usize = 4_096;

/// Writes to one account: all of the operations, or none.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Commit {
    /// The account written to.
    pub account: PrincipalId,
    /// Names the transaction: the same id with the same operations is the same transaction, and is answered as before.
    pub transaction: TransactionId,
    /// What to write, 1 to [`MAX_OPERATIONS`].
    pub operations: Vec<Operation>,
}

impl Commit {
    /// The digest that the chain of changes holds of the operations.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of("pryv operations", &[&encode(&self.operations)])
    }
}

/// One write.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Operation {
    /// Creates a scope. For the owner.
    CreateScope {
        /// Its first epoch.
        epoch: NewEpoch,
        /// The envelope of its definition record, version 1.
        definition: Bytes,
        /// What it is.
        kind: ScopeKind,
        /// Of a slice: an entry for every epoch of every scope that it covers.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        entries: Vec<SliceEntry>,
    },
    /// Links a collection to one more ontology. For the owner.
    LinkOntology {
        /// The collection.
        collection: ScopeId,
        /// The ontology.
        ontology: ScopeId,
        /// For each slice of the ontology that covers every collection: an entry for the collection's present epoch.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        entries: Vec<SliceEntry>,
    },
    /// Writes a version of a record: an instance, a term, a tombstone, a definition. Its version must be one more than the stored one.
    PutRecord {
        /// The encoded envelope.
        record: Bytes,
    },
    /// Replaces the placement of a stored version of a record: recipients and tokens, not content.
    PlaceRecord {
        /// The scope.
        scope: ScopeId,
        /// The record.
        record: RecordId,
        /// The version, which is the stored one.
        version: u64,
        /// The encoded envelope with its new placement.
        envelope: Bytes,
    },
    /// Writes the version of a term that stands under another parent, behind new epochs of the ontology and of every
    /// collection that is linked to it. For the owner.
    MoveTerm {
        /// The encoded envelope.
        record: Bytes,
        /// The term's earlier keys, for the ontology and for each collection linked to it.
        links: Vec<TermLink>,
    },
    /// Grants an access. For the owner, and for a manager within its own access.
    Grant(Box<GrantAccess>),
    /// Revokes an access and begins a new epoch of every scope that its grantee could read or write to. For the owner. A
    /// manager revokes what it granted, without new epochs, which only the owner signs.
    Revoke {
        /// The signed end.
        statement: Signed<Revocation>,
        /// The signed ends of the accesses that its holder had granted onwards: they end with it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        below: Vec<Signed<Revocation>>,
        /// The new epochs; none if a manager revokes.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        epochs: Vec<NewEpoch>,
    },
    /// Begins a new generation of a scope's re-encryption key pair. For the owner.
    BeginGeneration(Box<NewGeneration>),
    /// Adds devices to the account, or gives them other names. For the owner.
    SetHolders(Box<SetHolders>),
    /// Replaces the account secret; alone in its transaction. For the owner.
    RotateAccount(Box<RotateAccount>),
    /// Begins a new epoch of a scope. For the owner.
    BeginEpoch {
        /// The new epoch.
        epoch: NewEpoch,
    },
    /// Writes nothing: the transaction is refused (`expectation-failed`) unless each of these records is there and not deleted once all
    /// of its operations were applied. For who reads them.
    ExpectRecords {
        /// Their collection.
        scope: ScopeId,
        /// The records, sorted, each once.
        records: Vec<RecordId>,
    },
    /// Writes nothing: the transaction is refused (`expectation-failed`) if an instance carries one of these tokens once all of its
    /// operations were applied, or if its tokens cannot be held against them. For who reads the whole collection.
    ExpectNone {
        /// The collection.
        scope: ScopeId,
        /// The last epoch whose tokens are sent: the present one (`stale-epoch` otherwise).
        epoch: u32,
        /// The first epoch whose tokens are sent, and the version of the indexes that made them.
        since: IndexState,
        /// The tokens, sorted, each once.
        tokens: Vec<Bytes>,
    },
}

/// Everything that a grant brings.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GrantAccess {
    /// The signed access.
    pub statement: Signed<Access>,
    /// The card of the grantee if it is a link: registered with its access, or not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Signed<Card>>,
    /// Re-encryption key pairs of scopes granted for the first time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pre: Vec<ScopePre>,
    /// Lockboxes of epochs that had none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lockboxes: Vec<Lockbox>,
    /// The grantee's share of every lockbox of every scope that it may read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<Share>,
    /// A transform key for every scope that the grantee may read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transforms: Vec<Transform>,
}

/// The answer to a transaction: it is durable.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Committed {
    /// The place it took in the chain of changes.
    pub change: Change,
    /// The head of the chain before it.
    pub previous: Digest,
    /// The head of the chain with it.
    pub head: Digest,
    /// For each revocation, in order, what the server says it had served.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub served: Vec<ServedAccess>,
}

/// What the server says it had served of one access when it was revoked.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ServedAccess {
    /// The access.
    pub access: AccessId,
    /// The epochs that its grantee had asked for.
    pub served: Vec<Served>,
}

/// One link of an account's chain of changes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Its number: one first, then one more each.
    pub sequence: u64,
    /// When the server committed it.
    pub at: Timestamp,
    /// Who wrote.
    pub author: PrincipalId,
    /// The transaction.
    pub transaction: TransactionId,
    /// The digest of its operations.
    pub operations: Digest,
    /// What it touched.
    pub touched: Vec<Touched>,
}

impl Change {
    /// The head of the chain once this change follows `previous`.
    #[must_use]
    pub fn head(&self, previous: Digest) -> Digest {
        Digest::of("pryv change", &[previous.as_bytes(), &encode(self)])
    }

    /// The head of a chain without changes.
    #[must_use]
    pub fn genesis(account: PrincipalId) -> Digest {
        Digest::of("pryv genesis", &[account.as_bytes()])
    }
}

/// What a change touched, in the order of its operations.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Touched {
    /// A version of a record.
    Record {
        /// The collection.
        scope: ScopeId,
        /// The record.
        record: RecordId,
        /// The version written.
        version: u64,
    },
    /// A version of a record was placed anew.
    Placed {
        /// The scope.
        scope: ScopeId,
        /// The record.
        record: RecordId,
        /// The version, which stays.
        version: u64,
    },
    /// A collection was linked to an ontology.
    Linked {
        /// The collection.
        collection: ScopeId,
        /// The ontology.
        ontology: ScopeId,
    },
    /// An epoch of a scope began.
    Epoch {
        /// The scope.
        scope: ScopeId,
        /// The epoch.
        epoch: u32,
    },
    /// A generation of a scope began.
    Generation {
        /// The scope.
        scope: ScopeId,
        /// The generation.
        generation: u32,
    },
    /// An access was granted.
    Granted {
        /// The access.
        access: AccessId,
    },
    /// An access was revoked.
    Revoked {
        /// The access.
        access: AccessId,
    },
    /// The list of holders has another number.
    Holders {
        /// The number.
        number: u64,
    },
    /// The account has another card.
    Card {
        /// Its sequence.
        sequence: u32,
    },
}

/// Reads the chain of changes. For the owner.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ListChanges {
    /// The account.
    pub account: PrincipalId,
    /// Changes behind this number; zero for the first page.
    pub after: u64,
    /// How many, 1 to 1,000.
    pub limit: u32,
}

/// Changes, in order, and the present head.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// The changes.
    pub changes: Vec<Change>,
    /// The number of the last change of the account.
    pub sequence: u64,
    /// The head of the chain at that number.
    pub head: Digest,
}
