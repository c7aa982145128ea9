//! The transport: media types, limits, problems. A small client of HTTP/1.1, so that nothing stands between.

use crate::{
    node::{settings, start},
    world::{CHEAP, PASSWORD},
};
use pryv_crypto::{
    AccountSecret, Identity,
    holder::first_list,
    password::{ClientLogin, ClientRegistration},
    recovery::RecoveryPhrase,
};
use pryv_server::{Running, Settings};
use pryv_wire::{
    Bytes, ErrorCode, PrincipalId, Problem, Timestamp,
    account::{
        Challenge, FinishLogin, FinishSignUp, GetChallenge, ListSessions, LoggedIn, LoginStarted, Recover,
        SessionOpened, Sessions, StartLogin, StartSignUp,
    },
    bytes::{SessionToken, Signature},
    card::{Cards, GetCards, PrincipalKind, ResolveUsername},
    operation::{CALLS, COMMIT_BODY, Call, SMALL_BODY},
    transaction::Commit,
};
use rand::SeedableRng as _;
use serde::de::DeserializeOwned;
use std::{collections::BTreeMap, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Sends one request a connection.
#[derive(Clone)]
pub(crate) struct Http {
    address: SocketAddr,
    headers: String,
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header =
            |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        Self { status, headers: lines.filter_map(header).collect(), body: bytes[end + 4..].to_vec() }
    }

    pub(crate) fn message<T: DeserializeOwned + serde::Serialize>(&self) -> T {
        match self.headers["content-type"].as_str() {
            "application/cbor" => pryv_wire::decode(&self.body).unwrap(),
            _ => serde_json::from_slice(&self.body).unwrap(),
        }
    }

    pub(crate) fn problem(&self) -> Problem {
        assert!(self.status >= 400, "{}", self.status);
        self.message()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

impl Http {
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self { address, headers: String::new() }
    }

    pub(crate) fn header(&self, name: &str, value: &str) -> Self {
        Self { headers: format!("{}{name}: {value}\r\n", self.headers), ..self.clone() }
    }

    pub(crate) fn with(&self, token: &SessionToken) -> Self {
        let token = data_encoding::BASE64URL_NOPAD.encode(token.as_bytes());
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) async fn raw(&self, bytes: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // A server that refuses early closes while we still send: its answer counts.
        let _sent = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _closed = stream.read_to_end(&mut answer).await;
        Reply::parse(&answer)
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &[u8]) -> Reply {
        let Self { headers, .. } = self;
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
        );
        self.raw(&[head.as_bytes(), body].concat()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[]).await
    }

    pub(crate) async fn post<C: Call>(&self, call: &C) -> Reply {
        self.send("POST", C::PATH, &pryv_wire::encode(call)).await
    }

    pub(crate) async fn post_json<C: Call>(&self, call: &C) -> Reply {
        let http = self.header("content-type", "application/json").header("accept", "application/json");
        http.send("POST", C::PATH, &serde_json::to_vec(call).unwrap()).await
    }
}

fn rng() -> rand_chacha::ChaCha20Rng {
    rand_chacha::ChaCha20Rng::from_seed([3; 32])
}

/// Signs up over HTTP and answers the token.
pub(crate) async fn sign_up(running: &Running, username: &str) -> SessionToken {
    let (http, mut rng) = (Http::at(running.address()), rng());
    let secret = AccountSecret::generate(&mut rng);
    let (identity, card) =
        Identity::found(&secret, PrincipalKind::Account, Timestamp::from_millis(1)).unwrap();
    let (registration, request) = ClientRegistration::start(PASSWORD, &mut rng).unwrap();
    let started = http.post(&StartSignUp { username: username.into(), request }).await;
    let started: <StartSignUp as Call>::Answer = started.message();
    let registered = registration.finish(&started.response, &CHEAP, &mut rng).unwrap();
    let (me, digest) = (identity.principal(), card.digest());
    let password = registered.credential(CHEAP, &secret, me, digest, &mut rng).unwrap();
    let recovery = RecoveryPhrase::generate(&mut rng).credential(&secret, me, digest, &mut rng).unwrap();
    let holders = first_list(&identity, digest, password.key, recovery.key, Timestamp::from_millis(1));
    let finish = FinishSignUp { username: username.into(), card, password, recovery, holders };
    http.post(&finish).await.message::<SessionOpened>().token
}

