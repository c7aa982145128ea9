//! The rules: who may do what. Each function answers a proof, or why not.

use super::{
    Caller, Change, Create, Denied, Ender, Grant, Granter, Manage, Owner, Reach, Read, See, Top, Way, Writer,
};
use crate::store::{self, At, Held, Reading};
use pryv_wire::{AccessId, PrincipalId, ScopeId, Timestamp, access::Level, card::PrincipalKind};
use std::{
    collections::{BTreeMap, BTreeSet},
    marker::PhantomData,
};

/// The caller owns the account.
///
/// # Errors
///
/// [`Denied::NotAllowed`] to holders of an access, who know the account; [`Denied::NotFound`] to others.
pub fn owner<'t>(at: &impl At<'t>, caller: &Caller, account: PrincipalId) -> Result<Owner<'t>, Denied> {
    if caller.owns(account) {
        return Ok(Owner { account, at: PhantomData });
    }
    if at.reading().holds_any(account, caller.principal())? {
        Err(Denied::NotAllowed)
    } else {
        Err(Denied::NotFound)
    }
}

/// The caller may grant on scopes of the account: it owns them, or it holds the access `by` and manages one by it.
///
/// # Errors
///
/// As [`owner`]; [`Denied::AccessNotValid`] outside the dates of the access.
pub fn granter<'t>(
    at: &impl At<'t>,
    caller: &Caller,
    account: PrincipalId,
    by: Option<AccessId>,
    now: Timestamp,
) -> Result<Granter<'t>, Denied> {
    let Some(by) = by else { return Ok(owner(at, caller, account)?.granter()) };
    let reading = at.reading();
    match reading.entry_of(account, caller.principal(), by)? {
        Some(entry) if !entry.manages() => Err(Denied::NotAllowed),
        Some(entry) if !entry.is_valid_at(now) => Err(Denied::AccessNotValid),
        Some(_) => Ok(Granter { account, by: Some(by), at: PhantomData }),
        None if caller.principal() == account => Err(Denied::NotAllowed),
        None if reading.holds_any(account, caller.principal())? => Err(Denied::NotAllowed),
        None => Err(Denied::NotFound),
    }
}

/// The caller ends an access that it holds itself, whatever its dates. A link's secret may be in many hands, and one of them
/// must not end it for the others.
///
/// # Errors
///
/// [`Denied::NotAllowed`] to links, and to who holds another access of the account; [`Denied::NotFound`] to others.
pub fn holder<'t>(
    at: &impl At<'t>,
    caller: &Caller,
    account: PrincipalId,
    access: AccessId,
) -> Result<Ender<'t>, Denied> {
    let reading = at.reading();
    let holds = reading.entry_of(account, caller.principal(), access)?.is_some();
    if holds && matches!(caller.kind(), PrincipalKind::Account | PrincipalKind::App) {
        return Ok(Ender { account, at: PhantomData });
    }
    if reading.holds_any(account, caller.principal())? {
        Err(Denied::NotAllowed)
    } else {
        Err(Denied::NotFound)
    }
}

/// The caller owns the account or holds an access of it.
///
/// # Errors
///
/// [`Denied::NotFound`] to others.
pub fn writer<'t>(at: &impl At<'t>, caller: &Caller, account: PrincipalId) -> Result<Writer<'t>, Denied> {
    let author = caller.principal();
    if !caller.owns(account) && !at.reading().holds_any(account, author)? {
        return Err(Denied::NotFound);
    }
    Ok(Writer { account, author, at: PhantomData })
}

/// Which of the accesses that a caller holds count.
#[derive(Clone, Copy, Debug)]
pub enum By {
    /// All of them, those of its groups too.
    Any,
    /// Its own.
    Own,
    /// This one, its own or that of a group.
    Named(AccessId),
}

impl By {
    /// The access that a request names, or the caller's own.
    #[must_use]
    pub fn named(access: Option<AccessId>) -> Self {
        access.map_or(Self::Own, Self::Named)
    }

    /// The accesses of an account that count, one after the other: of those of groups no more are read than are asked for.
    fn held<'r>(
        self,
        reading: Reading<'r>,
        account: PrincipalId,
        principal: PrincipalId,
    ) -> Result<Box<dyn Iterator<Item = store::Result<Held>> + 'r>, Denied> {
        Ok(match self {
            Self::Any => Box::new(reading.held_by(account, principal)?),
            Self::Own => Box::new(
                reading.entries_of(account, principal)?.into_iter().map(|entry| Ok(Held::own(entry))),
            ),
            Self::Named(access) => Box::new(reading.held_as(account, principal, access)?.into_iter().map(Ok)),
        })
    }
}

