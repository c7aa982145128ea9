//! Relations of a new definition: the collections that they lead to have to know, before there is any reference.

use super::{Account, OpenError};
use crate::{
    definition::{InvalidDefinition, Referring, StoredDefinition},
    failure::Failure,
};
use pryv_wire::ScopeId;

/// Why relations were not noted.
pub(crate) enum Unnoted {
    /// A relation leads to a collection that there is not.
    UnknownTarget(String),
    /// The definition of a target has no room for the note.
    Invalid(InvalidDefinition),
    /// What can go wrong in every operation.
    Failed(Failure),
}

impl From<Failure> for Unnoted {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<InvalidDefinition> for Unnoted {
    fn from(invalid: InvalidDefinition) -> Self {
        Self::Invalid(invalid)
    }
}

impl Account {
    /// A definition as it is stored, with where its relations lead, and with itself if one leads there.
    pub(crate) fn leading(&self, scope: ScopeId, stored: StoredDefinition) -> StoredDefinition {
        let me = self.identity();
        let ids = |to: &Vec<String>| to.iter().map(|uri| me.scope_id(uri)).collect();
        let targets = stored.definition.relations.iter().map(|relation| ids(&relation.to)).collect();
        let stored = stored.leading_to(targets);
        match stored.leads_to().get(&scope) {
            Some(on_delete) => {
                stored.referred_by(Referring { scope, on_delete: *on_delete }).unwrap_or(stored)
            }
            None => stored,
        }
    }

    /// Notes at every collection that the relations of a definition lead to, that it refers to them: whoever deletes there then
    /// looks at it. Before the definition itself is written; if it never is, nothing is found there.
    pub(crate) async fn note_relations(
        &self,
        scope: ScopeId,
        stored: &StoredDefinition,
    ) -> Result<(), Unnoted> {
        for (target, on_delete) in stored.leads_to().into_iter().filter(|(target, _)| *target != scope) {
            let collection = match self.open_own(target).await {
                Ok(collection) => collection,
                Err(OpenError::NotFound) => {
                    return Err(Unnoted::UnknownTarget(stored.uri_of(target).unwrap_or_default().to_owned()));
                }
                Err(OpenError::Failed(failure)) => return Err(Unnoted::Failed(failure)),
            };
            collection.note_referring(Referring { scope, on_delete }).await?;
        }
        Ok(())
    }
}
