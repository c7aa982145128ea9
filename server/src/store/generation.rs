//! Generations: a scope's next re-encryption key pair, and the end of what the one before opened.

use super::{
    At as _, Error, Result, ScopeHead, StoredLockbox, Tx,
    key::{Silo, Table},
};
use crate::permission::Owner;
use pryv_wire::{
    AccessId, ScopeId, Signed, encode,
    generation::{NewLock, Rekey},
    scope::ScopePre,
};

impl<'t> Tx<'t> {
    /// Writes the next key pair of a scope, makes it the present one, and forgets those before.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn begin_generation(&mut self, owner: &Owner<'t>, head: ScopeHead, pre: &ScopePre) -> Result<()> {
        self.delete_all(&Silo::of(owner.account()).scan(Table::ScopePre, &[pre.scope.as_bytes()]))?;
        self.put_scope_pre(owner, head, pre)
    }

    /// Puts another lock 1 on an epoch; whether the epoch has a lockbox.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn lock_anew(
        &mut self,
        owner: &Owner<'t>,
        scope: ScopeId,
        generation: u32,
        lock: NewLock,
    ) -> Result<bool> {
        let NewLock { epoch, capsule, sealed } = lock;
        let key = Silo::of(owner.account()).key(Table::Lockbox, &[scope.as_bytes(), &epoch.to_be_bytes()]);
        let Some(before) = self.reading().row::<StoredLockbox>("lockbox", &key)? else { return Ok(false) };
        let lockbox = StoredLockbox { generation, capsule, sealed, ..before };
        self.rows.put(&key, &encode(&lockbox))?;
        Ok(true)
    }

    /// Deletes the capsules that were transformed for an access.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn forget_capsules(&mut self, owner: &Owner<'t>, scope: ScopeId, access: AccessId) -> Result<()> {
        let parts: [&[u8]; 2] = [access.as_bytes(), scope.as_bytes()];
        self.forget_member_capsules(owner.account(), access)?;
        self.delete_all(&Silo::of(owner.account()).scan(Table::Capsule, &parts))
    }

    /// Deletes the transform key of an access.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn forget_transform(&mut self, owner: &Owner<'t>, scope: ScopeId, access: AccessId) -> Result<()> {
        let parts: [&[u8]; 2] = [access.as_bytes(), scope.as_bytes()];
        Ok(self.rows.delete(&Silo::of(owner.account()).key(Table::Transform, &parts))?)
    }

    /// Keeps the owner's word for the transform key of an access.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn put_rekey(
        &mut self,
        owner: &Owner<'t>,
        access: AccessId,
        scope: ScopeId,
        statement: &Signed<Rekey>,
    ) -> Result<()> {
        let parts: [&[u8]; 2] = [access.as_bytes(), scope.as_bytes()];
        let key = Silo::of(owner.account()).key(Table::Rekey, &parts);
        Ok(self.rows.put(&key, &encode(statement))?)
    }

    /// Whether a generation is the present one of a scope.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn is_generation(
        &self,
        account: pryv_wire::PrincipalId,
        scope: ScopeId,
        generation: u32,
    ) -> Result<bool> {
        let head = self.reading().scope_head(account, scope)?.ok_or(Error::Row("scope"))?;
        Ok(head.generation == Some(generation))
    }
}
