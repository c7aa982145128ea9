//! The demo: builds the server with the web application, the command line client and the story, then becomes the story.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::app;
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

/// Builds what the story needs; the web application in it, if it was built before.
pub(crate) fn build(project: &Project, with_app: bool) -> Result<(), Failure> {
    // In one call: apart, each would resolve features anew and compile shared crates again.
    let mut build = project.cargo();
    build.args(["build", "--package=pryv-server", "--package=pryv-cli", "--package=pryv-test-kit", "--bins"]);
    if with_app {
        build.arg("--features=pryv-server/app");
    }
    process::run(&mut build)
}

/// Builds and plays the story; where the system can, this process becomes it.
pub(crate) fn run(project: &Project, arguments: &[OsString]) -> Result<(), Failure> {
    let with_app = match app::run(project) {
        Ok(()) => true,
        // The story is told by the command line: a machine without Node hears it as well.
        Err(missing @ Failure::Missing { .. }) => {
            eprintln!("without the web application: {missing}");
            false
        }
        Err(failure) => return Err(failure),
    };
    build(project, with_app)?;
    let programs = Programs::of(project)?;
    let mut story = project.command(programs.story());
    story.args(arguments).envs(programs.variables());
    process::become_process(&mut story)
}
