//! The package as npm takes it.

use crate::{command, failure::Failure, script::SOURCES};
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// Makes an empty folder for the package.
pub(crate) fn clear(package: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(package) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Failure::file(package)(error)),
        _ => {}
    }
    fs::create_dir_all(package).map_err(Failure::file(package))
}

/// Puts what is not compiled into the package.
pub(crate) fn lay_out(package: &Path) -> Result<(), Failure> {
    let sources = Path::new(SOURCES);
    let copies = [
        (sources.join("package.json"), "package.json"),
        (PathBuf::from("wasm-sdk/README.md"), "README.md"),
        (PathBuf::from("LICENSE"), "LICENSE"),
    ];
    for (from, to) in copies {
        fs::copy(&from, package.join(to)).map_err(Failure::file(from))?;
    }
    // What the source maps lead to.
    let (from, to) = (sources.join("src"), package.join("src"));
    fs::create_dir_all(&to).map_err(Failure::file(&to))?;
    for entry in fs::read_dir(&from).map_err(Failure::file(&from))? {
        let entry = entry.map_err(Failure::file(&from))?;
        if entry.path().extension().is_some_and(|extension| extension == "ts") {
            fs::copy(entry.path(), to.join(entry.file_name())).map_err(Failure::file(entry.path()))?;
        }
    }
    Ok(())
}

/// Packs the package; answers with where the tarball is.
pub(crate) fn pack(package: &Path, to: &Path) -> Result<String, Failure> {
    let to = fs::canonicalize(to).map_err(Failure::file(to))?;
    let mut npm = Command::new("npm");
    npm.args(["pack", "--silent", "--ignore-scripts", "--pack-destination"]).arg(&to).current_dir(package);
    command::run(&mut npm, "install Node 20 or later, with npm (https://nodejs.org)")?;
    Ok(format!("packed into {}", to.display()))
}
