//! Batches: several queries in one round trip, each answered by itself.

use super::{Query, QueryError, Sorting, sweep::Walked};
use crate::{
    account::Account,
    distrust::Distrust,
    failure::{Failure, Refusal},
    record::{Cursor, Page, Place},
};
use pryv_wire::record::{Answered, BatchAnswered, BatchRecords, MAX_BATCH, QueryRecords, Question, Records};
use serde::de::DeserializeOwned;

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
        let planned: Vec<_> = queries.iter().map(Query::question).collect();
        let questions: Vec<Question> = planned
            .iter()
            .filter_map(|planned| planned.as_ref().ok()?.clone().map(Question::Query))
            .collect();
        let (asked, count) = (self.asking(), questions.len());
        let mut answered = match questions.is_empty() {
            true => Vec::new().into_iter(),
            false => {
                let BatchAnswered { answers } = self.call(&BatchRecords { questions }).await?;
                if answers.len() != count {
                    return Err(Distrust::Malformed { what: "answers of another number of questions" }.into());
                }
                answers.into_iter()
            }
        };
        let mut pages = Vec::with_capacity(queries.len());
        for (query, planned) in queries.iter().zip(planned) {
            pages.push(match planned {
                Err(error) => Err(error),
                // In several round trips of its own.
                Ok(None) => query.fetch().await,
                Ok(Some(call)) => match answered.next() {
                    Some(Answered::Query(records)) => query.answered(&call, records, asked).await,
                    Some(Answered::Refused(problem)) => {
                        let failure = Failure::Refused(Refusal::from(problem));
                        match query.plan(&query.collection.state()) {
                            Ok(plan) => Err(query.refused(failure, &plan).await),
                            Err(error) => Err(error),
                        }
                    }
                    _ => {
                        Err(Failure::from(Distrust::Malformed { what: "an answer to another question" })
                            .into())
                    }
                },
            });
        }
        Ok(pages)
    }
}

impl Query {
    /// The question for the first page; none if it takes more than one.
    fn question(&self) -> Result<Option<QueryRecords>, QueryError> {
        self.may_read()?;
        let plan = self.plan(&self.collection.state())?;
        let Sorting::Created(order) = self.sorting else { return Ok(None) };
        if plan.is_scan() {
            return Ok(None);
        }
        let after = match &self.after {
            None => None,
            Some(Cursor(Place::Created(cursor))) => Some(cursor.clone()),
            Some(_) => return Err(QueryError::OtherOrder),
        };
        Ok(Some(QueryRecords {
            account: self.collection.owner(),
            scope: self.collection.scope(),
            filter: plan.outer,
            unindexed: plan.unindexed,
            within: self.within,
            order,
            limit: self.limit,
            after,
        }))
    }

    /// The page that an answer gives. If an epoch began whose tokens were not sent, it is asked for anew.
    async fn answered<T: DeserializeOwned>(
        &self,
        call: &QueryRecords,
        answer: Records,
        asked: crate::protocol::versions::Asked,
    ) -> Result<Page<T>, QueryError> {
        let state = self.collection.state();
        self.check_epoch(
            self.collection.0.account.newest_epoch(self.collection.owner(), self.collection.scope()),
            answer.epoch,
        )?;
        if u32::try_from(answer.records.len()).map_or(true, |count| count > call.limit) {
            return Err(Failure::from(Distrust::Malformed { what: "a page longer than asked for" }).into());
        }
        if answer.epoch > state.last_epoch() {
            return self.fetch().await;
        }
        let found = self.take(&answer.records, asked, &mut Walked::default()).await?;
        let next = answer.next.map(|cursor| Cursor(Place::Created(cursor)));
        let (rejected, overshoot) = (found.rejected, found.overshoot);
        Ok(self.shape(Page { records: found.records, rejected, overshoot, next }))
    }
}
