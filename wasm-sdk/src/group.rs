//! Groups: those of an account, those of others to grant to, and memberships.

use crate::{
    args::Args,
    call::{Answer, unknown},
    contact::contact_of,
    grant,
    object::Object,
    receipt::receipt,
    received::{access, received},
    storage::Signed,
    table::{self, Owner, Thing},
    thrown::Thrown,
};
use pryv_sdk::account::{Group, GroupContact, Membership};
use serde_json::Value;
use std::rc::Rc;

/// A group of the account's, taken up.
fn group(group: Group, owner: &Rc<Signed>) -> Value {
    let shown = Object::new()
        .text("id", &group.id())
        .text("uri", &group.uri())
        .text("scope", &group.scope())
        .put("title", group.title())
        .put("removalsLeft", group.removals_left());
    shown.put("handle", table::add(Thing::Group(group, Rc::clone(owner)))).done()
}

/// A group that something can be granted to, taken up.
fn group_contact(group: GroupContact) -> Value {
    let shown = Object::new()
        .text("id", &group.id())
        .text("account", &group.account())
        .text("fingerprint", &group.fingerprint());
    shown.put("handle", table::add(Thing::GroupContact(group))).done()
}

/// A membership, taken up.
fn membership(membership: Membership, owner: Owner) -> Value {
    let shown = Object::new()
        .text("group", &membership.group())
        .put("accepted", membership.is_accepted())
        .put("access", access(membership.access()).done());
    shown.put("handle", table::add(Thing::Membership(membership, owner))).done()
}

/// Calls of `Group`.
pub(crate) async fn call(on: &Group, owner: &Rc<Signed>, method: &str, args: &Args) -> Answer {
    match method {
        "add" => {
            let membership = on.membership(&contact_of(args.handle("member")?)?);
            Ok(access(&owner.account.grant(grant::terms(membership, args)?).await?).done())
        }
        "members" => Ok(on.members().await?.iter().map(|one| access(one).done()).collect()),
        "remove" => Ok(on.remove(args.id("member")?).await?.iter().map(receipt).collect()),
        "card" => Ok(group_contact(on.card().await?)),
        _ => Err(unknown(method)),
    }
}

/// Calls of `Membership`.
pub(crate) async fn member(on: &Membership, owner: &Owner, method: &str) -> Answer {
    match method {
        "title" => Ok(on.title().await?.into()),
        "received" => Ok(on.received().await?.into_iter().map(|one| received(one, owner.clone())).collect()),
        _ => Err(unknown(method)),
    }
}

/// Calls of `Account` about groups.
pub(crate) async fn of_account(signed: &Rc<Signed>, method: &str, args: &Args) -> Answer {
    let (on, owner) = (&signed.account, Some(Rc::clone(signed)));
    match method {
        "createGroup" => Ok(group(on.create_group(args.text("title")?).await?, signed)),
        "groups" => Ok(on.groups().await?.into_iter().map(|one| group(one, signed)).collect()),
        "group" => Ok(group(on.group(args.id("id")?).await?, signed)),
        "findGroup" => Ok(group_contact(on.find_group(args.id("id")?).await?)),
        "memberships" => {
            let all = on.memberships().await?;
            Ok(all.into_iter().map(|one| membership(one, owner.clone())).collect())
        }
        "receivedByGroups" => {
            let all = on.received_by_groups().await?;
            let unopened = |(one, failure)| {
                let shown = Object::new().put("membership", membership(one, owner.clone()));
                shown.put("error", Thrown::from(failure).to_value()).done()
            };
            Ok(Object::new()
                .list("received", all.received, |one| received(one, owner.clone()))
                .list("notAccepted", all.not_accepted, |one| membership(one, owner.clone()))
                .list("unopened", all.unopened, unopened)
                .done())
        }
        _ => Err(unknown(method)),
    }
}
