//! The integrity of references: every record of every collection with relations is read, and what it refers to is looked for.

use super::Account;
use crate::{
    collection::{Collection, QueryError, State},
    failure::Failure,
    progress::Progress,
    protocol::reference::{Place, Reference, ReferenceFault, references, uri_of},
    record::{Record, Rejected},
};
use pryv_wire::Uri;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How many targets that are there are kept in mind, so as not to be asked for again.
const MAX_KNOWN: usize = 1_000_000;

/// What was found of the references of an account.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct IntegrityReport {
    /// How many records were read.
    pub records: u64,
    /// How many references they hold.
    pub references: u64,
    /// Those that are at fault.
    pub faults: Vec<FaultyReference>,
    /// Records that could not be read, with the reason.
    pub rejected: Vec<Rejected>,
}

/// A reference that leads nowhere, or nowhere it may lead to.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct FaultyReference {
    /// The record that holds it.
    pub record: Uri,
    /// The field of the relation.
    pub field: String,
    /// What is wrong.
    pub fault: ReferenceFault,
    /// What it names, if that is an instance of a collection that the relation leads to.
    pub target: Option<Uri>,
}

impl Account {
    /// Reads every record of every collection of this account that has relations, and reports each reference that leads nowhere: by a
    /// relation that ignores or warns, by a deletion by somebody who did not see the collection, by a relation that came later. Tells
    /// `progress` how many records were read.
    ///
    /// # Errors
    ///
    /// See [`QueryError`].
    pub async fn check_references(&self, progress: &mut dyn Progress) -> Result<IntegrityReport, QueryError> {
        let mut report = IntegrityReport::default();
        let mut there = BTreeSet::new();
        for collection in self.collections().await? {
            if collection.definition().relations.is_empty() {
                continue;
            }
            let mut pages = collection.query().state(State::All).limit(1_000).pages();
            while let Some(page) = pages.next::<Value>().await? {
                report.records += (page.records.len() + page.rejected.len()) as u64;
                report.rejected.extend(page.rejected);
                self.check_page(&collection, &page.records, &mut there, &mut report).await?;
                progress.advance(report.records, None);
            }
        }
        Ok(report)
    }

    async fn check_page(
        &self,
        collection: &Collection,
        records: &[Record<Value>],
        there: &mut BTreeSet<Place>,
        report: &mut IntegrityReport,
    ) -> Result<(), Failure> {
        let state = collection.state();
        let mut targets: BTreeMap<Place, Vec<(Uri, String)>> = BTreeMap::new();
        for record in records {
            let by = collection.instance_uri(record.id);
            for Reference { relation, target } in references(&state, &record.data) {
                report.references += 1;
                let field = relation.field.clone();
                match target {
                    Ok(target) if there.contains(&target) => {}
                    Ok(target) => targets.entry(target).or_default().push((by, field)),
                    Err(fault) => {
                        report.faults.push(FaultyReference { record: by, field, fault, target: None });
                    }
                }
            }
        }
        let missing = self.not_there(self.id(), targets.keys().copied().collect()).await?;
        for (place, by) in targets {
            if !missing.contains(&place) {
                if there.len() < MAX_KNOWN {
                    there.insert(place);
                }
                continue;
            }
            let target = Some(uri_of(self.id(), place));
            let fault = ReferenceFault::Missing;
            let faulty = |(record, field)| FaultyReference { record, field, fault, target };
            report.faults.extend(by.into_iter().map(faulty));
        }
        Ok(())
    }
}
