//! Opening a scope: epochs verified under the owner's cards, keys unwrapped or unlocked, the definition read.

use super::tree::{Moves, Tree};
use crate::{
    definition::{Definition, Index, Referring, Schemas, StoredDefinition},
    distrust::Distrust,
    failure::Failure,
    locked::LockReason,
    text::Fingerprint,
};
use pryv_crypto::{
    EpochKeys, Grantee, GroupKeys, Identity, VerifiedAccess,
    branch::DefinitionKey,
    evidence::signed_by_card,
    index::{Form, IndexKey, UniqueKey},
    keyring::UnwrapError,
    lockbox::{self, OpenLockboxError},
    record::{Author, EpochSource, Sought, UnopenedRecord},
    secret::{ContentKey, LockKey},
    slice::{Entry, EntryPlace, open_entry},
};
use pryv_proxy_crypto::{
    VerifiedCards,
    pre::{Capsule, Curve},
    suite::may_follow,
};
use pryv_wire::{
    AccessId, Bytes, Digest, PrincipalId, RecordId, ScopeId, Suite,
    access::{Access, AccessNote, Grant, Level},
    card::{GroupPlace, PrincipalKind},
    decode,
    record::{DefinitionRef, IndexState, IndexedAlike},
    scope::{CoveringSlice, Epoch, EpochKeys as Keys, EpochOpened, ScopeKind, ScopeOpened, ScopePre, Slice},
    term::TermNode,
};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// How far the clocks of who begins an epoch and of who makes a card may be apart, in milliseconds: each of them ten minutes
/// from the server's.
pub(crate) const CARD_TOLERANCE: u64 = 20 * 60 * 1_000;

/// In which role this account reaches a scope.
#[derive(Clone, Debug)]
pub(crate) enum Role {
    /// It owns the scope.
    Owner,
    /// It holds an access to the scope.
    Grantee {
        access: Arc<VerifiedAccess>,
        note: Arc<AccessNote>,
        /// Other accesses of the same holder to the same scope: the server may give the keys under any of them.
        others: Vec<AccessId>,
        /// By which membership, if a group holds the access.
        group: Option<Membered>,
    },
}

/// How a member holds what its group was granted.
#[derive(Clone, Debug)]
pub(crate) struct Membered {
    /// What opens what is sealed to the group, in the epochs that were there when it was last looked.
    pub(crate) keys: Arc<GroupKeys>,
    /// Where the members are kept.
    pub(crate) place: GroupPlace,
    /// The role of the member in that scope.
    pub(crate) role: Arc<Role>,
}

impl Role {
    /// The level on a scope; none for the owner, who may do everything.
    pub(crate) fn level(&self, scope: ScopeId) -> Option<Level> {
        match self {
            Self::Owner => None,
            Self::Grantee { access, .. } => {
                let access = access.access();
                access.level(scope).or_else(|| strongest(covering(access, scope)))
            }
        }
    }

