//! Kinds of scopes: what each is, which collections are linked to an ontology, which slices open parts of it, and the
//! entries through which they do.

use super::{
    At as _, Error, Reading, Result, Tx,
    key::{Silo, Table, tail},
};
use crate::permission::{Grant, Owner, See};
use pryv_wire::{
    Bytes, PrincipalId, ScopeId, encode,
    scope::{CollectionKind, ScopeKind, Slice, SliceData, SliceEntry},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What records a scope holds besides its definition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Holds {
    /// Instances: a collection.
    Instances,
    /// Terms: an ontology.
    Terms,
    /// None: a slice.
    Nothing,
    /// None, but members: a group.
    Members,
}

impl Holds {
    /// What a scope of this kind holds.
    #[must_use]
    pub const fn of(kind: &ScopeKind) -> Self {
        match kind {
            ScopeKind::Collection(_) => Self::Instances,
            ScopeKind::Ontology => Self::Terms,
            ScopeKind::Group => Self::Members,
            _ => Self::Nothing,
        }
    }

    pub(super) const fn byte(self) -> u8 {
        match self {
            Self::Instances => 0,
            Self::Terms => 1,
            Self::Nothing => 2,
            Self::Members => 3,
        }
    }

    pub(super) const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Instances),
            1 => Some(Self::Terms),
            2 => Some(Self::Nothing),
            3 => Some(Self::Members),
            _ => None,
        }
    }
}

/// An entry as stored.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct EntryRow {
    slice_epoch: u32,
    sealed: Bytes,
}

impl<'t> Reading<'t> {
    /// What a scope is; none if there is no such scope.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn scope_kind(&self, account: PrincipalId, scope: ScopeId) -> Result<Option<ScopeKind>> {
        self.row("scope kind", &Silo::of(account).key(Table::ScopeKind, &[scope.as_bytes()]))
    }

    /// Whether a collection is linked to an ontology.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn is_linked(&self, account: PrincipalId, ontology: ScopeId, collection: ScopeId) -> Result<bool> {
        let parts: [&[u8]; 2] = [ontology.as_bytes(), collection.as_bytes()];
        Ok(self.rows.get(&Silo::of(account).key(Table::CollectionOf, &parts))?.is_some())
    }

    /// The collections that are linked to an ontology.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn collections_of(&self, account: PrincipalId, ontology: ScopeId) -> Result<Vec<ScopeId>> {
        let rows = self.rows.entries(&Silo::of(account).scan(Table::CollectionOf, &[ontology.as_bytes()]))?;
        rows.iter()
            .map(|(key, _)| tail(key).map(ScopeId::from_bytes).ok_or(Error::Row("collection of ontology")))
            .collect()
    }

    /// How many collections are linked to an ontology, counted up to `most`.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn count_collections(&self, account: PrincipalId, ontology: ScopeId, most: usize) -> Result<usize> {
        let scan = Silo::of(account).scan(Table::CollectionOf, &[ontology.as_bytes()]);
        Ok(self.rows.entries(&scan.limited(most))?.len())
    }

    /// The slices of an ontology whose terms are there.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn slices_of(&self, account: PrincipalId, ontology: ScopeId) -> Result<Vec<(ScopeId, Slice)>> {
        let rows = self.rows.entries(&Silo::of(account).scan(Table::SliceOf, &[ontology.as_bytes()]))?;
        rows.iter()
            .map(|(key, row)| {
                let scope = tail(key).map(ScopeId::from_bytes).ok_or(Error::Row("slice of ontology"))?;
                Ok((scope, super::decode("slice of ontology", row)?))
            })
            .collect()
    }

    /// How many slices an ontology has, counted up to `most`.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn count_slices(&self, account: PrincipalId, ontology: ScopeId, most: usize) -> Result<usize> {
        let scan = Silo::of(account).scan(Table::SliceOf, &[ontology.as_bytes()]);
        Ok(self.rows.entries(&scan.limited(most))?.len())
    }

    /// The slices that cover a scope of this kind: those that a new epoch of it must bring an entry for.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn slices_covering(
        &self,
        account: PrincipalId,
        scope: ScopeId,
        kind: &ScopeKind,
    ) -> Result<Vec<(ScopeId, Slice)>> {
        let mut covering = Vec::new();
        match kind {
            ScopeKind::Collection(CollectionKind { ontologies, .. }) => {
                for ontology in ontologies {
                    let slices = self.slices_of(account, *ontology)?.into_iter();
                    covering.extend(slices.filter(|(_, slice)| slice.covers(scope)));
                }
            }
            ScopeKind::Ontology => {
                let slices = self.slices_of(account, scope)?.into_iter();
                covering.extend(slices.filter(|(_, slice)| slice.labels));
            }
            _ => {}
        }
        Ok(covering)
    }

    /// The scopes that a slice covers: collections with data, and its ontology if it has labels.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn covered(&self, account: PrincipalId, slice: &Slice) -> Result<BTreeSet<ScopeId>> {
        let mut covered: BTreeSet<ScopeId> = match &slice.data {
            SliceData::Every => self.collections_of(account, slice.ontology)?.into_iter().collect(),
            SliceData::Collections(collections) => collections.iter().copied().collect(),
            _ => BTreeSet::new(),
        };
        if slice.labels {
            covered.insert(slice.ontology);
        }
        Ok(covered)
    }

    /// The entries of a slice that its epochs from one on open.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn slice_entries(&self, grant: &Grant<'t, See>, from_epoch: u32) -> Result<Vec<SliceEntry>> {
        let slice = grant.scope();
        let rows =
            self.rows.entries(&Silo::of(grant.account()).scan(Table::SliceEntry, &[slice.as_bytes()]))?;
        let mut entries = Vec::with_capacity(rows.len());
        for (key, row) in rows {
            let (start, epoch) = key.split_last_chunk::<4>().ok_or(Error::Row("slice entry"))?;
            let scope = tail(start).map(ScopeId::from_bytes).ok_or(Error::Row("slice entry"))?;
            let EntryRow { slice_epoch, sealed } = super::decode("slice entry", &row)?;
            if slice_epoch >= from_epoch {
                let epoch = u32::from_be_bytes(*epoch);
                entries.push(SliceEntry { slice, slice_epoch, scope, epoch, sealed });
            }
        }
        Ok(entries)
    }
}

