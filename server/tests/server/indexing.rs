//! Indexing anew: which placements are taken, and in which list each instance stands.

use crate::world::{Collection, Person, World, Write, code, ids};
use pryv_wire::{
    Bytes, ErrorCode, RecordId,
    access::Level,
    record::{
        CountRecords, Filter, GetRecord, IndexState, IndexedAlike, Order, Placement, QueryRecords,
        RecordKind, Tokens, Unindexed,
    },
    transaction::Operation,
};

async fn stored(world: &World, ada: &Person, collection: &Collection, record: RecordId) -> Bytes {
    let get = GetRecord { account: ada.id(), scope: collection.scope, record };
    world.service.get_record(ada.caller.clone(), get).await.unwrap().record
}

/// The states that somebody is told, as epoch, version and number.
async fn states(world: &World, by: &Person, collection: &Collection) -> Vec<(u32, u64, u32)> {
    let opened = world.service.open_scope(by.caller.clone(), World::open(collection)).await.unwrap();
    let told = |IndexedAlike { state: IndexState { epoch, version }, records }| (epoch, version, records);
    opened.indexed.into_iter().map(told).collect()
}

fn query(collection: &Collection, filter: Filter, unindexed: Option<Unindexed>) -> QueryRecords {
    let (account, scope, order) = (collection.account, collection.scope, Order::OldestFirst);
    QueryRecords {
        account,
        scope,
        filter,
        unindexed,
        within: None,
        state: Default::default(),
        order,
        limit: 100,
        after: None,
    }
}

fn behind(epoch: u32, version: u64, at_most: u32) -> Option<Unindexed> {
    Some(Unindexed { before: IndexState { epoch, version }, at_most })
}

async fn found(world: &World, by: &Person, query: QueryRecords) -> Vec<RecordId> {
    ids(&world.service.query_records(by.caller.clone(), query).await.unwrap())
}

/// The placement as it was, with these tokens.
fn keep(collection: &Collection, tokens: Option<(u32, u64, u8)>) -> impl FnOnce(&mut Placement) + Clone {
    let scope = collection.scope;
    move |placement: &mut Placement| {
        placement.recipients.iter_mut().for_each(|recipient| recipient.epoch = 0);
        let made = |(epoch, version, byte)| {
            let index = vec![Bytes::from(vec![byte; 16])];
            Tokens { scope, epoch, version, index, unique: vec![] }
        };
        placement.tokens = tokens.map(made).into_iter().collect();
    }
}

