//! What is known of a request before it is read: its id, the form of its answer, where it came from.

use super::{App, media::Format};
use crate::service::Error;
use axum::{
    body::Body,
    extract::{ConnectInfo, Request},
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use pryv_wire::{
    ErrorCode, Problem,
    audit::{HEADS_HEADER, Heads},
};
use rand::{RngCore, rngs::OsRng};
use serde::Serialize;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

/// The header that carries a request's id.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header that carries where the chains of the caller's account stand.
const HEADS: HeaderName = HeaderName::from_static(HEADS_HEADER);

/// What goes along with a request.
#[derive(Clone, Debug)]
pub(super) struct Context {
    /// Random; it is in the log and, for failures, in the answer.
    pub(super) id: Arc<str>,
    /// The form of the answer.
    pub(super) format: Format,
    /// `Accept` asks for a form that there is not.
    pub(super) unacceptable: bool,
    /// Where it came from.
    pub(super) address: IpAddr,
}

impl Context {
    /// Makes the context of a request that just came in.
    pub(super) fn new(request: &Request, app: &App) -> Self {
        let mut id = [0; 10];
        OsRng.fill_bytes(&mut id);
        let format = Format::of_answer(request.headers());
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        let forwarded = if app.forwarded { forwarded_for(request.headers()) } else { None };
        Self {
            id: data_encoding::BASE32_NOPAD.encode(&id).to_ascii_lowercase().into(),
            unacceptable: format.is_err(),
            format: format.unwrap_or_default(),
            address: forwarded.or(peer).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        }
    }

    /// The context that travels with a request.
    pub(super) fn of(request: &Request) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or_else(|| Self {
            id: Arc::from(""),
            format: Format::Cbor,
            unacceptable: false,
            address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        })
    }

    /// The answer to a call.
    pub(super) fn answer<T: Serialize>(&self, answer: &T) -> Response {
        self.respond(StatusCode::OK, answer)
    }

    /// The answer to a call with a session, and where the chains of the caller's account stand.
    pub(super) fn answer_with<T: Serialize>(&self, answer: &T, heads: &Heads) -> Response {
        let mut response = self.answer(answer);
        let text = data_encoding::BASE64URL_NOPAD.encode(&pryv_wire::encode(heads));
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().insert(HEADS, value);
        }
        response
    }

    /// The answer to a call that is refused. The cause goes to the log; the caller gets the code and what goes with it.
    pub(super) fn refuse(&self, error: Error) -> Response {
        if let Some(cause) = error.cause_chain() {
            tracing::error!(request = &*self.id, code = error.code().as_str(), cause, "a call failed");
        }
        let mut problem = error.into_problem();
        if problem.code == ErrorCode::Internal {
            problem.details.request = Some(self.id.to_string());
        }
        self.problem(&problem)
    }

    /// A problem as an answer, with the status of its code.
    pub(super) fn problem(&self, problem: &Problem) -> Response {
        let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = self.respond(status, problem);
        if let Some(millis) = problem.details.retry_after_ms {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(millis.div_ceil(1_000)));
        }
        response
    }

    fn respond<T: Serialize>(&self, status: StatusCode, message: &T) -> Response {
        let mut response = Response::new(Body::from(self.format.encode(message)));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, self.format.content_type());
        response
    }
}

/// The address that the nearest proxy saw: the last one of the list, which the proxy itself wrote.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let list = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    list.rsplit(',').next()?.trim().parse().ok()
}
