//! One call: encode, send, wait and repeat what is safe to repeat, decode.

use crate::{
    environment::Random,
    failure::{Failure, Refusal},
    transport::{Answer, Request, Transport, TransportError},
};
use pryv_wire::{ErrorCode, Problem, bytes::SessionToken, decode, encode, operation::Call};
use std::time::Duration;

/// How often a call that failed on the way is sent, the first time included.
pub(crate) const ATTEMPTS: u32 = 6;

/// The pause before the second attempt; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause, also when the server asks for more.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// Longest answer of calls that answer with one thing.
const SMALL_ANSWER: usize = 1024 * 1024;

/// Longest answer of calls that answer with lists of keys, accesses or changes.
const LIST_ANSWER: usize = 16 * 1024 * 1024;

/// Longest answer of calls that answer with records.
const RECORDS_ANSWER: usize = 64 * 1024 * 1024;

/// Whether a call may be sent again when no answer came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Repeat {
    /// The same bytes twice have the effect of once.
    Safe,
    /// The call uses something up, such as a challenge: whoever calls must begin further back.
    Never,
}

/// A call as it is sent: the same code carries every kind of call.
#[derive(Debug)]
pub(crate) struct Outgoing {
    path: &'static str,
    limit: usize,
    body: Vec<u8>,
}

impl Outgoing {
    pub(crate) fn of<C: Call>(call: &C) -> Self {
        Self { path: C::PATH, limit: C::MAX_BODY, body: encode(call) }
    }

    pub(crate) const fn path(&self) -> &'static str {
        self.path
    }
}

/// The message of an answer that was carried.
pub(crate) fn read<C: Call>(answer: &Answer) -> Result<C::Answer, Failure> {
    decode(&answer.body).map_err(|error| Failure::Unreadable {
        path: C::PATH,
        status: answer.status,
        source: Some(error),
    })
}

/// Sends one call until it is answered, refused for good, or the attempts are used up. Each attempt sends the same bytes.
/// What is answered has the status of success.
pub(crate) async fn carry(
    transport: &dyn Transport,
    random: &Random,
    call: &Outgoing,
    token: Option<&SessionToken>,
    repeat: Repeat,
) -> Result<Answer, Failure> {
    let Outgoing { path, limit, body } = call;
    if body.len() > *limit {
        return Err(Failure::RequestTooLong { path, length: body.len(), limit: *limit });
    }
    let request = Request { path, body, token, max_answer: answer_limit(path) };
    let attempts = if repeat == Repeat::Safe { ATTEMPTS } else { 1 };
    let mut pause = FIRST_PAUSE;
    for attempt in 1.. {
        let failure = match transport.send(request).await {
            Ok(answer) if answer.status == 200 => return Ok(answer),
            Ok(answer) => refused(path, &answer),
            Err(error) => sending_failed(path, error),
        };
        let Some(asked) = worth_repeating(&failure).filter(|_| attempt < attempts) else {
            return Err(failure);
        };
        transport.pause(jittered(random, pause).max(asked).min(LONGEST_PAUSE)).await;
        pause = pause.saturating_mul(2);
    }
    Err(Failure::Offline { source: TransportError::TimedOut })
}

/// The failure that an answer says.
fn refused(path: &'static str, answer: &Answer) -> Failure {
    match decode::<Problem>(&answer.body) {
        Ok(problem) if problem.code.status() == answer.status => Failure::Refused(Refusal::from(problem)),
        // A gateway in between answers with its own pages.
        Ok(_) | Err(_) => Failure::Unreadable { path, status: answer.status, source: None },
    }
}

fn sending_failed(path: &'static str, error: TransportError) -> Failure {
    match error {
        TransportError::AnswerTooLong { limit } => Failure::AnswerTooLong { path, limit },
        source => Failure::Offline { source },
    }
}

/// How long the server asks to wait, if the same bytes may succeed later.
fn worth_repeating(failure: &Failure) -> Option<Duration> {
    match failure {
        Failure::Offline { source } if source.is_transient() => Some(Duration::ZERO),
        Failure::Unreadable { status: 408 | 429 | 502 | 503 | 504, .. } => Some(Duration::ZERO),
        Failure::Refused(refusal) => match refusal.code {
            ErrorCode::TimedOut | ErrorCode::Overloaded | ErrorCode::RateLimited => {
                Some(refusal.retry_after.unwrap_or_default())
            }
            _ => None,
        },
        _ => None,
    }
}

/// Between half and the whole of a pause, so that clients that failed together do not come back together.
fn jittered(random: &Random, pause: Duration) -> Duration {
    let [byte] = random.bytes::<1>();
    pause / 2 + pause * u32::from(byte) / 512
}

fn answer_limit(path: &str) -> usize {
    match path {
        "/v1/records/query" | "/v1/records/batch" | "/v1/records/history" => RECORDS_ANSWER,
        "/v1/scopes/open"
        | "/v1/scopes/list"
        | "/v1/accesses/granted"
        | "/v1/accesses/received"
        | "/v1/changes/list"
        | "/v1/audit/list"
        | "/v1/transactions/commit" => LIST_ANSWER,
        _ => SMALL_ANSWER,
    }
}

#[cfg(test)]
mod tests;
