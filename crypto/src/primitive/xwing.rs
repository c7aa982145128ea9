//! X-Wing (draft-connolly-cfrg-xwing-kem-06): X25519 and ML-KEM-768 (FIPS 203) in one KEM, as HPKE wants a KEM.
//!
//! ```text
//! d, z, x  = SHAKE-256(private key, 96), 32 bytes each
//! (dk, ek) = ML-KEM-768.KeyGen(d, z);    public key = ek || X25519(x, 9)
//! sealing: m, e = 32 random bytes each;  (c, k) = ML-KEM-768.Encaps(ek, m)
//!          encapsulated = c || X25519(e, 9)
//! secret   = SHA3-256(k || X25519 result || X25519(e, 9) || X25519(x, 9) || 5c 2e 2f 2f 5e 5c)
//! ```
//!
//! ML-KEM and the hashes are those of `ml-kem` and `sha3`; what is here is the draft's way to put them together, held by
//! its vectors. The secret stays one if either of the two halves is broken.

use hpke::{
    Deserializable, HpkeError, Serializable,
    generic_array::typenum::{Sum, U32, U96, U192, U1024},
    kem::SharedSecret,
    rand_core::{CryptoRng, RngCore},
};
use ml_kem::{
    B32, EncapsulateDeterministic as _, Encoded, EncodedSizeUser as _, KemCore, MlKem768,
    kem::Decapsulate as _,
};
use pryv_proxy_crypto::sealing::Sealing;
use sha3::{
    Digest as _, Sha3_256, Shake256,
    digest::{ExtendableOutput as _, Update as _, XofReader as _},
};
use std::fmt;
use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};
use zeroize::{Zeroize, Zeroizing};

type MlKemPublicKey = <MlKem768 as KemCore>::EncapsulationKey;
type MlKemPrivateKey = <MlKem768 as KemCore>::DecapsulationKey;

const ML_KEM_PUBLIC: usize = 1_184;
const ML_KEM_CIPHERTEXT: usize = 1_088;
const LABEL: &[u8; 6] = br"\.//^\";

/// The KEM. Its number in HPKE is 0x647a.
pub(super) struct XWing;

/// An X-Wing public key: in its only form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct PublicKey(Box<[u8; ML_KEM_PUBLIC + 32]>);

/// An X-Wing private key: 32 bytes from which both halves expand.
#[derive(Clone, Eq, PartialEq)]
pub(super) struct PrivateKey(Zeroizing<[u8; 32]>);

/// An encapsulated key.
#[derive(Clone)]
pub(super) struct EncappedKey(Box<[u8; ML_KEM_CIPHERTEXT + 32]>);

/// Both halves of a private key, and the public half of the second.
struct Expanded {
    ml_kem: MlKemPrivateKey,
    ml_kem_public: MlKemPublicKey,
    x: Zeroizing<[u8; 32]>,
    x_public: [u8; 32],
}

impl Expanded {
    fn of(key: &PrivateKey) -> Self {
        let mut shake = Shake256::default();
        shake.update(&*key.0);
        let mut reader = shake.finalize_xof();
        let (mut d, mut z) = (B32::default(), B32::default());
        reader.read(&mut d);
        reader.read(&mut z);
        let mut x = Zeroizing::new([0; 32]);
        reader.read(&mut *x);
        let (ml_kem, ml_kem_public) = MlKem768::generate_deterministic(&d, &z);
        d.zeroize();
        z.zeroize();
        let x_public = x25519(*x, X25519_BASEPOINT_BYTES);
        Self { ml_kem, ml_kem_public, x, x_public }
    }
}

/// The secret of both halves together.
fn combined(
    ml_kem: &B32,
    x: &[u8; 32],
    x_encapsulated: &[u8; 32],
    x_public: &[u8; 32],
) -> SharedSecret<XWing> {
    let mut hash = Sha3_256::new();
    for part in [&ml_kem[..], x, x_encapsulated, x_public, LABEL] {
        sha3::Digest::update(&mut hash, part);
    }
    SharedSecret(hash.finalize())
}

impl hpke::Kem for XWing {
    type PublicKey = PublicKey;
    type PrivateKey = PrivateKey;
    type EncappedKey = EncappedKey;
    type NSecret = U32;

    const KEM_ID: u16 = 0x647a;

    fn sk_to_pk(key: &PrivateKey) -> PublicKey {
        let expanded = Expanded::of(key);
        let mut public = Box::new([0; ML_KEM_PUBLIC + 32]);
        let (ml_kem, x) = public.split_at_mut(ML_KEM_PUBLIC);
        ml_kem.copy_from_slice(&expanded.ml_kem_public.as_bytes());
        x.copy_from_slice(&expanded.x_public);
        PublicKey(public)
    }

