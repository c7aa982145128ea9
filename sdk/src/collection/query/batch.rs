//! Batches: several queries in one round trip, each answered by itself.

use super::{
    Query, QueryError, Sorting, created_after,
    sweep::{Asking, Walked},
};
use crate::{
    account::Account,
    collection::Collection,
    distrust::Distrust,
    failure::{Failure, Refusal},
    protocol::versions,
    record::{Cursor, Page, Place},
};
use pryv_wire::record::{Answered, BatchAnswered, BatchRecords, MAX_BATCH, QueryRecords, Question, Records};
use serde::de::DeserializeOwned;
use serde_json::Value;

impl Account {
    /// Reads the first page of several queries in one round trip: one answer for each, in their order; what is wrong with one
    /// does not touch the others. Together they bring as many bytes as one page may have: where that was too little, a page is short
    /// and its `next` goes on.
    ///
    /// A query that is ordered by a field takes several round trips, and has its own here.
    ///
    /// # Errors
    ///
    /// See [`Failure`]: what concerns all of them.
    pub async fn batch<T: DeserializeOwned>(
        &self,
        queries: &[Query],
    ) -> Result<Vec<Result<Page<T>, QueryError>>, Failure> {
        let mut answers = Vec::with_capacity(queries.len());
        for part in queries.chunks(MAX_BATCH) {
            answers.extend(self.batch_part(part).await?);
        }
        Ok(answers)
    }

    async fn batch_part<T: DeserializeOwned>(
        &self,
        queries: &[Query],
    ) -> Result<Vec<Result<Page<T>, QueryError>>, Failure> {
        let planned: Vec<_> = queries.iter().map(Query::first_question).collect();
        let question = |planned: &Result<Option<Asked>, _>| {
            Some(Question::Query(planned.as_ref().ok()?.as_ref()?.call.clone()))
        };
        let asked = self.asking();
        let mut answered = self.ask_batch(planned.iter().filter_map(question).collect()).await?.into_iter();
        let mut pages = Vec::with_capacity(queries.len());
        for (query, planned) in queries.iter().zip(planned) {
            pages.push(match planned {
                Err(error) => Err(error),
                // In several round trips of its own.
                Ok(None) => query.fetch().await,
                Ok(Some(question)) => match answered.next() {
                    Some(answer) => {
                        query.answer_to(&question, answer, asked).await.map(|page| query.shape(page))
                    }
                    None => Err(Failure::from(Distrust::Malformed { what: "too few answers" }).into()),
                },
            });
        }
        Ok(pages)
    }

    /// Asks some questions at once: as many answers, in their order.
    pub(crate) async fn ask_batch(&self, questions: Vec<Question>) -> Result<Vec<Answered>, Failure> {
        if questions.is_empty() {
            return Ok(Vec::new());
        }
        let count = questions.len();
        let BatchAnswered { answers } = self.call(&BatchRecords { questions }).await?;
        if answers.len() != count {
            return Err(Distrust::Malformed { what: "answers of another number of questions" }.into());
        }
        Ok(answers)
    }
}

/// A query as a question of a batch.
pub(in crate::collection) struct Asked {
    pub(in crate::collection) call: QueryRecords,
    /// The newest epoch that was known before it was asked.
    known: u32,
}

impl Query {
    /// The question for the first page; none if it takes more than one.
    pub(in crate::collection) fn first_question(&self) -> Result<Option<Asked>, QueryError> {
        self.may_read()?;
        let plan = self.plan(&self.collection.state())?;
        let Sorting::Created(order) = self.sorting else { return Ok(None) };
        if plan.is_scan() {
            return Ok(None);
        }
        let (unindexed, limit, after) = (plan.unindexed, self.limit, created_after(self.after.as_ref())?);
        let call = self.question(Asking { filter: &plan.outer, unindexed, order, limit, after });
        Ok(Some(Asked { call, known: self.collection.known_epoch() }))
    }

    /// The page that an answer gives. If an epoch began whose tokens were not sent, it is asked for anew.
    pub(in crate::collection) async fn answer_to(
        &self,
        Asked { call, known }: &Asked,
        answer: Answered,
        asked: versions::Asked,
    ) -> Result<Page<Value>, QueryError> {
        let answer: Records = match answer {
            Answered::Query(records) => records,
            Answered::Refused(problem) => {
                let failure = Failure::Refused(Refusal::from(problem));
                return Err(self.refused(failure, call.unindexed).await);
            }
            _ => {
                return Err(
                    Failure::from(Distrust::Malformed { what: "an answer to another question" }).into()
                );
            }
        };
        let state = self.collection.state();
        Collection::check_page(call, *known, &answer)?;
        if answer.epoch > state.last_epoch() {
            return self.fetch().await;
        }
        let found = self.take(&answer.records, asked, &mut Walked::default()).await?;
        let next = answer.next.map(|cursor| Cursor(Place::Created(cursor)));
        let (rejected, overshoot) = (found.rejected, found.overshoot);
        Ok(Page { records: found.records, rejected, overshoot, next })
    }
}