    /// The slices by which the role reaches a scope that is not granted itself.
    pub(crate) fn slices(&self, scope: ScopeId) -> Vec<ScopeId> {
        match self {
            Self::Grantee { access, .. } if access.access().level(scope).is_none() => {
                covering(access.access(), scope).map(|grant| grant.scope).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What a slice opens, as the access says it that the role holds.
    fn slice(&self, scope: ScopeId) -> Option<&Slice> {
        match self {
            Self::Owner => None,
            Self::Grantee { access, .. } => {
                let grants = &access.access().grants;
                grants.iter().find(|grant| grant.scope == scope).and_then(|grant| grant.slice.as_ref())
            }
        }
    }

    /// What the access says of a scope.
    fn granted(&self, scope: ScopeId) -> Option<&Grant> {
        match self {
            Self::Owner => None,
            Self::Grantee { access, .. } => access.access().grants.iter().find(|grant| grant.scope == scope),
        }
    }

    /// The membership, if a group holds the access.
    pub(crate) const fn membered(&self) -> Option<&Membered> {
        match self {
            Self::Grantee { group, .. } => group.as_ref(),
            Self::Owner => None,
        }
    }

    /// The same role with other keys of its group.
    pub(crate) fn with_keys(&self, keys: Arc<GroupKeys>) -> Self {
        let mut role = self.clone();
        if let Self::Grantee { group: Some(group), .. } = &mut role {
            group.keys = keys;
        }
        role
    }

    /// The same role for another scope of the same owner: by this access alone.
    pub(crate) fn beside(&self) -> Self {
        let mut role = self.clone();
        if let Self::Grantee { others, .. } = &mut role {
            others.clear();
        }
        role
    }

    /// The access, for grantees.
    pub(crate) fn access(&self) -> Option<AccessId> {
        match self {
            Self::Owner => None,
            Self::Grantee { access, .. } => Some(access.access().access),
        }
    }

    /// The newest version of a scope's definition whose key came with the access, for who may not read the scope.
    pub(crate) fn definition_held(&self, scope: ScopeId) -> Option<u64> {
        match self {
            Self::Grantee { note, .. } if !self.reads(scope) => {
                let of_scope = note.definition_keys.iter().filter(|key| key.scope == scope);
                of_scope.map(|key| key.version).max()
            }
            _ => None,
        }
    }

    /// Whether the role reads every record of a scope, from its first epoch on.
    pub(crate) fn sees_all(&self, scope: ScopeId) -> bool {
        match self {
            Self::Owner => true,
            Self::Grantee { access, .. } => {
                let mut grants = access.access().grants.iter();
                grants.any(|grant| grant.scope == scope && grant.level.reads() && grant.from_epoch == 0)
            }
        }
    }

    /// Whether the role reads the whole of a scope.
    pub(crate) fn reads(&self, scope: ScopeId) -> bool {
        match self {
            Self::Owner => true,
            Self::Grantee { access, .. } => access.access().level(scope).is_some_and(Level::reads),
        }
    }
}

/// The grants of slices that cover a scope: an ontology, or a collection.
fn covering(access: &Access, scope: ScopeId) -> impl Iterator<Item = &Grant> {
    access.grants.iter().filter(move |grant| {
        let covers = |slice: &Slice| slice.covers(scope) || (slice.labels && slice.ontology == scope);
        grant.slice.as_ref().is_some_and(covers)
    })
}

/// The level that allows most. Grants of one access on slices of different levels are told apart by the server.
fn strongest<'a>(grants: impl Iterator<Item = &'a Grant>) -> Option<Level> {
    let rank = |level: &Level| (level.manages(), level.changes(), level.reads(), level.creates());
    grants.map(|grant| grant.level).max_by_key(rank)
}

/// What opens the definition of a scope for who holds slices that cover it.
pub(crate) fn definition_of(
    slices: &[Arc<ScopeState>],
    scope: ScopeId,
    epoch: u32,
) -> Option<&DefinitionKey> {
    slices.iter().find_map(|slice| slice.entries.get(&(scope, epoch))).map(|entry| &entry.definition)
}

/// One epoch whose statement was verified.
#[derive(Clone, Debug)]
pub(crate) struct KnownEpoch {
    pub(crate) statement: Epoch,
    /// The sequence of the owner's card that signed it.
    pub(crate) signer: u32,
    digest: Digest,
    /// The owner's wrap of the lock key, if the epoch has a lockbox.
    pub(crate) lock: Option<Bytes>,
}

/// The definition of a collection, opened.
pub(crate) struct KnownDefinition {
    pub(crate) definition: Arc<Definition>,
    /// For each index the version that brought it.
    pub(crate) since: Vec<u64>,
    /// The version that last changed the indexes.
    pub(crate) changed: u64,
    /// For each relation the collections that it leads to.
    pub(crate) targets: Vec<Vec<ScopeId>>,
    /// The collections that refer to this one.
    pub(crate) referring: Vec<Referring>,
    pub(crate) schemas: Schemas,
    pub(crate) reference: DefinitionRef,
    pub(crate) content_key: ContentKey,
}

impl KnownDefinition {
    /// It as it is stored.
    pub(crate) fn stored(&self) -> StoredDefinition {
        let definition = Definition::clone(&self.definition);
        let Self { since, changed, targets, referring, .. } = self;
        let (since, targets, referring) = (since.clone(), targets.clone(), referring.clone());
        StoredDefinition { definition, since, changed: *changed, targets, referring }
    }
}

/// One index, and its keys.
pub(crate) struct HeldIndex {
    pub(crate) index: Index,
    /// The version of the definition that brought it.
    pub(crate) since: u64,
    pub(crate) keys: IndexKeys,
}

/// The keys of an index.
pub(crate) enum IndexKeys {
    /// Of a unique one: the same in every epoch; none for who holds no epoch.
    Unique(Option<UniqueKey>),
    /// Of every other, by epoch.
    Epochs(Form, BTreeMap<u32, IndexKey>),
}

/// What a manager needs of an epoch to grant it onwards.
pub(crate) struct HeldLock {
    pub(crate) lock: LockKey,
    /// The curve of the capsule, on which the next transform has to go on.
    pub(crate) curve: Curve,
}

/// A scope as it was when it was last opened. Never changed: opened again, it is another one.
pub(crate) struct ScopeState {
    pub(crate) owner: PrincipalId,
    pub(crate) scope: ScopeId,
    pub(crate) keys: BTreeMap<(ScopeId, u32), Arc<EpochKeys>>,
    pub(crate) epochs: BTreeMap<u32, KnownEpoch>,
    /// For a manager: the lock keys that its shares gave it, to seal to whom it grants onwards.
    pub(crate) locks: BTreeMap<u32, Arc<HeldLock>>,
    pub(crate) definition: KnownDefinition,
    pub(crate) indexes: Vec<HeldIndex>,
    /// By what the instances of a collection are indexed, as the server said it to who reads the whole of it.
    pub(crate) indexed: Vec<IndexedAlike>,
    pub(crate) pre: Option<ScopePre>,
    pub(crate) readers: Vec<AccessId>,
    /// What it is. Of a collection the owner's definition says it too; of a slice the signed access.
    pub(crate) kind: ScopeKind,
    /// In which role it was opened.
    pub(crate) role: Role,
    /// The slices by which a grantee reaches it.
    pub(crate) slices: Vec<Arc<Self>>,
    /// Of a slice: what it opens, by scope and epoch.
    pub(crate) entries: BTreeMap<(ScopeId, u32), Arc<Entry>>,
    /// The slices that cover it, for its owner, as the server names them.
    pub(crate) covering: Vec<CoveringSlice>,
    /// The terms that its records are filed under, as far as they were asked for in this epoch.
    pub(crate) trees: Mutex<Arc<BTreeMap<ScopeId, Tree>>>,
}

impl std::fmt::Debug for ScopeState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScopeState")
            .field("scope", &self.scope)
            .field("epochs", &self.epochs.len())
            .finish_non_exhaustive()
    }
}

