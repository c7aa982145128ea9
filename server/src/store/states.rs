//! Index states: by which epoch and which version of its collection's indexes each instance is found.
//!
//! Every instance is in the list of exactly one state: that of its tokens, or, without tokens, that of its recipients' epoch
//! and version zero. States are few and each is found by one leap, so that those behind the others are told without
//! looking at what is up to date.

use super::{
    At as _, Reading, Result, Tx,
    filed::Filed,
    key::{Silo, Table},
    record::state_prefix,
};
use crate::permission::{Grant, Read, See};
use pryv_engine::Scan;
use pryv_wire::{
    PrincipalId, ScopeId,
    record::{IndexState, IndexedAlike, MAX_COUNTED_ALIKE, MAX_UNINDEXED, Placement, Unindexed},
};

/// The most states that one query reads the lists of.
pub const MAX_BEHIND: usize = 4_096;

/// How many rows are read in all to count the instances of states.
const MAX_COUNTED: usize = 20_000;

/// The instances that a filter cannot be held against.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Behind {
    /// How they are indexed.
    These {
        /// The states.
        states: Vec<IndexState>,
        /// How many instances there are, counted up to [`MAX_UNINDEXED`] and one more; zero if nobody wants to know.
        number: u32,
    },
    /// More than the request bears with.
    TooMany,
}

/// By what an instance with this placement is indexed.
pub(super) fn state_of(placement: &Placement) -> IndexState {
    match placement.tokens.first() {
        Some(tokens) => IndexState { epoch: tokens.epoch, version: tokens.version },
        None => {
            let epoch = placement.recipients.first().map_or(0, |own| own.epoch);
            IndexState { epoch, version: 0 }
        }
    }
}

const fn is_behind(state: IndexState, before: IndexState) -> bool {
    state.epoch < before.epoch || state.version < before.version
}

const fn first_of(epoch: u32) -> IndexState {
    IndexState { epoch, version: 0 }
}

impl<'t> Tx<'t> {
    /// Whether an instance of the collection is indexed by an earlier epoch or version, and how many states were looked at to tell.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn any_behind(&self, grant: &Grant<'t, Read>, before: IndexState) -> Result<(bool, usize)> {
        let (mut at, mut looked) = (Some(first_of(0)), 0_usize);
        while let Some(from) = at {
            looked = looked.saturating_add(1);
            match self.reading().next_state(grant.account(), grant.scope(), from)? {
                Some(state) if is_behind(state, before) => return Ok((true, looked)),
                // Nor are later versions in the same epoch.
                Some(state) => at = state.epoch.checked_add(1).map(first_of),
                None => break,
            }
        }
        Ok((false, looked))
    }
}

