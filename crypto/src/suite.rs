//! Suites: which algorithms each is, one file for each. `pryv-proxy-crypto` has the list of those that are known, with
//! their ranks; this has what only holders of private keys need.

mod classic;
mod hybrid;
mod light;

use crate::{
    primitive::{Aead, AeadKey, Hpke, NotOpened, UnusableKey},
    secret::Secret,
};
use pryv_proxy_crypto::{UnknownSuite, pre::Curve, sealing::Sealing};
use pryv_wire::{Suite, card::Card};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

/// The algorithms of a suite.
#[derive(Debug)]
pub(crate) struct Algorithms {
    pub(crate) suite: Suite,
    /// Encrypts contents, and wraps keys.
    pub(crate) aead: Aead,
    /// Seals to public keys.
    pub(crate) sealing: Sealing,
    /// Re-encrypts.
    pub(crate) curve: Curve,
}

const ALL: [&Algorithms; 3] = [&classic::ALGORITHMS, &hybrid::ALGORITHMS, &light::ALGORITHMS];

/// The algorithms of a suite.
///
/// # Errors
///
/// [`UnknownSuite`] if it is not one of this version.
pub(crate) fn of(suite: Suite) -> Result<&'static Algorithms, UnknownSuite> {
    ALL.into_iter().find(|algorithms| algorithms.suite == suite).ok_or(UnknownSuite(suite))
}

/// Those of suite 1.
pub(crate) const fn classic() -> &'static Algorithms {
    &classic::ALGORITHMS
}

impl Algorithms {
    /// A key of the suite's AEAD.
    pub(crate) fn aead_key(&self, key: &Secret<32>) -> AeadKey {
        AeadKey::of(self.aead, key)
    }

    const fn hpke(&self) -> Hpke {
        Hpke { kem: self.sealing, aead: self.aead }
    }

    /// What is sealed to the holder of a card is sealed to this key of it.
    pub(crate) fn sealing_key<'c>(&self, card: &'c Card) -> &'c [u8] {
        match self.sealing {
            Sealing::XWing => &card.hybrid,
            _ => card.sealing.as_bytes(),
        }
    }

    /// The public key of a private key that opens what is sealed.
    pub(crate) fn sealing_public(&self, key: &Secret<32>) -> Vec<u8> {
        self.hpke().public(key)
    }

    /// `Seal(public key, info, aad, plaintext)`.
    pub(crate) fn seal(
        &self,
        to: &[u8],
        info: &[u8],
        aad: &[u8],
        plaintext: &[u8],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Vec<u8>, UnusableKey> {
        self.hpke().seal(to, info, aad, plaintext, rng)
    }

    /// `Open(private key, info, aad, sealed)`.
    pub(crate) fn open(
        &self,
        key: &Secret<32>,
        info: &[u8],
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
        self.hpke().open(key, info, aad, sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pryv_proxy_crypto::suite::{KNOWN, known};

    #[test]
    fn the_list_is_that_of_the_verifier() {
        assert_eq!(ALL.len(), KNOWN.len());
        for algorithms in ALL {
            let known = known(algorithms.suite).unwrap();
            assert_eq!((known.sealing, known.curve), (algorithms.sealing, algorithms.curve));
        }
        assert_eq!(of(Suite::from_number(0)).unwrap_err(), UnknownSuite(Suite::from_number(0)));
    }
}
