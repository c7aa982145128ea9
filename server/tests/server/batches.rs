//! Batches: each question is answered as if it had been asked alone, within what one page may have.

use crate::world::{Collection, Person, World, Write, code, ids};
use pryv_wire::{
    Bytes, ErrorCode, RecordId, ScopeId,
    access::Level,
    audit::{Act, AuditLine, ListAudit},
    record::{
        Answered, BatchRecords, CountRecords, Filter, GetRecord, IndexState, MAX_FILTER_DEPTH, Order,
        QueryRecords, Question, RecordKind, Records, Unindexed,
    },
};

fn query(collection: &Collection, filter: Filter, limit: u32, after: Option<Bytes>) -> QueryRecords {
    QueryRecords {
        account: collection.account,
        scope: collection.scope,
        filter,
        unindexed: None,
        within: None,
        state: Default::default(),
        order: Order::OldestFirst,
        limit,
        after,
    }
}

fn count(collection: &Collection, enough: u64, buckets: Vec<Vec<Bytes>>) -> CountRecords {
    CountRecords {
        account: collection.account,
        scope: collection.scope,
        filter: Filter::All,
        unindexed: None,
        within: None,
        state: Default::default(),
        buckets,
        enough,
        after: None,
    }
}

fn get(collection: &Collection, record: RecordId) -> GetRecord {
    GetRecord { account: collection.account, scope: collection.scope, record }
}

async fn batch(world: &World, by: &Person, questions: Vec<Question>) -> Vec<Answered> {
    world.service.batch_records(by.caller.clone(), BatchRecords { questions }).await.unwrap().answers
}

/// What the single call answers.
async fn alone(world: &World, by: &Person, question: Question) -> Answered {
    let caller = by.caller.clone();
    let answered = match question {
        Question::Query(query) => world.service.query_records(caller, query).await.map(Answered::Query),
        Question::Count(count) => world.service.count_records(caller, count).await.map(Answered::Count),
        Question::Get(get) => world.service.get_record(caller, get).await.map(Answered::Get),
        _ => panic!("a question of another kind"),
    };
    answered.unwrap_or_else(|error| Answered::Refused(error.into_problem()))
}

/// Cursors are sealed anew each time.
fn without_cursors(answered: Answered) -> Answered {
    let masked = |next: Option<Bytes>| next.map(|_| Bytes::default());
    match answered {
        Answered::Query(page) => Answered::Query(Records { next: masked(page.next), ..page }),
        Answered::Count(mut counted) => {
            counted.next = masked(counted.next);
            Answered::Count(counted)
        }
        other => other,
    }
}

#[tokio::test]
async fn each_question_is_answered_or_refused_by_itself() {
    let world = World::new();
    let (ada, bob, eve) = (world.person("ada").await, world.person("bob").await, world.person("eve").await);
    let mut collection = world.collection(&ada).await;
    let (made, hidden) = world.new_collection(&ada, "https://example.org/hidden");
    world.commit(&ada, ada.id(), vec![made]).await.unwrap();
    let absent = Collection { scope: ScopeId::from_bytes([3; 16]), ..world.new_collection(&ada, "u:x").1 };
    let record = world.record(&ada, &collection, Some("red")).await;
    world.record(&ada, &collection, Some("blue")).await;
    world.record(&ada, &hidden, Some("red")).await;
    let gone = world.record(&ada, &collection, None).await;
    let end = Write { record: gone, version: 2, kind: RecordKind::Tombstone, ..Write::default() };
    world.commit(&ada, ada.id(), vec![world.put(&ada, &collection, &end)]).await.unwrap();
    world.grant(&ada, &bob, &mut collection, Level::Read).await;

    let red = World::tokens(&collection, "red");
    let deep = (0..MAX_FILTER_DEPTH).fold(Filter::All, |inner, _| Filter::Not(Box::new(inner)));
    let before = IndexState { epoch: 1, version: 1 };
    let stale = QueryRecords {
        unindexed: Some(Unindexed { before, at_most: 1 }),
        ..query(&collection, Filter::All, 10, None)
    };
    let questions = || {
        let mut questions = vec![
            Question::Query(stale.clone()),
            Question::Query(query(&collection, deep.clone(), 10, None)),
            Question::Query(query(&collection, Filter::All, 0, None)),
            Question::Query(query(&collection, Filter::All, 10, Some(Bytes::from(vec![1; 40])))),
            Question::Count(count(&collection, 0, vec![])),
            Question::Count(count(&collection, 1, vec![vec![]; 513])),
            Question::Count(CountRecords {
                after: Some(Bytes::from(vec![1; 40])),
                ..count(&collection, 1, vec![])
            }),
            Question::Get(get(&collection, gone)),
            Question::Get(get(&collection, RecordId::from_bytes([9; 16]))),
        ];
        for scope in [&collection, &hidden, &absent] {
            questions.extend([
                Question::Query(query(scope, Filter::All, 1, None)),
                Question::Query(query(scope, Filter::Tokens(red.clone()), 10, None)),
                Question::Count(count(scope, 10, vec![])),
                Question::Count(count(scope, 1, vec![red.clone(), red.clone()])),
                Question::Get(get(scope, record)),
            ]);
        }
        questions
    };
    for by in [&ada, &bob, &eve] {
        let answers = batch(&world, by, questions()).await;
        let mut refused = 0;
        for (question, answer) in questions().into_iter().zip(answers) {
            refused += usize::from(matches!(answer, Answered::Refused(_)));
            let said = format!("{question:?}");
            let expected = without_cursors(alone(&world, by, question).await);
            assert_eq!(without_cursors(answer), expected, "{said}");
        }
        let expected = [(ada.id(), 14), (bob.id(), 18), (eve.id(), 24)];
        assert!(expected.contains(&(by.id(), refused)), "{refused} refused");
    }
    // Nobody who may not see tells what is there from what is not.
    let asked = |scope: &Collection| {
        vec![Question::Query(query(scope, Filter::All, 1, None)), Question::Get(get(scope, record))]
    };
    assert_eq!(batch(&world, &bob, asked(&hidden)).await, batch(&world, &bob, asked(&absent)).await);
    assert_eq!(batch(&world, &ada, vec![]).await, []);
    let many = BatchRecords { questions: vec![Question::Get(get(&collection, record)); 101] };
    assert_eq!(code(world.service.batch_records(ada.caller.clone(), many).await), ErrorCode::OutOfRange);
}

