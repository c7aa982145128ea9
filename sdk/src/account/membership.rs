//! Memberships: groups of others that this account is a member of, and what they were granted.

use super::{Account, ReceivedAccess, lock};
use crate::{
    access::{Access, AccessStatus},
    distrust::Distrust,
    failure::Failure,
    locked::LockReason,
    protocol::{
        access::{self, Signers},
        scope::{Membered, Role},
    },
    text::Fingerprint,
};
use pryv_crypto::{Grantee, GroupKeys};
use pryv_wire::{PrincipalId, card::GroupPlace};
use std::sync::Arc;

/// A group that this account is a member of.
#[derive(Clone, Debug)]
pub struct Membership {
    received: ReceivedAccess,
    group: PrincipalId,
    place: GroupPlace,
}

/// What groups received that this account is a member of.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct ReceivedByGroups {
    /// The accesses, of one group after the other, oldest first.
    pub received: Vec<ReceivedAccess>,
    /// Memberships that count and did not open, and why: look at each [`Failure::Distrust`].
    pub unopened: Vec<(Membership, Failure)>,
    /// Memberships that were not accepted, and therefore not opened.
    pub not_accepted: Vec<Membership>,
}

impl Membership {
    fn of(received: ReceivedAccess) -> Option<Self> {
        let (group, scope) =
            received.access.scopes.iter().find_map(|scoped| Some((scoped.group?, scoped.scope)))?;
        let place = GroupPlace { account: received.access.account, scope };
        Some(Self { received, group, place })
    }

    /// The group.
    #[must_use]
    pub const fn group(&self) -> PrincipalId {
        self.group
    }

    /// Whose group it is.
    #[must_use]
    pub const fn account(&self) -> PrincipalId {
        self.place.account
    }

    /// The access by which this account is a member, which is from the account whose group it is.
    #[must_use]
    pub const fn access(&self) -> &Access {
        &self.received.access
    }

    /// What the group is called.
    ///
    /// # Errors
    ///
    /// [`Failure::Locked`] if the membership does not count now; else see [`Failure`].
    pub async fn title(&self) -> Result<String, Failure> {
        let account = &self.received.account;
        let state = account.open_scope(self.place.account, self.place.scope, &self.role()?).await?;
        Ok(state.definition.definition.title.clone())
    }

    /// Whether this account has accepted it: what the group was granted is opened with the rest from then on.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        lock(&self.received.account.0.contacts).pins.groups.contains(&self.group)
    }

    /// The accesses that the group received, oldest first, those that ended included. Each opens with the same calls as one of
    /// this account's own. About 45 ms for each epoch of the group that was not opened before.
    ///
    /// Anybody makes anybody a member: to call this, where it succeeds, is to accept the membership.
    ///
    /// # Errors
    ///
    /// [`Failure::Locked`] if the membership does not count now; else see [`Failure`].
    pub async fn received(&self) -> Result<Vec<ReceivedAccess>, Failure> {
        let received = self.open_received().await?;
        lock(&self.received.account.0.contacts).pins.groups.insert(self.group);
        Ok(received)
    }

    async fn open_received(&self) -> Result<Vec<ReceivedAccess>, Failure> {
        let account = &self.received.account;
        let role = self.role()?;
        let mut keys = account.group_keys(self.place, &role).await?;
        if keys.group() != self.group {
            return Err(Distrust::InvalidCards { principal: Fingerprint::of(self.group) }.into());
        }
        let (now, ended) = (account.client().now(), account.ended());
        let states = account.group_states(self.group).await?;
        let me = account.identity();
        let mut looked_again = false;
        let mut all = Vec::with_capacity(states.len());
        for state in &states {
            let open = |keys: &GroupKeys, signers: &Signers| {
                Ok(access::open_received(Grantee::member(&me, keys), signers, state)?)
            };
            let claimed = access::claimed(state)?;
            let mut opened = account.with_signers(&claimed, None, |signers| open(&keys, signers)).await?;
            if opened.unreadable && !looked_again {
                // Granted to a card that came after those which were looked at. Once: whoever grants seals what it wants.
                looked_again = true;
                keys = account.group_keys(self.place, &role).await?;
                opened = account.with_signers(&claimed, None, |signers| open(&keys, signers)).await?;
            }
            account.check_end(&opened.evidence, &ended)?;
            let signed = opened.evidence.access();
            let cards = account.cards_of(self.group).await?;
            if cards.by_digest(signed.grantee_card).is_none() || signed.by.is_some() {
                return Err(Distrust::Misplaced { what: "an access" }.into());
            }
            all.push(opened);
        }
        let membered = Membered { keys, place: self.place, role: Arc::new(role) };
        Ok(all
            .into_iter()
            .map(|opened| ReceivedAccess {
                access: access::view(&opened, now),
                account: account.clone(),
                opened,
                siblings: Arc::new([]),
                group: Some(membered.clone()),
            })
            .collect())
    }

    fn role(&self) -> Result<Role, Failure> {
        match access::reason(&self.received.opened.evidence, self.received.account.client().now()) {
            None => Ok(self.received.role(self.place.scope)),
            Some(reason) => Err(reason.into()),
        }
    }
}

impl ReceivedAccess {
    /// The membership of a group, if the access is one.
    #[must_use]
    pub fn membership(&self) -> Option<Membership> {
        Membership::of(self.clone())
    }

    /// The group that received the access, if it is not this account's own.
    #[must_use]
    pub fn through_group(&self) -> Option<PrincipalId> {
        self.group.as_ref().map(|held| held.keys.group())
    }
}

impl Account {
    /// The groups of others that this account is or was a member of, by the accesses that it received.
    ///
    /// # Errors
    ///
    /// As [`Account::received`].
    pub async fn memberships(&self) -> Result<Vec<Membership>, Failure> {
        Ok(self.received().await?.into_iter().filter_map(Membership::of).collect())
    }

    /// What the groups received that this account is a member of now, and whose membership it has accepted
    /// ([`Membership::received`]). One that does not open hides no other.
    ///
    /// # Errors
    ///
    /// As [`Account::received`].
    pub async fn received_by_groups(&self) -> Result<ReceivedByGroups, Failure> {
        let mut all = ReceivedByGroups::default();
        for membership in self.memberships().await? {
            let again =
                all.received.iter().any(|received| received.through_group() == Some(membership.group));
            if again || !matches!(membership.access().status, AccessStatus::Active) {
                continue;
            }
            if !membership.is_accepted() {
                all.not_accepted.push(membership);
                continue;
            }
            match membership.open_received().await {
                Ok(received) => all.received.extend(received),
                Err(failure @ Failure::Offline { .. }) => return Err(failure),
                Err(failure) => all.unopened.push((membership, failure)),
            }
        }
        Ok(all)
    }

    /// The keys of a group in every epoch of it that a member is given, held against its cards.
    pub(crate) async fn group_keys(&self, place: GroupPlace, role: &Role) -> Result<Arc<GroupKeys>, Failure> {
        let state = self.open_scope(place.account, place.scope, role).await?;
        let group = state.group().ok_or(LockReason::EpochNotHeld { epoch: 0 })?;
        // After the epochs, so that none of them names a card that is not there yet.
        let cards = self.fresh_cards_of(group).await?;
        Ok(Arc::new(state.group_keys(&cards)?))
    }
}
