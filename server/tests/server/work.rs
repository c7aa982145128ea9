//! Work: what one request costs the committer, which serves every account, does not grow with what others stored.

use crate::world::{Collection, Person, URI, World, code};
use pryv_crypto::{
    index::{Form, IndexKey},
    record::{Draft, NewTokens, RecordSealer},
};
use pryv_engine::{
    Engine, EngineError, EngineStats, Health, MemoryDisk, MemoryEngine, ReadView, Scan, Store, StoreOptions,
    Visitor, WriteGroup,
};
use pryv_server::{service::Rules, telemetry::ServiceMetrics};
use pryv_wire::{
    AccessId, Bytes, ErrorCode, RecordId, access::Level, encode, record::RecordKind, scope::OpenScope,
    transaction::Operation,
};
use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// An engine in memory that counts the rows it is asked for.
#[derive(Debug)]
struct Counting {
    engine: MemoryEngine,
    rows: Arc<AtomicU64>,
}

struct CountingView {
    view: Box<dyn ReadView>,
    rows: Arc<AtomicU64>,
}

fn scan(
    view: &dyn ReadView,
    rows: &AtomicU64,
    scan: &Scan,
    visit: &mut Visitor<'_>,
) -> Result<(), EngineError> {
    view.scan(scan, &mut |key, value| -> ControlFlow<()> {
        rows.fetch_add(1, Ordering::Relaxed);
        visit(key, value)
    })
}

impl ReadView for CountingView {
    fn get(&self, key: &[u8]) -> Result<Option<bytes::Bytes>, EngineError> {
        self.rows.fetch_add(1, Ordering::Relaxed);
        self.view.get(key)
    }

    fn scan(&self, range: &Scan, visit: &mut Visitor<'_>) -> Result<(), EngineError> {
        scan(&*self.view, &self.rows, range, visit)
    }
}

impl ReadView for Counting {
    fn get(&self, key: &[u8]) -> Result<Option<bytes::Bytes>, EngineError> {
        self.rows.fetch_add(1, Ordering::Relaxed);
        self.engine.get(key)
    }

    fn scan(&self, range: &Scan, visit: &mut Visitor<'_>) -> Result<(), EngineError> {
        scan(&self.engine, &self.rows, range, visit)
    }
}

impl Engine for Counting {
    fn name(&self) -> &'static str {
        "counting"
    }

    fn commit(&self, group: &WriteGroup) -> Result<(), EngineError> {
        self.engine.commit(group)
    }

    fn snapshot(&self) -> Result<Option<Box<dyn ReadView>>, EngineError> {
        let view = self.engine.snapshot()?;
        Ok(view.map(|view| -> Box<dyn ReadView> {
            Box::new(CountingView { view, rows: Arc::clone(&self.rows) })
        }))
    }

    fn stats(&self) -> Result<EngineStats, EngineError> {
        self.engine.stats()
    }

    fn health(&self) -> Health {
        self.engine.health()
    }

    fn close(self: Box<Self>) -> Result<(), EngineError> {
        Box::new(self.engine).close()
    }
}

fn counted() -> (World, Arc<AtomicU64>) {
    let rows = Arc::new(AtomicU64::new(0));
    let (disk, counter) = (MemoryDisk::default(), Arc::clone(&rows));
    let opener = move || -> Result<Box<dyn Engine>, EngineError> {
        Ok(Box::new(Counting { engine: MemoryEngine::on(disk.clone()), rows: Arc::clone(&counter) }))
    };
    let engine = Store::with_engine(opener, &StoreOptions::default(), None).unwrap();
    (World::over(engine, Rules::default(), ServiceMetrics::default()), rows)
}

/// Grants so many accesses that may only create, and answers the last one.
async fn grant_many(
    world: &World,
    owner: &Person,
    grantee: &Person,
    collection: &mut Collection,
    count: usize,
) -> AccessId {
    let mut last = None;
    let operations = (0..count).map(|_| {
        let grant = world.new_grant(owner, grantee, collection, Level::CreateOnly);
        last = Some(grant.statement.unverified().unwrap().access);
        Operation::Grant(Box::new(grant))
    });
    let operations = operations.collect();
    world.commit(owner, owner.id(), operations).await.unwrap();
    last.unwrap()
}

const ACCESSES: usize = 100;
const OPERATIONS: usize = 40;
/// Between each operation reading every access, and all of them reading the accesses once or twice.
const MOST: u64 = 1_000;

#[tokio::test]
async fn records_of_a_grantee_do_not_each_read_all_its_accesses() {
    let (world, rows) = counted();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut collection = world.collection(&ada).await;
    let access = grant_many(&world, &ada, &bob, &mut collection, ACCESSES).await;
    let deposits = (0..OPERATIONS)
        .map(|_| world.deposit(&bob, &collection, RecordId::from_bytes(world.id16()), access))
        .collect();
    rows.store(0, Ordering::Relaxed);
    world.commit(&bob, ada.id(), deposits).await.unwrap();
    let read = rows.load(Ordering::Relaxed);
    assert!(read < MOST, "{read} rows read for {OPERATIONS} records");
}