impl<'t> Reading<'t> {
    /// The instances that a caller is given whatever its filter says, and, if it wants to know, their number.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn behind(
        &self,
        grant: &Grant<'t, Read>,
        filed: Option<&[Filed]>,
        unindexed: &Unindexed,
        wants_number: bool,
    ) -> Result<Behind> {
        let Unindexed { before, at_most } = *unindexed;
        let bounded = at_most <= MAX_UNINDEXED;
        // What was written before the first epoch that the caller reaches is not shown to it.
        let mut at = Some(first_of(grant.reach().from_epoch()));
        let mut states = Vec::new();
        while let Some(from) = at {
            let Some(state) = self.next_state(grant.account(), grant.scope(), from)? else { break };
            if !is_behind(state, before) {
                // Nor are later versions in the same epoch.
                at = state.epoch.checked_add(1).map(first_of);
                continue;
            }
            if states.len() >= MAX_BEHIND {
                return Ok(Behind::TooMany);
            }
            states.push(state);
            at = after(state);
        }
        if states.is_empty() || !(bounded || wants_number) {
            return Ok(Behind::These { states, number: 0 });
        }
        let most = usize::try_from(at_most.min(MAX_UNINDEXED)).unwrap_or(usize::MAX);
        let number = if filed.is_none() && grant.reach().is_everything() {
            Some(self.count_rows(grant.account(), grant.scope(), &states, most.saturating_add(1))?)
        } else {
            self.count_states(grant, filed, &states, most)?
        };
        match number.filter(|number| *number <= most) {
            None if bounded => Ok(Behind::TooMany),
            number => {
                let number = number.unwrap_or_else(|| most.saturating_add(1));
                Ok(Behind::These { states, number: u32::try_from(number).unwrap_or(u32::MAX) })
            }
        }
    }

    /// By what the instances of a collection are indexed, for who reads the whole of it. To who reads it from some epoch
    /// on, without their numbers: they count what it is not shown.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn indexed(&self, grant: &Grant<'t, See>) -> Result<Vec<IndexedAlike>> {
        if !grant.reads() {
            return Ok(Vec::new());
        }
        let (account, scope) = (grant.account(), grant.scope());
        let mut left = MAX_COUNTED;
        let mut indexed = Vec::new();
        let mut at = Some(first_of(grant.from_epoch()));
        while let Some(from) = at {
            let Some(state) = self.next_state(account, scope, from)? else { break };
            let mut records = 0;
            if grant.reach().is_everything() {
                let most = left.clamp(1, usize::try_from(MAX_COUNTED_ALIKE).unwrap_or(usize::MAX));
                let counted = self.count_rows(account, scope, &[state], most)?;
                left = left.saturating_sub(counted);
                records = u32::try_from(counted).unwrap_or(u32::MAX);
            }
            indexed.push(IndexedAlike { state, records });
            if indexed.len() >= MAX_BEHIND {
                break;
            }
            at = after(state);
        }
        Ok(indexed)
    }

    /// The first state at or behind another one.
    fn next_state(
        &self,
        account: PrincipalId,
        scope: ScopeId,
        from: IndexState,
    ) -> Result<Option<IndexState>> {
        let silo = Silo::of(account);
        let all = silo.key(Table::IndexState, &[scope.as_bytes()]);
        let start = state_prefix(silo, scope, from);
        let whole = Scan::prefix(&all);
        let scan = whole.hi().map_or_else(|| Scan::from(&start), |end| Scan::range(&start, end));
        let mut found = None;
        self.rows.scan(&scan.limited(1), &mut |key, _| {
            found = parse(key.get(all.len()..).unwrap_or_default());
            std::ops::ControlFlow::Break(())
        })?;
        Ok(found)
    }

    /// How many instances are of some states, counted up to `most`.
    fn count_rows(
        &self,
        account: PrincipalId,
        scope: ScopeId,
        states: &[IndexState],
        most: usize,
    ) -> Result<usize> {
        let mut counted = 0_usize;
        for state in states {
            let list = Scan::prefix(&state_prefix(Silo::of(account), scope, *state));
            self.rows.scan(&list.limited(most.saturating_sub(counted)), &mut |_, _| {
                counted = counted.saturating_add(1);
                std::ops::ControlFlow::Continue(())
            })?;
            if counted >= most {
                break;
            }
        }
        Ok(counted)
    }
}

const fn after(state: IndexState) -> Option<IndexState> {
    match state.version.checked_add(1) {
        Some(version) => Some(IndexState { epoch: state.epoch, version }),
        None => match state.epoch.checked_add(1) {
            Some(epoch) => Some(first_of(epoch)),
            None => None,
        },
    }
}

/// The state in the rest of a key: epoch, version, place.
fn parse(rest: &[u8]) -> Option<IndexState> {
    let (epoch, rest) = rest.split_first_chunk::<4>()?;
    let (version, _) = rest.split_first_chunk::<8>()?;
    Some(IndexState { epoch: u32::from_be_bytes(*epoch), version: u64::from_be_bytes(*version) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_follow_each_other() {
        let state = |epoch, version| IndexState { epoch, version };
        assert_eq!(after(state(1, 2)), Some(state(1, 3)));
        assert_eq!(after(state(1, u64::MAX)), Some(state(2, 0)));
        assert_eq!(after(state(u32::MAX, u64::MAX)), None);
        assert!(is_behind(state(1, 9), state(2, 1)) && is_behind(state(3, 0), state(2, 1)));
        assert!(!is_behind(state(2, 1), state(2, 1)));
    }
}
