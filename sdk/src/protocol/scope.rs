//! Opening a scope: epochs verified under the owner's cards, keys unwrapped or unlocked, the definition read.

use crate::{
    definition::{Definition, IndexKind, Schemas},
    distrust::Distrust,
    failure::Failure,
    locked::LockReason,
};
use pryv_crypto::{
    EpochKeys, Identity, VerifiedAccess,
    evidence::signed_by,
    index::{EqualityKey, UniqueKey},
    keyring::UnwrapError,
    lockbox::{self, OpenLockboxError},
    record::{Author, Sought, UnopenedRecord},
    secret::{ContentKey, LockKey},
};
use pryv_proxy_crypto::{
    VerifiedCards,
    pre::{Capsule, Curve},
    suite::may_follow,
};
use pryv_wire::{
    AccessId, Bytes, Digest, PrincipalId, RecordId, ScopeId,
    access::{AccessNote, Level},
    decode,
    record::DefinitionRef,
    scope::{Epoch, EpochKeys as Keys, EpochOpened, ScopeOpened, ScopePre},
};
use std::{collections::BTreeMap, sync::Arc};

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
    },
}

impl Role {
    /// The level on a scope; none for the owner, who may do everything.
    pub(crate) fn level(&self, scope: ScopeId) -> Option<Level> {
        match self {
            Self::Owner => None,
            Self::Grantee { access, .. } => access.access().level(scope),
        }
    }

    /// The access, for grantees.
    pub(crate) fn access(&self) -> Option<AccessId> {
        match self {
            Self::Owner => None,
            Self::Grantee { access, .. } => Some(access.access().access),
        }
    }

    /// Whether the role reads a scope.
    pub(crate) fn reads(&self, scope: ScopeId) -> bool {
        match self {
            Self::Owner => true,
            Self::Grantee { .. } => self.level(scope).is_some_and(Level::reads),
        }
    }
}

/// One epoch whose statement was verified.
#[derive(Clone, Debug)]
pub(crate) struct KnownEpoch {
    pub(crate) statement: Epoch,
    digest: Digest,
    /// The owner's wrap of the lock key, if the epoch has a lockbox.
    pub(crate) lock: Option<Bytes>,
}

/// The definition of a collection, opened.
pub(crate) struct KnownDefinition {
    pub(crate) definition: Arc<Definition>,
    pub(crate) schemas: Schemas,
    pub(crate) reference: DefinitionRef,
    pub(crate) content_key: ContentKey,
}

/// The keys of one index.
pub(crate) struct Field {
    pub(crate) pointer: String,
    pub(crate) kind: IndexKind,
    pub(crate) equality: BTreeMap<u32, EqualityKey>,
    pub(crate) unique: Option<UniqueKey>,
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
    pub(crate) fields: Vec<Field>,
    pub(crate) pre: Option<ScopePre>,
    pub(crate) readers: Vec<AccessId>,
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

    /// The number of the present epoch.
    pub(crate) fn last_epoch(&self) -> u32 {
        self.epochs.last_key_value().map_or(0, |(number, _)| *number)
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
    answer: &ScopeOpened,
    known: Option<&ScopeState>,
) -> Result<ScopeState, Failure> {
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
        let before = epochs.range(..number).next_back();
        if let Some((_, before)) = before
            && !may_follow(before.statement.suite, epoch.statement.suite)
        {
            return Err(Distrust::SuiteDowngrade { epoch: number }.into());
        }
        expected = number.saturating_add(1);
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
    let definition = definition(owner, scope, role, answer, known, &keys)?;
    if matches!(role, Role::Owner) && me.scope_id(&definition.definition.uri) != scope {
        return Err(Distrust::Misplaced { what: "a definition" }.into());
    }
    let fields = fields(&definition.definition, &keys);
    Ok(ScopeState {
        owner: owner.principal(),
        scope,
        keys,
        epochs,
        locks,
        definition,
        fields,
        pre: answer.pre.clone(),
        readers: answer.readers.clone(),
    })
}

fn epoch(owner: &VerifiedCards, scope: ScopeId, opened: &EpochOpened) -> Result<KnownEpoch, Failure> {
    let statement: Epoch =
        signed_by(owner, &opened.statement).map_err(|_| Distrust::InvalidSignature { what: "an epoch" })?;
    pryv_proxy_crypto::check_suite(statement.suite)
        .map_err(|unknown| Distrust::UnknownSuite { what: "an epoch", number: unknown.0.number() })?;
    if statement.account != owner.principal() || statement.scope != scope {
        return Err(Distrust::Misplaced { what: "an epoch" }.into());
    }
    let lock = match &opened.keys {
        Keys::Owner { lock, .. } => lock.clone(),
        _ => None,
    };
    Ok(KnownEpoch { statement, digest: opened.statement.digest(), lock })
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
        (Role::Grantee { access, others, .. }, Keys::Grantee { capsule, share, sealed })
            if role.reads(scope) =>
        {
            let mut result = lockbox::open(me, epoch, access.access().access, capsule, share, sealed);
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
    owner: &VerifiedCards,
    scope: ScopeId,
    role: &Role,
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
    let author = Author::Owner(owner);
    let version = unopened.protected().version;
    let opened = match role {
        Role::Grantee { note, .. } if !role.reads(scope) => {
            let key = note.definition_keys.iter().find(|key| key.scope == scope && key.version == version);
            let key = key.ok_or(LockReason::NotGranted)?;
            unopened.open_with(&sought, &key.key, author)
        }
        _ => unopened.open(&sought, keys, author),
    };
    let opened = opened.map_err(|error| super::record::open_fault(&error))?;
    let definition: Definition =
        decode(&opened.content).map_err(|_| Distrust::Malformed { what: "a definition" })?;
    definition.check_shape().map_err(|_| Distrust::Malformed { what: "a definition" })?;
    let reference = DefinitionRef { version: opened.protected.version, digest: opened.digest };
    if let Some(known) = known
        && known.definition.reference.version == reference.version
        && known.definition.reference.digest != reference.digest
    {
        return Err(Distrust::Forked { what: "version of the definition", number: reference.version }.into());
    }
    let schemas = Schemas::new(&definition);
    Ok(KnownDefinition {
        definition: Arc::new(definition),
        schemas,
        reference,
        content_key: opened.content_key,
    })
}

fn fields(definition: &Definition, keys: &BTreeMap<(ScopeId, u32), Arc<EpochKeys>>) -> Vec<Field> {
    let of = |index: &crate::definition::Index| {
        let equality = |((_, epoch), keys): (&(ScopeId, u32), &Arc<EpochKeys>)| {
            (*epoch, EqualityKey::new(keys, &definition.uri, &index.field))
        };
        let (equality, unique) = match index.kind {
            IndexKind::Equality => (keys.iter().map(equality).collect(), None),
            IndexKind::Unique => {
                let any = keys.values().next_back();
                (BTreeMap::new(), any.map(|keys| UniqueKey::new(keys, &definition.uri, &index.field)))
            }
        };
        Field { pointer: index.field.clone(), kind: index.kind, equality, unique }
    };
    definition.indexes.iter().map(of).collect()
}

#[cfg(test)]
mod tests;
