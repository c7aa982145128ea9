//! Groups of this account: who is a member of them, and the cards by which others grant to them.

use super::{Account, Contact, Grant, GrantError, OpenError, RevokeError, define::first_definition, lock};
use crate::{
    access::{Access, AccessStatus},
    collection::Collection,
    definition::{Definition, StoredDefinition},
    distrust::Distrust,
    failure::Failure,
    protocol::{
        access, epoch,
        scope::{Role, ScopeState},
    },
    receipt::Receipt,
    text::Fingerprint,
};
use pryv_crypto::group::MAX_EPOCHS;
use pryv_proxy_crypto::VerifiedCards;
use pryv_wire::{
    ErrorCode, PrincipalId, ScopeId, Uri,
    access::Level,
    card::{GroupPlace, PrincipalKind},
    scope::ScopeKind,
    transaction::Operation,
};
use serde_json::Value;
use std::{cmp::Ordering, sync::Arc};

/// The longest title of a group, in bytes.
const MAX_TITLE: usize = 1_000;

/// Why a group was not made or found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GroupError {
    /// The title is empty or too long.
    #[error("the title of a group has 1 to {MAX_TITLE} bytes")]
    Title,
    /// There is no such group: on this node, or in this account.
    #[error("there is no such group; groups are found on the node that their account is on")]
    NotFound,
    /// What can go wrong in every operation.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl GroupError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Title => "group-title",
            Self::NotFound => ErrorCode::NotFound.as_str(),
            Self::Failed(failure) => failure.code(),
        }
    }
}

/// A group, whose cards were verified against its id. Compare the id on another way, as that of a person: whoever made the
/// group decides who reads what it is granted.
#[derive(Clone, Debug)]
pub struct GroupContact {
    cards: Arc<VerifiedCards>,
    place: GroupPlace,
}

impl GroupContact {
    fn of(cards: Arc<VerifiedCards>) -> Option<Self> {
        let card = cards.current();
        let place = card.group.filter(|_| card.kind == PrincipalKind::Group)?;
        Some(Self { cards, place })
    }

    /// The group's id.
    #[must_use]
    pub fn id(&self) -> PrincipalId {
        self.cards.principal()
    }

    /// The account whose group it is, by the group's own word.
    #[must_use]
    pub const fn account(&self) -> PrincipalId {
        self.place.account
    }

    /// The id, to compare with the person whose group it is.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.id())
    }

    /// How many cards the group has had: a new one each time that a member leaves.
    #[must_use]
    pub fn cards(&self) -> usize {
        self.cards.iter().count()
    }
}

/// A group of this account.
///
/// Its members read what others grant to it, and each of them is granted and removed here alone: nobody who granted
/// something to the group has to do anything.
#[derive(Clone, Debug)]
pub struct Group {
    account: Account,
    id: PrincipalId,
    state: Arc<ScopeState>,
}

impl Group {
    fn of(account: &Account, state: Arc<ScopeState>) -> Option<Self> {
        let id = state.group().filter(|_| state.kind == ScopeKind::Group)?;
        Some(Self { account: account.clone(), id, state })
    }

    /// The id by which others grant to it.
    #[must_use]
    pub const fn id(&self) -> PrincipalId {
        self.id
    }

    /// The id as a URI.
    #[must_use]
    pub const fn uri(&self) -> Uri {
        Uri::Account { account: self.id }
    }

    /// The scope that keeps the members.
    #[must_use]
    pub fn scope(&self) -> ScopeId {
        self.state.scope
    }

