use super::*;
use crate::protocol::{
    epoch::{next, readers},
    record::{Content, open_fault, read},
    world::{NOW, Party, World, rng},
};
use pryv_wire::Signed;
use serde_json::json;

/// Begins an epoch as a revocation does: for nobody else.
fn begin(world: &mut World) {
    let state = world.owner();
    world.epochs.push(next(&world.ada.identity, &state, &[], None, NOW, &mut rng(8)).unwrap().new);
}

fn code(result: Result<ScopeState, Failure>) -> &'static str {
    result.map_or_else(|failure| failure.code(), |_| "opened")
}

#[test]
fn owner_and_grantee_open_the_same_keys_and_read_the_same_record() {
    let mut world = World::new();
    let record = world.write(&json!({"tag": "a"}));
    begin(&mut world);
    let bob = world.grant(Level::Read, None);
    let state = world.open_bob(bob, &world.for_grantee(bob), None).unwrap();
    assert_eq!((state.last_epoch(), state.keys.len()), (1, 2));
    assert_eq!(*state.definition.definition, *world.owner().definition.definition);
    let sought = Sought { account: state.owner, scope: state.scope, record: None, at_least: 0 };
    let author = Author::Owner(&world.ada.cards);
    let opened = UnopenedRecord::parse(&record).unwrap().open(&sought, &state.keys, author).unwrap();
    let Content::Instance(record) = read(&state, &opened).unwrap() else { panic!() };
    assert_eq!(record.data, json!({"tag": "a"}));
    // Known epochs are not paid for again: this answer has only the last one.
    let mut later = world.for_grantee(bob);
    later.epochs.remove(0);
    assert_eq!(world.open_bob(bob, &later, Some(&state)).unwrap().keys.len(), 2);
}

#[test]
fn a_writer_who_may_not_read_gets_the_definition_and_no_key() {
    let mut world = World::new();
    let bob = world.grant(Level::CreateOnly, None);
    let mut answer = world.for_owner();
    (answer.pre, answer.readers) = (None, Vec::new());
    answer.epochs.iter_mut().for_each(|epoch| epoch.keys = Keys::Deposit);
    let state = world.open_bob(bob, &answer, None).unwrap();
    assert!(state.keys.is_empty());
    assert_eq!(state.definition.definition.title, "Notes");
}

#[test]
fn lies_about_the_owners_scope_are_typed_errors() {
    let mut world = World::new();
    begin(&mut world);
    let known = world.owner();
    let other = Party::new(7);
    let forged = other.identity.sign(&known.epochs[&1].statement);
    let mut weak = known.epochs[&1].statement.clone();
    weak.suite = Suite::from_number(99);
    let unknown_suite = world.ada.identity.sign(&weak);
    let mut moved = known.epochs[&1].statement.clone();
    moved.scope = ScopeId::from_bytes([9; 16]);
    let moved = world.ada.identity.sign(&moved);
    let mut rewritten = known.epochs[&0].statement.clone();
    rewritten.started_at = NOW.plus_millis(1);
    let rewritten = world.ada.identity.sign(&rewritten);
    let plain = Bytes::from(br#"{"uri":"x:notes"}"#.to_vec());
    type Lie<'a> = Box<dyn Fn(&mut ScopeOpened) + 'a>;
    let statement = |epoch: usize, signed: &Signed<Epoch>| -> Lie<'static> {
        let signed = signed.clone();
        Box::new(move |answer| answer.epochs[epoch].statement = signed.clone())
    };
    let lies: Vec<(&str, Lie<'_>)> = vec![
        ("invalid-signature", statement(1, &forged)),
        ("unknown-suite", statement(1, &unknown_suite)),
        ("misplaced", statement(1, &moved)),
        ("forked", statement(0, &rewritten)),
        ("rolled-back", Box::new(|answer| drop(answer.epochs.pop()))),
        ("rolled-back", Box::new(|answer| answer.epochs.clear())),
        ("malformed", Box::new(|answer| answer.epochs.swap(0, 1))),
        ("malformed", Box::new(|answer| drop(answer.epochs.remove(0)))),
        ("wrong-wrap", Box::new(|answer| answer.epochs[1].keys = answer.epochs[0].keys.clone())),
        ("substituted", Box::new(|answer| answer.epochs[0].keys = Keys::Deposit)),
        ("not-encrypted", Box::new(|answer| answer.definition = plain.clone())),
        ("misplaced", Box::new(|answer| answer.definition = world.write(&json!({"tag": "x"})))),
    ];
    for (expected, lie) in lies {
        let mut answer = world.for_owner();
        lie(&mut answer);
        assert_eq!(code(world.open_owner(&answer, Some(&known))), expected);
    }
    assert_eq!(code(world.open_owner(&world.for_owner(), Some(&known))), "opened");
}

