//! Redefining: another version of a collection's definition, for records that are still to come.

use super::Collection;
use crate::{
    AccessStatus,
    account::Unnoted,
    definition::{Definition, IndexKind, InvalidDefinition, Referring},
    failure::Failure,
    protocol::{
        access,
        record::Writer,
        scope::{Role, ScopeState},
    },
};
use pryv_wire::{ErrorCode, transaction::Operation};
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
    /// A relation leads to a collection that this account does not have.
    #[error("a relation leads to `{uri}`, which this account has no collection of; define that one first")]
    UnknownTarget {
        /// The URI of its definition.
        uri: String,
    },
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

impl From<Unnoted> for RedefineError {
    fn from(unnoted: Unnoted) -> Self {
        match unnoted {
            Unnoted::UnknownTarget(uri) => Self::UnknownTarget { uri },
            Unnoted::Invalid(invalid) => Self::Invalid(invalid),
            Unnoted::Failed(failure) => Self::Failed(failure),
        }
    }
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
            Self::UnknownTarget { .. } => "unknown-target",
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
            let next = state.definition.stored().followed_by(definition.clone(), version.saturating_add(1));
            let next = account.leading(self.scope(), next);
            let content = next.encoded()?;
            account.note_relations(self.scope(), &next).await?;
            match self.put_definition(&state, &content).await {
                Ok(()) => break,
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

    /// Notes that another collection refers to this one. For its owner.
    pub(crate) async fn note_referring(&self, by: Referring) -> Result<(), Unnoted> {
        for attempt in 1.. {
            let mut state = self.reopen().await?;
            let Some(noted) = state.definition.stored().referred_by(by) else { break };
            if self.0.account.renew_before_writing(&state).await? {
                state = self.reopen().await?;
            }
            let content = noted.encoded()?;
            match self.put_definition(&state, &content).await {
                Ok(()) => {}
                Err(failure)
                    if (failure.is_stale() || failure.refusal() == Some(ErrorCode::VersionConflict))
                        && attempt < ATTEMPTS => {}
                Err(failure) => return Err(failure.into()),
            }
        }
        Ok(())
    }

    /// Writes the next version of the definition, once.
    async fn put_definition(&self, state: &ScopeState, content: &[u8]) -> Result<(), Failure> {
        let account = &self.0.account;
        let me = account.identity();
        let record = {
            let writer = Writer::new(&me, &self.0.role, state, account.client().now())?;
            let wrong = |_| Failure::from(crate::Distrust::WrongKeys { epoch: state.last_epoch() });
            writer.definition(content, &mut account.client().rng()).map_err(wrong)?
        };
        account.commit(self.owner(), vec![Operation::PutRecord { record }]).await.map(|_| ())
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
