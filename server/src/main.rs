//! The server as one file: reads its settings, serves, stops.

use std::{
    io::{self, Write as _},
    panic,
    process::ExitCode,
};

fn main() -> ExitCode {
    // The place of a panic is for the log, what it says may not be: it can hold what a caller sent.
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a thread panicked");
    }));
    match pryv_server::command::run(std::env::args_os(), std::env::vars()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // When standard error is gone, the exit code still tells.
            let _said = writeln!(io::stderr(), "pryv-server: {}", failure.message);
            ExitCode::from(failure.exit)
        }
    }
}