    /// What it is called. Its members read it, and nobody else.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.state.definition.definition.title
    }

    /// The present card, as others see it, held against the epochs that this account signed.
    ///
    /// # Errors
    ///
    /// See [`GroupError`].
    pub async fn card(&self) -> Result<GroupContact, GroupError> {
        let state = self.account.open_scope(self.account.id(), self.scope(), &Role::Owner).await?;
        let cards = self.account.own_group_cards(&state).await?;
        GroupContact::of(cards).ok_or(GroupError::NotFound)
    }

    /// A grant by which somebody becomes a member, to be given dates or a purpose and made by [`Account::grant`]. A member reads
    /// what the group was and is granted.
    pub fn membership(&self, member: &Contact) -> Grant {
        let members = Collection::new(&self.account, Role::Owner, Arc::clone(&self.state));
        Grant::to(member).on(&members, Level::Read).name(self.title())
    }

    /// How many more members can leave, each with a next card. At zero the group is closed: nothing more is granted to it, nobody
    /// comes to it, and who is removed is shut out by the server alone. Make another one in time.
    #[must_use]
    pub fn removals_left(&self) -> u32 {
        let present = self.account.newest_epoch(self.account.id(), self.scope()).max(self.state.last_epoch());
        MAX_EPOCHS.saturating_sub(1).saturating_sub(present)
    }

    /// Makes somebody a member; who is one already stays as it is.
    ///
    /// # Errors
    ///
    /// See [`GrantError`].
    pub async fn add(&self, member: &Contact) -> Result<Access, GrantError> {
        match self.account.grant(self.membership(member)).await {
            Err(GrantError::Failed(failure)) if failure.refusal() == Some(ErrorCode::AlreadyExists) => {
                let mut members = self.members().await?;
                members.retain(|access| access.grantee == member.id());
                members.pop().ok_or(GrantError::Failed(failure))
            }
            made => made,
        }
    }

    /// The accesses by which somebody is a member now, oldest first.
    ///
    /// # Errors
    ///
    /// See [`Failure`].
    pub async fn members(&self) -> Result<Vec<Access>, Failure> {
        let mut members = self.unrevoked().await?;
        members.retain(|access| access.status != AccessStatus::Expired);
        Ok(members)
    }

    /// The accesses of members that were not revoked, those that are over included.
    async fn unrevoked(&self) -> Result<Vec<Access>, Failure> {
        let now = self.account.client().now();
        let granted = self.account.granted_opened().await?;
        let of_group = granted.iter().filter(|opened| {
            opened.evidence.access().level(self.scope()).is_some() && opened.evidence.end().is_none()
        });
        Ok(of_group.map(|opened| access::view(opened, now)).collect())
    }

    /// Ends the membership of somebody: this server gives it nothing more that the group was granted, and the group goes on
    /// with new keys and its next card. A receipt for each access by which it was a member, and that nobody else has ended
    /// meanwhile.
    ///
    /// # Errors
    ///
    /// [`RevokeError::NotFound`] if it is no member.
    pub async fn remove(&self, member: PrincipalId) -> Result<Vec<Receipt>, RevokeError> {
        let mut accesses = self.unrevoked().await?;
        accesses.retain(|access| access.grantee == member);
        if accesses.is_empty() {
            return Err(RevokeError::NotFound);
        }
        let mut receipts = Vec::with_capacity(accesses.len());
        for access in accesses {
            match self.account.revoke(access.id).await {
                Ok(receipt) => receipts.push(receipt),
                Err(RevokeError::AlreadyRevoked) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(receipts)
    }
}

impl Account {
    /// Makes a group. Its title is read by its members.
    ///
    /// # Errors
    ///
    /// See [`GroupError`].
    pub async fn create_group(&self, title: &str) -> Result<Group, GroupError> {
        if title.is_empty() || title.len() > MAX_TITLE {
            return Err(GroupError::Title);
        }
        let (me, now) = (self.identity(), self.client().now());
        let mut rng = self.client().rng();
        let scope = ScopeId::from_bytes(self.client().random_bytes());
        let (statement, keys, epoch) = epoch::first_of_group(&me, scope, now, &mut rng)?;
        let definition = Definition::new("pryv:group", title, "none", Value::Bool(false));
        let content = pryv_wire::encode(&StoredDefinition::first(definition));
        let definition = first_definition(&me, &statement, &keys, &content, now, &mut rng)?;
        let card = epoch.group.as_ref().map(|group| group.card.clone());
        let operation =
            Operation::CreateScope { epoch, definition, kind: ScopeKind::Group, entries: Vec::new() };
        self.commit(self.id(), vec![operation]).await?;
        self.note_epoch(self.id(), scope, 0);
        card.iter().try_for_each(|card| self.note_cards(card))?;
        let state = self.open_scope(self.id(), scope, &Role::Owner).await?;
        Group::of(self, state).ok_or(GroupError::NotFound)
    }

    /// The groups of this account.
    ///
    /// # Errors
    ///
    /// See [`Failure`].
    pub async fn groups(&self) -> Result<Vec<Group>, Failure> {
        let states = self.own_scopes().await?;
        Ok(states.into_iter().filter_map(|state| Group::of(self, state)).collect())
    }

    /// One group of this account, by its id.
    ///
    /// # Errors
    ///
    /// See [`GroupError`].
    pub async fn group(&self, id: PrincipalId) -> Result<Group, GroupError> {
        let mut groups = self.groups().await?;
        groups.retain(|group| group.id == id);
        groups.pop().ok_or(GroupError::NotFound)
    }

    /// A group of somebody's, by its id, to grant something to.
    ///
    /// # Errors
    ///
    /// See [`GroupError`].
    pub async fn find_group(&self, id: PrincipalId) -> Result<GroupContact, GroupError> {
        let cards = self.fresh_cards_of(id).await.map_err(|failure| match failure.refusal() {
            Some(ErrorCode::NotFound) => GroupError::NotFound,
            _ => GroupError::Failed(failure),
        })?;
        GroupContact::of(cards).ok_or(GroupError::NotFound)
    }

    /// Whether a principal that was met is a group.
    pub(super) fn is_group(&self, principal: PrincipalId) -> bool {
        let known = lock(&self.0.contacts).known(principal);
        known.is_some_and(|cards| cards.current().kind == PrincipalKind::Group)
    }

    /// The cards of a group of this account, held against the epochs that it signed: the present one is that of the present
    /// epoch, and the next one is made to follow it.
    pub(super) async fn own_group_cards(&self, state: &ScopeState) -> Result<Arc<VerifiedCards>, Failure> {
        let group = state.group().ok_or(Distrust::Malformed { what: "a group" })?;
        let cards = self.fresh_cards_of(group).await?;
        state.group_keys(&cards)?;
        match cards.current().sequence.cmp(&state.last_epoch()) {
            Ordering::Equal => Ok(cards),
            // Another device began an epoch meanwhile.
            Ordering::Greater => Err(Failure::stale_epoch()),
            Ordering::Less => Err(Distrust::InvalidCards { principal: Fingerprint::of(group) }.into()),
        }
    }
}

impl From<GroupError> for OpenError {
    fn from(error: GroupError) -> Self {
        match error {
            GroupError::Failed(failure) => Self::Failed(failure),
            GroupError::NotFound | GroupError::Title => Self::NotFound,
        }
    }
}
