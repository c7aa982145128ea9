//! Errors as a page sees them: code, kind, words, what to do, and what is below.

use crate::{
    object::{Object, text},
    received::access,
    record::{fault, record},
};
use pryv_sdk::{
    ErrorCode, Failure, InvalidLink, InvalidPhrase, WeakPassword,
    account::{
        AppDataError, ChangePasswordError, CompareError, CreateLinkError, DefineError, DeviceError,
        FindError, GrantError, GroupError, InvalidHead, LeaveError, OpenError, RenewError, ResolveError,
        RevokeError, RotateError, audit::ExportError,
    },
    client::{
        AppError, JoinError, LogInError, OpenLinkError, RecoverError, RegisterAppError, ResumeError,
        SignUpError,
    },
    collection::{BulkError, Current, QueryError, ReadError, RedefineError, UpsertError, WriteError},
    ontology::TermError,
    properties::PropertyError,
};
use serde_json::{Map, Value};
use std::error::Error;

/// An error on its way to the page.
pub(crate) struct Thrown(Box<Words>);

struct Words {
    code: &'static str,
    kind: &'static str,
    message: String,
    next: Option<String>,
    causes: Vec<String>,
    details: Map<String, Value>,
}

impl Thrown {
    /// An error of this machine, or of whoever calls.
    pub(crate) fn new(kind: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        let (next, causes, details) = (None, Vec::new(), Map::new());
        Self(Box::new(Words { code, kind, message, next, causes, details }))
    }

    /// What was given is not what a call takes: a mistake in a program.
    pub(crate) fn argument(message: &str) -> Self {
        Self::new("input", "invalid-argument", message)
    }

    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.0.next = Some(next.into());
        self
    }

    pub(crate) fn because(mut self, cause: impl Into<String>) -> Self {
        self.0.causes.push(cause.into());
        self
    }

    fn kind(mut self, kind: &'static str) -> Self {
        self.0.kind = kind;
        self
    }

    fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.details.insert(name.to_owned(), value.into());
        self
    }

    fn of(error: &dyn Error, code: &'static str, failure: Option<&Failure>) -> Self {
        let kind = match failure {
            Some(Failure::Offline { .. } | Failure::Unreadable { .. }) => "offline",
            Some(Failure::Refused(_)) => "refused",
            Some(Failure::Distrust(_) | Failure::AnswerTooLong { .. }) => "distrust",
            Some(Failure::Locked(_)) => "locked",
            // A refusal that an operation has words of its own for.
            None if ErrorCode::ALL.iter().any(|known| known.as_str() == code) => "refused",
            _ => "input",
        };
        let mut thrown = Self::new(kind, code, error.to_string());
        thrown.0.next = failure.and_then(Failure::next).map(str::to_owned);
        let mut cause = error.source();
        while let Some(below) = cause {
            thrown.0.causes.push(below.to_string());
            cause = below.source();
        }
        if let Some(Failure::Refused(refusal)) = failure {
            if let Some(wait) = refusal.retry_after {
                thrown = thrown.detail("retryAfter", u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
            }
            if let Some(limit) = refusal.limit {
                thrown = thrown.detail("limit", limit);
            }
            if let Some(request) = &refusal.request {
                thrown = thrown.detail("request", request.as_str());
            }
        }
        thrown
    }

    /// What the page is told.
    pub(crate) fn to_json(&self) -> String {
        self.to_value().to_string()
    }

    /// The same, as part of an answer.
    pub(crate) fn to_value(&self) -> Value {
        let Words { code, kind, message, next, causes, details } = &*self.0;
        Object::new()
            .put("code", *code)
            .put("kind", *kind)
            .put("message", message.as_str())
            .put_if("next", next.as_deref())
            .list("causes", causes, |cause| text(cause))
            .put("details", details.clone())
            .done()
    }
}

/// An error of the SDK: its code, and what can go wrong in every operation if it is that.
trait Fails: Error {
    fn code(&self) -> &'static str;
    fn failure(&self) -> Option<&Failure>;
}

macro_rules! fails {
    ($($error:ty),* $(,)?) => {$(
        impl Fails for $error {
            fn code(&self) -> &'static str {
                self.code()
            }
            fn failure(&self) -> Option<&Failure> {
                match self {
                    Self::Failed(failure) => Some(failure),
                    _ => None,
                }
            }
        }
        impl From<$error> for Thrown {
            fn from(error: $error) -> Self {
                Self::of(&error, Fails::code(&error), error.failure())
            }
        }
    )*};
}

fails!(
    AppError,
    ChangePasswordError,
    CompareError,
    DefineError,
    DeviceError,
    ExportError,
    FindError,
    GrantError,
    GroupError,
    JoinError,
    LogInError,
    OpenError,
    OpenLinkError,
    ReadError,
    RecoverError,
    RedefineError,
    RegisterAppError,
    RenewError,
    ResolveError,
    RotateError,
    SignUpError,
);

impl From<Failure> for Thrown {
    fn from(failure: Failure) -> Self {
        Self::of(&failure, failure.code(), Some(&failure))
    }
}

