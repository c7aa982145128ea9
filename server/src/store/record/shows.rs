//! Who is shown a record.

use super::{
    super::{Error, Result, tree::Tree},
    StoredRecord,
};
use crate::permission::Reach;
use pryv_wire::{
    decode,
    record::{Placement, Protected, RecipientKind, RecordKind},
};

/// Whether a reach goes as far as a stored record.
pub(in crate::store) fn shows(tree: &mut Tree<'_>, reach: &Reach, stored: &StoredRecord) -> Result<bool> {
    if reach.is_everything() || stored.kind == RecordKind::Definition {
        return Ok(true);
    }
    let envelope = stored.read()?;
    let protected: Protected = decode(&envelope.protected).map_err(|_| Error::Row("record"))?;
    let placement: Placement = decode(&envelope.placement).map_err(|_| Error::Row("record"))?;
    // An instance counts from when it was written; a term, whose label is what it is now, from where it was placed.
    let epoch = match stored.kind {
        RecordKind::Term => placement.recipients.first().map_or(protected.epoch, |first| first.epoch),
        _ => protected.epoch,
    };
    if reach.opens(epoch) {
        return Ok(true);
    }
    for recipient in placement.recipients.iter().filter(|recipient| recipient.kind != RecipientKind::Pending)
    {
        if let Some(term) = recipient.term
            && tree.reached(reach, recipient.scope, term)?.is_some_and(|from| from <= epoch)
        {
            return Ok(true);
        }
    }
    Ok(false)
}
