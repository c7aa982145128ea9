//! Accesses: those that this account granted, and those that it received.

use super::{Account, OpenError, lock};
use crate::{
    access::{Access, GrantedAccess},
    collection::Collection,
    distrust::Distrust,
    failure::Failure,
    locked::LockReason,
    ontology::Ontology,
    protocol::{
        access::{self, Opened, Signers},
        scope::{Membered, ScopeState},
    },
    record::TermId,
};
use pryv_wire::{
    AccessId, ErrorCode, PrincipalId, ScopeId,
    access::{Access as Statement, AccessState, GetAccess},
    scope::ScopeKind,
};
use std::{collections::BTreeSet, sync::Arc};

/// An access that this account received.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReceivedAccess {
    /// The access.
    pub access: Access,
    pub(super) account: Account,
    pub(super) opened: Opened,
    /// Other accesses of this account to scopes of the same one.
    pub(super) siblings: Arc<[(AccessId, Vec<ScopeId>)]>,
    /// By which membership, if a group received it.
    pub(super) group: Option<Membered>,
}

impl ReceivedAccess {
    /// Opens one collection of the access, with the same API as one's own. About 45 ms for each epoch to be read.
    ///
    /// # Errors
    ///
    /// [`OpenError::NotFound`] if the access does not reach the collection; [`Failure::Locked`] if it does not count now.
    pub async fn open(&self, scope: ScopeId) -> Result<Collection, OpenError> {
        let state = self.state(scope).await?;
        if !matches!(state.kind, ScopeKind::Collection(_)) {
            return Err(OpenError::NotFound);
        }
        Ok(Collection::new(&self.account, self.role(scope), state))
    }

    /// Opens one ontology of the access, if it lets labels be read.
    ///
    /// # Errors
    ///
    /// As [`ReceivedAccess::open`].
    pub async fn ontology(&self, scope: ScopeId) -> Result<Ontology, OpenError> {
        let state = self.state(scope).await?;
        if !matches!(state.kind, ScopeKind::Ontology) {
            return Err(OpenError::NotFound);
        }
        Ok(Ontology::new(&self.account, self.role(scope), state))
    }

    /// Opens every collection of the access: those that it names, and those that its parts of ontologies reach into.
    ///
    /// # Errors
    ///
    /// As [`ReceivedAccess::open`].
    pub async fn collections(&self) -> Result<Vec<Collection>, OpenError> {
        let mut collections = Vec::new();
        for scope in self.reached().await? {
            let state = self.state(scope).await?;
            if matches!(state.kind, ScopeKind::Collection(_)) {
                collections.push(Collection::new(&self.account, self.role(scope), state));
            }
        }
        Ok(collections)
    }

    /// Opens every ontology of the access whose labels it lets be read.
    ///
    /// # Errors
    ///
    /// As [`ReceivedAccess::open`].
    pub async fn ontologies(&self) -> Result<Vec<Ontology>, OpenError> {
        let mut ontologies = Vec::new();
        for scope in self.reached().await? {
            let state = self.state(scope).await?;
            if matches!(state.kind, ScopeKind::Ontology) {
                ontologies.push(Ontology::new(&self.account, self.role(scope), state));
            }
        }
        Ok(ontologies)
    }

    /// The terms that the access is on, with everything under them.
    #[must_use]
    pub fn terms(&self) -> Vec<TermId> {
        let slices = self.access.scopes.iter().filter_map(|scoped| scoped.slice.as_ref());
        slices.filter_map(|slice| Some(TermId { ontology: slice.ontology, term: slice.term? })).collect()
    }

    /// The collections and ontologies that the access reaches, by the keys that it gives.
    pub(super) async fn reached(&self) -> Result<BTreeSet<ScopeId>, OpenError> {
        let mut reached = BTreeSet::new();
        for scoped in &self.access.scopes {
            let Some(slice) = &scoped.slice else {
                reached.insert(scoped.scope);
                continue;
            };
            if scoped.level.reads() {
                let state = self.state(scoped.scope).await?;
                reached.extend(state.entries.keys().map(|(scope, _)| *scope));
                continue;
            }
            // Who may only create is given the definitions of the collections to create in.
            let keys = self.opened.note.definition_keys.iter().map(|key| key.scope);
            reached.extend(keys.filter(|scope| *scope != scoped.scope && slice.covers(*scope)));
        }
        Ok(reached)
    }

