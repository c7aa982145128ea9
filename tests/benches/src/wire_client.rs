//! A client that costs next to nothing: HTTP/1.1 over one connection, bodies made beforehand.

use pryv_test_kit::raw::bearer;
use pryv_wire::{bytes::SessionToken, encode, operation::Call};
use std::{io, net::SocketAddr};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A whole request, ready to be sent.
#[derive(Debug)]
pub(crate) struct Prepared(Vec<u8>);

impl Prepared {
    /// A call in a session.
    pub(crate) fn new<C: Call>(token: &SessionToken, message: &C) -> Self {
        let body = encode(message);
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/cbor\r\nauthorization: Bearer {}\r\n\
             content-length: {}\r\n\r\n",
            C::PATH,
            bearer(token),
            body.len()
        );
        Self([head.into_bytes(), body].concat())
    }

    /// The plainest request that the server answers.
    pub(crate) fn liveness() -> Self {
        Self(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec())
    }
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(to: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// Sends a request and gives the body of its answer.
    pub(crate) async fn send(&mut self, request: &Prepared) -> io::Result<Vec<u8>> {
        self.stream.write_all(&request.0).await?;
        self.buffer.clear();
        let mut chunk = [0; 16 * 1024];
        loop {
            let count = self.stream.read(&mut chunk).await?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.buffer.extend_from_slice(&chunk[..count]);
            if let Some((status, head, length)) = parse(&self.buffer)
                && self.buffer.len() >= head + length
            {
                let body = self.buffer[head..head + length].to_vec();
                if status == 200 {
                    return Ok(body);
                }
                let text = String::from_utf8_lossy(&body).into_owned();
                return Err(io::Error::other(format!("status {status}: {text}")));
            }
        }
    }
}

/// Status, length of the head, and length of the body, once the head is whole.
fn parse(bytes: &[u8]) -> Option<(u16, usize, usize)> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(bytes.get(..end)?).ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    })?;
    Some((status, end, length))
}
