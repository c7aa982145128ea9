//! A tap on the line: passes bytes between whoever connects and the server, and records them. For programs that take an
//! address and no transport.

use super::recording::{Exchange, Recorder};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Listens on an address of its own, passes everything on to `server`, and records what passes, for as long as the
/// runtime lives.
pub(crate) async fn tap(server: SocketAddr, recorder: Recorder) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("an address for the tap");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((caller, _)) = listener.accept().await {
            let server = TcpStream::connect(server).await.expect("the server listens");
            let ((from_caller, to_caller), (from_server, to_server)) =
                (caller.into_split(), server.into_split());
            tokio::spawn(pass("tapped request", from_caller, to_server, recorder.clone()));
            tokio::spawn(pass("tapped answer", from_server, to_caller, recorder.clone()));
        }
    });
    address
}

/// Passes one direction of one connection on. What passed is recorded as one piece, so that nothing hides in a cut.
async fn pass(
    path: &'static str,
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    recorder: Recorder,
) {
    let place = recorder.reserve(path);
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        recorder.extend(place, &buffer[..count]);
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}

impl Recorder {
    /// A place for bytes that are still to come.
    fn reserve(&self, path: &'static str) -> usize {
        let mut exchanges = self.lock();
        exchanges.push(Exchange { path, request: Vec::new(), status: 0, answer: Vec::new() });
        exchanges.len() - 1
    }

    fn extend(&self, place: usize, bytes: &[u8]) {
        self.lock()[place].request.extend_from_slice(bytes);
    }
}
