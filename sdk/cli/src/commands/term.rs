//! Commands about ontologies and terms.

use crate::{
    arguments::{Moved, Ontology as OntologyCommand, Renamed, Term as TermCommand},
    failure::Failure,
    lookup::{self, short_name},
    output::Output,
    rows, table,
    visible::visible,
};
use pryv_sdk::{Account, Ontology, PrincipalId, Term, Terms, Uri, definition::Definition};
use serde_json::{Value, json};

/// `pryv ontology`.
pub(super) async fn ontology(
    account: &Account,
    wanted: &OntologyCommand,
    output: &mut Output,
) -> Result<(), Failure> {
    match wanted {
        OntologyCommand::Define { file } => {
            let definition: Definition =
                serde_json::from_value(rows::read_value(file)?).map_err(|error| {
                    Failure::new("invalid-definition", "the file is not a definition").because(&error).next(
                        "a definition of an ontology is a JSON object of `uri`, `title` and `types`: a JSON Schema of what a \
                         term carries beside its label; `true` for anything",
                    )
                })?;
            let ontology = account.define_ontology(definition).await?;
            let uri = ontology.uri();
            output.result(&json!({ "ontology": ontology.scope(), "uri": uri }), || {
                format!("Ontology `{}` is ready.", visible(short_name(&uri)))
            })
        }
        OntologyCommand::List => {
            let ontologies = account.ontologies().await?;
            let rows: Vec<_> = ontologies
                .iter()
                .map(|ontology| {
                    let definition = ontology.definition();
                    vec![
                        short_name(&definition.uri).to_owned(),
                        definition.title.clone(),
                        definition.uri.clone(),
                        ontology.scope().to_string(),
                    ]
                })
                .collect();
            let values: Vec<_> = ontologies
                .iter()
                .map(|ontology| {
                    json!({
                        "ontology": ontology.scope(),
                        "uri": ontology.uri(),
                        "pryv_uri": ontology.pryv_uri().to_string(),
                    })
                })
                .collect();
            output.result(&json!(values), || {
                table::render(&["name", "title", "uri", "id"].map(str::to_owned), &rows)
            })
        }
        OntologyCommand::Link { collection, ontology } => {
            let collection = lookup::own(account, collection).await?;
            let ontology = lookup::ontology(account, ontology).await?;
            let linked = account.link_ontology(&collection, &ontology).await?;
            output.result(&json!({ "collection": linked.scope(), "ontologies": linked.ontologies() }), || {
                format!("Records of `{}` may carry terms now.", visible(short_name(&linked.definition().uri)))
            })
        }
    }
}

/// `pryv term`.
pub(super) async fn term(
    account: &Account,
    wanted: &TermCommand,
    output: &mut Output,
) -> Result<(), Failure> {
    let (changed, done) = match wanted {
        TermCommand::List { ontology, from } => {
            let ontology = match from {
                Some(user) => lookup::received_ontology(account, ontology, user).await?,
                None => lookup::ontology(account, ontology).await?,
            };
            let terms = ontology.terms().await?;
            return output.result(&json!(values(ontology.owner(), &terms)), || tree(&terms));
        }
        TermCommand::Create(at) => {
            let (ontology, path) = lookup::path(account, &at.term).await?;
            let terms = ontology.terms().await?;
            let Some((label, above)) = path.split_last() else {
                return Err(Failure::usage("a term has a label").next("write ONTOLOGY:LABEL/LABEL"));
            };
            let under = if above.is_empty() { None } else { Some(lookup::found(&terms, above)?) };
            (ontology.create_term(label.clone(), under).await?, "is made")
        }
        TermCommand::Import(import) => return super::import_terms::import(account, import, output).await,
        TermCommand::Rename(Renamed { at, label }) => {
            let (ontology, term) = lookup::term(account, &at.term).await?;
            (ontology.rename(&term, label.clone()).await?, "has its new label")
        }
        TermCommand::Move(Moved { at, under }) => {
            let (ontology, term) = lookup::term(account, &at.term).await?;
            let terms = ontology.terms().await?;
            let labels: Vec<String> =
                under.iter().flat_map(|path| path.split('/')).map(str::to_owned).collect();
            let under = if labels.is_empty() { None } else { Some(lookup::found(&terms, &labels)?) };
            (ontology.move_term(&term, under).await?, "is moved, with new keys for what is written next")
        }
        TermCommand::Merge(at) => {
            let (ontology, term) = lookup::term(account, &at.term).await?;
            (ontology.merge_into_parent(&term).await?, "is shown as the one above")
        }
        TermCommand::Trash(at) => {
            let (ontology, term) = lookup::term(account, &at.term).await?;
            (ontology.trash(&term).await?, "is put away")
        }
        TermCommand::Restore(at) => {
            let (ontology, term) = lookup::term(account, &at.term).await?;
            (ontology.restore(&term).await?, "is back")
        }
        TermCommand::Delete(at) => {
            let (ontology, term) = lookup::term(account, &at.term).await?;
            ontology.delete(&term).await?;
            (term, "is deleted")
        }
    };
    output.result(&value(account.id(), &changed), || format!("Term `{}` {done}.", visible(changed.label())))
}

/// A term of somebody's ontology as JSON.
pub(super) fn value(owner: PrincipalId, term: &Term) -> Value {
    let uri = Uri::Term { account: owner, ontology: term.ontology, term: term.id };
    json!({
        "pryv_uri": uri.to_string(),
        "term": term.id,
        "ontology": term.ontology,
        "parent": term.parent,
        "label": term.label(),
        "codes": term.content.as_ref().map(|content| &content.codes),
        "trashed": term.is_trashed(),
        "merged": term.is_merged(),
    })
}

fn values(owner: PrincipalId, terms: &Terms) -> Vec<Value> {
    terms.iter().map(|term| value(owner, term)).collect()
}

/// The terms as an indented tree.
fn tree(terms: &Terms) -> String {
    let mut lines = Vec::new();
    for root in terms.roots() {
        branch(terms, root, 0, &mut lines);
    }
    lines.join("\n")
}

fn branch(terms: &Terms, term: &Term, depth: usize, lines: &mut Vec<String>) {
    let note = if term.is_trashed() { " (put away)" } else { "" };
    lines.push(format!("{}{}{note}", "  ".repeat(depth), visible(term.label())));
    // As deep as terms may stand.
    if depth < 32 {
        terms.children(term.id).into_iter().for_each(|child| branch(terms, child, depth + 1, lines));
    }
}

/// The terms that were named, by their ids.
pub(super) async fn named(account: &Account, names: &[String]) -> Result<Vec<(Ontology, Term)>, Failure> {
    let mut terms = Vec::with_capacity(names.len());
    for name in names {
        terms.push(lookup::term(account, name).await?);
    }
    Ok(terms)
}
