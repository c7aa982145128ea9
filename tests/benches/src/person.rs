//! Somebody who uses the SDK over a way to the server that counts.

use crate::{
    counting::{CountingTransport, Travelled},
    measure::millis,
    node::Node,
    report::Row,
};
use pryv_sdk::{Account, Client, Password, transport::http::HttpTransport};
use pryv_test_kit::light::CHEAP;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Somebody with a way to the server that counts.
pub(crate) struct Person {
    pub(crate) account: Account,
    way: Arc<CountingTransport>,
}

/// What one thing cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) time: Duration,
    pub(crate) travelled: Travelled,
}

impl Person {
    /// A new account of an application that defines everything itself.
    pub(crate) async fn sign_up(node: &Node, name: &str) -> Self {
        let http = HttpTransport::new(&format!("http://{}", node.address())).expect("a transport");
        let way = CountingTransport::new(Arc::new(http));
        let client = Client::builder(Arc::<CountingTransport>::clone(&way)).stretching(CHEAP).build();
        let password = Password::new("correct horse battery");
        let account = client.sign_up(name, &password).without_defaults().await.expect("a sign-up").account;
        Self { account, way }
    }

    /// What `work` costs this one.
    pub(crate) async fn cost<T>(&self, work: impl Future<Output = T>) -> (T, Cost) {
        self.way.take();
        let started = Instant::now();
        let done = work.await;
        let time = started.elapsed();
        (done, Cost { time, travelled: self.way.take() })
    }
}

/// A cost as a line of the report.
pub(crate) fn row(what: impl Into<String>, cost: Cost) -> Row {
    let Travelled { calls, sent, received } = cost.travelled;
    Row::alone(
        what,
        millis(cost.time),
        "ms",
        format!("{calls} calls, {sent} bytes sent, {received} received"),
    )
}
