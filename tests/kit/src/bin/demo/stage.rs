//! The stage: a temporary folder with everything in it, a server, two people, a screen.

use crate::{interrupt::Interrupt, player::Player, screen::Screen, server::Server, trouble::Trouble};
use std::path::PathBuf;
use tempfile::TempDir;

/// The password of Ada, on the command line and in a browser.
pub(crate) const ADAS: &str = "correct horse battery staple";
/// That of Bob.
pub(crate) const BOBS: &str = "the quick brown fox jumps";

/// What the story needs. Fields are dropped in order: the server ends before its folder goes.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) screen: Screen,
    pub(crate) server: Server,
    pub(crate) ada: Player,
    pub(crate) bob: Player,
    pub(crate) program: PathBuf,
    _folder: TempDir,
}

impl Stage {
    /// Starts the server and gives everybody a home.
    pub(crate) fn set() -> Result<Self, Trouble> {
        let screen = Screen::standard(Interrupt::listen()?);
        let folder = tempfile::Builder::new().prefix("pryv-demo-").tempdir()?;
        let program = program("PRYV_TEST_CLI", "pryv")?;
        let server = Server::start(&program_of_server()?, folder.path())?;
        let url = server.url();
        let at_home = |name, password| Player::at_home(name, folder.path(), &program, &url, password);
        let ada = at_home("ada", ADAS)?;
        let bob = at_home("bob", BOBS)?;
        Ok(Self { screen, server, ada, bob, program, _folder: folder })
    }

    /// The last lines of the server's log.
    pub(crate) fn log(&self) -> String {
        self.server.last_words()
    }
}

fn program_of_server() -> Result<PathBuf, Trouble> {
    program("PRYV_TEST_SERVER", "pryv-server")
}

/// A program by its variable, or from the folder that this one is in.
fn program(variable: &str, name: &str) -> Result<PathBuf, Trouble> {
    let path = match std::env::var_os(variable) {
        Some(path) => PathBuf::from(path),
        None => std::env::current_exe()?.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX)),
    };
    let missing =
        || Trouble::new(format!("{} is not there: run `cargo xtask demo`, which builds it", path.display()));
    path.canonicalize().map_err(|_| missing())
}
