//! Writing: create and update. Validated, indexed and sealed here; the server sees none of it.

use super::{Collection, QueryError, ReadError};
use crate::{
    definition::Fault,
    failure::Failure,
    locked::LockReason,
    protocol::{
        record::{Content, SealFault},
        reference::ReferenceFault,
        scope::ScopeState,
        versions::Asked,
    },
    record::{Filed, Record, TermId, Validity, VersionRef},
};
use pryv_wire::{
    AccessId, Digest, ErrorCode, RecordId, Timestamp, Uri,
    access::Level,
    decode,
    record::{Envelope, Placement},
};
use serde::Serialize;
use serde_json::Value;
use std::{collections::BTreeSet, sync::Arc};

/// How often a write is sealed anew because an epoch began in between.
const ATTEMPTS: usize = 4;

/// Why a record was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The content does not match the schema. Nothing was sent.
    #[error("the record does not match its schema: {}", list(.faults))]
    Invalid {
        /// Where, and what the schema asks for there.
        faults: Vec<Fault>,
    },
    /// The content cannot be written as JSON.
    #[error("the record cannot be written as JSON")]
    NotJson,
    /// The content nests too deeply. Nothing was sent.
    #[error("the record nests deeper than {} levels", crate::protocol::record::MAX_DEPTH)]
    TooDeep,
    /// The content is too long. Nothing was sent.
    #[error(
        "the record is longer than an envelope of {} bytes holds",
        pryv_wire::record::MAX_ENVELOPE_LENGTH
    )]
    TooLong,
    /// An indexed field holds something that its index does not take: an object, an array of arrays; for a range anything but numbers, or
    /// dates and times; for words and beginnings anything but texts.
    #[error("`{field}` is indexed, and holds a value of a type that its index does not take")]
    NotIndexable {
        /// The field.
        field: String,
    },
    /// An indexed field makes more tokens than a record may have: a text of too many words, arrays of too many elements. Nothing was
    /// sent.
    #[error("`{field}` is indexed, and holds more words or elements than an index takes")]
    TooManyTokens {
        /// The field.
        field: String,
    },
    /// The collection has a unique field, which a writer who may not read cannot hold to.
    #[error(
        "`{field}` is unique, which a writer who may not read cannot hold to; ask for an access that contributes"
    )]
    UniqueField {
        /// The field.
        field: String,
    },
    /// A relation holds something that is not a reference of its, or whose target is not there.
    #[error("`{field}` does not hold a reference of its relation: {fault}")]
    Reference {
        /// The field of the relation.
        field: String,
        /// What is wrong.
        fault: ReferenceFault,
    },
    /// Records refer to the one that is to be deleted, by a relation that restricts. Nothing was deleted.
    #[error("{} refer to the record, by a relation that restricts; delete or change them first", .by.len())]
    ReferredTo {
        /// Which.
        by: Vec<Uri>,
    },
    /// A collection whose records may refer to the one that is to be deleted is not granted as a whole, or could not be indexed. Nothing
    /// was deleted.
    #[error(
        "records that this account does not see may refer to the record, and its deletion would concern them; ask the owner to delete it"
    )]
    ReferrersHidden,
    /// A record that refers to the one that is to be deleted would not match its schema without the reference. Nothing was deleted, or
    /// of many the deepest.
    #[error("{record} refers to the record, and does not match its schema without that: {}", list(.faults))]
    Undetachable {
        /// Which.
        record: Uri,
        /// Where, and what the schema asks for there.
        faults: Vec<Fault>,
    },
    /// A deletion would delete more records than one may.
    #[error("the deletion comes to more than {limit} records; delete in parts")]
    TooManyReferrers {
        /// How many it may come to.
        limit: usize,
    },
    /// It could not be looked what refers to the record that is to be deleted. Nothing was deleted.
    #[error("it could not be looked what refers to the record")]
    Referrers(#[source] Box<QueryError>),
    /// Another record has this value in a unique field.
    #[error("another record of the collection has this value in a unique field")]
    NotUnique,
    /// The record was changed in the meantime.
    #[error("the record was changed in the meantime; look at `theirs`, and repeat on top of it")]
    Conflict {
        /// What is there now.
        theirs: Box<Current>,
    },
    /// There is no such record.
    #[error("there is no such record")]
    NotFound,
    /// What can go wrong in every operation.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// What stands in the way of a write.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Current {
    /// Another version.
    Record(Record<Value>),
    /// The record was deleted.
    Deleted {
        /// The version of the deletion.
        version: u64,
    },
    /// Something that this account may not read.
    Unknown,
}

impl WriteError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } | Self::Undetachable { .. } => "invalid-record",
            Self::NotJson => "not-json",
            Self::TooDeep => "too-deep",
            Self::TooLong => "too-long",
            Self::NotIndexable { .. } => "not-indexable",
            Self::TooManyTokens { .. } => "too-many-tokens",
            Self::UniqueField { .. } => "unique-field",
            Self::Reference { fault, .. } => fault.code(),
            Self::ReferredTo { .. } => "referred-to",
            Self::ReferrersHidden => "referrers-hidden",
            Self::TooManyReferrers { .. } => "out-of-range",
            Self::Referrers(error) => error.code(),
            Self::NotUnique => ErrorCode::NotUnique.as_str(),
            Self::Conflict { .. } => ErrorCode::VersionConflict.as_str(),
            Self::NotFound => ErrorCode::NotFound.as_str(),
            Self::Failed(failure) => failure.code(),
        }
    }
}

