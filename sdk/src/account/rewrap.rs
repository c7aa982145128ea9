//! Rewrapping after a revocation: what was written before is put under the keys that came with it.

use super::{Account, RevokeError};
use crate::{
    collection::{Collection, Rewrapped},
    progress::Progress,
    protocol::scope::Role,
};
use pryv_wire::{AccessId, ScopeId, scope::ScopeKind};

impl Account {
    /// Puts the instances that an access could read before it ended under the keys that came with its revocation: in every
    /// collection that it reached, all of them, for the readers who remain. Optional: see [`Collection::rewrap`] for what it gives, and
    /// what it does not. Costs in proportion to the collections; safe to interrupt, and to repeat.
    ///
    /// If its holder or a manager ended the access, the new keys are made first, as [`Account::maintain`] does.
    ///
    /// # Errors
    ///
    /// [`RevokeError::NotRevoked`] if the access has not been revoked; else see [`RevokeError`].
    pub async fn rewrap(
        &self,
        access: AccessId,
        progress: &mut dyn Progress,
    ) -> Result<Rewrapped, RevokeError> {
        let granted = self.granted_but(None).await?;
        let opened = granted.iter().find(|opened| opened.evidence.access().access == access);
        let end = opened.ok_or(RevokeError::NotFound)?.evidence.revocation();
        let end = end.ok_or(RevokeError::NotRevoked)?;
        if end.revoker != self.id() {
            self.maintain().await?;
        }
        let mut scopes: Vec<ScopeId> = end.last_epochs.iter().map(|last| last.scope).collect();
        scopes.sort_unstable();
        scopes.dedup();
        let mut done = Rewrapped::default();
        for scope in scopes {
            let state = self.open_scope(self.id(), scope, &Role::Owner).await?;
            if !matches!(state.kind, ScopeKind::Collection(_)) {
                continue;
            }
            let before = done.looked_at();
            let mut behind = |here: u64, _: Option<u64>| progress.advance(before.saturating_add(here), None);
            done = done.and(Collection::new(self, Role::Owner, state).rewrap(&mut behind).await?);
        }
        Ok(done)
    }
}
