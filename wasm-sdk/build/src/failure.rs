//! Why the package was not built.

use std::{io, path::PathBuf};

/// Why the package was not built.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A program did not start.
    #[error("cannot start `{program}`: {remedy}")]
    Start {
        /// The program.
        program: String,
        /// What to do.
        remedy: &'static str,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// A program failed.
    #[error("`{program}` failed; see above")]
    Exit {
        /// The program.
        program: String,
    },
    /// A file could not be read or written.
    #[error("cannot read or write {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// The glue could not be made.
    #[error("the glue of {module} could not be made: {reason}")]
    Glue {
        /// The module.
        module: &'static str,
        /// What wasm-bindgen says.
        reason: String,
    },
    /// A part is heavier than it may be.
    #[error("{part} has {weight} bytes gzipped, and may have {limit}")]
    TooHeavy {
        /// The part.
        part: &'static str,
        /// Its weight.
        weight: usize,
        /// Its limit.
        limit: usize,
    },
}

impl Failure {
    /// A file that could not be read or written.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
