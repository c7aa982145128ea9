//! A world: a real server on an ephemeral port with a data directory of its own, people with accounts, one clock.
//!
//! A world is closed by [`World::close`], which looks for every canary in everything that the server had. One that is
//! dropped without it fails its test: no story escapes the scanner.

mod by_hand;
mod scan;

use crate::{
    Engine, ServerProcess,
    clock::TestClock,
    light::CHEAP,
    logs::Logs,
    secrecy::Canary,
    transport::{HostileTransport, Recorder, RecordingTransport, tap},
};
use data_encoding::BASE64URL_NOPAD;
use pryv_sdk::{
    Account, Client, Password, SystemClock,
    transport::{Transport, http::HttpTransport},
};
use pryv_server::{
    server::{Running, Server},
    settings::Settings,
};
use pryv_wire::Clock;
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

/// A person with an account.
#[derive(Debug)]
pub struct User {
    /// The public handle.
    pub username: String,
    /// The account, as the SDK gives it.
    pub account: Account,
    /// The recovery phrase, in words.
    pub phrase: String,
    password: String,
}

impl User {
    /// The password of the sign-up.
    #[must_use]
    pub fn password(&self) -> Password {
        Password::new(self.password.clone())
    }

    /// The password of the sign-up, as text.
    #[must_use]
    pub fn password_text(&self) -> &str {
        &self.password
    }
}

/// Where the server runs.
#[derive(Debug)]
enum Node {
    /// In this process.
    Here(Box<Running>),
    /// In one of its own.
    Process(Box<ServerProcess>),
}

impl Node {
    fn address(&self) -> SocketAddr {
        match self {
            Self::Here(server) => server.address(),
            Self::Process(process) => process.address(),
        }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address())
    }
}

/// A server, and what surrounds it.
#[derive(Debug)]
pub struct World {
    /// The time, for the server and every client.
    pub clock: TestClock,
    /// Markers for whatever is encrypted.
    pub canary: Canary,
    /// Everything that travelled.
    pub recorder: Recorder,
    server: Option<Node>,
    folder: tempfile::TempDir,
    logs: Logs,
    backups: Vec<tempfile::TempDir>,
}

