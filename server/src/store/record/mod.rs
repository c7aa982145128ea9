//! Records: the present version of each, at its place in the order of creation.
//!
//! A record's row has the place in its key, as the lists by which it is found have ([`found`]): what was created together
//! is read together, and an answer in the order of creation reads on from page to page of the file. By its id a record is
//! found with one more step, from the id to the place.

mod found;
mod shows;
mod write;

pub(super) use found::{away_prefix, order_prefix, posting_prefix, state_prefix, unique_key};
pub(super) use shows::shows;

use super::{
    At as _, Error, Reading, Result, Tx,
    key::{Silo, Table},
    tree::Tree,
};
use crate::permission::{Create, Grant, Read, See};
use pryv_wire::{
    Bytes, PrincipalId, RecordId, ScopeId, decode,
    record::{Envelope, Placement, RecordKind},
};

/// A version of a record to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewRecord<'a> {
    /// The record.
    pub record: RecordId,
    /// Its version.
    pub version: u64,
    /// What it is.
    pub kind: RecordKind,
    /// The encoded envelope.
    pub envelope: &'a [u8],
    /// Where it is found.
    pub placement: &'a Placement,
}

impl NewRecord<'_> {
    fn to_row(self) -> Vec<u8> {
        row(self.version, self.kind, self.envelope)
    }
}

/// The stored version of a record.
#[derive(Clone, Debug)]
pub struct StoredRecord {
    /// Its place in the order of creation.
    pub created: u64,
    /// Its version.
    pub version: u64,
    /// What it is.
    pub kind: RecordKind,
    /// The encoded envelope.
    pub envelope: Bytes,
}

impl StoredRecord {
    /// The row that it was read from.
    pub(super) fn to_row(&self) -> Vec<u8> {
        row(self.version, self.kind, &self.envelope)
    }

    /// A row, and the place that its key names.
    pub(super) fn decode(created: u64, row: &[u8]) -> Result<Self> {
        let parse = || {
            let (version, rest) = row.split_first_chunk::<8>()?;
            let (kind, envelope) = rest.split_first()?;
            Some(Self {
                created,
                version: u64::from_be_bytes(*version),
                kind: RecordKind::try_from(*kind).ok()?,
                envelope: Bytes::from(envelope),
            })
        };
        parse().ok_or(Error::Row("record"))
    }

    /// The envelope, read.
    ///
    /// # Errors
    ///
    /// [`Error::Row`] if the row is not an envelope.
    pub fn read(&self) -> Result<Envelope> {
        decode(&self.envelope).map_err(|_| Error::Row("record"))
    }

    /// Who can open it, and where it is found.
    ///
    /// # Errors
    ///
    /// [`Error::Row`] if the row is not an envelope.
    pub fn placement(&self) -> Result<Placement> {
        decode(&self.read()?.placement).map_err(|_| Error::Row("record"))
    }
}

fn row(version: u64, kind: RecordKind, envelope: &[u8]) -> Vec<u8> {
    let mut row = Vec::with_capacity(envelope.len().saturating_add(8 + 1));
    row.extend_from_slice(&version.to_be_bytes());
    row.push(kind.into());
    row.extend_from_slice(envelope);
    row
}

fn record_key(silo: Silo, scope: ScopeId, place: u64) -> Vec<u8> {
    silo.key(Table::Record, &[scope.as_bytes(), &place.to_be_bytes()])
}

fn place_key(silo: Silo, scope: ScopeId, record: RecordId) -> Vec<u8> {
    silo.key(Table::RecordPlace, &[scope.as_bytes(), record.as_bytes()])
}

impl<'t> Reading<'t> {
    /// The stored version of a record, encoded; none if the grant does not reach it.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn record(&self, grant: &Grant<'t, Read>, record: RecordId) -> Result<Option<StoredRecord>> {
        let Some(stored) = self.record_of(grant.account(), grant.scope(), record)? else { return Ok(None) };
        let mut tree = Tree::of(self.reading(), grant.account());
        Ok(shows(&mut tree, grant.reach(), &stored)?.then_some(stored))
    }

    /// The definition record of a scope.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn definition(&self, grant: &Grant<'t, See>) -> Result<Option<StoredRecord>> {
        self.record_of(grant.account(), grant.scope(), RecordId::definition(grant.scope()))
    }

    /// A record by its id.
    pub(super) fn record_of(
        &self,
        account: PrincipalId,
        scope: ScopeId,
        record: RecordId,
    ) -> Result<Option<StoredRecord>> {
        let Some(place) = self.rows.get(&place_key(Silo::of(account), scope, record))? else {
            return Ok(None);
        };
        let place = <[u8; 8]>::try_from(&place[..]).map_err(|_| Error::Row("record place"))?;
        self.record_at(account, scope, u64::from_be_bytes(place)).map(Some)
    }

    /// The record at a place that a list or an id names: there is one, or the store has lost a row.
    pub(super) fn record_at(&self, account: PrincipalId, scope: ScopeId, place: u64) -> Result<StoredRecord> {
        let row = self.rows.get(&record_key(Silo::of(account), scope, place))?;
        StoredRecord::decode(place, &row.ok_or(Error::Row("record"))?)
    }
}

impl<'t> Tx<'t> {
    /// The stored version of a record, for one who may write beside it.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn stored(&self, grant: &Grant<'t, Create>, record: RecordId) -> Result<Option<StoredRecord>> {
        self.reading().record_of(grant.account(), grant.scope(), record)
    }

    /// Whether a grant reaches a stored record.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn shows<A>(&self, grant: &Grant<'t, A>, stored: &StoredRecord) -> Result<bool> {
        shows(&mut Tree::of(self.reading(), grant.account()), grant.reach(), stored)
    }

    /// Whether the reading part of a grant reaches a stored record.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn shows_reader<A>(&self, grant: &Grant<'t, A>, stored: &StoredRecord) -> Result<bool> {
        let Some(reach) = grant.reach().reading() else { return Ok(false) };
        shows(&mut Tree::of(self.reading(), grant.account()), &reach, stored)
    }

    /// The stored definition of a scope, for one who may write to it.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn stored_definition(&self, grant: &Grant<'t, Create>) -> Result<Option<StoredRecord>> {
        self.stored(grant, RecordId::definition(grant.scope()))
    }

    /// Whether another record of the scope holds one of the placement's unique tokens; `stored` is the version of this one
    /// before, if there is one.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn is_taken(
        &self,
        grant: &Grant<'t, Create>,
        new: &NewRecord<'_>,
        stored: Option<&StoredRecord>,
    ) -> Result<bool> {
        let (silo, own) = (Silo::of(grant.account()), stored.map(|stored| stored.created.to_be_bytes()));
        for token in new.placement.tokens.iter().flat_map(|tokens| &tokens.unique) {
            let holder = self.rows.get(&unique_key(silo, grant.scope(), token))?;
            if holder.is_some_and(|holder| own.is_none_or(|own| holder[..] != own)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
