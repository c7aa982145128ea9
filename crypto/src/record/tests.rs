use super::*;
use crate::{
    fixture::{NOW, Person, URI, access, epoch, person, revocation, rng},
    index::{Form, IndexKey, UniqueKey},
    *,
};
use proptest::prelude::*;
use pryv_wire::{
    AccessId, Digest, PrincipalId, RecordId, ScopeId, Suite,
    access::{Access, Level},
    bytes::{Commitment, Signature},
    decode,
    record::{DefinitionRef, Envelope, MAX_ENVELOPE_LENGTH, Placement, RecipientKind, RecordKind},
    scope::Epoch,
};
use std::collections::BTreeMap;

const RECORD: RecordId = RecordId::from_bytes([3; 16]);
const CONTENT: &[u8] = b"\xa1\x64bpm\x00\x18\x48";

struct World {
    ada: Person,
    bob: Person,
    epoch: Epoch,
    held: BTreeMap<(ScopeId, u32), EpochKeys>,
}

impl World {
    fn new() -> Self {
        let (ada, bob) = (person(1), person(2));
        let (epoch, keys) = epoch(&ada, 4);
        let held = BTreeMap::from([((epoch.scope, epoch.epoch), keys)]);
        Self { ada, bob, epoch, held }
    }

    fn keys(&self) -> &EpochKeys {
        &self.held[&(self.epoch.scope, self.epoch.epoch)]
    }

    fn sought(&self) -> Sought {
        Sought {
            account: self.ada.identity.principal(),
            scope: self.epoch.scope,
            record: Some(RECORD),
            at_least: 1,
        }
    }

    fn owner(&self) -> Author<'_> {
        Author::Owner(&self.ada.cards)
    }

    fn sealer(&self) -> RecordSealer<'_> {
        RecordSealer::for_reader(&self.ada.identity, &self.epoch, self.keys(), None).unwrap()
    }

    fn seal(&self, draft: &Draft<'_>) -> Vec<u8> {
        encode(&self.sealer().seal(draft, &mut rng(1)).unwrap().envelope)
    }

    fn open(&self, bytes: &[u8]) -> Result<OpenedRecord, OpenError> {
        UnopenedRecord::parse(bytes)?.open(&self.sought(), &self.held, self.owner())
    }

    /// An envelope as Ada could sign it, with one thing changed before anything is bound to it.
    fn altered(&self, change: impl FnOnce(&mut Protected), padded: &[u8]) -> Vec<u8> {
        let sealed = self.sealer().seal(&draft(), &mut rng(1)).unwrap();
        let mut protected: Protected = decode(&sealed.envelope.protected).unwrap();
        change(&mut protected);
        let mut envelope = sealed.envelope;
        envelope.protected = encode(&protected).into();
        let mut message = padded.to_vec();
        let content = Content::derive(&sealed.content_key);
        primitive::AeadKey::new(&content.key).seal(&[0; 12], &envelope.protected, &mut message);
        envelope.ciphertext = message.into();
        envelope.signature = self.ada.identity.sign_bytes(&envelope.signed_bytes());
        encode(&envelope)
    }
}

fn draft() -> Draft<'static> {
    Draft {
        record: RECORD,
        version: 1,
        kind: RecordKind::Instance,
        definition: Some(DefinitionRef { version: 1, digest: Digest::from_bytes([1; 32]) }),
        content: CONTENT,
        tokens: NewTokens::default(),
        written_at: NOW,
    }
}

fn padded(content: &[u8]) -> Vec<u8> {
    let mut message = content.to_vec();
    padding::pad(&mut message, padding::FLOOR);
    message
}

/// The envelope with one part changed, signed by nobody again.
fn with(bytes: &[u8], change: impl FnOnce(&mut Envelope)) -> Vec<u8> {
    let mut envelope: Envelope = decode(bytes).unwrap();
    change(&mut envelope);
    encode(&envelope)
}

