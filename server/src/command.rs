//! The command line: `serve` (what it does when nothing is said), `config`, `backup`, `restore`.

use crate::{
    backup,
    clock::SystemClock,
    server::Server,
    settings::{self, SETTINGS, Settings},
    telemetry,
};
use clap::{Arg, ArgMatches, Command, value_parser};
use std::{
    io::{self, Write as _},
    path::PathBuf,
    sync::Arc,
};

/// Why the command failed, and the exit code that goes with it.
#[derive(Debug)]
pub struct Failure {
    /// What to say.
    pub message: String,
    /// 2: wrong usage or settings; 3: the store took no writes any more; 1: anything else.
    pub exit: u8,
}

impl Failure {
    fn of(error: &dyn std::error::Error, exit: u8) -> Self {
        Self { message: backup::chain(error), exit }
    }
}

/// The command line.
#[must_use]
pub fn command() -> Command {
    let folder = || Arg::new("folder").value_name("DIR").required(true).value_parser(value_parser!(PathBuf));
    let mut command = Command::new("pryv-server")
        .version(env!("CARGO_PKG_VERSION"))
        .about("The Pryv blob server: it stores what it cannot read")
        .subcommand(Command::new("serve").about("Serve until SIGTERM or ctrl-c (the default)"))
        .subcommand(
            Command::new("config").about("Print the effective settings, with unit and reason of each"),
        )
        .subcommand(
            Command::new("backup")
                .about("Write a backup into DIR, of a running or a stopped node")
                .arg(folder()),
        )
        .subcommand(
            Command::new("restore")
                .about("Restore the backup in DIR into an empty data directory")
                .arg(folder()),
        )
        .arg(
            Arg::new("config-file")
                .long("config")
                .value_name("FILE")
                .global(true)
                .value_parser(value_parser!(PathBuf))
                .help("Settings file (TOML); else the environment variable PRYV_SERVER_CONFIG"),
        );
    for setting in SETTINGS {
        command = command.arg(
            Arg::new(setting.name)
                .long(setting.flag())
                .value_name(setting.unit)
                .global(true)
                .allow_hyphen_values(true)
                .help(setting.why),
        );
    }
    command
}

/// Runs the command. `environment` is what the process was given.
///
/// # Errors
///
/// What failed, in words.
pub fn run(
    arguments: impl IntoIterator<Item = std::ffi::OsString>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<(), Failure> {
    let matches = match command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) if !error.use_stderr() => return say(&error.to_string()),
        Err(error) => return Err(Failure { message: error.to_string(), exit: 2 }),
    };
    let (name, inner) = matches.subcommand().unwrap_or(("serve", &matches));
    let settings = effective(inner, environment)?;
    let folder = || inner.get_one::<PathBuf>("folder").cloned().unwrap_or_default();
    match name {
        "config" => say(&settings.to_toml()),
        "backup" => {
            let done = backup::backup(&settings, &folder()).map_err(|error| Failure::of(&error, 1))?;
            say(&format!("backed up: {done}\n"))
        }
        "restore" => {
            let done = backup::restore(&settings, &folder()).map_err(|error| Failure::of(&error, 1))?;
            say(&format!("restored: {done}\n"))
        }
        _ => serve(settings),
    }
}

fn effective(
    matches: &ArgMatches,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Settings, Failure> {
    let environment: Vec<_> = environment.into_iter().collect();
    let from_environment = environment
        .iter()
        .find(|(name, _)| name == "PRYV_SERVER_CONFIG")
        .map(|(_, path)| PathBuf::from(path));
    let file = matches.get_one::<PathBuf>("config-file").cloned().or(from_environment);
    let flags = SETTINGS.iter().filter_map(|setting| {
        matches.get_one::<String>(setting.name).map(|text| (setting.name.to_owned(), text.clone()))
    });
    settings::load(file.as_deref(), environment, flags).map_err(|error| Failure::of(&error, 2))
}

fn serve(settings: Settings) -> Result<(), Failure> {
    telemetry::init(settings.log_format, &settings.log_filter)
        .map_err(|message| Failure { message, exit: 2 })?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::of(&error, 1))?;
    runtime.block_on(async {
        let clock = Arc::new(SystemClock);
        let running = Server::start(settings, clock).await.map_err(|error| Failure::of(&error, 1))?;
        let signals = Signals::listen().map_err(|error| Failure::of(&error, 1))?;
        say(&format!("listening on {}\n", running.url()))?;
        let mut unfit = false;
        tokio::select! {
            () = signals.asked_to_stop() => {}
            () = running.unfit() => unfit = true,
        }
        match running.shutdown().await {
            Ok(()) if !unfit => Ok(()),
            Ok(()) => Err(Failure { message: "the store took no writes any more".to_owned(), exit: 3 }),
            Err(error @ crate::server::StopError::Poisoned(_)) => Err(Failure::of(&error, 3)),
            Err(error) => Err(Failure::of(&error, if unfit { 3 } else { 1 })),
        }
    })
}

/// The signals that end the server, listened for from its making on: what asks it to stop as soon as it says that it
/// listens finds it ready.
#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn asked_to_stop(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn listen() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn asked_to_stop(mut self) {
        self.0.recv().await;
    }
}

fn say(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| Failure::of(&error, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn flags_are_settings_before_and_behind_the_subcommand() {
        for arguments in [
            ["pryv-server", "--limits-timeout", "9", "config"],
            ["pryv-server", "config", "--limits-timeout", "9"],
        ] {
            let matches = command().try_get_matches_from(arguments).unwrap();
            let (_, inner) = matches.subcommand().unwrap();
            assert_eq!(effective(inner, []).unwrap().limits_timeout, 9);
        }
    }
}
