//! `expect-records`, `expect-none`: what has to hold of other records once all operations of a transaction were applied.
//!
//! So a client keeps rules between records whose reasons the server does not know: that what a record refers to is there, and
//! that nothing refers any longer to what is deleted.

use super::{Applying, Error, Result};
use crate::{
    permission::{self, By},
    store::{At as _, MAX_BEHIND, Tx},
};
use pryv_wire::{
    Bytes, ErrorCode, RecordId, ScopeId,
    record::{INDEX_TOKEN_LENGTH, IndexState, UNIQUE_TOKEN_LENGTH},
    transaction::{MAX_EXPECTED, Operation},
};
use std::collections::BTreeMap;

/// An expectation that is well formed.
pub(super) enum Expectation {
    /// These records are there.
    Records { scope: ScopeId, records: Vec<RecordId> },
    /// No instance carries one of these tokens, nor could without its being seen.
    None { scope: ScopeId, epoch: u32, since: IndexState, tokens: Vec<Bytes> },
}

impl Expectation {
    const fn scope(&self) -> ScopeId {
        match self {
            Self::Records { scope, .. } | Self::None { scope, .. } => *scope,
        }
    }
}

/// Refuses more expectations than a transaction may have.
pub(super) fn check_number(operations: &[Operation]) -> Result<()> {
    let named = |operation: &Operation| match operation {
        Operation::ExpectRecords { records, .. } => records.len(),
        Operation::ExpectNone { tokens, .. } => tokens.len(),
        _ => 0,
    };
    if operations.iter().map(named).fold(0, usize::saturating_add) > MAX_EXPECTED {
        return Err(Error::out_of_range("what the expectations of a transaction name", MAX_EXPECTED));
    }
    Ok(())
}

pub(super) fn prepare_records(scope: ScopeId, records: Vec<RecordId>) -> Result<Expectation> {
    if records.is_empty() || !records.is_sorted_by(|a, b| a < b) {
        return Err(Error::malformed("expected records are sorted, each one once, one at least"));
    }
    Ok(Expectation::Records { scope, records })
}

pub(super) fn prepare_none(
    scope: ScopeId,
    epoch: u32,
    since: IndexState,
    tokens: Vec<Bytes>,
) -> Result<Expectation> {
    if tokens.is_empty() || !tokens.is_sorted_by(|a, b| a < b) {
        return Err(Error::malformed("tokens are sorted, each one once, one at least"));
    }
    if tokens.iter().any(|token| ![INDEX_TOKEN_LENGTH, UNIQUE_TOKEN_LENGTH].contains(&token.len())) {
        return Err(Error::malformed("a token has 16 or 32 bytes"));
    }
    Ok(Expectation::None { scope, epoch, since, tokens })
}

/// Refuses a transaction one of whose expectations does not hold, behind all of its operations.
pub(super) fn check(tx: &Tx<'_>, applying: &Applying<'_>, expected: &[Expectation]) -> Result<()> {
    let Applying { caller, account, now, .. } = *applying;
    // Looked for once: most expectations of one transaction are of one collection and one way to index.
    let mut unseen: BTreeMap<(ScopeId, u32, u64), bool> = BTreeMap::new();
    let mut looked = 0;
    for expectation in expected {
        let scope = expectation.scope();
        let grant = permission::read(tx, caller, (account, scope), By::Any, now)?;
        let holds = match expectation {
            Expectation::Records { records, .. } => {
                let mut there = true;
                for record in records {
                    there = there && tx.is_there(&grant, *record)?;
                }
                there
            }
            Expectation::None { epoch, since, tokens, .. } => {
                if !grant.reach().is_everything() {
                    return Err(Error::new(ErrorCode::NotAllowed));
                }
                if tx.reading().scope_head(account, scope)?.map(|head| head.epoch) != Some(*epoch) {
                    return Err(Error::new(ErrorCode::StaleEpoch));
                }
                let key = (scope, since.epoch, since.version);
                let any_unseen = match unseen.get(&key) {
                    Some(known) => *known,
                    None => {
                        let (any, states) = tx.any_behind(&grant, *since)?;
                        looked += states;
                        unseen.insert(key, any);
                        any
                    }
                };
                if looked > MAX_BEHIND {
                    return Err(Error::out_of_range("the index states behind expectations", MAX_BEHIND));
                }
                !any_unseen && !tx.carries_any(&grant, tokens)?
            }
        };
        if !holds {
            return Err(Error::new(ErrorCode::ExpectationFailed));
        }
    }
    Ok(())
}
