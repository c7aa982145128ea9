//! The web application: built into `wasm-sdk/app/dist`, embedded by `pryv-server`, tested in a browser.

use crate::failure::Failure;
use crate::project::Project;
use crate::{package, process};

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

/// Builds the application on the package that was tested before, and plays its stories in Chromium, where there is one.
pub(crate) fn test(
    project: &Project,
    chromium: Option<&str>,
    notes: &mut Vec<String>,
) -> Result<(), Failure> {
    build(project)?;
    if chromium.is_none() {
        return Ok(());
    }
    // The same crates as the step `build`, so that only the server and what stands on it are compiled again.
    process::run(project.cargo().args(["build", "--workspace", "--bins", "--features=pryv-server/app"]))?;
    package::play(project, "wasm-sdk/app/tests", chromium, notes)
}
