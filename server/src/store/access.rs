//! Accesses: statements, the rows by which they are found, and the secrets with which the node serves them.

use super::{
    At as _, Error, Reading, Result, Step, Tx,
    key::{Silo, Table, tail},
};
use crate::permission::{Ender, Grant, Granter, Owner, Read, See};
use pryv_engine::Scan;
use pryv_wire::{
    AccessId, Bytes, PrincipalId, ScopeId, Signed, Timestamp,
    access::{Access, Level, Revocation, Served},
    encode,
    scope::{Slice, Transform},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// What permission is decided from: an access that was not revoked, in short.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct AccessEntry {
    /// The access.
    pub access: AccessId,
    /// Who holds it.
    pub grantee: PrincipalId,
    /// Where it stands among the account's accesses: oldest first.
    pub granted: u64,
    /// Not before.
    pub valid_from: Option<Timestamp>,
    /// Not at or after.
    pub valid_until: Option<Timestamp>,
    /// What it allows.
    pub grants: Vec<EntryGrant>,
}

/// One scope of an access, in short.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct EntryGrant {
    /// The scope.
    pub scope: ScopeId,
    /// What it allows.
    pub level: Level,
    /// The first epoch of the scope that is shown.
    pub from_epoch: u32,
    /// What the scope opens, if it is a slice.
    pub slice: Option<Slice>,
    /// Of a slice that is shown from some epoch on: the first epoch of each scope that it covered when it was granted.
    pub floors: Vec<(ScopeId, u32)>,
}

impl EntryGrant {
    /// The first epoch of a scope that the slice covers of which it shows anything.
    #[must_use]
    pub fn floor(&self, covered: ScopeId) -> u32 {
        self.floors.iter().find(|(scope, _)| *scope == covered).map_or(0, |(_, epoch)| *epoch)
    }
}

impl AccessEntry {
    /// Whether it manages any scope, whatever the time.
    #[must_use]
    pub fn manages(&self) -> bool {
        self.grants.iter().any(|grant| grant.level.manages())
    }

    /// The level on a scope, whatever the time. What a slice covers does not count.
    #[must_use]
    pub fn level(&self, scope: ScopeId) -> Option<Level> {
        self.grant(scope).map(|grant| grant.level)
    }

    /// What it says of a scope.
    #[must_use]
    pub fn grant(&self, scope: ScopeId) -> Option<&EntryGrant> {
        self.grants.iter().find(|grant| grant.scope == scope)
    }

    /// Whether `now` lies between its dates.
    #[must_use]
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.valid_from.is_none_or(|from| from <= now) && !self.is_over_at(now)
    }

    /// Whether its dates have passed.
    #[must_use]
    pub fn is_over_at(&self, now: Timestamp) -> bool {
        self.valid_until.is_some_and(|until| until <= now)
    }
}

/// The statement of an access, and its revocation if there is one.
pub type StoredAccess = (Signed<Access>, Option<Signed<Revocation>>);

/// A grant to be stored.
#[derive(Debug)]
pub struct NewAccess<'a> {
    /// As it was signed.
    pub statement: &'a Signed<Access>,
    /// In short.
    pub entry: AccessEntry,
    /// The manager's access by which it is granted.
    pub by: Option<AccessId>,
    /// When the node stored it.
    pub at: Timestamp,
}

/// Where an access stands among those that its account granted: its place of creation.
#[derive(Clone, Copy, Debug)]
pub struct GrantedPlace([u8; Self::LENGTH]);

/// Where an access stands among those that its grantee received: when, from whom, which.
#[derive(Clone, Copy, Debug)]
pub struct ReceivedPlace([u8; Self::LENGTH]);

/// A place in a list of accesses, in the form of a cursor. It tells its reader nothing that the list does not.
macro_rules! places {
    ($($name:ident($length:expr);)+) => {$(
        impl $name {
            const LENGTH: usize = $length;

            /// The place that a cursor names; absent if it is no cursor of this list.
            #[must_use]
            pub fn parse(cursor: &[u8]) -> Option<Self> {
                cursor.try_into().ok().map(Self)
            }

            /// The cursor that names the place.
            #[must_use]
            pub fn to_cursor(self) -> Bytes {
                Bytes::from(self.0)
            }
        }
    )+};
}

places! {
    GrantedPlace(8);
    ReceivedPlace(8 + PrincipalId::LENGTH + AccessId::LENGTH);
}

