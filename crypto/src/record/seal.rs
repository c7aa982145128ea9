//! Sealing: from content to envelope.

use super::{Content, DEPOSIT, place};
use crate::{
    epoch::{EpochKeys, WrongKeys},
    identity::Identity,
    index::{EqualityToken, UniqueToken},
    padding::{self, FLOOR},
    primitive::{AeadKey, NONCE, UnusableKey, hpke_seal},
    secret::ContentKey,
    wrap,
};
use pryv_proxy_crypto::{UnknownSuite, check_suite};
use pryv_wire::{
    AccessId, Bytes, RecordId, Timestamp,
    bytes::{Commitment, Signature},
    encode,
    record::{
        DefinitionRef, Envelope, MAX_ENVELOPE_LENGTH, Placement, Protected, Recipient, RecipientKind,
        RecordKind, Tokens,
    },
    scope::Epoch,
};
use rand_core::{CryptoRng, RngCore};
use std::fmt;

/// Why a record was not sealed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The epoch is of a suite that is not known here.
    #[error("the epoch cannot be written to")]
    Suite(#[source] UnknownSuite),
    /// The keys are not those of the epoch.
    #[error("the keys are not those of the epoch")]
    WrongKeys(#[source] WrongKeys),
    /// Nothing can be sealed to the epoch's deposit key.
    #[error("the epoch's deposit key cannot be used")]
    Deposit(#[source] UnusableKey),
    /// A writer without the right to read makes no tokens: it holds no key for them.
    #[error("a writer without the right to read makes no tokens")]
    TokensWithoutKey,
    /// Versions count from 1.
    #[error("versions count from 1")]
    Version,
    /// The envelope would be longer than a server takes.
    #[error("the record is too long: {length} of {MAX_ENVELOPE_LENGTH} bytes")]
    TooLong {
        /// The length that the envelope would have, at least.
        length: usize,
    },
}

/// What to seal.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    /// The record.
    pub record: RecordId,
    /// Its version: 1 first, then one more each.
    pub version: u64,
    /// What it is.
    pub kind: RecordKind,
    /// What an instance was validated against.
    pub definition: Option<DefinitionRef>,
    /// The content; empty in a tombstone.
    pub content: &'a [u8],
    /// Tokens of fields indexed for equality.
    pub equality: Vec<EqualityToken>,
    /// Tokens of fields that are unique.
    pub unique: Vec<UniqueToken>,
    /// When it is written, by the author's clock.
    pub written_at: Timestamp,
}

/// A sealed record, and the key that opens it.
#[derive(Debug)]
pub struct SealedRecord {
    /// The envelope.
    pub envelope: Envelope,
    /// Opens this version, and nothing else.
    pub content_key: ContentKey,
}

/// Seals the records of one author in one epoch of a scope. Make it once and keep it.
#[derive(Clone, Copy)]
pub struct RecordSealer<'a> {
    author: &'a Identity,
    epoch: &'a Epoch,
    access: Option<AccessId>,
    keys: Option<&'a EpochKeys>,
}

impl<'a> RecordSealer<'a> {
    /// For an author who may read: the owner (without an access) or a grantee.
    ///
    /// # Errors
    ///
    /// [`SealError`] if the keys are not those of the epoch.
    pub fn for_reader(
        author: &'a Identity,
        epoch: &'a Epoch,
        keys: &'a EpochKeys,
        access: Option<AccessId>,
    ) -> Result<Self, SealError> {
        keys.check(epoch).map_err(SealError::WrongKeys)?;
        Ok(Self { author, epoch, access, keys: Some(keys) })
    }

    /// For a grantee who may write and not read.
    ///
    /// # Errors
    ///
    /// [`SealError::Suite`] if the epoch's suite is not known.
    pub fn for_depositor(
        author: &'a Identity,
        epoch: &'a Epoch,
        access: AccessId,
    ) -> Result<Self, SealError> {
        check_suite(epoch.suite).map_err(SealError::Suite)?;
        Ok(Self { author, epoch, access: Some(access), keys: None })
    }

    /// Seals one version of one record.
    ///
    /// # Errors
    ///
    /// [`SealError`] if the draft cannot be written.
    pub fn seal(
        &self,
        draft: &Draft<'_>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<SealedRecord, SealError> {
        let content_key = ContentKey::generate(rng);
        let envelope = self.seal_with(draft, &content_key, rng)?;
        Ok(SealedRecord { envelope, content_key })
    }

