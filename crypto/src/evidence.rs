//! Evidence: accesses and revocations, verified under the cards of who signed them. A server's word for them counts nothing.

pub use pryv_proxy_crypto::onward::{Exceeds, check_within};
use pryv_proxy_crypto::{InvalidStatement, UnknownSuite, VerifiedCards, check_suite, verified};
use pryv_wire::{
    AccessId, ScopeId, Signed, Statement,
    access::{Access, Revocation},
    card::PrincipalKind,
};
use std::sync::Arc;

/// Why an access was not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidAccess {
    /// The grant is not signed by any card of the grantor: somebody made it up.
    #[error("the access is not signed by its grantor")]
    Grant(#[source] InvalidStatement),
    /// The revocation is not signed by any card of who ends the access.
    #[error("the revocation is not signed by who ends the access")]
    Revocation(#[source] InvalidStatement),
    /// The grant is of a suite that is not known here.
    #[error("the access cannot be read")]
    Suite(#[source] UnknownSuite),
    /// The statement names another account than the one whose cards verify it.
    #[error("the statement is on the scopes of another account")]
    WrongAccount,
    /// The statement names another grantor than the one whose cards verify it.
    #[error("the statement names another grantor than the one who signed it")]
    WrongGrantor,
    /// Neither the owner, nor who granted the access, nor its grantee ends it.
    #[error("the revocation is of somebody who may not end the access")]
    WrongRevoker,
    /// The grantee ends it with a card that was replaced before the access was granted.
    #[error(
        "the revocation is signed with a key that its grantee had replaced before the access was granted"
    )]
    EarlierCard,
    /// The grantee ends it and does not say up to which epoch it counted: it would take back what it wrote.
    #[error("the revocation does not name {scope}, which the access is on")]
    Unnamed {
        /// The scope that is left out.
        scope: ScopeId,
    },
    /// The revocation is of another access.
    #[error("the revocation is of access {found}")]
    OtherAccess {
        /// The access that it revokes.
        found: AccessId,
    },
    /// The manager grants by another access than the one that is shown for it.
    #[error("the access is granted by another access than the one shown")]
    OtherParent,
    /// The access by which it is granted was itself granted onwards.
    #[error("what a manager granted is not granted onwards")]
    TooDeep,
    /// The access reaches more than the manager may grant.
    #[error("the access reaches further than the manager who granted it")]
    Exceeds(#[source] Exceeds),
}

/// Whose cards verify an access: those of the owner of the scopes, and, if its grantee ended it, those of the grantee.
#[derive(Clone, Copy, Debug)]
pub struct Parties<'a> {
    /// The owner of the scopes.
    pub owner: &'a VerifiedCards,
    /// The grantee. Without its cards no end that it put to the access is accepted.
    pub grantee: Option<&'a VerifiedCards>,
}

impl<'a> From<&'a VerifiedCards> for Parties<'a> {
    fn from(owner: &'a VerifiedCards) -> Self {
        Self { owner, grantee: None }
    }
}

/// An access, and its revocation if there is one, as they were signed: by the owner of the scopes, or by a manager whose own
/// access was verified as well.
#[derive(Clone, Debug)]
pub struct VerifiedAccess {
    access: Access,
    revocation: Option<Revocation>,
    parent: Option<Arc<Self>>,
}

impl VerifiedAccess {
    /// Verifies a grant by the owner of the scopes, and its revocation.
    ///
    /// # Errors
    ///
    /// [`InvalidAccess`] says what does not hold.
    pub fn verify<'a>(
        parties: impl Into<Parties<'a>>,
        grant: &Signed<Access>,
        revocation: Option<&Signed<Revocation>>,
    ) -> Result<Self, InvalidAccess> {
        let parties = parties.into();
        let access = granted_by(parties.owner, parties.owner, grant)?;
        if access.by.is_some() {
            return Err(InvalidAccess::OtherParent);
        }
        let ended = |signed| ended_by(parties, parties.owner, &access, signed);
        let revocation = revocation.map(ended).transpose()?;
        Ok(Self { access, revocation, parent: None })
    }

    /// Verifies a grant by a manager, and its revocation. `parent` is the manager's own access, verified, and `manager` its
    /// holder's cards.
    ///
    /// # Errors
    ///
    /// [`InvalidAccess`] says what does not hold.
    pub fn verify_onward<'a>(
        parent: Arc<Self>,
        parties: impl Into<Parties<'a>>,
        manager: &VerifiedCards,
        grant: &Signed<Access>,
        revocation: Option<&Signed<Revocation>>,
    ) -> Result<Self, InvalidAccess> {
        let parties = parties.into();
        let access = granted_by(parties.owner, manager, grant)?;
        let above = &parent.access;
        if above.account != access.account || above.grantee != access.grantor {
            return Err(InvalidAccess::WrongGrantor);
        }
        if access.by != Some(above.access) {
            return Err(InvalidAccess::OtherParent);
        }
        if parent.parent.is_some() {
            return Err(InvalidAccess::TooDeep);
        }
        check_within(above, &access).map_err(InvalidAccess::Exceeds)?;
        let ended = |signed| ended_by(parties, manager, &access, signed);
        let revocation = revocation.map(ended).transpose()?;
        Ok(Self { access, revocation, parent: Some(parent) })
    }

    /// The grant.
    #[must_use]
    pub const fn access(&self) -> &Access {
        &self.access
    }

    /// Its own end, if it was revoked.
    #[must_use]
    pub const fn revocation(&self) -> Option<&Revocation> {
        self.revocation.as_ref()
    }

    /// The manager's own access, if a manager granted this one.
    #[must_use]
    pub fn parent(&self) -> Option<&Arc<Self>> {
        self.parent.as_ref()
    }

    /// The revocation by which it ended: its own, or that of the manager's access.
    #[must_use]
    pub fn end(&self) -> Option<&Revocation> {
        self.revocation.as_ref().or_else(|| self.parent.as_ref().and_then(|parent| parent.end()))
    }

    /// Whether what was written in `epoch` of `scope` was written before the access ended, and the manager's own access if a
    /// manager granted it. A revocation that does not name the scope ended it from the first epoch on.
    #[must_use]
    pub fn counts_in(&self, scope: ScopeId, epoch: u32) -> bool {
        let before = self.revocation.as_ref().is_none_or(|revocation| {
            revocation.last_epochs.iter().any(|last| last.scope == scope && epoch <= last.epoch)
        });
        before && self.parent.as_ref().is_none_or(|parent| parent.counts_in(scope, epoch))
    }
}

