//! Scopes, records, transactions and the chain of changes, for their owner and against strangers.

use crate::world::{DAY, PASSWORD, World, Write, code, digest, protected};
use pryv_wire::{
    Bytes, DecodeError, ErrorCode, RecordId, ScopeId, Suite, TransactionId,
    bytes::Signature,
    encode,
    record::{DefinitionRef, Envelope, GetRecord, MAX_ENVELOPE_LENGTH, Placement, Protected, RecordKind},
    scope::{EpochKeys as Keys, ListScopes},
    transaction::{Change, Commit, ListChanges, Operation, Touched},
};

#[tokio::test]
async fn a_collection_is_created_once_and_opened_by_its_owner() {
    let world = World::new();
    let ada = world.person("ada").await;
    let (operation, collection) = world.new_collection(&ada, "https://example.org/a");
    world.commit(&ada, ada.id(), vec![operation.clone()]).await.unwrap();
    assert_eq!(code(world.commit(&ada, ada.id(), vec![operation]).await), ErrorCode::AlreadyExists);
    let list = ListScopes { account: ada.id() };
    assert_eq!(world.service.list_scopes(ada.caller.clone(), list).await.unwrap().scopes, [collection.scope]);
    let opened = world.service.open_scope(ada.caller.clone(), World::open(&collection)).await.unwrap();
    assert_eq!(digest(&opened.definition), collection.definition.digest);
    let [epoch] = &opened.epochs[..] else { panic!("one epoch") };
    let Keys::Owner { wrap, lock: None } = &epoch.keys else { panic!("the owner's wrap") };
    let keys = ada.identity.keyring().unwrap_epoch(&collection.epochs[0].0, wrap).unwrap();
    assert!(keys.check(&collection.epochs[0].0).is_ok());
    assert!(opened.pre.is_none() && opened.readers.is_empty());
}

#[tokio::test]
async fn a_stranger_cannot_tell_what_is_there() {
    let world = World::new();
    let ada = world.person("ada").await;
    let eve = world.person("eve").await;
    let collection = world.collection(&ada).await;
    let record = world.record(&ada, &collection, None).await;
    let absent = ScopeId::from_bytes([8; 16]);
    for account in [ada.id(), pryv_wire::PrincipalId::from_bytes([4; 32])] {
        let list = world.service.list_scopes(eve.caller.clone(), ListScopes { account }).await;
        assert_eq!(code(list), ErrorCode::NotFound);
        let changes = ListChanges { account, after: 0, limit: 1 };
        assert_eq!(code(world.service.list_changes(eve.caller.clone(), changes).await), ErrorCode::NotFound);
        for scope in [collection.scope, absent] {
            let get = GetRecord { account, scope, record };
            assert_eq!(code(world.service.get_record(eve.caller.clone(), get).await), ErrorCode::NotFound);
        }
        let put = world.put(&ada, &collection, &Write { record, version: 2, ..Write::default() });
        assert_eq!(code(world.commit(&eve, account, vec![put]).await), ErrorCode::NotFound);
        assert_eq!(code(world.commit(&eve, account, vec![]).await), ErrorCode::NotFound);
    }
    let get = GetRecord { account: ada.id(), scope: absent, record };
    assert_eq!(code(world.service.get_record(ada.caller.clone(), get).await), ErrorCode::NotFound);
}

