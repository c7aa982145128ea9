//! Notes: what only grantor and grantee read of an access, sealed inside the signed statement.
//!
//! ```text
//! note = Seal(grantee's sealing key, "pryv note", [ "note", suite, grantor, grantee, access ], padded note)
//! ```

use crate::{
    grantee::Grantee,
    padding::{self, InvalidPadding, NOTE_FLOOR},
    primitive::{NotOpened, UnusableKey},
    suite,
};
use pryv_proxy_crypto::UnknownSuite;
use pryv_wire::{
    AccessId, Bytes, DecodeError, PrincipalId, Suite, access::AccessNote, card::Card, decode, encode,
};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

const INFO: &[u8] = b"pryv note";

/// Why a note was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// The access is of a suite that is not known here.
    #[error("the note cannot be read")]
    Suite(#[source] UnknownSuite),
    /// The note is not for this reader, not of this access, or damaged.
    #[error("the note does not open in its place")]
    NotOpened(#[source] NotOpened),
    /// The padding is not in its form.
    #[error("the note is not padded as a writer pads it")]
    Padding(#[source] InvalidPadding),
    /// What is inside is not a note.
    #[error("what was sealed is not a note")]
    Content(#[source] DecodeError),
}

/// Who gives which access to whom: the place of a note.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NotePlace {
    /// The suite of the access.
    pub suite: Suite,
    /// Who grants.
    pub grantor: PrincipalId,
    /// Who receives.
    pub grantee: PrincipalId,
    /// The access.
    pub access: AccessId,
}

impl NotePlace {
    fn encode(&self) -> Vec<u8> {
        encode(&("note", self.suite, self.grantor, self.grantee, self.access))
    }
}

/// Seals a note to a grantee, with the suite of the access.
///
/// # Errors
///
/// [`UnusableKey`] if nothing can be sealed to the grantee's card in this suite.
pub fn seal(
    note: &AccessNote,
    place: NotePlace,
    to: &Card,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Bytes, UnusableKey> {
    let algorithms = suite::of(place.suite).map_err(|_| UnusableKey)?;
    let key = algorithms.sealing_key(to);
    algorithms.seal(key, INFO, &place.encode(), &to_padded(note), rng).map(Bytes::from)
}

/// Opens a note that was sealed to `reader`.
///
/// # Errors
///
/// [`NoteError`] says what it is not.
pub fn open<'a>(
    reader: impl Into<Grantee<'a>>,
    place: NotePlace,
    sealed: &[u8],
) -> Result<AccessNote, NoteError> {
    let reader = reader.into();
    let algorithms = suite::of(place.suite).map_err(NoteError::Suite)?;
    let encoded = place.encode();
    let padded = reader.unseal(algorithms.sealing, |key| algorithms.open(key, INFO, &encoded, sealed));
    from_padded(padded.map_err(NoteError::NotOpened)?)
}

/// A note, encoded and padded.
pub(crate) fn to_padded(note: &AccessNote) -> Zeroizing<Vec<u8>> {
    let mut message = Zeroizing::new(encode(note));
    padding::pad(&mut message, NOTE_FLOOR);
    message
}

/// The note in a padded message.
pub(crate) fn from_padded(mut message: Zeroizing<Vec<u8>>) -> Result<AccessNote, NoteError> {
    padding::unpad(&mut message, NOTE_FLOOR).map_err(NoteError::Padding)?;
    decode(&message).map_err(NoteError::Content)
}

#[cfg(test)]
mod tests;
