//! The web application: built into `wasm-sdk/app/dist`, embedded by `pryv-server`, tested in a browser.

use crate::demo::{self, Programs};
use crate::failure::Failure;
use crate::project::Project;
use crate::{machine, package, process};

/// Where its sources are.
const APP: &str = "wasm-sdk/app";

/// Builds the npm package of the SDK, and the application on it.
pub(crate) fn run(project: &Project) -> Result<(), Failure> {
    package::run(project, &[])?;
    build(project)
}

/// Builds the application on the package that is there.
fn build(project: &Project) -> Result<(), Failure> {
    let npm = |arguments: &[&str]| {
        let mut npm = project.command("npm");
        npm.args(arguments).current_dir(project.root().join(APP));
        process::run(&mut npm)
    };
    // What the lock file says and nothing else; its scripts are not run.
    npm(&["ci", "--ignore-scripts", "--no-audit", "--no-fund"])?;
    npm(&["run", "check"])?;
    npm(&["run", "build"])
}

/// Builds the application on the package that was tested before, and plays its stories in Chromium.
pub(crate) fn test(project: &Project, notes: &mut Vec<String>) -> Result<(), Failure> {
    build(project)?;
    demo::build(project, true)?;
    let chromium = machine::chromium(project)?;
    let programs = Programs::of(project)?;
    let mut files = project.files(&project.root().join(APP).join("tests"), "mjs")?;
    files.retain(|file| file.to_string_lossy().ends_with(".test.mjs"));
    let mut node = project.command("node");
    node.args(["--test", "--test-concurrency=1", "--test-reporter=spec"]).args(files);
    node.envs(programs.variables()).env("PRYV_CHROMIUM", chromium);
    process::run_listening(&mut node, package::is_count, notes)
}
