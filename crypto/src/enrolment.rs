//! Enrolment: how an old device and a new one find each other through a server that learns nothing.
//!
//! ```text
//! K       = 32 random bytes of a QR payload, or Argon2id(code, SHA-256("pryv device code" || 0x00 || username))
//! PRK     = HKDF-Extract("pryv enrolment", K)
//! mailbox of the request, of the answer = HKDF-Expand(PRK, "request mailbox" | "answer mailbox", 16)
//! request = wrap(HKDF-Expand(PRK, "request", 32), [ "device request", suite ], device-request)
//! answer  = HPKE-Seal in mode_psk(new device's sealing key, psk = HKDF-Expand(PRK, "psk", 32),
//!           "pryv device", info "pryv device answer", aad [ "device answer", suite, device ], device-answer)
//! ```
//!
//! K authenticates both ways: the old device enrols keys only if who sent them knows K, and the new one believes whose
//! device it became only from who knows K. A code has 60 bits; what the server sees of it costs one Argon2id for each guess.

use crate::{
    holder::DeviceKeys,
    primitive::{AeadKey, NotOpened, UnusableKey, hkdf_expand, hkdf_extract, hpke_open_psk, hpke_seal_psk},
    secret::Secret,
    wrap,
};
use pryv_wire::{
    Bytes, DecodeError, Digest, Suite,
    account::KeyStretching,
    decode, encode,
    enrolment::{DeviceAnswer, DevicePayload, DeviceRequest},
    id::{DeviceId, MailboxId},
};
use rand_core::{CryptoRng, RngCore};
use std::fmt;
use zeroize::Zeroizing;

const INFO: &[u8] = b"pryv device answer";
const PSK_ID: &[u8] = b"pryv device";

/// How a code is stretched. Fixed: two devices that never met cannot negotiate it, and no server may.
pub const CODE_STRETCHING: KeyStretching = KeyStretching::RECOMMENDED;

/// Why something of an enrolment was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnrolmentError {
    /// It was not made by who knows the code or the payload, or was damaged.
    #[error("this was not sealed with the same code")]
    NotOpened(#[source] NotOpened),
    /// What is inside is not what it should be.
    #[error("what was sealed is not a message of an enrolment")]
    Content(#[source] DecodeError),
}

/// A code that a person reads on one device and types on another: 12 characters of base32, 60 bits.
pub struct DeviceCode(Zeroizing<String>);

/// What was typed is no code.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a code has {} characters of a-z and 2-7", DeviceCode::LENGTH)]
pub struct InvalidCode;

impl DeviceCode {
    /// How many characters it has.
    pub const LENGTH: usize = 12;

    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

    /// Draws a code.
    #[must_use]
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(Self::LENGTH));
        let drawn = Secret::<{ Self::LENGTH }>::random(rng);
        for byte in drawn.expose() {
            // 256 is a multiple of 32: no character is likelier than another.
            text.extend(Self::ALPHABET.get(usize::from(byte % 32)).map(|letter| char::from(*letter)));
        }
        Self(text)
    }

    /// Reads a code as a person types it: case, spaces and dashes do not matter.
    ///
    /// # Errors
    ///
    /// [`InvalidCode`] if it is none.
    pub fn parse(typed: &str) -> Result<Self, InvalidCode> {
        let mut text = Zeroizing::new(String::with_capacity(Self::LENGTH));
        for letter in typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-') {
            let letter = letter.to_ascii_lowercase();
            if text.len() == Self::LENGTH
                || !u8::try_from(letter).is_ok_and(|byte| Self::ALPHABET.contains(&byte))
            {
                return Err(InvalidCode);
            }
            text.push(letter);
        }
        if text.len() == Self::LENGTH { Ok(Self(text)) } else { Err(InvalidCode) }
    }

    /// The code in groups of four characters, to be read aloud or typed.
    #[must_use]
    pub fn words(&self) -> Zeroizing<String> {
        let mut words = Zeroizing::new(String::with_capacity(Self::LENGTH + 2));
        for (at, letter) in self.0.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                words.push('-');
            }
            words.push(letter);
        }
        words
    }
}

/// What only the two devices know.
pub struct EnrolmentSecret(Secret<32>);