impl ScopeState {
    /// The present epoch.
    pub(crate) fn present(&self) -> Result<&KnownEpoch, Distrust> {
        self.epochs.last_key_value().map(|(_, epoch)| epoch).ok_or(Distrust::Malformed { what: "a scope" })
    }

    /// Whether the owner's card of this number, or a later one, signed the present epoch: whoever holds an account secret that
    /// was replaced could have made the keys of any other, and nothing is sealed under them.
    pub(crate) fn is_under(&self, card: u32) -> Result<(), Distrust> {
        if self.is_before(card)? {
            return Err(Distrust::ReplacedKey { what: "the present epoch of a scope" });
        }
        Ok(())
    }

    /// Whether a card before the owner's card of this number signed the present epoch.
    pub(crate) fn is_before(&self, card: u32) -> Result<bool, Distrust> {
        Ok(self.present()?.signer < card)
    }

    /// The number of the present epoch.
    pub(crate) fn last_epoch(&self) -> u32 {
        self.epochs.last_key_value().map_or(0, |(number, _)| *number)
    }

    /// How many instances are indexed otherwise than it is done now, as far as the server counted.
    pub(crate) fn unindexed(&self) -> u64 {
        let (epoch, version) = (self.last_epoch(), self.definition.changed);
        let behind = |state: &IndexState| state.epoch < epoch || state.version < version;
        let alike = self.indexed.iter().filter(|alike| behind(&alike.state));
        alike.map(|alike| u64::from(alike.records)).sum()
    }

