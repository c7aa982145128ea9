//! Capsules that were transformed on from a group to a member, sealed so that the end of either deletes two rows.
//!
//! ```text
//! key    = hash(key of the membership ‖ key of the group's access), each random, in a row of its own, sealed
//! sealed = nonce ‖ AES-256-GCM(key, nonce, capsule, aad = the row's whole key)
//! ```
//!
//! Anybody can grant to anybody's group, and who owns the group neither knows nor bounds how much its members open. So the
//! transaction that ends a membership, or an access of a group, deletes its key, after which no row opens; the rows
//! themselves go in jobs of their own, a bounded number each.

use super::{
    At as _, Error, Reading, Result, Tx,
    key::{self, Silo, Table, tail},
    seal::{self, RowKey},
};
use crate::permission::{Grant, Member, Read};
use pryv_wire::{AccessId, Bytes, PrincipalId, ScopeId};
use zeroize::Zeroizing;

/// What ended whose rows are left over.
const MEMBERSHIP: u8 = 0;
const ACCESS_OF_GROUP: u8 = 1;

/// Behind the silo of the group's account: the beginning of the keys of what one access of a group gave by a membership.
fn given_by(membership: AccessId, account: PrincipalId, access: AccessId) -> [u8; 64] {
    let mut parts = [0; 64];
    let of = membership.as_bytes().iter().chain(account.as_bytes()).chain(access.as_bytes());
    parts.iter_mut().zip(of).for_each(|(to, from)| *to = *from);
    parts
}

fn capsule_key(grant: &Grant<'_, Read>, member: Member, epoch: u32) -> Option<Vec<u8>> {
    let given = given_by(member.access, grant.account(), grant.access()?);
    let (scope, epoch) = (grant.scope(), epoch.to_be_bytes());
    let parts: [&[u8]; 3] = [&given, scope.as_bytes(), &epoch];
    Some(Silo::of(member.account).key(Table::MemberCapsule, &parts))
}

fn key_of_membership(account: PrincipalId, membership: AccessId) -> Vec<u8> {
    Silo::of(account).key(Table::MemberKey, &[membership.as_bytes()])
}

fn key_of_access(account: PrincipalId, access: AccessId) -> Vec<u8> {
    Silo::of(account).key(Table::GroupKey, &[access.as_bytes()])
}

fn leftover(what: u8, account: PrincipalId, access: AccessId) -> Vec<u8> {
    key::node(Table::Leftover, &[&[what], account.as_bytes(), access.as_bytes()])
}

impl<'t> Reading<'t> {
    /// A capsule that was transformed on to a member, if it was kept, and neither key was deleted since.
    pub(super) fn member_capsule(
        &self,
        grant: &Grant<'t, Read>,
        member: Member,
        epoch: u32,
    ) -> Result<Option<Bytes>> {
        let (Some(row), Some(access)) = (capsule_key(grant, member, epoch), grant.access()) else {
            return Ok(None);
        };
        let Some(sealed) = self.rows.get(&row)? else { return Ok(None) };
        let of_member = self.open_sealed("member key", &key_of_membership(member.account, member.access))?;
        let of_access = self.open_sealed("group key", &key_of_access(grant.account(), access))?;
        let (Some(of_member), Some(of_access)) = (of_member, of_access) else { return Ok(None) };
        // One that was sealed under an earlier key of the access is of a generation that ended.
        let opened = RowKey::of(&of_member, &of_access).open(&row, &sealed);
        Ok(opened.ok().map(|opened| Bytes::from(&opened[..])))
    }
}

impl<'t> Tx<'t> {
    /// Keeps a capsule that was transformed on to a member, and remembers whom the access served, so that its end finds it.
    pub(super) fn keep_member_capsule(
        &mut self,
        grant: &Grant<'t, Read>,
        member: Member,
        epoch: u32,
        capsule: &[u8],
    ) -> Result<()> {
        let (Some(row), Some(access)) = (capsule_key(grant, member, epoch), grant.access()) else {
            return Ok(());
        };
        let of_member = self.drawn("member key", &key_of_membership(member.account, member.access))?;
        let of_access = self.drawn("group key", &key_of_access(grant.account(), access))?;
        let sealed = RowKey::of(&of_member, &of_access).seal(&row, capsule);
        self.rows.put(&row, &sealed.map_err(|broken| Error::Sealed("member capsule", broken))?)?;
        let parts: [&[u8]; 3] = [access.as_bytes(), member.account.as_bytes(), member.access.as_bytes()];
        Ok(self.rows.put(&Silo::of(grant.account()).key(Table::ServedMember, &parts), &[])?)
    }