#[test]
fn what_was_sealed_opens() {
    let world = World::new();
    let keys = world.keys();
    let value = serde_json::json!("Ada");
    let draft = Draft {
        tokens: NewTokens {
            version: 1,
            index: IndexKey::new(keys, URI, &["/name"], &Form::Equality)
                .tokens(&Form::Equality, &[Some(&value)])
                .unwrap(),
            unique: UniqueKey::new(keys, URI, "/name").tokens(&value).unwrap(),
        },
        ..draft()
    };
    let sealed = world.sealer().seal(&draft, &mut rng(1)).unwrap();
    let bytes = encode(&sealed.envelope);
    let unopened = UnopenedRecord::parse(&bytes).unwrap();
    assert_eq!(unopened.protected().author, world.ada.identity.principal());
    let tokens = &unopened.placement().tokens[0];
    assert_eq!((tokens.scope, tokens.epoch), (world.epoch.scope, 4));
    assert_eq!(tokens.index, [draft.tokens.index[0].to_wire()]);
    assert_eq!(tokens.unique, [draft.tokens.unique[0].to_wire()]);
    let opened = world.open(&bytes).unwrap();
    assert_eq!(opened.content[..], *CONTENT);
    assert_eq!(opened.digest, sealed.envelope.digest());
    assert_eq!(opened.content_key.expose(), sealed.content_key.expose());
    assert_eq!(opened.protected.written_at, NOW);
}

#[test]
fn every_version_has_its_own_key_and_length_is_hidden() {
    let world = World::new();
    let rng = &mut rng(1);
    let lengths = [&b""[..], b"true", b"false", &[7; 63]].map(|content| {
        world.sealer().seal(&Draft { content, ..draft() }, rng).unwrap().envelope.ciphertext.len()
    });
    assert_eq!(lengths, [80; 4]);
    let [a, b] = [(); 2].map(|()| world.sealer().seal(&draft(), rng).unwrap());
    assert_ne!(a.content_key.expose(), b.content_key.expose());
    assert_ne!(a.envelope.ciphertext, b.envelope.ciphertext);
}

#[test]
fn an_unknown_suite_fails_closed() {
    let world = World::new();
    let bytes = world.altered(|protected| protected.suite = Suite::from_number(4), &padded(CONTENT));
    assert!(matches!(world.open(&bytes), Err(OpenError::Suite(_))));
    // A stronger suite than that of the epoch is not this epoch's; a weaker one opens with its own algorithm alone.
    let bytes = world.altered(|protected| protected.suite = Suite::HYBRID, &padded(CONTENT));
    assert!(matches!(world.open(&bytes), Err(OpenError::OtherSuite)));
    let bytes = world.altered(|protected| protected.suite = Suite::LIGHT, &padded(CONTENT));
    assert!(matches!(world.open(&bytes), Err(OpenError::Ciphertext(_))));
    let newer = Epoch { suite: Suite::from_number(4), ..world.epoch.clone() };
    let refused = RecordSealer::for_depositor(&world.bob.identity, &newer, AccessId::from_bytes([1; 16]));
    assert!(matches!(refused, Err(SealError::Suite(_))));
}

#[test]
fn plaintext_and_garbage_are_no_envelope() {
    let world = World::new();
    let good = world.seal(&draft());
    for bytes in [CONTENT, b"", b"{\"bpm\":72}", &good[..good.len() - 1], &[&good[..], &[0]].concat()] {
        assert!(matches!(world.open(bytes), Err(OpenError::Malformed(_))));
    }
}