    /// The suite of the present epoch.
    pub(crate) fn suite(&self) -> Result<Suite, Distrust> {
        Ok(self.present()?.statement.suite)
    }

    /// The group whose members the scope keeps: the card of its first epoch gives the id.
    pub(crate) fn group(&self) -> Option<PrincipalId> {
        let card = self.epochs.get(&0)?.statement.card?;
        Some(PrincipalId::from_bytes(*card.as_bytes()))
    }

    /// Whether this is a group that has had its last card: it goes on with the keys that it has.
    pub(crate) fn is_closed(&self) -> bool {
        self.kind == ScopeKind::Group && self.last_epoch().saturating_add(1) >= pryv_crypto::group::MAX_EPOCHS
    }

    /// The keys of a group, whose scope this is: each epoch that is held names its card, and gives the keys of it.
    pub(crate) fn group_keys(&self, cards: &VerifiedCards) -> Result<GroupKeys, Distrust> {
        let place = GroupPlace { account: self.owner, scope: self.scope };
        let held = self.epochs.iter().filter_map(|(number, epoch)| {
            Some((&epoch.statement, &**self.keys.get(&(self.scope, *number))?))
        });
        GroupKeys::verify(cards, place, held)
            .map_err(|_| Distrust::InvalidCards { principal: Fingerprint::of(cards.principal()) })
    }

    /// The ontologies that a collection is linked to, as the server says it.
    pub(crate) fn ontologies(&self) -> &[ScopeId] {
        match &self.kind {
            ScopeKind::Collection(kind) => &kind.ontologies,
            _ => &[],
        }
    }

    /// The moves of terms that the epochs of an ontology tell.
    pub(crate) fn moves(&self) -> Moves {
        Moves::of(self.epochs.values().map(|epoch| &epoch.statement))
    }

    /// The trees that are known by now.
    pub(crate) fn trees(&self) -> Arc<BTreeMap<ScopeId, Tree>> {
        Arc::clone(&self.trees.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes terms in, with their places.
    pub(crate) fn learn(
        &self,
        ontology: ScopeId,
        nodes: &[TermNode],
        moves: Option<&Moves>,
    ) -> Result<(), Distrust> {
        let mut trees = self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        let tree = Arc::make_mut(&mut trees).entry(ontology).or_default();
        nodes.iter().try_for_each(|node| tree.insert(ontology, node, moves))
    }

    /// The owner's cards that may have signed a record of an epoch: none that was replaced when the epoch began.
    pub(crate) fn cards_in<'a>(&self, cards: &'a VerifiedCards, epoch: u32) -> Cow<'a, VerifiedCards> {
        match self.epochs.get(&epoch).map_or(0, |epoch| epoch.signer) {
            0 => Cow::Borrowed(cards),
            signer => Cow::Owned(cards.since(signer)),
        }
    }

    /// The cards of a grantee that may have signed a record of an epoch: none that the grantee had replaced before the epoch
    /// began.
    pub(crate) fn grantee_cards_in<'a>(
        &self,
        cards: &'a VerifiedCards,
        epoch: u32,
    ) -> Cow<'a, VerifiedCards> {
        // Which card of a group an epoch was sealed to, the epoch itself says.
        if cards.current().kind == PrincipalKind::Group {
            return Cow::Borrowed(cards);
        }
        let Some(epoch) = self.epochs.get(&epoch) else { return Cow::Borrowed(cards) };
        let began = epoch.statement.started_at;
        let replacing = cards.iter().skip(1);
        let replaced =
            replacing.take_while(|card| card.created_at.plus_millis(CARD_TOLERANCE) < began).count();
        match u32::try_from(replaced).unwrap_or(u32::MAX) {
            0 => Cow::Borrowed(cards),
            replaced => Cow::Owned(cards.since(replaced)),
        }
    }

    /// The keys of one epoch.
    pub(crate) fn keys_of(&self, epoch: u32) -> Result<&Arc<EpochKeys>, Failure> {
        self.keys.get(&(self.scope, epoch)).ok_or_else(|| LockReason::EpochNotHeld { epoch }.into())
    }
}

