//! Licences, banned crates and sources, as `deny.toml` says. Advisories need a database from elsewhere and
//! are not part of this.

use crate::failure::Failure;
use crate::project::Project;
use crate::{machine, process};

/// Runs cargo-deny, installing it first when asked to.
pub(crate) fn run(project: &Project, install: bool) -> Result<(), Failure> {
    if !machine::has_deny(project) {
        if !install {
            return Err(Failure::Missing {
                what: "cargo-deny".to_owned(),
                remedy: "run `cargo xtask deny --install` (some minutes of compiling)".to_owned(),
            });
        }
        machine::install_deny(project)?;
    }
    check(project)
}

/// Runs cargo-deny, which must be there.
pub(crate) fn check(project: &Project) -> Result<(), Failure> {
    process::run(project.cargo().args(["deny", "check", "bans", "licenses", "sources"]))
}