impl EnrolmentSecret {
    /// Draws a secret, to be shown in a QR payload.
    #[must_use]
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self(Secret::random(rng))
    }

    /// The secret of a code. Takes as long as the stretching.
    #[must_use]
    pub fn of_code(code: &DeviceCode, username: &str) -> Self {
        let salt = Digest::of("pryv device code", &[username.as_bytes()]);
        let KeyStretching { memory_kib, iterations, parallelism } = CODE_STRETCHING;
        Self(Secret::filled(|key| {
            #[expect(clippy::expect_used, reason = "the parameters are constants within Argon2's bounds")]
            let parameters =
                argon2::Params::new(memory_kib, iterations, parallelism, Some(32)).expect("parameters");
            let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, parameters);
            #[expect(clippy::expect_used, reason = "code, salt and key have lengths that Argon2 takes")]
            argon2.hash_password_into(code.0.as_bytes(), salt.as_bytes(), key).expect("lengths");
        }))
    }

    /// The secret of a payload that was scanned; absent if its length is not 32.
    #[must_use]
    pub fn of_payload(payload: &DevicePayload) -> Option<Self> {
        Secret::from_slice(&payload.secret).map(Self)
    }

    /// What a new device shows.
    #[must_use]
    pub fn payload(&self, device: &DeviceKeys) -> DevicePayload {
        DevicePayload { secret: self.0.expose()[..].into(), request: request(device) }
    }

    /// Where the new device leaves its request.
    #[must_use]
    pub fn request_mailbox(&self) -> MailboxId {
        MailboxId::from_bytes(*hkdf_expand(&self.prk(), b"request mailbox").expose())
    }

    /// Where the old device leaves its answer.
    #[must_use]
    pub fn answer_mailbox(&self) -> MailboxId {
        MailboxId::from_bytes(*hkdf_expand(&self.prk(), b"answer mailbox").expose())
    }

    /// Seals the request of a new device.
    #[must_use]
    pub fn seal_request(&self, device: &DeviceKeys, rng: &mut (impl RngCore + CryptoRng)) -> Bytes {
        wrap::wrap(&self.request_key(), &request_place(), &encode(&request(device)), rng).into()
    }

    /// Opens the request of a new device: whoever made it knows the secret.
    ///
    /// # Errors
    ///
    /// [`EnrolmentError`] if nobody did who knows it.
    pub fn open_request(&self, sealed: &[u8]) -> Result<DeviceRequest, EnrolmentError> {
        let bytes =
            wrap::unwrap(&self.request_key(), &request_place(), sealed).map_err(EnrolmentError::NotOpened)?;
        decode(&bytes).map_err(EnrolmentError::Content)
    }

    /// Seals the answer to a new device.
    ///
    /// # Errors
    ///
    /// [`UnusableKey`] if nothing can be sealed to its key.
    pub fn seal_answer(
        &self,
        request: &DeviceRequest,
        answer: &DeviceAnswer,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Bytes, UnusableKey> {
        let place = answer_place(DeviceId::of(&request.signing, &request.sealing));
        let sealed =
            hpke_seal_psk(&request.sealing, &self.psk(), PSK_ID, INFO, &place, &encode(answer), rng)?;
        Ok(sealed.into())
    }

    /// Opens the answer on the new device: whoever made it knows the secret.
    ///
    /// # Errors
    ///
    /// [`EnrolmentError`] if nobody did who knows it.
    pub fn open_answer(&self, device: &DeviceKeys, sealed: &[u8]) -> Result<DeviceAnswer, EnrolmentError> {
        let place = answer_place(device.id());
        let bytes = hpke_open_psk(device.sealing_secret(), &self.psk(), PSK_ID, INFO, &place, sealed)
            .map_err(EnrolmentError::NotOpened)?;
        decode(&bytes).map_err(EnrolmentError::Content)
    }

    fn prk(&self) -> Secret<32> {
        hkdf_extract(b"pryv enrolment", self.0.expose())
    }

    fn psk(&self) -> Secret<32> {
        hkdf_expand(&self.prk(), b"psk")
    }

    fn request_key(&self) -> AeadKey {
        AeadKey::new(&hkdf_expand(&self.prk(), b"request"))
    }
}

fn request(device: &DeviceKeys) -> DeviceRequest {
    DeviceRequest { signing: device.signing_public(), sealing: device.sealing_public() }
}

fn request_place() -> Vec<u8> {
    encode(&("device request", Suite::CLASSIC))
}

fn answer_place(device: DeviceId) -> Vec<u8> {
    encode(&("device answer", Suite::CLASSIC, device))
}

impl fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceCode(..)")
    }
}

impl fmt::Debug for EnrolmentSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnrolmentSecret(..)")
    }
}

#[cfg(test)]
mod tests;
