//! The demo: Ada keeps her measurements, lets Dr Bob read some of them, and ends it. Every command is the real `pryv`
//! against a real server, started for this and thrown away behind it.

mod closing;
mod evidence;
mod hex;
mod interrupt;
mod player;
mod screen;
mod server;
mod stage;
mod story;
mod trouble;

use stage::Stage;
use std::{io::Write, process::ExitCode};
use trouble::Trouble;

fn main() -> ExitCode {
    let mut stage = None;
    let played = play(&mut stage);
    let Err(trouble) = played else { return ExitCode::SUCCESS };
    let step = stage.as_ref().map_or("before the first step", |stage: &Stage| stage.screen.step());
    let log = stage.as_ref().map(Stage::log).unwrap_or_default();
    // There is nowhere to say that this could not be said; the exit code still tells.
    let _unheard = writeln!(std::io::stderr(), "\nThe demo failed at: {step}\n  {trouble}{log}");
    ExitCode::FAILURE
}

fn play(place: &mut Option<Stage>) -> Result<(), Trouble> {
    let stage = place.insert(Stage::set()?);
    let told = story::tell(stage)?;
    closing::curtain(stage, &told)?;
    if stage.screen.is_watched() {
        closing::stay_open(stage)?;
    }
    Ok(())
}
