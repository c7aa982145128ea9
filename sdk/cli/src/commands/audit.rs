//! Commands about the audit and the heads of one's account.

use crate::{
    arguments::{Audit, Head},
    failure::{Exit, Failure},
    lookup, moment,
    output::Output,
    session_file::private_file,
    table,
    visible::visible,
};
use pryv_sdk::{
    Account, AccountHead, Act, AuditEntry, AuditQuery, Fingerprint, HeadOrder, ScopeId, Timestamp,
    account::audit::{ExportedAudit, check_export},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs::File, io::BufReader, path::Path};

/// `pryv audit`.
pub(super) async fn audit(account: &Account, wanted: &Audit, output: &mut Output) -> Result<(), Failure> {
    if let Some(file) = &wanted.check {
        return check(account, file, output);
    }
    let query = query(account, wanted).await?;
    if let Some(path) = &wanted.export {
        let file = private_file().open(path).map_err(|error| unwritable(path, &error))?;
        let exported = query.export(&mut std::io::BufWriter::new(file)).await?;
        return output.result(&exported_value(&exported), || {
            format!(
                "{} entries of {} are in `{}`, the others as digests.\nCheck it later with `pryv audit --check`.",
                exported.entries,
                exported.end.saturating_sub(exported.begins),
                path.display()
            )
        });
    }
    let log = query.entries().await?;
    let most = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let shown = log.entries.get(log.entries.len().saturating_sub(most)..).unwrap_or_default();
    if output.is_json() {
        return output.value(&Value::Array(shown.iter().map(value).collect()));
    }
    let names = names(account).await?;
    let headings = ["number", "when", "who", "what", "collection", "records"].map(str::to_owned);
    let rows: Vec<Vec<String>> = shown.iter().map(|entry| row(account, entry, &names)).collect();
    if shown.is_empty() {
        output.remark("The audit has no such entry.")?;
    } else {
        output.line(&table::render(&headings, &rows))?;
    }
    if shown.len() < log.entries.len() {
        output.remark(&format!("These are the newest of {}; add --limit to see more.", log.entries.len()))?;
    }
    if log.removed > 0 {
        output.remark(&format!(
            "The server has removed the first {} entries: their time was over.",
            log.removed
        ))?;
    }
    output.remark(&format!(
        "All {} entries that the server keeps were read, and form one chain. That something happened, and when, is the \
         server's word; what it once told it cannot change without its showing here.",
        log.total.saturating_sub(log.removed)
    ))
}

async fn query(account: &Account, wanted: &Audit) -> Result<AuditQuery, Failure> {
    let mut query = account.audit();
    if let Some(user) = &wanted.by {
        query = query.by(lookup::principal(account, user).await?);
    }
    if let Some(access) = &wanted.access {
        query = query.access(lookup::access(&account.granted().await?, access)?.access.id);
    }
    if let Some(name) = &wanted.on {
        query = query.scope(lookup::own(account, name).await?.scope());
    }
    if let Some(from) = &wanted.from {
        query = query.from(time(from)?);
    }
    if let Some(until) = &wanted.until {
        query = query.until(time(until)?);
    }
    Ok(query)
}

fn time(text: &str) -> Result<Timestamp, Failure> {
    moment::exact(text).map(Timestamp::from_millis).ok_or_else(|| {
        Failure::usage(format!("`{text}` is not a time")).next("write a time like 2026-05-01T08:00:00Z")
    })
}

/// What the collections of the account are called, by scope.
async fn names(account: &Account) -> Result<BTreeMap<ScopeId, String>, Failure> {
    let collections = account.collections().await?;
    let name = |collection: &pryv_sdk::Collection| {
        (collection.scope(), lookup::short_name(&collection.definition().uri).to_owned())
    };
    Ok(collections.iter().map(name).collect())
}

fn row(account: &Account, entry: &AuditEntry, names: &BTreeMap<ScopeId, String>) -> Vec<String> {
    let who = if entry.principal == account.id() {
        account.username().to_owned()
    } else {
        let fingerprint = || Fingerprint::of(entry.principal).to_string();
        account.username_of(entry.principal).unwrap_or_else(fingerprint)
    };
    let name = |scope: &ScopeId| names.get(scope).map_or_else(|| scope.to_string(), |name| visible(name));
    let scopes: Vec<String> = entry.scopes.iter().map(name).collect();
    let records = if entry.records == 0 { String::new() } else { entry.records.to_string() };
    vec![
        entry.sequence.to_string(),
        moment::format(entry.at.as_millis()),
        who,
        what(entry.act).to_owned(),
        scopes.join(", "),
        records,
    ]
}

