//! Scopes: epochs, the owner's wraps, and the lockbox through which grantees reach an epoch's keys.

use crate::{
    bytes::{Bytes, SealingPublicKey},
    id::{AccessId, Digest, KeyId, PrincipalId, ScopeId},
    signed::{Signed, Statement},
    suite::Suite,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

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
    /// Writers without the right to read seal content keys to this (X25519).
    pub deposit: SealingPublicKey,
    /// When the epoch began, by the owner's clock.
    pub started_at: Timestamp,
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
    /// Zero for the first pair; a hard rotation adds one.
    pub generation: u32,
    /// The public key.
    pub public: Bytes,
    /// The secret key under the owner's keyring key.
    pub owner_wrap: Bytes,
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
}

/// A scope as the caller may see it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeOpened {
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
