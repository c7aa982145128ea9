//! Lies to somebody about the own account, and about others (classes 1, 2, 3, 4, 7, 8, 16 and 20).

use super::{Lie, held};
use pryv_wire::{
    Bytes, Digest, Suite, Timestamp,
    account::{FinishLogin, KeyStretching, LoggedIn, Recover, StartLogin},
    audit::Mark,
    card::{Cards, ResolveUsername},
    transaction::ListChanges,
};
use std::sync::Mutex;

pub(super) const LIES: &[Lie] = &[
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
    // Who was asked for first stands behind every name that is asked for later.
    Lie {
        name: "contact-swapped",
        code: "contact-changed",
        tell: |server| {
            let first: Mutex<Option<Cards>> = Mutex::default();
            server.on::<ResolveUsername>(move |request, answer| {
                let mut first = held(&first);
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
    // Who logs in first is behind what is answered to everybody who logs in later.
    Lie {
        name: "own-card-swapped",
        code: "wrong-card",
        tell: |server| {
            let first: Mutex<Option<LoggedIn>> = Mutex::default();
            server.on::<FinishLogin>(move |_, answer| {
                answer.cards = held(&first).get_or_insert_with(|| answer.clone()).cards.clone();
            })
        },
    },
    Lie {
        name: "other-account",
        code: "other-account",
        tell: |server| {
            let first: Mutex<Option<LoggedIn>> = Mutex::default();
            server.on::<FinishLogin>(move |_, answer| {
                let shown = held(&first).get_or_insert_with(|| answer.clone()).clone();
                answer.cards = shown.cards;
                answer.session.principal = shown.session.principal;
            })
        },
    },
    // As it was at the first login.
    Lie {
        name: "old-wrap",
        code: "wrong-wrap",
        tell: |server| {
            let first: Mutex<Option<LoggedIn>> = Mutex::default();
            server.on::<FinishLogin>(move |_, answer| {
                answer.wrap = held(&first).get_or_insert_with(|| answer.clone()).wrap.clone();
            })
        },
    },
    Lie {
        name: "wrap-of-unknown-suite",
        code: "unknown-suite",
        tell: |server| server.on::<FinishLogin>(|_, answer| answer.wrap.suite = Suite::from_number(77)),
    },
    Lie {
        name: "recovery-tampered",
        code: "wrong-wrap",
        tell: |server| server.on::<Recover>(|_, answer| answer.wrap.sealed = Bytes::from(vec![0; 60])),
    },
    Lie {
        name: "change-repeated",
        code: "forked",
        tell: |server| {
            server.on::<ListChanges>(|_, answer| {
                if let Some(first) = answer.changes.first().cloned() {
                    answer.changes.insert(0, first);
                }
            })
        },
    },
    Lie {
        name: "change-dated-later",
        code: "forked",
        tell: |server| {
            server.on::<ListChanges>(|_, answer| {
                for change in &mut answer.changes {
                    change.at = Timestamp::from_millis(change.at.as_millis() + 86_400_000);
                }
            })
        },
    },
];

const fn other() -> Digest {
    Digest::from_bytes([7; 32])
}
