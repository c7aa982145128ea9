//! Recovery by phrase: the phrase's key signs a challenge, the account secret goes back under the phrase.

use super::{
    Error, Result, Service, accounts::is_username, holders::logged_in, login::NO_SUCH_KEY, sessions::Opened,
};
use crate::store::{At as _, Credential};
use pryv_wire::{
    ErrorCode, PrincipalId,
    account::{Challenge, LoggedIn, Recover},
    audit::Act,
};

impl Service {
    /// Opens a session for whoever holds the phrase.
    ///
    /// # Errors
    ///
    /// `wrong-credentials`, whatever did not match, the username included.
    pub async fn recover(&self, request: Recover) -> Result<LoggedIn> {
        let now = self.now();
        let wrong = || Error::new(ErrorCode::WrongCredentials);
        self.inner.challenges.take(now, request.challenge).ok_or_else(wrong)?;
        let (id, verifier) = self
            .blocking(move |inner| {
                let Recover { username, challenge, signature } = request;
                let found: Option<(PrincipalId, Credential)> = inner.store.read(|view| {
                    let id = if is_username(&username) { view.account_named(&username)? } else { None };
                    let Some(id) = id else { return Ok(None) };
                    Ok::<_, Error>(view.credential(id)?.map(|credential| (id, credential)))
                })?;
                let key = found.as_ref().map_or(NO_SUCH_KEY, |(_, credential)| credential.recovery.verifier);
                let message = Challenge::recovery_bytes(challenge, &username);
                let verified = pryv_proxy_crypto::verify(&key, &message, &signature);
                match (verified, found) {
                    (Ok(()), Some((id, _))) => Ok((id, key)),
                    _ => Err(Error::new(ErrorCode::WrongCredentials)),
                }
            })
            .await?;
        let opened = Opened::proved(id, now, &self.inner);
        self.inner
            .store
            .update(move |tx| {
                let credential = tx.reading().credential(id)?.filter(|it| it.recovery.verifier == verifier);
                let recovery = credential.ok_or_else(|| Error::new(ErrorCode::WrongCredentials))?.recovery;
                logged_in(tx, opened, Act::Recovery, recovery.wrap, Some(recovery.binding))
            })
            .await
    }
}