/// The rows of a table of one account, behind a place.
fn behind(silo: Silo, table: Table, after: Option<&[u8]>) -> Scan {
    let scan = silo.scan(table, &[]);
    match after {
        Some(place) => scan.after(&silo.key(table, &[place])),
        None => scan,
    }
}

fn of_access(account: PrincipalId, table: Table, access: AccessId) -> Vec<u8> {
    Silo::of(account).key(table, &[access.as_bytes()])
}

fn of_epoch(account: PrincipalId, table: Table, access: AccessId, scope: ScopeId, epoch: u32) -> Vec<u8> {
    Silo::of(account).key(table, &[access.as_bytes(), scope.as_bytes(), &epoch.to_be_bytes()])
}

impl<'t> Reading<'t> {
    /// The accesses of an account that one principal holds and that were not revoked, oldest first.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn entries_of(&self, account: PrincipalId, grantee: PrincipalId) -> Result<Vec<AccessEntry>> {
        let scan = Silo::of(account).scan(Table::AccessOfGrantee, &[grantee.as_bytes()]);
        let mut entries = self
            .rows
            .entries(&scan)?
            .iter()
            .map(|(_, row)| super::decode::<AccessEntry>("access of grantee", row))
            .collect::<Result<Vec<_>>>()?;
        entries.sort_by_key(|entry| entry.granted);
        Ok(entries)
    }

    /// One access of an account, if that principal holds it and it was not revoked.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn entry_of(
        &self,
        account: PrincipalId,
        grantee: PrincipalId,
        access: AccessId,
    ) -> Result<Option<AccessEntry>> {
        let parts: [&[u8]; 2] = [grantee.as_bytes(), access.as_bytes()];
        self.row("access of grantee", &Silo::of(account).key(Table::AccessOfGrantee, &parts))
    }

    /// How many accesses of an account one principal holds that were not revoked, counted up to `most`.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn count_of(&self, account: PrincipalId, grantee: PrincipalId, most: usize) -> Result<usize> {
        let scan = Silo::of(account).scan(Table::AccessOfGrantee, &[grantee.as_bytes()]);
        Ok(self.rows.entries(&scan.limited(most))?.len())
    }

    /// The accesses to a scope that were not revoked, oldest first.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn entries_for(&self, owner: &Owner<'t>, scope: ScopeId) -> Result<Vec<AccessEntry>> {
        self.entries_for_scope(owner.account(), scope)
    }

    fn entries_for_scope(&self, account: PrincipalId, scope: ScopeId) -> Result<Vec<AccessEntry>> {
        let silo = Silo::of(account);
        let mut entries = Vec::new();
        for (key, grantee) in self.rows.entries(&silo.scan(Table::AccessOfScope, &[scope.as_bytes()]))? {
            let access: [u8; AccessId::LENGTH] = tail(&key).ok_or(Error::Row("access of scope"))?;
            let row = silo.key(Table::AccessOfGrantee, &[&grantee, &access]);
            let entry: Option<AccessEntry> = self.row("access of grantee", &row)?;
            entries.push(entry.ok_or(Error::Row("access of scope"))?);
        }
        entries.sort_by_key(|entry| entry.granted);
        Ok(entries)
    }

    /// The statement of an access and its revocation. Whoever calls has decided who may see them.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn access(&self, account: PrincipalId, access: AccessId) -> Result<Option<StoredAccess>> {
        let Some(statement) = self.row("access", &of_access(account, Table::Access, access))? else {
            return Ok(None);
        };
        Ok(Some((statement, self.row("revocation", &of_access(account, Table::Revocation, access))?)))
    }

    /// Up to `most` accesses that an account granted, oldest first, behind a place in that order.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn granted(
        &self,
        owner: &Owner<'t>,
        after: Option<&GrantedPlace>,
        most: usize,
    ) -> Result<Vec<(GrantedPlace, AccessId)>> {
        self.granted_of(owner.account(), after, most)
    }

    fn granted_of(
        &self,
        account: PrincipalId,
        after: Option<&GrantedPlace>,
        most: usize,
    ) -> Result<Vec<(GrantedPlace, AccessId)>> {
        let scan = behind(Silo::of(account), Table::AccessOrder, after.map(|place| &place.0[..]));
        let rows = self.rows.entries(&scan.limited(most))?;
        rows.iter()
            .map(|(key, id)| {
                let place = tail(key).map(GrantedPlace).ok_or(Error::Row("access order"))?;
                Ok((place, AccessId::try_from(&id[..]).map_err(|_| Error::Row("access order"))?))
            })
            .collect()
    }

    /// Up to `most` accesses that a principal received from any account, oldest first, behind a place in that order. Whoever
    /// calls has decided who may see them.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn received(
        &self,
        principal: PrincipalId,
        after: Option<&ReceivedPlace>,
        most: usize,
    ) -> Result<Vec<(ReceivedPlace, PrincipalId, AccessId)>> {
        let silo = Silo::of(principal);
        let scan = behind(silo, Table::Received, after.map(|place| &place.0[..]));
        let rows = self.rows.entries(&scan.limited(most))?;
        rows.iter()
            .map(|(key, _)| {
                let place: [u8; ReceivedPlace::LENGTH] = tail(key).ok_or(Error::Row("received"))?;
                let (rest, access) = key.split_last_chunk::<16>().ok_or(Error::Row("received"))?;
                let account = tail(rest).ok_or(Error::Row("received"))?;
                Ok((ReceivedPlace(place), PrincipalId::from_bytes(account), AccessId::from_bytes(*access)))
            })
            .collect()
    }

    /// What was served of an access, for its grantor.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn served(&self, owner: &Owner<'t>, access: AccessId) -> Result<Vec<Served>> {
        self.served_of(owner.account(), access)
    }

    fn served_of(&self, account: PrincipalId, access: AccessId) -> Result<Vec<Served>> {
        let rows = self.rows.entries(&Silo::of(account).scan(Table::Served, &[access.as_bytes()]))?;
        rows.iter().map(|(_, row)| super::decode("served", row)).collect()
    }

    /// The transform key of an access on the way of the grant, opened.
    pub(super) fn transform_key(
        &self,
        grant: &Grant<'t, Read>,
        access: AccessId,
    ) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let scope = grant.scope();
        let parts: [&[u8]; 2] = [access.as_bytes(), scope.as_bytes()];
        self.open_sealed("transform", &Silo::of(grant.account()).key(Table::Transform, &parts))
    }

    /// The transform key from a group to the member by whose membership the grant is held, opened.
    pub(super) fn member_key(&self, grant: &Grant<'t, Read>) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let Some(member) = grant.member() else { return Ok(None) };
        let parts: [&[u8]; 2] = [member.access.as_bytes(), member.scope.as_bytes()];
        self.open_sealed("transform", &Silo::of(member.account).key(Table::Transform, &parts))
    }

    /// The capsule of one epoch as it is after a transform on the way of the grant, if it was kept.
    ///
    /// # Errors
    ///
    /// [`Error::Sealed`] under another node key.
    pub fn transformed_capsule(
        &self,
        grant: &Grant<'t, Read>,
        step: Step,
        epoch: u32,
    ) -> Result<Option<Bytes>> {
        let access = match step {
            Step::Access(access) => access,
            Step::Member(member) => return self.member_capsule(grant, member, epoch),
        };
        let key = of_epoch(grant.account(), Table::Capsule, access, grant.scope(), epoch);
        Ok(self.open_sealed("capsule", &key)?.map(|opened| Bytes::from(&opened[..])))
    }

    pub(super) fn open_sealed(&self, table: &'static str, key: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let Some(sealed) = self.rows.get(key)? else { return Ok(None) };
        self.sealer.open(key, &sealed).map(Some).map_err(|broken| Error::Sealed(table, broken))
    }
}

