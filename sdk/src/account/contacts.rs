//! Contacts: other principals, pinned at first contact.

use super::{Account, lock};
use crate::{distrust::Distrust, failure::Failure, text::Fingerprint};
use pryv_proxy_crypto::VerifiedCards;
use pryv_wire::{
    ErrorCode, PrincipalId, Signed,
    card::{Card, GetCards, ResolveUsername},
};
use std::sync::Arc;

/// Another principal, whose cards were verified.
///
/// At first contact the server's word says who a username is: compare [`Contact::fingerprint`] with the person, on another
/// way, before granting what matters. From then on the server cannot put somebody else in its place.
#[derive(Clone, Debug)]
pub struct Contact {
    username: String,
    cards: Arc<VerifiedCards>,
}

impl Contact {
    /// The principal's id.
    #[must_use]
    pub fn id(&self) -> PrincipalId {
        self.cards.principal()
    }

    /// The public handle.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.username
    }

    /// The id, to compare with the person.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.id())
    }
}

/// Why a contact was not found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FindError {
    /// Nobody has the username.
    #[error("nobody on this server has this username")]
    NotFound,
    /// What can go wrong in every operation; [`Distrust::ContactChanged`] if it is somebody else than before.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl FindError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => ErrorCode::NotFound.as_str(),
            Self::Failed(failure) => failure.code(),
        }
    }
}

impl Account {
    /// Finds another principal by its public handle, and pins it at first contact.
    ///
    /// # Errors
    ///
    /// See [`FindError`].
    pub async fn find(&self, username: &str) -> Result<Contact, FindError> {
        let call = ResolveUsername { username: username.to_owned() };
        let answer = self.client().ask(&call).await.map_err(|failure| match failure.refusal() {
            Some(ErrorCode::NotFound | ErrorCode::InvalidUsername) => FindError::NotFound,
            _ => FindError::Failed(failure),
        })?;
        let cards = lock(&self.0.contacts).resolve(username, &answer).map_err(Failure::from)?;
        if cards.principal() == self.id() && cards.current_digest() != self.own_cards().current_digest() {
            return Err(Failure::from(Distrust::WrongCard).into());
        }
        Ok(Contact { username: username.to_owned(), cards })
    }

    /// Pins a username to a fingerprint that the person has compared: beforehand, or after it changed.
    pub fn pin(&self, username: &str, fingerprint: Fingerprint) {
        lock(&self.0.contacts).pins.usernames.insert(username.to_owned(), fingerprint.principal());
    }

    /// Takes note of a principal whose card was made here, so that nobody is asked for it later.
    pub(crate) fn note_cards(&self, card: &Signed<Card>) -> Result<(), Failure> {
        let cards = std::slice::from_ref(card);
        lock(&self.0.contacts).verify(cards, PrincipalId::of(card))?;
        Ok(())
    }

    /// The cards of a principal that were verified already.
    pub(crate) fn known_cards(&self, principal: PrincipalId) -> Option<Arc<VerifiedCards>> {
        lock(&self.0.contacts).known(principal)
    }

    /// The verified cards of a principal; those at hand, if there are any.
    pub(crate) async fn cards_of(&self, principal: PrincipalId) -> Result<Arc<VerifiedCards>, Failure> {
        if principal == self.id() {
            return Ok(self.own_cards());
        }
        let known = lock(&self.0.contacts).known(principal);
        match known {
            Some(cards) => Ok(cards),
            None => self.fresh_cards_of(principal).await,
        }
    }

    /// The cards of a principal as the server has them now, verified; of this one, its own.
    pub(crate) async fn fresh_or_own_cards(
        &self,
        principal: PrincipalId,
    ) -> Result<Arc<VerifiedCards>, Failure> {
        if principal == self.id() {
            return Ok(self.own_cards());
        }
        self.fresh_cards_of(principal).await
    }

    /// Checks something against the cards of a principal: those at hand, or newer ones if there are any and it does not
    /// hold under the old.
    pub(crate) async fn with_cards<T>(
        &self,
        principal: PrincipalId,
        check: impl Fn(&VerifiedCards) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let known = self.cards_of(principal).await?;
        match check(&known) {
            Err(Failure::Distrust(distrust)) if principal != self.id() && distrust.may_be_a_new_card() => {
                let fresh = self.fresh_cards_of(principal).await?;
                if fresh.current_digest() == known.current_digest() {
                    return Err(distrust.into());
                }
                check(&fresh)
            }
            checked => checked,
        }
    }

    /// The cards of a principal as the server has them now, verified.
    pub(crate) async fn fresh_cards_of(&self, principal: PrincipalId) -> Result<Arc<VerifiedCards>, Failure> {
        let answer = self.client().ask(&GetCards { principal }).await?;
        if answer.principal != principal {
            return Err(Distrust::InvalidCards { principal: Fingerprint::of(principal) }.into());
        }
        Ok(lock(&self.0.contacts).verify(&answer.cards, principal)?)
    }
}
