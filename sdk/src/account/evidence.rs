//! Everything that an account signed of its accesses, to be kept or shown to somebody who trusts no server.

use super::Account;
use crate::{
    evidence::{AccessEvidence, Evidence},
    failure::Failure,
    protocol::access::ended_by_grantee,
};
use pryv_wire::{card::GetCards, scope::OpenScope};
use std::collections::BTreeSet;

impl Account {
    /// The account's cards, the accesses that it granted on its own scopes with their ends, and the signed epochs of those
    /// scopes. Proves itself by [`crate::evidence::verify`], without a server and without keys. Names and purposes stay sealed.
    ///
    /// # Errors
    ///
    /// See [`Failure`].
    pub async fn export_evidence(&self) -> Result<Evidence, Failure> {
        let me = self.id();
        let granted = self.granted_opened().await?;
        let own = granted.iter().filter(|opened| opened.evidence.access().by.is_none());
        let (mut accesses, mut scopes) = (Vec::new(), BTreeSet::new());
        for opened in own {
            scopes.extend(opened.evidence.access().grants.iter().map(|grant| grant.scope));
            let (statement, revocation) = (opened.state.statement.clone(), opened.state.revocation.clone());
            let grantee_cards = match ended_by_grantee(&opened.state)? {
                Some(grantee) => self.client().ask(&GetCards { principal: grantee }).await?.cards,
                None => Vec::new(),
            };
            accesses.push(AccessEvidence { statement, revocation, grantee_cards });
        }
        let mut epochs = Vec::new();
        for scope in scopes {
            let opened = self.call(&OpenScope { account: me, scope, from_epoch: 0, access: None }).await?;
            epochs.extend(opened.epochs.into_iter().map(|epoch| epoch.statement));
        }
        let cards = self.keys().signed_cards.clone();
        let evidence = Evidence { account: me, cards, accesses, epochs, exported_at: self.client().now() };
        // What would not prove itself to others is not handed out.
        crate::evidence::verify(&evidence)
            .map_err(|_| crate::Distrust::InvalidSignature { what: "an epoch" })?;
        Ok(evidence)
    }
}