/// From which epoch on a scope must be asked for: grantees keep what cost them a pairing.
pub(crate) fn from_epoch(role: &Role, known: Option<&ScopeState>) -> u32 {
    match role {
        Role::Owner => 0,
        Role::Grantee { .. } => known.map_or(0, ScopeState::last_epoch),
    }
}

/// Opens the answer to `OpenScope`.
pub(crate) fn open(
    me: &Identity,
    owner: &VerifiedCards,
    scope: ScopeId,
    role: &Role,
    slices: Vec<Arc<ScopeState>>,
    answer: &ScopeOpened,
    known: Option<&ScopeState>,
) -> Result<ScopeState, Failure> {
    check_kind(role, scope, &answer.kind)?;
    let (mut epochs, mut keys, mut locks) = match (role, known) {
        (Role::Grantee { .. }, Some(known)) => {
            (known.epochs.clone(), known.keys.clone(), known.locks.clone())
        }
        _ => (BTreeMap::new(), BTreeMap::new(), BTreeMap::new()),
    };
    let first = from_epoch(role, known);
    let mut expected = first;
    for opened in &answer.epochs {
        let epoch = epoch(owner, scope, opened)?;
        let number = epoch.statement.epoch;
        let in_order = match role {
            Role::Owner => number == expected,
            Role::Grantee { .. } => number >= expected,
        };
        if !in_order {
            return Err(Distrust::Malformed { what: "the list of epochs" }.into());
        }
        if epoch.statement.card.is_some() != (answer.kind == ScopeKind::Group) {
            return Err(Distrust::Substituted { what: "kind of scope" }.into());
        }
        let before = epochs.range(..number).next_back();
        if let Some((_, before)) = before
            && !may_follow(before.statement.suite, epoch.statement.suite)
        {
            return Err(Distrust::SuiteDowngrade { epoch: number }.into());
        }
        expected = number.saturating_add(1);
        // What an earlier card signs behind the first epoch of a later one was signed by who took the old keys.
        let before = epochs.range(..number).next_back();
        if before.is_some_and(|(_, before)| epoch.signer < before.signer) {
            return Err(Distrust::ReplacedKey { what: "an epoch" }.into());
        }
        let before = known.and_then(|known| known.epochs.get(&number));
        if before.is_some_and(|before| before.digest != epoch.digest) {
            return Err(Distrust::Forked { what: "epoch", number: u64::from(number) }.into());
        }
        // A grantee keeps what cost a pairing; the owner opens its wraps each time, so that a replayed one shows at once.
        let held = match role {
            Role::Owner => None,
            Role::Grantee { .. } => known.and_then(|known| known.keys.get(&(scope, number))).cloned(),
        };
        let found = match held {
            Some(held) => Some(held),
            None => unlock(me, role, scope, &epoch.statement, &opened.keys)?.map(Arc::new),
        };
        keys.extend(found.map(|found| ((scope, number), found)));
        locks.extend(lock_of(me, role, scope, &epoch.statement, &opened.keys).map(|lock| (number, lock)));
        epochs.insert(number, epoch);
    }
    let last = known.map_or(0, ScopeState::last_epoch);
    if answer.epochs.is_empty() || expected <= last {
        let (known, answered) = (u64::from(last), u64::from(expected.saturating_sub(1)));
        return Err(Distrust::RolledBack { what: "a collection's epochs", known, answered }.into());
    }
    let entries = entries(owner, scope, answer, known, &keys)?;
    let began = epochs.last_key_value().map(|(_, epoch)| epoch);
    let definition = definition((owner, began), scope, role, &slices, answer, known, &keys)?;
    if matches!(role, Role::Owner) {
        check_own(me, scope, &answer.kind, &definition.definition)?;
    }
    if let ScopeKind::Collection(kind) = &answer.kind
        && kind.history != definition.definition.history
    {
        return Err(Distrust::Substituted { what: "history of a collection" }.into());
    }
    let indexes = indexes(&definition, &keys);
    Ok(ScopeState {
        owner: owner.principal(),
        scope,
        keys,
        epochs,
        locks,
        definition,
        indexes,
        indexed: answer.indexed.clone(),
        pre: answer.pre.clone(),
        readers: answer.readers.clone(),
        kind: answer.kind.clone(),
        role: role.clone(),
        slices,
        entries,
        covering: answer.slices.clone(),
        trees: Mutex::default(),
    })
}

