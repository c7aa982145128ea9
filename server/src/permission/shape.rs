//! Shape: who may know of which terms of an ontology, whose labels, and which of their earlier keys.

use super::{Caller, Denied};
use crate::store::{At, Moment};
use pryv_wire::{
    AccessId, PrincipalId, RecordId, ScopeId, Timestamp,
    scope::{Slice, SliceData},
};
use std::{collections::BTreeSet, marker::PhantomData};

/// One way to see a part of an ontology.
#[derive(Clone, Debug)]
pub struct View {
    /// The term at and under which; none: all of them.
    pub top: Option<RecordId>,
    /// The epoch of the ontology from which on labels are shown; none: no labels.
    pub labels: Option<u32>,
    /// Of which collections keys of data are shown.
    pub data: SliceData,
}

impl View {
    /// Whether a link of this scope is of use to the viewer, who sees the term.
    #[must_use]
    pub fn uses(&self, ontology: ScopeId, scope: ScopeId, epoch: u32) -> bool {
        if scope == ontology {
            // What came before is not for who is shown later epochs only.
            return self.labels.is_some_and(|from| from < epoch);
        }
        Slice { ontology, term: self.top, data: self.data.clone(), labels: false }.covers(scope)
    }
}

/// Proof that the caller may know of terms of one ontology, at moment `'t`.
#[derive(Debug)]
pub struct Shape<'t> {
    account: PrincipalId,
    ontology: ScopeId,
    access: Option<AccessId>,
    views: Vec<View>,
    collections: BTreeSet<ScopeId>,
    at: Moment<'t>,
}

impl Shape<'_> {
    /// The account.
    #[must_use]
    pub const fn account(&self) -> PrincipalId {
        self.account
    }

    /// The ontology.
    #[must_use]
    pub const fn ontology(&self) -> ScopeId {
        self.ontology
    }

    /// An access that allows it; none for the owner.
    #[must_use]
    pub const fn access(&self) -> Option<AccessId> {
        self.access
    }

    /// The parts of the ontology that the caller may list.
    #[must_use]
    pub fn views(&self) -> &[View] {
        &self.views
    }

    /// The linked collections that the caller reads as a whole: it may ask for the place of any term that it can name.
    #[must_use]
    pub const fn collections(&self) -> &BTreeSet<ScopeId> {
        &self.collections
    }
}

/// The caller may know of terms of the ontology.
///
/// # Errors
///
/// [`Denied::NotFound`] without an access, [`Denied::AccessNotValid`] outside the dates of all of them.
pub fn shape<'t>(
    at: &impl At<'t>,
    caller: &Caller,
    account: PrincipalId,
    ontology: ScopeId,
    now: Timestamp,
) -> Result<Shape<'t>, Denied> {
    let reading = at.reading();
    let is_ontology = matches!(
        reading.scope_head(account, ontology)?,
        Some(head) if head.holds == crate::store::Holds::Terms
    );
    let mut shape = Shape {
        account,
        ontology,
        access: None,
        views: Vec::new(),
        collections: BTreeSet::new(),
        at: PhantomData,
    };
    if !is_ontology {
        return Err(Denied::NotFound);
    }
    if caller.principal() == account {
        shape.views.push(View { top: None, labels: Some(0), data: SliceData::Every });
        return Ok(shape);
    }
    let linked: BTreeSet<ScopeId> = reading.collections_of(account, ontology)?.into_iter().collect();
    let mut denied = Denied::NotFound;
    for held in reading.held_by(account, caller.principal())? {
        let entry = held?.entry;
        let valid = entry.is_valid_at(now);
        let mut counts = false;
        for grant in &entry.grants {
            let reads = grant.level.reads();
            let view = match &grant.slice {
                Some(slice) if slice.ontology == ontology => View {
                    top: slice.term,
                    labels: (slice.labels && reads).then(|| grant.floor(ontology)),
                    data: if reads { slice.data.clone() } else { SliceData::None },
                },
                None if grant.scope == ontology && reads => {
                    View { top: None, labels: Some(grant.from_epoch), data: SliceData::None }
                }
                None if reads && linked.contains(&grant.scope) => {
                    counts = true;
                    if valid {
                        shape.collections.insert(grant.scope);
                    }
                    continue;
                }
                _ => continue,
            };
            counts = true;
            if valid {
                shape.views.push(view);
            }
        }
        if counts && valid {
            shape.access = shape.access.or(Some(entry.access));
        } else if counts {
            denied = Denied::AccessNotValid;
        }
    }
    if shape.views.is_empty() && shape.collections.is_empty() { Err(denied) } else { Ok(shape) }
}
