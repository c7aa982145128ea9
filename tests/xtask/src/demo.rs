//! The demo: builds the server, the command line client and the story, then becomes the story.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::failure::Failure;
use crate::process;
use crate::project::Project;

/// Where the built programs are; the demo and the tests read it from `PRYV_TEST_SERVER` and `PRYV_TEST_CLI`.
#[derive(Debug)]
pub(crate) struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// The programs of the debug profile.
    pub(crate) fn of(project: &Project) -> Result<Self, Failure> {
        Ok(Self { folder: project.debug_folder()? })
    }

    /// Name and value of the variables that point at the programs.
    pub(crate) fn variables(&self) -> [(&'static str, PathBuf); 2] {
        [("PRYV_TEST_SERVER", self.folder.join("pryv-server")), ("PRYV_TEST_CLI", self.folder.join("pryv"))]
    }

    /// The story.
    pub(crate) fn story(&self) -> PathBuf {
        self.folder.join("demo")
    }
}

/// Builds and plays the story; where the system can, this process becomes it.
pub(crate) fn run(project: &Project, arguments: &[OsString]) -> Result<(), Failure> {
    // In one call: apart, each would resolve features anew and compile shared crates again.
    process::run(project.cargo().args([
        "build",
        "--package=pryv-server",
        "--package=pryv-cli",
        "--package=pryv-test-kit",
        "--bins",
    ]))?;
    let programs = Programs::of(project)?;
    let mut story = project.command(programs.story());
    story.args(arguments).envs(programs.variables());
    process::become_process(&mut story)
}
