//! What `recrypt` has twice, once for each curve: the macro that gives both one byte form.

/// Reads and writes the values of one curve, and transforms its capsules.
macro_rules! arithmetic {
    ($curve:expr, $api:ident, $recrypt:ident, $coefficient:literal, $prime:expr) => {
        use super::{
            Capsule, Curve, InvalidPre, MAX_HOPS, PrePublicKey, TransformError, TransformKey,
            field::{check_canonical, take},
        };
        use rand_chacha::ChaCha20Rng;
        use rand_core::{CryptoRng, RngCore, SeedableRng};
        use recrypt::{
            nonemptyvec::NonEmptyVec,
            $api::{self as api, CryptoOps, Ed25519, Ed25519Ops, RandomBytes, Sha256},
        };
        use zeroize::Zeroizing;

        /// Which curve this is.
        const CURVE: Curve = $curve;

        /// Length of one coefficient.
        pub(super) const COEFFICIENT: usize = $coefficient;

        /// The prime of the curve, as in `gridiron` 0.10.
        pub(super) const PRIME: [u8; COEFFICIENT] = $prime;

        const PUBLIC: usize = 2 * COEFFICIENT;
        const TARGET: usize = 12 * COEFFICIENT;
        const G2: usize = 4 * COEFFICIENT;

        /// `recrypt` with a generator of its own.
        pub type Generator = api::$recrypt<Sha256, Ed25519, RandomBytes<ChaCha20Rng>>;

        /// `recrypt` with `ChaCha20`, keyed from the caller's generator.
        ///
        /// One concrete type, so that the pairings are compiled once, in these crates and with their optimisation, and
        /// not again for every caller's generator.
        #[must_use]
        pub fn generator(rng: &mut (impl RngCore + CryptoRng)) -> Generator {
            let mut seed = Zeroizing::new([0; 32]);
            rng.fill_bytes(&mut *seed);
            from_seed(&seed)
        }

        /// `recrypt` for what draws nothing: public keys, hashes and opening are functions of their inputs. The
        /// interface wants a generator all the same, and gets one of a fixed key: anything drawn by mistake would be
        /// the same in every run.
        #[must_use]
        pub fn without_randomness() -> Generator {
            from_seed(&[0; 32])
        }

        fn from_seed(seed: &[u8; 32]) -> Generator {
            api::$recrypt::new_with_rand(ChaCha20Rng::from_seed(*seed))
        }

        /// The point of a public key.
        ///
        /// # Errors
        ///
        /// [`InvalidPre`] for the key of another curve; none for one of this curve that was parsed.
        pub fn public_key(key: &PrePublicKey) -> Result<api::PublicKey, InvalidPre> {
            read_public_key(key.as_bytes())
        }

        /// The public key of a point.
        #[must_use]
        pub fn from_public_key(key: &api::PublicKey) -> PrePublicKey {
            let (x, y) = key.bytes_x_y();
            PrePublicKey::new(CURVE, x, y)
        }

        /// The value of a capsule.
        ///
        /// # Errors
        ///
        /// [`InvalidPre`] for a capsule of another curve; none for one of this curve that was parsed.
        pub fn capsule(capsule: &Capsule) -> Result<api::EncryptedValue, InvalidPre> {
            read_capsule(capsule.as_bytes())
        }

        pub(super) fn read_public_key(bytes: &[u8]) -> Result<api::PublicKey, InvalidPre> {
            let bytes: &[u8; PUBLIC] =
                bytes.try_into().map_err(|_| InvalidPre::Length { length: bytes.len() })?;
            read_point(bytes)
        }

        fn read_point(bytes: &[u8; PUBLIC]) -> Result<api::PublicKey, InvalidPre> {
            check_canonical(CURVE, bytes)?;
            let mut rest = &bytes[..];
            let (x, y) = (*take(&mut rest)?, *take(&mut rest)?);
            api::PublicKey::new((x, y)).map_err(|_| InvalidPre::NotOnCurve)
        }

        fn write_point(key: &api::PublicKey, bytes: &mut Vec<u8>) {
            let (x, y) = key.bytes_x_y();
            bytes.extend_from_slice(x);
            bytes.extend_from_slice(y);
        }

        fn read_temporary_key(rest: &mut &[u8]) -> Result<api::EncryptedTempKey, InvalidPre> {
            let bytes = take::<TARGET>(rest)?;
            check_canonical(CURVE, bytes)?;
            Ok(api::EncryptedTempKey::new(*bytes))
        }

        pub(super) fn read_capsule(bytes: &[u8]) -> Result<api::EncryptedValue, InvalidPre> {
            let length = bytes.len();
            let mut hops = 0..=MAX_HOPS;
            let hops = hops.find(|hops| CURVE.capsule_length(*hops) == length);
            let hops = hops.ok_or(InvalidPre::Length { length })?;
            let mut rest = bytes;
            let ephemeral_public_key = read_point(take(&mut rest)?)?;
            let message = take::<TARGET>(&mut rest)?;
            check_canonical(CURVE, message)?;
            let encrypted_message = api::EncryptedMessage::new(*message);
            let auth_hash = api::AuthHash::new(*take(&mut rest)?);
            let public_signing_key = api::PublicSigningKey::new(*take(&mut rest)?);
            let signature = api::Ed25519Signature::new(*take(&mut rest)?);
            let mut blocks = Vec::with_capacity(hops);
            for _ in 0..hops {
                let public_key = read_point(take(&mut rest)?)?;
                let temporary_key = read_temporary_key(&mut rest)?;
                let random_public_key = read_point(take(&mut rest)?)?;
                let random_temporary_key = read_temporary_key(&mut rest)?;
                let block = api::TransformBlock::new(
                    &public_key,
                    &temporary_key,
                    &random_public_key,
                    &random_temporary_key,
                );
                blocks.push(block.map_err(|_| InvalidPre::NotOnCurve)?);
            }
            Ok(match NonEmptyVec::try_from(&blocks) {
                Err(_) => api::EncryptedValue::EncryptedOnceValue {
                    ephemeral_public_key,
                    encrypted_message,
                    auth_hash,
                    public_signing_key,
                    signature,
                },
                Ok(transform_blocks) => api::EncryptedValue::TransformedValue {
                    ephemeral_public_key,
                    encrypted_message,
                    auth_hash,
                    transform_blocks,
                    public_signing_key,
                    signature,
                },
            })
        }

        /// The capsule of a value.
        #[must_use]
        pub fn from_capsule(value: &api::EncryptedValue) -> Capsule {
            use api::EncryptedValue::{EncryptedOnceValue, TransformedValue};
            let (EncryptedOnceValue {
                ephemeral_public_key,
                encrypted_message,
                auth_hash,
                public_signing_key,
                signature,
            }
            | TransformedValue {
                ephemeral_public_key,
                encrypted_message,
                auth_hash,
                public_signing_key,
                signature,
                ..
            }) = value;
            let mut bytes = Vec::with_capacity(CURVE.capsule_length(MAX_HOPS));
            write_point(ephemeral_public_key, &mut bytes);
            bytes.extend_from_slice(encrypted_message.bytes());
            bytes.extend_from_slice(auth_hash.bytes());
            bytes.extend_from_slice(public_signing_key.bytes());
            bytes.extend_from_slice(signature.bytes());
            if let TransformedValue { transform_blocks, .. } = value {
                for block in std::iter::once(transform_blocks.first()).chain(transform_blocks.rest()) {
                    write_point(block.public_key(), &mut bytes);
                    bytes.extend_from_slice(block.encrypted_temp_key().bytes());
                    write_point(block.random_transform_public_key(), &mut bytes);
                    bytes.extend_from_slice(block.encrypted_random_transform_temp_key().bytes());
                }
            }
            Capsule::new(CURVE, bytes)
        }

        pub(super) fn read_transform_key(bytes: &[u8]) -> Result<api::TransformKey, InvalidPre> {
            let length = bytes.len();
            if length != CURVE.transform_key_length() {
                return Err(InvalidPre::Length { length });
            }
            let mut rest = bytes;
            let ephemeral = read_point(take(&mut rest)?)?;
            let delegatee = read_point(take(&mut rest)?)?;
            let encrypted = read_temporary_key(&mut rest)?;
            let hashed = take::<G2>(&mut rest)?;
            check_canonical(CURVE, hashed)?;
            let hashed = api::HashedValue::new(*hashed).map_err(|_| InvalidPre::NotOnCurve)?;
            let public_signing_key = api::PublicSigningKey::new(*take(&mut rest)?);
            let signature = api::Ed25519Signature::new(*take(&mut rest)?);
            Ok(api::TransformKey::new(ephemeral, delegatee, encrypted, hashed, public_signing_key, signature))
        }

        /// The transform key of a value.
        #[must_use]
        pub fn from_transform_key(key: &api::TransformKey) -> TransformKey {
            let mut bytes = Zeroizing::new(Vec::with_capacity(CURVE.transform_key_length()));
            write_point(key.ephemeral_public_key(), &mut bytes);
            write_point(key.to_public_key(), &mut bytes);
            bytes.extend_from_slice(key.encrypted_temp_key().bytes());
            bytes.extend_from_slice(key.hashed_temp_key().bytes());
            bytes.extend_from_slice(key.public_signing_key().bytes());
            bytes.extend_from_slice(key.signature().bytes());
            TransformKey::new(CURVE, bytes)
        }

        pub(super) fn transform(
            capsule: &Capsule,
            key: &TransformKey,
            rng: &mut (impl RngCore + CryptoRng),
        ) -> Result<Capsule, TransformError> {
            let recrypt = generator(rng);
            let value = read_capsule(capsule.as_bytes()).map_err(TransformError::Invalid)?;
            let key = read_transform_key(key.expose()).map_err(TransformError::Invalid)?;
            // A key pair for this one signature: it proves nothing of who made the capsule, and nobody relies on it.
            let signer = recrypt.generate_ed25519_key_pair();
            match recrypt.transform(value, key, &signer) {
                Ok(value) => Ok(from_capsule(&value)),
                Err(recrypt::api::RecryptErr::InvalidTransformKey(_)) => {
                    Err(TransformError::DamagedTransformKey)
                }
                Err(_) => Err(TransformError::DamagedCapsule),
            }
        }
    };
}

pub(super) use arithmetic;
