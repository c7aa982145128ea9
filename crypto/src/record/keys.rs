//! The keys that a reader holds, by what they open.

use crate::{
    branch::{Branch, DefinitionKey},
    epoch::EpochKeys,
};
use pryv_wire::{RecordId, ScopeId};
use std::{collections::BTreeMap, sync::Arc};

/// The keys that a reader holds: of whole epochs, and of the branches of terms.
pub trait EpochSource {
    /// The keys of an epoch, if they are held.
    fn keys(&self, scope: ScopeId, epoch: u32) -> Option<&EpochKeys>;

    /// The branch of a term, if it is held: of the records of the collection `scope` in its `epoch`, or of the structure if
    /// `scope` is the ontology itself.
    fn branch(&self, scope: ScopeId, ontology: ScopeId, term: RecordId, epoch: u32) -> Option<Branch> {
        let _ = (scope, ontology, term, epoch);
        None
    }

    /// What opens the definition of a scope, if it is held without the keys of the epoch.
    fn definition(&self, scope: ScopeId, epoch: u32) -> Option<&DefinitionKey> {
        let _ = (scope, epoch);
        None
    }
}

impl EpochSource for BTreeMap<(ScopeId, u32), EpochKeys> {
    fn keys(&self, scope: ScopeId, epoch: u32) -> Option<&EpochKeys> {
        self.get(&(scope, epoch))
    }
}

impl EpochSource for BTreeMap<(ScopeId, u32), Arc<EpochKeys>> {
    fn keys(&self, scope: ScopeId, epoch: u32) -> Option<&EpochKeys> {
        self.get(&(scope, epoch)).map(|keys| &**keys)
    }
}
