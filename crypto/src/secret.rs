//! Secret bytes: on the heap, wiped when dropped, never printed, never compared in variable time.

use rand_core::{CryptoRng, RngCore};
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// `N` secret bytes. Boxed, so that a move leaves no copy behind.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Secret<const N: usize>(Box<[u8; N]>);

impl<const N: usize> Secret<N> {
    /// Draws a secret.
    #[must_use]
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self::filled(|bytes| rng.fill_bytes(bytes))
    }

    /// Lets `fill` write the secret in place.
    #[must_use]
    pub fn filled(fill: impl FnOnce(&mut [u8; N])) -> Self {
        let mut secret = Self(Box::new([0; N]));
        fill(&mut secret.0);
        secret
    }

    /// Copies a secret; absent if the length is not `N`.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; N] = bytes.try_into().ok()?;
        Some(Self::filled(|secret| secret.copy_from_slice(bytes)))
    }

    /// The bytes. Whoever asks for them answers for them.
    #[must_use]
    pub const fn expose(&self) -> &[u8; N] {
        &self.0
    }

    /// Compares in constant time.
    #[must_use]
    pub fn ct_eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&*other.0).into()
    }
}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Declares secrets with a name, so that one cannot stand for another.
macro_rules! named {
    ($($(#[$doc:meta])* $name:ident($length:literal);)+) => {$(
        $(#[$doc])*
        pub struct $name(Secret<$length>);

        impl $name {
            /// Length in bytes.
            pub const LENGTH: usize = $length;

            /// Draws a new one.
            #[must_use]
            pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
                Self(Secret::random(rng))
            }

            /// Copies it from bytes; absent if the length is wrong.
            #[must_use]
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                Secret::from_slice(bytes).map(Self)
            }

            /// The bytes. Whoever asks for them answers for them.
            #[must_use]
            pub const fn expose(&self) -> &[u8; $length] {
                self.0.expose()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}

named! {
    /// The secret that everything of an account derives from. Leaves the client only wrapped.
    AccountSecret(32);
    /// The key of one version of one record.
    ContentKey(32);
    /// What a share link carries in its fragment: the keys of a link derive from it.
    LinkSecret(32);
    /// Lock 2 of a lockbox: sealed to each grantee of the epoch.
    LockKey(32);
}

impl From<Secret<32>> for AccountSecret {
    fn from(secret: Secret<32>) -> Self {
        Self(secret)
    }
}

impl ContentKey {
    /// The key as a key of HKDF.
    pub(crate) const fn as_secret(&self) -> &Secret<32> {
        &self.0
    }
}

#[cfg(test)]
mod tests;
