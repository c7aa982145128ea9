//! Who calls: a principal, by the token of a session.

use crate::store::{self, Reading, SessionHash};
use pryv_wire::{PrincipalId, SessionId, Timestamp, bytes::SessionToken, card::PrincipalKind};

/// Proof that the token of an open session was shown.
#[derive(Clone, Debug)]
pub struct Caller {
    principal: PrincipalId,
    kind: PrincipalKind,
    session: SessionId,
    expires_at: Timestamp,
}

impl Caller {
    /// Who it is.
    #[must_use]
    pub const fn principal(&self) -> PrincipalId {
        self.principal
    }

    /// What kind of principal it is.
    #[must_use]
    pub const fn kind(&self) -> PrincipalKind {
        self.kind
    }

    /// Whether the account is the caller's own. Apps and links own nothing: whoever registers one must not get room for
    /// data with it.
    #[must_use]
    pub fn owns(&self, account: PrincipalId) -> bool {
        self.principal == account && self.kind == PrincipalKind::Account
    }

    /// The session that asks.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// When the session ends.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

/// The caller behind a token; none if the session is unknown or over.
///
/// # Errors
///
/// As the store.
pub fn authenticate(
    reading: &Reading<'_>,
    token: &SessionToken,
    now: Timestamp,
) -> store::Result<Option<Caller>> {
    let found = reading.session(SessionHash::of(token))?.filter(|session| now < session.expires_at);
    Ok(found.map(|session| Caller {
        principal: session.principal,
        kind: session.kind,
        session: session.session,
        expires_at: session.expires_at,
    }))
}
