//! Pages of records as a server answers them, and what no honest one answers.

use super::Collection;
use crate::{
    distrust::Distrust,
    failure::Failure,
    protocol::{record::open_fault, scope::ScopeState},
    record::Rejected,
};
use pryv_crypto::record::UnopenedRecord;
use pryv_wire::{
    Bytes,
    record::{QueryRecords, Records},
};
use std::sync::Arc;

/// How many pages without a record that could be believed are followed in a row: an honest server may skip, and an endless
/// one must end.
const MAX_EMPTY_PAGES: usize = 1_000;

/// A page before its records are opened.
pub(super) struct TakenUp {
    pub(super) state: Arc<ScopeState>,
    pub(super) unopened: Vec<UnopenedRecord>,
    pub(super) rejected: Vec<Rejected>,
}

/// Ends a row of pages that brings nothing.
pub(super) fn refuse_endless(empty: usize) -> Result<(), Failure> {
    if empty > MAX_EMPTY_PAGES {
        return Err(Distrust::Malformed { what: "a row of empty pages" }.into());
    }
    Ok(())
}

impl Collection {
    /// The records of a page, still closed, the state of the collection by which they open, and what is not even an envelope.
    pub(super) async fn take_up(&self, records: &[Bytes]) -> Result<TakenUp, Failure> {
        let (mut unopened, mut rejected) = (Vec::with_capacity(records.len()), Vec::new());
        for bytes in records {
            match UnopenedRecord::parse(bytes) {
                Ok(record) => unopened.push(record),
                Err(error) => rejected.push(Rejected::of(None, open_fault(&error))?),
            }
        }
        let state = self.state_for(&unopened).await?;
        self.0.account.know_terms_of(&state, &unopened).await?;
        Ok(TakenUp { state, unopened, rejected })
    }

    /// The newest epoch of the collection that is known: to be looked at before something is asked.
    pub(super) fn known_epoch(&self) -> u32 {
        self.0.account.newest_epoch(self.0.owner, self.0.scope)
    }

    /// Refuses an answer from before an epoch that was known when it was asked for.
    pub(super) fn check_epoch(known: u32, answered: u32) -> Result<(), Failure> {
        if answered < known {
            let (known, answered) = (known.into(), answered.into());
            return Err(Distrust::RolledBack { what: "the epochs of a collection", known, answered }.into());
        }
        Ok(())
    }

    /// Refuses a page that does not answer what was asked.
    pub(super) fn check_page(call: &QueryRecords, known: u32, page: &Records) -> Result<(), Failure> {
        if u32::try_from(page.records.len()).map_or(true, |count| count > call.limit) {
            return Err(Distrust::Malformed { what: "a page longer than asked for" }.into());
        }
        Self::check_epoch(known, page.epoch)
    }

    /// Asks for one page. A refusal is given as it came.
    pub(super) async fn ask_page(&self, call: &QueryRecords) -> Result<Records, Failure> {
        let known = self.known_epoch();
        let page = self.0.account.call(call).await?;
        Self::check_page(call, known, &page)?;
        Ok(page)
    }
}
