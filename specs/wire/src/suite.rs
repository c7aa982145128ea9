//! Suites: which algorithms protect a thing. The registry is in `specs/suites.md`.

use serde::{Deserialize, Serialize};

/// The number of a suite, present in every envelope, wrap, card and statement.
///
/// Any number decodes; whoever opens or verifies refuses the ones it does not know.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Suite(u16);

impl Suite {
    /// AES-256-GCM, HKDF-SHA-256, HPKE with X25519, Ed25519, recrypt on the 480-bit curve.
    pub const CLASSIC: Self = Self(1);

    /// A suite by its number.
    #[must_use]
    pub const fn from_number(number: u16) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }
}
