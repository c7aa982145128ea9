//! Routes: calls on their way to the server, and what the test says.

use crate::{Stage, files, lies};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Path, State},
    response::Response,
    routing::post,
};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use pryv_sdk::transport::{Request, Transport as _};
use pryv_wire::{audit::HEADS_HEADER, bytes::SessionToken, operation::CALLS};
use std::sync::{Arc, PoisonError};

pub(crate) fn routes(stage: Arc<Stage>) -> Router {
    Router::new()
        .route("/stage/lie/{name}", post(lie))
        .route("/stage/honest", post(honest))
        .fallback(other)
        .layer(DefaultBodyLimit::max(32 << 20))
        .with_state(stage)
}

async fn lie(State(stage): State<Arc<Stage>>, Path(name): Path<String>) -> Response {
    let Some(lie) = lies::find(&name) else { return text(StatusCode::NOT_FOUND, "no such lie".to_owned()) };
    let attack = (lie.tell)(&stage.server);
    stage.attacks.lock().unwrap_or_else(PoisonError::into_inner).push(attack);
    text(StatusCode::OK, lie.code.to_owned())
}

async fn honest(State(stage): State<Arc<Stage>>) -> Response {
    stage.server.stop();
    let mut attacks = stage.attacks.lock().unwrap_or_else(PoisonError::into_inner);
    let count: usize = attacks.drain(..).map(|attack| attack.count()).sum();
    text(StatusCode::OK, count.to_string())
}

async fn other(
    State(stage): State<Arc<Stage>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let call = CALLS.iter().find(|(path, _)| *path == uri.path());
    match call {
        Some((path, _)) if method == Method::POST => forward(&stage, path, &headers, &body).await,
        _ => files::serve(&stage.folders, uri.path()),
    }
}

async fn forward(stage: &Stage, path: &'static str, headers: &HeaderMap, body: &[u8]) -> Response {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|bearer| bearer.to_str().ok());
    let token = bearer.and_then(|bearer| bearer.strip_prefix("Bearer ")).and_then(|token| {
        let bytes = data_encoding::BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        Some(SessionToken::from_bytes(bytes.try_into().ok()?))
    });
    let request = Request { path, body, token: token.as_ref(), max_answer: 128 << 20 };
    match stage.server.send(request).await {
        Ok(answer) => {
            let mut response =
                Response::builder().status(answer.status).header(header::CONTENT_TYPE, "application/cbor");
            if let Some(heads) = answer.heads {
                response = response.header(HEADS_HEADER, heads);
            }
            response.body(Body::from(answer.body)).expect("a response")
        }
        Err(error) => text(StatusCode::BAD_GATEWAY, error.to_string()),
    }
}

fn text(status: StatusCode, text: String) -> Response {
    Response::builder().status(status).body(Body::from(text)).expect("a response")
}
