//! The server of the demo: a process of its own, on a port that the system chooses, with a folder of its own.

use crate::trouble::Trouble;
use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

/// How long the server may take to be ready.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often it is asked.
const INTERVAL: Duration = Duration::from_millis(50);

/// How many lines of the log are shown when something fails.
const LOG_LINES: usize = 15;

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
    home: PathBuf,
    log: PathBuf,
}

impl Server {
    /// Starts a server whose files lie below `folder`, and waits until it is ready.
    pub(crate) fn start(program: &Path, folder: &Path) -> Result<Self, Trouble> {
        let home = folder.join("server");
        fs::create_dir_all(&home)?;
        let (data, log) = (home.join("data"), home.join("log"));
        let output = File::create(&log)?;
        let child = Command::new(program)
            .env_clear()
            .arg("--listen")
            .arg("127.0.0.1:0")
            .arg("--data")
            .arg(&data)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .map_err(|error| Trouble::with(&format!("{} cannot be started", program.display()), &error))?;
        let unknown = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Self { child, address: unknown, home, log };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// The address, as clients take it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address of the web application, if the server was built with it.
    pub(crate) fn page(&self) -> Option<String> {
        answers(self.address, "/app/").then(|| format!("{}/app/", self.url()))
    }

    /// The folder of everything that it writes: its data and its log.
    pub(crate) fn files(&self) -> &Path {
        &self.home
    }

    /// The last lines of its log.
    pub(crate) fn last_words(&self) -> String {
        last_words(&self.log)
    }

    fn wait_until_ready(&mut self) -> Result<(), Trouble> {
        for _ in 0..PATIENCE.as_millis() / INTERVAL.as_millis() {
            if let Some(status) = self.child.try_wait()? {
                return Err(Trouble::new(format!(
                    "the server ended at once with {status}{}",
                    self.last_words()
                )));
            }
            if let Some(address) = said_address(&self.log)
                && is_ready(address)
            {
                self.address = address;
                return Ok(());
            }
            sleep(INTERVAL);
        }
        Err(Trouble::new(format!(
            "the server was not ready within {} s{}",
            PATIENCE.as_secs(),
            self.last_words()
        )))
    }
}

impl Drop for Server {
    /// Every write that was acknowledged is on the disk already, and the disk is thrown away: nothing needs a farewell.
    fn drop(&mut self) {
        // It may have ended by itself: then there is nothing to end.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// The address that the server says it listens on.
fn said_address(log: &Path) -> Option<SocketAddr> {
    let text = fs::read_to_string(log).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("listening on http://"))?;
    line.trim().parse().ok()
}

fn is_ready(address: SocketAddr) -> bool {
    answers(address, "/health/ready")
}

/// Whether something is at a path.
fn answers(address: SocketAddr, path: &str) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, INTERVAL * 10)?;
        stream.set_read_timeout(Some(INTERVAL * 20))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.take(4_096).read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

/// The last lines of a log, as an appendix.
fn last_words(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    let last = lines.get(lines.len().saturating_sub(LOG_LINES)..).unwrap_or_default();
    if last.is_empty() {
        String::new()
    } else {
        format!("\n  The server's last lines:\n    {}", last.join("\n    "))
    }
}