#[tokio::test]
async fn a_record_lives_through_its_versions() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    let record = world.record(&ada, &collection, None).await;
    let version =
        |version, kind| world.put(&ada, &collection, &Write { record, version, kind, ..Write::default() });
    let get = || async {
        let get = GetRecord { account: ada.id(), scope: collection.scope, record };
        world.service.get_record(ada.caller.clone(), get).await.unwrap().record
    };
    world.commit(&ada, ada.id(), vec![version(2, RecordKind::Instance)]).await.unwrap();
    let current = get().await;
    assert_eq!(protected(&current).version, 2);
    for stale in [1, 2, 4] {
        let refused =
            world.commit(&ada, ada.id(), vec![version(stale, RecordKind::Instance)]).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::VersionConflict);
        assert_eq!(refused.details().current.as_ref(), Some(&current), "the other version comes along");
    }
    world.commit(&ada, ada.id(), vec![version(3, RecordKind::Tombstone)]).await.unwrap();
    assert_eq!(protected(&get().await).kind, RecordKind::Tombstone);
    let refused = world.commit(&ada, ada.id(), vec![version(4, RecordKind::Instance)]).await;
    assert_eq!(code(refused), ErrorCode::MalformedMessage, "a deleted record stays deleted");
    let absent = Write { record: RecordId::from_bytes([6; 16]), version: 2, ..Write::default() };
    let refused = world.commit(&ada, ada.id(), vec![world.put(&ada, &collection, &absent)]).await;
    assert_eq!(code(refused), ErrorCode::NotFound);
}

#[tokio::test]
async fn a_transaction_is_all_or_nothing() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    let (first, second) = (RecordId::from_bytes([1; 16]), RecordId::from_bytes([2; 16]));
    let good = world.put(&ada, &collection, &Write { record: first, ..Write::default() });
    let bad = world.put(&ada, &collection, &Write { record: second, version: 7, ..Write::default() });
    assert_eq!(code(world.commit(&ada, ada.id(), vec![good.clone(), bad]).await), ErrorCode::NotFound);
    let get = GetRecord { account: ada.id(), scope: collection.scope, record: first };
    assert_eq!(code(world.service.get_record(ada.caller.clone(), get.clone()).await), ErrorCode::NotFound);
    // Later operations see what earlier ones wrote.
    let next = world.put(&ada, &collection, &Write { record: first, version: 2, ..Write::default() });
    let committed = world.commit(&ada, ada.id(), vec![good, next]).await.unwrap();
    let touched = |version| Touched::Record { scope: collection.scope, record: first, version };
    assert_eq!(committed.change.touched, [touched(1), touched(2)]);
    assert_eq!(committed.change.sequence, 2, "the refused transaction took no place in the chain");
    world.service.get_record(ada.caller.clone(), get).await.unwrap();
}

#[tokio::test]
async fn a_transaction_sent_again_is_answered_as_before() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    let (account, transaction) = (ada.id(), TransactionId::from_bytes([5; 16]));
    let put = world.put(&ada, &collection, &Write::default());
    let commit = Commit { account, transaction, operations: vec![put] };
    let first = world.service.commit(ada.caller.clone(), commit.clone()).await.unwrap();
    world.record(&ada, &collection, None).await;
    assert_eq!(world.service.commit(ada.caller.clone(), commit.clone()).await.unwrap(), first);
    let other =
        world.put(&ada, &collection, &Write { record: RecordId::from_bytes([1; 16]), ..Write::default() });
    let reused = Commit { operations: vec![other], ..commit.clone() };
    assert_eq!(code(world.service.commit(ada.caller.clone(), reused).await), ErrorCode::TransactionReused);
    // Once forgotten, it is a new one.
    world.clock.advance(DAY + 1);
    assert_eq!(world.service.sweep().await.unwrap().transactions, 3);
    let session = world.log_in("ada", PASSWORD).await.unwrap().session;
    let caller = world.service.caller(&session.token).unwrap();
    assert_eq!(code(world.service.commit(caller, commit).await), ErrorCode::VersionConflict);
}

#[tokio::test]
async fn changes_are_a_chain() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    for _ in 0..4 {
        world.record(&ada, &collection, None).await;
    }
    let list = |after, limit| {
        world.service.list_changes(ada.caller.clone(), ListChanges { account: ada.id(), after, limit })
    };
    let page = list(0, 3).await.unwrap();
    let rest = list(3, 1_000).await.unwrap();
    assert_eq!((page.changes.len(), page.sequence, rest.changes.len()), (3, 5, 2));
    let mut head = Change::genesis(ada.id());
    for (number, change) in page.changes.iter().chain(&rest.changes).enumerate() {
        assert_eq!(change.sequence, u64::try_from(number).unwrap() + 1);
        head = change.head(head);
    }
    assert_eq!(head, rest.head);
    assert_eq!(code(list(0, 0).await), ErrorCode::OutOfRange);
    assert_eq!(code(list(0, 1_001).await), ErrorCode::OutOfRange);
}