#[test]
fn a_record_in_another_place_is_refused() {
    let world = World::new();
    let bytes = world.seal(&draft());
    let good = world.sought();
    let cases = [
        (Sought { account: world.bob.identity.principal(), ..good }, Misplaced::Account),
        (Sought { scope: ScopeId::from_bytes([9; 16]), ..good }, Misplaced::Scope),
        (Sought { record: Some(RecordId::from_bytes([9; 16])), ..good }, Misplaced::Record),
    ];
    for (sought, what) in cases {
        let opened = UnopenedRecord::parse(&bytes).unwrap().open(&sought, &world.held, world.owner());
        assert!(matches!(opened, Err(OpenError::Misplaced(found)) if found == what), "{what:?}");
    }
    let any = Sought { record: None, at_least: 0, ..good };
    UnopenedRecord::parse(&bytes).unwrap().open(&any, &world.held, world.owner()).unwrap();
    // An instance in the place of the definition, and a definition in the place of an instance.
    let definition = RecordId::definition(world.epoch.scope);
    let swapped = world.seal(&Draft { record: definition, ..draft() });
    let at_definition = Sought { record: Some(definition), ..good };
    let opened = UnopenedRecord::parse(&swapped).unwrap().open(&at_definition, &world.held, world.owner());
    assert!(matches!(opened, Err(OpenError::Misplaced(Misplaced::Kind))));
    let swapped = world.seal(&Draft { kind: RecordKind::Definition, ..draft() });
    assert!(matches!(world.open(&swapped), Err(OpenError::Misplaced(Misplaced::Kind))));
}

#[test]
fn an_older_version_than_the_known_one_is_refused() {
    let world = World::new();
    let bytes = world.seal(&Draft { version: 2, ..draft() });
    for (at_least, fine) in [(0, true), (2, true), (3, false)] {
        let sought = Sought { at_least, ..world.sought() };
        let opened = UnopenedRecord::parse(&bytes).unwrap().open(&sought, &world.held, world.owner());
        match opened {
            Ok(_) => assert!(fine),
            Err(OpenError::RolledBack { known: 3, found: 2 }) => assert!(!fine),
            Err(other) => panic!("{other}"),
        }
    }
    let zero = world.altered(|protected| protected.version = 0, &padded(CONTENT));
    assert!(matches!(world.open(&zero), Err(OpenError::RolledBack { known: 1, found: 0 })));
}

#[test]
fn a_changed_placement_is_refused() {
    let world = World::new();
    let bytes = world.seal(&draft());
    let other = world.seal(&Draft { record: RecordId::from_bytes([4; 16]), ..draft() });
    let other: Envelope = decode(&other).unwrap();
    let swapped = with(&bytes, |envelope| envelope.placement = other.placement);
    assert!(matches!(world.open(&swapped), Err(OpenError::Placement)), "another record's");
    let stripped = with(&bytes, |envelope| {
        let mut placement: Placement = decode(&envelope.placement).unwrap();
        placement.recipients.clear();
        envelope.placement = encode(&placement).into();
    });
    assert!(matches!(world.open(&stripped), Err(OpenError::Placement)), "stripped of recipients");
}

#[test]
fn without_the_keys_of_the_epoch_a_record_stays_closed() {
    let world = World::new();
    let bytes = world.seal(&draft());
    let nothing: BTreeMap<(ScopeId, u32), EpochKeys> = BTreeMap::new();
    let opened = UnopenedRecord::parse(&bytes).unwrap().open(&world.sought(), &nothing, world.owner());
    assert!(matches!(opened, Err(OpenError::NoKey)));
    // Keys of the next epoch, held under the number of this one.
    let next = world.keys().next(&mut rng(5));
    let wrong = BTreeMap::from([((world.epoch.scope, 4), next)]);
    let opened = UnopenedRecord::parse(&bytes).unwrap().open(&world.sought(), &wrong, world.owner());
    assert!(matches!(opened, Err(OpenError::ContentKey(_))));
}

/// The wrap of one record's content key in another record: place and signature agree, the wrap's own place does not.
#[test]
fn a_content_key_wrapped_for_another_place_is_refused() {
    let world = World::new();
    let later = world.altered(|protected| protected.version = 2, &padded(CONTENT));
    assert!(matches!(world.open(&later), Err(OpenError::ContentKey(_))));
}

#[test]
fn another_commitment_is_refused() {
    let world = World::new();
    let other = Commitment::from_bytes([6; 32]);
    let bytes = world.altered(|protected| protected.commitment = other, &padded(CONTENT));
    assert!(matches!(world.open(&bytes), Err(OpenError::Commitment)));
}

