//! What the node says of itself, to whoever watches it: health, version, metrics.

use super::{App, context::Context};
use crate::service::{Error, Health};
use axum::{
    Json,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, header};
use pryv_proxy_crypto::suite::KNOWN;
use pryv_wire::ErrorCode;
use serde_json::json;
use std::sync::{Arc, atomic::Ordering};

/// The process runs.
pub(super) async fn live() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

/// The node takes requests, writes included.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response {
    let status = match app.service.health() {
        _ if app.stopping.load(Ordering::Relaxed) => "stopping",
        Health::Ok => "ok",
        Health::Full => "full",
        Health::Poisoned(_) => "poisoned",
    };
    let code = if status == "ok" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(json!({ "status": status }))).into_response()
}

/// Which software this is.
pub(super) async fn version() -> Response {
    let version = env!("CARGO_PKG_VERSION");
    Json(json!({ "name": "pryv-server", "version": version, "api": "v1", "suites": KNOWN.map(|known| known.suite.number()) }))
        .into_response()
}

/// The page that Prometheus reads.
pub(super) async fn metrics(State(app): State<Arc<App>>, request: Request) -> Response {
    let metrics = app.metrics.clone();
    // Some metrics ask the store, which may ask the disk.
    match tokio::task::spawn_blocking(move || metrics.page()).await {
        Ok(Ok(page)) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], page).into_response()
        }
        _ => Context::of(&request).refuse(Error::new(ErrorCode::Internal)),
    }
}
