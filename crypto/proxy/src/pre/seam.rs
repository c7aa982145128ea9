//! The seam to `pryv-crypto`, which holds the private keys: the same values as `recrypt` computes with. Not for others.

/// The 256-bit curve.
pub mod c256 {
    pub use super::super::c256::{
        Generator, capsule, from_capsule, from_public_key, from_transform_key, generator, public_key,
        without_randomness,
    };
}

/// The 480-bit curve.
pub mod c480 {
    pub use super::super::c480::{
        Generator, capsule, from_capsule, from_public_key, from_transform_key, generator, public_key,
        without_randomness,
    };
}
