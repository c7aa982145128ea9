//! `place-record`: other recipients and tokens for the stored version of a record, whose content stays.

use super::{
    Applying, Error, Result, Signer,
    filing::Filing,
    put_record::{self, PreparedRecord, check_epoch, check_indexed, refuse_taken},
    put_term,
};
use crate::{
    permission::{self, Grant},
    store::{At as _, Holds, ScopeHead, StoredRecord, Tx},
};
use pryv_wire::{
    Bytes, ErrorCode, RecordId, ScopeId,
    record::{Envelope, MovedPlacement, Placement, Protected, RecordKind},
    transaction::Touched,
};

/// A placement that bears its mover's signature.
pub(super) struct PreparedPlacement {
    record: PreparedRecord,
    envelope: Envelope,
    moved: MovedPlacement,
}

pub(super) fn prepare(
    named: (ScopeId, RecordId, u64),
    encoded: Bytes,
    signer: &Signer,
) -> Result<PreparedPlacement> {
    let (envelope, record) = put_record::parse(encoded, signer)?;
    let Protected { scope, record: id, version, .. } = record.protected;
    if named != (scope, id, version) {
        return Err(Error::malformed("the envelope is of another record than is named"));
    }
    let moved = envelope.moved.ok_or_else(|| Error::malformed("nobody signed for the new placement"))?;
    if moved.mover != signer.principal {
        return Err(Error::statement("the placement's mover is not who sends it"));
    }
    let signed = moved.signed_bytes(envelope.digest(), Placement::digest(&envelope.placement));
    pryv_proxy_crypto::verify(&signer.key, &signed, &moved.signature)
        .map_err(|_| Error::statement("the placement's signature is not its mover's"))?;
    record.check_shape()?;
    Ok(PreparedPlacement { record, envelope, moved })
}

pub(super) fn apply(tx: &mut Tx<'_>, applying: &mut Applying<'_>, placed: &PreparedPlacement) -> Result<()> {
    let Protected { account, scope, record, version, .. } = placed.record.protected;
    let (caller, now, access) = (applying.caller, applying.now, placed.moved.access);
    let head = tx.reading().scope_head(account, scope)?;
    if head.is_some_and(|head| head.holds == Holds::Terms)
        && placed.record.protected.kind != RecordKind::Definition
    {
        let grant = permission::manage(tx, caller, account, scope, access, now)?;
        check_epoch(head, &placed.record)?;
        let (stored, _) = put_term::changeable(tx, &grant, record)?;
        let shown = tx.shows(&grant, &stored)?;
        check_same(placed, &stored, shown)?;
        if stored.placement()?.parent != placed.record.placement.parent {
            return Err(Error::malformed("a term is moved by its owner, with new epochs"));
        }
        tx.change_term_record(&grant, &stored, &placed.record.as_new())?;
    } else {
        let grant = permission::change(tx, caller, account, scope, access, now)?;
        let create = permission::create(tx, caller, account, scope, access, now)?;
        let head = head.ok_or_else(|| Error::new(ErrorCode::NotFound))?;
        let stored = tx.stored(&create, record)?;
        let shown = match &stored {
            Some(stored) => tx.shows(&grant, stored)?,
            None => false,
        };
        check_epochs(head, &placed.record, stored.as_ref().filter(|_| shown))?;
        let stored = stored.ok_or_else(|| Error::new(ErrorCode::NotFound))?;
        if stored.kind == RecordKind::Definition {
            applying.owner(tx)?;
        }
        check_terms(tx, &grant, placed, &stored)?;
        if !placed.record.placement.tokens.is_empty() {
            let definition = tx.stored_definition(&create)?.ok_or_else(|| Error::new(ErrorCode::NotFound))?;
            check_indexed(&placed.record.placement, definition.version)?;
        }
        refuse_taken(tx, &create, &placed.record.as_new(), Some(&stored))?;
        tx.place_record(&grant, &stored, &placed.record.as_new())?;
    }
    applying.touched.push(Touched::Placed { scope, record, version });
    Ok(())
}

/// Recipients are of the present epoch, or stay as they are while the record is indexed anew; tokens are of the present
/// epoch.
fn check_epochs(head: ScopeHead, placed: &PreparedRecord, stored: Option<&StoredRecord>) -> Result<()> {
    let Placement { recipients, tokens, .. } = &placed.placement;
    let stale = || Error::new(ErrorCode::StaleEpoch);
    if tokens.iter().any(|tokens| tokens.epoch != head.epoch) {
        return Err(stale());
    }
    if placed.epoch() == Some(head.epoch) {
        return Ok(());
    }
    let stay = match stored {
        Some(stored) => stored.placement()?.recipients == *recipients,
        None => false,
    };
    if stay && !tokens.is_empty() { Ok(()) } else { Err(stale()) }
}

fn check_terms<'t>(
    tx: &Tx<'t>,
    grant: &Grant<'t, permission::Change>,
    placed: &PreparedPlacement,
    stored: &StoredRecord,
) -> Result<()> {
    if !tx.shows(grant, stored)? {
        return Err(Error::new(ErrorCode::NotFound));
    }
    check_same(placed, stored, true)?;
    let mut filing = Filing::by(tx, grant.account(), grant.scope(), grant.reach());
    filing.check_placed(&stored.placement()?, &placed.record.placement)?;
    filing.check_there(tx, grant.account(), &placed.record.placement)
}

/// It is the stored version, and the stored placement is the one that the mover saw.
fn check_same(placed: &PreparedPlacement, stored: &StoredRecord, shown: bool) -> Result<()> {
    let conflict = || Error::conflict(shown.then(|| stored.envelope.clone()));
    if stored.version != placed.record.protected.version {
        return Err(conflict());
    }
    let (before, now) = (stored.read()?, &placed.envelope);
    if before.protected != now.protected
        || before.ciphertext != now.ciphertext
        || before.signature != now.signature
    {
        return Err(Error::statement("the envelope is not the stored version with another placement"));
    }
    let number = before.moved.map_or(0, |moved| moved.number);
    if number.checked_add(1) == Some(placed.moved.number) { Ok(()) } else { Err(conflict()) }
}
