//! HTTP by hand: whatever bytes a test wants to send, and what came back.

use data_encoding::BASE64URL_NOPAD;
use pryv_wire::{Problem, bytes::SessionToken, decode, encode, operation::Call};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// CBOR.
pub const CBOR: &str = "application/cbor";

/// JSON.
pub const JSON: &str = "application/json";

/// What came back.
#[derive(Clone, Debug)]
pub struct RawAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The head, as text.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl RawAnswer {
    /// The problem that a CBOR or JSON body tells.
    ///
    /// # Panics
    ///
    /// If the body is not a problem.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let json = serde_json::from_slice(&self.body).ok();
        json.or_else(|| decode(&self.body).ok()).unwrap_or_else(|| {
            panic!("status {} without a problem: {}", self.status, String::from_utf8_lossy(&self.body))
        })
    }

    /// Status and code of a problem, to compare with.
    #[must_use]
    pub fn refusal(&self) -> (u16, &'static str) {
        (self.status, self.problem().code.as_str())
    }

    /// The message of a success.
    ///
    /// # Panics
    ///
    /// If it is none.
    #[must_use]
    pub fn message<T: serde::de::DeserializeOwned + serde::Serialize>(&self) -> T {
        assert_eq!(self.status, 200, "{:?}", String::from_utf8_lossy(&self.body));
        decode(&self.body).expect("an answer of the server decodes")
    }
}

/// A request, as a test wants it.
#[derive(Clone, Debug)]
pub struct RawRequest<'a> {
    /// `POST` or `GET`.
    pub method: &'static str,
    /// The path.
    pub path: &'a str,
    /// What the body is said to be; no header if empty.
    pub content_type: &'a str,
    /// What the answer should be; no header if empty.
    pub accept: &'a str,
    /// What stands behind `Bearer`; no header if empty.
    pub bearer: String,
    /// The body.
    pub body: &'a [u8],
}

impl<'a> RawRequest<'a> {
    /// A `POST` of a body in CBOR.
    #[must_use]
    pub const fn post(path: &'a str, body: &'a [u8]) -> Self {
        Self { method: "POST", path, content_type: CBOR, accept: "", bearer: String::new(), body }
    }

    /// A `GET`.
    #[must_use]
    pub const fn get(path: &'a str) -> Self {
        Self { method: "GET", path, content_type: "", accept: "", bearer: String::new(), body: &[] }
    }

    /// With a session.
    #[must_use]
    pub fn with(mut self, token: &SessionToken) -> Self {
        self.bearer = bearer(token);
        self
    }

    /// With a body in JSON, answered in JSON.
    #[must_use]
    pub const fn json(mut self) -> Self {
        self.content_type = JSON;
        self.accept = JSON;
        self
    }

    /// Sends it.
    ///
    /// # Panics
    ///
    /// If no whole answer comes in time.
    pub async fn send(&self, to: SocketAddr) -> RawAnswer {
        let mut head = self.head();
        head.push_str(&format!("content-length: {}\r\n\r\n", self.body.len()));
        let mut stream = TcpStream::connect(to).await.expect("the server listens");
        stream.write_all(head.as_bytes()).await.expect("the head is taken");
        // A server may answer and close before it has read a body that it refuses.
        let _ = stream.write_all(self.body).await;
        answer(stream).await
    }

    /// Announces a body of `length` zero bytes, in chunks if `chunked`, sends it for as long as the server reads, and
    /// gives the answer and how many bytes were taken from us.
    ///
    /// # Panics
    ///
    /// If no whole answer comes in time.
    pub async fn send_flood(&self, to: SocketAddr, length: usize, chunked: bool) -> (RawAnswer, usize) {
        const CHUNK: usize = 64 * 1024;
        let mut head = self.head();
        if chunked {
            head.push_str("transfer-encoding: chunked\r\n\r\n");
        } else {
            head.push_str(&format!("content-length: {length}\r\n\r\n"));
        }
        let (mut read, mut write) = TcpStream::connect(to).await.expect("the server listens").into_split();
        write.write_all(head.as_bytes()).await.expect("the head is taken");
        let sending = tokio::spawn(async move {
            let mut chunk = vec![0; CHUNK];
            if chunked {
                chunk = [format!("{CHUNK:x}\r\n").as_bytes(), &chunk, b"\r\n"].concat();
            }
            let mut sent = 0;
            while sent < length && write.write_all(&chunk).await.is_ok() {
                sent += CHUNK;
            }
            sent
        });
        let mut bytes = Vec::new();
        let reading = async {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = read.read(&mut buffer).await {
                bytes.extend_from_slice(&buffer[..count]);
            }
        };
        timeout(PATIENCE, reading).await.expect("the server answers in time");
        let sent = sending.await.expect("the flood does not panic");
        (parse(&bytes), sent)
    }

    fn head(&self) -> String {
        let mut head =
            format!("{} {} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n", self.method, self.path);
        for (name, value) in [("content-type", self.content_type), ("accept", self.accept)] {
            if !value.is_empty() {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        if !self.bearer.is_empty() {
            head.push_str(&format!("authorization: Bearer {}\r\n", self.bearer));
        }
        head
    }
}

/// A token as it stands in a header.
#[must_use]
pub fn bearer(token: &SessionToken) -> String {
    BASE64URL_NOPAD.encode(token.as_bytes())
}

/// Sends a message of a call.
pub async fn call<C: Call>(to: SocketAddr, token: Option<&SessionToken>, message: &C) -> RawAnswer {
    let body = encode(message);
    let request = RawRequest::post(C::PATH, &body);
    match token {
        Some(token) => request.with(token).send(to).await,
        None => request.send(to).await,
    }
}

/// Sends a message of a call as JSON.
///
/// # Panics
///
/// If the message has no JSON form.
pub async fn call_json<C: Call>(to: SocketAddr, token: Option<&SessionToken>, message: &C) -> RawAnswer {
    let body = serde_json::to_vec(message).expect("a message has a JSON form");
    let request = RawRequest::post(C::PATH, &body).json();
    match token {
        Some(token) => request.with(token).send(to).await,
        None => request.send(to).await,
    }
}

async fn answer(mut stream: TcpStream) -> RawAnswer {
    let mut bytes = Vec::new();
    // The connection may break behind the answer, when not all of our body was read.
    let read = async {
        let mut buffer = [0; 16 * 1024];
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            bytes.extend_from_slice(&buffer[..count]);
        }
    };
    timeout(PATIENCE, read).await.expect("the server answers in time");
    parse(&bytes)
}

fn parse(bytes: &[u8]) -> RawAnswer {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no HTTP answer, but {:?}", String::from_utf8_lossy(bytes)));
    let head = String::from_utf8(bytes[..end].to_vec()).expect("a head of ASCII");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status line");
    let head = head.to_ascii_lowercase();
    assert!(!head.contains("transfer-encoding"), "an answer of known length: {head}");
    RawAnswer { status, head, body: bytes[end + 4..].to_vec() }
}
