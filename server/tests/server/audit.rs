//! The audit: what is entered, that it is chained, who reads it, what goes in time, and the heads in answers.

use crate::{
    http::{Http, sign_up},
    node::{settings, start},
    world::{PASSWORD, Person, World, code},
};
use pryv_server::service::Rules;
use pryv_wire::{
    ErrorCode, RecordId,
    access::Level,
    account::ListSessions,
    audit::{Act, AuditEntry, AuditFilter, AuditLine, AuditPage, HEADS_HEADER, Heads, ListAudit, Mark},
    record::{Filter, GetRecord, Order},
    transaction::Change,
};

async fn page(world: &World, of: &Person, after: u64, limit: u32, only: Option<AuditFilter>) -> AuditPage {
    let list = ListAudit { account: of.id(), after, limit, only };
    world.service.list_audit(of.caller.clone(), list).await.unwrap()
}

fn entries(page: &AuditPage) -> Vec<AuditEntry> {
    let whole = |line: &AuditLine| match line {
        AuditLine::Entry(entry) => Some(entry.clone()),
        _ => None,
    };
    page.lines.iter().filter_map(whole).collect()
}

/// The head that the lines of a page lead to.
fn recomputed(page: &AuditPage) -> Mark {
    page.lines.iter().fold(page.begins, |Mark { sequence, head }, line| {
        let digest = match line {
            AuditLine::Entry(entry) => {
                assert_eq!(entry.sequence, sequence + 1);
                entry.digest()
            }
            AuditLine::Other(digest) => *digest,
            _ => panic!("a line of another kind"),
        };
        Mark { sequence: sequence + 1, head: AuditEntry::head(head, digest) }
    })
}

#[tokio::test]
async fn every_reading_call_and_every_session_is_entered_and_chained() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut collection = world.collection(&ada).await;
    let record = world.record(&ada, &collection, None).await;
    let access = world.grant(&ada, &bob, &mut collection, Level::Read).await;
    world.log_in("ada", PASSWORD).await.unwrap();
    world.clock.advance(7);
    world.service.open_scope(ada.caller.clone(), World::open(&collection)).await.unwrap();
    world.service.open_scope(bob.caller.clone(), World::open(&collection)).await.unwrap();
    let get = GetRecord { account: ada.id(), scope: collection.scope, record };
    world.service.get_record(bob.caller.clone(), get.clone()).await.unwrap();
    world.query(&bob, &collection, Filter::All, Order::OldestFirst, 10, None).await.unwrap();

    let page = page(&world, &ada, 0, 100, None).await;
    let found = entries(&page);
    let told: Vec<_> = found
        .iter()
        .map(|entry| {
            (entry.act, entry.principal == ada.id(), entry.access, entry.scopes.len(), entry.records)
        })
        .collect();
    assert_eq!(
        told,
        [
            (Act::SignUp, true, None, 0, 0),
            (Act::Login, true, None, 0, 0),
            (Act::OpenScope, true, None, 1, 0),
            (Act::OpenScope, false, Some(access), 1, 0),
            (Act::GetRecord, false, Some(access), 1, 1),
            (Act::QueryRecords, false, Some(access), 1, 1),
        ]
    );
    assert!(found.iter().all(|entry| entry.scopes.iter().all(|scope| *scope == collection.scope)));
    assert_eq!(found[0].session, Some(ada.session.session));
    assert_eq!(found[3].session, None, "a grantee's session is its own business");
    assert_eq!(found[2].at.millis_since(found[1].at), 7);
    assert_eq!(page.begins, Mark { sequence: 0, head: AuditEntry::genesis(ada.id()) });
    assert_eq!(recomputed(&page), page.present);
    assert_eq!(world.service.heads(&ada.caller).unwrap().audit, page.present);

    // What is refused gives nothing and leaves no trace.
    let never = GetRecord { record: RecordId::from_bytes([9; 16]), ..get };
    assert_eq!(code(world.service.get_record(bob.caller.clone(), never).await), ErrorCode::NotFound);
    assert_eq!(world.service.heads(&ada.caller).unwrap().audit, page.present);
    // Bob's own audit tells of Bob's sessions only.
    let bobs = self::page(&world, &bob, 0, 100, None).await;
    assert_eq!(entries(&bobs).iter().map(|entry| entry.act).collect::<Vec<_>>(), [Act::SignUp]);
}

