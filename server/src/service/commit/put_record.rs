//! `put-record`: one version of a record.

use super::{Applying, Error, Result, Signer};
use crate::{
    permission,
    store::{NewRecord, Tx},
};
use pryv_proxy_crypto::check_suite;
use pryv_wire::{
    Bytes, Digest, ErrorCode, RecordId, decode,
    record::{
        EQUALITY_TOKEN_LENGTH, Envelope, MAX_ENVELOPE_LENGTH, Placement, Protected, RecipientKind,
        RecordKind, Tokens, UNIQUE_TOKEN_LENGTH,
    },
    transaction::Touched,
};

/// The most tokens of one record, of each kind.
const MAX_TOKENS: usize = 512;

/// A record whose envelope holds together and bears its author's signature.
pub(super) struct PreparedRecord {
    pub(super) encoded: Bytes,
    pub(super) protected: Protected,
    pub(super) placement: Placement,
}

impl PreparedRecord {
    pub(super) fn as_new(&self) -> NewRecord<'_> {
        NewRecord {
            record: self.protected.record,
            version: self.protected.version,
            kind: self.protected.kind,
            envelope: &self.encoded,
            placement: &self.placement,
        }
    }

    /// The epoch that it is written under.
    pub(super) fn epoch(&self) -> Option<u32> {
        self.placement.recipients.first().map(|recipient| recipient.epoch)
    }

    pub(super) const fn touched(&self) -> Touched {
        let Protected { scope, record, version, .. } = self.protected;
        Touched::Record { scope, record, version }
    }
}

pub(super) fn prepare(encoded: Bytes, signer: &Signer) -> Result<PreparedRecord> {
    if encoded.len() > MAX_ENVELOPE_LENGTH {
        return Err(Error::too_large(MAX_ENVELOPE_LENGTH));
    }
    let envelope: Envelope = decode(&encoded)?;
    let protected: Protected = decode(&envelope.protected)?;
    let placement: Placement = decode(&envelope.placement)?;
    if envelope.moved.is_some() || placement.parent.is_some() {
        return Err(Error::malformed("the record was placed again, or is a term"));
    }
    check_suite(protected.suite).map_err(|_| Error::new(ErrorCode::UnknownSuite))?;
    if protected.account != signer.account {
        return Err(Error::malformed("the record is of another account than the transaction"));
    }
    if protected.author != signer.principal {
        return Err(Error::statement("the record's author is not who sends it"));
    }
    if protected.placement != Placement::digest(&envelope.placement) {
        return Err(Error::statement("the record was written with another placement"));
    }
    pryv_proxy_crypto::verify(&signer.key, &envelope.signed_bytes(), &envelope.signature)
        .map_err(|_| Error::statement("the record's signature is not its author's"))?;
    check_kind(&protected)?;
    check_placement(&protected, &placement)?;
    Ok(PreparedRecord { encoded, protected, placement })
}

fn check_kind(protected: &Protected) -> Result<()> {
    let is_definition = protected.record == RecordId::definition(protected.scope);
    match protected.kind {
        _ if protected.version == 0 => Err(Error::malformed("the first version of a record is 1")),
        RecordKind::Definition if !is_definition => {
            Err(Error::malformed("a definition has the record id that its scope gives"))
        }
        RecordKind::Definition => Ok(()),
        RecordKind::Instance | RecordKind::Tombstone if is_definition => {
            Err(Error::malformed("this record id is that of the scope's definition"))
        }
        RecordKind::Instance if protected.definition.is_none() => {
            Err(Error::malformed("an instance names the definition it was validated against"))
        }
        RecordKind::Tombstone if protected.version == 1 => {
            Err(Error::malformed("a tombstone follows another version"))
        }
        RecordKind::Instance | RecordKind::Tombstone => Ok(()),
        RecordKind::Term => Err(Error::malformed("a term is a record of an ontology")),
    }
}

fn check_placement(protected: &Protected, placement: &Placement) -> Result<()> {
    let [recipient] = &placement.recipients[..] else {
        return Err(Error::malformed("a record has one recipient: its scope"));
    };
    if recipient.scope != protected.scope || recipient.term.is_some() {
        return Err(Error::malformed("the recipient is not the record's scope"));
    }
    if recipient.epoch != protected.epoch || recipient.kind == RecipientKind::Pending {
        return Err(Error::malformed("the recipient is not of the epoch that the record was written in"));
    }
    super::check_sealed("recipient.key", &recipient.key)?;
    if placement.tokens.len() > 1 {
        return Err(Error::malformed("a record has one list of tokens at most"));
    }
    if protected.kind != RecordKind::Instance && !placement.tokens.is_empty() {
        return Err(Error::malformed("only instances carry tokens"));
    }
    for Tokens { scope, epoch, equality, unique } in &placement.tokens {
        if *scope != protected.scope || *epoch != recipient.epoch {
            return Err(Error::malformed("the tokens are of another scope or epoch than the recipient"));
        }
        check_tokens(equality, EQUALITY_TOKEN_LENGTH)?;
        check_tokens(unique, UNIQUE_TOKEN_LENGTH)?;
    }
    Ok(())
}

fn check_tokens(tokens: &[Bytes], length: usize) -> Result<()> {
    if tokens.len() > MAX_TOKENS {
        return Err(Error::out_of_range("the number of tokens of a record", MAX_TOKENS));
    }
    if tokens.iter().any(|token| token.len() != length) {
        return Err(Error::malformed(format!("a token of this kind has {length} bytes")));
    }
    if !tokens.is_sorted_by(|a, b| a < b) {
        return Err(Error::malformed("tokens are sorted, each one once"));
    }
    Ok(())
}

