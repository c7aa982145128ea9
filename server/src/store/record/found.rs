//! Where an instance is found: the lists that hold its place, and the unique tokens that it holds.
//!
//! The rows of lists have empty values: which record it is, the place in the key says.

use super::super::{
    key::{Silo, Table},
    states::state_of,
    term::filed_prefix,
};
use pryv_wire::{
    ScopeId,
    record::{IndexState, Placement, RecipientKind, RecordKind},
};
use std::collections::BTreeSet;

/// The scope's list of every live instance.
pub(in crate::store) fn order_prefix(silo: Silo, scope: ScopeId) -> Vec<u8> {
    silo.key(Table::RecordOrder, &[scope.as_bytes()])
}

/// The scope's posting list of one token.
pub(in crate::store) fn posting_prefix(silo: Silo, scope: ScopeId, token: &[u8]) -> Vec<u8> {
    let length = u8::try_from(token.len()).unwrap_or(u8::MAX);
    silo.key(Table::Posting, &[scope.as_bytes(), &[length], token])
}

/// The list of the instances that are indexed alike.
pub(in crate::store) fn state_prefix(silo: Silo, scope: ScopeId, state: IndexState) -> Vec<u8> {
    let parts: [&[u8]; 3] = [scope.as_bytes(), &state.epoch.to_be_bytes(), &state.version.to_be_bytes()];
    silo.key(Table::IndexState, &parts)
}

/// The list of what is not active: of the instances that were put away, or of the tombstones.
pub(in crate::store) fn away_prefix(silo: Silo, scope: ScopeId, kind: RecordKind) -> Vec<u8> {
    silo.key(Table::Away, &[scope.as_bytes(), &[kind.into()]])
}

/// Where the place of the one instance is that holds a unique token.
pub(in crate::store) fn unique_key(silo: Silo, scope: ScopeId, token: &[u8]) -> Vec<u8> {
    silo.key(Table::Unique, &[scope.as_bytes(), token])
}

/// The rows that an instance is found by.
#[derive(Debug, Default)]
pub(super) struct FoundBy {
    /// Rows of lists, which end in the place: that of all, that of its index state, one for each token and each term.
    pub(super) lists: BTreeSet<Vec<u8>>,
    /// Rows of unique tokens, whose value is the place.
    pub(super) unique: BTreeSet<Vec<u8>>,
}

impl FoundBy {
    /// The rows of a record: an instance, put away or not, is found by everything that it carries; what is left of a deleted one,
    /// among these alone.
    pub(super) fn of(
        silo: Silo,
        scope: ScopeId,
        kind: RecordKind,
        placement: &Placement,
        place: u64,
    ) -> Self {
        let entry = |mut list: Vec<u8>| {
            list.extend_from_slice(&place.to_be_bytes());
            list
        };
        let mut found = Self::default();
        if matches!(kind, RecordKind::Trashed | RecordKind::Tombstone) {
            found.lists.insert(entry(away_prefix(silo, scope, kind)));
        }
        if !kind.is_instance() {
            return found;
        }
        found.lists.insert(entry(order_prefix(silo, scope)));
        found.lists.insert(entry(state_prefix(silo, scope, state_of(placement))));
        for tokens in &placement.tokens {
            found.lists.extend(tokens.index.iter().map(|token| entry(posting_prefix(silo, scope, token))));
            found.unique.extend(tokens.unique.iter().map(|token| unique_key(silo, scope, token)));
        }
        for recipient in &placement.recipients {
            if let Some(term) = recipient.term {
                let pending = recipient.kind == RecipientKind::Pending;
                found.lists.insert(entry(filed_prefix(silo, scope, recipient.scope, term, pending)));
            }
        }
        found
    }
}
