//! Passwords: OPAQUE (RFC 9807) on the client's side, and the keys that the export key gives.
//!
//! ```text
//! PRK         = HKDF-Extract("pryv export", export key)
//! sealing key = HKDF-Expand(PRK, "sealing", 32)        X25519: the account secret is sealed to its public half
//! binding key = HKDF-Expand(PRK, "account", 32)        HMAC-SHA-256
//! ```
//!
//! A password is taken in Unicode normalisation form C (as RFC 8265 has it), so that two keyboards give one password.
//! The client enforces a floor on the stretching, so that a server cannot lower it, and a ceiling, so that a server
//! cannot exhaust the client.

use crate::{
    holder::CredentialKeys,
    primitive::hkdf_extract,
    secret::{AccountSecret, Secret},
};
use opaque_ke::{
    ClientLoginFinishParameters, ClientRegistrationFinishParameters, CredentialResponse, Identifiers,
    RegistrationResponse, errors::ProtocolError,
};
use pryv_proxy_crypto::opaque::{CONTEXT, Suite as Opaque};
use pryv_wire::{
    Bytes, Digest, PrincipalId,
    account::{KeyStretching, PasswordCredential},
    holder::Holder,
};
use rand_core::{CryptoRng, RngCore};
use std::fmt;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::{Zeroize, Zeroizing};

/// The least memory, in KiB (OWASP's second choice for Argon2id: 19 MiB, 2 passes).
pub const MIN_MEMORY_KIB: u32 = 19_456;
/// The most memory, in KiB.
pub const MAX_MEMORY_KIB: u32 = 1_048_576;
/// The fewest passes.
pub const MIN_ITERATIONS: u32 = 2;
/// The most passes.
pub const MAX_ITERATIONS: u32 = 16;
/// The most lanes.
pub const MAX_PARALLELISM: u32 = 4;

/// Stretching outside its bounds. Nothing was computed with it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UnacceptableStretching {
    /// Weaker than the floor: a password could be guessed from what the server stores.
    #[error("the server asks for weaker stretching than {MIN_MEMORY_KIB} KiB and {MIN_ITERATIONS} passes")]
    TooWeak,
    /// Stronger than the ceiling: it would exhaust this machine.
    #[error(
        "the server asks for more than {MAX_MEMORY_KIB} KiB, {MAX_ITERATIONS} passes or {MAX_PARALLELISM} lanes"
    )]
    TooStrong,
}

/// Why a registration or login did not succeed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// The stretching is outside its bounds.
    #[error("the stretching is not acceptable")]
    Stretching(#[source] UnacceptableStretching),
    /// The password is wrong, or there is no such account: the two look the same.
    #[error("username and password do not match")]
    WrongPassword,
    /// The server's answer is not a message of the protocol.
    #[error("the server's answer is not a message of the protocol")]
    InvalidAnswer,
    /// The password cannot be used at all: it is longer than 65,535 bytes.
    #[error("the password cannot be used")]
    Unusable,
}

/// Checks stretching against floor and ceiling.
///
/// # Errors
///
/// [`UnacceptableStretching`] says on which side it falls.
pub const fn check_floor(stretching: &KeyStretching) -> Result<(), UnacceptableStretching> {
    let KeyStretching { memory_kib, iterations, parallelism } = *stretching;
    if memory_kib < MIN_MEMORY_KIB || iterations < MIN_ITERATIONS || parallelism < 1 {
        return Err(UnacceptableStretching::TooWeak);
    }
    if memory_kib > MAX_MEMORY_KIB || iterations > MAX_ITERATIONS || parallelism > MAX_PARALLELISM {
        return Err(UnacceptableStretching::TooStrong);
    }
    Ok(())
}

/// A registration whose request was sent.
pub struct ClientRegistration {
    state: opaque_ke::ClientRegistration<Opaque>,
    password: Zeroizing<String>,
}

/// A registration that is complete on the client's side.
#[derive(Debug)]
pub struct Registered {
    /// The registration record, for the server.
    pub upload: Bytes,
    /// Gives the keys that the account secret is sealed to.
    pub export_key: ExportKey,
}

