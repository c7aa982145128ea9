//! Groups: the cards that stand for the members of a group, and the keys with which a member opens what the group was
//! granted.
//!
//! ```text
//! groups PRK     = HKDF-Expand(PRK of the account secret, "groups", 32)
//! card e         = the card of the group's epoch e, sequence e
//!   signing      = Ed25519 of seed HKDF-Expand(groups PRK, CBOR["signing", scope], 32)
//!   sealing      = X25519 of HKDF-Expand(PRK of epoch e, "deposit", 32)
//!   hybrid       = X-Wing of HKDF-Expand(PRK of epoch e, "deposit hybrid", 32)
//!   pre          = public half of the group's re-encryption key pair
//!   pre_light    = public half of HKDF-Expand(groups PRK, CBOR["pre light", scope], 32): nothing is granted to it
//! ```
//!
//! The signing key derives from what only the owner has: a member opens what is sealed to the group, and signs nothing
//! for it.

use crate::{
    epoch::EpochKeys,
    identity::{Identity, Keys},
    pre::PreSecret,
    primitive::{Hpke, SigningKey, hkdf_expand, x25519_public},
    secret::Secret,
};
use pryv_proxy_crypto::{
    VerifiedCards,
    pre::{Curve, PrePublicKey},
    sealing::Sealing,
};
use pryv_wire::{
    Bytes, PrincipalId, ScopeId, Signed, Suite, Timestamp,
    card::{Card, GroupPlace, PrincipalKind},
    encode,
    scope::Epoch,
};
use std::fmt;

/// The most cards of a group: one for each of its epochs, and a chain of more is not verified.
pub const MAX_EPOCHS: u32 = 1_000;

/// Why a card of a group was not made, or does not stand for its members.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GroupError {
    /// The group's re-encryption key is not of the curve that groups have.
    #[error("a group's re-encryption key is on the 480-bit curve")]
    Curve,
    /// The cards are those of somebody else's group, or of no group.
    #[error("the cards are not those of this group")]
    Foreign,
    /// An epoch of the group names another card than the chain has for it.
    #[error("the card of epoch {epoch} is not the one that the owner signed for it")]
    OtherCard {
        /// The epoch.
        epoch: u32,
    },
    /// A card holds other sealing keys than its epoch gives.
    #[error("the card of epoch {epoch} holds other keys than the epoch gives")]
    OtherKeys {
        /// The epoch.
        epoch: u32,
    },
    /// The group has as many cards as it can have.
    #[error("a group has at most {MAX_EPOCHS} epochs; make another group")]
    Exhausted,
    /// The account secret gives a key that is zero, which happens once in 2^256.
    #[error("the account secret gives no usable keys for this group; make another group")]
    Degenerate,
}

/// What one epoch of a group gives: the private keys that open what is sealed to its card.
struct Sealed {
    x25519: Secret<32>,
    xwing: Secret<32>,
}

impl Sealed {
    fn of(keys: &EpochKeys) -> Self {
        Self {
            x25519: hkdf_expand(keys.prk(), b"deposit"),
            xwing: hkdf_expand(keys.prk(), b"deposit hybrid"),
        }
    }

    fn hybrid_public(&self) -> Bytes {
        Hpke { kem: Sealing::XWing, aead: crate::primitive::Aead::Aes256Gcm }.public(&self.xwing).into()
    }

    const fn secret(&self, sealing: Sealing) -> &Secret<32> {
        match sealing {
            Sealing::XWing => &self.xwing,
            _ => &self.x25519,
        }
    }

    fn are_of(&self, card: &Card) -> bool {
        card.sealing == x25519_public(&self.x25519) && card.hybrid == self.hybrid_public()
    }
}

/// What opens what a group was granted, as far as a member holds its epochs.
pub struct GroupKeys {
    group: PrincipalId,
    /// Newest first: most of what is met is sealed to the present card.
    epochs: Vec<Sealed>,
}

