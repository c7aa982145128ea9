//! Lies about records, and answers that are none (classes 5, 7, 13, 14, 17, 18, 19 and 20).

use super::{Lie, flip, held};
use pryv_test_kit::{HostileTransport, transport::Attack};
use pryv_wire::{
    Bytes, ErrorCode, Problem, Suite, Timestamp, decode, encode,
    record::{Envelope, GetRecord, Placement, Protected, QueryRecords, Tokens},
};
use std::sync::Mutex;

pub(super) const LIES: &[Lie] = &[
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
    Lie { name: "misplaced", code: "misplaced", tell: first_again },
    // As it was when it was first asked for.
    Lie { name: "rolled-back-record", code: "rolled-back", tell: first_again },
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
    // Under another record's head and signature.
    Lie {
        name: "ciphertext-moved",
        code: "tampered",
        tell: |server| {
            let first: Mutex<Option<Bytes>> = Mutex::default();
            server.on::<GetRecord>(move |_, answer| {
                let mut envelope: Envelope = decode(&answer.record).expect("an envelope");
                let mut first = held(&first);
                envelope.ciphertext = first.get_or_insert_with(|| envelope.ciphertext.clone()).clone();
                answer.record = Bytes::from(encode(&envelope));
            })
        },
    },
    Lie {
        name: "written-earlier",
        code: "tampered",
        tell: |server| {
            on_envelope(server, |envelope| {
                let mut protected: Protected = decode(&envelope.protected).expect("a header");
                protected.written_at = Timestamp::from_millis(1);
                envelope.protected = Bytes::from(encode(&protected));
            })
        },
    },
    // The token that a query asks for, on records that somebody else wrote without one: they would count as answers.
    Lie {
        name: "tokens-injected",
        code: "tampered",
        tell: |server| {
            server.on::<QueryRecords>(|request, answer| {
                let Some(token) = request.filter.tokens().pop() else { return };
                for record in &mut answer.records {
                    let mut envelope: Envelope = decode(record).expect("an envelope");
                    let mut placement: Placement = decode(&envelope.placement).expect("a placement");
                    if placement.tokens.is_empty() {
                        let index = vec![token.clone()];
                        let (scope, epoch) = (request.scope, answer.epoch);
                        placement.tokens.push(Tokens { scope, epoch, version: 1, index, unique: Vec::new() });
                        envelope.placement = Bytes::from(encode(&placement));
                        *record = Bytes::from(encode(&envelope));
                    }
                }
            })
        },
    },
    // While keys are replaced: so that what is hidden is lost with the old ones.
    Lie {
        name: "records-withheld",
        code: "",
        tell: |server| {
            server.on_raw::<GetRecord>(|answer| {
                answer.status = 404;
                answer.body = encode(&Problem::new(ErrorCode::NotFound));
            });
            server.on::<QueryRecords>(|_, answer| {
                answer.records.clear();
                answer.next = None;
            })
        },
    },
];

/// Shows the record that was asked for first whenever one is asked for.
fn first_again(server: &HostileTransport) -> Attack {
    let first: Mutex<Option<Bytes>> = Mutex::default();
    server.on::<GetRecord>(move |_, answer| {
        answer.record = held(&first).get_or_insert_with(|| answer.record.clone()).clone();
    })
}

fn on_envelope(server: &HostileTransport, lie: fn(&mut Envelope)) -> Attack {
    server.on::<GetRecord>(move |_, answer| {
        let mut envelope: Envelope = decode(&answer.record).expect("an envelope");
        lie(&mut envelope);
        answer.record = Bytes::from(encode(&envelope));
    })
}
