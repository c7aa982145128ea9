//! Accounts whose state is a function of how many operations they have had.
//!
//! Operation `n` of an account puts or deletes one record with its six index entries, appends a log entry and
//! sets the counter, all in one job. After any crash the account must equal, key by key, its state after exactly
//! `k` operations, with `k` not less than the last acknowledged one: so a lost write, a half-applied one and a
//! stray key all show.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::reads::Random;
use crate::error::StoreError;
use crate::reader::Reader;
use crate::scan::Scan;
use crate::store::Store;
use crate::transaction::WriteTx;

const SLOTS: u64 = 12;

/// One account and the longest value it writes.
#[derive(Clone, Copy, Debug)]
pub struct History {
    /// Number of the account.
    pub account: u32,
    /// Longest record, in bytes.
    pub longest: u64,
}

type Changes = Vec<(Vec<u8>, Option<Vec<u8>>)>;

impl History {
    /// Runs operation `n`, which must be the next one, inside a job.
    ///
    /// # Errors
    /// What the store answers.
    pub fn apply(self, tx: &mut WriteTx<'_>, n: u64) -> Result<(), StoreError> {
        let before = tx.get(&self.record(self.slot(n)))?;
        for (key, value) in self.changes(n, before.as_deref()) {
            match value {
                Some(value) => tx.put(&key, &value)?,
                None => tx.delete(&key)?,
            }
        }
        Ok(())
    }

    /// Runs the next operation and answers its number. An operation whose failure was reported may have been
    /// done; the counter of the store tells.
    ///
    /// # Errors
    /// What the store answers.
    pub fn step(self, store: &Store) -> Result<u64, StoreError> {
        store.write(move |tx| {
            let n = counted(tx.get(&self.counter())?.as_ref()) + 1;
            self.apply(tx, n)?;
            Ok(n)
        })
    }

    /// Checks the account against its model and answers how many operations it has had.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn check(self, store: &Store, acknowledged: u64) -> Result<u64, String> {
        let found = store
            .read_consistent(|view| view.entries(&Scan::prefix(&self.prefix())))
            .map_err(|error: StoreError| format!("account {} cannot be read: {error}", self.account))?;
        let found: BTreeMap<Vec<u8>, Bytes> =
            found.into_iter().map(|(key, value)| (key.to_vec(), value)).collect();
        let k = counted(found.get(&self.counter()));
        if k < acknowledged {
            return Err(format!("account {}: lost, {k} of {acknowledged} acknowledged", self.account));
        }
        let model = self.state_after(k);
        if model.len() != found.len()
            || model.iter().any(|(key, value)| found.get(key).is_none_or(|found| found != value))
        {
            let missing = model.keys().filter(|key| !found.contains_key(*key)).count();
            let stray = found.keys().filter(|key| !model.contains_key(*key)).count();
            return Err(format!(
                "account {}: not the state after {k} operations: {missing} keys missing, {stray} stray",
                self.account
            ));
        }
        Ok(k)
    }

    /// The state after `k` operations.
    fn state_after(self, k: u64) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let mut state = BTreeMap::new();
        for n in 1..=k {
            let before = state.get(&self.record(self.slot(n))).cloned();
            for (key, value) in self.changes(n, before.as_deref()) {
                match value {
                    Some(value) => drop(state.insert(key, value)),
                    None => drop(state.remove(&key)),
                }
            }
        }
        state
    }

    /// What operation `n` changes when the record was `before`.
    fn changes(self, n: u64, before: Option<&[u8]>) -> Changes {
        let mut random = self.random(n);
        let slot = random.below(SLOTS);
        let mut changes = Changes::new();
        if let Some(former) = before.map(|record| counted_bytes(&record[..8])) {
            changes.extend(self.index(former, slot).map(|key| (key, None)));
        }
        if random.below(5) == 0 {
            changes.push((self.record(slot), None));
        } else {
            let len = 200 + random.below(self.longest.saturating_sub(199).max(1)) as usize;
            let mut record = n.to_be_bytes().to_vec();
            record.resize(len, n as u8);
            changes.extend(self.index(n, slot).map(|key| (key, Some(Vec::new()))));
            changes.push((self.record(slot), Some(record)));
        }
        changes.push((self.key(b'l', &n.to_be_bytes()), Some(slot.to_be_bytes().to_vec())));
        changes.push((self.counter(), Some(n.to_be_bytes().to_vec())));
        changes
    }

    fn slot(self, n: u64) -> u64 {
        self.random(n).below(SLOTS)
    }

    fn random(self, n: u64) -> Random {
        let mut random = Random(u64::from(self.account) << 40 | n);
        random.next();
        random
    }

    fn index(self, n: u64, slot: u64) -> impl Iterator<Item = Vec<u8>> {
        (0..6u64).map(move |token| {
            let token = Random(n * 6 + token).next();
            self.key(b'i', &[token.to_be_bytes(), slot.to_be_bytes()].concat())
        })
    }

    fn prefix(self) -> Vec<u8> {
        [&b"h"[..], &self.account.to_be_bytes()].concat()
    }

    fn key(self, kind: u8, rest: &[u8]) -> Vec<u8> {
        [&self.prefix()[..], &[kind], rest].concat()
    }

    fn record(self, slot: u64) -> Vec<u8> {
        self.key(b'r', &slot.to_be_bytes())
    }

    fn counter(self) -> Vec<u8> {
        self.key(b'c', b"")
    }
}

fn counted(stored: Option<&Bytes>) -> u64 {
    stored.map_or(0, |bytes| counted_bytes(bytes))
}

fn counted_bytes(bytes: &[u8]) -> u64 {
    u64::from_be_bytes(bytes.try_into().expect("eight bytes"))
}
