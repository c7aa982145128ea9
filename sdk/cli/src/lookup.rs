//! Lookups: from what people type to collections, accesses and records.

use crate::{
    arguments,
    failure::{Exit, Failure},
    visible::visible,
};
use pryv_sdk::{
    AccessId, Account, Collection, Contact, Distrust, Fingerprint, GrantedAccess, Ontology, PrincipalId,
    ReceivedAccess, RecordId, Term, Terms, Uri,
    account::{FindError, Group, GroupContact, Membership},
};

/// A collection of one's own, or one that somebody granted.
pub(crate) async fn collection(
    account: &Account,
    wanted: &arguments::Collection,
) -> Result<Collection, Failure> {
    match &wanted.from {
        Some(user) => received(account, &wanted.name, user).await,
        None => own(account, &wanted.name).await,
    }
}

/// A collection of one's own.
pub(crate) async fn own(account: &Account, name: &str) -> Result<Collection, Failure> {
    one(account.collections().await?, name)?.ok_or_else(|| {
        Failure::new("not-found", format!("you have no collection `{name}`"))
            .next("list yours with `pryv collections`; for one granted to you, add `--from USER`")
    })
}

/// Somebody on this server, by username.
pub(crate) async fn contact(account: &Account, username: &str) -> Result<Contact, Failure> {
    account.find(username).await.map_err(unknown)
}

/// Who receives a grant.
pub(crate) enum Grantee {
    /// A person.
    Person(Contact),
    /// A group.
    Group(GroupContact),
}

/// A person by username, or a group by its URI or its fingerprint.
pub(crate) async fn grantee(
    account: &Account,
    text: &str,
    told: Option<Fingerprint>,
) -> Result<Grantee, Failure> {
    let id = match (text.parse::<Uri>(), text.parse::<Fingerprint>()) {
        (Ok(Uri::Account { account }), _) => account,
        (_, Ok(fingerprint)) => fingerprint.principal(),
        _ => {
            return match told {
                Some(told) => contact_known_as(account, text, told).await.map(Grantee::Person),
                None => contact(account, text).await.map(Grantee::Person),
            };
        }
    };
    if told.is_some_and(|told| told.principal() != id) {
        return Err(Failure::usage("the group is not the one that you were told"));
    }
    Ok(Grantee::Group(account.find_group(id).await?))
}

/// A group of one's own, by its title, its id or the beginning of that.
pub(crate) async fn group(account: &Account, wanted: &str) -> Result<Group, Failure> {
    let means = |group: &Group| {
        let (id, uri) = (group.id().to_string(), group.uri().to_string());
        group.title() == wanted || uri == wanted || (wanted.len() >= 4 && id.starts_with(wanted))
    };
    let mut found = account.groups().await?;
    found.retain(means);
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (None, _) => Err(Failure::new("not-found", format!("you have no group `{}`", visible(wanted)))
            .next("list yours with `pryv group list`")),
        (Some(_), false) => Err(Failure::usage(format!("`{}` means several groups", visible(wanted)))
            .next("name one by its URI: `pryv group list`")),
    }
}

/// Who received an access: this account itself, which is asked first, or the groups which it is a member of.
const RECEIVED_BY_GROUPS: [bool; 2] = [false, true];

/// The accesses that were received by this account itself, or by groups whose membership it has accepted; and why a group did
/// not open, if one was not to be believed.
async fn received_by(
    account: &Account,
    groups: bool,
) -> Result<(Vec<ReceivedAccess>, Option<Failure>), Failure> {
    if !groups {
        return Ok((account.received().await?, None));
    }
    let by_groups = account.received_by_groups().await?;
    let mut failures = by_groups.unopened.into_iter().map(|(_, failure)| failure);
    let failed = failures.find(|failure| matches!(failure, pryv_sdk::Failure::Distrust(_)));
    Ok((by_groups.received, failed.map(Failure::from)))
}

