//! First half: two accounts, two collections, rows of two files, queries.

use super::{READING, Scopes, claim, only, text};
use crate::{evidence::part, stage::Stage, trouble::Trouble};

const MEASUREMENTS: &[u8] = include_bytes!("../../../../demo/blood-pressure.csv");
const MEASUREMENT: &[u8] = include_bytes!("../../../../demo/blood-pressure.definition.json");
const OBSERVATIONS: &[u8] = include_bytes!("../../../../demo/observations.json");
const OBSERVATION: &[u8] = include_bytes!("../../../../demo/observations.definition.json");

/// A row that no device wrote: systolic is a word, the time is missing.
const FAULTY: &[u8] = b"device_reading,taken_at,systolic,diastolic,pulse,place,note\n\
    BP-000900,2026-07-01T07:20:00Z,121,80,60,home,\n\
    BP-000901,,high,80,61,home,typed by hand\n";

/// Bob makes an account, and reads his fingerprint aloud.
pub(super) fn bob_signs_up(stage: &mut Stage) -> Result<String, Trouble> {
    stage.screen.heading("Dr Bob signs up")?;
    stage.screen.say("The password never leaves his machine: OPAQUE proves it without sending it.")?;
    stage.bob.types(&stage.screen, &["sign-up", "bob"])?;
    let said = stage.bob.types(&stage.screen, &["whoami", "--json"])?;
    text(&said.json()?, "/fingerprint")
}

/// Ada makes an account.
pub(super) fn ada_signs_up(stage: &mut Stage) -> Result<(), Trouble> {
    stage.screen.heading("Ada signs up")?;
    stage
        .screen
        .say("The recovery phrase has opened the account once, on her machine, before it is shown.")?;
    let said = stage.ada.types(&stage.screen, &["sign-up", "ada"])?;
    claim(said.has("24 "), "the recovery phrase was shown")
}

/// Ada makes two collections from definitions: JSON Schemas, and what can be queried.
pub(super) fn ada_defines(stage: &mut Stage) -> Result<Scopes, Trouble> {
    stage.screen.heading("Ada defines two collections")?;
    stage.screen.say("A definition is one or more JSON Schemas, and beside them which fields can be asked for. It is stored encrypted too.")?;
    stage.ada.bring("blood-pressure.definition.json", MEASUREMENT)?;
    stage.ada.bring("observations.definition.json", OBSERVATION)?;
    let (ada, screen) = (&stage.ada, &stage.screen);
    ada.types(screen, &["define", "blood-pressure.definition.json"])?;
    let said = ada.types(screen, &["define", "observations.definition.json", "--json"])?;
    ada.types(screen, &["describe", "blood-pressure"])?;
    Ok(Scopes { observations: part(&said.json()?, "/collection")? })
}

/// Ada imports her files. Answers with how many records that made.
pub(super) fn ada_imports(stage: &mut Stage) -> Result<usize, Trouble> {
    stage.screen.heading("Ada imports her files")?;
    stage.ada.bring("faulty.csv", FAULTY)?;
    stage.ada.bring("blood-pressure.csv", MEASUREMENTS)?;
    stage.ada.bring("observations.json", OBSERVATIONS)?;
    let (ada, screen) = (&stage.ada, &stage.screen);
    screen.say("Every row is checked before anything is encrypted or sent. A file with a faulty row is refused, with the places at fault:")?;
    let said = ada.types_in_vain(screen, &["import", "faulty.csv", "--to", "blood-pressure"], 1)?;
    claim(said.has("/systolic") && said.has("line 3"), "the faulty row and field are named")?;
    ada.types(screen, &["import", "blood-pressure.csv", "--to", "blood-pressure"])?;
    ada.types(screen, &["import", "observations.json", "--to", "observations"])?;
    let count = |collection: &str| -> Result<usize, Trouble> {
        let said = ada.quietly(&["query", collection, "--all", "--json"])?.json()?;
        Ok(said.as_array().map_or(0, Vec::len))
    };
    let rows = MEASUREMENTS.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count() - 1;
    let (measurements, observations) = (count("blood-pressure")?, count("observations")?);
    claim(measurements == rows, "every row of the CSV file is a record, and none of the faulty file")?;
    claim(observations == 3, "every observation is a record")?;
    Ok(measurements + observations)
}

/// Ada asks for records.
pub(super) fn ada_queries(stage: &mut Stage) -> Result<(), Trouble> {
    stage.screen.heading("Ada queries")?;
    let (ada, screen) = (&stage.ada, &stage.screen);
    ada.types(
        screen,
        &["query", "blood-pressure", "--where", "/place=pharmacy", "--newest-first", "--limit", "4"],
    )?;
    screen.say("")?;
    screen.say("How was that asked, when the server cannot read? By blind index tokens, made here:")?;
    ada.types(screen, &["explain", "blood-pressure", "--where", "/place=pharmacy", "--newest-first"])?;
    let said = ada.types(
        screen,
        &["query", "blood-pressure", "--where", &format!("/device_reading={READING}"), "--json"],
    )?;
    claim(
        text(only(&said.json()?)?, "/data/device_reading")? == READING,
        "the reading asked for is the one found",
    )
}
