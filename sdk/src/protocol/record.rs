//! Records: content checked, indexed and sealed; envelopes opened and read.

use super::{
    reference::{Reference, ReferenceFault, references},
    scope::{HeldIndex, IndexKeys, Role, ScopeState},
    tree::Held,
};
use crate::{
    definition::{Fault, at},
    distrust::Distrust,
    failure::Failure,
    locked::LockReason,
    record::{Filed, Record, TermId, Validity},
};
use pryv_crypto::{
    Branch, Identity,
    index::{NotIndexable, taken_as_unique},
    record::{
        Draft, Filing, NewTokens, OpenError, OpenedRecord, Placing, RecordSealer, SealError, UnsealedRecord,
    },
};
use pryv_wire::{
    Bytes, RecordId, Timestamp, decode, encode,
    record::{Envelope, Parent, RecordKind},
};
use rand::{CryptoRng, RngCore};
use serde_json::Value;

/// How deep content may nest: what [`pryv_wire::codec::MAX_DEPTH`] leaves.
pub(crate) const MAX_DEPTH: usize = pryv_wire::codec::MAX_DEPTH - 2;

/// The most tokens of one record, of each length.
const MAX_TOKENS: usize = 2_048;

/// Why content was not sealed.
#[derive(Debug)]
pub(crate) enum SealFault {
    /// It does not match the schema.
    Invalid(Vec<Fault>),
    /// A relation holds something that is no reference of its.
    Reference { field: String, fault: ReferenceFault },
    /// It nests too deeply.
    TooDeep,
    /// An indexed field holds something that has no token.
    NotIndexable(String),
    /// An indexed field holds so much that it has too many tokens.
    TooManyTokens(String),
    /// The writer makes no tokens, and the collection has a unique field.
    UniqueForDepositor(String),
    /// It is too long.
    TooLong,
    /// A key is missing, or the epoch is not to be believed.
    Failed(Failure),
}