/// A membership of this account's, by the fingerprint or the URI of the group, or the beginning of its id.
pub(crate) async fn membership(account: &Account, wanted: &str) -> Result<Membership, Failure> {
    let id = match (wanted.parse::<Uri>(), wanted.parse::<Fingerprint>()) {
        (Ok(Uri::Account { account }), _) => Some(account),
        (_, Ok(fingerprint)) => Some(fingerprint.principal()),
        _ => None,
    };
    let mut found: Vec<Membership> = Vec::new();
    for membership in account.memberships().await? {
        let group = membership.group();
        let means =
            id.map_or_else(|| wanted.len() >= 4 && group.to_string().starts_with(wanted), |id| id == group);
        if means && membership.access().check().is_ok() && found.iter().all(|other| other.group() != group) {
            found.push(membership);
        }
    }
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (None, _) => {
            Err(Failure::new("not-found", format!("you are a member of no group `{}`", visible(wanted)))
                .next("list the groups that you are a member of with `pryv group list`"))
        }
        (Some(_), false) => Err(Failure::usage(format!("`{}` means several groups", visible(wanted)))
            .next("name one by its whole id: `pryv group list`")),
    }
}

/// Somebody on this server, by username, with the fingerprint that the person told.
pub(crate) async fn contact_known_as(
    account: &Account,
    username: &str,
    told: Fingerprint,
) -> Result<Contact, Failure> {
    let contact = match account.find(username).await {
        // The person has new keys, and says so: what was pinned before counts no longer.
        Err(FindError::Failed(pryv_sdk::Failure::Distrust(Distrust::ContactChanged { offered, .. })))
            if offered == told =>
        {
            account.pin(username, told);
            account.find(username).await
        }
        found => found,
    };
    let contact = contact.map_err(unknown)?;
    if contact.fingerprint() == told {
        return Ok(contact);
    }
    Err(Failure::new(
        "fingerprint-differs",
        format!("the server says that `{username}` is {}, and you were told {told}", contact.fingerprint()),
    )
    .next("grant nothing; compare again with the person, by another way than this server")
    .exit(Exit::Refused))
}

fn unknown(error: FindError) -> Failure {
    let not_found = matches!(error, FindError::NotFound);
    let failure = Failure::from(error);
    if not_found {
        failure.next("check the name with the person: names are those of `pryv whoami`")
    } else {
        failure
    }
}

/// A principal, by username or by fingerprint.
pub(crate) async fn principal(account: &Account, user: &str) -> Result<PrincipalId, Failure> {
    match user.parse::<Fingerprint>() {
        Ok(fingerprint) => Ok(fingerprint.principal()),
        Err(_) => Ok(contact(account, user).await?.id()),
    }
}

/// A collection that `user` granted.
async fn received(account: &Account, name: &str, user: &str) -> Result<Collection, Failure> {
    let grantor = principal(account, user).await?;
    let (mut opened, mut locked) = (false, None);
    for groups in RECEIVED_BY_GROUPS {
        let mut found = Vec::new();
        let (all, failed) = received_by(account, groups).await?;
        for received in all {
            if received.access.grantor != grantor || received.membership().is_some() {
                continue;
            }
            match received.collections().await {
                Ok(collections) => found.extend(collections),
                // It may be the one that is wanted: its name cannot be read any longer.
                Err(error) => locked = Some(Failure::from(error)),
            }
        }
        opened |= !found.is_empty();
        if let Some(collection) = one(found, name)? {
            return Ok(collection);
        }
        if let Some(failed) = failed {
            return Err(failed);
        }
    }
    Err(locked.filter(|_| !opened).unwrap_or_else(|| {
        Failure::new("not-granted", format!("`{user}` has granted you nothing called `{name}`"))
            .next(format!("list what you have with `pryv received`, or ask {user} for an access"))
            .exit(Exit::Refused)
    }))
}

