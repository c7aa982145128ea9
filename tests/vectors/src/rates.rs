//! What the raw crate and whole records take in this engine, beside what its own cipher takes: for `cargo xtask bench --web`.

use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce, aead::AeadInPlace as _};
use pryv_crypto::{
    AccountSecret, EpochKeys, Identity,
    record::{Author, Draft, RecordSealer, Sought, UnopenedRecord},
};
use pryv_proxy_crypto::{CardChain, VerifiedCards};
use pryv_wire::{
    Digest, RecordId, ScopeId, Timestamp,
    card::PrincipalKind,
    encode,
    record::{DefinitionRef, RecordKind},
    scope::Epoch,
};
use rand_core::{RngCore as _, SeedableRng as _};
use std::collections::BTreeMap;
use wasm_bindgen::prelude::wasm_bindgen;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// The raw crate: AES-256-GCM with a new key for each message, as records have one.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RawCipher {
    message: Vec<u8>,
    sealed: Vec<u8>,
}

#[wasm_bindgen]
impl RawCipher {
    /// For messages of this length.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(length: usize) -> Self {
        let message = vec![7; length];
        let mut sealed = message.clone();
        Aes256Gcm::new(&key(0)).encrypt_in_place(&Nonce::default(), b"", &mut sealed).unwrap();
        Self { message, sealed }
    }

    /// Encrypts so many.
    pub fn seal(&self, count: u32) {
        for at in 0..count {
            let mut message = self.message.clone();
            Aes256Gcm::new(&key(at)).encrypt_in_place(&Nonce::default(), b"", &mut message).unwrap();
        }
    }

    /// Decrypts so many.
    pub fn open(&self, count: u32) {
        for _ in 0..count {
            let mut sealed = self.sealed.clone();
            Aes256Gcm::new(&key(0)).decrypt_in_place(&Nonce::default(), b"", &mut sealed).unwrap();
        }
    }
}

/// Argon2id, as a sign-in computes it.
#[wasm_bindgen]
pub fn argon2id(memory_kib: u32, passes: u32, lanes: u32) {
    let parameters = argon2::Params::new(memory_kib, passes, lanes, Some(64)).unwrap();
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, parameters);
    argon2.hash_password_into(b"four words are enough", &[7; 16], &mut [0; 64]).unwrap();
}

fn key(number: u32) -> aes_gcm::Key<Aes256Gcm> {
    let mut key = [7; 32];
    key[..4].copy_from_slice(&number.to_be_bytes());
    key.into()
}

/// Whole records: content key, wrap, commitment, signature, envelope.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Records {
    owner: Identity,
    cards: VerifiedCards,
    epoch: Epoch,
    held: BTreeMap<(ScopeId, u32), EpochKeys>,
    content: Vec<u8>,
    sealed: Vec<u8>,
}

#[wasm_bindgen]
impl Records {
    /// Of contents of this length.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(length: usize) -> Self {
        let mut rng = rand_chacha::ChaCha20Rng::from_seed([1; 32]);
        let secret = AccountSecret::generate(&mut rng);
        let (owner, card) = Identity::found(&secret, PrincipalKind::Account, NOW).unwrap();
        let cards = CardChain::verify(&[card], owner.principal()).unwrap();
        let keys = EpochKeys::generate(&mut rng);
        let epoch = keys.statement(owner.principal(), owner.scope_id("https://example.org/rate"), 0, NOW);
        let held = BTreeMap::from([((epoch.scope, 0), keys)]);
        let content = vec![7; length];
        let mut records = Self { owner, cards, epoch, held, content, sealed: Vec::new() };
        records.sealed = records.one(1);
        records
    }

    /// Seals so many.
    pub fn seal(&self, count: u32) {
        for at in 1..=count {
            assert!(self.one(u64::from(at)).len() > self.content.len());
        }
    }

    /// Opens one so many times.
    pub fn open(&self, count: u32) {
        let (account, scope) = (self.epoch.account, self.epoch.scope);
        let sought = Sought { account, scope, record: None, at_least: 1 };
        for _ in 0..count {
            let record = UnopenedRecord::parse(&self.sealed).unwrap();
            let opened = record.open(&sought, &self.held, Author::Owner(&self.cards)).unwrap();
            assert_eq!(opened.content.len(), self.content.len());
        }
    }

    fn one(&self, version: u64) -> Vec<u8> {
        let mut seed = [2; 32];
        seed[..8].copy_from_slice(&version.to_be_bytes());
        let mut rng = rand_chacha::ChaCha20Rng::from_seed(seed);
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        let keys = &self.held[&(self.epoch.scope, 0)];
        let sealer = RecordSealer::for_reader(&self.owner, &self.epoch, keys, None).unwrap();
        let draft = Draft {
            record: RecordId::from_bytes(id),
            version,
            kind: RecordKind::Instance,
            definition: Some(DefinitionRef { version: 1, digest: Digest::from_bytes([1; 32]) }),
            content: &self.content,
            tokens: pryv_crypto::record::NewTokens::default(),
            written_at: NOW,
        };
        encode(&sealer.seal(&draft, &mut rng).unwrap().envelope)
    }
}