pub(super) fn apply(
    tx: &mut Tx<'_>,
    applying: &mut Applying<'_>,
    record: &PreparedRecord,
    index: usize,
) -> Result<()> {
    match record.protected.kind {
        RecordKind::Definition => apply_definition(tx, applying, record)?,
        RecordKind::Instance | RecordKind::Tombstone | RecordKind::Term => {
            apply_instance(tx, applying, record, index)?
        }
    }
    applying.touched.push(record.touched());
    Ok(())
}

fn apply_definition(tx: &mut Tx<'_>, applying: &Applying<'_>, record: &PreparedRecord) -> Result<()> {
    let owner = applying.owner(tx)?;
    let Protected { account, scope, access, version, .. } = record.protected;
    let create = permission::create(tx, applying.caller, account, scope, access, applying.now)?;
    check_epoch(tx, record)?;
    let stored = tx.stored_definition(&create)?.ok_or_else(|| Error::new(ErrorCode::NotFound))?;
    if stored.version.checked_add(1) != Some(version) {
        return Err(Error::conflict(Some(stored.envelope)));
    }
    Ok(tx.put_definition(&owner, scope, &record.as_new(), stored.created)?)
}

fn apply_instance(
    tx: &mut Tx<'_>,
    applying: &Applying<'_>,
    record: &PreparedRecord,
    index: usize,
) -> Result<()> {
    let Protected { account, scope, access, version, .. } = record.protected;
    let (caller, now) = (applying.caller, applying.now);
    let create = permission::create(tx, caller, account, scope, access, now)?;
    check_epoch(tx, record)?;
    if !create.reads() {
        check_deposit(&record.placement)?;
    }
    let new = record.as_new();
    if version == 1 {
        if let Some(stored) = tx.stored(&create, new.record)? {
            return Err(if create.reads() {
                Error::conflict(Some(stored.envelope))
            } else {
                Error::new(ErrorCode::AlreadyExists)
            });
        }
        check_definition(tx, &create, &record.protected)?;
        refuse_taken(tx, &create, &new)?;
        return Ok(tx.create_record(&create, &new, applying.place(index))?);
    }
    let change = permission::change(tx, caller, account, scope, access, now)?;
    let stored = tx.stored(&create, new.record)?.ok_or_else(|| Error::new(ErrorCode::NotFound))?;
    if stored.version.checked_add(1) != Some(version) {
        return Err(Error::conflict(Some(stored.envelope)));
    }
    if stored.kind == RecordKind::Tombstone {
        return Err(Error::malformed("a deleted record has no further version"));
    }
    if new.kind == RecordKind::Instance {
        check_definition(tx, &create, &record.protected)?;
        refuse_taken(tx, &create, &new)?;
    }
    Ok(tx.change_record(&change, &stored, &new)?)
}

/// A record is written under the present epoch only: the owner has a wrap of it, and every reader can reach it.
fn check_epoch(tx: &Tx<'_>, record: &PreparedRecord) -> Result<()> {
    use crate::store::At as _;
    let Protected { account, scope, .. } = record.protected;
    let head = tx.reading().scope_head(account, scope)?.ok_or_else(|| Error::new(ErrorCode::NotFound))?;
    if record.epoch() != Some(head.epoch) {
        return Err(Error::new(ErrorCode::StaleEpoch));
    }
    if record.protected.suite != head.suite {
        return Err(Error::malformed("a record is written in the suite of its epoch"));
    }
    Ok(())
}

/// Who may not read holds no key to wrap under and none to make tokens with.
fn check_deposit(placement: &Placement) -> Result<()> {
    let sealed = placement.recipients.iter().all(|recipient| recipient.kind == RecipientKind::Sealed);
    if sealed && placement.tokens.is_empty() {
        Ok(())
    } else {
        Err(Error::malformed("who may only create seals to the deposit key and makes no tokens"))
    }
}

/// The definition that an instance names is the stored one or an earlier one; of an earlier one only the number is
/// known here.
fn check_definition<'t>(
    tx: &Tx<'t>,
    create: &permission::Grant<'t, permission::Create>,
    protected: &Protected,
) -> Result<()> {
    let stored = tx.stored_definition(create)?.ok_or_else(|| Error::new(ErrorCode::NotFound))?;
    let named = protected.definition.ok_or_else(|| Error::malformed("an instance names its definition"))?;
    if named.version == 0 || named.version > stored.version {
        return Err(Error::malformed("the instance names a version of the definition that there is not"));
    }
    if named.version == stored.version && named.digest != digest_of(&stored.envelope)? {
        return Err(Error::statement("the instance names another definition under this version"));
    }
    Ok(())
}

fn digest_of(envelope: &[u8]) -> Result<Digest> {
    let envelope: Envelope =
        decode(envelope).map_err(|_| Error::internal(crate::store::Error::Row("record")))?;
    Ok(envelope.digest())
}

fn refuse_taken<'t>(
    tx: &Tx<'t>,
    create: &permission::Grant<'t, permission::Create>,
    new: &NewRecord<'_>,
) -> Result<()> {
    if tx.is_taken(create, new)? { Err(Error::new(ErrorCode::NotUnique)) } else { Ok(()) }
}
