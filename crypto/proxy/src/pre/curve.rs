//! Curves: which ones there are, and how long their values are as bytes.

use super::{c256, c480};

/// A pairing-friendly curve of `recrypt`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Curve {
    /// The 256-bit curve: about 100 bits of security.
    C256,
    /// The 480-bit curve: more than 128 bits of security.
    C480,
}

impl Curve {
    /// Every curve.
    pub const ALL: [Self; 2] = [Self::C256, Self::C480];

    /// Length of one coefficient.
    pub(super) const fn coefficient(self) -> usize {
        match self {
            Self::C256 => c256::COEFFICIENT,
            Self::C480 => c480::COEFFICIENT,
        }
    }

    /// The prime of the curve.
    pub(super) const fn prime(self) -> &'static [u8] {
        match self {
            Self::C256 => &c256::PRIME,
            Self::C480 => &c480::PRIME,
        }
    }

    /// Length of a private key: an integer modulo the order of the group.
    #[must_use]
    pub const fn private_key_length(self) -> usize {
        self.coefficient()
    }

    /// Length of a public key: a point of G1.
    #[must_use]
    pub const fn public_key_length(self) -> usize {
        2 * self.coefficient()
    }

    /// Length of an element of GT: twelve coefficients.
    pub(super) const fn target(self) -> usize {
        12 * self.coefficient()
    }

    /// Length of a transform key: two points of G1, an element of GT, a point of G2, an Ed25519 key and signature.
    #[must_use]
    pub const fn transform_key_length(self) -> usize {
        2 * self.public_key_length() + self.target() + 4 * self.coefficient() + 32 + 64
    }

    /// Length of a capsule before any transform.
    const fn fresh(self) -> usize {
        self.public_key_length() + self.target() + 32 + 32 + 64
    }

    /// By how much a capsule grows with each transform.
    const fn hop(self) -> usize {
        2 * (self.public_key_length() + self.target())
    }

    /// Length of a capsule after `hops` transforms.
    #[must_use]
    pub const fn capsule_length(self, hops: usize) -> usize {
        self.fresh() + hops * self.hop()
    }
}