#[tokio::test]
async fn epochs_of_one_transaction_do_not_each_read_all_accesses_of_the_scope() {
    let (world, rows) = counted();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut collection = world.collection(&ada).await;
    let access = grant_many(&world, &ada, &bob, &mut collection, ACCESSES).await;
    let mut operations = vec![world.new_revocation(&ada, &mut collection, access, &[])];
    for _ in 0..OPERATIONS {
        let epoch = world.new_epoch(&ada, &mut collection, &[]);
        operations.push(Operation::BeginEpoch { epoch });
    }
    rows.store(0, Ordering::Relaxed);
    world.commit(&ada, ada.id(), operations).await.unwrap();
    let read = rows.load(Ordering::Relaxed);
    assert!(read < MOST, "{read} rows read for {OPERATIONS} epochs");
}

#[tokio::test]
async fn a_grant_without_its_shares_is_refused_before_every_epoch_is_read() {
    let (world, rows) = counted();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut collection = world.collection(&ada).await;
    let operations = (0..400)
        .map(|_| Operation::BeginEpoch { epoch: world.new_epoch(&ada, &mut collection, &[]) })
        .collect();
    world.commit(&ada, ada.id(), operations).await.unwrap();
    collection.epochs.truncate(1);
    collection.locks.truncate(1);
    let grant = world.new_grant(&ada, &bob, &mut collection, Level::Read);
    rows.store(0, Ordering::Relaxed);
    let refused = world.commit(&ada, ada.id(), vec![Operation::Grant(Box::new(grant))]).await;
    assert_eq!(code(refused), ErrorCode::StaleEpoch);
    let read = rows.load(Ordering::Relaxed);
    assert!(read < 100, "{read} rows read");
}

#[tokio::test]
async fn a_member_that_names_an_access_does_not_have_the_others_read() {
    const OTHERS: usize = 12;
    let (world, rows) = counted();
    let (ada, bob, cleo) = (world.person("ada").await, world.person("bob").await, world.person("cleo").await);
    let mut group = world.group(&bob).await;
    world.grant(&bob, &cleo, &mut group, Level::Read).await;
    let mut collection = world.collection(&ada).await;
    let access = world.grant(&ada, group.to(), &mut collection, Level::Read).await;
    let open = async || {
        rows.store(0, Ordering::Relaxed);
        let open = OpenScope { access: Some(access), ..World::open(&collection) };
        world.service.open_scope(cleo.caller.clone(), open).await.unwrap();
        rows.load(Ordering::Relaxed)
    };
    open().await;
    let few = open().await;
    for other in 0..OTHERS {
        let (made, mut other) = world.new_collection(&ada, &format!("https://example.org/{other}"));
        let grant = Operation::Grant(Box::new(world.new_grant(&ada, group.to(), &mut other, Level::Read)));
        world.commit(&ada, ada.id(), vec![made, grant]).await.unwrap();
    }
    assert_eq!(open().await, few, "rows read with {OTHERS} more accesses of the group");
}

#[tokio::test]
async fn the_accesses_of_one_grantee_are_bounded() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut collection = world.collection(&ada).await;
    let access = grant_many(&world, &ada, &bob, &mut collection, 256).await;
    let more = world.new_grant(&ada, &bob, &mut collection, Level::CreateOnly);
    let more = Operation::Grant(Box::new(more));
    let refused = world.commit(&ada, ada.id(), vec![more.clone()]).await.unwrap_err();
    assert_eq!((refused.code(), refused.details().limit), (ErrorCode::OutOfRange, Some(256)));
    let revoke = world.new_revocation(&ada, &mut collection, access, &[]);
    world.commit(&ada, ada.id(), vec![revoke, more]).await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_writes_too_much_is_told_to_be_split() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    // A token of 16 bytes becomes a row of 90.
    let values: Vec<u32> = (0..512).collect();
    let key = IndexKey::new(&collection.present().1, URI, &["/color"], &Form::Equality);
    let tokens = key.tokens(&Form::Equality, &[Some(&values.into())]).unwrap();
    let sealer =
        RecordSealer::for_reader(&ada.identity, &collection.present().0, &collection.present().1, None)
            .unwrap();
    let operations = (0..800)
        .map(|_| {
            let draft = Draft {
                record: RecordId::from_bytes(world.id16()),
                version: 1,
                kind: RecordKind::Instance,
                definition: Some(collection.definition),
                content: b"",
                tokens: NewTokens { version: 1, index: tokens.clone(), unique: vec![] },
                written_at: world.now(),
            };
            let sealed = sealer.seal(&draft, &mut world.rng()).unwrap();
            Operation::PutRecord { record: Bytes::from(encode(&sealed.envelope)) }
        })
        .collect();
    let refused = world.commit(&ada, ada.id(), operations).await;
    assert_eq!(code(refused), ErrorCode::BodyTooLarge);
}
