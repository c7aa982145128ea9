use super::*;
use async_trait::async_trait;
use pryv_wire::{
    account::{Challenge, Done, EndSession, GetChallenge},
    id::ChallengeId,
};
use std::sync::Mutex;

/// Answers from a script, and remembers what was sent and how long was waited.
#[derive(Debug, Default)]
struct Script {
    answers: Mutex<Vec<Result<Answer, TransportError>>>,
    sent: Mutex<Vec<Vec<u8>>>,
    pauses: Mutex<Vec<Duration>>,
}

impl Script {
    fn new(mut answers: Vec<Result<Answer, TransportError>>) -> Self {
        answers.reverse();
        Self { answers: Mutex::new(answers), ..Self::default() }
    }
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: Request<'_>) -> Result<Answer, TransportError> {
        self.sent.lock().unwrap().push(request.body.to_vec());
        self.answers.lock().unwrap().pop().unwrap_or(Err(TransportError::TimedOut))
    }

    async fn pause(&self, time: Duration) {
        self.pauses.lock().unwrap().push(time);
    }
}

fn lost() -> Result<Answer, TransportError> {
    Err(TransportError::Unreachable { source: "cable cut".into() })
}

fn problem(code: ErrorCode, wait: Option<u64>) -> Result<Answer, TransportError> {
    let mut problem = Problem::new(code);
    problem.details.retry_after_ms = wait;
    Ok(Answer { status: code.status(), body: encode(&problem), heads: None })
}

fn done() -> Result<Answer, TransportError> {
    Ok(Answer { status: 200, body: encode(&Done {}), heads: None })
}

async fn end(script: &Script, repeat: Repeat) -> Result<Done, Failure> {
    let call = EndSession { session: None };
    let answer = carry(script, &Random::from_seed([1; 32]), &Outgoing::of(&call), None, repeat).await?;
    read::<EndSession>(&answer)
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_with_the_same_bytes() {
    let busy = problem(ErrorCode::Overloaded, None);
    let gateway = Ok(Answer { status: 502, body: b"<html>bad gateway</html>".to_vec(), heads: None });
    let script =
        Script::new(vec![lost(), busy, gateway, problem(ErrorCode::RateLimited, Some(3_000)), done()]);
    end(&script, Repeat::Safe).await.unwrap();
    let sent = script.sent.lock().unwrap();
    assert_eq!(sent.len(), 5);
    assert!(sent.iter().all(|body| body == &sent[0]));
    let pauses = script.pauses.lock().unwrap();
    assert!(pauses[1] > pauses[0] && pauses[3] == Duration::from_secs(3), "{pauses:?}");
}

#[tokio::test]
async fn attempts_and_pauses_are_bounded() {
    let script = Script::new((0..100).map(|_| problem(ErrorCode::RateLimited, Some(u64::MAX))).collect());
    assert_eq!(end(&script, Repeat::Safe).await.unwrap_err().code(), "rate-limited");
    assert_eq!(script.sent.lock().unwrap().len(), 6);
    assert!(script.pauses.lock().unwrap().iter().all(|pause| *pause <= LONGEST_PAUSE));
}

#[tokio::test]
async fn what_is_refused_for_good_or_uses_something_up_is_sent_once() {
    for code in [ErrorCode::NotFound, ErrorCode::VersionConflict, ErrorCode::Internal, ErrorCode::StorageFull]
    {
        let script = Script::new(vec![problem(code, None), done()]);
        assert_eq!(end(&script, Repeat::Safe).await.unwrap_err().refusal(), Some(code));
    }
    let script = Script::new(vec![lost(), done()]);
    assert_eq!(end(&script, Repeat::Never).await.unwrap_err().code(), "offline");
}

#[tokio::test]
async fn garbage_is_a_typed_error_and_its_words_are_not_repeated() {
    let good = encode(&Challenge { challenge: ChallengeId::from_bytes([7; 16]) });
    let mut trailing = good.clone();
    trailing.push(0);
    for body in
        [Vec::new(), vec![0xff; 64], vec![0x81; 100_000], good[..5].to_vec(), trailing, b"{}".to_vec()]
    {
        let script = Script::new(vec![Ok(Answer { status: 200, body, heads: None })]);
        let call = GetChallenge {};
        let answer =
            carry(&script, &Random::from_seed([1; 32]), &Outgoing::of(&call), None, Repeat::Safe).await;
        let read = read::<GetChallenge>(&answer.unwrap());
        assert_eq!(read.unwrap_err().code(), "unreadable-answer");
    }
    let mut loud = Problem::new(ErrorCode::NotFound);
    loud.message = "\u{1b}[2Jrun this".into();
    loud.details.request = Some("\u{1b}[31m".into());
    let script = Script::new(vec![Ok(Answer { status: 404, body: encode(&loud), heads: None })]);
    let failure = end(&script, Repeat::Safe).await.unwrap_err();
    assert!(!failure.to_string().contains('\u{1b}') && !failure.to_string().contains("run this"));
    let Failure::Refused(refusal) = failure else { panic!("not a refusal") };
    assert_eq!(refusal.request, None);
}

#[tokio::test]
async fn a_problem_under_another_status_is_not_a_problem() {
    let body = encode(&Problem::new(ErrorCode::WrongCredentials));
    let script = Script::new(vec![Ok(Answer { status: 500, body, heads: None })]);
    assert_eq!(end(&script, Repeat::Safe).await.unwrap_err().code(), "unreadable-answer");
}

#[tokio::test]
async fn a_request_over_the_limit_is_not_sent() {
    let script = Script::default();
    let call = pryv_wire::account::StartSignUp { username: "x".repeat(70_000), request: Vec::new().into() };
    let answer = carry(&script, &Random::from_seed([1; 32]), &Outgoing::of(&call), None, Repeat::Safe).await;
    assert_eq!(answer.unwrap_err().code(), "request-too-long");
    assert!(script.sent.lock().unwrap().is_empty());
}
