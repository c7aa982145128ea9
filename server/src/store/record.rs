//! Records: the present version of each, its place in the order of creation, its postings, and who is shown it.

use super::{
    At, Error, Reading, Result, Tx,
    key::{Silo, Table},
    states::state_of,
    term::filed_prefix,
    tree::Tree,
};
use crate::permission::{Change, Create, Grant, Manage, Owner, Reach, Read, See};
use pryv_wire::{
    Bytes, PrincipalId, RecordId, ScopeId, decode,
    record::{Envelope, IndexState, Placement, Protected, RecipientKind, RecordKind},
};
use std::collections::BTreeMap;

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

const HEADER: usize = 8 + 8 + 1;

impl StoredRecord {
    /// The row that it was read from.
    pub(super) fn to_row(&self) -> Vec<u8> {
        let mut row = Vec::with_capacity(HEADER.saturating_add(self.envelope.len()));
        row.extend_from_slice(&self.created.to_be_bytes());
        row.extend_from_slice(&self.version.to_be_bytes());
        row.push(self.kind.into());
        row.extend_from_slice(&self.envelope);
        row
    }

    fn encode(created: u64, new: &NewRecord<'_>) -> Vec<u8> {
        let mut row = Vec::with_capacity(HEADER.saturating_add(new.envelope.len()));
        row.extend_from_slice(&created.to_be_bytes());
        row.extend_from_slice(&new.version.to_be_bytes());
        row.push(new.kind.into());
        row.extend_from_slice(new.envelope);
        row
    }

    pub(super) fn decode(row: &[u8]) -> Result<Self> {
        let parse = || {
            let (created, rest) = row.split_first_chunk::<8>()?;
            let (version, rest) = rest.split_first_chunk::<8>()?;
            let (kind, envelope) = rest.split_first()?;
            Some(Self {
                created: u64::from_be_bytes(*created),
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

/// The scope's posting list of one token.
pub(super) fn posting_prefix(silo: Silo, scope: ScopeId, token: &[u8]) -> Vec<u8> {
    let length = u8::try_from(token.len()).unwrap_or(u8::MAX);
    silo.key(Table::Posting, &[scope.as_bytes(), &[length], token])
}

/// The list of the instances that are indexed alike.
pub(super) fn state_prefix(silo: Silo, scope: ScopeId, state: IndexState) -> Vec<u8> {
    let parts: [&[u8]; 3] = [scope.as_bytes(), &state.epoch.to_be_bytes(), &state.version.to_be_bytes()];
    silo.key(Table::IndexState, &parts)
}

pub(super) fn order_prefix(silo: Silo, scope: ScopeId) -> Vec<u8> {
    silo.key(Table::RecordOrder, &[scope.as_bytes()])
}

pub(super) fn unique_key(silo: Silo, scope: ScopeId, token: &[u8]) -> Vec<u8> {
    silo.key(Table::Unique, &[scope.as_bytes(), token])
}

fn record_key(account: PrincipalId, scope: ScopeId, record: RecordId) -> Vec<u8> {
    Silo::of(account).key(Table::Record, &[scope.as_bytes(), record.as_bytes()])
}

impl<'t> Reading<'t> {
    /// The stored version of a record, encoded; none if the grant does not reach it.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn record(&self, grant: &Grant<'t, Read>, record: RecordId) -> Result<Option<StoredRecord>> {
        let Some(stored) = self.record_at(grant.account(), grant.scope(), record)? else { return Ok(None) };
        let mut tree = Tree::of(self.reading(), grant.account());
        Ok(shows(&mut tree, grant.reach(), &stored)?.then_some(stored))
    }

    /// The definition record of a scope.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn definition(&self, grant: &Grant<'t, See>) -> Result<Option<StoredRecord>> {
        self.record_at(grant.account(), grant.scope(), RecordId::definition(grant.scope()))
    }

    pub(super) fn record_at(
        &self,
        account: PrincipalId,
        scope: ScopeId,
        record: RecordId,
    ) -> Result<Option<StoredRecord>> {
        let row = self.rows.get(&record_key(account, scope, record))?;
        row.map(|row| StoredRecord::decode(&row)).transpose()
    }
}

impl<'t> Tx<'t> {
    /// The stored version of a record, for one who may write beside it.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn stored(&self, grant: &Grant<'t, Create>, record: RecordId) -> Result<Option<StoredRecord>> {
        self.reading().record_at(grant.account(), grant.scope(), record)
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

    /// Whether another record of the scope holds one of the placement's unique tokens.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn is_taken(&self, grant: &Grant<'t, Create>, new: &NewRecord<'_>) -> Result<bool> {
        let silo = Silo::of(grant.account());
        for token in new.placement.tokens.iter().flat_map(|tokens| &tokens.unique) {
            let holder = self.rows.get(&unique_key(silo, grant.scope(), token))?;
            if holder.is_some_and(|holder| holder.get(..RecordId::LENGTH) != Some(&new.record.as_bytes()[..]))
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Writes the first version of an instance, at a place in the order of creation.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn create_record(
        &mut self,
        grant: &Grant<'t, Create>,
        new: &NewRecord<'_>,
        created: u64,
    ) -> Result<()> {
        let silo = Silo::of(grant.account());
        let order = [&order_prefix(silo, grant.scope())[..], &created.to_be_bytes()].concat();
        self.rows.put(&order, new.record.as_bytes())?;
        self.index(grant.account(), grant.scope(), None, new, created)?;
        let key = record_key(grant.account(), grant.scope(), new.record);
        Ok(self.rows.put(&key, &StoredRecord::encode(created, new))?)
    }

    /// Writes the next version of an instance in the place of the one before; a tombstone leaves order and postings.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn change_record(
        &mut self,
        grant: &Grant<'t, Change>,
        old: &StoredRecord,
        new: &NewRecord<'_>,
    ) -> Result<()> {
        let (account, scope) = (grant.account(), grant.scope());
        let silo = Silo::of(account);
        self.succeed(account, scope, new.record, old, new.kind)?;
        if new.kind == RecordKind::Tombstone {
            self.rows.delete(&[&order_prefix(silo, scope)[..], &old.created.to_be_bytes()].concat())?;
        }
        self.index(account, scope, Some(old), new, old.created)?;
        let key = record_key(account, scope, new.record);
        Ok(self.rows.put(&key, &StoredRecord::encode(old.created, new))?)
    }

    /// Puts another placement of the same version in the place of the one before.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn place_record(
        &mut self,
        grant: &Grant<'t, Change>,
        old: &StoredRecord,
        new: &NewRecord<'_>,
    ) -> Result<()> {
        let (account, scope) = (grant.account(), grant.scope());
        self.index(account, scope, Some(old), new, old.created)?;
        let key = record_key(account, scope, new.record);
        Ok(self.rows.put(&key, &StoredRecord::encode(old.created, new))?)
    }

    /// Writes a version of a term's record, or the same version placed anew.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn put_term_record(
        &mut self,
        grant: &Grant<'t, Manage>,
        new: &NewRecord<'_>,
        created: u64,
    ) -> Result<()> {
        let key = record_key(grant.account(), grant.scope(), new.record);
        Ok(self.rows.put(&key, &StoredRecord::encode(created, new))?)
    }

    /// Writes a version of a scope's definition.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn put_definition(
        &mut self,
        owner: &Owner<'t>,
        scope: ScopeId,
        new: &NewRecord<'_>,
        created: u64,
    ) -> Result<()> {
        if let Some(old) = self.reading().record_at(owner.account(), scope, new.record)? {
            self.succeed(owner.account(), scope, new.record, &old, new.kind)?;
        }
        let key = record_key(owner.account(), scope, new.record);
        Ok(self.rows.put(&key, &StoredRecord::encode(created, new))?)
    }

