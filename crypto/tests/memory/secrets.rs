//! Secrets of bytes that are known, and everything that is done with them.

use crate::{
    needle::{MASK, Needles, Unmasking, masked_hex, pattern, unmask},
    scan::deep,
};
use pryv_crypto::{
    AccountSecret, EpochKeys, Identity,
    index::{Form, IndexKey, UniqueKey},
    lockbox::{self, NewLockbox, PreSecret},
    password::ExportKey,
    record::{
        Author, Draft, NewTokens, OpenError, OpenedRecord, RecordSealer, SealedRecord, Sought, UnopenedRecord,
    },
    recovery::RecoveryPhrase,
};
use pryv_proxy_crypto::{
    CardChain,
    pre::{Capsule, Curve, transform},
};
use pryv_wire::{
    AccessId, Digest, PrincipalId, RecordId, ScopeId, Suite, Timestamp, card::PrincipalKind, encode,
    record::RecordKind, scope::Epoch,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// How many of each kind have patterns for bytes.
pub(crate) const COUNT: u64 = 32;

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);
const ACCESS: AccessId = AccessId::from_bytes([0x22; 16]);
const SUITES: [Suite; 3] = [Suite::CLASSIC, Suite::HYBRID, Suite::LIGHT];
const URI: &str = "https://example.org/person";

/// Kinds of patterns.
const ACCOUNT: u64 = 1;
const PHRASE: u64 = 2;
const EPOCH: u64 = 3;
const CONTENT: u64 = 4;
const LOCK: u64 = 5;
const SCOPE: u64 = 6;
const EXPORT: u64 = 7;
const PLAINTEXT: u64 = 8;

/// Cases of one section of `specs/vectors/crypto.json`.
struct Section {
    name: &'static str,
    /// What is drawn.
    drawn: &'static [&'static str],
    /// What derives from it and is held.
    held: &'static [&'static str],
    /// What derives from it and is only passed through, or held in another form.
    passing: &'static [&'static str],
}

const SECTIONS: [Section; 4] = [
    Section {
        name: "identities",
        drawn: &["account_secret"],
        held: &[
            "signing_seed",
            "sealing_secret",
            "hybrid_secret",
            "pre_secret",
            "pre_light_secret",
            "keyring_key",
            "keyring_light_key",
            "identifiers_key",
        ],
        passing: &["prk", "hybrid_expanded"],
    },
    Section {
        name: "epochs",
        drawn: &["rk", "u"],
        held: &["wrap_key", "deposit_secret", "index_key", "unique_prk"],
        passing: &["prk"],
    },
    Section {
        name: "recovery-phrases",
        drawn: &["entropy"],
        held: &[],
        passing: &["prk", "sealing_secret", "binding_key", "verifier_seed"],
    },
    Section { name: "records", drawn: &["content_key"], held: &[], passing: &["okm"] },
];

/// Where the bytes of everything come from, masked.
pub(crate) struct Sources {
    identities: Vec<Vec<u8>>,
    epochs: Vec<Vec<u8>>,
    suites: Vec<Suite>,
    phrases: Vec<Vec<u8>>,
    content_keys: Vec<Vec<u8>>,
}

impl Sources {
    /// Reads and makes them; adds each to `held` or to `passing`.
    pub(crate) fn new(held: &mut Needles, passing: &mut Needles) -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/vectors/crypto.json");
        let file: Map<String, Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let suite = |case: &Value| case["suite"].as_u64().map_or(1, |suite| u16::try_from(suite).unwrap());
        let suites = file["epochs"].as_array().unwrap().iter().map(suite).map(Suite::from_number).collect();
        let mut sources = SECTIONS.iter().map(|section| {
            let cases = file[section.name].as_array().unwrap();
            let masked = |case: &Value, field: &str| {
                let mut masked = masked_hex(case[field].as_str().unwrap());
                if field == "okm" {
                    // The rest is the commitment, which is no secret.
                    masked.truncate(32);
                }
                masked
            };
            let source = |case: &Value| {
                for field in section.drawn.iter().chain(section.held) {
                    held.add(format!("{}: {field}", section.name), &masked(case, field));
                }
                for field in section.passing {
                    passing.add(format!("{}: {field}", section.name), &masked(case, field));
                }
                section.drawn.iter().flat_map(|field| masked(case, field)).collect()
            };
            cases.iter().map(source).collect::<Vec<_>>()
        });
        let mut of_vectors = || sources.next().unwrap();
        let mut sources = Self {
            identities: of_vectors(),
            epochs: of_vectors(),
            suites,
            phrases: of_vectors(),
            content_keys: of_vectors(),
        };
        let mut patterns = |name: &str, kind, length, to: &mut Vec<Vec<u8>>| {
            for number in 0..COUNT {
                let masked = pattern(kind, number, length);
                held.add(format!("{name} {number}"), &masked);
                to.push(masked);
            }
        };
        patterns("account secret", ACCOUNT, 32, &mut sources.identities);
        patterns("epoch keys", EPOCH, 64, &mut sources.epochs);
        sources.suites.extend(SUITES.into_iter().cycle().take(usize::try_from(COUNT).unwrap()));
        patterns("recovery phrase", PHRASE, 32, &mut sources.phrases);
        patterns("content key", CONTENT, 32, &mut sources.content_keys);
        for number in 0..3 {
            held.add("lock key", &pattern(LOCK, number, 32));
        }
        held.add("re-encryption key", &pattern(SCOPE, 0, 60));
        held.add("re-encryption key, light", &pattern(SCOPE, 1, 32));
        held.add("export key", &pattern(EXPORT, 0, 64));
        held.add("content of a record", &pattern(PLAINTEXT, 0, 64));
        // The words of the vectors' own phrases stand in the file that was read.
        for masked in sources.phrases.iter().rev().take(usize::try_from(COUNT).unwrap()) {
            let words = phrase(masked).words();
            let words: Vec<u8> = words.bytes().map(|byte| byte ^ MASK).collect();
            passing.add("words of a recovery phrase", &words);
        }
        sources
    }
}

