//! Programs that are run.

use crate::failure::Failure;
use std::process::Command;

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command, remedy: &'static str) -> Result<(), Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    eprintln!("$ {command:?}");
    let status =
        command.status().map_err(|source| Failure::Start { program: program.clone(), remedy, source })?;
    if status.success() { Ok(()) } else { Err(Failure::Exit { program }) }
}
