//! Sealing: which public keys a suite seals to, and that bytes are such a key. The private halves are elsewhere.

/// How a suite seals.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Sealing {
    /// To X25519 (RFC 7748).
    X25519,
    /// To X-Wing: ML-KEM-768 (FIPS 203) and X25519 together.
    XWing,
}

/// Bytes that are no public key to seal to.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSealingKey {
    /// The length is another.
    #[error("{length} bytes are not the length of this key")]
    Length {
        /// The length found.
        length: usize,
    },
    /// A coefficient of the ML-KEM key is not below the modulus (FIPS 203, 7.2).
    #[error("a coefficient is not in its canonical form")]
    NotCanonical,
}

/// Length of the ML-KEM-768 part of an X-Wing public key: three polynomials of 256 coefficients of 12 bits, and a seed.
const ML_KEM: usize = 1_184;
/// Length of its coefficients.
const COEFFICIENTS: usize = 1_152;
/// The modulus of ML-KEM.
const MODULUS: u16 = 3_329;

impl Sealing {
    /// Length of a public key.
    #[must_use]
    pub const fn public_key_length(self) -> usize {
        match self {
            Self::X25519 => 32,
            Self::XWing => ML_KEM + 32,
        }
    }

    /// Accepts bytes that are a public key in its only form, as far as that can be seen.
    ///
    /// # Errors
    ///
    /// [`InvalidSealingKey`] says what they are not.
    pub fn check(self, key: &[u8]) -> Result<(), InvalidSealingKey> {
        if key.len() != self.public_key_length() {
            return Err(InvalidSealingKey::Length { length: key.len() });
        }
        match self {
            Self::X25519 => Ok(()),
            Self::XWing => check_coefficients(key.get(..COEFFICIENTS).unwrap_or_default()),
        }
    }
}

/// Two coefficients of 12 bits in three bytes, least significant bit first.
fn check_coefficients(bytes: &[u8]) -> Result<(), InvalidSealingKey> {
    let below = |three: &[u8; 3]| {
        let [a, b, c] = three.map(u16::from);
        (a | (b & 0x0f) << 8) < MODULUS && (b >> 4 | c << 4) < MODULUS
    };
    let (triples, _) = bytes.as_chunks::<3>();
    if triples.iter().all(below) { Ok(()) } else { Err(InvalidSealingKey::NotCanonical) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_coefficients_are_checked() {
        assert_eq!(Sealing::X25519.check(&[7; 32]), Ok(()));
        assert_eq!(Sealing::X25519.check(&[7; 31]), Err(InvalidSealingKey::Length { length: 31 }));
        let mut key = [0; 1_216];
        assert_eq!(Sealing::XWing.check(&key), Ok(()));
        assert_eq!(Sealing::XWing.check(&key[1..]), Err(InvalidSealingKey::Length { length: 1_215 }));
        // 3,328 = 0xd00 is the largest; 3,329 = 0xd01 the modulus. First and second place of a pair.
        for (place, below, modulus) in
            [(0, [0x00, 0x0d, 0x00], [0x01, 0x0d, 0x00]), (1_149, [0, 0, 0xd0], [0, 0x10, 0xd0])]
        {
            key[place..place + 3].copy_from_slice(&below);
            assert_eq!(Sealing::XWing.check(&key), Ok(()));
            key[place..place + 3].copy_from_slice(&modulus);
            assert_eq!(Sealing::XWing.check(&key), Err(InvalidSealingKey::NotCanonical));
            key[place..place + 3].fill(0);
        }
        // The seed and the X25519 point are any bytes.
        key[1_152..].fill(0xff);
        assert_eq!(Sealing::XWing.check(&key), Ok(()));
    }
}
