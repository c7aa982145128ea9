//! What private keys of proxy re-encryption compute, on both curves: for `pryv-crypto`, which holds the keys and wipes what is left
//! of them on the stack.
//!
//! A crate of its own because the pairings of `recrypt` are generic, and so compiled with the crate that calls them: here for
//! speed, whatever the rest is compiled for. In browsers that is size, which would make pairings three times slower.

mod arithmetic;

/// The 256-bit curve.
pub mod c256 {
    super::arithmetic::arithmetic!(c256, api, 32);
}

/// The 480-bit curve.
pub mod c480 {
    super::arithmetic::arithmetic!(c480, api_480, 60);
}
