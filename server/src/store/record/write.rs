//! Records, written: the row, the way from the id to it, and the lists that it is found by.

use super::{
    super::{At as _, Result, Tx, key::Silo},
    NewRecord, StoredRecord,
    found::FoundBy,
    place_key, record_key,
};
use crate::permission::{Change, Create, Grant, Manage, Owner};
use pryv_wire::{PrincipalId, ScopeId};

impl<'t> Tx<'t> {
    /// Writes the first version of an instance, at a place in the order of creation.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn create_record(
        &mut self,
        grant: &Grant<'t, Create>,
        new: &NewRecord<'_>,
        created: u64,
    ) -> Result<()> {
        let (account, scope) = (grant.account(), grant.scope());
        self.index(account, scope, None, new, created)?;
        self.put_first(account, scope, new, created)
    }

    /// Writes the next version of an instance in the place of the one before; a tombstone leaves all lists but that of the deleted.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn change_record(
        &mut self,
        grant: &Grant<'t, Change>,
        old: &StoredRecord,
        new: &NewRecord<'_>,
    ) -> Result<()> {
        let (account, scope) = (grant.account(), grant.scope());
        self.succeed(account, scope, old, new.kind)?;
        self.index(account, scope, Some(old), new, old.created)?;
        self.put_next(account, scope, new, old.created)
    }

    /// Puts another placement of the same version in the place of the one before.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn place_record(
        &mut self,
        grant: &Grant<'t, Change>,
        old: &StoredRecord,
        new: &NewRecord<'_>,
    ) -> Result<()> {
        let (account, scope) = (grant.account(), grant.scope());
        self.index(account, scope, Some(old), new, old.created)?;
        self.put_next(account, scope, new, old.created)
    }

    /// Writes the first version of a term's record. Terms are in no list: they are found by their ids.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn create_term_record(
        &mut self,
        grant: &Grant<'t, Manage>,
        new: &NewRecord<'_>,
        created: u64,
    ) -> Result<()> {
        self.put_first(grant.account(), grant.scope(), new, created)
    }

    /// Writes the next version of a term's record, or the same version placed anew, in the place of the one before.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn change_term_record(
        &mut self,
        grant: &Grant<'t, Manage>,
        old: &StoredRecord,
        new: &NewRecord<'_>,
    ) -> Result<()> {
        self.put_next(grant.account(), grant.scope(), new, old.created)
    }

    /// Writes a version of a scope's definition: the first one at a place in the order of creation, a later one in the place
    /// of the one before.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn put_definition(
        &mut self,
        owner: &Owner<'t>,
        scope: ScopeId,
        new: &NewRecord<'_>,
        created: u64,
    ) -> Result<()> {
        let account = owner.account();
        match self.reading().record_of(account, scope, new.record)? {
            None => self.put_first(account, scope, new, created),
            Some(old) => {
                self.succeed(account, scope, &old, new.kind)?;
                self.put_next(account, scope, new, old.created)
            }
        }
    }

    fn put_first(
        &mut self,
        account: PrincipalId,
        scope: ScopeId,
        new: &NewRecord<'_>,
        place: u64,
    ) -> Result<()> {
        self.rows.put(&place_key(Silo::of(account), scope, new.record), &place.to_be_bytes())?;
        self.put_next(account, scope, new, place)
    }

    fn put_next(
        &mut self,
        account: PrincipalId,
        scope: ScopeId,
        new: &NewRecord<'_>,
        place: u64,
    ) -> Result<()> {
        Ok(self.rows.put(&record_key(Silo::of(account), scope, place), &new.to_row())?)
    }

    /// Brings the rows that an instance is found by from the version or placement before to the new one. What stays is not
    /// written again.
    fn index(
        &mut self,
        account: PrincipalId,
        scope: ScopeId,
        old: Option<&StoredRecord>,
        new: &NewRecord<'_>,
        place: u64,
    ) -> Result<()> {
        let silo = Silo::of(account);
        let before = match old {
            Some(old) => FoundBy::of(silo, scope, old.kind, &old.placement()?, place),
            None => FoundBy::default(),
        };
        let after = FoundBy::of(silo, scope, new.kind, new.placement, place);
        for gone in before.lists.difference(&after.lists).chain(before.unique.difference(&after.unique)) {
            self.rows.delete(gone)?;
        }
        for list in after.lists.difference(&before.lists) {
            self.rows.put(list, &[])?;
        }
        for unique in after.unique.difference(&before.unique) {
            self.rows.put(unique, &place.to_be_bytes())?;
        }
        Ok(())
    }
}
