//! `put-record`: one version of a record.

use super::{Applying, Error, Result, Signer, filing::Filing, put_term};
use crate::{
    permission::{self, Reach},
    store::{At as _, Holds, NewRecord, ScopeHead, StoredRecord, Tx},
};
use pryv_proxy_crypto::check_suite;
use pryv_wire::{
    Bytes, Digest, ErrorCode, RecordId, decode,
    record::{
        Envelope, INDEX_TOKEN_LENGTH, MAX_ENVELOPE_LENGTH, Placement, Protected, RecipientKind, RecordKind,
        Tokens, UNIQUE_TOKEN_LENGTH,
    },
    term::{MAX_TERM_LENGTH, MAX_TERMS_OF_RECORD},
    transaction::Touched,
};
use std::collections::BTreeSet;

/// The most tokens of one record, of each kind: a text has one for each of its words.
const MAX_TOKENS: usize = 2_048;

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

    /// Whether kind, id and placement fit together.
    pub(super) fn check_shape(&self) -> Result<()> {
        check_kind(&self.protected)?;
        check_placement(&self.protected, &self.placement)?;
        if self.protected.kind == RecordKind::Term && self.encoded.len() > MAX_TERM_LENGTH {
            return Err(Error::too_large(MAX_TERM_LENGTH));
        }
        Ok(())
    }

    pub(super) const fn touched(&self) -> Touched {
        let Protected { scope, record, version, .. } = self.protected;
        Touched::Record { scope, record, version }
    }
}

pub(super) fn prepare(encoded: Bytes, signer: &Signer) -> Result<PreparedRecord> {
    let (envelope, record) = parse(encoded, signer)?;
    let PreparedRecord { protected, placement, .. } = &record;
    if envelope.moved.is_some() {
        return Err(Error::malformed("a new version has the placement that its author gave it"));
    }
    if protected.author != signer.principal {
        return Err(Error::statement("the record's author is not who sends it"));
    }
    if protected.placement != Placement::digest(&envelope.placement) {
        return Err(Error::statement("the record was written with another placement"));
    }
    pryv_proxy_crypto::verify(&signer.key, &envelope.signed_bytes(), &envelope.signature)
        .map_err(|_| Error::statement("the record's signature is not its author's"))?;
    record.check_shape()?;
    if placement.recipients.iter().any(|recipient| recipient.epoch != protected.epoch) {
        return Err(Error::malformed("a recipient is of another epoch than the record was written in"));
    }
    if placement.tokens.iter().any(|tokens| tokens.epoch != protected.epoch) {
        return Err(Error::malformed("the tokens are of another epoch than the record was written in"));
    }
    Ok(record)
}

/// An envelope and its parts. Whose they are and whether they fit together, is for the caller to check.
pub(super) fn parse(encoded: Bytes, signer: &Signer) -> Result<(Envelope, PreparedRecord)> {
    if encoded.len() > MAX_ENVELOPE_LENGTH {
        return Err(Error::too_large(MAX_ENVELOPE_LENGTH));
    }
    let envelope: Envelope = decode(&encoded)?;
    let protected: Protected = decode(&envelope.protected)?;
    let placement: Placement = decode(&envelope.placement)?;
    check_suite(protected.suite).map_err(|_| Error::new(ErrorCode::UnknownSuite))?;
    if protected.account != signer.account {
        return Err(Error::malformed("the record is of another account than the transaction"));
    }
    Ok((envelope, PreparedRecord { encoded, protected, placement }))
}

fn check_kind(protected: &Protected) -> Result<()> {
    let is_definition = protected.record == RecordId::definition(protected.scope);
    match protected.kind {
        _ if protected.version == 0 => Err(Error::malformed("the first version of a record is 1")),
        RecordKind::Definition if !is_definition => {
            Err(Error::malformed("a definition has the record id that its scope gives"))
        }
        RecordKind::Definition => Ok(()),
        _ if is_definition => Err(Error::malformed("this record id is that of the scope's definition")),
        RecordKind::Instance | RecordKind::Trashed if protected.definition.is_none() => {
            Err(Error::malformed("an instance names the definition it was validated against"))
        }
        RecordKind::Tombstone | RecordKind::Trashed if protected.version == 1 => {
            Err(Error::malformed("what is put away or deleted follows another version"))
        }
        RecordKind::Instance | RecordKind::Trashed | RecordKind::Tombstone | RecordKind::Term => Ok(()),
    }
}

