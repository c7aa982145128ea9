//! Branches: the keys of a term and of everything under it, for one epoch of a scope.
//!
//! ```text
//! structure root of an ontology's epoch    = HKDF-Expand(PRK of the epoch, CBOR [ "structure" ], 32)
//! data root of a collection's epoch        = HKDF-Expand(PRK of the epoch, CBOR [ "data", ontology ], 32)
//! branch of a term = HKDF-Expand(branch of its parent, CBOR [ "term", term ], 32)        a branch key is a PRK
//! HKDF-Expand(branch, "wrap", 32)          AES-256-GCM key: wraps content keys
//! HKDF-Expand(branch, "link", 32)          AES-256-GCM key: wraps the branch's earlier keys after a move
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
use zeroize::Zeroizing;

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
}

/// Puts the earlier branches of a moved term under its new one: `wrap(link key, place, epoch (4, big-endian) || branch ...)`.
#[must_use]
pub fn seal_link<'a>(
    new: &Branch,
    place: &LinkPlace,
    earlier: impl IntoIterator<Item = (u32, &'a Branch)>,
    rng: &mut (impl RngCore + CryptoRng),
) -> Bytes {
    let earlier: Vec<_> = earlier.into_iter().collect();
    // The capacity is exact: nothing secret is left behind by growing.
    let mut plaintext = Zeroizing::new(Vec::with_capacity(earlier.len() * (4 + Branch::LENGTH)));
    for (epoch, branch) in earlier {
        plaintext.extend_from_slice(&epoch.to_be_bytes());
        plaintext.extend_from_slice(branch.expose());
    }
    wrap::wrap(&new.link_key(), &place.encode(), &plaintext, rng).into()
}

/// Opens the earlier branches of a moved term with its branch in the epoch of the move.
///
/// # Errors
///
/// [`NotOpened`] if the link is not of this term in this epoch.
pub fn open_link(new: &Branch, place: &LinkPlace, sealed: &[u8]) -> Result<Vec<(u32, Branch)>, NotOpened> {
    let plaintext = wrap::unwrap(&new.link_key(), &place.encode(), sealed)?;
    let (entries, rest) = plaintext.as_chunks::<{ 4 + Branch::LENGTH }>();
    if !rest.is_empty() {
        return Err(NotOpened);
    }
    let entry = |entry: &[u8; 4 + Branch::LENGTH]| {
        let (epoch, branch) = entry.split_first_chunk::<4>()?;
        Some((u32::from_be_bytes(*epoch), Branch::from_slice(branch)?))
    };
    entries.iter().map(|bytes| entry(bytes).ok_or(NotOpened)).collect()
}

#[cfg(test)]
mod tests;
