//! Random questions to random collections: the same rows in the same order as a plain reference, for owner, manager, grantees of the
//! collection and of a term, over epochs, changes, filings, deletions, indexes that come and go, and writers in between.

use crate::fixture::{contact, named};
use pryv_sdk::{
    Collection, Condition, Definition, Grant, Index, Level, Query, RecordId, Silent, State, Term, TermId,
    VersionRef, collection::QueryError, definition::IndexKind,
};
use pryv_test_kit::{
    User, World, environment,
    random_notes::{condition, data, each, lies_between, meets, place},
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};
use serde_json::{Value, json};
use std::{cmp::Ordering, collections::BTreeSet};

/// How many questions each test asks: `PRYV_QUERIES` in all of them together, 2,000 if it is not set.
fn questions() -> usize {
    usize::try_from(environment("PRYV_QUERIES").unwrap_or(2_000)).unwrap() / SEEDS
}

const SEEDS: usize = 4;

/// How many questions are asked of one collection.
const OF_ONE: usize = 250;

/// A record as it is now.
#[derive(Clone)]
struct Row {
    id: RecordId,
    version: u64,
    data: Value,
    trashed: bool,
    /// The epoch it was written in: who was granted later without history does not see it.
    epoch: u32,
    /// The terms that it is filed under, by their numbers.
    terms: BTreeSet<usize>,
}

/// Terms by their numbers, each with its descendants: the second stands under the first, the third under the second.
const BELOW: [&[usize]; 4] = [&[0, 1, 2], &[1, 2], &[2], &[3]];

/// The term that a reader was granted.
const GRANTED: usize = 1;

/// What somebody reads of a collection.
#[derive(Clone)]
struct Reader {
    collection: Collection,
    /// From which epoch on.
    from: u32,
    /// By which term alone.
    term: Option<usize>,
}

/// A collection, who reads it, and what it should hold, in the order of creation.
struct Diary {
    owned: Collection,
    whole: Collection,
    by_term: Collection,
    recent: Option<(Collection, u32)>,
    terms: Vec<TermId>,
    rows: Vec<Row>,
    serial: usize,
    definition: Definition,
}

#[derive(Clone, Debug)]
enum Sorting {
    Oldest,
    Newest,
    By(&'static str, bool),
}

async fn fill(world: &World, people: &[User; 4], rng: &mut StdRng, number: usize) -> Diary {
    let [ada, bob, _, dora] = people;
    let uri = format!("https://example.org/random/{number}");
    let kinds = Definition::new(format!("{uri}/kinds"), "Kinds", "kind", json!({ "type": "object" }));
    let kinds = ada.account.define_ontology(kinds).await.unwrap();
    let mut terms: Vec<Term> = Vec::new();
    for under in [None, Some(0), Some(1), None] {
        let under = under.map(|at: usize| &terms[at]);
        terms.push(kinds.create_term(world.canary.text("kind"), under).await.unwrap());
    }
    let mut definition = pryv_test_kit::random_notes::definition(&uri).linked_to(kinds.uri());
    // Indexes that come later.
    let later: Vec<Index> = (0..rng.gen_range(0..3))
        .map(|_| definition.indexes.remove(rng.gen_range(2..definition.indexes.len())))
        .collect();
    let owned = ada.account.define(definition.clone()).await.unwrap();
    let level = *[Level::Contribute, Level::Manage].choose(rng).unwrap();
    let on_all = Grant::to(&contact(ada, bob).await).on(&owned, level);
    let whole = granted(world, [ada, bob], on_all, &owned).await;
    let on_term = Grant::to(&contact(ada, dora).await).on_term(&terms[GRANTED], Level::Read);
    let by_term = granted(world, [ada, dora], on_term, &owned).await;
    let terms = terms.iter().map(TermId::from).collect();
    let (recent, rows) = (None, Vec::new());
    let mut diary = Diary { owned, whole, by_term, recent, terms, rows, serial: 0, definition };
    for _ in 0..rng.gen_range(2..5) {
        diary.change(rng).await;
        match rng.gen_range(0..3) {
            0 => diary.begin_epoch().await,
            1 if diary.recent.is_none() => diary.grant_without_history(world, people).await,
            _ => {}
        }
    }
    if !later.is_empty() {
        diary.definition.indexes.extend(later);
        diary.owned.redefine(diary.definition.clone()).await.unwrap();
        diary.change(rng).await;
        if rng.gen_bool(0.5) {
            let done = diary.owned.reindex(&mut Silent).await.unwrap();
            assert!(done.unusable.is_empty() && done.not_unique.is_empty(), "{done:?}");
            assert_eq!(diary.owned.unindexed_count().await.unwrap(), 0);
        }
    }
    diary
}

/// The collection as it is reached by an access that is granted now.
async fn granted(world: &World, [from, to]: [&User; 2], grant: Grant, on: &Collection) -> Collection {
    let access = from.account.grant(named(world, grant)).await.unwrap();
    let received = to.account.received().await.unwrap();
    let received = received.iter().find(|received| received.access.id == access.id).unwrap();
    received.open(on.scope()).await.unwrap()
}

impl Diary {
    /// Some records are created, changed, deleted.
    async fn change(&mut self, rng: &mut StdRng) {
        let writer = if rng.gen_bool(0.7) { self.owned.clone() } else { self.whole.clone() };
        let many: Vec<Value> = (0..rng.gen_range(2..12)).map(|at| data(rng, self.serial + at)).collect();
        self.serial += many.len();
        let ids = writer.create_many(&many, &mut Silent).await.unwrap();
        let epoch = writer.epochs() - 1;
        self.rows.extend(ids.into_iter().zip(many).map(|(id, data)| Row {
            id,
            version: 1,
            data,
            trashed: false,
            epoch,
            terms: BTreeSet::new(),
        }));
        for _ in 0..rng.gen_range(0..6) {
            self.change_one(rng).await;
        }
    }

