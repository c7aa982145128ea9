//! Scopes: their present epoch, the owner's wraps, lockboxes and shares.

use super::{
    At, Error, Reading, Result, Tx,
    key::{Silo, Table, tail},
    kind::Holds,
};
use crate::permission::{Grant, Granter, Owner, See};
use pryv_engine::Scan;
use pryv_proxy_crypto::{pre::Curve, suite::known};
use pryv_wire::{
    AccessId, Bytes, PrincipalId, ScopeId, Signed, Suite, encode,
    scope::{Epoch, Lockbox, ScopePre, Share},
};
use serde::{Deserialize, Serialize};

/// What a write needs to know of a scope.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ScopeHead {
    /// The present epoch.
    pub epoch: u32,
    /// The suite of the present epoch.
    pub suite: Suite,
    /// The generation of its re-encryption key pair; none before the first grant.
    pub generation: Option<u32>,
    /// What records it holds.
    pub holds: Holds,
}

impl ScopeHead {
    fn encode(self) -> [u8; 12] {
        let mut row = [0; 12];
        let parts = self.epoch.to_be_bytes().into_iter().chain([u8::from(self.generation.is_some())]);
        let parts = parts.chain(self.generation.unwrap_or_default().to_be_bytes());
        let parts = parts.chain(self.suite.number().to_be_bytes()).chain([self.holds.byte()]);
        row.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
        row
    }

    fn decode(row: &[u8]) -> Option<Self> {
        let (epoch, rest) = row.split_first_chunk::<4>()?;
        let (has, rest) = rest.split_first()?;
        let (generation, rest) = rest.split_first_chunk::<4>()?;
        let (suite, rest) = rest.split_first_chunk::<2>()?;
        let &[holds] = rest else { return None };
        let (generation, holds) = (u32::from_be_bytes(*generation), Holds::from_byte(holds)?);
        let suite = Suite::from_number(u16::from_be_bytes(*suite));
        let generation = match has {
            0 => None,
            1 => Some(generation),
            _ => return None,
        };
        Some(Self { epoch: u32::from_be_bytes(*epoch), suite, generation, holds })
    }
}

/// An epoch as stored.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct EpochRow {
    statement: Signed<Epoch>,
    owner_wrap: Bytes,
}

/// A lockbox without its shares, which are rows of their own.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct StoredLockbox {
    /// The generation of the key pair that opens the capsule.
    pub generation: u32,
    /// Lock 1.
    pub capsule: Bytes,
    /// The epoch's keys under both locks.
    pub sealed: Bytes,
    /// Lock 2, for the owner.
    pub owner_lock: Bytes,
}

