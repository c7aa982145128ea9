//! A server that lies: a proxy between the real SDK and the real server.
//!
//! An attack is a closure over *typed* requests and answers, so that a lie is a well-formed one and reaches the check that
//! must find it. The proxy knows nothing of any particular attack: each class of the adversary's
//! table is a few lines in a test.

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use pryv_sdk::transport::{Answer, Request, Transport, TransportError};
use pryv_wire::{audit::Heads, decode, encode, operation::Call};
use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// What becomes of one request.
enum Fate {
    /// It is sent, perhaps changed.
    Sent(Vec<u8>),
    /// The server never sees it; this is answered.
    Answered(Answer),
    /// It is lost on its way.
    Lost,
}

type OnRequest = Box<dyn FnMut(Vec<u8>) -> Fate + Send>;
type OnAnswer = Box<dyn FnMut(&[u8], Answer) -> Option<Answer> + Send>;

enum Lie {
    Request(OnRequest),
    Answer(OnAnswer),
}

struct Rule {
    path: &'static str,
    attack: Attack,
    lie: Lie,
}

/// Counts how often an attack was made: a test asserts that the lie was told at all.
#[derive(Clone, Debug, Default)]
pub struct Attack(Arc<AtomicUsize>);

impl Attack {
    /// How often.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    fn made(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Lies where it was told to, and is honest everywhere else. Applies rules in the order in which they were made.
pub struct HostileTransport {
    inner: Arc<dyn Transport>,
    rules: Mutex<Vec<Rule>>,
    heads: Mutex<HeadsShown>,
}

type OnHeads = Box<dyn FnMut(&mut Heads) + Send>;

/// What becomes of the heads that go with answers.
#[derive(Default)]
struct HeadsShown {
    /// The last ones that the server told: an answer in its place goes with them.
    honest: Option<String>,
    lie: Option<(Attack, OnHeads)>,
}

impl HeadsShown {
    /// Takes note of what the server told, and puts in its place what is to be told.
    fn tell(&mut self, answer: &mut Answer) {
        if answer.heads.is_some() {
            self.honest.clone_from(&answer.heads);
        }
        if let Some((attack, lie)) = &mut self.lie
            && let Some(told) = &answer.heads
        {
            let bytes = BASE64URL_NOPAD.decode(told.as_bytes()).expect("heads in base64url");
            let mut heads: Heads = decode(&bytes).expect("heads of the server decode");
            let before = heads;
            lie(&mut heads);
            if heads != before {
                attack.made();
                answer.heads = Some(BASE64URL_NOPAD.encode(&encode(&heads)));
            }
        }
    }
}

impl fmt::Debug for HostileTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostileTransport").finish_non_exhaustive()
    }
}

impl HostileTransport {
    /// An honest one, as yet.
    #[must_use]
    pub fn new(inner: Arc<dyn Transport>) -> Arc<Self> {
        Arc::new(Self { inner, rules: Mutex::default(), heads: Mutex::default() })
    }

    /// Changes every successful answer to one kind of call.
    pub fn on<C: Call>(&self, mut lie: impl FnMut(&C, &mut C::Answer) + Send + 'static) -> Attack {
        self.add(C::PATH, |attack| {
            Lie::Answer(Box::new(move |request, mut answer| {
                if answer.status == 200 {
                    let request = decode(request).expect("a request of the SDK decodes");
                    let mut message = decode(&answer.body).expect("an answer of the server decodes");
                    let before = encode(&message);
                    lie(&request, &mut message);
                    answer.body = encode(&message);
                    if answer.body != before {
                        attack.made();
                    }
                }
                Some(answer)
            }))
        })
    }

    /// Changes the bytes and the status of every answer to one kind of call.
    pub fn on_raw<C: Call>(&self, mut lie: impl FnMut(&mut Answer) + Send + 'static) -> Attack {
        self.add(C::PATH, |attack| {
            Lie::Answer(Box::new(move |_, mut answer| {
                attack.made();
                lie(&mut answer);
                Some(answer)
            }))
        })
    }

    /// Changes every request of one kind before the server sees it.
    pub fn on_request<C: Call>(&self, mut lie: impl FnMut(&mut C) + Send + 'static) -> Attack {
        self.add(C::PATH, |attack| {
            Lie::Request(Box::new(move |body| {
                let mut message = decode(&body).expect("a request of the SDK decodes");
                lie(&mut message);
                let changed = encode(&message);
                if changed != body {
                    attack.made();
                }
                Fate::Sent(changed)
            }))
        })
    }

