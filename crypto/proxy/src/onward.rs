//! What a manager may grant onwards: checked by the server before it stores, and by everybody who verifies the chain.

use pryv_wire::{
    ScopeId,
    access::{Access, Level},
};

/// How an access reaches further than the access of the manager who granted it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Exceeds {
    /// The manager does not manage the scope.
    #[error("the manager does not manage scope {scope}")]
    Scope {
        /// The scope.
        scope: ScopeId,
    },
    /// The access names another slice than the manager's own.
    #[error("the access names another slice than the manager's own of scope {scope}")]
    Slice {
        /// The scope.
        scope: ScopeId,
    },
    /// The access begins with another epoch than the manager's own.
    #[error("the access begins with another epoch of scope {scope} than the manager's own")]
    History {
        /// The scope.
        scope: ScopeId,
    },
    /// A manager makes no managers.
    #[error("a manager does not make another manager of scope {scope}")]
    Level {
        /// The scope.
        scope: ScopeId,
    },
    /// The access begins before the manager's own, or ends after it.
    #[error("the access begins before the manager's own, or ends after it")]
    Dates,
    /// A manager grants neither to itself nor to the owner.
    #[error("a manager grants neither to itself nor to the owner")]
    Grantee,
}

/// Checks that what a manager grants lies within its own access: scopes that it manages, no manager, its own
/// dates, the same slices and history.
///
/// # Errors
///
/// [`Exceeds`] says where it does not.
pub fn check_within(manager: &Access, granted: &Access) -> Result<(), Exceeds> {
    if granted.grantee == manager.grantee || granted.grantee == manager.account {
        return Err(Exceeds::Grantee);
    }
    for grant in &granted.grants {
        let scope = grant.scope;
        let held = manager.grants.iter().find(|held| held.scope == scope && held.level == Level::Manage);
        let held = held.ok_or(Exceeds::Scope { scope })?;
        if (&grant.slice, grant.group) != (&held.slice, held.group) {
            return Err(Exceeds::Slice { scope });
        }
        if grant.from_epoch != held.from_epoch {
            return Err(Exceeds::History { scope });
        }
        if grant.level == Level::Manage {
            return Err(Exceeds::Level { scope });
        }
    }
    let begins =
        manager.valid_from.is_none_or(|from| granted.valid_from.is_some_and(|begins| from <= begins));
    let ends = manager.valid_until.is_none_or(|until| granted.valid_until.is_some_and(|ends| ends <= until));
    if begins && ends { Ok(()) } else { Err(Exceeds::Dates) }
}