fn check_placement(protected: &Protected, placement: &Placement) -> Result<()> {
    check_recipients(protected, placement)?;
    if (protected.kind == RecordKind::Term) != placement.parent.is_some() {
        return Err(Error::malformed("a term stands under a parent or at the root, and nothing else does"));
    }
    if placement.tokens.len() > 1 {
        return Err(Error::malformed("a record has one list of tokens at most"));
    }
    if !protected.kind.is_instance() && !placement.tokens.is_empty() {
        return Err(Error::malformed("only instances carry tokens"));
    }
    let of_recipients = placement.recipients.first().map_or(0, |recipient| recipient.epoch);
    for Tokens { scope, epoch, version, index, unique } in &placement.tokens {
        if *scope != protected.scope {
            return Err(Error::malformed("the tokens are of another scope than the record"));
        }
        if *epoch < of_recipients {
            return Err(Error::malformed("the tokens are of an earlier epoch than the recipients"));
        }
        if *version == 0 {
            return Err(Error::malformed("indexes are of a version of the definition, from 1 on"));
        }
        check_tokens(index, INDEX_TOKEN_LENGTH)?;
        check_tokens(unique, UNIQUE_TOKEN_LENGTH)?;
    }
    Ok(())
}

/// The record's own scope first, then terms, each once and none with a key of the collection's readers. A term is its own
/// and only recipient, and so is what is left of one.
fn check_recipients(protected: &Protected, placement: &Placement) -> Result<()> {
    let Some((first, terms)) = placement.recipients.split_first() else {
        return Err(Error::malformed("a record has a recipient: its scope"));
    };
    if first.scope != protected.scope {
        return Err(Error::malformed("the first recipient is not the record's scope"));
    }
    let of_term = match protected.kind {
        RecordKind::Term => true,
        RecordKind::Tombstone => first.term.is_some(),
        RecordKind::Definition | RecordKind::Instance | RecordKind::Trashed => false,
    };
    if first.term != of_term.then_some(protected.record) {
        return Err(Error::malformed("the first recipient is not the record's scope"));
    }
    if first.kind == RecipientKind::Pending || (of_term && first.kind != RecipientKind::Wrapped) {
        return Err(Error::malformed("the first recipient holds a key of another kind than it can"));
    }
    if !terms.is_empty() && (of_term || protected.kind == RecordKind::Definition) {
        return Err(Error::malformed("only instances carry terms"));
    }
    if terms.len() > MAX_TERMS_OF_RECORD {
        return Err(Error::out_of_range("the number of terms of a record", MAX_TERMS_OF_RECORD));
    }
    let mut named = BTreeSet::new();
    for recipient in terms {
        if recipient.epoch != first.epoch {
            return Err(Error::malformed("the recipients are of different epochs"));
        }
        if recipient.kind == RecipientKind::Sealed {
            return Err(Error::malformed("a sealed key is for the collection; for a term it is pending"));
        }
        let term =
            recipient.term.ok_or_else(|| Error::malformed("a record has one recipient without a term"))?;
        if !named.insert((recipient.scope, term)) {
            return Err(Error::malformed("a record names a term once"));
        }
    }
    placement.recipients.iter().try_for_each(|recipient| super::check_sealed("recipient.key", &recipient.key))
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
    let Protected { account, scope, .. } = record.protected;
    // Read once, and looked at only behind a permission.
    let head = tx.reading().scope_head(account, scope)?;
    let of_term = head.is_some_and(|head| head.holds == Holds::Terms);
    match record.protected.kind {
        RecordKind::Definition => apply_definition(tx, applying, record, head)?,
        RecordKind::Term => put_term::apply(tx, applying, record, head, index)?,
        RecordKind::Tombstone if of_term => put_term::apply(tx, applying, record, head, index)?,
        RecordKind::Instance | RecordKind::Trashed | RecordKind::Tombstone => {
            apply_instance(tx, applying, record, head, index)?
        }
    }
    applying.touched.push(record.touched());
    Ok(())
}

fn apply_definition(
    tx: &mut Tx<'_>,
    applying: &Applying<'_>,
    record: &PreparedRecord,
    head: Option<ScopeHead>,
) -> Result<()> {
    let owner = applying.owner(tx)?;
    let Protected { account, scope, access, version, .. } = record.protected;
    let create = permission::create(tx, applying.caller, account, scope, access, applying.now)?;
    check_written(head, record)?;
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
    head: Option<ScopeHead>,
    index: usize,
) -> Result<()> {
    let Protected { account, scope, access, version, .. } = record.protected;
    let (caller, now) = (applying.caller, applying.now);
    let create = permission::create(tx, caller, account, scope, access, now)?;
    if head.is_some_and(|head| head.holds != Holds::Instances) {
        return Err(Error::malformed("only a collection has instances"));
    }
    check_written(head, record)?;
    if !create.reads() {
        check_deposit(&record.placement)?;
    }
    let new = record.as_new();
    if version == 1 {
        if let Some(stored) = tx.stored(&create, new.record)? {
            return Err(if tx.shows_reader(&create, &stored)? {
                Error::conflict(Some(stored.envelope))
            } else {
                Error::new(ErrorCode::AlreadyExists)
            });
        }
        check_definition(tx, &create, record)?;
        check_terms(tx, record, create.reach(), None)?;
        refuse_taken(tx, &create, &new, None)?;
        return Ok(tx.create_record(&create, &new, applying.place(index))?);
    }
    let change = permission::change(tx, caller, account, scope, access, now)?;
    let not_found = || Error::new(ErrorCode::NotFound);
    let stored = tx.stored(&create, new.record)?.ok_or_else(not_found)?;
    if !tx.shows(&change, &stored)? {
        return Err(not_found());
    }
    if stored.version.checked_add(1) != Some(version) {
        return Err(Error::conflict(Some(stored.envelope)));
    }
    if stored.kind == RecordKind::Tombstone {
        return Err(Error::malformed("a deleted record has no further version"));
    }
    check_terms(tx, record, change.reach(), Some(&stored))?;
    if new.kind == RecordKind::Tombstone {
        check_current(tx, &create, record)?;
    }
    if new.kind.is_instance() {
        check_definition(tx, &create, record)?;
        refuse_taken(tx, &create, &new, Some(&stored))?;
    }
    Ok(tx.change_record(&change, &stored, &new)?)
}

