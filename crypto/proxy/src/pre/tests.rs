use super::field::{FP, PRIME};
use super::*;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use recrypt::api_480::{
    CryptoOps, Ed25519Ops, EncryptedTempKey, KeyGenOps, Plaintext, PrivateKey, PublicKey, Recrypt480,
};
use serde::Serialize;
use static_assertions::assert_not_impl_any;
use std::sync::LazyLock;

assert_not_impl_any!(TransformKey: Clone, Copy, PartialEq, std::hash::Hash, Serialize);

fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

/// Three key pairs, a secret encrypted to the first, and the transform keys from each to the next.
struct World {
    plaintext: Plaintext,
    secrets: [PrivateKey; 3],
    publics: [PrePublicKey; 3],
    fresh: Capsule,
    keys: [TransformKey; 2],
    once: Capsule,
    twice: Capsule,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let recrypt = Recrypt480::new_with_rand(rng(1));
    let signer = recrypt.generate_ed25519_key_pair();
    let pairs = [(); 3].map(|()| recrypt.generate_key_pair().unwrap());
    let plaintext = recrypt.gen_plaintext();
    let fresh = recrypt.encrypt(&plaintext, &pairs[0].1, &signer).unwrap();
    let keys = [0, 1]
        .map(|from| recrypt.generate_transform_key(&pairs[from].0, &pairs[from + 1].1, &signer).unwrap());
    let fresh = seam::from_capsule(&fresh);
    let keys = keys.map(|key| seam::from_transform_key(&key));
    let once = transform(&fresh, &keys[0], &mut rng(2)).unwrap();
    let twice = transform(&once, &keys[1], &mut rng(3)).unwrap();
    let publics = [0, 1, 2].map(|index: usize| seam::from_public_key(&pairs[index].1));
    let secrets = pairs.map(|pair| pair.0);
    World { plaintext, secrets, publics, fresh, keys, once, twice }
});

fn opens(capsule: &Capsule, secret: &PrivateKey) -> bool {
    let recrypt = Recrypt480::new_with_rand(rng(9));
    let value = seam::capsule(capsule).unwrap();
    recrypt.decrypt(value, secret).is_ok_and(|plaintext| plaintext == WORLD.plaintext)
}

#[test]
fn capsules_open_after_no_one_and_two_hops_and_only_with_the_right_key() {
    let world = &*WORLD;
    for (capsule, right) in [(&world.fresh, 0), (&world.once, 1), (&world.twice, 2)] {
        assert_eq!(capsule.hops(), right);
        for (reader, secret) in world.secrets.iter().enumerate() {
            assert_eq!(opens(capsule, secret), reader == right, "hop {right}, reader {reader}");
        }
    }
}

#[test]
fn lengths_are_those_of_the_specification() {
    let world = &*WORLD;
    assert_eq!(PrePublicKey::LENGTH, 120);
    assert_eq!(TransformKey::LENGTH, 1_296);
    let lengths = [&world.fresh, &world.once, &world.twice].map(|capsule| capsule.as_bytes().len());
    assert_eq!(lengths, [968, 2_648, 4_328]);
    assert_eq!(world.keys[0].to_wire().len(), 1_296);
}

#[test]
fn a_third_hop_is_refused() {
    let world = &*WORLD;
    assert_eq!(
        transform(&world.twice, &world.keys[0], &mut rng(4)).unwrap_err(),
        TransformError::TooManyHops
    );
    let longer = [world.twice.as_bytes(), &world.once.as_bytes()[968..]].concat();
    assert_eq!(Capsule::parse(&longer).unwrap_err(), InvalidPre::Length { length: 6_008 });
}

#[test]
fn a_transform_key_names_its_delegatee_and_its_digest() {
    let world = &*WORLD;
    let key = &world.keys[0];
    assert_eq!(key.delegatee().unwrap(), world.publics[1]);
    assert_eq!(key.digest(), pryv_wire::scope::Transform::digest(&key.to_wire()));
}

#[test]
fn damage_to_signed_parts_is_seen_at_the_transform() {
    let world = &*WORLD;
    let mut bytes = world.fresh.as_bytes().to_vec();
    bytes[120 + 59] ^= 1;
    let damaged = Capsule::parse(&bytes).unwrap();
    assert_eq!(transform(&damaged, &world.keys[0], &mut rng(5)).unwrap_err(), TransformError::DamagedCapsule);
    let mut bytes = world.keys[0].to_wire().into_vec();
    bytes[240 + 59] ^= 1;
    let damaged = TransformKey::parse(&bytes).unwrap();
    assert_eq!(
        transform(&world.fresh, &damaged, &mut rng(5)).unwrap_err(),
        TransformError::DamagedTransformKey
    );
}

#[test]
fn a_foreign_transform_key_gives_a_capsule_that_nobody_opens() {
    let world = &*WORLD;
    let foreign = transform(&world.fresh, &world.keys[1], &mut rng(6)).unwrap();
    assert!(world.secrets.iter().all(|secret| !opens(&foreign, secret)));
}

