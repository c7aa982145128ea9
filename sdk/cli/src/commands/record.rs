//! Commands about one record and those around it: create, get, update, delete, related.

use super::term;
use crate::{
    arguments::{self, Create, File, Related, Target, Update},
    failure::{Exit, Failure},
    lookup,
    meter::Meter,
    moment,
    output::Output,
    rows, table, trouble,
    visible::visible,
};
use pryv_sdk::{
    Account, History, PrincipalId, Record, Uri, Validity,
    account::FaultyReference,
    collection::{Edge, Neighbour, Version, WriteError},
    definition::Fault,
};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A record as JSON.
pub(super) fn value(record: &Record<Value>) -> Value {
    let mut value = json!({
        "id": record.id,
        "version": record.version,
        "author": record.author,
        "written_at": moment::format(record.written_at.as_millis()),
        "valid": record.validity.is_valid(),
        "trashed": record.is_trashed(),
        "terms": record.terms.iter().map(|filed| filed.at.term).collect::<Vec<_>>(),
        "data": record.data,
    });
    if let (Validity::Invalid { faults }, Value::Object(object)) = (&record.validity, &mut value) {
        object.insert("faults".to_owned(), faults.iter().map(fault_value).collect());
    }
    value
}

/// A fault as JSON.
pub(super) fn fault_value(fault: &Fault) -> Value {
    json!({ "pointer": fault.pointer, "rule": fault.rule, "expected": fault.expected })
}

/// `pryv create`.
pub(super) async fn create(account: &Account, create: &Create, output: &mut Output) -> Result<(), Failure> {
    let collection = lookup::collection(account, &create.collection).await?;
    let terms = term::named(account, &create.term).await?;
    let terms = terms.iter().map(|(_, term)| term);
    let record = collection.create_in(terms, rows::read_value(&create.file)?).await?;
    output.result(&json!({ "id": record.id, "version": record.version }), || {
        format!("Record {} is written, version {}.", record.id, record.version)
    })
}

/// `pryv file`.
pub(super) async fn file(account: &Account, wanted: &File, output: &mut Output) -> Result<(), Failure> {
    let collection = lookup::collection(account, &wanted.target.collection).await?;
    let terms = term::named(account, &wanted.term).await?;
    let record = collection.get::<Value>(lookup::record(&wanted.target.record)?).await?;
    let filed = collection.file(&record, terms.iter().map(|(_, term)| term)).await?;
    output.result(&value(&filed), || {
        format!("Record {} is filed under {} terms, version {}.", filed.id, filed.terms.len(), filed.version)
    })
}

/// `pryv get`.
pub(super) async fn get(account: &Account, target: &Target, output: &mut Output) -> Result<(), Failure> {
    let collection = lookup::collection(account, &target.collection).await?;
    let record = collection.get::<Value>(lookup::record(&target.record)?).await?;
    let mut value = value(&record);
    if let Value::Object(object) = &mut value {
        object.insert("pryv_uri".to_owned(), collection.instance_uri(record.id).to_string().into());
    }
    if let (Value::Object(object), Some(name), false) =
        (&mut value, name(account, record.author), output.is_json())
    {
        object.insert("author".to_owned(), name.into());
    }
    output.value(&value)
}

/// `pryv history`.
pub(super) async fn history(account: &Account, target: &Target, output: &mut Output) -> Result<(), Failure> {
    let collection = lookup::collection(account, &target.collection).await?;
    let record = lookup::record(&target.record)?;
    let history = collection.history::<Value>(record).await?;
    let uri = |number| collection.version_uri(record, number).to_string();
    let values: Vec<Value> =
        history.versions.iter().map(|shown| version(shown, &uri(shown.number()))).collect();
    output.value(&json!({ "versions": values, "complete": history.complete }))?;
    if history.complete {
        return Ok(());
    }
    output.remark(match collection.definition().history {
        History::None => "The collection keeps the present version only.",
        History::Versions => "Earlier versions went with the deletion, or lie before your access.",
        _ => "Earlier versions lie before your access.",
    })
}

