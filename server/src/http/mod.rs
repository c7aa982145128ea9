//! The transport: axum, status codes, media types, limits. No rule is decided here.
//!
//! A request passes the edge (id, concurrency, time, panics, log, headers), then its route: caller, rate, body up to
//! the call's limit, and the method of [`crate::service`]. Every failure answers a `Problem`.

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
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;

/// The limits of the transport.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The time from the head of a request to its answer.
    pub timeout: Duration,
    /// How many requests are served at once.
    pub concurrency: usize,
    /// The memory that all bodies being read may take, in bytes.
    pub body_memory: usize,
    /// How often one account may call.
    pub account: Rate,
    /// How often one address may try credentials: sign-up, login, recovery, sessions by signature.
    pub credentials: Rate,
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
            rates: Rates::new(limits.account, limits.credentials, limits.lookups),
            concurrency: Semaphore::new(limits.concurrency.max(1)),
            budget: BodyBudget::new(limits.body_memory),
            timeout: limits.timeout,
            tls,
            forwarded,
            stopping: AtomicBool::new(false),
        }
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
