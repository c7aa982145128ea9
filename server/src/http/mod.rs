//! The transport: axum, status codes, media types, limits. No rule is decided here.
//!
//! A request passes the edge (id, time, panics, log, headers), then its route: caller, rate, body up to the call's
//! limit, a place among the calls served at once, and the method of [`crate::service`]. Every failure answers a `Problem`.

#[cfg(feature = "app")]
mod app;
mod body;
mod calls;
mod context;
mod edge;
mod media;
mod node;
mod rate;

pub use rate::Rate;

use crate::{
    service::{Error, Service},
    telemetry::Metrics,
};
use axum::{Router, extract::Request, middleware, response::Response, routing::get};
use body::BodyBudget;
use context::Context;
use http::{HeaderValue, StatusCode, header};
use pryv_wire::{ErrorCode, Problem, operation::CALLS};
use rate::Rates;
use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};
use tokio::sync::{Semaphore, SemaphorePermit};
use tower_http::catch_panic::CatchPanicLayer;

/// The limits of the transport.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The time from the head of a request to its answer.
    pub timeout: Duration,
    /// How many calls are served at once, their bodies read.
    pub concurrency: usize,
    /// The memory that the bodies of all requests may take until they are answered, in bytes.
    pub body_memory: usize,
    /// How often one account may call.
    pub account: Rate,
    /// How often one address may try credentials: sign-up, login, recovery, sessions by signature.
    pub credentials: Rate,
    /// How often the password or phrase of one username may be tried, from whatever address.
    pub username: Rate,
    /// How often one address may look up cards.
    pub lookups: Rate,
}

/// What requests share.
#[derive(Debug)]
pub struct App {
    service: Service,
    metrics: Metrics,
    rates: Rates,
    concurrency: Semaphore,
    budget: BodyBudget,
    timeout: Duration,
    tls: bool,
    forwarded: bool,
    stopping: AtomicBool,
}

impl App {
    /// The transport over the rules. `tls`: the node itself speaks TLS; `forwarded`: a trusted proxy stands before it.
    #[must_use]
    pub fn new(service: Service, metrics: Metrics, limits: &Limits, tls: bool, forwarded: bool) -> Self {
        Self {
            service,
            metrics,
            rates: Rates::new(limits),
            concurrency: Semaphore::new(limits.concurrency.max(1)),
            budget: BodyBudget::new(limits.body_memory),
            timeout: limits.timeout,
            tls,
            forwarded,
            stopping: AtomicBool::new(false),
        }
    }

    /// A place among the calls that are served at once. Taken when the body is there: else whoever sends bodies slowly, which
    /// costs nothing, would take all places. Bodies that are on their way are bounded by time, memory and connections; who
    /// watches the node needs no place, and sees it when it is busiest.
    fn turn(&self) -> crate::service::Result<SemaphorePermit<'_>> {
        self.concurrency.try_acquire().map_err(|_| {
            self.metrics.refuse();
            Error::new(ErrorCode::Overloaded)
        })
    }

    /// From now on the node says that it is not ready.
    pub fn stop(&self) {
        self.stopping.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    /// Forgets callers who have not called for a while.
    pub fn forget_rates(&self) {
        self.rates.forget();
    }
}

/// The node's routes: every call, health and version; metrics if this address is the one for them.
pub fn router(app: Arc<App>, with_metrics: bool) -> Router {
    let node = Router::new()
        .route("/health/live", get(node::live))
        .route("/health/ready", get(node::ready))
        .route("/version", get(node::version));
    let node = if with_metrics { node.route("/metrics", get(node::metrics)) } else { node };
    #[cfg(feature = "app")]
    let node = node.merge(app::routes());
    finish(calls::routes().merge(node), app)
}

/// The routes of an address for metrics alone.
pub fn metrics_router(app: Arc<App>) -> Router {
    finish(Router::new().route("/metrics", get(node::metrics)), app)
}

fn finish(routes: Router<Arc<App>>, app: Arc<App>) -> Router {
    routes
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .layer(CatchPanicLayer::custom(edge::panicked))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), edge::edge))
        .with_state(app)
}

