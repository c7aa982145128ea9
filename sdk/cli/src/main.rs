//! `pryv`: the command line client, on top of the SDK. What it does with data is the SDK's; here is how it is asked and shown.

mod arguments;
mod commands;
mod condition;
mod config_folder;
mod failure;
mod lookup;
mod meter;
mod moment;
mod output;
mod qr;
mod rows;
mod secret_input;
mod session;
mod session_file;
mod table;
mod trouble;
mod typing;
mod visible;

use arguments::Arguments;
use clap::Parser;
use failure::Failure;
use output::Output;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut output = Output::standard(arguments.common.json, arguments.common.quiet);
    match run(arguments, &mut output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(arguments: Arguments, output: &mut Output) -> Result<(), Failure> {
    let folder = config_folder::sessions(|name| std::env::var_os(name))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::io("the program could not start", &error))?;
    runtime.block_on(commands::run(arguments, folder, output))
}
