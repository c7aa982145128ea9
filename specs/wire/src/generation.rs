//! Generations: another re-encryption key pair of a scope, with what lets every reader go on.

use crate::{
    bytes::Bytes,
    id::{AccessId, Digest, PrincipalId, ScopeId},
    scope::ScopePre,
    signed::{Signed, Statement},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// Which transform key an access has in a generation, as the owner signs it: what the access itself commits to for the
/// generation that it was granted in.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rekey {
    /// The account whose scope it is.
    pub account: PrincipalId,
    /// The access.
    pub access: AccessId,
    /// The scope.
    pub scope: ScopeId,
    /// The generation.
    pub generation: u32,
    /// Commits to the whole transform key given to the server.
    pub transform: Digest,
    /// When it was signed, by the owner's clock.
    pub signed_at: Timestamp,
}

impl Statement for Rekey {
    const DOMAIN: &'static str = "pryv rekey";
}

/// The transform key of one reader in a new generation.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewTransform {
    /// The signed commitment.
    pub statement: Signed<Rekey>,
    /// The transform key.
    pub key: Bytes,
}

/// A new lock 1 on an epoch that has a lockbox. Lock key, shares and the owner's lock stay.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewLock {
    /// The epoch.
    pub epoch: u32,
    /// A new secret, encrypted to the new re-encryption key.
    pub capsule: Bytes,
    /// The epoch's keys under both locks.
    pub sealed: Bytes,
}

/// A new generation of a scope's re-encryption key pair: every lockbox and every reader's transform key anew, so that
/// nothing of the generation before opens anything any longer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewGeneration {
    /// The new pair; its generation is one more than the present one.
    pub pre: ScopePre,
    /// For each epoch that has a lockbox.
    pub locks: Vec<NewLock>,
    /// For each access of the owner's that reads the scope and is not over.
    pub transforms: Vec<NewTransform>,
}
