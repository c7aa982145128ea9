//! Sessions: found by the hash of their token, listed by account, swept by expiry.

use super::{
    Error, Reading, Result, Tx,
    key::{self, Silo, Table, tail},
};
use crate::permission::{Caller, Owner};
use pryv_engine::Scan;
use pryv_wire::{PrincipalId, SessionId, Timestamp, bytes::SessionToken, card::PrincipalKind, encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{fmt, ops::ControlFlow};

/// The SHA-256 of a session's token: all that the node keeps of it.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct SessionHash([u8; 32]);

impl SessionHash {
    /// The hash of a token.
    #[must_use]
    pub fn of(token: &SessionToken) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }
}

impl fmt::Debug for SessionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionHash(..)")
    }
}

/// An open session.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Session {
    /// Names it.
    pub session: SessionId,
    /// Whose it is.
    pub principal: PrincipalId,
    /// What kind of principal it is.
    pub kind: PrincipalKind,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When its token ends.
    pub expires_at: Timestamp,
    /// Whether it was opened by password or phrase, and not by a key that a machine keeps.
    pub proved: bool,
}

fn session_key(hash: SessionHash) -> Vec<u8> {
    key::node(Table::Session, &[&hash.0])
}

fn expiry_key(expires_at: Timestamp, hash: SessionHash) -> Vec<u8> {
    key::node(Table::SessionExpiry, &[&expires_at.as_millis().to_be_bytes(), &hash.0])
}

impl Reading<'_> {
    /// The session of a token, expired or not.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn session(&self, hash: SessionHash) -> Result<Option<Session>> {
        self.row("session", &session_key(hash))
    }

    /// The sessions of a principal.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn sessions_of(&self, caller: &Caller) -> Result<Vec<Session>> {
        Ok(self.hashes_of(caller.principal())?.into_iter().map(|(_, session)| session).collect())
    }

    fn hashes_of(&self, principal: PrincipalId) -> Result<Vec<(SessionHash, Session)>> {
        let rows = self.rows.entries(&Silo::of(principal).scan(Table::SessionOf, &[]))?;
        let mut sessions = Vec::with_capacity(rows.len());
        for (_, row) in rows {
            let hash = SessionHash(<[u8; 32]>::try_from(&row[..]).map_err(|_| Error::Row("session of"))?);
            if let Some(session) = self.session(hash)? {
                sessions.push((hash, session));
            }
        }
        sessions.sort_by_key(|(_, session)| session.opened_at);
        Ok(sessions)
    }
}

impl Tx<'_> {
    /// Opens a session; beyond `most` of one principal, the oldest ends.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn open_session(&mut self, hash: SessionHash, session: &Session, most: usize) -> Result<()> {
        use super::At as _;
        let open = self.reading().hashes_of(session.principal)?;
        let surplus = open.len().saturating_add(1).saturating_sub(most.max(1));
        for (old, row) in open.into_iter().take(surplus) {
            self.remove_session(old, &row)?;
        }
        self.rows.put(&session_key(hash), &encode(session))?;
        self.rows.put(&expiry_key(session.expires_at, hash), &[])?;
        let listed = Silo::of(session.principal).key(Table::SessionOf, &[session.session.as_bytes()]);
        Ok(self.rows.put(&listed, &hash.0)?)
    }

    /// Whether the caller's session was not ended since the caller was known by it.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn is_open(&self, caller: &Caller) -> Result<bool> {
        let listed = Silo::of(caller.principal()).key(Table::SessionOf, &[caller.session().as_bytes()]);
        Ok(self.rows.get(&listed)?.is_some())
    }

    /// Ends a session of the caller. Answers whether there was one.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn end_session(&mut self, caller: &Caller, session: SessionId) -> Result<bool> {
        use super::At as _;
        let open = self.reading().hashes_of(caller.principal())?;
        let Some((hash, row)) = open.into_iter().find(|(_, row)| row.session == session) else {
            return Ok(false);
        };
        self.remove_session(hash, &row)?;
        Ok(true)
    }

    /// When the caller's session was opened by password or phrase; none if it was not, or is over.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn proved_at(&self, caller: &Caller) -> Result<Option<Timestamp>> {
        use super::At as _;
        let open = self.reading().sessions_of(caller)?;
        let own = open.into_iter().find(|session| session.session == caller.session());
        Ok(own.filter(|session| session.proved).map(|session| session.opened_at))
    }

    /// Ends every session of an account.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn end_all_sessions(&mut self, owner: &Owner<'_>) -> Result<()> {
        use super::At as _;
        for (hash, row) in self.reading().hashes_of(owner.account())? {
            self.remove_session(hash, &row)?;
        }
        Ok(())
    }

    /// Ends every session of the caller but the one that asks.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn end_other_sessions(&mut self, caller: &Caller) -> Result<()> {
        use super::At as _;
        for (hash, row) in self.reading().hashes_of(caller.principal())? {
            if row.session != caller.session() {
                self.remove_session(hash, &row)?;
            }
        }
        Ok(())
    }

    /// Removes up to `most` sessions that ended before `now`. Answers how many.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn sweep_sessions(&mut self, now: Timestamp, most: usize) -> Result<usize> {
        let start = key::node(Table::SessionExpiry, &[]);
        let end = key::node(Table::SessionExpiry, &[&now.as_millis().to_be_bytes()]);
        let mut swept = 0_usize;
        for (expiry, _) in self.rows.entries(&Scan::range(&start, &end).limited(most))? {
            let hash = SessionHash(tail(&expiry).ok_or(Error::Row("session expiry"))?);
            match self.rows.get(&session_key(hash))? {
                Some(row) => self.remove_session(hash, &super::decode::<Session>("session", &row)?)?,
                None => self.rows.delete(&expiry)?,
            }
            swept = swept.saturating_add(1);
        }
        Ok(swept)
    }

    fn remove_session(&mut self, hash: SessionHash, session: &Session) -> Result<()> {
        self.rows.delete(&session_key(hash))?;
        self.rows.delete(&expiry_key(session.expires_at, hash))?;
        let listed = Silo::of(session.principal).key(Table::SessionOf, &[session.session.as_bytes()]);
        Ok(self.rows.delete(&listed)?)
    }
}

/// How far sessions are counted for metrics, so that asking stays cheap.
const COUNTED: u64 = 100_000;

impl Reading<'_> {
    /// How many sessions there are, those that are over and not swept included; up to 100,000.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn count_sessions(&self) -> Result<u64> {
        let mut count = 0_u64;
        self.rows.scan(&Scan::prefix(&key::node(Table::SessionExpiry, &[])), &mut |_, _| {
            count = count.saturating_add(1);
            if count >= COUNTED { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(count)
    }
}
