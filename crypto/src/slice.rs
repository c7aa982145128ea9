//! Slices: what the holders of a part of an ontology open, and how they get at it.
//!
//! An entry holds, for one epoch of one scope, the branch that the slice begins with and the key of the definition:
//!
//! ```text
//! place  = CBOR [ "entry", suite, account, slice, slice epoch, scope, epoch ]
//! signed = "pryv entry" || 0x00 || place || branch || definition key
//! entry  = wrap(HKDF-Expand(PRK of the slice's epoch, "link", 32), place, branch || definition key || owner's signature)
//! ```
//!
//! The owner signs inside: everybody who ever held an epoch of the slice could make a wrap under it, and somebody whose
//! access ended could, with the server's help, give the remaining holders branches of his own to write under.

use crate::{
    branch::{Branch, DefinitionKey},
    epoch::EpochKeys,
    identity::Identity,
    primitive::NotOpened,
    wrap,
};
use pryv_proxy_crypto::{InvalidSignature, VerifiedCards, verify};
use pryv_wire::{Bytes, PrincipalId, ScopeId, Suite, bytes::Signature, encode};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

const LENGTH: usize = 2 * Branch::LENGTH + Signature::LENGTH;

/// Which slice gets at which epoch of which scope.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct EntryPlace {
    /// The account.
    pub account: PrincipalId,
    /// The slice.
    pub slice: ScopeId,
    /// The epoch of the slice under which the entry is sealed.
    pub slice_epoch: u32,
    /// The ontology, for its structure, or a collection, for its records.
    pub scope: ScopeId,
    /// The epoch of that scope.
    pub epoch: u32,
}

impl EntryPlace {
    fn encode(&self) -> Vec<u8> {
        let Self { account, slice, slice_epoch, scope, epoch } = self;
        encode(&("entry", Suite::CLASSIC, account, slice, slice_epoch, scope, epoch))
    }
}

/// What an entry gives.
#[derive(Debug)]
pub struct Entry {
    /// The branch that the slice begins with.
    pub branch: Branch,
    /// What opens the definition of the scope.
    pub definition: DefinitionKey,
}

/// Why an entry gave nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// It is not of this slice, scope and epoch, or was damaged.
    #[error("the entry does not open in its place")]
    NotOpened(#[source] NotOpened),
    /// Somebody else than the owner made it.
    #[error("the entry is not signed by the owner")]
    Signature(#[source] InvalidSignature),
}

/// Makes the entry of a slice for one epoch of a scope. `keys` are the keys of the slice's epoch.
#[must_use]
pub fn seal_entry(
    owner: &Identity,
    keys: &EpochKeys,
    place: &EntryPlace,
    branch: &Branch,
    definition: &DefinitionKey,
    rng: &mut (impl RngCore + CryptoRng),
) -> Bytes {
    let place = place.encode();
    let signature = owner.sign_bytes(&signed_bytes(&place, branch, definition));
    let mut plaintext = Zeroizing::new(Vec::with_capacity(LENGTH));
    plaintext.extend_from_slice(branch.expose());
    plaintext.extend_from_slice(definition.expose());
    plaintext.extend_from_slice(signature.as_bytes());
    wrap::wrap(&keys.link_key(), &place, &plaintext, rng).into()
}

/// Opens the entry of a slice with the keys of the slice's epoch.
///
/// # Errors
///
/// [`EntryError`] says what it is not.
pub fn open_entry(
    owner: &VerifiedCards,
    keys: &EpochKeys,
    place: &EntryPlace,
    sealed: &[u8],
) -> Result<Entry, EntryError> {
    let not_opened = EntryError::NotOpened(NotOpened);
    let place = place.encode();
    let plaintext = wrap::unwrap(&keys.link_key(), &place, sealed).map_err(EntryError::NotOpened)?;
    let (branch, rest) = plaintext.split_first_chunk::<{ Branch::LENGTH }>().ok_or(not_opened)?;
    let (definition, signature) = rest.split_first_chunk::<{ Branch::LENGTH }>().ok_or(not_opened)?;
    let signature = Signature::from_bytes(signature.try_into().map_err(|_| not_opened)?);
    let branch = Branch::from_slice(branch).ok_or(not_opened)?;
    let definition = DefinitionKey::from_slice(definition).ok_or(not_opened)?;
    let signed = signed_bytes(&place, &branch, &definition);
    owner
        .signing_keys()
        .find(|key| verify(key, &signed, &signature).is_ok())
        .ok_or(EntryError::Signature(InvalidSignature))?;
    Ok(Entry { branch, definition })
}

fn signed_bytes(place: &[u8], branch: &Branch, definition: &DefinitionKey) -> Zeroizing<Vec<u8>> {
    const DOMAIN: &[u8] = b"pryv entry\0";
    let mut bytes = Zeroizing::new(Vec::with_capacity(DOMAIN.len() + place.len() + 2 * Branch::LENGTH));
    bytes.extend_from_slice(DOMAIN);
    bytes.extend_from_slice(place);
    bytes.extend_from_slice(branch.expose());
    bytes.extend_from_slice(definition.expose());
    bytes
}

#[cfg(test)]
mod tests;
