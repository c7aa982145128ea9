//! Change of password: seals the same account secret to another password; no data is rewritten.

use super::Account;
use crate::{
    client::LogInError,
    failure::Failure,
    password::{Password, WeakPassword},
    protocol::credential::{PasswordFault, password_fault},
};
use pryv_crypto::password::ClientRegistration;
use pryv_wire::{
    ErrorCode,
    account::{FinishPasswordChange, StartPasswordChange},
    holder::Holders,
};

/// Why a password was not changed. The old one still counts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangePasswordError {
    /// The new password is too weak.
    #[error("the new password is not accepted")]
    WeakPassword(#[source] WeakPassword),
    /// The present password is wrong.
    #[error("the present password is wrong")]
    WrongCredentials,
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
            Self::WrongCredentials => ErrorCode::WrongCredentials.as_str(),
            Self::Failed(failure) => failure.code(),
        }
    }
}

impl Account {
    /// Sets another password, with the present one as a proof. Every other session of the account ends; the recovery phrase
    /// stays the same.
    ///
    /// # Errors
    ///
    /// See [`ChangePasswordError`].
    pub async fn change_password(
        &self,
        present: &Password,
        new_password: &Password,
    ) -> Result<(), ChangePasswordError> {
        new_password.judge(self.username()).map_err(ChangePasswordError::WeakPassword)?;
        let proved = self.client().log_in(self.username(), present).await.map_err(|error| match error {
            LogInError::WrongCredentials => ChangePasswordError::WrongCredentials,
            LogInError::Failed(failure) => ChangePasswordError::Failed(failure),
        })?;
        self.take_session_of(&proved)?;
        self.set_password(new_password).await
    }

    /// Sets another password, in a session that was opened by password or phrase just now.
    pub(crate) async fn set_password(&self, new_password: &Password) -> Result<(), ChangePasswordError> {
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
        let list = self.fresh_holders().await?;
        let keys = self.keys();
        let made = registered.credential(stretching, keys.secrets.present(), self.id(), list.card, &mut rng);
        let password = made.ok_or_else(too_long)?;
        let number = list.number.saturating_add(1);
        let signed_at = self.client().now();
        let key = password.key;
        let next = Holders { number, password: key, signed_at, ..list.clone() };
        let holders = keys.identity.sign(&next);
        self.call(&FinishPasswordChange { password, holders }).await?;
        self.note_password(key);
        self.fresh_holders().await?;
        Ok(())
    }
}
