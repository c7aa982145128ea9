//! People and epochs for tests, from seeds.

use crate::{AccountSecret, EpochKeys, Identity};
use pryv_proxy_crypto::{CardChain, VerifiedCards};
use pryv_wire::{
    AccessId, Digest, Signed, Suite, Timestamp,
    access::{Access, Grant, LastEpoch, Level, Revocation},
    card::{Card, PrincipalKind},
    scope::Epoch,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

pub(crate) const URI: &str = "https://example.org/heart-rate";
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

pub(crate) fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

/// A principal with its cards.
pub(crate) struct Person {
    pub(crate) identity: Identity,
    pub(crate) card: Signed<Card>,
    pub(crate) cards: VerifiedCards,
}

pub(crate) fn secret(seed: u8) -> AccountSecret {
    AccountSecret::from_slice(&[seed; 32]).unwrap()
}

pub(crate) fn person(seed: u8) -> Person {
    let (identity, card) = Identity::found(&secret(seed), PrincipalKind::Account, NOW).unwrap();
    let cards = CardChain::verify(std::slice::from_ref(&card), identity.principal()).unwrap();
    Person { identity, card, cards }
}

/// The epoch `number` of the test collection of `owner`, with keys of its own.
pub(crate) fn epoch(owner: &Person, number: u32) -> (Epoch, EpochKeys) {
    let keys = EpochKeys::generate(&mut rng(100 + u8::try_from(number).unwrap()));
    (statement(owner, number, &keys), keys)
}

pub(crate) fn statement(owner: &Person, number: u32, keys: &EpochKeys) -> Epoch {
    keys.statement(owner.identity.principal(), owner.identity.scope_id(URI), number, NOW)
}

/// An access of `level` on the test collection.
pub(crate) fn access(owner: &Person, grantee: &Person, level: Level) -> Access {
    Access {
        suite: Suite::CLASSIC,
        access: AccessId::from_bytes([5; 16]),
        account: owner.identity.principal(),
        grantor: owner.identity.principal(),
        by: None,
        grantee: grantee.identity.principal(),
        grantee_card: grantee.cards.current_digest(),
        grants: vec![Grant {
            scope: owner.identity.scope_id(URI),
            level,
            transform: level.reads().then(|| Digest::from_bytes([1; 32])),
            slice: None,
            group: None,
            from_epoch: 0,
        }],
        valid_from: None,
        valid_until: None,
        terms: None,
        max_uses: None,
        note: b"note"[..].into(),
        owner_note: b"note"[..].into(),
        signed_at: NOW,
    }
}

/// The end of an access after `last` of the test collection.
pub(crate) fn revocation(owner: &Person, access: &Access, last: u32) -> Revocation {
    Revocation {
        access: access.access,
        account: owner.identity.principal(),
        revoker: owner.identity.principal(),
        last_epochs: vec![LastEpoch { scope: owner.identity.scope_id(URI), epoch: last }],
        signed_at: NOW,
    }
}
