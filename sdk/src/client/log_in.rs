//! Log-in with username and password, on any machine.

use super::Client;
use crate::{
    account::Account,
    exchange::Repeat,
    failure::Failure,
    password::Password,
    protocol::credential::{self, PasswordFault, password_fault},
};
use pryv_crypto::password::ClientLogin;
use pryv_wire::{
    ErrorCode,
    account::{FinishLogin, StartLogin},
    holder::Holder,
};

/// Why a log-in did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogInError {
    /// The password is wrong, or there is no such account: the two look the same.
    #[error("username and password do not match")]
    WrongCredentials,
    /// What can go wrong in every operation.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl LogInError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WrongCredentials => ErrorCode::WrongCredentials.as_str(),
            Self::Failed(failure) => failure.code(),
        }
    }
}

impl Client {
    /// Logs in. Takes as long as the stretching of the password: about 150 ms at the recommended strength.
    ///
    /// # Errors
    ///
    /// See [`LogInError`].
    pub async fn log_in(&self, username: &str, password: &Password) -> Result<Account, LogInError> {
        let mut rng = self.rng();
        let (login, request) =
            ClientLogin::start(password.expose(), &mut rng).map_err(|_| LogInError::WrongCredentials)?;
        let started = self.ask(&StartLogin { username: username.to_owned(), request }).await?;
        let finished = login.finish(&started.response, &started.stretching, &mut rng).map_err(|error| {
            match password_fault(&error) {
                PasswordFault::Wrong => LogInError::WrongCredentials,
                PasswordFault::Failed(failure) => LogInError::Failed(failure),
            }
        })?;
        let finish = FinishLogin { login: started.login, finalization: finished.finalization };
        // The pending log-in is used up by the call: a lost answer begins again, with the person.
        let answer =
            self.call(&finish, None, Repeat::Never).await.map_err(|failure| match failure.refusal() {
                Some(ErrorCode::WrongCredentials) => LogInError::WrongCredentials,
                _ => LogInError::Failed(failure),
            })?;
        let keys = credential::open(&finished.export_key.keys(), Holder::Password, &answer);
        Ok(Account::new(self, username, keys.map_err(Failure::from)?, &answer.session, false)?)
    }
}
