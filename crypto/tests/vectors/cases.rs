//! Valid cases: from the inputs of a case, the whole case, by formula and by the crate.

use crate::{
    fixed::{bytes, hex, number, random, suite, text},
    formulas::*,
};
use pryv_crypto::{
    AccountSecret, AccountSecrets, DeviceKeys, EpochKeys, Identity,
    branch::{Branch, DefinitionKey, Earlier, LinkPlace, open_link, seal_link},
    enrolment::EnrolmentSecret,
    group::first_card,
    holder::{self, HolderPlace},
    index::{Form, IndexKey, UniqueKey},
    lockbox::{self, PreSecret},
    note::{self, NotePlace},
    password::ExportKey,
    record::{Author, Draft, EpochSource, Filing, NewTokens, RecordSealer, Sought, UnopenedRecord},
    recovery::RecoveryPhrase,
    secret::LockKey,
    slice::{EntryPlace, open_entry, seal_entry},
};
use pryv_proxy_crypto::{
    CardChain, VerifiedCards,
    pre::{Capsule, Curve, TransformKey, seam, transform},
};
use pryv_wire::{
    AccessId, PrincipalId, RecordId, ScopeId, Suite, Timestamp,
    access::AccessNote,
    bytes::{AccountBinding, SealingPublicKey},
    card::PrincipalKind,
    decode, encode,
    enrolment::{DeviceAnswer, DeviceRequest},
    holder::Holder,
    record::{DefinitionRef, Envelope, Protected, RecordKind},
    scope::Epoch,
};
use serde_json::{Value, json};

/// A case with fields added.
#[expect(clippy::needless_pass_by_value, reason = "what `json!` gives is written in place")]
fn with(case: &Value, fields: Value) -> Value {
    let mut case = case.clone();
    case.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    case
}

/// The principal of an account secret, as of the beginning of 2026.
pub(crate) fn principal(secret: &[u8]) -> (Identity, VerifiedCards) {
    let secret = AccountSecret::from_slice(secret).unwrap();
    let (identity, card) =
        Identity::found(&secret, PrincipalKind::Account, Timestamp::from_millis(CREATED)).unwrap();
    let cards = CardChain::verify(&[card], identity.principal()).unwrap();
    (identity, cards)
}

const CREATED: u64 = 1_767_225_600_000;

pub(crate) fn identity(case: &Value) -> Value {
    let secret = bytes(case, "account_secret");
    let created_at = Timestamp::from_millis(number(case, "created_at"));
    let prk = extract("pryv account", &secret);
    let derived = |label: &str, length| expand(&prk, label, length);

    let kind = PrincipalKind::Account;
    let (identity, card) =
        Identity::found(&AccountSecret::from_slice(&secret).unwrap(), kind, created_at).unwrap();
    assert_eq!(identity.signing_public().as_bytes()[..], ed25519_public(&derived("signing", 32)));
    assert_eq!(identity.sealing_public().as_bytes()[..], x25519_public(&derived("sealing", 32)));
    assert_eq!(identity.hybrid_public()[..], xwing_public(&derived("hybrid", 32)));
    use recrypt::api::KeyGenOps as _;
    let light = recrypt::api::PrivateKey::new_from_slice(&derived("pre light", 32)).unwrap();
    let light = seam::c256::without_randomness().compute_public_key(&light).unwrap();
    assert_eq!(*identity.pre_public(Curve::C256), seam::c256::from_public_key(&light));
    let id = sha256(&[b"pryv card\0", &encode(&card.unverified().unwrap())]);
    assert_eq!(identity.principal().as_bytes(), &id);
    with(
        case,
        json!({
            "prk": hex(prk),
            "signing_seed": hex(derived("signing", 32)),
            "signing_public": hex(identity.signing_public().as_bytes()),
            "sealing_secret": hex(derived("sealing", 32)),
            "sealing_public": hex(identity.sealing_public().as_bytes()),
            "hybrid_secret": hex(derived("hybrid", 32)),
            "hybrid_expanded": hex(xwing_expanded(&derived("hybrid", 32))),
            "hybrid_public": hex(&identity.hybrid_public()[..]),
            "pre_secret": hex(derived("pre", 60)),
            "pre_public": hex(identity.pre_public(Curve::C480).as_bytes()),
            "pre_light_secret": hex(derived("pre light", 32)),
            "pre_light_public": hex(identity.pre_public(Curve::C256).as_bytes()),
            "keyring_key": hex(derived("keyring", 32)),
            "keyring_light_key": hex(derived("keyring light", 32)),
            "identifiers_key": hex(derived("identifiers", 32)),
            "card_body": hex(encode(&card.unverified().unwrap())),
            "card": hex(encode(&card)),
            "principal": identity.principal().to_string(),
        }),
    )
}

