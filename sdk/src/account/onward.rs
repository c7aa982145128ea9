//! What a manager does with an access: grants onwards within it, lists what it granted, and ends it.

use super::{Account, Grant, GrantError, ReceivedAccess, RevokeError, grant::ATTEMPTS, revoke::receipt};
use crate::{
    access::Access,
    failure::Failure,
    locked::LockReason,
    protocol::{
        access::{self, Opened, Signers},
        grant::{Terms, make_onward},
        scope::{Role, ScopeState},
    },
    receipt::Receipt,
};
use pryv_crypto::evidence::Exceeds;
use pryv_wire::{
    AccessId, ErrorCode, PrincipalId, ScopeId,
    access::{AccessState, Level},
    card::PrincipalKind,
    transaction::Operation,
};
use std::{collections::BTreeSet, sync::Arc};

impl ReceivedAccess {
    /// Grants onwards, within this access: collections that it manages, not to be managed, and within its dates, which count
    /// where the grant names none. Name and purpose are read by the grantee and by the owner.
    ///
    /// # Errors
    ///
    /// See [`GrantError`]; [`GrantError::Exceeds`] if the grant reaches further than this access.
    pub async fn grant(&self, grant: Grant) -> Result<Access, GrantError> {
        let (account, by) = (self.account(), self.opened().evidence.access());
        account.check_words(&grant)?;
        let terms = Terms {
            valid_from: grant.terms.valid_from.or(by.valid_from),
            valid_until: grant.terms.valid_until.or(by.valid_until),
            ..grant.terms.clone()
        };
        let to = grant.to.ok_or(GrantError::NoGrantee)?;
        if to == by.account {
            return Err(GrantError::Exceeds(Exceeds::Grantee));
        }
        if account.cards_of(to).await?.current().kind == PrincipalKind::Group {
            return Err(GrantError::TooDeep);
        }
        for (collection, level) in &grant.scopes {
            let scope = collection.scope();
            if collection.owner() != by.account || !by.level(scope).is_some_and(Level::manages) {
                return Err(GrantError::Exceeds(Exceeds::Scope { scope }));
            }
            if level.manages() {
                return Err(GrantError::Exceeds(Exceeds::Level { scope }));
            }
        }
        let begins = by.valid_from.is_none_or(|from| terms.valid_from.is_some_and(|begins| from <= begins));
        let ends = by.valid_until.is_none_or(|until| terms.valid_until.is_some_and(|ends| ends <= until));
        if !(begins && ends) {
            return Err(GrantError::Exceeds(Exceeds::Dates));
        }
        let access = grant.id.unwrap_or_else(|| account.new_access_id());
        let mut attempt = 1;
        loop {
            match self.try_grant(&grant, to, &terms, access).await {
                Err(failure) if failure.is_stale() && attempt < ATTEMPTS => {
                    attempt += 1;
                }
                granted => return Ok(granted?),
            }
        }
    }

    async fn try_grant(
        &self,
        grant: &Grant,
        to: PrincipalId,
        terms: &Terms,
        id: AccessId,
    ) -> Result<Access, Failure> {
        let (account, by) = (self.account(), self.opened().evidence.access());
        let owner = account.cards_of(by.account).await?;
        let grantee = account.fresh_cards_of(to).await?;
        let mut scopes = Vec::with_capacity(grant.scopes.len());
        for (collection, level) in &grant.scopes {
            scopes.push((self.state_of(collection.scope()).await?, *level));
        }
        for (slice, level) in grant.slices() {
            let held = by.grants.iter().find(|held| held.slice.as_ref() == Some(&slice));
            let held = held.ok_or(LockReason::NotGranted)?;
            scopes.push((self.state_of(held.scope).await?, level));
        }
        let (me, now) = (account.identity(), account.client().now());
        let rng = &mut account.client().rng();
        let card = account.own_cards().by_digest(by.grantee_card).map_or(0, |card| card.sequence);
        let made = make_onward((&me, card), &owner, &grantee, by, &scopes, terms, id, now, rng)?;
        let state = AccessState {
            statement: made.statement.clone(),
            revocation: None,
            served: Vec::new(),
            parent: Some(Box::new(self.opened().state.clone())),
            uses: None,
        };
        account.commit(by.account, vec![Operation::Grant(Box::new(made))]).await?;
        let signers = account.signers_of(&access::claimed(&state)?, None).await?;
        let mut shown = access::view(&access::open_onward(&me, &signers, &state)?, now);
        (shown.name, shown.purpose, shown.unreadable) = (terms.name.clone(), terms.purpose.clone(), false);
        Ok(shown)
    }

