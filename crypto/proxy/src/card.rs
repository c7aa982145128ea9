//! The chain of a principal's cards: the first gives the id and signs itself, each later one is signed by the one before.

use crate::{
    pre::{Curve, InvalidPre, PrePublicKey},
    sealing::{InvalidSealingKey, Sealing},
    signature::{InvalidStatement, verified},
    suite::{UnknownSuite, check_own},
};
use pryv_wire::{
    Digest, PrincipalId, Signed,
    bytes::SigningPublicKey,
    card::{Card, PrincipalKind},
};

/// The most cards of one principal that are read: more are refused rather than verified one by one.
pub const MAX_CARDS: usize = 1_000;

/// Why cards were not accepted. `sequence` counts from the first card, which is 0.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCards {
    /// No card at all, or more than [`MAX_CARDS`].
    #[error("a principal has 1 to {MAX_CARDS} cards, not {count}")]
    Count {
        /// How many there were.
        count: usize,
    },
    /// The first card is not the one that gave the expected id.
    #[error("the first card belongs to {found}, not to {expected}")]
    WrongPrincipal {
        /// Whose cards were expected.
        expected: PrincipalId,
        /// Whose they are.
        found: PrincipalId,
    },
    /// A card is not signed by the key that must have signed it, or is not a card.
    #[error("card {sequence} does not verify")]
    Statement {
        /// Which card.
        sequence: u32,
        /// What is wrong with it.
        #[source]
        source: InvalidStatement,
    },
    /// A card does not follow the one before: its number, its link to it, its kind, or the place of a group.
    #[error("card {sequence} does not follow the card before it")]
    Broken {
        /// Which card.
        sequence: u32,
    },
    /// A card is of a suite that is not known here.
    #[error("card {sequence} cannot be read")]
    Suite {
        /// Which card.
        sequence: u32,
        /// Its suite.
        #[source]
        source: UnknownSuite,
    },
    /// A card's re-encryption public key is not one.
    #[error("the re-encryption key of card {sequence} is not valid")]
    Pre {
        /// Which card.
        sequence: u32,
        /// What is wrong with it.
        #[source]
        source: InvalidPre,
    },
    /// A card's hybrid sealing key is not one.
    #[error("the hybrid sealing key of card {sequence} is not valid")]
    Hybrid {
        /// Which card.
        sequence: u32,
        /// What is wrong with it.
        #[source]
        source: InvalidSealingKey,
    },
}

/// Verifies chains of cards.
#[derive(Clone, Copy, Debug)]
pub struct CardChain;

impl CardChain {
    /// Verifies the cards of the principal `expected`, first one first.
    ///
    /// # Errors
    ///
    /// [`InvalidCards`] says which card is wrong, and how.
    pub fn verify(cards: &[Signed<Card>], expected: PrincipalId) -> Result<VerifiedCards, InvalidCards> {
        let count = cards.len();
        let (Some(first), true) = (cards.first(), count <= MAX_CARDS) else {
            return Err(InvalidCards::Count { count });
        };
        let found = PrincipalId::of(first);
        if found != expected {
            return Err(InvalidCards::WrongPrincipal { expected, found });
        }

        let mut known: Option<VerifiedCards> = None;
        for (sequence, signed) in (0_u32..).zip(cards) {
            let before = known.as_ref().map(|cards| (cards.current.0, cards.current()));
            let (card, pre) = follow(before, signed, sequence)?;
            let entry = (signed.digest(), card);
            known = Some(match known {
                None => VerifiedCards { principal: expected, earlier: Vec::new(), current: entry, pre },
                Some(mut cards) => {
                    cards.earlier.push(std::mem::replace(&mut cards.current, entry));
                    cards.pre = pre;
                    cards
                }
            });
        }
        known.ok_or(InvalidCards::Count { count })
    }

    /// Verifies one card behind one that was verified before.
    ///
    /// # Errors
    ///
    /// [`InvalidCards`] says how it does not follow.
    pub fn verify_next(present: &Signed<Card>, next: &Signed<Card>) -> Result<Card, InvalidCards> {
        let body = present.unverified();
        let before = body.map_err(|source| InvalidCards::Statement {
            sequence: 0,
            source: InvalidStatement::Body(source),
        })?;
        let broken = InvalidCards::Broken { sequence: before.sequence };
        let sequence = before.sequence.checked_add(1).ok_or(broken)?;
        Ok(follow(Some((present.digest(), &before)), next, sequence)?.0)
    }
}