#[test]
fn a_changed_ciphertext_is_refused() {
    let world = World::new();
    let bytes = world.seal(&draft());
    for place in [0, 40, 79] {
        let changed = with(&bytes, |envelope| {
            let mut ciphertext = envelope.ciphertext.to_vec();
            ciphertext[place] ^= 1;
            envelope.ciphertext = ciphertext.into();
        });
        assert!(matches!(world.open(&changed), Err(OpenError::Ciphertext(_))), "{place}");
    }
    // Another time of writing under the same ciphertext.
    let changed = with(&bytes, |envelope| {
        let mut protected: Protected = decode(&envelope.protected).unwrap();
        protected.written_at = NOW.plus_millis(1);
        envelope.protected = encode(&protected).into();
    });
    assert!(matches!(world.open(&changed), Err(OpenError::Ciphertext(_))));
}

#[test]
fn other_padding_is_refused() {
    let world = World::new();
    for (name, message) in
        [("none", CONTENT.to_vec()), ("longer", [&padded(CONTENT)[..], &[0]].concat()), ("empty", vec![])]
    {
        let bytes = world.altered(|_| (), &message);
        assert!(matches!(world.open(&bytes), Err(OpenError::Padding(_))), "{name}");
    }
    assert_eq!(world.open(&world.altered(|_| (), &padded(CONTENT))).unwrap().content[..], *CONTENT);
}

/// A reader has the epoch's keys and could write everything but the author's signature.
#[test]
fn a_record_that_its_author_did_not_sign_is_refused() {
    let world = World::new();
    let bytes = world.seal(&draft());
    let forged = with(&bytes, |envelope| {
        envelope.signature = world.bob.identity.sign_bytes(&envelope.signed_bytes());
    });
    assert!(matches!(world.open(&forged), Err(OpenError::Signature(_))));
    let unsigned = with(&bytes, |envelope| envelope.signature = Signature::from_bytes([0; 64]));
    assert!(matches!(world.open(&unsigned), Err(OpenError::Signature(_))));
}

fn author_error(result: Result<OpenedRecord, OpenError>) -> Option<AuthorNotAllowed> {
    match result {
        Err(OpenError::Author(reason)) => Some(reason),
        Ok(_) => None,
        Err(other) => panic!("{other}"),
    }
}

/// Opens what Bob wrote under `grant`, with the revocation after `last` if there is one.
fn bobs(
    world: &World,
    grant: &Access,
    last: Option<u32>,
    draft: &Draft<'_>,
    named: Option<AccessId>,
) -> Option<AuthorNotAllowed> {
    let sealer = RecordSealer::for_reader(&world.bob.identity, &world.epoch, world.keys(), named).unwrap();
    let bytes = encode(&sealer.seal(draft, &mut rng(1)).unwrap().envelope);
    let end = last.map(|last| world.ada.identity.sign(&revocation(&world.ada, grant, last)));
    let signed = world.ada.identity.sign(grant);
    let access = VerifiedAccess::verify(&world.ada.cards, &signed, end.as_ref()).unwrap();
    let author = Author::Grantee { cards: &world.bob.cards, access: &access };
    let sought = Sought { record: None, ..world.sought() };
    author_error(UnopenedRecord::parse(&bytes).unwrap().open(&sought, &world.held, author))
}

