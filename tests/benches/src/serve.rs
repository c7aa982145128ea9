//! The server under test, in a process of its own.

use pryv_server::{Server, Settings, SystemClock};
use std::{path::Path, sync::Arc};

/// Serves until the process is ended, without limits that would be measured instead of the server.
pub(crate) async fn serve(folder: &Path) {
    let settings = Settings {
        listen: "127.0.0.1:0".parse().expect("an address"),
        data: folder.to_owned(),
        store_free: 0,
        store_free_percent: 0,
        limits_account_rate: 0,
        limits_credentials_rate: 0,
        limits_username_rate: 0,
        limits_lookups_rate: 0,
        ..Settings::default()
    };
    let running = Server::start(settings, Arc::new(SystemClock)).await.expect("the server starts");
    println!("{}", running.address());
    std::future::pending::<()>().await;
}