impl From<SealFault> for WriteError {
    fn from(fault: SealFault) -> Self {
        match fault {
            SealFault::Invalid(faults) => Self::Invalid { faults },
            SealFault::Reference { field, fault } => Self::Reference { field, fault },
            SealFault::TooDeep => Self::TooDeep,
            SealFault::NotIndexable(field) => Self::NotIndexable { field },
            SealFault::TooManyTokens(field) => Self::TooManyTokens { field },
            SealFault::UniqueForDepositor(field) => Self::UniqueField { field },
            SealFault::TooLong => Self::TooLong,
            SealFault::Failed(failure) => Self::Failed(failure),
        }
    }
}

impl From<ReadError> for WriteError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::NotFound | ReadError::Shape => Self::NotFound,
            ReadError::Deleted { version } => {
                Self::Conflict { theirs: Box::new(Current::Deleted { version }) }
            }
            ReadError::Failed(failure) => failure.into(),
        }
    }
}

/// Each term once, as a placement names it.
pub(super) fn named_once<I: Into<TermId>>(terms: impl IntoIterator<Item = I>) -> Vec<TermId> {
    let terms: BTreeSet<TermId> = terms.into_iter().map(Into::into).collect();
    terms.into_iter().collect()
}

/// The terms of an envelope that was made here.
pub(super) fn filed(envelope: &Envelope) -> Vec<Filed> {
    decode(&envelope.placement).map(|placement: Placement| Filed::of(&placement)).unwrap_or_default()
}

fn list(faults: &[Fault]) -> String {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    lines.join("; ")
}

/// One version of one record that is to be written: an instance, or what is left of a deleted one.
pub(super) struct Item<'a> {
    pub(super) id: RecordId,
    pub(super) version: u64,
    pub(super) data: Option<&'a Value>,
    pub(super) terms: &'a [TermId],
    /// Whether an instance is put away.
    pub(super) trashed: bool,
    /// Whether the content is that of the version before, valid or not: the instance is put away or brought back.
    pub(super) as_it_is: bool,
}

impl<'a> Item<'a> {
    /// Content that is new: what it refers to has to be there.
    pub(super) fn new_data(&self) -> Option<&'a Value> {
        self.data.filter(|_| !self.as_it_is)
    }
}

/// What one transaction writes to one collection.
pub(super) struct Part<'a> {
    pub(super) collection: &'a Collection,
    pub(super) state: Arc<ScopeState>,
    pub(super) items: Vec<Item<'a>>,
}

impl<'a> Part<'a> {
    pub(super) fn new(collection: &'a Collection, items: Vec<Item<'a>>) -> Self {
        Self { collection, state: collection.state(), items }
    }
}

/// Why a transaction was not made.
pub(super) struct Unwritten {
    /// The item at fault, counted over all parts; the first one if it is not one alone.
    pub(super) at: usize,
    pub(super) error: WriteError,
}

impl<E: Into<WriteError>> From<E> for Unwritten {
    fn from(error: E) -> Self {
        Self { at: 0, error: error.into() }
    }
}

/// One record that was written.
pub(super) struct Written {
    pub(super) id: RecordId,
    pub(super) version: u64,
    pub(super) written_at: Timestamp,
    pub(super) digest: Digest,
    pub(super) terms: Vec<Filed>,
    pub(super) trashed: bool,
}

impl Written {
    pub(super) fn with<T>(self, collection: &Collection, data: T) -> Record<T> {
        let access: Option<AccessId> = collection.access();
        Record {
            id: self.id,
            version: self.version,
            author: collection.0.account.id(),
            access,
            written_at: self.written_at,
            validity: Validity::Valid,
            terms: self.terms,
            data,
            digest: self.digest,
            trashed: self.trashed,
        }
    }
}

impl Collection {
    /// Creates a record. Pass a reference to keep the data: the record then holds the reference.
    ///
    /// # Errors
    ///
    /// See [`WriteError`].
    pub async fn create<T: Serialize>(&self, data: T) -> Result<Record<T>, WriteError> {
        self.create_in::<TermId, T>([], data).await
    }

    /// Creates a record, filed under terms of ontologies that the collection is linked to. See [`Collection::create`].
    ///
    /// # Errors
    ///
    /// See [`WriteError`].
    pub async fn create_in<I: Into<TermId>, T: Serialize>(
        &self,
        terms: impl IntoIterator<Item = I>,
        data: T,
    ) -> Result<Record<T>, WriteError> {
        self.may(Level::creates, LockReason::ReadOnly)?;
        self.create_at(self.new_id(), &named_once(terms), data).await
    }

