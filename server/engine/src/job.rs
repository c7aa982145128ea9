//! A write job with its reply, its types erased for the queue.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::StoreError;
use crate::panics;
use crate::transaction::WriteTx;

/// Whether the changes a job made are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    Keep,
    RollBack,
}

/// What waits in the queue: run first, answered after the commit.
pub(crate) trait Job: Send {
    /// Runs the work, once. A panic of the work counts as its error.
    fn run(&mut self, tx: &mut WriteTx<'_>) -> Ran;

    /// Answers: with what the work returned when the commit went well, else with why not.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct TypedJob<T, E, W, R> {
    work: Option<W>,
    result: Option<Result<T, E>>,
    reply: R,
}

/// Boxes `work` and `reply` for the queue.
pub(crate) fn job<T, E, W, R>(work: W, reply: R) -> Box<dyn Job>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    W: FnOnce(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
    R: FnOnce(Result<T, E>) + Send + 'static,
{
    Box::new(TypedJob { work: Some(work), result: None, reply })
}

impl<T, E, W, R> Job for TypedJob<T, E, W, R>
where
    T: Send,
    E: From<StoreError> + Send,
    W: FnOnce(&mut WriteTx<'_>) -> Result<T, E> + Send,
    R: FnOnce(Result<T, E>) + Send,
{
    fn run(&mut self, tx: &mut WriteTx<'_>) -> Ran {
        let Some(work) = self.work.take() else { return Ran::RollBack };
        let result = catch_unwind(AssertUnwindSafe(|| work(tx))).unwrap_or_else(|panic| {
            let text = panics::text(&*panic);
            tracing::error!(panic = %text, "a write job panicked and was rolled back");
            Err(StoreError::JobPanicked(text.into()).into())
        });
        let ran = if result.is_ok() { Ran::Keep } else { Ran::RollBack };
        self.result = Some(result);
        ran
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { result, reply, .. } = *self;
        let answer = match committed {
            Ok(()) => result.unwrap_or_else(|| Err(StoreError::Closed.into())),
            Err(error) => Err(error.into()),
        };
        // The reply is the caller's code, the thread is everybody's.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| reply(answer))) {
            tracing::error!(panic = %panics::text(&*panic), "the reply of a write job panicked");
        }
    }
}
