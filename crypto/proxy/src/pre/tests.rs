use super::*;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde::Serialize;
use static_assertions::assert_not_impl_any;

assert_not_impl_any!(TransformKey: Clone, Copy, PartialEq, std::hash::Hash, Serialize);

fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

/// The tests of one curve. Lengths: public key, capsule after no, one and two transforms, transform key.
macro_rules! tests_of {
    ($module:ident, $curve:expr, $api:ident, $recrypt:ident, $coefficient:literal, $lengths:expr) => {
        mod $module {
            use super::*;
            use crate::pre::$module as arithmetic;
            use recrypt::$api::{
                CryptoOps, Ed25519Ops, EncryptedTempKey, KeyGenOps, Plaintext, PrivateKey, PublicKey, $recrypt,
            };
            use std::sync::LazyLock;

            const CURVE: Curve = $curve;
            const FP: usize = $coefficient;
            const LENGTHS: [usize; 5] = $lengths;

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
                let recrypt = $recrypt::new_with_rand(rng(1));
                let signer = recrypt.generate_ed25519_key_pair();
                let pairs = [(); 3].map(|()| recrypt.generate_key_pair().unwrap());
                let plaintext = recrypt.gen_plaintext();
                let fresh = recrypt.encrypt(&plaintext, &pairs[0].1, &signer).unwrap();
                let keys = [0, 1]
                    .map(|from| recrypt.generate_transform_key(&pairs[from].0, &pairs[from + 1].1, &signer).unwrap());
                let fresh = arithmetic::from_capsule(&fresh);
                let keys = keys.map(|key| arithmetic::from_transform_key(&key));
                let once = transform(&fresh, &keys[0], &mut rng(2)).unwrap();
                let twice = transform(&once, &keys[1], &mut rng(3)).unwrap();
                let publics = [0, 1, 2].map(|index: usize| arithmetic::from_public_key(&pairs[index].1));
                let secrets = pairs.map(|pair| pair.0);
                World { plaintext, secrets, publics, fresh, keys, once, twice }
            });

            fn opens(capsule: &Capsule, secret: &PrivateKey) -> bool {
                let recrypt = $recrypt::new_with_rand(rng(9));
                let value = arithmetic::capsule(capsule).unwrap();
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
                let [public, fresh, once, twice, key] = LENGTHS;
                let lengths = [&world.fresh, &world.once, &world.twice].map(|capsule| capsule.as_bytes().len());
                assert_eq!(lengths, [fresh, once, twice]);
                assert_eq!(world.publics[0].as_bytes().len(), public);
                assert_eq!(world.keys[0].to_wire().len(), key);
                assert_eq!((world.fresh.curve(), world.publics[0].curve(), world.keys[0].curve()), (CURVE, CURVE, CURVE));
            }

            #[test]
            fn a_third_hop_is_refused() {
                let world = &*WORLD;
                assert_eq!(
                    transform(&world.twice, &world.keys[0], &mut rng(4)).unwrap_err(),
                    TransformError::TooManyHops
                );
                let longer = [world.twice.as_bytes(), &world.once.as_bytes()[LENGTHS[1]..]].concat();
                assert_eq!(Capsule::parse(&longer).unwrap_err(), InvalidPre::Length { length: longer.len() });
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
                bytes[2 * FP + FP - 1] ^= 1;
                let damaged = Capsule::parse(&bytes).unwrap();
                assert_eq!(transform(&damaged, &world.keys[0], &mut rng(5)).unwrap_err(), TransformError::DamagedCapsule);
                let mut bytes = world.keys[0].to_wire().into_vec();
                bytes[4 * FP + FP - 1] ^= 1;
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
                let repeated: Vec<u8> = arithmetic::PRIME.repeat(12);
                let key = EncryptedTempKey::new_from_slice(&repeated).unwrap();
                assert!(key.bytes().iter().all(|byte| *byte == 0), "p reduces to 0");
                let mut below = arithmetic::PRIME;
                below[FP - 1] -= 1;
                let key = EncryptedTempKey::new_from_slice(&below.repeat(12)).unwrap();
                assert_eq!(key.bytes()[..], below.repeat(12), "p - 1 stays");
            }

            /// The generator (1, 2), and the same point with p added to a coordinate.
            #[test]
            fn a_point_has_one_form() {
                let mut generator = [0; 2 * FP];
                (generator[FP - 1], generator[2 * FP - 1]) = (1, 2);
                assert!(PrePublicKey::parse(&generator).is_ok());
                let mut plus_p = arithmetic::PRIME;
                plus_p[FP - 1] += 1;
                let second_form = [&plus_p[..], &generator[FP..]].concat();
                let taken = PublicKey::new_from_slice((&plus_p, &generator[FP..])).unwrap();
                assert_eq!(taken.bytes_x_y().0[FP - 1], 1, "the library takes 1 + p for 1: why we check");
                assert_eq!(PrePublicKey::parse(&second_form).unwrap_err(), InvalidPre::NotCanonical);
                generator[2 * FP - 1] = 3;
                assert_eq!(PrePublicKey::parse(&generator).unwrap_err(), InvalidPre::NotOnCurve);
            }

            #[test]
            fn every_coefficient_is_checked() {
                let world = &*WORLD;
                let capsule = world.twice.as_bytes();
                // Points, GT elements, and what is no coefficient: hash, key and signature, 128 bytes after 14 coefficients.
                for offset in (0..capsule.len() / FP).map(|index| index * FP) {
                    let offset = if offset < 14 * FP { offset } else { offset + 128 };
                    let Some(place) = capsule.get(offset..offset + FP) else { break };
                    let mut bytes = capsule.to_vec();
                    bytes[offset..offset + FP].copy_from_slice(&arithmetic::PRIME);
                    assert_ne!(place, arithmetic::PRIME);
                    assert_eq!(Capsule::parse(&bytes).unwrap_err(), InvalidPre::NotCanonical, "at {offset}");
                }
                let key = world.keys[0].to_wire();
                for offset in (0..20 * FP).step_by(FP) {
                    let mut bytes = key.to_vec();
                    bytes[offset..offset + FP].copy_from_slice(&arithmetic::PRIME);
                    assert_eq!(TransformKey::parse(&bytes).unwrap_err(), InvalidPre::NotCanonical, "at {offset}");
                }
                // The point of G2 must be on its curve.
                let mut bytes = key.to_vec();
                bytes[16 * FP + FP - 1] ^= 1;
                assert_eq!(TransformKey::parse(&bytes).unwrap_err(), InvalidPre::NotOnCurve);
            }

            #[test]
            fn nothing_secret_is_printed() {
                let world = &*WORLD;
                assert_eq!(format!("{:?}", world.keys[0]), "TransformKey(..)");
                assert_eq!(format!("{:?}", world.once), "Capsule(1 hops)");
                assert_eq!(format!("{:?}", world.publics[0]), format!("PrePublicKey({} bytes)", 2 * FP));
            }

            proptest! {
                #![proptest_config(ProptestConfig::with_cases(64))]

                #[test]
                fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..4_400), length in 0_usize..5) {
                    let mut exact = bytes.clone();
                    exact.resize(LENGTHS[length], 0);
                    for bytes in [bytes, exact] {
                        let _ = PrePublicKey::parse(&bytes);
                        let _ = Capsule::parse(&bytes);
                        let _ = TransformKey::parse(&bytes);
                    }
                }

                #[test]
                fn what_is_accepted_encodes_to_itself(place in 0_usize..LENGTHS[3], flip in 1_u8..) {
                    let world = &*WORLD;
                    for capsule in [&world.fresh, &world.once, &world.twice] {
                        let mut bytes = capsule.as_bytes().to_vec();
                        let place = place % bytes.len();
                        bytes[place] ^= flip;
                        if let Ok(capsule) = Capsule::parse(&bytes) {
                            let again = arithmetic::from_capsule(&arithmetic::capsule(&capsule).unwrap());
                            prop_assert_eq!(again.as_bytes(), &bytes[..]);
                        }
                    }
                    let mut bytes = world.keys[0].to_wire().into_vec();
                    let place = place % bytes.len();
                    bytes[place] ^= flip;
                    if TransformKey::parse(&bytes).is_ok() {
                        let again = arithmetic::from_transform_key(&arithmetic::read_transform_key(&bytes).unwrap());
                        prop_assert_eq!(again.expose(), &bytes[..]);
                    }
                    let mut bytes = world.publics[0].as_bytes().to_vec();
                    let place = place % bytes.len();
                    bytes[place] ^= flip;
                    // The top bits of the shorter field leave room for a coordinate that is not below its prime.
                    let error = PrePublicKey::parse(&bytes).unwrap_err();
                    prop_assert!(matches!(error, InvalidPre::NotOnCurve | InvalidPre::NotCanonical));
                }

                #[test]
                fn zeros_and_small_values_never_panic_in_a_transform(value in 0_u8..4, place in 0_usize..12) {
                    let world = &*WORLD;
                    let mut bytes = world.fresh.as_bytes().to_vec();
                    bytes[2 * FP..14 * FP].fill(0);
                    bytes[2 * FP + place * FP + FP - 1] = value;
                    let capsule = Capsule::parse(&bytes).unwrap();
                    let _ = transform(&capsule, &world.keys[0], &mut rng(7));
                }
            }
        }
    };
}

tests_of!(c480, Curve::C480, api_480, Recrypt480, 60, [120, 968, 2_648, 4_328, 1_296]);
tests_of!(c256, Curve::C256, api, Recrypt, 32, [64, 576, 1_472, 2_368, 736]);

#[test]
fn no_length_is_one_of_both_curves() {
    let [a, b] = Curve::ALL.map(|curve| {
        let capsules = (0..=MAX_HOPS).map(move |hops| curve.capsule_length(hops));
        (curve.public_key_length(), curve.transform_key_length(), capsules.collect::<Vec<_>>())
    });
    assert!(a.0 != b.0 && a.1 != b.1);
    assert!(a.2.iter().all(|length| !b.2.contains(length)));
}
