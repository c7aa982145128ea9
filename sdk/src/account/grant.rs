//! Granting an access.

use super::{Account, Contact, GroupContact, epochs::BegunAll};
use crate::{
    access::Access,
    app::{App, data_owner},
    collection::Collection,
    definition::IndexKind,
    failure::Failure,
    ontology::Part,
    protocol::{
        access::{self, Signers},
        grant::{Terms, ToGrant, make},
        scope::{Role, ScopeState},
    },
};
use pryv_crypto::{evidence::Exceeds, group::MAX_EPOCHS};
use pryv_proxy_crypto::VerifiedCards;
use pryv_wire::{
    AccessId, Digest, ErrorCode, PrincipalId, ScopeId, Signed, Suite, Timestamp,
    access::{AccessState, Level},
    card::{Card, PrincipalKind},
    scope::{ScopeKind, Slice, SliceData},
    transaction::Operation,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// How often a grant is made anew because an epoch began in between.
pub(super) const ATTEMPTS: usize = 4;

/// A grant to be made: who, what, why, until when.
#[derive(Clone, Debug)]
#[must_use]
pub struct Grant {
    /// Nobody yet, if a link is to be made.
    pub(super) to: Option<PrincipalId>,
    pub(super) id: Option<AccessId>,
    pub(super) scopes: Vec<(Collection, Level)>,
    parts: Vec<PartGrant>,
    history: bool,
    pub(super) terms: Terms,
}

/// A part of an ontology that is granted.
#[derive(Clone, Debug)]
struct PartGrant {
    part: Part,
    level: Level,
    data: bool,
    labels: bool,
    collections: Option<BTreeSet<ScopeId>>,
}

impl PartGrant {
    fn slice(&self) -> Slice {
        let data = match &self.collections {
            _ if !self.data => SliceData::None,
            None => SliceData::Every,
            Some(collections) => SliceData::Collections(collections.iter().copied().collect()),
        };
        let Part { ontology, term } = self.part;
        Slice { ontology, term, data, labels: self.labels }
    }
}

impl Grant {
    /// A grant to a contact.
    pub fn to(contact: &Contact) -> Self {
        Self::of(Some(contact.id()))
    }

    /// A grant to an app.
    pub fn to_app(app: &App) -> Self {
        Self::of(Some(app.id()))
    }

    /// A grant to a group: to everybody who is a member of it at the time, at level `read`.
    pub fn to_group(group: &GroupContact) -> Self {
        Self::of(Some(group.id()))
    }

    /// A grant to whoever will hold a link: for [`Account::create_link`].
    pub fn to_link() -> Self {
        Self::of(None)
    }

    const fn of(to: Option<PrincipalId>) -> Self {
        let terms = Terms {
            name: String::new(),
            purpose: String::new(),
            valid_from: None,
            valid_until: None,
            terms: None,
            max_uses: None,
        };
        Self { to, id: None, scopes: Vec::new(), parts: Vec::new(), history: true, terms }
    }

    /// How many sessions the link opens.
    pub(super) const fn with_uses(mut self, uses: Option<u32>) -> Self {
        self.terms.max_uses = uses;
        self
    }

    /// A level that is granted, if it is another than those of `levels`.
    pub(super) fn level_beyond(&self, levels: &[Level]) -> Option<Level> {
        let parts = self.parts.iter().map(|part| part.level);
        self.scopes.iter().map(|(_, level)| *level).chain(parts).find(|level| !levels.contains(level))
    }

    /// The parts of ontologies that are granted, with their levels.
    pub(super) fn slices(&self) -> impl Iterator<Item = (Slice, Level)> {
        self.parts.iter().map(|part| (part.slice(), part.level))
    }

    /// Grants a level on a collection.
    pub fn on(mut self, collection: &Collection, level: Level) -> Self {
        self.scopes.push((collection.clone(), level));
        self
    }

    /// Under this id, of [`Account::new_access_id`], that the caller has kept: after an answer that was lost, or a program that broke off,
    /// the same grant is not made twice, but refused as `already-exists`.
    pub const fn id(mut self, id: AccessId) -> Self {
        self.id = Some(id);
        self
    }

    /// Grants a level on what is filed under a term and its descendants, now and later, in every collection that is linked to
    /// the ontology; and the labels of that term and its descendants.
    pub fn on_term(mut self, part: impl Into<Part>, level: Level) -> Self {
        let part = part.into();
        self.parts.push(PartGrant { part, level, data: true, labels: true, collections: None });
        self
    }

    /// Grants a level on the terms themselves, and on nothing that is filed under them: reading them, or managing those below.
    pub fn on_structure(mut self, part: impl Into<Part>, level: Level) -> Self {
        let part = part.into();
        self.parts.push(PartGrant { part, level, data: false, labels: true, collections: None });
        self
    }

    /// Whether the term that was named last lets its labels be read; it does if nothing is said.
    pub fn labels(mut self, labels: bool) -> Self {
        if let Some(part) = self.parts.last_mut() {
            part.labels = labels;
        }
        self
    }

    /// Only what is filed under the term that was named last *and* stands in one of these collections.
    pub fn within_collections<'a>(mut self, collections: impl IntoIterator<Item = &'a Collection>) -> Self {
        if let Some(part) = self.parts.last_mut() {
            part.collections = Some(collections.into_iter().map(Collection::scope).collect());
        }
        self
    }

    /// Only what is written from now on: new keys begin with the grant, and no earlier ones are given.
    pub const fn without_history(mut self) -> Self {
        self.history = false;
        self
    }

    /// What the access is called. Only grantor and grantee read it.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.terms.name = name.into();
        self
    }

    /// What the access is for. Only grantor and grantee read it.
    pub fn purpose(mut self, purpose: impl Into<String>) -> Self {
        self.terms.purpose = purpose.into();
        self
    }

    /// Not before.
    pub const fn from(mut self, from: Timestamp) -> Self {
        self.terms.valid_from = Some(from);
        self
    }

    /// Not at or after.
    pub const fn until(mut self, until: Timestamp) -> Self {
        self.terms.valid_until = Some(until);
        self
    }

    /// The hash of the terms that were shown to whoever agreed.
    pub const fn terms(mut self, terms: Digest) -> Self {
        self.terms.terms = Some(terms);
        self
    }
}

