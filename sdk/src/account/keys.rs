//! What an account holds of itself: its secrets, the keys that derive from them, its cards, and who else opens the
//! secret. Replaced as a whole when the secret is, so that nobody works with half of the old and half of the new.

use super::{Account, lock};
use crate::{distrust::Distrust, failure::Failure, protocol::holders};
use pryv_crypto::{AccountSecret, AccountSecrets, Identity};
use pryv_proxy_crypto::{CardChain, VerifiedCards};
use pryv_wire::{
    PrincipalId, Signed,
    card::Card,
    holder::{GetHolders, Holders},
};
use std::sync::Arc;

/// The keys of an account, its cards and its list of holders, which belong together.
#[derive(Clone)]
pub(crate) struct OwnKeys {
    pub(crate) secrets: Arc<AccountSecrets>,
    pub(crate) identity: Arc<Identity>,
    pub(crate) signed_cards: Vec<Signed<Card>>,
    pub(crate) cards: Arc<VerifiedCards>,
    /// Who opens the secret; links and apps have no such list.
    pub(crate) holders: Option<Arc<List>>,
}

/// A list of holders that was verified, and as it was signed.
pub(crate) struct List {
    pub(crate) signed: Signed<Holders>,
    pub(crate) holders: Holders,
}

impl OwnKeys {
    /// The keys of a principal of one card, and without a list of holders.
    pub(crate) fn new(
        secret: AccountSecret,
        identity: Identity,
        signed_cards: Vec<Signed<Card>>,
        cards: VerifiedCards,
    ) -> Self {
        Self {
            secrets: Arc::new(AccountSecrets::first(secret)),
            identity: Arc::new(identity),
            signed_cards,
            cards: Arc::new(cards),
            holders: None,
        }
    }

    /// The keys that secrets give, if cards and list are theirs.
    pub(crate) fn verify(
        secrets: AccountSecrets,
        principal: PrincipalId,
        signed_cards: Vec<Signed<Card>>,
        list: Option<Signed<Holders>>,
    ) -> Result<Self, Distrust> {
        let cards = CardChain::verify(&signed_cards, principal).map_err(|_| Distrust::WrongCard)?;
        let identity = Identity::resume_chain(&secrets, &cards).map_err(|_| Distrust::WrongCard)?;
        let verify = |signed| Ok(Arc::new(List { holders: holders::verify(&cards, &signed)?, signed }));
        let holders = list.map(verify).transpose()?;
        Ok(Self {
            secrets: Arc::new(secrets),
            identity: Arc::new(identity),
            signed_cards,
            cards: Arc::new(cards),
            holders,
        })
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

    /// Takes keys in the place of those that were held, if they come after them.
    pub(crate) fn adopt(&self, new: OwnKeys) -> Result<(), Distrust> {
        let mut keys = lock(&self.0.keys);
        let known = |cards: &[Signed<Card>]| cards.iter().map(Signed::digest).collect::<Vec<_>>();
        let (before, after) = (known(&keys.signed_cards), known(&new.signed_cards));
        if let Some(at) = before.iter().zip(&after).position(|(before, after)| before != after) {
            return Err(Distrust::Forked { what: "card", number: at as u64 });
        }
        if after.len() < before.len() {
            let (known, answered) = (before.len() as u64, after.len() as u64);
            return Err(Distrust::RolledBack { what: "the cards of this account", known, answered });
        }
        if let (Some(before), Some(after)) = (&keys.holders, &new.holders) {
            let (known, answered) = (before.holders.number, after.holders.number);
            if answered < known {
                return Err(Distrust::RolledBack { what: "the list of devices", known, answered });
            }
            // It is set once. Another one is of somebody who took the account's keys, and wants those that come.
            if before.holders.recovery != after.holders.recovery {
                return Err(Distrust::Substituted { what: "key of the recovery phrase" });
            }
            if answered == known && before.signed.digest() != after.signed.digest() {
                return Err(Distrust::Forked { what: "list of devices", number: known });
            }
        }
        *keys = Arc::new(new);
        Ok(())
    }

    /// Who opens the account secret, as the server has it now, signed by the present card.
    pub(crate) async fn fresh_holders(&self) -> Result<Holders, Failure> {
        let shown = self.call(&GetHolders {}).await?;
        let keys = self.keys();
        let cards = CardChain::verify(&shown.cards, self.id()).map_err(|_| Distrust::WrongCard)?;
        if cards.current_digest() != keys.cards.current_digest() {
            // Longer: another device has replaced the secret, and this one must fetch it first. The session has ended then.
            return Err(match cards.iter().count().cmp(&keys.signed_cards.len()) {
                std::cmp::Ordering::Greater => Failure::stale_account(),
                _ => Distrust::WrongCard.into(),
            });
        }
        let holders = holders::verify(&cards, &shown.holders)?;
        let list = List { signed: shown.holders, holders: holders.clone() };
        self.adopt(OwnKeys { holders: Some(Arc::new(list)), ..(*keys).clone() })?;
        Ok(holders)
    }
}
