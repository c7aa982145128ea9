//! `link-ontology`: one more ontology whose terms the instances of a collection may carry.

use super::{
    Applying, Error, Result,
    create_scope::{MAX_ONTOLOGIES, check_ontology},
    entries,
};
use crate::store::{At as _, Tx};
use pryv_wire::{
    ErrorCode, ScopeId,
    scope::{ScopeKind, SliceEntry},
    transaction::Touched,
};

/// A link whose entries have the right shape.
pub(super) struct PreparedLink {
    collection: ScopeId,
    ontology: ScopeId,
    entries: Vec<SliceEntry>,
}

pub(super) fn prepare(
    collection: ScopeId,
    ontology: ScopeId,
    entries: Vec<SliceEntry>,
) -> Result<PreparedLink> {
    entries::check(&entries)?;
    Ok(PreparedLink { collection, ontology, entries })
}

pub(super) fn apply(tx: &mut Tx<'_>, applying: &mut Applying<'_>, link: &PreparedLink) -> Result<()> {
    let owner = applying.owner(tx)?;
    let PreparedLink { collection, ontology, entries } = link;
    let not_found = || Error::new(ErrorCode::NotFound);
    let kind = tx.reading().scope_kind(owner.account(), *collection)?.ok_or_else(not_found)?;
    let ScopeKind::Collection(mut kind) = kind else {
        return Err(Error::malformed("a collection is linked to ontologies"));
    };
    let Err(at) = kind.ontologies.binary_search(ontology) else {
        return Err(Error::because(ErrorCode::AlreadyExists, "the collection is linked to the ontology"));
    };
    if kind.ontologies.len() >= MAX_ONTOLOGIES {
        return Err(Error::out_of_range("the number of ontologies of a collection", MAX_ONTOLOGIES));
    }
    check_ontology(tx, &owner, *ontology)?;
    kind.ontologies.insert(at, *ontology);
    let head = tx.reading().scope_head(owner.account(), *collection)?.ok_or_else(not_found)?;
    let slices = entries::of_every(tx.reading().slices_of(owner.account(), *ontology)?, *collection);
    entries::put_for(tx, &owner, &slices, *collection, head.epoch, entries)?;
    tx.put_kind(&owner, *collection, &ScopeKind::Collection(kind))?;
    applying.forget_slices();
    applying.touched.push(Touched::Linked { collection: *collection, ontology: *ontology });
    Ok(())
}