/// Logs in over HTTP, in JSON.
pub(crate) async fn log_in(running: &Running, username: &str) -> Option<LoggedIn> {
    let (http, mut rng) = (Http::at(running.address()), rng());
    let (login, request) = ClientLogin::start(PASSWORD, &mut rng).unwrap();
    let started = http.post_json(&StartLogin { username: username.into(), request }).await;
    let started: LoginStarted = started.message();
    let done = login.finish(&started.response, &started.stretching, &mut rng).ok()?;
    let finish = FinishLogin { login: started.login, finalization: done.finalization };
    let reply = http.post_json(&finish).await;
    (reply.status == 200).then(|| reply.message())
}

async fn node() -> (tempfile::TempDir, Running) {
    let dir = tempfile::tempdir().unwrap();
    let running = start(settings(dir.path())).await;
    (dir, running)
}

#[tokio::test]
async fn every_answer_is_the_same_in_both_forms() {
    let (_dir, running) = node().await;
    let token = sign_up(&running, "ada").await;
    let http = Http::at(running.address());
    let name = ResolveUsername { username: "ada".into() };
    let (cbor, json) = (http.post(&name).await, http.post_json(&name).await);
    assert_eq!(cbor.headers["content-type"], "application/cbor");
    assert_eq!(json.headers["content-type"], "application/json");
    assert_eq!(cbor.message::<Cards>(), json.message::<Cards>());
    let list = ListSessions {};
    let (cbor, json) = (http.with(&token).post(&list).await, http.with(&token).post_json(&list).await);
    assert_eq!(cbor.message::<Sessions>(), json.message::<Sessions>());
    let unknown = GetCards { principal: PrincipalId::from_bytes([1; 32]) };
    let (cbor, json) = (http.post(&unknown).await, http.post_json(&unknown).await);
    assert_eq!((cbor.status, cbor.problem()), (json.status, json.problem()));
    assert_eq!(cbor.problem().code, ErrorCode::NotFound);
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn every_failure_is_a_problem() {
    let (_dir, running) = node().await;
    let http = Http::at(running.address());
    let path = GetChallenge::PATH;
    let other = http.header("content-type", "text/plain");
    let picky = http.header("accept", "text/html");
    let cases = [
        ("unknown path", http.get("/v1/nothing").await, 404, ErrorCode::NotFound),
        ("outside", http.get("/").await, 404, ErrorCode::NotFound),
        ("method", http.get(path).await, 405, ErrorCode::NotFound),
        ("method of health", http.send("POST", "/version", &[]).await, 405, ErrorCode::NotFound),
        ("content type", other.send("POST", path, &[0xa0]).await, 415, ErrorCode::UnsupportedMediaType),
        ("accept", picky.send("POST", path, &[0xa0]).await, 415, ErrorCode::UnsupportedMediaType),
        ("empty body", http.send("POST", path, &[]).await, 400, ErrorCode::MalformedMessage),
        ("garbage", http.send("POST", path, &[0xff, 0]).await, 400, ErrorCode::MalformedMessage),
        ("trailing byte", http.send("POST", path, &[0xa0, 0]).await, 400, ErrorCode::MalformedMessage),
        ("deep", http.send("POST", path, &[0x81; 60_000]).await, 400, ErrorCode::MalformedMessage),
        (
            "unknown field",
            http.send("POST", path, &[0xa1, 0x61, b'a', 1]).await,
            400,
            ErrorCode::MalformedMessage,
        ),
        ("no session", http.post(&ListSessions {}).await, 401, ErrorCode::NotAuthenticated),
        (
            "bad token",
            http.header("authorization", "Bearer nonsense").post(&ListSessions {}).await,
            401,
            ErrorCode::NotAuthenticated,
        ),
        (
            "unknown token",
            http.with(&SessionToken::from_bytes([1; 32])).post(&ListSessions {}).await,
            401,
            ErrorCode::NotAuthenticated,
        ),
    ];
    for (name, reply, status, code) in cases {
        assert_eq!((reply.status, reply.problem().code), (status, code), "{name}");
        assert!(reply.headers["x-request-id"].len() >= 16, "{name}");
        assert_eq!(reply.headers["cache-control"], "no-store", "{name}");
        assert_eq!(reply.headers["x-content-type-options"], "nosniff", "{name}");
    }
    let json = http.header("content-type", "application/json");
    for body in [&b"{"[..], b"{}x", b"[]", b"{\"a\":1}", b"\xff"] {
        let reply = json.send("POST", path, body).await;
        assert_eq!((reply.status, reply.problem().code), (400, ErrorCode::MalformedMessage), "{body:?}");
    }
    let wrong = http.get(path).await;
    assert_eq!(wrong.headers["allow"], "POST");
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn every_call_is_served_and_knows_its_caller() {
    let (_dir, running) = node().await;
    let http = Http::at(running.address());
    for (path, auth) in CALLS {
        let reply = http.send("POST", path, &[0xff]).await;
        let expected = match auth {
            pryv_wire::operation::Auth::Open => ErrorCode::MalformedMessage,
            pryv_wire::operation::Auth::Session => ErrorCode::NotAuthenticated,
        };
        assert_eq!(reply.problem().code, expected, "{path}");
    }
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn bodies_are_bounded_while_they_are_read() {
    let (_dir, running) = node().await;
    let token = sign_up(&running, "ada").await;
    let http = Http::at(running.address());
    let announced = http.send("POST", GetChallenge::PATH, &vec![0; SMALL_BODY + 1]).await;
    assert_eq!(announced.problem().code, ErrorCode::BodyTooLarge);
    assert_eq!(announced.problem().details.limit, Some(64 * 1024));
    // 100 MB announced, and nothing sent: answered at once.
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 100000000\r\n\r\n",
        GetChallenge::PATH
    );
    assert_eq!(http.raw(head.as_bytes()).await.problem().code, ErrorCode::BodyTooLarge);
    let chunked = |path: &str, auth: &str, chunks: usize| {
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{auth}transfer-encoding: chunked\r\n\r\n"
        )
        .into_bytes();
        for _ in 0..chunks {
            request.extend_from_slice(b"10000\r\n");
            request.extend_from_slice(&[0; 0x10000]);
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"0\r\n\r\n");
        request
    };
    let reply = http.raw(&chunked(GetChallenge::PATH, "", 2)).await;
    assert_eq!(reply.problem().code, ErrorCode::BodyTooLarge, "chunked");
    let authorization = http.with(&token).headers;
    let reply = http.raw(&chunked(Commit::PATH, &authorization, COMMIT_BODY / 0x10000 + 1)).await;
    assert_eq!(reply.problem().details.limit, Some(8 * 1024 * 1024));
    let reply = http.raw(&chunked(Commit::PATH, &authorization, 4)).await;
    assert_eq!(reply.problem().code, ErrorCode::MalformedMessage, "within the limit of a transaction");
    let reply = http.send("POST", Commit::PATH, &vec![0; 1 << 20]).await;
    assert_eq!(reply.problem().code, ErrorCode::NotAuthenticated, "before the body is read");
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(Settings { limits_timeout: 1, ..settings(dir.path()) }).await;
    let http = Http::at(running.address());
    let head = format!("POST {} HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc", GetChallenge::PATH);
    let reply = tokio::time::timeout(Duration::from_secs(8), http.raw(head.as_bytes())).await.unwrap();
    assert_eq!((reply.status, reply.problem().code), (408, ErrorCode::TimedOut));
    // Nor a head.
    let mut stream = TcpStream::connect(running.address()).await.unwrap();
    stream.write_all(b"POST /v1").await.unwrap();
    let mut rest = Vec::new();
    tokio::time::timeout(Duration::from_secs(8), stream.read_to_end(&mut rest)).await.unwrap().unwrap();
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn bodies_that_do_not_come_keep_nobody_else_from_being_served() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(Settings { limits_concurrency: 1, ..settings(dir.path()) }).await;
    let http = Http::at(running.address());
    let mut slow = TcpStream::connect(running.address()).await.unwrap();
    let head = format!("POST {} HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc", GetChallenge::PATH);
    slow.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(http.post(&GetChallenge {}).await.status, 200);
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn too_many_connections_are_closed() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(Settings { limits_connections: 1, ..settings(dir.path()) }).await;
    let held = TcpStream::connect(running.address()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut second = TcpStream::connect(running.address()).await.unwrap();
    let _sent = second.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    let mut answer = Vec::new();
    let _closed = second.read_to_end(&mut answer).await;
    assert!(answer.is_empty());
    drop(held);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(Http::at(running.address()).get("/health/live").await.status, 200);
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn who_calls_too_often_is_told_when_to_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let limited = Settings {
        limits_credentials_rate: 1,
        limits_credentials_burst: 4,
        limits_account_rate: 1,
        limits_account_burst: 2,
        http_forwarded: true,
        ..settings(dir.path())
    };
    let running = start(limited).await;
    let token = sign_up(&running, "ada").await; // two of the four
    let http = Http::at(running.address());
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(http.post(&GetChallenge {}).await.status);
    }
    assert_eq!(statuses[..2], [200, 200]);
    assert!(statuses.contains(&429), "{statuses:?}");
    let refused = http.post(&GetChallenge {}).await;
    assert_eq!(refused.problem().code, ErrorCode::RateLimited);
    assert!(refused.problem().details.retry_after_ms.unwrap() > 0);
    assert_eq!(refused.headers["retry-after"], "1");
    let elsewhere = http.header("x-forwarded-for", "192.0.2.1, 192.0.2.7");
    assert_eq!(elsewhere.post(&GetChallenge {}).await.status, 200, "another address");
    assert_eq!(
        http.post(&ResolveUsername { username: "ada".into() }).await.status,
        200,
        "lookups count apart"
    );
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(http.with(&token).post(&ListSessions {}).await.status);
    }
    assert!(statuses[..2] == [200, 200] && statuses.contains(&429), "{statuses:?}");
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn many_addresses_do_not_help_who_guesses_one_username() {
    let dir = tempfile::tempdir().unwrap();
    let limited = Settings {
        limits_username_rate: 1,
        limits_username_burst: 3,
        http_forwarded: true,
        ..settings(dir.path())
    };
    let running = start(limited).await;
    sign_up(&running, "ada").await;
    for username in ["ada", "nobody"] {
        let mut codes = Vec::new();
        for address in 1..=5 {
            let http = Http::at(running.address()).header("x-forwarded-for", &format!("192.0.2.{address}"));
            let challenge = http.post(&GetChallenge {}).await.message::<Challenge>().challenge;
            let signature = Signature::from_bytes([7; 64]);
            let recover = Recover { username: username.into(), challenge, signature };
            codes.push(http.post(&recover).await.problem().code);
        }
        let expected = [[ErrorCode::WrongCredentials; 3].as_slice(), &[ErrorCode::RateLimited; 2]].concat();
        assert_eq!(codes, expected, "{username}: the same whether there is such an account");
    }
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_node_says_what_it_is() {
    let (_dir, running) = node().await;
    let http = Http::at(running.address());
    let version: serde_json::Value = serde_json::from_slice(&http.get("/version").await.body).unwrap();
    assert_eq!((version["api"].as_str(), version["suites"][0].as_u64()), (Some("v1"), Some(1)));
    assert_eq!(http.get("/health/live").await.status, 200);
    let reply = http.header("content-type", "application/json").send("POST", GetChallenge::PATH, b"{}").await;
    assert_eq!(reply.headers["content-type"], "application/json", "the answer takes the form of the body");
    assert!(Bytes::from(reply.body).len() > 10);
    running.shutdown().await.unwrap();
}
