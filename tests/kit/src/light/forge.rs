//! Collections and records made by hand: real signatures around whatever content a test wants.

use super::{CallError, LightAccount};
use crate::clock::START;
use pryv_crypto::{
    EpochKeys, Identity, lockbox,
    record::{Draft, NewTokens, RecordSealer},
};
use pryv_wire::{
    AccessId, Bytes, Digest, PrincipalId, RecordId, ScopeId, Suite, TransactionId,
    bytes::{Commitment, Signature},
    decode, encode,
    record::{DefinitionRef, Envelope, Placement, Protected, Recipient, RecipientKind, RecordKind, Tokens},
    scope::{Epoch, EpochKeys as Keys, NewEpoch, OpenScope, ScopeKind},
    transaction::{Commit, Committed, Operation},
};
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;
use std::sync::Arc;

/// A collection whose keys the test holds.
#[derive(Debug)]
pub struct Collection {
    /// Its id.
    pub scope: ScopeId,
    /// Its first epoch.
    pub epoch: Epoch,
    /// The keys of that epoch.
    pub keys: EpochKeys,
    /// Its definition, to refer to.
    pub definition: DefinitionRef,
    /// The access by which a grantee writes to it.
    pub access: Option<AccessId>,
}

impl Collection {
    /// A collection as somebody imagines it who knows no more than whose it is and its id.
    #[must_use]
    pub fn imagined(of: PrincipalId, scope: ScopeId) -> Self {
        let keys = EpochKeys::generate(&mut ChaCha20Rng::from_entropy());
        let epoch = keys.statement(of, scope, 0, START);
        let definition = DefinitionRef { version: 1, digest: Digest::from_bytes([1; 32]) };
        Self { scope, epoch, keys, definition, access: None }
    }
}

/// What a record made by hand looks like. Its signature and its digests are right; its ciphertext is whatever it is.
#[derive(Clone, Debug)]
pub struct Forged {
    /// The record.
    pub record: RecordId,
    /// Its version.
    pub version: u64,
    /// What it is.
    pub kind: RecordKind,
    /// What stands in the place of the ciphertext.
    pub ciphertext: Vec<u8>,
    /// Tokens of fields indexed for equality.
    pub index: Vec<[u8; 16]>,
}

impl Forged {
    /// An instance of random bytes: to a server it looks like any other.
    #[must_use]
    pub fn random(record: RecordId, version: u64, length: usize, rng: &mut impl RngCore) -> Self {
        let mut ciphertext = vec![0; length];
        rng.fill_bytes(&mut ciphertext);
        let mut token = [0; 16];
        rng.fill_bytes(&mut token);
        Self { record, version, kind: RecordKind::Instance, ciphertext, index: vec![token] }
    }
}

impl LightAccount {
    /// Makes a collection whose definition is this content.
    ///
    /// # Panics
    ///
    /// If the server refuses.
    pub async fn create_collection(&self, uri: &str, definition: &[u8]) -> Collection {
        let mut rng = ChaCha20Rng::from_entropy();
        let scope = self.identity.scope_id(uri);
        let keys = EpochKeys::generate(&mut rng);
        let epoch = keys.statement(self.id(), scope, 0, START);
        let owner_wrap = self.identity.keyring().wrap_epoch(&epoch, &keys, &mut rng).expect("a wrap");
        let sealer = RecordSealer::for_reader(&self.identity, &epoch, &keys, None).expect("a sealer");
        let draft = Draft {
            record: RecordId::definition(scope),
            version: 1,
            kind: RecordKind::Definition,
            definition: None,
            content: definition,
            tokens: NewTokens::default(),
            written_at: START,
        };
        let sealed = sealer.seal(&draft, &mut rng).expect("a sealed definition").envelope;
        let definition = DefinitionRef { version: 1, digest: sealed.digest() };
        let new = NewEpoch {
            statement: self.identity.sign(&epoch),
            owner_wrap,
            lockbox: None,
            entries: vec![],
            group: None,
        };
        let create = Operation::CreateScope {
            epoch: new,
            definition: Bytes::from(encode(&sealed)),
            kind: ScopeKind::collection(),
            entries: vec![],
        };
        self.commit(random_transaction(&mut rng), vec![create]).await.expect("a collection is made");
        Collection { scope, epoch, keys, definition, access: None }
    }

    /// Opens the present epoch of a collection: one's own, or one that an access gives.
    ///
    /// # Panics
    ///
    /// If the server refuses, or the keys do not open.
    pub async fn open_collection(
        &self,
        account: PrincipalId,
        scope: ScopeId,
        access: Option<AccessId>,
    ) -> Collection {
        let opened = self
            .call(&OpenScope { account, scope, from_epoch: 0, access: None })
            .await
            .expect("a collection");
        let present = opened.epochs.last().expect("an epoch");
        let epoch = present.statement.unverified().expect("a signed epoch");
        let keys = match (&present.keys, access) {
            (Keys::Owner { wrap, .. }, None) => {
                self.identity.keyring().unwrap_epoch(&epoch, wrap).expect("the keys of an epoch")
            }
            (Keys::Grantee { capsule, share, sealed }, Some(access)) => {
                lockbox::open(&self.identity, &epoch, access, capsule, share, sealed)
                    .expect("both locks open")
            }
            (keys, _) => panic!("these are no keys for the caller: {keys:?}"),
        };
        let envelope: Envelope = decode(&opened.definition).expect("the definition");
        let protected: Protected = decode(&envelope.protected).expect("its protected part");
        let definition = DefinitionRef { version: protected.version, digest: envelope.digest() };
        Collection { scope, epoch, keys, definition, access }
    }