/// The terms of a new record, or of the version that follows a stored one.
fn check_terms(
    tx: &Tx<'_>,
    record: &PreparedRecord,
    reach: &Reach,
    stored: Option<&StoredRecord>,
) -> Result<()> {
    let Protected { account, scope, .. } = record.protected;
    let mut filing = Filing::by(tx, account, scope, reach);
    match stored {
        None => filing.check_new(&record.placement)?,
        Some(stored) => filing.check_next(stored, &record.placement)?,
    }
    filing.check_there(tx, account, &record.placement)
}

/// A new version is written under the present epoch, and in its suite.
pub(super) fn check_written(head: Option<ScopeHead>, record: &PreparedRecord) -> Result<()> {
    check_epoch(head, record)?;
    if head.is_some_and(|head| head.suite != record.protected.suite) {
        return Err(Error::malformed("a record is written in the suite of its epoch"));
    }
    Ok(())
}

/// A record is written and placed under the present epoch only: the owner has a wrap of it, and every reader can reach it.
pub(super) fn check_epoch(head: Option<ScopeHead>, record: &PreparedRecord) -> Result<()> {
    let head = head.ok_or_else(|| Error::new(ErrorCode::NotFound))?;
    if record.epoch() == Some(head.epoch) { Ok(()) } else { Err(Error::new(ErrorCode::StaleEpoch)) }
}

/// Who may not read holds no key to wrap under and none to make tokens with.
fn check_deposit(placement: &Placement) -> Result<()> {
    let sealed = placement.recipients.first().is_some_and(|first| first.kind == RecipientKind::Sealed);
    if sealed && placement.tokens.is_empty() {
        Ok(())
    } else {
        Err(Error::malformed("who does not read the collection seals to its deposit key and makes no tokens"))
    }
}

/// The definition that an instance names is the stored one or an earlier one.
fn check_definition<'t>(
    tx: &Tx<'t>,
    create: &permission::Grant<'t, permission::Create>,
    record: &PreparedRecord,
) -> Result<()> {
    let protected = &record.protected;
    let stored = tx.stored_definition(create)?.ok_or_else(|| Error::new(ErrorCode::NotFound))?;
    let named = protected.definition.ok_or_else(|| Error::malformed("an instance names its definition"))?;
    check_indexed(&record.placement, stored.version)?;
    if named.version == 0 || named.version > stored.version {
        return Err(Error::malformed("the instance names a version of the definition that there is not"));
    }
    let meant = if named.version == stored.version {
        stored
    } else {
        let lost = || Error::internal(crate::store::Error::Row("version"));
        tx.earlier_definition(create, &stored, named.version)?.ok_or_else(lost)?
    };
    if named.digest != digest_of(&meant.envelope)? {
        return Err(Error::statement("the instance names another definition under this version"));
    }
    Ok(())
}

/// Who deletes an instance knows the present definition, which says what may refer to it.
fn check_current<'t>(
    tx: &Tx<'t>,
    create: &permission::Grant<'t, permission::Create>,
    record: &PreparedRecord,
) -> Result<()> {
    let stored = tx.stored_definition(create)?.ok_or_else(|| Error::new(ErrorCode::NotFound))?;
    let named = record.protected.definition.as_ref().map(|definition| definition.version);
    if named == Some(stored.version) { Ok(()) } else { Err(Error::new(ErrorCode::StaleDefinition)) }
}

/// Indexes are those of a version of the definition that there is.
pub(super) fn check_indexed(placement: &Placement, present: u64) -> Result<()> {
    if placement.tokens.iter().any(|tokens| tokens.version > present) {
        return Err(Error::malformed("the tokens are of a version of the definition that there is not"));
    }
    Ok(())
}

fn digest_of(envelope: &[u8]) -> Result<Digest> {
    let envelope: Envelope =
        decode(envelope).map_err(|_| Error::internal(crate::store::Error::Row("record")))?;
    Ok(envelope.digest())
}

pub(super) fn refuse_taken<'t>(
    tx: &Tx<'t>,
    create: &permission::Grant<'t, permission::Create>,
    new: &NewRecord<'_>,
    stored: Option<&StoredRecord>,
) -> Result<()> {
    if tx.is_taken(create, new, stored)? { Err(Error::new(ErrorCode::NotUnique)) } else { Ok(()) }
}
