//! Many instances at once, written to the store past the checks of signatures, and a model of them in plain memory.

use crate::world::{Collection, Person, World};
use pryv_server::{
    permission,
    service::Error,
    store::{At as _, NewRecord},
};
use pryv_wire::{
    Bytes, Digest, RecordId, ScopeId, Suite, Timestamp,
    bytes::{Commitment, Signature},
    encode,
    record::{
        Envelope, Filter, IndexState, Placement, Protected, Recipient, RecipientKind, RecordKind,
        RecordState, Tokens, UNIQUE_TOKEN_LENGTH, Unindexed,
    },
};
use std::collections::BTreeSet;

/// An instance, as a model knows it.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) place: u64,
    pub(crate) record: RecordId,
    pub(crate) version: u64,
    /// The epoch that it was written in, and that its recipients are of.
    pub(crate) written: u32,
    /// By what it is indexed; none: without tokens.
    pub(crate) state: Option<IndexState>,
    pub(crate) tokens: BTreeSet<Vec<u8>>,
    pub(crate) terms: Vec<(ScopeId, RecordId)>,
    pub(crate) size: usize,
    pub(crate) trashed: bool,
}

/// A token of a field and a value.
pub(crate) fn token(field: u8, value: u64) -> Vec<u8> {
    [&[field; 8][..], &value.to_be_bytes()].concat()
}

/// A unique token of a value.
pub(crate) fn unique(value: u64) -> Vec<u8> {
    [&[0xee; UNIQUE_TOKEN_LENGTH - 8][..], &value.to_be_bytes()].concat()
}

impl Instance {
    pub(crate) fn new(place: u64, tokens: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self {
            place,
            record: RecordId::from_bytes([&[7; 8][..], &place.to_be_bytes()].concat().try_into().unwrap()),
            version: 1,
            written: 0,
            state: Some(IndexState { epoch: 0, version: 1 }),
            tokens: tokens.into_iter().collect(),
            terms: Vec::new(),
            size: 30,
            trashed: false,
        }
    }

    /// Its state, as the server has it.
    pub(crate) fn state(&self) -> IndexState {
        self.state.unwrap_or(IndexState { epoch: self.written, version: 0 })
    }

    pub(crate) fn is_behind(&self, unindexed: Option<Unindexed>) -> bool {
        let state = self.state();
        unindexed.is_some_and(|Unindexed { before, .. }| {
            state.epoch < before.epoch || state.version < before.version
        })
    }

    /// Whether a query for a state asks for it.
    pub(crate) fn is_of(&self, state: RecordState) -> bool {
        match state {
            RecordState::Active => !self.trashed,
            RecordState::Trashed => self.trashed,
            _ => true,
        }
    }

    pub(crate) fn is_in(&self, filter: &Filter) -> bool {
        match filter {
            Filter::All => true,
            Filter::Tokens(tokens) => tokens.iter().any(|token| self.tokens.contains(&token[..])),
            Filter::And(parts) => parts.iter().all(|part| self.is_in(part)),
            Filter::Or(parts) => parts.iter().any(|part| self.is_in(part)),
            Filter::Not(part) => !self.is_in(part),
            _ => panic!("a filter of another kind"),
        }
    }

    fn placement(&self, scope: ScopeId) -> Placement {
        let recipient = |scope, term| Recipient {
            scope,
            term,
            epoch: self.written,
            kind: RecipientKind::Wrapped,
            key: Bytes::from(vec![1; 60]),
        };
        let mut recipients = vec![recipient(scope, None)];
        recipients.extend(self.terms.iter().map(|(ontology, term)| recipient(*ontology, Some(*term))));
        let of_length = |length| {
            let tokens = self.tokens.iter().filter(|token| token.len() == length);
            tokens.map(|token| Bytes::from(&token[..])).collect()
        };
        let tokens = self.state.map(|IndexState { epoch, version }| Tokens {
            scope,
            epoch,
            version,
            index: of_length(16),
            unique: of_length(UNIQUE_TOKEN_LENGTH),
        });
        Placement { recipients, tokens: tokens.into_iter().collect(), parent: None }
    }

    fn envelope(&self, owner: &Person, collection: &Collection, kind: RecordKind) -> (Bytes, Placement) {
        let placement = self.placement(collection.scope);
        let protected = Protected {
            suite: Suite::CLASSIC,
            account: owner.id(),
            scope: collection.scope,
            epoch: self.written,
            record: self.record,
            version: self.version,
            kind,
            definition: None,
            commitment: Commitment::from_bytes([1; 32]),
            placement: Digest::from_bytes([0; 32]),
            author: owner.id(),
            access: None,
            written_at: Timestamp::from_millis(0),
        };
        let envelope = Envelope {
            protected: Bytes::from(encode(&protected)),
            placement: Bytes::from(encode(&placement)),
            ciphertext: Bytes::from(vec![9; self.size]),
            signature: Signature::from_bytes([0; 64]),
            moved: None,
        };
        (Bytes::from(encode(&envelope)), placement)
    }
}

impl World {
    /// Writes new instances of the owner.
    pub(crate) fn create(&self, owner: &Person, collection: &Collection, instances: &[Instance]) {
        self.put_all(owner, collection, instances, None);
    }

    /// Writes a later version of each instance: another one, or its end.
    pub(crate) fn change(
        &self,
        owner: &Person,
        collection: &Collection,
        instances: &[Instance],
        kind: RecordKind,
    ) {
        self.put_all(owner, collection, instances, Some(kind));
    }

    fn put_all(
        &self,
        owner: &Person,
        collection: &Collection,
        instances: &[Instance],
        change: Option<RecordKind>,
    ) {
        for some in instances.chunks(2_000) {
            let kind = change.unwrap_or(RecordKind::Instance);
            let rows: Vec<_> = some
                .iter()
                .map(|one| (one.record, one.version, one.place, one.envelope(owner, collection, kind)))
                .collect();
            let (caller, account, scope) = (owner.caller.clone(), owner.id(), collection.scope);
            let now = self.now();
            self.service
                .store()
                .update_blocking(move |tx| {
                    for (record, version, place, (envelope, placement)) in &rows {
                        let new = NewRecord { record: *record, version: *version, kind, envelope, placement };
                        let create = permission::create(tx, &caller, account, scope, None, now)?;
                        if change.is_none() {
                            tx.create_record(&create, &new, *place)?;
                            continue;
                        }
                        let stored = tx.stored(&create, *record)?.unwrap();
                        assert_eq!(stored.created, *place);
                        let grant = permission::change(tx, &caller, account, scope, None, now)?;
                        tx.change_record(&grant, &stored, &new)?;
                    }
                    let _ = tx.reading();
                    Ok::<_, Error>(())
                })
                .unwrap();
        }
    }
}