/// Seals the records of one writer into the present epoch of a scope.
pub(crate) struct Writer<'a> {
    state: &'a ScopeState,
    sealer: RecordSealer<'a>,
    tokens: bool,
    now: Timestamp,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(
        me: &'a Identity,
        role: &Role,
        state: &'a ScopeState,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        if matches!(role, Role::Owner) {
            // Whoever writes renews first: the secret was replaced in between.
            state.is_under(me.card()).map_err(|_| Failure::stale_account())?;
        }
        let epoch = state.present()?;
        let tokens = role.reads(state.scope);
        let sealer = match role.access() {
            Some(access) if !tokens => RecordSealer::for_depositor(me, &epoch.statement, access),
            access => {
                RecordSealer::for_reader(me, &epoch.statement, state.keys_of(epoch.statement.epoch)?, access)
            }
        };
        let sealer = sealer.map_err(|_| Distrust::WrongKeys { epoch: epoch.statement.epoch })?;
        Ok(Self { state, sealer, tokens, now })
    }

    /// Validates and indexes one version of an instance, and does all of its sealing but the content's encryption.
    pub(crate) fn instance(
        &self,
        record: RecordId,
        version: u64,
        data: &Value,
        terms: &[TermId],
        trashed: bool,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<UnsealedRecord<'a>, SealFault> {
        if !nests_within(data, MAX_DEPTH) {
            return Err(SealFault::TooDeep);
        }
        let faults = self.state.definition.schemas.faults(data);
        if !faults.is_empty() {
            return Err(SealFault::Invalid(faults));
        }
        for Reference { relation, target } in references(self.state, data) {
            target.map_err(|fault| SealFault::Reference { field: relation.field.clone(), fault })?;
        }
        let content = encode(data);
        let mut draft = self.draft(record, version, kind(trashed), &content);
        draft.tokens = self.index(data)?;
        self.begin(&draft, terms, rng)
    }

    /// The next version of an instance with the content that is there, valid or not: it is put away, or brought back.
    pub(crate) fn as_it_is(
        &self,
        record: RecordId,
        version: u64,
        data: &Value,
        trashed: bool,
        terms: &[TermId],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<UnsealedRecord<'a>, SealFault> {
        let content = encode(data);
        let mut draft = self.draft(record, version, kind(trashed), &content);
        draft.tokens = if self.tokens { self.index_what_is_there(data)? } else { NewTokens::default() };
        self.begin(&draft, terms, rng)
    }

    /// The index tokens of content in the present epoch; none for who holds no key for them.
    fn index(&self, data: &Value) -> Result<NewTokens, SealFault> {
        let (tokens, fault) = self.tokens(data)?;
        fault.map_or(Ok(tokens), Err)
    }

    /// The index tokens of content that somebody else has written, perhaps with values that have no tokens: these are left aside,
    /// since no condition that an index answers is met by a value of a type that it does not take. Where there are too many tokens
    /// there are none, and the record is looked at by every query.
    fn index_what_is_there(&self, data: &Value) -> Result<NewTokens, SealFault> {
        match self.tokens(data)? {
            (_, Some(SealFault::TooManyTokens(_))) => Ok(NewTokens::default()),
            (tokens, _) => Ok(tokens),
        }
    }

    /// The tokens of every value that has some, and what is wrong with the first that has none.
    fn tokens(&self, data: &Value) -> Result<(NewTokens, Option<SealFault>), SealFault> {
        let epoch = self.state.last_epoch();
        let mut tokens = NewTokens { version: self.state.definition.changed, ..NewTokens::default() };
        let mut fault = None;
        for HeldIndex { index, keys, .. } in &self.state.indexes {
            let name = || index.fields.join("`, `");
            let wrong = match keys {
                IndexKeys::Unique(_) if !self.tokens => return Err(SealFault::UniqueForDepositor(name())),
                IndexKeys::Epochs(..) if !self.tokens => continue,
                IndexKeys::Unique(key) => {
                    let value = index.fields.first().and_then(|field| at(data, field));
                    let (Some(key), Some(value)) = (key, value) else { continue };
                    let made = key.tokens(value);
                    if made == Err(NotIndexable::Type) {
                        let taken = taken_as_unique(value).and_then(|value| key.tokens(&value).ok());
                        tokens.unique.extend(taken.into_iter().flatten());
                    }
                    made.map(|made| tokens.unique.extend(made)).err()
                }
                IndexKeys::Epochs(form, keys) => {
                    let Some(key) = keys.get(&epoch) else { continue };
                    let values: Vec<_> = index.fields.iter().map(|field| at(data, field)).collect();
                    let made = key.tokens(form, &values);
                    if made == Err(NotIndexable::Type) {
                        let taken = form.taken(&values);
                        let taken: Vec<_> = taken.iter().map(Option::as_ref).collect();
                        tokens.index.extend(key.tokens(form, &taken).into_iter().flatten());
                    }
                    made.map(|made| tokens.index.extend(made)).err()
                }
            };
            let too_many = tokens.index.len().max(tokens.unique.len()) > MAX_TOKENS;
            match wrong {
                _ if too_many => return Ok((NewTokens::default(), Some(SealFault::TooManyTokens(name())))),
                None => {}
                Some(NotIndexable::TooMany) => {
                    return Ok((NewTokens::default(), Some(SealFault::TooManyTokens(name()))));
                }
                Some(NotIndexable::Type) => fault = fault.or_else(|| Some(SealFault::NotIndexable(name()))),
            }
        }
        if !self.tokens {
            tokens = NewTokens::default();
        }
        Ok((tokens, fault))
    }

    /// Gives a record the tokens of the present epoch and of the present indexes, and leaves all else as it is.
    pub(crate) fn reindex(&self, envelope: Envelope, opened: &OpenedRecord) -> Result<Envelope, SealFault> {
        let data: Value = decode(&opened.content)
            .map_err(|_| SealFault::Failed(Distrust::Malformed { what: "a record" }.into()))?;
        let tokens = self.index_what_is_there(&data)?;
        self.sealer.reindex(envelope, opened, &tokens, self.now).map_err(|error| self.fault(&error))
    }

    /// Places a record again: under these terms, in the present epoch, indexed under its keys.
    pub(crate) fn place(
        &self,
        envelope: Envelope,
        opened: &OpenedRecord,
        terms: &[TermId],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Envelope, SealFault> {
        let data: Value = decode(&opened.content)
            .map_err(|_| SealFault::Failed(Distrust::Malformed { what: "a record" }.into()))?;
        let tokens = if self.tokens { self.index_what_is_there(&data)? } else { NewTokens::default() };
        let branches = self.branches(terms);
        let filings: Vec<_> = branches.iter().map(filing).collect();
        let placing = Placing { terms: &filings, tokens: Some(tokens), moved_at: self.now };
        self.sealer.place(envelope, opened, &placing, rng).map_err(|error| self.fault(&error))
    }

    /// What this writer holds of terms, in the present epoch.
    fn branches(&self, terms: &[TermId]) -> Vec<(TermId, Option<Branch>)> {
        let trees = self.state.trees();
        let held = Held::of(self.state, &trees);
        let epoch = self.state.last_epoch();
        let branch = |at: &TermId| (*at, held.branch_to_write(at.ontology, at.term, epoch));
        terms.iter().map(branch).collect()
    }

    /// Seals the next version of the definition.
    pub(crate) fn definition(
        &self,
        content: &[u8],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Bytes, SealFault> {
        let version = self.state.definition.reference.version.saturating_add(1);
        let record = RecordId::definition(self.state.scope);
        let draft =
            Draft { definition: None, ..self.draft(record, version, RecordKind::Definition, content) };
        self.begin(&draft, &[], rng).map(|record| to_bytes(&record.seal()))
    }

    /// Seals one version of a term, under a branch of the structure.
    pub(crate) fn term(
        &self,
        term: RecordId,
        version: u64,
        content: Option<&[u8]>,
        parent: Parent,
        branch: &Branch,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Envelope, SealFault> {
        let kind = if content.is_some() { RecordKind::Term } else { RecordKind::Tombstone };
        let draft = self.draft(term, version, kind, content.unwrap_or_default());
        let sealed = self.sealer.seal_term(&draft, parent, branch, rng);
        sealed.map(|sealed| sealed.envelope).map_err(|error| self.fault(&error))
    }

    /// What is left of a deleted record, to be sealed.
    pub(crate) fn tombstone(
        &self,
        record: RecordId,
        version: u64,
        terms: &[TermId],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<UnsealedRecord<'a>, SealFault> {
        self.begin(&self.draft(record, version, RecordKind::Tombstone, &[]), terms, rng)
    }

    fn draft<'d>(&self, record: RecordId, version: u64, kind: RecordKind, content: &'d [u8]) -> Draft<'d> {
        Draft {
            record,
            version,
            kind,
            definition: Some(self.state.definition.reference),
            content,
            tokens: NewTokens::default(),
            written_at: self.now,
        }
    }

    fn begin(
        &self,
        draft: &Draft<'_>,
        terms: &[TermId],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<UnsealedRecord<'a>, SealFault> {
        let branches = self.branches(terms);
        let filings: Vec<_> = branches.iter().map(filing).collect();
        self.sealer.begin_under(draft, &filings, rng).map_err(|error| self.fault(&error))
    }

    fn fault(&self, error: &SealError) -> SealFault {
        match error {
            SealError::TooLong { .. } => SealFault::TooLong,
            _ => {
                let epoch = self.state.last_epoch();
                SealFault::Failed(Distrust::WrongKeys { epoch }.into())
            }
        }
    }
}

