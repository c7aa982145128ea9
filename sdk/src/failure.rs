//! What can go wrong in every operation: the network, the server's refusal, its dishonesty, a missing key.

use crate::{distrust::Distrust, locked::LockReason, locked::Locked, transport::TransportError};
use pryv_wire::{Bytes, DecodeError, ErrorCode, Problem};
use std::time::Duration;

/// What can go wrong in every operation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// No answer came, however often the same request was sent. Whether the server acted on it is not known: to create or
    /// grant once more would be another record or access.
    #[error(
        "no answer from the server; check address and network. Whether it acted is not known: look before you create or grant once more"
    )]
    Offline {
        /// What the transport says.
        #[source]
        source: TransportError,
    },
    /// The server refused.
    #[error("the server refused: {}", .0.code.message())]
    Refused(Refusal),
    /// The answer is not a message of the protocol.
    #[error("the answer to `{path}` is not a message of the protocol (HTTP status {status})")]
    Unreadable {
        /// The call.
        path: &'static str,
        /// The HTTP status.
        status: u16,
        /// What the decoder says, if it was asked.
        #[source]
        source: Option<DecodeError>,
    },
    /// The answer is longer than the call allows.
    #[error("the answer to `{path}` is longer than {limit} bytes; ask for less at once")]
    AnswerTooLong {
        /// The call.
        path: &'static str,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The request is longer than the call allows.
    #[error("the request to `{path}` has {length} bytes, and the limit is {limit}; send less at once")]
    RequestTooLong {
        /// The call.
        path: &'static str,
        /// Its length, in bytes.
        length: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The server answered something that this client does not believe.
    #[error("the server is not to be believed: {0}")]
    Distrust(Distrust),
    /// The keys are not available.
    #[error(transparent)]
    Locked(#[from] Locked),
}

/// A refusal by the server. Its words are this client's for the code; the server's own are not repeated.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// The stable code.
    pub code: ErrorCode,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
    /// The limit that was passed.
    pub limit: Option<u64>,
    /// The id of the request in the server's log, to report to its operator; letters, digits and `-` only.
    pub request: Option<String>,
    /// The version that stands in the way.
    pub(crate) current: Option<Bytes>,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let printable =
            |id: &String| id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        Self {
            code: problem.code,
            retry_after: problem.details.retry_after_ms.map(Duration::from_millis),
            limit: problem.details.limit,
            request: problem.details.request.filter(printable),
            current: problem.details.current,
        }
    }
}

impl From<Distrust> for Failure {
    fn from(distrust: Distrust) -> Self {
        Self::Distrust(distrust)
    }
}

impl From<LockReason> for Failure {
    fn from(reason: LockReason) -> Self {
        Self::Locked(reason.locked())
    }
}

impl Failure {
    /// The stable code: of the server's refusal, of the distrust, of the lock, or of the failure itself.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Offline { .. } => "offline",
            Self::Refused(refusal) => refusal.code.as_str(),
            Self::Unreadable { .. } => "unreadable-answer",
            Self::AnswerTooLong { .. } => "answer-too-long",
            Self::RequestTooLong { .. } => "request-too-long",
            Self::Distrust(distrust) => distrust.code(),
            Self::Locked(locked) => locked.reason.code(),
        }
    }

    /// What to do next, in words, where there is something to be done.
    #[must_use]
    pub const fn next(&self) -> Option<&'static str> {
        match self {
            Self::Offline { .. } => Some(
                "check address and network; look whether it was done before you create or grant once more",
            ),
            Self::Refused(refusal) => match refusal.code {
                ErrorCode::NotAuthenticated => Some("log in again"),
                ErrorCode::RateLimited | ErrorCode::Overloaded | ErrorCode::TimedOut => {
                    Some("wait a little, then repeat")
                }
                _ => None,
            },
            Self::Unreadable { .. } => Some("check that the address is that of a Pryv server"),
            Self::AnswerTooLong { .. } => Some("ask for less at once"),
            Self::RequestTooLong { .. } => Some("send less at once"),
            Self::Distrust(Distrust::ContactChanged { .. }) => {
                Some("compare the fingerprint with the person, on another way than through this server")
            }
            Self::Distrust(Distrust::UnknownSuite { .. }) => Some("update this program"),
            Self::Distrust(_) => Some(
                "do not go on with this server before its operator has explained it; compare heads with another device",
            ),
            Self::Locked(locked) => Some(locked.next),
        }
    }

    /// Whether a write that failed in this way may have been made all the same. A refusal of another kind is the last word:
    /// one transaction is answered the same way each time.
    pub(crate) const fn leaves_doubt(&self) -> bool {
        match self {
            Self::Offline { .. }
            | Self::Unreadable { .. }
            | Self::AnswerTooLong { .. }
            | Self::Distrust(_) => true,
            // An attempt before the last one may have been taken, and its answer lost.
            Self::Refused(refusal) => matches!(
                refusal.code,
                ErrorCode::TimedOut | ErrorCode::Overloaded | ErrorCode::RateLimited | ErrorCode::Internal
            ),
            Self::RequestTooLong { .. } | Self::Locked(_) => false,
        }
    }

    /// That the account's keys changed while something was under way that was signed with them.
    pub(crate) fn stale_account() -> Self {
        Self::Refused(Problem::new(ErrorCode::StaleAccount).into())
    }

    /// That an epoch began while the next one was under way.
    pub(crate) fn stale_epoch() -> Self {
        Self::Refused(Problem::new(ErrorCode::StaleEpoch).into())
    }

    /// Whether the same deed may succeed once it is made anew on top of what is there now.
    pub(crate) const fn is_stale(&self) -> bool {
        matches!(self.refusal(), Some(ErrorCode::StaleEpoch | ErrorCode::StaleAccount))
    }

    /// The server's refusal code, if it is one.
    #[must_use]
    pub const fn refusal(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused(refusal) => Some(refusal.code),
            _ => None,
        }
    }
}