    /// The scope as this access opens it at the moment.
    async fn state_of(&self, scope: ScopeId) -> Result<Arc<ScopeState>, Failure> {
        self.account().open_scope(self.access.account, scope, &self.role(scope)).await
    }

    /// What was granted onwards by this access, in no particular order, what has ended included. Names and purposes are for
    /// owner and grantee, and not read again by the manager who wrote them.
    ///
    /// # Errors
    ///
    /// See [`Failure`].
    pub async fn granted(&self) -> Result<Vec<Access>, Failure> {
        let now = self.account().client().now();
        Ok(self.granted_opened().await?.iter().map(|opened| access::view(opened, now)).collect())
    }

    pub(super) async fn granted_opened(&self) -> Result<Vec<Opened>, Failure> {
        let (account, id) = (self.account(), self.access.id);
        let ended: BTreeSet<_> = account.ended();
        let states = account.granted_states(self.access.account).await?;
        let mut all = Vec::with_capacity(states.len());
        for state in &states {
            let open = |signers: &Signers| Ok(access::open_onward(&account.identity(), signers, state)?);
            let opened = account.with_signers_of(state, open).await?;
            account.check_end(&opened.evidence, &ended)?;
            if opened.evidence.access().by == Some(id) {
                all.push(opened);
            }
        }
        Ok(all)
    }

    /// Ends what was granted onwards by this access. The server serves nothing of it any longer; new keys are the owner's to
    /// make, whose client does so when it next runs ([`crate::Account::maintain`]). The receipt says so.
    ///
    /// # Errors
    ///
    /// See [`RevokeError`].
    pub async fn revoke(&self, access: AccessId) -> Result<Receipt, RevokeError> {
        let mut attempt = 1;
        loop {
            match self.try_revoke(access).await {
                Err(RevokeError::Failed(failure)) if failure.is_stale() && attempt < ATTEMPTS => {
                    attempt += 1;
                }
                revoked => return revoked,
            }
        }
    }

    async fn try_revoke(&self, id: AccessId) -> Result<Receipt, RevokeError> {
        let account = self.account();
        let granted = self.granted_opened().await?;
        let opened = granted.iter().find(|opened| opened.evidence.access().access == id);
        let opened = opened.ok_or(RevokeError::NotFound)?;
        if opened.evidence.end().is_some() {
            return Err(RevokeError::AlreadyRevoked);
        }
        let access = opened.evidence.access();
        let mut states = Vec::with_capacity(access.grants.len());
        for grant in &access.grants {
            states.push(self.state_of(grant.scope).await?);
        }
        let statement = account.sign_end(access, &states, account.client().now());
        let revoke =
            Operation::Revoke { statement: statement.clone(), below: Vec::new(), epochs: Vec::new() };
        let committed = match account.commit(access.account, vec![revoke]).await {
            Ok(committed) => committed,
            Err(failure) if failure.refusal() == Some(ErrorCode::AlreadyExists) => {
                return Err(RevokeError::AlreadyRevoked);
            }
            Err(failure) => return Err(failure.into()),
        };
        account.note_end(access.account, id);
        let receipt = receipt(access, String::new(), statement, &committed, &states, &[]);
        Ok(Receipt { awaits_owner: true, ..receipt })
    }

    /// The role in which this access opens a collection.
    pub(super) fn role(&self, scope: ScopeId) -> Role {
        // What is reached through slices has their shares: those of any access that names the same slice.
        let named = |scopes: &Vec<ScopeId>| {
            scopes.contains(&scope) || self.access.scopes.iter().any(|own| scopes.contains(&own.scope))
        };
        let others = self.siblings.iter().filter(|(id, scopes)| *id != self.access.id && named(scopes));
        Role::Grantee {
            access: Arc::clone(&self.opened.evidence),
            note: Arc::clone(&self.opened.note),
            others: others.map(|(id, _)| *id).collect(),
            group: self.group.clone(),
        }
    }

    pub(super) const fn account(&self) -> &Account {
        &self.account
    }

    pub(super) const fn opened(&self) -> &Opened {
        &self.opened
    }
}