    pub(super) async fn state(&self, scope: ScopeId) -> Result<Arc<ScopeState>, OpenError> {
        let role = self.role(scope);
        if role.level(scope).is_none() {
            return Err(OpenError::NotFound);
        }
        if let Some(reason) = access::reason(&self.opened.evidence, self.account.client().now()) {
            return Err(Failure::from(reason).into());
        }
        Ok(self.account.open_scope(self.access.account, scope, &role).await?)
    }
}

impl Account {
    /// The accesses to this account, oldest first: those that it granted, and those that its managers granted onwards; those
    /// that ended included.
    ///
    /// # Errors
    ///
    /// See [`Failure`]; one access that neither this account nor a manager of its has signed fails the whole list.
    pub async fn granted(&self) -> Result<Vec<GrantedAccess>, Failure> {
        let now = self.client().now();
        let opened = self.granted_opened().await?;
        Ok(opened
            .iter()
            .map(|opened| GrantedAccess {
                access: access::view(opened, now),
                served: opened.state.served.clone(),
                uses: opened.state.uses,
            })
            .collect())
    }

    /// The cards that must verify an access, by what it says of itself, and its end, if its grantee put it.
    pub(crate) async fn signers_of(
        &self,
        claimed: &Statement,
        ended_by: Option<PrincipalId>,
    ) -> Result<Signers, Failure> {
        let owner = self.cards_of(claimed.account).await?;
        let manager = match claimed.by {
            Some(_) => Some(self.cards_of(claimed.grantor).await?),
            None => None,
        };
        let grantee = match ended_by {
            Some(grantee) => Some(self.cards_of(grantee).await?),
            None => None,
        };
        Ok(Signers { owner, manager, grantee })
    }

    /// Checks an access against the cards that must verify it: those at hand, or newer ones if there are any and it does not
    /// hold with these.
    pub(crate) async fn with_signers<T>(
        &self,
        claimed: &Statement,
        ended_by: Option<PrincipalId>,
        check: impl Fn(&Signers) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let known = self.signers_of(claimed, ended_by).await?;
        match check(&known) {
            Err(Failure::Distrust(distrust)) if distrust.may_be_a_new_card() => {
                self.fetch_cards([claimed.account, claimed.grantor].into_iter().chain(ended_by)).await?;
                let fresh = self.signers_of(claimed, ended_by).await?;
                if fresh.are(&known) { Err(distrust.into()) } else { check(&fresh) }
            }
            checked => checked,
        }
    }

    /// As [`Account::with_signers`], of an access that its grantee may have ended.
    pub(crate) async fn with_signers_of<T>(
        &self,
        state: &AccessState,
        check: impl Fn(&Signers) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.with_signers(&access::claimed(state)?, access::ended_by_grantee(state)?, check).await
    }

    async fn fetch_cards(&self, principals: impl IntoIterator<Item = PrincipalId>) -> Result<(), Failure> {
        let others: BTreeSet<_> =
            principals.into_iter().filter(|principal| *principal != self.id()).collect();
        for principal in others {
            self.fresh_cards_of(principal).await?;
        }
        Ok(())
    }

    /// The accesses that this account granted, verified. None is shown as alive whose end is known: it would be given the
    /// keys of the next epoch.
    pub(crate) async fn granted_opened(&self) -> Result<Vec<Opened>, Failure> {
        self.granted_but(None).await
    }

