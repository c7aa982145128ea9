//! Accesses as a caller sees them.

use crate::locked::{LockReason, Locked};
use pryv_wire::{
    AccessId, Digest, PrincipalId, ScopeId, Signed, Timestamp, Uri,
    access::{Access as Statement, Level, Revocation, Served},
    encode,
    scope::Slice,
};

/// An access: who may do what with which collections, until when. Proven by the grantor's signature, and by the owner's for a grantor who is not the owner.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Access {
    /// Names the access.
    pub id: AccessId,
    /// Whose collections it is on.
    pub account: PrincipalId,
    /// Who granted it: the owner of the collections, or a manager.
    pub grantor: PrincipalId,
    /// The manager's own access, if a manager granted it.
    pub by: Option<AccessId>,
    /// Who holds it.
    pub grantee: PrincipalId,
    /// What it is called; only grantor and grantee read it.
    pub name: String,
    /// What it is for; only grantor and grantee read it.
    pub purpose: String,
    /// The grantor sealed something else than a name and a purpose, which are empty then.
    pub unreadable: bool,
    /// What it reaches.
    pub scopes: Vec<Scoped>,
    /// Not before; absent: at once.
    pub valid_from: Option<Timestamp>,
    /// Not at or after; absent: until revoked.
    pub valid_until: Option<Timestamp>,
    /// The hash of the terms that were shown.
    pub terms: Option<Digest>,
    /// Of a link: how many sessions it opens; absent: any number.
    pub max_uses: Option<u32>,
    /// When it was signed, by the grantor's clock.
    pub signed_at: Timestamp,
    /// What it is now, by this machine's clock.
    pub status: AccessStatus,
    /// The signed grant: evidence to keep.
    pub statement: Signed<Statement>,
    /// The signed end, once revoked: evidence to keep.
    pub revocation: Option<Signed<Revocation>>,
}

/// One collection of an access, or one part of an ontology.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Scoped {
    /// The collection or ontology; of a part of an ontology, the slice by which it is granted.
    pub scope: ScopeId,
    /// What the grantee may do with it.
    pub level: Level,
    /// The part of an ontology that is granted, with what it opens.
    pub slice: Option<Slice>,
    /// The group that its holder is a member of by this access.
    pub group: Option<PrincipalId>,
    /// The first epoch that the grantee is shown: zero is with history.
    pub from_epoch: u32,
}

/// What an access is at the moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum AccessStatus {
    /// It begins later.
    NotYetValid,
    /// It counts.
    Active,
    /// It has ended by its dates.
    Expired,
    /// It was revoked.
    Revoked {
        /// When, by the clock of who ended it.
        at: Timestamp,
        /// Who ended it: the owner of the collections, the manager who granted it, or its holder itself. If what it was
        /// granted by was ended, who ended that.
        by: PrincipalId,
    },
}

impl Access {
    /// The URI of the access.
    #[must_use]
    pub const fn uri(&self) -> Uri {
        Uri::Access { account: self.account, access: self.id }
    }

    /// Whether its holder ended it itself.
    #[must_use]
    pub fn was_left(&self) -> bool {
        matches!(self.status, AccessStatus::Revoked { by, .. } if by == self.grantee)
    }

    /// The signed grant as bytes: evidence to keep.
    #[must_use]
    pub fn statement_bytes(&self) -> Vec<u8> {
        encode(&self.statement)
    }

    /// The signed end as bytes, once revoked: evidence to keep.
    #[must_use]
    pub fn revocation_bytes(&self) -> Option<Vec<u8>> {
        self.revocation.as_ref().map(encode)
    }

    /// Nothing if the access counts now; otherwise why it does not, and what to do.
    ///
    /// # Errors
    ///
    /// [`Locked`] if it does not count.
    pub fn check(&self) -> Result<(), Locked> {
        match self.status {
            AccessStatus::Active => Ok(()),
            AccessStatus::NotYetValid => {
                Err(LockReason::NotYetValid { from: self.valid_from.unwrap_or_default() }.locked())
            }
            AccessStatus::Expired => {
                Err(LockReason::Expired { until: self.valid_until.unwrap_or_default() }.locked())
            }
            AccessStatus::Revoked { .. } => Err(LockReason::Revoked.locked()),
        }
    }
}

/// An access that this account granted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GrantedAccess {
    /// The access.
    pub access: Access,
    /// Which keys the server says it gave for it, and when: its word.
    pub served: Vec<Served>,
    /// How often the server says that it was used, if it is a link; absent if it is none.
    pub uses: Option<u32>,
}