/// An envelope whose parts were changed and signed again by its author.
fn altered(
    world: &World,
    ada: &crate::world::Person,
    collection: &crate::world::Collection,
    change: impl FnOnce(&mut Protected, &mut Placement),
) -> Operation {
    let encoded = world.envelope(ada, collection, &Write::default());
    let mut envelope: Envelope = pryv_wire::decode(&encoded).unwrap();
    let mut protected: Protected = pryv_wire::decode(&envelope.protected).unwrap();
    let mut placement: Placement = pryv_wire::decode(&envelope.placement).unwrap();
    change(&mut protected, &mut placement);
    envelope.placement = Bytes::from(encode(&placement));
    protected.placement = Placement::digest(&envelope.placement);
    envelope.protected = Bytes::from(encode(&protected));
    envelope.signature = ada.identity.sign_bytes(&envelope.signed_bytes());
    Operation::PutRecord { record: Bytes::from(encode(&envelope)) }
}

#[tokio::test]
async fn a_record_that_does_not_hold_together_is_refused() {
    let world = World::new();
    let ada = world.person("ada").await;
    let bob = world.person("bob").await;
    let collection = world.collection(&ada).await;
    type Change = Box<dyn FnOnce(&mut Protected, &mut Placement)>;
    let bob_id = bob.id();
    let cases: Vec<(&str, ErrorCode, Change)> = vec![
        ("suite", ErrorCode::UnknownSuite, Box::new(|protected, _| protected.suite = Suite::from_number(7))),
        ("account", ErrorCode::MalformedMessage, Box::new(move |protected, _| protected.account = bob_id)),
        ("author", ErrorCode::InvalidStatement, Box::new(move |protected, _| protected.author = bob_id)),
        (
            "scope",
            ErrorCode::MalformedMessage,
            Box::new(|protected, _| protected.scope = ScopeId::from_bytes([1; 16])),
        ),
        ("version", ErrorCode::MalformedMessage, Box::new(|protected, _| protected.version = 0)),
        ("no definition", ErrorCode::MalformedMessage, Box::new(|protected, _| protected.definition = None)),
        (
            "future definition",
            ErrorCode::MalformedMessage,
            Box::new(|protected, _| {
                protected.definition =
                    protected.definition.map(|named| DefinitionRef { version: 2, ..named });
            }),
        ),
        (
            "other definition",
            ErrorCode::InvalidStatement,
            Box::new(|protected, _| {
                let digest = pryv_wire::Digest::from_bytes([0; 32]);
                protected.definition = protected.definition.map(|named| DefinitionRef { digest, ..named });
            }),
        ),
        (
            "kind",
            ErrorCode::MalformedMessage,
            Box::new(|protected, _| protected.kind = RecordKind::Definition),
        ),
        (
            "first tombstone",
            ErrorCode::MalformedMessage,
            Box::new(|protected, _| protected.kind = RecordKind::Tombstone),
        ),
        (
            "access of the owner",
            ErrorCode::NotAllowed,
            Box::new(|protected, _| {
                protected.access = Some(pryv_wire::AccessId::from_bytes([1; 16]));
            }),
        ),
        (
            "epoch",
            ErrorCode::StaleEpoch,
            Box::new(|protected, placement| {
                protected.epoch = 1;
                placement.recipients[0].epoch = 1;
                placement.tokens.clear();
            }),
        ),
        ("no recipient", ErrorCode::MalformedMessage, Box::new(|_, placement| placement.recipients.clear())),
        (
            "two recipients",
            ErrorCode::MalformedMessage,
            Box::new(|_, placement| {
                let recipient = placement.recipients[0].clone();
                placement.recipients.push(recipient);
            }),
        ),
        (
            "empty key",
            ErrorCode::MalformedMessage,
            Box::new(|_, placement| placement.recipients[0].key = Bytes::default()),
        ),
        (
            "short token",
            ErrorCode::MalformedMessage,
            Box::new(|_, placement| {
                placement.tokens = vec![tokens(placement, vec![Bytes::from(vec![1; 15])])];
            }),
        ),
        (
            "unsorted tokens",
            ErrorCode::MalformedMessage,
            Box::new(|_, placement| {
                let unsorted = vec![Bytes::from(vec![2; 16]), Bytes::from(vec![1; 16])];
                placement.tokens = vec![tokens(placement, unsorted)];
            }),
        ),
        (
            "repeated tokens",
            ErrorCode::MalformedMessage,
            Box::new(|_, placement| {
                placement.tokens = vec![tokens(placement, vec![Bytes::from(vec![1; 16]); 2])];
            }),
        ),
        (
            "tokens of no version of the indexes",
            ErrorCode::MalformedMessage,
            Box::new(|_, placement| {
                placement.tokens = vec![tokens(placement, vec![])];
                placement.tokens[0].version = 0;
            }),
        ),
        (
            "tokens of a version of the definition to come",
            ErrorCode::MalformedMessage,
            Box::new(|_, placement| {
                placement.tokens = vec![tokens(placement, vec![])];
                placement.tokens[0].version = 2;
            }),
        ),
        (
            "tokens of another epoch",
            ErrorCode::MalformedMessage,
            Box::new(|_, placement| {
                placement.tokens = vec![tokens(placement, vec![])];
                placement.tokens[0].epoch = 1;
            }),
        ),
        (
            "too many tokens",
            ErrorCode::OutOfRange,
            Box::new(|_, placement| {
                let many =
                    (0..2_049_u16).map(|n| Bytes::from([&n.to_be_bytes()[..], &[0; 14]].concat())).collect();
                placement.tokens = vec![tokens(placement, many)];
            }),
        ),
    ];
    for (name, expected, change) in cases {
        let operation = altered(&world, &ada, &collection, change);
        assert_eq!(code(world.commit(&ada, ada.id(), vec![operation]).await), expected, "{name}");
    }
    let same = altered(&world, &ada, &collection, |_, _| {});
    world.commit(&ada, ada.id(), vec![same]).await.unwrap();
}

