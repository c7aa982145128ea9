//! `FetchTransport`: to a server with `fetch`, as browsers, workers and Node have it. No cookies, no cache, no redirects.

use super::{Answer, Request, Transport, TransportError};
use async_trait::async_trait;
use js_sys::{Function, JsString, Promise, Reflect, Uint8Array};
use pryv_wire::audit::HEADS_HEADER;
use std::{fmt, time::Duration};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Headers, ReadableStreamDefaultReader, RequestCache, RequestCredentials, RequestInit,
    RequestRedirect, Response, Url,
};

/// How long a call may take, its answer included.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = fetch)]
    fn fetch(url: &str, init: &RequestInit) -> Promise;

    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(then: &Function, millis: f64) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

/// Why a transport was not made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The address is not an HTTP address.
    #[error("not an http or https address: write it as `https://host`, without path")]
    Address,
    /// Plain HTTP to another machine: tokens and names would be readable on the way.
    #[error("plain http is for this machine only; use https, or allow it by name with `allow_plain_http`")]
    PlainHttp,
}

impl ConnectError {
    /// The stable code of the error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Address => "invalid-address",
            Self::PlainHttp => "plain-http",
        }
    }
}

/// How to reach a server.
#[derive(Debug)]
pub struct FetchTransportBuilder {
    address: String,
    plain_http: bool,
    timeout: Duration,
}

impl FetchTransportBuilder {
    /// Allows `http://` to other machines than this one: behind a private network that encrypts by itself.
    #[must_use]
    pub const fn allow_plain_http(mut self) -> Self {
        self.plain_http = true;
        self
    }

    /// How long a call may take, its answer included; 60 seconds if not said.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Makes the transport. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// See [`ConnectError`].
    pub fn build(self) -> Result<FetchTransport, ConnectError> {
        let url = Url::new(&self.address).map_err(|_| ConnectError::Address)?;
        let https = match url.protocol().as_str() {
            "https:" => true,
            "http:" => false,
            _ => return Err(ConnectError::Address),
        };
        let bare = matches!(url.pathname().as_str(), "" | "/") && url.search().is_empty();
        if !bare || !url.username().is_empty() || !url.password().is_empty() {
            return Err(ConnectError::Address);
        }
        if !https && !self.plain_http && !is_loopback(&url.hostname()) {
            return Err(ConnectError::PlainHttp);
        }
        Ok(FetchTransport { origin: url.origin(), timeout: self.timeout })
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// One server, by `fetch`.
#[derive(Debug)]
pub struct FetchTransport {
    origin: String,
    timeout: Duration,
}

impl FetchTransport {
    /// A transport with settings, to `https://host`, or to `http://` on this machine.
    #[must_use]
    pub fn builder(address: &str) -> FetchTransportBuilder {
        FetchTransportBuilder { address: address.to_owned(), plain_http: false, timeout: CALL_TIMEOUT }
    }

    /// The address of the server, without path.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    async fn exchange(&self, request: Request<'_>, flight: &Flight) -> Result<Answer, Broken> {
        let headers = Headers::new()?;
        headers.set("content-type", "application/cbor")?;
        headers.set("accept", "application/cbor")?;
        if let Some(token) = request.token {
            let token = crate::text::base64url(token.as_bytes());
            headers.set("authorization", &format!("Bearer {token}"))?;
        }
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_headers(headers.as_ref());
        init.set_body(Uint8Array::from(request.body).as_ref());
        init.set_credentials(RequestCredentials::Omit);
        init.set_cache(RequestCache::NoStore);
        init.set_redirect(RequestRedirect::Error);
        init.set_signal(Some(&flight.controller.signal()));
        let url = format!("{}{}", self.origin, request.path);
        let response: Response = JsFuture::from(fetch(&url, &init)).await?.unchecked_into();
        let headers = response.headers();
        let announced = headers.get("content-length")?.and_then(|length| length.parse::<u64>().ok());
        if announced
            .is_some_and(|length| usize::try_from(length).map_or(true, |length| length > request.max_answer))
        {
            return Err(Broken::TooLong);
        }
        let (status, heads) = (response.status(), headers.get(HEADS_HEADER)?);
        let Some(stream) = response.body() else {
            return Ok(Answer { status, body: Vec::new(), heads });
        };
        let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
        let mut body = Vec::new();
        loop {
            let part = JsFuture::from(reader.read()).await?;
            if Reflect::get(&part, &JsString::from("done"))?.is_truthy() {
                return Ok(Answer { status, body, heads });
            }
            let chunk: Uint8Array = Reflect::get(&part, &JsString::from("value"))?.unchecked_into();
            if body.len().saturating_add(chunk.length() as usize) > request.max_answer {
                return Err(Broken::TooLong);
            }
            body.extend(chunk.to_vec());
        }
    }
}

/// A request under way: nobody waits for it any longer once this is dropped.
struct Flight {
    controller: AbortController,
    timer: JsValue,
}

impl Flight {
    fn begin(timeout: Duration) -> Result<Self, JsValue> {
        let controller = AbortController::new()?;
        let abort: Function = Reflect::get(controller.as_ref(), &JsString::from("abort"))?.unchecked_into();
        let abort: Function = abort.bind1(controller.as_ref(), &JsString::from(TIMED_OUT)).unchecked_into();
        let timer = set_timeout(&abort, millis(timeout));
        Ok(Self { controller, timer })
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        clear_timeout(&self.timer);
        self.controller.abort();
    }
}

/// The reason with which a request is ended that takes too long.
const TIMED_OUT: &str = "pryv: timed out";

enum Broken {
    TooLong,
    Js(JsValue),
}

impl From<JsValue> for Broken {
    fn from(error: JsValue) -> Self {
        Self::Js(error)
    }
}

/// What an engine says of a request that failed, without the address: an error may end in somebody's log.
#[derive(Debug)]
struct Said(String);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Said {}

#[async_trait(?Send)]
impl Transport for FetchTransport {
    async fn send(&self, request: Request<'_>) -> Result<Answer, TransportError> {
        let limit = request.max_answer;
        let answer = match Flight::begin(self.timeout) {
            Ok(flight) => self.exchange(request, &flight).await,
            Err(error) => Err(Broken::Js(error)),
        };
        answer.map_err(|broken| match broken {
            Broken::TooLong => TransportError::AnswerTooLong { limit },
            Broken::Js(error) if error.as_string().as_deref() == Some(TIMED_OUT) => TransportError::TimedOut,
            Broken::Js(error) => {
                let said = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
                let said = said.unwrap_or_else(|| "fetch failed".to_owned());
                TransportError::Unreachable { source: Box::new(Said(said)) }
            }
        })
    }

    async fn pause(&self, time: Duration) {
        let pause = Promise::new(&mut |resolve, _| {
            set_timeout(&resolve, millis(time));
        });
        // A timer does not fail.
        let _ = JsFuture::from(pause).await;
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
