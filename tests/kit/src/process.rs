//! The server as a process of its own, which can be killed.

use std::{
    fs::File,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// Names the server's program.
pub const VARIABLE: &str = "PRYV_TEST_SERVER";

/// Names the command line's program.
pub const COMMAND_LINE: &str = "PRYV_TEST_CLI";

/// How long a start or a stop may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which engine keeps the data.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Engine {
    /// The default one.
    Redb,
    /// The second one.
    Sled,
}

impl Engine {
    const fn name(self) -> &'static str {
        match self {
            Self::Redb => "redb",
            Self::Sled => "sled",
        }
    }
}

/// A running server process. Killed when dropped.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    url: String,
    log: PathBuf,
}

impl ServerProcess {
    /// Starts the server on a folder, and waits until it listens.
    ///
    /// # Panics
    ///
    /// If there is no program, or it does not listen.
    pub async fn start(folder: &Path, engine: Engine) -> Self {
        let log = folder.join("server.log");
        let file = File::options().create(true).append(true).open(&log).expect("a log");
        let mut child = Command::new(program())
            .arg("--listen=127.0.0.1:0")
            .arg(format!("--data={}", folder.join("data").display()))
            .arg(format!("--store-engine={}", engine.name()))
            .args(["--store-cache=64", "--store-free=0", "--store-free-percent=0", "--log-format=json"])
            .args(["--limits-account-rate=0", "--limits-credentials-rate=0"])
            .args(["--limits-username-rate=0", "--limits-lookups-rate=0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(file)
            .kill_on_drop(true)
            .spawn()
            .expect("the server's program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let said = timeout(PATIENCE, lines.next_line()).await.expect("the server starts in time");
        let said = said.expect("its output is text").unwrap_or_else(|| {
            panic!("the server did not start: {}", std::fs::read_to_string(&log).unwrap_or_default())
        });
        let url = said.strip_prefix("listening on ").expect("the address that it listens on").to_owned();
        Self { child, url, log }
    }

    /// The base of its URLs.
    #[must_use]
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Where it listens.
    ///
    /// # Panics
    ///
    /// If it said something else.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.url.strip_prefix("http://").and_then(|address| address.parse().ok()).expect("an address")
    }

    /// Where it logs, in all of its lives on one folder.
    #[must_use]
    pub fn log_file(&self) -> &Path {
        &self.log
    }

    /// Makes a backup of the running node, as its operator does.
    ///
    /// # Panics
    ///
    /// If the program refuses.
    pub async fn back_up_to(&self, folder: &Path) {
        let data = self.log.with_file_name("data");
        let made = Command::new(program())
            .arg(format!("--data={}", data.display()))
            .arg("backup")
            .arg(folder)
            .stdout(Stdio::null())
            .status()
            .await
            .expect("the server's program");
        assert!(made.success(), "{made}");
    }

    /// `kill -9`: at once, whatever it is doing.
    ///
    /// # Panics
    ///
    /// If it had ended by itself.
    pub async fn kill(mut self) {
        assert!(self.child.try_wait().expect("its state").is_none(), "the server ended by itself");
        self.child.kill().await.expect("a kill");
    }

    /// `kill -15`: it stops in order.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub async fn stop(mut self) {
        let id = self.child.id().expect("the server runs").to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().await.expect("the program `kill`");
        assert!(asked.success());
        let status =
            timeout(PATIENCE, self.child.wait()).await.expect("it stops in time").expect("its status");
        assert!(status.success(), "{status}");
    }
}

/// The server's program.
fn program() -> PathBuf {
    built(VARIABLE, "pryv-server")
}

/// A program of this project: from the environment, else where Cargo puts it beside the tests.
///
/// # Panics
///
/// If there is none.
#[must_use]
pub fn built(variable: &str, name: &str) -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "the kit is where tests meet their surroundings")]
    if let Ok(program) = std::env::var(variable) {
        return PathBuf::from(program);
    }
    let test = std::env::current_exe().expect("the test's own program");
    let folder = test.parent().and_then(Path::parent).expect("the folder of the profile");
    let program = folder.join(name);
    assert!(
        program.is_file(),
        "there is no {}: build it with `cargo build --workspace --bins`, or name it by {variable}",
        program.display()
    );
    program
}
