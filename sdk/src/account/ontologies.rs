//! Ontologies of this account: defining and opening them.

use super::{Account, DefineError, OpenError};
use crate::{
    definition::{Definition, StoredDefinition},
    failure::Failure,
    ontology::Ontology,
    protocol::scope::Role,
};
use pryv_wire::{ErrorCode, scope::ScopeKind};

impl Account {
    /// Opens an ontology of this account by the URI of its definition.
    ///
    /// # Errors
    ///
    /// See [`OpenError`].
    pub async fn ontology(&self, uri: &str) -> Result<Ontology, OpenError> {
        let scope = self.identity().ontology_id(uri);
        let state = self.open_own_state(scope).await?;
        Ok(Ontology::new(self, Role::Owner, state))
    }

    /// Opens every ontology of this account.
    ///
    /// # Errors
    ///
    /// See [`Failure`].
    pub async fn ontologies(&self) -> Result<Vec<Ontology>, Failure> {
        let mut states = self.own_scopes().await?;
        states.retain(|state| matches!(state.kind, ScopeKind::Ontology));
        Ok(states.into_iter().map(|state| Ontology::new(self, Role::Owner, state)).collect())
    }

    /// Makes the ontology of a definition, or opens it if this account has made it already. The schemas of the definition are
    /// of what its terms carry beside label and codes; indexes and links mean nothing here.
    ///
    /// # Errors
    ///
    /// See [`DefineError`].
    pub async fn define_ontology(&self, definition: Definition) -> Result<Ontology, DefineError> {
        definition.check()?;
        let content = StoredDefinition::first(definition.clone()).encoded()?;
        let scope = self.identity().ontology_id(&definition.uri);
        match self.open_own_state(scope).await {
            Ok(state) if *state.definition.definition == definition => {
                return Ok(Ontology::new(self, Role::Owner, state));
            }
            Ok(_) => return Err(DefineError::Different),
            Err(OpenError::NotFound) => {}
            Err(OpenError::Failed(failure)) => return Err(failure.into()),
        }
        let operation = self.create_ontology(scope, &content)?;
        match self.commit(self.id(), vec![operation]).await {
            Ok(_) => self.note_epoch(self.id(), scope, 0),
            // Another device was faster.
            Err(failure) if failure.refusal() == Some(ErrorCode::AlreadyExists) => {}
            Err(failure) => return Err(failure.into()),
        }
        let state = self.open_scope(self.id(), scope, &Role::Owner).await?;
        if *state.definition.definition == definition {
            Ok(Ontology::new(self, Role::Owner, state))
        } else {
            Err(DefineError::Different)
        }
    }
}
