//! The transport over HTTP: reqwest with rustls, the certificates of the operating system, and limits.

use super::{Answer, Request, Transport, TransportError};
use async_trait::async_trait;
use pryv_wire::audit::HEADS_HEADER;
use reqwest::{Client, Url, header, redirect};
use rustls::{ClientConfig, crypto::CryptoProvider, pki_types::CertificateDer};
use rustls_platform_verifier::Verifier;
use std::{net::IpAddr, sync::Arc, time::Duration};

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a call may take, its answer included.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Why a transport was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The address is not an HTTP address.
    #[error("not an http or https address: write it as `https://host`, without path")]
    Address,
    /// Plain HTTP to another machine: tokens and names would be readable on the way.
    #[error("plain http is for this machine only; use https, or allow it by name with `allow_plain_http`")]
    PlainHttp,
    /// TLS could not be set up.
    #[error("TLS cannot be set up on this machine")]
    Tls {
        /// What rustls says.
        #[source]
        source: rustls::Error,
    },
    /// The HTTP client could not be made.
    #[error("the HTTP client cannot be made")]
    Client {
        /// What reqwest says.
        #[source]
        source: reqwest::Error,
    },
}

impl ConnectError {
    /// The stable code of the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Address => "invalid-address",
            Self::PlainHttp => "plain-http",
            Self::Tls { .. } => "tls-unavailable",
            Self::Client { .. } => "http-client",
        }
    }
}

/// How to reach a server over HTTP.
#[derive(Debug)]
pub struct HttpTransportBuilder {
    address: String,
    plain_http: bool,
    roots: Vec<CertificateDer<'static>>,
    timeout: Duration,
}

impl HttpTransportBuilder {
    /// Allows `http://` to other machines than this one: behind a private network that encrypts by itself.
    #[must_use]
    pub const fn allow_plain_http(mut self) -> Self {
        self.plain_http = true;
        self
    }

    /// Trusts one more certificate authority (DER), besides those of the operating system.
    #[must_use]
    pub fn trust_certificate(mut self, der: Vec<u8>) -> Self {
        self.roots.push(der.into());
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
    pub fn build(self) -> Result<HttpTransport, ConnectError> {
        let base = Url::parse(&self.address).map_err(|_| ConnectError::Address)?;
        let https = match base.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(ConnectError::Address),
        };
        if base.host().is_none() || !matches!(base.path(), "" | "/") || base.query().is_some() {
            return Err(ConnectError::Address);
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(ConnectError::Address);
        }
        if !https && !self.plain_http && !is_loopback(&base) {
            return Err(ConnectError::PlainHttp);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = Client::builder()
            .tls_backend_preconfigured(
                tls(provider, self.roots).map_err(|source| ConnectError::Tls { source })?,
            )
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(self.timeout)
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|source| ConnectError::Client { source })?;
        Ok(HttpTransport { client, base })
    }
}

/// A TLS configuration with this provider, whatever the process has installed or not.
fn tls(
    provider: Arc<CryptoProvider>,
    roots: Vec<CertificateDer<'static>>,
) -> Result<ClientConfig, rustls::Error> {
    let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(&provider))?;
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous() // The name is rustls's, for any verifier given by hand; this one is the operating system's.
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// One server, over HTTP/1.1 or HTTP/2. Needs a Tokio runtime.
#[derive(Debug)]
pub struct HttpTransport {
    client: Client,
    base: Url,
}

impl HttpTransport {
    /// A transport to `https://host`, or to `http://` on this machine.
    ///
    /// # Errors
    ///
    /// See [`ConnectError`].
    pub fn new(address: &str) -> Result<Self, ConnectError> {
        Self::builder(address).build()
    }

    /// A transport with settings.
    #[must_use]
    pub fn builder(address: &str) -> HttpTransportBuilder {
        HttpTransportBuilder {
            address: address.to_owned(),
            plain_http: false,
            roots: Vec::new(),
            timeout: CALL_TIMEOUT,
        }
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: Request<'_>) -> Result<Answer, TransportError> {
        let mut url = self.base.clone();
        url.set_path(request.path);
        let mut call = self
            .client
            .post(url)
            .header(header::CONTENT_TYPE, "application/cbor")
            .header(header::ACCEPT, "application/cbor")
            .body(request.body.to_vec());
        if let Some(token) = request.token {
            let token = crate::text::base64url(token.as_bytes());
            call = call.bearer_auth(token);
        }
        let mut response = call.send().await.map_err(failed)?;
        let too_long = || TransportError::AnswerTooLong { limit: request.max_answer };
        let announced = response.content_length().unwrap_or(0);
        if announced > u64::try_from(request.max_answer).unwrap_or(u64::MAX) {
            return Err(too_long());
        }
        let status = response.status().as_u16();
        let heads = response.headers().get(HEADS_HEADER).and_then(|heads| heads.to_str().ok());
        let heads = heads.map(str::to_owned);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len().saturating_add(chunk.len()) > request.max_answer {
                return Err(too_long());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, body, heads })
    }

    async fn pause(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// Keeps the cause but not the address: an error may end in somebody's log.
fn failed(error: reqwest::Error) -> TransportError {
    if error.is_timeout() {
        return TransportError::TimedOut;
    }
    TransportError::Unreachable { source: Box::new(error.without_url()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    #[test]
    fn plain_http_is_for_this_machine_unless_allowed_by_name() {
        for address in
            ["http://127.0.0.1:9000", "http://localhost", "http://[::1]:80/", "https://example.org"]
        {
            assert!(HttpTransport::new(address).is_ok(), "{address}");
        }
        for address in ["http://example.org", "http://127.0.0.1.example.org", "http://10.0.0.1:80"] {
            assert!(matches!(HttpTransport::new(address), Err(ConnectError::PlainHttp)), "{address}");
            assert!(HttpTransport::builder(address).allow_plain_http().build().is_ok(), "{address}");
        }
        for address in
            ["ftp://example.org", "example.org", "https://example.org/path", "https://u:p@example.org"]
        {
            assert!(matches!(HttpTransport::new(address), Err(ConnectError::Address)), "{address}");
        }
    }

    /// Answers one connection with these bytes, then keeps writing `more` for as long as the client reads.
    async fn answering(head: &'static str, more: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let _ = socket.read(&mut [0; 4096]).await;
            let _ = socket.write_all(head.as_bytes()).await;
            for _ in 0..10_000 {
                if socket.write_all(more).await.is_err() {
                    break;
                }
            }
        });
        address
    }

    async fn send(address: &str) -> Result<Answer, TransportError> {
        let transport = HttpTransport::builder(address).timeout(Duration::from_secs(5)).build().unwrap();
        transport.send(Request { path: "/v1/x", body: b"", token: None, max_answer: 1_000 }).await
    }

    #[tokio::test]
    async fn an_endless_answer_is_cut_off_at_the_limit() {
        let chunk = b"100\r\n0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\r\n";
        let address = answering("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", chunk).await;
        assert!(matches!(send(&address).await, Err(TransportError::AnswerTooLong { limit: 1_000 })));
    }

    #[tokio::test]
    async fn an_answer_that_announces_too_much_is_not_read() {
        let address = answering("HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n", b"").await;
        assert!(matches!(send(&address).await, Err(TransportError::AnswerTooLong { .. })));
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_is_not_followed() {
        let head = "HTTP/1.1 307 x\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(send(&answering(head, b"").await).await.unwrap().status, 307);
    }

    #[tokio::test]
    async fn nobody_listening_is_transient() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        assert!(send(&address).await.unwrap_err().is_transient());
    }
}