/// The caller may know of the scope: the best of its accesses counts.
///
/// # Errors
///
/// [`Denied::NotFound`] without an access, [`Denied::AccessNotValid`] outside its dates.
pub fn see<'t>(
    at: &impl At<'t>,
    caller: &Caller,
    (account, scope): (PrincipalId, ScopeId),
    by: By,
    now: Timestamp,
) -> Result<Grant<'t, See>, Denied> {
    match by_any(at, caller, (account, scope), by, now, Level::reads) {
        Err(Denied::NotAllowed | Denied::AccessNotValid) => {
            by_any(at, caller, (account, scope), by, now, |_| true)
        }
        decided => decided,
    }
}

/// The owner may know of each of its scopes.
///
/// # Errors
///
/// [`Denied::NotFound`] if there is no such scope.
pub fn see_own<'t>(at: &impl At<'t>, owner: &Owner<'t>, scope: ScopeId) -> Result<Grant<'t, See>, Denied> {
    match at.reading().scope_head(owner.account(), scope)? {
        Some(_) => Ok(Grant::certify(owner.account(), scope, Reach::owner())),
        None => Err(Denied::NotFound),
    }
}

/// The caller may read the scope, or a part of it: every valid access that allows it counts.
///
/// # Errors
///
/// [`Denied::NotFound`] without an access, [`Denied::NotAllowed`] with one that does not read,
/// [`Denied::AccessNotValid`] outside the dates of those that do.
pub fn read<'t>(
    at: &impl At<'t>,
    caller: &Caller,
    (account, scope): (PrincipalId, ScopeId),
    by: By,
    now: Timestamp,
) -> Result<Grant<'t, Read>, Denied> {
    by_any(at, caller, (account, scope), by, now, Level::reads)
}

/// Whether the caller may read any of some scopes, or a part of one.
///
/// # Errors
///
/// As the store.
pub fn reads_any<'t>(
    at: &impl At<'t>,
    caller: &Caller,
    account: PrincipalId,
    scopes: &BTreeSet<ScopeId>,
    now: Timestamp,
) -> Result<bool, Denied> {
    let reading = at.reading();
    if caller.principal() == account {
        return Ok(true);
    }
    for held in reading.held_by(account, caller.principal())? {
        let entry = held?.entry;
        if !entry.is_valid_at(now) {
            continue;
        }
        for grant in entry.grants.iter().filter(|grant| grant.level.reads()) {
            let reached = match &grant.slice {
                None => scopes.contains(&grant.scope),
                Some(slice) => !reading.covered(account, slice)?.is_disjoint(scopes),
            };
            if reached {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The ways of one access into one scope, whatever its dates. Which ontologies the scope is linked to is asked once.
struct Ways<'r> {
    reading: Reading<'r>,
    account: PrincipalId,
    scope: ScopeId,
    linked: BTreeMap<ScopeId, bool>,
}

impl<'r> Ways<'r> {
    const fn into(reading: Reading<'r>, account: PrincipalId, scope: ScopeId) -> Self {
        Self { reading, account, scope, linked: BTreeMap::new() }
    }

    fn of(&mut self, Held { entry, member }: &Held) -> Result<Vec<Way>, Denied> {
        let (mut ways, member) = (Vec::new(), *member);
        for grant in &entry.grants {
            let (access, level) = (Some(entry.access), Some(grant.level));
            if grant.scope == self.scope {
                ways.push(Way { access, member, level, from_epoch: grant.from_epoch, top: None });
            } else if let Some(slice) = &grant.slice
                && ((slice.labels && slice.ontology == self.scope)
                    || (slice.covers(self.scope) && self.is_linked(slice.ontology)?))
            {
                let top = Some(Top { ontology: slice.ontology, term: slice.term });
                ways.push(Way { access, member, level, from_epoch: grant.floor(self.scope), top });
            }
        }
        Ok(ways)
    }

    fn is_linked(&mut self, ontology: ScopeId) -> Result<bool, Denied> {
        if let Some(linked) = self.linked.get(&ontology) {
            return Ok(*linked);
        }
        let linked = self.reading.is_linked(self.account, ontology, self.scope)?;
        self.linked.insert(ontology, linked);
        Ok(linked)
    }
}

fn by_any<'t, A>(
    at: &impl At<'t>,
    caller: &Caller,
    (account, scope): (PrincipalId, ScopeId),
    by: By,
    now: Timestamp,
    allows: impl Fn(Level) -> bool,
) -> Result<Grant<'t, A>, Denied> {
    let reading = at.reading();
    if caller.owns(account) {
        return match reading.scope_head(account, scope)? {
            Some(_) => Ok(Grant::certify(account, scope, Reach::owner())),
            None => Err(Denied::NotFound),
        };
    }
    let mut denied = Denied::NotFound;
    let (mut ways, mut open) = (Ways::into(reading, account, scope), Vec::new());
    'held: for held in by.held(reading, account, caller.principal())? {
        let held = held?;
        for way in ways.of(&held)? {
            if !way.level.is_some_and(&allows) {
                if matches!(denied, Denied::NotFound) {
                    denied = Denied::NotAllowed;
                }
            } else if held.entry.is_valid_at(now) {
                open.push(way);
                if way.is_whole() && way.from_epoch == 0 && way.reads() {
                    // Nothing is left to be opened by another access.
                    break 'held;
                }
            } else {
                denied = Denied::AccessNotValid;
            }
        }
    }
    Reach::of(open).map(|reach| Grant::certify(account, scope, reach)).ok_or(denied)
}

