//! Records everything that travels.

use crate::secrecy::{Canary, Evidence};
use async_trait::async_trait;
use pryv_sdk::transport::{Answer, Request, Transport, TransportError};
use pryv_wire::{decode, operation::Call};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// One request and what came back.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The path of the call.
    pub path: &'static str,
    /// The body of the request.
    pub request: Vec<u8>,
    /// The status of the answer; zero if none came.
    pub status: u16,
    /// The body of the answer.
    pub answer: Vec<u8>,
}

/// Remembers every exchange. Clones share the memory.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Vec<Exchange>>>);

impl Recorder {
    /// Everything so far, in the order of the answers.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.lock().clone()
    }

    /// How many requests were made so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Every successful exchange of one kind of call.
    ///
    /// # Panics
    ///
    /// If one of them is not a message of its kind.
    #[must_use]
    pub fn of<C: Call>(&self) -> Vec<(C, C::Answer)> {
        let exchanges = self.exchanges();
        let wanted = exchanges.iter().filter(|exchange| exchange.path == C::PATH && exchange.status == 200);
        wanted
            .map(|exchange| {
                let request = decode(&exchange.request).expect("a request of the SDK decodes");
                (request, decode(&exchange.answer).expect("an answer of the server decodes"))
            })
            .collect()
    }

    /// Every request of one kind of call, answered or not.
    ///
    /// # Panics
    ///
    /// If one of them is not a message of its kind.
    #[must_use]
    pub fn requests<C: Call>(&self) -> Vec<C> {
        let exchanges = self.exchanges();
        let wanted = exchanges.iter().filter(|exchange| exchange.path == C::PATH);
        wanted.map(|exchange| decode(&exchange.request).expect("a request of the SDK decodes")).collect()
    }

    /// Adds every body to what is looked into.
    pub fn add_to(&self, evidence: &mut Evidence) {
        for (number, exchange) in self.exchanges().into_iter().enumerate() {
            evidence.body(format!("request {number} to {}", exchange.path), exchange.request);
            evidence.body(format!("answer {number} of {}", exchange.path), exchange.answer);
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<Exchange>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, exchange: Exchange) {
        self.lock().push(exchange);
    }
}

/// Passes everything on, and records it. The tokens that pass become markers.
#[derive(Debug)]
pub struct RecordingTransport {
    inner: Arc<dyn Transport>,
    recorder: Recorder,
    canary: Canary,
}

impl RecordingTransport {
    /// Records what passes through `inner`.
    #[must_use]
    pub fn new(inner: Arc<dyn Transport>, recorder: Recorder, canary: Canary) -> Self {
        Self { inner, recorder, canary }
    }
}

#[async_trait]
impl Transport for RecordingTransport {
    async fn send(&self, request: Request<'_>) -> Result<Answer, TransportError> {
        if let Some(token) = request.token {
            self.canary.plant_travelling("session token", token.as_bytes());
        }
        let answer = self.inner.send(request).await;
        let (status, body) =
            answer.as_ref().map_or((0, Vec::new()), |answer| (answer.status, answer.body.clone()));
        let request = (request.path, request.body.to_vec());
        self.recorder.push(Exchange { path: request.0, request: request.1, status, answer: body });
        answer
    }

    async fn pause(&self, time: Duration) {
        self.inner.pause(time).await;
    }
}
