//! Builds the npm package of the SDK: compiles to wasm32, writes the glue, compiles the TypeScript, weighs and packs.
//!
//! `cargo xtask package` writes `target/wasm-sdk/package` and packs it. The glue is made by wasm-bindgen as a library, and
//! the TypeScript compiler comes from the npm registry by a lock file, so that no binary is downloaded from elsewhere.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks on its terminal")]

mod command;
mod failure;
mod module;
mod pack;
mod script;
mod weight;

use clap::Parser;
use failure::Failure;
use module::Module;
use std::{error::Error, path::PathBuf, process::ExitCode};

/// Builds the npm package of the SDK.
#[derive(Debug, Parser)]
struct Arguments {
    /// The cargo profile: `wasm` is what one ships, `dev` compiles fast and is not weighed.
    #[arg(long, default_value = "wasm")]
    profile: String,
    /// Where the package goes.
    #[arg(long, default_value = "target/wasm-sdk")]
    out: PathBuf,
    /// Also build the module that computes the vectors of the specifications, for its test.
    #[arg(long)]
    vectors: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
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

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let package = arguments.out.join("package");
    pack::clear(&package)?;
    let glue = package.join("dist").join("wasm");
    for module in [Module::CORE, Module::SCHEMA] {
        module.compile(&arguments.profile)?;
        module.bind(&arguments.profile, &glue)?;
    }
    if arguments.vectors {
        Module::VECTORS.compile(&arguments.profile)?;
        Module::VECTORS.bind(&arguments.profile, &arguments.out.join("vectors"))?;
    }
    script::compile(&package)?;
    pack::lay_out(&package)?;
    let weights = weight::of(&package)?;
    println!("{weights}");
    if arguments.profile == "wasm" {
        weights.judge()?;
    }
    println!("{}", pack::pack(&package, &arguments.out)?);
    Ok(())
}
