//! A stage for tests of the browser build: a real server, behind a way to it that lies on command, and files beside it.
//!
//! ```text
//! stage FOLDER…          prints `{"url": …}` and serves until its input ends
//! POST /v1/…             to the server
//! POST /stage/lie/NAME   from now on lies in this way (see `lies.rs`); answers with the code that a client must give
//! POST /stage/honest     is honest again; answers with how often it lied
//! GET  /…                a file of the folders, under a strict Content-Security-Policy
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "whatever goes wrong here fails the test that started it"
)]

mod files;
mod lies;
mod proxy;

use axum::Router;
use pryv_sdk::transport::http::HttpTransport;
use pryv_test_kit::{Engine, HostileTransport, ServerProcess};
use std::{
    io::Read as _,
    path::PathBuf,
    sync::{Arc, Mutex},
};

/// What every route knows.
pub(crate) struct Stage {
    server: Arc<HostileTransport>,
    attacks: Mutex<Vec<pryv_test_kit::transport::Attack>>,
    folders: Vec<PathBuf>,
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = ServerProcess::start(folder.path(), Engine::Redb).await;
    let way = HttpTransport::new(&server.url()).expect("an address");
    let stage = Arc::new(Stage {
        server: HostileTransport::new(Arc::new(way)),
        attacks: Mutex::default(),
        folders: std::env::args_os().skip(1).map(PathBuf::from).collect(),
    });
    let routes: Router = proxy::routes(stage);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("{{\"url\":\"http://{}\"}}", listener.local_addr().expect("an address"));
    let serving = tokio::spawn(async move { axum::serve(listener, routes).await.expect("it serves") });
    // Ends with whoever started it, however that ended.
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let _ = ended.await;
    serving.abort();
    server.kill().await;
}
