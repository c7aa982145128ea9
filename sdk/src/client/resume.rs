//! Resuming a session that was stored.

use super::Client;
use crate::{
    account::{Account, OwnKeys, StoredSession},
    distrust::Distrust,
    failure::Failure,
};
use pryv_crypto::{AccountSecret, AccountSecrets, DeviceKeys};

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
        let secret = |bytes: &[u8]| AccountSecret::from_slice(bytes).ok_or(ResumeError::Damaged);
        let earlier = stored.earlier.iter().map(|bytes| secret(bytes)).collect::<Result<_, _>>()?;
        let secrets = AccountSecrets::new(secret(&stored.secret)?, earlier);
        let keys = OwnKeys::verify(secrets, stored.principal, stored.cards.clone(), stored.holders.clone());
        let device =
            stored.device.as_ref().map(|seed| DeviceKeys::from_slice(seed).ok_or(ResumeError::Damaged));
        let (keys, device) = (keys.map_err(|_: Distrust| ResumeError::Damaged)?, device.transpose()?);
        Account::resume(self, stored, keys, device).map_err(|_: Failure| ResumeError::Damaged)
    }
}
