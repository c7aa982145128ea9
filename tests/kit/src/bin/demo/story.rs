//! The story, step by step. What is shown is what the programs printed; what is claimed is checked first.

mod sharing;
mod storing;

use crate::{evidence::part, stage::Stage, trouble::Trouble};
use pryv_wire::{PrincipalId, RecordId, ScopeId};
use serde_json::Value;

/// What was shown, in numbers.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) steps: usize,
    pub(crate) records: usize,
    pub(crate) needles: usize,
    pub(crate) scanned: usize,
    pub(crate) hits: usize,
}

/// The reading of Ada's device that the story follows.
const READING: &str = "BP-000009";

/// Plays everything.
pub(crate) fn tell(stage: &mut Stage) -> Result<Told, Trouble> {
    let mut told = Told::default();
    stage.screen.heading("A server of one's own")?;
    stage.screen.say(&format!(
        "{} runs with an empty folder. It will see names, sizes and times, and nothing that anybody writes.",
        stage.server.url()
    ))?;
    let fingerprint = storing::bob_signs_up(stage)?;
    storing::ada_signs_up(stage)?;
    let scopes = storing::ada_defines(stage)?;
    told.records += storing::ada_imports(stage)?;
    storing::ada_queries(stage)?;
    let access = sharing::ada_grants(stage, &fingerprint)?;
    let record = sharing::bob_reads(stage)?;
    sharing::bob_tries_more(stage, &record, scopes.observations)?;
    sharing::side_by_side(stage, &record, &mut told)?;
    told.records += sharing::ada_adds(stage, "BP-000241", 240)?;
    sharing::ada_revokes(stage, &access)?;
    sharing::bob_is_refused(stage, &record)?;
    told.records += sharing::ada_goes_on(stage)?;
    told.steps = stage.screen.steps();
    Ok(told)
}

/// Ada's collections.
#[derive(Debug)]
struct Scopes {
    observations: ScopeId,
}

/// The record that the story follows.
#[derive(Debug)]
struct Followed {
    account: PrincipalId,
    scope: ScopeId,
    id: RecordId,
}

/// Fails with words if something is not as the story claims.
fn claim(holds: bool, words: &str) -> Result<(), Trouble> {
    if holds { Ok(()) } else { Err(Trouble::new(format!("this does not hold: {words}"))) }
}

/// The one record of a list that `pryv query --json` printed.
fn only(list: &Value) -> Result<&Value, Trouble> {
    match list.as_array().map(Vec::as_slice) {
        Some([record]) => Ok(record),
        _ => Err(Trouble::new(format!("one record was expected, and this came: {list}"))),
    }
}

/// A text inside a JSON value.
fn text(value: &Value, pointer: &str) -> Result<String, Trouble> {
    part(value, pointer)
}
