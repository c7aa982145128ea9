//! Sessions: opened by a signature, listed, ended.

use super::{Error, Inner, Result, Service, login::NO_SUCH_KEY};
use crate::{
    permission::Caller,
    store::{self, At as _, AuditLimits, NewEntry, Session, SessionHash, Tx},
};
use pryv_wire::{
    ErrorCode, PrincipalId, SessionId, Timestamp,
    account::{
        Challenge, Done, EndSession, GetChallenge, ListSessions, OpenSession, SessionInfo, SessionOpened,
        Sessions,
    },
    audit::Act,
    bytes::SessionToken,
    card::PrincipalKind,
};
use rand::{RngCore, rngs::OsRng};
use std::future::{Ready, ready};

/// A session about to be opened, with the token that only the client will keep.
#[derive(Clone, Copy)]
pub(super) struct Opened {
    session: Session,
    token: SessionToken,
    /// How many sessions of one principal are open at once.
    most: usize,
    limits: AuditLimits,
}

impl Opened {
    pub(super) fn new(principal: PrincipalId, kind: PrincipalKind, now: Timestamp, inner: &Inner) -> Self {
        let (mut token, mut session) = ([0; SessionToken::LENGTH], [0; SessionId::LENGTH]);
        OsRng.fill_bytes(&mut token);
        OsRng.fill_bytes(&mut session);
        let session = Session {
            session: SessionId::from_bytes(session),
            principal,
            kind,
            opened_at: now,
            expires_at: now.plus_millis(inner.rules.session_millis),
            proved: false,
        };
        let (most, limits) = (inner.rules.sessions_per_account, inner.audit_limits());
        Self { session, token: SessionToken::from_bytes(token), most, limits }
    }

    /// A session of somebody who has just shown password or phrase.
    pub(super) fn proved(principal: PrincipalId, now: Timestamp, inner: &Inner) -> Self {
        let opened = Self::new(principal, PrincipalKind::Account, now, inner);
        Self { session: Session { proved: true, ..opened.session }, ..opened }
    }
}

/// Stores the session, enters it in the audit, and answers what the client gets.
pub(super) fn open<E: From<store::Error>>(
    tx: &mut Tx<'_>,
    opened: Opened,
    act: Act,
) -> std::result::Result<SessionOpened, E> {
    let Opened { session, token, most, limits } = opened;
    tx.open_session(SessionHash::of(&token), &session, most)?;
    let Session { session, principal, kind, opened_at, expires_at, .. } = session;
    // Nobody reads the audit of an app: it owns nothing that somebody could have reached.
    if kind == PrincipalKind::App {
        return Ok(SessionOpened { session, token, principal, expires_at });
    }
    // Of a link the account hears that made it; those who hold the same link hear nothing of each other.
    let link = if kind == PrincipalKind::Link { tx.reading().link(principal)? } else { None };
    let entry = NewEntry {
        account: link.map_or(principal, |link| link.account),
        principal,
        access: link.map(|link| link.access),
        session: link.is_none().then_some(session),
        act,
        scopes: Vec::new(),
        records: 0,
    };
    tx.append_audit(entry, opened_at, limits)?;
    Ok(SessionOpened { session, token, principal, expires_at })
}

/// Refuses a caller whose session was ended after its token was shown: a body may come half a minute behind its head.
pub(super) fn check_open(tx: &Tx<'_>, caller: &Caller) -> Result<()> {
    if tx.is_open(caller)? { Ok(()) } else { Err(Error::new(ErrorCode::NotAuthenticated)) }
}

/// How long a session that was opened by password or phrase may replace the password, in milliseconds.
const PROOF_MILLIS: u64 = 600_000;

/// Refuses a caller who has not shown password or phrase within the last minutes: whoever takes a device takes its
/// session, and shall not shut its owner out.
pub(super) fn check_proof(tx: &Tx<'_>, caller: &Caller, now: Timestamp) -> Result<()> {
    match tx.proved_at(caller)? {
        Some(at) if now.millis_since(at) < PROOF_MILLIS => Ok(()),
        _ => Err(Error::new(ErrorCode::ProofNeeded)),
    }
}

impl Service {
    /// Random bytes to sign once, within a minute.
    ///
    /// # Errors
    ///
    /// `overloaded` if very many wait for an answer.
    pub fn challenge(&self, _request: GetChallenge) -> Ready<Result<Challenge>> {
        let begun = self.inner.challenges.begin(self.now(), ());
        ready(begun.map(|challenge| Challenge { challenge }).map_err(|_| Error::new(ErrorCode::Overloaded)))
    }

