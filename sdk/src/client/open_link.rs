//! Opening a link, by whoever has its URL: no account is needed.

use super::{Client, open_session};
use crate::{
    access::Access,
    account::{Account, OpenError, OwnKeys, ReceivedAccess},
    collection::Collection,
    distrust::Distrust,
    exchange::Repeat,
    failure::Failure,
    link::ShareLink,
    password::Password,
};
use pryv_crypto::link;
use pryv_proxy_crypto::CardChain;
use pryv_wire::{ErrorCode, ScopeId, account::GetChallenge};

/// A link that is open: what it reaches, for as long as its session lasts.
#[derive(Clone, Debug)]
pub struct OpenedLink {
    account: Account,
    received: ReceivedAccess,
}

impl OpenedLink {
    /// What was granted: by whom is proven against the id in the URL.
    #[must_use]
    pub const fn access(&self) -> &Access {
        &self.received.access
    }

    /// Opens one collection, to read from or to create in.
    ///
    /// # Errors
    ///
    /// As [`ReceivedAccess::open`].
    pub async fn open(&self, scope: ScopeId) -> Result<Collection, OpenError> {
        self.received.open(scope).await
    }

    /// Opens every collection.
    ///
    /// # Errors
    ///
    /// As [`ReceivedAccess::open`].
    pub async fn collections(&self) -> Result<Vec<Collection>, OpenError> {
        self.received.collections().await
    }

    /// Ends the session. Opening the link again is another use of it.
    ///
    /// # Errors
    ///
    /// See [`Failure`].
    pub async fn close(&self) -> Result<(), Failure> {
        self.account.log_out().await
    }
}

/// Why a link was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenLinkError {
    /// The link has a password, and none was given.
    #[error("the link needs its password")]
    PasswordNeeded,
    /// The password is wrong, or this server knows no such link: the two look the same.
    #[error("the password is wrong, or this server knows no such link")]
    Unknown,
    /// It was used as often as its grantor allowed.
    #[error("{}", ErrorCode::LinkExhausted.message())]
    Exhausted,
    /// Its keys could not be made.
    #[error("the keys of the link could not be made")]
    Keys(#[source] link::LinkError),
    /// What can go wrong in every operation; [`Failure::Locked`] if the access has ended, or not begun.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl OpenLinkError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::PasswordNeeded => "password-needed",
            Self::Unknown => "unknown-link",
            Self::Exhausted => ErrorCode::LinkExhausted.as_str(),
            Self::Keys(_) => "link-keys",
            Self::Failed(failure) => failure.code(),
        }
    }

    fn of(failure: Failure) -> Self {
        match failure.refusal() {
            Some(ErrorCode::WrongCredentials) => Self::Unknown,
            Some(ErrorCode::LinkExhausted) => Self::Exhausted,
            _ => Self::Failed(failure),
        }
    }
}

impl Client {
    /// Opens a link, which counts as one use of it; also if the answer to it is lost. A password is used if the link has one.
    ///
    /// # Errors
    ///
    /// See [`OpenLinkError`].
    pub async fn open_link(
        &self,
        link: &ShareLink,
        password: Option<&Password>,
    ) -> Result<OpenedLink, OpenLinkError> {
        let password = match (link.needs_password(), password) {
            (true, None) => return Err(OpenLinkError::PasswordNeeded),
            (true, Some(password)) => Some(password.expose()),
            (false, _) => None,
        };
        let keys = link::keys(link.secret(), password).map_err(OpenLinkError::Keys)?;
        let me = keys.identity.principal();
        let cards = CardChain::verify(std::slice::from_ref(&keys.card), me)
            .map_err(|_| Failure::from(Distrust::WrongCard))?;
        let challenge = self.ask(&GetChallenge {}).await?;
        let open = open_session(&keys.identity, challenge);
        // Once: what was counted is not taken back, and each try may be counted.
        let session = self.call(&open, None, Repeat::Never).await.map_err(OpenLinkError::of)?;
        let keys = OwnKeys::new(keys.secret, keys.identity, vec![keys.card], cards);
        let account = Account::new(self, "", keys, &session, false)?;
        let received = account.received_from(link.account(), link.access()).await?;
        received.access.check().map_err(Failure::from)?;
        Ok(OpenedLink { account, received })
    }
}
