//! Change of password: wraps the same account secret under another password; no data is rewritten.

use super::Account;
use crate::{
    failure::Failure,
    password::{Password, WeakPassword},
    protocol::credential::{PasswordFault, password_fault},
};
use pryv_crypto::password::ClientRegistration;
use pryv_wire::account::{FinishPasswordChange, PasswordCredential, StartPasswordChange};

/// Why a password was not changed. The old one still counts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangePasswordError {
    /// The new password is too weak.
    #[error("the new password is not accepted")]
    WeakPassword(#[source] WeakPassword),
    /// What can go wrong in every operation.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl ChangePasswordError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WeakPassword(_) => "weak-password",
            Self::Failed(failure) => failure.code(),
        }
    }
}

impl Account {
    /// Sets another password. Every other session of the account ends; the recovery phrase stays the same.
    ///
    /// # Errors
    ///
    /// See [`ChangePasswordError`].
    pub async fn change_password(&self, new_password: &Password) -> Result<(), ChangePasswordError> {
        new_password.judge(self.username()).map_err(ChangePasswordError::WeakPassword)?;
        let mut rng = self.client().rng();
        let too_long = || ChangePasswordError::WeakPassword(WeakPassword::TooLong);
        let (registration, request) =
            ClientRegistration::start(new_password.expose(), &mut rng).map_err(|_| too_long())?;
        let response = self.call(&StartPasswordChange { request }).await?.response;
        let stretching = self.client().stretching();
        let registered = registration.finish(&response, &stretching, &mut rng).map_err(|error| {
            match password_fault(&error) {
                PasswordFault::Failed(failure) => ChangePasswordError::Failed(failure),
                PasswordFault::Wrong => too_long(),
            }
        })?;
        let wrap = registered.export_key.wrap(&self.keys().secret, &mut rng);
        let password = PasswordCredential { stretching, upload: registered.upload, wrap };
        self.call(&FinishPasswordChange { password }).await?;
        Ok(())
    }
}
