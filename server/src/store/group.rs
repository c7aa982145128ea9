//! Groups: their cards, who is a member, and which accounts granted them something.

use super::{
    AccessEntry, Error, Reading, Result, Tx,
    key::{Silo, Table, tail},
};
use crate::permission::{Granter, Owner};
use pryv_wire::{
    AccessId, PrincipalId, ScopeId, Signed,
    card::{Card, GroupPlace},
    encode,
};

impl<'t> Reading<'t> {
    /// The access by which a principal is a member of the group that is kept at a place, whatever its dates.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn membership(&self, place: GroupPlace, principal: PrincipalId) -> Result<Option<AccessEntry>> {
        let row = self.rows.get(&member_key(place.account, place.scope, principal))?;
        let Some(row) = row else { return Ok(None) };
        let access = AccessId::try_from(&row[..]).map_err(|_| Error::Row("member"))?;
        self.entry_of(place.account, principal, access)
    }

    /// How many members a group has, counted up to `most`.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn count_members(&self, place: GroupPlace, most: usize) -> Result<usize> {
        let scan = Silo::of(place.account).scan(Table::Member, &[place.scope.as_bytes()]);
        Ok(self.rows.entries(&scan.limited(most))?.len())
    }

    /// The group whose members a scope keeps.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn group_at(&self, place: GroupPlace) -> Result<Option<PrincipalId>> {
        let row = self.rows.get(&Silo::of(place.account).key(Table::Group, &[place.scope.as_bytes()]))?;
        row.map(|row| PrincipalId::try_from(&row[..]).map_err(|_| Error::Row("group"))).transpose()
    }

    /// One card of a principal.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn card(&self, principal: PrincipalId, sequence: u32) -> Result<Option<Signed<Card>>> {
        self.row("card", &Silo::of(principal).key(Table::Card, &[&sequence.to_be_bytes()]))
    }

    /// How many accesses of an account groups hold that were not revoked, counted up to `most`.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn count_of_groups(&self, account: PrincipalId, most: usize) -> Result<usize> {
        Ok(self.rows.entries(&Silo::of(account).scan(Table::GrantedGroup, &[]).limited(most))?.len())
    }

    /// The accesses of an account that groups hold and that were not revoked, with where the members of each are kept.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn granted_groups(&self, account: PrincipalId) -> Result<Vec<(PrincipalId, AccessId, GroupPlace)>> {
        let rows = self.rows.entries(&Silo::of(account).scan(Table::GrantedGroup, &[]))?;
        rows.iter()
            .map(|(key, row)| {
                let (start, access) = key.split_last_chunk::<16>().ok_or(Error::Row("granted group"))?;
                let group = tail(start).map(PrincipalId::from_bytes).ok_or(Error::Row("granted group"))?;
                Ok((group, AccessId::from_bytes(*access), super::decode("granted group", row)?))
            })
            .collect()
    }
}

fn member_key(account: PrincipalId, scope: ScopeId, member: PrincipalId) -> Vec<u8> {
    Silo::of(account).key(Table::Member, &[scope.as_bytes(), member.as_bytes()])
}

impl<'t> Tx<'t> {
    /// Writes the first card of a group and where its members are kept.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn put_group(&mut self, owner: &Owner<'t>, scope: ScopeId, card: &Signed<Card>) -> Result<()> {
        let group = PrincipalId::of(card);
        let key = Silo::of(owner.account()).key(Table::Group, &[scope.as_bytes()]);
        self.rows.put(&key, group.as_bytes())?;
        self.put_group_card(owner, group, 0, card)
    }

    /// Writes a card of a group of the owner's.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn put_group_card(
        &mut self,
        _owner: &Owner<'t>,
        group: PrincipalId,
        sequence: u32,
        card: &Signed<Card>,
    ) -> Result<()> {
        let key = Silo::of(group).key(Table::Card, &[&sequence.to_be_bytes()]);
        Ok(self.rows.put(&key, &encode(card))?)
    }

    /// Writes that the grantee of an access is a member of the group that a scope keeps.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn put_member(
        &mut self,
        granter: &Granter<'t>,
        scope: ScopeId,
        member: PrincipalId,
        access: AccessId,
    ) -> Result<()> {
        Ok(self.rows.put(&member_key(granter.account(), scope, member), access.as_bytes())?)
    }

    /// Writes that a group holds an access of the account.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn put_granted_group(
        &mut self,
        granter: &Granter<'t>,
        group: PrincipalId,
        access: AccessId,
        place: GroupPlace,
    ) -> Result<()> {
        let parts: [&[u8]; 2] = [group.as_bytes(), access.as_bytes()];
        let key = Silo::of(granter.account()).key(Table::GrantedGroup, &parts);
        Ok(self.rows.put(&key, &encode(&place))?)
    }

    /// Deletes what an access is as a membership, and as that of a group, and closes what it gave as either.
    pub(super) fn end_group_rows(&mut self, account: PrincipalId, entry: &AccessEntry) -> Result<()> {
        for grant in &entry.grants {
            let row = member_key(account, grant.scope, entry.grantee);
            // Another one may have followed one that was over.
            if self.rows.get(&row)?.is_some_and(|member| member[..] == entry.access.as_bytes()[..]) {
                self.rows.delete(&row)?;
            }
        }
        self.close_membership(account, entry.access)?;
        let parts: [&[u8]; 2] = [entry.grantee.as_bytes(), entry.access.as_bytes()];
        let of_group = Silo::of(account).key(Table::GrantedGroup, &parts);
        if self.rows.get(&of_group)?.is_some() {
            self.rows.delete(&of_group)?;
            self.close_group_access(account, entry.access)?;
        }
        Ok(())
    }
}
