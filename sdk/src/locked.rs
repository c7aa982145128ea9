//! `Locked`: the keys for something are not available, why, and what to do next.

use crate::text::utc;
use pryv_wire::Timestamp;

/// Something cannot be opened or written with the keys at hand. It is a state with a way out, not a fault.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{reason}; {next}")]
pub struct Locked {
    /// Why.
    pub reason: LockReason,
    /// What to do next, in words.
    pub next: &'static str,
}

/// Why something is locked.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LockReason {
    /// The session has ended and could not be renewed.
    #[error("the session has ended")]
    SessionEnded,
    /// There is no access, or not any longer.
    #[error("there is no access to this")]
    NotGranted,
    /// The access begins later.
    #[error("the access is not valid yet (it begins {})", utc(*from))]
    NotYetValid {
        /// When it begins.
        from: Timestamp,
    },
    /// The access has ended by its dates.
    #[error("the access has expired (on {})", utc(*until))]
    Expired {
        /// When it ended.
        until: Timestamp,
    },
    /// The grantor revoked the access.
    #[error("the access was revoked")]
    Revoked,
    /// The access lets its holder create records, and read none.
    #[error("the access does not let its holder read")]
    WriteOnly,
    /// The access does not let its holder write in this way.
    #[error("the access does not let its holder write this")]
    ReadOnly,
    /// The keys of an epoch were not given to the holder of the access.
    #[error("the keys of epoch {epoch} are not at hand")]
    EpochNotHeld {
        /// The epoch.
        epoch: u32,
    },
}

impl LockReason {
    /// The state with its way out.
    #[must_use]
    pub const fn locked(self) -> Locked {
        let next = match self {
            Self::SessionEnded => "log in again",
            Self::NotGranted => "ask the owner for an access",
            Self::NotYetValid { .. } => "wait until it begins",
            Self::Expired { .. } | Self::Revoked => "ask the grantor for a new access",
            Self::WriteOnly => "ask the grantor for an access that lets you read",
            Self::ReadOnly => "ask the grantor for an access that lets you contribute",
            Self::EpochNotHeld { .. } => {
                "open the collection again; if it stays, ask the grantor for a new access"
            }
        };
        Locked { reason: self, next }
    }

    /// The stable code of the reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SessionEnded => "session-ended",
            Self::NotGranted => "not-granted",
            Self::NotYetValid { .. } => "not-yet-valid",
            Self::Expired { .. } => "expired",
            Self::Revoked => "revoked",
            Self::WriteOnly => "write-only",
            Self::ReadOnly => "read-only",
            Self::EpochNotHeld { .. } => "epoch-not-held",
        }
    }
}

impl From<LockReason> for Locked {
    fn from(reason: LockReason) -> Self {
        reason.locked()
    }
}
