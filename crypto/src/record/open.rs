//! Opening: from envelope to content, refusing whatever is not what was asked for.

use super::{
    Content, DEPOSIT,
    author::{Author, AuthorNotAllowed},
    form,
    keys::EpochSource,
    long::{Decrypted, LONG, SealedContent},
    place::{self, MoverNotAllowed},
    recipient_place,
};
use crate::{
    epoch::EpochKeys,
    padding::{self, FLOOR, InvalidPadding},
    primitive::{AeadKey, NONCE, NotOpened, TAG},
    secret::{ContentKey, Secret},
    suite, wrap,
};
use pryv_proxy_crypto::{InvalidSignature, UnknownSuite, check_suite, suite::may_follow, verify};
use pryv_wire::{
    DecodeError, Digest, PrincipalId, RecordId, ScopeId, Suite, decode,
    record::{Envelope, MovedPlacement, Placement, Protected, Recipient, RecipientKind, RecordKind},
};
use std::fmt;
use zeroize::Zeroizing;

/// What an envelope is not of, though it was asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Misplaced {
    /// The account.
    Account,
    /// The collection.
    Scope,
    /// The record.
    Record,
    /// The kind: a definition stands at the place of definitions, and nothing else does.
    Kind,
}

impl fmt::Display for Misplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Account => "account",
            Self::Scope => "collection",
            Self::Record => "record",
            Self::Kind => "kind",
        })
    }
}

