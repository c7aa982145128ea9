//! The edge: what every request passes, whatever it asks for. Time is bounded, panics are caught,
//! one line is logged, headers are set.

use super::{
    App,
    context::{Context, REQUEST_ID},
};
use crate::{service::Error, telemetry::Metrics};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue, header};
use pryv_wire::{ErrorCode, operation::CALLS};
use std::{any::Any, sync::Arc, time::Instant};

/// The paths that are not calls.
pub(super) const NODE_PATHS: [&str; 4] = ["/health/live", "/health/ready", "/version", "/metrics"];

/// Marks the response of a handler that panicked.
#[derive(Clone, Copy)]
struct Panicked;

/// Bounds, logs and dresses one request.
pub(super) async fn edge(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let path = template(request.uri().path());
    let context = Context::new(&request, &app);
    request.extensions_mut().insert(context.clone());
    let counted = Counted::begin(&app.metrics);
    let response = bounded(&app, &context, request, next).await;
    let mut response = if response.extensions().get::<Panicked>().is_some() {
        tracing::error!(request = &*context.id, path, "a handler panicked");
        context.refuse(Error::new(ErrorCode::Internal))
    } else {
        response
    };
    dress(&app, &context, &mut response);
    let (status, took) = (response.status().as_u16(), started.elapsed());
    counted.end(path, status, took);
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    tracing::info!(request = &*context.id, path, status, micros, "request");
    response
}

async fn bounded(app: &App, context: &Context, request: Request, next: Next) -> Response {
    if context.unacceptable {
        return context.refuse(Error::new(ErrorCode::UnsupportedMediaType));
    }
    match tokio::time::timeout(app.timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            app.metrics.refuse();
            context.refuse(Error::new(ErrorCode::TimedOut))
        }
    }
}

/// What a handler that panicked answers, before the edge makes a problem of it.
pub(super) fn panicked(_payload: Box<dyn Any + Send + 'static>) -> Response {
    let mut response = Response::default();
    response.extensions_mut().insert(Panicked);
    response
}

fn dress(app: &App, context: &Context, response: &mut Response) {
    const ALWAYS: [(HeaderName, &str); 4] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        // The pages of the application say otherwise where they must.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if app.tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    if let Ok(id) = HeaderValue::from_str(&context.id) {
        headers.insert(REQUEST_ID, id);
    }
}

/// The path as the route table knows it: what callers make up does not reach logs and metrics.
fn template(path: &str) -> &'static str {
    #[cfg(feature = "app")]
    if path.starts_with(super::app::ROOT) {
        return super::app::ROOT;
    }
    let known = CALLS.iter().map(|(known, _)| *known).chain(NODE_PATHS);
    known.into_iter().find(|known| *known == path).unwrap_or("other")
}

/// A request counted as in flight until it is answered or its caller goes away.
struct Counted<'a>(Option<&'a Metrics>);

impl<'a> Counted<'a> {
    fn begin(metrics: &'a Metrics) -> Self {
        metrics.begin();
        Self(Some(metrics))
    }

    fn end(mut self, path: &'static str, status: u16, took: std::time::Duration) {
        if let Some(metrics) = self.0.take() {
            metrics.end(path, status, took);
        }
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        if let Some(metrics) = self.0.take() {
            metrics.abandon();
        }
    }
}
