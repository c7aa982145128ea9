//! Scopes: what kinds there are, epochs, the owner's wraps, and the lockbox through which grantees reach an epoch's keys.

use crate::{
    bytes::Bytes,
    card::Card,
    codec::encode,
    id::{AccessId, Digest, KeyId, PrincipalId, RecordId, ScopeId},
    record::{DefinitionRef, IndexedAlike},
    signed::{Signed, Statement},
    suite::Suite,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// What a scope is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum ScopeKind {
    /// Holds instances.
    Collection(CollectionKind),
    /// Holds terms.
    Ontology,
    /// Holds no records, but the keys of a part of an ontology and of what is filed under it.
    Slice(Slice),
    /// Holds no records, but the keys by which its readers, the members of a group, open what the group was granted.
    Group,
}

impl ScopeKind {
    /// A collection that is linked to no ontology and keeps no history.
    #[must_use]
    pub const fn collection() -> Self {
        Self::Collection(CollectionKind { ontologies: Vec::new(), history: History::None })
    }

    /// What the slice opens, if it is one.
    #[must_use]
    pub const fn slice(&self) -> Option<&Slice> {
        if let Self::Slice(slice) = self { Some(slice) } else { None }
    }
}

/// What the server knows of a collection besides its records.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CollectionKind {
    /// The ontologies whose terms its instances may carry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ontologies: Vec<ScopeId>,
    /// What is kept of earlier versions.
    pub history: History,
}

/// What a collection keeps of earlier versions of its records.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum History {
    /// The present version only.
    #[default]
    None,
    /// Every version, until the record is deleted.
    Versions,
    /// Every version, also behind a deletion.
    Everything,
}

/// What a slice opens: a term of an ontology with its descendants, as labels, as data filed under them, or both.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Slice {
    /// The ontology.
    pub ontology: ScopeId,
    /// The term; none: the whole ontology.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<RecordId>,
    /// In which collections it opens what is filed under the term.
    pub data: SliceData,
    /// Whether it opens the term records themselves.
    pub labels: bool,
}

impl Slice {
    /// Whether it opens what is filed in a collection that is linked to its ontology.
    #[must_use]
    pub fn covers(&self, linked: ScopeId) -> bool {
        match &self.data {
            SliceData::None => false,
            SliceData::Every => true,
            SliceData::Collections(collections) => collections.contains(&linked),
        }
    }

    /// Whether it opens any data.
    #[must_use]
    pub const fn has_data(&self) -> bool {
        !matches!(self.data, SliceData::None)
    }
}

/// The collections of a slice.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum SliceData {
    /// None: the slice is of the ontology's structure alone.
    None,
    /// Every collection that is linked to the ontology, those of later included.
    Every,
    /// These, sorted, each one once: the intersection of term and collections.
    Collections(Vec<ScopeId>),
}

/// The keys of a slice in one epoch of one scope that it covers, under the keys of one of the slice's own epochs.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SliceEntry {
    /// The slice.
    pub slice: ScopeId,
    /// The epoch of the slice that opens the entry.
    pub slice_epoch: u32,
    /// The scope covered: the ontology, or a collection.
    pub scope: ScopeId,
    /// The epoch of that scope.
    pub epoch: u32,
    /// The branch key of the slice's term and the key of the scope's definition in that epoch.
    pub sealed: Bytes,
}

/// A move of a term, as the epoch says it that the move begins.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MovedTerm {
    /// The term.
    pub term: RecordId,
    /// Where it is from now on; none: a root of the ontology.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<RecordId>,
}

/// An epoch of a scope, as the owner signs it: which keys it has, by commitment and by public half.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    /// The algorithms of the epoch.
    pub suite: Suite,
    /// The account.
    pub account: PrincipalId,
    /// The scope.
    pub scope: ScopeId,
    /// The number of the epoch: zero first, then one more each.
    pub epoch: u32,
    /// Commits to the epoch's keys.
    pub key: KeyId,
    /// Writers without the right to read seal content keys to this: X25519, or X-Wing in suite 2.
    pub deposit: Bytes,
    /// When the epoch began, by the owner's clock.
    pub started_at: Timestamp,
    /// In an ontology, the move that the epoch began with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<MovedTerm>,
    /// Of a group, the digest of the card that its members stand behind in this epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Digest>,
    /// The groups that read the epoch from its beginning, sorted by access, each with the card that its share was sealed to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<SealedGroup>,
    /// The version of the scope's definition that held when the epoch began: of other versions, only those hold that a card
    /// signed which is not earlier than the one that signed the epoch. None in the first epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<DefinitionRef>,
    /// The scope's re-encryption key pair, if it had one when the epoch began or began one with it ([`ScopePre::digest`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pair: Option<Digest>,
}

/// The card of a group to which the share of an epoch was sealed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SealedGroup {
    /// The access of the group.
    pub access: AccessId,
    /// The sequence of the card.
    pub card: u32,
}

impl Statement for Epoch {
    const DOMAIN: &'static str = "pryv epoch";
}

/// The proxy re-encryption key pair of a scope, made at its first grant.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ScopePre {
    /// The scope.
    pub scope: ScopeId,
    /// The suite that the pair was made for: its curve, and the algorithm of the wrap.
    pub suite: Suite,
    /// Zero for the first pair; a hard rotation adds one.
    pub generation: u32,
    /// The public key.
    pub public: Bytes,
    /// The secret key under the owner's keyring key.
    pub owner_wrap: Bytes,
}