fn phrase(masked: &[u8]) -> RecoveryPhrase {
    RecoveryPhrase::generate(&mut Unmasking::new(masked.to_vec()))
}

/// Bytes for a function that takes them as they are; wiped.
fn plain(masked: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut plain = Zeroizing::new(vec![0; masked.len()]);
    unmask(masked, &mut plain);
    plain
}

/// Secrets in every type of ours that holds some, after use.
#[expect(dead_code, reason = "they are held")]
pub(crate) struct Held {
    secrets: Vec<AccountSecret>,
    identities: Vec<Identity>,
    epochs: BTreeMap<(ScopeId, u32), EpochKeys>,
    phrases: Vec<RecoveryPhrase>,
    sealed: Vec<SealedRecord>,
    opened: Vec<OpenedRecord>,
    scope_keys: [PreSecret; 2],
    lockboxes: Vec<NewLockbox>,
    export_key: ExportKey,
}

/// Makes the secrets and does with them what is done with secrets, each step far down the stack; calls `after` after each.
pub(crate) fn hold(sources: &Sources, mut after: impl FnMut(&str)) -> Held {
    let rng = &mut Unmasking::new(Vec::new());
    let secrets: Vec<_> = deep(|| {
        let generate = |masked: &Vec<u8>| AccountSecret::generate(&mut Unmasking::new(masked.clone()));
        sources.identities.iter().map(generate).collect()
    });
    after("account secrets were drawn");
    let (identities, signed): (Vec<_>, Vec<_>) = deep(|| {
        let found = |secret| Identity::found(secret, PrincipalKind::Account, NOW).unwrap();
        secrets.iter().map(found).unzip()
    });
    after("identities were derived");
    let (owner, grantee) = (&identities[0], &identities[1]);
    let cards = CardChain::verify(&signed[..1], owner.principal()).unwrap();
    let scope = deep(|| owner.scope_id(URI));
    after("a scope was named and a card verified");
    let _ = deep(|| owner.sign_bytes(b"a statement"));
    after("a statement was signed");

    let mut epochs = BTreeMap::new();
    let mut statements: Vec<Epoch> = Vec::new();
    for (number, (masked, suite)) in (0..).zip(sources.epochs.iter().zip(&sources.suites)) {
        let keys = deep(|| EpochKeys::generate_in(*suite, &mut Unmasking::new(masked.clone())).unwrap());
        let statement = keys.statement(owner.principal(), scope, number, NOW);
        if number == 0 {
            after("epoch keys were made");
        }
        let keys = deep(|| {
            let wrap = owner.keyring().wrap_epoch(&statement, &keys, rng).unwrap();
            owner.keyring().unwrap_epoch(&statement, &wrap).unwrap()
        });
        statements.push(statement);
        epochs.insert((scope, number), keys);
    }
    after("epoch keys were wrapped and unwrapped");

    let export_key = ExportKey::from_slice(&plain(&pattern(EXPORT, 0, 64))).unwrap();
    let phrases: Vec<_> = deep(|| {
        sources.phrases.iter().map(|masked| RecoveryPhrase::parse(&phrase(masked).words()).unwrap()).collect()
    });
    after("phrases were written and read");
    deep(|| {
        for (phrase, secret) in phrases.iter().zip(&secrets) {
            let (account, card) = (PrincipalId::from_bytes([1; 32]), Digest::from_bytes([2; 32]));
            let made = phrase.credential(secret, account, card, rng).unwrap();
            let opened = phrase.keys().open(account, card, &made.binding, &made.wrap).unwrap();
            assert_eq!(opened.expose(), secret.expose());
            let keys = export_key.keys();
            let wrap = keys.seal(secret, account, card, rng).unwrap();
            let opened = keys.open(account, card, &keys.bind(account), &wrap).unwrap();
            assert_eq!(opened.expose(), secret.expose());
            assert_ne!(phrase.sign_bytes(b"a challenge"), phrase.sign_bytes(b"another"));
        }
    });
    after("account secrets were wrapped and unwrapped");

    let content = plain(&pattern(PLAINTEXT, 0, 64));
    let (mut sealed, mut opened) = (Vec::new(), Vec::new());
    for (masked, epoch) in sources.content_keys.iter().zip(statements.iter().cycle()) {
        let keys = &epochs[&(scope, epoch.epoch)];
        let draft = Draft {
            record: RecordId::from_bytes([7; 16]),
            version: 1,
            kind: RecordKind::Instance,
            definition: None,
            content: &content,
            tokens: NewTokens {
                version: 1,
                index: IndexKey::new(keys, URI, &["/name"], &Form::Equality)
                    .tokens(&Form::Equality, &[Some(&"Ada".into())])
                    .unwrap(),
                unique: UniqueKey::new(keys, URI, "/name").tokens(&"Ada".into()).unwrap(),
            },
            written_at: NOW,
        };
        let random = || Unmasking::new(masked.clone());
        let sought = Sought { account: owner.principal(), scope, record: Some(draft.record), at_least: 1 };
        let open = |sealed: &SealedRecord| {
            UnopenedRecord::parse(&encode(&sealed.envelope)).unwrap().open(
                &sought,
                &epochs,
                Author::Owner(&cards),
            )
        };
        let record = deep(|| {
            RecordSealer::for_reader(owner, epoch, keys, None).unwrap().seal(&draft, &mut random()).unwrap()
        });
        if sealed.is_empty() {
            after("a record was sealed");
        }
        opened.push(deep(|| open(&record)).unwrap());
        if sealed.is_empty() {
            after("a record was opened");
        }
        sealed.push(record);

        // A deposit opens with another key. The owner makes none: it is opened, and then refused.
        let deposit = Draft { tokens: NewTokens::default(), ..draft };
        let sealer = RecordSealer::for_depositor(owner, epoch, ACCESS).unwrap();
        let refused = deep(|| open(&sealer.seal(&deposit, &mut random()).unwrap()));
        assert!(matches!(refused, Err(OpenError::Author(_))), "{refused:?}");
    }
    after("a deposit was sealed and opened");

    let scope_keys = [(Curve::C480, Suite::CLASSIC, 60), (Curve::C256, Suite::LIGHT, 32)];
    let mut numbers = 0..;
    let scope_keys = scope_keys.map(|(curve, suite, length)| {
        let number = numbers.next().unwrap();
        deep(|| {
            let random = &mut Unmasking::new(pattern(SCOPE, number, length));
            let scope_key = PreSecret::generate(curve, random).unwrap();
            let wrap = owner.keyring().wrap_pre(suite, scope, 0, &scope_key, rng).unwrap();
            owner.keyring().unwrap_pre(suite, scope, 0, &wrap).unwrap()
        })
    });
    after("re-encryption keys were made");
    let mut lockboxes = Vec::new();
    let to = CardChain::verify(&signed[1..2], grantee.principal()).unwrap();
    for (number, suite) in (0..).zip(SUITES) {
        let scope_key = &scope_keys[usize::from(suite == Suite::LIGHT)];
        let epoch = statements.iter().find(|epoch| epoch.suite == suite).unwrap();
        let lockbox = deep(|| {
            let random = &mut Unmasking::new(pattern(LOCK, number, 32));
            lockbox::seal(epoch, &epochs[&(scope, epoch.epoch)], scope_key, random).unwrap()
        });
        after("a lockbox was sealed");
        let key = deep(|| scope_key.transform_key(grantee.pre_public(scope_key.curve()), rng).unwrap());
        after("a transform key was made");
        let capsule = transform(&Capsule::parse(&lockbox.capsule).unwrap(), &key, rng).unwrap();
        let to = to.current();
        let share =
            deep(|| lockbox::share(epoch, &lockbox.lock, ACCESS, grantee.principal(), to, rng).unwrap());
        after("a lock key was shared");
        let open = || lockbox::open(grantee, epoch, ACCESS, capsule.as_bytes(), &share, &lockbox.sealed);
        let keys = deep(|| open().unwrap());
        after("a lockbox was opened");
        assert_eq!(keys.id(), epoch.key);
        lockboxes.push(lockbox);
    }

    Held { secrets, identities, epochs, phrases, sealed, opened, scope_keys, lockboxes, export_key }
}