    /// The draft's `DeriveKeyPair`: SHAKE-256 of the material.
    fn derive_keypair(material: &[u8]) -> (PrivateKey, PublicKey) {
        let mut seed = Zeroizing::new([0; 32]);
        let mut shake = Shake256::default();
        shake.update(material);
        shake.finalize_xof().read(&mut *seed);
        let private = PrivateKey(seed);
        let public = Self::sk_to_pk(&private);
        (private, public)
    }

    fn decap(
        key: &PrivateKey,
        sender: Option<&PublicKey>,
        encapsulated: &EncappedKey,
    ) -> Result<SharedSecret<Self>, HpkeError> {
        if sender.is_some() {
            return Err(HpkeError::DecapError); // X-Wing authenticates no sender.
        }
        let expanded = Expanded::of(key);
        let (c, x_encapsulated) =
            encapsulated.0.split_first_chunk::<ML_KEM_CIPHERTEXT>().ok_or(HpkeError::DecapError)?;
        let x_encapsulated = x_encapsulated.try_into().map_err(|_| HpkeError::DecapError)?;
        let c = ml_kem::Ciphertext::<MlKem768>::from(*c);
        let mut k = expanded.ml_kem.decapsulate(&c).map_err(|()| HpkeError::DecapError)?;
        let x = Zeroizing::new(x25519(*expanded.x, x_encapsulated));
        let secret = combined(&k, &x, &x_encapsulated, &expanded.x_public);
        k.zeroize();
        Ok(secret)
    }

    fn encap<R: CryptoRng + RngCore>(
        key: &PublicKey,
        sender: Option<(&PrivateKey, &PublicKey)>,
        rng: &mut R,
    ) -> Result<(SharedSecret<Self>, EncappedKey), HpkeError> {
        if sender.is_some() {
            return Err(HpkeError::EncapError);
        }
        let (ml_kem, x_public) = key.0.split_first_chunk::<ML_KEM_PUBLIC>().ok_or(HpkeError::EncapError)?;
        let x_public = x_public.try_into().map_err(|_| HpkeError::EncapError)?;
        let ml_kem = MlKemPublicKey::from_bytes(&Encoded::<MlKemPublicKey>::from(*ml_kem));
        let mut m = B32::default();
        rng.fill_bytes(&mut m);
        let mut e = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *e);

        let (c, mut k) = ml_kem.encapsulate_deterministic(&m).map_err(|_| HpkeError::EncapError)?;
        m.zeroize();
        let x_encapsulated = x25519(*e, X25519_BASEPOINT_BYTES);
        let x = Zeroizing::new(x25519(*e, x_public));
        let secret = combined(&k, &x, &x_encapsulated, &x_public);
        k.zeroize();
        let mut encapsulated = Box::new([0; ML_KEM_CIPHERTEXT + 32]);
        let (left, right) = encapsulated.split_at_mut(ML_KEM_CIPHERTEXT);
        left.copy_from_slice(&c);
        right.copy_from_slice(&x_encapsulated);
        Ok((secret, EncappedKey(encapsulated)))
    }
}

impl Serializable for PublicKey {
    type OutputSize = Sum<U1024, U192>;

    fn write_exact(&self, buffer: &mut [u8]) {
        buffer.copy_from_slice(&*self.0);
    }
}

impl Deserializable for PublicKey {
    fn from_bytes(bytes: &[u8]) -> Result<Self, HpkeError> {
        Sealing::XWing.check(bytes).map_err(|_| HpkeError::ValidationError)?;
        let bytes = bytes.to_vec().into_boxed_slice().try_into();
        bytes.map(Self).map_err(|_| HpkeError::ValidationError)
    }
}

impl Serializable for PrivateKey {
    type OutputSize = U32;

    fn write_exact(&self, buffer: &mut [u8]) {
        buffer.copy_from_slice(&*self.0);
    }
}

impl Deserializable for PrivateKey {
    fn from_bytes(bytes: &[u8]) -> Result<Self, HpkeError> {
        let bytes: &[u8; 32] = bytes.try_into().map_err(|_| HpkeError::ValidationError)?;
        Ok(Self(Zeroizing::new(*bytes)))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}

impl Serializable for EncappedKey {
    type OutputSize = Sum<U1024, U96>;

    fn write_exact(&self, buffer: &mut [u8]) {
        buffer.copy_from_slice(&*self.0);
    }
}

impl Deserializable for EncappedKey {
    fn from_bytes(bytes: &[u8]) -> Result<Self, HpkeError> {
        let bytes = bytes.to_vec().into_boxed_slice().try_into();
        bytes.map(Self).map_err(|_| HpkeError::ValidationError)
    }
}
