//! Commands about accesses: grant, list, revoke.

use super::{group::whose, term};
use crate::{
    arguments::{self, GrantLevel},
    failure::Failure,
    lookup::{self, Grantee},
    moment,
    output::Output,
    visible::visible,
};
use pryv_sdk::{
    Access, AccessStatus, Account, Clock, Collection, Fingerprint, Grant, Level, PrincipalId, ReceivedAccess,
    ScopeId, SystemClock, Timestamp,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt::Write};

/// `pryv grant`.
pub(super) async fn grant(
    account: &Account,
    wanted: &arguments::Grant,
    output: &mut Output,
) -> Result<(), Failure> {
    let now = SystemClock.now();
    let from = wanted.from.as_deref().map(|text| time(text, now)).transpose()?;
    let until = wanted.until.as_deref().map(|text| time(text, now)).transpose()?;
    let told = wanted.fingerprint.as_deref().map(|text| {
        text.parse::<Fingerprint>().map_err(|error| {
            Failure::usage("this is not a fingerprint")
                .because(&error)
                .next("it has 52 characters; spaces do not count")
        })
    });
    let grantee = lookup::grantee(account, &wanted.to, told.transpose()?).await?;
    let level = level(wanted.level);
    let (to, fingerprint) = match &grantee {
        Grantee::Person(contact) => (Grant::to(contact), contact.fingerprint()),
        Grantee::Group(group) => (Grant::to_group(group), group.fingerprint()),
    };
    let who = match &grantee {
        Grantee::Person(contact) => format!("`{}`", contact.username()),
        Grantee::Group(_) => "The group".to_owned(),
    };
    let mut grant = to.name(&wanted.name);
    let mut names = Vec::new();
    let received = account_received(account, wanted.by.as_deref()).await?;
    let mut collections = Vec::new();
    for name in &wanted.on {
        let collection = match &received {
            Some(received) => lookup::of_access(received, name).await?,
            None => lookup::own(account, name).await?,
        };
        names.push(lookup::short_name(&collection.definition().uri).to_owned());
        collections.push(collection);
    }
    for (_, term) in term::named(account, &wanted.term).await? {
        names.push(term.label().to_owned());
        grant = grant.on_term(&term, level).labels(!wanted.no_labels);
        if !collections.is_empty() {
            grant = grant.within_collections(&collections);
        }
    }
    for (_, term) in term::named(account, &wanted.structure).await? {
        names.push(term.label().to_owned());
        grant = grant.on_structure(&term, level);
    }
    if wanted.term.is_empty() {
        grant = collections.iter().fold(grant, |grant, collection| grant.on(collection, level));
    }
    if wanted.no_history {
        grant = grant.without_history();
    }
    if let Some(purpose) = &wanted.purpose {
        grant = grant.purpose(purpose);
    }
    if let Some(from) = from {
        grant = grant.from(from);
    }
    if let Some(until) = until {
        grant = grant.until(until);
    }
    let access = match &received {
        Some(received) => received.grant(grant).await?,
        None => account.grant(grant).await?,
    };
    output.result(&value(&access), || {
        let in_words;
        format!(
            "{who} may now {} `{}`{}.\nAccess {}\n{who} has the fingerprint {fingerprint}.{}",
            may(level),
            names.join("`, `"),
            dates(&access),
            access.id,
            if wanted.fingerprint.is_some() {
                " It is the one you were told."
            } else if let Grantee::Group(group) = &grantee {
                in_words = format!(
                    "\nIt is the group of {}, who decides who is a member; you see in `pryv audit` who read.",
                    whose(account, group.account())
                );
                &in_words
            } else {
                "\nCompare it with the person: the server named these keys, and only the two of you can check them."
            },
        )
    })
}

/// The access by which somebody grants onwards, if it is named.
pub(super) async fn account_received(
    account: &Account,
    by: Option<&str>,
) -> Result<Option<ReceivedAccess>, Failure> {
    let Some(by) = by else { return Ok(None) };
    let received = account.received().await?;
    Ok(Some(lookup::received_access(received, by)?))
}