/// The kind of an instance.
const fn kind(trashed: bool) -> RecordKind {
    if trashed { RecordKind::Trashed } else { RecordKind::Instance }
}

const fn filing((at, branch): &(TermId, Option<Branch>)) -> Filing<'_> {
    let TermId { ontology, term } = *at;
    match branch {
        Some(branch) => Filing::Held { ontology, term, branch },
        None => Filing::Pending { ontology, term },
    }
}

/// The bytes of an envelope, for a message.
pub(crate) fn to_bytes(envelope: &Envelope) -> Bytes {
    encode(envelope).into()
}

/// What was opened: content, or the trace of a deletion.
#[derive(Debug)]
pub(crate) enum Content {
    Instance(Record<Value>),
    Deleted { version: u64 },
}

/// Reads what was opened. `faults` are looked for in instances, by the definition at hand.
pub(crate) fn read(state: &ScopeState, opened: &OpenedRecord) -> Result<Content, Distrust> {
    let protected = &opened.protected;
    let malformed = Distrust::Malformed { what: "a record" };
    match protected.kind {
        RecordKind::Definition => Err(Distrust::Misplaced { what: "a definition" }),
        RecordKind::Term => Err(Distrust::Misplaced { what: "a term" }),
        RecordKind::Tombstone if opened.content.is_empty() => {
            Ok(Content::Deleted { version: protected.version })
        }
        RecordKind::Tombstone => Err(malformed),
        RecordKind::Instance | RecordKind::Trashed => {
            let reference = protected.definition.ok_or(malformed.clone())?;
            let known = state.definition.reference;
            if reference.version == known.version && reference.digest != known.digest {
                return Err(Distrust::Forked { what: "version of the definition", number: known.version });
            }
            let data: Value = decode(&opened.content).map_err(|_| malformed)?;
            Ok(Content::Instance(Record {
                id: protected.record,
                version: protected.version,
                author: protected.author,
                access: protected.access,
                written_at: protected.written_at,
                validity: Validity::of(state.definition.schemas.faults(&data)),
                terms: Filed::of(&opened.placement),
                data,
                digest: opened.digest,
                trashed: protected.kind == RecordKind::Trashed,
            }))
        }
    }
}