fn tokens(placement: &Placement, index: Vec<Bytes>) -> pryv_wire::record::Tokens {
    let recipient = &placement.recipients[0];
    pryv_wire::record::Tokens {
        scope: recipient.scope,
        epoch: recipient.epoch,
        version: 1,
        index,
        unique: vec![],
    }
}

#[tokio::test]
async fn a_record_that_is_forged_or_too_long_is_refused() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    let good = world.envelope(&ada, &collection, &Write::default());
    let mut forged: Envelope = pryv_wire::decode(&good).unwrap();
    forged.signature = Signature::from_bytes([1; 64]);
    let mut moved: Envelope = pryv_wire::decode(&good).unwrap();
    moved.placement = Bytes::from(encode(&Placement { recipients: vec![], tokens: vec![], parent: None }));
    let mut swapped: Envelope = pryv_wire::decode(&good).unwrap();
    swapped.ciphertext = Bytes::from(vec![0; 64]);
    for (name, envelope) in [("signature", forged), ("placement", moved), ("ciphertext", swapped)] {
        let put = Operation::PutRecord { record: Bytes::from(encode(&envelope)) };
        assert_eq!(
            code(world.commit(&ada, ada.id(), vec![put]).await),
            ErrorCode::InvalidStatement,
            "{name}"
        );
    }
    let long = Operation::PutRecord { record: Bytes::from(vec![0; MAX_ENVELOPE_LENGTH + 1]) };
    let refused = world.commit(&ada, ada.id(), vec![long]).await.unwrap_err();
    assert_eq!((refused.code(), refused.details().limit), (ErrorCode::BodyTooLarge, Some(320 * 1024)));
    let garbage = Operation::PutRecord { record: Bytes::from(vec![0xff; 10]) };
    assert_eq!(code(world.commit(&ada, ada.id(), vec![garbage]).await), ErrorCode::MalformedMessage);
    let large = world.put(&ada, &collection, &Write { size: 200 * 1024, ..Write::default() });
    world.commit(&ada, ada.id(), vec![large]).await.unwrap();
    assert!(matches!(pryv_wire::decode::<Envelope>(&[0xff]), Err(DecodeError::Malformed { .. })));
}

