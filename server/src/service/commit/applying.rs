//! What the operations of one transaction share while they are applied.

use super::{Error, Result};
use crate::{
    permission::{self, Caller, Owner},
    store::{AccessEntry, At as _, Holds, Tx},
};
use pryv_wire::{
    AccessId, ErrorCode, PrincipalId, ScopeId, Timestamp,
    scope::{MovedTerm, ScopeKind, Slice},
    transaction::{ServedAccess, Touched},
};
use std::collections::{BTreeMap, BTreeSet};

/// The bits of a place of creation that number the operations of one transaction.
pub(super) const OPERATION_BITS: u32 = 10;

/// A move that an epoch of this transaction says, until the move follows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Announced {
    pub(super) ontology: ScopeId,
    pub(super) epoch: u32,
    pub(super) moved: MovedTerm,
}

/// What the operations of one transaction share while they are applied.
pub(super) struct Applying<'a> {
    pub(super) caller: &'a Caller,
    pub(super) account: PrincipalId,
    pub(super) now: Timestamp,
    sequence: u64,
    pub(super) touched: Vec<Touched>,
    pub(super) served: Vec<ServedAccess>,
    /// Who reads a scope, and from which epoch on, as far as it was asked for: reading all its accesses for each operation
    /// would make the work of a transaction the product of both.
    readers: BTreeMap<ScopeId, BTreeMap<AccessId, u32>>,
    /// The slices that cover a scope, as far as they were asked for.
    slices: BTreeMap<ScopeId, Vec<(ScopeId, Slice)>>,
    /// The scopes of which an epoch began, and the last one.
    begun: BTreeMap<ScopeId, u32>,
    /// Those of them since the last move.
    since_move: BTreeSet<ScopeId>,
    announced: Option<Announced>,
}

impl<'a> Applying<'a> {
    pub(super) fn new(
        caller: &'a Caller,
        account: PrincipalId,
        now: Timestamp,
        sequence: u64,
        operations: usize,
    ) -> Self {
        Self {
            caller,
            account,
            now,
            sequence,
            touched: Vec::with_capacity(operations),
            served: Vec::new(),
            readers: BTreeMap::new(),
            slices: BTreeMap::new(),
            begun: BTreeMap::new(),
            since_move: BTreeSet::new(),
            announced: None,
        }
    }

    /// Whether these are the accesses that an epoch of the scope must serve: those that read it, are not over and are
    /// granted it.
    pub(super) fn are_readers<'t>(
        &mut self,
        tx: &Tx<'t>,
        owner: &Owner<'t>,
        scope: ScopeId,
        epoch: u32,
        accesses: &BTreeSet<AccessId>,
    ) -> Result<bool> {
        if !self.readers.contains_key(&scope) {
            let entries = tx.live_entries(owner, scope)?.into_iter();
            let readers = entries.filter(|entry| !entry.is_over_at(self.now)).filter_map(|entry| {
                let grant = entry.grant(scope)?;
                grant.level.reads().then_some((entry.access, grant.from_epoch))
            });
            self.readers.insert(scope, readers.collect());
        }
        let readers = self.readers.get(&scope).into_iter().flatten();
        Ok(readers.filter(|(_, from)| **from <= epoch).map(|(access, _)| access).eq(accesses))
    }

    /// The access was granted by this transaction.
    pub(super) fn now_reads(&mut self, entry: &AccessEntry) {
        for grant in &entry.grants {
            if let Some(readers) = self.readers.get_mut(&grant.scope)
                && grant.level.reads()
            {
                readers.insert(entry.access, grant.from_epoch);
            }
        }
    }

    /// The access was revoked by this transaction.
    pub(super) fn no_longer_reads(&mut self, entry: &AccessEntry) {
        for grant in &entry.grants {
            if let Some(readers) = self.readers.get_mut(&grant.scope) {
                readers.remove(&entry.access);
            }
        }
    }

    /// The slices that cover a scope.
    pub(super) fn slices_covering<'t>(
        &mut self,
        tx: &Tx<'t>,
        owner: &Owner<'t>,
        scope: ScopeId,
        kind: &ScopeKind,
    ) -> Result<Vec<(ScopeId, Slice)>> {
        if let Some(slices) = self.slices.get(&scope) {
            return Ok(slices.clone());
        }
        let slices = tx.reading().slices_covering(owner.account(), scope, kind)?;
        self.slices.insert(scope, slices.clone());
        Ok(slices)
    }

    /// A slice came or went.
    pub(super) fn forget_slices(&mut self) {
        self.slices.clear();
    }

    /// An epoch of the scope began.
    pub(super) fn began(&mut self, scope: ScopeId, epoch: u32) {
        self.begun.insert(scope, epoch);
        self.since_move.insert(scope);
    }

    /// Whether the present epoch of the scope began in this transaction.
    pub(super) fn has_begun(&self, scope: ScopeId) -> bool {
        self.begun.contains_key(&scope)
    }

    /// The number of the present epoch of a scope, if it began behind the last move of this transaction.
    pub(super) fn begun_for_move(&self, scope: ScopeId) -> Option<u32> {
        self.begun.get(&scope).copied().filter(|_| self.since_move.contains(&scope))
    }

    /// An epoch says a move, which has to follow.
    pub(super) fn announces(
        &mut self,
        ontology: ScopeId,
        holds: Holds,
        epoch: u32,
        moved: MovedTerm,
    ) -> Result<()> {
        if holds != Holds::Terms {
            return Err(Error::malformed("only an epoch of an ontology says a move"));
        }
        if self.announced.is_some() {
            return Err(unfollowed());
        }
        self.announced = Some(Announced { ontology, epoch, moved });
        Ok(())
    }

    /// The move that was said last and did not follow yet.
    pub(super) const fn announced(&self) -> Option<Announced> {
        self.announced
    }

    /// The move followed.
    pub(super) fn has_moved(&mut self) {
        self.announced = None;
        self.since_move.clear();
    }

    /// Every move that an epoch says has followed.
    pub(super) fn check_moves(&self) -> Result<()> {
        if self.announced.is_some() { Err(unfollowed()) } else { Ok(()) }
    }

    /// The proof that the caller owns the account.
    pub(super) fn owner<'t>(&self, tx: &Tx<'t>) -> Result<Owner<'t>> {
        Ok(permission::owner(tx, self.caller, self.account)?)
    }

    /// The place in the order of creation of what the operation at `index` creates.
    pub(super) fn place(&self, index: usize) -> u64 {
        let index = u64::try_from(index).unwrap_or(u64::MAX);
        (self.sequence << OPERATION_BITS).saturating_add(index)
    }
}

fn unfollowed() -> Error {
    Error::because(ErrorCode::StaleEpoch, "an epoch says a move that does not follow")
}
