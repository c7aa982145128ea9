//! Linking a collection to one more ontology.

use super::{Account, DefineError};
use crate::{
    collection::Collection,
    definition::Definition,
    failure::Failure,
    ontology::Ontology,
    protocol::{
        entry::{self, Under},
        record::Writer,
        scope::Role,
        tree::Held,
    },
};
use pryv_wire::{ErrorCode, transaction::Operation};
use std::{collections::BTreeSet, sync::Arc};

/// How often a link is made anew because an epoch began in between.
const ATTEMPTS: usize = 4;

impl Account {
    /// Links a collection of this account to one more ontology of it: its instances may carry the ontology's terms from then
    /// on. The definition of the collection says so too, in a new version.
    ///
    /// # Errors
    ///
    /// See [`DefineError`].
    pub async fn link_ontology(
        &self,
        collection: &Collection,
        ontology: &Ontology,
    ) -> Result<Collection, DefineError> {
        let mut attempt = 1;
        loop {
            match self.try_link(collection, ontology).await {
                Err(DefineError::Failed(failure))
                    if (failure.is_stale() || failure.refusal() == Some(ErrorCode::VersionConflict))
                        && attempt < ATTEMPTS =>
                {
                    attempt += 1;
                }
                linked => return linked,
            }
        }
    }

    async fn try_link(
        &self,
        collection: &Collection,
        ontology: &Ontology,
    ) -> Result<Collection, DefineError> {
        let (scope, to) = (collection.scope(), ontology.scope());
        let state = self.open_scope(self.id(), scope, &Role::Owner).await?;
        let uri = ontology.uri();
        let linked = state.ontologies().contains(&to);
        if linked && state.definition.definition.ontologies.contains(&uri) {
            return Ok(Collection::new(self, Role::Owner, state));
        }
        // Entries are sealed to slices: to none whose keys were replaced.
        if self.renew_before_writing(&state).await? {
            return Err(Failure::stale_account().into());
        }
        let mut operations = Vec::new();
        if !linked {
            let mut entries = Vec::new();
            let number = state.last_epoch();
            let ontologies = BTreeSet::from([to]);
            let mut covering = self.slices_of(&ontologies, scope).await?;
            let slices: Vec<_> = covering.iter().map(|(held, _)| held.scope).collect();
            if self.lift(slices, state.suite().map_err(Failure::from)?).await? {
                covering = self.slices_of(&ontologies, scope).await?;
            }
            for (held, slice) in covering {
                self.know_terms(&state, slice.term.map(|term| (to, term))).await?;
                let trees = state.trees();
                let keys = Held::of(&state, &trees);
                let epoch = held.last_epoch();
                let under = Under { scope: held.scope, slice: &slice, epoch, keys: held.keys_of(epoch)? };
                let mut rng = self.client().rng();
                let made = entry::make(&self.identity(), under, &keys, number, &mut rng);
                entries.push(made.map_err(Failure::from)?);
            }
            operations.push(Operation::LinkOntology { collection: scope, ontology: to, entries });
        }
        let mut definition = Definition::clone(&state.definition.definition);
        definition.ontologies.push(uri);
        let version = state.definition.reference.version.saturating_add(1);
        let content = state.definition.stored().followed_by(definition, version).encoded()?;
        let me = self.identity();
        let writer = Writer::new(&me, &Role::Owner, &state, self.client().now())?;
        let record = writer
            .definition(&content, &mut self.client().rng())
            .map_err(|_| Failure::from(crate::Distrust::WrongKeys { epoch: state.last_epoch() }))?;
        operations.push(Operation::PutRecord { record });
        self.commit(self.id(), operations).await?;
        let state = self.open_scope(self.id(), scope, &Role::Owner).await?;
        Ok(Collection::new(self, Role::Owner, Arc::clone(&state)))
    }
}
