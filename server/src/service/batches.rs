//! Batches: several questions about records in one call, over one view of the store, each answered or refused by itself.

use super::{
    Error, Result, Service,
    audit::Given,
    counts::counted,
    records::{MAX_PAGE_BYTES, one, page},
};
use crate::{permission::Caller, store::Reading};
use pryv_wire::{
    ErrorCode, Timestamp,
    record::{Answered, BatchAnswered, BatchRecords, MAX_BATCH, Question},
};

/// How much the questions of a batch read together, in rows and descents, before the others wait for the next one.
const MAX_READS: u64 = 100_000;

impl Service {
    /// Answers several questions.
    ///
    /// # Errors
    ///
    /// `out-of-range`; each question by itself as the call that it stands for.
    pub async fn batch_records(&self, caller: Caller, request: BatchRecords) -> Result<BatchAnswered> {
        if request.questions.len() > MAX_BATCH {
            return Err(Error::out_of_range("the number of questions", MAX_BATCH));
        }
        let (now, asking) = (self.now(), caller.clone());
        let (mut answers, given) = self
            .blocking(move |inner| inner.store.read(|view| answer_all(&view, &asking, request, now)))
            .await?;
        let entries: Vec<Given> = given.iter().flatten().copied().collect();
        match self.enter_all(&caller, entries).await {
            // As in a single call: what is the caller's own is not withheld for want of room for a line about it.
            Err(full) if full.code() == ErrorCode::StorageFull => {
                let of_others =
                    |given: &Option<Given>| given.is_some_and(|given| given.account != caller.principal());
                for (answer, _) in answers.iter_mut().zip(&given).filter(|(_, given)| of_others(given)) {
                    *answer = Answered::Refused(Error::new(ErrorCode::StorageFull).into_problem());
                }
            }
            entered => entered?,
        }
        Ok(BatchAnswered { answers })
    }
}

fn answer_all(
    view: &Reading<'_>,
    caller: &Caller,
    request: BatchRecords,
    now: Timestamp,
) -> Result<(Vec<Answered>, Vec<Option<Given>>)> {
    let (mut answers, mut entries) = (Vec::new(), Vec::new());
    let mut room = MAX_PAGE_BYTES;
    for question in request.questions {
        let reads = view.reads();
        let may_work = reads.rows.saturating_add(reads.seeks) < MAX_READS;
        let answered = answer(view, caller, question, if may_work { room } else { 0 }, may_work, now);
        match answered {
            Ok((answer, given)) => {
                room = room.saturating_sub(length(&answer));
                entries.push(Some(given).filter(|given| may_work || given.records > 0));
                answers.push(answer);
            }
            // The server failed: nothing that is said of the other questions can be relied on.
            Err(error) if error.code() == ErrorCode::Internal => return Err(error),
            Err(error) => {
                entries.push(None);
                answers.push(Answered::Refused(error.into_problem()));
            }
        }
    }
    Ok((answers, entries))
}

fn answer(
    view: &Reading<'_>,
    caller: &Caller,
    question: Question,
    room: usize,
    may_work: bool,
    now: Timestamp,
) -> Result<(Answered, Given)> {
    match question {
        Question::Query(query) => {
            page(view, caller, query, room, now).map(|(page, given)| (Answered::Query(page), given))
        }
        Question::Count(count) => counted(view, caller, count, may_work, now)
            .map(|(counted, given)| (Answered::Count(counted), given)),
        Question::Get(get) => {
            let (found, given) = one(view, caller, &get, now)?;
            if room == 0 {
                return Err(Error::because(
                    ErrorCode::Overloaded,
                    "the batch is full: ask for this record again",
                ));
            }
            Ok((Answered::Get(found), given))
        }
        _ => Err(Error::malformed("the question is not known here")),
    }
}

/// The bytes of an answer that count towards those of the batch.
fn length(answer: &Answered) -> usize {
    match answer {
        Answered::Query(page) => {
            page.records.iter().map(|record| record.len()).fold(0, usize::saturating_add)
        }
        Answered::Get(found) => found.record.len(),
        _ => 0,
    }
}