#[tokio::test]
async fn a_record_is_indexed_anew_with_its_recipients_as_they_are() {
    let world = World::new();
    let (ada, bob, cleo) = (world.person("ada").await, world.person("bob").await, world.person("cleo").await);
    let mut collection = world.collection(&ada).await;
    let contributor = world.grant(&ada, &bob, &mut collection, Level::Contribute).await;
    let reader = world.grant(&ada, &cleo, &mut collection, Level::Read).await;
    let record = world.record(&ada, &collection, Some("red")).await;
    let old = World::tokens(&collection, "red");
    assert_eq!(states(&world, &ada, &collection).await, [(0, 1, 1)]);

    let readers = [(contributor, &bob), (reader, &cleo)];
    let epoch = world.new_epoch(&ada, &mut collection, &readers);
    world.commit(&ada, ada.id(), vec![Operation::BeginEpoch { epoch }]).await.unwrap();
    let envelope = stored(&world, &ada, &collection, record).await;
    let place = |tokens| world.place(&ada, &collection, &envelope, None, keep(&collection, tokens));
    let send = |operation| world.commit(&ada, ada.id(), vec![operation]);
    // Tokens of the present epoch and of a version that there is, or it stays as it was.
    for (tokens, expected) in [
        (None, ErrorCode::StaleEpoch),
        (Some((0, 1, 7)), ErrorCode::StaleEpoch),
        (Some((2, 1, 7)), ErrorCode::StaleEpoch),
        (Some((1, 2, 7)), ErrorCode::MalformedMessage),
        (Some((1, 0, 7)), ErrorCode::MalformedMessage),
    ] {
        assert_eq!(code(send(place(tokens)).await), expected, "{tokens:?}");
    }
    let other_recipients = world.place(&ada, &collection, &envelope, None, |placement| {
        keep(&collection, Some((1, 1, 7)))(placement);
        placement.recipients[0].key = Bytes::from([&placement.recipients[0].key[1..], &[1]].concat());
    });
    assert_eq!(code(send(other_recipients).await), ErrorCode::StaleEpoch, "recipients of before, but others");
    let fewer = world.place(&ada, &collection, &envelope, None, |placement| {
        keep(&collection, Some((0, 1, 7)))(placement);
        placement.recipients.iter_mut().for_each(|recipient| recipient.epoch = 1);
    });
    assert_eq!(code(send(fewer).await), ErrorCode::MalformedMessage, "tokens before recipients");
    let by = |who: &Person, access| {
        world.place(who, &collection, &envelope, Some(access), keep(&collection, Some((1, 1, 7))))
    };
    let refused = world.commit(&cleo, ada.id(), vec![by(&cleo, reader)]).await;
    assert_eq!(code(refused), ErrorCode::NotAllowed, "who only reads does not index");
    assert_eq!(states(&world, &ada, &collection).await, [(0, 1, 1)], "nothing has changed");
    assert_eq!(found(&world, &ada, query(&collection, Filter::Tokens(old.clone()), None)).await, [record]);

    // Who contributes may.
    world.commit(&bob, ada.id(), vec![by(&bob, contributor)]).await.unwrap();
    assert_eq!(states(&world, &ada, &collection).await, [(1, 1, 1)]);
    assert_eq!(found(&world, &ada, query(&collection, Filter::Tokens(old), None)).await, []);
    let new = Filter::Tokens(vec![Bytes::from(vec![7; 16])]);
    assert_eq!(found(&world, &ada, query(&collection, new.clone(), None)).await, [record]);
    assert_eq!(found(&world, &ada, query(&collection, Filter::Or(vec![]), behind(1, 1, 0))).await, []);
    // The placement that was moved once is the one to be moved next, and the record can go.
    assert_eq!(code(send(place(Some((1, 1, 8)))).await), ErrorCode::VersionConflict);
    let end = Write { record, version: 2, kind: RecordKind::Tombstone, ..Write::default() };
    world.commit(&ada, ada.id(), vec![world.put(&ada, &collection, &end)]).await.unwrap();
    assert_eq!(states(&world, &ada, &collection).await, []);
    assert_eq!(found(&world, &ada, query(&collection, new, behind(9, 9, 1_000))).await, []);
}

#[tokio::test]
async fn every_instance_is_in_the_list_of_how_it_is_indexed() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut collection = world.collection(&ada).await;
    let access = world.grant(&ada, &bob, &mut collection, Level::CreateOnly).await;
    let (first, second) =
        (world.record(&ada, &collection, Some("red")).await, world.record(&ada, &collection, None).await);
    let deposited = RecordId::from_bytes(world.id16());
    let deposit = world.deposit(&bob, &collection, deposited, access);
    world.commit(&bob, ada.id(), vec![deposit]).await.unwrap();
    assert_eq!(states(&world, &ada, &collection).await, [(0, 0, 1), (0, 1, 2)]);
    assert_eq!(states(&world, &bob, &collection).await, [], "who does not read is not told");

    // A definition with other indexes; what is written as before is taken, and stands where it belongs.
    let next = RecordId::definition(collection.scope);
    let kind = RecordKind::Definition;
    let write = Write { record: next, version: 2, kind, ..Write::default() };
    world.commit(&ada, ada.id(), vec![world.put(&ada, &collection, &write)]).await.unwrap();
    let later = world.record(&ada, &collection, Some("red")).await;
    assert_eq!(states(&world, &ada, &collection).await, [(0, 0, 1), (0, 1, 3)]);
    let envelope = stored(&world, &ada, &collection, first).await;
    let place = world.place(&ada, &collection, &envelope, None, keep(&collection, Some((0, 2, 7))));
    world.commit(&ada, ada.id(), vec![place]).await.unwrap();
    assert_eq!(states(&world, &ada, &collection).await, [(0, 0, 1), (0, 1, 2), (0, 2, 1)]);

    // The loop of a job: what is behind, page by page, until nothing is.
    let job = query(&collection, Filter::Or(vec![]), behind(0, 2, 3));
    assert_eq!(found(&world, &ada, job.clone()).await, [second, deposited, later]);
    let refused = QueryRecords { unindexed: behind(0, 2, 2), ..job.clone() };
    let refused = world.service.query_records(ada.caller.clone(), refused).await.unwrap_err();
    assert_eq!((refused.code(), refused.details().limit), (ErrorCode::Unindexed, Some(2)));
    for record in [second, deposited, later] {
        let envelope = stored(&world, &ada, &collection, record).await;
        let place = world.place(&ada, &collection, &envelope, None, keep(&collection, Some((0, 2, 7))));
        world.commit(&ada, ada.id(), vec![place]).await.unwrap();
    }
    assert_eq!(found(&world, &ada, QueryRecords { unindexed: behind(0, 2, 0), ..job }).await, []);
    assert_eq!(states(&world, &ada, &collection).await, [(0, 2, 4)]);
}

