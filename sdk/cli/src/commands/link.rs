//! Commands about links: make, list, open.

use super::{access, record};
use crate::{
    arguments::{CreateLink, LinkLevel, OpenLink},
    failure::Failure,
    lookup, moment,
    output::Output,
    rows, secret_input,
    session::{Opened, Session},
    visible::visible,
};
use pryv_sdk::{
    Account, Clock, Grant, InvalidLink, Level, NewLink, Password, ShareLink, Silent, SystemClock,
};
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// `pryv link create`.
pub(super) async fn create(opened: &Opened, wanted: &CreateLink, output: &mut Output) -> Result<(), Failure> {
    let account = &opened.account;
    let now = SystemClock.now();
    let level = match wanted.level {
        LinkLevel::Read => Level::Read,
        LinkLevel::CreateOnly => Level::CreateOnly,
    };
    let mut grant = Grant::to_link().name(&wanted.name);
    for name in &wanted.on {
        grant = grant.on(&lookup::own(account, name).await?, level);
    }
    if let Some(purpose) = &wanted.purpose {
        grant = grant.purpose(purpose);
    }
    if let Some(from) = &wanted.from {
        grant = grant.from(access::time(from, now)?);
    }
    if let Some(until) = &wanted.until {
        grant = grant.until(access::time(until, now)?);
    }
    let mut new = NewLink::of(grant);
    if let Some(uses) = wanted.uses {
        new = new.uses(uses);
    }
    let source = &wanted.password;
    if wanted.with_password || source.password_stdin || source.password_file.is_some() {
        new = new.password(Password::new(secret_input::new_password(source)?.as_str()));
    }
    let created = account.create_link(new).await?;
    let (web, uri) = (created.link.to_web(&opened.server), created.link.to_uri());
    let value = json!({
        "access": access::value(&created.access),
        "url": *web,
        "uri": *uri,
        "max_uses": created.access.max_uses,
        "password": created.link.needs_password(),
    });
    output.result(&value, || {
        let password = if created.link.needs_password() {
            "\nSend the password by another way."
        } else {
            "\nWhoever has it needs nothing else."
        };
        format!(
            "{}\nThis is the only time that the link is shown; `pryv link revoke {}` ends it.{password}",
            *web, created.access.id
        )
    })
}

/// `pryv link list`.
pub(super) async fn list(account: &Account, output: &mut Output) -> Result<(), Failure> {
    let links = account.links().await?;
    if links.is_empty() && !output.is_json() {
        return output.remark("You have made no link: `pryv link create` does.");
    }
    let values: Vec<Value> = links
        .iter()
        .map(|link| {
            let mut value = access::value(&link.access);
            if let Value::Object(object) = &mut value {
                object.insert("uses".to_owned(), json!(link.uses));
                object.insert("max_uses".to_owned(), json!(link.access.max_uses));
            }
            value
        })
        .collect();
    output.result(&json!(values), || {
        let lines = links.iter().map(|link| {
            let most = link.access.max_uses.map(|most| format!(" of {most}")).unwrap_or_default();
            format!(
                "{}\n  id        {}\n  status    {}\n  used      {}{most} times, says the server",
                visible(&link.access.name),
                link.access.id,
                access::status(&link.access),
                link.uses.unwrap_or_default(),
            )
        });
        lines.collect::<Vec<_>>().join("\n")
    })
}

/// `pryv link open`.
pub(super) async fn open(session: &Session, wanted: &OpenLink, output: &mut Output) -> Result<(), Failure> {
    let text = if wanted.url == "-" { secret_input::link()? } else { Zeroizing::new(wanted.url.clone()) };
    let link = ShareLink::parse(&text)?;
    let client = session.client_of(link.server())?;
    let password = if link.needs_password() {
        Some(Password::new(secret_input::password(&wanted.password, "Password of the link: ")?.as_str()))
    } else {
        None
    };
    let opened = client.open_link(&link, password.as_ref()).await?;
    let mut all = Vec::new();
    for collection in opened.collections().await? {
        let definition = collection.definition();
        if let Some(source) = &wanted.create {
            let written = collection.create(rows::read_value(source)?).await?;
            all.push(json!({ "definition": definition.uri, "created": written.id }));
            // One record into one box.
            break;
        }
        let mut value =
            json!({ "definition": definition.uri, "title": definition.title, "level": collection.level() });
        if collection.level().is_some_and(Level::reads) {
            let found = collection.query().all::<Value>(&mut Silent).await?;
            if let Value::Object(object) = &mut value {
                let records: Vec<Value> = found.records.iter().map(record::value).collect();
                object.insert("records".to_owned(), Value::Array(records));
            }
            for rejected in &found.rejected {
                output.remark(&format!("a record cannot be used: {}", rejected.reason))?;
            }
        }
        all.push(value);
    }
    let access = access::value(opened.access());
    opened.close().await?;
    let until = opened.access().valid_until.map(|time| moment::format(time.as_millis()));
    output.value(&json!({ "access": access, "valid_until": until, "collections": all }))
}

impl From<InvalidLink> for Failure {
    fn from(error: InvalidLink) -> Self {
        // Its text is not repeated: it may hold a key.
        Self::usage("this is no share link that can be opened").because(&error)
    }
}