    /// The key that a row holds, drawn if there is none.
    fn drawn(&mut self, table: &'static str, row: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        if let Some(key) = self.reading().open_sealed(table, row)? {
            return Ok(key);
        }
        let key = seal::random_key();
        self.put_sealed(table, row, &key)?;
        Ok(key)
    }

    /// Closes what was transformed on to a member by its membership. The rows are swept.
    pub(super) fn close_membership(&mut self, account: PrincipalId, membership: AccessId) -> Result<()> {
        let key = key_of_membership(account, membership);
        if self.rows.get(&key)?.is_some() {
            self.rows.delete(&key)?;
            self.rows.put(&leftover(MEMBERSHIP, account, membership), &[])?;
        }
        Ok(())
    }

    /// Closes what was transformed on to members by an access of a group that ends. The rows are swept.
    pub(super) fn close_group_access(&mut self, account: PrincipalId, access: AccessId) -> Result<()> {
        self.forget_member_capsules(account, access)?;
        Ok(self.rows.put(&leftover(ACCESS_OF_GROUP, account, access), &[])?)
    }

    /// Closes what was transformed on to members by an access of a group that goes on: the rows are written over.
    pub(super) fn forget_member_capsules(&mut self, account: PrincipalId, access: AccessId) -> Result<()> {
        Ok(self.rows.delete(&key_of_access(account, access))?)
    }

    /// Deletes up to `most` rows that ended memberships and accesses of groups left. Answers how many.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn sweep_leftovers(&mut self, most: usize) -> Result<usize> {
        let mut swept = 0;
        while swept < most {
            let next = self.rows.entries(&key::node_scan(Table::Leftover).limited(1))?;
            let Some((row, _)) = next.first() else { break };
            let (start, access) = row.split_last_chunk::<16>().ok_or(Error::Row("leftover"))?;
            let (start, account) = start.split_last_chunk::<32>().ok_or(Error::Row("leftover"))?;
            let (account, access) = (PrincipalId::from_bytes(*account), AccessId::from_bytes(*access));
            let room = most.saturating_sub(swept);
            let done = if start.last() == Some(&MEMBERSHIP) {
                self.sweep_membership(account, access, room)?
            } else {
                self.sweep_group_access(account, access, room)?
            };
            if done < room {
                self.rows.delete(row)?;
            }
            swept = swept.saturating_add(done.max(1));
        }
        Ok(swept)
    }

    fn sweep_membership(&mut self, account: PrincipalId, membership: AccessId, most: usize) -> Result<usize> {
        let rows = Silo::of(account).scan(Table::MemberCapsule, &[membership.as_bytes()]);
        let rows = self.rows.entries(&rows.limited(most))?;
        for (row, _) in &rows {
            let served: Option<[u8; 48 + ScopeId::LENGTH + 4]> = tail(row);
            let served = served.ok_or(Error::Row("member capsule"))?;
            let (granter, rest) = served.split_first_chunk::<32>().ok_or(Error::Row("member capsule"))?;
            let (access, _) = rest.split_first_chunk::<16>().ok_or(Error::Row("member capsule"))?;
            let parts: [&[u8]; 3] = [access, account.as_bytes(), membership.as_bytes()];
            let served = Silo::of(PrincipalId::from_bytes(*granter)).key(Table::ServedMember, &parts);
            self.rows.delete(&served)?;
            self.rows.delete(row)?;
        }
        Ok(rows.len())
    }

    fn sweep_group_access(&mut self, account: PrincipalId, access: AccessId, most: usize) -> Result<usize> {
        let served = Silo::of(account).scan(Table::ServedMember, &[access.as_bytes()]);
        let mut swept = 0_usize;
        for (row, _) in self.rows.entries(&served.limited(most))? {
            let room = most.saturating_sub(swept);
            if room == 0 {
                break;
            }
            let (start, membership) = row.split_last_chunk::<16>().ok_or(Error::Row("served member"))?;
            let owner = tail(start).map(PrincipalId::from_bytes).ok_or(Error::Row("served member"))?;
            let given = given_by(AccessId::from_bytes(*membership), account, access);
            let rows = Silo::of(owner).scan(Table::MemberCapsule, &[&given]).limited(room);
            let rows = self.rows.entries(&rows)?;
            for (capsule, _) in &rows {
                self.rows.delete(capsule)?;
            }
            swept = swept.saturating_add(rows.len());
            if rows.len() < room {
                self.rows.delete(&row)?;
                swept = swept.saturating_add(1);
            }
        }
        Ok(swept)
    }
}