/// A grantee knows from the signed access which of its scopes are slices, and what each opens.
fn check_kind(role: &Role, scope: ScopeId, kind: &ScopeKind) -> Result<(), Distrust> {
    match role {
        Role::Owner => Ok(()),
        Role::Grantee { .. }
            if role.slice(scope) == kind.slice() && is_group(role, scope) == (*kind == ScopeKind::Group) =>
        {
            Ok(())
        }
        Role::Grantee { .. } => Err(Distrust::Substituted { what: "kind of scope" }),
    }
}

/// Whether the access says that the scope is a group.
fn is_group(role: &Role, scope: ScopeId) -> bool {
    role.granted(scope).is_some_and(|grant| grant.group.is_some())
}

/// An owner knows the id that a scope must have, and the ontologies that its own definition names.
fn check_own(
    me: &Identity,
    scope: ScopeId,
    kind: &ScopeKind,
    definition: &Definition,
) -> Result<(), Distrust> {
    let expected = match kind {
        ScopeKind::Collection(_) => me.scope_id(&definition.uri),
        ScopeKind::Ontology => me.ontology_id(&definition.uri),
        ScopeKind::Slice(slice) => me.slice_id(slice),
        _ => return Ok(()),
    };
    if expected != scope {
        return Err(Distrust::Misplaced { what: "a definition" });
    }
    if let ScopeKind::Collection(kind) = kind
        && !definition.ontologies.iter().all(|uri| kind.ontologies.contains(&me.ontology_id(uri)))
    {
        return Err(Distrust::Substituted { what: "list of ontologies" });
    }
    Ok(())
}

/// What a slice opens: the entries that the keys of its epochs open.
fn entries(
    owner: &VerifiedCards,
    scope: ScopeId,
    answer: &ScopeOpened,
    known: Option<&ScopeState>,
    keys: &BTreeMap<(ScopeId, u32), Arc<EpochKeys>>,
) -> Result<BTreeMap<(ScopeId, u32), Arc<Entry>>, Distrust> {
    let mut entries = known.map(|known| known.entries.clone()).unwrap_or_default();
    for entry in &answer.entries {
        let Some(keys) = keys.get(&(scope, entry.slice_epoch)) else { continue };
        let place = EntryPlace {
            account: owner.principal(),
            slice: scope,
            slice_epoch: entry.slice_epoch,
            scope: entry.scope,
            epoch: entry.epoch,
        };
        let opened = open_entry(owner, keys, &place, &entry.sealed)
            .map_err(|_| Distrust::WrongWrap { what: "what a slice opens" })?;
        entries.insert((entry.scope, entry.epoch), Arc::new(opened));
    }
    Ok(entries)
}

/// The keys that open a definition: of whole epochs, or of slices.
struct DefinitionKeys<'a> {
    keys: &'a BTreeMap<(ScopeId, u32), Arc<EpochKeys>>,
    slices: &'a [Arc<ScopeState>],
}

impl EpochSource for DefinitionKeys<'_> {
    fn keys(&self, scope: ScopeId, epoch: u32) -> Option<&EpochKeys> {
        self.keys.get(&(scope, epoch)).map(|keys| &**keys)
    }

    fn definition(&self, scope: ScopeId, epoch: u32) -> Option<&DefinitionKey> {
        definition_of(self.slices, scope, epoch)
    }
}

