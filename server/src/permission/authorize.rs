//! The rules: who may do what. Each function answers a proof, or why not.

use super::{Caller, Change, Create, Denied, Grant, Owner, Read, See, Writer};
use crate::store::At;
use pryv_wire::{AccessId, PrincipalId, ScopeId, Timestamp, access::Level};
use std::marker::PhantomData;

/// The caller owns the account.
///
/// # Errors
///
/// [`Denied::NotAllowed`] to holders of an access, who know the account; [`Denied::NotFound`] to others.
pub fn owner<'t>(at: &impl At<'t>, caller: &Caller, account: PrincipalId) -> Result<Owner<'t>, Denied> {
    if caller.owns(account) {
        return Ok(Owner { account, at: PhantomData });
    }
    if at.reading().count_of(account, caller.principal(), 1)? == 0 {
        Err(Denied::NotFound)
    } else {
        Err(Denied::NotAllowed)
    }
}

/// The caller owns the account or holds an access of it.
///
/// # Errors
///
/// [`Denied::NotFound`] to others.
pub fn writer<'t>(at: &impl At<'t>, caller: &Caller, account: PrincipalId) -> Result<Writer<'t>, Denied> {
    let author = caller.principal();
    if !caller.owns(account) && at.reading().count_of(account, author, 1)? == 0 {
        return Err(Denied::NotFound);
    }
    Ok(Writer { account, author, at: PhantomData })
}

/// The caller may know of the scope: the best of its accesses counts.
///
/// # Errors
///
/// [`Denied::NotFound`] without an access, [`Denied::AccessNotValid`] outside its dates.
pub fn see<'t>(
    at: &impl At<'t>,
    caller: &Caller,
    account: PrincipalId,
    scope: ScopeId,
    now: Timestamp,
) -> Result<Grant<'t, See>, Denied> {
    match read(at, caller, account, scope, now) {
        Ok(grant) => Ok(Grant::certify(account, scope, grant.access(), grant.level)),
        Err(Denied::NotAllowed | Denied::AccessNotValid) => {
            by_best(at, caller, account, scope, now, |_| true)
        }
        Err(denied) => Err(denied),
    }
}

/// The caller may read the scope: the oldest valid access that allows it counts.
///
/// # Errors
///
/// [`Denied::NotFound`] without an access, [`Denied::NotAllowed`] with one that does not read,
/// [`Denied::AccessNotValid`] outside the dates of those that do.
pub fn read<'t>(
    at: &impl At<'t>,
    caller: &Caller,
    account: PrincipalId,
    scope: ScopeId,
    now: Timestamp,
) -> Result<Grant<'t, Read>, Denied> {
    by_best(at, caller, account, scope, now, Level::reads)
}

fn by_best<'t, A>(
    at: &impl At<'t>,
    caller: &Caller,
    account: PrincipalId,
    scope: ScopeId,
    now: Timestamp,
    allows: impl Fn(Level) -> bool,
) -> Result<Grant<'t, A>, Denied> {
    let reading = at.reading();
    if caller.owns(account) {
        return match reading.scope_head(account, scope)? {
            Some(_) => Ok(Grant::certify(account, scope, None, None)),
            None => Err(Denied::NotFound),
        };
    }
    let mut denied = Denied::NotFound;
    for entry in reading.entries_of(account, caller.principal())? {
        let Some(level) = entry.level(scope) else { continue };
        if !allows(level) {
            if matches!(denied, Denied::NotFound) {
                denied = Denied::NotAllowed;
            }
        } else if entry.is_valid_at(now) {
            return Ok(Grant::certify(account, scope, Some(entry.access), Some(level)));
        } else {
            denied = Denied::AccessNotValid;
        }
    }
    Err(denied)
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
            (Some(_), None) => Ok(Grant::certify(account, scope, None, None)),
            (Some(_), Some(_)) => Err(Denied::NotAllowed),
        };
    }
    // One row, because this is asked for each record of a transaction; the others are read to refuse only.
    let named = access.map(|access| reading.entry_of(account, caller.principal(), access)).transpose()?;
    let named = named.flatten().and_then(|entry| entry.level(scope).map(|level| (entry, level)));
    match named {
        Some((_, level)) if !allows(level) => Err(Denied::NotAllowed),
        Some((entry, _)) if !entry.is_valid_at(now) => Err(Denied::AccessNotValid),
        Some((_, level)) => Ok(Grant::certify(account, scope, access, Some(level))),
        None => {
            let entries = reading.entries_of(account, caller.principal())?;
            let knows = entries.iter().any(|entry| entry.level(scope).is_some());
            Err(if knows { Denied::NotAllowed } else { Denied::NotFound })
        }
    }
}
