//! What `recrypt` has twice, once for each curve: the macro that calls both alike.

/// Computes with the private keys of one curve.
macro_rules! arithmetic {
    ($seam:ident, $api:ident, $length:literal) => {
        use pryv_proxy_crypto::pre::{Capsule, InvalidPre, PrePublicKey, TransformKey, seam::$seam as seam};
        use recrypt::$api::{CryptoOps, Ed25519Ops, KeyGenOps, Plaintext, PrivateKey};
        use zeroize::Zeroize;

        pub use seam::{Generator, generator};

        /// Length of a private key.
        pub const LENGTH: usize = $length;

        /// The public key of a private one; none for zero.
        #[must_use]
        pub fn public(private: &[u8; LENGTH]) -> Option<PrePublicKey> {
            let public = seam::without_randomness().compute_public_key(&PrivateKey::new(*private)).ok()?;
            Some(seam::from_public_key(&public))
        }

        /// The transform key from the holder of a private key to another.
        ///
        /// # Errors
        ///
        /// [`InvalidPre`] if the other's key is of another curve.
        pub fn transform_key(
            private: &[u8; LENGTH],
            to: &PrePublicKey,
            recrypt: &Generator,
        ) -> Result<TransformKey, InvalidPre> {
            let to = seam::public_key(to)?;
            let signer = recrypt.generate_ed25519_key_pair();
            let key = recrypt.generate_transform_key(&PrivateKey::new(*private), &to, &signer);
            key.map(|key| seam::from_transform_key(&key)).map_err(|_| InvalidPre::NotOnCurve)
        }

        /// Encrypts a new random secret, and writes the symmetric key that it gives.
        ///
        /// # Errors
        ///
        /// [`InvalidPre`] if the key is of another curve.
        pub fn encapsulate(
            to: &PrePublicKey,
            recrypt: &Generator,
            key: &mut [u8; 32],
        ) -> Result<Capsule, InvalidPre> {
            let to = seam::public_key(to)?;
            let plaintext = recrypt.gen_plaintext();
            let signer = recrypt.generate_ed25519_key_pair();
            let capsule = recrypt.encrypt(&plaintext, &to, &signer).map_err(|_| InvalidPre::NotOnCurve)?;
            derive(&plaintext, key);
            Ok(seam::from_capsule(&capsule))
        }

        /// Opens a capsule, and writes the symmetric key that its secret gives; nothing if it is not for this private key.
        #[must_use]
        pub fn open(private: &[u8; LENGTH], capsule: &Capsule, key: &mut [u8; 32]) -> bool {
            let Ok(value) = seam::capsule(capsule) else { return false };
            let opened = seam::without_randomness().decrypt(value, &PrivateKey::new(*private));
            opened.map(|plaintext| derive(&plaintext, key)).is_ok()
        }

        fn derive(plaintext: &Plaintext, key: &mut [u8; 32]) {
            let derived = seam::without_randomness().derive_symmetric_key(plaintext);
            // `recrypt` does not wipe the hash that it gives.
            let mut derived: [u8; 32] = derived.into();
            key.copy_from_slice(&derived);
            derived.zeroize();
        }
    };
}

pub(crate) use arithmetic;