#[test]
fn the_prime_is_that_of_the_library() {
    let repeated: Vec<u8> = PRIME.repeat(12);
    let key = EncryptedTempKey::new_from_slice(&repeated).unwrap();
    assert!(key.bytes().iter().all(|byte| *byte == 0), "p reduces to 0");
    let mut below = PRIME;
    below[FP - 1] -= 1;
    let key = EncryptedTempKey::new_from_slice(&below.repeat(12)).unwrap();
    assert_eq!(key.bytes()[..], below.repeat(12), "p - 1 stays");
}

/// The generator (1, 2), and the same point with p added to a coordinate.
#[test]
fn a_point_has_one_form() {
    let mut generator = [0; 120];
    (generator[59], generator[119]) = (1, 2);
    assert!(PrePublicKey::parse(&generator).is_ok());
    let mut plus_p = PRIME;
    plus_p[FP - 1] += 1;
    let second_form = [&plus_p[..], &generator[60..]].concat();
    let taken = PublicKey::new_from_slice((&plus_p, &generator[60..])).unwrap();
    assert_eq!(taken.bytes_x_y().0[59], 1, "the library takes 1 + p for 1: why we check");
    assert_eq!(PrePublicKey::parse(&second_form).unwrap_err(), InvalidPre::NotCanonical);
    generator[119] = 3;
    assert_eq!(PrePublicKey::parse(&generator).unwrap_err(), InvalidPre::NotOnCurve);
}

#[test]
fn every_coefficient_is_checked() {
    let world = &*WORLD;
    let capsule = world.twice.as_bytes();
    // Points, GT elements, and what is no coefficient: hash, key and signature, 128 bytes from 840 on.
    for offset in (0..capsule.len() / FP).map(|index| index * FP) {
        let offset = if offset < 840 { offset } else { offset - 840 + 968 };
        let Some(place) = capsule.get(offset..offset + FP) else { break };
        let mut bytes = capsule.to_vec();
        bytes[offset..offset + FP].copy_from_slice(&PRIME);
        assert_ne!(place, PRIME);
        assert_eq!(Capsule::parse(&bytes).unwrap_err(), InvalidPre::NotCanonical, "at {offset}");
    }
    let key = world.keys[0].to_wire();
    for offset in (0..1_200).step_by(FP) {
        let mut bytes = key.to_vec();
        bytes[offset..offset + FP].copy_from_slice(&PRIME);
        assert_eq!(TransformKey::parse(&bytes).unwrap_err(), InvalidPre::NotCanonical, "at {offset}");
    }
    // The point of G2 must be on its curve.
    let mut bytes = key.to_vec();
    bytes[960 + 59] ^= 1;
    assert_eq!(TransformKey::parse(&bytes).unwrap_err(), InvalidPre::NotOnCurve);
}

#[test]
fn nothing_secret_is_printed() {
    let world = &*WORLD;
    assert_eq!(format!("{:?}", world.keys[0]), "TransformKey(..)");
    assert_eq!(format!("{:?}", world.once), "Capsule(1 hops)");
    assert_eq!(format!("{:?}", world.publics[0]), "PrePublicKey(120 bytes)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..4_400), length in 0_usize..5) {
        let mut exact = bytes.clone();
        exact.resize([120, 968, 2_648, 4_328, 1_296][length], 0);
        for bytes in [bytes, exact] {
            let _ = PrePublicKey::parse(&bytes);
            let _ = Capsule::parse(&bytes);
            let _ = TransformKey::parse(&bytes);
        }
    }

    #[test]
    fn what_is_accepted_encodes_to_itself(place in 0_usize..4_328, flip in 1_u8..) {
        let world = &*WORLD;
        for capsule in [&world.fresh, &world.once, &world.twice] {
            let mut bytes = capsule.as_bytes().to_vec();
            let place = place % bytes.len();
            bytes[place] ^= flip;
            if let Ok(capsule) = Capsule::parse(&bytes) {
                let again = seam::from_capsule(&seam::capsule(&capsule).unwrap());
                prop_assert_eq!(again.as_bytes(), &bytes[..]);
            }
        }
        let mut bytes = world.keys[0].to_wire().into_vec();
        let place = place % bytes.len();
        bytes[place] ^= flip;
        if TransformKey::parse(&bytes).is_ok() {
            let again = transform_key::from_recrypt(&transform_key::read(&bytes).unwrap());
            prop_assert_eq!(again.expose(), &bytes[..]);
        }
        let mut bytes = world.publics[0].as_bytes().to_vec();
        let place = place % bytes.len();
        bytes[place] ^= flip;
        prop_assert_eq!(PrePublicKey::parse(&bytes).unwrap_err(), InvalidPre::NotOnCurve);
    }

    #[test]
    fn zeros_and_small_values_never_panic_in_a_transform(value in 0_u8..4, place in 0_usize..12) {
        let world = &*WORLD;
        let mut bytes = world.fresh.as_bytes().to_vec();
        bytes[120..840].fill(0);
        bytes[120 + place * FP + 59] = value;
        let capsule = Capsule::parse(&bytes).unwrap();
        let _ = transform(&capsule, &world.keys[0], &mut rng(7));
    }
}