#[test]
fn lies_to_a_grantee_are_typed_errors() {
    let mut world = World::new();
    begin(&mut world);
    let bob = world.grant(Level::Read, None);
    let honest = world.for_grantee(bob);
    // Of another owner, and of the same owner with keys that she has signed for no epoch that is shown.
    let others = [World::of(Party::new(11), 12), World::of(Party::new(1), 13)];
    let swapped = |to: usize, from: usize| {
        let mut answer = honest.clone();
        answer.epochs[to].keys = honest.epochs[from].keys.clone();
        answer
    };
    assert_eq!(code(world.open_bob(bob, &swapped(0, 1), None)), "wrong-wrap");
    let mut untransformed = honest.clone();
    let Keys::Grantee { capsule, .. } = &mut untransformed.epochs[0].keys else { panic!() };
    *capsule = world.grants[bob].0.lockboxes[0].capsule.clone();
    assert_eq!(code(world.open_bob(bob, &untransformed, None)), "wrong-wrap");
    let mut garbage = honest.clone();
    let Keys::Grantee { capsule, .. } = &mut garbage.epochs[0].keys else { panic!() };
    *capsule = Bytes::from(vec![7; 2_648]);
    assert_eq!(code(world.open_bob(bob, &garbage, None)), "wrong-wrap");
    let mut empty = honest.clone();
    empty.epochs.clear();
    assert_eq!(code(world.open_bob(bob, &empty, None)), "rolled-back");
    for other in others {
        let mut definition = honest.clone();
        definition.definition = other.definition.clone();
        assert_ne!(code(world.open_bob(bob, &definition, None)), "opened");
    }
    assert_eq!(code(world.open_bob(bob, &honest, None)), "opened");
}

#[test]
fn a_revoked_grantee_gets_no_share_of_the_next_epoch() {
    let mut world = World::new();
    let bob = world.grant(Level::Read, None);
    let state = world.owner();
    let granted = world.granted();
    let except = granted[bob].evidence.access().access;
    assert_eq!(readers(&state, &granted, &std::collections::BTreeSet::from([except]), NOW).unwrap(), []);
    begin(&mut world);
    assert!(world.epochs[1].lockbox.is_none());
    assert_eq!(world.for_grantee(bob).epochs.len(), 1, "even a server that wanted to has nothing to give");
}

#[test]
fn a_record_moved_or_changed_does_not_open() {
    let world = World::new();
    let record = world.write(&json!({"tag": "a"}));
    let state = world.owner();
    let sought = Sought { account: state.owner, scope: state.scope, record: None, at_least: 0 };
    let open = |bytes: &[u8], sought: &Sought| {
        let unopened = UnopenedRecord::parse(bytes).map_err(|error| open_fault(&error).code())?;
        unopened
            .open(sought, &state.keys, Author::Owner(&world.ada.cards))
            .map_err(|error| open_fault(&error).code())
    };
    assert!(open(&record, &sought).is_ok());
    let elsewhere = |change: fn(&mut Sought)| {
        let mut sought = sought;
        change(&mut sought);
        open(&record, &sought).unwrap_err()
    };
    assert_eq!(elsewhere(|sought| sought.scope = ScopeId::from_bytes([1; 16])), "misplaced");
    assert_eq!(elsewhere(|sought| sought.account = PrincipalId::from_bytes([1; 32])), "misplaced");
    assert_eq!(elsewhere(|sought| sought.record = Some(RecordId::from_bytes([1; 16]))), "misplaced");
    assert_eq!(elsewhere(|sought| sought.at_least = 2), "rolled-back");
    assert_eq!(open(b"{\"tag\":\"a\"}", &sought).unwrap_err(), "not-encrypted");
    for at in 0..record.len() {
        let mut damaged = record.to_vec();
        damaged[at] ^= 1;
        assert!(open(&damaged, &sought).is_err(), "byte {at} changed and the record opened");
    }
}
