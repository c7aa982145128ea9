//! Sealing: from content to envelope.

use super::{Content, DEPOSIT, entry_place, long::UnsealedRecord, place::NewTokens};
use crate::{
    branch::Branch,
    epoch::{EpochKeys, WrongKeys},
    identity::Identity,
    index::{IndexToken, UniqueToken},
    padding::{self, FLOOR},
    primitive::{TAG, UnusableKey},
    secret::ContentKey,
    suite::{self, Algorithms},
    wrap,
};
use pryv_proxy_crypto::UnknownSuite;
use pryv_wire::{
    AccessId, Bytes, RecordId, ScopeId, Suite, Timestamp,
    bytes::Commitment,
    encode,
    record::{
        DefinitionRef, Envelope, MAX_ENVELOPE_LENGTH, Parent, Placement, Protected, Recipient, RecipientKind,
        RecordKind, Tokens,
    },
    scope::Epoch,
};
use rand_core::{CryptoRng, RngCore};
use std::fmt;
use zeroize::Zeroizing;

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
    /// The record was not written in the scope of this sealer, or in a later epoch.
    #[error("the record belongs to another scope or to a later epoch")]
    Foreign,
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
    /// Its index tokens.
    pub tokens: NewTokens,
    /// When it is written, by the author's clock.
    pub written_at: Timestamp,
}

