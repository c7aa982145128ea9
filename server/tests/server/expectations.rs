//! What a transaction expects of records that it does not write.

use crate::world::{Collection, Person, World, Write, code};
use pryv_wire::{
    Bytes, ErrorCode, RecordId,
    access::Level,
    decode,
    record::{DefinitionRef, Envelope, IndexState, RecordKind},
    transaction::{MAX_EXPECTED, Operation},
};

const SINCE: IndexState = IndexState { epoch: 0, version: 1 };

fn there(collection: &Collection, records: &[RecordId]) -> Operation {
    let mut records = records.to_vec();
    records.sort_unstable();
    Operation::ExpectRecords { scope: collection.scope, records }
}

fn none(collection: &Collection, color: &str) -> Operation {
    let epoch = collection.present().0.epoch;
    let mut tokens = World::tokens(collection, color);
    tokens.sort_unstable();
    Operation::ExpectNone { scope: collection.scope, epoch, since: SINCE, tokens }
}

fn end(world: &World, person: &Person, collection: &Collection, record: RecordId) -> Operation {
    let write = Write { record, version: 2, kind: RecordKind::Tombstone, ..Write::default() };
    world.put(person, collection, &write)
}

#[tokio::test]
async fn a_transaction_is_refused_as_a_whole_if_it_expects_in_vain() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    let red = world.record(&ada, &collection, Some("red")).await;
    let blue = world.record(&ada, &collection, Some("blue")).await;
    let new = || RecordId::from_bytes(world.id16());
    let commit = |operations| world.commit(&ada, ada.id(), operations);
    let put = |record, color| {
        world.put(&ada, &collection, &Write { record, color: Some(color), ..Write::default() })
    };

    commit(vec![there(&collection, &[red, blue]), none(&collection, "green")]).await.unwrap();
    for vain in [there(&collection, &[red, new()]), none(&collection, "red")] {
        let made = new();
        let refused = commit(vec![vain, put(made, "green")]).await;
        assert_eq!(code(refused), ErrorCode::ExpectationFailed);
        assert_eq!(code(commit(vec![there(&collection, &[made])]).await), ErrorCode::ExpectationFailed);
    }
    // What counts is what is there behind all operations, wherever the expectation stands among them.
    let made = new();
    commit(vec![there(&collection, &[made]), put(made, "green")]).await.unwrap();
    assert_eq!(
        code(commit(vec![none(&collection, "white"), put(new(), "white")]).await),
        ErrorCode::ExpectationFailed
    );
    commit(vec![none(&collection, "red"), end(&world, &ada, &collection, red)]).await.unwrap();
    assert_eq!(code(commit(vec![there(&collection, &[red])]).await), ErrorCode::ExpectationFailed);
    // A definition is no instance.
    let definition = RecordId::definition(collection.scope);
    assert_eq!(code(commit(vec![there(&collection, &[definition])]).await), ErrorCode::ExpectationFailed);
    let absent = Collection { scope: pryv_wire::ScopeId::from_bytes([3; 16]), ..collection };
    assert_eq!(code(commit(vec![there(&absent, &[red])]).await), ErrorCode::NotFound);
}

#[tokio::test]
async fn tokens_are_expected_of_everything_that_is_indexed_or_not_at_all() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut collection = world.collection(&ada).await;
    world.record(&ada, &collection, Some("red")).await;
    let asked = |since, epoch| match none(&collection, "green") {
        Operation::ExpectNone { scope, tokens, .. } => Operation::ExpectNone { scope, epoch, since, tokens },
        _ => unreachable!(),
    };
    let commit = |operation| world.commit(&ada, ada.id(), vec![operation]);
    commit(asked(SINCE, 0)).await.unwrap();
    let later = IndexState { version: 2, ..SINCE };
    assert_eq!(code(commit(asked(later, 0)).await), ErrorCode::ExpectationFailed);
    let later = IndexState { epoch: 1, ..SINCE };
    assert_eq!(code(commit(asked(later, 0)).await), ErrorCode::ExpectationFailed);
    assert_eq!(code(commit(asked(SINCE, 1)).await), ErrorCode::StaleEpoch);
    // What somebody wrote who makes no tokens might be anything.
    let access = world.grant(&ada, &bob, &mut collection, Level::CreateOnly).await;
    let deposit = world.deposit(&bob, &collection, RecordId::from_bytes([5; 16]), access);
    world.commit(&bob, ada.id(), vec![deposit]).await.unwrap();
    let refused = world.commit(&ada, ada.id(), vec![none(&collection, "green")]).await;
    assert_eq!(code(refused), ErrorCode::ExpectationFailed);
}