    async fn change_one(&mut self, rng: &mut StdRng) -> RecordId {
        let at = rng.gen_range(0..self.rows.len());
        let Row { id, version, trashed, .. } = self.rows[at];
        let named = |terms: &BTreeSet<usize>| terms.iter().map(|at| self.terms[*at]).collect::<Vec<_>>();
        let on = VersionRef { id, version, terms: named(&self.rows[at].terms), trashed };
        // Something is always left to be changed.
        if rng.gen_bool(0.3) && self.rows.len() > 1 {
            self.owned.delete(on).await.unwrap();
            self.rows.remove(at);
        } else if rng.gen_bool(0.4) {
            let terms = (0..rng.gen_range(0..3)).map(|_| rng.gen_range(0..self.terms.len())).collect();
            self.owned.file(on, named(&terms)).await.unwrap();
            self.rows[at].terms = terms;
        } else if rng.gen_bool(0.4) {
            let moved = if trashed { self.owned.restore(on).await } else { self.owned.trash(on).await };
            assert_eq!(moved.unwrap().is_trashed(), !trashed);
            let row = &mut self.rows[at];
            (row.version, row.trashed, row.epoch) = (version + 1, !trashed, self.owned.epochs() - 1);
        } else {
            let data = data(rng, self.serial);
            self.serial += 1;
            self.owned.update(on, &data).await.unwrap();
            let epoch = self.owned.epochs() - 1;
            let row = &mut self.rows[at];
            (row.version, row.data, row.epoch) = (version + 1, data, epoch);
        }
        id
    }

    async fn begin_epoch(&mut self) {
        self.owned.rotate().await.unwrap();
    }

