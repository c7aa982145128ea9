//! `pryv export`: everything that can be read, in plain files, with the accesses as evidence.

use super::{access, record};
use crate::{
    failure::Failure,
    lookup, moment,
    output::Output,
    session::Opened,
    session_file::{private_file, private_folder},
};
use pryv_sdk::{Access, AccessStatus, Account, Clock, Collection, Page, State, SystemClock};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

/// Records that are asked for at once.
const PAGE: u32 = 500;

/// `pryv export`.
pub(super) async fn export(opened: &Opened, folder: &Path, output: &mut Output) -> Result<(), Failure> {
    let account = &opened.account;
    prepare(folder)?;
    let mut counts = Vec::new();
    for collection in account.collections().await? {
        counts.push(write_collection(&collection, &folder.join("collections"), output).await?);
    }
    counts.extend(write_received(account, folder, output).await?);
    let granted = account.granted().await?;
    let received = account.received().await?;
    let accesses = json!({
        "granted": granted.iter().map(|granted| evidence(&granted.access)).collect::<Vec<_>>(),
        "received": received.iter().map(|received| evidence(&received.access)).collect::<Vec<_>>(),
    });
    write_json(&folder.join("accesses.json"), &accesses)?;
    let summary = json!({
        "username": account.username(),
        "id": account.id(),
        "fingerprint": account.fingerprint().to_string(),
        "server": opened.server,
        "exported_at": moment::format(SystemClock.now().as_millis()),
        "collections": counts,
    });
    write_json(&folder.join("account.json"), &summary)?;
    output.result(&summary, || {
        let records: u64 = counts.iter().filter_map(|count| count.get("records")?.as_u64()).sum();
        format!(
            "{records} records of {} collections are in `{}`.\nThese files are not encrypted: whoever reads the folder reads them.",
            counts.len(),
            folder.display()
        )
    })
}

/// An access with the signed statements: whoever has the grantor's card can check them without the server.
fn evidence(access: &Access) -> Value {
    json!({ "access": access::value(access), "statement": access.statement, "revocation": access.revocation })
}

/// A folder that is new or empty, for its owner alone.
fn prepare(folder: &Path) -> Result<(), Failure> {
    let failed = |error: &_| unwritable(folder, error);
    private_folder().create(folder).map_err(|error| failed(&error))?;
    if fs::read_dir(folder).map_err(|error| failed(&error))?.next().is_some() {
        return Err(Failure::new("folder-not-empty", format!("`{}` is not empty", folder.display()))
            .next("name a new folder: an export overwrites nothing"));
    }
    Ok(())
}

/// Collections of others, as far as they open.
async fn write_received(
    account: &Account,
    folder: &Path,
    output: &mut Output,
) -> Result<Vec<Value>, Failure> {
    let mut counts = Vec::new();
    let mut seen = Vec::new();
    for received in account.received().await? {
        let reads = received.access.scopes.iter().filter(|scoped| scoped.level.reads());
        if !matches!(received.access.status, AccessStatus::Active) {
            continue;
        }
        for scoped in reads {
            if seen.contains(&scoped.scope) {
                continue;
            }
            let collection = received.open(scoped.scope).await?;
            let place = folder.join("received").join(received.access.grantor.to_string());
            counts.push(write_collection(&collection, &place, output).await?);
            seen.push(scoped.scope);
        }
    }
    Ok(counts)
}

/// One collection: its definition, and one record a line.
async fn write_collection(
    collection: &Collection,
    folder: &Path,
    output: &mut Output,
) -> Result<Value, Failure> {
    let definition = collection.definition();
    let scope = collection.scope().to_string();
    let folder = folder.join(folder_name(&definition.uri, &scope));
    private_folder().create(&folder).map_err(|error| unwritable(&folder, &error))?;
    write_json(&folder.join("definition.json"), &json!(*definition))?;
    let path = folder.join("records.ndjson");
    let file = private_file().open(&path).map_err(|error| unwritable(&path, &error))?;
    let mut file = BufWriter::new(file);
    let (mut records, mut unusable) = (0_u64, 0_u64);
    let mut after = None;
    loop {
        let mut query = collection.query().state(State::All).limit(PAGE);
        if let Some(cursor) = after.take() {
            query = query.page(cursor);
        }
        let page: Page<Value> = query.fetch().await?;
        for record in &page.records {
            writeln!(file, "{}", record::value(record)).map_err(|error| unwritable(&path, &error))?;
            records += 1;
        }
        for rejected in &page.rejected {
            unusable += 1;
            output
                .remark(&format!("a record of `{}` cannot be used: {}", definition.uri, rejected.reason))?;
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    file.into_inner()
        .map_err(std::io::IntoInnerError::into_error)
        .and_then(|file| file.sync_all())
        .map_err(|error| unwritable(&path, &error))?;
    output.remark(&format!("  {records} records of `{}`", lookup::short_name(&definition.uri)))?;
    Ok(
        json!({ "uri": definition.uri, "collection": scope, "owner": collection.owner(), "records": records, "unusable": unusable }),
    )
}

/// A name that every file system takes, and that no definition can choose to be another folder's.
fn folder_name(uri: &str, scope: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
    let name: String = lookup::short_name(uri).chars().map(plain).take(60).collect();
    format!("{name}-{}", scope.get(..8).unwrap_or(scope))
}

fn write_json(path: &PathBuf, value: &Value) -> Result<(), Failure> {
    private_file()
        .open(path)
        .and_then(|mut file| writeln!(file, "{value:#}").and_then(|()| file.sync_all()))
        .map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::io(format!("`{}` cannot be written", path.display()), error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_cannot_choose_its_folder() {
        assert_eq!(folder_name("https://x.org/blood-pressure", "abcdefghijk"), "blood-pressure-abcdefgh");
        assert_eq!(folder_name("urn:..", "abcdefghijk"), "---abcdefgh");
        assert_eq!(folder_name("x/\u{1b}é\\", "abcdefghijk"), "----abcdefgh");
    }

    #[test]
    fn an_export_overwrites_nothing() {
        let folder = tempfile::tempdir().unwrap();
        prepare(&folder.path().join("new")).unwrap();
        assert_eq!(prepare(folder.path()).unwrap_err().code(), "folder-not-empty");
    }
}
