//! What the tasks need of a machine: looked for, installed where that is safe, else asked for in words.

use std::{ffi::OsString, path::Path};

use crate::failure::Failure;
use crate::process;
use crate::project::{Project, WASM};

/// The oldest Node whose test of the browser build we run.
const NODE_AT_LEAST: u32 = 20;

/// The version known to build with the pinned toolchain.
const NEXTEST: &str = "0.9.143";

/// The version whose configuration format `deny.toml` is written in.
const CARGO_DENY: &str = "0.20.2";

/// Makes sure that the compiler can build for the browser.
pub(crate) fn wasm_target(project: &Project) -> Result<(), Failure> {
    let folder =
        process::output(project.command("rustc").args(["--print", "target-libdir", "--target", WASM]))?;
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    if process::succeeds(project.command("rustup").arg("--version")) {
        return process::run(project.command("rustup").args(["target", "add", WASM]));
    }
    Err(Failure::Missing {
        what: format!("the standard library for {WASM}"),
        remedy: "install Rust through rustup (https://rustup.rs), or that target through your distribution"
            .to_owned(),
    })
}

/// Makes sure that the test runner is there.
pub(crate) fn nextest(project: &Project) -> Result<(), Failure> {
    if process::succeeds(project.cargo().args(["nextest", "--version"])) {
        return Ok(());
    }
    eprintln!("cargo-nextest is not installed: installing it, once (some minutes)");
    process::run(project.cargo().args(["install", "--locked", "cargo-nextest", "--version", NEXTEST]))
}

/// Makes sure that a recent enough Node is there, with npm; installs the system's packages where that is possible.
pub(crate) fn node(project: &Project) -> Result<(), Failure> {
    let found = || {
        let version = process::output(project.command("node").arg("--version")).ok()?;
        let npm = process::succeeds(project.command("npm").arg("--version"));
        Some(version.trim().to_owned()).filter(|_| npm)
    };
    let version = found().or_else(|| {
        install(project, &["nodejs", "npm"]);
        found()
    });
    let what = match version {
        Some(version) if major(&version).is_some_and(|major| major >= NODE_AT_LEAST) => return Ok(()),
        Some(version) => format!("Node {NODE_AT_LEAST} (this is {version})"),
        None => format!("Node {NODE_AT_LEAST} with npm"),
    };
    let remedy = format!(
        "install Node {NODE_AT_LEAST} or later (Debian 13, Ubuntu 25.04 and later: `apt-get install nodejs npm`; \
         elsewhere: https://nodejs.org)"
    );
    Err(Failure::Missing { what, remedy })
}

/// Makes sure that Chromium is there, installing Debian's package where that is possible; answers with its path.
pub(crate) fn chromium(project: &Project) -> Result<String, Failure> {
    const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let starts = |name: &OsString| process::succeeds(project.command(name).arg("--version"));
    if let Some(named) = std::env::var_os("PRYV_CHROMIUM") {
        if starts(&named) {
            return Ok(named.to_string_lossy().into_owned());
        }
        let what = format!("`{}`, which PRYV_CHROMIUM names,", named.to_string_lossy());
        return Err(Failure::Missing { what, remedy: "name a Chromium that starts, or nothing".to_owned() });
    }
    // Where Chromium comes as a snap, a package of its name is a signpost that does not start.
    let find = || NAMES.iter().map(OsString::from).find(starts);
    let found = find().or_else(|| {
        install(project, &["chromium"]);
        find()
    });
    let missing = || Failure::Missing {
        what: "Chromium".to_owned(),
        remedy: "install it (Debian: `apt-get install chromium`; Ubuntu, where that is a snap: Chrome from \
                 https://www.google.com/chrome), or name one in PRYV_CHROMIUM"
            .to_owned(),
    };
    let name = found.ok_or_else(missing)?;
    let path = process::output(project.command("which").arg(&name))?;
    Ok(path.trim().to_owned())
}

/// Tries to install packages of the system, as root on a machine with `apt`; whoever asked looks whether it helped.
fn install(project: &Project, packages: &[&str]) {
    if !is_root(project) {
        return;
    }
    eprintln!("trying to install {}, once", packages.join(" and "));
    let mut install = project.command("apt-get");
    install.args(["install", "-y", "--no-install-recommends"]).args(packages);
    install.env("DEBIAN_FRONTEND", "noninteractive");
    let done = process::succeeds(&mut install)
        || (process::succeeds(project.command("apt-get").arg("update")) && process::succeeds(&mut install));
    if !done {
        eprintln!("apt-get could not install {}", packages.join(" and "));
    }
}

/// Prepares the simulation of power cuts, which needs FUSE; gives a warning where it cannot run.
pub(crate) fn fuse(project: &Project) -> Option<String> {
    let installed = |project: &Project| process::succeeds(project.command("fusermount3").arg("--version"));
    if !installed(project) {
        install(project, &["fuse3"]);
    }
    if !installed(project) {
        return Some(
            "POWER-CUT TESTS WILL BE SKIPPED: fuse3 is not installed (`apt-get install fuse3`)".to_owned(),
        );
    }
    if !Path::new("/dev/fuse").exists() {
        return Some("POWER-CUT TESTS WILL BE SKIPPED: this machine has no /dev/fuse".to_owned());
    }
    None
}

/// Whether cargo-deny is there.
pub(crate) fn has_deny(project: &Project) -> bool {
    process::succeeds(project.cargo().args(["deny", "--version"]))
}

/// Installs cargo-deny.
pub(crate) fn install_deny(project: &Project) -> Result<(), Failure> {
    process::run(project.cargo().args(["install", "--locked", "cargo-deny", "--version", CARGO_DENY]))
}

fn is_root(project: &Project) -> bool {
    process::output(project.command("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// The major version in what `node --version` prints: `v20.20.2`.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn the_major_version_of_node_is_read() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("20.20.2"), None);
        assert_eq!(major("vnext"), None);
    }
}
