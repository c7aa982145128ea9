//! Lies about accesses (classes 9, 10 and 11).

use super::Lie;
use pryv_wire::{
    AccessId, Signed,
    access::{AccessState, GetAccess, Level, ListGranted, ListReceived},
    scope::OpenScope,
};

pub(super) const LIES: &[Lie] = &[
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
    // Readers who wait for keys: whoever only looks gives none.
    Lie {
        name: "reader-invented",
        code: "",
        tell: |server| {
            server.on::<ListGranted>(|_, answer| {
                let Some(sample) = answer.accesses.first().cloned() else { return };
                let mut access = sample.statement.unverified().expect("an access");
                access.access = AccessId::from_bytes([7; 16]);
                let signature = *sample.statement.signature();
                let statement = Signed::new(&access, |_| signature);
                answer.accesses.push(AccessState { statement, ..sample });
            });
            server.on::<OpenScope>(|_, answer| {
                answer.readers.push(AccessId::from_bytes([7; 16]));
                // As if nobody had keys yet.
                answer.pre = None;
            })
        },
    },
];