    async fn grant_without_history(&mut self, world: &World, [ada, _, carol, _]: &[User; 4]) {
        let grant = Grant::to(&contact(ada, carol).await).on(&self.owned, Level::Read).without_history();
        let access = ada.account.grant(named(world, grant)).await.unwrap();
        let received = carol.account.received().await.unwrap();
        let received = received.iter().find(|received| received.access.id == access.id).unwrap();
        let from = access.scopes.iter().map(|scoped| scoped.from_epoch).max().unwrap();
        self.recent = Some((received.open(self.owned.scope()).await.unwrap(), from));
    }
}

/// The key by which a row stands in an order, if it has one.
fn key(row: &Row, field: &str, descending: bool, conditions: &[Condition]) -> Option<f64> {
    let mut within = Vec::new();
    let mut parts: Vec<&Condition> = conditions.iter().collect();
    while let Some(part) = parts.pop() {
        match part {
            Condition::And(several) => parts.extend(several),
            Condition::Between { field: of, low, high } if of == field => within.push((low, high)),
            _ => {}
        }
    }
    let is_of_type = |value: &&&Value| if field == "/n" { value.is_number() } else { value.is_string() };
    let counts = |value: &&&Value| within.iter().all(|(low, high)| lies_between(value, low, high));
    let elements = each(&row.data, field);
    let places = elements.iter().filter(is_of_type).filter(counts).filter_map(|value| place(value));
    places.reduce(if descending { f64::max } else { f64::min })
}

/// What a query should answer.
fn expected(rows: &[Row], conditions: &[Condition], sorting: &Sorting) -> Vec<RecordId> {
    let mut rows: Vec<&Row> =
        rows.iter().filter(|row| conditions.iter().all(|condition| meets(condition, &row.data))).collect();
    match sorting {
        Sorting::Oldest => {}
        Sorting::Newest => rows.reverse(),
        Sorting::By(field, descending) => {
            let mut keyed: Vec<_> = rows
                .into_iter()
                .filter_map(|row| Some((key(row, field, *descending, conditions)?, row)))
                .collect();
            keyed.sort_by(|(a, row), (b, other)| {
                let order = a.partial_cmp(b).unwrap_or(Ordering::Equal);
                let order = if *descending { order.reverse() } else { order };
                order.then(row.id.cmp(&other.id))
            });
            rows = keyed.into_iter().map(|(_, row)| row).collect();
        }
    }
    rows.into_iter().map(|row| row.id).collect()
}

fn sorted(query: Query, sorting: &Sorting) -> Query {
    match sorting {
        Sorting::Oldest => query,
        Sorting::Newest => query.newest_first(),
        Sorting::By(field, false) => query.ascending(*field),
        Sorting::By(field, true) => query.descending(*field),
    }
}

async fn ask(diary: &mut Diary, rng: &mut StdRng) {
    let reads = |collection: &Collection, from, term| Reader { collection: collection.clone(), from, term };
    let Reader { collection: reader, from, term } = match (rng.gen_range(0..4), &diary.recent) {
        (0, _) => reads(&diary.whole, 0, None),
        (1, _) => reads(&diary.by_term, 0, Some(GRANTED)),
        (2, Some((recent, from))) => reads(recent, *from, None),
        _ => reads(&diary.owned, 0, None),
    };
    let depth = rng.gen_range(0..3);
    let conditions: Vec<_> = (0..rng.gen_range(0..3)).map(|_| condition(rng, depth)).collect();
    let sorting = match rng.gen_range(0..6) {
        0 => Sorting::Newest,
        // Who reads by a term holds no index keys.
        1 if term.is_none() => Sorting::By("/n", rng.r#gen()),
        2 if term.is_none() => Sorting::By("/at", rng.r#gen()),
        _ => Sorting::Oldest,
    };
    // Under a term that the reader sees, with or without its descendants.
    let under = rng.gen_bool(0.3).then(|| {
        let seen = term.map_or(&[0, 1, 2, 3][..], |term| BELOW[term]);
        (*seen.choose(rng).unwrap(), rng.r#gen::<bool>())
    });
    let query = conditions.iter().cloned().fold(reader.query(), Query::filter);
    let state = *[State::Active, State::Active, State::Trashed, State::All].choose(rng).unwrap();
    let query = sorted(query, &sorting).state(state).limit(*[2, 5, 20, 100, 100].choose(rng).unwrap());
    let query = if term.is_some() { query.scan(100_000) } else { query };
    let query = match under {
        None => query,
        Some((at, true)) => query.within(diary.terms[at]),
        Some((at, false)) => query.right_under(diary.terms[at]),
    };
    if let Err(QueryError::NotIndexed { field, .. }) = query.explain() {
        // A condition on one of two fields that are indexed together, or an index that is not there at all.
        let has = |name: &str, kind: fn(&IndexKind) -> bool| {
            reader.definition().indexes.iter().any(|index| index.is_on(name) && kind(&index.kind))
        };
        let lacks = match &*field {
            "/a" | "/b" => true,
            "/n" | "/at" => !reader.definition().indexes.iter().any(|index| index.ranges_over(&field)),
            "/n`, `/lasts" | "/at`, `/lasts" => {
                let both: Vec<_> = field.split("`, `").collect();
                !reader.definition().indexes.iter().any(|index| index.fields == both)
            }
            "/name" => !has("/name", |kind| matches!(kind, IndexKind::Prefix { .. })),
            "/note" => {
                !has("/note", |kind| *kind == IndexKind::Text)
                    || !has("/note", |kind| *kind == IndexKind::Exists)
            }
            _ => false,
        };
        assert!(lacks, "{field} is indexed: {conditions:?}");
        return;
    }
    let is_filed = |row: &Row, terms: &[usize]| terms.iter().any(|term| row.terms.contains(term));
    let is_asked = |row: &&Row| {
        let is_seen = term.is_none_or(|term| is_filed(row, BELOW[term]));
        let is_under =
            under.is_none_or(|(at, all)| is_filed(row, if all { BELOW[at] } else { &BELOW[at][..1] }));
        let in_state = match state {
            State::Active => !row.trashed,
            State::Trashed => row.trashed,
            _ => true,
        };
        is_seen && is_under && in_state
    };
    let seen = |rows: &[Row]| {
        rows.iter().filter(|row| row.epoch >= from).filter(is_asked).cloned().collect::<Vec<_>>()
    };
    let before = seen(&diary.rows);
    // Somebody else writes between the pages, and now and then an epoch begins, which costs every grantee a pairing.
    let (disturbed, mut begins) = (rng.gen_bool(0.1), rng.gen_bool(0.004));
    let (mut found, mut touched) = (Vec::new(), BTreeSet::new());
    let mut pages = query.clone().pages();
    while let Some(page) =
        pages.next::<Value>().await.unwrap_or_else(|error| panic!("{error}: {conditions:?}"))
    {
        assert!(page.rejected.is_empty(), "{:?}", page.rejected);
        assert!(page.records.len() <= 100);
        found.extend(page.records.iter().map(|record| record.id));
        if disturbed && rng.gen_bool(0.3) {
            touched.insert(diary.change_one(rng).await);
        }
        if begins {
            begins = false;
            diary.begin_epoch().await;
        }
    }
    let now = seen(&diary.rows);
    let stable = |ids: Vec<RecordId>| ids.into_iter().filter(|id| !touched.contains(id)).collect::<Vec<_>>();
    let wanted = stable(expected(&before, &conditions, &sorting));
    assert_eq!(stable(found), wanted, "{sorting:?} {conditions:?}");
    // Asked again, with nobody in between.
    let wanted = expected(&now, &conditions, &sorting);
    match rng.gen_range(0..3) {
        0 if !matches!(sorting, Sorting::By(..)) => {
            assert_eq!(query.count().await.unwrap(), wanted.len() as u64, "{conditions:?}");
        }
        1 => {
            let first = query.clone().first::<Value>().await.unwrap().map(|record| record.id);
            assert_eq!(first, wanted.first().copied(), "{sorting:?} {conditions:?}");
        }
        _ => {
            let all = query.all::<Value>(&mut Silent).await.unwrap();
            let ids: Vec<_> = all.records.iter().map(|record| record.id).collect();
            assert_eq!(ids, wanted, "{sorting:?} {conditions:?}");
        }
    }
}

async fn run(seed: u64) {
    let world = World::start().await;
    let people = [
        world.user("ada").await,
        world.user("bob").await,
        world.user("carol").await,
        world.user("dora").await,
    ];
    let mut rng = StdRng::seed_from_u64(seed);
    let mut asked = 0;
    while asked < questions() {
        let mut diary = fill(&world, &people, &mut rng, asked).await;
        for _ in 0..OF_ONE.min(questions()) {
            ask(&mut diary, &mut rng).await;
            asked += 1;
        }
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_questions_are_answered_as_a_plain_reference_answers_them_a() {
    run(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_questions_are_answered_as_a_plain_reference_answers_them_b() {
    run(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_questions_are_answered_as_a_plain_reference_answers_them_c() {
    run(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_questions_are_answered_as_a_plain_reference_answers_them_d() {
    run(4).await;
}

/// The generator makes what it is meant to make: a reference that finds nothing, or everything, proves nothing.
#[test]
fn random_questions_find_some_rows_and_leave_others() {
    let mut rng = StdRng::seed_from_u64(5);
    let rows: Vec<Row> = (0..100)
        .map(|serial| Row {
            id: RecordId::from_bytes([u8::try_from(serial).unwrap(); 16]),
            version: 1,
            data: data(&mut rng, serial),
            trashed: false,
            epoch: 0,
            terms: BTreeSet::new(),
        })
        .collect();
    let mut mixed = 0;
    for _ in 0..1_000 {
        let found = expected(&rows, &[condition(&mut rng, 2)], &Sorting::Oldest).len();
        mixed += usize::from(found > 0 && found < rows.len());
    }
    assert!(mixed > 400, "{mixed} of 1,000 tell rows apart");
}