#[tokio::test]
async fn the_audit_is_for_the_owner_in_pages_that_close_whatever_is_asked_for() {
    let world = World::new();
    let (ada, bob, eve) = (world.person("ada").await, world.person("bob").await, world.person("eve").await);
    let mut collection = world.collection(&ada).await;
    let access = world.grant(&ada, &bob, &mut collection, Level::Read).await;
    for _ in 0..3 {
        world.query(&bob, &collection, Filter::All, Order::OldestFirst, 10, None).await.unwrap();
        world.clock.advance(10);
        world.query(&ada, &collection, Filter::All, Order::OldestFirst, 10, None).await.unwrap();
    }
    let list = |after, limit| ListAudit { account: ada.id(), after, limit, only: None };
    assert_eq!(code(world.service.list_audit(bob.caller.clone(), list(0, 1)).await), ErrorCode::NotAllowed);
    assert_eq!(code(world.service.list_audit(eve.caller.clone(), list(0, 1)).await), ErrorCode::NotFound);
    for limit in [0, 1_001] {
        let refused = world.service.list_audit(ada.caller.clone(), list(0, limit)).await;
        assert_eq!(code(refused), ErrorCode::OutOfRange);
    }
    let whole = entries(&page(&world, &ada, 0, 100, None).await);
    assert_eq!(whole.len(), 7);
    let second = page(&world, &ada, 3, 2, None).await;
    assert_eq!(entries(&second), whole[3..5]);
    assert!(page(&world, &ada, 7, 2, None).await.lines.is_empty());
    assert!(page(&world, &ada, u64::MAX, 2, None).await.lines.is_empty());

    let filters = [
        (AuditFilter { principal: Some(bob.id()), ..AuditFilter::default() }, 3),
        (AuditFilter { access: Some(access), ..AuditFilter::default() }, 3),
        (AuditFilter { scope: Some(collection.scope), ..AuditFilter::default() }, 6),
        (AuditFilter { from: Some(whole[3].at), until: Some(whole[5].at), ..AuditFilter::default() }, 2),
        (AuditFilter { principal: Some(eve.id()), ..AuditFilter::default() }, 0),
    ];
    for (only, count) in filters {
        let page = page(&world, &ada, 0, 100, Some(only)).await;
        let found = entries(&page);
        assert!(found.iter().all(|entry| only.wants(entry)), "{only:?}");
        assert_eq!((found.len(), page.lines.len()), (count, 7), "{only:?}");
        assert_eq!(recomputed(&page), page.present, "the chain closes over what is not wanted");
    }
}

#[tokio::test]
async fn old_entries_go_and_the_chain_says_where_it_begins() {
    let world = World::with(Rules { audit_millis: 1_000, audit_most: 5, ..Rules::default() });
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    let read = || world.query(&ada, &collection, Filter::All, Order::OldestFirst, 1, None);
    for _ in 0..9 {
        read().await.unwrap();
    }
    let kept = page(&world, &ada, 0, 100, None).await;
    assert_eq!((kept.lines.len(), kept.begins.sequence, kept.present.sequence), (5, 5, 10));
    assert_eq!(recomputed(&kept), kept.present, "from where it begins");
    assert_eq!(page(&world, &ada, 2, 100, None).await, kept, "what is gone is not answered");

    world.clock.advance(1_000);
    read().await.unwrap();
    let later = page(&world, &ada, 0, 100, None).await;
    assert_eq!((later.lines.len(), later.begins), (1, kept.present), "the others were too old");
    assert_eq!(recomputed(&later), later.present);
}

#[tokio::test]
async fn a_clock_that_is_put_back_does_not_put_the_chain_back() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    world.query(&ada, &collection, Filter::All, Order::OldestFirst, 1, None).await.unwrap();
    world.clock.advance(0_u64.wrapping_sub(500));
    world.query(&ada, &collection, Filter::All, Order::OldestFirst, 1, None).await.unwrap();
    let found = entries(&page(&world, &ada, 0, 100, None).await);
    assert!(found.is_sorted_by_key(|entry| entry.at), "{found:?}");
}

#[tokio::test]
async fn every_answer_to_a_session_carries_the_heads() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(settings(dir.path())).await;
    let token = sign_up(&running, "ada").await;
    let http = Http::at(running.address());
    for json in [false, true] {
        let with = http.with(&token);
        let answer =
            if json { with.post_json(&ListSessions {}).await } else { with.post(&ListSessions {}).await };
        let bytes = data_encoding::BASE64URL_NOPAD.decode(answer.headers[HEADS_HEADER].as_bytes()).unwrap();
        let heads: Heads = pryv_wire::decode(&bytes).unwrap();
        assert_eq!((heads.changes.sequence, heads.audit.sequence), (0, 1));
    }
    let refused = http.post(&ListSessions {}).await;
    assert!(!refused.headers.contains_key(HEADS_HEADER), "nothing to whoever has no session");
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn heads_are_those_of_the_callers_own_account() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    world.collection(&ada).await;
    let (of_ada, of_bob) =
        (world.service.heads(&ada.caller).unwrap(), world.service.heads(&bob.caller).unwrap());
    assert_eq!((of_ada.changes.sequence, of_bob.changes.sequence), (1, 0));
    assert_eq!(of_bob.changes.head, Change::genesis(bob.id()));
}
