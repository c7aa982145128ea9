//! Accesses that managers granted: by which access, which ones hang from one, and the transforms that lead to them.

use super::{
    At as _, Error, Reading, Result, Tx,
    key::{Silo, Table, tail},
};
use crate::permission::{Ender, Grant, Member, Read};
use pryv_wire::{AccessId, PrincipalId};
use std::fmt;
use zeroize::Zeroizing;

/// Whose transform key a hop takes.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Step {
    /// That of an access to the scope.
    Access(AccessId),
    /// That of a membership, from a group to one of its members.
    Member(Member),
}

/// One transform on the way from a scope to who reads it.
#[derive(Clone)]
pub struct Hop {
    /// Whose transform key it is.
    pub step: Step,
    /// The transform key, opened.
    pub key: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hop").field("step", &self.step).finish_non_exhaustive()
    }
}

impl<'t> Reading<'t> {
    /// The manager's access by which an access was granted; none if the owner granted it.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn manager_of(&self, account: PrincipalId, access: AccessId) -> Result<Option<AccessId>> {
        let row = self.rows.get(&Silo::of(account).key(Table::AccessBy, &[access.as_bytes()]))?;
        row.map(|row| AccessId::try_from(&row[..]).map_err(|_| Error::Row("access by"))).transpose()
    }

    /// The accesses that were granted by a manager's access, those that ended included, with who holds them.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn below(&self, account: PrincipalId, access: AccessId) -> Result<Vec<(AccessId, PrincipalId)>> {
        let rows = self.rows.entries(&Silo::of(account).scan(Table::AccessBelow, &[access.as_bytes()]))?;
        rows.iter()
            .map(|(key, grantee)| {
                let access = tail(key).map(AccessId::from_bytes).ok_or(Error::Row("access below"))?;
                Ok((access, PrincipalId::try_from(&grantee[..]).map_err(|_| Error::Row("access below"))?))
            })
            .collect()
    }

    /// The transforms from the grant's scope to its holder, in order: one, or two by way of a manager or a group. Each of the
    /// keys is there, or nobody is led anywhere.
    ///
    /// # Errors
    ///
    /// [`Error::Sealed`] under another node key.
    pub fn route(&self, grant: &Grant<'t, Read>) -> Result<Vec<Hop>> {
        let Some(access) = grant.access() else { return Ok(Vec::new()) };
        let manager = self.manager_of(grant.account(), access)?;
        let mut route = Vec::with_capacity(2);
        for access in manager.into_iter().chain([access]) {
            let key = self.transform_key(grant, access)?.ok_or(Error::Row("transform"))?;
            route.push(Hop { step: Step::Access(access), key });
        }
        if let Some(member) = grant.member() {
            let key = self.member_key(grant)?.ok_or(Error::Row("transform"))?;
            route.push(Hop { step: Step::Member(member), key });
        }
        Ok(route)
    }
}

impl<'t> Tx<'t> {
    /// The accesses that were granted by a manager's access and have not been revoked, with who holds them.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn live_below(&self, ender: &Ender<'t>, access: AccessId) -> Result<Vec<super::AccessEntry>> {
        let reading = self.reading();
        let mut live = Vec::new();
        for (access, grantee) in reading.below(ender.account(), access)? {
            live.extend(reading.entry_of(ender.account(), grantee, access)?);
        }
        Ok(live)
    }

    /// Writes by which access of a manager an access was granted. Both rows stay when it ends: they are history.
    pub(super) fn put_manager(
        &mut self,
        account: PrincipalId,
        by: AccessId,
        access: AccessId,
        grantee: PrincipalId,
    ) -> Result<()> {
        let silo = Silo::of(account);
        self.rows.put(&silo.key(Table::AccessBy, &[access.as_bytes()]), by.as_bytes())?;
        let below: [&[u8]; 2] = [by.as_bytes(), access.as_bytes()];
        Ok(self.rows.put(&silo.key(Table::AccessBelow, &below), grantee.as_bytes())?)
    }
}
