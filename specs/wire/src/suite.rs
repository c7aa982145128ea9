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
    /// As the first, and sealing with X-Wing: X25519 and ML-KEM-768, against a later quantum computer.
    pub const HYBRID: Self = Self(2);
    /// ChaCha20-Poly1305, HKDF-SHA-256, HPKE with X25519, Ed25519, recrypt on the 256-bit curve: about 100-bit security.
    pub const LIGHT: Self = Self(3);

    /// The suites that have a name, and their names.
    const NAMED: [(Self, &'static str); 3] =
        [(Self::CLASSIC, "classic"), (Self::HYBRID, "hybrid"), (Self::LIGHT, "light")];

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

    /// The name, as people choose it; absent if the number has none.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Self::NAMED.into_iter().find(|named| named.0 == self).map(|named| named.1)
    }

    /// The suite of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMED.into_iter().find(|named| named.1 == name).map(|named| named.0)
    }
}
