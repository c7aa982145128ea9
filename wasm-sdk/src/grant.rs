//! Grants: from what a page describes.

use crate::{
    args::Args,
    record::level,
    table::{self, Thing},
    thrown::Thrown,
};
use pryv_sdk::{Collection, Grant, NewLink, Part, Password};

/// The grant that a call describes.
pub(crate) fn of(args: &mut Args) -> Result<Grant, Thrown> {
    let to = match &*table::get(args.handle("to")?)? {
        Thing::Contact(contact) => Grant::to(contact),
        Thing::App(app) => Grant::to_app(app),
        Thing::GroupContact(group) => Grant::to_group(group),
        _ => return Err(Thrown::argument("`to` is a contact, an app or a group")),
    };
    on(to, args)
}

/// The link that a call describes.
pub(crate) fn link(args: &mut Args) -> Result<NewLink, Thrown> {
    let mut link = NewLink::of(on(Grant::to_link(), args)?);
    if let Some(uses) = args.small("uses")? {
        link = link.uses(uses);
    }
    if let Some(password) = args.text_or_none("password") {
        link = link.password(Password::new(password));
    }
    Ok(link)
}

fn on(mut grant: Grant, args: &mut Args) -> Result<Grant, Thrown> {
    for item in args.list("on")? {
        let mut item = Args::of(item)?;
        let level = level(item.text("level")?)?;
        if item.find("collection").is_some() {
            grant = grant.on(&table::collection(item.handle("collection")?)?, level);
            continue;
        }
        let part = Part { ontology: item.id("ontology")?, term: item.id_or_none("term")? };
        grant = match item.flag("structure") {
            Some(true) => grant.on_structure(part, level),
            _ => grant.on_term(part, level),
        };
        if let Some(labels) = item.flag("labels") {
            grant = grant.labels(labels);
        }
        if item.find("within").is_some() {
            let within = item.list("within")?.into_iter().map(|number| {
                let number = number.as_u64().and_then(|number| u32::try_from(number).ok());
                table::collection(number.ok_or_else(|| Thrown::argument("`within` lists collections"))?)
            });
            let within: Vec<Collection> = within.collect::<Result<_, _>>()?;
            grant = grant.within_collections(&within);
        }
    }
    terms(grant, args)
}

/// The grant, with its reasons and dates as a call gives them.
pub(crate) fn terms(mut grant: Grant, args: &Args) -> Result<Grant, Thrown> {
    if let Some(name) = args.text_or_none("name") {
        grant = grant.name(name);
    }
    if let Some(purpose) = args.text_or_none("purpose") {
        grant = grant.purpose(purpose);
    }
    if let Some(from) = args.time("from") {
        grant = grant.from(from);
    }
    if let Some(until) = args.time("until") {
        grant = grant.until(until);
    }
    if let Some(terms) = args.id_or_none("terms")? {
        grant = grant.terms(terms);
    }
    if args.flag("withoutHistory") == Some(true) {
        grant = grant.without_history();
    }
    if let Some(id) = args.id_or_none("id")? {
        grant = grant.id(id);
    }
    Ok(grant)
}
