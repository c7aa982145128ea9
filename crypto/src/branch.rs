//! Branches: the keys of a term and of everything under it, for one epoch of a scope.
//!
//! ```text
//! structure root of an ontology's epoch    = HKDF-Expand(PRK of the epoch, CBOR [ "structure" ], 32)
//! data root of a collection's epoch        = HKDF-Expand(PRK of the epoch, CBOR [ "data", ontology ], 32)
//! branch of a term = HKDF-Expand(branch of its parent, CBOR [ "term", term ], 32)        a branch key is a PRK
//! HKDF-Expand(branch, "wrap", 32)          AES-256-GCM key: wraps content keys
//! HKDF-Expand(branch, "link", 32)          AES-256-GCM key: wraps earlier keys of a term that was moved
//! ```
//!
//! Who holds a branch derives every branch below, and nothing above or beside.

use crate::{
    epoch::EpochKeys,
    primitive::{AeadKey, NotOpened, hkdf_expand},
    secret::Secret,
    wrap,
};
use pryv_wire::{Bytes, PrincipalId, RecordId, ScopeId, Suite, encode};
use rand_core::{CryptoRng, RngCore};
use std::fmt;

/// The key of one term, or of a whole tree, in one epoch.
pub struct Branch(Secret<32>);

impl Branch {
    /// Length in bytes.
    pub const LENGTH: usize = 32;

    /// Reads a branch key; absent if the length is wrong.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Secret::from_slice(bytes).map(Self)
    }

    /// The branch of a term that stands directly under this one.
    #[must_use]
    pub fn child(&self, term: RecordId) -> Self {
        Self(hkdf_expand(&self.0, &encode(&("term", term))))
    }

    /// Compares in constant time.
    #[must_use]
    pub fn ct_eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0)
    }

    /// The key itself, to keep or to compare. Whoever asks for it answers for it.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    /// Wraps content keys.
    pub(crate) fn wrap_key(&self) -> AeadKey {
        AeadKey::new(&hkdf_expand(&self.0, b"wrap"))
    }

    fn link_key(&self) -> AeadKey {
        AeadKey::new(&hkdf_expand(&self.0, b"link"))
    }
}

impl fmt::Debug for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Branch(..)")
    }
}

/// The key that wraps the content keys of a scope's definition records in one epoch: `HKDF-Expand(PRK, "definition", 32)`.
///
/// It is apart from the key of the other records, so that who reads a part of a collection reads its definition too.
pub struct DefinitionKey(Secret<32>);

impl DefinitionKey {
    /// Reads a definition key; absent if the length is wrong.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Secret::from_slice(bytes).map(Self)
    }

    /// The key itself. Whoever asks for it answers for it.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    pub(crate) fn wrap_key(&self) -> AeadKey {
        AeadKey::new(&self.0)
    }
}

impl fmt::Debug for DefinitionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DefinitionKey(..)")
    }
}

impl EpochKeys {
    /// The root of the structure of an ontology, of which these are the keys of an epoch.
    #[must_use]
    pub fn structure(&self) -> Branch {
        Branch(hkdf_expand(self.prk(), &encode(&("structure",))))
    }

    /// The root of a collection's records under the terms of an ontology. These are keys of an epoch of the collection.
    #[must_use]
    pub fn data(&self, ontology: ScopeId) -> Branch {
        Branch(hkdf_expand(self.prk(), &encode(&("data", ontology))))
    }

    /// What wraps the definition in this epoch.
    #[must_use]
    pub fn definition(&self) -> DefinitionKey {
        DefinitionKey(hkdf_expand(self.prk(), b"definition"))
    }
}

/// Where a link of a moved term stands: the branch of which scope, and the epoch from which the term has its new place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LinkPlace {
    /// The account.
    pub account: PrincipalId,
    /// The ontology, for its structure, or a collection, for its records.
    pub scope: ScopeId,
    /// The term that was moved.
    pub term: RecordId,
    /// The epoch of the scope from which on the term's branch derives from its new parent.
    pub epoch: u32,
}

impl LinkPlace {
    fn encode(&self) -> Vec<u8> {
        encode(&("term link", Suite::CLASSIC, self.account, self.scope, self.term, self.epoch))
    }

    fn encode_earlier(&self, epoch: u32) -> Vec<u8> {
        encode(&("earlier branch", Suite::CLASSIC, self.account, self.scope, self.term, self.epoch, epoch))
    }
}

/// What a link holds of one earlier epoch.
#[derive(Debug)]
pub struct Earlier {
    /// The epoch.
    pub epoch: u32,
    /// The branch that the term would have had in that epoch under its new parent: who held the new parent then derives it.
    pub path: Branch,
    /// The branch that it had.
    pub branch: Branch,
}

/// Length of one earlier branch in a link: its epoch, and the branch wrapped.
const EARLIER: usize = 4 + wrap::OVERHEAD + Branch::LENGTH;

/// Puts the earlier branches of a moved term under its new place: `wrap(link key of the new branch, place, (epoch (4,
/// big-endian) || wrap(link key of the path, place and epoch, branch)) ...)`.
///
/// Two wraps, so that it takes both to read what was filed under the term in an earlier epoch: the new parent as it is since
/// the move, and the new parent of that epoch. A reader that came without history lacks the second, one that was revoked
/// before the move the first.
#[must_use]
pub fn seal_link(
    new: &Branch,
    place: &LinkPlace,
    earlier: &[Earlier],
    rng: &mut (impl RngCore + CryptoRng),
) -> Bytes {
    let mut entries = Vec::with_capacity(earlier.len() * EARLIER);
    for Earlier { epoch, path, branch } in earlier {
        entries.extend_from_slice(&epoch.to_be_bytes());
        entries.extend(wrap::wrap(&path.link_key(), &place.encode_earlier(*epoch), branch.expose(), rng));
    }
    wrap::wrap(&new.link_key(), &place.encode(), &entries, rng).into()
}

/// Opens the branch that a moved term had in an earlier epoch, with its branch in the epoch of the move and the one it would
/// have had in the earlier epoch under its new parent.
///
/// # Errors
///
/// [`NotOpened`] if the link is not of this term in this place, or has nothing of that epoch.
pub fn open_link(
    new: &Branch,
    path: &Branch,
    place: &LinkPlace,
    epoch: u32,
    sealed: &[u8],
) -> Result<Branch, NotOpened> {
    let entries = wrap::unwrap(&new.link_key(), &place.encode(), sealed)?;
    let (entries, rest) = entries.as_chunks::<EARLIER>();
    let wrapped = entries.iter().find_map(|entry| entry.strip_prefix(&epoch.to_be_bytes()));
    let wrapped = wrapped.filter(|_| rest.is_empty()).ok_or(NotOpened)?;
    let branch = wrap::unwrap(&path.link_key(), &place.encode_earlier(epoch), wrapped)?;
    Branch::from_slice(&branch).ok_or(NotOpened)
}

#[cfg(test)]
mod tests;
