use super::*;
use crate::{
    condition::{all, any, field},
    definition::Range,
    protocol::{
        epoch::next,
        record::Writer,
        scope::Role,
        world::{NOW, Party, World, rng},
    },
};
use pryv_wire::{
    RecordId, decode,
    record::{IndexedAlike, Placement},
};
use rand::{Rng, seq::SliceRandom};
use serde_json::{Map, json};

fn definition() -> Definition {
    Definition::new("x:notes", "Notes", "note", json!({"type": "object"}))
        .equality("/tag")
        .unique("/serial")
        .equality_of(["/a", "/b"])
        .range("/n", Range::numbers(0.0, 5_000.0, 1.0))
        .range("/at", Range::times("1h"))
        .prefix("/name", 3)
        .text("/note")
        .exists("/note")
}

const TAGS: [&str; 5] = ["x", "y", "z", "e\u{301}", "\u{e9}"];
const WORDS: [&str; 6] = ["Chest", "pain", "PAIN", "since", "Monday", "\u{c9}paule"];
const NAMES: [&str; 7] = ["M\u{fc}ller", "MULLER", "Mu", "Munster", "munich", "Ada", "ad"];

fn number(rng: &mut impl Rng) -> Value {
    match rng.gen_range(0..6) {
        0 => json!(rng.gen_range(-10..10)),
        1 => json!(rng.gen_range(0..200)),
        2 => json!(f64::from(rng.gen_range(0..2_000)) / 4.0),
        3 => json!(rng.gen_range(4_900..5_100)),
        4 => json!(rng.gen_range(0..5_000)),
        _ => json!(1e12),
    }
}

fn at_time(rng: &mut impl Rng) -> Value {
    let (day, hour, minute) = (rng.gen_range(1..29), rng.gen_range(0..24), rng.gen_range(0..60));
    let year = *[1850, 1999, 2026, 2026, 2026, 2300].choose(rng).unwrap();
    match rng.gen_range(0..3) {
        0 => json!(format!("{year}-02-{day:02}")),
        1 => json!(format!("{year}-02-{day:02}T{hour:02}:{minute:02}:00Z")),
        _ => json!(format!("{year}-02-{day:02}T{hour:02}:{minute:02}:30.25+05:30")),
    }
}

fn pick(rng: &mut impl Rng, from: &[&str]) -> Value {
    json!(from.choose(rng).unwrap())
}