pub(crate) fn scope(case: &Value) -> Value {
    let secret = bytes(case, "account_secret");
    let kind = text(case, "kind");
    let message = encode(&(kind, text(case, "uri")));
    let key = expand(&extract("pryv account", &secret), "identifiers", 32);
    let id = ScopeId::try_from(&hmac(&key, &[&message])[..16]).unwrap();
    let owner = principal(&secret).0;
    let by_crate = match kind {
        "ontology" => owner.ontology_id(text(case, "uri")),
        _ => owner.scope_id(text(case, "uri")),
    };
    assert_eq!(by_crate, id);
    let definition = RecordId::try_from(&sha256(&[b"pryv definition\0", id.as_bytes()])[..16]).unwrap();
    assert_eq!(RecordId::definition(id), definition);
    with(
        case,
        json!({
            "message": hex(message),
            "scope": id.to_string(),
            "definition_record": definition.to_string(),
        }),
    )
}

pub(crate) fn recovery(case: &Value) -> Value {
    let entropy = bytes(case, "entropy");
    let secret = bytes(case, "account_secret");
    let prk = extract("pryv recovery", &entropy);
    let seed = expand(&prk, "verifier", 32);

    let phrase = RecoveryPhrase::generate(&mut crate::fixed::Fixed(entropy));
    let words = phrase.words();
    let phrase = RecoveryPhrase::parse(&words).unwrap();
    let (identity, cards) = principal(&secret);
    let (account, card) = (identity.principal(), cards.current_digest());
    let secret = AccountSecret::from_slice(&secret).unwrap();
    let credential = phrase.credential(&secret, account, card, &mut random(case)).unwrap();
    assert_eq!(credential.verifier.as_bytes()[..], ed25519_public(&seed));
    let keys = credential_keys(&prk, account, &credential.key, &credential.binding);
    let opened = phrase.keys().open(account, card, &credential.binding, &credential.wrap).unwrap();
    assert_eq!(opened.expose(), secret.expose());
    with(
        case,
        json!({
            "words": words.as_str(),
            "prk": hex(prk),
            "sealing_secret": hex(&keys.0),
            "sealing_public": hex(x25519_public(&keys.0)),
            "binding_key": hex(&keys.1),
            "binding": hex(credential.binding.as_bytes()),
            "verifier_seed": hex(&seed),
            "verifier": hex(ed25519_public(&seed)),
            "place": hex(encode(&("account secret", 1, account, card, "recovery"))),
            "wrap": hex(&credential.wrap.sealed[..]),
        }),
    )
}

/// The sealing key and the binding key that a credential's PRK gives, if they are those of the crate.
fn credential_keys(
    prk: &[u8],
    account: PrincipalId,
    public: &SealingPublicKey,
    binding: &AccountBinding,
) -> (Vec<u8>, Vec<u8>) {
    let (sealing, key) = (expand(prk, "sealing", 32), expand(prk, "account", 32));
    assert_eq!(public.as_bytes()[..], x25519_public(&sealing));
    assert_eq!(binding.as_bytes()[..], hmac(&key, &[account.as_bytes()]));
    (sealing, key)
}

pub(crate) fn export_key(case: &Value) -> Value {
    let (export_key, secret) = (bytes(case, "export_key"), bytes(case, "account_secret"));
    let prk = extract("pryv export", &export_key);
    let (identity, cards) = principal(&secret);
    let (account, card) = (identity.principal(), cards.current_digest());
    let keys = ExportKey::from_slice(&export_key).unwrap().keys();
    let secret = AccountSecret::from_slice(&secret).unwrap();
    let wrapped = keys.seal(&secret, account, card, &mut random(case)).unwrap();
    let binding = keys.bind(account);
    let (sealing, key) = credential_keys(&prk, account, &keys.public(), &binding);
    assert_eq!(keys.open(account, card, &binding, &wrapped).unwrap().expose(), secret.expose());
    with(
        case,
        json!({
            "prk": hex(prk),
            "sealing_secret": hex(&sealing),
            "sealing_public": hex(x25519_public(&sealing)),
            "binding_key": hex(&key),
            "binding": hex(binding.as_bytes()),
            "place": hex(encode(&("account secret", 1, account, card, "password"))),
            "wrap": hex(&wrapped.sealed[..]),
        }),
    )
}

pub(crate) fn device(case: &Value) -> Value {
    let (seed, secret) = (bytes(case, "seed"), bytes(case, "account_secret"));
    let prk = extract("pryv device", &seed);
    let (signing, sealing) = (expand(&prk, "signing", 32), expand(&prk, "sealing", 32));
    let device = DeviceKeys::from_slice(&seed).unwrap();
    assert_eq!(device.signing_public().as_bytes()[..], ed25519_public(&signing));
    assert_eq!(device.sealing_public().as_bytes()[..], x25519_public(&sealing));
    let digest = sha256(&[b"pryv device\0", &ed25519_public(&signing), &x25519_public(&sealing)]);
    assert_eq!(device.id().as_bytes()[..], digest[..16]);
    let (identity, cards) = principal(&secret);
    let (account, card) = (identity.principal(), cards.current_digest());
    let place = HolderPlace { account, card, holder: Holder::Device(device.id()) };
    let secret = AccountSecret::from_slice(&secret).unwrap();
    let wrapped = holder::seal(&secret, place, &device.sealing_public(), &mut random(case)).unwrap();
    assert_eq!(device.open(account, card, &wrapped).unwrap().expose(), secret.expose());
    with(
        case,
        json!({
            "prk": hex(prk),
            "signing_seed": hex(&signing),
            "sealing_secret": hex(&sealing),
            "device": device.id().to_string(),
            "place": hex(encode(&("account secret", 1, account, card, Holder::Device(device.id())))),
            "wrap": hex(&wrapped.sealed[..]),
        }),
    )
}

