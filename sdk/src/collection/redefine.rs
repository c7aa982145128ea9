//! Redefining: another version of a collection's definition, for records that are still to come.

use super::Collection;
use crate::{
    AccessStatus,
    definition::{Definition, IndexKind, InvalidDefinition},
    failure::Failure,
    protocol::{access, record::to_bytes, scope::Role},
};
use pryv_crypto::record::{Draft, NewTokens, RecordSealer};
use pryv_wire::{ErrorCode, RecordId, record::RecordKind, transaction::Operation};
use std::sync::Arc;

/// How often a version is sealed anew because an epoch began in between.
const ATTEMPTS: usize = 4;

/// Why a collection was not redefined. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedefineError {
    /// Only its owner redefines a collection.
    #[error("only the owner of a collection redefines it")]
    NotOwner,
    /// The definition is not accepted.
    #[error("the definition is not accepted")]
    Invalid(#[from] InvalidDefinition),
    /// It has another URI: that would be another collection.
    #[error("the definition has another URI, which makes another collection: use `define`")]
    OtherUri,
    /// Somebody may write to the collection and not read it, and so cannot hold to a unique field.
    #[error(
        "`{field}` would be unique, which a writer who may not read cannot hold to; revoke the accesses that only create before"
    )]
    UniqueField {
        /// The field.
        field: String,
    },
    /// It is linked to other ontologies.
    #[error("the ontologies differ: link the collection to them instead")]
    Links,
    /// It keeps another history.
    #[error(
        "the kept history differs, which is settled when a collection is made; copy the records to another one"
    )]
    History,
    /// Another device has redefined it in the meantime.
    #[error("the collection was redefined in the meantime; look at its definition, and repeat on top of it")]
    Conflict,
    /// What can go wrong in every operation.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl RedefineError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotOwner => "not-owner",
            Self::Invalid(invalid) => invalid.code(),
            Self::OtherUri => "other-uri",
            Self::UniqueField { .. } => "unique-field",
            Self::Links => "other-ontologies",
            Self::History => "other-history",
            Self::Conflict => ErrorCode::VersionConflict.as_str(),
            Self::Failed(failure) => failure.code(),
        }
    }
}

impl Collection {
    /// Gives the collection another version of its definition: title, types and their schemas, and indexes. What is there stays as
    /// it is, names the version that it was checked against, and is shown as invalid where it does not match the new one.
    ///
    /// What is written from then on is indexed in the new way; what is there already, by [`Collection::reindex`]. Until that is done,
    /// a query by a new index looks through what is left, and is refused if that is much ([`QueryError::Unindexed`](super::QueryError)).
    ///
    /// Others see it when they open the collection again, or when they meet a record that was written under it. Who may write and not
    /// read goes on with the version that it was granted with, until it is granted anew.
    ///
    /// # Errors
    ///
    /// See [`RedefineError`].
    pub async fn redefine(&self, definition: Definition) -> Result<(), RedefineError> {
        if !matches!(self.0.role, Role::Owner) {
            return Err(RedefineError::NotOwner);
        }
        definition.check()?;
        let account = &self.0.account;
        let mut based_on = None;
        for attempt in 1.. {
            let mut state = self.reopen().await?;
            if account.renew_before_writing(&state).await? {
                state = self.reopen().await?;
            }
            let present = Arc::clone(&state.definition.definition);
            compatible(&present, &definition)?;
            self.check_unique(&present, &definition).await?;
            if *present == definition {
                return Ok(());
            }
            let version = state.definition.reference.version;
            // A version that came in between is somebody else's decision.
            if *based_on.get_or_insert(version) != version {
                return Err(RedefineError::Conflict);
            }
            let content = state
                .definition
                .stored()
                .followed_by(definition.clone(), version.saturating_add(1))
                .encoded()?;
            let draft = Draft {
                record: RecordId::definition(self.scope()),
                version: version.saturating_add(1),
                kind: RecordKind::Definition,
                definition: None,
                content: &content,
                tokens: NewTokens::default(),
                written_at: account.client().now(),
            };
            let epoch = state.present().map_err(Failure::from)?;
            let keys = state.keys_of(epoch.statement.epoch)?;
            let wrong = |_| Failure::from(crate::Distrust::WrongKeys { epoch: epoch.statement.epoch });
            let identity = account.identity();
            let sealed = RecordSealer::for_reader(&identity, &epoch.statement, keys, None)
                .and_then(|sealer| sealer.seal(&draft, &mut account.client().rng()))
                .map_err(wrong)?;
            let operation = Operation::PutRecord { record: to_bytes(&sealed.envelope) };
            match account.commit(self.owner(), vec![operation]).await {
                Ok(_) => break,
                Err(failure) if failure.is_stale() && attempt < ATTEMPTS => {}
                Err(failure) => match failure.refusal() {
                    Some(ErrorCode::VersionConflict) => return Err(RedefineError::Conflict),
                    _ => return Err(failure.into()),
                },
            }
        }
        self.reopen().await?;
        Ok(())
    }

    /// Refuses a unique field that came while somebody may write and not read.
    async fn check_unique(&self, present: &Definition, next: &Definition) -> Result<(), RedefineError> {
        let unique = |definition: &Definition| -> Vec<String> {
            let unique = definition.indexes.iter().filter(|index| index.kind == IndexKind::Unique);
            unique.flat_map(|index| index.fields.clone()).collect()
        };
        let before = unique(present);
        let Some(field) = unique(next).into_iter().find(|field| !before.contains(field)) else {
            return Ok(());
        };
        let now = self.0.account.client().now();
        let blind = self.0.account.granted_opened().await?.iter().any(|opened| {
            let over = matches!(
                access::status(&opened.evidence, now),
                AccessStatus::Revoked { .. } | AccessStatus::Expired
            );
            let role = Role::Grantee {
                access: Arc::clone(&opened.evidence),
                note: Arc::clone(&opened.note),
                others: Vec::new(),
                group: None,
            };
            !over && role.level(self.scope()).is_some() && !role.reads(self.scope())
        });
        if blind { Err(RedefineError::UniqueField { field }) } else { Ok(()) }
    }
}

fn compatible(present: &Definition, next: &Definition) -> Result<(), RedefineError> {
    if present.uri != next.uri {
        return Err(RedefineError::OtherUri);
    }
    let linked = |definition: &Definition| {
        definition.ontologies.iter().cloned().collect::<std::collections::BTreeSet<String>>()
    };
    if linked(present) != linked(next) {
        return Err(RedefineError::Links);
    }
    if present.history != next.history {
        return Err(RedefineError::History);
    }
    Ok(())
}
