//! Records under terms, terms themselves, and records that were placed again.

use super::*;
use pryv_wire::{bytes::TermSalt, record::Parent};

const ONTOLOGY: ScopeId = ScopeId::from_bytes([7; 16]);
const TERM: RecordId = RecordId::from_bytes([0x71; 16]);
const BESIDE: RecordId = RecordId::from_bytes([0x72; 16]);

/// What a holder of one term holds: its branch, in one epoch of the collection or of the structure.
struct OneTerm {
    scope: ScopeId,
    term: RecordId,
    epoch: u32,
    branch: Branch,
}

impl EpochSource for OneTerm {
    fn keys(&self, _: ScopeId, _: u32) -> Option<&EpochKeys> {
        None
    }

    fn branch(&self, scope: ScopeId, ontology: ScopeId, term: RecordId, epoch: u32) -> Option<Branch> {
        let held = (scope, ontology, term, epoch) == (self.scope, ONTOLOGY, self.term, self.epoch);
        held.then(|| Branch::from_slice(self.branch.expose()).unwrap())
    }
}

impl World {
    fn branch(&self, term: RecordId) -> Branch {
        self.keys().data(ONTOLOGY).child(term)
    }

    fn holder(&self, term: RecordId) -> OneTerm {
        OneTerm { scope: self.epoch.scope, term, epoch: 4, branch: self.branch(term) }
    }