pub(crate) fn earlier(case: &Value) -> Value {
    let all: Vec<Vec<u8>> = ["first", "second", "present"].map(|field| bytes(case, field)).to_vec();
    let [first, second, present] = [0, 1, 2].map(|at: usize| AccountSecret::from_slice(&all[at]).unwrap());
    let account = principal(&all[0]).0.principal();
    let secrets = AccountSecrets::new(present, vec![first, second]);
    let wrapped = secrets.wrap_earlier(account, &mut random(case)).unwrap();
    let key = expand(&extract("pryv account", &all[2]), "keyring", 32);
    let place = encode(&("earlier secrets", 1, account, 2));
    assert_eq!(wrap(&key, &bytes(case, "random"), &all[..2].concat(), &place), wrapped.as_slice());
    with(case, json!({ "key": hex(key), "place": hex(place), "wrap": hex(&wrapped[..]) }))
}

pub(crate) fn enrolment(case: &Value) -> Value {
    let (shared, device) = (bytes(case, "secret"), DeviceKeys::from_slice(&bytes(case, "seed")).unwrap());
    let prk = extract("pryv enrolment", &shared);
    let enrolment = EnrolmentSecret::generate(&mut crate::fixed::Fixed(shared.clone()));
    assert_eq!(enrolment.request_mailbox().as_bytes()[..], expand(&prk, "request mailbox", 16));
    assert_eq!(enrolment.answer_mailbox().as_bytes()[..], expand(&prk, "answer mailbox", 16));
    let request = DeviceRequest { signing: device.signing_public(), sealing: device.sealing_public() };
    let place = encode(&("device request", 1));
    let sealed = wrap(&expand(&prk, "request", 32), &bytes(case, "nonce"), &encode(&request), &place);
    let made = enrolment.seal_request(&device, &mut crate::fixed::Fixed(bytes(case, "nonce")));
    assert_eq!(made.as_slice(), sealed);
    assert_eq!(enrolment.open_request(&made).unwrap(), request);
    let answer = DeviceAnswer { username: "ada".into(), principal: principal(&[1; 32]).0.principal() };
    let answered = enrolment.seal_answer(&request, &answer, &mut random(case)).unwrap();
    assert_eq!(enrolment.open_answer(&device, &answered).unwrap(), answer);
    with(
        case,
        json!({
            "prk": hex(prk),
            "request_mailbox": enrolment.request_mailbox().to_string(),
            "answer_mailbox": enrolment.answer_mailbox().to_string(),
            "psk": hex(expand(&prk, "psk", 32)),
            "payload": hex(encode(&enrolment.payload(&device))),
            "request": hex(sealed),
            "answer_place": hex(encode(&("device answer", 1, device.id()))),
            "answer": hex(&answered[..]),
        }),
    )
}

/// The keys of `RK || U`.
pub(crate) fn epoch_keys(case: &Value) -> EpochKeys {
    let random = &mut crate::fixed::Fixed([bytes(case, "rk"), bytes(case, "u")].concat());
    EpochKeys::generate_in(Suite::from_number(suite(case)), random).unwrap()
}

pub(crate) fn epoch(case: &Value) -> Value {
    let both = [bytes(case, "rk"), bytes(case, "u")].concat();
    let prk = extract("pryv epoch", &both);
    let deposit = expand(&prk, if suite(case) == 2 { "deposit hybrid" } else { "deposit" }, 32);
    let public = sealing_public(suite(case), &deposit);
    let key_id = expand(&prk, "key id", 16);

    let keys = epoch_keys(case);
    assert_eq!(keys.id().as_bytes()[..], key_id);
    assert_eq!(keys.deposit()[..], public);
    let (identity, _) = principal(&bytes(case, "account_secret"));
    let epoch = statement(case, &identity, &keys);
    keys.check(&epoch).unwrap();
    with(
        case,
        json!({
            "prk": hex(prk),
            "wrap_key": hex(expand(&prk, "wrap", 32)),
            "index_key": hex(expand(&prk, "index", 32)),
            "deposit_secret": hex(&deposit),
            "deposit_public": hex(public),
            "key_id": hex(key_id),
            "unique_prk": hex(extract("pryv unique", &bytes(case, "u"))),
            "statement": hex(encode(&identity.sign(&epoch))),
        }),
    )
}

/// The epoch of a case, in the collection of its `uri`.
pub(crate) fn statement(case: &Value, owner: &Identity, keys: &EpochKeys) -> Epoch {
    let epoch = u32::try_from(number(case, "epoch")).unwrap();
    keys.statement(
        owner.principal(),
        owner.scope_id(text(case, "uri")),
        epoch,
        Timestamp::from_millis(CREATED),
    )
}