#[tokio::test]
async fn what_a_reader_is_not_shown_is_not_counted_for_it_either() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut garden = crate::ontology::Garden::of(&world, &ada).await;
    let hidden = [garden.filed(&world, &ada, &[]).await, garden.filed(&world, &ada, &[]).await];
    let epoch = world.next_epoch(&ada, &mut garden.collection, &[], &[]);
    let grant = world.new_slice_grant(&ada, &bob, &mut garden.collection, None, Level::Read, 1);
    let operations = vec![Operation::BeginEpoch { epoch }, Operation::Grant(Box::new(grant))];
    world.commit(&ada, ada.id(), operations).await.unwrap();
    let collection = &garden.collection;
    let shown = garden.filed(&world, &ada, &[]).await;
    // One of those that bob is not shown comes to stand among what he is.
    let envelope = stored(&world, &ada, collection, hidden[0]).await;
    let place = world.place(&ada, collection, &envelope, None, |_| {});
    world.commit(&ada, ada.id(), vec![place]).await.unwrap();

    assert_eq!(states(&world, &ada, collection).await, [(0, 0, 1), (1, 0, 2)]);
    assert_eq!(states(&world, &bob, collection).await, [(1, 0, 0)], "told, and not counted");
    let job = |at_most| query(collection, Filter::Or(vec![]), behind(5, 1, at_most));
    assert_eq!(found(&world, &bob, job(1)).await, [shown]);
    assert_eq!(code(world.service.query_records(ada.caller.clone(), job(2)).await), ErrorCode::Unindexed);
    assert_eq!(found(&world, &ada, job(3)).await.len(), 3);
    let QueryRecords { account, scope, .. } = job(1);
    let count = |at_most, filter| CountRecords {
        account,
        scope,
        filter,
        unindexed: at_most,
        within: None,
        state: Default::default(),
        buckets: vec![],
        enough: 100,
        after: None,
    };
    for (by, number) in [(&bob, 1), (&ada, 3)] {
        let told = world.service.count_records(by.caller.clone(), count(None, Filter::All)).await.unwrap();
        assert_eq!((told.counts, told.unindexed), (vec![u64::from(number)], 0));
        let none = count(behind(5, 1, number), Filter::All);
        let told = world.service.count_records(by.caller.clone(), none.clone()).await.unwrap();
        assert_eq!((told.counts, told.unindexed), (vec![0], number), "behind, and not counted");
        let less = CountRecords { unindexed: behind(5, 1, number - 1), ..none.clone() };
        assert_eq!(code(world.service.count_records(by.caller.clone(), less).await), ErrorCode::Unindexed);
        let any = CountRecords { unindexed: behind(5, 1, u32::MAX), ..none };
        let told = world.service.count_records(by.caller.clone(), any).await.unwrap();
        assert_eq!(told.unindexed, number, "bounded by nobody, and counted");
    }
}
