//! The form of a placement: which entries a record of each kind has.

use pryv_wire::record::{Placement, Protected, Recipient, RecipientKind, RecordKind};
use std::collections::BTreeSet;

/// Whether the entries are those that a writer gives a record of this kind.
///
/// All entries name one epoch, so that an old one beside a new one does not make a late record look early.
pub(super) fn is_of_its_kind(protected: &Protected, placement: &Placement, moved: bool) -> bool {
    let Some((own, terms)) = placement.recipients.split_first() else { return false };
    let epoch_fits = if moved { own.epoch >= protected.epoch } else { own.epoch == protected.epoch };
    if !epoch_fits || own.scope != protected.scope || terms.iter().any(|term| term.epoch != own.epoch) {
        return false;
    }
    // A tombstone of a term stands nowhere, and is told from one of an instance by its recipient.
    if (protected.kind == RecordKind::Term) != placement.parent.is_some() {
        return false;
    }
    if own.term.is_some() {
        return is_term(protected, own, terms) && placement.tokens.is_empty();
    }
    let plain = own.term.is_none() && own.kind != RecipientKind::Pending;
    match protected.kind {
        RecordKind::Term => false,
        RecordKind::Definition => plain && terms.is_empty(),
        RecordKind::Instance | RecordKind::Trashed | RecordKind::Tombstone => {
            plain && are_terms(protected, terms)
        }
    }
}

fn is_term(protected: &Protected, own: &Recipient, others: &[Recipient]) -> bool {
    matches!(protected.kind, RecordKind::Term | RecordKind::Tombstone)
        && own.term == Some(protected.record)
        && own.kind == RecipientKind::Wrapped
        && others.is_empty()
}

fn are_terms(protected: &Protected, terms: &[Recipient]) -> bool {
    let mut seen = BTreeSet::new();
    terms.iter().all(|entry| {
        entry.scope != protected.scope
            && entry.kind != RecipientKind::Sealed
            && entry.term.is_some_and(|term| seen.insert((entry.scope, term)))
    })
}
