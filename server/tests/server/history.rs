//! History: what is kept of earlier versions, by what the collection says, and who is shown it.

use crate::world::{Collection, Person, URI, World, Write, code, protected};
use pryv_wire::{
    Bytes, ErrorCode, RecordId,
    access::Level,
    audit::{Act, AuditLine, ListAudit},
    record::{RecordHistory, RecordKind, RecordVersions},
    scope::{CollectionKind, History, ScopeKind},
};

async fn keeping(world: &World, ada: &Person, history: History) -> Collection {
    let scope = ada.identity.scope_id(&format!("{URI}/{history:?}"));
    let kind = ScopeKind::Collection(CollectionKind { ontologies: vec![], history });
    let (create, collection) = world.new_scope(ada, scope, kind, vec![], vec![]);
    world.commit(ada, ada.id(), vec![create]).await.unwrap();
    collection
}

async fn write(
    world: &World,
    by: &Person,
    collection: &Collection,
    record: RecordId,
    version: u64,
    kind: RecordKind,
) {
    let put = world.put(by, collection, &Write { record, version, kind, ..Write::default() });
    world.commit(by, collection.account, vec![put]).await.unwrap();
}

fn asking(collection: &Collection, record: RecordId, before: Option<u64>, limit: u32) -> RecordHistory {
    RecordHistory { account: collection.account, scope: collection.scope, record, before, limit }
}

fn numbers(page: &RecordVersions) -> Vec<u64> {
    page.versions.iter().map(|version| protected(version).version).collect()
}

#[tokio::test]
async fn a_collection_keeps_what_it_says() {
    let world = World::new();
    let ada = world.person("ada").await;
    for (history, before, after) in [
        (History::None, vec![3], vec![4]),
        (History::Versions, vec![3, 2, 1], vec![4]),
        (History::Everything, vec![3, 2, 1], vec![4, 3, 2, 1]),
    ] {
        let collection = keeping(&world, &ada, history).await;
        let record = RecordId::from_bytes(world.id16());
        for version in 1..=3 {
            write(&world, &ada, &collection, record, version, RecordKind::Instance).await;
        }
        let all = || world.service.record_history(ada.caller.clone(), asking(&collection, record, None, 100));
        assert_eq!(numbers(&all().await.unwrap()), before, "{history:?}");
        write(&world, &ada, &collection, record, 4, RecordKind::Tombstone).await;
        let page = all().await.unwrap();
        assert_eq!((numbers(&page), page.next), (after, None), "{history:?}");
    }
}

#[tokio::test]
async fn a_history_is_paged_and_each_version_is_what_was_written() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = keeping(&world, &ada, History::Everything).await;
    let record = RecordId::from_bytes(world.id16());
    let mut written: Vec<Bytes> = Vec::new();
    for version in 1..=5 {
        let envelope = world.envelope(&ada, &collection, &Write { record, version, ..Write::default() });
        let put = pryv_wire::transaction::Operation::PutRecord { record: envelope.clone() };
        world.commit(&ada, ada.id(), vec![put]).await.unwrap();
        written.insert(0, envelope);
    }
    for limit in 1..=6 {
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let ask = asking(&collection, record, before, limit);
            let page = world.service.record_history(ada.caller.clone(), ask).await.unwrap();
            assert!(page.versions.len() <= limit as usize);
            found.extend(page.versions);
            match page.next {
                Some(next) => before = Some(next),
                None => break,
            }
        }
        assert_eq!(found, written, "{limit} at a time");
    }
    for limit in [0, 1_001] {
        let refused =
            world.service.record_history(ada.caller.clone(), asking(&collection, record, None, limit));
        assert_eq!(code(refused.await), ErrorCode::OutOfRange);
    }
}

#[tokio::test]
async fn a_history_is_for_whoever_may_read_and_is_entered_in_the_audit() {
    let world = World::new();
    let (ada, bob, eve) = (world.person("ada").await, world.person("bob").await, world.person("eve").await);
    let depositor = world.person("device").await;
    let mut collection = keeping(&world, &ada, History::Everything).await;
    let record = RecordId::from_bytes(world.id16());
    for version in 1..=2 {
        write(&world, &ada, &collection, record, version, RecordKind::Instance).await;
    }
    let ask = asking(&collection, record, None, 10);
    let access = world.grant(&ada, &bob, &mut collection, Level::Read).await;
    let deposit = world.grant(&ada, &depositor, &mut collection, Level::CreateOnly).await;
    assert_eq!(
        numbers(&world.service.record_history(bob.caller.clone(), ask.clone()).await.unwrap()),
        [2, 1]
    );
    assert_eq!(
        code(world.service.record_history(eve.caller.clone(), ask.clone()).await),
        ErrorCode::NotFound
    );
    let refused = world.service.record_history(depositor.caller.clone(), ask.clone()).await;
    assert_eq!(code(refused), ErrorCode::NotAllowed);
    // Of the definition, which whoever writes must know, whoever may know of the collection is shown every version.
    let definition = asking(&collection, RecordId::definition(collection.scope), None, 10);
    let shown = world.service.record_history(depositor.caller.clone(), definition.clone()).await.unwrap();
    assert_eq!(numbers(&shown), [1]);
    assert_eq!(code(world.service.record_history(eve.caller.clone(), definition).await), ErrorCode::NotFound);
    let absent = RecordHistory { record: RecordId::from_bytes([8; 16]), ..ask.clone() };
    assert_eq!(code(world.service.record_history(bob.caller.clone(), absent).await), ErrorCode::NotFound);

    let list = ListAudit { account: ada.id(), after: 0, limit: 100, only: None };
    let audit = world.service.list_audit(ada.caller.clone(), list).await.unwrap();
    let entries = audit.lines.iter().filter_map(|line| match line {
        AuditLine::Entry(entry) => Some((entry.act, entry.access, entry.records)),
        _ => None,
    });
    let histories: Vec<_> = entries.filter(|(act, ..)| *act == Act::ReadHistory).collect();
    let expected = [(Act::ReadHistory, Some(access), 2), (Act::ReadHistory, Some(deposit), 1)];
    assert_eq!(histories, expected, "what was answered, and no refusal");

    let revoke = world.new_revocation(&ada, &mut collection, access, &[]);
    world.commit(&ada, ada.id(), vec![revoke]).await.unwrap();
    assert_eq!(code(world.service.record_history(bob.caller.clone(), ask).await), ErrorCode::NotFound);
}
