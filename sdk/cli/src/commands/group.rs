//! Commands about groups: create, list, add, remove, members.

use super::access;
use crate::{arguments::Group as Wanted, failure::Failure, lookup, output::Output, visible::visible};
use pryv_sdk::{Access, AccessStatus, Account, Clock, Fingerprint, SystemClock, account::Group};
use serde_json::{Value, json};

/// `pryv group …`.
pub(super) async fn group(account: &Account, wanted: &Wanted, output: &mut Output) -> Result<(), Failure> {
    match wanted {
        Wanted::Create { title } => {
            let group = account.create_group(title).await?;
            output.result(&value(&group), || {
                format!(
                    "The group `{}`\n  uri  {}\nWhoever is to grant something to it types `pryv grant --to {}`; give the URI by \
                     another way than this server.",
                    visible(group.title()),
                    group.uri(),
                    group.uri()
                )
            })
        }
        Wanted::List => list(account, output).await,
        Wanted::Add { group, user, until } => {
            let group = lookup::group(account, group).await?;
            let contact = lookup::contact(account, user).await?;
            let mut grant = group.membership(&contact);
            if let Some(until) = until {
                grant = grant.until(access::time(until, SystemClock.now())?);
            }
            let made = account.grant(grant).await?;
            output.result(&access::value(&made), || {
                format!(
                    "`{}` is a member of `{}` now.\n`{}` has the fingerprint {}.\nCompare it with the person: the server \
                     named these keys, and only the two of you can check them.",
                    contact.username(),
                    visible(group.title()),
                    contact.username(),
                    contact.fingerprint()
                )
            })
        }
        Wanted::Remove { group, user } => {
            let group = lookup::group(account, group).await?;
            let member = lookup::principal(account, user).await?;
            let receipts = group.remove(member).await?;
            output.result(&json!(receipts), || {
                let scope = group.scope().to_string();
                let texts: Vec<_> = receipts.iter().map(ToString::to_string).collect();
                texts.join("\n").replace(&scope, &format!("the group `{}`", visible(group.title())))
            })
        }
        Wanted::Members { group } => {
            let group = lookup::group(account, group).await?;
            let members = group.members().await?;
            output.result(&Value::Array(members.iter().map(access::value).collect()), || {
                if members.is_empty() {
                    return "The group has no members: `pryv group add` makes one.".to_owned();
                }
                members.iter().map(|member| line(account, member)).collect::<Vec<_>>().join("\n")
            })
        }
    }
}

async fn list(account: &Account, output: &mut Output) -> Result<(), Failure> {
    let own = account.groups().await?;
    let mut values: Vec<_> = own.iter().map(value).collect();
    let mut lines: Vec<_> =
        own.iter().map(|group| format!("{}  {}", group.uri(), visible(group.title()))).collect();
    for membership in account.memberships().await? {
        let access = membership.access();
        // Anybody makes anybody a member: one that does not open still stands in the list.
        let title = match access.status {
            AccessStatus::Active => membership.title().await.ok(),
            _ => None,
        };
        let shown = title.as_deref().map_or_else(|| access::status(access), visible);
        lines.push(format!("{}  {shown}  (you are or were a member)", Fingerprint::of(membership.group())));
        values.push(json!({
            "group": membership.group(),
            "account": access.account,
            "title": title,
            "member_by": access.id,
            "status": access::status(access),
        }));
    }
    output.result(&Value::Array(values), || {
        if lines.is_empty() {
            "No groups. `pryv group create` makes one.".to_owned()
        } else {
            lines.join("\n")
        }
    })
}

fn line(account: &Account, member: &Access) -> String {
    let fingerprint = Fingerprint::of(member.grantee);
    let name = account.username_of(member.grantee).unwrap_or_default();
    format!("{fingerprint}  {name}  {}", access::status(member)).replace("    ", "  ")
}

fn value(group: &Group) -> Value {
    json!({
        "group": group.id(),
        "pryv_uri": group.uri().to_string(),
        "title": group.title(),
        "scope": group.scope(),
    })
}
