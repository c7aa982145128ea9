//! Authors: who signed a record, and whether the owner allowed it.

use crate::evidence::VerifiedAccess;
use pryv_proxy_crypto::VerifiedCards;
use pryv_wire::{
    ScopeId,
    access::{Access, Grant, Level},
    record::{MovedPlacement, Placement, Protected, RecordKind},
};

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

    /// Checks that the author might write the record, in the epoch that it was written in. `written` is the placement that
    /// the author gave it, if it is still the present one.
    pub(super) fn check(
        &self,
        protected: &Protected,
        written: Option<&Placement>,
    ) -> Result<(), AuthorNotAllowed> {
        if self.cards().principal() != protected.author {
            return Err(AuthorNotAllowed::OtherAuthor);
        }
        match self {
            Self::Owner(_) if protected.author != protected.account => Err(AuthorNotAllowed::OtherAuthor),
            Self::Owner(_) if protected.access.is_some() => Err(AuthorNotAllowed::OtherAccess),
            Self::Owner(_) => Ok(()),
            Self::Grantee { access, .. } => check_grantee(access, protected, written),
        }
    }

    /// Checks that whoever placed the record again into `epoch` might change it.
    pub(super) fn check_mover(
        &self,
        moved: &MovedPlacement,
        protected: &Protected,
        epoch: u32,
    ) -> Result<(), AuthorNotAllowed> {
        if self.cards().principal() != moved.mover {
            return Err(AuthorNotAllowed::OtherAuthor);
        }
        let Self::Grantee { access, .. } = self else {
            return match moved.access {
                _ if moved.mover != protected.account => Err(AuthorNotAllowed::OtherAuthor),
                Some(_) => Err(AuthorNotAllowed::OtherAccess),
                None => Ok(()),
            };
        };
        let grant = access.access();
        if moved.access != Some(grant.access)
            || grant.account != protected.account
            || grant.grantee != moved.mover
        {
            return Err(AuthorNotAllowed::OtherAccess);
        }
        if !protected.kind.is_instance() {
            return Err(AuthorNotAllowed::Level);
        }
        allowed(reaching(grant, protected.scope), Level::changes)?;
        if access.counts_in(protected.scope, epoch) { Ok(()) } else { Err(AuthorNotAllowed::Revoked) }
    }
}

fn check_grantee(
    access: &VerifiedAccess,
    protected: &Protected,
    written: Option<&Placement>,
) -> Result<(), AuthorNotAllowed> {
    let grant = access.access();
    if protected.access != Some(grant.access)
        || grant.account != protected.account
        || grant.grantee != protected.author
    {
        return Err(AuthorNotAllowed::OtherAccess);
    }
    // A tombstone of a term is told from one of an instance by its recipient, which nobody moves.
    let of_term = |placement: &Placement| placement.recipients.first().is_some_and(|own| own.term.is_some());
    let is_term = protected.kind == RecordKind::Term
        || (protected.kind == RecordKind::Tombstone && written.is_some_and(of_term));
    let files_under = |ontology| {
        written.is_none_or(|placement| placement.recipients.iter().any(|entry| entry.scope == ontology))
    };
    let of_data = reaching(grant, protected.scope)
        .filter(|grant| grant.slice.as_ref().is_none_or(|slice| files_under(slice.ontology)));
    match protected.kind {
        RecordKind::Definition => return Err(AuthorNotAllowed::Definition),
        _ if is_term => allowed(structuring(grant, protected.scope), Level::manages)?,
        RecordKind::Instance if protected.version == 1 => allowed(of_data, Level::creates)?,
        RecordKind::Instance | RecordKind::Trashed | RecordKind::Tombstone | RecordKind::Term => {
            allowed(of_data, Level::changes)?;
        }
    }
    let counts = access.counts_in(protected.scope, protected.epoch);
    if counts { Ok(()) } else { Err(AuthorNotAllowed::Revoked) }
}

/// The grants by which an access reaches records of a collection: of the collection, and of what is filed in it under terms.
/// Which terms lie below which is not known here; a server holds writers to that.
fn reaching(access: &Access, collection: ScopeId) -> impl Iterator<Item = &Grant> {
    access.grants.iter().filter(move |grant| match &grant.slice {
        None => grant.scope == collection,
        Some(slice) => slice.covers(collection),
    })
}

/// The grants by which an access reaches terms of an ontology.
fn structuring(access: &Access, ontology: ScopeId) -> impl Iterator<Item = &Grant> {
    access.grants.iter().filter(move |grant| match &grant.slice {
        None => grant.scope == ontology,
        Some(slice) => slice.labels && slice.ontology == ontology,
    })
}

/// Whether one of these grants is of a level that allows it.
fn allowed<'a>(
    grants: impl Iterator<Item = &'a Grant>,
    by: impl Fn(Level) -> bool,
) -> Result<(), AuthorNotAllowed> {
    let mut result = Err(AuthorNotAllowed::Scope);
    for grant in grants {
        if by(grant.level) {
            return Ok(());
        }
        result = Err(AuthorNotAllowed::Level);
    }
    result
}