impl<'t> Tx<'t> {
    /// Writes what a scope is, and the rows by which it is found from its ontologies.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn put_kind(&mut self, owner: &Owner<'t>, scope: ScopeId, kind: &ScopeKind) -> Result<()> {
        let silo = Silo::of(owner.account());
        match kind {
            ScopeKind::Collection(CollectionKind { ontologies, .. }) => {
                for ontology in ontologies {
                    let parts: [&[u8]; 2] = [ontology.as_bytes(), scope.as_bytes()];
                    self.rows.put(&silo.key(Table::CollectionOf, &parts), &[])?;
                }
            }
            ScopeKind::Slice(slice) => {
                let parts: [&[u8]; 2] = [slice.ontology.as_bytes(), scope.as_bytes()];
                self.rows.put(&silo.key(Table::SliceOf, &parts), &encode(slice))?;
            }
            _ => {}
        }
        Ok(self.rows.put(&silo.key(Table::ScopeKind, &[scope.as_bytes()]), &encode(kind))?)
    }

    /// Writes an entry of a slice.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn put_entry(&mut self, owner: &Owner<'t>, entry: &SliceEntry) -> Result<()> {
        let SliceEntry { slice, slice_epoch, scope, epoch, sealed } = entry;
        let parts: [&[u8]; 3] = [slice.as_bytes(), scope.as_bytes(), &epoch.to_be_bytes()];
        let row = EntryRow { slice_epoch: *slice_epoch, sealed: sealed.clone() };
        Ok(self.rows.put(&Silo::of(owner.account()).key(Table::SliceEntry, &parts), &encode(&row))?)
    }

    /// Drops the slices of a term from its ontology: no epoch has to serve them any more.
    pub(super) fn drop_slices(
        &mut self,
        account: PrincipalId,
        ontology: ScopeId,
        term: pryv_wire::RecordId,
    ) -> Result<()> {
        for (scope, slice) in self.reading().slices_of(account, ontology)? {
            if slice.term == Some(term) {
                let parts: [&[u8]; 2] = [ontology.as_bytes(), scope.as_bytes()];
                self.rows.delete(&Silo::of(account).key(Table::SliceOf, &parts))?;
            }
        }
        Ok(())
    }
}
