//! Terms: where each stands in its ontology, what stands under it, and the keys that it had before its last move.

use super::{
    At as _, Error, Reading, Result, Tx,
    key::{Silo, Table, tail},
    record::StoredRecord,
};
use crate::permission::{Grant, Manage, Owner, Shape};
use pryv_engine::Scan;
use pryv_wire::{Bytes, PrincipalId, RecordId, ScopeId, bytes::TermSalt, encode, term::TermLink};
use serde::{Deserialize, Serialize};

/// Where a term stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TermPlace {
    /// The term above; none: a root.
    pub parent: Option<RecordId>,
    /// The epoch of the ontology in which it got this parent.
    pub since: u32,
    /// What its id was made with.
    pub salt: TermSalt,
}

impl TermPlace {
    fn encode(self) -> Vec<u8> {
        [&parent_part(self.parent)[..], &self.since.to_be_bytes(), self.salt.as_bytes()].concat()
    }

    fn decode(row: &[u8]) -> Option<Self> {
        let (has, rest) = row.split_first()?;
        let (parent, since) = rest.split_first_chunk::<16>()?;
        let (since, salt) = since.split_first_chunk::<4>()?;
        let (since, salt) = (u32::from_be_bytes(*since), TermSalt::from_bytes(salt.try_into().ok()?));
        let parent = match has {
            0 => None,
            1 => Some(RecordId::from_bytes(*parent)),
            _ => return None,
        };
        Some(Self { parent, since, salt })
    }
}

/// A link as stored.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct LinkRow {
    epoch: u32,
    sealed: Bytes,
}

fn parent_part(parent: Option<RecordId>) -> [u8; 17] {
    let mut part = [0; 17];
    if let Some(parent) = parent {
        let bytes = [1].iter().chain(parent.as_bytes());
        part.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    }
    part
}

fn term_key(account: PrincipalId, ontology: ScopeId, term: RecordId) -> Vec<u8> {
    Silo::of(account).key(Table::Term, &[ontology.as_bytes(), term.as_bytes()])
}

fn child_key(account: PrincipalId, ontology: ScopeId, parent: Option<RecordId>, term: RecordId) -> Vec<u8> {
    let parts: [&[u8]; 3] = [ontology.as_bytes(), &parent_part(parent), term.as_bytes()];
    Silo::of(account).key(Table::TermChild, &parts)
}

/// The posting list of what is filed under a term in a collection. Pending entries are in a list of their own.
pub(super) fn filed_prefix(
    silo: Silo,
    collection: ScopeId,
    ontology: ScopeId,
    term: RecordId,
    pending: bool,
) -> Vec<u8> {
    let parts: [&[u8]; 4] =
        [collection.as_bytes(), ontology.as_bytes(), term.as_bytes(), &[u8::from(pending)]];
    silo.key(Table::TermPosting, &parts)
}

impl<'t> Reading<'t> {
    /// Where a term stands; none if there is no such term, or it was deleted.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn term(&self, account: PrincipalId, ontology: ScopeId, term: RecordId) -> Result<Option<TermPlace>> {
        let row = self.rows.get(&term_key(account, ontology, term))?;
        row.map(|row| TermPlace::decode(&row).ok_or(Error::Row("term"))).transpose()
    }

    /// The terms right under another (none: the roots), by id, behind one of them.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn children(
        &self,
        account: PrincipalId,
        ontology: ScopeId,
        parent: Option<RecordId>,
        after: Option<RecordId>,
        most: usize,
    ) -> Result<Vec<RecordId>> {
        let parts: [&[u8]; 2] = [ontology.as_bytes(), &parent_part(parent)];
        let all = Silo::of(account).scan(Table::TermChild, &parts);
        let scan = match (after, all.hi()) {
            (None, _) => all.clone(),
            (Some(after), end) => {
                // The next key in order: one byte longer.
                let start = [&child_key(account, ontology, parent, after)[..], &[0]].concat();
                end.map_or_else(|| Scan::from(&start), |end| Scan::range(&start, end))
            }
        };
        let rows = self.rows.entries(&scan.limited(most))?;
        rows.iter()
            .map(|(key, _)| tail(key).map(RecordId::from_bytes).ok_or(Error::Row("term child")))
            .collect()
    }

    /// Whether a live record of any linked collection is filed under a term.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn is_filed_under(&self, account: PrincipalId, ontology: ScopeId, term: RecordId) -> Result<bool> {
        let silo = Silo::of(account);
        for collection in self.collections_of(account, ontology)? {
            let parts: [&[u8]; 3] = [collection.as_bytes(), ontology.as_bytes(), term.as_bytes()];
            if !self.rows.entries(&silo.scan(Table::TermPosting, &parts).limited(1))?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The first term behind `after`, in the order of ids, that anything of a collection is filed under.
    pub(super) fn next_in_use(
        &self,
        account: PrincipalId,
        collection: ScopeId,
        ontology: ScopeId,
        after: Option<RecordId>,
    ) -> Result<Option<RecordId>> {
        let silo = Silo::of(account);
        let parts: [&[u8]; 2] = [collection.as_bytes(), ontology.as_bytes()];
        let all = silo.scan(Table::TermPosting, &parts);
        let scan = match after {
            None => all.clone(),
            Some(after) => {
                let passed = Scan::prefix(&silo.key(
                    Table::TermPosting,
                    &[collection.as_bytes(), ontology.as_bytes(), after.as_bytes()],
                ));
                match (passed.hi(), all.hi()) {
                    (Some(start), Some(end)) => Scan::range(start, end),
                    (Some(start), None) => Scan::from(start),
                    (None, _) => return Ok(None),
                }
            }
        };
        let found = self.rows.entries(&scan.limited(1))?;
        let Some((key, _)) = found.first() else { return Ok(None) };
        let at = silo.key(Table::TermPosting, &parts).len();
        let term = key.get(at..).and_then(|rest| rest.first_chunk::<16>());
        term.map(|term| Some(RecordId::from_bytes(*term))).ok_or(Error::Row("term posting"))
    }

    /// The record of a term, for one who may know of it; what of it to show is for the caller of this to say.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn term_record(&self, shape: &Shape<'t>, term: RecordId) -> Result<Option<StoredRecord>> {
        self.record_of(shape.account(), shape.ontology(), term)
    }

    /// The links of a term.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn term_links(&self, shape: &Shape<'t>, term: RecordId) -> Result<Vec<TermLink>> {
        let ontology = shape.ontology();
        let parts: [&[u8]; 2] = [ontology.as_bytes(), term.as_bytes()];
        let rows = self.rows.entries(&Silo::of(shape.account()).scan(Table::TermLink, &parts))?;
        rows.iter()
            .map(|(key, row)| {
                let scope = tail(key).map(ScopeId::from_bytes).ok_or(Error::Row("term link"))?;
                let LinkRow { epoch, sealed } = super::decode("term link", row)?;
                Ok(TermLink { scope, term, epoch, sealed })
            })
            .collect()
    }
}

