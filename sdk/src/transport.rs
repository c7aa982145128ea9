//! The seam to the network: send a body, receive a body, wait.
//!
//! The SDK makes requests and opens answers; how bytes travel is the business of a [`Transport`]. `HttpTransport`
//! (feature `http`) and `FetchTransport` (feature `fetch`, in JavaScript engines) speak to a server; tests put scripted or faulty ones in its place.

#[cfg(all(feature = "fetch", target_arch = "wasm32"))]
pub mod fetch;
#[cfg(all(feature = "http", not(target_arch = "wasm32")))]
pub mod http;

use async_trait::async_trait;
use pryv_wire::bytes::SessionToken;
use std::{error::Error, fmt::Debug, time::Duration};

/// `Send + Sync` where there are threads; nothing in a browser, whose objects stay where they were made.
#[cfg(not(target_arch = "wasm32"))]
pub trait MaybeSend: Send + Sync {}
#[cfg(not(target_arch = "wasm32"))]
impl<T: Send + Sync + ?Sized> MaybeSend for T {}

/// `Send + Sync` where there are threads; nothing in a browser, whose objects stay where they were made.
#[cfg(target_arch = "wasm32")]
pub trait MaybeSend {}
#[cfg(target_arch = "wasm32")]
impl<T: ?Sized> MaybeSend for T {}

/// One request to a server.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The path of the call, from its leading slash.
    pub path: &'static str,
    /// The encoded message (`application/cbor`).
    pub body: &'a [u8],
    /// The bearer token, for calls that need a session.
    pub token: Option<&'a SessionToken>,
    /// The longest answer that will be read, in bytes.
    pub max_answer: usize,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// The header `pryv-heads`, if there is one.
    pub heads: Option<String>,
}

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The server was not reached, or the connection broke.
    #[error("the server was not reached, or the connection broke")]
    Unreachable {
        /// What the layer below says.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The server did not answer in time.
    #[error("the server did not answer in time")]
    TimedOut,
    /// The answer is longer than asked for.
    #[error("the answer is longer than {limit} bytes")]
    AnswerTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
}

impl TransportError {
    /// Whether sending the same bytes again may succeed.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::TimedOut)
    }
}

/// Carries requests to one server.
///
/// # Contract
///
/// - `send` posts `body` to `path` and answers with the status, the whole body and the header
///   `pryv-heads`, whatever the status.
/// - An answer longer than `max_answer` is an error, and is not read to its end.
/// - Redirects are not followed: a token must not travel to another place than the one configured.
/// - `send` does not repeat by itself; the SDK decides what is safe to repeat.
#[cfg_attr(not(target_arch = "wasm32"), async_trait)]
#[cfg_attr(target_arch = "wasm32", async_trait(?Send))]
pub trait Transport: Debug + MaybeSend {
    /// Sends one request and waits for its answer.
    ///
    /// # Errors
    ///
    /// Fails if no whole answer came within the limits.
    async fn send(&self, request: Request<'_>) -> Result<Answer, TransportError>;

    /// Waits, between two attempts of one call.
    async fn pause(&self, time: Duration);
}