impl<'t> Reading<'t> {
    /// The scope's present state; none if there is no such scope.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn scope_head(&self, account: PrincipalId, scope: ScopeId) -> Result<Option<ScopeHead>> {
        let row = self.rows.get(&Silo::of(account).key(Table::Scope, &[scope.as_bytes()]))?;
        row.map(|row| ScopeHead::decode(&row).ok_or(Error::Row("scope"))).transpose()
    }

    /// The scopes of an account.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn scopes(&self, owner: &Owner<'t>) -> Result<Vec<ScopeId>> {
        let rows = self.rows.entries(&Silo::of(owner.account()).scan(Table::Scope, &[]))?;
        rows.iter().map(|(key, _)| tail(key).map(ScopeId::from_bytes).ok_or(Error::Row("scope"))).collect()
    }

    /// The epochs of a scope from one on, oldest first.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn epochs(&self, grant: &Grant<'t, See>, from: u32) -> Result<Vec<(u32, Signed<Epoch>)>> {
        Ok(self.epoch_rows(grant, from)?.into_iter().map(|(epoch, row)| (epoch, row.statement)).collect())
    }

    /// As [`Reading::epochs`], with the owner's wraps.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn epochs_of_owner(
        &self,
        owner: &Owner<'t>,
        grant: &Grant<'t, See>,
        from: u32,
    ) -> Result<Vec<(u32, Signed<Epoch>, Bytes)>> {
        if owner.account() != grant.account() {
            return Ok(Vec::new());
        }
        let rows = self.epoch_rows(grant, from)?;
        Ok(rows.into_iter().map(|(epoch, row)| (epoch, row.statement, row.owner_wrap)).collect())
    }

    fn epoch_rows(&self, grant: &Grant<'t, See>, from: u32) -> Result<Vec<(u32, EpochRow)>> {
        let silo = Silo::of(grant.account());
        let prefix = silo.scan(Table::Epoch, &[grant.scope().as_bytes()]);
        let start = silo.key(Table::Epoch, &[grant.scope().as_bytes(), &from.to_be_bytes()]);
        let scan = match prefix.hi() {
            Some(end) => Scan::range(&start, end),
            None => Scan::from(&start),
        };
        let rows = self.rows.entries(&scan)?;
        rows.iter()
            .map(|(key, row)| {
                let epoch = tail(key).map(u32::from_be_bytes).ok_or(Error::Row("epoch"))?;
                Ok((epoch, super::decode("epoch", row)?))
            })
            .collect()
    }

    /// The lockbox of one epoch.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn lockbox(&self, grant: &Grant<'t, See>, epoch: u32) -> Result<Option<StoredLockbox>> {
        self.lockbox_at(grant.account(), grant.scope(), epoch)
    }

    fn lockbox_at(&self, account: PrincipalId, scope: ScopeId, epoch: u32) -> Result<Option<StoredLockbox>> {
        let key = Silo::of(account).key(Table::Lockbox, &[scope.as_bytes(), &epoch.to_be_bytes()]);
        self.row("lockbox", &key)
    }

    /// The share of one epoch's lock key that belongs to the access of the grant.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn share(&self, grant: &Grant<'t, See>, epoch: u32) -> Result<Option<Bytes>> {
        let Some(access) = grant.access() else { return Ok(None) };
        let row = self.rows.get(&share_key(grant.account(), grant.scope(), access, epoch))?;
        Ok(row.map(|row| Bytes::from(&row[..])))
    }

    /// The present re-encryption key pair of a scope, for its owner.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn scope_pre(&self, owner: &Owner<'t>, scope: ScopeId, generation: u32) -> Result<Option<ScopePre>> {
        let parts: [&[u8]; 2] = [scope.as_bytes(), &generation.to_be_bytes()];
        self.row("scope pre", &Silo::of(owner.account()).key(Table::ScopePre, &parts))
    }
}