    /// Signs a record made by hand.
    #[must_use]
    pub fn forge(&self, collection: &Collection, forged: &Forged) -> Envelope {
        (self.forger(collection))(forged)
    }

    /// Signs a record made by hand, of any suite.
    #[must_use]
    pub fn forge_suite(&self, collection: &Collection, forged: &Forged, suite: Suite) -> Envelope {
        (self.forger_of(collection, suite))(forged)
    }

    /// Signs records made by hand: cheap, and apart from the account.
    #[must_use]
    pub fn forger(&self, collection: &Collection) -> Arc<dyn Fn(&Forged) -> Envelope + Send + Sync> {
        self.forger_of(collection, Suite::CLASSIC)
    }

    fn forger_of(
        &self,
        collection: &Collection,
        suite: Suite,
    ) -> Arc<dyn Fn(&Forged) -> Envelope + Send + Sync> {
        let identity = Arc::clone(&self.identity);
        let (epoch, definition, access) =
            (collection.epoch.clone(), collection.definition, collection.access);
        Arc::new(move |forged| forge(&identity, &epoch, definition, access, suite, forged))
    }

    /// Seals a record as the SDK would, with any content.
    ///
    /// # Panics
    ///
    /// If it cannot be sealed.
    #[must_use]
    pub fn seal(&self, collection: &Collection, record: RecordId, version: u64, content: &[u8]) -> Envelope {
        let sealer =
            RecordSealer::for_reader(&self.identity, &collection.epoch, &collection.keys, collection.access)
                .expect("a sealer");
        let draft = Draft {
            record,
            version,
            kind: RecordKind::Instance,
            definition: Some(collection.definition),
            content,
            tokens: NewTokens::default(),
            written_at: START,
        };
        sealer.seal(&draft, &mut ChaCha20Rng::from_entropy()).expect("a sealed record").envelope
    }

    /// Sends one transaction of this account, once.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn commit(
        &self,
        transaction: TransactionId,
        operations: Vec<Operation>,
    ) -> Result<Committed, CallError> {
        self.call(&Commit { account: self.id(), transaction, operations }).await
    }
}

fn forge(
    author: &Identity,
    epoch: &Epoch,
    definition: DefinitionRef,
    access: Option<AccessId>,
    suite: Suite,
    forged: &Forged,
) -> Envelope {
    let tombstone = forged.kind == RecordKind::Tombstone;
    let (scope, number) = (epoch.scope, epoch.epoch);
    let index: Vec<Bytes> = forged.index.iter().map(|token| Bytes::from(*token)).collect();
    let tokens = Tokens { scope, epoch: number, version: 1, index, unique: Vec::new() };
    let key = Bytes::from(vec![0xA5; 60]);
    let placement = encode(&Placement {
        recipients: vec![Recipient { scope, term: None, epoch: number, kind: RecipientKind::Wrapped, key }],
        tokens: if tombstone || forged.index.is_empty() { Vec::new() } else { vec![tokens] },
        parent: None,
    });
    let protected = Protected {
        suite,
        account: epoch.account,
        scope,
        epoch: number,
        record: forged.record,
        version: forged.version,
        kind: forged.kind,
        definition: Some(definition),
        commitment: Commitment::from_bytes([0xC0; 32]),
        placement: Placement::digest(&placement),
        author: author.principal(),
        access,
        written_at: START,
    };
    let mut envelope = Envelope {
        protected: Bytes::from(encode(&protected)),
        placement: Bytes::from(placement),
        ciphertext: Bytes::from(forged.ciphertext.clone()),
        signature: Signature::from_bytes([0; 64]),
        moved: None,
    };
    envelope.signature = author.sign_bytes(&envelope.signed_bytes());
    envelope
}

/// The operation that writes an envelope.
#[must_use]
pub fn put(envelope: &Envelope) -> Operation {
    Operation::PutRecord { record: Bytes::from(encode(envelope)) }
}

/// A random transaction id.
pub fn random_transaction(rng: &mut impl RngCore) -> TransactionId {
    let mut id = [0; 16];
    rng.fill_bytes(&mut id);
    TransactionId::from_bytes(id)
}

/// A random record id.
pub fn random_record(rng: &mut impl RngCore) -> RecordId {
    let mut id = [0; 16];
    rng.fill_bytes(&mut id);
    RecordId::from_bytes(id)
}