/// The first card of a group, and the private keys of it.
pub(crate) fn group(case: &Value) -> Value {
    let scope: ScopeId = text(case, "scope").parse().unwrap();
    let (owner, _) = principal(&bytes(case, "account_secret"));
    let groups = expand(&extract("pryv account", &bytes(case, "account_secret")), "groups", 32);
    let of_group = |label: &str| expand(&groups, encode(&(label, scope)), 32);
    let prk = extract("pryv epoch", &[bytes(case, "rk"), bytes(case, "u")].concat());
    let (sealing, hybrid) = (expand(&prk, "deposit", 32), expand(&prk, "deposit hybrid", 32));

    let keys = epoch_keys(case);
    let pre =
        PreSecret::generate(Curve::C480, &mut crate::fixed::Fixed(bytes(case, "scope_pre_secret"))).unwrap();
    let created_at = Timestamp::from_millis(number(case, "created_at"));
    let signed = first_card(&owner, scope, &keys, pre.public(), created_at).unwrap();
    let card = signed.unverified().unwrap();
    assert_eq!(card.signing.as_bytes()[..], ed25519_public(&of_group("signing")));
    assert_eq!(card.sealing.as_bytes()[..], x25519_public(&sealing));
    assert_eq!(card.hybrid[..], xwing_public(&hybrid));
    assert_eq!(card.hybrid, *keys.deposit(), "what the epoch's statement has as its deposit key");
    use recrypt::api::KeyGenOps as _;
    let light = recrypt::api::PrivateKey::new_from_slice(&of_group("pre light")).unwrap();
    let light = seam::c256::without_randomness().compute_public_key(&light).unwrap();
    assert_eq!(card.pre_light[..], seam::c256::from_public_key(&light).as_bytes()[..]);
    let group = PrincipalId::of(&signed);
    with(
        case,
        json!({
            "groups_prk": hex(&groups),
            "signing_seed": hex(of_group("signing")),
            "signing_public": hex(card.signing.as_bytes()),
            "sealing_secret": hex(sealing),
            "hybrid_secret": hex(hybrid),
            "pre_light_secret": hex(of_group("pre light")),
            "card_body": hex(encode(&card)),
            "card": hex(encode(&signed)),
            "group": group.to_string(),
        }),
    )
}

pub(crate) fn keyring(case: &Value) -> Value {
    let secret = bytes(case, "account_secret");
    let (identity, _) = principal(&secret);
    let number_of_suite = suite(case);
    let suite = Suite::from_number(number_of_suite);
    let label_of_key = if number_of_suite == 3 { "keyring light" } else { "keyring" };
    let key = expand(&extract("pryv account", &secret), label_of_key, 32);
    let account = identity.principal();
    let label = text(case, "label");
    let keyring = identity.keyring();
    let rng = &mut random(case);
    let scope = identity.scope_id(text(case, "uri"));
    let at = u32::try_from(number(case, "number")).unwrap();
    let (place, plaintext, wrapped) = match label {
        "epoch" => {
            let both = bytes(case, "secret");
            let keys = EpochKeys::generate_in(suite, &mut crate::fixed::Fixed(both.clone())).unwrap();
            let epoch = keys.statement(account, scope, at, Timestamp::from_millis(CREATED));
            let wrapped = keyring.wrap_epoch(&epoch, &keys, rng).unwrap();
            assert_eq!(keyring.unwrap_epoch(&epoch, &wrapped).unwrap().id(), keys.id());
            (encode(&(label, suite, account, scope, at)), both, wrapped)
        }
        "pre" => {
            let private = bytes(case, "secret");
            let curve = if number_of_suite == 3 { Curve::C256 } else { Curve::C480 };
            let pre = PreSecret::generate(curve, &mut crate::fixed::Fixed(private.clone())).unwrap();
            let wrapped = keyring.wrap_pre(suite, scope, at, &pre, rng).unwrap();
            assert_eq!(keyring.unwrap_pre(suite, scope, at, &wrapped).unwrap().public(), pre.public());
            (encode(&(label, suite, account, scope, at)), private, wrapped)
        }
        "lock" => {
            let lock = bytes(case, "secret");
            let wrapped =
                keyring.wrap_lock(suite, scope, at, &LockKey::from_slice(&lock).unwrap(), rng).unwrap();
            assert_eq!(keyring.unwrap_lock(suite, scope, at, &wrapped).unwrap().expose()[..], lock);
            (encode(&(label, suite, account, scope, at)), lock, wrapped)
        }
        "note" => {
            let access = AccessId::from_bytes([u8::try_from(at).unwrap(); 16]);
            let encoded = bytes(case, "secret");
            let note: AccessNote = decode(&encoded).unwrap();
            let wrapped = keyring.wrap_note(access, &note, rng);
            assert_eq!(keyring.unwrap_note(access, &wrapped).unwrap(), note);
            (encode(&(label, 1, account, access)), pad(&encoded, 256), wrapped)
        }
        other => panic!("no such label: {other}"),
    };
    let again = wrap_of(number_of_suite, &key, &bytes(case, "random"), &plaintext, &place);
    assert_eq!(again, wrapped.as_slice());
    with(
        case,
        json!({ "key": hex(key), "place": hex(place), "plaintext": hex(plaintext), "wrap": hex(&wrapped[..]) }),
    )
}

