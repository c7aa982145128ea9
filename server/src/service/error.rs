//! Why a call was refused: a stable code, what goes with it, and a cause for the operator's log alone.

use crate::{permission::Denied, store};
use pryv_engine::StoreError;
use pryv_wire::{Bytes, DecodeError, ErrorCode, Problem, error::Details};
use std::{error::Error as StdError, fmt};

/// A refusal. Its text and details go to the caller; its cause does not.
#[derive(Debug)]
pub struct Error {
    code: ErrorCode,
    details: Box<Details>,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

/// The result of a call.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A refusal whose code says it all.
    #[must_use]
    pub fn new(code: ErrorCode) -> Self {
        Self { code, details: Box::default(), cause: None }
    }

    /// A refusal that says what exactly is wrong, without repeating the caller's content.
    #[must_use]
    pub fn because(code: ErrorCode, reason: impl Into<String>) -> Self {
        let mut error = Self::new(code);
        error.details.reason = Some(reason.into());
        error
    }

    /// A message that is of the right shape and yet not what the call expects.
    #[must_use]
    pub fn malformed(reason: impl Into<String>) -> Self {
        Self::because(ErrorCode::MalformedMessage, reason)
    }

    /// A signed statement that does not hold.
    #[must_use]
    pub fn statement(reason: impl Into<String>) -> Self {
        Self::because(ErrorCode::InvalidStatement, reason)
    }

    /// A value outside its limits.
    #[must_use]
    pub fn out_of_range(reason: impl Into<String>, limit: usize) -> Self {
        let mut error = Self::because(ErrorCode::OutOfRange, reason);
        error.details.limit = u64::try_from(limit).ok();
        error
    }

    /// More of something than a caller said that it bears with.
    #[must_use]
    pub fn limited(code: ErrorCode, limit: u32) -> Self {
        let mut error = Self::new(code);
        error.details.limit = Some(u64::from(limit));
        error
    }

    /// A body or an envelope over its limit.
    #[must_use]
    pub fn too_large(limit: usize) -> Self {
        let mut error = Self::new(ErrorCode::BodyTooLarge);
        error.details.limit = u64::try_from(limit).ok();
        error
    }

    /// Come back later.
    #[must_use]
    pub fn rate_limited(retry_after_ms: u64) -> Self {
        let mut error = Self::new(ErrorCode::RateLimited);
        error.details.retry_after_ms = Some(retry_after_ms);
        error
    }

    /// Another version stands in the way; it goes along for those who may read it.
    #[must_use]
    pub fn conflict(current: Option<Bytes>) -> Self {
        let mut error = Self::new(ErrorCode::VersionConflict);
        error.details.current = current;
        error
    }

    /// The server failed.
    #[must_use]
    pub fn internal(cause: impl StdError + Send + Sync + 'static) -> Self {
        Self { cause: Some(Box::new(cause)), ..Self::new(ErrorCode::Internal) }
    }

    /// Work on another thread ended without an answer. Its panic says nothing here: it may hold what a caller sent.
    pub(crate) fn ended(_panic: tokio::task::JoinError) -> Self {
        Self::internal(Ended)
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// What goes with the code.
    #[must_use]
    pub const fn details(&self) -> &Details {
        &self.details
    }

    /// The cause with its own causes, for the log.
    #[must_use]
    pub fn cause_chain(&self) -> Option<String> {
        let mut next: Option<&(dyn StdError + 'static)> = Some(&**self.cause.as_ref()?);
        let mut chain = Vec::new();
        while let Some(error) = next {
            chain.push(error.to_string());
            next = error.source();
        }
        Some(chain.join(": "))
    }

    /// The body of the answer.
    #[must_use]
    pub fn into_problem(self) -> Problem {
        Problem { details: *self.details, ..Problem::new(self.code) }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("work on another thread ended early")]
struct Ended;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.as_ref().map(|cause| {
            let cause: &(dyn StdError + 'static) = &**cause;
            cause
        })
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        let code = match &error {
            store::Error::Engine(StoreError::Full) => ErrorCode::StorageFull,
            store::Error::Engine(StoreError::Busy | StoreError::Closed) => ErrorCode::Overloaded,
            // A transaction whose rows, those of its index above all, are more than one job may write.
            store::Error::Engine(StoreError::TooLarge { what: "job", .. }) => ErrorCode::BodyTooLarge,
            _ => ErrorCode::Internal,
        };
        Self { cause: Some(Box::new(error)), ..Self::new(code) }
    }
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NotFound => Self::new(ErrorCode::NotFound),
            Denied::NotAllowed => Self::new(ErrorCode::NotAllowed),
            Denied::AccessNotValid => Self::new(ErrorCode::AccessNotValid),
            Denied::Store(error) => error.into(),
        }
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::malformed(error.to_string())
    }
}