pub(super) fn time(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    moment::parse(text, now.as_millis()).map(Timestamp::from_millis).ok_or_else(|| {
        Failure::usage(format!("`{text}` is not a time"))
            .next("write a time like 2026-05-01T08:00:00Z, or a span from now like 2h, 30d or 8w")
    })
}

const fn level(level: GrantLevel) -> Level {
    match level {
        GrantLevel::Read => Level::Read,
        GrantLevel::CreateOnly => Level::CreateOnly,
        GrantLevel::Contribute => Level::Contribute,
        GrantLevel::Manage => Level::Manage,
    }
}

const fn may(level: Level) -> &'static str {
    match level {
        Level::Read => "read",
        Level::CreateOnly => "create records in, and read nothing of,",
        Level::Manage => "read, write and grant onwards",
        _ => "read and write",
    }
}

fn dates(access: &Access) -> String {
    let date = |word, time: Option<Timestamp>| {
        time.map(|time| format!(" {word} {}", moment::format(time.as_millis()))).unwrap_or_default()
    };
    format!("{}{}", date("from", access.valid_from), date("until", access.valid_until))
}

pub(super) fn status(access: &Access) -> String {
    match access.status {
        AccessStatus::Active => "active".to_owned(),
        AccessStatus::NotYetValid => "not valid yet".to_owned(),
        AccessStatus::Expired => "expired".to_owned(),
        AccessStatus::Revoked { at, .. } if access.was_left() => {
            format!("ended by its holder at {}", moment::format(at.as_millis()))
        }
        AccessStatus::Revoked { at, .. } => format!("revoked at {}", moment::format(at.as_millis())),
        _ => "not known to this client".to_owned(),
    }
}

/// An access as JSON.
pub(super) fn value(access: &Access) -> Value {
    let time = |time: Timestamp| moment::format(time.as_millis());
    let scopes =
        access.scopes.iter().map(|scoped| json!({ "collection": scoped.scope, "level": scoped.level }));
    json!({
        "id": access.id,
        "pryv_uri": access.uri().to_string(),
        "account": access.account,
        "grantor": access.grantor,
        "by": access.by,
        "grantee": access.grantee,
        "member_of": access.scopes.iter().find_map(|scoped| scoped.group),
        "name": access.name,
        "purpose": access.purpose,
        "collections": scopes.collect::<Vec<_>>(),
        "valid_from": access.valid_from.map(time),
        "valid_until": access.valid_until.map(time),
        "signed_at": time(access.signed_at),
        "status": status(access),
    })
}

/// An access in words.
fn words(account: &Account, access: &Access, names: &BTreeMap<ScopeId, String>) -> String {
    let granted = access.account == account.id();
    let (side, other) = if granted { ("to", access.grantee) } else { ("from", access.grantor) };
    let name = if access.unreadable { "(its name cannot be read)".to_owned() } else { visible(&access.name) };
    let mut text = format!("{name}\n  id        {}\n  uri       {}\n", access.id, access.uri());
    match account.username_of(other) {
        Some(username) => {
            let _always = writeln!(text, "  {side:<8}  {username} ({})", Fingerprint::of(other));
        }
        None => {
            let _always = writeln!(text, "  {side:<8}  {}", Fingerprint::of(other));
        }
    }
    if let Some(by) = access.by {
        let manager = account.username_of(access.grantor);
        let manager = manager.unwrap_or_else(|| Fingerprint::of(access.grantor).to_string());
        let _always = writeln!(text, "  through   {manager}, by access {by}");
    }
    if !access.purpose.is_empty() {
        let _always = writeln!(text, "  purpose   {}", visible(&access.purpose));
    }
    for scoped in &access.scopes {
        if let Some(group) = scoped.group {
            let _always = writeln!(text, "  member of {}", Fingerprint::of(group));
            continue;
        }
        let id = scoped.scope.to_string();
        let name = names.get(&scoped.scope).map_or(id.as_str(), String::as_str);
        let _always = writeln!(text, "  may       {} {}", may(scoped.level), visible(name));
    }
    let _always = writeln!(text, "  status    {}", status(access));
    if access.valid_from.is_some() || access.valid_until.is_some() {
        let _always = writeln!(text, "  valid    {}", dates(access));
    }
    text
}