    /// Brings the rows that an instance is found by from the version or placement before to the new one. What stays is not
    /// written again.
    fn index(
        &mut self,
        account: PrincipalId,
        scope: ScopeId,
        old: Option<&StoredRecord>,
        new: &NewRecord<'_>,
        created: u64,
    ) -> Result<()> {
        let silo = Silo::of(account);
        let before = match old {
            Some(old) if old.kind == RecordKind::Instance => {
                found_by(silo, scope, new.record, &old.placement()?, old.created)
            }
            _ => BTreeMap::new(),
        };
        let after = match new.kind {
            RecordKind::Instance => found_by(silo, scope, new.record, new.placement, created),
            _ => BTreeMap::new(),
        };
        for key in before.keys().filter(|key| !after.contains_key(*key)) {
            self.rows.delete(key)?;
        }
        for (key, value) in after.iter().filter(|(key, value)| before.get(*key) != Some(value)) {
            self.rows.put(key, value)?;
        }
        Ok(())
    }
}

/// Whether a reach goes as far as a stored record.
pub(super) fn shows(tree: &mut Tree<'_>, reach: &Reach, stored: &StoredRecord) -> Result<bool> {
    if reach.is_everything() || stored.kind == RecordKind::Definition {
        return Ok(true);
    }
    let envelope = stored.read()?;
    let protected: Protected = decode(&envelope.protected).map_err(|_| Error::Row("record"))?;
    let placement: Placement = decode(&envelope.placement).map_err(|_| Error::Row("record"))?;
    // An instance counts from when it was written; a term, whose label is what it is now, from where it was placed.
    let epoch = match stored.kind {
        RecordKind::Term => placement.recipients.first().map_or(protected.epoch, |first| first.epoch),
        _ => protected.epoch,
    };
    if reach.opens(epoch) {
        return Ok(true);
    }
    for recipient in placement.recipients.iter().filter(|recipient| recipient.kind != RecipientKind::Pending)
    {
        if let Some(term) = recipient.term
            && tree.reached(reach, recipient.scope, term)?.is_some_and(|from| from <= epoch)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The rows that an instance is found by: a posting for each token and each term, the entry of each unique token, and its
/// place in the list of the state that it is indexed by.
fn found_by(
    silo: Silo,
    scope: ScopeId,
    record: RecordId,
    placement: &Placement,
    created: u64,
) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let at = created.to_be_bytes();
    let id = record.as_bytes().to_vec();
    let posting = |prefix: Vec<u8>| ([&prefix[..], &at].concat(), id.clone());
    let mut rows = BTreeMap::from([posting(state_prefix(silo, scope, state_of(placement)))]);
    for tokens in &placement.tokens {
        rows.extend(tokens.index.iter().map(|token| posting(posting_prefix(silo, scope, token))));
        let holder = [&id[..], &at].concat();
        rows.extend(tokens.unique.iter().map(|token| (unique_key(silo, scope, token), holder.clone())));
    }
    for recipient in &placement.recipients {
        if let Some(term) = recipient.term {
            let pending = recipient.kind == RecipientKind::Pending;
            rows.extend([posting(filed_prefix(silo, scope, recipient.scope, term, pending))]);
        }
    }
    rows
}