impl<'t> Tx<'t> {
    /// Gives a new term its place.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn put_term(&mut self, grant: &Grant<'t, Manage>, term: RecordId, place: TermPlace) -> Result<()> {
        let (account, ontology) = (grant.account(), grant.scope());
        self.rows.put(&child_key(account, ontology, place.parent, term), &[])?;
        Ok(self.rows.put(&term_key(account, ontology, term), &place.encode())?)
    }

    /// Moves a term from one place to another.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn move_term(
        &mut self,
        owner: &Owner<'t>,
        ontology: ScopeId,
        term: RecordId,
        from: TermPlace,
        to: TermPlace,
    ) -> Result<()> {
        let account = owner.account();
        self.rows.delete(&child_key(account, ontology, from.parent, term))?;
        self.rows.put(&child_key(account, ontology, to.parent, term), &[])?;
        Ok(self.rows.put(&term_key(account, ontology, term), &to.encode())?)
    }

    /// Writes a link of a term, in the place of the one before.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn put_term_link(&mut self, owner: &Owner<'t>, ontology: ScopeId, link: &TermLink) -> Result<()> {
        let parts: [&[u8]; 3] = [ontology.as_bytes(), link.term.as_bytes(), link.scope.as_bytes()];
        let row = LinkRow { epoch: link.epoch, sealed: link.sealed.clone() };
        Ok(self.rows.put(&Silo::of(owner.account()).key(Table::TermLink, &parts), &encode(&row))?)
    }

    /// Takes a deleted term out of the tree, with its links and slices. Its record stays, as a tombstone.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn drop_term(&mut self, grant: &Grant<'t, Manage>, term: RecordId, place: TermPlace) -> Result<()> {
        let (account, ontology) = (grant.account(), grant.scope());
        self.rows.delete(&child_key(account, ontology, place.parent, term))?;
        let parts: [&[u8]; 2] = [ontology.as_bytes(), term.as_bytes()];
        self.delete_all(&Silo::of(account).scan(Table::TermLink, &parts))?;
        self.drop_slices(account, ontology, term)?;
        Ok(self.rows.delete(&term_key(account, ontology, term))?)
    }

    /// The stored record of a term, for one who may change terms.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn stored_term(&self, grant: &Grant<'t, Manage>, term: RecordId) -> Result<Option<StoredRecord>> {
        self.reading().record_of(grant.account(), grant.scope(), term)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_round_trips() {
        for place in [
            TermPlace { parent: None, since: 7, salt: TermSalt::from_bytes([3; 16]) },
            TermPlace {
                parent: Some(RecordId::from_bytes([0; 16])),
                since: u32::MAX,
                salt: TermSalt::from_bytes([0; 16]),
            },
        ] {
            assert_eq!(TermPlace::decode(&place.encode()), Some(place));
        }
        assert_eq!(TermPlace::decode(&[0; 36]), None);
        assert_eq!(TermPlace::decode(&[2; 37]), None);
    }
}