    /// Opens a session by the signature of the principal's card. Of a link it counts as a use.
    ///
    /// # Errors
    ///
    /// `wrong-credentials`, whatever did not match; `link-exhausted`.
    pub async fn open_session(&self, request: OpenSession) -> Result<SessionOpened> {
        let now = self.now();
        self.inner.challenges.take(now, request.challenge).ok_or_else(wrong)?;
        let principal = request.principal;
        let (kind, signed_with) = self
            .blocking(move |inner| {
                let cards = inner.store.peek(|view| view.cards(principal))?;
                let card = cards.last().map(pryv_wire::Signed::unverified).transpose()?;
                // Without a card as much work is done, against a key that nobody holds.
                let key = card.as_ref().map_or(NO_SUCH_KEY, |card| card.signing);
                let message = Challenge::session_bytes(request.challenge, principal);
                let verified = pryv_proxy_crypto::verify(&key, &message, &request.signature);
                match (card, verified) {
                    // Nobody acts as a group: its members act as themselves.
                    (Some(card), Ok(())) if card.kind != PrincipalKind::Group => {
                        Ok((card.kind, card.signing))
                    }
                    _ => Err(wrong()),
                }
            })
            .await?;
        let opened = Opened::new(principal, kind, now, &self.inner);
        self.inner
            .store
            .update(move |tx| {
                // A rotation in between ended the sessions that there were, and this is none of them yet.
                let cards = tx.reading().cards(principal)?;
                let present = cards.last().map(pryv_wire::Signed::unverified).transpose()?;
                if present.is_none_or(|card| card.signing != signed_with) {
                    return Err(wrong());
                }
                if kind == PrincipalKind::Link {
                    count_use(tx, principal, now)?;
                }
                open(tx, opened, Act::Session)
            })
            .await
    }

    /// The open sessions of the caller. Who came by a link sees its own only: others hold the same link.
    ///
    /// # Errors
    ///
    /// As the store.
    pub async fn list_sessions(&self, caller: Caller, _request: ListSessions) -> Result<Sessions> {
        let now = self.now();
        self.blocking(move |inner| {
            let open = inner.store.read(|view| view.sessions_of(&caller))?;
            let sessions = open
                .into_iter()
                .filter(|session| now < session.expires_at && may_end(&caller, session.session))
                .map(|Session { session, opened_at, expires_at, .. }| SessionInfo {
                    session,
                    opened_at,
                    expires_at,
                    current: session == caller.session(),
                })
                .collect();
            Ok(Sessions { sessions })
        })
        .await
    }

    /// Ends a session of the caller: the one that asks, or another.
    ///
    /// # Errors
    ///
    /// `not-found` if the caller has no such session.
    pub async fn end_session(&self, caller: Caller, request: EndSession) -> Result<Done> {
        let session = request.session.unwrap_or_else(|| caller.session());
        if !may_end(&caller, session) {
            return Err(Error::new(ErrorCode::NotFound));
        }
        let ended: Result<bool> =
            self.inner.store.update(move |tx| Ok(tx.end_session(&caller, session)?)).await;
        if ended? { Ok(Done {}) } else { Err(Error::new(ErrorCode::NotFound)) }
    }
}

/// Whether a session is one that the caller may see and end. The sessions of one link belong to different people.
fn may_end(caller: &Caller, session: SessionId) -> bool {
    caller.kind() != PrincipalKind::Link || session == caller.session()
}

/// Counts the use of a link, in the transaction that opens its session. What its grantor signed the end of, and what is
/// outside its dates, is opened without being counted: the session reaches nothing but the evidence of that.
fn count_use(tx: &mut Tx<'_>, principal: PrincipalId, now: Timestamp) -> Result<()> {
    let link = tx.reading().link(principal)?.ok_or_else(wrong)?;
    let entry = tx.reading().entry_of(link.account, principal, link.access)?;
    if !entry.is_some_and(|entry| entry.is_valid_at(now)) {
        return Ok(());
    }
    if link.is_exhausted() {
        return Err(Error::new(ErrorCode::LinkExhausted));
    }
    Ok(tx.count_use(principal, link)?)
}

fn wrong() -> Error {
    Error::new(ErrorCode::WrongCredentials)
}
