//! Why a task failed, in words a person can act on.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// The failure of a task.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A program did not start.
    #[error("cannot start `{command}`")]
    Start {
        /// The command as typed.
        command: String,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A program ran and failed.
    #[error("`{command}` failed ({status})")]
    Exit {
        /// The command as typed.
        command: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// A file or folder could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// Cargo could not describe the workspace.
    #[error("cannot read the workspace through `cargo metadata`")]
    Metadata(#[source] cargo_metadata::Error),
    /// The machine lacks something we do not install.
    #[error("{what} is missing: {remedy}")]
    Missing {
        /// What is absent.
        what: String,
        /// What to do about it.
        remedy: String,
    },
    /// A check found what must not be.
    #[error("{check}: {} finding(s)\n  {}", findings.len(), findings.join("\n  "))]
    Findings {
        /// The check.
        check: &'static str,
        /// One line each.
        findings: Vec<String>,
    },
    /// Unknown step names were asked for.
    #[error("no step is called {names}; `cargo xtask test --list` shows them")]
    UnknownSteps {
        /// The names, joined.
        names: String,
    },
    /// Steps of the suite failed; each was reported when it did.
    #[error("failed: {names}")]
    Steps {
        /// The names, joined.
        names: String,
    },
}

impl Failure {
    /// `Ok` when a check found nothing.
    pub(crate) fn unless_clean(check: &'static str, findings: Vec<String>) -> Result<(), Self> {
        if findings.is_empty() { Ok(()) } else { Err(Self::Findings { check, findings }) }
    }
}
