//! Filing: under which terms a writer may put an instance, and in which form it leaves the content key for each.

use super::{Error, Result};
use crate::{
    permission::{Reach, Top},
    store::{At as _, StoredRecord, Tree, Tx},
};
use pryv_wire::{
    ErrorCode, PrincipalId, RecordId, ScopeId,
    record::{Placement, Recipient, RecipientKind},
};
use std::collections::BTreeSet;

/// The terms of a placement.
fn terms(placement: &Placement) -> impl Iterator<Item = (ScopeId, RecordId, &Recipient)> {
    placement
        .recipients
        .iter()
        .filter_map(|recipient| recipient.term.map(|term| (recipient.scope, term, recipient)))
}

fn named(placement: &Placement) -> BTreeSet<(ScopeId, RecordId)> {
    terms(placement).map(|(ontology, term, _)| (ontology, term)).collect()
}

/// What a writer may do, decided from the reach of its access and the tree of terms.
pub(super) struct Filing<'a> {
    reach: &'a Reach,
    tree: Tree<'a>,
    collection: ScopeId,
}

/// How a writer reaches a term.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Hold {
    /// Not at all.
    Foreign,
    /// It may name it.
    Names,
    /// It holds the term's branch.
    Opens,
}

impl<'a> Filing<'a> {
    pub(super) fn by(tx: &'a Tx<'_>, account: PrincipalId, collection: ScopeId, reach: &'a Reach) -> Self {
        Self { reach, tree: Tree::of(tx.reading(), account), collection }
    }

    /// Every term is there, in a linked ontology.
    pub(super) fn check_there(&mut self, tx: &Tx<'_>, account: PrincipalId, new: &Placement) -> Result<()> {
        let mut linked = BTreeSet::new();
        for (ontology, term, _) in terms(new) {
            if linked.insert(ontology) && !tx.reading().is_linked(account, ontology, self.collection)? {
                return Err(Error::new(ErrorCode::NotLinked));
            }
            if self.tree.place(ontology, term)?.is_none() {
                return Err(Error::because(ErrorCode::NotFound, "a term of the record is not there"));
            }
        }
        Ok(())
    }

    /// Who has the whole collection and changes records names any term.
    pub(super) fn is_free(&self) -> bool {
        self.reach.ways().iter().any(|way| way.is_whole() && way.changes())
    }

    fn hold(&mut self, ontology: ScopeId, term: RecordId) -> Result<Hold> {
        let path = self.tree.path(ontology, term)?;
        if path.is_empty() {
            return Ok(Hold::Foreign);
        }
        let above: BTreeSet<Top> =
            path.into_iter().map(Some).chain([None]).map(|term| Top { ontology, term }).collect();
        let mut hold = Hold::Foreign;
        for way in self.reach.ways().iter().filter(|way| way.top.is_some_and(|top| above.contains(&top))) {
            if way.reads() {
                return Ok(Hold::Opens);
            }
            hold = Hold::Names;
        }
        Ok(hold)
    }

    /// The terms of a new record.
    pub(super) fn check_new(&mut self, new: &Placement) -> Result<()> {
        if self.is_free() {
            return Ok(());
        }
        let mut any = false;
        for (ontology, term, recipient) in terms(new) {
            any = true;
            match self.hold(ontology, term)? {
                Hold::Foreign => return Err(Error::new(ErrorCode::NotAllowed)),
                Hold::Names if recipient.kind != RecipientKind::Pending => return Err(not_held()),
                Hold::Names | Hold::Opens => {}
            }
        }
        // Without a term, a record is in the whole collection.
        if any || self.reach.ways().iter().any(|way| way.is_whole()) {
            Ok(())
        } else {
            Err(Error::new(ErrorCode::NotAllowed))
        }
    }

    /// The terms of a later version: those that the writer does not reach stay, closed to its own keys.
    pub(super) fn check_next(&mut self, old: &StoredRecord, new: &Placement) -> Result<()> {
        if self.is_free() {
            return Ok(());
        }
        let old = &old.placement()?;
        for (ontology, term, recipient) in terms(new) {
            if self.hold(ontology, term)? != Hold::Opens && recipient.kind != RecipientKind::Pending {
                return Err(not_held());
            }
        }
        self.check_foreign(old, new)
    }

    /// No term out of reach comes or goes.
    fn check_foreign(&mut self, old: &Placement, new: &Placement) -> Result<()> {
        for (ontology, term) in named(old).symmetric_difference(&named(new)) {
            // A term that was deleted meanwhile cannot be named again by anybody.
            let gone = self.tree.place(*ontology, *term)?.is_none();
            if !gone && self.hold(*ontology, *term)? == Hold::Foreign {
                return Err(Error::new(ErrorCode::NotAllowed));
            }
        }
        Ok(())
    }

    /// Placing anew within one's reach: everything else stays as it is, byte for byte.
    pub(super) fn check_placed(&mut self, old: &Placement, new: &Placement) -> Result<()> {
        if self.is_free() {
            return Ok(());
        }
        if old.tokens != new.tokens || old.recipients.first() != new.recipients.first() {
            return Err(Error::new(ErrorCode::NotAllowed));
        }
        self.check_foreign(old, new)?;
        for (ontology, term, recipient) in terms(new) {
            if self.hold(ontology, term)? == Hold::Foreign && !old.recipients.contains(recipient) {
                return Err(Error::new(ErrorCode::NotAllowed));
            }
        }
        Ok(())
    }
}

fn not_held() -> Error {
    Error::malformed("who does not hold a term's key leaves a pending entry for it")
}
