//! What the server can be told to do: lies for each class of hostile server (`tests/e2e/…/hostile`), by name.

mod accesses;
mod account;
mod records;
mod scopes;

use pryv_test_kit::{HostileTransport, transport::Attack};
use pryv_wire::Bytes;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One lie.
pub(crate) struct Lie {
    name: &'static str,
    /// What a client must say to it; empty where it is not to be said but outlived.
    pub(crate) code: &'static str,
    pub(crate) tell: fn(&HostileTransport) -> Attack,
}

/// The lie of this name.
pub(crate) fn find(name: &str) -> Option<&'static Lie> {
    let all = [accesses::LIES, account::LIES, records::LIES, scopes::LIES];
    all.into_iter().flatten().find(|lie| lie.name == name)
}

fn held<T>(first: &Mutex<T>) -> MutexGuard<'_, T> {
    first.lock().unwrap_or_else(PoisonError::into_inner)
}

fn flip(bytes: &mut Bytes) {
    let mut flipped = bytes.to_vec();
    if let Some(last) = flipped.last_mut() {
        *last ^= 1;
    }
    *bytes = Bytes::from(flipped);
}