/// Why a record was not opened. In the order in which it is checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The bytes are no envelope; plaintext in the place of a ciphertext ends here too.
    #[error("the bytes are not an encrypted record")]
    Malformed(#[source] DecodeError),
    /// The suite is not known here.
    #[error("the record cannot be read")]
    Suite(#[source] UnknownSuite),
    /// The record belongs somewhere else.
    #[error("the record belongs to another {0}")]
    Misplaced(Misplaced),
    /// The record is older than the version that is known to exist.
    #[error("version {found} is older than version {known}, which exists")]
    RolledBack {
        /// The version known.
        known: u64,
        /// The version found.
        found: u64,
    },
    /// Recipients or tokens are not those that the record was written with.
    #[error("recipients or index tokens are not those that the record was written with")]
    Placement,
    /// The record was placed again by somebody who might not.
    #[error("the record was placed again by somebody who might not")]
    Mover(#[source] MoverNotAllowed),
    /// The recipients are not those of a record of its kind.
    #[error("the recipients are not those of a record of its kind")]
    Recipients,
    /// No recipient is of an epoch whose keys are held.
    #[error("the record is for epochs whose keys are not held")]
    NoKey,
    /// The record is of a stronger suite than the epoch that its key is kept in.
    #[error("the record is of another suite than its epoch")]
    OtherSuite,
    /// A recipient of a held epoch does not open.
    #[error("the content key does not open in its place")]
    ContentKey(#[source] NotOpened),
    /// The content key is not the one that the record commits to.
    #[error("the content key is not the one that the record commits to")]
    Commitment,
    /// The content does not open, or not in this place.
    #[error("the content does not open in its place")]
    Ciphertext(#[source] NotOpened),
    /// The padding is not in its form.
    #[error("the content is not padded as a writer pads it")]
    Padding(#[source] InvalidPadding),
    /// The record is not signed by its author.
    #[error("the record is not signed by its author")]
    Signature(#[source] InvalidSignature),
    /// The author might not write it.
    #[error("the author was not allowed to write the record")]
    Author(#[source] AuthorNotAllowed),
}

/// What was asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sought {
    /// The account.
    pub account: PrincipalId,
    /// The collection.
    pub scope: ScopeId,
    /// The record; absent for whichever a query finds.
    pub record: Option<RecordId>,
    /// A version known to exist; 0 if none is.
    pub at_least: u64,
}

/// A record that was read and not yet opened: it says which author and access must be looked up, and no more than that
/// may be believed of it.
#[derive(Clone, Debug)]
pub struct UnopenedRecord {
    envelope: Envelope,
    protected: Protected,
    placement: Placement,
    /// Whoever placed it again was checked.
    mover_checked: bool,
    /// The content, padded, if it was decrypted elsewhere.
    decrypted: Option<Decrypted>,
}

/// A record, opened and checked.
pub struct OpenedRecord {
    /// What it is, and everything that it is bound to.
    pub protected: Protected,
    /// Who can open it, where it is found, and where a term stands.
    pub placement: Placement,
    /// How often this version was placed again.
    pub placed: u32,
    /// The content.
    pub content: Zeroizing<Vec<u8>>,
    /// Names this version.
    pub digest: Digest,
    /// Opens this version, and nothing else.
    pub content_key: ContentKey,
}

impl fmt::Debug for OpenedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedRecord").field("protected", &self.protected).finish_non_exhaustive()
    }
}

impl UnopenedRecord {
    /// Reads an envelope.
    ///
    /// # Errors
    ///
    /// [`OpenError::Malformed`] if it is none, [`OpenError::Suite`] if its suite is not known.
    pub fn parse(bytes: &[u8]) -> Result<Self, OpenError> {
        let envelope: Envelope = decode(bytes).map_err(OpenError::Malformed)?;
        let protected: Protected = decode(&envelope.protected).map_err(OpenError::Malformed)?;
        check_suite(protected.suite).map_err(OpenError::Suite)?;
        let placement = decode(&envelope.placement).map_err(OpenError::Malformed)?;
        Ok(Self { envelope, protected, placement, mover_checked: false, decrypted: None })
    }

    /// What the record says of itself, unchecked.
    #[must_use]
    pub const fn protected(&self) -> &Protected {
        &self.protected
    }

    /// Who can open it and where it is found, unchecked.
    #[must_use]
    pub const fn placement(&self) -> &Placement {
        &self.placement
    }

    /// Who placed the record again since it was written, unchecked.
    #[must_use]
    pub const fn moved(&self) -> Option<&MovedPlacement> {
        self.envelope.moved.as_ref()
    }

    /// The envelope, unchecked.
    #[must_use]
    pub const fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Checks who placed the record again. A record that was is not opened without.
    ///
    /// # Errors
    ///
    /// [`OpenError::Mover`] if the mover did not sign the placement, or had no right to.
    pub fn check_mover(&mut self, mover: Author<'_>) -> Result<(), OpenError> {
        let moved = self.envelope.moved.as_ref().ok_or(OpenError::Placement)?;
        let written = self.placement.recipients.first().ok_or(OpenError::Recipients)?.epoch;
        // Tokens may be of a later epoch than the recipients: then it was placed in that one.
        let epoch = self.placement.tokens.iter().map(|tokens| tokens.epoch).fold(written, u32::max);
        let placement = Placement::digest(&self.envelope.placement);
        place::check(mover, moved, self.envelope.digest(), placement, &self.protected, epoch)
            .map_err(OpenError::Mover)?;
        self.mover_checked = true;
        Ok(())
    }

    /// What may be decrypted elsewhere before the record is opened by the same keys: nothing if it is short, or does not open.
    #[must_use]
    pub fn long(&self, sought: &Sought, epochs: &(impl EpochSource + ?Sized)) -> Option<SealedContent<'_>> {
        // Short ones, which most are, are not opened twice.
        if self.envelope.ciphertext.len() < LONG + TAG {
            return None;
        }
        self.check_place(sought).ok()?;
        SealedContent::of(self, &self.committed(&self.content_key(epochs).ok()?).ok()?)
    }

    /// Takes up the padded content that was decrypted elsewhere, with the tag checked. It is not decrypted again.
    pub fn decrypted(&mut self, content: Zeroizing<Vec<u8>>) {
        if content.len() + TAG == self.envelope.ciphertext.len() {
            self.decrypted = Some(Decrypted(content));
        }
    }

    /// Opens the record with the keys that a reader holds.
    ///
    /// # Errors
    ///
    /// [`OpenError`]: the first check that fails.
    pub fn open(
        self,
        sought: &Sought,
        epochs: &(impl EpochSource + ?Sized),
        author: Author<'_>,
    ) -> Result<OpenedRecord, OpenError> {
        self.check_place(sought)?;
        let content_key = self.content_key(epochs)?;
        self.open_content(content_key, author)
    }

    /// Opens the record with its content key: for a definition, by a writer who may read nothing else.
    ///
    /// # Errors
    ///
    /// [`OpenError`]: the first check that fails.
    pub fn open_with(
        self,
        sought: &Sought,
        content_key: &[u8],
        author: Author<'_>,
    ) -> Result<OpenedRecord, OpenError> {
        self.check_place(sought)?;
        let content_key = ContentKey::from_slice(content_key).ok_or(OpenError::ContentKey(NotOpened))?;
        self.open_content(content_key, author)
    }

    fn check_place(&self, sought: &Sought) -> Result<(), OpenError> {
        let Protected { account, scope, record, version, kind, placement, .. } = &self.protected;
        let misplaced = |what| Err(OpenError::Misplaced(what));
        if *account != sought.account {
            return misplaced(Misplaced::Account);
        }
        if *scope != sought.scope {
            return misplaced(Misplaced::Scope);
        }
        if sought.record.is_some_and(|sought| sought != *record) {
            return misplaced(Misplaced::Record);
        }
        if (*kind == RecordKind::Definition) != (*record == RecordId::definition(*scope)) {
            return misplaced(Misplaced::Kind);
        }
        if *version < sought.at_least.max(1) {
            return Err(OpenError::RolledBack { known: sought.at_least.max(1), found: *version });
        }
        let as_placed = match self.envelope.moved {
            None => Placement::digest(&self.envelope.placement) == *placement,
            Some(_) => self.mover_checked,
        };
        if !as_placed {
            return Err(OpenError::Placement);
        }
        let of_its_kind =
            form::is_of_its_kind(&self.protected, &self.placement, self.envelope.moved.is_some());
        if of_its_kind { Ok(()) } else { Err(OpenError::Recipients) }
    }

    /// The content key, through whichever entry a key is held for. One that does not open does not keep others from it.
    fn content_key(&self, keys: &(impl EpochSource + ?Sized)) -> Result<ContentKey, OpenError> {
        let mut result = Err(OpenError::NoKey);
        for recipient in &self.placement.recipients {
            // The same suite, or a stronger one: to that a record goes with its scope.
            let held = keys.keys(self.protected.scope, recipient.epoch).map(EpochKeys::suite);
            if held.is_some_and(|suite| !may_follow(self.protected.suite, suite)) {
                return Err(OpenError::OtherSuite);
            }
            let Some(opened) = self.entry(recipient, keys) else { continue };
            let opened = opened.and_then(|bytes| ContentKey::from_slice(&bytes).ok_or(NotOpened));
            match opened {
                Ok(content_key) => return Ok(content_key),
                Err(error) => result = Err(OpenError::ContentKey(error)),
            }
        }
        result
    }

    /// What an entry holds; absent if no key for it is held.
    fn entry(
        &self,
        recipient: &Recipient,
        keys: &(impl EpochSource + ?Sized),
    ) -> Option<Result<Zeroizing<Vec<u8>>, NotOpened>> {
        let Recipient { scope, term, epoch, .. } = *recipient;
        let own = self.protected.scope;
        let unwrap = |suite, key: &AeadKey| {
            wrap::unwrap(key, &recipient_place(&self.protected, suite, recipient), &recipient.key)
        };
        match (recipient.kind, term) {
            (RecipientKind::Sealed | RecipientKind::Pending, _) => {
                let keys = keys.keys(own, epoch)?;
                let place = recipient_place(&self.protected, keys.suite(), recipient);
                Some(keys.algorithms().open(keys.deposit_secret(), DEPOSIT, &place, &recipient.key))
            }
            (RecipientKind::Wrapped, Some(term)) => {
                Some(unwrap(Suite::CLASSIC, &keys.branch(own, scope, term, epoch)?.wrap_key()))
            }
            (RecipientKind::Wrapped, None) if self.protected.kind == RecordKind::Definition => {
                match keys.keys(scope, epoch) {
                    Some(keys) => Some(unwrap(Suite::CLASSIC, &keys.definition().wrap_key())),
                    None => Some(unwrap(Suite::CLASSIC, &keys.definition(scope, epoch)?.wrap_key())),
                }
            }
            (RecipientKind::Wrapped, None) => {
                let keys = keys.keys(scope, epoch)?;
                Some(unwrap(keys.suite(), keys.wrap_key()))
            }
        }
    }

    /// What a content key gives, if it is the one that the record was written with.
    fn committed(&self, content_key: &ContentKey) -> Result<Content, OpenError> {
        let derived = Content::derive(content_key);
        let committed = Secret::filled(|bytes| *bytes = *self.protected.commitment.as_bytes());
        if derived.commitment.ct_eq(&committed) { Ok(derived) } else { Err(OpenError::Commitment) }
    }

    pub(super) fn aead_key(&self, content: &Content) -> Result<AeadKey, OpenError> {
        let algorithms = suite::of(self.protected.suite).map_err(OpenError::Suite)?;
        Ok(algorithms.aead_key(&content.key))
    }

    fn open_content(
        mut self,
        content_key: ContentKey,
        author: Author<'_>,
    ) -> Result<OpenedRecord, OpenError> {
        let derived = self.committed(&content_key)?;
        let key = self.aead_key(&derived)?;
        let mut content = match self.decrypted.take() {
            Some(Decrypted(content)) => content,
            None => key
                .open(&[0; NONCE], &self.envelope.protected, &self.envelope.ciphertext)
                .map_err(OpenError::Ciphertext)?,
        };
        padding::unpad(&mut content, FLOOR).map_err(OpenError::Padding)?;

        let Self { envelope, protected, placement, .. } = self;
        let (digest, signed) = (envelope.digest(), envelope.signed_bytes());
        author
            .cards()
            .signing_keys()
            .find(|key| verify(key, &signed, &envelope.signature).is_ok())
            .ok_or(OpenError::Signature(InvalidSignature))?;
        let written = envelope.moved.is_none().then_some(&placement);
        author.check(&protected, written).map_err(OpenError::Author)?;
        let placed = envelope.moved.map_or(0, |moved| moved.number);
        Ok(OpenedRecord { protected, placement, placed, content, digest, content_key })
    }
}