/// Who receives an access.
enum Grantee {
    /// Somebody whose cards the server shows.
    Principal(PrincipalId),
    /// A link that this account has made.
    Link(Arc<VerifiedCards>, Signed<Card>),
}

/// Why an access was not granted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GrantError {
    /// Keys are passed on once: by a manager, or by a group.
    #[error("keys are passed on once: no group is a member of a group, and no manager grants to one")]
    TooDeep,
    /// The group has had as many cards as it can have.
    #[error(
        "the group has had as many members leave as it can; nothing more is granted to it, and nobody comes to it: make another one"
    )]
    GroupClosed,
    /// A group reads, and does nothing else.
    #[error("a group reads: what its members write would be in nobody's name; grant to each who is to write")]
    GroupLevel,
    /// A membership is for as long as it lasts, with the group's history.
    #[error(
        "a member of a group reads what the group was granted before, and its membership is granted alone"
    )]
    Membership,
    /// The collection was shared in the fast suite before, on a curve from which a group's key does not lead on.
    #[error("the collection was shared in suite 3 before; groups are granted collections of suites 1 and 2")]
    LightScope {
        /// The collection.
        scope: ScopeId,
    },
    /// Nothing was granted.
    #[error("a grant names at least one collection or term")]
    Nothing,
    /// A collection was named twice.
    #[error("a grant names a collection once")]
    Twice {
        /// The collection.
        scope: ScopeId,
    },
    /// A collection belongs to somebody else.
    #[error(
        "only its owner grants a collection, and a manager by the access it received (`ReceivedAccess::grant`)"
    )]
    NotOwner {
        /// The collection.
        scope: ScopeId,
    },
    /// The grant is for a link, and none was made for it; or it is for somebody, and a link was asked for.
    #[error("a grant to a link is made by `create_link`, and one to somebody by `grant`")]
    NoGrantee,
    /// A collection is not linked to the ontology of a term.
    #[error("a collection is not linked to the ontology of the term; link it first")]
    NotLinked,
    /// The level means nothing on a part of an ontology that opens no data: it is read or managed.
    #[error("the structure of an ontology is granted at `read` or `manage`")]
    StructureLevel,
    /// An account does not grant to itself.
    #[error("an account does not grant to itself")]
    ToYourself,
    /// The access would end before it begins, or has ended already.
    #[error("the access would end before it begins, or has ended already")]
    Dates,
    /// Name and purpose are too long.
    #[error("name and purpose together have more than {MAX_NOTE} bytes")]
    NoteTooLong,
    /// A collection holds the own data of another app.
    #[error("what an app keeps for itself is granted to that app alone")]
    AppData {
        /// The collection.
        scope: ScopeId,
    },
    /// A writer who may not read cannot keep a field unique: it makes no tokens.
    #[error("`{field}` is unique, which a writer who may not read cannot hold to; grant `contribute`")]
    UniqueField {
        /// The field.
        field: String,
    },
    /// A manager grants what lies within its own access, and no more.
    #[error("the grant reaches further than your own access")]
    Exceeds(#[source] Exceeds),
    /// What can go wrong in every operation.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// The longest name and purpose, in bytes.
const MAX_NOTE: usize = 8 * 1024;

impl GrantError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooDeep => ErrorCode::TooDeep.as_str(),
            Self::GroupClosed => "group-closed",
            Self::GroupLevel => "group-level",
            Self::Membership => "membership",
            Self::LightScope { .. } => "light-scope",
            Self::Nothing => "nothing-granted",
            Self::Twice { .. } => "granted-twice",
            Self::NotOwner { .. } => "not-owner",
            Self::NoGrantee => "no-grantee",
            Self::NotLinked => ErrorCode::NotLinked.as_str(),
            Self::StructureLevel => "structure-level",
            Self::ToYourself => "to-yourself",
            Self::Dates => "invalid-dates",
            Self::NoteTooLong => "note-too-long",
            Self::AppData { .. } => "app-data",
            Self::UniqueField { .. } => "unique-field",
            Self::Exceeds(_) => "exceeds-own-access",
            Self::Failed(failure) => failure.code(),
        }
    }
}

