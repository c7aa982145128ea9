//! Commands about groups: create, list, accept, add, remove, members.

use super::access;
use crate::{arguments::Group as Wanted, failure::Failure, lookup, output::Output, visible::visible};
use pryv_sdk::{Access, AccessStatus, Account, Clock, Fingerprint, PrincipalId, SystemClock, account::Group};
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
        Wanted::Accept { group } => {
            let membership = lookup::membership(account, group).await?;
            let received = membership.received().await?;
            let title = membership.title().await?;
            let value = json!({
                "group": membership.group(),
                "account": membership.account(),
                "title": title,
                "received": received.iter().map(|received| access::value(&received.access)).collect::<Vec<_>>(),
            });
            output.result(&value, || {
                format!(
                    "You are a member of `{}`, the group of {}.\nIt has received {}: `pryv received` lists them with your own.",
                    visible(&title),
                    whose(account, membership.account()),
                    match received.len() {
                        1 => "1 access".to_owned(),
                        count => format!("{count} accesses"),
                    }
                )
            })
        }
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

/// Below so many members who can still leave, the list says it.
const FEW: u32 = 100;

/// Somebody, by username if it is known, and by fingerprint.
pub(super) fn whose(account: &Account, id: PrincipalId) -> String {
    let fingerprint = Fingerprint::of(id);
    match account.username_of(id) {
        _ if id == account.id() => "this account".to_owned(),
        Some(username) => format!("`{username}` ({fingerprint})"),
        None => fingerprint.to_string(),
    }
}

async fn list(account: &Account, output: &mut Output) -> Result<(), Failure> {
    let own = account.groups().await?;
    let mut values: Vec<_> = own.iter().map(value).collect();
    let line = |group: &Group| {
        let left = match group.removals_left() {
            0 => "  (closed: nothing more is granted to it, and nobody comes to it; make another one)"
                .to_owned(),
            left if left < FEW => format!("  ({left} more members can leave; make another one in time)"),
            _ => String::new(),
        };
        format!("{}  {}{left}", group.uri(), visible(group.title()))
    };
    let mut lines: Vec<_> = own.iter().map(line).collect();
    for membership in account.memberships().await? {
        let access = membership.access();
        // Anybody makes anybody a member: one that was not accepted is not opened.
        let is_active = matches!(access.status, AccessStatus::Active);
        let title = match is_active && membership.is_accepted() {
            true => membership.title().await.ok(),
            false => None,
        };
        let fingerprint = Fingerprint::of(membership.group());
        let shown = title.as_deref().map_or_else(|| access::status(access), visible);
        let of = whose(account, membership.account());
        let to_accept = if is_active && !membership.is_accepted() {
            format!("; to open what it was granted: `pryv group accept {}`", membership.group())
        } else {
            String::new()
        };
        lines.push(format!(
            "{fingerprint}  {shown}  (the group of {of}: you are or were a member{to_accept})"
        ));
        values.push(json!({
            "group": membership.group(),
            "account": membership.account(),
            "title": title,
            "member_by": access.id,
            "accepted": membership.is_accepted(),
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
        "removals_left": group.removals_left(),
    })
}
