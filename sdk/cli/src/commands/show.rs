//! `pryv show`: what a URI names.

use super::{access, record, term};
use crate::{arguments, failure::Failure, output::Output, visible::visible};
use pryv_sdk::{Account, Fingerprint, InvalidUri, Resolved, Uri};
use serde_json::json;

/// `pryv show`.
pub(super) async fn show(
    account: &Account,
    wanted: &arguments::Show,
    output: &mut Output,
) -> Result<(), Failure> {
    match account.resolve(&parse(&wanted.uri)?).await? {
        Resolved::Principal(principal) => {
            let fingerprint = Fingerprint::of(principal.id);
            let value = json!({ "id": principal.id, "kind": principal.kind, "username": principal.username });
            output.result(&value, || {
                let name = principal.username.as_deref().unwrap_or("somebody whom you have not met");
                format!("{}\nFingerprint: {fingerprint}", visible(name))
            })
        }
        Resolved::Collection(collection) => {
            let definition = collection.definition();
            let value = json!({
                "collection": collection.scope(),
                "owner": collection.owner(),
                "level": collection.level(),
                "definition": &*definition,
            });
            output.result(&value, || {
                format!(
                    "{}\n  definition  {}\n  id          {}\n  owner       {}",
                    visible(&definition.title),
                    visible(&definition.uri),
                    collection.scope(),
                    Fingerprint::of(collection.owner()),
                )
            })
        }
        Resolved::Ontology(ontology) => {
            let definition = ontology.definition();
            let value = json!({
                "ontology": ontology.scope(),
                "owner": ontology.owner(),
                "level": ontology.level(),
                "definition": &*definition,
            });
            output.result(&value, || {
                format!(
                    "{}\n  definition  {}\n  id          {}\n  owner       {}",
                    visible(&definition.title),
                    visible(&definition.uri),
                    ontology.scope(),
                    Fingerprint::of(ontology.owner()),
                )
            })
        }
        Resolved::Term { ontology, terms, term } => {
            let mut value = term::value(ontology.owner(), &term);
            let path = terms.path(term.id);
            if let Some(object) = value.as_object_mut() {
                object.insert("path".to_owned(), json!(path));
            }
            output.result(&value, || {
                let path: Vec<String> = path.iter().map(|label| visible(label)).collect();
                let note = if term.is_trashed() { " (put away)" } else { "" };
                format!("{}{note}\n  in  {}", path.join("/"), visible(&ontology.definition().title))
            })
        }
        Resolved::Instance { record, .. } => output.value(&record::value(&record)),
        Resolved::Access(found) => output.value(&access::value(&found)),
        _ => Err(Failure::new("not-resolvable", "this client does not show what the URI names")),
    }
}

/// The URI that was typed.
fn parse(text: &str) -> Result<Uri, Failure> {
    text.parse().map_err(|error: InvalidUri| {
        let failure = Failure::usage("this is not a URI that can be shown").because(&error);
        match error {
            InvalidUri::Fragment => failure.next("open a share link with `pryv link open`"),
            _ => failure
                .next("copy it from `pryv collections`, `pryv accesses`, `pryv ontology list` or `pryv get`"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_link_is_not_a_name() {
        let id = "a".repeat(52);
        assert!(parse(&format!("pryv://{id}")).is_ok());
        let failure = parse(&format!("pryv://{id}/accesses/{}#aeaq", "a".repeat(26))).unwrap_err();
        assert!(failure.words().contains("pryv link open"), "{}", failure.words());
        assert_eq!(parse("https://example.org").unwrap_err().exit_code(), 2);
    }
}
