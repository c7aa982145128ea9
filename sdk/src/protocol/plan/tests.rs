use super::*;
use crate::{
    condition::{field, interval},
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
use random_notes::{condition, data, meets};

#[path = "../../../../tests/kit/src/random_notes.rs"]
mod random_notes;

fn definition() -> Definition {
    random_notes::definition("x:notes")
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
    let envelope = writer.instance(record, 1, data, &[], false, &mut rng(7)).unwrap().seal();
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
            Err(PlanFault::NotIndexed { fields, .. }) if fields == ["/a"] || fields == ["/b"] => continue,
            Err(fault) => panic!("{fault:?}: {condition:?}"),
        };
        exact += usize::from(plan.inner == plan.outer);
        for (data, tokens) in &records {
            let (met, outer, inner) =
                (condition.is_met_by(data), is_in(&plan.outer, tokens), is_in(&plan.inner, tokens));
            assert_eq!(met, meets(&condition, data), "{data} for {condition:?}");
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
        assert_eq!(fault, PlanFault::NotIndexed { fields: vec![field_name.into()], kind });
        let scan = plan(&state(), &[condition], None, true).unwrap();
        assert_eq!(
            (scan.outer, scan.inner, &scan.scanned[..]),
            (Filter::All, nothing(), &[field_name.to_owned()][..])
        );
    }
    let ordered = plan(&state(), &[], Some("/tag"), false).unwrap_err();
    assert_eq!(ordered, PlanFault::NotIndexed { fields: vec!["/tag".into()], kind: "range" });
}

#[test]
fn an_interval_of_other_fields_is_named_with_both() {
    let asked = interval("/n", "/other").running();
    let fields = vec!["/n".to_owned(), "/other".to_owned()];
    let fault = planned(asked.clone()).unwrap_err();
    assert_eq!(fault, PlanFault::NotIndexed { fields: fields.clone(), kind: "interval" });
    let next = declaration(&definition(), &fields, "interval");
    assert!(next.contains(r#""fields": ["/n", "/other"], "kind": "interval""#), "{next}");
    assert_eq!(plan(&state(), &[asked], None, true).unwrap().scanned, fields);
    assert!(planned(interval("/n", "/other").begins_by(7)).is_ok(), "a range of the start answers that");
}

#[test]
fn what_meets_a_day_or_is_not_over_takes_few_tokens() {
    let day =
        planned(interval("/at", "/lasts").overlaps("2026-02-03T00:00:00Z", "2026-02-03T23:59:59Z")).unwrap();
    assert!(day.outer.tokens().len() <= 24 + 5 + 33, "{}", day.outer.tokens().len());
    let open = planned(interval("/at", "/lasts").lasts_until("2026-02-03")).unwrap();
    assert!(open.outer.tokens().len() <= 400, "{}", open.outer.tokens().len());
    let running = planned(interval("/at", "/lasts").running()).unwrap();
    assert_eq!((running.outer.tokens().len(), &running.inner), (1, &running.outer));
    let order = plan(&state(), &[], Some("/at"), false).unwrap().order.unwrap();
    assert_eq!(order.field, "/at", "an index of intervals orders by their start");
}

#[test]
fn values_of_another_type_than_the_index_are_refused_and_not_searched_in_vain() {
    for condition in [
        field("/n").above("2026-01-01"),
        field("/at").between(1, 2),
        interval("/at", "/lasts").overlaps(1, 2),
    ] {
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
