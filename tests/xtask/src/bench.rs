//! The benchmarks, built for release.

use std::ffi::OsString;

use crate::failure::Failure;
use crate::process;
use crate::project::Project;

/// Builds and runs the benchmarks.
pub(crate) fn run(project: &Project, arguments: &[OsString]) -> Result<(), Failure> {
    let mut benches = project.cargo();
    benches.args(["run", "--release", "--package=pryv-benches", "--"]).args(arguments);
    process::run(&mut benches)
}