/// What a record that does not open says of the server.
pub(crate) fn open_fault(error: &OpenError) -> Failure {
    let tampered = |what| Distrust::Tampered { what }.into();
    match error {
        OpenError::Malformed(_) => Distrust::NotEncrypted { what: "a record" }.into(),
        OpenError::Suite(unknown) => {
            Distrust::UnknownSuite { what: "a record", number: unknown.0.number() }.into()
        }
        OpenError::Misplaced(_) => Distrust::Misplaced { what: "a record" }.into(),
        OpenError::RolledBack { known, found } => {
            Distrust::RolledBack { what: "a record", known: *known, answered: *found }.into()
        }
        OpenError::Placement => tampered("recipients or index tokens were changed"),
        OpenError::Mover(_) => Distrust::AuthorNotAllowed.into(),
        OpenError::Recipients => tampered("its recipients are not those of a record of its kind"),
        OpenError::NoKey => LockReason::NotGranted.into(),
        OpenError::OtherSuite => tampered("it is of another suite than its epoch"),
        OpenError::ContentKey(_) => tampered("its key does not open in its place"),
        OpenError::Commitment => tampered("it has another key than it was written with"),
        OpenError::Ciphertext(_) => tampered("its content does not open in its place"),
        OpenError::Padding(_) => tampered("its padding is not in its form"),
        OpenError::Signature(_) => Distrust::InvalidSignature { what: "a record" }.into(),
        OpenError::Author(_) => Distrust::AuthorNotAllowed.into(),
        _ => tampered("it does not open"),
    }
}

fn nests_within(value: &Value, depth: usize) -> bool {
    match value {
        Value::Array(items) => depth > 0 && items.iter().all(|item| nests_within(item, depth - 1)),
        Value::Object(fields) => depth > 0 && fields.values().all(|field| nests_within(field, depth - 1)),
        _ => true,
    }
}