fn epoch(owner: &VerifiedCards, scope: ScopeId, opened: &EpochOpened) -> Result<KnownEpoch, Failure> {
    let (statement, signer): (Epoch, u32) = signed_by_card(owner, &opened.statement)
        .map_err(|_| Distrust::InvalidSignature { what: "an epoch" })?;
    pryv_proxy_crypto::check_suite(statement.suite)
        .map_err(|unknown| Distrust::UnknownSuite { what: "an epoch", number: unknown.0.number() })?;
    if statement.account != owner.principal() || statement.scope != scope {
        return Err(Distrust::Misplaced { what: "an epoch" }.into());
    }
    let lock = match &opened.keys {
        Keys::Owner { lock, .. } => lock.clone(),
        _ => None,
    };
    Ok(KnownEpoch { statement, signer, digest: opened.statement.digest(), lock })
}

/// The keys of an epoch, by whichever way the role has; none if it has none.
fn unlock(
    me: &Identity,
    role: &Role,
    scope: ScopeId,
    epoch: &Epoch,
    keys: &Keys,
) -> Result<Option<EpochKeys>, Failure> {
    match (role, keys) {
        (Role::Owner, Keys::Owner { wrap, .. }) => {
            let keys = me.keyring().unwrap_epoch(epoch, wrap).map_err(|error| match error {
                UnwrapError::WrongKeys(_) => Distrust::WrongKeys { epoch: epoch.epoch },
                _ => Distrust::WrongWrap { what: "the keys of an epoch" },
            })?;
            Ok(Some(keys))
        }
        (Role::Grantee { access, others, group, .. }, Keys::Grantee { capsule, share, sealed })
            if role.reads(scope) =>
        {
            let holder = match group {
                Some(group) => Grantee::member(me, &group.keys),
                None => Grantee::from(me),
            };
            let mut result = lockbox::open(holder, epoch, access.access().access, capsule, share, sealed);
            for other in others {
                if !matches!(result, Err(OpenLockboxError::Share(_))) {
                    break;
                }
                result = lockbox::open(me, epoch, *other, capsule, share, sealed);
            }
            Ok(Some(result.map_err(|error| lockbox_fault(&error, epoch.epoch))?))
        }
        // Another access of the same holder may read, which the server then serves.
        (Role::Grantee { .. }, Keys::Deposit | Keys::Grantee { .. }) => Ok(None),
        _ => Err(Distrust::Substituted { what: "kind of keys" }.into()),
    }
}

/// The lock key of an epoch for a manager, from the share by which it has just opened the epoch.
fn lock_of(me: &Identity, role: &Role, scope: ScopeId, epoch: &Epoch, keys: &Keys) -> Option<Arc<HeldLock>> {
    let (Role::Grantee { access, others, .. }, Keys::Grantee { share, capsule, .. }) = (role, keys) else {
        return None;
    };
    if !role.level(scope).is_some_and(Level::manages) {
        return None;
    }
    let held = std::iter::once(access.access().access).chain(others.iter().copied());
    let lock = held.into_iter().find_map(|access| lockbox::lock_of(me, epoch, access, share).ok())?;
    let curve = Capsule::parse(capsule).ok()?.curve();
    Some(Arc::new(HeldLock { lock, curve }))
}

fn lockbox_fault(error: &OpenLockboxError, epoch: u32) -> Distrust {
    match error {
        OpenLockboxError::Suite(unknown) => {
            Distrust::UnknownSuite { what: "an epoch", number: unknown.0.number() }
        }
        OpenLockboxError::Share(_) => Distrust::WrongWrap { what: "the share of an epoch's lock" },
        OpenLockboxError::InvalidCapsule(_) | OpenLockboxError::Capsule(_) => {
            Distrust::WrongWrap { what: "the transformed capsule of an epoch" }
        }
        OpenLockboxError::WrongKeys(_) => Distrust::WrongKeys { epoch },
        _ => Distrust::WrongWrap { what: "the lockbox of an epoch" },
    }
}

