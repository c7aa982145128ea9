//! Reading terms: every page, every record opened, every place proven.

use super::{Ontology, Term, TermContent, Terms};
use crate::{
    distrust::Distrust,
    failure::Failure,
    locked::LockReason,
    protocol::{record::open_fault, scope::ScopeState, versions::Asked},
};
use pryv_crypto::record::UnopenedRecord;
use pryv_wire::{
    RecordId,
    access::Level,
    decode,
    record::{Parent, RecordKind},
    term::{ListTerms, TermNode},
};
use std::sync::Arc;

/// How many terms are asked for at once.
const PAGE: u32 = 1_000;

impl Ontology {
    /// Reads every term that this account may know of.
    ///
    /// # Errors
    ///
    /// See [`Failure`]; one term that does not hold fails the whole tree.
    pub async fn terms(&self) -> Result<Terms, Failure> {
        if self.level().is_some_and(|level| !Level::reads(level)) {
            return Err(LockReason::WriteOnly.into());
        }
        let mut state = self.reopen().await?;
        let mut terms = Terms::new(self.scope());
        let mut after: Option<RecordId> = None;
        loop {
            let (account, ontology) = (self.owner(), self.scope());
            let asked = self.0.account.asking();
            let page = self
                .0
                .account
                .call(&ListTerms { account, ontology, under: None, after, limit: PAGE })
                .await?;
            let mut records = Vec::with_capacity(page.terms.len());
            for node in &page.terms {
                let parse = |bytes| UnopenedRecord::parse(bytes).map_err(|error| open_fault(&error));
                records.push(node.record.as_ref().map(|bytes| parse(bytes)).transpose()?);
            }
            let newer = |record: &UnopenedRecord| record.protected().epoch > state.last_epoch();
            let moved = page.terms.iter().any(|node| node.since > state.last_epoch());
            if moved || records.iter().flatten().any(newer) {
                // An epoch began in the meantime: its keys, and where terms stand since.
                let before = state.last_epoch();
                state = self.reopen().await?;
                if state.last_epoch() == before {
                    return Err(Distrust::Malformed { what: "an epoch that was never begun" }.into());
                }
                (terms, after) = (Terms::new(self.scope()), None);
                continue;
            }
            state.learn(ontology, &page.terms, Some(&state.moves()))?;
            for (node, record) in page.terms.iter().zip(records) {
                let term = self.term(&state, node, record, asked).await?;
                if terms.put(term).is_some() {
                    return Err(Distrust::Malformed { what: "a list of terms" }.into());
                }
            }
            after = match page.next {
                Some(next) if !page.terms.is_empty() => Some(next),
                _ => break,
            };
        }
        self.remember(Some(terms.clone()));
        Ok(terms)
    }

    /// The terms as they were last read or written here; read now if they never were.
    pub(super) async fn known(&self) -> Result<Terms, Failure> {
        match self.remembered() {
            Some(terms) => Ok(terms),
            None => self.terms().await,
        }
    }

    /// One term, opened.
    async fn term(
        &self,
        state: &Arc<ScopeState>,
        node: &TermNode,
        record: Option<UnopenedRecord>,
        asked: Asked,
    ) -> Result<Term, Failure> {
        let mut term = Term {
            id: node.term,
            ontology: self.scope(),
            parent: node.parent,
            content: None,
            version: 0,
            place: None,
        };
        let Some(record) = record else { return Ok(term) };
        let opened = self.0.account.open_record(state, record, Some(node.term), asked).await?;
        let place = Parent { term: node.parent, since: node.since, salt: node.salt };
        if opened.protected.kind != RecordKind::Term || opened.placement.parent != Some(place) {
            return Err(Distrust::Misplaced { what: "a term" }.into());
        }
        let content: TermContent =
            decode(&opened.content).map_err(|_| Distrust::Malformed { what: "a term" })?;
        (term.content, term.version, term.place) = (Some(content), opened.protected.version, Some(place));
        Ok(term)
    }
}
