//! Making a link: a principal of its own, that nobody but the holders of a URL can be.

use super::{Account, Grant, GrantError};
use crate::{
    access::{Access, GrantedAccess},
    failure::Failure,
    link::ShareLink,
    password::{Password, WeakPassword},
};
use pryv_crypto::{LinkSecret, link};
use pryv_proxy_crypto::CardChain;
use pryv_wire::access::Level;

/// What a link may be granted: it reads, or it is a drop box.
const LEVELS: &[Level] = &[Level::Read, Level::CreateOnly];

/// A link to be made: what it opens, how often, with which password.
#[derive(Debug)]
#[must_use]
pub struct NewLink {
    grant: Grant,
    uses: Option<u32>,
    password: Option<Password>,
}

impl NewLink {
    /// A link that opens what is granted, between the dates of the grant. Begin with [`Grant::to_link`].
    pub const fn of(grant: Grant) -> Self {
        Self { grant, uses: None, password: None }
    }

    /// How many sessions it opens. The server counts: a dishonest one counts as it likes.
    pub const fn uses(mut self, uses: u32) -> Self {
        self.uses = Some(uses);
        self
    }

    /// Without this password, the URL opens nothing. It travels by another way than the URL.
    pub fn password(mut self, password: Password) -> Self {
        self.password = Some(password);
        self
    }
}

/// A link that was made.
#[derive(Debug)]
#[non_exhaustive]
pub struct CreatedLink {
    /// What it opens. Revoking it ends the link.
    pub access: Access,
    /// To be handed out now: it is kept nowhere and cannot be shown again.
    pub link: ShareLink,
}

/// Why a link was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateLinkError {
    /// A link reads or creates, and does nothing else.
    #[error("a link can be granted `read` or `create-only`, and nothing else")]
    Level {
        /// What was to be granted.
        level: Level,
    },
    /// It could never be used.
    #[error("a link that may be used zero times opens nothing")]
    NoUses,
    /// The password is too weak.
    #[error("the password is not accepted")]
    WeakPassword(#[source] WeakPassword),
    /// The password could not be stretched.
    #[error("the keys of the link could not be made")]
    Keys(#[source] link::LinkError),
    /// The access could not be granted.
    #[error(transparent)]
    Grant(#[from] GrantError),
}

impl CreateLinkError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Level { .. } => "level-of-a-link",
            Self::NoUses => "no-uses",
            Self::WeakPassword(_) => "weak-password",
            Self::Keys(_) => "link-keys",
            Self::Grant(error) => error.code(),
        }
    }
}

impl Account {
    /// Makes a link: whoever has its URL, and knows the password if there is one, opens what is granted, without an account.
    ///
    /// Computes as a grant does, and about 150 ms for a password.
    ///
    /// # Errors
    ///
    /// See [`CreateLinkError`].
    pub async fn create_link(&self, new: NewLink) -> Result<CreatedLink, CreateLinkError> {
        let NewLink { grant, uses, password } = new;
        if let Some(level) = grant.level_beyond(LEVELS) {
            return Err(CreateLinkError::Level { level });
        }
        if uses == Some(0) {
            return Err(CreateLinkError::NoUses);
        }
        if let Some(password) = &password {
            password.judge("").map_err(CreateLinkError::WeakPassword)?;
        }
        let secret = LinkSecret::generate(&mut self.client().rng());
        let keys =
            link::keys(&secret, password.as_ref().map(Password::expose)).map_err(CreateLinkError::Keys)?;
        let cards = CardChain::verify(std::slice::from_ref(&keys.card), keys.identity.principal())
            .map_err(|_| GrantError::from(Failure::from(crate::Distrust::WrongCard)))?;
        let access = self.grant_to_link(&grant.with_uses(uses), cards, keys.card.clone()).await?;
        self.note_cards(&keys.card).map_err(GrantError::from)?;
        let link = ShareLink::new(self.id(), access.id, secret, password.is_some());
        Ok(CreatedLink { access, link })
    }

    /// The links that this account made, oldest first, those that ended included. That an access is one of a link is the
    /// server's word, as is how often it was used; who may do what is in [`Account::granted`], and proven.
    ///
    /// # Errors
    ///
    /// See [`Failure`].
    pub async fn links(&self) -> Result<Vec<GrantedAccess>, Failure> {
        let mut granted = self.granted().await?;
        granted.retain(|granted| granted.uses.is_some());
        Ok(granted)
    }
}
