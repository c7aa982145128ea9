//! The steps of the suite, in the order that fails soonest.

use super::summary::Outcome;
use crate::demo::Programs;
use crate::failure::Failure;
use crate::project::Project;
use crate::{app, deny, layers, machine, package, process, specs};
use std::process::Stdio;

/// One step.
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) purpose: &'static str,
    /// Runs it; notes are repeated below the summary.
    pub(super) run: fn(&Project, &mut Vec<String>) -> Result<Outcome, Failure>,
}

pub(super) const STEPS: [Step; 11] = [
    Step { name: "fmt", purpose: "sources are formatted", run: fmt },
    Step { name: "layers", purpose: "who depends on whom", run: layers },
    Step { name: "specs", purpose: "documents, CDDL and links agree", run: specs },
    Step { name: "clippy", purpose: "no warning, tests and benches included", run: clippy },
    Step { name: "build", purpose: "programs and tests compile", run: build },
    Step { name: "nextest", purpose: "unit, story, hostile-server, secrecy and crash tests", run: nextest },
    Step {
        name: "web",
        purpose: "the npm package and the application: weight, tests in Node and Chromium",
        run: web,
    },
    Step { name: "demo", purpose: "the story of the README plays to its end", run: demo },
    Step { name: "doctest", purpose: "examples in the documentation", run: doctest },
    Step { name: "doc", purpose: "the documentation builds without a warning", run: doc },
    Step { name: "deny", purpose: "licences, banned crates, sources (where cargo-deny is)", run: deny },
];

fn fmt(project: &Project, _: &mut Vec<String>) -> Result<Outcome, Failure> {
    process::run(project.cargo().args(["fmt", "--all", "--check"]))?;
    Ok(Outcome::Passed)
}

fn layers(project: &Project, notes: &mut Vec<String>) -> Result<Outcome, Failure> {
    say(layers::check(project)?, notes);
    Ok(Outcome::Passed)
}

fn specs(project: &Project, notes: &mut Vec<String>) -> Result<Outcome, Failure> {
    say(specs::check(project)?, notes);
    Ok(Outcome::Passed)
}

fn clippy(project: &Project, _: &mut Vec<String>) -> Result<Outcome, Failure> {
    process::run(project.cargo().args(["clippy", "--workspace", "--all-targets", "--", "--deny=warnings"]))?;
    Ok(Outcome::Passed)
}

/// Builds the npm package and the application, weighs it, and tests both in Node and in a browser. A machine that has no
/// browser, or no Node, and where none can be installed, says so and leaves out what needs it.
fn web(project: &Project, notes: &mut Vec<String>) -> Result<Outcome, Failure> {
    if let Err(missing) = machine::node(project) {
        let reason = missing.to_string();
        eprintln!("\n!!! THE NPM PACKAGE AND THE WEB APPLICATION ARE NOT TESTED: {reason}\n");
        return Ok(Outcome::Skipped { reason });
    }
    let chromium = machine::chromium(project);
    let found = chromium.as_deref().ok();
    package::test(project, found, notes)?;
    app::test(project, found, notes)?;
    let Err(missing) = chromium else { return Ok(Outcome::Passed) };
    eprintln!("\n!!! NOTHING IS TESTED IN A BROWSER: {missing}\n");
    Ok(Outcome::Skipped {
        reason: format!("the package in Node alone, the application built alone; {missing}"),
    })
}

/// Builds programs and tests in one go, so that the tests find the programs they start and Cargo resolves
/// features once for both.
fn build(project: &Project, _: &mut Vec<String>) -> Result<Outcome, Failure> {
    process::run(project.cargo().args(["build", "--workspace", "--bins", "--tests"]))?;
    Ok(Outcome::Passed)
}

fn nextest(project: &Project, notes: &mut Vec<String>) -> Result<Outcome, Failure> {
    machine::nextest(project)?;
    let warning = machine::fuse(project);
    if let Some(warning) = &warning {
        eprintln!("\n!!! {warning}\n");
    }
    let mut tests = project.cargo();
    tests.args(["nextest", "run", "--workspace", "--no-fail-fast"]);
    tests.envs(Programs::of(project)?.variables());
    // The summary is followed by the tests that failed.
    let mut summing_up = false;
    let keep = |line: &str| {
        summing_up |= line.starts_with("Summary [");
        summing_up && !line.is_empty()
    };
    let ran = process::run_listening(&mut tests, keep, notes);
    notes.extend(warning);
    ran?;
    Ok(Outcome::Passed)
}

/// Plays the demo as from a script: without a terminal it ends by itself.
fn demo(project: &Project, notes: &mut Vec<String>) -> Result<Outcome, Failure> {
    let programs = Programs::of(project)?;
    let mut story = project.command(programs.story());
    story.envs(programs.variables()).stdin(Stdio::null());
    let mut closing = false;
    let keep = |line: &str| {
        closing |= line.starts_with("Done:");
        closing && !line.is_empty()
    };
    process::run_listening(&mut story, keep, notes)?;
    Ok(Outcome::Passed)
}

fn doctest(project: &Project, notes: &mut Vec<String>) -> Result<Outcome, Failure> {
    let mut results = Vec::new();
    let mut tests = project.cargo();
    tests.args(["test", "--workspace", "--doc"]);
    let ran = process::run_listening(&mut tests, |line| line.starts_with("test result:"), &mut results);
    let count = |what: &str| results.iter().filter_map(|line| counted(line, what)).sum::<u32>();
    let [passed, failed, ignored] = ["passed", "failed", "ignored"].map(count);
    notes.push(format!("{passed} passed, {failed} failed, {ignored} ignored"));
    ran?;
    Ok(Outcome::Passed)
}

fn doc(project: &Project, _: &mut Vec<String>) -> Result<Outcome, Failure> {
    let mut doc = project.cargo();
    doc.args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "--deny=warnings");
    process::run(&mut doc)?;
    Ok(Outcome::Passed)
}

fn deny(project: &Project, _: &mut Vec<String>) -> Result<Outcome, Failure> {
    if !machine::has_deny(project) {
        let reason = "cargo-deny is not installed: `cargo xtask deny --install`".to_owned();
        eprintln!("\n!!! LICENCES, BANS AND SOURCES ARE NOT CHECKED: {reason}\n");
        return Ok(Outcome::Skipped { reason });
    }
    deny::check(project)?;
    Ok(Outcome::Passed)
}

fn say(lines: Vec<String>, notes: &mut Vec<String>) {
    for line in lines {
        eprintln!("{line}");
        // The step's name stands before each note.
        notes.push(line.split_once(": ").map_or(line.clone(), |(_, said)| said.to_owned()));
    }
}

/// The number before `what` in `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
fn counted(line: &str, what: &str) -> Option<u32> {
    let counts = line.split(['.', ';']).map(str::trim);
    counts.filter_map(|count| count.split_once(' ')).find(|(_, name)| *name == what)?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn results_of_documentation_tests_are_counted() {
        let line =
            "test result: ok. 13 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s";
        assert_eq!(counted(line, "passed"), Some(13));
        assert_eq!(counted(line, "ignored"), Some(1));
        assert_eq!(counted(line, "lost"), None);
    }
}