    /// Answers in the place of the server, which never sees those requests for which `lie` has an answer.
    pub fn instead<C: Call>(&self, mut lie: impl FnMut(&C) -> Option<C::Answer> + Send + 'static) -> Attack {
        self.add(C::PATH, |attack| {
            Lie::Request(Box::new(move |body| {
                let message = decode(&body).expect("a request of the SDK decodes");
                lie(&message).map_or(Fate::Sent(body), |answer| {
                    attack.made();
                    Fate::Answered(Answer { status: 200, body: encode(&answer), heads: None })
                })
            }))
        })
    }

    /// Loses the next `times` answers of one kind: the server did what it was asked.
    pub fn lose_answers<C: Call>(&self, times: usize) -> Attack {
        self.add(C::PATH, |attack| {
            Lie::Answer(Box::new(move |_, answer| {
                if attack.count() >= times {
                    return Some(answer);
                }
                attack.made();
                None
            }))
        })
    }

    /// Loses the next `times` requests of one kind: the server never sees them.
    pub fn lose_requests<C: Call>(&self, times: usize) -> Attack {
        self.add(C::PATH, |attack| {
            Lie::Request(Box::new(move |body| {
                if attack.count() >= times {
                    return Fate::Sent(body);
                }
                attack.made();
                Fate::Lost
            }))
        })
    }

    /// Changes the heads that go with every answer to a session.
    pub fn on_heads(&self, lie: impl FnMut(&mut Heads) + Send + 'static) -> Attack {
        let attack = Attack::default();
        self.heads().lie = Some((attack.clone(), Box::new(lie)));
        attack
    }

    /// Becomes honest again.
    pub fn stop(&self) {
        self.rules().clear();
        self.heads().lie = None;
    }

    fn heads(&self) -> std::sync::MutexGuard<'_, HeadsShown> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, path: &'static str, lie: impl FnOnce(Attack) -> Lie) -> Attack {
        let attack = Attack::default();
        self.rules().push(Rule { path, attack: attack.clone(), lie: lie(attack.clone()) });
        attack
    }

    fn rules(&self) -> std::sync::MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn before(&self, path: &str, mut body: Vec<u8>) -> Fate {
        for rule in self.rules().iter_mut().filter(|rule| rule.path == path) {
            if let Lie::Request(lie) = &mut rule.lie {
                match lie(body) {
                    Fate::Sent(changed) => body = changed,
                    other => return other,
                }
            }
        }
        Fate::Sent(body)
    }

    fn after(&self, path: &str, request: &[u8], mut answer: Answer) -> Option<Answer> {
        for rule in self.rules().iter_mut().filter(|rule| rule.path == path) {
            if let Lie::Answer(lie) = &mut rule.lie {
                answer = lie(request, answer)?;
            }
        }
        Some(answer)
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule").field("path", &self.path).field("attack", &self.attack).finish_non_exhaustive()
    }
}

fn lost() -> TransportError {
    TransportError::Unreachable { source: "lost on its way, by a test".into() }
}

#[async_trait]
impl Transport for HostileTransport {
    async fn send(&self, request: Request<'_>) -> Result<Answer, TransportError> {
        let body = match self.before(request.path, request.body.to_vec()) {
            Fate::Sent(body) => body,
            Fate::Answered(mut answer) => {
                if request.token.is_some() {
                    answer.heads.clone_from(&self.heads().honest);
                }
                self.heads().tell(&mut answer);
                return Ok(answer);
            }
            Fate::Lost => return Err(lost()),
        };
        let answer = self.inner.send(Request { body: &body, ..request }).await?;
        // A lie may be longer than what is read: a transport cuts it off, whoever tells it.
        let mut answer = self.after(request.path, request.body, answer).ok_or_else(lost)?;
        self.heads().tell(&mut answer);
        if answer.body.len() > request.max_answer {
            return Err(TransportError::AnswerTooLong { limit: request.max_answer });
        }
        Ok(answer)
    }

    async fn pause(&self, _: Duration) {
        // A retry after a lost answer need not be waited for.
    }
}
