//! What the tasks need of a machine: looked for, installed where that is safe, else asked for in words.

use std::path::Path;

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

/// Makes sure that a recent enough Node is there.
pub(crate) fn node(project: &Project) -> Result<(), Failure> {
    let missing = |what: String| Failure::Missing {
        what,
        remedy: format!(
            "install Node {NODE_AT_LEAST} or later (Debian, Ubuntu: `apt-get install nodejs`; \
             elsewhere: https://nodejs.org)"
        ),
    };
    let version = process::output(project.command("node").arg("--version"))
        .map_err(|_| missing("the program `node`".to_owned()))?;
    match major(&version) {
        Some(major) if major >= NODE_AT_LEAST => Ok(()),
        _ => Err(missing(format!("Node {NODE_AT_LEAST} (this is {})", version.trim()))),
    }
}

/// Makes sure that Chromium is there, installing Debian's package where that is possible; answers with its path.
pub(crate) fn chromium(project: &Project) -> Result<String, Failure> {
    const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let find = || {
        NAMES.iter().find_map(|name| {
            let path = process::output(project.command("which").arg(name)).ok()?;
            Some(path.trim().to_owned()).filter(|path| !path.is_empty())
        })
    };
    if let Some(found) = find() {
        return Ok(found);
    }
    if is_root(project) {
        eprintln!("chromium is not installed: installing Debian's package, once");
        let mut install = project.command("apt-get");
        install.args(["install", "-y", "--no-install-recommends", "chromium"]);
        install.env("DEBIAN_FRONTEND", "noninteractive");
        if !process::succeeds(&mut install) {
            process::run(project.command("apt-get").arg("update"))?;
            process::run(&mut install)?;
        }
    }
    find().ok_or_else(|| Failure::Missing {
        what: "Chromium".to_owned(),
        remedy: "install it (Debian: `apt-get install chromium`), or run `cargo xtask test --skip web`"
            .to_owned(),
    })
}

/// Prepares the simulation of power cuts, which needs FUSE; gives a warning where it cannot run.
pub(crate) fn fuse(project: &Project) -> Option<String> {
    let installed = |project: &Project| process::succeeds(project.command("fusermount3").arg("--version"));
    if !installed(project) && is_root(project) {
        let mut install = project.command("apt-get");
        install.args(["install", "-y", "--no-install-recommends", "fuse3"]);
        install.env("DEBIAN_FRONTEND", "noninteractive");
        eprintln!("fuse3 is not installed: trying to install it for the power-cut tests");
        if !process::succeeds(&mut install)
            && process::succeeds(project.command("apt-get").arg("update"))
            && !process::succeeds(&mut install)
        {
            eprintln!("apt-get could not install fuse3");
        }
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