/// One term that an instance is filed under, and what the writer can do for its readers.
#[derive(Clone, Copy, Debug)]
pub enum Filing<'a> {
    /// The writer holds the term's branch, in the epoch that is written in: its readers open the record at once.
    Held {
        /// The ontology of the term.
        ontology: ScopeId,
        /// The term.
        term: RecordId,
        /// The term's branch.
        branch: &'a Branch,
    },
    /// The writer holds no key of the term: who reads the collection opens it to the term's readers later.
    Pending {
        /// The ontology of the term.
        ontology: ScopeId,
        /// The term.
        term: RecordId,
    },
    /// An entry that stays as it is. Only for placing again in the same epoch.
    Kept(&'a Recipient),
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
    pub(super) author: &'a Identity,
    pub(super) epoch: &'a Epoch,
    pub(super) algorithms: &'static Algorithms,
    pub(super) access: Option<AccessId>,
    pub(super) keys: Option<&'a EpochKeys>,
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
        Ok(Self { author, epoch, algorithms: keys.algorithms(), access, keys: Some(keys) })
    }

    /// For a grantee who may write, and does not read the whole scope: a depositor, or a holder of a slice.
    ///
    /// # Errors
    ///
    /// [`SealError::Suite`] if the epoch's suite is not known.
    pub fn for_depositor(
        author: &'a Identity,
        epoch: &'a Epoch,
        access: AccessId,
    ) -> Result<Self, SealError> {
        let algorithms = suite::of(epoch.suite).map_err(SealError::Suite)?;
        Ok(Self { author, epoch, algorithms, access: Some(access), keys: None })
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
        self.seal_under(draft, &[], rng)
    }

    /// Seals one version of one instance, filed under terms.
    ///
    /// # Errors
    ///
    /// As [`RecordSealer::seal`].
    pub fn seal_under(
        &self,
        draft: &Draft<'_>,
        terms: &[Filing<'_>],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<SealedRecord, SealError> {
        let content_key = ContentKey::generate(rng);
        let envelope = self.begin_with(draft, terms, &content_key, rng)?.seal();
        Ok(SealedRecord { envelope, content_key })
    }

    /// Does everything that [`RecordSealer::seal_under`] does, but for the encryption of the content and the signature.
    ///
    /// # Errors
    ///
    /// As [`RecordSealer::seal`].
    pub fn begin_under(
        &self,
        draft: &Draft<'_>,
        terms: &[Filing<'_>],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<UnsealedRecord<'a>, SealError> {
        self.begin_with(draft, terms, &ContentKey::generate(rng), rng)
    }

    /// Seals one version of a term of the ontology that is the scope of this sealer: under the term's own branch, which is
    /// all that its writer needs to hold.
    ///
    /// # Errors
    ///
    /// As [`RecordSealer::seal`].
    pub fn seal_term(
        &self,
        draft: &Draft<'_>,
        parent: Parent,
        branch: &Branch,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<SealedRecord, SealError> {
        let content_key = ContentKey::generate(rng);
        let content = Content::derive(&content_key);
        let protected = self.protected(draft, &content);
        let term = Filing::Held { ontology: self.epoch.scope, term: draft.record, branch };
        let placement = Placement {
            recipients: vec![self.filed(&protected, &content_key, &term, rng)?],
            tokens: Vec::new(),
            parent: (draft.kind == RecordKind::Term).then_some(parent),
        };
        let envelope = self.begin(draft, protected, &content, &placement)?.seal();
        Ok(SealedRecord { envelope, content_key })
    }

    /// Begins under a content key that was given: the caller answers for its being new.
    fn begin_with(
        &self,
        draft: &Draft<'_>,
        terms: &[Filing<'_>],
        content_key: &ContentKey,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<UnsealedRecord<'a>, SealError> {
        let content = Content::derive(content_key);
        let protected = self.protected(draft, &content);
        let mut recipients = vec![self.own(&protected, content_key, rng)?];
        for term in terms {
            recipients.push(self.filed(&protected, content_key, term, rng)?);
        }
        let tokens = self.tokens(draft.kind, &draft.tokens)?;
        self.begin(draft, protected, &content, &Placement { recipients, tokens, parent: None })
    }

    fn begin(
        &self,
        draft: &Draft<'_>,
        mut protected: Protected,
        content: &Content,
        placement: &Placement,
    ) -> Result<UnsealedRecord<'a>, SealError> {
        let length = draft.content.len();
        if length > MAX_ENVELOPE_LENGTH {
            return Err(SealError::TooLong { length });
        }
        if draft.version == 0 {
            return Err(SealError::Version);
        }
        let placement = encode(placement);
        protected.placement = Placement::digest(&placement);
        let protected = encode(&protected);
        let padded = padding::padded_length(length + 1, FLOOR);
        fits(protected.len(), placement.len(), padded + TAG, false)?;

        let mut message = Zeroizing::new(Vec::with_capacity(padded + TAG));
        message.extend_from_slice(draft.content);
        padding::pad(&mut message, FLOOR);
        let key = self.algorithms.aead_key(&content.key);
        Ok(UnsealedRecord { author: self.author, key, protected, placement, content: message })
    }

    /// The protected part, but for the digest of the placement, which needs the recipients first.
    fn protected(&self, draft: &Draft<'_>, content: &Content) -> Protected {
        Protected {
            suite: self.epoch.suite,
            account: self.epoch.account,
            scope: self.epoch.scope,
            epoch: self.epoch.epoch,
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

    /// The entry for the readers of the whole scope.
    pub(super) fn own(
        &self,
        protected: &Protected,
        content_key: &ContentKey,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Recipient, SealError> {
        let Epoch { scope, epoch, .. } = *self.epoch;
        let suite = self.algorithms.suite;
        let place = entry_place(protected, suite, scope, None, epoch);
        let (kind, key) = match self.keys {
            Some(keys) if protected.kind == RecordKind::Definition => {
                let wrap_key = keys.definition().wrap_key();
                let place = entry_place(protected, Suite::CLASSIC, scope, None, epoch);
                (RecipientKind::Wrapped, wrap::wrap(&wrap_key, &place, content_key.expose(), rng).into())
            }
            Some(keys) => {
                let key = wrap::wrap(keys.wrap_key(), &place, content_key.expose(), rng);
                (RecipientKind::Wrapped, key.into())
            }
            None => (RecipientKind::Sealed, self.deposit(&place, content_key, rng)?),
        };
        Ok(Recipient { scope, term: None, epoch, kind, key })
    }

    /// The entry for the readers of one term.
    pub(super) fn filed(
        &self,
        protected: &Protected,
        content_key: &ContentKey,
        filing: &Filing<'_>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Recipient, SealError> {
        let epoch = self.epoch.epoch;
        match *filing {
            Filing::Held { ontology: scope, term, branch } => {
                let place = entry_place(protected, Suite::CLASSIC, scope, Some(term), epoch);
                let key = wrap::wrap(&branch.wrap_key(), &place, content_key.expose(), rng).into();
                Ok(Recipient { scope, term: Some(term), epoch, kind: RecipientKind::Wrapped, key })
            }
            Filing::Pending { ontology: scope, term } => {
                let place = entry_place(protected, self.algorithms.suite, scope, Some(term), epoch);
                let key = self.deposit(&place, content_key, rng)?;
                Ok(Recipient { scope, term: Some(term), epoch, kind: RecipientKind::Pending, key })
            }
            Filing::Kept(recipient) if recipient.epoch == epoch => Ok(recipient.clone()),
            Filing::Kept(_) => Err(SealError::Foreign),
        }
    }

    fn deposit(
        &self,
        place: &[u8],
        content_key: &ContentKey,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Bytes, SealError> {
        let deposit = &self.epoch.deposit;
        let sealed = self.algorithms.seal(deposit, DEPOSIT, place, content_key.expose(), rng);
        sealed.map(Bytes::from).map_err(SealError::Deposit)
    }

    /// A reader's instance has its tokens' entry even if no indexed field is there: an instance without one is taken for a
    /// deposit, which every query by tokens finds.
    pub(super) fn tokens(
        &self,
        kind: RecordKind,
        NewTokens { version, index, unique }: &NewTokens,
    ) -> Result<Vec<Tokens>, SealError> {
        let none = index.is_empty() && unique.is_empty();
        if self.keys.is_none() && !none {
            return Err(SealError::TokensWithoutKey);
        }
        // Of version zero are no indexes: what holds no keys, and what is indexed by nothing.
        if none && (self.keys.is_none() || !kind.is_instance() || *version == 0) {
            return Ok(Vec::new());
        }
        let Epoch { scope, epoch, .. } = *self.epoch;
        Ok(vec![Tokens {
            scope,
            epoch,
            version: *version,
            index: sorted(index.iter().copied().map(IndexToken::to_wire)),
            unique: sorted(unique.iter().copied().map(UniqueToken::to_wire)),
        }])
    }
}

/// Whether a server takes an envelope whose parts have these lengths.
pub(super) fn fits(
    protected: usize,
    placement: usize,
    ciphertext: usize,
    moved: bool,
) -> Result<(), SealError> {
    // Four heads of at most five bytes, the signature, and what a mover adds.
    let length = protected + placement + ciphertext + 84 + if moved { 140 } else { 0 };
    if length > MAX_ENVELOPE_LENGTH { Err(SealError::TooLong { length }) } else { Ok(()) }
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
