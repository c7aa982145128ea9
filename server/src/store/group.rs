//! Groups: their cards, who is a member, which accounts granted them something, and what was transformed for members.

use super::{
    AccessEntry, At as _, Error, Reading, Result, Tx,
    key::{Silo, Table, tail},
};
use crate::permission::{Grant, Granter, Member, Owner, Read};
use pryv_wire::{
    AccessId, PrincipalId, ScopeId, Signed,
    card::{Card, GroupPlace},
    encode,
};

/// An access as somebody holds it: its own, or that of a group which it is a member of, within the dates of both.
#[derive(Clone, Debug)]
pub struct Held {
    /// The access.
    pub entry: AccessEntry,
    /// By which membership; none if it is the holder's own.
    pub member: Option<Member>,
}

impl<'t> Reading<'t> {
    /// The accesses of an account that one principal holds and that were not revoked: its own, oldest first, then those of
    /// groups which it is a member of.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn held_by(&self, account: PrincipalId, principal: PrincipalId) -> Result<Vec<Held>> {
        let own = self.entries_of(account, principal)?.into_iter();
        let mut held: Vec<Held> = own.map(|entry| Held { entry, member: None }).collect();
        // The accesses of one group follow each other: its members are looked at once.
        let mut known: Option<(PrincipalId, Vec<AccessEntry>)> = None;
        for (group, access, place) in self.granted_groups(account)? {
            let memberships = match known.take() {
                Some((before, memberships)) if before == group => memberships,
                _ => self.memberships(place, principal)?,
            };
            for membership in &memberships {
                if let Some(entry) = self.entry_of(account, group, access)? {
                    held.push(through(entry, membership, place));
                }
            }
            known = Some((group, memberships));
        }
        Ok(held)
    }

    /// Whether a principal holds any access of an account that was not revoked, by itself or as a member of a group.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn holds_any(&self, account: PrincipalId, principal: PrincipalId) -> Result<bool> {
        if self.count_of(account, principal, 1)? > 0 {
            return Ok(true);
        }
        for (_, _, place) in self.granted_groups(account)? {
            if self.is_member(place, principal)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a principal is a member of the group that is kept at a place, whatever the dates.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn is_member(&self, place: GroupPlace, principal: PrincipalId) -> Result<bool> {
        Ok(!self.memberships(place, principal)?.is_empty())
    }

    /// The accesses by which a principal is a member of the group that is kept at a place.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn memberships(&self, place: GroupPlace, principal: PrincipalId) -> Result<Vec<AccessEntry>> {
        let parts: [&[u8]; 2] = [place.scope.as_bytes(), principal.as_bytes()];
        let rows = self.rows.entries(&Silo::of(place.account).scan(Table::Member, &parts))?;
        let mut memberships = Vec::with_capacity(rows.len());
        for (key, _) in rows {
            let access = tail(&key).map(AccessId::from_bytes).ok_or(Error::Row("member"))?;
            memberships.extend(self.entry_of(place.account, principal, access)?);
        }
        Ok(memberships)
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

    /// The place of the row of a capsule that was transformed on to a member.
    pub(super) fn member_capsule_key(grant: &Grant<'t, Read>, member: Member, epoch: u32) -> Option<Vec<u8>> {
        let access = grant.access()?;
        Some(member_capsule(member.access, grant.account(), access, Some((grant.scope(), epoch))).of(member))
    }
}

/// The dates of an access within those of the membership by which it is held.
fn through(entry: AccessEntry, membership: &AccessEntry, place: GroupPlace) -> Held {
    let until = [entry.valid_until, membership.valid_until].into_iter().flatten().min();
    let from = entry.valid_from.max(membership.valid_from);
    let member = Member { account: place.account, scope: place.scope, access: membership.access };
    Held { entry: AccessEntry { valid_from: from, valid_until: until, ..entry }, member: Some(member) }
}

/// The key behind the silo of the group's account: membership, whose scope, by which access, scope and epoch.
struct MemberCapsule(Vec<u8>);

fn member_capsule(
    membership: AccessId,
    account: PrincipalId,
    access: AccessId,
    of: Option<(ScopeId, u32)>,
) -> MemberCapsule {
    let mut parts = [&membership.as_bytes()[..], account.as_bytes(), access.as_bytes()].concat();
    if let Some((scope, epoch)) = of {
        parts.extend_from_slice(scope.as_bytes());
        parts.extend_from_slice(&epoch.to_be_bytes());
    }
    MemberCapsule(parts)
}

impl MemberCapsule {
    fn of(&self, member: Member) -> Vec<u8> {
        Silo::of(member.account).key(Table::MemberCapsule, &[&self.0])
    }
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
        let parts: [&[u8]; 3] = [scope.as_bytes(), member.as_bytes(), access.as_bytes()];
        Ok(self.rows.put(&Silo::of(granter.account()).key(Table::Member, &parts), &[])?)
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

    /// Remembers that something was transformed on to a member, so that the end of the access finds it.
    pub(super) fn note_member(&mut self, grant: &Grant<'t, Read>, member: Member) -> Result<()> {
        let Some(access) = grant.access() else { return Ok(()) };
        let parts: [&[u8]; 3] = [access.as_bytes(), member.account.as_bytes(), member.access.as_bytes()];
        Ok(self.rows.put(&Silo::of(grant.account()).key(Table::ServedMember, &parts), &[])?)
    }

    /// Deletes what an access gave as a membership, and what it gave to members as that of a group.
    pub(super) fn end_group_rows(&mut self, account: PrincipalId, entry: &AccessEntry) -> Result<()> {
        let silo = Silo::of(account);
        let (access, grantee) = (entry.access.as_bytes(), entry.grantee.as_bytes());
        for grant in &entry.grants {
            self.rows.delete(&silo.key(Table::Member, &[grant.scope.as_bytes(), grantee, access]))?;
        }
        self.delete_all(&silo.scan(Table::MemberCapsule, &[access]))?;
        self.rows.delete(&silo.key(Table::GrantedGroup, &[grantee, access]))?;
        self.forget_member_capsules(account, entry.access)?;
        self.delete_all(&silo.scan(Table::ServedMember, &[access]))
    }

    /// Deletes what was transformed on to members by an access of a group.
    pub(super) fn forget_member_capsules(&mut self, account: PrincipalId, access: AccessId) -> Result<()> {
        let served = Silo::of(account).scan(Table::ServedMember, &[access.as_bytes()]);
        for (key, _) in self.reading().rows.entries(&served)? {
            let (start, membership) = key.split_last_chunk::<16>().ok_or(Error::Row("served member"))?;
            let owner = tail(start).map(PrincipalId::from_bytes).ok_or(Error::Row("served member"))?;
            let rows = member_capsule(AccessId::from_bytes(*membership), account, access, None);
            self.delete_all(&Silo::of(owner).scan(Table::MemberCapsule, &[&rows.0]))?;
        }
        Ok(())
    }
}
