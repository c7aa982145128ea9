//! Accesses: signed grants of levels on scopes to a principal, and their revocation.

use crate::{
    bytes::Bytes,
    id::{AccessId, Digest, PrincipalId, ScopeId},
    scope::Slice,
    signed::{Signed, Statement},
    suite::Suite,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// What a grantee may do with a scope.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Level {
    /// Read every record, earlier ones included.
    Read,
    /// Create records, and read none.
    CreateOnly,
    /// Read, create, update and delete records.
    Contribute,
    /// As contribute; on a slice with labels also create, change and delete terms; and grant the same onwards.
    Manage,
}

impl Level {
    /// Whether the level lets its holder read.
    #[must_use]
    pub const fn reads(self) -> bool {
        matches!(self, Self::Read | Self::Contribute | Self::Manage)
    }

    /// Whether the level lets its holder create records.
    #[must_use]
    pub const fn creates(self) -> bool {
        matches!(self, Self::CreateOnly | Self::Contribute | Self::Manage)
    }

    /// Whether the level lets its holder update and delete records.
    #[must_use]
    pub const fn changes(self) -> bool {
        matches!(self, Self::Contribute | Self::Manage)
    }

    /// Whether the level lets its holder change the structure of an ontology and grant onwards.
    #[must_use]
    pub const fn manages(self) -> bool {
        matches!(self, Self::Manage)
    }
}

/// One scope of an access.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The scope.
    pub scope: ScopeId,
    /// What the grantee may do with it.
    pub level: Level,
    /// Commits to the whole transform key given to the server; present if the level reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transform: Option<Digest>,
    /// If the scope is a slice: what it opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slice: Option<Slice>,
    /// If the scope is a group: which one. Its grantee becomes a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<PrincipalId>,
    /// The first epoch of the scope that the grantee is shown: zero is with history.
    pub from_epoch: u32,
}

/// A grant, as the grantor signs it: the owner of the scopes, or a manager within its own access.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// The algorithms of the sealed parts.
    pub suite: Suite,
    /// Names the access.
    pub access: AccessId,
    /// Whose scopes are granted.
    pub account: PrincipalId,
    /// Who grants: the owner of the scopes, or a manager.
    pub grantor: PrincipalId,
    /// The manager's own access, by which it grants onwards; absent if the owner grants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AccessId>,
    /// Who receives.
    pub grantee: PrincipalId,
    /// The digest of the grantee's card that the keys were sealed to.
    pub grantee_card: Digest,
    /// What is granted.
    pub grants: Vec<Grant>,
    /// Not before; absent: at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// Not at or after; absent: until revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
    /// The hash of the terms shown to whoever agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Digest>,
    /// How many sessions the grantee, a link, may open; absent: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_uses: Option<u32>,
    /// An [`AccessNote`] sealed to the grantee.
    pub note: Bytes,
    /// The same note, for the owner of the scopes: under its keyring key, or sealed to its card if a manager grants.
    pub owner_note: Bytes,
    /// When it was signed, by the grantor's clock.
    pub signed_at: Timestamp,
}

impl Statement for Access {
    const DOMAIN: &'static str = "pryv access";
}

impl Access {
    /// The level that the access gives on a scope, whatever the time.
    #[must_use]
    pub fn level(&self, scope: ScopeId) -> Option<Level> {
        self.grants.iter().find(|grant| grant.scope == scope).map(|grant| grant.level)
    }

    /// Whether `now` lies between the access's dates.
    #[must_use]
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.valid_from.is_none_or(|from| from <= now) && self.valid_until.is_none_or(|until| now < until)
    }
}

/// What only grantor and grantee read of an access. Sealed inside [`Access`]; never on the wire in clear.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AccessNote {
    /// What the access is called.
    pub name: String,
    /// What it is for; empty if not said.
    pub purpose: String,
    /// For each scope, the content key of the definition record, for grantees who may not read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub definition_keys: Vec<DefinitionKey>,
}

/// Opens the definition of one scope for a grantee who may not read the rest.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DefinitionKey {
    /// The scope.
    pub scope: ScopeId,
    /// The version of the definition record that the key opens.
    pub version: u64,
    /// The content key.
    pub key: Bytes,
}

impl std::fmt::Debug for DefinitionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DefinitionKey").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// The end of an access, as it is signed by the owner of the scopes or by the manager who granted it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// The access.
    pub access: AccessId,
    /// Whose scopes it is on.
    pub account: PrincipalId,
    /// Who ends it: the owner of the scopes, the manager who granted it, or its grantee.
    pub revoker: PrincipalId,
    /// The last epoch of each scope in which the access counted: what its grantee wrote later is not valid.
    pub last_epochs: Vec<LastEpoch>,
    /// When it was signed, by the revoker's clock.
    pub signed_at: Timestamp,
}

impl Statement for Revocation {
    const DOMAIN: &'static str = "pryv revocation";
}

/// The last epoch of a scope in which an access counted.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LastEpoch {
    /// The scope.
    pub scope: ScopeId,
    /// The epoch.
    pub epoch: u32,
}

/// The most accesses in one page.
pub const MAX_ACCESS_PAGE: u32 = 1_000;

/// Lists the accesses that an account granted. For the owner.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ListGranted {
    /// The account.
    pub account: PrincipalId,
    /// How many, 1 to [`MAX_ACCESS_PAGE`].
    pub limit: u32,
    /// Where the page begins: the `next` of the page before; absent: at the oldest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Bytes>,
}

/// Lists the accesses that the caller received, from any account of this node, or that a group received which the caller is a
/// member of.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ListReceived {
    /// The group; absent: the caller itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<PrincipalId>,
    /// How many, 1 to [`MAX_ACCESS_PAGE`].
    pub limit: u32,
    /// Where the page begins: the `next` of the page before; absent: at the oldest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Bytes>,
}

/// Reads one access: for its grantor, its grantee, and whoever reads a scope that its grantee may write to.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GetAccess {
    /// The account that granted it.
    pub account: PrincipalId,
    /// The access.
    pub access: AccessId,
}

/// An access and what became of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AccessState {
    /// The grant.
    pub statement: Signed<Access>,
    /// Its end, once revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation: Option<Signed<Revocation>>,
    /// What the server says it served for it. For the owner of the scopes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub served: Vec<Served>,
    /// The manager's own access, if a manager granted this one: a chain is verified as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Box<Self>>,
    /// How often the server says that a link was used. For the grantor; absent if the grantee is no link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<u32>,
}

/// The keys of one epoch that the server says it served to a grantee.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Served {
    /// The scope.
    pub scope: ScopeId,
    /// The epoch.
    pub epoch: u32,
    /// When it was first asked for.
    pub first_at: Timestamp,
    /// When it was last asked for.
    pub last_at: Timestamp,
}

/// A page of accesses.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Accesses {
    /// The accesses, oldest first.
    pub accesses: Vec<AccessState>,
    /// Where the next page begins, if there is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Bytes>,
    /// Grantees who have another card than the one that an access of theirs was sealed to. For the grantor, who seals the
    /// keys of a new epoch to the present one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rotated: Vec<PrincipalId>,
}
