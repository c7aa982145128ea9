//! The events that are asked for: what they hold, and the tokens that stand for it.

use pryv_wire::{
    Bytes, Digest, PrincipalId, RecordId, ScopeId, Suite, Timestamp,
    bytes::{Commitment, Signature},
    encode,
    record::{Envelope, Placement, Protected, Recipient, RecipientKind, RecordKind, Tokens},
};

/// Four years, in hours.
pub(super) const HOURS: u64 = 35_064;

/// Bytes of content in an event.
pub(super) const CONTENT: usize = 1_024;

/// How many different words there are.
const VOCABULARY: u64 = 2_000;

/// One event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    /// Its number: they are created in the order of time.
    pub(super) number: u64,
    /// Ten events have this one.
    pub(super) ten: u64,
    /// A thousand have this one.
    pub(super) thousand: u64,
    /// When.
    pub(super) hour: u64,
}

impl Event {
    /// The event of a number, among so many.
    pub(super) const fn of(number: u64, total: u64) -> Self {
        let (tens, thousands) = (total.div_ceil(10), total.div_ceil(1_000));
        let (ten, thousand) = (number % tens, number % thousands);
        Self { number, ten, thousand, hour: number * HOURS / total }
    }

    /// Its tokens: two fields for equality, four levels of a range of hours, the words of a text.
    pub(super) fn tokens(self) -> Vec<Vec<u8>> {
        let mut tokens = vec![token(1, self.ten), token(2, self.thousand)];
        tokens.extend((0..4).map(|level| node(level, self.hour >> (5 * level))));
        tokens.extend(words(self.number).map(|word| token(9, word)));
        tokens
    }
}

/// The words of an event: five, some of which are frequent.
pub(super) fn words(number: u64) -> impl Iterator<Item = u64> {
    (0..5).map(move |at| {
        let drawn = mixed(number * 5 + at) % (VOCABULARY * VOCABULARY);
        // Squared: a word in forty-five is among the first of two thousand.
        drawn.isqrt()
    })
}

const fn mixed(number: u64) -> u64 {
    let one = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let two = (one ^ (one >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    two ^ (two >> 32)
}

/// A token of a field: random to look at, as a real one.
pub(super) fn token(field: u64, value: u64) -> Vec<u8> {
    let first = mixed(mixed(field) ^ value);
    [first.to_be_bytes(), mixed(first).to_be_bytes()].concat()
}

/// The token of a node of the tree over the hours.
pub(super) fn node(level: u64, number: u64) -> Vec<u8> {
    token(100 + level, number)
}

/// The nodes that cover the hours from one to before another.
pub(super) fn cover(mut from: u64, to: u64) -> Vec<Vec<u8>> {
    let mut nodes = Vec::new();
    while from < to {
        let fits = |level: &u64| {
            let width = 1 << (5 * level);
            from.is_multiple_of(width) && from + width <= to
        };
        let level = (0..4).rev().find(fits).unwrap_or(0);
        nodes.push(node(level, from >> (5 * level)));
        from += 1 << (5 * level);
    }
    nodes
}

/// The record id of an event.
pub(super) fn record(number: u64) -> RecordId {
    let first = mixed(number ^ 0x5555);
    let id = [first.to_be_bytes(), mixed(first).to_be_bytes()].concat();
    RecordId::try_from(&id[..]).expect("16 bytes")
}

/// An envelope as long as a real one, with these tokens.
pub(super) fn envelope(
    (account, scope): (PrincipalId, ScopeId),
    number: u64,
    tokens: Vec<Vec<u8>>,
) -> (Bytes, Placement) {
    let mut index: Vec<Bytes> = tokens.into_iter().map(Bytes::from).collect();
    index.sort_unstable();
    index.dedup();
    let own = Recipient {
        scope,
        term: None,
        epoch: 0,
        kind: RecipientKind::Wrapped,
        key: Bytes::from(vec![1; 60]),
    };
    let tokens = vec![Tokens { scope, epoch: 0, version: 1, index, unique: vec![] }];
    let placement = Placement { recipients: vec![own], tokens, parent: None };
    let protected = Protected {
        suite: Suite::CLASSIC,
        account,
        scope,
        epoch: 0,
        record: record(number),
        version: 1,
        kind: RecordKind::Instance,
        definition: None,
        commitment: Commitment::from_bytes([1; 32]),
        placement: Digest::from_bytes([0; 32]),
        author: account,
        access: None,
        written_at: Timestamp::from_millis(0),
    };
    let envelope = Envelope {
        protected: Bytes::from(encode(&protected)),
        placement: Bytes::from(encode(&placement)),
        ciphertext: Bytes::from(vec![0xab; CONTENT]),
        signature: Signature::from_bytes([0; 64]),
        moved: None,
    };
    (Bytes::from(encode(&envelope)), placement)
}