/// An ontology of one's own.
pub(crate) async fn ontology(account: &Account, name: &str) -> Result<Ontology, Failure> {
    called(&account.ontologies().await?, name).ok_or_else(|| {
        Failure::new("not-found", format!("you have no ontology `{name}`"))
            .next("list yours with `pryv ontology list`; `pryv ontology define FILE` makes one")
    })
}

/// An ontology that `user` granted, or a part of one.
pub(crate) async fn received_ontology(
    account: &Account,
    name: &str,
    user: &str,
) -> Result<Ontology, Failure> {
    let grantor = principal(account, user).await?;
    let mut found = Vec::new();
    for groups in RECEIVED_BY_GROUPS {
        let (all, failed) = received_by(account, groups).await?;
        for received in all {
            let is_his = received.access.account == grantor && received.membership().is_none();
            if is_his && received.access.check().is_ok() {
                found.extend(received.ontologies().await?);
            }
        }
        if let Some(found) = called(&found, name) {
            return Ok(found);
        }
        if let Some(failed) = failed {
            return Err(failed);
        }
    }
    called(&found, name).ok_or_else(|| {
        Failure::new("not-granted", format!("`{user}` has granted you no ontology called `{name}`"))
            .next("list what you have with `pryv received`")
            .exit(Exit::Refused)
    })
}

fn called(ontologies: &[Ontology], name: &str) -> Option<Ontology> {
    let exact = |ontology: &&Ontology| ontology.uri() == name || ontology.scope().to_string() == name;
    let short = |ontology: &&Ontology| short_name(&ontology.uri()) == name;
    ontologies.iter().find(exact).or_else(|| ontologies.iter().find(short)).cloned()
}

/// The ontology and the labels of `ONTOLOGY:LABEL/LABEL`.
pub(crate) async fn path(account: &Account, text: &str) -> Result<(Ontology, Vec<String>), Failure> {
    let Some((name, labels)) = text.rsplit_once(':') else {
        return Err(Failure::usage(format!("`{text}` is not a term"))
            .next("write its ontology and the labels down to it: ONTOLOGY:LABEL/LABEL"));
    };
    Ok((ontology(account, name).await?, labels.split('/').map(str::to_owned).collect()))
}

/// A term of one's own, by `ONTOLOGY:LABEL/LABEL`.
pub(crate) async fn term(account: &Account, text: &str) -> Result<(Ontology, Term), Failure> {
    let (ontology, labels) = path(account, text).await?;
    let terms = ontology.terms().await?;
    let term = found(&terms, &labels)?.clone();
    Ok((ontology, term))
}

/// The term at a path of labels.
pub(crate) fn found<'t>(terms: &'t Terms, labels: &[String]) -> Result<&'t Term, Failure> {
    let path: Vec<_> = labels.iter().map(String::as_str).collect();
    terms.find(&path).ok_or_else(|| {
        Failure::new("not-found", format!("there is no term `{}`", visible(&labels.join("/"))))
            .next("list them with `pryv term list ONTOLOGY`")
    })
}

/// The one collection that a name means; an error if it means several.
fn one(collections: Vec<Collection>, name: &str) -> Result<Option<Collection>, Failure> {
    let exact = |collection: &Collection| {
        collection.definition().uri == name || collection.scope().to_string() == name
    };
    let mut matching: Vec<Collection> = Vec::new();
    let mut others = Vec::new();
    for collection in collections {
        // Two accesses may open the same collection.
        if matching.iter().chain(&others).any(|other: &Collection| other.scope() == collection.scope()) {
            continue;
        }
        if exact(&collection) {
            return Ok(Some(collection));
        }
        if short_name(&collection.definition().uri) == name {
            matching.push(collection)
        } else {
            others.push(collection)
        }
    }
    if matching.len() > 1 {
        let uris: Vec<_> = matching.iter().map(|collection| visible(&collection.definition().uri)).collect();
        return Err(Failure::usage(format!("`{name}` means several collections"))
            .next(format!("name one by its URI: {}", uris.join(", "))));
    }
    Ok(matching.pop())
}

