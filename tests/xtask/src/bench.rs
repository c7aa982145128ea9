//! The benchmarks, built for release.

use std::ffi::OsString;

use crate::failure::Failure;
use crate::package;
use crate::process;
use crate::project::Project;

/// Builds and runs the benchmarks; with `--web`, those of the npm package in a browser.
pub(crate) fn run(project: &Project, arguments: &[OsString]) -> Result<(), Failure> {
    if arguments.iter().any(|argument| argument == "--web") {
        return package::measure(project);
    }
    let mut benches = project.cargo();
    benches.args(["run", "--release", "--package=pryv-benches", "--"]).args(arguments);
    process::run(&mut benches)
}
