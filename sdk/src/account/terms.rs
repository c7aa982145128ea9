//! Terms by their ids: what a scope's records are filed under, made known to the state that opens them.

use super::Account;
use crate::{
    distrust::Distrust,
    failure::Failure,
    protocol::{
        scope::{Role, ScopeState},
        tree::Moves,
    },
};
use pryv_wire::{
    RecordId, ScopeId,
    term::{GetTerms, MAX_TERMS, TermNode},
};
use std::collections::{BTreeMap, BTreeSet};

impl Account {
    /// Makes the places of terms known to the state of a scope, asking for those that it does not know. A term that the
    /// server does not tell stays unknown.
    pub(crate) async fn know_terms(
        &self,
        state: &ScopeState,
        terms: impl IntoIterator<Item = (ScopeId, RecordId)>,
    ) -> Result<(), Failure> {
        let trees = state.trees();
        let mut unknown: BTreeMap<ScopeId, BTreeSet<RecordId>> = BTreeMap::new();
        for (ontology, term) in terms {
            if !trees.get(&ontology).is_some_and(|tree| tree.knows(term)) {
                unknown.entry(ontology).or_default().insert(term);
            }
        }
        for (ontology, terms) in unknown {
            let moves = self.moves(state, ontology).await?;
            let nodes = self.nodes(state, ontology, &terms.into_iter().collect::<Vec<_>>()).await?;
            state.learn(ontology, &nodes, moves.as_ref())?;
        }
        Ok(())
    }

    /// The moves of an ontology's terms, if this role may open its epochs.
    async fn moves(&self, state: &ScopeState, ontology: ScopeId) -> Result<Option<Moves>, Failure> {
        if state.scope == ontology {
            return Ok(Some(state.moves()));
        }
        let opens = matches!(state.role, Role::Owner) || state.role.level(ontology).is_some();
        if !opens {
            return Ok(None);
        }
        Ok(Some(self.open_scope(state.owner, ontology, &state.role).await?.moves()))
    }

    async fn nodes(
        &self,
        state: &ScopeState,
        ontology: ScopeId,
        terms: &[RecordId],
    ) -> Result<Vec<TermNode>, Failure> {
        let mut nodes = Vec::new();
        for chunk in terms.chunks(MAX_TERMS) {
            let mut rest = chunk;
            while !rest.is_empty() {
                let call = GetTerms { account: state.owner, ontology, terms: rest.to_vec() };
                let answer = self.call(&call).await?;
                nodes.extend(answer.terms);
                let Some(last) = answer.next else { break };
                let at = rest.iter().position(|term| *term == last);
                let behind = at.and_then(|at| rest.get(at + 1..));
                rest = behind.ok_or(Distrust::Malformed { what: "a list of terms" })?;
            }
        }
        Ok(nodes)
    }
}