/// The caller may create records in the scope, by the access it names (none for the owner).
///
/// # Errors
///
/// As [`read`].
pub fn create<'t>(
    at: &impl At<'t>,
    caller: &Caller,
    account: PrincipalId,
    scope: ScopeId,
    access: Option<AccessId>,
    now: Timestamp,
) -> Result<Grant<'t, Create>, Denied> {
    by_named(at, caller, account, scope, access, now, Level::creates)
}

/// The caller may update and delete records in the scope, by the access it names (none for the owner).
///
/// # Errors
///
/// As [`read`].
pub fn change<'t>(
    at: &impl At<'t>,
    caller: &Caller,
    account: PrincipalId,
    scope: ScopeId,
    access: Option<AccessId>,
    now: Timestamp,
) -> Result<Grant<'t, Change>, Denied> {
    by_named(at, caller, account, scope, access, now, Level::changes)
}

/// The caller may create, change and delete terms of an ontology, by the access it names (none for the owner).
///
/// # Errors
///
/// As [`read`].
pub fn manage<'t>(
    at: &impl At<'t>,
    caller: &Caller,
    account: PrincipalId,
    ontology: ScopeId,
    access: Option<AccessId>,
    now: Timestamp,
) -> Result<Grant<'t, Manage>, Denied> {
    by_named(at, caller, account, ontology, access, now, Level::manages)
}

fn by_named<'t, A>(
    at: &impl At<'t>,
    caller: &Caller,
    account: PrincipalId,
    scope: ScopeId,
    access: Option<AccessId>,
    now: Timestamp,
    allows: impl Fn(Level) -> bool,
) -> Result<Grant<'t, A>, Denied> {
    let reading = at.reading();
    if caller.owns(account) {
        return match (reading.scope_head(account, scope)?, access) {
            (None, _) => Err(Denied::NotFound),
            (Some(_), None) => Ok(Grant::certify(account, scope, Reach::owner())),
            (Some(_), Some(_)) => Err(Denied::NotAllowed),
        };
    }
    // One row, because this is asked for each record of a transaction; the others are read to refuse only.
    let named = access.map(|access| reading.entry_of(account, caller.principal(), access)).transpose()?;
    let mut ways = Ways::into(reading, account, scope);
    if let Some(entry) = named.flatten() {
        let held = Held::own(entry);
        let (into, entry) = (ways.of(&held)?, &held.entry);
        let knows = !into.is_empty();
        let open = into.into_iter().filter(|way| way.level.is_some_and(&allows)).collect();
        match Reach::of(open) {
            Some(_) if !entry.is_valid_at(now) => return Err(Denied::AccessNotValid),
            Some(reach) => return Ok(Grant::certify(account, scope, reach)),
            None if knows => return Err(Denied::NotAllowed),
            None => {}
        }
    }
    for held in reading.held_by(account, caller.principal())? {
        if !ways.of(&held?)?.is_empty() {
            return Err(Denied::NotAllowed);
        }
    }
    Err(Denied::NotFound)
}