#[tokio::test]
async fn what_a_batch_gives_is_entered_question_by_question() {
    let world = World::new();
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let mut collection = world.collection(&ada).await;
    let record = world.record(&ada, &collection, Some("red")).await;
    world.record(&ada, &collection, Some("red")).await;
    let access = world.grant(&ada, &bob, &mut collection, Level::Read).await;
    let red = World::tokens(&collection, "red");
    let questions = vec![
        Question::Get(get(&collection, RecordId::from_bytes([9; 16]))),
        Question::Count(count(&collection, 10, vec![red.clone(), red])),
        Question::Query(query(&collection, Filter::All, 10, None)),
        Question::Get(get(&collection, record)),
        Question::Count(count(&collection, 10, vec![])),
    ];
    batch(&world, &bob, questions).await;
    let list = ListAudit { account: ada.id(), after: 0, limit: 100, only: None };
    let page = world.service.list_audit(ada.caller.clone(), list).await.unwrap();
    let told: Vec<_> = page
        .lines
        .iter()
        .filter_map(|line| match line {
            AuditLine::Entry(entry) if entry.principal == bob.id() => {
                assert_eq!((entry.access, &entry.scopes[..]), (Some(access), &[collection.scope][..]));
                Some((entry.act, entry.records))
            }
            _ => None,
        })
        .collect();
    let expected =
        [(Act::CountRecords, 4), (Act::QueryRecords, 2), (Act::GetRecord, 1), (Act::CountRecords, 2)];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_batch_gives_no_more_than_a_page_and_the_rest_is_asked_for_again() {
    let world = World::new();
    let ada = world.person("ada").await;
    let collection = world.collection(&ada).await;
    for id in 0..24_u8 {
        let record = RecordId::from_bytes([id; 16]);
        let put = world.put(&ada, &collection, &Write { record, size: 220 * 1024, ..Write::default() });
        world.commit(&ada, ada.id(), vec![put]).await.unwrap();
    }
    let record = RecordId::from_bytes([3; 16]);
    let all = |after| Question::Query(query(&collection, Filter::All, 1_000, after));
    let few = Question::Query(query(&collection, Filter::All, 3, None));
    let questions = vec![few, all(None), all(None), Question::Get(get(&collection, record))];
    let questions = [questions, vec![Question::Count(count(&collection, 100, vec![]))]].concat();
    let answers = batch(&world, &ada, questions).await;
    let [Answered::Query(first), Answered::Query(second), Answered::Query(third), rest @ ..] = &answers[..]
    else {
        panic!("{answers:?}");
    };
    assert_eq!(first.records.len(), 3);
    let bytes: usize = first.records.iter().chain(&second.records).map(|record| record.len()).sum();
    assert!(second.records.len() > 5 && bytes < 5 << 20, "{bytes} bytes");
    assert!(third.records.is_empty(), "nothing is left for it");
    let [Answered::Refused(problem), Answered::Count(counted)] = rest else { panic!("{rest:?}") };
    assert_eq!(problem.code, ErrorCode::Overloaded);
    assert_eq!(counted.counts, [24], "a count gives no bytes");
    // From its beginning, and to its end.
    let (mut found, mut after) = (Vec::new(), third.next.clone());
    while after.is_some() {
        let answers = batch(&world, &ada, vec![all(after)]).await;
        let [Answered::Query(page)] = &answers[..] else { panic!("{answers:?}") };
        found.extend(ids(page));
        after = page.next.clone();
    }
    let expected: Vec<_> = (0..24_u8).map(|id| RecordId::from_bytes([id; 16])).collect();
    assert_eq!(found, expected);
}
