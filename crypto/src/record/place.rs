//! Placing: giving a record other recipients and tokens, without touching what its author signed.

use super::{
    OpenedRecord, SealError,
    author::{Author, AuthorNotAllowed},
    seal::{Filing, RecordSealer, fits},
};
use crate::index::{IndexToken, UniqueToken};
use pryv_proxy_crypto::{InvalidSignature, verify};
use pryv_wire::{
    Digest, Timestamp,
    bytes::Signature,
    decode, encode,
    record::{Envelope, MovedPlacement, Placement, Protected},
};
use rand_core::{CryptoRng, RngCore};

/// The index tokens of a record, to be placed under the epoch of a sealer.
#[derive(Clone, Debug, Default)]
pub struct NewTokens {
    /// The version of the definition that last changed the indexes; zero for a record that is not indexed.
    pub version: u64,
    /// Tokens of every kind of index but `unique`.
    pub index: Vec<IndexToken>,
    /// Tokens of fields that are unique.
    pub unique: Vec<UniqueToken>,
}

/// How to place a record again.
#[derive(Clone, Debug)]
pub struct Placing<'a> {
    /// The terms that it is filed under from now on.
    pub terms: &'a [Filing<'a>],
    /// Its tokens under the keys of the sealer's epoch; absent: those that it has, which are of that epoch already.
    pub tokens: Option<NewTokens>,
    /// When, by the mover's clock.
    pub moved_at: Timestamp,
}

impl RecordSealer<'_> {
    /// Places a record again, into the epoch of this sealer. `opened` is what came out of `envelope`.
    ///
    /// Who does not read the whole scope leaves the entry of the scope as it is.
    ///
    /// # Errors
    ///
    /// [`SealError::Foreign`] if the record is of another scope, or what stays as it is, is of another epoch.
    pub fn place(
        &self,
        envelope: Envelope,
        opened: &OpenedRecord,
        placing: &Placing<'_>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Envelope, SealError> {
        let (protected, old) = (&opened.protected, self.placed_before(&envelope, opened)?);
        let kept = old.recipients.first().filter(|own| own.epoch == self.epoch.epoch);
        let own = match self.keys {
            Some(_) => self.own(protected, &opened.content_key, rng)?,
            None => kept.cloned().ok_or(SealError::Foreign)?,
        };
        let mut recipients = vec![own];
        for term in placing.terms {
            recipients.push(self.filed(protected, &opened.content_key, term, rng)?);
        }
        let tokens = match &placing.tokens {
            Some(new) => self.tokens(protected.kind, new)?,
            None if kept.is_some() => old.tokens,
            None => return Err(SealError::Foreign),
        };
        let placement = Placement { recipients, tokens, parent: old.parent };
        self.placed(envelope, opened, &placement, placing.moved_at)
    }

    /// Gives a record tokens of the epoch of this sealer, and leaves its recipients as they are. `opened` is what came out of
    /// `envelope`.
    ///
    /// # Errors
    ///
    /// [`SealError::Foreign`] if the record is of another scope; [`SealError::TokensWithoutKey`] for who does not read.
    pub fn reindex(
        &self,
        envelope: Envelope,
        opened: &OpenedRecord,
        tokens: &NewTokens,
        moved_at: Timestamp,
    ) -> Result<Envelope, SealError> {
        let old = self.placed_before(&envelope, opened)?;
        let tokens = self.tokens(opened.protected.kind, tokens)?;
        self.placed(envelope, opened, &Placement { tokens, ..old }, moved_at)
    }

    fn placed_before(&self, envelope: &Envelope, opened: &OpenedRecord) -> Result<Placement, SealError> {
        let protected = &opened.protected;
        if protected.scope != self.epoch.scope
            || protected.account != self.epoch.account
            || protected.epoch > self.epoch.epoch
            || envelope.digest() != opened.digest
        {
            return Err(SealError::Foreign);
        }
        decode(&envelope.placement).map_err(|_| SealError::Foreign)
    }

    fn placed(
        &self,
        envelope: Envelope,
        opened: &OpenedRecord,
        placement: &Placement,
        moved_at: Timestamp,
    ) -> Result<Envelope, SealError> {
        let placement = encode(placement);
        let mut moved = MovedPlacement {
            mover: self.author.principal(),
            access: self.access,
            number: envelope.moved.map_or(0, |moved| moved.number).saturating_add(1),
            moved_at,
            signature: Signature::from_bytes([0; Signature::LENGTH]),
        };
        let signed = moved.signed_bytes(opened.digest, Placement::digest(&placement));
        moved.signature = self.author.sign_bytes(&signed);
        fits(envelope.protected.len(), placement.len(), envelope.ciphertext.len(), true)?;
        Ok(Envelope { placement: placement.into(), moved: Some(moved), ..envelope })
    }
}

/// Why whoever placed a record again might not.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MoverNotAllowed {
    /// The placement is not signed by who it names.
    #[error("the placement is not signed by its mover")]
    Signature(#[source] InvalidSignature),
    /// The mover had no right to.
    #[error(transparent)]
    NotAllowed(AuthorNotAllowed),
}

/// Checks who placed a record again, into `epoch` of its scope.
pub(super) fn check(
    mover: Author<'_>,
    moved: &MovedPlacement,
    record: Digest,
    placement: Digest,
    protected: &Protected,
    epoch: u32,
) -> Result<(), MoverNotAllowed> {
    let signed = moved.signed_bytes(record, placement);
    mover
        .cards()
        .signing_keys()
        .find(|key| verify(key, &signed, &moved.signature).is_ok())
        .ok_or(MoverNotAllowed::Signature(InvalidSignature))?;
    mover.check_mover(moved, protected, epoch).map_err(MoverNotAllowed::NotAllowed)
}