impl GroupKeys {
    /// The keys of a group from the epochs of it that a member opened. Each must name the card that the chain has for it,
    /// and give the keys of that card: so the group that was granted something is the one whose member this is.
    ///
    /// # Errors
    ///
    /// [`GroupError`] says what does not agree.
    pub fn verify<'a>(
        cards: &VerifiedCards,
        place: GroupPlace,
        epochs: impl IntoIterator<Item = (&'a Epoch, &'a EpochKeys)>,
    ) -> Result<Self, GroupError> {
        check_place(cards, place)?;
        let mut held = Vec::new();
        for (epoch, keys) in epochs {
            let number = epoch.epoch;
            let other = GroupError::OtherCard { epoch: number };
            let card = epoch.card.and_then(|digest| cards.by_digest(digest)).ok_or(other)?;
            if card.sequence != number || (epoch.account, epoch.scope) != (place.account, place.scope) {
                return Err(other);
            }
            let sealed = Sealed::of(keys);
            if !sealed.are_of(card) {
                return Err(GroupError::OtherKeys { epoch: number });
            }
            held.push((number, sealed));
        }
        held.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
        Ok(Self { group: cards.principal(), epochs: held.into_iter().map(|(_, sealed)| sealed).collect() })
    }

    /// The group.
    #[must_use]
    pub const fn group(&self) -> PrincipalId {
        self.group
    }

    /// Opens something that was sealed to the group, with the keys of whichever epoch.
    pub(crate) fn opens<T, E>(
        &self,
        sealing: Sealing,
        none: E,
        open: impl Fn(&Secret<32>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.epochs.iter().find_map(|sealed| open(sealed.secret(sealing)).ok()).ok_or(none)
    }
}

impl fmt::Debug for GroupKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupKeys").field("group", &self.group).finish_non_exhaustive()
    }
}

/// Checks that verified cards are those of the group that is kept at a place.
///
/// # Errors
///
/// [`GroupError::Foreign`] if they are not.
pub fn check_place(cards: &VerifiedCards, place: GroupPlace) -> Result<(), GroupError> {
    let card = cards.current();
    if card.kind == PrincipalKind::Group && card.group == Some(place) {
        Ok(())
    } else {
        Err(GroupError::Foreign)
    }
}

/// Makes the first card of a group, which gives it its id.
///
/// # Errors
///
/// [`GroupError::Curve`], [`GroupError::Degenerate`].
pub fn first_card(
    owner: &Identity,
    scope: ScopeId,
    keys: &EpochKeys,
    pre: &PrePublicKey,
    created_at: Timestamp,
) -> Result<Signed<Card>, GroupError> {
    if pre.curve() != Curve::C480 {
        return Err(GroupError::Curve);
    }
    let light = hkdf_expand(owner.present().groups(), &encode(&("pre light", scope)));
    let light = PreSecret::on_c256(light).map_err(|_| GroupError::Degenerate)?;
    let signing = signing_key(owner.present(), scope);
    let sealed = Sealed::of(keys);
    let card = Card {
        suite: Suite::CLASSIC,
        kind: PrincipalKind::Group,
        sequence: 0,
        previous: None,
        signing: signing.public(),
        sealing: x25519_public(&sealed.x25519),
        hybrid: sealed.hybrid_public(),
        pre: pre.to_wire(),
        pre_light: light.public().to_wire(),
        created_at,
        valid_until: None,
        group: Some(GroupPlace { account: owner.principal(), scope }),
    };
    Ok(Signed::new(&card, |bytes| signing.sign(bytes)))
}

/// Makes the next card of a group, for an epoch that is about to begin: signed by the key of the present one, whichever
/// account secret of the owner gave that.
///
/// # Errors
///
/// [`GroupError::Foreign`] if the cards are not of the owner's group, [`GroupError::Exhausted`].
pub fn next_card(
    owner: &Identity,
    scope: ScopeId,
    cards: &VerifiedCards,
    keys: &EpochKeys,
    created_at: Timestamp,
) -> Result<Signed<Card>, GroupError> {
    check_place(cards, GroupPlace { account: owner.principal(), scope })?;
    let present = cards.current();
    let sequence = present.sequence.checked_add(1).filter(|next| *next < MAX_EPOCHS);
    let sequence = sequence.ok_or(GroupError::Exhausted)?;
    let mut signers = owner.all_keys().map(|keys| signing_key(keys, scope));
    let signer = signers.find(|signer| signer.public() == present.signing).ok_or(GroupError::Foreign)?;
    let sealed = Sealed::of(keys);
    let card = Card {
        sequence,
        previous: Some(cards.current_digest()),
        signing: signing_key(owner.present(), scope).public(),
        sealing: x25519_public(&sealed.x25519),
        hybrid: sealed.hybrid_public(),
        created_at,
        ..present.clone()
    };
    Ok(Signed::new(&card, |bytes| signer.sign(bytes)))
}

fn signing_key(keys: &Keys, scope: ScopeId) -> SigningKey {
    SigningKey::new(&hkdf_expand(keys.groups(), &encode(&("signing", scope))))
}

#[cfg(test)]
mod tests;
