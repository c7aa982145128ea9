//! Authors: who signed a record, and whether the owner allowed it.

use crate::evidence::VerifiedAccess;
use pryv_proxy_crypto::VerifiedCards;
use pryv_wire::record::{Protected, RecordKind};

/// Who a record says wrote it, with what proves that they might.
#[derive(Clone, Copy, Debug)]
pub enum Author<'a> {
    /// The owner of the account.
    Owner(&'a VerifiedCards),
    /// A grantee, with the access that the record names.
    Grantee {
        /// The cards of the grantee.
        cards: &'a VerifiedCards,
        /// The access, verified under the owner's cards.
        access: &'a VerifiedAccess,
    },
}

/// Why an author might not write what it wrote.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorNotAllowed {
    /// The cards are not the author's.
    #[error("the record names another author")]
    OtherAuthor,
    /// The access is not the one that the record names, or not one of this account to this author.
    #[error("the record names another access")]
    OtherAccess,
    /// The access does not reach the scope.
    #[error("the access does not reach the collection")]
    Scope,
    /// The access reaches the scope, but its level does not allow this kind of write.
    #[error("the level of the access does not allow the write")]
    Level,
    /// Only the owner writes definitions.
    #[error("only the owner writes definitions")]
    Definition,
    /// The access had been revoked before the epoch of the record.
    #[error("the access had been revoked before the record's epoch")]
    Revoked,
}

impl<'a> Author<'a> {
    /// The cards that must have signed.
    pub(super) const fn cards(&self) -> &'a VerifiedCards {
        match self {
            Self::Owner(cards) | Self::Grantee { cards, .. } => cards,
        }
    }

    /// Checks that the author might write the record, in the newest epoch that the record is written to.
    pub(super) fn check(&self, protected: &Protected, epoch: u32) -> Result<(), AuthorNotAllowed> {
        if self.cards().principal() != protected.author {
            return Err(AuthorNotAllowed::OtherAuthor);
        }
        match self {
            Self::Owner(_) if protected.author != protected.account => Err(AuthorNotAllowed::OtherAuthor),
            Self::Owner(_) if protected.access.is_some() => Err(AuthorNotAllowed::OtherAccess),
            Self::Owner(_) => Ok(()),
            Self::Grantee { access, .. } => check_grantee(access, protected, epoch),
        }
    }
}

fn check_grantee(access: &VerifiedAccess, protected: &Protected, epoch: u32) -> Result<(), AuthorNotAllowed> {
    let grant = access.access();
    if protected.access != Some(grant.access)
        || grant.account != protected.account
        || grant.grantee != protected.author
    {
        return Err(AuthorNotAllowed::OtherAccess);
    }
    let level = grant.level(protected.scope).ok_or(AuthorNotAllowed::Scope)?;
    let allowed = match protected.kind {
        RecordKind::Definition => return Err(AuthorNotAllowed::Definition),
        RecordKind::Instance if protected.version == 1 => level.creates(),
        RecordKind::Instance | RecordKind::Tombstone => level.changes(),
    };
    if !allowed {
        return Err(AuthorNotAllowed::Level);
    }
    if access.counts_in(protected.scope, epoch) { Ok(()) } else { Err(AuthorNotAllowed::Revoked) }
}
