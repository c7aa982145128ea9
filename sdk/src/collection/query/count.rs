//! Counting: what the server can count by tokens is not opened; the rest is.

use super::{Query, QueryError, sweep::Walked};
use crate::{
    collection::{Collection, paging::refuse_endless},
    distrust::Distrust,
    failure::Failure,
    protocol::{
        plan::{self, Plan},
        scope::ScopeState,
    },
};
use pryv_wire::{
    Bytes,
    record::{CountRecords, Counted, Filter, MAX_COUNT},
};

/// How often a count begins anew because an epoch began in between.
const ATTEMPTS: usize = 8;

impl Query {
    /// How many records meet the conditions. Limit, order and cursor do not matter.
    ///
    /// Records that the server finds by exact tokens it counts, and nobody checks it: a server that lies counts wrong. What the tokens
    /// leave open (the ends of a range, records that are not indexed) is opened here and counted. To count what is proven, count the
    /// records of [`Query::all`].
    ///
    /// # Errors
    ///
    /// As [`Query::fetch`].
    pub async fn count(&self) -> Result<u64, QueryError> {
        self.may_read()?;
        let (mut state, mut plan) = self.planned().await?;
        for _ in 0..ATTEMPTS {
            match self.try_count(&state, &plan).await? {
                Ok(count) => return Ok(count),
                Err(epoch) => (state, plan) = self.newer(epoch).await?,
            }
        }
        Err(Failure::from(Distrust::Malformed { what: "an epoch after the other" }).into())
    }

    async fn try_count(&self, state: &ScopeState, plan: &Plan) -> Result<Result<u64, u32>, QueryError> {
        let (mut certain, mut unindexed, mut after, mut empty) = (0_u64, false, None, 0);
        if plan.inner != plan::nothing() {
            loop {
                let counted =
                    match self.ask_count(state, plan, &plan.inner, Vec::new(), MAX_COUNT, after).await? {
                        Ok(counted) => counted,
                        Err(epoch) => return Ok(Err(epoch)),
                    };
                let Counted { counts, next, unindexed: some, .. } = counted;
                let [count] = counts[..] else {
                    return Err(Failure::from(Distrust::Malformed { what: "a count" }).into());
                };
                certain = certain.saturating_add(count);
                unindexed |= some > 0;
                empty = if count == 0 { empty + 1 } else { 0 };
                refuse_endless(empty)?;
                after = next;
                if after.is_none() {
                    break;
                }
            }
        } else {
            unindexed = plan.unindexed.is_some();
        }
        let open = if plan.outer == plan.inner {
            plan::nothing()
        } else {
            plan::and(vec![plan.outer.clone(), plan::not(plan.inner.clone())])
        };
        let unindexed = plan.unindexed.filter(|_| unindexed || plan.is_scan());
        if open == plan::nothing() && unindexed.is_none() {
            return Ok(Ok(certain));
        }
        let found = self.sweep(state, &open, unindexed, &mut Walked::default()).await?;
        Ok(found.map(|found| certain.saturating_add(found.records.len() as u64)))
    }

    /// Asks for a count, in all or in buckets; none if an epoch began whose tokens were not sent.
    pub(super) async fn ask_count(
        &self,
        state: &ScopeState,
        plan: &Plan,
        filter: &Filter,
        buckets: Vec<Vec<Bytes>>,
        enough: u64,
        after: Option<Bytes>,
    ) -> Result<Result<Counted, u32>, QueryError> {
        let call = CountRecords {
            account: self.collection.owner(),
            scope: self.collection.scope(),
            filter: filter.clone(),
            unindexed: plan.unindexed,
            within: self.within,
            state: self.wire_state(),
            buckets,
            enough: enough.clamp(1, MAX_COUNT),
            after,
        };
        let known = self.collection.known_epoch();
        let counted = match self.collection.0.account.call(&call).await {
            Ok(counted) => counted,
            Err(failure) => return Err(self.refused(failure, plan.unindexed).await),
        };
        Collection::check_epoch(known, counted.epoch)?;
        Ok(if counted.epoch > state.last_epoch() { Err(counted.epoch) } else { Ok(counted) })
    }
}
