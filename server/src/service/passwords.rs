//! Change of password: the account secret under a new export key, and every other session over.

use super::{Error, Result, Service, accounts::check_password, sessions::check_open};
use crate::permission::Caller;
use pryv_wire::{
    ErrorCode,
    account::{Done, FinishPasswordChange, RegistrationStarted, StartPasswordChange},
};

impl Service {
    /// Answers the first step of a change of password.
    ///
    /// # Errors
    ///
    /// `malformed-message`.
    pub async fn start_password_change(
        &self,
        caller: Caller,
        request: StartPasswordChange,
    ) -> Result<RegistrationStarted> {
        self.blocking(move |inner| {
            let account = inner.store.peek(|view| view.account(caller.principal()))?;
            let account = account.ok_or_else(|| Error::new(ErrorCode::NotFound))?;
            let response = inner.passwords.register(&account.username, &request.request)?;
            Ok(RegistrationStarted { response })
        })
        .await
    }

    /// Replaces the password and ends every other session, in one transaction.
    ///
    /// # Errors
    ///
    /// `unknown-suite`, `out-of-range`, `malformed-message`, `not-authenticated` if the session was ended meanwhile.
    pub async fn finish_password_change(
        &self,
        caller: Caller,
        request: FinishPasswordChange,
    ) -> Result<Done> {
        let password = self
            .blocking(move |_| {
                check_password(&request.password)?;
                Ok(request.password)
            })
            .await?;
        self.inner
            .store
            .update(move |tx| {
                check_open(tx, &caller)?;
                tx.replace_password(&caller, password)?;
                tx.end_other_sessions(&caller)?;
                Ok(Done {})
            })
            .await
    }
}