async fn not_found(request: Request) -> Response {
    Context::of(&request).refuse(Error::new(ErrorCode::NotFound))
}

/// The path is known, under another method: the problem says which, its status is HTTP's own.
async fn wrong_method(request: Request) -> Response {
    let is_call = CALLS.iter().any(|(path, _)| *path == request.uri().path());
    let allowed = if is_call { "POST" } else { "GET" };
    let mut problem = Problem::new(ErrorCode::NotFound);
    problem.details.reason = Some(format!("this path takes {allowed} only"));
    let mut response = Context::of(&request).problem(&problem);
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::SystemClock,
        service::Rules,
        store::{NodeKey, Store},
        telemetry::ServiceMetrics,
    };
    use tower::ServiceExt as _;

    fn app() -> Arc<App> {
        let store = Store::over(pryv_engine::Store::in_memory().unwrap(), &NodeKey::generate());
        let counters = ServiceMetrics::default();
        let metrics = Metrics::new(&store, counters.clone());
        let service = Service::start(store, Arc::new(SystemClock), Rules::default(), counters).unwrap();
        let none = Rate::each_second(0, 0);
        let limits = Limits {
            timeout: Duration::from_secs(5),
            concurrency: 4,
            body_memory: 1 << 20,
            account: none,
            credentials: none,
            username: none,
            lookups: none,
        };
        Arc::new(App::new(service, metrics, &limits, false, false))
    }

    #[tokio::test]
    async fn a_body_takes_its_part_of_the_memory_until_its_call_is_answered() {
        let app = app();
        let commit = || {
            let record = pryv_wire::Bytes::from(vec![0; 600 << 10]);
            let commit = pryv_wire::transaction::Commit {
                account: pryv_wire::PrincipalId::from_bytes([1; 32]),
                transaction: pryv_wire::TransactionId::from_bytes([2; 16]),
                operations: vec![pryv_wire::transaction::Operation::PutRecord { record }],
            };
            Request::new(axum::body::Body::from(pryv_wire::encode(&commit)))
        };
        let first = calls::read::<pryv_wire::transaction::Commit>(&app, commit()).await.unwrap();
        let second = calls::read::<pryv_wire::transaction::Commit>(&app, commit()).await;
        assert_eq!(second.unwrap_err().code(), ErrorCode::Overloaded, "both are in memory");
        drop(first);
        assert!(calls::read::<pryv_wire::transaction::Commit>(&app, commit()).await.is_ok());
    }

    #[tokio::test]
    async fn too_many_at_once_are_told_so() {
        let app = app();
        let call = || {
            let body = pryv_wire::encode(&pryv_wire::account::GetChallenge {});
            let request = Request::post("/v1/challenges/get").body(axum::body::Body::from(body)).unwrap();
            router(Arc::clone(&app), false).oneshot(request)
        };
        let all = app.concurrency.acquire_many(4).await.unwrap();
        let refused = call().await.unwrap();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        let live = Request::get("/health/live").body(axum::body::Body::empty()).unwrap();
        let live = router(Arc::clone(&app), false).oneshot(live).await.unwrap();
        assert_eq!(live.status(), StatusCode::OK, "health is told nevertheless");
        drop(all);
        assert_eq!(call().await.unwrap().status(), StatusCode::OK);
    }

    async fn boom() -> &'static str {
        panic!("with words of a caller")
    }

    #[tokio::test]
    async fn a_panic_is_an_internal_problem_with_the_request_id() {
        let routes = finish(Router::new().route("/boom", get(boom)), app());
        for _ in 0..6 {
            let request =
                Request::get("/boom").header("accept", "application/json").body(axum::body::Body::empty());
            let response = routes.clone().oneshot(request.unwrap()).await.unwrap();
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            let id = response.headers()[&context::REQUEST_ID].to_str().unwrap().to_owned();
            let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
            let problem: Problem = serde_json::from_slice(&body).unwrap();
            assert_eq!((problem.code, problem.details.request), (ErrorCode::Internal, Some(id)));
            assert!(!String::from_utf8_lossy(&body).contains("words of a caller"));
        }
    }
}