    /// The accesses that this account granted, verified, whatever is shown of the end of `ending`.
    pub(crate) async fn granted_but(&self, ending: Option<AccessId>) -> Result<Vec<Opened>, Failure> {
        let mut ended = self.ended();
        if let Some(ending) = ending {
            ended.remove(&(self.id(), ending));
        }
        let states = self.granted_states(self.id()).await?;
        let keys = self.keys();
        let mut all = Vec::with_capacity(states.len());
        for state in &states {
            let open = |signers: &Signers| Ok(access::open_granted(&keys.identity, signers, state)?);
            let opened = self.with_signers_of(state, open).await?;
            self.check_end(&opened.evidence, &ended)?;
            all.push(opened);
        }
        // With a key that was taken, accesses can be made up: none counts that was not there when it was replaced.
        if let Some(list) = &keys.holders {
            access::check_earlier(&keys.cards, &list.holders, &states)?;
        }
        Ok(all)
    }

    /// The accesses that this account received, oldest first, those that ended included.
    ///
    /// # Errors
    ///
    /// See [`Failure`]; one access that its grantor has not signed fails the whole list.
    pub async fn received(&self) -> Result<Vec<ReceivedAccess>, Failure> {
        let now = self.client().now();
        let ended = self.ended();
        let states = self.received_states().await?;
        let mut all = Vec::with_capacity(states.len());
        for state in &states {
            let me = self.identity();
            let open = |signers: &Signers| Ok(access::open_received(&me, signers, state)?);
            let opened = self.with_signers_of(state, open).await?;
            self.check_end(&opened.evidence, &ended)?;
            if self.own_cards().by_digest(opened.evidence.access().grantee_card).is_none() {
                return Err(Distrust::Misplaced { what: "an access" }.into());
            }
            all.push(opened);
        }
        let siblings = |account: PrincipalId| -> Arc<[(AccessId, Vec<ScopeId>)]> {
            let of_account =
                all.iter().map(|opened| opened.evidence.access()).filter(|a| a.account == account);
            of_account.map(|a| (a.access, a.grants.iter().map(|grant| grant.scope).collect())).collect()
        };
        Ok(all
            .iter()
            .map(|opened| ReceivedAccess {
                access: access::view(opened, now),
                account: self.clone(),
                opened: opened.clone(),
                siblings: siblings(opened.evidence.access().account),
                group: None,
            })
            .collect())
    }

    /// One access that this account received, whose grantor is known beforehand: nobody else's word is taken for who granted.
    pub(crate) async fn received_from(
        &self,
        grantor: PrincipalId,
        access: AccessId,
    ) -> Result<ReceivedAccess, Failure> {
        let ended = self.ended();
        let state = match self.call(&GetAccess { account: grantor, access }).await {
            Ok(state) => state,
            Err(gone) if gone.refusal() == Some(ErrorCode::NotFound) => {
                return Err(LockReason::NotGranted.into());
            }
            Err(failure) => return Err(failure),
        };
        let (owner, own) = (self.cards_of(grantor).await?, self.own_cards());
        let signers = Signers { grantee: Some(own), ..Signers::owner(&owner) };
        let opened = access::open_received(&self.identity(), &signers, &state)?;
        if opened.evidence.access().access != access {
            return Err(Distrust::Substituted { what: "access" }.into());
        }
        self.check_end(&opened.evidence, &ended)?;
        if self.own_cards().by_digest(opened.evidence.access().grantee_card).is_none() {
            return Err(Distrust::Misplaced { what: "an access" }.into());
        }
        let view = access::view(&opened, self.client().now());
        Ok(ReceivedAccess {
            access: view,
            account: self.clone(),
            opened,
            siblings: Arc::new([]),
            group: None,
        })
    }

    /// The username under which a principal was found and pinned, if it was.
    #[must_use]
    pub fn username_of(&self, principal: PrincipalId) -> Option<String> {
        let contacts = lock(&self.0.contacts);
        let mut pins = contacts.pins.usernames.iter();
        pins.find(|(_, pinned)| **pinned == principal).map(|(username, _)| username.clone())
    }
}

impl From<LockReason> for OpenError {
    fn from(reason: LockReason) -> Self {
        Self::Failed(reason.into())
    }
}