impl World {
    /// Starts a server in this process.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub async fn start() -> Self {
        Self::start_in(tempfile::tempdir().expect("a folder"), TestClock::default(), Canary::new(seed()))
            .await
    }

    /// Starts a server on a restored backup of another one; people, clock and markers are the same.
    ///
    /// # Panics
    ///
    /// If the backup is not restored.
    pub async fn restore(of: &Self, backup: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = settings(folder.path());
        // The node key is in no backup: the operator keeps it apart, and brings it along.
        std::fs::create_dir_all(&settings.data).expect("a data directory");
        let key = crate::world::settings(of.folder.path()).node_key_path();
        std::fs::copy(key, settings.node_key_path()).expect("the node key");
        let said = pryv_server::backup::restore(&settings, backup).expect("a restored backup");
        assert!(said.contains("the node key fits"), "{said}");
        Self::start_in(folder, of.clock.clone(), of.canary.clone()).await
    }

    async fn start_in(folder: tempfile::TempDir, clock: TestClock, canary: Canary) -> Self {
        let logs = Logs::capture();
        let settings = settings(folder.path());
        let server = Server::start(settings, Arc::new(clock.clone())).await.expect("a server");
        Self::of(Node::Here(Box::new(server)), folder, clock, canary, logs)
    }

    /// Starts the server's program as a process of its own, on the machine's clock: [`World::clock`] turns nothing there.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub async fn start_process(engine: Engine) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let canary = Canary::new(seed());
        let process = ServerProcess::start(folder.path(), engine).await;
        Self::of(Node::Process(Box::new(process)), folder, TestClock::default(), canary, Logs::capture())
    }

    fn of(node: Node, folder: tempfile::TempDir, clock: TestClock, canary: Canary, logs: Logs) -> Self {
        let (recorder, server) = (Recorder::default(), Some(node));
        Self { clock, canary, recorder, server, folder, logs, backups: Vec::new() }
    }

    /// Where the server listens.
    ///
    /// # Panics
    ///
    /// If it was stopped.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server().address()
    }

    /// A client of the server.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client_over(self.transport())
    }

    /// A client whose clock is another one.
    #[must_use]
    pub fn client_with_clock(&self, clock: impl Clock + 'static) -> Client {
        Client::builder(self.transport()).clock(Arc::new(clock)).stretching(CHEAP).build()
    }

    /// A client, and the hostile server that it talks to: honest, until told otherwise.
    #[must_use]
    pub fn hostile(&self) -> (Client, Arc<HostileTransport>) {
        let hostile = HostileTransport::new(self.transport());
        let transport: Arc<dyn Transport> = Arc::<HostileTransport>::clone(&hostile);
        (self.client_over(transport), hostile)
    }

    /// A client over a transport of the test's own.
    #[must_use]
    pub fn client_over(&self, transport: Arc<dyn Transport>) -> Client {
        let clock: Arc<dyn Clock> = match self.server() {
            Node::Here(_) => Arc::new(self.clock.clone()),
            Node::Process(_) => Arc::new(SystemClock),
        };
        Client::builder(transport).clock(clock).stretching(CHEAP).build()
    }

    /// An address of the server for programs that take one; what passes there is recorded as well.
    pub async fn tapped_url(&self) -> String {
        format!("http://{}", tap(self.address(), self.recorder.clone()).await)
    }

    /// The way to the server, recorded.
    ///
    /// # Panics
    ///
    /// If the server was stopped.
    #[must_use]
    pub fn transport(&self) -> Arc<dyn Transport> {
        let http = Arc::new(HttpTransport::new(&self.server().url()).expect("a transport"));
        Arc::new(RecordingTransport::new(http, self.recorder.clone(), self.canary.clone()))
    }

    /// Signs somebody up.
    pub async fn user(&self, username: &str) -> User {
        self.user_of(&self.client(), username).await
    }

    /// Signs somebody up through a client.
    ///
    /// # Panics
    ///
    /// If the server refuses.
    pub async fn user_of(&self, client: &Client, username: &str) -> User {
        let password = self.canary.text("password");
        let signed_up = client
            .sign_up(username, &Password::new(password.clone()))
            .without_defaults()
            .await
            .expect("a sign-up");
        let phrase = signed_up.phrase.words().to_string();
        self.canary.plant("recovery phrase", phrase.as_bytes());
        self.canary.plant("account secret", &account_secret(&signed_up.account));
        User { username: username.to_owned(), account: signed_up.account, phrase, password }
    }

    /// Makes a backup of the running node, and gives its folder.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub async fn backup(&mut self) -> PathBuf {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("backup");
        self.back_up_to(&folder).await;
        self.backups.push(parent);
        folder
    }

    async fn back_up_to(&self, folder: &Path) {
        if let Node::Process(process) = self.server() {
            return process.back_up_to(folder).await;
        }
        let (settings, folder) = (settings(self.folder.path()), folder.to_owned());
        let made = tokio::task::spawn_blocking(move || pryv_server::backup::backup(&settings, &folder)).await;
        made.expect("a backup does not panic").expect("a backup of the running node");
    }

    fn server(&self) -> &Node {
        self.server.as_ref().expect("the server runs")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if self.server.is_some() && !std::thread::panicking() {
            panic!("this world was not closed: its story escapes the scanner");
        }
    }
}

/// The secret from which all keys of an account derive, as a stored session has it.
fn account_secret(account: &Account) -> Vec<u8> {
    let stored = serde_json::to_value(account.export_session()).expect("a session in JSON");
    let text = stored["secret"].as_str().expect("the account secret");
    BASE64URL_NOPAD.decode(text.as_bytes()).expect("base64url")
}

fn seed() -> u64 {
    let seed = crate::environment("PRYV_TEST_SEED").unwrap_or_else(rand::random);
    println!("PRYV_TEST_SEED={seed}");
    seed
}

/// Settings of a server whose files are in a folder: the defaults, without limits on how often one address may call.
fn settings(folder: &Path) -> Settings {
    Settings {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        data: folder.join("data"),
        store_cache: 16,
        store_free: 0,
        store_free_percent: 0,
        limits_account_rate: 0,
        limits_credentials_rate: 0,
        limits_username_rate: 0,
        limits_lookups_rate: 0,
        stop_grace: 5,
        ..Settings::default()
    }
}