    /// Seals under a content key that was given: the caller answers for its being new.
    pub(crate) fn seal_with(
        &self,
        draft: &Draft<'_>,
        content_key: &ContentKey,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Envelope, SealError> {
        let length = draft.content.len();
        if length > MAX_ENVELOPE_LENGTH {
            return Err(SealError::TooLong { length });
        }
        if draft.version == 0 {
            return Err(SealError::Version);
        }
        let content = Content::derive(content_key);
        let mut protected = self.protected(draft, &content);
        let placement = encode(&Placement {
            recipients: vec![self.recipient(&protected, content_key, rng)?],
            tokens: self.tokens(draft)?,
        });
        protected.placement = Placement::digest(&placement);
        let protected = encode(&protected);

        let mut message = Vec::with_capacity(padding::padded_length(length + 1, FLOOR) + 16);
        message.extend_from_slice(draft.content);
        padding::pad(&mut message, FLOOR);
        AeadKey::new(&content.key).seal(&[0; NONCE], &protected, &mut message);

        let mut envelope = Envelope {
            protected: protected.into(),
            placement: placement.into(),
            ciphertext: message.into(),
            signature: Signature::from_bytes([0; Signature::LENGTH]),
        };
        envelope.signature = self.author.sign_bytes(&envelope.signed_bytes());
        // Four heads of at most five bytes, and the signature.
        let length = envelope.protected.len() + envelope.placement.len() + envelope.ciphertext.len() + 84;
        if length > MAX_ENVELOPE_LENGTH { Err(SealError::TooLong { length }) } else { Ok(envelope) }
    }

    /// The protected part, but for the digest of the placement, which needs the recipients first.
    fn protected(&self, draft: &Draft<'_>, content: &Content) -> Protected {
        Protected {
            suite: self.epoch.suite,
            account: self.epoch.account,
            scope: self.epoch.scope,
            record: draft.record,
            version: draft.version,
            kind: draft.kind,
            definition: draft.definition,
            commitment: Commitment::from_bytes(*content.commitment.expose()),
            placement: Placement::digest(&[]),
            author: self.author.principal(),
            access: self.access,
            written_at: draft.written_at,
        }
    }

    fn recipient(
        &self,
        protected: &Protected,
        content_key: &ContentKey,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Recipient, SealError> {
        let Epoch { scope, epoch, .. } = *self.epoch;
        let place = place(protected, scope, epoch);
        let (kind, key) = match self.keys {
            Some(keys) => {
                (RecipientKind::Wrapped, wrap::wrap(keys.wrap_key(), &place, content_key.expose(), rng))
            }
            None => (
                RecipientKind::Sealed,
                hpke_seal(&self.epoch.deposit, DEPOSIT, &place, content_key.expose(), rng)
                    .map_err(SealError::Deposit)?,
            ),
        };
        Ok(Recipient { scope, epoch, kind, key: key.into() })
    }

    /// A reader's instance has its tokens' entry even if no indexed field is there: an instance without one is taken for a
    /// deposit, which every query by tokens finds.
    fn tokens(&self, draft: &Draft<'_>) -> Result<Vec<Tokens>, SealError> {
        let none = draft.equality.is_empty() && draft.unique.is_empty();
        if self.keys.is_none() && !none {
            return Err(SealError::TokensWithoutKey);
        }
        if none && (self.keys.is_none() || draft.kind != RecordKind::Instance) {
            return Ok(Vec::new());
        }
        let Epoch { scope, epoch, .. } = *self.epoch;
        Ok(vec![Tokens {
            scope,
            epoch,
            equality: sorted(draft.equality.iter().map(|token| token.to_wire())),
            unique: sorted(draft.unique.iter().map(|token| token.to_wire())),
        }])
    }
}

fn sorted(tokens: impl Iterator<Item = Bytes>) -> Vec<Bytes> {
    let mut tokens: Vec<Bytes> = tokens.collect();
    tokens.sort_unstable();
    tokens.dedup();
    tokens
}

impl fmt::Debug for RecordSealer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordSealer").field("epoch", self.epoch).finish_non_exhaustive()
    }
}
