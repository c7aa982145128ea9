//! Defining a collection.

use super::{Account, OpenError};
use crate::{
    collection::Collection,
    definition::{Definition, InvalidDefinition, MAX_DEFINITION_LENGTH},
    failure::Failure,
    protocol::{epoch, record::MAX_DEPTH},
};
use pryv_crypto::record::{Draft, RecordSealer};
use pryv_wire::{
    ErrorCode, RecordId, ScopeId, decode, encode, record::RecordKind, scope::ScopeKind,
    transaction::Operation,
};

/// Why a collection was not defined.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DefineError {
    /// The definition is not accepted.
    #[error("the definition is not accepted")]
    Invalid(#[from] InvalidDefinition),
    /// The account has a collection of this URI, with another definition.
    #[error(
        "this account has a collection of this URI with another definition; use another URI, or the definition that is there"
    )]
    Different,
    /// What can go wrong in every operation.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl DefineError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid(invalid) => invalid.code(),
            Self::Different => "different-definition",
            Self::Failed(failure) => failure.code(),
        }
    }
}

impl Account {
    /// Makes the collection of a definition, or opens it if this account has made it already, on whichever device.
    ///
    /// # Errors
    ///
    /// See [`DefineError`].
    pub async fn define(&self, definition: Definition) -> Result<Collection, DefineError> {
        definition.check()?;
        let content = content(&definition)?;
        let scope = self.identity().scope_id(&definition.uri);
        if let Some(collection) = self.existing(scope, &definition).await? {
            return Ok(collection);
        }
        let operation = self.create_scope(scope, &content)?;
        match self.commit(self.id(), vec![operation]).await {
            Ok(_) => self.note_epoch(self.id(), scope, 0),
            // Another device was faster.
            Err(failure) if failure.refusal() == Some(ErrorCode::AlreadyExists) => {}
            Err(failure) => return Err(failure.into()),
        }
        match self.existing(scope, &definition).await? {
            Some(collection) => Ok(collection),
            None => Err(Failure::from(crate::Distrust::RolledBack {
                what: "the chain of changes",
                known: self.known_head().map_or(0, |head| head.sequence),
                answered: 0,
            })
            .into()),
        }
    }

    async fn existing(
        &self,
        scope: ScopeId,
        definition: &Definition,
    ) -> Result<Option<Collection>, DefineError> {
        match self.open_own(scope).await {
            Ok(collection) if *collection.definition() == *definition => Ok(Some(collection)),
            Ok(_) => Err(DefineError::Different),
            Err(OpenError::NotFound) => Ok(None),
            Err(OpenError::Failed(failure)) => Err(failure.into()),
        }
    }

    fn create_scope(&self, scope: ScopeId, content: &[u8]) -> Result<Operation, Failure> {
        let mut rng = self.client().rng();
        let now = self.client().now();
        let (statement, keys, new) = epoch::first(&self.identity(), scope, now, &mut rng)?;
        let draft = Draft {
            record: RecordId::definition(scope),
            version: 1,
            kind: RecordKind::Definition,
            definition: None,
            content,
            equality: Vec::new(),
            unique: Vec::new(),
            written_at: now,
        };
        let sealed = RecordSealer::for_reader(&self.identity(), &statement, &keys, None)
            .and_then(|sealer| sealer.seal(&draft, &mut rng))
            .map_err(|_| crate::Distrust::WrongKeys { epoch: 0 })?;
        Ok(Operation::CreateScope {
            epoch: new,
            definition: encode(&sealed.envelope).into(),
            kind: ScopeKind::collection(),
            entries: Vec::new(),
        })
    }
}

/// The encoded definition, if it can be read again.
fn content(definition: &Definition) -> Result<Vec<u8>, InvalidDefinition> {
    let content = encode(definition);
    if content.len() > MAX_DEFINITION_LENGTH {
        return Err(InvalidDefinition::TooLong { length: content.len() });
    }
    match decode::<Definition>(&content) {
        Ok(read) if read == *definition => Ok(content),
        _ => Err(InvalidDefinition::TooDeep { limit: MAX_DEPTH }),
    }
}