impl ScopePre {
    /// What an epoch says of the pair: its scope, suite, generation and public half.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of("pryv pair", &[&encode(&(self.scope, self.suite, self.generation, &self.public))])
    }
}

/// The two locks on one epoch of a scope: `sealed` opens with the secret of the capsule *and* the lock key.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Lockbox {
    /// The scope.
    pub scope: ScopeId,
    /// The epoch whose keys it holds.
    pub epoch: u32,
    /// The generation of the scope's re-encryption key pair that opens the capsule.
    pub generation: u32,
    /// Lock 1: a random secret encrypted to the scope's re-encryption key.
    pub capsule: Bytes,
    /// The epoch's keys under both locks.
    pub sealed: Bytes,
    /// Lock 2, for the owner: the lock key under the owner's keyring key.
    pub owner_lock: Bytes,
    /// Lock 2, for each grantee who may read.
    pub shares: Vec<Share>,
}

/// The lock key of one lockbox, sealed to one grantee.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// The access that the grantee holds.
    pub access: AccessId,
    /// The scope.
    pub scope: ScopeId,
    /// The epoch.
    pub epoch: u32,
    /// The lock key, sealed to the grantee's sealing key.
    pub sealed: Bytes,
}

/// A transform key: what lets the server re-encrypt a scope's capsules for one grantee. A secret of the server.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Transform {
    /// The access that the grantee holds.
    pub access: AccessId,
    /// The scope.
    pub scope: ScopeId,
    /// The generation of the scope's re-encryption key pair.
    pub generation: u32,
    /// The transform key. The signed access commits to it by hash.
    pub key: Bytes,
}

impl Transform {
    /// The hash by which a signed access commits to a whole transform key.
    #[must_use]
    pub fn digest(key: &[u8]) -> Digest {
        Digest::of("pryv transform", &[key])
    }
}

/// A new epoch of a scope, with everything that lets owner and remaining grantees go on.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewEpoch {
    /// The signed epoch.
    pub statement: Signed<Epoch>,
    /// The epoch's keys under the owner's keyring key.
    pub owner_wrap: Bytes,
    /// Present if anybody but the owner reads the scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lockbox: Option<Lockbox>,
    /// One entry for each slice that covers the scope, under the slice's newest epoch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<SliceEntry>,
    /// Of a group: the card that goes with the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Box<GroupCard>>,
}

/// The card of a group in one epoch.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GroupCard {
    /// The card: the epoch's number is its sequence, and the epoch's keys open what is sealed to it.
    pub card: Signed<Card>,
    /// With the first card, the group's re-encryption key pair, whose public half stands in every card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pre: Option<ScopePre>,
}

/// Lists the scopes of an account that the caller may reach.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ListScopes {
    /// The account.
    pub account: PrincipalId,
}

/// The scopes that the caller may reach.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Scopes {
    /// Their ids.
    pub scopes: Vec<ScopeId>,
}

/// Opens a scope: its definition and what the caller needs for the keys of its epochs.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OpenScope {
    /// The account.
    pub account: PrincipalId,
    /// The scope.
    pub scope: ScopeId,
    /// Only epochs from this one on: the caller holds the keys of those before.
    pub from_epoch: u32,
    /// The access by which it is opened: one of the caller's own, or of a group that the caller is a member of. Absent: any
    /// of the caller's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessId>,
}

/// A scope as the caller may see it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeOpened {
    /// What it is. Whoever sees a collection through slices is told of their ontologies only.
    pub kind: ScopeKind,
    /// The envelope of the definition record.
    pub definition: Bytes,
    /// Epochs, oldest first; the last one is the present one.
    pub epochs: Vec<EpochOpened>,
    /// For the owner, once the scope was granted: its re-encryption key pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pre: Option<ScopePre>,
    /// Who reads the scope besides the owner: the accesses that a new epoch must serve. For the owner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readers: Vec<AccessId>,
    /// For a grantee of a slice: the keys of what it covers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<SliceEntry>,
    /// By what the instances of a collection are indexed, earliest epoch first; for who reads the whole of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexed: Vec<IndexedAlike>,
    /// The slices that cover the scope: a new epoch brings an entry for each. For the owner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slices: Vec<CoveringSlice>,
}

/// A slice that covers a scope, with what its owner needs to make the next entry.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CoveringSlice {
    /// The slice's own scope.
    pub scope: ScopeId,
    /// What it opens.
    pub slice: Slice,
    /// Its present epoch.
    pub present: EpochOpened,
}

/// One epoch as the caller may see it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EpochOpened {
    /// The signed epoch.
    pub statement: Signed<Epoch>,
    /// How the caller gets at its keys.
    pub keys: EpochKeys,
}

/// How a caller gets at the keys of an epoch.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum EpochKeys {
    /// The owner opens a wrap, and finds the lockbox if there is one.
    Owner {
        /// The epoch's keys under the owner's keyring key.
        wrap: Bytes,
        /// The lock key under the owner's keyring key, if the epoch has a lockbox.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lock: Option<Bytes>,
    },
    /// A grantee opens a lockbox.
    Grantee {
        /// The capsule, transformed by the server for this grantee.
        capsule: Bytes,
        /// The lock key, sealed to this grantee.
        share: Bytes,
        /// The epoch's keys under both.
        sealed: Bytes,
    },
    /// A writer without the right to read has the deposit key in the statement, and no more.
    Deposit,
}
