//! The node's side of OPAQUE (RFC 9807): it helps to register and to check passwords that it never sees.

use super::error::{Error, Result};
use opaque_ke::{
    CredentialFinalization, CredentialRequest, RegistrationRequest, RegistrationUpload, ServerLogin,
    ServerLoginParameters, ServerRegistration, ServerSetup,
};
use pryv_proxy_crypto::opaque::{CONTEXT, Suite};
use pryv_wire::{Bytes, ErrorCode};
use rand::rngs::OsRng;
use std::fmt;
use zeroize::Zeroizing;

/// The node's password setup: its key pair and the seed of its oblivious function. Whoever has it can try passwords
/// against stolen records, so it is sealed at rest.
pub struct PasswordSetup(ServerSetup<Suite>);

/// What the node keeps between the two steps of a login.
pub(crate) struct LoginState(ServerLogin<Suite>);

impl PasswordSetup {
    /// A new setup.
    #[must_use]
    pub fn generate() -> Self {
        Self(ServerSetup::new(&mut OsRng))
    }

    /// Reads a setup back; none if the bytes are not one.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        ServerSetup::deserialize(bytes).ok().map(Self)
    }

    /// The setup as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.serialize().to_vec())
    }

    /// Answers the first step of a registration.
    pub(crate) fn register(&self, username: &str, request: &[u8]) -> Result<Bytes> {
        let request =
            RegistrationRequest::<Suite>::deserialize(request).map_err(|_| not_opaque("request"))?;
        let started = ServerRegistration::<Suite>::start(&self.0, request, username.as_bytes())
            .map_err(|_| not_opaque("request"))?;
        Ok(Bytes::from(&started.message.serialize()[..]))
    }

    /// Checks that an upload is one, so that the login it is for can work.
    pub(crate) fn check_upload(upload: &[u8]) -> Result<()> {
        RegistrationUpload::<Suite>::deserialize(upload).map(drop).map_err(|_| not_opaque("upload"))
    }

    /// Answers the first step of a login. Without an upload the answer is one that no password opens, made with the
    /// same work.
    pub(crate) fn start_login(
        &self,
        username: &str,
        upload: Option<&[u8]>,
        request: &[u8],
    ) -> Result<(Bytes, LoginState)> {
        let request = CredentialRequest::<Suite>::deserialize(request).map_err(|_| not_opaque("request"))?;
        let file = upload
            .map(ServerRegistration::<Suite>::deserialize)
            .transpose()
            .map_err(|_| Error::internal(crate::store::Error::Row("credential")))?;
        let started =
            ServerLogin::start(&mut OsRng, &self.0, file, request, username.as_bytes(), parameters())
                .map_err(|_| not_opaque("request"))?;
        Ok((Bytes::from(&started.message.serialize()[..]), LoginState(started.state)))
    }
}

impl LoginState {
    /// Checks the last step of a login.
    pub(crate) fn finish(self, finalization: &[u8]) -> Result<()> {
        let finalization = CredentialFinalization::<Suite>::deserialize(finalization)
            .map_err(|_| not_opaque("finalization"))?;
        self.0
            .finish(finalization, parameters())
            .map(drop)
            .map_err(|_| Error::new(ErrorCode::WrongCredentials))
    }
}

fn parameters() -> ServerLoginParameters<'static, 'static> {
    ServerLoginParameters { context: Some(CONTEXT), ..ServerLoginParameters::default() }
}

fn not_opaque(field: &str) -> Error {
    Error::malformed(format!("`{field}` is not a message of OPAQUE in this suite"))
}

impl fmt::Debug for PasswordSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordSetup(..)")
    }
}

impl fmt::Debug for LoginState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginState(..)")
    }
}