impl Account {
    /// Grants an access: signed, and opening every epoch that there is.
    ///
    /// Computes about 30 ms for each collection to be read, and about 20 ms more for each of its epochs at its first grant.
    ///
    /// # Errors
    ///
    /// See [`GrantError`].
    pub async fn grant(&self, grant: Grant) -> Result<Access, GrantError> {
        let to = grant.to.ok_or(GrantError::NoGrantee)?;
        self.grant_to(&grant, &Grantee::Principal(to)).await
    }

    /// Grants an access to a link that is registered with it.
    pub(super) async fn grant_to_link(
        &self,
        grant: &Grant,
        cards: VerifiedCards,
        card: Signed<Card>,
    ) -> Result<Access, GrantError> {
        if grant.to.is_some() {
            return Err(GrantError::NoGrantee);
        }
        self.grant_to(grant, &Grantee::Link(Arc::new(cards), card)).await
    }

    async fn grant_to(&self, grant: &Grant, to: &Grantee) -> Result<Access, GrantError> {
        self.check_grant(grant)?;
        let access = grant.id.unwrap_or_else(|| self.new_access_id());
        let mut attempt = 1;
        loop {
            match self.try_grant(grant, to, access).await {
                Err(GrantError::Failed(failure)) if failure.is_stale() && attempt < ATTEMPTS => attempt += 1,
                granted => return granted,
            }
        }
    }

    fn check_grant(&self, grant: &Grant) -> Result<(), GrantError> {
        for (collection, _) in &grant.scopes {
            if collection.owner() != self.id() {
                return Err(GrantError::NotOwner { scope: collection.scope() });
            }
        }
        self.check_words(grant)
    }

    /// What holds for every grant, whoever makes it.
    pub(super) fn check_words(&self, grant: &Grant) -> Result<(), GrantError> {
        if grant.scopes.is_empty() && grant.parts.is_empty() {
            return Err(GrantError::Nothing);
        }
        if grant.to == Some(self.id()) {
            return Err(GrantError::ToYourself);
        }
        if grant.terms.name.len() + grant.terms.purpose.len() > MAX_NOTE {
            return Err(GrantError::NoteTooLong);
        }
        let begins = grant.terms.valid_from.unwrap_or_default().max(self.client().now());
        if grant.terms.valid_until.is_some_and(|until| until <= begins) {
            return Err(GrantError::Dates);
        }
        for (at, (collection, level)) in grant.scopes.iter().enumerate() {
            let scope = collection.scope();
            if grant.scopes.iter().skip(at + 1).any(|(other, _)| other.scope() == scope) {
                return Err(GrantError::Twice { scope });
            }
            let definition = collection.definition();
            if data_owner(&definition.uri).is_some_and(|app| app.is_none() || app != grant.to) {
                return Err(GrantError::AppData { scope });
            }
            let unique = definition.indexes.iter().find(|index| index.kind == IndexKind::Unique);
            if let (false, Some(index)) = (level.reads(), unique) {
                return Err(GrantError::UniqueField { field: index.fields.concat() });
            }
        }
        for (at, part) in grant.parts.iter().enumerate() {
            let slice = part.slice();
            if grant.parts.iter().skip(at + 1).any(|other| other.slice() == slice) {
                return Err(GrantError::Twice { scope: slice.ontology });
            }
            if !part.data && !matches!(part.level, Level::Read | Level::Manage) {
                return Err(GrantError::StructureLevel);
            }
        }
        Ok(())
    }

