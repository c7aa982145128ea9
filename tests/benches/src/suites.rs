//! What each suite costs: keys, seals, and every step of re-encryption, against one X25519 of the same run.

use crate::{
    measure::{median, millis, timed},
    report::Row,
};
use pryv_crypto::{
    AccountSecret, EpochKeys, Identity,
    lockbox::{self, PreSecret},
    record::{Draft, NewTokens, RecordSealer},
};
use pryv_proxy_crypto::{pre, suite::known};
use pryv_wire::{
    AccessId, Digest, RecordId, Suite, Timestamp,
    card::{Card, PrincipalKind},
    record::{DefinitionRef, RecordKind},
};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::hint::black_box;
use x25519_dalek::{PublicKey, StaticSecret};

const URI: &str = "https://example.org/definitions/bench";
const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const ACCESS: AccessId = AccessId::from_bytes([1; 16]);

/// How many epochs and readers the hard rotation of the table has.
const ROTATED: (usize, usize) = (10, 10);

/// Measures every suite.
pub(crate) fn measure(rounds: usize) -> Vec<Row> {
    let plain = plain();
    [Suite::CLASSIC, Suite::HYBRID, Suite::LIGHT]
        .into_iter()
        .flat_map(|suite| of(suite, rounds * 3, plain))
        .collect()
}

/// One X25519, in milliseconds.
fn plain() -> f64 {
    let mut dh = || {
        let secret = StaticSecret::random_from_rng(ChaCha20Rng::from_seed([9; 32]));
        black_box(secret.diffie_hellman(&PublicKey::from([9; 32])));
    };
    millis(median((0..200).map(|_| timed(&mut dh)).collect()))
}

fn person(rng: &mut ChaCha20Rng) -> (Identity, Card) {
    let secret = AccountSecret::generate(rng);
    let (identity, card) = Identity::found(&secret, PrincipalKind::Account, NOW).expect("usable keys");
    (identity, card.unverified().expect("a card"))
}

fn of(suite: Suite, repeats: usize, plain: f64) -> Vec<Row> {
    let name = suite.name().expect("a named suite");
    let curve = known(suite).expect("a known suite").curve;
    let rng = &mut ChaCha20Rng::from_entropy();
    let (owner, _) = person(rng);
    let (grantee, card) = person(rng);
    let keys = EpochKeys::generate_in(suite, rng).expect("a known suite");
    let epoch = keys.statement(owner.principal(), owner.scope_id(URI), 0, NOW);
    let pair = PreSecret::generate(curve, rng).expect("a key pair");
    let boxed = lockbox::seal(&epoch, &keys, &pair, rng).expect("a lockbox");
    let share =
        lockbox::share(&epoch, &boxed.lock, ACCESS, grantee.principal(), &card, rng).expect("a share");
    let transform = pair.transform_key(grantee.pre_public(curve), rng).expect("a transform key");
    let capsule = pre::Capsule::parse(&boxed.capsule).expect("a capsule");
    let turned = pre::transform(&capsule, &transform, rng).expect("transformed");
    let depositor = RecordSealer::for_depositor(&grantee, &epoch, ACCESS).expect("a sealer");
    let draft = Draft {
        record: RecordId::from_bytes([2; 16]),
        version: 1,
        kind: RecordKind::Instance,
        definition: Some(DefinitionRef { version: 1, digest: Digest::from_bytes([1; 32]) }),
        content: &[7; 1_000],
        tokens: NewTokens::default(),
        written_at: NOW,
    };
    let row = |what: &str, work: &mut dyn FnMut(&mut ChaCha20Rng)| {
        let mut draws = ChaCha20Rng::from_entropy();
        let ours = millis(median((0..repeats).map(|_| timed(&mut || work(&mut draws))).collect()));
        Row::ratio(format!("{name}: {what}"), ours, plain, "ms", "X25519, once")
    };
    let (epochs, readers) = ROTATED;
    vec![
        row("keys of an epoch", &mut |rng| {
            let _ = black_box(keys.next(rng));
        }),
        row("deposit of 1 KB, sealed and signed", &mut |rng| {
            let _ = black_box(depositor.seal(&draft, rng).expect("a deposit"));
        }),
        row("new epoch: lockbox", &mut |rng| {
            let _ = black_box(lockbox::seal(&epoch, &keys, &pair, rng).expect("a lockbox"));
        }),
        row("new epoch: share for one grantee", &mut |rng| {
            let made = lockbox::share(&epoch, &boxed.lock, ACCESS, grantee.principal(), &card, rng);
            let _ = black_box(made.expect("a share"));
        }),
        row("grant: transform key for one grantee", &mut |rng| {
            let _ = black_box(pair.transform_key(grantee.pre_public(curve), rng).expect("a key"));
        }),
        row("server: transform a capsule", &mut |rng| {
            let _ = black_box(pre::transform(&capsule, &transform, rng).expect("transformed"));
        }),
        row("grantee: open an epoch's keys", &mut |_| {
            let opened = lockbox::open(&grantee, &epoch, ACCESS, turned.as_bytes(), &share, &boxed.sealed);
            let _ = black_box(opened.expect("it opens"));
        }),
        row(&format!("hard rotation: {epochs} epochs, {readers} grantees"), &mut |rng| {
            let pair = PreSecret::generate(curve, rng).expect("a key pair");
            for _ in 0..epochs {
                let _ = black_box(lockbox::seal(&epoch, &keys, &pair, rng).expect("a lockbox"));
            }
            for _ in 0..readers {
                let _ = black_box(pair.transform_key(grantee.pre_public(curve), rng).expect("a key"));
            }
        }),
    ]
}