pub(crate) fn token(case: &Value) -> Value {
    let both = [bytes(case, "rk"), bytes(case, "u")].concat();
    let keys = epoch_keys(case);
    let (uri, pointer, value) = (text(case, "uri"), text(case, "pointer"), &case["value"]);
    let equality =
        IndexKey::new(&keys, uri, &[pointer], &Form::Equality).tokens(&Form::Equality, &[Some(value)]);
    let unique = UniqueKey::new(&keys, uri, pointer).tokens(value);
    let Some(elements) = value
        .as_array()
        .map_or_else(|| typed(value).map(|one| vec![one]), |elements| elements.iter().map(typed).collect())
    else {
        assert!(equality.is_err() && unique.is_err());
        return with(case, json!({ "error": "not-indexable" }));
    };
    let prk = extract("pryv epoch", &both);
    let equality_info = encode(&("equality", 1, uri, [pointer], pryv_wire::Bytes::from(Vec::new())));
    let equality_key = expand(&expand(&prk, "index", 32), &equality_info, 32);
    let unique_info = encode(&("unique", 1, uri, pointer));
    let unique_key = expand(&extract("pryv unique", &bytes(case, "u")), &unique_info, 32);
    let sorted = |key: &[u8], length: usize| {
        let mut tokens: Vec<Vec<u8>> =
            elements.iter().map(|element| hmac(key, &[element])[..length].to_vec()).collect();
        tokens.sort();
        tokens.dedup();
        tokens
    };
    let (equality_tokens, unique_tokens) = (sorted(&equality_key, 16), sorted(&unique_key, 32));
    let found: Vec<_> = equality.unwrap().iter().map(|token| token.to_wire().into_vec()).collect();
    assert_eq!(found, equality_tokens);
    let found: Vec<_> = unique.unwrap().iter().map(|token| token.to_wire().into_vec()).collect();
    assert_eq!(found, unique_tokens);
    with(
        case,
        json!({
            "encoded": elements.iter().map(hex).collect::<Vec<_>>(),
            "equality_info": hex(equality_info),
            "equality_key": hex(equality_key),
            "equality": equality_tokens.iter().map(hex).collect::<Vec<_>>(),
            "unique_info": hex(unique_info),
            "unique_key": hex(unique_key),
            "unique": unique_tokens.iter().map(hex).collect::<Vec<_>>(),
        }),
    )
}

/// Lengths: what the crate pads to is seen in the records.
pub(crate) fn padding(case: &Value) -> Value {
    let content = vec![0; usize::try_from(number(case, "length")).unwrap()];
    with(
        case,
        json!({
            "with_mark": content.len() + 1,
            "padme": padme(content.len() + 1),
            "record": pad(&content, 64).len(),
            "note": pad(&content, 256).len(),
        }),
    )
}

/// The envelope of a case: by an owner who wraps, or by a depositor with an access.
pub(crate) fn envelope(case: &Value) -> Envelope {
    let (owner, _) = principal(&bytes(case, "account_secret"));
    let keys = epoch_keys(case);
    let epoch = statement(case, &owner, &keys);
    let (value, name) = (json!("Ada"), "/name");
    let indexed = case["indexed"].as_bool().unwrap();
    let uri = text(case, "uri");
    let kind = RecordKind::try_from(u8::try_from(number(case, "kind")).unwrap()).unwrap();
    let content = bytes(case, "content");
    let draft = Draft {
        record: text(case, "record").parse().unwrap(),
        version: number(case, "version"),
        kind,
        definition: (kind != RecordKind::Definition)
            .then(|| DefinitionRef { version: 1, digest: pryv_wire::Digest::from_bytes([0x11; 32]) }),
        content: &content,
        tokens: NewTokens {
            version: 1,
            index: if indexed {
                IndexKey::new(&keys, uri, &[name], &Form::Equality)
                    .tokens(&Form::Equality, &[Some(&value)])
                    .unwrap()
            } else {
                vec![]
            },
            unique: if indexed { UniqueKey::new(&keys, uri, name).tokens(&value).unwrap() } else { vec![] },
        },
        written_at: Timestamp::from_millis(CREATED),
    };
    let author = case["author_secret"].as_str().map(|_| principal(&bytes(case, "author_secret")).0);
    let sealer = match &author {
        None => RecordSealer::for_reader(&owner, &epoch, &keys, None).unwrap(),
        Some(author) => {
            RecordSealer::for_depositor(author, &epoch, AccessId::from_bytes([0x22; 16])).unwrap()
        }
    };
    let sealed = sealer.seal(&draft, &mut random(case)).unwrap();
    assert_eq!(sealed.content_key.expose()[..], bytes(case, "random")[..32]);
    sealed.envelope
}