impl<'t> Tx<'t> {
    /// Which epochs of a scope, from `first` to `last`, have no lockbox.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn epochs_without_lockbox(
        &self,
        owner: &Owner<'t>,
        scope: ScopeId,
        first: u32,
        last: u32,
    ) -> Result<Vec<u32>> {
        let reading = self.reading();
        let mut without = Vec::new();
        for epoch in first..=last {
            if reading.lockbox_at(owner.account(), scope, epoch)?.is_none() {
                without.push(epoch);
            }
        }
        Ok(without)
    }

    /// The suite of one epoch of a scope.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn suite_of(&self, owner: &Owner<'t>, scope: ScopeId, epoch: u32) -> Result<Option<Suite>> {
        let parts: [&[u8]; 2] = [scope.as_bytes(), &epoch.to_be_bytes()];
        let row =
            self.reading().row::<EpochRow>("epoch", &Silo::of(owner.account()).key(Table::Epoch, &parts))?;
        let statement = row.map(|row| row.statement.unverified()).transpose();
        Ok(statement.map_err(|_| Error::Row("epoch"))?.map(|epoch| epoch.suite))
    }

    /// The curve of a generation of a scope's re-encryption key pair.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn pre_curve(&self, granter: &Granter<'t>, scope: ScopeId, generation: u32) -> Result<Option<Curve>> {
        let parts: [&[u8]; 2] = [scope.as_bytes(), &generation.to_be_bytes()];
        let key = Silo::of(granter.account()).key(Table::ScopePre, &parts);
        let Some(pre) = self.reading().row::<ScopePre>("scope pre", &key)? else { return Ok(None) };
        Ok(Some(known(pre.suite).map_err(|_| Error::Row("scope pre"))?.curve))
    }

    /// Writes an epoch and makes it the present one.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn begin_epoch(
        &mut self,
        owner: &Owner<'t>,
        scope: ScopeId,
        head: ScopeHead,
        statement: Signed<Epoch>,
        owner_wrap: Bytes,
    ) -> Result<()> {
        let silo = Silo::of(owner.account());
        let parts: [&[u8]; 2] = [scope.as_bytes(), &head.epoch.to_be_bytes()];
        self.rows.put(&silo.key(Table::Epoch, &parts), &encode(&EpochRow { statement, owner_wrap }))?;
        Ok(self.rows.put(&silo.key(Table::Scope, &[scope.as_bytes()]), &head.encode())?)
    }

    /// Writes the re-encryption key pair of a scope and makes it the present one.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn put_scope_pre(&mut self, owner: &Owner<'t>, head: ScopeHead, pre: &ScopePre) -> Result<()> {
        let silo = Silo::of(owner.account());
        let parts: [&[u8]; 2] = [pre.scope.as_bytes(), &pre.generation.to_be_bytes()];
        self.rows.put(&silo.key(Table::ScopePre, &parts), &encode(pre))?;
        let head = ScopeHead { generation: Some(pre.generation), ..head };
        Ok(self.rows.put(&silo.key(Table::Scope, &[pre.scope.as_bytes()]), &head.encode())?)
    }

    /// Writes a lockbox, and its shares each in a row of its own.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn put_lockbox(&mut self, owner: &Owner<'t>, lockbox: Lockbox) -> Result<()> {
        let Lockbox { scope, epoch, generation, capsule, sealed, owner_lock, shares } = lockbox;
        let key = Silo::of(owner.account()).key(Table::Lockbox, &[scope.as_bytes(), &epoch.to_be_bytes()]);
        self.rows.put(&key, &encode(&StoredLockbox { generation, capsule, sealed, owner_lock }))?;
        let granter = owner.granter();
        shares.iter().try_for_each(|share| self.put_share(&granter, share))
    }

    /// Writes one share.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn put_share(&mut self, granter: &Granter<'t>, share: &Share) -> Result<()> {
        let key = share_key(granter.account(), share.scope, share.access, share.epoch);
        Ok(self.rows.put(&key, &share.sealed)?)
    }

    pub(super) fn delete_shares(
        &mut self,
        account: PrincipalId,
        scope: ScopeId,
        access: AccessId,
    ) -> Result<()> {
        self.delete_all(&Silo::of(account).scan(Table::Share, &[scope.as_bytes(), access.as_bytes()]))
    }
}

fn share_key(account: PrincipalId, scope: ScopeId, access: AccessId, epoch: u32) -> Vec<u8> {
    Silo::of(account).key(Table::Share, &[scope.as_bytes(), access.as_bytes(), &epoch.to_be_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_round_trips() {
        for head in [
            ScopeHead { epoch: 3, suite: Suite::CLASSIC, generation: None, holds: Holds::Terms },
            ScopeHead {
                epoch: u32::MAX,
                suite: Suite::from_number(0xfffe),
                generation: Some(0),
                holds: Holds::Nothing,
            },
        ] {
            assert_eq!(ScopeHead::decode(&head.encode()), Some(head));
        }
        assert_eq!(ScopeHead::decode(&[0; 11]), None);
        assert_eq!(ScopeHead::decode(&[2; 12]), None);
    }
}