fn maybe_array(rng: &mut impl Rng, one: impl Fn(&mut rand::rngs::StdRng) -> Value, seed: u8) -> Value {
    let mut inner = crate::environment::Random::from_seed([seed ^ rng.r#gen::<u8>(); 32]).fork();
    match rng.gen_range(0..8) {
        0 => (0..rng.gen_range(0..4)).map(|_| one(&mut inner)).collect(),
        1 => Value::Null,
        _ => one(&mut inner),
    }
}

fn data(rng: &mut impl Rng, serial: usize) -> Value {
    let mut data = Map::new();
    let mut put = |rng: &mut dyn rand::RngCore, name: &str, value: Value| {
        if rng.gen_bool(0.7) {
            data.insert(name.to_owned(), value);
        }
    };
    let tag = maybe_array(rng, |rng| pick(rng, &TAGS), 1);
    put(rng, "tag", tag);
    put(rng, "serial", json!(serial));
    for name in ["a", "b"] {
        let value = maybe_array(rng, |rng| json!(rng.gen_range(0..3)), 2);
        put(rng, name, value);
    }
    let n = maybe_array(rng, number, 3);
    put(rng, "n", n);
    let at = maybe_array(rng, at_time, 4);
    put(rng, "at", at);
    let name = maybe_array(rng, |rng| pick(rng, &NAMES), 5);
    put(rng, "name", name);
    let note = maybe_array(
        rng,
        |rng| {
            json!((0..rng.gen_range(0..4)).map(|_| *WORDS.choose(rng).unwrap()).collect::<Vec<_>>().join(" "))
        },
        6,
    );
    put(rng, "note", note);
    Value::Object(data)
}

fn bound(rng: &mut impl Rng, value: Value) -> Bound<Value> {
    match rng.gen_range(0..5) {
        0 => Bound::Unbounded,
        1 => Bound::Excluded(value),
        _ => Bound::Included(value),
    }
}

fn leaf(rng: &mut impl Rng) -> Condition {
    loop {
        let condition = match rng.gen_range(0..11) {
            0 => field("/tag").is(pick(rng, &TAGS)),
            1 => field("/tag").is_in([pick(rng, &TAGS), pick(rng, &TAGS), Value::Null]),
            2 => field("/serial").is(rng.gen_range(0..60)),
            3 => all([field("/a").is(rng.gen_range(0..3)), field("/b").is(rng.gen_range(0..3))]),
            4 => {
                let (low, high) = (number(rng), number(rng));
                field("/n").range(bound(rng, low), bound(rng, high))
            }
            5 => {
                let (low, high) = (at_time(rng), at_time(rng));
                field("/at").range(bound(rng, low), bound(rng, high))
            }
            6 => field("/name")
                .starts_with(*["m", "M\u{dc}", "mul", "mull", "mulle", "ada", "x"].choose(rng).unwrap()),
            7 => field("/note")
                .matches(*["pain", "chest PAIN", "monday", "\u{e9}paule since", "no"].choose(rng).unwrap()),
            8 => field("/note").exists(),
            9 => field("/n").is(number(rng)),
            _ => field("/name").is(pick(rng, &NAMES)),
        };
        if condition.check().is_ok() {
            return condition;
        }
    }
}

fn condition(rng: &mut impl Rng, depth: u32) -> Condition {
    match rng.gen_range(0..if depth == 0 { 1 } else { 5 }) {
        0 | 1 => leaf(rng),
        2 => all((0..rng.gen_range(0..4)).map(|_| condition(rng, depth - 1))),
        3 => any((0..rng.gen_range(0..4)).map(|_| condition(rng, depth - 1))),
        _ => condition(rng, depth - 1).not(),
    }
}

/// What a server finds: the words of the specification, on one record.
fn is_in(filter: &Filter, tokens: &BTreeSet<Bytes>) -> bool {
    match filter {
        Filter::All => true,
        Filter::Tokens(several) => several.iter().any(|token| tokens.contains(token)),
        Filter::And(parts) => parts.iter().all(|part| is_in(part, tokens)),
        Filter::Or(parts) => parts.iter().any(|part| is_in(part, tokens)),
        Filter::Not(part) => !is_in(part, tokens),
        _ => unreachable!("a filter of this plan"),
    }
}

fn tokens_of(state: &ScopeState, party: &Party, data: &Value) -> BTreeSet<Bytes> {
    let writer = Writer::new(&party.identity, &Role::Owner, state, NOW).unwrap();
    let record = RecordId::from_bytes([6; 16]);
    let envelope = writer.instance(record, 1, data, &[], &mut rng(7)).unwrap();
    let placement: Placement = decode(&envelope.placement).unwrap();
    placement.tokens.into_iter().flat_map(|tokens| [tokens.index, tokens.unique].concat()).collect()
}

#[test]
fn outer_sets_miss_no_record_and_inner_sets_hold_no_other() {
    let mut world = World::with(Party::new(1), 3, definition());
    let mut rng = rng(9);
    let mut records = Vec::new();
    // Two epochs: a query asks in both.
    for _ in 0..2 {
        let state = world.owner();
        for _ in 0..60 {
            let data = data(&mut rng, records.len());
            let tokens = tokens_of(&state, &world.ada, &data);
            records.push((data, tokens));
        }
        let epoch = next(&world.ada.identity, &state, &[], None, NOW, &mut rng).unwrap().new;
        world.epochs.push(epoch);
    }
    let mut state = world.owner();
    let alike = |epoch| IndexedAlike { state: IndexState { epoch, version: 1 }, records: 500 };
    state.indexed = vec![alike(0), alike(1)];
    let (mut found, mut exact, mut overshoot) = (0_usize, 0, 0);
    for _ in 0..10_000 {
        let condition = condition(&mut rng, 3);
        let plan = match plan(&state, std::slice::from_ref(&condition), None, false) {
            Ok(plan) => plan,
            Err(PlanFault::NotIndexed { field, .. }) if field == "/a" || field == "/b" => continue,
            Err(fault) => panic!("{fault:?}: {condition:?}"),
        };
        exact += usize::from(plan.inner == plan.outer);
        for (data, tokens) in &records {
            let (met, outer, inner) =
                (condition.is_met_by(data), is_in(&plan.outer, tokens), is_in(&plan.inner, tokens));
            assert!(outer || !met, "missed {data} for {condition:?}");
            assert!(met || !inner, "{data} is taken for {condition:?}");
            found += usize::from(met);
            overshoot += usize::from(outer && !met);
        }
    }
    assert!(found > 100_000 && exact > 1_000, "{found} found, {exact} exact plans, {overshoot} too many");
    assert!(overshoot < found / 4, "{overshoot} records too many for {found}");
}

fn state() -> ScopeState {
    World::with(Party::new(1), 3, definition()).owner()
}

fn planned(condition: Condition) -> Result<Plan, PlanFault> {
    plan(&state(), &[condition], None, false)
}

#[test]
fn a_field_without_an_index_that_answers_is_named_with_the_kind_that_would() {
    for (condition, field_name, kind) in [
        (field("/other").is(1), "/other", "equality"),
        (field("/tag").above(1), "/tag", "range"),
        (field("/tag").starts_with("x"), "/tag", "prefix"),
        (field("/name").matches("x"), "/name", "text"),
        (field("/tag").exists(), "/tag", "exists"),
        (field("/a").is(1), "/a", "equality"),
    ] {
        let fault = planned(condition.clone()).unwrap_err();
        assert_eq!(fault, PlanFault::NotIndexed { field: field_name.into(), kind });
        let scan = plan(&state(), &[condition], None, true).unwrap();
        assert_eq!(
            (scan.outer, scan.inner, &scan.scanned[..]),
            (Filter::All, nothing(), &[field_name.to_owned()][..])
        );
    }
    let ordered = plan(&state(), &[], Some("/tag"), false).unwrap_err();
    assert_eq!(ordered, PlanFault::NotIndexed { field: "/tag".into(), kind: "range" });
}

#[test]
fn values_of_another_type_than_the_index_are_refused_and_not_searched_in_vain() {
    for condition in [field("/n").above("2026-01-01"), field("/at").between(1, 2)] {
        assert!(matches!(planned(condition), Err(PlanFault::OtherType { .. })));
    }
}

#[test]
fn a_conjunction_with_an_index_needs_no_scan_of_the_rest_alone() {
    let conditions = [field("/tag").is("x"), field("/other").is(1)];
    let plan = plan(&state(), &conditions, None, true).unwrap();
    assert!(matches!(plan.outer, Filter::Tokens(ref tokens) if tokens.len() == 1), "{:?}", plan.outer);
    assert_eq!((plan.inner, plan.scanned), (nothing(), vec!["/other".to_owned()]));
}

#[test]
fn fields_that_are_indexed_together_are_asked_for_together() {
    let plan = planned(field("/b").is(2).and(field("/tag").is("x")).and(field("/a").is(1))).unwrap();
    let Filter::And(parts) = &plan.outer else { panic!("{:?}", plan.outer) };
    assert_eq!(parts.len(), 2);
    assert_eq!(plan.outer, plan.inner);
}

#[test]
fn tokens_are_sent_for_live_epochs_alone_and_what_is_left_in_others_is_named() {
    let mut world = World::with(Party::new(1), 3, definition());
    for seed in 10..15 {
        let state = world.owner();
        world.epochs.push(next(&world.ada.identity, &state, &[], None, NOW, &mut rng(seed)).unwrap().new);
    }
    let mut state = world.owner();
    let alike = |epoch, version, records| IndexedAlike { state: IndexState { epoch, version }, records };
    let mut sent = |indexed: Vec<IndexedAlike>| {
        state.indexed = indexed;
        let plan = plan(&state, &[field("/tag").is("x")], None, false).unwrap();
        (plan.outer.tokens().len(), plan.unindexed.unwrap().before)
    };
    let before = |epoch| IndexState { epoch, version: 1 };
    assert_eq!(sent(vec![]), (1, before(5)));
    assert_eq!(sent(vec![alike(0, 1, 1_001), alike(2, 1, 3), alike(5, 1, 10)]), (3, before(0)));
    assert_eq!(
        sent(vec![alike(0, 1, 10), alike(3, 1, 1_001)]),
        (2, before(3)),
        "ten records are opened instead"
    );
    assert_eq!(sent(vec![alike(0, 0, 900), alike(4, 1, 1_001)]), (2, before(4)), "deposits come anyway");
}

#[test]
fn a_wide_range_stays_within_its_tokens() {
    let plan = planned(field("/at").between("1900-02-03", "2199-11-30")).unwrap();
    assert!(plan.outer.tokens().len() <= 400, "{}", plan.outer.tokens().len());
    let order =
        super::plan(&state(), &[field("/n").between(10, 20)], Some("/n"), false).unwrap().order.unwrap();
    assert_eq!(order.span, Some(Span { first: 10, last: 20 }));
    let none =
        super::plan(&state(), &[field("/n").between(10, 20), field("/n").above(30)], Some("/n"), false)
            .unwrap();
    assert_eq!(none.order.unwrap().span, None);
}
