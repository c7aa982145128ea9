//! Failures: what went wrong in words, what to do next, and the exit code.

use crate::visible::visible;
use serde_json::{Value, json};
use std::error::Error;

/// How the process ends when a command does not succeed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Exit {
    /// It failed.
    Failed = 1,
    /// The command was not understood.
    Usage = 2,
    /// No session, or the access does not allow it.
    Refused = 3,
    /// Something else is there already.
    Conflict = 4,
}

/// Why a command did not succeed.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    code: String,
    what: String,
    because: Vec<String>,
    next: Option<String>,
}

impl Failure {
    /// A failure with a stable code and words.
    pub(crate) fn new(code: impl Into<String>, what: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, code: code.into(), what: what.into(), because: Vec::new(), next: None }
    }

    /// A command that was not understood.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::new("usage", what).exit(Exit::Usage)
    }

    /// A file, a folder or a stream that could not be read or written.
    pub(crate) fn io(what: impl Into<String>, source: &std::io::Error) -> Self {
        Self::new("io", what).because(source)
    }

    /// With another exit code.
    pub(crate) const fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// With what to do next.
    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// With a cause and the causes behind it.
    pub(crate) fn because(mut self, source: &dyn Error) -> Self {
        let mut cause = Some(source);
        while let Some(error) = cause {
            let text = error.to_string();
            // Transparent layers repeat the words of the layer below.
            if self.because.last() != Some(&text) && self.what != text {
                self.because.push(text);
            }
            cause = error.source();
        }
        self
    }

    /// The exit code.
    pub(crate) const fn exit_code(&self) -> u8 {
        self.exit as u8
    }

    /// The stable code.
    #[cfg(test)]
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// For people.
    pub(crate) fn words(&self) -> String {
        let mut words = format!("error: {}", safe(&self.what));
        for cause in &self.because {
            words.push_str("\n  because: ");
            words.push_str(&safe(cause).replace('\n', "\n    "));
        }
        if let Some(next) = &self.next {
            words.push_str("\n  next: ");
            words.push_str(&safe(next).replace('\n', "\n        "));
        }
        words
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        json!({ "error": { "code": self.code, "message": self.what, "because": self.because, "next": self.next } })
    }
}

/// Lines of words in which texts of others may stand.
fn safe(text: &str) -> String {
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_others_do_not_steer_the_terminal() {
        assert_eq!(Failure::new("x", "a\u{1b}[2J\nb").words(), "error: a\\u{1b}[2J\nb");
    }

    #[test]
    fn words_say_why_and_what_next_without_repeating() {
        let source = std::io::Error::other("disk full");
        let failure = Failure::io("cannot write `x`", &source).next("make room").exit(Exit::Conflict);
        assert_eq!(failure.words(), "error: cannot write `x`\n  because: disk full\n  next: make room");
        assert_eq!(failure.exit_code(), 4);
        assert_eq!(failure.json()["error"]["because"][0], "disk full");
    }
}