    /// An id for an access that is still to be granted. See [`Grant::id`].
    #[must_use]
    pub fn new_access_id(&self) -> AccessId {
        AccessId::from_bytes(self.client().random_bytes())
    }

    async fn try_grant(&self, grant: &Grant, to: &Grantee, access: AccessId) -> Result<Access, GrantError> {
        let (grantee, link) = match to {
            Grantee::Principal(id) => (self.fresh_cards_of(*id).await?, None),
            // Made here: nobody is asked for it.
            Grantee::Link(cards, card) => (Arc::clone(cards), Some(card.clone())),
        };
        let mut states = Vec::with_capacity(grant.scopes.len() + grant.parts.len());
        for (collection, level) in &grant.scopes {
            states.push((self.open_scope(self.id(), collection.scope(), &Role::Owner).await?, *level));
        }
        // What who may only create, or sees no earlier epoch, needs the definitions of.
        let mut definitions: BTreeMap<ScopeId, Arc<ScopeState>> = BTreeMap::new();
        for part in &grant.parts {
            let slice = part.slice();
            let state = self.slice(&slice).await?;
            if !part.level.reads() || !grant.history {
                for covered in self.covered_by(&slice).await? {
                    let indexes = &covered.definition.definition.indexes;
                    let unique = indexes.iter().find(|index| index.kind == IndexKind::Unique);
                    if let (false, Some(index)) = (part.level.reads(), unique) {
                        return Err(GrantError::UniqueField { field: index.fields.concat() });
                    }
                    definitions.insert(covered.scope, covered);
                }
            }
            states.push((state, part.level));
        }
        check_groups(grant, &grantee, &states)?;
        let begun = if grant.history {
            BegunAll::default()
        } else {
            let mut reached: BTreeSet<_> = states.iter().map(|(state, _)| state.scope).collect();
            reached.extend(definitions.keys());
            self.begin_epochs(&reached, &self.granted_opened().await?, None).await?
        };
        let granting = states.iter().map(|(state, level)| ToGrant {
            state: Arc::clone(state),
            level: *level,
            only: begun.of(state.scope).map(|begun| &begun.beginning),
        });
        let granting: Vec<_> = granting.collect();
        definitions.retain(|scope, _| !states.iter().any(|(state, _)| state.scope == *scope));
        let definitions: Vec<_> = definitions.into_values().collect();
        let (now, mut rng) = (self.client().now(), self.client().rng());
        let me = self.identity();
        let mut made = make(&me, &grantee, &granting, &definitions, &grant.terms, access, now, &mut rng)?;
        made.link = link;
        let state = AccessState {
            statement: made.statement.clone(),
            revocation: None,
            served: Vec::new(),
            parent: None,
            uses: None,
        };
        let epochs = begun.to_send().into_iter().map(|epoch| Operation::BeginEpoch { epoch });
        let operations = epochs.chain([Operation::Grant(Box::new(made))]).collect();
        self.commit(self.id(), operations).await?;
        for begun in &begun.all {
            self.note_epoch(self.id(), begun.state.scope, begun.beginning.statement.epoch);
        }
        let opened =
            access::open_granted(&me, &Signers::owner(&self.own_cards()), &state).map_err(Failure::from)?;
        Ok(access::view(&opened, now))
    }
}

/// What may be granted to a group, and to a member of one.
fn check_groups(
    grant: &Grant,
    grantee: &VerifiedCards,
    states: &[(Arc<ScopeState>, Level)],
) -> Result<(), GrantError> {
    let reads = states.iter().all(|(_, level)| *level == Level::Read);
    let of_group = |(state, _): &&(Arc<ScopeState>, Level)| state.kind == ScopeKind::Group;
    let to_group = grantee.current().kind == PrincipalKind::Group;
    if states.iter().any(|state| of_group(&state)) {
        if to_group {
            return Err(GrantError::TooDeep);
        }
        if states.len() > 1 || !reads || !grant.history {
            return Err(GrantError::Membership);
        }
        if states.iter().any(|(state, _)| state.is_closed()) {
            return Err(GrantError::GroupClosed);
        }
    }
    if !to_group {
        return Ok(());
    }
    if grantee.current().sequence.saturating_add(1) >= MAX_EPOCHS {
        return Err(GrantError::GroupClosed);
    }
    if !reads {
        return Err(GrantError::GroupLevel);
    }
    let on_light = |state: &ScopeState| state.pre.as_ref().is_some_and(|pre| pre.suite == Suite::LIGHT);
    match states.iter().find(|(state, _)| on_light(state)) {
        Some((state, _)) => Err(GrantError::LightScope { scope: state.scope }),
        None => Ok(()),
    }
}
