//! Resuming a session that was stored.

use super::Client;
use crate::{
    account::{Account, OwnKeys, StoredSession},
    distrust::Distrust,
    failure::Failure,
    protocol::credential,
};
use pryv_crypto::AccountSecret;

/// Why a stored session was not taken up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResumeError {
    /// It was stored by a newer version.
    #[error("the stored session is of version {found}, which this client does not read; log in again")]
    Version {
        /// Its version.
        found: u32,
    },
    /// Its parts do not belong together: it was changed, or damaged.
    #[error("the stored session is damaged; log in again")]
    Damaged,
}

impl ResumeError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Version { .. } => "unknown-version",
            Self::Damaged => "damaged-session",
        }
    }
}

impl Client {
    /// Takes up a session that [`Account::export_session`] gave. Nothing is sent: an ended session shows at the first
    /// call, and is renewed then.
    ///
    /// # Errors
    ///
    /// See [`ResumeError`].
    pub fn resume(&self, stored: StoredSession) -> Result<Account, ResumeError> {
        if stored.version != StoredSession::VERSION {
            return Err(ResumeError::Version { found: stored.version });
        }
        let secret = AccountSecret::from_slice(&stored.secret).ok_or(ResumeError::Damaged)?;
        let (identity, cards) = credential::identity(&secret, &stored.cards, stored.principal)
            .map_err(|_: Distrust| ResumeError::Damaged)?;
        let keys = OwnKeys::new(secret, identity, stored.cards.clone(), cards);
        Account::resume(self, stored, keys).map_err(|_: Failure| ResumeError::Damaged)
    }
}