pub(crate) fn record(case: &Value) -> Value {
    let envelope = envelope(case);
    let protected: Protected = decode(&envelope.protected).unwrap();
    let random = bytes(case, "random");
    let (content_key, rest) = random.split_at(32);
    let okm = expand(content_key, "pryv content", 64);
    let padded = pad(&bytes(case, "content"), 64);
    let ciphertext = aead_of(suite(case), &okm[..32], &[0; 12], &padded, &envelope.protected);
    assert_eq!(envelope.ciphertext.as_slice(), ciphertext);
    assert_eq!(protected.commitment.as_bytes()[..], okm[32..]);
    assert_eq!(protected.placement.as_bytes(), &sha256(&[b"pryv placement\0", &envelope.placement]));
    let Protected { account, scope, record, version, .. } = protected;
    let epoch = number(case, "epoch");
    let is_definition = protected.kind == RecordKind::Definition;
    // A definition key wraps in suite 1, whatever the suite of the epoch.
    let wrapped_in = if is_definition { 1 } else { suite(case) };
    let place = encode(&("cek", wrapped_in, account, scope, scope, Value::Null, epoch, record, version));
    let placement: pryv_wire::record::Placement = decode(&envelope.placement).unwrap();
    if case["author_secret"].is_null() {
        let both = [bytes(case, "rk"), bytes(case, "u")].concat();
        let label = if is_definition { "definition" } else { "wrap" };
        let wrap_key = expand(&extract("pryv epoch", &both), label, 32);
        let again = wrap_of(wrapped_in, &wrap_key, rest, content_key, &place);
        assert_eq!(placement.recipients[0].key.as_slice(), again);
    }
    let digest =
        sha256(&[b"pryv record\0", &sha256(&[b"pryv ciphertext\0", &ciphertext]), &envelope.protected]);
    assert_eq!(envelope.digest().as_bytes(), &digest);
    let signed = [&b"pryv record\0"[..], &digest].concat();
    assert_eq!(envelope.signed_bytes(), signed);
    crate::invalid::open(case, &encode(&envelope)).unwrap();
    with(
        case,
        json!({
            "content_key": hex(content_key),
            "okm": hex(&okm),
            "commitment": hex(&okm[32..]),
            "padded": hex(padded),
            "recipient_place": hex(place),
            "placement": hex(&envelope.placement[..]),
            "protected": hex(&envelope.protected[..]),
            "ciphertext": hex(ciphertext),
            "signed": hex(signed),
            "signature": hex(envelope.signature.as_bytes()),
            "envelope": hex(encode(&envelope)),
            "digest": hex(digest),
        }),
    )
}

/// An instance filed under a term, and under another whose key the writer does not hold, as the term's readers open it.
pub(crate) fn filed_record(case: &Value) -> Value {
    let (owner, cards) = principal(&bytes(case, "account_secret"));
    let keys = epoch_keys(case);
    let epoch = statement(case, &owner, &keys);
    let ontology = owner.ontology_id(text(case, "ontology_uri"));
    let (term, foreign): (RecordId, RecordId) =
        (text(case, "term").parse().unwrap(), text(case, "foreign_term").parse().unwrap());
    let branch = keys.data(ontology).child(term);
    let content = bytes(case, "content");
    let draft = Draft {
        record: text(case, "record").parse().unwrap(),
        version: 1,
        kind: RecordKind::Instance,
        definition: Some(DefinitionRef { version: 1, digest: pryv_wire::Digest::from_bytes([0x11; 32]) }),
        content: &content,
        tokens: NewTokens::default(),
        written_at: Timestamp::from_millis(CREATED),
    };
    let filings =
        [Filing::Held { ontology, term, branch: &branch }, Filing::Pending { ontology, term: foreign }];
    let sealer = RecordSealer::for_reader(&owner, &epoch, &keys, None).unwrap();
    let envelope = sealer.seal_under(&draft, &filings, &mut random(case)).unwrap().envelope;
    let placement: pryv_wire::record::Placement = decode(&envelope.placement).unwrap();

    let random = bytes(case, "random");
    let prk = extract("pryv epoch", &[bytes(case, "rk"), bytes(case, "u")].concat());
    let root = expand(&prk, encode(&("data", ontology)), 32);
    let branch = expand(&root, encode(&("term", term)), 32);
    let place = |at: RecordId| {
        encode(&("cek", 1, epoch.account, epoch.scope, ontology, at, epoch.epoch, draft.record, 1))
    };
    let wrapped = wrap(&expand(&branch, "wrap", 32), &random[44..56], &random[..32], &place(term));
    assert_eq!(placement.recipients[1].key.as_slice(), wrapped);

    let held = OneBranch(Branch::from_slice(&branch).unwrap(), ontology, term);
    let sought =
        Sought { account: owner.principal(), scope: epoch.scope, record: Some(draft.record), at_least: 1 };
    let opened = UnopenedRecord::parse(&encode(&envelope)).unwrap();
    assert_eq!(opened.open(&sought, &held, Author::Owner(&cards)).unwrap().content[..], content);
    with(
        case,
        json!({
            "ontology": ontology.to_string(),
            "data_root": hex(root),
            "branch": hex(&branch),
            "wrap_key": hex(expand(&branch, "wrap", 32)),
            "place": hex(place(term)),
            "foreign_place": hex(place(foreign)),
            "placement": hex(&envelope.placement[..]),
            "envelope": hex(encode(&envelope)),
        }),
    )
}

/// What a reader of one term holds.
struct OneBranch(Branch, ScopeId, RecordId);

