//! Descriptions: what a caller can see of an account, by its own names, in one call.

use super::{Account, OpenError, ReceivedAccess};
use crate::{
    collection::Collection,
    definition::{Definition, Leakage},
    distrust::Distrust,
    failure::Failure,
    ontology::Ontology,
};
use pryv_wire::{
    ErrorCode,
    access::Level,
    record::{Answered, CountRecords, Counted, Filter, MAX_BATCH, MAX_COUNT, Question, RecordState},
};
use std::sync::Arc;

/// What a caller can see of an account.
#[derive(Debug)]
#[non_exhaustive]
pub struct Description {
    /// The collections.
    pub collections: Vec<DescribedCollection>,
    /// The ontologies.
    pub ontologies: Vec<Ontology>,
}

/// A collection, and what is known of it without reading a record.
#[derive(Debug)]
#[non_exhaustive]
pub struct DescribedCollection {
    /// The collection, opened.
    pub collection: Collection,
    /// What it holds: types with their schemas, indexes, linked ontologies.
    pub definition: Arc<Definition>,
    /// How many records the caller may read, as the server counts; absent for who may not read.
    pub records: Option<Records>,
    /// What its indexes show to whom.
    pub leakage: Vec<Leakage>,
}

/// How many records there are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Records {
    /// So many.
    Exactly(u64),
    /// So many at least: [`Query::count`](crate::Query::count) counts on.
    AtLeast(u64),
}

impl Account {
    /// Describes the account's own collections and ontologies: schemas, indexes, links, numbers of records.
    ///
    /// # Errors
    ///
    /// See [`Failure`].
    pub async fn describe(&self) -> Result<Description, Failure> {
        let collections = self.collections().await?;
        let ontologies = self.ontologies().await?;
        Ok(Description { collections: self.described(collections).await?, ontologies })
    }

    async fn described(&self, collections: Vec<Collection>) -> Result<Vec<DescribedCollection>, Failure> {
        let mut counts = Vec::with_capacity(collections.len());
        for part in collections.chunks(MAX_BATCH) {
            counts.extend(self.counts(part).await?);
        }
        let described = collections.into_iter().zip(counts).map(|(collection, records)| {
            let definition = collection.definition();
            let leakage = definition.leakage();
            DescribedCollection { collection, definition, records, leakage }
        });
        Ok(described.collect())
    }

    /// How many records each of some collections has, in one call.
    async fn counts(&self, collections: &[Collection]) -> Result<Vec<Option<Records>>, Failure> {
        let questions: Vec<Question> = collections
            .iter()
            .map(|collection| {
                Question::Count(CountRecords {
                    state: RecordState::Active,
                    account: collection.owner(),
                    scope: collection.scope(),
                    filter: Filter::All,
                    unindexed: None,
                    within: None,
                    buckets: Vec::new(),
                    enough: MAX_COUNT,
                    after: None,
                })
            })
            .collect();
        let answers = self.ask_batch(questions).await?;
        let count = |(collection, answer): (&Collection, Answered)| match answer {
            Answered::Count(Counted { counts, next, .. }) => {
                let counted = counts.iter().sum();
                Ok(Some(if next.is_some() { Records::AtLeast(counted) } else { Records::Exactly(counted) }))
            }
            // Who may not read is not told how much there is.
            Answered::Refused(problem)
                if problem.code == ErrorCode::NotAllowed
                    && collection.level().is_some_and(|level: Level| !level.reads()) =>
            {
                Ok(None)
            }
            Answered::Refused(problem) => Err(Failure::Refused(problem.into())),
            _ => Err(Distrust::Malformed { what: "an answer to another question" }.into()),
        };
        collections.iter().zip(answers).map(count).collect()
    }
}

impl ReceivedAccess {
    /// Describes what the access opens: collections with their schemas, indexes, links and the numbers of records that it lets
    /// read, and ontologies. Nothing else of the account.
    ///
    /// # Errors
    ///
    /// See [`OpenError`].
    pub async fn describe(&self) -> Result<Description, OpenError> {
        let collections = self.collections().await?;
        let ontologies = self.ontologies().await?;
        Ok(Description { collections: self.account.described(collections).await?, ontologies })
    }
}
