//! Login by password (OPAQUE). A username that nobody has gets an answer too, which no password opens.

use super::{
    Error, Result, Service, accounts::is_username, holders::logged_in, opaque::LoginState, sessions::Opened,
};
use crate::store::{At as _, Credential};
use pryv_wire::{
    Bytes, ErrorCode, PrincipalId,
    account::{FinishLogin, KeyStretching, LoggedIn, LoginStarted, StartLogin},
    audit::Act,
    bytes::SigningPublicKey,
};

/// A valid key that stands in where there is none, so that both cases take the same time: the base point of Ed25519's
/// curve (RFC 8032, section 5.1). Anybody can sign for it; what it verifies opens nothing.
pub(super) const NO_SUCH_KEY: SigningPublicKey = SigningPublicKey::from_bytes([
    0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
    0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
]);

/// What is kept between the two steps of a login.
#[derive(Debug)]
pub(crate) struct PendingLogin {
    state: LoginState,
    account: Option<PendingAccount>,
}

#[derive(Debug)]
struct PendingAccount {
    id: PrincipalId,
    upload: Bytes,
}

impl Service {
    /// Answers the first step of a login.
    ///
    /// # Errors
    ///
    /// `malformed-message`, `overloaded`; nothing that tells whether the username is known.
    pub async fn start_login(&self, request: StartLogin) -> Result<LoginStarted> {
        let now = self.now();
        self.blocking(move |inner| {
            let StartLogin { username, request } = request;
            let found: Option<(PrincipalId, Credential)> = if is_username(&username) {
                inner.store.read(|view| {
                    let Some(id) = view.account_named(&username)? else { return Ok(None) };
                    Ok::<_, Error>(view.credential(id)?.map(|credential| (id, credential)))
                })?
            } else {
                None
            };
            let password = found.map(|(id, credential)| (id, credential.password));
            let upload = password.as_ref().map(|(_, password)| password.upload.as_slice());
            let (response, state) = inner.passwords.start_login(&username, upload, &request)?;
            let stretching =
                password.as_ref().map_or(KeyStretching::RECOMMENDED, |(_, password)| password.stretching);
            let account = password.map(|(id, password)| PendingAccount { id, upload: password.upload });
            let begun = inner.logins.begin(now, PendingLogin { state, account });
            let login = begun.map_err(|_| Error::new(ErrorCode::Overloaded))?;
            Ok(LoginStarted { login, stretching, response })
        })
        .await
    }

    /// Checks the last step of a login and opens a session.
    ///
    /// # Errors
    ///
    /// `wrong-credentials`, also for a login that is over or was never begun.
    pub async fn finish_login(&self, request: FinishLogin) -> Result<LoggedIn> {
        let now = self.now();
        let wrong = || Error::new(ErrorCode::WrongCredentials);
        let pending = self.inner.logins.take(now, request.login).ok_or_else(wrong)?;
        let account = self
            .blocking(move |_| {
                let PendingLogin { state, account } = pending;
                state.finish(&request.finalization)?;
                account.ok_or_else(|| Error::new(ErrorCode::WrongCredentials))
            })
            .await?;
        let PendingAccount { id, upload } = account;
        let opened = Opened::proved(id, now, &self.inner);
        self.inner
            .store
            .update(move |tx| {
                // A password that was changed since the first step opens nothing any more.
                let credential = tx.reading().credential(id)?.filter(|it| it.password.upload == upload);
                let password = credential.ok_or_else(|| Error::new(ErrorCode::WrongCredentials))?.password;
                logged_in(tx, opened, Act::Login, password.wrap, Some(password.binding))
            })
            .await
    }
}