    /// An id for a record that is still to be created: random, as ids must be, since they are in clear.
    #[must_use]
    pub fn new_id(&self) -> RecordId {
        RecordId::from_bytes(self.0.account.client().random_bytes())
    }

    /// Creates a record under an id of [`Collection::new_id`] that the caller has kept: after an answer that was lost, or a program that
    /// broke off, the same call does not create it twice, but ends in [`WriteError::Conflict`] with what is there.
    ///
    /// # Errors
    ///
    /// See [`WriteError`].
    pub async fn create_with_id<T: Serialize>(&self, id: RecordId, data: T) -> Result<Record<T>, WriteError> {
        self.may(Level::creates, LockReason::ReadOnly)?;
        self.create_at(id, &[], data).await
    }

    async fn create_at<T: Serialize>(
        &self,
        id: RecordId,
        terms: &[TermId],
        data: T,
    ) -> Result<Record<T>, WriteError> {
        let value = serde_json::to_value(&data).map_err(|_| WriteError::NotJson)?;
        let written = self.put(id, 1, (&value, false), terms).await?;
        Ok(written.with(self, data))
    }

    /// Writes the next version of a record, if nobody has written one since it was read. It stays under its terms, and put away if it
    /// was.
    ///
    /// # Errors
    ///
    /// See [`WriteError`]; [`WriteError::Conflict`] carries what is there now.
    pub async fn update<T: Serialize>(
        &self,
        on: impl Into<VersionRef>,
        data: T,
    ) -> Result<Record<T>, WriteError> {
        self.may(Level::changes, LockReason::ReadOnly)?;
        let value = serde_json::to_value(&data).map_err(|_| WriteError::NotJson)?;
        let VersionRef { id, version, terms, trashed } = on.into();
        let written = self.put(id, version.saturating_add(1), (&value, trashed), &terms).await?;
        Ok(written.with(self, data))
    }

    /// Writes one version of one instance, put away or not.
    pub(super) async fn put(
        &self,
        id: RecordId,
        version: u64,
        (data, trashed): (&Value, bool),
        terms: &[TermId],
    ) -> Result<Written, WriteError> {
        self.write_one(Item { id, version, data: Some(data), terms, trashed, as_it_is: false }).await
    }

    /// Writes one version of one record, and says what a refusal means.
    pub(super) async fn write_one(&self, item: Item<'_>) -> Result<Written, WriteError> {
        let (id, asked) = (item.id, self.0.account.asking());
        match self.write(vec![item]).await {
            Ok(written) => written.into_iter().next().ok_or(WriteError::NotFound),
            Err(Unwritten { error: WriteError::Failed(failure), .. }) => {
                Err(self.refused(id, failure, asked).await)
            }
            Err(Unwritten { error, .. }) => Err(error),
        }
    }

    /// Seals and commits, again with the new keys if an epoch began in between.
    pub(super) async fn write(&self, items: Vec<Item<'_>>) -> Result<Vec<Written>, Unwritten> {
        let account = &self.0.account;
        let mut parts = [Part::new(self, items)];
        let mut tolerated = account.targets_missing(&parts, true).await?;
        for attempt in 1.. {
            match account.transact(&mut parts, &tolerated, &[]).await {
                Err(Unwritten { error: WriteError::Failed(failure), .. }) if attempt < ATTEMPTS => {
                    if failure.is_stale() {
                        for part in &mut parts {
                            part.state = self.reopen().await?;
                        }
                    } else if failure.refusal() == Some(ErrorCode::ExpectationFailed) {
                        tolerated.extend(account.targets_missing(&parts, false).await?);
                    } else {
                        return Err(failure.into());
                    }
                }
                done => return done,
            }
        }
        Err(Failure::stale_epoch().into())
    }

    /// What a refusal of a write means.
    pub(super) async fn refused(&self, id: RecordId, failure: Failure, asked: Asked) -> WriteError {
        let Failure::Refused(refusal) = &failure else { return failure.into() };
        match refusal.code {
            ErrorCode::NotUnique => WriteError::NotUnique,
            ErrorCode::VersionConflict | ErrorCode::AlreadyExists => {
                let theirs = match &refusal.current {
                    None => Current::Unknown,
                    Some(bytes) => match self.open(bytes, Some(id), asked).await {
                        Ok(Content::Instance(record)) => Current::Record(record),
                        Ok(Content::Deleted { version }) => Current::Deleted { version },
                        Err(failure) => return failure.into(),
                    },
                };
                WriteError::Conflict { theirs: Box::new(theirs) }
            }
            ErrorCode::NotFound | ErrorCode::NotAllowed | ErrorCode::AccessNotValid => {
                match self.explain(failure).await {
                    Failure::Refused(refusal) if refusal.code == ErrorCode::NotFound => {
                        let place = (self.0.owner, self.0.scope, id);
                        match self.0.account.missing(&place, asked) {
                            Some(distrust) => Failure::from(distrust).into(),
                            None => WriteError::NotFound,
                        }
                    }
                    failure => failure.into(),
                }
            }
            _ => failure.into(),
        }
    }
}
