//! `put-record` of a term: made under a parent, changed in place, or deleted when nothing stands on it.

use super::{
    Applying, Error, Result,
    put_record::{PreparedRecord, check_written},
};
use crate::{
    permission::{self, Grant, Manage, Top},
    store::{At as _, Holds, ScopeHead, StoredRecord, TermPlace, Tree, Tx},
};
use pryv_wire::{
    ErrorCode, RecordId, ScopeId,
    record::{Parent, Protected, RecordKind},
    term::MAX_DEPTH,
};

pub(super) fn apply(
    tx: &mut Tx<'_>,
    applying: &mut Applying<'_>,
    record: &PreparedRecord,
    head: Option<ScopeHead>,
    index: usize,
) -> Result<()> {
    let Protected { account, scope, access, version, .. } = record.protected;
    let grant = permission::manage(tx, applying.caller, account, scope, access, applying.now)?;
    if head.is_some_and(|head| head.holds != Holds::Terms) {
        return Err(Error::malformed("only an ontology has terms"));
    }
    check_written(head, record)?;
    if version == 1 {
        let parent = record.placement.parent.ok_or_else(|| Error::malformed("a term has a place"))?;
        return create(tx, &grant, record, parent, applying.place(index));
    }
    let (stored, place) = changeable(tx, &grant, record.protected.record)?;
    if stored.version.checked_add(1) != Some(version) {
        return Err(Error::conflict(tx.shows(&grant, &stored)?.then_some(stored.envelope)));
    }
    match record.protected.kind {
        RecordKind::Tombstone => {
            delete(tx, &grant, record.protected.record, place)?;
            // The slices of the term went with it.
            applying.forget_slices();
        }
        _ if stored.placement()?.parent != record.placement.parent => {
            return Err(Error::malformed("a term is moved by its owner, with new epochs"));
        }
        _ => {}
    }
    Ok(tx.change_term_record(&grant, &stored, &record.as_new())?)
}

fn create<'t>(
    tx: &mut Tx<'t>,
    grant: &Grant<'t, Manage>,
    record: &PreparedRecord,
    parent: Parent,
    created: u64,
) -> Result<()> {
    let (ontology, term) = (grant.scope(), record.protected.record);
    if Some(parent.since) != record.epoch() {
        return Err(Error::malformed("a new term has its place since the present epoch"));
    }
    if RecordId::term(ontology, parent.term, parent.salt) != term {
        return Err(Error::statement("the id of the term is not that of its first place"));
    }
    check_place(tx, grant, parent.term)?;
    if tx.stored_term(grant, term)?.is_some() {
        return Err(Error::new(ErrorCode::AlreadyExists));
    }
    tx.put_term(grant, term, TermPlace { parent: parent.term, since: parent.since, salt: parent.salt })?;
    Ok(tx.create_term_record(grant, &record.as_new(), created)?)
}

/// Whether whoever manages an ontology, or a part of it, may put a term there.
fn check_place(tx: &Tx<'_>, grant: &Grant<'_, Manage>, parent: Option<RecordId>) -> Result<()> {
    let mut tree = Tree::of(tx.reading(), grant.account());
    if !is_below(&mut tree, grant, grant.scope(), parent)? {
        return Err(Error::new(ErrorCode::NotAllowed));
    }
    let Some(parent) = parent else { return Ok(()) };
    match tree.path(grant.scope(), parent)?.len() {
        0 => Err(Error::because(ErrorCode::NotFound, "the term above is not there")),
        depth if depth >= MAX_DEPTH => Err(Error::out_of_range("the depth of a term", MAX_DEPTH)),
        _ => Ok(()),
    }
}

/// Whether what stands right under `parent` is for the holder of the grant to manage: the whole ontology is, and what is
/// below the term of a slice, that term itself excluded.
fn is_below(
    tree: &mut Tree<'_>,
    grant: &Grant<'_, Manage>,
    ontology: ScopeId,
    parent: Option<RecordId>,
) -> Result<bool> {
    let reach = grant.reach();
    if reach.is_whole() || reach.tops().contains_key(&Top { ontology, term: None }) {
        return Ok(true);
    }
    match parent {
        Some(parent) => Ok(tree.reached(reach, ontology, parent)?.is_some()),
        None => Ok(false),
    }
}

/// A term that is there, and that the holder of the grant may change.
pub(super) fn changeable<'t>(
    tx: &Tx<'t>,
    grant: &Grant<'t, Manage>,
    term: RecordId,
) -> Result<(StoredRecord, TermPlace)> {
    let not_found = || Error::new(ErrorCode::NotFound);
    let mut tree = Tree::of(tx.reading(), grant.account());
    let place = tree.place(grant.scope(), term)?.ok_or_else(not_found)?;
    if !is_below(&mut tree, grant, grant.scope(), place.parent)? {
        // It may know of the term of its slice, and of none above.
        let known = tree.reached(grant.reach(), grant.scope(), term)?.is_some();
        return Err(if known { Error::new(ErrorCode::NotAllowed) } else { not_found() });
    }
    Ok((tx.stored_term(grant, term)?.ok_or_else(not_found)?, place))
}

fn delete<'t>(tx: &mut Tx<'t>, grant: &Grant<'t, Manage>, term: RecordId, place: TermPlace) -> Result<()> {
    let (account, ontology) = (grant.account(), grant.scope());
    let reading = tx.reading();
    if !reading.children(account, ontology, Some(term), None, 1)?.is_empty()
        || reading.is_filed_under(account, ontology, term)?
    {
        return Err(Error::new(ErrorCode::InUse));
    }
    Ok(tx.drop_term(grant, term, place)?)
}
