//! Second half: a grant, what each side sees, a revoke.

use super::{Followed, READING, Told, claim, only, text};
use crate::{
    evidence::{self, Answer, Disk, Place, part},
    hex,
    stage::Stage,
    trouble::Trouble,
};
use pryv_wire::{ErrorCode, ScopeId};
use serde_json::{Value, json};

/// How many bytes of the envelope are shown.
const SHOWN: usize = 160;

/// Ada lets Bob read one collection.
pub(super) fn ada_grants(stage: &mut Stage, fingerprint: &str) -> Result<String, Trouble> {
    stage.screen.heading("Ada lets Dr Bob read her blood pressure, and nothing else")?;
    stage.screen.say(
        "Bob read his fingerprint to her on the telephone: so she knows that the keys are his, whatever the server says. \
         Nothing is encrypted again: the server gets a key that can turn, and not open.",
    )?;
    let said = stage.ada.types(
        &stage.screen,
        &[
            "grant",
            "--to",
            "bob",
            "--on",
            "blood-pressure",
            "--level",
            "read",
            "--name",
            "For Dr Bob",
            "--purpose",
            "Follow-up of my treatment",
            "--until",
            "90d",
            "--fingerprint",
            fingerprint,
        ],
    )?;
    claim(said.has("the one you were told"), "the fingerprint was compared")?;
    let accesses = stage.ada.quietly(&["accesses", "--json"])?.json()?;
    text(only(&accesses)?, "/id")
}

/// Bob finds what he was granted, and reads.
pub(super) fn bob_reads(stage: &mut Stage) -> Result<Followed, Trouble> {
    stage.screen.heading("Dr Bob reads")?;
    let (bob, screen) = (&stage.bob, &stage.screen);
    bob.types(screen, &["received"])?;
    let said =
        bob.types(screen, &["query", "blood-pressure", "--from", "ada", "--newest-first", "--limit", "3"])?;
    claim(said.has("BP-000240"), "Bob sees Ada's last reading, written before the grant")?;
    let found = bob
        .quietly(&["query", "blood-pressure", "--from", "ada", "--where", &reading(), "--json"])?
        .json()?;
    let described = bob.quietly(&["describe", "blood-pressure", "--from", "ada", "--json"])?.json()?;
    Ok(Followed {
        account: part(&described, "/owner")?,
        scope: part(&described, "/collection")?,
        id: part(only(&found)?, "/id")?,
    })
}

fn reading() -> String {
    format!("/device_reading={READING}")
}

/// Bob asks for what he was not granted, by the client and past it.
pub(super) fn bob_tries_more(stage: &mut Stage, record: &Followed, other: ScopeId) -> Result<(), Trouble> {
    stage.screen.heading("Dr Bob tries the laboratory observations")?;
    let (bob, screen) = (&stage.bob, &stage.screen);
    bob.types_in_vain(screen, &["query", "observations", "--from", "ada"], 3)?;
    let place = Place { account: record.account, scope: other, record: record.id };
    match evidence::ask(&stage.server.url(), bob, &place)? {
        Answer::Refused(problem) => {
            claim(problem.code == ErrorCode::NotFound, "the server does not even say that it exists")?;
            screen.say("")?;
            screen.say(&format!(
                "It is not the client that is polite: the same question put straight to the server, with Bob's own token, \
                 is answered `{}`.",
                problem.code.as_str()
            ))
        }
        Answer::Envelope(_) => Err(Trouble::new("the server gave Bob a record that he was not granted")),
    }
}

/// The same record, three times.
pub(super) fn side_by_side(stage: &mut Stage, record: &Followed, told: &mut Told) -> Result<(), Trouble> {
    stage.screen.heading("One record, seen by three")?;
    let screen = &stage.screen;
    let id = record.id.to_string();
    screen.say("What Ada sees:")?;
    let ada = stage.ada.types(screen, &["get", "blood-pressure", &id])?.json()?;
    screen.say("")?;
    screen.say("What Bob sees:")?;
    let bob = stage.bob.types(screen, &["get", "blood-pressure", &id, "--from", "ada"])?.json()?;
    let (data, version) = (part::<Value>(&ada, "/data")?, part::<u64>(&ada, "/version")?);
    claim(
        data == part::<Value>(&bob, "/data")? && version == part::<u64>(&bob, "/version")?,
        "both see the same",
    )?;

    screen.say("")?;
    screen.say("What the server has, and gives to whoever may read the record:")?;
    let place = Place { account: record.account, scope: record.scope, record: record.id };
    let Answer::Envelope(envelope) = evidence::ask(&stage.server.url(), &stage.ada, &place)? else {
        return Err(Trouble::new("the server refused Ada her own record"));
    };
    screen.answer(&evidence::describe(&envelope)?)?;
    screen.answer(&hex::dump(&envelope, SHOWN))?;
    screen.answer(&format!(
        "the content was {} bytes of JSON; padding hides that number",
        data.to_string().len()
    ))?;
    scan(stage, record, &data, &envelope, told)
}