#[test]
fn a_grantee_writes_what_its_level_allows_until_it_is_revoked() {
    use AuthorNotAllowed::{Definition, Level as NotByLevel, OtherAccess, Revoked, Scope};
    let world = World::new();
    let grant = |level| access(&world.ada, &world.bob, level);
    let contribute = grant(Level::Contribute);
    let id = Some(contribute.access);
    let create = draft();
    let update = Draft { version: 2, ..draft() };
    let delete = Draft { version: 2, kind: RecordKind::Tombstone, content: b"", ..draft() };
    for (level, expected) in [
        (Level::Read, [Some(NotByLevel), Some(NotByLevel), Some(NotByLevel)]),
        (Level::CreateOnly, [None, Some(NotByLevel), Some(NotByLevel)]),
        (Level::Contribute, [None, None, None]),
    ] {
        let found = [&create, &update, &delete].map(|draft| bobs(&world, &grant(level), None, draft, id));
        assert_eq!(found, expected, "{level:?}");
    }
    // The record is of epoch 4.
    assert_eq!(bobs(&world, &contribute, Some(4), &create, id), None);
    assert_eq!(bobs(&world, &contribute, Some(3), &create, id), Some(Revoked));

    let definition = RecordId::definition(world.epoch.scope);
    let defines = Draft { record: definition, kind: RecordKind::Definition, ..draft() };
    assert_eq!(bobs(&world, &contribute, None, &defines, id), Some(Definition));
    let mut elsewhere = contribute.clone();
    elsewhere.grants[0].scope = world.ada.identity.scope_id("another");
    assert_eq!(bobs(&world, &elsewhere, None, &create, id), Some(Scope));
    assert_eq!(bobs(&world, &contribute, None, &create, None), Some(OtherAccess));
    assert_eq!(
        bobs(&world, &contribute, None, &create, Some(AccessId::from_bytes([9; 16]))),
        Some(OtherAccess)
    );
    let mut others = contribute.clone();
    others.grantee = PrincipalId::from_bytes([9; 32]);
    assert_eq!(bobs(&world, &others, None, &create, id), Some(OtherAccess));
}

#[test]
fn nobody_writes_in_the_owners_name_or_as_the_owner() {
    let world = World::new();
    // Bob signs as Bob, and the reader is told that the owner wrote it.
    let sealer = RecordSealer::for_reader(&world.bob.identity, &world.epoch, world.keys(), None).unwrap();
    let bytes = encode(&sealer.seal(&draft(), &mut rng(1)).unwrap().envelope);
    assert!(matches!(world.open(&bytes), Err(OpenError::Signature(_))));
    let as_owner = Author::Owner(&world.bob.cards);
    let opened = UnopenedRecord::parse(&bytes).unwrap().open(&world.sought(), &world.held, as_owner);
    assert_eq!(author_error(opened), Some(AuthorNotAllowed::OtherAuthor));
    // Ada's name inside, Bob's cards and signature.
    let forged = world.altered(|_| (), &padded(CONTENT));
    let forged = with(&forged, |envelope| {
        envelope.signature = world.bob.identity.sign_bytes(&envelope.signed_bytes());
    });
    let opened = UnopenedRecord::parse(&forged).unwrap().open(&world.sought(), &world.held, as_owner);
    assert_eq!(author_error(opened), Some(AuthorNotAllowed::OtherAuthor));
    let with_access = Some(AccessId::from_bytes([1; 16]));
    let sealer =
        RecordSealer::for_reader(&world.ada.identity, &world.epoch, world.keys(), with_access).unwrap();
    let bytes = encode(&sealer.seal(&draft(), &mut rng(1)).unwrap().envelope);
    assert_eq!(author_error(world.open(&bytes)), Some(AuthorNotAllowed::OtherAccess));
}

#[test]
fn a_readers_instance_without_indexed_fields_is_not_taken_for_a_deposit() {
    let world = World::new();
    let tokens = |kind| {
        let tokens = NewTokens { version: 1, ..NewTokens::default() };
        let sealed = world.seal(&Draft { kind, tokens, ..draft() });
        UnopenedRecord::parse(&sealed).unwrap().placement().tokens.clone()
    };
    let [entry] = &tokens(RecordKind::Instance)[..] else { panic!("one entry, of the scope and epoch") };
    assert!(entry.index.is_empty() && entry.unique.is_empty());
    assert_eq!(tokens(RecordKind::Tombstone), [], "what is deleted is found by no query");
}