impl Registered {
    /// Everything a server keeps of the password.
    #[must_use]
    pub fn credential(
        self,
        stretching: KeyStretching,
        secret: &AccountSecret,
        account: PrincipalId,
        card: Digest,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Option<PasswordCredential> {
        let keys = self.export_key.keys();
        let wrap = keys.seal(secret, account, card, rng).ok()?;
        let (key, binding) = (keys.public(), keys.bind(account));
        Some(PasswordCredential { stretching, upload: self.upload, key, binding, wrap })
    }
}

impl ClientRegistration {
    /// Starts a registration: gives the request for the server.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Unusable`] if the password is too long.
    pub fn start(
        password: &str,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(Self, Bytes), PasswordError> {
        let password = normalised(password);
        let started = opaque_ke::ClientRegistration::<Opaque>::start(rng, password.as_bytes())
            .map_err(|_| PasswordError::Unusable)?;
        let request = Bytes::from(started.message.serialize().as_slice());
        Ok((Self { state: started.state, password }, request))
    }

    /// Finishes a registration with the server's answer. Takes as long as the stretching.
    ///
    /// # Errors
    ///
    /// [`PasswordError`] if the stretching is out of bounds or the answer is no answer.
    pub fn finish(
        self,
        response: &[u8],
        stretching: &KeyStretching,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Registered, PasswordError> {
        let ksf = stretch(stretching)?;
        let response =
            RegistrationResponse::deserialize(response).map_err(|_| PasswordError::InvalidAnswer)?;
        let parameters = ClientRegistrationFinishParameters::new(Identifiers::default(), Some(&ksf));
        let mut finished = self
            .state
            .finish(rng, self.password.as_bytes(), response, parameters)
            .map_err(|_| PasswordError::InvalidAnswer)?;
        Ok(Registered {
            upload: Bytes::from(finished.message.serialize().as_slice()),
            export_key: ExportKey::take(finished.export_key.as_mut_slice()),
        })
    }
}

/// A login whose request was sent.
pub struct ClientLogin {
    state: opaque_ke::ClientLogin<Opaque>,
    password: Zeroizing<String>,
}

/// A login that is complete on the client's side.
#[derive(Debug)]
pub struct LoggedIn {
    /// The last message, for the server.
    pub finalization: Bytes,
    /// Opens the account secret.
    pub export_key: ExportKey,
}

impl ClientLogin {
    /// Starts a login: gives the request for the server.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Unusable`] if the password is too long.
    pub fn start(
        password: &str,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(Self, Bytes), PasswordError> {
        let password = normalised(password);
        let started = opaque_ke::ClientLogin::<Opaque>::start(rng, password.as_bytes())
            .map_err(|_| PasswordError::Unusable)?;
        let request = Bytes::from(started.message.serialize().as_slice());
        Ok((Self { state: started.state, password }, request))
    }

    /// Finishes a login with the server's answer. Takes as long as the stretching.
    ///
    /// # Errors
    ///
    /// [`PasswordError`] if the stretching is out of bounds, the password wrong, or the answer no answer.
    pub fn finish(
        self,
        response: &[u8],
        stretching: &KeyStretching,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<LoggedIn, PasswordError> {
        let ksf = stretch(stretching)?;
        let response = CredentialResponse::deserialize(response).map_err(|_| PasswordError::InvalidAnswer)?;
        let parameters = ClientLoginFinishParameters::new(Some(CONTEXT), Identifiers::default(), Some(&ksf));
        let mut finished =
            self.state.finish(rng, self.password.as_bytes(), response, parameters).map_err(|error| {
                match error {
                    ProtocolError::InvalidLoginError => PasswordError::WrongPassword,
                    _ => PasswordError::InvalidAnswer,
                }
            })?;
        finished.session_key.as_mut_slice().zeroize();
        Ok(LoggedIn {
            finalization: Bytes::from(finished.message.serialize().as_slice()),
            export_key: ExportKey::take(finished.export_key.as_mut_slice()),
        })
    }
}

/// The key that only the right password gives, and that the server never sees.
pub struct ExportKey(Secret<64>);

impl ExportKey {
    /// Copies the key from bytes: for the vectors, and for whoever runs the protocol elsewhere. Absent if the length is
    /// not 64.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Secret::from_slice(bytes).map(Self)
    }

    fn take(bytes: &mut [u8]) -> Self {
        let secret = Secret::filled(|key| key.iter_mut().zip(&*bytes).for_each(|(to, from)| *to = *from));
        bytes.zeroize();
        Self(secret)
    }

    /// The keys that the account secret is sealed to.
    #[must_use]
    pub fn keys(&self) -> CredentialKeys {
        CredentialKeys::derive(Holder::Password, &hkdf_extract(b"pryv export", self.0.expose()))
    }
}

pub(crate) fn normalised(password: &str) -> Zeroizing<String> {
    // Room for the longest form, so that no half-filled buffer is left behind unwiped.
    let mut text = Zeroizing::new(String::with_capacity(password.len() * 3));
    text.extend(password.nfc());
    text
}

pub(crate) fn stretch(stretching: &KeyStretching) -> Result<argon2::Argon2<'static>, PasswordError> {
    check_floor(stretching).map_err(PasswordError::Stretching)?;
    let KeyStretching { memory_kib, iterations, parallelism } = *stretching;
    let parameters = argon2::Params::new(memory_kib, iterations, parallelism, None)
        .map_err(|_| PasswordError::Stretching(UnacceptableStretching::TooStrong))?;
    Ok(argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, parameters))
}

/// Declares `Debug` that says the name and no more.
macro_rules! redacted {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}

redacted!(ClientRegistration, ClientLogin, ExportKey);

#[cfg(test)]
mod tests;
