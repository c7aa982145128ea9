//! Recovery by phrase, when the password is lost.

use super::Client;
use crate::{
    account::{Account, ChangePasswordError},
    failure::Failure,
    password::{Password, WeakPassword},
    protocol::credential,
};
use pryv_crypto::recovery::RecoveryPhrase;
use pryv_wire::{
    ErrorCode,
    account::{Challenge, Recover},
    holder::Holder,
};

/// Why a recovery did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecoverError {
    /// The new password is too weak. Nothing was changed.
    #[error("the new password is not accepted")]
    WeakPassword(#[source] WeakPassword),
    /// The phrase is not this account's, or there is no such account: the two look the same.
    #[error("username and recovery phrase do not match")]
    WrongCredentials,
    /// What can go wrong in every operation. The old password stays until the new one is set.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl RecoverError {
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

impl Client {
    /// Opens an account by its recovery phrase and sets a new password. Every other session of the account ends.
    ///
    /// # Errors
    ///
    /// See [`RecoverError`].
    pub async fn recover(
        &self,
        username: &str,
        phrase: &RecoveryPhrase,
        new_password: &Password,
    ) -> Result<Account, RecoverError> {
        new_password.judge(username).map_err(RecoverError::WeakPassword)?;
        let answer = self
            .answer_challenge(|Challenge { challenge }| Recover {
                username: username.to_owned(),
                challenge,
                signature: phrase.sign_bytes(&Challenge::recovery_bytes(challenge, username)),
            })
            .await
            .map_err(|failure| match failure.refusal() {
                Some(ErrorCode::WrongCredentials) => RecoverError::WrongCredentials,
                _ => RecoverError::Failed(failure),
            })?;
        let keys = credential::open(&phrase.keys(), Holder::Recovery, &answer).map_err(Failure::from)?;
        let account = Account::new(self, username, keys, &answer.session, false)?;
        account.set_password(new_password).await.map_err(|error| match error {
            ChangePasswordError::WeakPassword(weak) => RecoverError::WeakPassword(weak),
            ChangePasswordError::WrongCredentials => RecoverError::WrongCredentials,
            ChangePasswordError::Failed(failure) => RecoverError::Failed(failure),
        })?;
        Ok(account)
    }
}
