//! Slices: the scopes by which parts of ontologies are granted, made when they are first needed.

use super::{Account, GrantError, OpenError, define::first_definition};
use crate::{
    definition::{Definition, StoredDefinition},
    failure::Failure,
    protocol::{
        entry::{self, Under, covers},
        epoch,
        scope::{Role, ScopeState},
        tree::Held,
    },
};
use pryv_proxy_crypto::suite::strongest;
use pryv_wire::{
    ErrorCode, Suite,
    scope::{ScopeKind, Slice, SliceData, SliceEntry},
    transaction::Operation,
};
use serde_json::Value;
use std::sync::Arc;

/// How often a slice is made anew because an epoch began in between.
const ATTEMPTS: usize = 4;

impl Account {
    /// The slice with this content, as its owner opens it; made if it was never granted before.
    pub(crate) async fn slice(&self, slice: &Slice) -> Result<Arc<ScopeState>, GrantError> {
        let scope = self.identity().slice_id(slice);
        for attempt in 1.. {
            match self.open_own_state(scope).await {
                Ok(state) => return Ok(state),
                Err(OpenError::NotFound) if attempt <= ATTEMPTS => {}
                Err(OpenError::NotFound) => break,
                Err(OpenError::Failed(failure)) => return Err(failure.into()),
            }
            let operation = self.make_slice(slice).await?;
            match self.commit(self.id(), vec![operation]).await {
                Ok(_) => self.note_epoch(self.id(), scope, 0),
                // Another device was faster, or began an epoch of what the slice covers.
                Err(failure) if failure.is_stale() || failure.refusal() == Some(ErrorCode::AlreadyExists) => {
                }
                Err(failure) if failure.refusal() == Some(ErrorCode::NotLinked) => {
                    return Err(GrantError::NotLinked);
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        Err(Failure::from(crate::Distrust::Malformed { what: "a slice that was made" }).into())
    }

    async fn make_slice(&self, slice: &Slice) -> Result<Operation, GrantError> {
        let covered = self.covered_by(slice).await?;
        let me = self.identity();
        let scope = me.slice_id(slice);
        let now = self.client().now();
        let mut rng = self.client().rng();
        // What it opens is never kept worse than there.
        let suites = covered.iter().map(|state| state.suite()).collect::<Result<Vec<_>, _>>();
        let suite = strongest(suites.map_err(Failure::from)?).unwrap_or(Suite::CLASSIC);
        let (statement, keys, new) = epoch::first_in(suite, &me, scope, now, &mut rng)?;
        let mut entries: Vec<SliceEntry> = Vec::new();
        for state in covered {
            self.know_terms(&state, slice.term.map(|term| (slice.ontology, term))).await?;
            let trees = state.trees();
            let held = Held::of(&state, &trees);
            let under = Under { scope, slice, epoch: 0, keys: &keys };
            for epoch in state.epochs.keys() {
                let made = entry::make(&me, under, &held, *epoch, &mut rng).map_err(Failure::from)?;
                entries.push(made);
            }
        }
        // What a slice is called stands in the note of each access.
        let definition = Definition::new("pryv:slice", "", "none", Value::Bool(false));
        let content = pryv_wire::encode(&StoredDefinition::first(definition));
        let definition = first_definition(&me, &statement, &keys, &content, now, &mut rng)?;
        Ok(Operation::CreateScope { epoch: new, definition, kind: ScopeKind::Slice(slice.clone()), entries })
    }

    /// What a slice covers now.
    pub(super) async fn covered_by(&self, slice: &Slice) -> Result<Vec<Arc<ScopeState>>, GrantError> {
        let mut covered = Vec::new();
        if slice.labels {
            covered.push(self.open_scope(self.id(), slice.ontology, &Role::Owner).await?);
        }
        match &slice.data {
            SliceData::None => {}
            SliceData::Every => covered.extend(self.linked_to(slice.ontology).await?),
            SliceData::Collections(collections) => {
                for collection in collections {
                    let state = self.open_scope(self.id(), *collection, &Role::Owner).await?;
                    if !covers(slice, &state) {
                        return Err(GrantError::NotLinked);
                    }
                    covered.push(state);
                }
            }
            _ => {}
        }
        Ok(covered)
    }

    /// Opens a scope of this account.
    pub(crate) async fn open_own_state(
        &self,
        scope: pryv_wire::ScopeId,
    ) -> Result<Arc<ScopeState>, OpenError> {
        match self.open_scope(self.id(), scope, &Role::Owner).await {
            Ok(state) => Ok(state),
            Err(failure) if failure.refusal() == Some(ErrorCode::NotFound) => Err(OpenError::NotFound),
            Err(failure) => Err(failure.into()),
        }
    }
}
