//! Programs started, shown and listened to.

use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::failure::Failure;

/// Runs `command`, its output going where ours goes.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let shown = announce(command);
    let status = command.status().map_err(|source| Failure::Start { command: shown.clone(), source })?;
    succeeded(shown, status)
}

/// Runs `command` quietly and gives what it wrote to its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String, Failure> {
    let shown = shown(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|source| Failure::Start { command: shown.clone(), source })?;
    succeeded(shown, output.status)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether `command` starts and succeeds; what it writes is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Runs `command` with its output passed through line by line; lines that `keep` wants are added to `kept`,
/// also when the command fails.
pub(crate) fn run_listening(
    command: &mut Command,
    keep: impl FnMut(&str) -> bool + Send,
    kept: &mut Vec<String>,
) -> Result<(), Failure> {
    if io::stderr().is_terminal() {
        // It writes into a pipe of ours, which hides the terminal from it.
        command.env("CARGO_TERM_COLOR", "always");
    }
    let shown = announce(command);
    let start = |source| Failure::Start { command: shown.clone(), source };
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(start)?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let listener = Mutex::new((keep, kept));
    thread::scope(|scope| {
        scope.spawn(|| pass_on(out, &mut io::stdout(), &listener));
        scope.spawn(|| pass_on(err, &mut io::stderr(), &listener));
    });
    let status = child.wait().map_err(start)?;
    succeeded(shown, status)
}

/// Replaces this process by `command`, so that signals and the exit status are its own.
#[cfg(unix)]
pub(crate) fn become_process(command: &mut Command) -> Result<(), Failure> {
    use std::os::unix::process::CommandExt as _;
    let shown = announce(command);
    Err(Failure::Start { command: shown, source: command.exec() })
}

/// Runs `command`: this system cannot replace a process.
#[cfg(not(unix))]
pub(crate) fn become_process(command: &mut Command) -> Result<(), Failure> {
    run(command)
}

type Listener<'a, K> = Mutex<(K, &'a mut Vec<String>)>;

fn pass_on<K: FnMut(&str) -> bool>(from: Option<impl Read>, to: &mut impl Write, listener: &Listener<'_, K>) {
    let Some(from) = from else { return };
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        // When nobody reads our output any more, the command's lines are still listened to.
        let _ = to.write_all(&line);
        let text = without_colours(&String::from_utf8_lossy(&line));
        let text = text.trim();
        let mut listener = listener.lock().unwrap_or_else(PoisonError::into_inner);
        let (keep, kept) = &mut *listener;
        if keep(text) {
            kept.push(text.to_owned());
        }
        line.clear();
    }
}

/// `text` without the escape sequences that colour a terminal: ESC `[` … letter.
fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(next) = rest.next() {
        if next == '\u{1b}' {
            rest.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(next);
        }
    }
    plain
}

fn announce(command: &Command) -> String {
    let shown = shown(command);
    eprintln!("    $ {shown}");
    shown
}

fn shown(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let program = program.rsplit('/').next().unwrap_or_default().to_owned();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once(program).chain(arguments).collect::<Vec<_>>().join(" ")
}

fn succeeded(command: String, status: ExitStatus) -> Result<(), Failure> {
    if status.success() { Ok(()) } else { Err(Failure::Exit { command, status }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_from_both_streams_even_of_a_failing_command() {
        let mut kept = Vec::new();
        let mut command = Command::new("sh");
        command.args(["-c", "echo keep out; echo drop; printf '\\033[31mkeep err\\033[0m\\n' >&2; exit 3"]);
        let failed = run_listening(&mut command, |line| line.starts_with("keep"), &mut kept);
        kept.sort();
        assert_eq!(kept, ["keep err", "keep out"]);
        assert!(matches!(failed, Err(Failure::Exit { status, .. }) if status.code() == Some(3)));
    }

    #[test]
    fn a_program_that_is_not_there_is_a_failure_to_start() {
        let absent = run(&mut Command::new("no-such-program-anywhere"));
        assert!(matches!(absent, Err(Failure::Start { .. })));
    }
}
