//! The project's tasks, as `cargo xtask <task>`: what people run by hand and what the continuous build runs.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks on its terminal")]

mod app;
mod bench;
mod demo;
mod deny;
mod failure;
mod layers;
mod machine;
mod package;
mod process;
mod project;
mod specs;
mod suite;

use std::error::Error;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Failure;
use crate::project::Project;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "The project's tasks", version)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run every check and every test, in the order that fails soonest.
    Test(suite::Selection),
    /// Play the story against a fresh local server; arguments go to the demo.
    Demo {
        /// Passed on to the demo.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Build the npm package of the SDK into `target/wasm-sdk`; arguments go to its builder.
    Package {
        /// Passed on to the builder.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Build the web application into `wasm-sdk/app/dist`, with the package below it.
    App,
    /// Measure each operation against its plain counterpart; arguments go to the benches.
    Bench {
        /// Passed on to the benches.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Check which crate depends on which, and which layer of the server on which.
    Layers,
    /// Check the documents: CDDL rules they name, links, status lines.
    Specs,
    /// Check licences, banned crates and sources with cargo-deny.
    Deny {
        /// Install cargo-deny first when it is absent (some minutes of compiling).
        #[arg(long)]
        install: bool,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            let mut cause = failure.source();
            while let Some(error) = cause {
                eprintln!("  because: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<(), Failure> {
    let project = Project::here()?;
    match task {
        Task::Test(selection) => suite::run(&project, &selection),
        Task::Demo { arguments } => demo::run(&project, &arguments),
        Task::App => app::run(&project),
        Task::Package { arguments } => package::run(&project, &arguments),
        Task::Bench { arguments } => bench::run(&project, &arguments),
        Task::Layers => layers::check(&project).map(report),
        Task::Specs => specs::check(&project).map(report),
        Task::Deny { install } => deny::run(&project, install),
    }
}

fn report(notes: Vec<String>) {
    for note in notes {
        println!("{note}");
    }
}