const fn what(act: Act) -> &'static str {
    match act {
        Act::SignUp => "signed up",
        Act::Login => "logged in by password",
        Act::Recovery => "opened the account by its recovery phrase",
        Act::Device => "opened a session by the key of a device",
        Act::Session => "opened a session by key",
        Act::OpenScope => "opened",
        Act::GetRecord => "read a record",
        Act::QueryRecords => "read records",
        Act::CountRecords => "counted records",
        Act::ReadHistory => "read earlier versions",
        Act::ReadTerms => "read terms",
        _ => "did something that this client does not know",
    }
}

fn value(entry: &AuditEntry) -> Value {
    json!({
        "sequence": entry.sequence,
        "at": moment::format(entry.at.as_millis()),
        "principal": entry.principal,
        "access": entry.access,
        "session": entry.session,
        "act": entry.act,
        "collections": entry.scopes,
        "records": entry.records,
    })
}

fn exported_value(exported: &ExportedAudit) -> Value {
    json!({
        "account": exported.account,
        "entries": exported.entries,
        "begins": exported.begins,
        "end": exported.end,
        "head": exported.head,
    })
}

fn check(account: &Account, path: &Path, output: &mut Output) -> Result<(), Failure> {
    let file = File::open(path)
        .map_err(|error| Failure::io(format!("`{}` cannot be read", path.display()), &error))?;
    let exported = check_export(&mut BufReader::new(file))?;
    if exported.account != account.id() {
        return Err(Failure::new("other-account", "this is the audit of another account")
            .next("check it with the profile of that account")
            .exit(Exit::Failed));
    }
    output.result(&exported_value(&exported), || {
        format!(
            "The export is whole: {} entries in full, {} in all, which lead to entry {} with the head {}.",
            exported.entries,
            exported.end.saturating_sub(exported.begins),
            exported.end,
            exported.head
        )
    })
}

/// `pryv head`.
pub(super) async fn head(account: &Account, wanted: &Head, output: &mut Output) -> Result<(), Failure> {
    let Some(theirs) = &wanted.compare else {
        let head = account.head().await?;
        let value = json!({ "head": head.to_string(), "changes": head.changes(), "entries": head.entries() });
        return output.result(&value, || {
            format!(
                "{head}\n\n{} changes and {} audit entries, as this device sees them.\nOn your other device: \
                 `pryv head --compare` with this text, sent by another way than through this server.",
                head.changes(),
                head.entries()
            )
        });
    };
    let theirs: AccountHead = theirs.parse().map_err(|error| {
        Failure::usage("this is not the head of an account")
            .because(&error)
            .next("copy all of what `pryv head` shows")
    })?;
    let agreement = account.compare_head(&theirs).await?;
    let value = json!({ "changes": word(agreement.changes), "audit": word(agreement.audit) });
    output.result(&value, || {
        format!(
            "Changes: {}.\nAudit: {}.",
            told(agreement.changes, theirs.changes()),
            told(agreement.audit, theirs.entries())
        )
    })
}

const fn word(relation: HeadOrder) -> &'static str {
    match relation {
        HeadOrder::Same => "same",
        HeadOrder::Older => "older",
        HeadOrder::Newer => "newer",
        HeadOrder::Gone => "gone",
    }
}

fn told(relation: HeadOrder, number: u64) -> String {
    match relation {
        HeadOrder::Same => format!("both devices have seen the same {number}"),
        HeadOrder::Older => format!("the other device has seen {number}, all of which are here too"),
        HeadOrder::Newer => {
            format!("the other device has seen {number}, more than this one had; they fit, and are here now")
        }
        HeadOrder::Gone => {
            "cannot be compared: the server has removed entries in between, their time being over".to_owned()
        }
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::io(format!("`{}` cannot be made", path.display()), error)
        .next("name a file that is not there yet")
}
