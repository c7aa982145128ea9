//! Opening: from envelope to content, refusing whatever is not what was asked for.

use super::{Content, DEPOSIT, author::Author, author::AuthorNotAllowed, recipient_place};
use crate::{
    epoch::EpochKeys,
    padding::{self, FLOOR, InvalidPadding},
    primitive::{AeadKey, NONCE, NotOpened, hpke_open},
    secret::{ContentKey, Secret},
    wrap,
};
use pryv_proxy_crypto::{InvalidSignature, UnknownSuite, check_suite, verify};
use pryv_wire::{
    DecodeError, Digest, PrincipalId, RecordId, ScopeId, decode,
    record::{Envelope, Placement, Protected, RecipientKind, RecordKind},
};
use std::{collections::BTreeMap, fmt, sync::Arc};
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
    /// No recipient is of an epoch whose keys are held.
    #[error("the record is for epochs whose keys are not held")]
    NoKey,
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

/// The epochs whose keys a reader holds.
pub trait EpochSource {
    /// The keys of an epoch, if they are held.
    fn keys(&self, scope: ScopeId, epoch: u32) -> Option<&EpochKeys>;
}

impl EpochSource for BTreeMap<(ScopeId, u32), EpochKeys> {
    fn keys(&self, scope: ScopeId, epoch: u32) -> Option<&EpochKeys> {
        self.get(&(scope, epoch))
    }
}

impl EpochSource for BTreeMap<(ScopeId, u32), Arc<EpochKeys>> {
    fn keys(&self, scope: ScopeId, epoch: u32) -> Option<&EpochKeys> {
        self.get(&(scope, epoch)).map(|keys| &**keys)
    }
}

/// A record that was read and not yet opened: it says which author and access must be looked up, and no more than that
/// may be believed of it.
#[derive(Clone, Debug)]
pub struct UnopenedRecord {
    envelope: Envelope,
    protected: Protected,
    placement: Placement,
}

/// A record, opened and checked.
pub struct OpenedRecord {
    /// What it is, and everything that it is bound to.
    pub protected: Protected,
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
        Ok(Self { envelope, protected, placement })
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

    /// Opens the record with the keys of an epoch.
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
        if Placement::digest(&self.envelope.placement) != *placement {
            return Err(OpenError::Placement);
        }
        Ok(())
    }

    fn content_key(&self, epochs: &(impl EpochSource + ?Sized)) -> Result<ContentKey, OpenError> {
        let (recipient, keys) = self
            .placement
            .recipients
            .iter()
            .find_map(|recipient| Some((recipient, epochs.keys(recipient.scope, recipient.epoch)?)))
            .ok_or(OpenError::NoKey)?;
        let place = recipient_place(&self.protected, recipient);
        let opened = match recipient.kind {
            RecipientKind::Wrapped => wrap::unwrap(keys.wrap_key(), &place, &recipient.key),
            RecipientKind::Sealed => hpke_open(keys.deposit_secret(), DEPOSIT, &place, &recipient.key),
        };
        opened
            .and_then(|bytes| ContentKey::from_slice(&bytes).ok_or(NotOpened))
            .map_err(OpenError::ContentKey)
    }

    fn open_content(self, content_key: ContentKey, author: Author<'_>) -> Result<OpenedRecord, OpenError> {
        let Self { envelope, protected, placement } = self;
        let derived = Content::derive(&content_key);
        let committed = Secret::filled(|bytes| *bytes = *protected.commitment.as_bytes());
        if !derived.commitment.ct_eq(&committed) {
            return Err(OpenError::Commitment);
        }
        let mut content = AeadKey::new(&derived.key)
            .open(&[0; NONCE], &envelope.protected, &envelope.ciphertext)
            .map_err(OpenError::Ciphertext)?;
        padding::unpad(&mut content, FLOOR).map_err(OpenError::Padding)?;

        let (digest, signed) = (envelope.digest(), envelope.signed_bytes());
        author
            .cards()
            .signing_keys()
            .find(|key| verify(key, &signed, &envelope.signature).is_ok())
            .ok_or(OpenError::Signature(InvalidSignature))?;
        let epoch = newest_epoch(&protected, &placement).ok_or(OpenError::NoKey)?;
        author.check(&protected, epoch).map_err(OpenError::Author)?;
        Ok(OpenedRecord { protected, content, digest, content_key })
    }
}

/// The newest epoch of its own collection that a record was written to: what a revocation is measured against, so that
/// an old recipient beside a new one does not make a late record look early.
fn newest_epoch(protected: &Protected, placement: &Placement) -> Option<u32> {
    let of_scope = placement.recipients.iter().filter(|recipient| recipient.scope == protected.scope);
    of_scope.map(|recipient| recipient.epoch).max()
}