impl From<QueryError> for Thrown {
    fn from(error: QueryError) -> Self {
        let failure = if let QueryError::Failed(failure) = &error { Some(failure) } else { None };
        let thrown = Self::of(&error, error.code(), failure);
        match &error {
            QueryError::NotIndexed { next, .. } => thrown.next(next.as_str()),
            // As an iteration throws it.
            QueryError::Unusable(_) => thrown.kind("distrust"),
            _ => thrown,
        }
    }
}

impl From<UpsertError> for Thrown {
    fn from(error: UpsertError) -> Self {
        match error {
            UpsertError::Query(error) => error.into(),
            UpsertError::Write(error) => error.into(),
            other => Self::of(&other, other.code(), None),
        }
    }
}

impl From<WriteError> for Thrown {
    fn from(error: WriteError) -> Self {
        let failure = if let WriteError::Failed(failure) = &error { Some(failure) } else { None };
        let thrown = Self::of(&error, error.code(), failure);
        match &error {
            WriteError::Invalid { faults } => {
                thrown.detail("faults", faults.iter().map(fault).collect::<Vec<_>>())
            }
            WriteError::Undetachable { record, faults } => thrown
                .detail("record", text(record))
                .detail("faults", faults.iter().map(fault).collect::<Vec<_>>()),
            WriteError::Reference { field, .. } => thrown.detail("field", field.as_str()),
            WriteError::ReferredTo { by } => {
                thrown.detail("by", by.iter().map(|uri| text(uri)).collect::<Vec<_>>())
            }
            WriteError::Conflict { theirs } => thrown.detail(
                "theirs",
                match &**theirs {
                    Current::Record(theirs) => record(theirs),
                    Current::Deleted { .. } => "deleted".into(),
                    _ => "unknown".into(),
                },
            ),
            _ => thrown,
        }
    }
}

impl From<BulkError> for Thrown {
    fn from(error: BulkError) -> Self {
        let BulkError { created, in_doubt, at, source } = error;
        let texts = |ids: &[pryv_sdk::RecordId]| ids.iter().map(|id| text(id)).collect::<Vec<_>>();
        let (created, in_doubt) = (texts(&created), texts(&in_doubt));
        Self::from(source).detail("created", created).detail("inDoubt", in_doubt).detail("at", at)
    }
}

impl From<TermError> for Thrown {
    fn from(error: TermError) -> Self {
        let failure = if let TermError::Failed(failure) = &error { Some(failure) } else { None };
        let thrown = Self::of(&error, error.code(), failure);
        match &error {
            TermError::Invalid { faults } => {
                thrown.detail("faults", faults.iter().map(fault).collect::<Vec<_>>())
            }
            _ => thrown,
        }
    }
}

impl From<RevokeError> for Thrown {
    fn from(error: RevokeError) -> Self {
        let failure = if let RevokeError::Failed(failure) = &error { Some(failure) } else { None };
        let thrown = Self::of(&error, error.code(), failure);
        match &error {
            RevokeError::GrantedOnwards { accesses } => {
                let accesses: Vec<_> = accesses.iter().map(|shown| access(shown).done()).collect();
                thrown.detail("accesses", accesses).next("say `onwards: \"cascade\"` or `onwards: \"adopt\"`")
            }
            _ => thrown,
        }
    }
}

impl From<LeaveError> for Thrown {
    fn from(error: LeaveError) -> Self {
        let failure = if let LeaveError::Failed(failure) = &error { Some(failure) } else { None };
        let thrown = Self::of(&error, error.code(), failure);
        match &error {
            LeaveError::StillGrants { accesses } => {
                let accesses: Vec<_> = accesses.iter().map(|shown| access(shown).done()).collect();
                thrown.detail("accesses", accesses)
            }
            _ => thrown,
        }
    }
}

impl From<CreateLinkError> for Thrown {
    fn from(error: CreateLinkError) -> Self {
        match error {
            CreateLinkError::Grant(error) => error.into(),
            other => Self::of(&other, other.code(), None),
        }
    }
}

impl From<AppDataError> for Thrown {
    fn from(error: AppDataError) -> Self {
        match error {
            AppDataError::Define(error) => error.into(),
            AppDataError::Grant(error) => error.into(),
            AppDataError::Failed(failure) => failure.into(),
            other => Self::of(&other, other.code(), None),
        }
    }
}

impl From<PropertyError> for Thrown {
    fn from(error: PropertyError) -> Self {
        match error {
            PropertyError::Define(error) => error.into(),
            PropertyError::Term(error) => error.into(),
            PropertyError::Write(error) => error.into(),
            PropertyError::Query(error) => error.into(),
            PropertyError::Failed(failure) => failure.into(),
            other => Self::of(&other, other.code(), None),
        }
    }
}

impl From<ResumeError> for Thrown {
    fn from(error: ResumeError) -> Self {
        Self::of(&error, error.code(), None).next("log in again")
    }
}

impl From<InvalidLink> for Thrown {
    fn from(error: InvalidLink) -> Self {
        Self::of(&error, error.code(), None)
    }
}

impl From<InvalidPhrase> for Thrown {
    fn from(error: InvalidPhrase) -> Self {
        Self::of(&error, "invalid-phrase", None)
    }
}

impl From<InvalidHead> for Thrown {
    fn from(error: InvalidHead) -> Self {
        Self::of(&error, "invalid-head", None)
    }
}

impl From<WeakPassword> for Thrown {
    fn from(error: WeakPassword) -> Self {
        Self::of(&error, "weak-password", None)
    }
}