/// Verifies a card behind the one before it, if there is one.
fn follow(
    before: Option<(Digest, &Card)>,
    signed: &Signed<Card>,
    sequence: u32,
) -> Result<(Card, PreKeys), InvalidCards> {
    let statement = |source| InvalidCards::Statement { sequence, source };
    let signer = match before {
        Some((_, card)) => card.signing,
        None => signed.unverified().map_err(|e| statement(InvalidStatement::Body(e)))?.signing,
    };
    let card = verified(signed, &signer).map_err(statement)?;
    check_own(card.suite).map_err(|source| InvalidCards::Suite { sequence, source })?;
    let place = |card: &Card| (card.kind, card.group);
    let same_place = before.is_none_or(|(_, before)| place(before) == place(&card));
    let placed = card.group.is_some() == (card.kind == PrincipalKind::Group);
    let previous = before.map(|(digest, _)| digest);
    if card.sequence != sequence || card.previous != previous || !same_place || !placed {
        return Err(InvalidCards::Broken { sequence });
    }
    let key = |curve, bytes: &[u8]| {
        PrePublicKey::parse_on(curve, bytes).map_err(|source| InvalidCards::Pre { sequence, source })
    };
    let pre = PreKeys { c480: key(Curve::C480, &card.pre)?, c256: key(Curve::C256, &card.pre_light)? };
    Sealing::XWing.check(&card.hybrid).map_err(|source| InvalidCards::Hybrid { sequence, source })?;
    Ok((card, pre))
}

/// The cards of a principal, verified from the first to the present one.
#[derive(Clone, Debug)]
pub struct VerifiedCards {
    principal: PrincipalId,
    earlier: Vec<(Digest, Card)>,
    current: (Digest, Card),
    pre: PreKeys,
}

/// The re-encryption keys of a card: one on each curve.
#[derive(Clone, Debug)]
struct PreKeys {
    c480: PrePublicKey,
    c256: PrePublicKey,
}

impl VerifiedCards {
    /// Whose cards these are.
    #[must_use]
    pub const fn principal(&self) -> PrincipalId {
        self.principal
    }

    /// The present card.
    #[must_use]
    pub const fn current(&self) -> &Card {
        &self.current.1
    }

    /// The digest of the present card, by which an access names the card that its keys were sealed to.
    #[must_use]
    pub const fn current_digest(&self) -> Digest {
        self.current.0
    }

    /// The re-encryption public key of the present card on a curve.
    #[must_use]
    pub const fn pre(&self, curve: Curve) -> &PrePublicKey {
        match curve {
            Curve::C480 => &self.pre.c480,
            Curve::C256 => &self.pre.c256,
        }
    }

    /// The re-encryption public key of one card of the chain on a curve.
    #[must_use]
    pub fn pre_of(&self, card: Digest, curve: Curve) -> Option<PrePublicKey> {
        if card == self.current_digest() {
            return Some(self.pre(curve).clone());
        }
        let card = self.by_digest(card)?;
        let key = match curve {
            Curve::C480 => &card.pre,
            Curve::C256 => &card.pre_light,
        };
        PrePublicKey::parse_on(curve, key).ok()
    }

    /// The card of a digest, if it is in the chain.
    #[must_use]
    pub fn by_digest(&self, digest: Digest) -> Option<&Card> {
        self.entries().find(|entry| entry.0 == digest).map(|entry| &entry.1)
    }

    /// Every card, first one first.
    pub fn iter(&self) -> impl Iterator<Item = &Card> {
        self.entries().map(|entry| &entry.1)
    }

    /// The chain without its cards before `sequence`: what signs from then on. The present card stays, whatever the number.
    #[must_use]
    pub fn since(&self, sequence: u32) -> Self {
        let earlier = self.earlier.iter().filter(|(_, card)| card.sequence >= sequence).cloned().collect();
        Self { earlier, ..self.clone() }
    }

    /// Every signing key that the principal ever had, the present one first: what it signed earlier stays signed.
    pub fn signing_keys(&self) -> impl Iterator<Item = &SigningPublicKey> {
        std::iter::once(&self.current).chain(self.earlier.iter().rev()).map(|entry| &entry.1.signing)
    }

    fn entries(&self) -> impl Iterator<Item = &(Digest, Card)> {
        self.earlier.iter().chain(std::iter::once(&self.current))
    }
}

#[cfg(test)]
mod tests;