/// What collections are called, by scope.
pub(super) fn names<'a>(collections: impl IntoIterator<Item = &'a Collection>) -> BTreeMap<ScopeId, String> {
    let name = |collection: &Collection| {
        (collection.scope(), lookup::short_name(&collection.definition().uri).to_owned())
    };
    collections.into_iter().map(name).collect()
}

/// `pryv accesses`.
pub(super) async fn granted(account: &Account, output: &mut Output) -> Result<(), Failure> {
    let granted = account.granted().await?;
    if granted.is_empty() && !output.is_json() {
        return output.remark("You have granted no access: `pryv grant` does.");
    }
    let collections = account.collections().await?;
    let names = names(&collections);
    let mut groups: BTreeMap<PrincipalId, Option<PrincipalId>> = BTreeMap::new();
    let mut values = Vec::new();
    let mut texts = Vec::new();
    for granted in &granted {
        let grantee = granted.access.grantee;
        let mut value = value(&granted.access);
        let mut text = words(account, &granted.access, &names);
        // People were found by their names, and links count their uses; who is left may be a group.
        if granted.uses.is_none() && account.username_of(grantee).is_none() && !groups.contains_key(&grantee)
        {
            let found = account.find_group(grantee).await.ok();
            groups.insert(grantee, found.map(|group| group.account()));
        }
        let owner = groups.get(&grantee).copied().flatten();
        if let Some(owner) = owner {
            let _always = writeln!(text, "  group     of {}", whose(account, owner));
        }
        if let Value::Object(object) = &mut value {
            object.insert("group_of".to_owned(), json!(owner));
        }
        let mut all = Vec::new();
        for served in &granted.served {
            let name = names.get(&served.scope).cloned().unwrap_or_else(|| served.scope.to_string());
            let (first, last) =
                (moment::format(served.first_at.as_millis()), moment::format(served.last_at.as_millis()));
            let _always = writeln!(
                text,
                "  served    keys of {} epoch {}: first {first}, last {last}",
                visible(&name),
                served.epoch
            );
            all.push(json!({ "collection": served.scope, "epoch": served.epoch, "first_at": first, "last_at": last }));
        }
        if granted.served.is_empty() {
            text.push_str("  served    nothing, says the server\n");
        }
        if let Value::Object(object) = &mut value {
            object.insert("served".to_owned(), Value::Array(all));
        }
        values.push(value);
        texts.push(text);
    }
    output.result(&Value::Array(values), || texts.join("\n"))
}

/// `pryv received`.
pub(super) async fn received(account: &Account, output: &mut Output) -> Result<(), Failure> {
    let mut received = account.received().await?;
    let by_groups = account.received_by_groups().await?;
    received.extend(by_groups.received);
    for (membership, failure) in &by_groups.unopened {
        let (group, code) = (Fingerprint::of(membership.group()), failure.code());
        output.remark(&format!("The group {group} does not open ({code}): {failure}"))?;
    }
    for membership in &by_groups.not_accepted {
        let (group, of) = (membership.group(), whose(account, membership.account()));
        output.remark(&format!(
            "You were made a member of a group of {of}: `pryv group accept {group}` shows what it was granted."
        ))?;
    }
    if received.is_empty() && !output.is_json() {
        return output.remark("You have received no access.");
    }
    let mut values = Vec::new();
    let mut texts = Vec::new();
    for received in &received {
        let mut opened = Vec::new();
        if matches!(received.access.status, AccessStatus::Active) {
            for scoped in received.access.scopes.iter().filter(|scoped| scoped.group.is_none()) {
                // A collection that does not open still stands in the list, by its id; `query` says why it does not.
                opened.extend(received.open(scoped.scope).await.ok());
            }
        }
        let names = names(&opened);
        let mut value = value(&received.access);
        if let Value::Object(object) = &mut value {
            let uris: Vec<_> = opened.iter().map(|collection| collection.definition().uri.clone()).collect();
            object.insert("definitions".to_owned(), json!(uris));
        }
        let mut text = words(account, &received.access, &names);
        if let Some(group) = received.through_group() {
            let _always = writeln!(text, "  group     {}", Fingerprint::of(group));
        }
        values.push(value);
        texts.push(text);
    }
    output.result(&Value::Array(values), || texts.join("\n"))
}
