//! `create-scope`: a collection, an ontology, a slice or a group, with its first epoch and the first version of its definition.

use super::{
    Applying, Error, Result, Signer, entries,
    epoch::{self, PreparedEpoch},
    group,
    put_record::{self, PreparedRecord},
};
use crate::{
    permission::Owner,
    store::{At as _, Holds, ScopeHead, Tx},
};
use pryv_wire::{
    Bytes, ErrorCode, ScopeId,
    record::RecordKind,
    scope::{CollectionKind, Epoch, NewEpoch, ScopeKind, Slice, SliceData, SliceEntry},
    transaction::Touched,
};

/// The most ontologies that one collection is linked to.
pub(super) const MAX_ONTOLOGIES: usize = 64;
/// The most collections that are linked to one ontology: a move begins an epoch of each.
pub(super) const MAX_COLLECTIONS: usize = 256;
/// The most slices of one ontology: a new epoch brings an entry for each.
const MAX_SLICES: usize = 4_096;

/// A scope whose epoch and definition were verified.
pub(super) struct PreparedScope {
    epoch: PreparedEpoch,
    definition: PreparedRecord,
    kind: ScopeKind,
    entries: Vec<SliceEntry>,
}

pub(super) fn prepare(
    epoch: NewEpoch,
    definition: Bytes,
    kind: ScopeKind,
    entries: Vec<SliceEntry>,
    signer: &Signer,
) -> Result<PreparedScope> {
    let epoch = epoch::prepare(epoch, signer)?;
    let definition = put_record::prepare(definition, signer)?;
    let protected = &definition.protected;
    let Epoch { epoch: number, moved, groups, .. } = &epoch.epoch;
    if *number != 0 || epoch.lockbox.is_some() || moved.is_some() || !groups.is_empty() {
        return Err(Error::malformed("a scope begins with epoch 0, and with nobody to share it with"));
    }
    if protected.kind != RecordKind::Definition || protected.version != 1 || protected.access.is_some() {
        return Err(Error::malformed("a scope begins with version 1 of its definition, by its owner"));
    }
    if protected.suite != epoch.epoch.suite {
        return Err(Error::malformed("the definition is of another suite than the epoch"));
    }
    if protected.scope != epoch.epoch.scope || definition.epoch() != Some(0) {
        return Err(Error::malformed("the definition is of another scope or epoch"));
    }
    entries::check(&entries)?;
    check_kind(&kind)?;
    if epoch.group.is_some() != (kind == ScopeKind::Group) {
        return Err(Error::malformed("a group begins with its first card, and nothing else does"));
    }
    if kind.slice().is_none() && !entries.is_empty() {
        return Err(Error::malformed("only a slice has entries of its own"));
    }
    Ok(PreparedScope { epoch, definition, kind, entries })
}

fn check_kind(kind: &ScopeKind) -> Result<()> {
    match kind {
        ScopeKind::Collection(CollectionKind { ontologies, .. }) => {
            if ontologies.len() > MAX_ONTOLOGIES {
                return Err(Error::out_of_range("the number of ontologies of a collection", MAX_ONTOLOGIES));
            }
            check_sorted(ontologies)
        }
        ScopeKind::Ontology | ScopeKind::Group => Ok(()),
        ScopeKind::Slice(slice) => check_slice(slice),
        _ => Err(Error::malformed("the kind of scope is not known here")),
    }
}

fn check_slice(slice: &Slice) -> Result<()> {
    match &slice.data {
        SliceData::Collections(collections) if collections.is_empty() => {
            Err(Error::malformed("a slice of no collections has no data"))
        }
        SliceData::Collections(collections) if collections.len() > MAX_COLLECTIONS => {
            Err(Error::out_of_range("the number of collections of a slice", MAX_COLLECTIONS))
        }
        SliceData::Collections(collections) => check_sorted(collections),
        SliceData::None if !slice.labels => Err(Error::malformed("a slice opens data or labels")),
        _ => Ok(()),
    }
}