impl EpochSource for OneBranch {
    fn keys(&self, _: ScopeId, _: u32) -> Option<&EpochKeys> {
        None
    }

    fn branch(&self, _: ScopeId, ontology: ScopeId, term: RecordId, _: u32) -> Option<Branch> {
        (ontology == self.1 && term == self.2).then(|| Branch::from_slice(self.0.expose()).unwrap())
    }
}

pub(crate) fn branch(case: &Value) -> Value {
    let prk = extract("pryv epoch", &[bytes(case, "rk"), bytes(case, "u")].concat());
    let keys = epoch_keys(case);
    let ontology: ScopeId = text(case, "ontology").parse().unwrap();
    let (term, under): (RecordId, RecordId) =
        (text(case, "term").parse().unwrap(), text(case, "under").parse().unwrap());
    let structure = expand(&prk, encode(&("structure",)), 32);
    let data = expand(&prk, encode(&("data", ontology)), 32);
    let down = |root: &[u8]| {
        let of_term = expand(root, encode(&("term", term)), 32);
        expand(&of_term, encode(&("term", under)), 32)
    };
    assert_eq!(keys.structure().child(term).child(under).expose()[..], down(&structure));
    assert_eq!(keys.data(ontology).child(term).child(under).expose()[..], down(&data));
    assert_eq!(keys.definition().expose()[..], expand(&prk, "definition", 32));
    with(
        case,
        json!({
            "structure_root": hex(&structure),
            "data_root": hex(&data),
            "structure_branch": hex(down(&structure)),
            "data_branch": hex(down(&data)),
            "data_wrap_key": hex(expand(&down(&data), "wrap", 32)),
            "data_link_key": hex(expand(&down(&data), "link", 32)),
            "definition_key": hex(expand(&prk, "definition", 32)),
        }),
    )
}

pub(crate) fn slice_entry(case: &Value) -> Value {
    let (owner, cards) = principal(&bytes(case, "account_secret"));
    let keys = epoch_keys(case);
    let id = |field: &str| -> ScopeId { text(case, field).parse().unwrap() };
    let at = |field: &str| u32::try_from(number(case, field)).unwrap();
    let place = EntryPlace {
        account: owner.principal(),
        slice: id("slice"),
        slice_epoch: at("epoch"),
        scope: id("scope"),
        epoch: at("scope_epoch"),
    };
    let (branch, definition) = (bytes(case, "branch"), bytes(case, "definition_key"));
    let encoded =
        encode(&("entry", 1, place.account, place.slice, place.slice_epoch, place.scope, place.epoch));
    let signed = [&b"pryv entry\0"[..], &encoded, &branch, &definition].concat();
    let signature = owner.sign_bytes(&signed);
    let prk = extract("pryv epoch", &[bytes(case, "rk"), bytes(case, "u")].concat());
    let plaintext = [&branch[..], &definition, signature.as_bytes()].concat();
    let sealed = wrap(&expand(&prk, "link", 32), &bytes(case, "random"), &plaintext, &encoded);

    let (branch, definition) =
        (Branch::from_slice(&branch).unwrap(), DefinitionKey::from_slice(&definition).unwrap());
    let made = seal_entry(&owner, &keys, &place, &branch, &definition, &mut random(case));
    assert_eq!(made.as_slice(), sealed);
    assert!(open_entry(&cards, &keys, &place, &made).unwrap().branch.ct_eq(&branch));
    with(case, json!({ "place": hex(encoded), "signed": hex(signed), "sealed": hex(sealed) }))
}

pub(crate) fn term_link(case: &Value) -> Value {
    let (owner, _) = principal(&bytes(case, "account_secret"));
    let place = LinkPlace {
        account: owner.principal(),
        scope: text(case, "scope").parse().unwrap(),
        term: text(case, "term").parse().unwrap(),
        epoch: u32::try_from(number(case, "epoch")).unwrap(),
    };
    let new = bytes(case, "branch");
    let of = |name: &str| (0..2_u32).map(|at| bytes(case, &format!("{name}_{at}"))).collect::<Vec<_>>();
    let (paths, earlier) = (of("path"), of("earlier"));
    let encoded = encode(&("term link", 1, place.account, place.scope, place.term, place.epoch));
    let random = bytes(case, "random");
    let entries: Vec<u8> = (0..2_u32)
        .flat_map(|at| {
            let index = usize::try_from(at).unwrap();
            let place =
                encode(&("earlier branch", 1, place.account, place.scope, place.term, place.epoch, at));
            let key = expand(&paths[index], "link", 32);
            let wrapped = wrap(&key, &random[12 * index..12 * (index + 1)], &earlier[index], &place);
            [&at.to_be_bytes()[..], &wrapped].concat()
        })
        .collect();
    let sealed = wrap(&expand(&new, "link", 32), &random[24..36], &entries, &encoded);

    let branch = |bytes: &[u8]| Branch::from_slice(bytes).unwrap();
    let new = branch(&new);
    let pairs: Vec<_> = (0..2_u32)
        .zip(paths.iter().zip(&earlier))
        .map(|(epoch, (path, of))| Earlier { epoch, path: branch(path), branch: branch(of) })
        .collect();
    let made = seal_link(&new, &place, &pairs, &mut crate::fixed::Fixed(random));
    assert_eq!(made.as_slice(), sealed);
    for Earlier { epoch, path, branch } in &pairs {
        assert!(open_link(&new, path, &place, *epoch, &made).unwrap().ct_eq(branch));
    }
    with(case, json!({ "place": hex(encoded), "sealed": hex(sealed) }))
}