impl<'t> Tx<'t> {
    /// Every access that is on the owner's account, those that ended included.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn all_granted(&self, owner: &Owner<'t>) -> Result<Vec<Signed<Access>>> {
        let (reading, account) = (self.reading(), owner.account());
        let places = reading.granted_of(account, None, usize::MAX)?;
        let statement = |(_, access)| Ok(reading.access(account, access)?.ok_or(Error::Row("access"))?.0);
        places.into_iter().map(statement).collect()
    }

    /// The accesses to a scope that were not revoked, oldest first.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn live_entries(&self, owner: &Owner<'t>, scope: ScopeId) -> Result<Vec<AccessEntry>> {
        use super::At as _;
        self.reading().entries_for_scope(owner.account(), scope)
    }

    /// What was served of an access, for who ends it.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn served_before(&self, ender: &Ender<'t>, access: AccessId) -> Result<Vec<Served>> {
        use super::At as _;
        self.reading().served_of(ender.account(), access)
    }

    /// Writes an access.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn put_access(&mut self, granter: &Granter<'t>, new: &NewAccess<'_>) -> Result<()> {
        let account = granter.account();
        let silo = Silo::of(account);
        let NewAccess { statement, entry, by, at } = new;
        if let Some(by) = by {
            self.put_manager(account, *by, entry.access, entry.grantee)?;
        }
        let (access, grantee) = (entry.access.as_bytes(), entry.grantee.as_bytes());
        self.rows.put(&of_access(account, Table::Access, entry.access), &encode(*statement))?;
        self.rows.put(&silo.key(Table::AccessOrder, &[&entry.granted.to_be_bytes()]), access)?;
        self.rows.put(&silo.key(Table::AccessOfGrantee, &[grantee, access]), &encode(entry))?;
        for EntryGrant { scope, .. } in &entry.grants {
            self.rows.put(&silo.key(Table::AccessOfScope, &[scope.as_bytes(), access]), grantee)?;
        }
        let received: [&[u8]; 3] = [&at.as_millis().to_be_bytes(), account.as_bytes(), access];
        Ok(self.rows.put(&Silo::of(entry.grantee).key(Table::Received, &received), &[])?)
    }

    /// Writes the transform key of one scope of an access, sealed.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn put_transform(&mut self, granter: &Granter<'t>, transform: &Transform) -> Result<()> {
        let parts: [&[u8]; 2] = [transform.access.as_bytes(), transform.scope.as_bytes()];
        self.put_sealed(
            "transform",
            &Silo::of(granter.account()).key(Table::Transform, &parts),
            &transform.key,
        )
    }

    /// Writes the end of an access, and deletes everything with which it was served: transform keys, shares,
    /// transformed capsules, and the rows from which permission is decided.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn revoke(
        &mut self,
        ender: &Ender<'t>,
        entry: &AccessEntry,
        revocation: &Signed<Revocation>,
    ) -> Result<()> {
        let account = ender.account();
        let silo = Silo::of(account);
        let (access, grantee) = (entry.access.as_bytes(), entry.grantee.as_bytes());
        self.rows.put(&of_access(account, Table::Revocation, entry.access), &encode(revocation))?;
        self.delete_all(&silo.scan(Table::Transform, &[access]))?;
        self.delete_all(&silo.scan(Table::Capsule, &[access]))?;
        self.end_group_rows(account, entry)?;
        for EntryGrant { scope, .. } in &entry.grants {
            self.delete_shares(account, *scope, entry.access)?;
            self.rows.delete(&silo.key(Table::AccessOfScope, &[scope.as_bytes(), access]))?;
        }
        Ok(self.rows.delete(&silo.key(Table::AccessOfGrantee, &[grantee, access]))?)
    }

    /// Keeps a capsule as it is after a transform on the way of the grant, for the next time. The grant is of this
    /// transaction, so a capsule whose access was revoked while it was transformed is not kept, nor that of a manager
    /// whose access ended: what it granted ended with it.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn keep_capsule(
        &mut self,
        grant: &Grant<'t, Read>,
        step: Step,
        epoch: u32,
        capsule: &[u8],
    ) -> Result<()> {
        match step {
            Step::Access(access) => {
                let key = of_epoch(grant.account(), Table::Capsule, access, grant.scope(), epoch);
                self.put_sealed("capsule", &key, capsule)
            }
            Step::Member(member) => self.keep_member_capsule(grant, member, epoch, capsule),
        }
    }

    /// Records that the keys of an epoch were asked for by the grant's access.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn note_served(&mut self, grant: &Grant<'t, See>, epoch: u32, now: Timestamp) -> Result<()> {
        let Some(access) = grant.access() else { return Ok(()) };
        let key = of_epoch(grant.account(), Table::Served, access, grant.scope(), epoch);
        let before = self.rows.get(&key)?;
        let before = before.map(|row| super::decode::<Served>("served", &row)).transpose()?;
        let first_at = before.map_or(now, |before| before.first_at);
        Ok(self.rows.put(&key, &encode(&Served { scope: grant.scope(), epoch, first_at, last_at: now }))?)
    }

    pub(super) fn put_sealed(&mut self, table: &'static str, key: &[u8], plaintext: &[u8]) -> Result<()> {
        let sealed = self.sealer.seal(key, plaintext).map_err(|broken| Error::Sealed(table, broken))?;
        Ok(self.rows.put(key, &sealed)?)
    }
}
