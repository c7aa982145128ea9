//! Ratios against the plain counterpart, measured side by side in one run: `cargo xtask bench`.
//!
//! Every figure stands beside what the same machine does without us in the same minutes; quote the ratios, not the
//! times. `--quick` runs a hundredth of the load, to see that it works.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark that meets an error has no figures to give, and prints those it has"
)]

mod counting;
mod measure;
mod node;
mod ontologies;
mod person;
mod plain;
mod queries;
mod records;
mod report;
mod serve;
mod sharing;
mod suites;
mod wire_client;

use clap::{Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Measures Pryv against its plain counterparts.
#[derive(Debug, Parser)]
struct Arguments {
    /// A hundredth of the load: to see that everything works, not to quote.
    #[arg(long)]
    quick: bool,
    /// Only what needs no server.
    #[arg(long)]
    no_server: bool,
    /// Only this.
    #[arg(long)]
    only: Option<Only>,
    /// Records of the large collection that is queried.
    #[arg(long)]
    records: Option<u64>,
    #[command(subcommand)]
    command: Option<Role>,
}

/// A part of the benchmarks that is run by itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Only {
    /// Queries over a large collection, beside `SQLite`.
    Queries,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// Serves from a folder and prints the address: the server under test, in a process of its own.
    #[command(hide = true)]
    Serve {
        /// The data directory.
        folder: PathBuf,
    },
}

#[tokio::main]
async fn main() {
    let arguments = Arguments::parse();
    if let Some(Role::Serve { folder }) = arguments.command {
        return serve::serve(&folder).await;
    }
    let queries = if arguments.quick {
        queries::Scale { records: arguments.records.unwrap_or(20_000), few: 2_000, accounts: 50, rounds: 20 }
    } else {
        queries::Scale {
            records: arguments.records.unwrap_or(1_000_000),
            few: 10_000,
            accounts: 10_000,
            rounds: 200,
        }
    };
    if arguments.only == Some(Only::Queries) {
        println!("{}", report::table(&queries::measure(queries).await));
        return;
    }
    let (rounds, plan) = if arguments.quick {
        (1, node::Plan { each: 5, records: 1_000, rounds: 5 })
    } else {
        (7, node::Plan { each: 100, records: 100_000, rounds: 100 })
    };
    let scale = if arguments.quick {
        sharing::Scale { grantees: &[1, 3], descendants: &[1, 30], records: &[100, 400] }
    } else {
        sharing::Scale { grantees: &[1, 10, 100], descendants: &[1, 100, 10_000], records: &[100, 10_000] }
    };
    let ontologies = if arguments.quick {
        ontologies::Scale { ontologies: 2, terms: 100 }
    } else {
        ontologies::Scale { ontologies: 100, terms: 10_000 }
    };
    let mut rows = records::measure(rounds);
    rows.extend(suites::measure(rounds));
    if !arguments.no_server {
        rows.extend(node::measure(plan).await);
        rows.extend(sharing::measure(scale).await);
        rows.extend(ontologies::measure(ontologies).await);
        rows.extend(queries::measure(queries).await);
    }
    println!("{}", report::table(&rows));
}
