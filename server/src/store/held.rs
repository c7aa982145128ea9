//! What somebody holds of an account: its own accesses, and those of groups which it is a member of.

use super::{
    AccessEntry, Error, Reading, Result,
    key::{Silo, Table},
};
use crate::permission::Member;
use pryv_wire::{AccessId, PrincipalId, card::GroupPlace};
use std::vec::IntoIter;

/// An access as somebody holds it: its own, or that of a group which it is a member of, within the dates of both.
#[derive(Clone, Debug)]
pub struct Held {
    /// The access.
    pub entry: AccessEntry,
    /// By which membership; none if it is the holder's own.
    pub member: Option<Member>,
}

impl Held {
    /// An access of the holder's own.
    #[must_use]
    pub const fn own(entry: AccessEntry) -> Self {
        Self { entry, member: None }
    }

    /// The dates of an access of a group within those of the membership by which it is held.
    fn through(entry: AccessEntry, membership: &AccessEntry, place: GroupPlace) -> Self {
        let until = [entry.valid_until, membership.valid_until].into_iter().flatten().min();
        let from = entry.valid_from.max(membership.valid_from);
        let member = Member { account: place.account, scope: place.scope, access: membership.access };
        Self { entry: AccessEntry { valid_from: from, valid_until: until, ..entry }, member: Some(member) }
    }
}

/// The accesses of an account that one principal holds, one after the other: whoever has found enough asks for no more.
#[derive(Debug)]
pub struct HeldBy<'t> {
    reading: Reading<'t>,
    account: PrincipalId,
    principal: PrincipalId,
    own: IntoIter<AccessEntry>,
    /// The accesses that groups hold; not read before the principal's own are at their end.
    groups: Option<IntoIter<(PrincipalId, AccessId, GroupPlace)>>,
    /// The membership in the group that was looked at last: the accesses of one group follow each other.
    known: Option<(PrincipalId, Option<AccessEntry>)>,
}

impl Iterator for HeldBy<'_> {
    type Item = Result<Held>;

    fn next(&mut self) -> Option<Result<Held>> {
        match self.own.next() {
            Some(entry) => Some(Ok(Held::own(entry))),
            None => self.next_of_groups().transpose(),
        }
    }
}

impl HeldBy<'_> {
    fn next_of_groups(&mut self) -> Result<Option<Held>> {
        if self.groups.is_none() {
            self.groups = Some(self.reading.granted_groups(self.account)?.into_iter());
        }
        while let Some((group, access, place)) = self.groups.as_mut().and_then(Iterator::next) {
            if self.known.as_ref().is_none_or(|(known, _)| *known != group) {
                self.known = Some((group, self.reading.membership(place, self.principal)?));
            }
            let Some((_, Some(membership))) = &self.known else { continue };
            if let Some(entry) = self.reading.entry_of(self.account, group, access)? {
                return Ok(Some(Held::through(entry, membership, place)));
            }
        }
        Ok(None)
    }
}

impl<'t> Reading<'t> {
    /// The accesses of an account that one principal holds and that were not revoked: its own, oldest first, then those of
    /// groups which it is a member of.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn held_by(&self, account: PrincipalId, principal: PrincipalId) -> Result<HeldBy<'t>> {
        let own = self.entries_of(account, principal)?.into_iter();
        Ok(HeldBy { reading: *self, account, principal, own, groups: None, known: None })
    }

    /// One access of an account, if that principal holds it, by itself or as a member of a group, and it was not revoked.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn held_as(
        &self,
        account: PrincipalId,
        principal: PrincipalId,
        access: AccessId,
    ) -> Result<Option<Held>> {
        if let Some(entry) = self.entry_of(account, principal, access)? {
            return Ok(Some(Held::own(entry)));
        }
        let Some((statement, _)) = self.access(account, access)? else { return Ok(None) };
        let group = statement.unverified().map_err(|_| Error::Row("access"))?.grantee;
        let parts: [&[u8]; 2] = [group.as_bytes(), access.as_bytes()];
        let place = self.row("granted group", &Silo::of(account).key(Table::GrantedGroup, &parts))?;
        let Some(place) = place else { return Ok(None) };
        let Some(membership) = self.membership(place, principal)? else { return Ok(None) };
        let entry = self.entry_of(account, group, access)?;
        Ok(entry.map(|entry| Held::through(entry, &membership, place)))
    }

    /// Whether a principal holds any access of an account that was not revoked, by itself or as a member of a group,
    /// whatever the dates.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn holds_any(&self, account: PrincipalId, principal: PrincipalId) -> Result<bool> {
        if self.count_of(account, principal, 1)? > 0 {
            return Ok(true);
        }
        let mut asked = None;
        for (group, _, place) in self.granted_groups(account)? {
            if asked.replace(group) != Some(group) && self.membership(place, principal)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