    fn filed(&self, filings: &[Filing<'_>]) -> Vec<u8> {
        encode(&self.sealer().seal_under(&draft(), filings, &mut rng(1)).unwrap().envelope)
    }

    fn open_by(&self, bytes: &[u8], keys: &dyn EpochSource) -> Result<OpenedRecord, OpenError> {
        UnopenedRecord::parse(bytes)?.open(&self.sought(), keys, self.owner())
    }
}

/// The envelope as its author could have signed it with another placement.
fn replaced(world: &World, bytes: &[u8], change: impl FnOnce(&mut Placement, &mut Protected)) -> Vec<u8> {
    let content = world.open(bytes).map(|opened| opened.content_key).unwrap();
    let mut envelope: Envelope = decode(bytes).unwrap();
    let mut placement: Placement = decode(&envelope.placement).unwrap();
    let mut protected: Protected = decode(&envelope.protected).unwrap();
    change(&mut placement, &mut protected);
    envelope.placement = encode(&placement).into();
    protected.placement = Placement::digest(&envelope.placement);
    envelope.protected = encode(&protected).into();
    let mut message = padded(CONTENT);
    let content = Content::derive(&content);
    primitive::AeadKey::new(&content.key).seal(&[0; 12], &envelope.protected, &mut message);
    envelope.ciphertext = message.into();
    envelope.signature = world.ada.identity.sign_bytes(&envelope.signed_bytes());
    encode(&envelope)
}

#[test]
fn a_record_opens_to_the_holders_of_its_terms_and_to_nobody_beside() {
    let world = World::new();
    let branch = world.branch(TERM);
    let bytes = world.filed(&[Filing::Held { ontology: ONTOLOGY, term: TERM, branch: &branch }]);
    assert_eq!(world.open(&bytes).unwrap().content[..], *CONTENT);
    assert_eq!(world.open_by(&bytes, &world.holder(TERM)).unwrap().content[..], *CONTENT);
    assert!(matches!(world.open_by(&bytes, &world.holder(BESIDE)), Err(OpenError::NoKey)));
    let wrong = OneTerm { branch: world.branch(BESIDE), ..world.holder(TERM) };
    assert!(matches!(world.open_by(&bytes, &wrong), Err(OpenError::ContentKey(_))));
    let deposits = OneTerm { branch: world.keys().structure().child(TERM), ..world.holder(TERM) };
    assert!(
        matches!(world.open_by(&bytes, &deposits), Err(OpenError::ContentKey(_))),
        "structure is not data"
    );
}

#[test]
fn the_key_of_one_entry_is_bound_to_its_place() {
    let world = World::new();
    let (branch, beside) = (world.branch(TERM), world.branch(BESIDE));
    let bytes = world.filed(&[
        Filing::Held { ontology: ONTOLOGY, term: TERM, branch: &branch },
        Filing::Held { ontology: ONTOLOGY, term: BESIDE, branch: &beside },
    ]);
    // Under the same branch, but in the entry of another term, of the whole collection, or of another ontology.
    let renamed = replaced(&world, &bytes, |placement, _| {
        placement.recipients.remove(2);
        placement.recipients[1].term = Some(BESIDE);
    });
    let holder = OneTerm { branch: world.branch(TERM), ..world.holder(BESIDE) };
    assert!(matches!(world.open_by(&renamed, &holder), Err(OpenError::ContentKey(_))));
    let swapped = replaced(&world, &bytes, |placement, _| {
        let key = placement.recipients[1].key.clone();
        placement.recipients[2].key = key;
    });
    assert!(matches!(world.open_by(&swapped, &world.holder(BESIDE)), Err(OpenError::ContentKey(_))));
    assert_eq!(world.open(&swapped).unwrap().content[..], *CONTENT, "others are not kept from it");
}

#[test]
fn a_pending_entry_opens_to_readers_of_the_collection_alone() {
    let world = World::new();
    let grant = access(&world.ada, &world.bob, Level::Contribute);
    let sealer = RecordSealer::for_depositor(&world.bob.identity, &world.epoch, grant.access).unwrap();
    let branch = world.branch(TERM);
    let filings = [
        Filing::Held { ontology: ONTOLOGY, term: TERM, branch: &branch },
        Filing::Pending { ontology: ONTOLOGY, term: BESIDE },
    ];
    let bytes = encode(&sealer.seal_under(&draft(), &filings, &mut rng(1)).unwrap().envelope);
    let access = VerifiedAccess::verify(&world.ada.cards, &world.ada.identity.sign(&grant), None).unwrap();
    let author = Author::Grantee { cards: &world.bob.cards, access: &access };
    let open =
        |keys: &dyn EpochSource| UnopenedRecord::parse(&bytes).unwrap().open(&world.sought(), keys, author);
    assert_eq!(open(&world.holder(TERM)).unwrap().content[..], *CONTENT);
    assert!(matches!(open(&world.holder(BESIDE)), Err(OpenError::NoKey)));
    let opened = open(&world.held).unwrap();
    let kinds: Vec<_> = opened.placement.recipients.iter().map(|recipient| recipient.kind).collect();
    assert_eq!(kinds, [RecipientKind::Sealed, RecipientKind::Wrapped, RecipientKind::Pending]);

    // The owner completes it: the signed part stays, and the term's readers open it.
    let beside = world.branch(BESIDE);
    let filings = [
        Filing::Kept(&opened.placement.recipients[1]),
        Filing::Held { ontology: ONTOLOGY, term: BESIDE, branch: &beside },
    ];
    let placing = Placing { terms: &filings, tokens: Some(NewTokens::default()), moved_at: NOW };
    let envelope: Envelope = decode(&bytes).unwrap();
    let placed = world.sealer().place(envelope, &opened, &placing, &mut rng(2)).unwrap();
    assert_eq!(placed.digest(), opened.digest);
    let bytes = encode(&placed);
    let mut unopened = UnopenedRecord::parse(&bytes).unwrap();
    unopened.check_mover(world.owner()).unwrap();
    let again = unopened.open(&world.sought(), &world.holder(BESIDE), author).unwrap();
    assert_eq!((again.content[..].to_vec(), again.placed), (CONTENT.to_vec(), 1));
}

/// Places `bytes`, which Ada wrote, as Bob with `grant`; opens the result with what Ada says of Bob.
fn placed_by_bob(grant: &Access, last: Option<u32>, named: AccessId) -> Result<OpenedRecord, OpenError> {
    let world = World::new();
    let bytes = world.seal(&draft());
    let opened = world.open(&bytes).unwrap();
    let sealer =
        RecordSealer::for_reader(&world.bob.identity, &world.epoch, world.keys(), Some(named)).unwrap();
    let placing = Placing { terms: &[], tokens: None, moved_at: NOW };
    let placed = sealer.place(decode(&bytes).unwrap(), &opened, &placing, &mut rng(2)).unwrap();
    let end = last.map(|last| world.ada.identity.sign(&revocation(&world.ada, grant, last)));
    let access =
        VerifiedAccess::verify(&world.ada.cards, &world.ada.identity.sign(grant), end.as_ref()).unwrap();
    let mut unopened = UnopenedRecord::parse(&encode(&placed)).unwrap();
    unopened.check_mover(Author::Grantee { cards: &world.bob.cards, access: &access })?;
    unopened.open(&world.sought(), &world.held, world.owner())
}

#[test]
fn who_places_a_record_again_must_be_allowed_to_change_it() {
    let world = World::new();
    let grant = |level| access(&world.ada, &world.bob, level);
    let contribute = grant(Level::Contribute);
    let id = contribute.access;
    assert_eq!(placed_by_bob(&contribute, None, id).unwrap().placed, 1);
    assert!(placed_by_bob(&contribute, Some(4), id).is_ok());
    let refused = |result: Result<OpenedRecord, OpenError>| match result {
        Err(OpenError::Mover(MoverNotAllowed::NotAllowed(reason))) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(placed_by_bob(&contribute, Some(3), id)), AuthorNotAllowed::Revoked);
    assert_eq!(refused(placed_by_bob(&grant(Level::Read), None, id)), AuthorNotAllowed::Level);
    assert_eq!(refused(placed_by_bob(&grant(Level::CreateOnly), None, id)), AuthorNotAllowed::Level);
    let other = AccessId::from_bytes([9; 16]);
    assert_eq!(refused(placed_by_bob(&contribute, None, other)), AuthorNotAllowed::OtherAccess);
    let mut elsewhere = contribute;
    elsewhere.grants[0].scope = world.ada.identity.scope_id("another");
    assert_eq!(refused(placed_by_bob(&elsewhere, None, id)), AuthorNotAllowed::Scope);
}

#[test]
fn a_placement_that_its_mover_did_not_sign_is_refused() {
    let world = World::new();
    let bytes = world.seal(&draft());
    let opened = world.open(&bytes).unwrap();
    let branch = world.branch(TERM);
    let filings = [Filing::Held { ontology: ONTOLOGY, term: TERM, branch: &branch }];
    let placing = Placing { terms: &filings, tokens: None, moved_at: NOW };
    let placed = world.sealer().place(decode(&bytes).unwrap(), &opened, &placing, &mut rng(2)).unwrap();
    let check = |change: &dyn Fn(&mut Envelope)| {
        let bytes = with(&encode(&placed), change);
        let mut unopened = UnopenedRecord::parse(&bytes).unwrap();
        unopened.check_mover(world.owner())?;
        unopened.open(&world.sought(), &world.held, world.owner())
    };
    assert_eq!(check(&|_| ()).unwrap().placement.recipients.len(), 2);
    let unchecked = UnopenedRecord::parse(&encode(&placed)).unwrap();
    let refused = unchecked.open(&world.sought(), &world.held, world.owner());
    assert!(matches!(refused, Err(OpenError::Placement)), "whose mover nobody checked");

    type Change<'a> = (&'a str, &'a dyn Fn(&mut Envelope));
    let changes: [Change<'_>; 5] = [
        ("number", &|envelope| envelope.moved.as_mut().unwrap().number = 2),
        ("time", &|envelope| envelope.moved.as_mut().unwrap().moved_at = NOW.plus_millis(1)),
        ("access", &|envelope| envelope.moved.as_mut().unwrap().access = Some(AccessId::from_bytes([5; 16]))),
        ("placement", &|envelope| {
            let mut placement: Placement = decode(&envelope.placement).unwrap();
            placement.recipients.pop();
            envelope.placement = encode(&placement).into();
        }),
        ("content", &|envelope| envelope.ciphertext = vec![1; 80].into()),
    ];
    for (name, change) in changes {
        let refused = check(change).unwrap_err();
        assert!(matches!(refused, OpenError::Mover(MoverNotAllowed::Signature(_))), "{name}: {refused:?}");
    }
    let stripped = check(&|envelope| envelope.moved = None).unwrap_err();
    assert!(matches!(stripped, OpenError::Placement), "the mover's part alone");
}

#[test]
fn a_record_placed_into_a_later_epoch_keeps_the_epoch_it_was_written_in() {
    let mut world = World::new();
    let bytes = world.seal(&draft());
    let opened = world.open(&bytes).unwrap();
    let (next, keys) = epoch(&world.ada, 5);
    let sealer = RecordSealer::for_reader(&world.ada.identity, &next, &keys, None).unwrap();
    let kept = Placing { terms: &[], tokens: None, moved_at: NOW };
    let refused = sealer.place(decode(&bytes).unwrap(), &opened, &kept, &mut rng(2)).unwrap_err();
    assert_eq!(refused, SealError::Foreign, "tokens of the old epoch");
    let placing = Placing { tokens: Some(NewTokens::default()), ..kept };
    let placed = sealer.place(decode(&bytes).unwrap(), &opened, &placing, &mut rng(2)).unwrap();
    world.held.insert((next.scope, next.epoch), keys);
    let mut unopened = UnopenedRecord::parse(&encode(&placed)).unwrap();
    unopened.check_mover(world.owner()).unwrap();
    let again = unopened.open(&world.sought(), &world.held, world.owner()).unwrap();
    assert_eq!((again.protected.epoch, again.placement.recipients[0].epoch), (4, 5));
    let back = world.sealer().place(placed, &again, &placing, &mut rng(2)).unwrap();
    let mut unopened = UnopenedRecord::parse(&encode(&back)).unwrap();
    unopened.check_mover(world.owner()).unwrap();
    assert_eq!(unopened.open(&world.sought(), &world.held, world.owner()).unwrap().placed, 2);
}

#[test]
fn recipients_have_the_form_of_the_kind_of_record() {
    let world = World::new();
    let branch = world.branch(TERM);
    let bytes = world.filed(&[Filing::Held { ontology: ONTOLOGY, term: TERM, branch: &branch }]);
    type Change<'a> = &'a dyn Fn(&mut Placement, &mut Protected);
    let changes: [(&str, Change<'_>); 9] = [
        ("none", &|placement, _| placement.recipients.clear()),
        ("no entry of the collection", &|placement, _| placement.recipients.swap(0, 1)),
        ("an old entry beside a new one", &|placement, _| placement.recipients[1].epoch = 3),
        ("an epoch that is not the written one", &|_, protected| protected.epoch = 3),
        ("one term twice", &|placement, _| {
            let again = placement.recipients[1].clone();
            placement.recipients.push(again);
        }),
        ("a term sealed", &|placement, _| placement.recipients[1].kind = RecipientKind::Sealed),
        ("the collection pending", &|placement, _| placement.recipients[0].kind = RecipientKind::Pending),
        ("an entry without term", &|placement, _| placement.recipients[1].term = None),
        ("a parent", &|placement, _| {
            placement.parent = Some(Parent { term: None, since: 0, salt: TermSalt::from_bytes([1; 16]) });
        }),
    ];
    for (name, change) in changes {
        let changed = replaced(&world, &bytes, change);
        assert!(matches!(world.open(&changed), Err(OpenError::Recipients)), "{name}");
    }
    let term = replaced(&world, &bytes, |_, protected| protected.kind = RecordKind::Term);
    assert!(matches!(world.open(&term), Err(OpenError::Recipients)), "a term in the place of an instance");
}

#[test]
fn a_term_opens_with_its_branch_of_the_structure() {
    let world = World::new();
    let parent = Parent { term: None, since: 4, salt: TermSalt::from_bytes([1; 16]) };
    let scope = world.epoch.scope;
    let record = RecordId::term(scope, None, parent.salt);
    let draft = Draft { record, kind: RecordKind::Term, ..draft() };
    let branch = world.keys().structure().child(record);
    let sealed = world.sealer().seal_term(&draft, parent, &branch, &mut rng(1)).unwrap();
    let bytes = encode(&sealed.envelope);
    struct Holder(ScopeId, RecordId, Branch);
    impl EpochSource for Holder {
        fn keys(&self, _: ScopeId, _: u32) -> Option<&EpochKeys> {
            None
        }
        fn branch(&self, scope: ScopeId, ontology: ScopeId, term: RecordId, _: u32) -> Option<Branch> {
            let held = (scope, ontology, term) == (self.0, self.0, self.1);
            held.then(|| Branch::from_slice(self.2.expose()).unwrap())
        }
    }
    let sought = Sought { record: Some(record), ..world.sought() };
    let open = |bytes: &[u8]| {
        let holder = Holder(scope, record, world.keys().structure().child(record));
        UnopenedRecord::parse(bytes)?.open(&sought, &holder, world.owner())
    };
    let opened = open(&bytes).unwrap();
    assert_eq!((opened.placement.parent, opened.protected.kind), (Some(parent), RecordKind::Term));
    let elsewhere = Parent { term: Some(TERM), ..parent };
    let moved = with(&bytes, |envelope| {
        let mut placement: Placement = decode(&envelope.placement).unwrap();
        placement.parent = Some(elsewhere);
        envelope.placement = encode(&placement).into();
    });
    assert!(matches!(open(&moved), Err(OpenError::Placement)), "under another parent");
    assert_ne!(
        RecordId::term(scope, elsewhere.term, parent.salt),
        record,
        "the id commits to the first parent"
    );
}

#[test]
fn a_definition_opens_with_the_definition_key_alone() {
    let world = World::new();
    let definition = RecordId::definition(world.epoch.scope);
    let draft = Draft { record: definition, kind: RecordKind::Definition, definition: None, ..draft() };
    let bytes = encode(&world.sealer().seal(&draft, &mut rng(1)).unwrap().envelope);
    struct Holder(branch::DefinitionKey);
    impl EpochSource for Holder {
        fn keys(&self, _: ScopeId, _: u32) -> Option<&EpochKeys> {
            None
        }
        fn definition(&self, _: ScopeId, _: u32) -> Option<&branch::DefinitionKey> {
            Some(&self.0)
        }
    }
    let sought = Sought { record: Some(definition), ..world.sought() };
    let holder = Holder(world.keys().definition());
    let open = |bytes: &[u8], sought: &Sought| {
        UnopenedRecord::parse(bytes).unwrap().open(sought, &holder, world.owner())
    };
    assert_eq!(open(&bytes, &sought).unwrap().content[..], *CONTENT);
    let instance = world.seal(&super::draft());
    assert!(matches!(open(&instance, &world.sought()), Err(OpenError::NoKey)), "and nothing else");
}

#[test]
fn a_slice_lets_its_holder_write_under_its_ontology_and_in_its_collections() {
    use pryv_wire::scope::{Slice, SliceData};
    let world = World::new();
    let branch = world.branch(TERM);
    let slice = |data, ontology| Slice { ontology, term: Some(TERM), data, labels: true };
    let by_slice = |level, slice: Slice| {
        let mut grant = access(&world.ada, &world.bob, level);
        grant.grants[0].scope = world.ada.identity.slice_id(&slice);
        grant.grants[0].slice = Some(slice);
        grant
    };
    let open = |grant: &Access, filings: &[Filing<'_>]| {
        let sealer = RecordSealer::for_depositor(&world.bob.identity, &world.epoch, grant.access).unwrap();
        let bytes = encode(&sealer.seal_under(&draft(), filings, &mut rng(1)).unwrap().envelope);
        let access = VerifiedAccess::verify(&world.ada.cards, &world.ada.identity.sign(grant), None).unwrap();
        let author = Author::Grantee { cards: &world.bob.cards, access: &access };
        author_error(UnopenedRecord::parse(&bytes).unwrap().open(&world.sought(), &world.held, author))
    };
    let filed = [Filing::Held { ontology: ONTOLOGY, term: TERM, branch: &branch }];
    let scope = world.epoch.scope;
    let every = by_slice(Level::Contribute, slice(SliceData::Every, ONTOLOGY));
    assert_eq!(open(&every, &filed), None);
    assert_eq!(open(&every, &[]), Some(AuthorNotAllowed::Scope), "under no term");
    let here = by_slice(Level::CreateOnly, slice(SliceData::Collections(vec![scope]), ONTOLOGY));
    assert_eq!(open(&here, &filed), None);
    let other = ScopeId::from_bytes([1; 16]);
    let elsewhere = by_slice(Level::Contribute, slice(SliceData::Collections(vec![other]), ONTOLOGY));
    assert_eq!(open(&elsewhere, &filed), Some(AuthorNotAllowed::Scope));
    let structure = by_slice(Level::Manage, slice(SliceData::None, ONTOLOGY));
    assert_eq!(open(&structure, &filed), Some(AuthorNotAllowed::Scope));
    let of_other = by_slice(Level::Contribute, slice(SliceData::Every, other));
    assert_eq!(open(&of_other, &filed), Some(AuthorNotAllowed::Scope));
    let reads = by_slice(Level::Read, slice(SliceData::Every, ONTOLOGY));
    assert_eq!(open(&reads, &filed), Some(AuthorNotAllowed::Level));
}