#[tokio::test]
async fn a_transaction_has_one_to_a_thousand_operations() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    assert_eq!(code(world.commit(&ada, ada.id(), vec![]).await), ErrorCode::OutOfRange);
    let put = world.put(&ada, &collection, &Write::default());
    assert_eq!(code(world.commit(&ada, ada.id(), vec![put; 1_001]).await), ErrorCode::OutOfRange);
}

#[tokio::test]
async fn a_definition_moves_on_and_is_not_deleted() {
    let world = World::new();
    let ada = world.person("ada").await;
    let mut collection = world.collection(&ada).await;
    let record = RecordId::definition(collection.scope);
    let kind = RecordKind::Definition;
    let next = world.envelope(&ada, &collection, &Write { record, version: 2, kind, ..Write::default() });
    world.commit(&ada, ada.id(), vec![Operation::PutRecord { record: next.clone() }]).await.unwrap();
    world.record(&ada, &collection, None).await; // of the earlier version
    collection.definition = DefinitionRef { version: 2, digest: digest(&next) };
    world.record(&ada, &collection, None).await;
    let again =
        world.commit(&ada, ada.id(), vec![Operation::PutRecord { record: next.clone() }]).await.unwrap_err();
    assert_eq!((again.code(), again.details().current.clone()), (ErrorCode::VersionConflict, Some(next)));
    let kind = RecordKind::Tombstone;
    let end = world.put(&ada, &collection, &Write { record, version: 3, kind, ..Write::default() });
    assert_eq!(code(world.commit(&ada, ada.id(), vec![end]).await), ErrorCode::MalformedMessage);
}

#[tokio::test]
async fn a_unique_value_is_held_by_one_record() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    let put = |id: u8, version, kind, serial| {
        let record = RecordId::from_bytes([id; 16]);
        world.put(&ada, &collection, &Write { record, version, kind, serial, ..Write::default() })
    };
    let (instance, gone) = (RecordKind::Instance, RecordKind::Tombstone);
    let commit = |operation| world.commit(&ada, ada.id(), vec![operation]);
    commit(put(1, 1, instance, Some("A"))).await.unwrap();
    assert_eq!(code(commit(put(2, 1, instance, Some("A"))).await), ErrorCode::NotUnique);
    commit(put(1, 2, instance, Some("A"))).await.unwrap(); // its own
    commit(put(2, 1, instance, Some("B"))).await.unwrap();
    assert_eq!(code(commit(put(2, 2, instance, Some("A"))).await), ErrorCode::NotUnique);
    let both = vec![put(3, 1, instance, Some("C")), put(4, 1, instance, Some("C"))];
    assert_eq!(
        code(world.commit(&ada, ada.id(), both).await),
        ErrorCode::NotUnique,
        "within one transaction"
    );
    commit(put(1, 3, instance, Some("Z"))).await.unwrap(); // gives A up
    commit(put(2, 2, instance, Some("A"))).await.unwrap();
    commit(put(2, 3, gone, None)).await.unwrap(); // and so does its end
    commit(put(5, 1, instance, Some("A"))).await.unwrap();
}
