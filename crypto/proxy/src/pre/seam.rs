//! The seam to `pryv-crypto`, which holds the private keys: the same values as `recrypt` computes with. Not for others.

use super::{Capsule, InvalidPre, PrePublicKey, TransformKey, capsule, point, transform_key};
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, RngCore, SeedableRng};
use recrypt::api_480::{self, Ed25519, RandomBytes, Recrypt480, Sha256};
use zeroize::Zeroizing;

/// `recrypt` with a generator of its own.
pub type Generator = Recrypt480<Sha256, Ed25519, RandomBytes<ChaCha20Rng>>;

/// `recrypt` with `ChaCha20`, keyed from the caller's generator.
///
/// One concrete type, so that the pairings are compiled once, in these crates and with their optimisation, and not again
/// for every caller's generator.
#[must_use]
pub fn generator(rng: &mut (impl RngCore + CryptoRng)) -> Generator {
    let mut seed = Zeroizing::new([0; 32]);
    rng.fill_bytes(&mut *seed);
    from_seed(&seed)
}

/// `recrypt` for what draws nothing: public keys, hashes and opening are functions of their inputs. The interface wants
/// a generator all the same, and gets one of a fixed key: anything drawn by mistake would be the same in every run.
#[must_use]
pub fn without_randomness() -> Generator {
    from_seed(&[0; 32])
}

fn from_seed(seed: &[u8; 32]) -> Generator {
    Recrypt480::new_with_rand(ChaCha20Rng::from_seed(*seed))
}

/// The point of a public key.
///
/// # Errors
///
/// None for a key that was parsed.
pub fn public_key(key: &PrePublicKey) -> Result<api_480::PublicKey, InvalidPre> {
    point::read(key.as_bytes())
}

/// The public key of a point.
#[must_use]
pub fn from_public_key(key: &api_480::PublicKey) -> PrePublicKey {
    point::from_recrypt(key)
}

/// The value of a capsule.
///
/// # Errors
///
/// None for a capsule that was parsed.
pub fn capsule(capsule: &Capsule) -> Result<api_480::EncryptedValue, InvalidPre> {
    capsule::read(capsule.as_bytes())
}

/// The capsule of a value.
#[must_use]
pub fn from_capsule(value: &api_480::EncryptedValue) -> Capsule {
    capsule::from_recrypt(value)
}

/// The transform key of a value.
#[must_use]
pub fn from_transform_key(key: &api_480::TransformKey) -> TransformKey {
    transform_key::from_recrypt(key)
}
