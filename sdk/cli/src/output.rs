//! Output: the one place that writes to the terminal. Results go to standard output, remarks to standard error.

use crate::failure::Failure;
use serde_json::Value;
use std::io::{IsTerminal, Write};

/// Where a command says what it did.
pub(crate) struct Output {
    json: bool,
    quiet: bool,
    interactive: bool,
    results: Box<dyn Write>,
    remarks: Box<dyn Write>,
}

impl Output {
    /// Standard output and standard error.
    pub(crate) fn standard(json: bool, quiet: bool) -> Self {
        Self {
            json,
            quiet,
            interactive: std::io::stderr().is_terminal(),
            results: Box::new(std::io::stdout()),
            remarks: Box::new(std::io::stderr()),
        }
    }

    /// Whether results are JSON.
    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    /// Whether nothing but results is wanted.
    pub(crate) const fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether somebody is watching.
    pub(crate) const fn is_interactive(&self) -> bool {
        self.interactive
    }

    /// Prints a result in the form asked for.
    pub(crate) fn result(&mut self, value: &Value, words: impl FnOnce() -> String) -> Result<(), Failure> {
        if self.json { self.value(value) } else { self.line(&words()) }
    }

    /// Prints a result that is the same whatever form is asked for.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), Failure> {
        writeln!(self.results, "{}", text.trim_end_matches('\n'))
            .and_then(|()| self.results.flush())
            .map_err(|error| lost(&error))
    }

    /// Prints JSON over several lines.
    pub(crate) fn value(&mut self, value: &Value) -> Result<(), Failure> {
        self.line(&format!("{value:#}"))
    }

    /// Says something that is not a result.
    pub(crate) fn remark(&mut self, text: &str) -> Result<(), Failure> {
        if self.quiet {
            return Ok(());
        }
        writeln!(self.remarks, "{text}").map_err(|error| lost(&error))
    }

    /// Says why a command failed. There is nowhere to say that this failed in turn; the exit code still tells.
    pub(crate) fn failure(&mut self, failure: &Failure) {
        let text = if self.json { failure.json().to_string() } else { failure.words() };
        let _unheard = writeln!(self.remarks, "{text}");
    }
}

fn lost(error: &std::io::Error) -> Failure {
    Failure::io("the output could not be written", error)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::{cell::RefCell, io, rc::Rc};

    /// What was written, to look at afterwards.
    #[derive(Clone, Default)]
    pub(crate) struct Shared(Rc<RefCell<Vec<u8>>>);

    impl Shared {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.borrow().clone()).unwrap()
        }
    }

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    pub(crate) fn captured(json: bool, quiet: bool) -> (Output, Shared, Shared) {
        let (results, remarks) = (Shared::default(), Shared::default());
        let output = Output {
            json,
            quiet,
            interactive: false,
            results: Box::new(results.clone()),
            remarks: Box::new(remarks.clone()),
        };
        (output, results, remarks)
    }

    #[test]
    fn results_and_remarks_take_different_ways() {
        let (mut output, results, remarks) = captured(false, false);
        output.result(&serde_json::json!({"a": 1}), || "one\n".to_owned()).unwrap();
        output.remark("by the way").unwrap();
        assert_eq!((results.text().as_str(), remarks.text().as_str()), ("one\n", "by the way\n"));
    }

    #[test]
    fn json_is_json_and_quiet_is_quiet() {
        let (mut output, results, remarks) = captured(true, true);
        output.result(&serde_json::json!({"a": 1}), || unreachable!()).unwrap();
        output.remark("by the way").unwrap();
        assert_eq!((results.text().as_str(), remarks.text().as_str()), ("{\n  \"a\": 1\n}\n", ""));
        output.failure(&Failure::usage("what?"));
        assert!(remarks.text().contains(r#""code":"usage""#), "{}", remarks.text());
    }
}
