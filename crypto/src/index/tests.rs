use super::*;
use crate::fixture::{epoch, person, rng};
use serde_json::json;

const URI: &str = "https://example.org/person";

fn keys() -> (EpochKeys, EqualityKey, UniqueKey) {
    let (_, keys) = epoch(&person(1), 0);
    let (equality, unique) = (EqualityKey::new(&keys, URI, "/name"), UniqueKey::new(&keys, URI, "/name"));
    (keys, equality, unique)
}

#[test]
fn equal_values_have_equal_tokens_and_others_do_not() {
    let (_, equality, unique) = keys();
    // Each row is one value in all its spellings; no two rows meet.
    let rows = [
        vec![json!(null)],
        vec![json!(false)],
        vec![json!(true)],
        vec![json!(0), json!(0.0), json!(-0.0)],
        vec![json!(1), json!(1.0), serde_json::from_str("1e0").unwrap()],
        vec![json!(-1), json!(-1.0)],
        vec![json!(1.5)],
        vec![json!(i64::MIN), json!(-9_223_372_036_854_775_808.0)],
        vec![json!(9_007_199_254_740_992_u64), json!(9_007_199_254_740_992.0)],
        vec![json!(9_007_199_254_740_993_u64)],
        vec![json!(u64::MAX)],
        vec![json!(18_446_744_073_709_551_616.0)],
        vec![json!(1e300)],
        vec![json!("1")],
        vec![json!("")],
        vec![json!("null")],
        vec![json!("caf\u{e9}"), json!("cafe\u{301}")],
        vec![json!("cafe")],
    ];
    let mut seen = BTreeSet::new();
    for row in &rows {
        let tokens: BTreeSet<_> = row
            .iter()
            .map(|value| (equality.tokens(value).unwrap(), unique.tokens(value).unwrap()))
            .collect();
        assert_eq!(tokens.len(), 1, "{row:?}");
        assert!(seen.insert(tokens), "{row:?} meets another row");
    }
    assert_eq!(seen.len(), rows.len());
}

#[test]
fn tokens_differ_by_field_definition_epoch_and_kind() {
    let ada = person(1);
    let (epoch_keys, equality, unique) = keys();
    let value = json!("Ada");
    let token = equality.tokens(&value).unwrap();
    assert_ne!(EqualityKey::new(&epoch_keys, URI, "/nick").tokens(&value).unwrap(), token);
    assert_ne!(EqualityKey::new(&epoch_keys, "other", "/name").tokens(&value).unwrap(), token);
    let (_, other) = epoch(&ada, 1);
    assert_ne!(EqualityKey::new(&other, URI, "/name").tokens(&value).unwrap(), token);
    assert_ne!(unique.tokens(&value).unwrap()[0].0[..16], token[0].0);
}

#[test]
fn unique_tokens_stay_through_the_epochs_of_a_scope_and_equality_tokens_do_not() {
    let (first, equality, unique) = keys();
    let second = first.next(&mut rng(50));
    let value = json!("Ada");
    assert_eq!(UniqueKey::new(&second, URI, "/name").tokens(&value).unwrap(), unique.tokens(&value).unwrap());
    assert_ne!(
        EqualityKey::new(&second, URI, "/name").tokens(&value).unwrap(),
        equality.tokens(&value).unwrap()
    );
}

#[test]
fn arrays_give_one_token_for_each_different_element() {
    let (_, equality, unique) = keys();
    let tokens = equality.tokens(&json!(["a", "b", "a", 1, 1.0])).unwrap();
    let mut expected: Vec<_> =
        [json!("a"), json!("b"), json!(1)].iter().flat_map(|v| equality.tokens(v).unwrap()).collect();
    expected.sort_unstable();
    assert_eq!(tokens, expected);
    assert!(equality.tokens(&json!([])).unwrap().is_empty());
    assert_eq!(unique.tokens(&json!(["a", "a"])).unwrap().len(), 1);
}

#[test]
fn objects_and_nested_arrays_are_not_indexable() {
    let (_, equality, unique) = keys();
    for value in [json!({}), json!({"a": 1}), json!([[1]]), json!([{}])] {
        assert_eq!(equality.tokens(&value), Err(NotIndexable), "{value}");
        assert_eq!(unique.tokens(&value), Err(NotIndexable), "{value}");
    }
}
