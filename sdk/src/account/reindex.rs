//! Indexing what is indexed otherwise than it is done now, in every collection of an account.

use super::Account;
use crate::{
    collection::{Collection, Reindexed},
    failure::Failure,
    progress::Progress,
    protocol::scope::Role,
};
use pryv_wire::{ScopeId, scope::ScopeKind};

impl Account {
    /// Indexes, in each of the account's own collections, the records whose tokens are of earlier epochs or of earlier indexes:
    /// after revocations and rotations, so that queries stay short; after indexes were added or taken; after somebody wrote who may
    /// not read. Answers what was done in the collections where something was to do.
    ///
    /// For the background of a program that runs anyway: it can be broken off wherever it is, and goes on when it is called again
    /// ([`Collection::reindex`]). Tells `progress` how many records were indexed in all.
    ///
    /// # Errors
    ///
    /// See [`Failure`]. What was done before stays.
    pub async fn reindex(&self, progress: &mut dyn Progress) -> Result<Vec<(ScopeId, Reindexed)>, Failure> {
        let mut done = Vec::new();
        let mut before = 0;
        for state in self.own_scopes().await? {
            if !matches!(state.kind, ScopeKind::Collection(_)) || state.unindexed() == 0 {
                continue;
            }
            let collection = Collection::new(self, Role::Owner, state);
            let reindexed = collection.reindex(&mut |now, _| progress.advance(before + now, None)).await?;
            before = before.saturating_add(reindexed.indexed);
            done.push((collection.scope(), reindexed));
        }
        Ok(done)
    }
}