fn granted_by(
    owner: &VerifiedCards,
    grantor: &VerifiedCards,
    grant: &Signed<Access>,
) -> Result<Access, InvalidAccess> {
    let access = signed_by(grantor, grant).map_err(InvalidAccess::Grant)?;
    check_suite(access.suite).map_err(InvalidAccess::Suite)?;
    if access.account != owner.principal() {
        return Err(InvalidAccess::WrongAccount);
    }
    if access.grantor != grantor.principal() {
        return Err(InvalidAccess::WrongGrantor);
    }
    Ok(access)
}

/// Verifies an end under the cards of whichever of the three it names.
fn ended_by(
    parties: Parties<'_>,
    grantor: &VerifiedCards,
    access: &Access,
    signed: &Signed<Revocation>,
) -> Result<Revocation, InvalidAccess> {
    let claimed = signed.unverified().map_err(|e| InvalidAccess::Revocation(InvalidStatement::Body(e)))?;
    let granted = [parties.owner, grantor].into_iter().find(|cards| cards.principal() == claimed.revoker);
    let revocation = match granted {
        Some(cards) => signed_by(cards, signed).map_err(InvalidAccess::Revocation)?,
        None => ended_by_grantee(parties, access, &claimed, signed)?,
    };
    if revocation.account != access.account {
        return Err(InvalidAccess::WrongAccount);
    }
    if revocation.access != access.access {
        return Err(InvalidAccess::OtherAccess { found: revocation.access });
    }
    Ok(revocation)
}

/// Verifies an end that the grantee put to its own access: an account or an app does, while a link's secret is in many hands
/// and nobody acts as a group.
fn ended_by_grantee(
    parties: Parties<'_>,
    access: &Access,
    claimed: &Revocation,
    signed: &Signed<Revocation>,
) -> Result<Revocation, InvalidAccess> {
    let own = |cards: &&VerifiedCards| {
        let kind = cards.current().kind;
        let acts = matches!(kind, PrincipalKind::Account | PrincipalKind::App);
        acts && cards.principal() == access.grantee && claimed.revoker == access.grantee
    };
    let cards = parties.grantee.filter(own).ok_or(InvalidAccess::WrongRevoker)?;
    let (revocation, card) = signed_by_card(cards, signed).map_err(InvalidAccess::Revocation)?;
    // A key that was stolen and replaced before the access was granted ends nothing of it, whatever the server helps.
    if cards.by_digest(access.grantee_card).is_none_or(|granted| card < granted.sequence) {
        return Err(InvalidAccess::EarlierCard);
    }
    let named = |scope| revocation.last_epochs.iter().any(|last| last.scope == scope);
    match access.grants.iter().find(|grant| !named(grant.scope)) {
        Some(grant) => Err(InvalidAccess::Unnamed { scope: grant.scope }),
        None => Ok(revocation),
    }
}

/// Verifies a statement under any card that the signer ever had.
///
/// # Errors
///
/// [`InvalidStatement`] as the present card gives it, if none verifies.
pub fn signed_by<T: Statement>(signer: &VerifiedCards, signed: &Signed<T>) -> Result<T, InvalidStatement> {
    signed_by_card(signer, signed).map(|(statement, _)| statement)
}

/// As [`signed_by`], with the number of the card that signed: what a later card has replaced signs nothing new.
///
/// # Errors
///
/// As [`signed_by`].
pub fn signed_by_card<T: Statement>(
    signer: &VerifiedCards,
    signed: &Signed<T>,
) -> Result<(T, u32), InvalidStatement> {
    let mut first = None;
    let cards: Vec<_> = signer.iter().collect();
    for card in cards.into_iter().rev() {
        match verified(signed, &card.signing) {
            Ok(statement) => return Ok((statement, card.sequence)),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or(InvalidStatement::Signature(pryv_proxy_crypto::InvalidSignature)))
}

#[cfg(test)]
mod tests;
