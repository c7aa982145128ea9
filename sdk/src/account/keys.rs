//! What an account holds of itself: its secret, the keys that derive from it, its cards. Replaced as a whole when the
//! secret is, so that nobody works with half of the old and half of the new.

use super::{Account, lock};
use pryv_crypto::{AccountSecret, Identity};
use pryv_proxy_crypto::VerifiedCards;
use pryv_wire::{Signed, card::Card};
use std::sync::Arc;

/// The keys of an account and its cards, which belong together.
pub(crate) struct OwnKeys {
    pub(crate) secret: AccountSecret,
    pub(crate) identity: Arc<Identity>,
    pub(crate) signed_cards: Vec<Signed<Card>>,
    pub(crate) cards: Arc<VerifiedCards>,
}

impl OwnKeys {
    /// Keys whose cards were verified.
    pub(crate) fn new(
        secret: AccountSecret,
        identity: Identity,
        signed_cards: Vec<Signed<Card>>,
        cards: VerifiedCards,
    ) -> Self {
        Self { secret, identity: Arc::new(identity), signed_cards, cards: Arc::new(cards) }
    }
}

impl Account {
    /// The keys as they are now.
    pub(crate) fn keys(&self) -> Arc<OwnKeys> {
        Arc::clone(&lock(&self.0.keys))
    }

    /// The private keys as they are now.
    pub(crate) fn identity(&self) -> Arc<Identity> {
        Arc::clone(&self.keys().identity)
    }

    /// The account's own cards as they are now.
    pub(crate) fn own_cards(&self) -> Arc<VerifiedCards> {
        Arc::clone(&self.keys().cards)
    }
}
