//! Calls of `Ontology`.

use crate::{
    args::Args,
    call::{Answer, unknown},
    collection::definition,
    object::Object,
    record::level_text,
    table::{self, Owner, Thing},
    thrown::Thrown,
};
use pryv_sdk::{Ontology, RecordId, Term, TermContent};
use serde_json::Value;
use std::{cell::RefCell, collections::HashMap};

/// The terms that the page was shown, in the version that it was shown: what it changes, it changes on top of that.
pub(crate) type Terms = RefCell<HashMap<RecordId, Term>>;

/// An ontology, taken up.
pub(crate) fn ontology(ontology: Ontology, owner: Owner) -> Value {
    let shown = Object::new()
        .text("scope", &ontology.scope())
        .text("owner", &ontology.owner())
        .put("uri", ontology.uri())
        .text_if("access", ontology.access().as_ref())
        .put_if("level", ontology.level().map(level_text))
        .put("definition", definition(&ontology.definition()));
    shown.put("handle", table::add(Thing::Ontology(ontology, Terms::default(), owner))).done()
}

/// Ontologies, taken up.
pub(crate) fn ontologies(all: Vec<Ontology>, owner: &Owner) -> Value {
    all.into_iter().map(|one| ontology(one, owner.clone())).collect()
}

/// A term.
pub(crate) fn term(term: &Term) -> Value {
    let shown = Object::new()
        .text("id", &term.id)
        .text("ontology", &term.ontology)
        .text_if("parent", term.parent.as_ref())
        .put("label", term.label())
        .put("trashed", term.is_trashed())
        .put("merged", term.is_merged())
        .put("version", term.version);
    let content = term.content.as_ref();
    let codes = content.map(|content| serde_json::to_value(&content.codes).unwrap_or_default());
    shown
        .put("codes", codes.unwrap_or_else(|| Value::Array(Vec::new())))
        .put("inherit", content.is_some_and(|content| content.inherit))
        .put_if("data", content.and_then(|content| content.data.clone()))
        .done()
}

/// What a term is to say.
fn content(value: Value) -> Result<TermContent, Thrown> {
    let mut args = Args::of(value)?;
    let unlike =
        |_| Thrown::argument("a code has `system`, `code` and `display`; a state is `active` or `trashed`");
    let codes = Value::Array(args.list("codes")?);
    let state = match args.take("state") {
        Value::Null => pryv_sdk::TermState::default(),
        state => serde_json::from_value(state).map_err(unlike)?,
    };
    Ok(TermContent {
        label: args.text("label")?.to_owned(),
        codes: serde_json::from_value(codes).map_err(unlike)?,
        inherit: args.flag("inherit").unwrap_or(false),
        state,
        data: Some(args.take("data")).filter(|data| !data.is_null()),
        ..TermContent::default()
    })
}

/// A term that the page was shown.
fn known(terms: &Terms, args: &mut Args, name: &str) -> Result<Option<Term>, Thrown> {
    if args.find(name).is_none() {
        return Ok(None);
    }
    let named = Args::of(args.take(name))?;
    let (id, version) = (named.id("id")?, named.number("version"));
    let found = terms.borrow().get(&id).cloned();
    match found {
        Some(term) if Some(term.version) == version => Ok(Some(term)),
        _ => Err(Thrown::new(
            "refused",
            "version-conflict",
            "the term was changed in the meantime; read the terms again and repeat",
        )),
    }
}

pub(crate) async fn call(on: &Ontology, terms: &Terms, method: &str, mut args: Args) -> Answer {
    if method == "terms" {
        let all = on.terms().await?;
        *terms.borrow_mut() = all.iter().map(|term| (term.id, term.clone())).collect();
        return Ok(all.iter().map(term).collect());
    }
    let named = |args: &mut Args, name: &str| {
        known(terms, args, name)?.ok_or_else(|| Thrown::argument(&format!("`{name}` is a term")))
    };
    let changed = match method {
        "create" => {
            let (content, under) = (content(args.take("content"))?, known(terms, &mut args, "under")?);
            on.create(content, under.as_ref()).await?
        }
        "rename" => on.rename(&named(&mut args, "term")?, args.text("label")?).await?,
        "change" => on.change(&named(&mut args, "term")?, content(args.take("content"))?).await?,
        "trash" => on.trash(&named(&mut args, "term")?).await?,
        "restore" => on.restore(&named(&mut args, "term")?).await?,
        "mergeIntoParent" => on.merge_into_parent(&named(&mut args, "term")?).await?,
        "merge" => on.merge(&named(&mut args, "term")?, &named(&mut args, "into")?).await?,
        "move" => {
            let to = known(terms, &mut args, "to")?;
            on.move_term(&named(&mut args, "term")?, to.as_ref()).await?
        }
        "delete" => {
            let gone = named(&mut args, "term")?;
            on.delete(&gone).await?;
            terms.borrow_mut().remove(&gone.id);
            return Ok(Value::Null);
        }
        _ => return Err(unknown(method)),
    };
    let shown = term(&changed);
    terms.borrow_mut().insert(changed.id, changed);
    Ok(shown)
}