fn check_sorted(scopes: &[ScopeId]) -> Result<()> {
    if scopes.is_sorted_by(|a, b| a < b) {
        Ok(())
    } else {
        Err(Error::malformed("scopes are sorted, each one once"))
    }
}

pub(super) fn apply(
    tx: &mut Tx<'_>,
    applying: &mut Applying<'_>,
    new: PreparedScope,
    index: usize,
) -> Result<()> {
    let PreparedScope { epoch, definition, kind, entries: of_slice } = new;
    let PreparedEpoch { epoch, statement, owner_wrap, entries: of_epoch, group, .. } = epoch;
    let owner = applying.owner(tx)?;
    let scope = epoch.scope;
    if tx.reading().scope_head(owner.account(), scope)?.is_some() {
        return Err(Error::new(ErrorCode::AlreadyExists));
    }
    let head = ScopeHead { epoch: 0, suite: epoch.suite, generation: None, holds: Holds::of(&kind) };
    match &kind {
        ScopeKind::Collection(collection) => {
            for ontology in &collection.ontologies {
                check_ontology(tx, &owner, *ontology)?;
            }
        }
        ScopeKind::Slice(slice) => check_covers(tx, &owner, slice)?,
        _ => {}
    }
    tx.begin_epoch(&owner, scope, head, statement, owner_wrap)?;
    tx.put_kind(&owner, scope, &kind)?;
    if let Some(group) = &group {
        group::found(tx, applying, &owner, head, group)?;
    }
    applying.forget_slices();
    match &kind {
        ScopeKind::Slice(_) if !of_epoch.is_empty() => {
            return Err(Error::malformed("the entries of a slice come beside its epoch"));
        }
        ScopeKind::Slice(slice) => entries::put_all(tx, &owner, scope, slice, &of_slice)?,
        _ => entries::put(tx, applying, &owner, scope, 0, &of_epoch)?,
    }
    tx.put_definition(&owner, scope, &definition.as_new(), applying.place(index))?;
    applying.began(scope, 0);
    applying.touched.push(Touched::Epoch { scope, epoch: 0 });
    applying.touched.push(definition.touched());
    Ok(())
}

/// An ontology that one more collection can be linked to.
pub(super) fn check_ontology(tx: &Tx<'_>, owner: &Owner<'_>, ontology: ScopeId) -> Result<()> {
    let kind = tx.reading().scope_kind(owner.account(), ontology)?;
    match kind.ok_or_else(|| Error::new(ErrorCode::NotFound))? {
        ScopeKind::Ontology => {}
        _ => return Err(Error::malformed("a collection is linked to ontologies")),
    }
    if tx.reading().count_collections(owner.account(), ontology, MAX_COLLECTIONS)? >= MAX_COLLECTIONS {
        return Err(Error::out_of_range("the number of collections of an ontology", MAX_COLLECTIONS));
    }
    Ok(())
}

/// What a slice covers is there and linked.
fn check_covers(tx: &Tx<'_>, owner: &Owner<'_>, slice: &Slice) -> Result<()> {
    let account = owner.account();
    let not_found = || Error::new(ErrorCode::NotFound);
    let kind = tx.reading().scope_kind(account, slice.ontology)?.ok_or_else(not_found)?;
    if kind != ScopeKind::Ontology {
        return Err(Error::malformed("a slice is of an ontology"));
    }
    if let Some(term) = slice.term
        && tx.reading().term(account, slice.ontology, term)?.is_none()
    {
        return Err(not_found());
    }
    if let SliceData::Collections(collections) = &slice.data {
        for collection in collections {
            if tx.reading().scope_head(account, *collection)?.is_none() {
                return Err(not_found());
            }
            if !tx.reading().is_linked(account, slice.ontology, *collection)? {
                return Err(Error::new(ErrorCode::NotLinked));
            }
        }
    }
    if tx.reading().count_slices(account, slice.ontology, MAX_SLICES)? >= MAX_SLICES {
        return Err(Error::out_of_range("the number of slices of an ontology", MAX_SLICES));
    }
    Ok(())
}
