//! What the server can be told to do: one lie for each class of hostile server (`tests/e2e/…/hostile`), by name.

use pryv_test_kit::{HostileTransport, transport::Attack};
use pryv_wire::{
    Bytes, Digest, Suite,
    access::{GetAccess, Level, ListGranted, ListReceived},
    account::{KeyStretching, StartLogin},
    audit::Mark,
    card::{Cards, ResolveUsername},
    decode, encode,
    record::{Envelope, GetRecord, Protected, QueryRecords},
    scope::OpenScope,
    signed::Signed,
};
use std::sync::{Arc, Mutex, PoisonError};

/// One lie.
pub(crate) struct Lie {
    name: &'static str,
    /// What a client must say to it.
    pub(crate) code: &'static str,
    pub(crate) tell: fn(&HostileTransport) -> Attack,
}

/// The lie of this name.
pub(crate) fn find(name: &str) -> Option<&'static Lie> {
    LIES.iter().find(|lie| lie.name == name)
}

const LIES: &[Lie] = &[
    Lie {
        name: "garbage",
        code: "unreadable-answer",
        tell: |server| server.on_raw::<GetRecord>(|answer| answer.body = vec![0x81; 10_000]),
    },
    Lie {
        name: "flood",
        code: "answer-too-long",
        tell: |server| server.on_raw::<GetRecord>(|answer| answer.body = vec![0; 80 << 20]),
    },
    Lie {
        name: "no-heads",
        code: "malformed",
        tell: |server| server.on_raw::<GetRecord>(|answer| answer.heads = None),
    },
    Lie {
        name: "heads-back",
        code: "rolled-back",
        tell: |server| server.on_heads(|heads| heads.changes = Mark { sequence: 0, head: other() }),
    },
    Lie {
        name: "heads-aside",
        code: "forked",
        tell: |server| server.on_heads(|heads| heads.changes.head = other()),
    },
    Lie {
        name: "tampered",
        code: "tampered",
        tell: |server| on_envelope(server, |envelope| flip(&mut envelope.ciphertext)),
    },
    Lie {
        name: "plaintext",
        code: "not-encrypted",
        tell: |server| {
            server.on::<GetRecord>(|_, answer| answer.record = Bytes::from(br#"{"bpm":62}"#.to_vec()))
        },
    },
    Lie {
        name: "unknown-suite",
        code: "unknown-suite",
        tell: |server| {
            on_envelope(server, |envelope| {
                let mut protected: Protected = decode(&envelope.protected).expect("a header");
                protected.suite = Suite::from_number(9);
                envelope.protected = Bytes::from(encode(&protected));
            })
        },
    },
    // The record that was asked for first comes in the place of every other one.
    Lie {
        name: "misplaced",
        code: "misplaced",
        tell: |server| {
            let first: Mutex<Option<Bytes>> = Mutex::default();
            server.on::<GetRecord>(move |_, answer| {
                let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
                answer.record = first.get_or_insert_with(|| answer.record.clone()).clone();
            })
        },
    },
    // As it was when it was first asked for.
    Lie {
        name: "rolled-back-record",
        code: "rolled-back",
        tell: |server| {
            let first: Mutex<Option<Bytes>> = Mutex::default();
            server.on::<GetRecord>(move |_, answer| {
                let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
                answer.record = first.get_or_insert_with(|| answer.record.clone()).clone();
            })
        },
    },
    Lie {
        name: "repeated-in-page",
        code: "wrong-page",
        tell: |server| {
            server.on::<QueryRecords>(|_, answer| {
                if let Some(first) = answer.records.first().cloned() {
                    answer.records.push(first);
                }
            })
        },
    },
    Lie {
        name: "epochs-rolled-back",
        code: "rolled-back",
        tell: |server| {
            server.on::<OpenScope>(|_, answer| {
                answer
                    .epochs
                    .retain(|epoch| epoch.statement.unverified().is_ok_and(|epoch| epoch.epoch == 0));
            })
        },
    },
    // Who was asked for first stands behind every name that is asked for later.
    Lie {
        name: "contact-swapped",
        code: "contact-changed",
        tell: |server| {
            let first: Arc<Mutex<Option<Cards>>> = Arc::default();
            server.on::<ResolveUsername>(move |request, answer| {
                let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
                let shown = first.get_or_insert_with(|| answer.clone()).clone();
                *answer = Cards { username: Some(request.username.clone()), ..shown };
            })
        },
    },
    Lie {
        name: "weak-stretching",
        code: "weak-stretching",
        tell: |server| {
            server.on::<StartLogin>(|_, answer| {
                answer.stretching = KeyStretching { memory_kib: 8, ..answer.stretching };
            })
        },
    },
    Lie {
        name: "excessive-stretching",
        code: "excessive-stretching",
        tell: |server| {
            server.on::<StartLogin>(|_, answer| {
                answer.stretching = KeyStretching { memory_kib: u32::MAX, ..answer.stretching };
            })
        },
    },
    Lie {
        name: "raised-access",
        code: "invented-access",
        tell: |server| {
            server.on::<ListReceived>(|_, answer| {
                for state in &mut answer.accesses {
                    let mut access = state.statement.unverified().expect("an access");
                    for grant in &mut access.grants {
                        grant.level = Level::Contribute;
                    }
                    let signature = *state.statement.signature();
                    state.statement = Signed::new(&access, |_| signature);
                }
            })
        },
    },
    Lie {
        name: "revocation-hidden",
        code: "revocation-dropped",
        tell: |server| {
            server.on::<GetAccess>(|_, answer| answer.revocation = None);
            server.on::<ListGranted>(|_, answer| {
                answer.accesses.iter_mut().for_each(|state| state.revocation = None);
            })
        },
    },
];

const fn other() -> Digest {
    Digest::from_bytes([7; 32])
}

fn on_envelope(server: &HostileTransport, lie: fn(&mut Envelope)) -> Attack {
    server.on::<GetRecord>(move |_, answer| {
        let mut envelope: Envelope = decode(&answer.record).expect("an envelope");
        lie(&mut envelope);
        answer.record = Bytes::from(encode(&envelope));
    })
}

fn flip(bytes: &mut Bytes) {
    let mut flipped = bytes.to_vec();
    if let Some(last) = flipped.last_mut() {
        *last ^= 1;
    }
    *bytes = Bytes::from(flipped);
}
