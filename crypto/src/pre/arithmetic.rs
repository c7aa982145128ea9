//! What `recrypt` has twice, once for each curve: the macro that calls both alike.

/// Computes with the private keys of one curve.
macro_rules! arithmetic {
    ($seam:ident, $api:ident, $length:literal) => {
        use super::{CapsuleNotOpened, DegenerateKey};
        use crate::{primitive::leaving_no_trace, secret::Secret};
        use pryv_proxy_crypto::pre::{Capsule, InvalidPre, PrePublicKey, TransformKey, seam::$seam as seam};
        use rand_core::{CryptoRng, RngCore};
        use recrypt::$api::{CryptoOps, Ed25519Ops, KeyGenOps, Plaintext, PrivateKey};
        use zeroize::Zeroize;

        /// Length of a private key.
        pub(super) const LENGTH: usize = $length;

        fn private_key(secret: &Secret<LENGTH>) -> PrivateKey {
            PrivateKey::new(*secret.expose())
        }

        pub(super) fn public(secret: &Secret<LENGTH>) -> Result<PrePublicKey, DegenerateKey> {
            let public =
                leaving_no_trace(|| seam::without_randomness().compute_public_key(&private_key(secret)));
            public.map(|public| seam::from_public_key(&public)).map_err(|_| DegenerateKey)
        }

        pub(super) fn transform_key(
            secret: &Secret<LENGTH>,
            to: &PrePublicKey,
            rng: &mut (impl RngCore + CryptoRng),
        ) -> Result<TransformKey, InvalidPre> {
            let recrypt = seam::generator(rng);
            let to = seam::public_key(to)?;
            let signer = recrypt.generate_ed25519_key_pair();
            leaving_no_trace(|| recrypt.generate_transform_key(&private_key(secret), &to, &signer))
                .map(|key| seam::from_transform_key(&key))
                .map_err(|_| InvalidPre::NotOnCurve)
        }

        pub(super) fn encapsulate(
            to: &PrePublicKey,
            rng: &mut (impl RngCore + CryptoRng),
        ) -> Result<(Capsule, Secret<32>), InvalidPre> {
            let recrypt = seam::generator(rng);
            let to = seam::public_key(to)?;
            let plaintext = recrypt.gen_plaintext();
            let signer = recrypt.generate_ed25519_key_pair();
            let capsule = recrypt.encrypt(&plaintext, &to, &signer).map_err(|_| InvalidPre::NotOnCurve)?;
            Ok((seam::from_capsule(&capsule), derived(&plaintext)))
        }

        pub(super) fn open(
            secret: &Secret<LENGTH>,
            capsule: &Capsule,
        ) -> Result<Secret<32>, CapsuleNotOpened> {
            let value = seam::capsule(capsule).map_err(|_| CapsuleNotOpened)?;
            leaving_no_trace(|| seam::without_randomness().decrypt(value, &private_key(secret)))
                .map(|plaintext| derived(&plaintext))
                .map_err(|_| CapsuleNotOpened)
        }

        fn derived(plaintext: &Plaintext) -> Secret<32> {
            let derived = seam::without_randomness().derive_symmetric_key(plaintext);
            // `recrypt` does not wipe the hash that it gives.
            let mut derived: [u8; 32] = derived.into();
            let secret = Secret::filled(|bytes| bytes.copy_from_slice(&derived));
            derived.zeroize();
            secret
        }
    };
}

pub(super) use arithmetic;
