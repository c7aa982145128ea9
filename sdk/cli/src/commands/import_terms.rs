//! `pryv term import`: trees of a file as terms, all of them checked before the first one is written.

use crate::{
    arguments::ImportTerms, failure::Failure, lookup, meter::Meter, output::Output, rows, visible::visible,
};
use pryv_sdk::{Account, Code, NewTerm, Term, TermContent};
use serde::Deserialize;
use serde_json::{Value, json};

/// A term as a file says it, with what stands under it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tree {
    label: String,
    #[serde(default)]
    codes: Vec<Code>,
    #[serde(default)]
    inherit: bool,
    #[serde(default)]
    data: Option<Value>,
    #[serde(default)]
    children: Vec<Self>,
}

/// `pryv term import`.
pub(super) async fn import(
    account: &Account,
    import: &ImportTerms,
    output: &mut Output,
) -> Result<(), Failure> {
    let value = rows::read_value(&import.file)?;
    let trees = if value.is_array() { value } else { Value::Array(vec![value]) };
    let trees: Vec<Tree> = serde_json::from_value(trees).map_err(|error| {
        Failure::new("invalid-terms", "the file does not hold trees of terms").because(&error).next(
            "each is a JSON object of `label` and, as needed, `codes` (of `system`, `code`, `display`), `inherit`, `data` and \
             `children`",
        )
    })?;
    let ontology = lookup::ontology(account, &import.ontology).await?;
    let labels: Vec<String> =
        import.under.iter().flat_map(|path| path.split('/')).map(str::to_owned).collect();
    let known = ontology.terms().await?;
    let under = if labels.is_empty() { None } else { Some(lookup::found(&known, &labels)?) };
    let mut terms = Vec::new();
    for tree in trees {
        flatten(tree, &|content| place(under, content), &mut terms);
    }
    let mut meter = Meter::new(output, "terms");
    let made = ontology.create_many(terms, &mut meter).await;
    meter.finish();
    let made = made.map_err(|error| {
        let next = format!(
            "{} terms were made, in the order of the file, each before what stands under it; go on behind them",
            error.created.len()
        );
        Failure::from(error).next(next)
    })?;
    let uri = ontology.uri();
    output.result(&json!({ "ontology": ontology.scope(), "terms": made.len() }), || {
        format!("{} terms are made in `{}`.", made.len(), visible(lookup::short_name(&uri)))
    })
}

fn place(under: Option<&Term>, content: TermContent) -> NewTerm {
    match under {
        Some(term) => NewTerm::under(term, content),
        None => NewTerm::top(content),
    }
}

/// Writes a tree down, each term before what stands under it.
fn flatten(tree: Tree, place: &dyn Fn(TermContent) -> NewTerm, terms: &mut Vec<NewTerm>) {
    let Tree { label, codes, inherit, data, children } = tree;
    let number = terms.len();
    terms.push(place(TermContent { label, codes, inherit, data, ..TermContent::default() }));
    for child in children {
        flatten(child, &|content| NewTerm::below(number, content), terms);
    }
}