/// The last part of a URI: what people call a collection.
pub(crate) fn short_name(uri: &str) -> &str {
    uri.trim_end_matches('/').rsplit(['/', '#', ':']).next().unwrap_or(uri)
}

/// The access that an id, the beginning of one, or a name means.
pub(crate) fn access<'a>(granted: &'a [GrantedAccess], wanted: &str) -> Result<&'a GrantedAccess, Failure> {
    let by_name = granted.iter().filter(|granted| granted.access.name == wanted);
    let by_id = granted
        .iter()
        .filter(|granted| wanted.len() >= 4 && granted.access.id.to_string().starts_with(wanted));
    let mut found: Vec<_> = by_name.chain(by_id).collect();
    found.dedup_by_key(|granted| granted.access.id);
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(Failure::new("not-found", format!("you have granted no access `{wanted}`"))
            .next("list them with `pryv accesses`; an id may be shortened to its first four characters")),
        several => {
            let ids: Vec<_> = several.iter().map(|granted| granted.access.id.to_string()).collect();
            Err(Failure::usage(format!("`{wanted}` means several accesses"))
                .next(format!("name one by its id: {}", ids.join(", "))))
        }
    }
}

/// The access that was received which an id, the beginning of one, or a name means.
pub(crate) fn received_access(
    received: Vec<ReceivedAccess>,
    wanted: &str,
) -> Result<ReceivedAccess, Failure> {
    let means = |received: &ReceivedAccess| {
        let id = received.access.id.to_string();
        received.access.name == wanted || (wanted.len() >= 4 && id.starts_with(wanted))
    };
    let mut found: Vec<_> = received.into_iter().filter(means).collect();
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (None, _) => Err(Failure::new("not-found", format!("you have received no access `{wanted}`"))
            .next("list them with `pryv received`; an id may be shortened to its first four characters")),
        (Some(_), false) => Err(Failure::usage(format!("`{wanted}` means several accesses"))
            .next("name one by its id: `pryv received` lists them")),
    }
}

/// The id of an access that the beginning of it means.
pub(crate) fn by_id(ids: impl Iterator<Item = AccessId>, wanted: &str) -> Result<AccessId, Failure> {
    let mut found: Vec<_> =
        ids.filter(|id| wanted.len() >= 4 && id.to_string().starts_with(wanted)).collect();
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        _ => Err(Failure::new("not-found", format!("you have granted no access `{wanted}` onwards"))
            .next("name it by its id, or by the first characters of it: `pryv grant --by` has shown it")),
    }
}

/// A collection of an access that was received.
pub(crate) async fn of_access(received: &ReceivedAccess, name: &str) -> Result<Collection, Failure> {
    one(received.collections().await?, name)?.ok_or_else(|| {
        Failure::new("not-found", format!("this access has nothing called `{name}`"))
            .next("list what it opens with `pryv received`")
    })
}

/// The id of a record.
pub(crate) fn record(text: &str) -> Result<RecordId, Failure> {
    text.parse().map_err(|_| {
        Failure::usage(format!("`{text}` is not the id of a record"))
            .next("ids have 26 characters and stand in the first column of `pryv query`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_is_called_by_the_last_part_of_its_uri() {
        assert_eq!(short_name("https://example.org/definitions/blood-pressure"), "blood-pressure");
        assert_eq!(short_name("https://example.org/x#weight"), "weight");
        assert_eq!(short_name("urn:example:steps"), "steps");
        assert_eq!(short_name("https://example.org/"), "example.org");
    }

    #[test]
    fn a_record_id_is_told_from_other_text() {
        assert!(record("gaytemzugu3doobzmfrggzdfmy").is_ok());
        assert_eq!(record("17").unwrap_err().exit_code(), 2);
    }
}
