//! Lookups: from what people type to collections, accesses and records.

use crate::{
    arguments,
    failure::{Exit, Failure},
    visible::visible,
};
use pryv_sdk::{Account, Collection, GrantedAccess, RecordId};

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

/// A collection that `user` granted.
async fn received(account: &Account, name: &str, user: &str) -> Result<Collection, Failure> {
    let grantor = account.find(user).await?.id();
    let mut found = Vec::new();
    let mut locked = None;
    for received in account.received().await? {
        if received.access.grantor != grantor {
            continue;
        }
        for scope in &received.access.scopes {
            match received.open(scope.scope).await {
                Ok(collection) => found.push(collection),
                // It may be the one that is wanted: its name cannot be read any longer.
                Err(error) => locked = Some(Failure::from(error)),
            }
        }
    }
    if let Some(collection) = one(found, name)? {
        return Ok(collection);
    }
    Err(locked.unwrap_or_else(|| {
        Failure::new("not-granted", format!("`{user}` has granted you nothing called `{name}`"))
            .next(format!("list what you have with `pryv received`, or ask {user} for an access"))
            .exit(Exit::Refused)
    }))
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
