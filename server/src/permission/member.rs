//! Members: by which access of a group's account somebody holds what the group was granted.

use pryv_wire::{AccessId, PrincipalId, ScopeId};

/// A membership.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Member {
    /// Whose group it is.
    pub account: PrincipalId,
    /// The scope that keeps the members of the group.
    pub scope: ScopeId,
    /// The access by which somebody is a member.
    pub access: AccessId,
}