#[test]
fn a_writer_without_the_right_to_read_seals_to_the_deposit_key() {
    let world = World::new();
    let grant = access(&world.ada, &world.bob, Level::CreateOnly);
    let sealer = RecordSealer::for_depositor(&world.bob.identity, &world.epoch, grant.access).unwrap();
    let bytes = encode(&sealer.seal(&draft(), &mut rng(1)).unwrap().envelope);
    let unopened = UnopenedRecord::parse(&bytes).unwrap();
    assert_eq!(unopened.placement().recipients[0].kind, RecipientKind::Sealed);
    assert!(unopened.placement().tokens.is_empty());
    let access = VerifiedAccess::verify(&world.ada.cards, &world.ada.identity.sign(&grant), None).unwrap();
    let author = Author::Grantee { cards: &world.bob.cards, access: &access };
    let opened = unopened.clone().open(&world.sought(), &world.held, author).unwrap();
    assert_eq!(opened.content[..], *CONTENT);
    let wrong = BTreeMap::from([((world.epoch.scope, 4), world.keys().next(&mut rng(5)))]);
    assert!(matches!(unopened.open(&world.sought(), &wrong, author), Err(OpenError::ContentKey(_))));
    let token = IndexKey::new(world.keys(), URI, &["/a"], &Form::Equality)
        .tokens(&Form::Equality, &[Some(&serde_json::json!(1))])
        .unwrap();
    let refused = sealer
        .seal(&Draft { tokens: NewTokens { index: token, ..NewTokens::default() }, ..draft() }, &mut rng(1))
        .unwrap_err();
    assert_eq!(refused, SealError::TokensWithoutKey);
}

#[test]
fn a_definition_opens_with_its_content_key_alone() {
    let world = World::new();
    let definition = RecordId::definition(world.epoch.scope);
    let draft = Draft { record: definition, kind: RecordKind::Definition, definition: None, ..draft() };
    let sealed = world.sealer().seal(&draft, &mut rng(1)).unwrap();
    let bytes = encode(&sealed.envelope);
    let sought = Sought { record: Some(definition), ..world.sought() };
    let open = |key: &[u8]| UnopenedRecord::parse(&bytes).unwrap().open_with(&sought, key, world.owner());
    assert_eq!(open(sealed.content_key.expose()).unwrap().content[..], *CONTENT);
    assert!(matches!(open(&[1; 32]), Err(OpenError::Commitment)));
    assert!(matches!(open(&[1; 31]), Err(OpenError::ContentKey(_))));
}

#[test]
fn what_cannot_be_written_is_not_sealed() {
    let world = World::new();
    let rng = &mut rng(1);
    assert_eq!(world.sealer().seal(&Draft { version: 0, ..draft() }, rng).unwrap_err(), SealError::Version);
    for length in [MAX_ENVELOPE_LENGTH, MAX_ENVELOPE_LENGTH + 1] {
        let content = vec![0; length];
        let refused = world.sealer().seal(&Draft { content: &content, ..draft() }, rng).unwrap_err();
        assert!(matches!(refused, SealError::TooLong { length: found } if found >= length));
    }
    let fits = vec![0; 256 * 1024];
    let bytes = world.seal(&Draft { content: &fits, ..draft() });
    assert!(bytes.len() <= MAX_ENVELOPE_LENGTH, "{}", bytes.len());
    let other = EpochKeys::generate(rng);
    let refused = RecordSealer::for_reader(&world.ada.identity, &world.epoch, &other, None);
    assert!(matches!(refused, Err(SealError::WrongKeys(_))));
}

mod filed;
mod long;

proptest! {
    #[test]
    fn no_changed_envelope_opens(place in any::<prop::sample::Index>(), flip in 1_u8..) {
        let world = World::new();
        let mut bytes = world.seal(&draft());
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        prop_assert!(world.open(&bytes).is_err());
        if let Ok(envelope) = decode::<Envelope>(&bytes) {
            prop_assert_eq!(encode(&envelope), bytes);
        }
    }

    #[test]
    fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(UnopenedRecord::parse(&bytes).is_err());
    }

    #[test]
    fn any_content_comes_back(content in prop::collection::vec(any::<u8>(), 0..3_000), version in 1_u64..) {
        let world = World::new();
        let bytes = world.seal(&Draft { content: &content, version, ..draft() });
        prop_assert_eq!(&world.open(&bytes).unwrap().content[..], &content[..]);
    }
}
