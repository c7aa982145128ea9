//! `move-term`: the version of a term that stands under another parent, behind the epochs that make it so.

use super::{
    Applying, Error, Result, Signer,
    put_record::{self, PreparedRecord, check_written},
};
use crate::{
    permission,
    store::{At as _, TermPlace, Tree, Tx},
};
use pryv_wire::{
    Bytes, ErrorCode, ScopeId,
    record::{Parent, Protected, RecordKind},
    scope::MovedTerm,
    term::{MAX_DEPTH, TermLink},
};
use std::collections::BTreeMap;

/// The longest link of a term: the keys of 1,500 epochs.
const MAX_LINK: usize = 64 * 1024;

/// The most descendants of a term that is moved: all are looked at, to measure its height.
const MAX_DESCENDANTS: usize = 50_000;

/// A move whose record was verified.
pub(super) struct PreparedMove {
    record: PreparedRecord,
    parent: Parent,
    links: BTreeMap<ScopeId, TermLink>,
}

pub(super) fn prepare(record: Bytes, links: Vec<TermLink>, signer: &Signer) -> Result<PreparedMove> {
    let record = put_record::prepare(record, signer)?;
    let protected = &record.protected;
    if protected.kind != RecordKind::Term || protected.access.is_some() || protected.version == 1 {
        return Err(Error::malformed("a move is a later version of a term, by its owner"));
    }
    let parent = record.placement.parent.ok_or_else(|| Error::malformed("a term has a place"))?;
    if Some(parent.since) != record.epoch() {
        return Err(Error::malformed("a moved term has its place since the epoch of the move"));
    }
    let mut by_scope = BTreeMap::new();
    for link in links {
        if link.term != protected.record || link.sealed.is_empty() {
            return Err(Error::malformed("a link is of another term, or empty"));
        }
        if link.sealed.len() > MAX_LINK {
            return Err(Error::out_of_range("the length of a link, in bytes", MAX_LINK));
        }
        if by_scope.insert(link.scope, link).is_some() {
            return Err(Error::malformed("a move brings one link for each scope"));
        }
    }
    Ok(PreparedMove { record, parent, links: by_scope })
}

pub(super) fn apply(tx: &mut Tx<'_>, applying: &mut Applying<'_>, moving: &PreparedMove) -> Result<()> {
    let owner = applying.owner(tx)?;
    let PreparedMove { record, parent, links } = moving;
    let Protected { account, scope: ontology, record: term, version, .. } = record.protected;
    let not_found = || Error::new(ErrorCode::NotFound);
    check_epochs(tx, applying, moving)?;
    check_written(tx.reading().scope_head(account, ontology)?, record)?;
    let grant = permission::manage(tx, applying.caller, account, ontology, None, applying.now)?;
    let stored = tx.stored_term(&grant, term)?.ok_or_else(not_found)?;
    let place = tx.reading().term(account, ontology, term)?.ok_or_else(not_found)?;
    if stored.version.checked_add(1) != Some(version) {
        return Err(Error::conflict(Some(stored.envelope)));
    }
    if place.salt != parent.salt {
        return Err(Error::malformed("a term keeps the salt of its id"));
    }
    if place.parent == parent.term {
        return Err(Error::malformed("the term stands there already"));
    }
    let mut tree = Tree::of(tx.reading(), account);
    let above = match parent.term {
        Some(parent) => tree.path(ontology, parent)?,
        None => Vec::new(),
    };
    if parent.term.is_some() && above.is_empty() {
        return Err(Error::because(ErrorCode::NotFound, "the term above is not there"));
    }
    if above.contains(&term) {
        return Err(Error::malformed("a term does not stand under itself"));
    }
    let levels = MAX_DEPTH.saturating_sub(above.len());
    if tree.height(ontology, term, levels, MAX_DESCENDANTS)?.is_none() {
        return Err(Error::out_of_range("the depth of a term, or the number of its descendants", MAX_DEPTH));
    }
    let to = TermPlace { parent: parent.term, since: parent.since, salt: parent.salt };
    tx.move_term(&owner, ontology, term, place, to)?;
    for link in links.values() {
        tx.put_term_link(&owner, ontology, link)?;
    }
    tx.change_term_record(&grant, &stored, &record.as_new())?;
    applying.has_moved();
    applying.touched.push(record.touched());
    Ok(())
}

/// The move is the one that the ontology's present epoch says, which began for it, as did an epoch of each linked
/// collection; and each has its link.
fn check_epochs(tx: &Tx<'_>, applying: &Applying<'_>, moving: &PreparedMove) -> Result<()> {
    let stale = |reason: &str| Error::because(ErrorCode::StaleEpoch, reason);
    let PreparedMove { record, parent, links } = moving;
    let Protected { account, scope: ontology, record: term, .. } = record.protected;
    let moved = MovedTerm { term, parent: parent.term };
    let said = applying.announced().filter(|said| said.ontology == ontology && said.moved == moved);
    let said = said.ok_or_else(|| stale("no epoch of this transaction says the move"))?;
    if said.epoch != parent.since {
        return Err(stale("the term is of another epoch than the one that says the move"));
    }
    let mut epochs = BTreeMap::from([(ontology, said.epoch)]);
    for collection in tx.reading().collections_of(account, ontology)? {
        let epoch = applying.begun_for_move(collection);
        epochs.insert(
            collection,
            epoch.ok_or_else(|| stale("a move brings an epoch of each linked collection"))?,
        );
    }
    if links.iter().map(|(scope, link)| (*scope, link.epoch)).eq(epochs) {
        Ok(())
    } else {
        Err(stale("a move brings one link for the ontology and one for each linked collection"))
    }
}