/// Looks for the record in everything that the server keeps.
fn scan(
    stage: &Stage,
    record: &Followed,
    data: &Value,
    envelope: &[u8],
    told: &mut Told,
) -> Result<(), Trouble> {
    let screen = &stage.screen;
    let mut needles: Vec<String> =
        vec![data.to_string(), "https://example.org/definitions/blood-pressure".to_owned()];
    for (field, value) in data.as_object().into_iter().flatten() {
        // Short texts and numbers occur in any random bytes, so finding them would prove nothing.
        needles.extend(
            [field.clone(), value.as_str().unwrap_or_default().to_owned()]
                .into_iter()
                .filter(|text| text.len() >= 6),
        );
    }
    needles.push("Follow-up of my treatment".to_owned());
    let disk = Disk::read(stage.server.files())?;
    screen.say("")?;
    screen.say(&format!(
        "And in everything that it keeps, its log included ({} files, {} bytes), each of these is looked for:",
        disk.files(),
        disk.bytes()
    ))?;
    for needle in &needles {
        let hits = disk.count(needle.as_bytes());
        told.hits += hits;
        let short: String = needle.chars().take(60).collect();
        let more = if short.len() < needle.len() { "…" } else { "" };
        screen.answer(&format!("{hits:>4} times  {short}{more}"))?;
    }
    told.needles = needles.len();
    told.scanned = disk.bytes();
    claim(told.hits == 0, "nothing of the record is on the server's disk in plain text")?;
    // A scan that finds nothing proves something only if it finds what is there.
    let (id, start) = (disk.count(record.id.as_bytes()), disk.count(envelope.get(..64).unwrap_or(envelope)));
    screen.answer(&format!("{id:>4} times  the record's id, which the server must know"))?;
    screen.answer(&format!("{start:>4} times  the first 64 bytes of the envelope shown above"))?;
    claim(id > 0 && start > 0, "the scan finds what is there")
}

/// Ada measures again, after the grant.
pub(super) fn ada_adds(stage: &mut Stage, name: &str, before: usize) -> Result<usize, Trouble> {
    stage.screen.heading("Ada measures again: Dr Bob sees it")?;
    let written = create(stage, name, 128)?;
    let said = stage.bob.types(
        &stage.screen,
        &["query", "blood-pressure", "--from", "ada", "--newest-first", "--limit", "2"],
    )?;
    claim(said.has(name), "Bob sees what was written after the grant")?;
    let all = stage.bob.quietly(&["query", "blood-pressure", "--from", "ada", "--all", "--json"])?.json()?;
    claim(all.as_array().is_some_and(|all| all.len() == before + written), "Bob sees all of it")?;
    Ok(written)
}

fn create(stage: &Stage, name: &str, systolic: u32) -> Result<usize, Trouble> {
    let measurement = json!({
        "device_reading": name, "taken_at": "2026-06-29T07:12:00Z", "systolic": systolic, "diastolic": 82, "place": "home"
    });
    let file = format!("{name}.json");
    stage.ada.bring(&file, measurement.to_string().as_bytes())?;
    stage.ada.types_with(&stage.screen, &["create", "blood-pressure"], &file)?;
    Ok(1)
}

/// Ada ends the access.
pub(super) fn ada_revokes(stage: &mut Stage, access: &str) -> Result<(), Trouble> {
    stage.screen.heading("Ada ends the access")?;
    let (ada, screen) = (&stage.ada, &stage.screen);
    let said = ada.types(screen, &["accesses"])?;
    claim(said.has("served    keys of blood-pressure"), "Ada sees that keys were given out")?;
    screen.say("")?;
    screen.say("The receipt says what was achieved, and what no revocation achieves:")?;
    ada.types(screen, &["revoke", access])?;
    Ok(())
}

/// Bob asks again, by the client and past it.
pub(super) fn bob_is_refused(stage: &mut Stage, record: &Followed) -> Result<(), Trouble> {
    stage.screen.heading("Dr Bob is refused")?;
    let (bob, screen) = (&stage.bob, &stage.screen);
    let said = bob.types_in_vain(screen, &["query", "blood-pressure", "--from", "ada"], 3)?;
    claim(said.has("revoked"), "the words say why")?;
    bob.types(screen, &["received"])?;
    let place = Place { account: record.account, scope: record.scope, record: record.id };
    match evidence::ask(&stage.server.url(), bob, &place)? {
        Answer::Refused(problem) => {
            screen.say("")?;
            screen
                .say(&format!("Straight from the server, with Bob's own token: `{}`.", problem.code.as_str()))
        }
        Answer::Envelope(_) => Err(Trouble::new("the server still gives Bob records")),
    }
}

/// Ada reads and writes as before.
pub(super) fn ada_goes_on(stage: &mut Stage) -> Result<usize, Trouble> {
    stage.screen.heading("Ada goes on")?;
    let written = create(stage, "BP-000242", 124)?;
    let said =
        stage.ada.types(&stage.screen, &["query", "blood-pressure", "--newest-first", "--limit", "3"])?;
    claim(said.has("BP-000242") && said.has("BP-000241"), "Ada reads old and new records")?;
    Ok(written)
}
