//! What became of each step, as a table.

use std::fmt;
use std::time::Duration;

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All is well.
    Passed,
    /// It found something wrong, or could not run.
    Failed,
    /// The machine lacks what it needs, and it may be left out.
    Skipped {
        /// What is lacking.
        reason: String,
    },
    /// An earlier step failed.
    NotRun,
}

impl Outcome {
    /// One word for the table.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "FAILED",
            Self::Skipped { .. } => "SKIPPED",
            Self::NotRun => "not run",
        }
    }
}

/// One step's row.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) step: &'static str,
    pub(super) outcome: Outcome,
    pub(super) took: Option<Duration>,
    /// What to repeat below the table: counts of tests, warnings.
    pub(super) notes: Vec<String>,
}

impl Line {
    /// The row of a step that was not reached.
    pub(super) fn not_run(step: &'static str) -> Self {
        Self { step, outcome: Outcome::NotRun, took: None, notes: Vec::new() }
    }
}

/// The rows so far.
#[derive(Debug, Default)]
pub(super) struct Summary {
    lines: Vec<Line>,
}

impl Summary {
    /// Adds a row.
    pub(super) fn add(&mut self, line: Line) {
        self.lines.push(line);
    }

    /// The steps that failed.
    pub(super) fn failed(&self) -> Vec<&'static str> {
        let failed = self.lines.iter().filter(|line| line.outcome == Outcome::Failed);
        failed.map(|line| line.step).collect()
    }

    fn count(&self, word: &str) -> usize {
        self.lines.iter().filter(|line| line.outcome.word() == word).count()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{:<10} {:<8} {:>9}", "step", "result", "time")?;
        for line in &self.lines {
            let took = line.took.map(duration).unwrap_or_default();
            let row = format!("{:<10} {:<8} {took:>9}", line.step, line.outcome.word());
            match &line.outcome {
                Outcome::Skipped { reason } => writeln!(out, "{row}  {reason}")?,
                _ => writeln!(out, "{}", row.trim_end())?,
            }
        }
        let total: Duration = self.lines.iter().filter_map(|line| line.took).sum();
        writeln!(out, "{:<10} {:<8} {:>9}", "total", "", duration(total))?;
        for line in &self.lines {
            for (index, note) in line.notes.iter().enumerate() {
                let gap = if index == 0 { "\n" } else { "" };
                writeln!(out, "{gap}{}: {note}", line.step)?;
            }
        }
        let [passed, failed, skipped, not_run] =
            ["passed", "FAILED", "SKIPPED", "not run"].map(|word| self.count(word));
        write!(out, "\nsteps: {passed} passed, {failed} failed, {skipped} skipped, {not_run} not run")
    }
}

/// A duration for people: `0.4 s`, `1 m 03 s`.
pub(super) fn duration(took: Duration) -> String {
    let seconds = took.as_secs();
    if seconds < 60 {
        format!("{:.1} s", took.as_secs_f64())
    } else {
        format!("{} m {:02} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_tells_everything_that_happened() {
        let mut summary = Summary::default();
        summary.add(Line {
            step: "fmt",
            outcome: Outcome::Passed,
            took: Some(Duration::from_millis(420)),
            notes: Vec::new(),
        });
        summary.add(Line {
            step: "nextest",
            outcome: Outcome::Failed,
            took: Some(Duration::from_secs(63)),
            notes: vec!["2 tests run".to_owned(), "FAIL a".to_owned()],
        });
        summary.add(Line {
            step: "deny",
            outcome: Outcome::Skipped { reason: "no cargo-deny".to_owned() },
            took: Some(Duration::ZERO),
            notes: Vec::new(),
        });
        summary.add(Line::not_run("doc"));
        assert_eq!(summary.failed(), ["nextest"]);
        let expected = "\
step       result        time
fmt        passed       0.4 s
nextest    FAILED    1 m 03 s
deny       SKIPPED      0.0 s  no cargo-deny
doc        not run
total                1 m 03 s

nextest: 2 tests run
nextest: FAIL a

steps: 1 passed, 1 failed, 1 skipped, 1 not run";
        assert_eq!(summary.to_string(), expected);
    }
}