fn version(version: &Version<Value>, uri: &str) -> Value {
    let mut shown = match version {
        Version::Record(record) => value(record),
        Version::Deleted { version, at, by, .. } => {
            json!({ "version": version, "deleted": true, "author": by, "written_at": moment::format(at.as_millis()) })
        }
        _ => json!({ "version": version.number() }),
    };
    if let Some(object) = shown.as_object_mut() {
        object.insert("pryv_uri".to_owned(), uri.into());
    }
    shown
}

/// What a principal is called, if it is known here.
fn name(account: &Account, principal: PrincipalId) -> Option<String> {
    if principal == account.id() {
        Some(account.username().to_owned())
    } else {
        account.username_of(principal)
    }
}

/// `pryv update`.
pub(super) async fn update(account: &Account, update: &Update, output: &mut Output) -> Result<(), Failure> {
    let collection = lookup::collection(account, &update.target.collection).await?;
    let data = rows::read_value(&update.file)?;
    let record = collection.get::<Value>(lookup::record(&update.target.record)?).await?;
    if let Some(version) = update.version.filter(|version| *version != record.version) {
        return Err(Failure::new(
            "version-conflict",
            format!("the record is at version {}, and you changed version {version}", record.version),
        )
        .next("read it again with `pryv get`, and repeat the change on what is there now")
        .exit(Exit::Conflict));
    }
    let record = collection.update(&record, data).await?;
    output.result(&json!({ "id": record.id, "version": record.version }), || {
        format!("Record {} is now at version {}.", record.id, record.version)
    })
}

/// `pryv trash`.
pub(super) async fn trash(account: &Account, target: &Target, output: &mut Output) -> Result<(), Failure> {
    let collection = lookup::collection(account, &target.collection).await?;
    let record = collection.get::<Value>(lookup::record(&target.record)?).await?;
    let record = collection.trash(&record).await?;
    output.result(&json!({ "id": record.id, "version": record.version, "trashed": true }), || {
        format!(
            "Record {} is put away, version {}; `pryv restore` brings it back.",
            record.id, record.version
        )
    })
}

/// `pryv restore`.
pub(super) async fn restore(account: &Account, target: &Target, output: &mut Output) -> Result<(), Failure> {
    let collection = lookup::collection(account, &target.collection).await?;
    let record = collection.get::<Value>(lookup::record(&target.record)?).await?;
    let record = collection.restore(&record).await?;
    output.result(&json!({ "id": record.id, "version": record.version, "trashed": false }), || {
        format!("Record {} is back, version {}.", record.id, record.version)
    })
}

/// `pryv deleted`.
pub(super) async fn deleted(
    account: &Account,
    wanted: &arguments::Collection,
    output: &mut Output,
) -> Result<(), Failure> {
    let collection = lookup::collection(account, wanted).await?;
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = collection.deleted(after.take()).await?;
        for rejected in &page.rejected {
            let id = rejected.record.map_or_else(|| "a record".to_owned(), |id| format!("record {id}"));
            output.remark(&format!("{id} cannot be used: {}", rejected.reason))?;
        }
        for one in &page.deleted {
            let by = name(account, one.by).unwrap_or_else(|| one.by.to_string());
            all.push(json!({ "id": one.id, "version": one.version, "by": by, "at": moment::format(one.at.as_millis()) }));
        }
        after = page.next;
        if after.is_none() {
            return output.value(&all.into());
        }
    }
}

/// `pryv delete`.
pub(super) async fn delete(account: &Account, target: &Target, output: &mut Output) -> Result<(), Failure> {
    let collection = lookup::collection(account, &target.collection).await?;
    let record = collection.get::<Value>(lookup::record(&target.record)?).await?;
    let done = collection.delete(&record).await?;
    let texts = |uris: &[Uri]| uris.iter().map(ToString::to_string).collect::<Vec<_>>();
    let value = json!({
        "deleted": record.id,
        "cascaded": texts(&done.cascaded),
        "detached": texts(&done.detached),
        "dangling": texts(&done.dangling),
        "hidden": done.hidden,
    });
    output.result(&value, || {
        let mut text = format!("Record {} is deleted.", record.id);
        for (uris, what) in [
            (&done.cascaded, "deleted with it, because it referred to it"),
            (&done.detached, "written without its reference"),
            (&done.dangling, "refers to a record that is not there any longer"),
        ] {
            for uri in uris {
                // Writing to a string does not fail.
                let _always = write!(text, "\n{uri} ({what})");
            }
        }
        for scope in &done.hidden {
            let _always = write!(text, "\nCollection {scope} may refer to it, and you do not see that.");
        }
        text
    })
}

