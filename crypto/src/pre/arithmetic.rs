//! What `pryv-pairings` has twice, once for each curve: the macro that calls both alike, with keys that are wiped.

/// Computes with the private keys of one curve.
macro_rules! arithmetic {
    ($curve:ident) => {
        use super::{CapsuleNotOpened, DegenerateKey};
        use crate::{primitive::leaving_no_trace, secret::Secret};
        use pryv_pairings::$curve as pairings;
        use pryv_proxy_crypto::pre::{Capsule, InvalidPre, PrePublicKey, TransformKey};
        use rand_core::{CryptoRng, RngCore};

        /// Length of a private key.
        pub(super) const LENGTH: usize = pairings::LENGTH;

        pub(super) fn public(secret: &Secret<LENGTH>) -> Result<PrePublicKey, DegenerateKey> {
            leaving_no_trace(|| pairings::public(secret.expose())).ok_or(DegenerateKey)
        }

        pub(super) fn transform_key(
            secret: &Secret<LENGTH>,
            to: &PrePublicKey,
            rng: &mut (impl RngCore + CryptoRng),
        ) -> Result<TransformKey, InvalidPre> {
            let generator = pairings::generator(rng);
            leaving_no_trace(|| pairings::transform_key(secret.expose(), to, &generator))
        }

        pub(super) fn encapsulate(
            to: &PrePublicKey,
            rng: &mut (impl RngCore + CryptoRng),
        ) -> Result<(Capsule, Secret<32>), InvalidPre> {
            let generator = pairings::generator(rng);
            let mut capsule = Err(InvalidPre::NotOnCurve);
            let key = Secret::filled(|key| {
                capsule = leaving_no_trace(|| pairings::encapsulate(to, &generator, key));
            });
            Ok((capsule?, key))
        }

        pub(super) fn open(
            secret: &Secret<LENGTH>,
            capsule: &Capsule,
        ) -> Result<Secret<32>, CapsuleNotOpened> {
            let mut opened = false;
            let key = Secret::filled(|key| {
                opened = leaving_no_trace(|| pairings::open(secret.expose(), capsule, key));
            });
            if opened { Ok(key) } else { Err(CapsuleNotOpened) }
        }
    };
}

pub(super) use arithmetic;
