//! Why the demo could not go on, in words.

use std::fmt;

/// Why the demo could not go on.
#[derive(Debug)]
pub(crate) struct Trouble(String);

impl Trouble {
    pub(crate) fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// Trouble with something that has an error of its own.
    pub(crate) fn with(what: &str, error: &dyn std::error::Error) -> Self {
        let mut words = format!("{what}: {error}");
        let mut source = error.source();
        while let Some(cause) = source {
            words.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        Self(words)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Self::with("input or output failed", &error)
    }
}
