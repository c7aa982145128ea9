//! Evidence: everything that an account signed of its accesses, in one file, checked without a server and without keys.

use pryv_crypto::{
    VerifiedAccess,
    evidence::{Parties, signed_by_card},
};
use pryv_proxy_crypto::CardChain;
use pryv_wire::{
    AccessId, PrincipalId, ScopeId, Timestamp,
    access::{Access, Revocation},
    scope::Epoch,
};
use std::collections::BTreeMap;

pub use pryv_wire::evidence::{AccessEvidence, Evidence};

/// What evidence proves: the account signed it. Whether there is more that it signed, no evidence can prove.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Proven {
    /// Who signed. Compare it with what you know of the person: its fingerprint, or the access that you hold.
    pub account: PrincipalId,
    /// How many cards it had.
    pub cards: usize,
    /// Its accesses, each with its end if there was one.
    pub accesses: Vec<(Access, Option<Revocation>)>,
    /// The epochs of its scopes: which one, and when it began.
    pub epochs: Vec<(ScopeId, u32, Timestamp)>,
}

/// Why evidence proves nothing.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidEvidence {
    /// It is not a file of evidence.
    #[error("this is not a file of evidence")]
    Malformed,
    /// The cards do not hold together, or are not the account's.
    #[error("the cards are not those of the account that is named")]
    Cards,
    /// An access, or its end, was not signed by the account.
    #[error("access {number} of the file was not signed by the account, or its end was not")]
    Access {
        /// Which one, counted from 1.
        number: usize,
    },
    /// An access is there twice.
    #[error("access {access} is in the file twice")]
    Twice {
        /// The access.
        access: AccessId,
    },
    /// An epoch was not signed by the account.
    #[error(
        "epoch {number} of the file was not signed by the account, or with a key that it had replaced by then"
    )]
    Epoch {
        /// Which one, counted from 1.
        number: usize,
    },
}

impl InvalidEvidence {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "not-evidence",
            Self::Cards | Self::Access { .. } | Self::Twice { .. } | Self::Epoch { .. } => "invalid-evidence",
        }
    }
}

/// Reads evidence in its JSON form, and verifies it.
///
/// # Errors
///
/// See [`InvalidEvidence`].
pub fn verify_json(json: &[u8]) -> Result<Proven, InvalidEvidence> {
    verify(&serde_json::from_slice(json).map_err(|_| InvalidEvidence::Malformed)?)
}

/// Verifies evidence: every statement in it was signed by the account that it names.
///
/// # Errors
///
/// See [`InvalidEvidence`].
pub fn verify(evidence: &Evidence) -> Result<Proven, InvalidEvidence> {
    let Evidence { account, cards, accesses, epochs, .. } = evidence;
    let verified = CardChain::verify(cards, *account).map_err(|_| InvalidEvidence::Cards)?;
    let mut proven =
        Proven { account: *account, cards: cards.len(), accesses: Vec::new(), epochs: Vec::new() };
    for (at, AccessEvidence { statement, revocation, grantee_cards }) in accesses.iter().enumerate() {
        let invalid = || InvalidEvidence::Access { number: at + 1 };
        let grantee = match grantee_cards.is_empty() {
            true => None,
            false => {
                let grantee = statement.unverified().map_err(|_| invalid())?.grantee;
                Some(CardChain::verify(grantee_cards, grantee).map_err(|_| invalid())?)
            }
        };
        let parties = Parties { owner: &verified, grantee: grantee.as_ref() };
        let access =
            VerifiedAccess::verify(parties, statement, revocation.as_ref()).map_err(|_| invalid())?;
        let id = access.access().access;
        if proven.accesses.iter().any(|(there, _)| there.access == id) {
            return Err(InvalidEvidence::Twice { access: id });
        }
        proven.accesses.push((access.access().clone(), access.revocation().cloned()));
    }
    let mut signers = BTreeMap::new();
    for (at, signed) in epochs.iter().enumerate() {
        let (epoch, signer) = signed_by_card(&verified, signed)
            .ok()
            .filter(|(epoch, _): &(Epoch, u32)| epoch.account == *account)
            .ok_or(InvalidEvidence::Epoch { number: at + 1 })?;
        // In a scope, no earlier card signs behind a later one.
        let of_scope: &mut BTreeMap<u32, u32> = signers.entry(epoch.scope).or_default();
        let before = of_scope.range(..=epoch.epoch).next_back().is_some_and(|(_, other)| signer < *other);
        let after = of_scope.range(epoch.epoch..).next().is_some_and(|(_, other)| *other < signer);
        if before || after {
            return Err(InvalidEvidence::Epoch { number: at + 1 });
        }
        of_scope.insert(epoch.epoch, signer);
        proven.epochs.push((epoch.scope, epoch.epoch, epoch.started_at));
    }
    Ok(proven)
}