pub(crate) fn lockbox(case: &Value) -> Value {
    let (owner, _) = principal(&bytes(case, "account_secret"));
    let (grantee, cards) = principal(&bytes(case, "grantee_secret"));
    let access: AccessId = text(case, "access").parse().unwrap();
    let keys = epoch_keys(case);
    let epoch = statement(case, &owner, &keys);
    let private = bytes(case, "scope_pre_secret");
    let curve = if suite(case) == 3 { Curve::C256 } else { Curve::C480 };
    let scope_key = PreSecret::generate(curve, &mut crate::fixed::Fixed(private.clone())).unwrap();
    let seed = |field: &str| crate::fixed::Fixed(bytes(case, field));

    let sealed = lockbox::seal(&epoch, &keys, &scope_key, &mut seed("box_random")).unwrap();
    assert_eq!(sealed.lock.expose()[..], bytes(case, "box_random")[..32]);
    let key = scope_key.transform_key(grantee.pre_public(curve), &mut seed("transform_key_random")).unwrap();
    let capsule = Capsule::parse(&sealed.capsule).unwrap();
    let transformed = transform(&capsule, &key, &mut seed("transform_random")).unwrap();
    let share = lockbox::share(
        &epoch,
        &sealed.lock,
        access,
        grantee.principal(),
        cards.current(),
        &mut seed("share_random"),
    )
    .unwrap();

    let derived = if suite(case) == 3 {
        use recrypt::api::{CryptoOps, PrivateKey};
        let recrypt = seam::c256::without_randomness();
        let private = PrivateKey::new_from_slice(&private).unwrap();
        let plaintext = recrypt.decrypt(seam::c256::capsule(&capsule).unwrap(), &private).unwrap();
        *recrypt.derive_symmetric_key(&plaintext).bytes()
    } else {
        use recrypt::api_480::{CryptoOps, PrivateKey};
        let recrypt = seam::c480::without_randomness();
        let private = PrivateKey::new_from_slice(&private).unwrap();
        let plaintext = recrypt.decrypt(seam::c480::capsule(&capsule).unwrap(), &private).unwrap();
        *recrypt.derive_symmetric_key(&plaintext).bytes()
    };
    let info = encode(&(epoch.suite, epoch.account, epoch.scope, epoch.epoch, epoch.key));
    let prk = extract("pryv lockbox", &[derived, *sealed.lock.expose()].concat());
    let box_key = expand(&prk, &info, 32);
    let both = [bytes(case, "rk"), bytes(case, "u")].concat();
    assert_eq!(aead_of(suite(case), &box_key, &[0; 12], &both, &info), sealed.sealed.as_slice());
    let opened =
        lockbox::open(&grantee, &epoch, access, transformed.as_bytes(), &share, &sealed.sealed).unwrap();
    assert_eq!(opened.id(), keys.id());
    assert_eq!(TransformKey::parse(&key.to_wire()).unwrap().digest(), key.digest());
    with(
        case,
        json!({
            "lock_key": hex(sealed.lock.expose()),
            "scope_pre_public": hex(scope_key.public().as_bytes()),
            "capsule": hex(&sealed.capsule[..]),
            "derived": hex(derived),
            "info": hex(info),
            "prk": hex(prk),
            "box_key": hex(box_key),
            "sealed": hex(&sealed.sealed[..]),
            "transform_key": hex(&key.to_wire()[..]),
            "transform_key_digest": hex(key.digest().as_bytes()),
            "transformed": hex(transformed.as_bytes()),
            "share_place": hex(encode(&(
                epoch.suite, epoch.account, epoch.scope, epoch.epoch, access, grantee.principal(),
            ))),
            "share": hex(&share[..]),
        }),
    )
}

pub(crate) fn note(case: &Value) -> Value {
    let (grantor, _) = principal(&bytes(case, "account_secret"));
    let (grantee, cards) = principal(&bytes(case, "grantee_secret"));
    let access: AccessId = text(case, "access").parse().unwrap();
    let note: AccessNote = decode(&bytes(case, "note")).unwrap();
    let (from, to): (PrincipalId, PrincipalId) = (grantor.principal(), grantee.principal());
    let suite = Suite::from_number(suite(case));
    let place = NotePlace { suite, grantor: from, grantee: to, access };
    let sealed = note::seal(&note, place, cards.current(), &mut random(case)).unwrap();
    assert_eq!(note::open(&grantee, place, &sealed).unwrap(), note);
    with(
        case,
        json!({
            "place": hex(encode(&("note", suite, from, to, access))),
            "padded": hex(pad(&bytes(case, "note"), 256)),
            "sealed": hex(&sealed[..]),
        }),
    )
}
