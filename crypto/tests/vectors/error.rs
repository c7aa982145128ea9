//! Errors by the names that the vectors give them.

use pryv_crypto::{lockbox::OpenLockboxError, record::OpenError};

pub(crate) fn open(error: &OpenError) -> &'static str {
    match error {
        OpenError::Malformed(_) => "malformed",
        OpenError::Suite(_) => "unknown-suite",
        OpenError::Misplaced(_) => "misplaced",
        OpenError::RolledBack { .. } => "rolled-back",
        OpenError::Placement => "placement",
        OpenError::Mover(_) => "mover",
        OpenError::Recipients => "recipients",
        OpenError::NoKey => "no-key",
        OpenError::OtherSuite => "other-suite",
        OpenError::ContentKey(_) => "content-key",
        OpenError::Commitment => "commitment",
        OpenError::Ciphertext(_) => "ciphertext",
        OpenError::Padding(_) => "padding",
        OpenError::Signature(_) => "signature",
        OpenError::Author(_) => "author",
        other => panic!("no name for {other:?}"),
    }
}

pub(crate) fn lockbox(error: OpenLockboxError) -> &'static str {
    match error {
        OpenLockboxError::Suite(_) => "unknown-suite",
        OpenLockboxError::Share(_) => "share",
        OpenLockboxError::InvalidCapsule(_) => "invalid-capsule",
        OpenLockboxError::WeakCapsule => "weak-capsule",
        OpenLockboxError::Capsule(_) => "capsule",
        OpenLockboxError::Sealed(_) => "sealed",
        OpenLockboxError::WrongKeys(_) => "wrong-keys",
        other => panic!("no name for {other:?}"),
    }
}