/// `pryv related`.
pub(super) async fn related(account: &Account, wanted: &Related, output: &mut Output) -> Result<(), Failure> {
    let collection = lookup::collection(account, &wanted.target.collection).await?;
    let record = collection.get::<Value>(lookup::record(&wanted.target.record)?).await?;
    let mut related = collection.related(&record)?.depth(wanted.depth).limit(wanted.limit);
    if wanted.outgoing {
        related = related.outgoing();
    } else if wanted.incoming {
        related = related.incoming();
    }
    for field in &wanted.fields {
        related = related.by(field);
    }
    let mut meter = Meter::new(output, "records");
    let around = related.fetch(&mut meter).await;
    meter.finish();
    let around = around?;
    let edge = |edge: &Edge| json!({ "from": edge.from.to_string(), "field": edge.field, "to": edge.to.to_string() });
    let shown = |one: &Neighbour| json!({ "uri": one.uri.to_string(), "depth": one.depth, "record": value(&one.record) });
    let all = json!({
        "records": around.records.iter().map(shown).collect::<Vec<_>>(),
        "references": around.references.iter().map(edge).collect::<Vec<_>>(),
        "missing": around.missing.iter().map(edge).collect::<Vec<_>>(),
        "hidden": around.hidden,
        "is_cut": around.is_cut,
    });
    for missing in &around.missing {
        output.remark(&format!(
            "{} refers by `{}` to a record that is not there: {}",
            missing.from,
            visible(&missing.field),
            missing.to
        ))?;
    }
    for rejected in &around.rejected {
        output.remark(&format!("a record could not be used: {}", rejected.reason))?;
    }
    for scope in &around.hidden {
        output.remark(&format!("collection {scope} may refer to these records, and cannot be asked"))?;
    }
    if around.is_cut {
        output.remark("there are more: allow more with `--limit`")?;
    }
    output.result(&all, || {
        let row = |edge: &Edge| vec![edge.from.to_string(), edge.field.clone(), edge.to.to_string()];
        let rows: Vec<_> = around.references.iter().map(row).collect();
        table::render(&["from", "by", "to"].map(str::to_owned), &rows)
    })
}

/// `pryv check-references`.
pub(super) async fn check_references(account: &Account, output: &mut Output) -> Result<(), Failure> {
    let mut meter = Meter::new(output, "records");
    let report = account.check_references(&mut meter).await;
    meter.finish();
    let report = report?;
    for rejected in &report.rejected {
        output.remark(&format!("a record could not be read: {}", rejected.reason))?;
    }
    let fault = |one: &FaultyReference| {
        json!({
            "record": one.record.to_string(),
            "field": one.field,
            "fault": one.fault.code(),
            "target": one.target.map(|uri| uri.to_string()),
        })
    };
    let faults: Vec<Value> = report.faults.iter().map(fault).collect();
    let all = json!({ "records": report.records, "references": report.references, "faults": faults });
    output.result(&all, || {
        let mut text = format!(
            "{} references of {} records: {} at fault.",
            report.references,
            report.records,
            report.faults.len()
        );
        for one in &report.faults {
            // Writing to a string does not fail.
            let _always = write!(text, "\n{} `{}`: {}", one.record, visible(&one.field), one.fault);
        }
        text
    })
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        let failure = trouble::failure(error.code(), &error);
        match error {
            WriteError::Invalid { .. } => failure.next("mend these places and repeat; nothing was sent"),
            _ => failure,
        }
    }
}
