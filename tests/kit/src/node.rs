//! A node without sockets and disks: quick, started again at will, over an engine that fails on command.

use crate::{clock::TestClock, light::CHEAP};
use async_trait::async_trait;
use axum::{
    Router,
    body::{Body, to_bytes},
};
use data_encoding::BASE64URL_NOPAD;
use pryv_engine::{Faults, MemoryDisk, MemoryEngine, StoreOptions};
use pryv_sdk::{
    Client,
    transport::{Answer, Request, Transport, TransportError},
};
use pryv_server::{
    http::{App, router},
    service::Service,
    settings::Settings,
    store::{NodeKey, Store},
    telemetry::{Metrics, ServiceMetrics},
};
use pryv_wire::audit::HEADS_HEADER;
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tower::ServiceExt as _;

/// A node in memory.
pub struct MemoryNode {
    /// The faults of its engine.
    pub faults: Faults,
    /// The time.
    pub clock: TestClock,
    disk: MemoryDisk,
    running: Mutex<(Router, Service)>,
}

impl Default for MemoryNode {
    fn default() -> Self {
        let (faults, clock, disk) = (Faults::new(), TestClock::default(), MemoryDisk::default());
        let running = Mutex::new(start(&faults, &clock, &disk));
        Self { faults, clock, disk, running }
    }
}

impl fmt::Debug for MemoryNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryNode").finish_non_exhaustive()
    }
}

impl MemoryNode {
    /// Ends the node as a crash does, and starts it again on what its disk holds. Transports of before reach nothing.
    pub fn restart(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        *running = start(&self.faults, &self.clock, &self.disk);
    }

    /// The way to the node as it runs now.
    #[must_use]
    pub fn transport(&self) -> Arc<dyn Transport> {
        let (router, _) = &*self.running.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::new(Direct(Mutex::new(router.clone())))
    }

    /// The rules that it serves.
    #[must_use]
    pub fn service(&self) -> Service {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// A client over a transport.
    #[must_use]
    pub fn client_over(&self, transport: Arc<dyn Transport>) -> Client {
        Client::builder(transport).clock(Arc::new(self.clock.clone())).stretching(CHEAP).build()
    }

    /// A client of the node.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client_over(self.transport())
    }
}

fn start(faults: &Faults, clock: &TestClock, disk: &MemoryDisk) -> (Router, Service) {
    let (faults, disk) = (faults.clone(), disk.clone());
    let opener = move || faults.open(|| Ok(Box::new(MemoryEngine::on(disk.clone()))));
    let engine = pryv_engine::Store::with_engine(opener, &StoreOptions::default(), None).expect("an engine");
    let store = Store::over(engine, &NodeKey::from_bytes([9; 32]));
    let counters = ServiceMetrics::default();
    let metrics = Metrics::new(&store, counters.clone());
    let settings = Settings {
        limits_account_rate: 0,
        limits_credentials_rate: 0,
        limits_username_rate: 0,
        limits_lookups_rate: 0,
        ..Settings::default()
    };
    let service =
        Service::start(store, Arc::new(clock.clone()), settings.rules(), counters).expect("a service");
    let app = Arc::new(App::new(service.clone(), metrics, &settings.limits(), false, false));
    (router(app, false), service)
}

/// Calls the routes of a node in this process.
struct Direct(Mutex<Router>);

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Direct").finish_non_exhaustive()
    }
}

#[async_trait]
impl Transport for Direct {
    async fn send(&self, request: Request<'_>) -> Result<Answer, TransportError> {
        let router = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut made = http::Request::post(request.path)
            .header("content-type", crate::raw::CBOR)
            .header("accept", crate::raw::CBOR);
        if let Some(token) = request.token {
            let bearer = format!("Bearer {}", BASE64URL_NOPAD.encode(token.as_bytes()));
            made = made.header("authorization", bearer);
        }
        let made = made.body(Body::from(request.body.to_vec())).expect("a request");
        let answer = router.oneshot(made).await.expect("routes do not fail");
        let status = answer.status().as_u16();
        let heads =
            answer.headers().get(HEADS_HEADER).and_then(|heads| heads.to_str().ok()).map(str::to_owned);
        let body = to_bytes(answer.into_body(), request.max_answer).await;
        let body = body.map_err(|_| TransportError::AnswerTooLong { limit: request.max_answer })?;
        Ok(Answer { status, body: body.to_vec(), heads })
    }

    async fn pause(&self, _: Duration) {
        // Nothing is far away here.
    }
}