fn definition(
    (owner, began): (&VerifiedCards, Option<&KnownEpoch>),
    scope: ScopeId,
    role: &Role,
    slices: &[Arc<ScopeState>],
    answer: &ScopeOpened,
    known: Option<&ScopeState>,
    keys: &BTreeMap<(ScopeId, u32), Arc<EpochKeys>>,
) -> Result<KnownDefinition, Failure> {
    let unopened =
        UnopenedRecord::parse(&answer.definition).map_err(|error| super::record::open_fault(&error))?;
    let sought = Sought {
        account: owner.principal(),
        scope,
        record: Some(RecordId::definition(scope)),
        at_least: known.map_or(0, |known| known.definition.reference.version),
    };
    let version = unopened.protected().version;
    let given = match role {
        Role::Owner => None,
        Role::Grantee { note, .. } => {
            note.definition_keys.iter().find(|key| key.scope == scope && key.version == version)
        }
    };
    // What an earlier card signed holds if the present epoch names it. Its key came with the access of who may not read, who
    // goes on with the version of that time.
    let held = given.is_some() && !role.reads(scope);
    let named = began.and_then(|epoch| epoch.statement.definition).filter(|_| !held);
    let since = if held { 0 } else { began.map_or(0, |epoch| epoch.signer) };
    if let Some(named) = named.filter(|named| version < named.version) {
        let (known, answered) = (named.version, version);
        return Err(Distrust::RolledBack { what: "the definition", known, answered }.into());
    }
    let named = named.filter(|named| named.version == version);
    let present = if named.is_some() { owner.since(0) } else { owner.since(since) };
    let author = Author::Owner(&present);
    let opened = match given {
        Some(key) => unopened.open_with(&sought, &key.key, author),
        None => unopened.open(&sought, &DefinitionKeys { keys, slices }, author),
    };
    let opened = opened.map_err(|error| super::record::open_fault(&error))?;
    if named.is_some_and(|named| named.digest != opened.digest) {
        return Err(Distrust::Forked { what: "version of the definition", number: version }.into());
    }
    let malformed = Distrust::Malformed { what: "a definition" };
    let stored: StoredDefinition = decode(&opened.content).map_err(|_| malformed.clone())?;
    if stored.definition.check_shape().is_err() || !stored.is_sound(version) {
        return Err(malformed.into());
    }
    let reference = DefinitionRef { version: opened.protected.version, digest: opened.digest };
    if let Some(known) = known
        && known.definition.reference.version == reference.version
        && known.definition.reference.digest != reference.digest
    {
        return Err(Distrust::Forked { what: "version of the definition", number: reference.version }.into());
    }
    if let Some(known) = known {
        let (before, after) = (&known.definition.definition, &stored.definition);
        if (&before.uri, before.history) != (&after.uri, after.history) {
            return Err(Distrust::Substituted { what: "definition of a collection" }.into());
        }
        // A later version may index other fields. What it says of those that it keeps, is what was said before.
        if known.definition.reference.version != reference.version
            && !stored.may_follow(&known.definition.stored())
        {
            return Err(Distrust::Substituted { what: "indexes and relations of a collection" }.into());
        }
    }
    let StoredDefinition { definition, since, changed, targets, referring } = stored;
    let schemas = Schemas::new(&definition);
    Ok(KnownDefinition {
        definition: Arc::new(definition),
        since,
        changed,
        targets,
        referring,
        schemas,
        reference,
        content_key: opened.content_key,
    })
}

fn indexes(known: &KnownDefinition, keys: &BTreeMap<(ScopeId, u32), Arc<EpochKeys>>) -> Vec<HeldIndex> {
    let uri = &known.definition.uri;
    let held = |index: &Index| match index.kind.form() {
        Some(form) => {
            let key = |((_, epoch), keys): (&(ScopeId, u32), &Arc<EpochKeys>)| {
                (*epoch, IndexKey::new(keys, uri, &index.fields, &form))
            };
            let keys = keys.iter().map(key).collect();
            IndexKeys::Epochs(form, keys)
        }
        None => {
            let (any, field) = (keys.values().next_back(), index.fields.first());
            IndexKeys::Unique(any.zip(field).map(|(keys, field)| UniqueKey::new(keys, uri, field)))
        }
    };
    let all = known.definition.indexes.iter().zip(&known.since);
    all.map(|(index, since)| HeldIndex { index: index.clone(), since: *since, keys: held(index) }).collect()
}

#[cfg(test)]
mod tests;
