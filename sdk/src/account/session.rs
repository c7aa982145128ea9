//! Sessions: calls with a token, renewal by signature, the list of sessions, log-out.

use super::{Account, lock};
use crate::{
    client::open_session, distrust::Distrust, exchange::Repeat, failure::Failure, locked::LockReason,
};
use pryv_wire::{
    ErrorCode, SessionId, Timestamp,
    account::{EndSession, ListSessions, SessionInfo, SessionOpened},
    bytes::SessionToken,
    card::PrincipalKind,
    operation::Call,
};
use serde::{Deserialize, Serialize};

/// A session that is open.
#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) token: SessionToken,
    pub(crate) expires_at: Timestamp,
}

impl Session {
    pub(crate) const fn of(opened: &SessionOpened) -> Self {
        Self { id: opened.session, token: opened.token, expires_at: opened.expires_at }
    }
}

impl Account {
    /// Sends a call with the session's token. A session that has ended is renewed once, by signature.
    pub(crate) async fn call<C: Call>(&self, call: &C) -> Result<C::Answer, Failure> {
        let token = self.token()?;
        let floors = self.floors();
        let (answer, heads) = match self.client().call_with_heads(call, Some(&token), Repeat::Safe).await {
            Err(failure) if failure.refusal() == Some(ErrorCode::NotAuthenticated) => {
                let token = self.renew(token).await?;
                self.client().call_with_heads(call, Some(&token), Repeat::Safe).await.map_err(ended)?
            }
            answer => answer?,
        };
        self.note_heads(floors, heads.as_deref())?;
        Ok(answer)
    }

    fn token(&self) -> Result<SessionToken, Failure> {
        let session = *lock(&self.0.session);
        session.map(|session| session.token).ok_or_else(|| LockReason::SessionEnded.into())
    }

    /// Opens another session by the account's signature, unless somebody else has renewed it in the meantime.
    async fn renew(&self, ended_token: SessionToken) -> Result<SessionToken, Failure> {
        let token = self.token()?;
        if token != ended_token {
            return Ok(token);
        }
        // Each session of a link is one use of it: whoever holds it decides on the next one.
        if self.own_cards().current().kind == PrincipalKind::Link {
            return Err(LockReason::SessionEnded.into());
        }
        let opened = self
            .client()
            .answer_challenge(|challenge| open_session(&self.identity(), challenge))
            .await
            .map_err(|failure| match failure.refusal() {
                Some(ErrorCode::WrongCredentials | ErrorCode::NotAuthenticated | ErrorCode::NotFound) => {
                    LockReason::SessionEnded.into()
                }
                _ => failure,
            })?;
        if opened.principal != self.id() {
            return Err(Distrust::Substituted { what: "principal" }.into());
        }
        let mut session = lock(&self.0.session);
        // Logged out while the answer was under way: it stays so.
        if session.is_none() {
            return Err(LockReason::SessionEnded.into());
        }
        *session = Some(Session::of(&opened));
        Ok(opened.token)
    }

    /// The open sessions of the account, oldest first.
    ///
    /// # Errors
    ///
    /// See [`Failure`].
    pub async fn sessions(&self) -> Result<Vec<SessionInfo>, Failure> {
        Ok(self.call(&ListSessions {}).await?.sessions)
    }

    /// Ends another session of the account. A device that holds the account's keys can open a new one: change the password
    /// and remove the device's stored session to keep it out.
    ///
    /// # Errors
    ///
    /// See [`Failure`].
    pub async fn end_session(&self, session: SessionId) -> Result<(), Failure> {
        self.call(&EndSession { session: Some(session) }).await?;
        Ok(())
    }

    /// Ends this session, here and at the server. The handle is locked from then on, whatever the server answers.
    ///
    /// # Errors
    ///
    /// See [`Failure`]: the server may not have heard of it; the token ends by itself then.
    pub async fn log_out(&self) -> Result<(), Failure> {
        let session = lock(&self.0.session).take();
        lock(&self.0.scopes).clear();
        let Some(session) = session else { return Ok(()) };
        match self.client().call(&EndSession { session: None }, Some(&session.token), Repeat::Safe).await {
            Ok(_) => Ok(()),
            // It had ended already.
            Err(failure) if failure.refusal() == Some(ErrorCode::NotAuthenticated) => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}

fn ended(failure: Failure) -> Failure {
    match failure.refusal() {
        Some(ErrorCode::NotAuthenticated) => LockReason::SessionEnded.into(),
        _ => failure,
    }
}
