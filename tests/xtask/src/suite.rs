//! Everything that must pass, step by step, and the table at the end.

mod steps;
mod summary;

use std::time::Instant;

use clap::Args;

use self::steps::{STEPS, Step};
use self::summary::{Line, Outcome, Summary};
use crate::failure::Failure;
use crate::project::Project;

/// Which steps to run.
#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// Run these steps alone.
    #[arg(long, value_delimiter = ',', value_name = "STEPS")]
    only: Vec<String>,
    /// Run all steps but these.
    #[arg(long, value_delimiter = ',', value_name = "STEPS", conflicts_with = "only")]
    skip: Vec<String>,
    /// Run the steps after one that failed, too.
    #[arg(long)]
    keep_going: bool,
    /// Show the steps, and run none.
    #[arg(long)]
    list: bool,
}

impl Selection {
    fn wants(&self, step: &Step) -> bool {
        let named = |names: &[String]| names.iter().any(|name| name == step.name);
        (self.only.is_empty() || named(&self.only)) && !named(&self.skip)
    }

    fn unknown(&self) -> Vec<&str> {
        let names = self.only.iter().chain(&self.skip).map(String::as_str);
        names.filter(|name| STEPS.iter().all(|step| step.name != *name)).collect()
    }
}

/// Runs the selected steps and prints a summary, whatever happens.
pub(crate) fn run(project: &Project, selection: &Selection) -> Result<(), Failure> {
    if selection.list {
        for step in &STEPS {
            println!("{:<10} {}", step.name, step.purpose);
        }
        return Ok(());
    }
    let unknown = selection.unknown();
    if !unknown.is_empty() {
        return Err(Failure::UnknownSteps { names: unknown.join(", ") });
    }

    let mut summary = Summary::default();
    let mut stopped = false;
    for step in STEPS.iter().filter(|step| selection.wants(step)) {
        if stopped {
            summary.add(Line::not_run(step.name));
            continue;
        }
        eprintln!("\n=== {}: {}", step.name, step.purpose);
        let started = Instant::now();
        let mut notes = Vec::new();
        let outcome = match (step.run)(project, &mut notes) {
            Ok(outcome) => outcome,
            Err(failure) => {
                eprintln!("error: {failure}");
                let said = failure.to_string();
                let first = said.lines().next().unwrap_or_default();
                let prefix = format!("{}: ", step.name);
                notes.push(first.strip_prefix(&prefix).unwrap_or(first).to_owned());
                let mut cause = std::error::Error::source(&failure);
                while let Some(error) = cause {
                    eprintln!("  because: {error}");
                    cause = error.source();
                }
                stopped = !selection.keep_going;
                Outcome::Failed
            }
        };
        let took = started.elapsed();
        eprintln!("=== {}: {} in {}", step.name, outcome.word(), summary::duration(took));
        summary.add(Line { step: step.name, outcome, took: Some(took), notes });
    }

    println!("\n{summary}");
    let failed = summary.failed();
    if failed.is_empty() { Ok(()) } else { Err(Failure::Steps { names: failed.join(", ") }) }
}
