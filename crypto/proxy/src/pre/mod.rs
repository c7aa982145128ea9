//! Proxy re-encryption on the two curves of `recrypt`: keys and capsules as bytes, and the transform.
//!
//! `recrypt` gives its values no byte form; this module does. Coordinates and coefficients are integers modulo the prime
//! p of the curve, 60 or 32 bytes each, most significant byte first; an element of GT has twelve, a point of G2 four.
//!
//! ```text
//!                                                                               480 bits                256 bits
//! public key    = x || y                                                       120 bytes                64 bytes
//! transform key = ephemeral public key || public key of the delegatee
//!                 || encrypted temporary key (GT) || hashed temporary key (G2)
//!                 || Ed25519 public key || Ed25519 signature                 1,296 bytes               736 bytes
//! capsule       = ephemeral public key || encrypted secret (GT)
//!                 || authentication hash (32) || Ed25519 public key
//!                 || Ed25519 signature || hop*                     968 + 1,680 a hop           576 + 896 a hop
//! hop           = public key || encrypted temporary key (GT)
//!                 || random public key || encrypted random temporary key (GT)
//! ```
//!
//! No length of one curve is a length of the other, so that the length of a value says of which curve it is. Whoever knows
//! the suite compares.
//!
//! `recrypt` itself takes a coefficient plus p for the coefficient, so that a value would have many forms. Here a
//! coefficient that is not below p is refused: accepted bytes are the only form of what they say.
//!
//! The signatures inside are made by keys that stand beside them: they detect damage and prove nothing of who made a
//! capsule or a transform key. Authenticity comes from our own signed statements.

mod arithmetic;
mod c256;
mod c480;
mod capsule;
mod curve;
mod field;
mod point;
#[doc(hidden)]
pub mod seam;
mod transform;
mod transform_key;

pub use capsule::{Capsule, MAX_HOPS};
pub use curve::Curve;
pub use point::PrePublicKey;
pub use transform::{TransformError, transform};
pub use transform_key::TransformKey;

/// Why bytes were not accepted as a public key, a capsule or a transform key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPre {
    /// The length is none that the value can have.
    #[error("{length} bytes are not the length of this value")]
    Length {
        /// The length found.
        length: usize,
    },
    /// A coefficient is not below the prime: a second form of another value.
    #[error("a coefficient is not in its canonical form")]
    NotCanonical,
    /// A point is not on its curve.
    #[error("a point is not on its curve")]
    NotOnCurve,
}

#[cfg(test)]
mod tests;
