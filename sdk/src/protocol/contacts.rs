//! Pins: who a username was at first contact, and which cards a principal has shown.

use crate::{distrust::Distrust, text::Fingerprint};
use pryv_proxy_crypto::{CardChain, VerifiedCards};
use pryv_wire::{
    Digest, PrincipalId, Signed,
    card::{Card, Cards},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// What is remembered of other principals. Serialised with a stored session.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pins {
    /// Who each username was at first contact.
    pub(crate) usernames: BTreeMap<String, PrincipalId>,
    /// The digests of the cards that each principal has shown, first one first.
    pub(crate) cards: BTreeMap<PrincipalId, Vec<Digest>>,
    /// The groups whose membership was accepted: anybody makes anybody a member, and others are opened for nobody.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) groups: BTreeSet<PrincipalId>,
}

/// Pins, and the verified cards behind them.
#[derive(Debug, Default)]
pub(crate) struct Contacts {
    pub(crate) pins: Pins,
    verified: HashMap<PrincipalId, Arc<VerifiedCards>>,
}

impl Contacts {
    pub(crate) fn new(pins: Pins) -> Self {
        Self { pins, verified: HashMap::new() }
    }

    /// The cards of a principal, if they were verified already.
    pub(crate) fn known(&self, principal: PrincipalId) -> Option<Arc<VerifiedCards>> {
        self.verified.get(&principal).cloned()
    }

    /// Verifies cards against the id that they must belong to and against what was shown before.
    pub(crate) fn verify(
        &mut self,
        cards: &[Signed<Card>],
        expected: PrincipalId,
    ) -> Result<Arc<VerifiedCards>, Distrust> {
        let invalid = Distrust::InvalidCards { principal: Fingerprint::of(expected) };
        let verified = CardChain::verify(cards, expected).map_err(|_| invalid)?;
        let shown: Vec<Digest> = cards.iter().map(Signed::digest).collect();
        let pinned = self.pins.cards.get(&expected).map_or(&[][..], Vec::as_slice);
        if let Some(at) = pinned.iter().zip(&shown).position(|(before, now)| before != now) {
            return Err(Distrust::Forked { what: "card", number: at as u64 });
        }
        if shown.len() < pinned.len() {
            let (known, answered) = (pinned.len() as u64, shown.len() as u64);
            return Err(Distrust::RolledBack { what: "the cards of a contact", known, answered });
        }
        self.pins.cards.insert(expected, shown);
        let verified = Arc::new(verified);
        self.verified.insert(expected, Arc::clone(&verified));
        Ok(verified)
    }

    /// Takes the answer to a username, if it is who it was before.
    pub(crate) fn resolve(&mut self, username: &str, answer: &Cards) -> Result<Arc<VerifiedCards>, Distrust> {
        if answer.username.as_deref() != Some(username) {
            return Err(Distrust::Substituted { what: "username" });
        }
        if let Some(pinned) = self.pins.usernames.get(username)
            && *pinned != answer.principal
        {
            return Err(Distrust::ContactChanged {
                username: username.to_owned(),
                pinned: Fingerprint::of(*pinned),
                offered: Fingerprint::of(answer.principal),
            });
        }
        let verified = self.verify(&answer.cards, answer.principal)?;
        self.pins.usernames.insert(username.to_owned(), answer.principal);
        Ok(verified)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Random;
    use pryv_crypto::{AccountSecret, Identity};
    use pryv_wire::{Timestamp, card::PrincipalKind};

    fn principal(seed: u8) -> (PrincipalId, Signed<Card>) {
        let secret = AccountSecret::generate(&mut Random::from_seed([seed; 32]).fork());
        let (identity, card) =
            Identity::found(&secret, PrincipalKind::Account, Timestamp::from_millis(1)).unwrap();
        (identity.principal(), card)
    }

    fn answer(username: &str, principal: PrincipalId, cards: Vec<Signed<Card>>) -> Cards {
        Cards { principal, username: Some(username.to_owned()), cards }
    }

    #[test]
    fn a_username_that_leads_elsewhere_is_an_error_with_both_fingerprints() {
        let ((bob, card), (eve, eves)) = (principal(1), principal(2));
        let mut contacts = Contacts::default();
        contacts.resolve("bob", &answer("bob", bob, vec![card.clone()])).unwrap();
        let error = contacts.resolve("bob", &answer("bob", eve, vec![eves.clone()])).unwrap_err();
        let Distrust::ContactChanged { pinned, offered, .. } = error else { panic!("{error:?}") };
        assert_eq!((pinned.principal(), offered.principal()), (bob, eve));
        // The pin survives a stored session.
        let text = serde_json::to_string(&contacts.pins).unwrap();
        let mut resumed = Contacts::new(serde_json::from_str(&text).unwrap());
        assert_eq!(
            resumed.resolve("bob", &answer("bob", eve, vec![eves.clone()])).unwrap_err().code(),
            "contact-changed"
        );
        resumed.resolve("bob", &answer("bob", bob, vec![card])).unwrap();
        assert_eq!(
            resumed.resolve("eve", &answer("mallory", eve, vec![eves])).unwrap_err().code(),
            "substituted"
        );
    }

    #[test]
    fn cards_of_somebody_else_do_not_stand_for_an_id() {
        let ((bob, card), (_, eves)) = (principal(1), principal(2));
        let mut contacts = Contacts::default();
        for cards in [vec![eves.clone()], vec![], vec![card.clone(), eves], vec![card.clone(), card]] {
            assert_eq!(contacts.verify(&cards, bob).unwrap_err().code(), "invalid-cards");
        }
        assert!(contacts.pins.cards.is_empty());
    }
}
