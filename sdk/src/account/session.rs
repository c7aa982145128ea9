//! Sessions: calls with a token, renewal by signature, the list of sessions, log-out.

use super::{Account, OwnKeys, heads::Floors, lock};
use crate::{
    client::open_session,
    distrust::Distrust,
    exchange::{Outgoing, Repeat, read},
    failure::Failure,
    locked::LockReason,
    protocol::credential::{own_keys, secret_fault},
    transport::Answer,
};
use pryv_wire::{
    ErrorCode, SessionId, Signed, Timestamp,
    account::{EndSession, FinishPasswordChange, ListSessions, SessionInfo, SessionOpened},
    bytes::SessionToken,
    card::PrincipalKind,
    operation::Call,
    transaction::Commit,
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
    /// Sends a call with the session's token. A session that has ended is renewed.
    pub(crate) async fn call<C: Call>(&self, call: &C) -> Result<C::Answer, Failure> {
        let (answer, floors) = self.carry(&Outgoing::of(call)).await?;
        let message = read::<C>(&answer)?;
        self.note_heads(floors, answer.heads.as_deref())?;
        Ok(message)
    }

    /// Sends a call; answers with what came back, unread, and with what was known of the chains when it was asked for.
    async fn carry(&self, call: &Outgoing) -> Result<(Answer, Floors), Failure> {
        let mut token = self.token()?;
        let card = self.own_cards().current_digest();
        let floors = self.floors();
        let mut renewals = 0;
        let answer = loop {
            match self.client().carry(call, Some(&token), Repeat::Safe).await {
                Err(failure)
                    if failure.refusal() == Some(ErrorCode::NotAuthenticated) && renewals < RENEWALS =>
                {
                    renewals += 1;
                    token = self.renew(token).await?;
                    // What was signed with the old keys must be made anew.
                    if SIGNED.contains(&call.path()) && self.own_cards().current_digest() != card {
                        return Err(Failure::stale_account());
                    }
                }
                answer => break answer.map_err(ended)?,
            }
        };
        Ok((answer, floors))
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
        self.reopen().await
    }

    /// Opens another session: by signature, or by the key of this device if the account has another card than is known here.
    pub(crate) async fn reopen(&self) -> Result<SessionToken, Failure> {
        let me = self.identity();
        let by_card = self.client().answer_challenge(|challenge| open_session(&me, challenge)).await;
        let opened = match by_card {
            // The account has another card: only a device gets at the secret that goes with it.
            Err(failure) if is_ended(&failure) => self.open_by_device().await?,
            opened => opened?,
        };
        if opened.principal != self.id() {
            return Err(Distrust::Substituted { what: "principal" }.into());
        }
        self.put_session(Session::of(&opened))?;
        Ok(opened.token)
    }

    /// Opens a session by the key of this device, and takes the keys that the account has now.
    async fn open_by_device(&self) -> Result<SessionOpened, Failure> {
        let device = lock(&self.0.device).clone();
        let device = device.ok_or(LockReason::SessionEnded)?;
        let answer = self.client().open_device(self.id(), &device).await;
        let answer = match answer {
            Err(failure) if is_ended(&failure) => return Err(LockReason::SessionEnded.into()),
            answer => answer?,
        };
        let card = answer.cards.last().map(Signed::digest).ok_or(Distrust::WrongCard)?;
        let secret = device.open(self.id(), card, &answer.wrap).map_err(|error| secret_fault(&error))?;
        self.adopt(own_keys(secret, self.id(), &answer)?)?;
        Ok(answer.session)
    }

    /// Opens a session with keys that this account has just been given.
    pub(crate) async fn open_session_with(&self, keys: &OwnKeys) -> Result<(), Failure> {
        let opened =
            self.client().answer_challenge(|challenge| open_session(&keys.identity, challenge)).await?;
        if opened.principal != self.id() {
            return Err(Distrust::Substituted { what: "principal" }.into());
        }
        self.put_session(Session::of(&opened))
    }

    /// Goes on with the session of another handle of the same account, and with what it knows of the account's keys.
    pub(crate) fn take_session_of(&self, other: &Self) -> Result<(), Failure> {
        if other.id() != self.id() {
            return Err(Distrust::OtherAccount.into());
        }
        self.adopt((*other.keys()).clone())?;
        let session = *lock(&other.0.session);
        self.put_session(session.ok_or(LockReason::SessionEnded)?)
    }

    fn put_session(&self, new: Session) -> Result<(), Failure> {
        let mut session = lock(&self.0.session);
        // Logged out while the answer was under way: it stays so.
        if session.is_none() {
            return Err(LockReason::SessionEnded.into());
        }
        *session = Some(new);
        Ok(())
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

/// How often a call renews the session that it goes with: other devices may replace the account secret, which ends it, one
/// after the other.
const RENEWALS: usize = 3;

/// Calls whose content is signed with the account's present card.
const SIGNED: [&str; 2] = [Commit::PATH, FinishPasswordChange::PATH];

fn is_ended(failure: &Failure) -> bool {
    matches!(
        failure.refusal(),
        Some(ErrorCode::WrongCredentials | ErrorCode::NotAuthenticated | ErrorCode::NotFound)
    )
}

fn ended(failure: Failure) -> Failure {
    match failure.refusal() {
        Some(ErrorCode::NotAuthenticated) => LockReason::SessionEnded.into(),
        _ => failure,
    }
}