#[tokio::test]
async fn nobody_learns_by_expecting_what_it_may_not_read() {
    let world = World::new();
    let (ada, bob, eve) = (world.person("ada").await, world.person("bob").await, world.person("eve").await);
    let mut collection = world.collection(&ada).await;
    let record = world.record(&ada, &collection, Some("red")).await;
    world.grant(&ada, &bob, &mut collection, Level::CreateOnly).await;
    for absent in [record, RecordId::from_bytes([4; 16])] {
        for operation in [there(&collection, &[absent]), none(&collection, "red"), none(&collection, "green")]
        {
            let refused = world.commit(&bob, ada.id(), vec![operation.clone()]).await;
            assert_eq!(code(refused), ErrorCode::NotAllowed);
            assert_eq!(code(world.commit(&eve, ada.id(), vec![operation]).await), ErrorCode::NotFound);
        }
    }
    let mut other = world.new_collection(&ada, "https://example.org/other").1;
    std::mem::swap(&mut other, &mut collection);
    let refused = world.commit(&bob, ada.id(), vec![there(&collection, &[record])]).await;
    assert_eq!(code(refused), ErrorCode::NotFound, "of a collection that is not there, or not granted");
}

#[tokio::test]
async fn who_reads_the_whole_collection_may_expect() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut collection = world.collection(&ada).await;
    world.record(&ada, &collection, Some("red")).await;
    world.grant(&ada, &bob, &mut collection, Level::Read).await;
    world.commit(&bob, ada.id(), vec![none(&collection, "green")]).await.unwrap();
    let refused = world.commit(&bob, ada.id(), vec![none(&collection, "red")]).await;
    assert_eq!(code(refused), ErrorCode::ExpectationFailed);
}

#[tokio::test]
async fn expectations_are_well_formed_and_bounded() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    let record = world.record(&ada, &collection, Some("red")).await;
    let scope = collection.scope;
    let records = |records| Operation::ExpectRecords { scope, records };
    let tokens = |tokens| Operation::ExpectNone { scope, epoch: 0, since: SINCE, tokens };
    let token = |byte: u8, length| Bytes::from(vec![byte; length]);
    for operation in [
        records(vec![]),
        records(vec![record, record]),
        records(vec![RecordId::from_bytes([9; 16]), RecordId::from_bytes([8; 16])]),
        tokens(vec![]),
        tokens(vec![token(1, 16), token(1, 16)]),
        tokens(vec![token(1, 15)]),
    ] {
        let refused = world.commit(&ada, ada.id(), vec![operation]).await;
        assert_eq!(code(refused), ErrorCode::MalformedMessage);
    }
    let many = |count: usize| {
        (0..count).map(|number| {
            let mut token = [0; 16];
            token[..8].copy_from_slice(&(number as u64).to_be_bytes());
            Bytes::from(token.to_vec())
        })
    };
    let operations = |count: usize| vec![tokens(many(count).collect()), records(vec![record])];
    world.commit(&ada, ada.id(), operations(MAX_EXPECTED - 1)).await.unwrap();
    let refused = world.commit(&ada, ada.id(), operations(MAX_EXPECTED)).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::OutOfRange);
    assert_eq!(refused.details().limit, Some(MAX_EXPECTED as u64));
}

#[tokio::test]
async fn who_deletes_knows_the_present_definition() {
    let world = World::new();
    let ada = world.person("ada").await;
    let mut collection = world.collection(&ada).await;
    let record = world.record(&ada, &collection, Some("red")).await;
    let definition = Write {
        record: RecordId::definition(collection.scope),
        version: 2,
        kind: RecordKind::Definition,
        ..Write::default()
    };
    let envelope = world.envelope(&ada, &collection, &definition);
    let digest = decode::<Envelope>(&envelope).unwrap().digest();
    world.commit(&ada, ada.id(), vec![Operation::PutRecord { record: envelope }]).await.unwrap();
    let refused = world.commit(&ada, ada.id(), vec![end(&world, &ada, &collection, record)]).await;
    assert_eq!(code(refused), ErrorCode::StaleDefinition);
    collection.definition = DefinitionRef { version: 2, digest };
    world.commit(&ada, ada.id(), vec![end(&world, &ada, &collection, record)]).await.unwrap();
}
