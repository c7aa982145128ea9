//! Placements to be sent: in transactions of a bounded length.

use pryv_wire::{Bytes, RecordId, ScopeId, transaction::Operation};

/// The most bytes of envelopes in one transaction.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The envelope of a record with another placement, to be sent.
pub(super) struct Placed {
    pub(super) id: RecordId,
    pub(super) version: u64,
    pub(super) envelope: Bytes,
}

impl Placed {
    /// The operation that sends it.
    pub(super) fn operation(&self, scope: ScopeId) -> Operation {
        let Self { id: record, version, ref envelope } = *self;
        Operation::PlaceRecord { scope, record, version, envelope: envelope.clone() }
    }
}

/// What fits one transaction each, in order.
pub(super) fn in_transactions(placed: &[Placed]) -> Vec<&[Placed]> {
    let (mut parts, mut rest) = (Vec::new(), placed);
    while !rest.is_empty() {
        let mut bytes = 0_usize;
        let fits = rest.iter().take_while(|one| {
            bytes = bytes.saturating_add(one.envelope.len());
            bytes <= MAX_BYTES
        });
        let (part, behind) = rest.split_at(fits.count().max(1));
        parts.push(part);
        rest = behind;
    }
    parts
}
