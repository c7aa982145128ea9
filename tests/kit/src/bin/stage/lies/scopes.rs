//! Lies about collections: keys and definitions that are old, another's, or altered (classes 7, 12, 15, 17 and 20).

use super::{Lie, flip, held};
use pryv_wire::{
    Bytes, Signed, Timestamp,
    scope::{EpochKeys, OpenScope},
};
use std::sync::{Mutex, MutexGuard};

pub(super) const LIES: &[Lie] = &[
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
    // The keys of the collection that is opened first stand in every other one.
    Lie {
        name: "keys-of-another-collection",
        code: "wrong-wrap",
        tell: |server| {
            let first: Mutex<Option<EpochKeys>> = Mutex::default();
            server.on::<OpenScope>(move |_, answer| {
                let Some(epoch) = answer.epochs.first_mut() else { return };
                epoch.keys = held(&first).get_or_insert_with(|| epoch.keys.clone()).clone();
            })
        },
    },
    Lie {
        name: "epoch-of-another-collection",
        code: "misplaced",
        tell: |server| {
            let first = Mutex::default();
            server.on::<OpenScope>(move |_, answer| {
                let Some(epoch) = answer.epochs.first_mut() else { return };
                let mut first: MutexGuard<'_, Option<_>> = held(&first);
                *epoch = first.get_or_insert_with(|| epoch.clone()).clone();
            })
        },
    },
    Lie {
        name: "epoch-dated-later",
        code: "invalid-signature",
        tell: |server| {
            server.on::<OpenScope>(|_, answer| {
                for shown in &mut answer.epochs {
                    let mut epoch = shown.statement.unverified().expect("an epoch");
                    epoch.started_at = Timestamp::from_millis(u64::from(u32::MAX) * 1_000);
                    let signature = *shown.statement.signature();
                    shown.statement = Signed::new(&epoch, |_| signature);
                }
            })
        },
    },
    Lie {
        name: "epoch-withheld",
        code: "malformed",
        tell: |server| {
            server.on::<OpenScope>(|_, answer| {
                answer
                    .epochs
                    .retain(|epoch| epoch.statement.unverified().is_ok_and(|epoch| epoch.epoch != 1));
            })
        },
    },
    Lie {
        name: "definition-of-another-collection",
        code: "misplaced",
        tell: |server| {
            let first: Mutex<Option<Bytes>> = Mutex::default();
            server.on::<OpenScope>(move |_, answer| {
                answer.definition = held(&first).get_or_insert_with(|| answer.definition.clone()).clone();
            })
        },
    },
    Lie {
        name: "definition-altered",
        code: "invalid-signature",
        tell: |server| server.on::<OpenScope>(|_, answer| flip(&mut answer.definition)),
    },
    Lie {
        name: "definition-in-clear",
        code: "not-encrypted",
        tell: |server| {
            server.on::<OpenScope>(|_, answer| {
                answer.definition = Bytes::from(br#"{"uri":"https://example.org/heart-rate"}"#.to_vec());
            })
        },
    },
];
