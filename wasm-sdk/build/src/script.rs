//! The TypeScript: compiled by `tsc`, which comes from the npm registry as the lock file says.

use crate::{command, failure::Failure};
use std::{fs, path::Path, process::Command, time::SystemTime};

/// Where the sources are.
pub(crate) const SOURCES: &str = "wasm-sdk/js";

const NODE: &str = "install Node 20 or later (https://nodejs.org)";

/// Compiles the TypeScript into the package.
pub(crate) fn compile(package: &Path) -> Result<(), Failure> {
    install()?;
    let sources = Path::new(SOURCES);
    let out = fs::canonicalize(package).map_err(Failure::file(package))?.join("dist");
    let tsc = sources.join("node_modules").join("typescript").join("bin").join("tsc");
    // Comments belong to the types, which editors show, and to the sources, which the maps lead to: browsers load none.
    for emitted in [
        &["--emitDeclarationOnly"][..],
        &["--removeComments", "--declaration", "false", "--declarationMap", "false"],
    ] {
        let mut node = Command::new("node");
        node.arg(&tsc).arg("--project").arg(sources).arg("--outDir").arg(&out).args(emitted);
        command::run(&mut node, NODE)?;
    }
    Ok(())
}

/// Installs what the lock file names, unless that has been done.
pub(crate) fn install() -> Result<(), Failure> {
    let sources = Path::new(SOURCES);
    let changed =
        |file: &Path| fs::metadata(file).and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let (lock, installed) =
        (sources.join("package-lock.json"), sources.join("node_modules/.package-lock.json"));
    if changed(&installed) >= changed(&lock) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(sources);
    command::run(&mut npm, NODE)
}
